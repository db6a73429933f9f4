"""Rows about folders and devices, from the daemon's answers. Pure.

What "in sync" means is decided in `aiosyncthing.waiting`, never by the daemon's ``completion``: that is 100 when only
empty files are missing, and has a value for disconnected devices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from aiosyncthing.times import parse_time
from aiosyncthing.waiting import local_amount, remote_amount

from .values import DEVICE_PAUSED, iso_text

if TYPE_CHECKING:
    from aiosyncthing import types as t

    from .schemas import DeviceRow, FolderRow, Problem, Remote

UNSEEN: Final = timedelta(days=3)
"""How long a device may be disconnected before an overview mentions it."""

_ALMOST: Final = 99.9


@dataclass
class View:
    """A daemon's answers about its folders and devices.

    Attributes:
        own: Its own device ID.
        folders: The folders.
        devices: All devices.
        connections: By device ID.
        seen: When each device was last seen.
        scanned: When each folder was last scanned.
        summaries: The status of each folder that runs.
        completions: How complete a folder is on a device, by both IDs.
        rates: Bytes per second from and to a device, if known.
        at: The time of the answers, by the daemon's clock.
        reported: The errors that the daemon reports.
    """

    own: str
    folders: Sequence[t.FolderConfiguration]
    devices: Sequence[t.DeviceConfiguration]
    connections: Mapping[str, t.ConnectionStats] = field(default_factory=dict["str", "t.ConnectionStats"])
    seen: Mapping[str, datetime | None] = field(default_factory=dict["str", "datetime | None"])
    scanned: Mapping[str, datetime | None] = field(default_factory=dict["str", "datetime | None"])
    summaries: Mapping[str, t.FolderSummary] = field(default_factory=dict["str", "t.FolderSummary"])
    completions: Mapping[tuple[str, str], t.FolderCompletion] = field(
        default_factory=dict["tuple[str, str]", "t.FolderCompletion"]
    )
    rates: Mapping[str, tuple[float | None, float | None]] = field(
        default_factory=dict["str", "tuple[float | None, float | None]"]
    )
    at: datetime | None = None
    reported: Sequence[str] = ()

    @property
    def remotes(self) -> list[t.DeviceConfiguration]:
        """All devices except the daemon's own."""
        return [device for device in self.devices if device["deviceID"] != self.own]

    def connected(self, device_id: str) -> bool:
        """Return whether a device is connected."""
        connection = self.connections.get(device_id)
        return connection is not None and connection["connected"]


def folder_row(daemon: str, view: View, folder: t.FolderConfiguration) -> FolderRow:
    """Return the row of a folder."""
    name = folder["id"]
    summary = None if folder["paused"] else view.summaries.get(name)
    error = (summary.get("error") or ("it has an error" if summary["state"] == "error" else "")) if summary else ""
    amount = local_amount(folder, summary)
    missing = "paused" if folder["paused"] else error or (amount.missing.reason if amount.missing else "")
    remotes = [device for device in view.remotes if shares(folder, device["deviceID"])]
    known = summary if summary is not None and summary["state"] else None
    return {
        "daemon": daemon,
        "id": name,
        "label": folder["label"],
        "path": folder["path"],
        "type": folder["type"],
        "state": "paused" if folder["paused"] else known["state"] if known else "unknown",
        "inSync": not missing,
        "missing": missing or None,
        "error": error or None,
        "percent": _percent(amount.needed_bytes, amount.total_bytes, done=not missing) if known else None,
        "localBytes": known["localBytes"] if known else None,
        "localItems": _items(known, "local"),
        "globalBytes": known["globalBytes"] if known else None,
        "globalItems": _items(known, "global"),
        "neededBytes": amount.needed_bytes if known else None,
        "neededItems": amount.needed_items if known else None,
        "failedItems": known["errors"] if known else None,
        "localChanges": known.get("receiveOnlyTotalItems") if known else None,
        "lastScan": _time(view.scanned.get(name)),
        "elsewhere": [remote_row(view, folder, device) for device in remotes],
    }


def shares(folder: t.FolderConfiguration, device_id: str) -> bool:
    """Return whether a device has a folder, according to the configuration."""
    return any(each["deviceID"] == device_id for each in folder["devices"])


def remote_row(view: View, folder: t.FolderConfiguration, device: t.DeviceConfiguration) -> Remote:
    """Return the row of a folder on another device."""
    name = device["deviceID"]
    completion = None if folder["paused"] else view.completions.get((folder["id"], name))
    amount = remote_amount(folder, device, completion, connected=view.connected(name))
    missing = DEVICE_PAUSED if device["paused"] else amount.missing.reason if amount.missing else ""
    return {
        "id": name,
        "name": device["name"],
        "connected": view.connected(name),
        "lastSeen": _time(view.seen.get(name)),
        "inSync": not missing,
        "percent": _percent(amount.needed_bytes, amount.total_bytes, done=not missing) if completion else None,
        "neededBytes": amount.needed_bytes if completion else None,
        "neededItems": amount.needed_items if completion else None,
        "missing": missing or None,
    }


def device_row(daemon: str, view: View, device: t.DeviceConfiguration) -> DeviceRow:
    """Return the row of a device."""
    name = device["deviceID"]
    connection = view.connections.get(name)
    connected = view.connected(name)
    in_rate, out_rate = view.rates.get(name, (None, None))
    return {
        "daemon": daemon,
        "id": name,
        "name": device["name"],
        "state": "connected" if connected else "paused" if device["paused"] else "offline",
        "address": connection["address"] if connection and connected else None,
        "addresses": device["addresses"],
        "connectionType": connection["type"] if connection and connected else None,
        "version": connection["clientVersion"] if connection and connected else None,
        "lastSeen": _time(view.seen.get(name)),
        "inBytes": connection["inBytesTotal"] if connection else 0,
        "outBytes": connection["outBytesTotal"] if connection else 0,
        "inRate": in_rate,
        "outRate": out_rate,
        "folders": [folder["id"] for folder in view.folders if shares(folder, name)],
        "introducer": device["introducer"],
        "untrusted": device["untrusted"],
    }


def problems(daemon: str, view: View, now: datetime) -> list[Problem]:
    """Return the problems: errors, failed items, devices not seen for long, and errors that the daemon reports."""
    found: list[Problem] = []
    for folder in view.folders:
        summary = None if folder["paused"] else view.summaries.get(folder["id"])
        if summary is None:
            continue
        row = folder_row(daemon, view, folder)
        failed = summary["errors"]
        texts = [
            row["error"] or "",
            f"{failed} item{'' if failed == 1 else 's'} failed" if failed else "",
            f"not watched for changes: {summary.get('watchError')}" if summary.get("watchError") else "",
        ]
        found += [_problem(daemon, text, folder=folder["id"]) for text in texts if text]
    for device in view.remotes:
        seen = view.seen.get(device["deviceID"])
        if not view.connected(device["deviceID"]) and not device["paused"] and seen is not None and now - seen > UNSEEN:
            text = f"not seen for {(now - seen).days} days"
            found.append(_problem(daemon, text, device=device["deviceID"]))
    return [*found, *(_problem(daemon, text) for text in view.reported)]


def times(stats: Mapping[str, Mapping[str, object]], key: str) -> dict[str, datetime | None]:
    """Return one of the times of ``rest/stats``, by ID."""
    return {name: parse_time(str(each[key])) for name, each in stats.items()}


def _problem(daemon: str, text: str, *, folder: str | None = None, device: str | None = None) -> Problem:
    return {"daemon": daemon, "folder": folder, "device": device, "text": text}


def _percent(needed: int, total: int, *, done: bool) -> float | None:
    """Return the share of bytes that is there, in percent: 100 only if nothing at all is missing."""
    if done:
        return 100.0
    return min(_ALMOST, round(100 * (1 - min(needed, total) / total), 1)) if total else None


def _items(summary: t.FolderSummary | None, where: str) -> int | None:
    if summary is None:
        return None
    if where == "local":
        return summary["localFiles"] + summary["localDirectories"] + summary["localSymlinks"]
    return summary["globalFiles"] + summary["globalDirectories"] + summary["globalSymlinks"]


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso_text(moment)
