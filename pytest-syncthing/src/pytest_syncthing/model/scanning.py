"""What a scan finds: how the disk differs from the index (lib/model/folder.go, lib/scanner). Knows no node."""

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
    """What a scan has found.

    Attributes:
        changed: Items that are new or different.
        missing: Items that have gone, or are ignored now.
        forgotten: Names of items that nobody else has and that have gone.
        hashed: How many bytes were read.
    """

    changed: list[Item]
    missing: list[Item]
    forgotten: list[str]
    hashed: int


def is_same(entry: Entry, item: Item, *, ignore_permissions: bool) -> bool:
    """Tell whether what is on the disk is what the index has, without reading it."""
    if item.deleted or item.kind is not entry.kind:
        return False
    if entry.kind is Kind.SYMLINK:
        return entry.target == item.target
    if not ignore_permissions and item.permissions is not None and item.permissions != entry.permissions:
        return False
    return entry.kind is Kind.DIRECTORY or (entry.size, entry.modified) == (item.size, item.modified)


def equivalent(one: Item, other: Item, *, ignore_permissions: bool) -> bool:
    """Tell whether two items are the same but for their history."""
    same_mode = ignore_permissions or None in {one.permissions, other.permissions}
    return (
        (one.kind, one.deleted, one.digest, one.target) == (other.kind, other.deleted, other.digest, other.target)
        and (one.deleted or same_mode or one.permissions == other.permissions)
        and (one.kind is not Kind.FILE or one.deleted or one.modified == other.modified)
    )


def deleted(item: Item, short_id: str, now: int) -> Item:
    """Return what becomes of an item when a device deletes it; of the time, only the seconds are those of now."""
    return replace(
        item,
        deleted=True,
        size=0,
        digest=None,
        modified=now // _SECOND * _SECOND + item.modified % _SECOND,
        modified_by=short_id,
        version=bump(item.version, short_id, now // _SECOND),
        local_flags=0,
        invalid_elsewhere=False,
    )


def chosen(subs: Iterable[str], known: Mapping[str, Item]) -> list[str]:
    """Return which places to scan: as asked for, or where the first directory is that is not known yet.

    Args:
        subs: Names that were asked for. Those that lead out of the folder count for nothing; an empty one is the whole.
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
    """What a scan has to know.

    Attributes:
        disk: Where the folder is.
        root: Its path.
        ignores: Its patterns.
        own: Its index.
        newest: Finds what the cluster shall have.
        short_id: Short ID of the own device.
        now: The time, in nanoseconds since 1970.
        receive_only: Whether changes are not for others.
        ignore_permissions: Whether modes don't count.
        leaves_out: Tells which directories are no items.
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
        """Look at some places of the folder."""
        places = list(places)
        entries: list[Entry] = []
        for place in places:
            entries += self.ignores.kept(self.disk.walk(self.root, place))
        if self.leaves_out is not None:
            entries = [each for each in entries if each.kind is not Kind.DIRECTORY or not self.leaves_out(each.name)]
        # Files come last, because they have to be read first.
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
            except OSError:  # it has gone meanwhile, or can't be read
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
        """Return from which version on an item changes.

        What was ignored has changed unnoticed: it must be newer than nothing that others have made meanwhile.
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
            elif item.local_flags & IGNORED:  # it is ignored no longer, and not there: what others have is newer
                missing.append(replace(deleted(item, self.short_id, self.now), version=()))
            elif self.receive_only:
                newest = self.newest(name)
                if newest is None or newest.local_flags & RECEIVE_ONLY:
                    forgotten.append(name)
                else:
                    missing.append(replace(deleted(item, self.short_id, self.now), local_flags=RECEIVE_ONLY))
            else:
                missing.append(deleted(item, self.short_id, self.now))
        return missing, forgotten
