"""Describe events for people, and find what they are about. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, TypeAlias, cast

from aiosyncthing.cli.output.text import cut
from aiosyncthing.cli.values import size_text
from aiosyncthing.times import parse_time

_Item: TypeAlias = Mapping[str, Any]
_Names: TypeAlias = Callable[[str], str]

_MARKERS: Final = frozenset({"EventsLost", "StreamDown", "StreamUp"})
_LONGEST: Final = 200
_BLOCK: Final = 7
_NO_NAMES: Final[Mapping[str, str]] = {}


def is_about(item: _Item, folders: Collection[str]) -> bool:
    """Return whether an event is about one of these folders; without folders, every event is.

    The stream's own items are about all folders.
    """
    if not folders or item["type"] in _MARKERS:
        return True
    if item["type"] == "DownloadProgress":
        return any(folder in _fields(item) for folder in folders)
    return place(item)[0] in folders


def place(item: _Item) -> tuple[str, str]:
    """Return the folder and the path that an event is about; empty if there is none."""
    data = _fields(item)
    folder = data.get("folder") or data.get("folderID") or ""
    if not folder and item["type"] in {"FolderPaused", "FolderResumed"}:
        folder = data.get("id", "")
    return str(folder), str(data.get("item") or data.get("path") or "")


def clock(text: str) -> str:
    """Return the local time of day of an event."""
    moment = parse_time(text)
    return "" if moment is None else f"{moment.astimezone():%H:%M:%S}"


def names_of(devices: Iterable[_Item]) -> dict[str, str]:
    """Return the names of configured devices by the first block of their IDs, since some events have no more."""
    return {str(each["deviceID"])[:_BLOCK]: str(each["name"]) for each in devices if each.get("name")}


def describe(item: _Item, names: Mapping[str, str] = _NO_NAMES) -> tuple[str, str]:
    """Return the folder that an event is about, and a description of the event.

    Args:
        item: The event.
        names: The names of devices, as returned by `names_of`.
    """
    folder, path = place(item)
    words = _WORDS.get(item["type"])
    if words is not None:
        try:
            return folder, words(item["data"], lambda device: names.get(device[:_BLOCK], device[:_BLOCK]))
        except (KeyError, TypeError, AttributeError):  # another version has other data
            pass
    rest = {key: value for key, value in _fields(item).items() if value != folder}
    details = json.dumps(rest, ensure_ascii=False) if rest else ""
    return folder, f"{item['type']} {path or cut(details, _LONGEST)}".rstrip()


def _fields(item: _Item) -> dict[str, Any]:
    """Return the data of an event, which may be missing."""
    return cast("dict[str, Any]", item["data"]) if isinstance(item["data"], dict) else {}


def _always(text: str) -> Callable[[Any, _Names], str]:
    return lambda _data, _name: text


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _needed(data: _Item, _: _Names) -> str:
    summary = data["summary"]
    items = sum(summary[f"need{what}"] for what in ("Files", "Directories", "Symlinks", "Deletes"))
    return f"needs {_count(items, 'item')}, {size_text(summary['needBytes'])}" if items else "needs nothing"


def _finished(data: _Item, _: _Names) -> str:
    if data["error"]:
        return f"{data['action']} failed: {data['item']}: {data['error']}"
    return f"{data['action']} finished: {data['item']}"


def _because(reason: str | None) -> str:
    return f": {reason}" if reason else ""


def _receiving(files: int) -> str:
    return f"receiving {_count(files, 'file')}" if files else "receiving nothing"


def _lost(data: _Item, _: _Names) -> str:
    return f"EVENTS LOST ({data['reason']}): " + ("unknown" if data["missed"] is None else f"{data['missed']:,}")


def _called(data: _Item) -> str:
    """Return a device that is not configured: the name that it reports, and its ID, which is decisive."""
    device = str(data.get("deviceID") or data["device"])
    return f"{data['name']} ({device})" if data.get("name") else device


def _pending_devices(data: _Item, _: _Names) -> str:
    added = [f"{_called(each)} at {each['address']} wants to connect" for each in data.get("added") or ()]
    removed = [
        f"{each['deviceID']} is no longer pending" if each["deviceID"] else "no device is pending any longer"
        for each in data.get("removed") or ()
    ]
    return "; ".join([*added, *removed])


def _pending_folders(data: _Item, name: _Names) -> str:
    added = [f"{name(each['deviceID'])} offers the folder {each['folderID']}" for each in data.get("added") or ()]
    removed = [
        f"the folder {each['folderID']} is no longer pending"
        + (f" from {name(each['deviceID'])}" if each.get("deviceID") else "")
        for each in data.get("removed") or ()
    ]
    return "; ".join([*added, *removed])


def _addresses(data: _Item, _: _Names) -> str:
    own, *others = (
        f"{each['Scheme']}://{each['Host']}" for each in (data["address"], *(data["lan"] or ()), *(data["wan"] or ()))
    )
    reached = ", ".join(dict.fromkeys(each for each in others if each != own))
    return f"listening at {own}" + (f", reached at {reached}" if reached else "")


def _login(data: _Item, _: _Names) -> str:
    return f"login of {data['username']} from {data['remoteAddress']} " + ("succeeded" if data["success"] else "failed")


_WORDS: Final[Mapping[str, Callable[[Any, _Names], str]]] = {
    "Starting": _always("starting"),
    "StartupComplete": _always("started"),
    "StateChanged": lambda data, _: f"{data['from']} → {data['to']}" + _because(data.get("error")),
    "FolderSummary": _needed,
    "FolderCompletion": lambda data, name: f"{name(data['device'])} has {data['completion']:.0f} %",
    "FolderErrors": lambda data, _: f"{_count(len(data['errors'] or ()), 'item')} failed",
    "FolderPaused": _always("paused"),
    "FolderResumed": _always("resumed"),
    "FolderRejected": lambda data, name: f"{name(data['device'])} offers this folder",
    "FolderScanProgress": lambda data, _: f"scanned {size_text(data['current'])} of {size_text(data['total'])}",
    "FolderWatchStateChanged": lambda data, _: (
        f"not watched for changes: {data['to']}" if data.get("to") else "watched for changes"
    ),
    "ItemStarted": lambda data, _: f"{data['action']} started: {data['item']}",
    "ItemFinished": _finished,
    "DownloadProgress": lambda data, _: _receiving(sum(map(len, data.values()))),
    "RemoteDownloadProgress": lambda data, name: f"{name(data['device'])} is {_receiving(len(data['state']))}",
    "LocalIndexUpdated": lambda data, _: f"{_count(data['items'], 'item')} changed here",
    "RemoteIndexUpdated": lambda data, name: f"{_count(data['items'], 'item')} changed on {name(data['device'])}",
    "LocalChangeDetected": lambda data, _: f"{data['action']} {data['path']} here",
    "RemoteChangeDetected": lambda data, name: f"{data['action']} {data['path']} by {name(data['modifiedBy'])}",
    "DeviceDiscovered": lambda data, name: f"{name(data['device'])} was found at {', '.join(data['addrs'])}",
    "DeviceConnected": lambda data, name: (
        f"{name(data['id'])} connected" + (f" from {data['addr']}" if data.get("addr") else "")
    ),
    "DeviceDisconnected": lambda data, name: f"{name(data['id'])} disconnected" + _because(data["error"]),
    "DevicePaused": lambda data, name: f"{name(data['device'])} paused",
    "DeviceResumed": lambda data, name: f"{name(data['device'])} resumed",
    "DeviceRejected": lambda data, _: f"{_called(data)} at {data['address']} wants to connect",
    "PendingDevicesChanged": _pending_devices,
    "PendingFoldersChanged": _pending_folders,
    "ClusterConfigReceived": lambda data, name: f"{name(data['device'])} sent its list of shared folders",
    "ConfigSaved": _always("configuration saved"),
    "ListenAddressesChanged": _addresses,
    "LoginAttempt": _login,
    "UpgradeRestartScheduled": lambda data, _: f"restart in {data['delayS']} s, with {data['newVersion']}",
    "EventsLost": _lost,
    "StreamDown": lambda data, _: f"NOT REACHABLE: {data['error']}",
    "StreamUp": _always("reachable again"),
}
