"""The devices that are connected to a daemon, and the traffic with each (lib/connections)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pytest_syncthing.clock import format_time

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pytest_syncthing.facts import Facts

    from .core import Core
    from .items import Item

CUT: Final = "reading length: EOF"
"""The daemon's words for a connection that the other side has closed."""

_CRYPTO: Final = "TLS1.3-TLS_AES_128_GCM_SHA256"
_NEVER: Final = "0001-01-01T00:00:00Z"
_SECOND: Final = 1_000_000_000
_KIB: Final = 1024

Fetch: TypeAlias = "Callable[[str, Item], Awaitable[bytes | None]]"
"""Asks a device for the content of a file, by folder ID and item; the answer is ``None`` if it doesn't have it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A folder that a device shares with another one, as in its cluster config.

    Attributes:
        folder_id: ID of the folder.
        label: Its label.
        paused: Whether it is paused there.
        receive_encrypted: Whether it is to be received encrypted.
        remote_encrypted: Whether it is encrypted there.
    """

    folder_id: str
    label: str = ""
    paused: bool = False
    receive_encrypted: bool = False
    remote_encrypted: bool = False


@dataclass(slots=True, eq=False)
class Peer:
    """A connected device.

    Attributes:
        device: Its ID.
        address: Its address, such as ``127.0.0.1:22001``.
        kind: The kind of connection, such as ``tcp-client``.
        version: The version it reports.
        started: When it connected, in nanoseconds since 1970.
        fetch: Asks it for the content of a file.
        far: The peers of the fake at the other end; ``None`` for a simulated device.
        offers: The folders it offers, by ID; ``None`` until its cluster config has come.
        asked: The folders that were shared with it by then; nothing is known of others.
        stuck: The folders of which it takes nothing as long as it is connected.
        received: Bytes received from it.
        sent: Bytes sent to it.
    """

    device: str
    address: str
    kind: str
    version: str
    started: int
    fetch: Fetch
    far: Peers | None = None
    offers: dict[str, Offer] | None = None
    asked: frozenset[str] = frozenset()
    stuck: set[str] = field(default_factory=set[str])
    received: int = 0
    sent: int = 0

    def to_json(self, facts: Facts, now: int) -> dict[str, Any]:
        """Return its part of ``rest/system/connections``."""
        connection = {
            "at": format_time(now, whole=True),
            "inBytesTotal": self.received,
            "outBytesTotal": self.sent,
            "startedAt": format_time(self.started, whole=True),
            "address": self.address,
            "type": self.kind,
            "isLocal": True,
            "crypto": _CRYPTO,
        }
        return _in_version(facts, connection, connected=True, paused=False, client=self.version)


class Peers:
    """The devices that are connected. Use it in the fakes' thread only.

    Attributes:
        connected: These devices, by ID.
        on_change: Called with the ID of a device that has connected.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self.connected: dict[str, Peer] = {}
        self.on_change: Callable[[str], None] = lambda _: None
        self._seen: dict[str, tuple[int, float]] = {}
        self._progress: dict[tuple[str, str], dict[str, int]] = {}
        self._accepted: dict[tuple[str, str], str] = {}
        self._received = 0
        self._sent = 0

    def to_json(self) -> dict[str, Any]:
        """Return ``rest/system/connections``."""
        facts, now = self._core.facts, self._core.clock.now
        found: dict[str, Any] = {}
        for config in self._core.config["devices"]:
            device = config["deviceID"]
            if device in self.connected:
                found[device] = self.connected[device].to_json(facts, now)
            elif device != self._core.own_id or not facts.LISTS_OTHERS_ONLY:
                found[device] = _disconnected(facts, paused=config["paused"])
        total = {
            "at": format_time(now, whole=True),
            "inBytesTotal": self._received,
            "outBytesTotal": self._sent,
        }
        return {"connections": dict(sorted(found.items())), "total": total}

    def stats(self) -> dict[str, Any]:
        """Return ``rest/stats/device``."""
        stats: dict[str, Any] = {}
        for config in self._core.config["devices"]:
            device = config["deviceID"]
            seen, duration = self._seen.get(device, (0, 0.0))
            if device in self.connected and self._core.facts.SEEN_WHILE_CONNECTED:
                seen = self._core.clock.now
            stats[device] = {"lastSeen": format_time(seen, whole=True), "lastConnectionDurationS": duration}
        return dict(sorted(stats.items()))

    # --- Connections ---

    def join(self, peer: Peer, name: str) -> None:
        """Add a device that has connected.

        Args:
            peer: The device.
            name: The name it reports.
        """
        self.connected[peer.device] = peer
        self._seen[peer.device] = (peer.started, self._seen.get(peer.device, (0, 0.0))[1])
        self.emit_connected(peer.device, peer.address, peer.kind, peer.version, name)
        self.on_change(peer.device)

    def part(self, device: str, error: str, *, silent: bool = False) -> None:
        """Disconnect a device, if it is connected.

        Args:
            device: Its ID.
            error: Why.
            silent: Whether to emit no event.
        """
        peer = self.connected.pop(device, None)
        if peer is None:
            return
        device, now = peer.device, self._core.clock.now
        self._seen[device] = (now, (now - peer.started) / _SECOND)
        self.forget_progress(device)
        if not silent:
            self.emit_disconnected(device, error)
        if peer.far is not None:
            peer.far.part(self._core.own_id, CUT)

    def emit_connected(self, device: str, address: str, kind: str, version: str, name: str) -> None:
        """Emit that a device has connected."""
        data = {
            "addr": address,
            "clientName": "syncthing",
            "clientVersion": version,
            "deviceName": name,
            "id": device,
            "type": kind,
        }
        self._core.emit("DeviceConnected", data)

    def emit_disconnected(self, device: str, error: str) -> None:
        """Emit that a device has disconnected."""
        self._core.emit("DeviceDisconnected", {"error": error, "id": device})

    def forget(self, device: str | None = None) -> None:
        """Forget when a device was last seen, or all of them."""
        if device is None:
            self._seen.clear()
        else:
            self._seen.pop(device, None)

    # --- What they do with a folder ---

    def is_linked(self, device: str) -> bool:
        """Return whether a device is connected and another fake, not a simulated one."""
        return device in self.connected and self.connected[device].far is not None

    def accept(self, device: str, folder_id: str, state: str) -> None:
        """Set what a simulated device does with a folder: ``valid``, ``paused``, ``notSharing`` or ``unknown``."""
        self._accepted[device, folder_id] = state

    def remote_state(self, device: str, folder_id: str, *, shared: bool) -> str:
        """Return what a device does with a folder, as ``remoteState`` of ``rest/db/completion``.

        Args:
            device: Its ID.
            folder_id: ID of the folder.
            shared: Whether the folder is shared with the device.
        """
        peer = self.connected.get(device)
        if peer is None or peer.offers is None:
            return "unknown"
        if peer.far is None:
            return self._accepted.get((device, folder_id), "valid" if shared else "notSharing")
        offer = peer.offers.get(folder_id)
        if offer is None:
            return "notSharing" if folder_id in peer.asked else "unknown"
        return "paused" if offer.paused else "valid"

    def set_progress(self, device: str, folder_id: str, blocks: dict[str, int]) -> None:
        """Note how many blocks a device already has of each file that it is downloading."""
        self._progress[device, folder_id] = dict(blocks)

    def progress(self, device: str, folder_id: str) -> dict[str, int]:
        """Return how many blocks a device already has of each file that it is downloading."""
        return self._progress.get((device, folder_id), {})

    def forget_progress(self, device: str, folder_id: str | None = None) -> None:
        """Forget the progress of a device, in one folder or in all."""
        for key in [key for key in self._progress if key[0] == device and folder_id in {None, key[1]}]:
            del self._progress[key]

    # --- Traffic ---

    def receive_rate(self, device: str) -> float:
        """Return how many bytes per second a device may send here; 0 for no limit."""
        limits = [self.limit("maxRecvKbps", device)]
        peer = self.connected.get(device)
        if peer is not None and peer.far is not None:
            limits.append(peer.far.limit("maxSendKbps", self._core.own_id))
        return min((limit for limit in limits if limit), default=0) * _KIB

    def limit(self, name: str, device: str) -> int:
        """Return the tighter one of the limits set for all devices and for one, in KiB per second; 0 for none."""
        options = self._core.config["options"]
        if not options["limitBandwidthInLan"]:
            return 0
        config = self._core.device(device) or {name: 0}
        return min((limit for limit in (options[name], config[name]) if limit), default=0)

    def count_received(self, device: str, size: int) -> None:
        """Count bytes that a device has sent here."""
        self._received += size
        if device in self.connected:
            peer = self.connected[device]
            peer.received += size
            if peer.far is not None:
                peer.far.count_sent(self._core.own_id, size)

    def count_sent(self, device: str, size: int) -> None:
        """Count bytes sent to a device."""
        self._sent += size
        if device in self.connected:
            self.connected[device].sent += size

    def reset_traffic(self) -> None:
        """Count from zero."""
        self._received = self._sent = 0


def _disconnected(facts: Facts, *, paused: bool) -> dict[str, Any]:
    """Return what ``rest/system/connections`` has for a device that is not connected."""
    connection = {
        "at": _NEVER,
        "inBytesTotal": 0,
        "outBytesTotal": 0,
        "startedAt": _NEVER,
        "address": "",
        "type": "",
        "isLocal": False,
        "crypto": "",
    }
    return _in_version(facts, connection, connected=False, paused=paused, client="")


def _in_version(
    facts: Facts, connection: dict[str, Any], *, connected: bool, paused: bool, client: str
) -> dict[str, Any]:
    shown = {**connection, "connected": connected, "paused": paused, "clientVersion": client}
    if not facts.IS_LOCAL:
        del shown["isLocal"]
    if facts.PRIMARY_CONNECTION:
        shown["primary"] = connection
    return shown
