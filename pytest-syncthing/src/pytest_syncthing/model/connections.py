"""The connections of one daemon: who is connected, since when, and how much went over (lib/connections)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from pytest_syncthing.clock import format_time
from pytest_syncthing.config import configuration

from .peers import Peer, nobody

if TYPE_CHECKING:
    from .cluster import Cluster
    from .node import Node

CUT: Final = "reading length: EOF"
"""What a daemon says of a connection that the other side has closed."""

_SECOND: Final = 1_000_000_000
_KIB: Final = 1024


class Connections:
    """The devices that are connected. To be used in the fakes' thread only.

    Attributes:
        peers: They, by ID.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._node = cluster.node
        self.peers: dict[str, Peer] = {}
        self._seen: dict[str, tuple[int, float]] = {}
        self._received = 0
        self._sent = 0

    # --- What is told ---

    def to_json(self) -> dict[str, Any]:
        """Return ``rest/system/connections``."""
        facts, now = self._node.facts, self._node.clock.now
        found: dict[str, Any] = {}
        for device in self._node.config["devices"]:
            name = device["deviceID"]
            if name in self.peers:
                found[name] = self.peers[name].to_json(facts, now)
            elif name != self._cluster.own_id or facts.numbers < (1, 20):
                found[name] = nobody(facts, paused=device["paused"])
        total = {
            "at": format_time(now, whole=True),
            "inBytesTotal": self._received,
            "outBytesTotal": self._sent,
        }
        return {"connections": dict(sorted(found.items())), "total": total}

    def stats(self) -> dict[str, Any]:
        """Return ``rest/stats/device``."""
        stats: dict[str, Any] = {}
        for device in self._node.config["devices"]:
            seen, duration = self._seen.get(device["deviceID"], (0, 0.0))
            if device["deviceID"] in self.peers and self._node.facts.numbers >= (1, 20):
                seen = self._node.clock.now
            stats[device["deviceID"]] = {
                "lastSeen": format_time(seen, whole=True),
                "lastConnectionDurationS": duration,
            }
        return dict(sorted(stats.items()))

    def begin(self) -> None:
        """Count from nothing, and connect soon."""
        self._received = self._sent = 0
        self.meet_soon()

    def forget(self, device: str | None = None) -> None:
        """Forget when a device was seen, or all."""
        if device is None:
            self._seen.clear()
        else:
            self._seen.pop(device, None)

    # --- Connecting ---

    def join(self, peer: Peer, name: str) -> None:
        """Note a device that has connected.

        Args:
            peer: The device.
            name: What it says to be called.
        """
        self.peers[peer.device] = peer
        self._seen[peer.device] = (peer.started, self._seen.get(peer.device, (0, 0.0))[1])
        self._tell(peer, name)
        self._cluster.touch(peer.device)

    def part(self, device: str, error: str, *, silent: bool = False) -> None:
        """Disconnect a device. Nothing happens if it is not connected.

        Args:
            device: Its ID.
            error: Why.
            silent: Whether to tell nobody but the device.
        """
        peer = self.peers.pop(device, None)
        if peer is None:
            return
        now = self._node.clock.now
        self._seen[device] = (now, (now - peer.started) / _SECOND)
        self._cluster.forget_progress(device)
        if not silent:
            self._node.events.emit("DeviceDisconnected", {"error": error, "id": device})
        if peer.cluster is not None:
            peer.cluster.connections.part(self._cluster.own_id, CUT)

    def meet_soon(self) -> None:
        """Connect to other fakes, and let them connect, once what is done now has been told."""
        asyncio.get_running_loop().call_soon(self._meet)

    def _meet(self) -> None:
        if not self._node.running:
            return
        self.dial()
        for other in self._node.world.others(self._node):
            if other.cluster.device_config(self._cluster.own_id):
                other.cluster.connections.dial(self._node.sync_address)

    def dial(self, only: str = "") -> None:
        """Connect to the other fakes that the configuration has.

        Args:
            only: The address of the only one to connect to; by default all.
        """
        for device in self._node.config["devices"]:
            name = device["deviceID"]
            for address in device["addresses"] if not device["paused"] else ():
                other = self._node.world.at(address)
                if other is None or only not in {"", other.sync_address}:
                    continue
                if str(other.device_id) == name not in {*self.peers, self._cluster.own_id}:
                    self._knock(other)

    def _knock(self, other: Node) -> None:
        own = self._cluster.own_id
        config = other.cluster.device_config(own)
        here, there = (each.sync_address.partition("://")[2] for each in (self._node, other))
        if config is None:
            other.cluster.pending.add_device(own, self.own_name, here)
            self._tell_refused(other, there)
        elif not config["paused"]:
            now = self._node.clock.now
            its = other.cluster.connections
            to_other = Peer(other.cluster.own_id, there, "tcp-client", other.cluster.version, now, other.cluster)
            to_us = Peer(own, here, "tcp-server", self._cluster.version, other.clock.now, self._cluster)
            self.join(to_other, its.own_name)
            its.join(to_us, self.own_name)
            asyncio.get_running_loop().call_soon(self._introduce, to_other, to_us)

    def _introduce(self, to_other: Peer, to_us: Peer) -> None:
        """Let two fakes that have connected tell who they are and what they share, if they still are."""
        other = to_other.cluster
        if other is None or not self._holds(to_other, to_us):
            return
        other.connections.take_name(self._cluster.own_id, self.own_name)
        self.take_name(other.own_id, other.connections.own_name)
        if self._holds(to_other, to_us):  # for which the configuration was changed
            self._cluster.sharing.introduce(other)

    def _holds(self, to_other: Peer, to_us: Peer) -> bool:
        other = to_other.cluster
        theirs = None if other is None else other.connections.peers.get(self._cluster.own_id)
        return self.peers.get(to_other.device) is to_other and theirs is to_us

    def take_name(self, device: str, name: str) -> None:
        """Give a device without a name the one that it says to have."""
        config = self._cluster.device_config(device)
        if config is None or not name or name == config["name"]:
            return
        if not config["name"] or self._node.config["options"]["overwriteRemoteDeviceNamesOnConnect"]:
            new = configuration.copy(self._node.config)
            for each in new["devices"]:
                if each["deviceID"] == device:
                    each["name"] = name
            self._node.commit(new)

    @property
    def own_name(self) -> str:
        """The name of the own device."""
        config = self._cluster.device_config(self._cluster.own_id)
        return config["name"] if config else ""

    def _tell_refused(self, other: Node, address: str) -> None:
        """Tell of a connection that the other side has closed at once, as version 1 does."""
        if self._node.facts.numbers < (2,):
            device = other.cluster.own_id
            self._tell(Peer(device, address, "tcp-client", other.cluster.version, 0), "")
            self._node.events.emit("DeviceDisconnected", {"error": CUT, "id": device})

    def _tell(self, peer: Peer, name: str) -> None:
        data = {
            "addr": peer.address,
            "clientName": "syncthing",
            "clientVersion": peer.version,
            "deviceName": name,
            "id": peer.device,
            "type": peer.kind,
        }
        self._node.events.emit("DeviceConnected", data)

    # --- What goes over ---

    def receive_rate(self, device: str) -> float:
        """Return how many bytes per second may come from a device; 0 for as many as can."""
        limits = [self.limit("maxRecvKbps", device)]
        peer = self.peers.get(device)
        if peer is not None and peer.cluster is not None:
            limits.append(peer.cluster.connections.limit("maxSendKbps", self._cluster.own_id))
        return min((limit for limit in limits if limit), default=0) * _KIB

    def limit(self, name: str, device: str) -> int:
        """Return the limit that an option and the one of a device set together, in KiB per second; 0 for none."""
        options = self._node.config["options"]
        if not options["limitBandwidthInLan"]:
            return 0
        config = self._cluster.device_config(device) or {name: 0}
        return min((limit for limit in (options[name], config[name]) if limit), default=0)

    def count_received(self, device: str, size: int) -> None:
        """Note that so many bytes have come from a device."""
        self._received += size
        if device in self.peers:
            peer = self.peers[device]
            peer.received += size
            if peer.cluster is not None:
                peer.cluster.connections.count_sent(self._cluster.own_id, size)

    def count_sent(self, device: str, size: int) -> None:
        """Note that so many bytes went to a device."""
        self._sent += size
        if device in self.peers:
            self.peers[device].sent += size
