"""Finding out what the daemon doesn't tell."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing import API, _routes
from aiosyncthing._rest import lookup
from aiosyncthing._rest.lookup import explain_missing, find_device, find_folder
from aiosyncthing.exceptions import (
    BadRequestError,
    FolderNotRunningError,
    InvalidDeviceIDError,
    NotFoundError,
    NotSupportedError,
    SyncthingError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
)
from tests.support.calls import DEVICE, ESCAPED, FOLDER, KEY
from tests.support.server import Answer, Server, as_json, as_text

UNKNOWN = as_text("No folder with given ID", 404)


async def ask(server: Server, function: Any, *args: Any) -> Any:
    """Call a function with an `API` that talks to the server."""
    api = API(KEY, server.url)
    try:
        return await function(api, *args)
    finally:
        await api.close()


async def test_a_folder_is_asked_for_by_its_path() -> None:
    """An ordinary ID, however odd its characters, is one request."""
    async with Server(as_json({"id": FOLDER})) as server:
        assert await ask(server, find_folder, FOLDER) == {"id": FOLDER}
    assert str(server.request) == f"GET /rest/config/folders/{ESCAPED}"


@pytest.mark.parametrize("folder_id", [".", "..", "a/b", "/", "../x"])
async def test_a_folder_that_no_path_leads_to(folder_id: str) -> None:
    """An ID that the daemon's router would take for something else is looked for in the list."""
    listed = as_json([{"id": "a"}, {"id": folder_id, "label": "x"}])
    async with Server(listed) as server:
        assert await ask(server, find_folder, folder_id) == {"id": folder_id, "label": "x"}
    assert str(server.request) == "GET /rest/config/folders"
    async with Server(as_json([{"id": "a"}])) as server:
        with pytest.raises(UnknownFolderError, match=r"no such folder \(GET rest/config/folders, status 200\)"):
            await ask(server, find_folder, folder_id)


async def test_an_unknown_folder() -> None:
    """The daemon's own word is enough."""
    async with Server(UNKNOWN) as server:
        with pytest.raises(UnknownFolderError):
            await ask(server, find_folder, FOLDER)


async def test_a_device_is_asked_for_by_its_path() -> None:
    """The daemon reads any notation; only what it does not know is an error."""
    answers = as_json({"deviceID": DEVICE}), as_text("No device with given ID", 404)
    async with Server(*answers) as server:
        assert await ask(server, find_device, DEVICE.lower()) == {"deviceID": DEVICE}
        with pytest.raises(UnknownDeviceError):
            await ask(server, find_device, DEVICE)
    assert str(server.requests[0]) == f"GET /rest/config/devices/{DEVICE.lower()}"


@pytest.mark.parametrize(
    ("function", "one", "expected"),
    [
        (find_folder, "", BadRequestError),
        (find_folder, None, BadRequestError),
        (find_folder, 5, BadRequestError),
        (find_device, "", BadRequestError),
        (find_device, None, BadRequestError),
        (find_device, "a/b", InvalidDeviceIDError),
        (find_device, "..", InvalidDeviceIDError),
    ],
)
async def test_what_is_no_id_is_not_asked_for(function: Any, one: Any, expected: type[Exception]) -> None:
    """Nothing is sent for what can't be an ID."""
    async with Server() as server:
        with pytest.raises(expected):
            await ask(server, function, one)
    assert server.connections == 0


def error(kind: type[NotFoundError]) -> NotFoundError:
    """Return the error that a question about a folder ended with."""
    return kind("first", method="GET", path="rest/db/x", status=500, body="no such folder")


@pytest.mark.parametrize(
    ("kind", "second", "expected", "message"),
    [
        (UnknownFolderError, UNKNOWN, UnknownFolderError, "the daemon has no such folder"),
        (NotFoundError, UNKNOWN, UnknownFolderError, "the daemon has no such folder"),
        (UnknownFolderError, as_json({"paused": True}), FolderNotRunningError, "the folder is paused"),
        (NotFoundError, as_json({"paused": True}), FolderNotRunningError, "the folder is paused"),
        (UnknownFolderError, as_json({"paused": False}), FolderNotRunningError, "not running (yet)"),
        (UnknownFolderError, as_json({}), FolderNotRunningError, "not running (yet)"),
        # A file is missing in a folder that is well, and an endpoint in a daemon that is: the answer was right.
        (NotFoundError, as_json({"paused": False}), NotFoundError, "first"),
        (NotSupportedError, as_json({"paused": False}), NotSupportedError, "first"),
        # It can't be found out.
        (UnknownFolderError, as_text("CSRF Error", 403), UnknownFolderError, "first"),
        (NotFoundError, as_text("broken", 500), NotFoundError, "first"),
        (NotFoundError, Answer(raw=b"garbage\r\n\r\n"), NotFoundError, "first"),
    ],
)
async def test_why_a_folder_can_not_be_asked(
    kind: type[NotFoundError], second: Answer, expected: type[SyncthingError], message: str
) -> None:
    """A look at the configuration tells a paused folder from an unknown one; the first answer's details stay."""
    first = error(kind)
    async with Server(answer=lambda _: second) as server:
        meant = await ask(server, explain_missing, FOLDER, first, None)
    assert type(meant) is expected
    assert message in str(meant)
    assert (meant.method, meant.path, meant.status, meant.body) == ("GET", "rest/db/x", 500, "no such folder")
    assert (meant is first) == (message == "first")


async def test_other_errors_come_out() -> None:
    """A refused key is not taken for a missing folder."""
    async with Server(as_text("CSRF Error", 403)) as server:
        with pytest.raises(UnauthorizedError):
            await ask(server, find_folder, FOLDER)


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (as_json({"paused": True}), FolderNotRunningError),
        (UNKNOWN, UnknownFolderError),
        (as_text("CSRF Error", 403), UnknownFolderError),
    ],
)
async def test_asking_about_a_folder(second: Answer, expected: type[SyncthingError]) -> None:
    """What the daemon answers comes out, and where it calls the folder unknown, what it is instead."""
    route = _routes.DB_NEED
    answers = as_json({"page": 1}), as_text("no such folder", 404), second
    async with Server(*answers) as server:
        assert await ask(server, lookup.ask, route, FOLDER, {"page": "1"}, None) == {"page": 1}
        with pytest.raises(expected) as caught:
            await ask(server, lookup.ask, route, FOLDER, {}, None)
    assert type(caught.value) is expected
    assert (caught.value.path, caught.value.status) == (route.path, 404)
    assert server.requests[0].query == f"folder={ESCAPED}&page=1"


def test_what_is_missing_in_an_answer() -> None:
    """It is an error about that answer, which was a success."""
    found = lookup.missing(UnknownDeviceError, "nobody", _routes.DEVICES)
    assert (found.method, found.path, found.status, found.body) == ("GET", "rest/config/devices", 200, None)
    assert str(found) == "nobody (GET rest/config/devices, status 200)"
