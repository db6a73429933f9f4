"""Events in the words of people, and what each is about. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeAlias, cast

from aiosyncthing.cli.text import cut
from aiosyncthing.cli.values import size_text
from aiosyncthing.times import parse_time

_Item: TypeAlias = Mapping[str, Any]

_MARKERS: Final = frozenset({"EventsLost", "StreamDown", "StreamUp"})
_LONGEST: Final = 200
_BLOCK: Final = 7


def is_about(item: _Item, folders: Collection[str]) -> bool:
    """Return whether an event is about one of some folders; without any, all count.

    What the stream itself reports is about all folders.
    """
    if not folders or item["type"] in _MARKERS:
        return True
    if item["type"] == "DownloadProgress":
        return any(folder in _fields(item) for folder in folders)
    return place(item)[0] in folders


def place(item: _Item) -> tuple[str, str]:
    """Return the folder and the path that an event is about; empty if it is about none."""
    data = _fields(item)
    folder = data.get("folder") or data.get("folderID") or ""
    if not folder and item["type"] in {"FolderPaused", "FolderResumed"}:
        folder = data.get("id", "")
    return str(folder), str(data.get("item") or data.get("path") or "")


def clock(text: str) -> str:
    """Return the time of the day of an event, on this computer."""
    moment = parse_time(text)
    return "" if moment is None else f"{moment.astimezone():%H:%M:%S}"


def describe(item: _Item) -> tuple[str, str]:
    """Return the folder that an event is about, and what has happened."""
    folder, path = place(item)
    words = _WORDS.get(item["type"])
    if words is not None:
        try:
            return folder, words(item["data"])
        except (KeyError, TypeError, AttributeError):  # another version says it in another way
            pass
    rest = {key: value for key, value in _fields(item).items() if value != folder}
    details = json.dumps(rest, ensure_ascii=False) if rest else ""
    return folder, f"{item['type']} {path or cut(details, _LONGEST)}".rstrip()


def _fields(item: _Item) -> dict[str, Any]:
    """Return the data of an event, of which there may be none."""
    return cast("dict[str, Any]", item["data"]) if isinstance(item["data"], dict) else {}


def _device(data: _Item) -> str:
    return str(data.get("deviceName") or data.get("name") or str(data.get("device") or data.get("id"))[:_BLOCK])


def _needed(data: _Item) -> str:
    summary = data["summary"]
    items = sum(summary[f"need{what}"] for what in ("Files", "Directories", "Symlinks", "Deletes"))
    return f"needs {items:,} items, {size_text(summary['needBytes'])}" if items else "needs nothing"


def _finished(data: _Item) -> str:
    return f"{data['action']} {data['item']}" + (f": {data['error']}" if data["error"] else "")


def _lost(data: _Item) -> str:
    return f"EVENTS LOST ({data['reason']}): " + ("unknown" if data["missed"] is None else f"{data['missed']:,}")


_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "StateChanged": lambda data: f"{data['from']} → {data['to']}" + (f": {data['error']}" if data.get("error") else ""),
    "FolderSummary": _needed,
    "FolderCompletion": lambda data: f"{data['device'][:_BLOCK]} has {data['completion']:.0f} %",
    "FolderErrors": lambda data: f"{len(data['errors'] or ())} items failed",
    "FolderPaused": lambda _: "paused",
    "FolderResumed": lambda _: "resumed",
    "ItemStarted": lambda data: f"{data['action']} {data['item']} ...",
    "ItemFinished": _finished,
    "LocalIndexUpdated": lambda data: f"{data['items']:,} items changed here",
    "RemoteIndexUpdated": lambda data: f"{data['items']:,} items changed on {data['device'][:_BLOCK]}",
    "LocalChangeDetected": lambda data: f"{data['action']} {data['path']} here",
    "RemoteChangeDetected": lambda data: f"{data['action']} {data['path']} by {data['modifiedBy']}",
    "DeviceConnected": lambda data: f"{_device(data)} connected from {data['addr']}",
    "DeviceDisconnected": lambda data: f"{_device(data)} disconnected: {data['error']}",
    "DevicePaused": lambda data: f"{_device(data)} paused",
    "DeviceResumed": lambda data: f"{_device(data)} resumed",
    "ConfigSaved": lambda _: "configuration saved",
    "EventsLost": _lost,
    "StreamDown": lambda data: f"NOT REACHABLE: {data['error']}",
    "StreamUp": lambda _: "reachable again",
}
