"""``rest/db``."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    BadRequestError,
    FolderNotRunningError,
    InvalidDeviceIDError,
    NotFoundError,
    ServerError,
    SyncthingError,
    UnknownDeviceError,
    UnknownFolderError,
)
from tests.support.calls import DEVICE, ESCAPED, FOLDER, KEY, Call, calls, check, refused
from tests.support.server import Answer, Server, as_json, as_text

NO_FOLDER = as_text("no such folder", 404)
NO_FOLDER_500 = as_text("no such folder", 500)
NOT_CONFIGURED = as_text("No folder with given ID", 404)
NO_DEVICE = as_text("No device with given ID", 404)
NO_FILE = as_text("No such object in the index", 404)
# Methods of which the daemon calls a paused folder unknown: name, further arguments, answer.
ASKING: list[tuple[str, tuple[Any, ...], Answer]] = [
    ("browse", (), NO_FOLDER_500),
    ("file", ("x",), NO_FOLDER),
    ("file", ("x",), NO_FOLDER_500),
    ("need", (), NO_FOLDER),
    ("remote_need", (DEVICE,), NO_FOLDER),
    ("local_changed", (), NO_FOLDER),
    ("prioritize", ("x",), NO_FOLDER),
]


@pytest.mark.parametrize("call", calls("database"), ids=str)
async def test_a_call_is_its_requests(call: Call) -> None:
    """Each method sends exactly its requests, and returns what the daemon sent."""
    await check(call)


PAGED: list[tuple[str, tuple[Any, ...]]] = [
    ("need", ()),
    ("remote_need", (DEVICE,)),
    ("local_changed", ()),
    ("prioritize", ("x",)),
]


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        *(
            (name, (one, *more), {})
            for name, more in [
                *PAGED,
                *((f"iter_{name}", more) for name, more in PAGED[:3]),
                *((name, ()) for name in ("status", "browse", "walk", "ignores", "override", "revert")),
                ("file", ("x",)),
                ("set_ignores", ([],)),
            ]
            for one in ("", None, 5)
        ),
        *((name, (one,), {}) for name in ("completion", "scan") for one in ("", 5)),
        *(("completion", (FOLDER, one), {}) for one in ("", 5)),
        *((name, (FOLDER, one), {}) for name in ("remote_need", "iter_remote_need") for one in ("", None, 5)),
        *((name, (FOLDER, one), {}) for name in ("file", "prioritize") for one in ("", None, 5)),
        *(
            (name, (FOLDER, *more), {key: number})
            for name, more in PAGED
            for key in ("page", "perpage")
            for number in (0, -1, 1.5, True, "1")
        ),
        *((f"iter_{name}", (FOLDER, *more), {"perpage": 0}) for name, more in PAGED[:3]),
        *(("browse", (FOLDER,), {"levels": levels}) for levels in (-1, 0.5, True, "0")),
        ("set_ignores", (FOLDER, "*.tmp"), {}),
        ("set_ignores", (FOLDER, b"*.tmp"), {}),
        ("set_ignores", (FOLDER, [5]), {}),
        ("scan", (), {"sub": "x"}),
        ("scan", (), {"next": 1}),
        ("scan", (FOLDER,), {"sub": ""}),
        ("scan", (FOLDER,), {"sub": []}),
        ("scan", (FOLDER,), {"sub": ["x", ""]}),
        ("scan", (FOLDER,), {"sub": ["x", 5]}),
        *(("scan", (FOLDER,), {"next": number}) for number in (-1, 1.5, True, "1")),
    ],
)
async def test_what_makes_no_sense_is_not_sent(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Empty IDs would mean all, odd numbers the default, and an empty list the whole folder: nothing is sent."""
    await refused(f"database.{name}", *args, **options)


@pytest.mark.parametrize(("name", "args", "answer"), ASKING)
@pytest.mark.parametrize(
    ("second", "expected", "message"),
    [
        (NOT_CONFIGURED, UnknownFolderError, "the daemon has no such folder"),
        (as_json({"paused": True}), FolderNotRunningError, "the folder is paused"),
        (as_json({"paused": False}), FolderNotRunningError, "not running (yet)"),
        (as_text("broken", 500), UnknownFolderError, "the daemon has no such folder"),
    ],
)
async def test_a_paused_folder_is_not_unknown(
    name: str, args: tuple[Any, ...], answer: Answer, second: Answer, expected: type[Exception], message: str
) -> None:
    """Where the daemon calls a paused folder unknown, a look at the configuration tells which it is."""
    async with Server(answer, second) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected) as caught:
            await getattr(client.database, name)(FOLDER, *args)
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
        (NO_FILE, as_json({"paused": False}), NotFoundError),
        (NO_FILE, as_json({"paused": True}), FolderNotRunningError),
        (NO_FILE, NOT_CONFIGURED, UnknownFolderError),
        (as_text("404 page not found", 404), as_json({"paused": False}), NotFoundError),
    ],
)
async def test_a_missing_file(answer: Answer, second: Answer, expected: type[Exception]) -> None:
    """Version 2 speaks of a missing file even when the folder is missing; a look tells which it is."""
    async with Server(answer, second) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected) as caught:
            await client.database.file(FOLDER, "x")
    assert type(caught.value) is expected
    assert caught.value.__cause__ is not caught.value


@pytest.mark.parametrize(
    ("name", "args", "answer", "expected"),
    [
        ("status", (FOLDER,), NO_FOLDER, UnknownFolderError),
        ("completion", (FOLDER,), NO_FOLDER, UnknownFolderError),
        ("completion", (FOLDER, DEVICE), as_text("folder is paused", 404), FolderNotRunningError),
        ("completion", (), as_text("folder is not running", 404), FolderNotRunningError),
        ("completion", (FOLDER, "x"), as_text('"x": device ID invalid: incorrect length', 400), InvalidDeviceIDError),
        ("remote_need", (FOLDER, "x"), as_text('"x": device ID invalid: incorrect length', 500), InvalidDeviceIDError),
        ("ignores", (FOLDER,), as_text(f"folder {FOLDER} does not exist", 500), UnknownFolderError),
        ("set_ignores", (FOLDER, []), as_text("folder  does not exist", 500), UnknownFolderError),
        ("scan", (FOLDER,), NO_FOLDER_500, UnknownFolderError),
        ("scan", (FOLDER,), as_text("folder is paused", 500), FolderNotRunningError),
        ("scan", (FOLDER,), as_text("folder path missing", 500), ServerError),
        ("scan", (), as_text('Error scanning folders\n{\n  "f": {}\n}', 500), ServerError),
    ],
)
async def test_errors_of_the_daemon(
    name: str, args: tuple[Any, ...], answer: Answer, expected: type[SyncthingError]
) -> None:
    """The errors that the methods name are what the daemon's answers become, with its own words."""
    async with Server(answer) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected) as caught:
            await getattr(client.database, name)(*args)
    assert type(caught.value) is expected
    assert caught.value.body == answer.body.decode().strip()


async def test_completion_of_an_unknown_device() -> None:
    """The daemon answers that it needs everything; where it doesn't know the device's state, there is a look."""
    doubtful = as_json({"completion": 0, "remoteState": "unknown"})
    old = as_json({"completion": 0})
    answers = doubtful, NO_DEVICE, old, NO_DEVICE, old, as_json({"deviceID": DEVICE})
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(UnknownDeviceError):
            await client.database.completion(FOLDER, DEVICE)
        with pytest.raises(UnknownDeviceError):
            await client.database.completion(None, DEVICE)
        assert await client.database.completion(FOLDER, DEVICE) == {"completion": 0}
    assert [request.path for request in server.requests] == [
        "/rest/db/completion",
        f"/rest/config/devices/{DEVICE}",
    ] * 3


@pytest.mark.parametrize("text", [f"folder {FOLDER} does not exist", f"folder {FOLDER} does not exist\n"])
async def test_ignores_of_an_unknown_folder(text: str) -> None:
    """Newer daemons say so with status 200."""
    answer = {"ignore": None, "expanded": None, "error": text.strip()}
    async with Server(as_json(answer)) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(UnknownFolderError, match=r"no such folder \(GET rest/db/ignores, status 200\)"):
            await client.database.ignores(FOLDER)


@pytest.mark.parametrize("error", ["parsing x: no such file", "folder other does not exist"])
async def test_ignores_that_can_not_be_read(error: str) -> None:
    """Any other error is part of the answer."""
    answer = {"ignore": ["#include x"], "expanded": None, "error": error}
    async with Server(as_json(answer)) as server, Syncthing(KEY, server.url) as client:
        assert await client.database.ignores(FOLDER) == answer


@pytest.mark.parametrize(
    ("name", "folder", "expected", "message"),
    [
        *((name, NOT_CONFIGURED, UnknownFolderError, "no such folder") for name in ("override", "revert")),
        *((name, as_json({"paused": True}), FolderNotRunningError, "paused") for name in ("override", "revert")),
        ("override", as_json({"type": "sendreceive"}), BadRequestError, "type is sendreceive, not sendonly"),
        ("override", as_json({"type": "receiveonly"}), BadRequestError, "type is receiveonly, not sendonly"),
        ("revert", as_json({"type": "sendonly"}), BadRequestError, "not receiveencrypted or receiveonly"),
        ("override", as_text("broken", 500), ServerError, "broken"),
    ],
)
async def test_nothing_is_done_that_the_daemon_would_not_do(
    name: str, folder: Answer, expected: type[Exception], message: str
) -> None:
    """The daemon answers 200 and does nothing, so the folder is looked at first, and nothing else is sent."""
    async with Server(folder) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected, match=message):
            await getattr(client.database, name)(FOLDER)
    assert str(server.request) == f"GET /rest/config/folders/{ESCAPED}"


@pytest.mark.parametrize("folder", [{"type": ""}, {}, {"type": None}])
async def test_a_folder_without_a_type_is_believed(folder: Any) -> None:
    """Only a type that is known to be another one is a reason to refuse."""
    async with Server(as_json(folder), Answer()) as server, Syncthing(KEY, server.url) as client:
        await client.database.override(FOLDER)
    assert server.requests[1].path == "/rest/db/override"


async def test_acting_on_a_folder_that_no_path_leads_to() -> None:
    """Its ID stands in the query, where it is data; the look goes by way of the list."""
    listed = as_json([{"id": "..", "type": "receiveonly", "paused": False}])
    async with Server(listed, Answer()) as server, Syncthing(KEY, server.url) as client:
        await client.database.revert("..")
    assert [str(request) for request in server.requests] == [
        "GET /rest/config/folders",
        "POST /rest/db/revert?folder=..",
    ]


def entry(name: str, kind: str = "FILE", **more: Any) -> dict[str, Any]:
    """Return an entry of a tree, as a daemon sends it."""
    return {"name": name, "modTime": "2026-03-01T12:00:00Z", "size": 1, "type": f"FILE_INFO_TYPE_{kind}", **more}


async def test_a_walk_goes_level_by_level() -> None:
    """A directory is asked for when it is reached; paths are those within the folder, entries have no children."""
    levels = [
        as_json([entry("a b", "DIRECTORY", children=[entry("x")]), entry("f"), entry("l", "SYMLINK")]),
        as_json([entry("c", "DIRECTORY"), entry("g")]),
        as_json([]),
    ]
    async with Server(*levels) as server, Syncthing(KEY, server.url) as client:
        found = [item async for item in client.database.walk(FOLDER)]
    assert found == [
        ("a b", entry("a b", "DIRECTORY")),
        ("f", entry("f")),
        ("l", entry("l", "SYMLINK")),
        ("a b/c", entry("c", "DIRECTORY")),
        ("a b/g", entry("g")),
    ]
    assert [request.query for request in server.requests] == [
        f"folder={ESCAPED}&levels=0",
        f"folder={ESCAPED}&levels=0&prefix=a%20b",
        f"folder={ESCAPED}&levels=0&prefix=a%20b%2Fc",
    ]


async def test_a_walk_through_an_older_tree() -> None:
    """The map that old daemons answered with gives the same kind of entries."""
    levels = as_json({"d": {}, "f": ["2026-03-01T12:00:00Z", 5]}), as_json({})
    async with Server(*levels) as server, Syncthing(KEY, server.url) as client:
        found = [(path, item["type"], item["size"]) async for path, item in client.database.walk(FOLDER, "p")]
    assert found == [("p/d", "FILE_INFO_TYPE_DIRECTORY", 0), ("p/f", "FILE_INFO_TYPE_FILE", 5)]
    assert [request.query.rpartition("=")[2] for request in server.requests] == ["p", "p%2Fd"]


async def test_a_walk_asks_no_further_than_it_is_consumed() -> None:
    """Leaving early costs no further request, and what the consumer does to an entry changes nothing."""
    levels = as_json([entry("d", "DIRECTORY"), entry("f")]), as_json([entry("g")])
    async with (
        Server(*levels) as server,
        Syncthing(KEY, server.url) as client,
        aclosing(client.database.walk(FOLDER)) as items,
    ):
        _, first = await anext(items)
        first.clear()
        await anext(items)
        assert len(server.requests) == 1
        assert (await anext(items))[0] == "d/g"


@pytest.mark.parametrize(
    ("second", "expected"), [(NOT_CONFIGURED, UnknownFolderError), (as_json({"paused": True}), FolderNotRunningError)]
)
async def test_a_walk_through_nothing(second: Answer, expected: type[Exception]) -> None:
    """A folder that is unknown or paused is an error at the first step."""
    async with Server(NO_FOLDER_500, second) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected):
            await anext(client.database.walk(FOLDER))


async def test_a_scan_has_no_limit_of_its_own() -> None:
    """A scan takes as long as it takes, whatever the client's limit; another one can be given."""
    done = asyncio.Event()
    async with Server(Answer(after=done)) as server, Syncthing(KEY, server.url, timeout=0.5) as client:
        scan = asyncio.create_task(client.database.scan(FOLDER))
        await server.requested(1)
        finished, _ = await asyncio.wait([scan], timeout=0.75)
        assert not finished
        done.set()
        await scan
