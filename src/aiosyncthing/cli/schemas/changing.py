"""What commands print that change something, and ``pending`` and ``config``."""

from typing import Any, Literal, TypedDict

from .common import Daemon, Failure


class ChangeRow(TypedDict):
    """One thing that a command has changed."""

    kind: Literal["folder", "device", "daemon", "file", "pattern", "setting", "profile"]
    id: str
    """For a file and its folder ``FOLDER:PATH``; for an ignore pattern the folder's ID."""
    name: str
    action: str
    """What was done to it: ``paused``, ``shared``, ``removed``, ..."""


class Changes(TypedDict):
    """``change/1``: what a command has changed; nothing if all was as wanted already."""

    schema: Literal["aiosyncthing/change/1"]
    daemon: Daemon | None
    failures: list[Failure]
    changes: list[ChangeRow]


class PendingDeviceRow(TypedDict):
    """A device that has tried to connect, and is unknown."""

    daemon: str
    id: str
    name: str
    """What it calls itself."""
    address: str
    time: str | None


class PendingFolderRow(TypedDict):
    """A folder that a device offers."""

    daemon: str
    id: str
    label: str
    device: str
    """ID of the device."""
    deviceName: str
    time: str | None
    receiveEncrypted: bool
    """Whether only encrypted data would come."""
    remoteEncrypted: bool
    """Whether the device itself has only encrypted data."""


class Pending(TypedDict):
    """``pending/1``."""

    schema: Literal["aiosyncthing/pending/1"]
    daemon: Daemon | None
    failures: list[Failure]
    devices: list[PendingDeviceRow]
    folders: list[PendingFolderRow]
    """One for each device that offers a folder."""


class Upgrade(TypedDict):
    """``upgrade/1``: what ``upgrade --check`` has found."""

    schema: Literal["aiosyncthing/upgrade/1"]
    daemon: Daemon | None
    failures: list[Failure]
    running: str
    latest: str
    newer: bool
    majorNewer: bool | None


class Setting(TypedDict):
    """A setting, or several in an object or a list."""

    daemon: str
    path: str
    """Empty for the whole configuration."""
    value: Any
    """Passwords and keys are ``<redacted>``, unless they were asked for."""


class Settings(TypedDict):
    """``config/1``: settings of daemons."""

    schema: Literal["aiosyncthing/config/1"]
    daemon: Daemon | None
    failures: list[Failure]
    settings: list[Setting]


class SettingChange(TypedDict):
    """A setting that differs, or was changed; passwords and keys are ``<redacted>``."""

    path: str
    kind: Literal["added", "removed", "changed"]
    before: Any
    """``null`` if it was added."""
    after: Any
    """``null`` if it was removed."""


class SettingChanges(TypedDict):
    """``config-change/1``: what a command has changed in the configuration."""

    schema: Literal["aiosyncthing/config-change/1"]
    daemon: Daemon | None
    failures: list[Failure]
    changes: list[SettingChange]
    ignored: list[str]
    """Settings that this version of the daemon doesn't have, so that they were left out."""
    reconnect: list[str]
    """What clients need to know of it from now on: ``address``, ``apiKey``, ``enabled``, ``useTLS``."""


class SettingDifferences(TypedDict):
    """``config-diff/1``: what leads from another configuration to that of the daemon."""

    schema: Literal["aiosyncthing/config-diff/1"]
    daemon: Daemon | None
    failures: list[Failure]
    other: str
    """The file or the profile with the other configuration."""
    changes: list[SettingChange]
