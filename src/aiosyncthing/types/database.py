"""Folders and files: ``rest/db`` and ``rest/debug/file``."""

from typing import NotRequired, TypedDict

from .enumerations import FileInfoType, FolderState, RemoteState

__all__ = [
    "Availability",
    "ConflictCopy",
    "DebugFile",
    "FileInfo",
    "FileStatus",
    "FolderCompletion",
    "FolderSummary",
    "Ignores",
    "LocalChanged",
    "MtimeMapping",
    "MtimeStatus",
    "Need",
    "NewIgnores",
    "PlatformData",
    "RemoteNeed",
    "TreeEntry",
    "UnixData",
    "WindowsData",
    "Xattr",
    "XattrData",
]


class FolderSummary(TypedDict):
    """State and size of a folder: ``rest/db/status`` and the event FolderSummary. All figures are 0 if it is paused.

    ``global...`` is the newest state in the cluster, ``local...`` what this device has, ``need...`` what it needs.
    ``...TotalItems`` counts files, directories, symlinks and deleted items together.
    """

    globalFiles: int
    globalDirectories: int
    globalSymlinks: int
    globalDeleted: int
    globalBytes: int
    globalTotalItems: int
    localFiles: int
    localDirectories: int
    localSymlinks: int
    localDeleted: int
    localBytes: int
    localTotalItems: int
    needFiles: int
    needDirectories: int
    needSymlinks: int
    needDeletes: int
    needBytes: int
    """Excludes what running downloads have already fetched."""
    needTotalItems: int
    receiveOnlyChangedFiles: NotRequired[int]
    """This and the next five: < 1.27.4 only for receive-only and receive-encrypted folders."""
    receiveOnlyChangedDirectories: NotRequired[int]
    receiveOnlyChangedSymlinks: NotRequired[int]
    receiveOnlyChangedDeletes: NotRequired[int]
    receiveOnlyChangedBytes: NotRequired[int]
    receiveOnlyTotalItems: NotRequired[int]
    inSyncFiles: int
    inSyncBytes: int
    state: FolderState | str
    stateChanged: str
    """Year 1 for a paused folder."""
    error: NotRequired[str]
    """Why the folder is stopped; otherwise empty, or < 1.27.4 missing."""
    watchError: NotRequired[str]
    """Why the folder is not watched for changes; otherwise empty, or < 1.27.4 missing."""
    errors: int
    """Number of failed items; ``rest/folder/errors`` lists them."""
    pullErrors: int
    """Deprecated; the same as ``errors``."""
    invalid: str
    """Deprecated; always empty."""
    version: int
    """Deprecated; the same as ``sequence``."""
    sequence: int
    """Increases with every change of this device's index; in 1.19 a total over all devices."""
    remoteSequence: NotRequired[dict[str, int] | None]
    """By device ID; ``None`` for a paused folder; >= 1.27.4."""
    ignorePatterns: bool
    """Whether there are ignore patterns."""


class FolderCompletion(TypedDict):
    """How complete a device is: ``rest/db/completion``, and with more keys the event FolderCompletion."""

    completion: float
    """Percentage of bytes. 95 if only deletions are left; 0 in a total for a device that shares no folder."""
    globalBytes: int
    needBytes: int
    globalItems: int
    needItems: int
    """Without deletions."""
    needDeletes: int
    sequence: int
    """0 in totals."""
    remoteState: NotRequired[RemoteState]
    """>= 1.20.0."""


class UnixData(TypedDict, total=False):
    """Owner of a file on Unix; the last four keys are those of 1.22.0 to 1.28."""

    OwnerName: str
    GroupName: str
    UID: int
    GID: int
    ownerName: str
    groupName: str
    uid: int
    gid: int


class WindowsData(TypedDict, total=False):
    """Owner of a file on Windows; the keys in camel case are those of 1.22.0 to 1.28."""

    owner_name: str
    owner_is_group: bool
    ownerName: str
    ownerIsGroup: bool


class Xattr(TypedDict, total=False):
    """An extended attribute, its value in base64; the keys in lower case are those of 1.22.0 to 1.28."""

    Name: str
    Value: str | None
    name: str
    value: str | None


class XattrData(TypedDict, total=False):
    """Extended attributes; the key in lower case is that of 1.22.0 to 1.28."""

    Xattrs: list[Xattr] | None
    xattrs: list[Xattr] | None


class PlatformData(TypedDict, total=False):
    """Metadata specific to some systems; the keys in lower case are those of 1.22.0 to 1.28."""

    Unix: UnixData | None
    Windows: WindowsData | None
    Linux: XattrData | None
    Darwin: XattrData | None
    FreeBSD: XattrData | None
    NetBSD: XattrData | None
    unix: UnixData | None
    windows: WindowsData | None
    linux: XattrData | None
    darwin: XattrData | None
    freebsd: XattrData | None
    netbsd: XattrData | None


class FileInfo(TypedDict):
    """An item of the index. If there is none, all values are empty, and ``modified`` is in 1970."""

    name: str
    """Path within the folder, with the separators of the daemon's system."""
    type: FileInfoType
    size: int
    """Bytes; 0 for deleted items, 128 for directories and symlinks (0 >= 2.1.2)."""
    modified: str
    modifiedBy: str
    """Short device ID: the first 7 characters."""
    deleted: bool
    invalid: bool
    ignored: bool
    mustRescan: bool
    noPermissions: bool
    permissions: NotRequired[str]
    """Octal digits; missing if ``noPermissions``."""
    sequence: int
    version: list[str]
    """Version vector; each entry is a short device ID, a colon and a number."""
    localFlags: int
    """Bits: 1 unsupported, 2 ignored, 4 to be rescanned, 8 changed in a receive-only folder.

    In 2.1 also 16 global, 32 needed, 64 invalid on the other device.
    """
    numBlocks: int | None
    """In lists always ``None`` (1.19) or 0 (1.29); correct in 2.1."""
    blocksHash: NotRequired[str | None]
    """Base64; ``None`` for anything but files; >= 1.23.3."""
    previousBlocksHash: NotRequired[str | None]
    """Base64; >= 2.0.10."""
    inodeChange: NotRequired[str]
    """>= 1.22.0 and < 2.1.0."""
    platform: NotRequired[PlatformData]
    """>= 1.22.0."""


class Availability(TypedDict):
    """A connected device that has a file."""

    id: str
    fromTemporary: bool
    """Whether it has only part of the file so far."""


class MtimeMapping(TypedDict):
    """The modification time on disk, and the one it stands for."""

    real: str
    virtual: str


class MtimeStatus(TypedDict):
    """The result of looking up an `MtimeMapping`."""

    err: object
    """``None`` unless it failed."""
    value: MtimeMapping


# "global" is a keyword, so it can't be an attribute.
_WithGlobal = TypedDict("_WithGlobal", {"global": FileInfo})


class FileStatus(_WithGlobal, TypedDict):
    """A file as it is here (``local``) and as it should be (``global``): ``rest/db/file``."""

    local: FileInfo
    availability: list[Availability] | None
    """``None`` if no connected device has it."""
    mtime: NotRequired[MtimeStatus]
    """< 2.0.0."""


class DebugFile(_WithGlobal, TypedDict):
    """What the daemon knows about a file: ``rest/debug/file``."""

    local: FileInfo
    availability: list[Availability] | list[str] | None
    """< 2.0.0 device IDs, where ``7777777-...`` is this device."""
    globalVersions: NotRequired[str]
    """For people; < 2.0.0."""
    mtime: NotRequired[MtimeStatus]
    """< 2.0.0."""


class TreeEntry(TypedDict):
    """A file or directory: ``rest/db/browse``."""

    name: str
    """Last part of the path."""
    modTime: str
    size: int
    type: FileInfoType
    children: NotRequired[list["TreeEntry"]]
    """Missing for files and empty directories, and below the requested levels."""


class ConflictCopy(TypedDict):
    """A conflict copy in a folder's global tree: `Database.conflicts`."""

    folder: str
    """ID of the folder."""
    name: str
    """Path of the copy within the folder."""
    original: str
    """Path of the file that it is a copy of, whether or not that file still exists."""
    time: str
    """When the copy was made, such as ``2026-03-01T12:00:00``: in the local time of the device that made it.

    The name of the copy doesn't say which device and which time zone that was.
    """
    device: str | None
    """Short ID of the device whose change won, and replaced what is now in the copy.

    ``None`` if the name has none, as before Syncthing 0.14.50.
    """
    deviceID: str | None
    """ID of that device; ``None`` if the daemon knows no such device, or several."""
    size: int
    modTime: str
    """When the content of the copy was last modified."""


class Ignores(TypedDict):
    """The ignore patterns of a folder: ``rest/db/ignores``."""

    ignore: list[str] | None
    """Lines of ``.stignore``; ``None`` if there is no such file."""
    expanded: list[str] | None
    """The patterns with all includes expanded."""
    error: str | None


class NewIgnores(TypedDict):
    """The body that replaces ignore patterns. Without the key, the daemon would remove them."""

    ignore: list[str]


class Need(TypedDict):
    """What this device needs: ``rest/db/need``."""

    progress: list[FileInfo]
    """Being pulled."""
    queued: list[FileInfo]
    """Next, in this order."""
    rest: list[FileInfo]
    page: int
    perpage: int


class RemoteNeed(TypedDict):
    """What another device needs: ``rest/db/remoteneed``."""

    files: list[FileInfo]
    page: int
    perpage: int


class LocalChanged(TypedDict):
    """The local changes in a receive-only folder: ``rest/db/localchanged``."""

    files: list[FileInfo]
    page: int
    perpage: int
