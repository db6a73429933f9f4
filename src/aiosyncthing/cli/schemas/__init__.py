"""The JSON documents that commands print with ``--json``.

Their keys are camel case, as the daemon's, and always there: ``null`` is unknown. Sizes are bytes, durations seconds,
times RFC 3339 in UTC, except the ``time`` of a conflict copy. New keys and words may be added; anything else gets a new
number in ``schema``.

A document is one object with ``schema``, ``daemon`` (``null`` if several were asked), ``failures`` (those of several
daemons that could not be asked) and what the command is about. A stream is one object per line, whose
``type`` says which it is.

They are in files by subject, and all of them here:

- `common`: what documents have in common.
- `overview`: what ``status``, ``folders``, ``devices``, ``show`` and ``errors`` print.
- `files`: what ``need``, ``ls``, ``conflicts``, ``changes``, ``versions``, ``restore`` and ``ignores`` print.
- `changing`: what commands print that change something, and ``pending`` and ``config``.
- `watching`: what ``wait``, ``events``, ``check``, ``log`` and ``metrics`` print.
- `programs`: what ``version``, ``profile``, ``daemon``, ``id``, ``fingerprint`` and ``qr`` print.
"""

from .changing import (
    ChangeRow,
    Changes,
    Pending,
    PendingDeviceRow,
    PendingFolderRow,
    Setting,
    SettingChange,
    SettingChanges,
    SettingDifferences,
    Settings,
    Upgrade,
)
from .common import Daemon, End, Error, FailedItem, Failure
from .files import (
    ArchivedVersion,
    Conflict,
    Decisive,
    Entry,
    IgnoreList,
    Ignores,
    IgnoreTest,
    Item,
    Kind,
    LocalChange,
    NeededItem,
    Restored,
)
from .overview import (
    DaemonRow,
    DeviceDetails,
    DeviceRow,
    Devices,
    ErrorRow,
    Errors,
    FolderDetails,
    FolderRow,
    Folders,
    Problem,
    Remote,
    Status,
)
from .programs import Certificate, DeviceId, PrivateDaemon, ProfileRow, Profiles, QrCode, Version, VersionRow
from .watching import Check, CheckedDaemon, CheckFinding, Event, LogRow, Missing, Progress, SampleRow

__all__ = [
    "ArchivedVersion",
    "Certificate",
    "ChangeRow",
    "Changes",
    "Check",
    "CheckFinding",
    "CheckedDaemon",
    "Conflict",
    "Daemon",
    "DaemonRow",
    "Decisive",
    "DeviceDetails",
    "DeviceId",
    "DeviceRow",
    "Devices",
    "End",
    "Entry",
    "Error",
    "ErrorRow",
    "Errors",
    "Event",
    "FailedItem",
    "Failure",
    "FolderDetails",
    "FolderRow",
    "Folders",
    "IgnoreList",
    "IgnoreTest",
    "Ignores",
    "Item",
    "Kind",
    "LocalChange",
    "LogRow",
    "Missing",
    "NeededItem",
    "Pending",
    "PendingDeviceRow",
    "PendingFolderRow",
    "PrivateDaemon",
    "Problem",
    "ProfileRow",
    "Profiles",
    "Progress",
    "QrCode",
    "Remote",
    "Restored",
    "SampleRow",
    "Setting",
    "SettingChange",
    "SettingChanges",
    "SettingDifferences",
    "Settings",
    "Status",
    "Upgrade",
    "Version",
    "VersionRow",
]
