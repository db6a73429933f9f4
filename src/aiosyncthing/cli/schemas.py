"""The JSON documents that commands print with ``--json``.

Their keys are camel case, as the daemon's, and always there: ``null`` is unknown. Sizes are bytes, durations seconds,
times RFC 3339 in UTC, except the ``time`` of a conflict copy. New keys and words may be added; anything else gets a new
number in ``schema``.

A document is one object with ``schema``, ``daemon`` (``null`` if several were asked), ``failures`` (those of several
daemons that could not be asked) and what the command is about. A stream is one object per line, whose
``type`` says which it is.
"""

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

Kind: TypeAlias = Literal["file", "directory", "symlink"]
"""What something in a folder is."""


class Daemon(TypedDict):
    """The daemon that was asked."""

    name: str
    """The profile; or ``local``, or the host of the URL."""
    url: str
    id: str | None
    version: str | None


class Failure(TypedDict):
    """A daemon that could not be asked, as one of several."""

    daemon: str
    error: str
    message: str
    exitCode: int


class Error(TypedDict):
    """``error/1``, on stderr: why the command failed."""

    schema: Literal["aiosyncthing/error/1"]
    error: str
    """The kind: the name of an exception of `aiosyncthing.exceptions`, or ``UsageError``."""
    message: str
    hint: str | None
    exitCode: int
    method: str | None
    path: str | None
    status: int | None


class Remote(TypedDict):
    """How a folder is on another device that shares it."""

    id: str
    name: str
    connected: bool
    lastSeen: str | None
    inSync: bool
    percent: float | None
    """Of the bytes; ``null`` if unknown."""
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
    """Whether everything is here and nothing is going on, as ``aiosyncthing wait --here`` means it."""
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
    """Received from it since it connected."""
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
    """Something that a person should look at."""

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


class FailedItem(TypedDict):
    """An item that failed to scan or sync."""

    path: str
    error: str


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
    """How each folder is there; here ``id`` and ``name`` are those of the folder."""
    config: dict[str, Any]


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


class Missing(TypedDict):
    """Why one folder, or one device, is not in sync yet."""

    folder: str | None
    device: str | None
    deviceName: str | None
    reason: str
    neededBytes: int
    neededItems: int
    failed: list[FailedItem]


class Progress(TypedDict):
    """A line of ``wait``: ``progress``, and at last ``done``."""

    type: Literal["progress", "done"]
    schema: Literal["aiosyncthing/progress/1"]
    neededBytes: int
    neededItems: int
    totalBytes: int
    percent: float
    rate: float | None
    secondsLeft: float | None
    missing: list[Missing]


class End(TypedDict):
    """The last line of a stream that was broken off."""

    type: Literal["end"]
    reason: str


class Item(TypedDict):
    """An item of a folder's index."""

    daemon: str
    folder: str
    path: str
    kind: Kind
    deleted: bool
    size: int
    """Of files; 0 for anything else."""
    modified: str | None
    modifiedBy: str | None
    """First block of the ID of the device that has modified it last."""


class NeededItem(Item):
    """A line of ``need``: an item that is missing."""

    type: Literal["need"]
    schema: Literal["aiosyncthing/need/1"]


class LocalChange(Item):
    """A line of ``changes``: an item that differs from what others have."""

    type: Literal["change"]
    schema: Literal["aiosyncthing/local-change/1"]
    undo: Literal["revert", "override"]
    """``revert``: it was changed here. ``override``: it was changed elsewhere."""


class Entry(TypedDict):
    """A line of ``ls``."""

    type: Literal["entry"]
    schema: Literal["aiosyncthing/entry/1"]
    daemon: str
    folder: str
    path: str
    kind: Kind
    deleted: bool
    """Only with ``--versions``: a file of which there are only old versions."""
    size: int
    modified: str | None
    versions: int | None
    """How many old versions there are; ``null`` without ``--versions``, and for anything but files."""


class Conflict(TypedDict):
    """A line of ``conflicts``."""

    type: Literal["conflict"]
    schema: Literal["aiosyncthing/conflict/1"]
    daemon: str
    folder: str
    path: str
    original: str
    """Path of the file that it is a copy of."""
    time: str
    """In the local time of the device that made the copy, as in the copy's name, so without a zone."""
    device: str | None
    """First block of the ID of the device whose change won."""
    deviceID: str | None
    deviceName: str | None
    size: int
    modified: str | None


class ErrorRow(TypedDict):
    """Something wrong with a folder."""

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


class ArchivedVersion(TypedDict):
    """A line of ``versions``: an old version of a file."""

    type: Literal["version"]
    schema: Literal["aiosyncthing/file-version/1"]
    daemon: str
    folder: str
    path: str
    archived: str | None
    modified: str | None
    """``null`` if it is unknown, as in a trash can."""
    size: int
    versionTime: str
    """``archived`` as the daemon writes it, and wants it back."""
    certain: bool | None
    """With ``--at``, whether the file was like this version then; ``null`` without."""


class Restored(TypedDict):
    """A line of ``restore``."""

    type: Literal["restored"]
    schema: Literal["aiosyncthing/restored/1"]
    daemon: str
    folder: str
    path: str
    outcome: Literal["restored", "unchanged", "unknown", "failed"]
    """With ``--dry-run``, ``restored`` is what would be."""
    reason: str | None
    archived: str | None
    modified: str | None
    size: int | None
    versionTime: str | None
    """These four are those of the version."""
    dryRun: bool


class IgnoreList(TypedDict):
    """The ignore patterns of a folder."""

    daemon: str
    folder: str
    label: str
    lines: list[str]
    expanded: list[str]
    """The patterns that the lines stand for, included files as well."""
    error: str | None


class Decisive(TypedDict):
    """The line that decides about a path."""

    line: str | None
    number: int | None
    """Its number, from 1; ``null`` if it is in an included file. Where this computer can't read the included files of a
    folder, no number is known, and ``line`` is what the daemon says that the line stands for."""
    pattern: str | None
    """What of the line has matched."""


class IgnoreTest(Decisive):
    """What the ignore patterns say about a path."""

    daemon: str
    folder: str
    path: str
    ignored: bool
    reason: Literal["pattern", "directory", "internal", "none"]
    """``pattern``: it matches; ``directory``: one above is ignored, and nothing in it is looked at; ``internal``:
    Syncthing keeps it for itself; ``none``: nothing matches."""
    directory: str | None
    """That directory."""


class Ignores(TypedDict):
    """``ignores/1``: what there is, or with ``test`` what it means."""

    schema: Literal["aiosyncthing/ignores/1"]
    daemon: Daemon | None
    failures: list[Failure]
    ignores: list[IgnoreList]
    tests: list[IgnoreTest]


class VersionRow(TypedDict):
    """The version of a daemon."""

    daemon: str
    url: str
    version: str
    longVersion: str
    os: str
    arch: str


class Version(TypedDict):
    """``version/1``."""

    schema: Literal["aiosyncthing/version/1"]
    daemon: Daemon | None
    failures: list[Failure]
    aiosyncthing: str
    python: str
    daemons: list[VersionRow]


class ProfileRow(TypedDict):
    """A profile."""

    name: str
    url: str | None
    home: str | None
    key: Literal["file", "command", "inline", "home", "credential"]
    """Where its key comes from."""
    tls: str | None


class Profiles(TypedDict):
    """``profiles/1``."""

    schema: Literal["aiosyncthing/profiles/1"]
    file: str
    profiles: list[ProfileRow]


class PrivateDaemon(TypedDict):
    """``daemon/1``: a private daemon that is ready."""

    schema: Literal["aiosyncthing/daemon/1"]
    url: str
    apiKeyFile: str
    id: str
    version: str
    home: str
    syncAddress: str | None


class Event(TypedDict):
    """A line of ``events``: the daemon's own event as it came, or one of the stream's own."""

    id: int | None
    globalID: NotRequired[int]
    time: str
    type: str
    data: Any


class CheckFinding(TypedDict):
    """Something that a person should look at."""

    daemon: str
    kind: str
    """One of ``aiosyncthing.health``, or ``folder_stale``."""
    severity: Literal["info", "warning", "critical"]
    folder: str | None
    folderName: str | None
    device: str | None
    deviceName: str | None
    subject: str | None
    text: str
    remedy: str
    count: int | None
    seconds: float | None
    items: list[FailedItem]


class CheckedDaemon(TypedDict):
    """A daemon that was checked."""

    daemon: str
    id: str | None
    status: Literal["ok", "warning", "critical", "unknown"]
    folders: int
    devices: int
    neededBytes: int
    unseenMax: float
    """Seconds since a device was seen, for the one that was away longest."""


class Check(TypedDict):
    """``check/1``; ``failures`` has the daemon also if only one was asked."""

    schema: Literal["aiosyncthing/check/1"]
    daemon: Daemon | None
    failures: list[Failure]
    status: Literal["ok", "warning", "critical", "unknown"]
    daemons: list[CheckedDaemon]
    findings: list[CheckFinding]


class LogRow(TypedDict):
    """``log/1``: a line of ``log``."""

    type: Literal["log"]
    schema: Literal["aiosyncthing/log/1"]
    daemon: str
    time: str
    level: Literal["debug", "verbose", "info", "warning", "error"]
    message: str


class SampleRow(TypedDict):
    """``sample/1``: a line of ``metrics``."""

    type: Literal["sample"]
    schema: Literal["aiosyncthing/sample/1"]
    daemon: str
    name: str
    labels: dict[str, str]
    value: float | Literal["NaN", "+Inf", "-Inf"]
    kind: str
    """``counter``, ``gauge``, ``histogram``, ``summary`` or ``untyped``."""
    help: str | None


class DeviceId(TypedDict):
    """``id/1``: a device ID."""

    schema: Literal["aiosyncthing/id/1"]
    id: str
    short: str


class Certificate(TypedDict):
    """``fingerprint/1``: the certificate that a server shows."""

    schema: Literal["aiosyncthing/fingerprint/1"]
    url: str
    fingerprint: str


class QrCode(TypedDict):
    """``qr/1``: a device ID as a QR code."""

    schema: Literal["aiosyncthing/qr/1"]
    id: str
    rows: list[str]
    """A digit for each module, without a border: 1 is dark."""
