"""``rest/cluster``."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import SyncthingError, UnknownDeviceError, UnknownFolderError

from .support.calls import DEVICE, FOLDER, KEY, Call, calls, check, refused
from .support.server import Answer, Server, as_json, as_text


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
        with pytest.raises(UnknownDeviceError, match="does not offer"):
            await client.cluster.dismiss_folder(FOLDER, "not-an-id")
    assert [request.method for request in server.requests] == ["GET"] * 3


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
