"""The enumerations: what a field of the configuration, an answer or an event may be.

Their names are at hand at run time too: ``typing.get_args(FolderType)``.
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
    "Tuning",
    "VersioningType",
]

FolderType: TypeAlias = Literal["sendreceive", "sendonly", "receiveonly", "receiveencrypted"]
"""What a folder does with changes. To and from ``receiveencrypted`` it can't be changed."""

PullOrder: TypeAlias = Literal["random", "alphabetic", "smallestFirst", "largestFirst", "oldestFirst", "newestFirst"]
"""In which order files are fetched."""

BlockPullOrder: TypeAlias = Literal["standard", "random", "inOrder"]
"""In which order the blocks of a file are fetched."""

CopyRangeMethod: TypeAlias = Literal["standard", "ioctl", "copy_file_range", "sendfile", "duplicate_extents", "all"]
"""How data is copied inside a file system."""

VersioningType: TypeAlias = Literal["", "simple", "trashcan", "staggered", "external"]
"""How old versions of files are kept; empty is not at all."""

Compression: TypeAlias = Literal["metadata", "never", "always"]
"""What is compressed on the way to a device."""

AuthMode: TypeAlias = Literal["static", "ldap"]
"""Who checks the password of a login."""

LDAPTransport: TypeAlias = Literal["plain", "tls", "starttls"]
"""How the LDAP server is connected to."""

Tuning: TypeAlias = Literal["auto", "small", "large"]
"""Size of the database's buffers; < 2.0.0."""

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
"""The known states of a folder; empty is paused or not running, ``starting`` is new in 2.1.0.

Fields that hold a state are also typed as `str`, since a newer daemon may have more of them.
"""

RemoteState: TypeAlias = Literal["valid", "paused", "notSharing", "unknown"]
"""What another device does with a folder; ``unknown`` while it is not connected."""

FileInfoType: TypeAlias = Literal[
    "FILE_INFO_TYPE_FILE",
    "FILE_INFO_TYPE_DIRECTORY",
    "FILE_INFO_TYPE_SYMLINK",
    "FILE_INFO_TYPE_SYMLINK_FILE",
    "FILE_INFO_TYPE_SYMLINK_DIRECTORY",
]
"""What an item is; the last two are from very old databases."""

ItemType: TypeAlias = Literal["file", "dir", "symlink"]
"""What an item is, in events."""

ItemAction: TypeAlias = Literal["update", "metadata", "delete"]
"""What is done with an item."""

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

``restart``: the daemon was restarted; what it holds since then follows. ``replaced``: another daemon answers at that
address; what it holds follows. ``overflow``: the daemon dropped events, since it keeps the last 1000 only, or could not
keep up. ``late``: the daemon could not be reached when the stream began.
"""

ConnectionType: TypeAlias = Literal[
    "", "tcp-client", "tcp-server", "quic-client", "quic-server", "relay-client", "relay-server"
]
"""Transport, and which side the own device is; empty when not connected."""
