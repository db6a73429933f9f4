"""Devices and folders that wait to be accepted."""

from __future__ import annotations

from tests.support.meeting import Ear, add_folder, configure, lone_node, settle
from tests.support.nodes import OTHER

from pytest_syncthing.config import configuration
from pytest_syncthing.model.peers import Offer

STRANGER = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"


async def test_a_device_waits_until_it_is_dismissed_or_accepted() -> None:
    """It is told when it comes and when it goes; to dismiss one that is not there is told too."""
    async with lone_node() as node:
        pending, ear = node.cluster.pending, await Ear(node).begin()
        pending.add_device(STRANGER, "stranger", "192.0.2.1:22000")
        entry = {"time": node.clock.format(whole=True), "name": "stranger", "address": "192.0.2.1:22000"}
        assert pending.devices == {STRANGER: entry}
        pending.dismiss_device(STRANGER)
        pending.dismiss_device("")
        assert [event["kind"] for event in await ear.take()] == [
            "PendingDevicesChanged",
            "DeviceRejected",
            "PendingDevicesChanged",
            "PendingDevicesChanged",
        ]
        pending.add_device(STRANGER, "stranger", "192.0.2.1:22000")
        await ear.take()
        configure(node, configuration.put_device, {"deviceID": STRANGER, "paused": True})
        assert await ear.take("PendingDevicesChanged") == [
            {"kind": "PendingDevicesChanged", "removed": [{"deviceID": STRANGER}]}
        ]
        assert pending.devices == {}


async def test_what_is_to_be_ignored_does_not_wait() -> None:
    """Neither ignored devices nor ignored folders are noted, nor folders of devices that nobody knows."""
    async with lone_node() as node:
        pending, ear = node.cluster.pending, await Ear(node).begin()
        config = configuration.copy(node.config)
        config["remoteIgnoredDevices"] = [{"deviceID": STRANGER}]
        configure(node, configuration.replace, config)
        configure(node, configuration.patch_device, OTHER, {"ignoredFolders": [{"id": "unwanted"}]})
        await ear.take()
        pending.add_device(STRANGER, "stranger", "192.0.2.1:22000")
        pending.add_folder(OTHER, Offer("unwanted"))
        pending.add_folder(STRANGER, Offer("wanted"))
        assert await ear.take() == []
        assert (pending.devices, pending.folders) == ({}, {})


async def test_a_folder_waits_for_each_device_that_offers_it() -> None:
    """It is dismissed for one device or all, withdrawn, accepted, or goes with the device."""
    async with lone_node() as node:
        pending, ear = node.cluster.pending, await Ear(node).begin()
        configure(node, configuration.put_device, {"deviceID": STRANGER, "paused": True})
        for device in (OTHER, STRANGER):
            pending.add_folder(device, Offer("docs", "Documents", receive_encrypted=True))
        assert sorted(pending.folders["docs"]) == sorted([OTHER, STRANGER])
        assert pending.folders["docs"][OTHER]["receiveEncrypted"] is True
        pending.dismiss_folder("docs", STRANGER)
        assert list(pending.folders["docs"]) == [OTHER]
        pending.dismiss_folder("docs")
        assert pending.folders == {}

        for name in ("kept", "withdrawn"):
            pending.add_folder(OTHER, Offer(name))
        await ear.take()
        pending.withdraw(OTHER, ["kept"])
        removed = {"folderID": "withdrawn", "deviceID": str(OTHER)}
        assert await ear.take() == [{"kind": "PendingFoldersChanged", "removed": [removed]}]
        await add_folder(node, folder_id="kept")
        assert pending.folders == {}

        pending.add_folder(STRANGER, Offer("gone"))
        configure(node, configuration.delete_device, STRANGER)
        assert pending.folders == {}
        await settle()


async def test_everything_is_forgotten() -> None:
    """After a reset of all nothing waits, and nothing is told of it."""
    async with lone_node() as node:
        pending = node.cluster.pending
        pending.add_device(STRANGER, "stranger", "192.0.2.1:22000")
        pending.add_folder(OTHER, Offer("docs"))
        ear = await Ear(node).begin()
        pending.clear()
        assert (pending.devices, pending.folders, await ear.take()) == ({}, {}, [])
