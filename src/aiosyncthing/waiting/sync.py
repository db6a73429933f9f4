"""What "in sync" means, for a folder here and on a remote device. Pure.

The API's numbers need interpreting. ``completion`` is 95 when only deletions are left, and 100 when only items without
content are missing. A paused folder has zeros everywhere. A folder that was just started is idle, with the numbers of
its previous run, until its first scan begins. The numbers of a device that is away, or has not accepted the folder, are
the last known ones (lib/model/model.go, lib/model/folder_summary.go, lib/model/folderstate.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from aiosyncthing import types as t
from aiosyncthing._rest.shapes import differ
from aiosyncthing.exceptions import CannotSyncError, FolderNotRunningError
from aiosyncthing.times import parse_time

from .progress import Amount, FailedItem, Missing, SyncProgress, items_and_bytes

_REMOTE_STATES: Final = {
    "paused": "has paused the folder",
    "notSharing": "has not accepted the folder",
    "unknown": "has not announced its folders yet",
}
# It learns the token of the encryption only when the devices connect: see `nothing_received`.
_RECONNECT: Final = "; if it has, pause and resume it here, so that it reconnects, which an encrypted folder needs once"


def check_folder(folder: t.FolderConfiguration, summary: t.FolderSummary | None = None) -> None:
    """Raise if waiting for a folder is pointless.

    Raises:
        FolderNotRunningError: The folder is paused.
        CannotSyncError: The folder has an error, such as a lost disk.
    """
    name = folder["id"]
    if folder["paused"]:
        raise FolderNotRunningError(f"folder {name} is paused")
    if summary is not None and (reason := _trouble(summary)):
        raise CannotSyncError(f"folder {name}: {reason}", folder_id=name, reason=reason)


def _trouble(summary: t.FolderSummary) -> str:
    """Return the error of a folder as a whole, such as a lost disk; empty if there is none."""
    return summary.get("error", "") or ("it has an error" if summary["state"] == "error" else "")


def check_shared(
    folders: Sequence[t.FolderConfiguration], devices: Iterable[t.DeviceConfiguration], *, every: bool
) -> None:
    """Raise if there is nothing to wait for on a device.

    Args:
        folders: The folders.
        devices: The devices.
        every: Whether each device has to share every folder, or at least one.

    Raises:
        CannotSyncError: A device doesn't, according to the configuration.
    """
    shared = [(folder["id"], sharers(folder)) for folder in folders]
    for device in devices:
        name, device_id = device_name(device), device["deviceID"]
        unshared = [folder for folder, some in shared if device_id not in some]
        if every and unshared:
            reason = "not shared with the device"
            message = f"folder {unshared[0]}: not shared with device {name}"
            raise CannotSyncError(message, folder_id=unshared[0], device_id=device_id, reason=reason)
        if len(unshared) == len(folders):
            reason = "no folder is shared with the device"
            raise CannotSyncError(f"device {name}: shares no folder", device_id=device_id, reason=reason)


def shares_of(
    folders: Iterable[t.FolderConfiguration], devices: Iterable[t.DeviceConfiguration]
) -> list[tuple[t.FolderConfiguration, t.DeviceConfiguration]]:
    """Return each folder with each of the devices that share it, in the order of the devices."""
    places = {device["deviceID"]: (place, device) for place, device in enumerate(devices)}
    found: list[tuple[t.FolderConfiguration, t.DeviceConfiguration]] = []
    for folder in folders:
        sharing = dict(places[name] for name in sharers(folder) if name in places)
        found += ((folder, sharing[place]) for place in sorted(sharing))
    return found


def sharers(folder: t.FolderConfiguration) -> frozenset[str]:
    """Return the devices that share a folder, by ID, including the daemon's own."""
    return frozenset(element["deviceID"] for element in folder["devices"])


def check_device(folder_id: str, device: t.DeviceConfiguration) -> None:
    """Raise if waiting for a device is pointless.

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


def restarts(before: t.FolderConfiguration, after: t.FolderConfiguration) -> bool:
    """Return whether a change of its configuration makes the daemon restart a folder."""
    return differ(_essential(before), _essential(after))


def _essential(config: t.FolderConfiguration) -> dict[str, object]:
    return {name: value for name, value in config.items() if name not in {"label", "group"}}


def mark(summary: t.FolderSummary) -> object:
    """Return a value that differs whenever the folder has changed, here or on other devices as far as is known."""
    return summary["sequence"], summary.get("remoteSequence")


def is_encrypted(folder: t.FolderConfiguration) -> bool:
    """Return whether a folder holds encrypted data only."""
    return folder.get("type") == "receiveencrypted"


def local_amount(
    folder: t.FolderConfiguration, summary: t.FolderSummary | None, failed: Sequence[t.FileError] = ()
) -> Amount:
    """Return how much of a folder this daemon has.

    Local changes in a receive-only folder are not part of the cluster and don't count.

    Args:
        folder: Its configuration.
        summary: Its status; ``None`` if it is not running.
        failed: The first few failed items, if known.
    """
    name = folder["id"]
    if summary is None or not summary["state"]:
        return Amount(missing=Missing("not started yet", name))
    items = summary["needFiles"] + summary["needDirectories"] + summary["needSymlinks"] + summary["needDeletes"]
    size, errors = summary["needBytes"], summary["errors"]
    reason = ""
    if items:
        reason = f"{items_and_bytes(items, size)} still missing" + (f", {errors} failed" if errors else "")
    elif summary["state"] != "idle":
        reason = summary["state"]
    elif parse_time(summary["stateChanged"]) is None:  # it has not begun to scan since it was started
        reason = "not scanned yet"
    elif errors:  # if nothing is needed, these are items here that can't be read, so other devices don't get them
        reason = f"{errors} item{'' if errors == 1 else 's'} failed"
    named = tuple(FailedItem(each["path"], each["error"]) for each in failed) if errors else ()
    missing = Missing(reason, name, needed_items=items, needed_bytes=size, failed=named) if reason else None
    return Amount(size, items, summary["globalBytes"], missing)


def nothing_received(folder: t.FolderConfiguration, completions: Sequence[t.FolderCompletion | None]) -> Missing | None:
    """Return what is missing in an encrypted folder for which no device has sent anything yet.

    The daemon gets the token that it needs to announce the folder only when the devices connect. Until then, for the
    other side the folder is not accepted, so it sends nothing, and here nothing seems to be needed
    (`ccCheckEncryption` and `generateClusterConfig` in lib/model/model.go).

    Args:
        folder: An encrypted folder.
        completions: The completion of each device that shares it, connected or not.
    """
    if not completions or any(completion is not None and completion["sequence"] for completion in completions):
        return None
    return Missing(
        "nothing received yet; if that doesn't change, pause and resume the device that has the data, so that it "
        "reconnects",
        folder["id"],
    )


def remote_amount(
    folder: t.FolderConfiguration,
    device: t.DeviceConfiguration,
    completion: t.FolderCompletion | None,
    *,
    connected: bool,
) -> Amount:
    """Return how much of a folder a remote device has.

    Args:
        folder: The folder.
        device: The device.
        completion: Its completion; ``None`` if the folder is not running.
        connected: Whether it is connected, since version 1.19 has no ``remoteState``.
    """
    if completion is None:
        return Amount(missing=lacking(folder["id"], device, "nothing known yet"))
    items = completion["needItems"] + completion["needDeletes"]
    needed, total = completion["needBytes"], completion["globalBytes"]
    state = completion.get("remoteState", "valid")
    reason = ""
    if not connected:
        reason = "it is not connected"
    elif state != "valid":
        reason = f"it {_REMOTE_STATES.get(state, f'reports {state}')}"
        if state == "notSharing" and _gets_encrypted(folder, device):
            reason += _RECONNECT
    elif completion["globalItems"] and not completion["sequence"]:
        # A device that has never announced its files seems to need nothing. Since 1.20 its state shows that.
        reason = "it has not announced its files; it may not have accepted the folder"
        if _gets_encrypted(folder, device):
            reason += _RECONNECT
    elif items or needed:
        reason = f"{items_and_bytes(items, needed)} still missing"
    missing = lacking(folder["id"], device, reason, items, needed) if reason else None
    return Amount(needed, items, total, missing)


def progress_here(
    folder: t.FolderConfiguration,
    summary: t.FolderSummary,
    failed: Sequence[t.FileError],
    completions: Sequence[t.FolderCompletion],
) -> SyncProgress:
    """Return how far a folder is here, by what is known now.

    Waiting also allows for changes that may be on their way, and raises where it would be pointless.

    Args:
        folder: Its configuration.
        summary: Its status; it is running.
        failed: The failed items that are known.
        completions: The known completion of each device that shares it.
    """
    amount = local_amount(folder, summary, failed)
    missing = amount.missing
    if reason := _trouble(summary):
        missing = replace(missing or Missing("", folder["id"]), reason=reason)
    elif missing is None and is_encrypted(folder):
        missing = nothing_received(folder, completions)
    return SyncProgress.of([amount._replace(missing=missing)], None)


def progress_there(
    folder: t.FolderConfiguration, device: t.DeviceConfiguration, completion: t.FolderCompletion, *, connected: bool
) -> SyncProgress:
    """Return how far a folder is on a remote device, by what is known now.

    Args:
        folder: The folder.
        device: The device.
        completion: Its completion.
        connected: Whether it is connected.
    """
    amount = remote_amount(folder, device, completion, connected=connected)
    if device["paused"]:
        missing = lacking(folder["id"], device, "the device is paused", amount.needed_items, amount.needed_bytes)
        amount = amount._replace(missing=missing)
    return SyncProgress.of([amount], None)


def _gets_encrypted(folder: t.FolderConfiguration, device: t.DeviceConfiguration) -> bool:
    """Return whether a device gets only encrypted data of a folder."""
    return any(each["deviceID"] == device["deviceID"] and each.get("encryptionPassword") for each in folder["devices"])


def lacking(folder_id: str, device: t.DeviceConfiguration, reason: str, items: int = 0, size: int = 0) -> Missing:
    """Return why a folder is not in sync on a device."""
    return Missing(reason, folder_id, device["deviceID"], device["name"], needed_items=items, needed_bytes=size)
