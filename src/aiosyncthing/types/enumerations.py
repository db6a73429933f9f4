"""The enumerations in configurations, answers and events.

Their values are available at run time, too: ``typing.get_args(FolderType)``.
"""

from typing import Final, Literal, TypeAlias, get_args

__all__ = [
    "EVENT_TYPES",
    "AuthMode",
    "BlockPullOrder",
    "Compression",
    "ConnectionType",
    "CopyRangeMethod",
    "EventType",
    "FileInfoType",
    "FolderState",
    "FolderType",
    "ItemAction",
    "ItemType",
    "LDAPTransport",
    "LossReason",
    "PullOrder",
    "RemoteState",
    "RestoreOutcome",
    "Tuning",
    "VersioningType",
]

FolderType: TypeAlias = Literal["sendreceive", "sendonly", "receiveonly", "receiveencrypted"]
"""How a folder treats changes. It can't be changed from or to ``receiveencrypted``."""

PullOrder: TypeAlias = Literal["random", "alphabetic", "smallestFirst", "largestFirst", "oldestFirst", "newestFirst"]
"""The order in which files are pulled."""

BlockPullOrder: TypeAlias = Literal["standard", "random", "inOrder"]
"""The order in which the blocks of a file are pulled."""

CopyRangeMethod: TypeAlias = Literal["standard", "ioctl", "copy_file_range", "sendfile", "duplicate_extents", "all"]
"""How data is copied within a file system."""

VersioningType: TypeAlias = Literal["", "simple", "trashcan", "staggered", "external"]
"""How old versions of files are kept; empty for not at all."""

Compression: TypeAlias = Literal["metadata", "never", "always"]
"""What is compressed when sent to a device."""

AuthMode: TypeAlias = Literal["static", "ldap"]
"""How logins are authenticated."""

LDAPTransport: TypeAlias = Literal["plain", "tls", "starttls"]
"""How to connect to the LDAP server."""

Tuning: TypeAlias = Literal["auto", "small", "large"]
"""Size of the database buffers; < 2.0.0."""

FolderState: TypeAlias = Literal[
    "",
    "idle",
    "scanning",
    "scan-waiting",
    "sync-waiting",
    "sync-preparing",
    "syncing",
    "cleaning",
    "clean-waiting",
    "error",
    "starting",
    "unknown",
]
"""The known states of a folder; empty if it is paused or not running. ``starting`` is new in 2.1.0.

Fields with a state are also typed as `str`, since newer daemons may have more states.
"""

RemoteState: TypeAlias = Literal["valid", "paused", "notSharing", "unknown"]
"""The state of a folder on another device; ``unknown`` while it is not connected."""

RestoreOutcome: TypeAlias = Literal["restored", "unchanged", "unknown", "failed"]
"""What `Folder.restore_at` did with a file, or would do."""

FileInfoType: TypeAlias = Literal[
    "FILE_INFO_TYPE_FILE",
    "FILE_INFO_TYPE_DIRECTORY",
    "FILE_INFO_TYPE_SYMLINK",
    "FILE_INFO_TYPE_SYMLINK_FILE",
    "FILE_INFO_TYPE_SYMLINK_DIRECTORY",
]
"""The type of an item; the last two come from very old databases."""

ItemType: TypeAlias = Literal["file", "dir", "symlink"]
"""The type of an item in events."""

ItemAction: TypeAlias = Literal["update", "metadata", "delete"]
"""What is being done to an item."""

EventType: TypeAlias = Literal[
    "Starting",
    "StartupComplete",
    "DeviceDiscovered",
    "DeviceConnected",
    "DeviceDisconnected",
    "DeviceRejected",
    "PendingDevicesChanged",
    "DevicePaused",
    "DeviceResumed",
    "ClusterConfigReceived",
    "LocalChangeDetected",
    "RemoteChangeDetected",
    "LocalIndexUpdated",
    "RemoteIndexUpdated",
    "ItemStarted",
    "ItemFinished",
    "StateChanged",
    "FolderRejected",
    "PendingFoldersChanged",
    "ConfigSaved",
    "DownloadProgress",
    "RemoteDownloadProgress",
    "FolderSummary",
    "FolderCompletion",
    "FolderErrors",
    "FolderScanProgress",
    "FolderPaused",
    "FolderResumed",
    "FolderWatchStateChanged",
    "ListenAddressesChanged",
    "LoginAttempt",
    "Failure",
    "UpgradeRestartScheduled",
]
"""The names of all events. ``ClusterConfigReceived`` is >= 1.20.0, ``UpgradeRestartScheduled`` >= 2.0.15."""

EVENT_TYPES: Final[tuple[EventType, ...]] = get_args(EventType)
"""The names of all events, at run time."""

LossReason: TypeAlias = Literal["restart", "replaced", "overflow", "late"]
"""Why events were or may have been lost.

``restart``: the daemon was restarted; its events since then follow. ``replaced``: another daemon answers at that
address; its events follow. ``overflow``: the daemon dropped events, because it keeps only the last 1000 or could not
keep up. ``late``: the daemon was unreachable when the stream began.
"""

ConnectionType: TypeAlias = Literal[
    "", "tcp-client", "tcp-server", "quic-client", "quic-server", "relay-client", "relay-server"
]
"""The transport, and the role of this device; empty if not connected."""
