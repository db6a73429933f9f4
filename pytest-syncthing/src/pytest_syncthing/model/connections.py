"""How the fakes of one process find each other and connect (lib/connections)."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_syncthing.go.json import copied

from .peers import CUT, Peer

if TYPE_CHECKING:
    from collections.abc import Callable

    from .core import Core
    from .peers import Peers
    from .pending import Pending
    from .sharing import Sharing


class World:
    """The fakes that are up and can meet. Use it in the fakes' thread only."""

    def __init__(self) -> None:
        self._listening: dict[str, Connections] = {}

    def enter(self, address: str, connections: Connections) -> None:
        """Listen at an address."""
        self._listening[address] = connections

    def leave(self, address: str, connections: Connections) -> None:
        """Stop listening there."""
        if self._listening.get(address) is connections:
            del self._listening[address]

    def at(self, address: str) -> Connections | None:
        """Return the fake that listens at an address; what follows host and port doesn't matter."""
        parts = urlsplit(address)
        return self._listening.get(f"{parts.scheme}://{parts.netloc}")

    def others(self, connections: Connections) -> list[Connections]:
        """Return all other fakes."""
        return [other for other in self._listening.values() if other is not connections]


class Connections:
    """Connects a fake to others. Use it in the fakes' thread only.

    Args:
        core: What it shares with the rest of the daemon.
        world: The fakes that it can meet.
        peers: The devices that are connected.
        pending: What waits to be accepted.
        sharing: What it sends to other fakes.
        commit: Replaces the configuration.

    Attributes:
        core: As above.
        peers: As above.
        pending: As above.
        sharing: As above.
    """

    def __init__(
        self,
        core: Core,
        world: World,
        peers: Peers,
        pending: Pending,
        sharing: Sharing,
        commit: Callable[[dict[str, Any]], object],
    ) -> None:
        self.core = core
        self._world = world
        self.peers = peers
        self.pending = pending
        self.sharing = sharing
        self._commit = commit

    def listen(self) -> None:
        """Accept connections."""
        self._world.enter(self.core.sync_address, self)
        self.peers.reset_traffic()

    def close(self) -> None:
        """Accept no more connections, and close those that are open."""
        self._world.leave(self.core.sync_address, self)
        for device in list(self.peers.connected):
            self.peers.part(device, "", silent=True)

    def meet_soon(self) -> None:
        """Connect to other fakes and let them connect to this one, as soon as what is under way is done."""
        asyncio.get_running_loop().call_soon(self._meet)

    def _meet(self) -> None:
        if self._world.at(self.core.sync_address) is not self:
            return
        self.dial()
        for other in self._world.others(self):
            if other.core.device(self.core.own_id):
                other.dial(self.core.sync_address)

    def dial(self, only: str = "") -> None:
        """Connect to the other fakes that the configuration has, or only to the one at an address."""
        for device in self.core.config["devices"]:
            name = device["deviceID"]
            for address in device["addresses"] if not device["paused"] else ():
                other = self._world.at(address)
                if other is None or only not in {"", other.core.sync_address}:
                    continue
                if other.core.own_id == name not in {*self.peers.connected, self.core.own_id}:
                    self._knock(other)

    def _knock(self, other: Connections) -> None:
        own = self.core.own_id
        config = other.core.device(own)
        if config is None:
            other.pending.add_device(own, self.core.name, self.host)
            self._emit_refused(other)
        elif not config["paused"]:
            to_other, to_us = other.seen_by("tcp-client", self), self.seen_by("tcp-server", other)
            self.peers.join(to_other, other.core.name)
            other.peers.join(to_us, self.core.name)
            asyncio.get_running_loop().call_soon(self._introduce, other, to_other, to_us)

    @property
    def host(self) -> str:
        """The host and port where others reach it."""
        return self.core.sync_address.partition("://")[2]

    def seen_by(self, kind: str, other: Connections) -> Peer:
        """Return this fake as another one sees it."""
        core = self.core
        return Peer(
            core.own_id,
            self.host,
            kind,
            core.version,
            other.core.clock.now,
            partial(self.sharing.content, other.core.own_id),
            self.peers,
        )

    def _introduce(self, other: Connections, to_other: Peer, to_us: Peer) -> None:
        """Exchange names and cluster configs with a fake that has connected, unless it has disconnected since."""
        if not self._holds(other, to_other, to_us):
            return
        other.take_name(self.core.own_id, self.core.name)
        self.take_name(other.core.own_id, other.core.name)
        if self._holds(other, to_other, to_us):  # for the names have changed the configurations
            self.sharing.introduce(other.sharing)

    def _holds(self, other: Connections, to_other: Peer, to_us: Peer) -> bool:
        ours, theirs = self.peers.connected, other.peers.connected
        return ours.get(to_other.device) is to_other and theirs.get(to_us.device) is to_us

    def take_name(self, device: str, name: str) -> None:
        """Call a device without a name by the one that it reports."""
        config = self.core.device(device)
        if config is None or not name or name == config["name"]:
            return
        if not config["name"] or self.core.config["options"]["overwriteRemoteDeviceNamesOnConnect"]:
            new = copied(self.core.config)
            for each in new["devices"]:
                if each["deviceID"] == device:
                    each["name"] = name
            self._commit(new)

    def _emit_refused(self, other: Connections) -> None:
        """Emit that the other side has closed a connection at once, as version 1 does."""
        if not self.core.facts.ONE_CONNECTION:
            device = other.core.own_id
            self.peers.emit_connected(device, other.host, "tcp-client", other.core.version, "")
            self.peers.emit_disconnected(device, CUT)
