"""The part of ``rest/db`` that has lists of items."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import FolderNotRunningError, ServerError, UnknownDeviceError, UnknownFolderError
from tests.support.calls import DEVICE, FOLDER, KEY, Call, calls, check, refused
from tests.support.server import Answer, Request, Server, as_json, as_text

NO_FOLDER = as_text("no such folder", 404)
NOT_CONFIGURED = as_text("No folder with given ID", 404)
NO_DEVICE = as_text("No device with given ID", 404)
LISTS: dict[str, tuple[str, ...]] = {"need": (), "remote_need": (DEVICE,), "local_changed": ()}


@pytest.mark.parametrize("call", [c for c in calls("database") if c.name.endswith(("need", "local_changed"))], ids=str)
async def test_a_call_is_its_requests(call: Call) -> None:
    """Each method sends exactly its requests, and returns what the daemon sent."""
    await check(call)


@pytest.mark.parametrize("name", LISTS)
async def test_pages_that_make_no_sense_are_not_asked_for(name: str) -> None:
    """The daemon would take its default for them."""
    for option in ("page", "perpage"):
        await refused(f"database.{name}", FOLDER, *LISTS[name], **{option: 0})
    await refused(f"database.iter_{name}", FOLDER, *LISTS[name], perpage=0)


@pytest.mark.parametrize("name", LISTS)
async def test_a_paused_folder_is_not_unknown(name: str) -> None:
    """Where the daemon calls a paused folder unknown, a look at the configuration tells which it is."""
    broken = as_text("broken", 500)
    answers = NO_FOLDER, as_json({"paused": True}), NO_FOLDER, NOT_CONFIGURED, NO_FOLDER, broken
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        for expected in (FolderNotRunningError, UnknownFolderError, UnknownFolderError):
            with pytest.raises(expected):
                await getattr(client.database, name)(FOLDER, *LISTS[name])


async def test_need_of_an_unknown_device() -> None:
    """The daemon answers that it needs everything; where it needs something, there is a look."""
    needs = {"files": [{"name": "x"}]}
    answers = as_json(needs), NO_DEVICE, as_json(needs), as_json({"deviceID": DEVICE})
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(UnknownDeviceError):
            await client.database.remote_need(FOLDER, DEVICE)
        assert await client.database.remote_need(FOLDER, DEVICE) == needs


async def test_going_through_what_a_device_needs() -> None:
    """All pages come, and the device of each is looked for."""

    def answer(request: Request) -> Answer:
        pages = {"1": [{"name": "a"}], "2": [{"name": "b"}], "3": []}
        if request.path.startswith("/rest/config"):
            return as_json({"deviceID": DEVICE})
        return as_json({"files": pages[request.query.partition("page=")[2][0]]})

    async with Server(answer=answer) as server, Syncthing(KEY, server.url) as client:
        found = [item["name"] async for item in client.database.iter_remote_need(FOLDER, DEVICE, perpage=1)]
    assert found == ["a", "b"]
    assert sum(request.path == "/rest/db/remoteneed" for request in server.requests) == 3


async def test_the_next_page_comes_while_one_is_consumed() -> None:
    """The second page is requested before the first item is consumed."""
    pages = as_json({"files": [{"name": "a"}]}), as_json({"files": []})
    async with Server(*pages) as server, Syncthing(KEY, server.url) as client:
        async for item in client.database.iter_local_changed(FOLDER, perpage=1):
            assert item == {"name": "a"}
            await server.requested(2)


@pytest.mark.parametrize("name", ["iter_need", "iter_remote_need", "iter_local_changed"])
async def test_leaving_early_ends_the_request(name: str) -> None:
    """When it is closed, nothing runs on and the connection of the page that was under way is gone."""
    never = asyncio.Event()

    def answer(request: Request) -> Answer:
        if request.path.startswith("/rest/config"):
            return as_json({"deviceID": DEVICE})
        content = {"progress": [], "queued": [], "rest": [{"name": "a"}], "files": [{"name": "a"}]}
        return as_json(content, after=never if "page=2" in request.query else None)

    args = (FOLDER, DEVICE) if name == "iter_remote_need" else (FOLDER,)
    async with Server(answer=answer) as server, Syncthing(KEY, server.url) as client:
        async with aclosing(getattr(client.database, name)(*args, perpage=1)) as items:
            await anext(items)
            await server.until(lambda: "page=2" in server.requests[-1].query)
        assert not [task for task in asyncio.all_tasks() if "fetch" in repr(task)]


async def test_a_page_that_fails() -> None:
    """The items before it come, then the error."""
    pages = as_json({"files": [{"name": "a"}]}), NO_FOLDER, as_json({"paused": True})
    async with Server(*pages) as server, Syncthing(KEY, server.url) as client:
        items = client.database.iter_local_changed(FOLDER, perpage=1)
        assert await anext(items) == {"name": "a"}
        with pytest.raises(FolderNotRunningError):
            await anext(items)


async def test_other_errors_need_no_look() -> None:
    """What has nothing to do with the folder comes out as it is, after one request."""
    async with Server(as_text("broken", 500)) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(ServerError, match="broken"):
            await client.database.need(FOLDER)
