"""What pulling does to the files of a folder (lib/model/folder_sendrecv.go)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_syncthing.clock import format_time

from .items import Item, Kind, Order, compare
from .scanning import is_same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .disk import Disk
    from .ignores import Ignores
    from .versioning import Versioner

_FILE_MODE: Final = 0o644
_DIRECTORY_MODE: Final = 0o755
_DELETED: Final = "directory has been deleted on a remote device but"
_NOT_EMPTY: Final = f"{_DELETED} is not empty; the contents are probably ignored on that remote device, but not locally"

CHANGED: Final = "file modified but not rescanned; will try again later"
"""A file has changed since the last scan."""
HAS_CHANGED: Final = f"{_DELETED} contains changed files, scheduling scan"
"""So has one in a directory that is to be deleted."""
HAS_IGNORED: Final = f"{_DELETED} contains ignored files (see ignore documentation for (?d) prefix)"
"""A directory that is to be deleted contains ignored files."""


class PullError(Exception):
    """An item can't be pulled; the message is the daemon's."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Changes the files of a folder to what other devices have.

    Its methods take the item that is to be there. They return the name that they have moved a conflicting file to, if
    there was one.

    Attributes:
        disk: Where the folder is.
        root: Its path.
        versioner: Keeps old versions of its files.
        own: Its index.
        ignores: Its ignore patterns.
        ignore_permissions: Whether modes don't count.
        max_conflicts: How many conflicting copies of a file to keep; less than 0 for all.
        now: The time, in nanoseconds since 1970.
    """

    disk: Disk
    root: str
    versioner: Versioner
    own: Mapping[str, Item]
    ignores: Ignores
    ignore_permissions: bool
    max_conflicts: int
    now: int

    def write(self, item: Item, content: bytes) -> str:
        """Write a file."""
        conflict = self._make_room(item)
        mode = self._mode(item, _FILE_MODE)
        self.disk.write(self.root, item.name, content, modified=item.modified, permissions=mode)
        return conflict

    def link(self, item: Item) -> str:
        """Make a link."""
        conflict = self._make_room(item)
        self.disk.symlink(self.root, item.name, item.target, modified=self.now)
        return conflict

    def make_directory(self, item: Item) -> str:
        """Make a directory."""
        there = self.disk.entry(self.root, item.name)
        if there is not None and there.kind is Kind.DIRECTORY:
            self.disk.set_permissions(self.root, item.name, self._mode(item, there.permissions))
            return ""
        conflict = self._make_room(item)
        self.disk.make_directory(self.root, item.name, modified=self.now, permissions=self._mode(item, _DIRECTORY_MODE))
        return conflict

    def set_metadata(self, item: Item) -> str:
        """Set time and mode of a file that has the right content."""
        self._check(item.name)
        if item.permissions is not None and not self.ignore_permissions:
            self.disk.set_permissions(self.root, item.name, item.permissions)
        self.disk.set_modified(self.root, item.name, item.modified)
        return ""

    def delete(self, item: Item) -> str:
        """Delete a file or link."""
        there = self.disk.entry(self.root, item.name)
        if there is not None:
            self._check(item.name)
            self._archive(item.name, there.kind)
        return ""

    def delete_directory(self, item: Item) -> str:
        """Delete a directory with everything in it that may be deleted."""
        if self.disk.entry(self.root, item.name) is None:
            return ""
        inside = [entry.name for entry in self.disk.walk(self.root, item.name) if entry.name != item.name]
        ignored = [name for name in inside if self.ignores.matches(name)]
        others = [name for name in inside if not self.ignores.matches(name)]
        if any(name not in self.own or self.own[name].deleted for name in others):
            raise PullError(HAS_CHANGED)
        if not all(self.ignores.deletable(name) for name in ignored):
            raise PullError(HAS_IGNORED)
        if others:
            raise PullError(_NOT_EMPTY)
        for name in sorted(ignored, reverse=True):
            self.disk.delete(self.root, name)
        self.disk.delete(self.root, item.name)
        return ""

    def _mode(self, item: Item, default: int) -> int:
        return default if item.permissions is None or self.ignore_permissions else item.permissions

    def _make_room(self, item: Item) -> str:
        there = self.disk.entry(self.root, item.name)
        if there is None:
            return ""
        self._check(item.name)
        mine = self.own[item.name]
        if there.kind is Kind.DIRECTORY:
            self.delete_directory(item)
        elif self._is_conflict(mine, item):
            conflict = _conflict_name(item.name, self.now, item.modified_by)
            self.disk.rename(self.root, item.name, conflict)
            self._limit_conflicts(item.name)
            return conflict
        else:
            self._archive(item.name, there.kind)
        return ""

    def _is_conflict(self, mine: Item, item: Item) -> bool:
        return (
            self.max_conflicts != 0
            and mine.kind is Kind.FILE
            and mine.digest != item.digest
            and compare(mine.version, item.version) is Order.CONCURRENT
            and ".sync-conflict-" not in item.name
        )

    def _limit_conflicts(self, name: str) -> None:
        if self.max_conflicts < 0:
            return
        stem, extension = _split(name)
        above = posixpath.dirname(name)
        copies = sorted(
            entry.name
            for entry in self.disk.walk(self.root, above)
            if entry.name.startswith(f"{stem}.sync-conflict-") and entry.name.endswith(extension)
        )
        for copy in copies[: -self.max_conflicts]:
            self.disk.delete(self.root, copy)

    def _archive(self, name: str, kind: Kind) -> None:
        if kind is Kind.FILE:
            self.versioner.archive(name, self.now)
        else:
            self.disk.delete(self.root, name)

    def _check(self, name: str) -> None:
        """Raise an error if a file has changed since the last scan."""
        there = self.disk.entry(self.root, name)
        known = self.own.get(name)
        if there is None or known is None or not is_same(there, known, ignore_permissions=self.ignore_permissions):
            raise PullError(CHANGED)


def _conflict_name(name: str, now: int, by: str) -> str:
    stem, extension = _split(name)
    stamp = format_time(now, whole=True)
    day, time = stamp[:10].replace("-", ""), stamp[11:19].replace(":", "")
    return f"{stem}.sync-conflict-{day}-{time}-{by}{extension}"


def _split(name: str) -> tuple[str, str]:
    """Split a name before its last dot, as Go does: even if that is the first character of a hidden file."""
    above, slash, base = name.rpartition("/")
    stem, dot, extension = base.rpartition(".")
    return (f"{above}{slash}{stem}", f"{dot}{extension}") if dot else (name, "")
