"""``rest/db`` and ``rest/folder``: what is looked up, paged, walked or scanned."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from operator import attrgetter
from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing._rest import known
from aiosyncthing.exceptions import (
    BadRequestError,
    FolderNotRunningError,
    NotFoundError,
    ServerError,
    SyncthingError,
    UnknownDeviceError,
    UnknownFolderError,
)
from tests.support.calls import DEVICE, ESCAPED, FOLDER, KEY
from tests.support.server import DAEMON_ID, Answer, Request, Server, as_json, as_text

NO_FOLDER = as_text("no such folder", 404)
NO_FOLDER_500 = as_text("no such folder", 500)
NOT_CONFIGURED = as_text("No folder with given ID", 404)
NO_DEVICE = as_text("No device with given ID", 404)
NO_FILE = as_text("No such object in the index", 404)
PAUSED = as_json({"paused": True})
RUNNING = as_json({"paused": False})
DOUBTFUL = as_json({"completion": 0, "remoteState": "unknown"})
NEEDS = as_json({"files": [{"name": "x"}]})
FOUND = as_json({"deviceID": DEVICE})
DEVICES = "/rest/config/devices/"


def lookups(server: Server) -> list[str]:
    """Return the devices that were looked up."""
    return [request.path.removeprefix(DEVICES) for request in server.requests if request.path.startswith(DEVICES)]


@pytest.mark.parametrize(
    ("name", "args", "answer"),
    [
        ("database.browse", (), NO_FOLDER_500),
        ("database.walk", (), NO_FOLDER_500),
        ("database.file", ("x",), NO_FOLDER),
        ("database.file", ("x",), NO_FOLDER_500),
        ("database.need", (), NO_FOLDER),
        ("database.remote_need", (DEVICE,), NO_FOLDER),
        ("database.local_changed", (), NO_FOLDER),
        ("database.prioritize", ("x",), NO_FOLDER),
        ("debug.file", ("x",), NO_FOLDER),
    ],
)
async def test_a_paused_folder_is_not_unknown(name: str, args: tuple[Any, ...], answer: Answer) -> None:
    """If the daemon calls a folder unknown, its configuration shows whether it is; otherwise the answer stands."""
    for second, expected, message in (
        (NOT_CONFIGURED, UnknownFolderError, "the daemon has no such folder"),
        (PAUSED, FolderNotRunningError, "the folder is paused"),
        (RUNNING, FolderNotRunningError, "not running (yet)"),
        (as_json({}), FolderNotRunningError, "not running (yet)"),
        (as_text("broken", 500), UnknownFolderError, "the daemon has no such folder"),
        (as_text("CSRF Error", 403), UnknownFolderError, "the daemon has no such folder"),
    ):
        async with Server(answer, second) as server, Syncthing(KEY, server.url) as client:
            call = attrgetter(name)(client)(FOLDER, *args)
            with pytest.raises(expected) as caught:
                await (anext(call) if name == "database.walk" else call)
        error: Any = caught.value
        assert type(error) is expected
        assert message in str(error)
        assert error.body == "no such folder"
        assert error is not error.__cause__
        assert str(server.requests[1]) == f"GET /rest/config/folders/{ESCAPED}"


async def test_a_paused_folder_that_no_path_leads_to() -> None:
    """Its state is looked up in the list."""
    listed = as_json([{"id": "a/b", "paused": True}])
    async with Server(NO_FOLDER, listed) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(FolderNotRunningError, match="paused"):
            await client.database.need("a/b")
    assert server.requests[0].query == "folder=a%2Fb"


@pytest.mark.parametrize(
    ("answer", "second", "expected"),
    [
        (NO_FILE, RUNNING, NotFoundError),
        (NO_FILE, PAUSED, FolderNotRunningError),
        (NO_FILE, NOT_CONFIGURED, UnknownFolderError),
        (NO_FILE, as_text("broken", 500), NotFoundError),
        (as_text("404 page not found", 404), RUNNING, NotFoundError),
    ],
)
async def test_a_missing_file(answer: Answer, second: Answer, expected: type[Exception]) -> None:
    """Version 2 reports a missing file even if the folder is missing; its configuration shows which it is."""
    for name in ("database.file", "debug.file"):
        async with Server(answer, second) as server, Syncthing(KEY, server.url) as client:
            with pytest.raises(expected) as caught:
                await attrgetter(name)(client)(FOLDER, "x")
        assert type(caught.value) is expected
        assert caught.value.__cause__ is not caught.value


async def test_an_unknown_device() -> None:
    """The daemon answers that it needs everything, so if the answer leaves it open, the device is looked up."""
    old = as_json({"completion": 0})
    answers = DOUBTFUL, NO_DEVICE, old, NO_DEVICE, NEEDS, NO_DEVICE, old, FOUND
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        for folder_id in (FOLDER, None):
            with pytest.raises(UnknownDeviceError):
                await client.database.completion(folder_id, DEVICE)
        with pytest.raises(UnknownDeviceError):
            await client.database.remote_need(FOLDER, DEVICE)
        assert await client.database.completion(FOLDER, DEVICE) == {"completion": 0}
    assert lookups(server) == [DEVICE] * 4


async def test_a_device_is_looked_up_once() -> None:
    """What was found holds for all doubtful answers about that device, and for no other one."""
    answers = DOUBTFUL, FOUND, DOUBTFUL, DOUBTFUL, NEEDS, NEEDS, DOUBTFUL, FOUND
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        for _ in range(2):
            await client.database.completion(FOLDER, DEVICE)
        await client.database.completion(device_id=DEVICE)
        await client.database.remote_need(FOLDER, DEVICE)
        assert [each async for each in client.database.iter_remote_need(FOLDER, DEVICE, perpage=2)] == [{"name": "x"}]
        await client.database.completion(FOLDER, DAEMON_ID)
    assert lookups(server) == [DEVICE, DAEMON_ID]


@pytest.mark.parametrize("outcome", [as_json(None), as_text("no", 500), Answer(raw=b"")], ids=["done", "no", "cut"])
async def test_a_device_is_looked_up_again_after_a_change(outcome: Answer) -> None:
    """After a request that may have changed the configuration, even a failed one, devices are looked up again."""
    async with Server(DOUBTFUL, FOUND, outcome, DOUBTFUL, NO_DEVICE) as server, Syncthing(KEY, server.url) as client:
        await client.database.completion(FOLDER, DEVICE)
        with suppress(SyncthingError):
            await client.api.request("rest/config", method="PUT", data={})
        with pytest.raises(UnknownDeviceError):
            await client.database.completion(FOLDER, DEVICE)


@pytest.mark.parametrize("late", ["PUT", "GET"])
async def test_a_change_during_a_lookup(late: str) -> None:
    """What was found while a change was on its way may already be wrong, whichever is answered first."""
    proceed = asyncio.Event()

    def is_late(request: Request) -> bool:
        return request.method == late and (late == "PUT" or request.path.startswith(DEVICES))

    async def answer(request: Request) -> Answer:
        if is_late(request):
            await proceed.wait()
        if request.method == "PUT":
            return as_json(None)
        return FOUND if request.path.startswith(DEVICES) else DOUBTFUL

    async with Server(answer=answer) as server, Syncthing(KEY, server.url) as client:
        change: Any = client.api.request("rest/config", method="PUT", data={})
        lookup: Any = client.database.completion(FOLDER, DEVICE)
        first, second = (change, lookup) if late == "PUT" else (lookup, change)
        begun = asyncio.create_task(first)
        await server.until(lambda: any(map(is_late, server.requests)))
        await second
        proceed.set()
        await begun
        await client.database.completion(FOLDER, DEVICE)
    assert lookups(server) == [DEVICE] * 2


@pytest.mark.parametrize(("cancel", "number"), [(False, 1), (True, 2)])
async def test_lookups_at_the_same_time(cancel: bool, number: int) -> None:
    """One is enough for all who wait for it; if its caller is cancelled, the next one asks."""
    hold = asyncio.Event()

    async def answer(request: Request) -> Answer:
        if not request.path.startswith(DEVICES):
            return DOUBTFUL
        if len(lookups(server)) == 1:
            await hold.wait()
        return FOUND

    async with Server(answer=answer) as server, Syncthing(KEY, server.url) as client:
        first = asyncio.create_task(client.database.completion(FOLDER, DEVICE))
        await server.until(lambda: bool(lookups(server)))
        others = [asyncio.create_task(client.database.completion(FOLDER, DEVICE)) for _ in range(3)]
        await server.until(lambda: len(server.requests) == 5)
        if cancel:
            first.cancel()
        else:
            hold.set()
        await asyncio.gather(*others)
        await asyncio.wait([first])
        hold.set()
    assert first.cancelled() == cancel
    assert len(lookups(server)) == number


async def test_a_device_of_another_daemon() -> None:
    """What one daemon knows says nothing about another that answers at the same address."""
    other = {"X-Syncthing-Id": DEVICE}
    before = DOUBTFUL, FOUND, replace(DOUBTFUL, headers=other), replace(NO_DEVICE, headers=other)
    between = DOUBTFUL, replace(FOUND, headers=other), DOUBTFUL, NO_DEVICE
    for answers in (before, between):
        async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
            await client.database.completion(FOLDER, DEVICE)
            with pytest.raises(UnknownDeviceError):
                await client.database.completion(FOLDER, DEVICE)


async def test_a_device_is_looked_up_every_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """If another client removes a device, that is noticed after a minute at most, counted from before the lookup."""
    now = 1000.0
    monkeypatch.setattr(known, "monotonic", lambda: now)
    async with (
        Server(DOUBTFUL, FOUND, DOUBTFUL, DOUBTFUL, NO_DEVICE, DOUBTFUL, NO_DEVICE) as server,
        Syncthing(KEY, server.url) as client,
    ):
        await client.database.completion(FOLDER, DEVICE)
        now += 59.9
        await client.database.completion(FOLDER, DEVICE)
        now += 0.1
        for _ in range(2):
            with pytest.raises(UnknownDeviceError):
                await client.database.completion(FOLDER, DEVICE)


async def test_ignores_of_an_unknown_folder() -> None:
    """Newer daemons report it with status 200; any other error is part of the answer."""
    answers = [
        {"ignore": None, "expanded": None, "error": error}
        for error in (f"folder {FOLDER} does not exist", "parsing x: no such file", "folder other does not exist")
    ]
    async with Server(*map(as_json, answers)) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(UnknownFolderError, match=r"no such folder \(GET rest/db/ignores, status 200\)"):
            await client.database.ignores(FOLDER)
        assert [await client.database.ignores(FOLDER) for _ in answers[1:]] == answers[1:]


@pytest.mark.parametrize(
    ("name", "folder", "expected", "message"),
    [
        *((name, NOT_CONFIGURED, UnknownFolderError, "no such folder") for name in ("override", "revert")),
        *((name, PAUSED, FolderNotRunningError, "paused") for name in ("override", "revert")),
        ("override", as_json({"type": "sendreceive"}), BadRequestError, "type is sendreceive, not sendonly"),
        ("override", as_json({"type": "receiveonly"}), BadRequestError, "type is receiveonly, not sendonly"),
        ("revert", as_json({"type": "sendonly"}), BadRequestError, "not receiveencrypted or receiveonly"),
        ("override", as_text("broken", 500), ServerError, "broken"),
    ],
)
async def test_override_and_revert_of_other_folders(
    name: str, folder: Answer, expected: type[Exception], message: str
) -> None:
    """The daemon would report success and do nothing, so the folder is looked up; one without a type is accepted."""
    answers = as_json({"type": ""}), Answer(), as_json({}), Answer(), as_json({"type": None}), Answer()
    async with Server(folder, *answers) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected, match=message):
            await getattr(client.database, name)(FOLDER)
        assert str(server.request) == f"GET /rest/config/folders/{ESCAPED}"
        for _ in range(3):
            await getattr(client.database, name)(FOLDER)
    assert str(server.requests[2]) == f"POST /rest/db/{name}?folder={ESCAPED}"


def entry(name: str, kind: str = "FILE", **more: Any) -> dict[str, Any]:
    """Return an entry of a tree, as a daemon sends it."""
    return {"name": name, "modTime": "2026-03-01T12:00:00Z", "size": 1, "type": f"FILE_INFO_TYPE_{kind}", **more}


async def test_a_walk() -> None:
    """A walk goes breadth first; paths are relative to the folder, and entries have no children.

    A directory is requested only when it is reached, and modifying an entry doesn't matter.
    """
    levels = [
        as_json([entry("a b", "DIRECTORY", children=[entry("x")]), entry("f"), entry("l", "SYMLINK")]),
        as_json([entry("c", "DIRECTORY"), entry("g")]),
        as_json({"d": {}, "o": ["2026-03-01T12:00:00Z", 1]}),  # as daemons before 1.14 answered
        as_json([]),
    ]
    found: list[Any] = []
    async with Server(*levels) as server, Syncthing(KEY, server.url) as client:
        async for path, each in client.database.walk(FOLDER):
            found.append((path, {**each}))
            each.clear()  # type: ignore[attr-defined]  # it is a dict
            assert len(server.requests) == 1 + path.count("/")
    assert found == [
        ("a b", entry("a b", "DIRECTORY")),
        ("f", entry("f")),
        ("l", entry("l", "SYMLINK")),
        ("a b/c", entry("c", "DIRECTORY")),
        ("a b/g", entry("g")),
        ("a b/c/d", {"name": "d", "modTime": "", "size": 0, "type": "FILE_INFO_TYPE_DIRECTORY"}),
        ("a b/c/o", entry("o")),
    ]
    prefixes = ("", "&prefix=a%20b", "&prefix=a%20b%2Fc", "&prefix=a%20b%2Fc%2Fd")
    assert [request.query for request in server.requests] == [f"folder={ESCAPED}&levels=0{each}" for each in prefixes]


async def test_all_pages() -> None:
    """All pages are fetched, for each of which the device is looked up; null instead of a list is an empty page."""

    def answer(request: Request) -> Answer:
        pages = {"1": [{"name": "a"}], "2": [{"name": "b"}], "3": []}
        if request.path.startswith("/rest/config"):
            return as_json({"deviceID": DEVICE})
        if request.path == "/rest/folder/errors":
            return as_json({"errors": None if "page=2" in request.query else [{"path": "a", "error": "x"}]})
        return as_json({"files": pages[request.query.partition("page=")[2][0]]})

    async with Server(answer=answer) as server, Syncthing(KEY, server.url) as client:
        found = [item["name"] async for item in client.database.iter_remote_need(FOLDER, DEVICE, perpage=1)]
        assert found == ["a", "b"]
        assert sum(request.path == "/rest/db/remoteneed" for request in server.requests) == 3
        assert [item["path"] async for item in client.folder.iter_errors(FOLDER, perpage=1)] == ["a"]


async def test_a_scan_has_no_time_limit() -> None:
    """The request may take longer than the client's limit."""
    done = asyncio.Event()
    async with Server(Answer(after=done)) as server, Syncthing(KEY, server.url, timeout=0.5) as client:
        scan = asyncio.create_task(client.database.scan(FOLDER))
        await server.requested(1)
        finished, _ = await asyncio.wait([scan], timeout=0.75)
        assert not finished
        done.set()
        await scan
