"""What "in sync" means, without I/O: what is missing in a folder here, and on a remote device.

The figures of the API don't say it by themselves. ``completion`` is 95 when only deletions are left, and 100 when only
items without content are missing; a paused folder answers with zeros; one that was just started is idle, with the
figures of its last run, before its first scan begins; a device that is away, or has not accepted the folder, answers
with what was known last (lib/model/model.go, lib/model/folder_summary.go, lib/model/folderstate.go).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from .exceptions import CannotSyncError, FolderNotRunningError
from .times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from . import types as t

__all__ = [
    "Amount",
    "Rate",
    "SyncProgress",
    "age",
    "check_device",
    "check_folder",
    "check_shared",
    "device_name",
    "local_amount",
    "mark",
    "remote_amount",
    "shares",
]

_HALF_LIFE: Final = 5.0  # seconds after which a measured rate counts half
_LEAST_RATE: Final = 1.0  # bytes per second; below, nothing arrives
_ALMOST: Final = 99.9  # percent
_REMOTE_STATES: Final = {
    "paused": "has paused the folder",
    "notSharing": "has not accepted the folder",
    "unknown": "is not connected",
}


@dataclass(frozen=True, slots=True)
class Amount:
    """What is there and what is needed at one place.

    Attributes:
        needed_bytes: Bytes that are missing.
        needed_items: Files, directories, links and deletions that are missing.
        total_bytes: Bytes that there are in all.
        missing: What stands in the way, for people; empty when nothing does.
    """

    needed_bytes: int = 0
    needed_items: int = 0
    total_bytes: int = 0
    missing: str = ""


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far the waiting has come, over all folders and devices that are waited for.

    Attributes:
        needed_bytes: Bytes that are missing.
        needed_items: Files, directories, links and deletions that are missing.
        total_bytes: Bytes that there are in all, counted once for each device.
        percent: How much of the bytes is there; below 100 while anything is missing. 0 while there is nothing to
            go by, as with items that have no content.
        rate: Bytes per second that arrive, smoothed; ``None`` until it can be told.
        seconds_left: Smoothed estimate; ``None`` while nothing arrives.
        missing: What is missing where, for people; empty at the end.
    """

    needed_bytes: int
    needed_items: int
    total_bytes: int
    percent: float
    rate: float | None
    seconds_left: float | None
    missing: tuple[str, ...]

    @classmethod
    def of(cls, amounts: Iterable[Amount], rate: float | None) -> SyncProgress:
        """Add up."""
        parts = list(amounts)
        needed = sum(part.needed_bytes for part in parts)
        items = sum(part.needed_items for part in parts)
        total = sum(part.total_bytes for part in parts)
        missing = tuple(part.missing for part in parts if part.missing)
        percent = 100.0 * (1 - min(needed, total) / total) if total else 0.0
        if missing:
            left = needed / rate if needed and rate else None
            return cls(needed, items, total, min(percent, _ALMOST), rate, left, missing)
        return cls(needed, items, total, 100.0, rate, 0.0, ())

    def interrupted(self, reason: str) -> SyncProgress:
        """Return the same when it can't be found out at present whether it still holds."""
        percent = min(self.percent, _ALMOST)
        return replace(self, percent=percent, rate=None, seconds_left=None, missing=(reason,))


class Rate:
    """A smoothed rate, from how what is needed becomes less."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None
        self._value: float | None = None

    def add(self, now: float, needed_bytes: int) -> float | None:
        """Take a measurement; return bytes per second.

        Args:
            now: Seconds of a clock that only runs forward.
            needed_bytes: What is needed now. More than before is new work, which says nothing about the rate.
        """
        if self._last is None or needed_bytes > self._last[1]:
            self._last = now, needed_bytes
        elif now > self._last[0]:
            span = now - self._last[0]
            rate = (self._last[1] - needed_bytes) / span
            weight = 0.5 ** (span / _HALF_LIFE)
            value = rate if self._value is None else weight * self._value + (1 - weight) * rate
            self._value = value if value >= _LEAST_RATE else 0.0
            self._last = now, needed_bytes
        return self._value


def check_folder(folder: t.FolderConfiguration, summary: t.FolderSummary | None = None) -> None:
    """Raise what can't be healed by waiting.

    Raises:
        FolderNotRunningError: The folder is paused.
        CannotSyncError: The folder has an error, such as a lost disk.
    """
    name = folder["id"]
    if folder["paused"]:
        raise FolderNotRunningError(f"folder {name} is paused")
    if summary is not None:
        error = summary.get("error", "")
        if error or summary["state"] == "error":
            reason = error or "it has an error"
            raise CannotSyncError(f"folder {name}: {reason}", folder_id=name, reason=reason)


def check_shared(
    folders: Sequence[t.FolderConfiguration], devices: Iterable[t.DeviceConfiguration], *, every: bool
) -> None:
    """Raise if there is nothing to be waited for on a device.

    Args:
        folders: The folders.
        devices: The devices.
        every: Whether each device has to share every folder, or just any.

    Raises:
        CannotSyncError: According to the configuration, the device does not.
    """
    for device in devices:
        name, device_id = device_name(device), device["deviceID"]
        unshared = [folder["id"] for folder in folders if not shares(folder, device)]
        if every and unshared:
            reason = "not shared with the device"
            message = f"folder {unshared[0]}: not shared with device {name}"
            raise CannotSyncError(message, folder_id=unshared[0], device_id=device_id, reason=reason)
        if len(unshared) == len(folders):
            reason = "no folder is shared with the device"
            raise CannotSyncError(f"device {name}: shares no folder", device_id=device_id, reason=reason)


def shares(folder: t.FolderConfiguration, device: t.DeviceConfiguration) -> bool:
    """Tell whether a folder is shared with a device."""
    return any(element["deviceID"] == device["deviceID"] for element in folder["devices"])


def check_device(folder_id: str, device: t.DeviceConfiguration) -> None:
    """Raise what can't be healed by waiting.

    Raises:
        CannotSyncError: The device is paused here.
    """
    if device["paused"]:
        raise CannotSyncError(
            f"folder {folder_id}: device {device_name(device)} is paused",
            folder_id=folder_id,
            device_id=device["deviceID"],
            reason="the device is paused",
        )


def device_name(device: t.DeviceConfiguration) -> str:
    """Return a device's name, or the short form of its ID if it has none."""
    return device["name"] or device["deviceID"][:7]


def mark(summary: t.FolderSummary) -> object:
    """Return what changes whenever something in a folder does, here or in what is known of other devices."""
    return summary["sequence"], summary.get("remoteSequence")


def age(connection: t.ConnectionStats) -> float | None:
    """Return since how many seconds a device is connected; ``None`` if it is not."""
    now, since = parse_time(connection["at"]), parse_time(connection["startedAt"])
    if not connection["connected"] or now is None or since is None:
        return None
    return (now - since).total_seconds()


def local_amount(folder: t.FolderConfiguration, summary: t.FolderSummary | None) -> Amount:
    """Return what is missing in a folder here.

    What was changed here in a receive-only folder is not missing: it is not part of the cluster.
    """
    name = folder["id"]
    if summary is None or not summary["state"]:
        return Amount(missing=f"folder {name}: not started yet")
    items = summary["needFiles"] + summary["needDirectories"] + summary["needSymlinks"] + summary["needDeletes"]
    missing = ""
    if items:
        failed = f", and {summary['errors']} failed" if summary["errors"] else ""
        missing = f"folder {name}: {items} items ({summary['needBytes']} bytes) are needed here{failed}"
    elif summary["state"] != "idle":
        missing = f"folder {name}: {summary['state']}"
    elif parse_time(summary["stateChanged"]) is None:  # since it was started, it has not even begun to scan
        missing = f"folder {name}: not scanned yet"
    elif summary["errors"]:  # with nothing needed, these are items here that can't be read, so others don't get them
        missing = f"folder {name}: {summary['errors']} items failed"
    return Amount(summary["needBytes"], items, summary["globalBytes"], missing)


def remote_amount(
    folder_id: str, device: t.DeviceConfiguration, completion: t.FolderCompletion | None, *, connected: bool
) -> Amount:
    """Return what a remote device is missing of a folder.

    Args:
        folder_id: The folder.
        device: The device.
        completion: What the daemon knows of it; ``None`` if the folder is not running.
        connected: Whether it is connected, since version 1.19 has no ``remoteState``.
    """
    place = f"folder {folder_id}, device {device_name(device)}"
    if completion is None:
        return Amount(missing=f"{place}: not known yet")
    items = completion["needItems"] + completion["needDeletes"]
    needed, total = completion["needBytes"], completion["globalBytes"]
    state = completion.get("remoteState", "valid")
    missing = ""
    if not connected:
        missing = f"{place}: it {_REMOTE_STATES['unknown']}"
    elif state != "valid":
        missing = f"{place}: it {_REMOTE_STATES.get(state, f'reports {state}')}"
    elif completion["globalItems"] and not completion["sequence"]:
        # Nothing is counted as needed by a device that has never told what it has. From 1.20 on the states above tell.
        missing = f"{place}: it has not told what it has, perhaps it has not accepted the folder"
    elif items or needed:
        missing = f"{place}: {items} items ({needed} bytes) are needed there"
    return Amount(needed, items, total, missing)
