"""The JSON documents that commands print with ``--json``.

Their keys are camel case, like the daemon's, and always there: ``null`` is unknown. Sizes are bytes, durations seconds,
times RFC 3339 in UTC, except the ``time`` of a conflict copy. New keys and values may be added; other changes get a new
number in ``schema``.

A document is one object with ``schema``, ``daemon`` (``null`` if several were asked), ``failures`` (those of several
daemons that could not be asked) and its contents. A stream is one object per line, whose
``type`` says which kind it is.

They are in files by subject, and all are importable from here:

- `common`: parts of all documents.
- `overview`: the output of ``status``, ``folders``, ``devices``, ``show`` and ``errors``.
- `files`: that of ``need``, ``ls``, ``conflicts``, ``changes``, ``versions``, ``restore`` and ``ignores``.
- `changing`: that of commands that change something, and of ``pending`` and ``config``.
- `watching`: that of ``wait``, ``events``, ``check``, ``log`` and ``metrics``.
- `programs`: that of ``version``, ``profile``, ``daemon``, ``id``, ``fingerprint`` and ``qr``.
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
