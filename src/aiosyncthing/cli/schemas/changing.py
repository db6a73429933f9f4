"""The output of commands that change something, and of ``pending`` and ``config``."""

from typing import Any, Literal, TypedDict

from .common import Daemon, Failure


class ChangeRow(TypedDict):
    """One change that a command has made."""

    kind: Literal["folder", "device", "daemon", "file", "pattern", "setting", "profile"]
    id: str
    """For a file and its folder ``FOLDER:PATH``; for an ignore pattern the folder's ID."""
    name: str
    action: str
    """What was done to it: ``paused``, ``shared``, ``removed``, ..."""


class Changes(TypedDict):
    """``change/1``: the changes that a command has made; empty if there was nothing to change."""

    schema: Literal["aiosyncthing/change/1"]
    daemon: Daemon | None
    failures: list[Failure]
    changes: list[ChangeRow]


class PendingDeviceRow(TypedDict):
    """An unknown device that has tried to connect."""

    daemon: str
    id: str
    name: str
    """The name that it reports."""
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
    """Whether it would only send encrypted data."""
    remoteEncrypted: bool
    """Whether the device itself only has encrypted data."""


class Pending(TypedDict):
    """``pending/1``."""

    schema: Literal["aiosyncthing/pending/1"]
    daemon: Daemon | None
    failures: list[Failure]
    devices: list[PendingDeviceRow]
    folders: list[PendingFolderRow]
    """One for each device that offers a folder."""


class Upgrade(TypedDict):
    """``upgrade/1``: the result of ``upgrade --check``."""

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
    """Passwords and keys are ``<redacted>``, except with ``--show-secrets``."""


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
    """``config-change/1``: the changes that a command has made to the configuration."""

    schema: Literal["aiosyncthing/config-change/1"]
    daemon: Daemon | None
    failures: list[Failure]
    changes: list[SettingChange]
    ignored: list[str]
    """Settings that were not sent, because this version of the daemon doesn't have them."""
    reconnect: list[str]
    """Changed settings that clients depend on: ``address``, ``apiKey``, ``enabled``, ``useTLS``."""


class SettingDifferences(TypedDict):
    """``config-diff/1``: the changes from another configuration to the daemon's."""

    schema: Literal["aiosyncthing/config-diff/1"]
    daemon: Daemon | None
    failures: list[Failure]
    other: str
    """The file or the profile with the other configuration."""
    changes: list[SettingChange]
