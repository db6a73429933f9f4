"""``rest/cluster``: nothing is dismissed that is not pending."""

from __future__ import annotations

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import ServerError, UnknownDeviceError, UnknownFolderError
from tests.support.calls import DEVICE, FOLDER, KEY
from tests.support.server import DAEMON_ID, Answer, Server, as_json, as_text

OFFERED = as_json({FOLDER: {"offeredBy": {DEVICE: {}}}})


async def test_what_is_not_pending() -> None:
    """The daemon would report success, so the list is read first, and the error is about that answer."""
    async with Server(as_json({}), as_json({}), OFFERED) as server, Syncthing(KEY, server.url) as client:
        for dismissal, kind, message, path in (
            (client.cluster.dismiss_device(DEVICE), UnknownDeviceError, f"device {DEVICE} is not pending", "devices"),
            (client.cluster.dismiss_folder(FOLDER), UnknownFolderError, "folder .* is not pending", "folders"),
            (
                client.cluster.dismiss_folder(FOLDER, DAEMON_ID),
                UnknownDeviceError,
                f"device {DAEMON_ID} doesn't offer folder",
                "folders",
            ),
        ):
            with pytest.raises(kind, match=message) as caught:
                await dismissal
            error = caught.value
            assert (error.method, error.path, error.status) == ("GET", f"rest/cluster/pending/{path}", 200)
    assert [request.method for request in server.requests] == ["GET"] * 3


async def test_missing_ok() -> None:
    """With ``missing_ok``, a missing entry is not an error, but any other failure is."""
    answers = as_json({}), as_json({}), OFFERED, as_text("database is closed", 500)
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        await client.cluster.dismiss_device(DEVICE, missing_ok=True)
        await client.cluster.dismiss_folder(FOLDER, missing_ok=True)
        await client.cluster.dismiss_folder(FOLDER, DAEMON_ID, missing_ok=True)
        with pytest.raises(ServerError, match="database is closed"):
            await client.cluster.dismiss_device(DEVICE, missing_ok=True)
    assert [request.method for request in server.requests] == ["GET"] * 4


async def test_folders_that_version_2_does_not_list() -> None:
    """A folder with a slash in its ID is dismissed without a check, once for each device, since "all" has no effect."""
    new = {"X-Syncthing-Version": "v2.1.3"}
    none = as_json({}, headers=new)
    devices = as_json([{"deviceID": DEVICE}, {"deviceID": DAEMON_ID}], headers=new)
    old = as_json({})
    answers = none, devices, Answer(), Answer(), none, Answer(), none, old
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        await client.cluster.dismiss_folder("a/b")
        await client.cluster.dismiss_folder("a/b", DEVICE)
        for folder_id in ("ab", "a/b"):
            with pytest.raises(UnknownFolderError):
                await client.cluster.dismiss_folder(folder_id)
    sent = [request.query for request in server.requests if request.method == "DELETE"]
    assert sent == [f"folder=a%2Fb&device={each}" for each in (DEVICE, DAEMON_ID, DEVICE)]


async def test_a_device_in_any_notation() -> None:
    """The list has canonical IDs, but the ID may be given in any notation."""
    notation = DEVICE.replace("-", "").lower()
    answers = as_json({DEVICE: {}}), Answer(), OFFERED, Answer()
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        await client.cluster.dismiss_device(notation)
        await client.cluster.dismiss_folder(FOLDER, notation)
    assert [request.method for request in server.requests] == ["GET", "DELETE"] * 2
    assert all(server.requests[i].query.endswith(f"device={notation}") for i in (1, 3))
