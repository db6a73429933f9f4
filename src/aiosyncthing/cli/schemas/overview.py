"""The output of ``status``, ``folders``, ``devices``, ``show`` and ``errors``."""

from typing import Any, Literal, TypedDict

from .common import Daemon, FailedItem, Failure


class Remote(TypedDict):
    """The state of a folder on another device that shares it."""

    id: str
    name: str
    connected: bool
    lastSeen: str | None
    inSync: bool
    percent: float | None
    """The share of bytes that is there; ``null`` if unknown."""
    neededBytes: int | None
    neededItems: int | None
    missing: str | None
    """Why it is not in sync."""


class FolderRow(TypedDict):
    """A folder."""

    daemon: str
    id: str
    label: str
    path: str
    type: str
    state: str
    """``paused``, ``unknown``, or the daemon's: ``idle``, ``scanning``, ``syncing``, ``error``, ..."""
    inSync: bool
    """Whether the folder is in sync here and idle, as for ``aiosyncthing wait --here``."""
    missing: str | None
    """Why it is not in sync here."""
    error: str | None
    percent: float | None
    localBytes: int | None
    localItems: int | None
    globalBytes: int | None
    globalItems: int | None
    neededBytes: int | None
    neededItems: int | None
    failedItems: int | None
    localChanges: int | None
    """Items changed here in a receive-only folder."""
    lastScan: str | None
    elsewhere: list[Remote]


class Folders(TypedDict):
    """``folders/1``."""

    schema: Literal["aiosyncthing/folders/1"]
    daemon: Daemon | None
    failures: list[Failure]
    folders: list[FolderRow]


class DeviceRow(TypedDict):
    """A remote device."""

    daemon: str
    id: str
    name: str
    state: Literal["connected", "offline", "paused"]
    address: str | None
    addresses: list[str]
    """Those configured."""
    connectionType: str | None
    version: str | None
    lastSeen: str | None
    inBytes: int
    """Bytes received from it since it connected."""
    outBytes: int
    inRate: float | None
    outRate: float | None
    folders: list[str]
    """IDs of the folders shared with it."""
    introducer: bool
    untrusted: bool


class Devices(TypedDict):
    """``devices/1``."""

    schema: Literal["aiosyncthing/devices/1"]
    daemon: Daemon | None
    failures: list[Failure]
    devices: list[DeviceRow]


class Problem(TypedDict):
    """A problem that needs attention."""

    daemon: str
    folder: str | None
    device: str | None
    text: str


class DaemonRow(TypedDict):
    """A daemon in an overview."""

    daemon: str
    id: str
    name: str
    """The name of its device."""
    url: str
    version: str
    uptime: float


class Status(TypedDict):
    """``status/1``; with ``--watch`` one line for each change."""

    schema: Literal["aiosyncthing/status/1"]
    daemon: Daemon | None
    failures: list[Failure]
    daemons: list[DaemonRow]
    folders: list[FolderRow]
    devices: list[DeviceRow]
    problems: list[Problem]


class FolderDetails(TypedDict):
    """``folder/1``: everything about one folder."""

    schema: Literal["aiosyncthing/folder/1"]
    daemon: Daemon | None
    failures: list[Failure]
    folder: FolderRow
    failed: list[FailedItem]
    config: dict[str, Any]
    """Its configuration as the daemon has it, without secrets."""


class DeviceDetails(TypedDict):
    """``device/1``: everything about one device."""

    schema: Literal["aiosyncthing/device/1"]
    daemon: Daemon | None
    failures: list[Failure]
    device: DeviceRow
    shares: list[Remote]
    """The state of each folder on it; here ``id`` and ``name`` are those of the folder."""
    config: dict[str, Any]


class ErrorRow(TypedDict):
    """An error of a folder."""

    daemon: str
    folder: str
    label: str
    kind: Literal["folder", "item", "watch"]
    """The folder itself, an item that failed, or watching for changes."""
    path: str | None
    error: str


class Errors(TypedDict):
    """``errors/1``."""

    schema: Literal["aiosyncthing/errors/1"]
    daemon: Daemon | None
    failures: list[Failure]
    errors: list[ErrorRow]
