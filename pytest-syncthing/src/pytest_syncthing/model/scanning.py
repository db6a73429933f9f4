"""Scans: how a disk differs from an index (lib/model/folder.go, lib/scanner)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from .items import IGNORED, RECEIVE_ONLY, Item, Kind, bump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .disk import Disk, Entry
    from .ignores import Ignores

_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of a scan.

    Attributes:
        changed: New and changed items.
        missing: Items that were deleted or are now ignored.
        forgotten: Names of deleted items that no other device has.
        hashed: The number of bytes read.
    """

    changed: list[Item]
    missing: list[Item]
    forgotten: list[str]
    hashed: int


def is_same(entry: Entry, item: Item, *, ignore_permissions: bool) -> bool:
    """Return whether an entry on the disk looks like the item in the index; its content isn't read."""
    if item.deleted or item.kind is not entry.kind:
        return False
    if entry.kind is Kind.SYMLINK:
        return entry.target == item.target
    if not ignore_permissions and item.permissions is not None and item.permissions != entry.permissions:
        return False
    return entry.kind is Kind.DIRECTORY or (entry.size, entry.modified) == (item.size, item.modified)


def equivalent(one: Item, other: Item, *, ignore_permissions: bool) -> bool:
    """Return whether two items are the same apart from their history."""
    same_mode = ignore_permissions or None in {one.permissions, other.permissions}
    return (
        (one.kind, one.deleted, one.digest, one.target) == (other.kind, other.deleted, other.digest, other.target)
        and (one.deleted or same_mode or one.permissions == other.permissions)
        and (one.kind is not Kind.FILE or one.deleted or one.modified == other.modified)
    )


def chosen(subs: Iterable[str], known: Mapping[str, Item]) -> list[str]:
    """Return the places to scan: those asked for, or the topmost unknown directories above them.

    Args:
        subs: The names asked for. Names outside of the folder are skipped; an empty one is the whole folder.
        known: The index.
    """
    found: set[str] = set()
    for sub in subs:
        name = posixpath.normpath(sub.strip("/")) if sub.strip("/") else ""
        if name == ".." or name.startswith("../"):
            continue
        name = "" if name == "." else name
        while (above := posixpath.dirname(name)) and above not in known:
            name = above
        found.add(name)
    return [""] if "" in found else [name for name in sorted(found) if not _is_below(name, found - {name})]


def _is_below(name: str, places: Iterable[str]) -> bool:
    return any(name == place or name.startswith(f"{place}/") for place in places)


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan of a folder.

    Attributes:
        disk: Where the folder is.
        root: Its path.
        ignores: Its ignore patterns.
        own: Its own index.
        newest: Returns the global item of a name.
        short_id: Short ID of the own device.
        now: The time, in nanoseconds since 1970.
        receive_only: Whether changes aren't sent to other devices.
        ignore_permissions: Whether modes don't count.
        leaves_out: Returns whether a directory is not an item.
    """

    disk: Disk
    root: str
    ignores: Ignores
    own: Mapping[str, Item]
    newest: Callable[[str], Item | None]
    short_id: str
    now: int
    receive_only: bool
    ignore_permissions: bool
    leaves_out: Callable[[str], bool] | None = None

    def run(self, places: Iterable[str]) -> Findings:
        """Scan some places of the folder."""
        places = list(places)
        entries: list[Entry] = []
        for place in places:
            entries += self.ignores.kept(self.disk.walk(self.root, place))
        if self.leaves_out is not None:
            entries = [each for each in entries if each.kind is not Kind.DIRECTORY or not self.leaves_out(each.name)]
        # Files come last, since they are hashed first.
        entries.sort(key=lambda entry: entry.kind is Kind.FILE)
        changed: list[Item] = []
        hashed = 0
        for entry in entries:
            known = self.own.get(entry.name)
            if known and not known.local_flags & ~RECEIVE_ONLY and self._is_same(entry, known):
                continue
            item = self._item(entry, known)
            if item is not None:
                hashed += item.size
                changed.append(item)
        missing, forgotten = self._missing(places, {entry.name for entry in entries})
        return Findings(changed, missing, forgotten, hashed)

    def _is_same(self, entry: Entry, known: Item) -> bool:
        return is_same(entry, known, ignore_permissions=self.ignore_permissions)

    def _item(self, entry: Entry, known: Item | None) -> Item | None:
        digest = None
        if entry.kind is Kind.FILE:
            try:
                digest = self.disk.digest(self.root, entry.name)
            except OSError:  # deleted since, or not readable
                return None
        without_mode = self.ignore_permissions or entry.kind is Kind.SYMLINK
        previous = known.digest if known and known.digest != digest else None
        item = Item(
            entry.name,
            entry.kind,
            size=entry.size,
            modified=entry.modified,
            modified_by=self.short_id,
            version=bump(self._version(known), self.short_id, self.now // _SECOND),
            permissions=None if without_mode else entry.permissions,
            local_flags=RECEIVE_ONLY if self.receive_only else 0,
            digest=digest,
            target=entry.target,
            previous_digest=previous,
            changed=entry.changed,
        )
        newest = self.newest(entry.name)
        resolves = self.receive_only or (known is not None and known.local_flags & IGNORED)
        if newest and resolves and not newest.invalid and self._is_equivalent(newest, item):
            return replace(newest, changed=entry.changed)
        return item

    def _version(self, known: Item | None) -> tuple[tuple[str, int], ...]:
        """Return the version before the change.

        Changes of an ignored item go unnoticed, so it must not be newer than what other devices have made of it since.
        """
        if known is None:
            return ()
        if known.local_flags & IGNORED:
            return tuple(counter for counter in known.version if counter[0] == self.short_id)
        return known.version

    def _is_equivalent(self, one: Item, other: Item) -> bool:
        return equivalent(one, other, ignore_permissions=self.ignore_permissions)

    def _missing(self, places: list[str], found: set[str]) -> tuple[list[Item], list[str]]:
        missing: list[Item] = []
        forgotten: list[str] = []
        for name in sorted(self.own):
            item = self.own[name]
            if item.deleted or name in found or not ("" in places or _is_below(name, places)):
                continue
            if self.ignores.matches(name):
                if not item.local_flags & IGNORED:
                    missing.append(item.ignored())
            elif item.local_flags & IGNORED:  # no longer ignored and not there: other devices' items are newer
                missing.append(replace(item.deleted_by(self.short_id, self.now), version=()))
            elif self.receive_only:
                newest = self.newest(name)
                if newest is None or newest.local_flags & RECEIVE_ONLY:
                    forgotten.append(name)
                else:
                    missing.append(item.deleted_by(self.short_id, self.now, local_flags=RECEIVE_ONLY))
            else:
                missing.append(item.deleted_by(self.short_id, self.now))
        return missing, forgotten
