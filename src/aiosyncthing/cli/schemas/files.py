"""The output of ``need``, ``ls``, ``conflicts``, ``changes``, ``versions``, ``restore`` and ``ignores``."""

from typing import Literal, TypeAlias, TypedDict

from .common import Daemon, Failure

Kind: TypeAlias = Literal["file", "directory", "symlink"]
"""The kind of an item in a folder."""


class Item(TypedDict):
    """An item of a folder's index."""

    daemon: str
    folder: str
    path: str
    kind: Kind
    deleted: bool
    size: int
    """The size of a file; 0 for other kinds."""
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
    """Whether only old versions of the file exist; only with ``--versions``."""
    size: int
    modified: str | None
    versions: int | None
    """The number of old versions; ``null`` without ``--versions``, and for other kinds than files."""


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
    """``archived`` in the daemon's own format, which restoring requires."""
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
    """With ``--dry-run``, ``restored`` means that the file would be restored."""
    reason: str | None
    archived: str | None
    modified: str | None
    size: int | None
    versionTime: str | None
    """The next four keys describe the version."""
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
    folder, the number is unknown, and ``line`` is the pattern as expanded by the daemon."""
    pattern: str | None
    """The pattern of the line that has matched."""


class IgnoreTest(Decisive):
    """The result of testing a path against the ignore patterns."""

    daemon: str
    folder: str
    path: str
    ignored: bool
    reason: Literal["pattern", "directory", "internal", "none"]
    """``pattern``: it matches; ``directory``: a parent is ignored, and its contents are skipped; ``internal``:
    one of Syncthing's own files; ``none``: nothing matches."""
    directory: str | None
    """That directory."""


class Ignores(TypedDict):
    """``ignores/1``: the ignore patterns, or with ``test`` the results."""

    schema: Literal["aiosyncthing/ignores/1"]
    daemon: Daemon | None
    failures: list[Failure]
    ignores: list[IgnoreList]
    tests: list[IgnoreTest]
