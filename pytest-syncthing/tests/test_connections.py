"""Who is connected, and what goes over."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.meeting import Ear, add_folder, configure, lone_node, settle, two_nodes
from tests.support.nodes import OTHER, OWN, make_node

from pytest_syncthing.config import configuration
from pytest_syncthing.model.world import World

STRANGER = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"
OTHER_ID = str(OTHER)


async def test_fakes_that_connect() -> None:
    """Both tell it, with the address and the version of the other; then what they share."""
    world = World()
    a = make_node("1.29.5", world=world)
    here = await Ear(a).begin()
    b = make_node("1.29.5", world=world, other=True)
    there = await Ear(b).begin()
    await settle()
    (connected,) = await here.take("DeviceConnected")
    assert connected["id"] == OTHER
    assert (connected["addr"], connected["clientVersion"], connected["deviceName"]) == (
        "127.0.0.1:22001",
        "v1.29.5",
        "mine",
    )
    assert {connected["type"], *(event["type"] for event in await there.take("DeviceConnected"))} == {
        "tcp-client",
        "tcp-server",
    }
    a.halt()
    (gone,) = await there.take("DeviceDisconnected")
    assert gone == {"kind": "DeviceDisconnected", "id": OWN, "error": "reading length: EOF"}
    assert b.cluster.connected == frozenset()
    a.boot()
    await settle()
    assert b.cluster.connected == {OWN}
    for node in (a, b):
        node.halt()


@pytest.mark.parametrize(("version", "told"), [("1.29.5", 2), ("2.1.3", 0)])
async def test_a_fake_that_is_not_known(version: str, told: int) -> None:
    """It is pending there; the one that knocked tells of a short connection, in version 1."""
    async with two_nodes(version) as (a, b):
        here, there = await Ear(a).begin(), await Ear(b).begin()
        configure(b, configuration.delete_device, OWN)
        await settle()
        assert list(b.cluster.pending.devices) == [OWN]
        kinds = [event["kind"] for event in await there.take()]
        assert kinds[0] == "DeviceDisconnected"
        assert "PendingDevicesChanged" in kinds
        events = await here.take("DeviceConnected", "DeviceDisconnected")
        assert len(events) == 1 + told
        configure(b, configuration.put_device, {"deviceID": OWN, "addresses": [a.sync_address]})
        await settle()
        assert b.cluster.pending.devices == {}
        assert b.cluster.connected == {OWN}
        assert b.cluster.device_config(str(OWN))["name"] == "mine"  # type: ignore[index]  # as the other one says


async def test_names_of_devices() -> None:
    """A name that a device has stays, unless it is to be overwritten."""
    async with two_nodes() as (a, b):
        for overwrite, name in ((False, "called"), (True, "mine")):
            configure(b, configuration.patch_section, "options", {"overwriteRemoteDeviceNamesOnConnect": overwrite})
            configure(b, configuration.patch_device, OWN, {"name": "called"})
            for paused in (True, False):
                configure(a, configuration.patch_device, OTHER, {"paused": paused})
                await settle()
            assert b.cluster.device_config(str(OWN))["name"] == name  # type: ignore[index]  # it is there


async def test_a_paused_device() -> None:
    """It is disconnected, with the reason; on both sides it has to go on before it is connected again."""
    async with two_nodes() as (a, b):
        here, there = await Ear(a).begin(), await Ear(b).begin()
        configure(a, configuration.patch_device, OTHER, {"paused": True})
        assert [event["kind"] for event in await here.take()] == ["DevicePaused", "DeviceDisconnected", "ConfigSaved"]
        assert (await there.take("DeviceDisconnected"))[0]["error"] == "reading length: EOF"
        configure(b, configuration.patch_device, OWN, {"paused": True})
        configure(a, configuration.patch_device, OTHER, {"paused": False})
        await settle()
        assert a.cluster.connected == frozenset()
        assert [event["kind"] for event in await here.take()] == ["DeviceResumed", "ConfigSaved"]
        a.clock.advance(3)
        configure(b, configuration.patch_device, OWN, {"paused": False})
        await settle()
        assert a.cluster.connected == {OTHER}
        stats = a.cluster.connections.stats()
        assert stats[OTHER]["lastSeen"] == a.clock.format(whole=True)
        assert stats[OWN] == {"lastSeen": "1970-01-01T00:00:00Z", "lastConnectionDurationS": 0.0}


async def test_what_was_transferred() -> None:
    """Is counted on both sides, for the connection and in all."""
    async with two_nodes() as (a, b):
        await add_folder(a, files={"x": b"1" * 5000})
        await add_folder(b)
        sent = a.cluster.connections.to_json()["connections"][OTHER]["outBytesTotal"]
        received = b.cluster.connections.to_json()["connections"][OWN]["inBytesTotal"]
        assert sent == received > 5000
        assert a.cluster.connections.to_json()["total"]["outBytesTotal"] == sent
        a.cluster.connections.count_received(STRANGER, 5)
        assert a.cluster.connections.to_json()["total"]["inBytesTotal"] > 5
        a.cluster.take_progress(OTHER_ID, "nope", {})
        a.cluster.tell_progress("nope", {})


async def test_limits_of_the_bandwidth() -> None:
    """The smallest counts, and none without the one for local networks."""
    async with lone_node() as node:
        assert node.cluster.connections.receive_rate(OTHER_ID) == 0
        options = {"limitBandwidthInLan": True, "maxRecvKbps": 30}
        configure(node, configuration.patch_section, "options", options)
        assert node.cluster.connections.receive_rate(STRANGER) == 30 * 1024
        configure(node, configuration.patch_device, OTHER, {"maxRecvKbps": 20})
        assert node.cluster.connections.receive_rate(OTHER_ID) == 20 * 1024


async def test_a_connection_that_breaks_at_once() -> None:
    """Is not used any more, on whatever side it broke."""
    async with two_nodes() as (a, b):
        for one, other in ((a, b), (b, a)):
            configure(a, configuration.patch_device, OTHER, {"paused": True})
            configure(a, configuration.patch_device, OTHER, {"paused": False})
            ear = await Ear(b).begin()
            await asyncio.sleep(0)
            assert a.cluster.connected == {OTHER}
            one.cluster.disconnect(other.device_id)
            await settle()
            assert await ear.take("ClusterConfigReceived") == []


async def test_what_was_never_seen() -> None:
    """Has no time, also after it was forgotten."""
    async with lone_node() as node:
        connections = node.cluster.connections
        for forget in ({}, {"device": OTHER_ID}):
            node.cluster.connect(OTHER)
            node.cluster.disconnect(OTHER)
            assert connections.stats()[OTHER]["lastSeen"][:4] == "2026"
            connections.forget(**forget)
            assert connections.stats()[OTHER]["lastSeen"] == "1970-01-01T00:00:00Z"
        connections.count_sent(STRANGER, 7)
        assert connections.to_json()["total"]["outBytesTotal"] == 7
        connections.begin()
        assert connections.to_json()["total"]["outBytesTotal"] == 0
        node.halt()
        await settle()
        node.boot()


async def test_which_devices_are_listed() -> None:
    """All others, and in version 1.19 the own one."""
    for version, own in (("1.19.2", True), ("1.29.5", False)):
        async with lone_node(version) as node:
            assert (OWN in node.cluster.connections.to_json()["connections"]) is own


async def test_a_daemon_without_a_name() -> None:
    """Has none to give."""
    async with two_nodes() as (a, b):
        configure(a, configuration.patch_device, OWN, {"name": ""})
        configure(b, configuration.patch_device, OWN, {"name": ""})
        for paused in (True, False):
            configure(b, configuration.patch_device, OWN, {"paused": paused})
            await settle()
        assert b.cluster.device_config(str(OWN))["name"] == ""  # type: ignore[index]  # it is there
