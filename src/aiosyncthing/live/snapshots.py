"""A mirror at one moment, as values that don't change. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Final

from .mirror import Mirror
from .views import Change, LiveDevice, LiveFolder, LiveTotals, missing_here

_OF_SHARES: Final = frozenset({"connected", "config", "removed"})
"""The attributes of a device that show in the folders that it shares."""


@dataclass(frozen=True, slots=True)
class RemoteSnapshot:
    """How far a folder is on a remote device.

    Attributes:
        device_id: The device.
        percent: Share of the bytes that have arrived there; below 100 while anything is missing.
        needed_bytes: Bytes still missing there.
        needed_items: Files, directories, links and deletions still missing there.
        missing: Why it is not in sync there; empty if it is.
    """

    device_id: str
    percent: float
    needed_bytes: int
    needed_items: int
    missing: str


@dataclass(frozen=True, slots=True)
class FolderSnapshot:
    """A folder. What ``None`` means is described at `LiveFolder`.

    Attributes:
        id: ID of the folder.
        label: Its label, or its ID if it has none.
        state: ``paused``, ``unknown``, or the daemon's state.
        error: Error of the folder as a whole; empty if there is none.
        in_sync: Whether it is in sync here.
        missing: Why it is not; empty if it is.
        percent: Share of its bytes that have arrived here.
        needed_bytes: Bytes still missing here.
        needed_items: Files, directories, links and deletions still missing here.
        total_bytes: All its bytes, in the whole cluster.
        failed_items: Items that failed to sync.
        last_scan: When it was last scanned, as ISO 8601; ``None`` if never, or unknown.
        last_file: Path of the file received last; empty if there is none.
        last_file_at: When that was.
        remotes: How far it is on the remote devices.
    """

    id: str
    label: str
    state: str
    error: str
    in_sync: bool
    missing: str
    percent: float | None
    needed_bytes: int | None
    needed_items: int | None
    total_bytes: int | None
    failed_items: int | None
    last_scan: str | None
    last_file: str
    last_file_at: str | None
    remotes: tuple[RemoteSnapshot, ...]


@dataclass(frozen=True, slots=True)
class DeviceSnapshot:
    """A device.

    Attributes:
        id: ID of the device.
        name: Its name, or the short form of its ID if it has none.
        own: Whether it is the daemon's own device.
        connected: Whether it is connected.
        paused: Whether it is paused.
        address: The address of its connection; empty if it is not connected.
        client_version: The version of Syncthing it runs; empty if it is not connected.
        last_seen: When it was last connected, as ISO 8601; ``None`` if unknown.
        in_rate: Bytes received from it per second; ``None`` until it is known.
        out_rate: Bytes sent to it per second; ``None`` until it is known.
    """

    id: str
    name: str
    own: bool
    connected: bool
    paused: bool
    address: str
    client_version: str
    last_seen: str | None
    in_rate: float | None
    out_rate: float | None


@dataclass(frozen=True, slots=True)
class PendingDeviceSnapshot:
    """An unknown device that tried to connect.

    Attributes:
        id: ID of the device.
        name: The name that it gives itself.
        address: Where it connected from.
    """

    id: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class PendingFolderSnapshot:
    """A folder that a device offers.

    Attributes:
        id: ID of the folder.
        device_id: The device that offers it.
        label: Its label there.
        receive_encrypted: Whether the device sends encrypted data only.
    """

    id: str
    device_id: str
    label: str
    receive_encrypted: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A mirror at one moment. It is immutable, can be compared, hashed and pickled, and holds no secrets.

    ``orjson.dumps(snapshot)`` writes it as JSON, and `to_dict` returns what other JSON libraries write.

    Attributes:
        own_id: The daemon's own device ID.
        version: The daemon's version, such as ``v1.29.5``.
        connected: Whether the daemon can be reached.
        totals: Bytes and rates over all connections; ``None`` until they are known.
        folders: All folders, in the order of the configuration.
        devices: All devices, in the order of the configuration, including the daemon's own.
        pending_devices: Unknown devices that tried to connect.
        pending_folders: Folders that devices offer.
    """

    own_id: str
    version: str
    connected: bool
    totals: LiveTotals | None
    folders: tuple[FolderSnapshot, ...]
    devices: tuple[DeviceSnapshot, ...]
    pending_devices: tuple[PendingDeviceSnapshot, ...]
    pending_folders: tuple[PendingFolderSnapshot, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as dicts, lists and simple values."""
        found: dict[str, Any] = _plain(self)
        return found


class Snapshots:
    """Takes snapshots. Folders and devices that have not changed since the last one are taken from that."""

    def __init__(self) -> None:
        self._folders: dict[str, FolderSnapshot] = {}
        self._devices: dict[str, DeviceSnapshot] = {}

    def forget(self, changes: Iterable[Change]) -> None:
        """Forget what has changed."""
        for kind, name, changed in changes:
            if kind == "folder":
                self._folders.pop(name, None)
            elif kind == "device":
                self._devices.pop(name, None)
                if not changed.isdisjoint(_OF_SHARES):
                    self._folders = {key: each for key, each in self._folders.items() if not _is_on(each, name)}

    def take(self, mirror: Mirror) -> Snapshot:
        """Return a mirror as it is."""
        pending, folders, devices = mirror.pending, self._folders, self._devices
        folders.update((name, _folder(each)) for name, each in mirror.folders.items() if name not in folders)
        devices.update((name, _device(each)) for name, each in mirror.devices.items() if name not in devices)
        return Snapshot(
            own_id=mirror.own_id,
            version=mirror.version,
            connected=mirror.connected,
            totals=mirror.transfers.totals,
            folders=tuple(folders[name] for name in mirror.folders),
            devices=tuple(devices[name] for name in mirror.devices),
            pending_devices=tuple(
                PendingDeviceSnapshot(name, each.get("name", ""), each.get("address", ""))
                for name, each in pending.devices.items()
            ),
            pending_folders=tuple(
                PendingFolderSnapshot(name, device, offer.get("label", ""), offer.get("receiveEncrypted", False))
                for name, each in pending.folders.items()
                for device, offer in each["offeredBy"].items()
            ),
        )


def _plain(value: Any) -> Any:
    """Return a value as `dataclasses.asdict` does, in a fraction of the time."""
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownVariableType]


def _is_on(folder: FolderSnapshot, device_id: str) -> bool:
    return any(remote.device_id == device_id for remote in folder.remotes)


def _folder(folder: LiveFolder) -> FolderSnapshot:
    here, stats = folder.here, folder.stats
    known = folder.summary if here is not None else None
    missing = missing_here(folder, here)
    return FolderSnapshot(
        id=folder.id,
        label=folder.label,
        state=folder.state,
        error=folder.error,
        in_sync=missing is None,
        missing=missing.reason if missing else "",
        percent=here.percent if here else None,
        needed_bytes=here.needed_bytes if here else None,
        needed_items=here.needed_items if here else None,
        total_bytes=here.total_bytes if here else None,
        failed_items=known["errors"] if known else None,
        last_scan=_text(folder.last_scan),
        last_file=stats["lastFile"]["filename"] if stats else "",
        last_file_at=_text(folder.last_file_at),
        remotes=tuple(
            RemoteSnapshot(
                device_id,
                progress.percent,
                progress.needed_bytes,
                progress.needed_items,
                progress.missing[0].reason if progress.missing else "",
            )
            for device_id, progress in folder.remotes.items()
        ),
    )


def _device(device: LiveDevice) -> DeviceSnapshot:
    return DeviceSnapshot(
        id=device.id,
        name=device.name,
        own=device.own,
        connected=device.connected,
        paused=device.paused,
        address=device.address,
        client_version=device.client_version,
        last_seen=_text(device.last_seen),
        in_rate=device.in_rate,
        out_rate=device.out_rate,
    )


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
