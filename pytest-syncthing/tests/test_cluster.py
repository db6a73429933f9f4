"""Devices and folders of one daemon."""

from __future__ import annotations

import pytest
from tests.support.meeting import Ear, add_folder, configure, lone_node, settle, two_nodes
from tests.support.nodes import OTHER

from pytest_syncthing.config import configuration
from pytest_syncthing.model.events import DEFAULT

STRANGER = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"
OTHER_ID = str(OTHER)


async def test_the_beginning_of_a_process() -> None:
    """It tells where it listens, and connects when it is up."""
    async with two_nodes() as (a, b):
        for node in (a, b):
            kinds = [event["type"] for event in await node.events.poll(DEFAULT, 0, 0, 0)]
            assert kinds[:3] == ["Starting", "ListenAddressesChanged", "StartupComplete"]
            assert "DeviceConnected" in kinds[3:]


async def test_devices_that_only_the_test_knows() -> None:
    """They connect, take part in what is shared with them, and go."""
    async with lone_node() as node:
        folder = await add_folder(node, files={"x": "1"})
        assert folder.completion(OTHER_ID)["remoteState"] == "unknown"
        ear = await Ear(node).begin()
        node.cluster.connect(OTHER, address="192.0.2.7:22000", client_version="v1.0.0")
        node.cluster.connect(OTHER)
        (connected,) = await ear.take("DeviceConnected")
        assert (connected["addr"], connected["clientVersion"], connected["deviceName"]) == (
            "192.0.2.7:22000",
            "v1.0.0",
            "other",
        )
        shown = node.cluster.connections.to_json()["connections"][OTHER]
        assert (shown["connected"], shown["address"]) == (True, "192.0.2.7:22000")
        for state in ("notSharing", "paused", "valid"):
            node.cluster.accept(OTHER, "docs", state)
            assert node.cluster.remote_state(OTHER_ID, "docs") == state
        node.cluster.accept(OTHER, "another folder")
        assert node.cluster.remote_state(OTHER_ID, "nope") == "notSharing"
        node.clock.advance(2)
        node.cluster.disconnect(OTHER, "it had enough")
        node.cluster.disconnect(OTHER)
        assert await ear.take("DeviceDisconnected") == [
            {"kind": "DeviceDisconnected", "id": OTHER, "error": "it had enough"}
        ]
        assert node.cluster.connections.stats()[OTHER]["lastConnectionDurationS"] == 2
        node.cluster.accept(OTHER, "docs", "paused")
        with pytest.raises(KeyError):
            node.cluster.connect(STRANGER)
        configure(node, configuration.patch_device, OTHER, {"paused": True})
        node.cluster.connect(OTHER)
        assert node.cluster.connected == frozenset()


async def test_a_folder_that_is_shared_later() -> None:
    """A device that is connected takes part at once, and is asked for nothing that it has no part in."""
    async with lone_node("2.1.3") as node:
        node.cluster.connect(OTHER)
        folder = await add_folder(node, files={"x": "1"})
        assert folder.simulated.devices == [OTHER_ID]
        assert [item.name for item in folder.index.remote_need(OTHER_ID)] == ["x"]
        alone = await add_folder(node, folder_id="alone", shared=False)
        assert alone.index.remotes == {}
        assert await node.cluster.ask_for(STRANGER, folder, folder.index.own["x"]) is None
        assert await node.cluster.ask_for(OTHER_ID, folder, folder.index.own["x"]) is None


async def test_offers() -> None:
    """Devices and folders that a test lets knock are pending."""
    async with lone_node() as node:
        node.cluster.offer_device(STRANGER, "stranger", "192.0.2.1:22000")
        node.cluster.offer_folder(OTHER, "docs", "Documents", remote_encrypted=True)
        assert node.cluster.pending.devices[STRANGER]["name"] == "stranger"
        assert node.cluster.pending.folders["docs"][OTHER]["remoteEncrypted"] is True


async def test_what_becomes_of_folders() -> None:
    """Added, changed, renamed, paused, resumed, removed: what is told, and what is done to the disk."""
    async with lone_node() as node:
        ear = await Ear(node).begin()
        folder = await add_folder(node, files={"x": "1"}, paused=True)
        assert [event["kind"] for event in await ear.take()] == ["ConfigSaved"]
        node.cluster.pause_folder("docs", paused=False)
        assert [event["kind"] for event in await ear.take()] == ["FolderResumed", "ConfigSaved"]
        await settle()
        await ear.take()
        configure(node, configuration.patch_folder, "docs", {"label": "Another"})
        await settle()
        assert [event["kind"] for event in await ear.take()] == ["ConfigSaved"]
        assert folder.config["label"] == "Another"
        configure(node, configuration.patch_folder, "docs", {"order": "alphabetic"})
        await settle()
        assert [event["to"] for event in await ear.take("StateChanged")] == ["scan-waiting", "scanning", "idle"]
        node.cluster.pause_folder("docs", paused=True)
        assert await ear.take("FolderPaused") == [{"kind": "FolderPaused", "id": "docs", "label": "Another"}]
        configure(node, configuration.delete_folder, "docs")
        await settle()
        assert node.cluster.folders == {}
        assert not node.cluster.disk.has_marker("/srv/docs")
        assert node.cluster.disk.read("/srv/docs", "x") == b"1"


async def test_markers_that_stay() -> None:
    """If another folder has the same path, or the marker is not ours."""
    async with lone_node() as node:
        for name in ("one", "two"):
            await add_folder(node, folder_id=name, path="/srv/same")
        await add_folder(node, folder_id="mine", markerName="marker", files={"marker/x": "1"})
        for name in ("one", "mine"):
            configure(node, configuration.delete_folder, name)
        await settle()
        assert node.cluster.disk.has_marker("/srv/same")
        assert node.cluster.disk.entry("/srv/mine", "marker") is not None
        node.cluster.disk.write("/srv/same/.stfolder", "x", b"", modified=1)
        configure(node, configuration.delete_folder, "two")
        await settle()
        assert node.cluster.disk.has_marker("/srv/same")  # something is in it


async def test_new_addresses_to_listen_on() -> None:
    """They are told."""
    async with lone_node() as node:
        ear = await Ear(node).begin()
        addresses = [*node.config["options"]["listenAddresses"], "tcp://127.0.0.1:0"]
        configure(node, configuration.patch_section, "options", {"listenAddresses": addresses})
        (event,) = await ear.take("ListenAddressesChanged")
        assert (event["address"]["Scheme"], event["address"]["Host"]) == ("tcp", "127.0.0.1:0")


async def test_a_daemon_that_is_down() -> None:
    """A new configuration has no effect then, until it is up; folders that it has no more are forgotten."""
    async with lone_node() as node:
        await add_folder(node, files={"x": "1"})
        await add_folder(node, folder_id="gone")
        node.halt()
        assert node.cluster.folders["docs"].status()["state"] == ""
        configure(node, configuration.delete_folder, "gone")
        configure(node, configuration.put_folder, {"id": "new", "path": "/srv/new", "paused": True})
        node.boot()
        await settle()
        assert sorted(node.cluster.folders) == ["docs", "new"]
        assert node.cluster.folders["docs"].status()["localFiles"] == 1
        node.halt()
        node.cluster.connections._meet()
        node.boot()


async def test_a_reset_of_everything() -> None:
    """Indexes, pending ones and statistics go."""
    async with lone_node() as node:
        folder = await add_folder(node, files={"x": "1"})
        node.cluster.connect(OTHER)
        node.cluster.disconnect(OTHER)
        node.cluster.offer_device(STRANGER, "stranger", "192.0.2.1:22000")
        node.cluster.reset()
        assert folder.index.own == {}
        assert node.cluster.pending.devices == {}
        assert node.cluster.connections.stats()[OTHER]["lastSeen"] == "1970-01-01T00:00:00Z"


async def test_progress_of_others() -> None:
    """What a device has already is known until it has all of it, goes, or the folder is unknown."""
    async with two_nodes() as (a, b):
        await add_folder(a, files={"x": "1"})
        await add_folder(b)
        ear = await Ear(a).begin()
        b.cluster.tell_progress("docs", {"x": 1})
        assert await ear.take("RemoteDownloadProgress") == [
            {"kind": "RemoteDownloadProgress", "device": OTHER, "folder": "docs", "state": {"x": 1}}
        ]
        assert a.cluster.progress_of(OTHER_ID, "docs") == {"x": 1}
        a.cluster.forget_progress(OTHER_ID, "another")
        assert a.cluster.progress_of(OTHER_ID, "docs") == {"x": 1}
        a.cluster.disconnect(OTHER)
        assert a.cluster.progress_of(OTHER_ID, "docs") == {}
        a.cluster.take_progress(OTHER_ID, "nope", {})
        a.cluster.tell_progress("nope", {})


async def test_folders_that_fakes_offer() -> None:
    """They are pending until they are accepted, and then everything comes."""
    async with two_nodes("1.19.2") as (a, b):
        ear = await Ear(b).begin()
        mine = await add_folder(a, files={"x": "1"})
        assert "ClusterConfigReceived" not in {event["kind"] for event in await ear.take()}
        assert list(b.cluster.pending.folders) == ["docs"]
        assert a.cluster.remote_state(OTHER_ID, "docs") == "unknown"  # it hasn't said anything since
        its = await add_folder(b)
        assert list(its.index.own) == ["x"]
        assert a.cluster.remote_state(OTHER_ID, "docs") == "valid"
        assert a.cluster.is_linked(OTHER_ID)
        assert await a.cluster.ask_for(OTHER_ID, mine, mine.index.own["x"]) == b"1"


async def test_what_happens_to_devices() -> None:
    """They are paused, go on, or are removed; of one that has gone nothing is known any more."""
    async with two_nodes() as (a, b):
        ear = await Ear(a).begin()
        configure(a, configuration.patch_device, OTHER, {"paused": True})
        configure(a, configuration.patch_device, OTHER, {"paused": False})
        await settle()
        configure(a, configuration.delete_device, OTHER)
        events = await ear.take("DevicePaused", "DeviceResumed", "DeviceConnected", "DeviceDisconnected")
        assert [event["kind"] for event in events] == [
            "DevicePaused",
            "DeviceDisconnected",
            "DeviceResumed",
            "DeviceConnected",
            "DeviceDisconnected",
        ]
        assert {event["error"] for event in events if "error" in event} == {"device is paused"}
        assert OTHER not in a.cluster.connections.stats()
        assert b.cluster.connected == frozenset()


async def test_what_is_left_of_a_process() -> None:
    """Nothing: what is still to be done is waited for."""
    async with lone_node() as node:
        await add_folder(node)
        configure(node, configuration.delete_folder, "docs")
        await node.cluster.halted()
        assert not node.cluster.disk.has_marker("/srv/docs")
