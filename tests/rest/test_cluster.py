"""``rest/cluster``."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import InvalidDeviceIDError, SyncthingError, UnknownDeviceError, UnknownFolderError
from tests.support.calls import DEVICE, FOLDER, KEY, Call, calls, check, refused
from tests.support.server import DAEMON_ID, Answer, Server, as_json, as_text


@pytest.mark.parametrize("call", calls("cluster"), ids=str)
async def test_a_call_is_one_request(call: Call) -> None:
    """Each method sends exactly its requests, and returns what the daemon sent."""
    await check(call)


@pytest.mark.parametrize("one", ["", 5, None, b"x"])
async def test_empty_ids_are_refused(one: Any) -> None:
    """The daemon would do something with an empty ID; nothing is sent."""
    await refused("cluster.dismiss_device", one)
    await refused("cluster.dismiss_folder", one)
    if one is not None:
        await refused("cluster.pending_folders", one)
        await refused("cluster.dismiss_folder", FOLDER, one)


async def test_nothing_is_dismissed_that_is_not_pending() -> None:
    """The daemon answers 200 to anything, so the list is looked at first, and then nothing is sent."""
    none = as_json({})
    other = as_json({FOLDER: {"offeredBy": {DEVICE: {}}}})
    async with Server(none, none, other) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(UnknownDeviceError, match="no such device is pending"):
            await client.cluster.dismiss_device(DEVICE)
        with pytest.raises(UnknownFolderError, match="no such folder is pending"):
            await client.cluster.dismiss_folder(FOLDER)
        with pytest.raises(UnknownDeviceError, match="doesn't offer"):
            await client.cluster.dismiss_folder(FOLDER, DAEMON_ID)
    assert [request.method for request in server.requests] == ["GET"] * 3


async def test_what_is_missing_is_an_error_like_any_other() -> None:
    """It has the method, path and status of the list that was looked at."""
    async with Server(as_json({}), as_json({})) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(UnknownDeviceError) as device:
            await client.cluster.dismiss_device(DEVICE)
        with pytest.raises(UnknownFolderError) as folder:
            await client.cluster.dismiss_folder(FOLDER)
    for error, path in ((device.value, "devices"), (folder.value, "folders")):
        assert (error.method, error.path, error.status) == ("GET", f"rest/cluster/pending/{path}", 200)


async def test_dismissing_may_be_repeated() -> None:
    """What isn't pending can be all the same; what goes wrong in another way can't."""
    none, broken = as_json({}), as_text("database is closed", 500)
    other = as_json({FOLDER: {"offeredBy": {DEVICE: {}}}})
    async with Server(none, none, other, broken) as server, Syncthing(KEY, server.url) as client:
        await client.cluster.dismiss_device(DEVICE, missing_ok=True)
        await client.cluster.dismiss_folder(FOLDER, missing_ok=True)
        await client.cluster.dismiss_folder(FOLDER, DAEMON_ID, missing_ok=True)
        with pytest.raises(SyncthingError, match="database is closed"):
            await client.cluster.dismiss_device(DEVICE, missing_ok=True)
    assert [request.method for request in server.requests] == ["GET"] * 4


@pytest.mark.parametrize("device_id", ["bad", DEVICE[:-1] + "3", DEVICE + DEVICE, "../x"])
async def test_a_typing_error_is_not_an_unknown_device(device_id: str) -> None:
    """Since the daemon isn't asked about the ID, it is checked here, and nothing is sent."""
    assert isinstance(await refused("cluster.dismiss_device", device_id, missing_ok=True), InvalidDeviceIDError)
    assert isinstance(await refused("cluster.dismiss_folder", FOLDER, device_id), InvalidDeviceIDError)


async def test_what_version_2_does_not_list() -> None:
    """A pending folder with a slash in its ID is dismissed unseen, once for each device, as "all" has no effect."""
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


async def test_a_device_in_any_notation_is_dismissed() -> None:
    """The list has canonical IDs; a device is found there however it is written."""
    notation = DEVICE.replace("-", "").lower()
    pending = as_json({DEVICE: {}}), Answer(), as_json({FOLDER: {"offeredBy": {DEVICE: {}}}}), Answer()
    async with Server(*pending) as server, Syncthing(KEY, server.url) as client:
        await client.cluster.dismiss_device(notation)
        await client.cluster.dismiss_folder(FOLDER, notation)
    assert [request.method for request in server.requests] == ["GET", "DELETE"] * 2
    assert all(server.requests[i].query.endswith(f"device={notation}") for i in (1, 3))


async def test_a_failed_look_is_the_error() -> None:
    """When the list can't be had, that is the error, and nothing is dismissed."""
    async with Server(as_text("database is closed", 500)) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(SyncthingError, match="database is closed"):
            await client.cluster.dismiss_device(DEVICE)
