"""Pending devices and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing.exceptions import UnknownDeviceError, UnknownFolderError
from tests.support.waiting import until

from .conftest import STRANGER

if TYPE_CHECKING:
    from aiosyncthing import Daemon

    from .folders import Folders
    from .versions import Version

pytestmark = pytest.mark.asyncio(loop_scope="package")

SLASHED = "an odd/../id ?#%&+;=ü"


async def test_a_device_that_knocks(a: Daemon, lone: Daemon) -> None:
    """A device that wants to connect is pending until it is dismissed."""
    await lone.client.config.set_device({"deviceID": a.device_id, "addresses": [a.sync_address]})

    async def is_pending() -> bool:
        return lone.device_id in await a.client.cluster.pending_devices()

    await until(is_pending)
    with pytest.raises(UnknownDeviceError):
        await a.client.cluster.dismiss_device(STRANGER)
    assert await is_pending()
    await lone.client.config.remove_device(a.device_id)
    await a.client.cluster.dismiss_device(lone.device_id.lower())
    assert not await is_pending()
    with pytest.raises(UnknownDeviceError):
        await a.client.cluster.dismiss_device(lone.device_id)


async def test_a_folder_that_is_offered(a: Daemon, b: Daemon, folders: Folders) -> None:
    """A folder offered by a device is pending until it is dismissed, for that device or for all.

    Dismissing what is not pending is no error for the daemon, only for the library.
    """
    cluster, request = b.client.cluster, b.client.api.request
    for folder_id, device_id in (("plain", a.device_id.lower()), ("an odd id ?#%&+;=ü", None)):
        await folders.add(a, folder_id, label="A läbel", shared_with=[b])

        async def offer(folder_id: str = folder_id) -> bool:
            return folder_id in await cluster.pending_folders()

        await until(offer)
        offered = (await cluster.pending_folders(a.device_id))[folder_id]["offeredBy"]
        assert offered[a.device_id]["label"] == "A läbel"
        assert folder_id not in await cluster.pending_folders(STRANGER)
        with pytest.raises(UnknownDeviceError):
            await cluster.dismiss_folder(folder_id, STRANGER)
        with pytest.raises(UnknownFolderError):
            await cluster.dismiss_folder("nope")
        assert await offer()
        await cluster.dismiss_folder(folder_id, device_id)
        assert not await offer()
        with pytest.raises(UnknownFolderError):
            await cluster.dismiss_folder(folder_id)
    assert await request("rest/cluster/pending/folders", {"folder": "nope"}, method="DELETE") is None
    assert await request("rest/cluster/pending/devices", {"device": STRANGER}, method="DELETE") is None


async def test_an_offered_folder_with_a_slash(a: Daemon, b: Daemon, folders: Folders, version: Version) -> None:
    """The event mentions it in every version, the list only before version 2; it can always be dismissed."""
    await folders.add(a, SLASHED, shared_with=[b])
    cluster = b.client.cluster

    async def reported(kind: str) -> list[str]:
        polled = [
            event for event in await b.client.events.poll(0, timeout=0) if event["type"] == "PendingFoldersChanged"
        ]
        changes: list[Any] = [each for event in polled for each in event["data"].get(kind) or []]
        return [change["deviceID"] for change in changes if change["folderID"] == SLASHED and "deviceID" in change]

    async def is_offered() -> bool:
        return a.device_id in await reported("added")

    await until(is_offered)
    is_listed = version < (2,)
    assert (SLASHED in await cluster.pending_folders()) == is_listed
    assert (SLASHED in await cluster.pending_folders(a.device_id)) == is_listed
    await cluster.dismiss_folder(SLASHED, None if is_listed else a.device_id)
    assert SLASHED not in await cluster.pending_folders()
    if is_listed:
        with pytest.raises(UnknownFolderError):
            await cluster.dismiss_folder(SLASHED)
    else:
        assert a.device_id in await reported("removed")
        await cluster.dismiss_folder(SLASHED)
