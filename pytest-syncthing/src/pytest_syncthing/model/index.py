"""Which device has which items of a folder, and what follows: the newest ones, what is needed, and counts. Pure.

All of this is updated item by item, so that frequent questions cost little.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pytest_syncthing.clock import format_time

from .items import RECEIVE_ONLY, Item, Kind, Order, compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_syncthing.facts import Facts

_OWN: Final = ""
"""Stands for the own device among device IDs."""


class BrowseError(Exception):
    """The daemon can't make a tree of these names; the message is its own."""


class _Counts:
    """The number of items of each type, and their total size."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.files = self.directories = self.symlinks = self.deleted = self.bytes = 0

    @property
    def items(self) -> int:
        """All items that aren't deleted."""
        return self.files + self.directories + self.symlinks

    def add(self, item: Item, times: int = 1) -> None:
        if item.deleted:
            self.deleted += times
        elif item.kind is Kind.FILE:
            self.files += times
        elif item.kind is Kind.DIRECTORY:
            self.directories += times
        else:
            self.symlinks += times
        self.bytes += times * item.weight(self._facts)

    def __add__(self, other: _Counts) -> _Counts:
        total = _Counts(self._facts)
        for name in ("files", "directories", "symlinks", "deleted", "bytes"):
            setattr(total, name, getattr(self, name) + getattr(other, name))
        return total

    def to_json(self, part: str) -> dict[str, int]:
        return {
            f"{part}Files": self.files,
            f"{part}Directories": self.directories,
            f"{part}Symlinks": self.symlinks,
            f"{part}Deleted": self.deleted,
            f"{part}Bytes": self.bytes,
            f"{part}TotalItems": self.items + self.deleted,
        }


class _Need:
    """The items that a device needs."""

    def __init__(self, facts: Facts) -> None:
        self.counts = _Counts(facts)
        self._items: dict[str, Item] = {}
        self._listed: list[Item] | None = None

    def add(self, item: Item) -> None:
        self._items[item.name] = item
        self.counts.add(item)
        self._listed = None

    def drop(self, name: str) -> None:
        item = self._items.pop(name, None)
        if item is not None:
            self.counts.add(item, -1)
            self._listed = None

    def listed(self) -> list[Item]:
        if self._listed is None:
            self._listed = [self._items[name] for name in sorted(self._items)]
        return list(self._listed)


class Index:
    """The indexes of one folder.

    Args:
        facts: The daemon's version.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._own: dict[str, Item] = {}
        self._sequence = 0
        self._remotes: dict[str, dict[str, Item]] = {}
        self._sequences: dict[str, int] = {}
        self._newest: dict[str, Item] = {}
        self._names: list[str] | None = None
        self._needs = {_OWN: _Need(self._facts)}
        self._global = _Counts(self._facts)
        self._local = _Counts(self._facts)
        self._changed = _Counts(self._facts)

    @property
    def own(self) -> Mapping[str, Item]:
        """The items of this device by name, deleted ones too."""
        return MappingProxyType(self._own)

    @property
    def remotes(self) -> Mapping[str, Mapping[str, Item]]:
        """The items of other devices, by device ID and name."""
        return MappingProxyType(self._remotes)

    @property
    def sequence(self) -> int:
        """The sequence number of the newest own item; 0 for none."""
        return self._sequence

    def put_own(self, items: Iterable[Item]) -> list[Item]:
        """Put items into the own index, and return them with their sequence numbers."""
        numbered: list[Item] = []
        for item in items:
            self._sequence += 1
            numbered.append(replace(item, sequence=self._sequence))
            self._change(item.name, self._own, numbered[-1])
        return numbered

    def forget_own(self, names: Iterable[str]) -> None:
        """Remove items from the own index, as the daemon does where no other device has them."""
        for name in names:
            if name in self._own:
                self._change(name, self._own, None)

    def put_remote(self, device: str, items: Iterable[Item], sequence: int | None = None) -> None:
        """Put items into the index of another device. Of their flags, devices send only whether an item is invalid.

        Args:
            device: ID of the device.
            items: The items. Without any, the device has an empty index.
            sequence: Sequence number of its newest item; by default the highest one so far.
        """
        if device not in self._remotes:
            self._remotes[device] = {}
            self._needs[device] = need = _Need(self._facts)
            for item in self._newest.values():
                if _is_needed(item, None):
                    need.add(item)
        highest = self._sequences.get(device, 0)
        for item in items:
            highest = max(highest, item.sequence)
            self._change(
                item.name,
                self._remotes[device],
                replace(item, local_flags=0, invalid_elsewhere=item.invalid, changed=0),
            )
        self._sequences[device] = highest if sequence is None else sequence

    def drop_remote(self, device: str) -> None:
        """Remove the index of another device."""
        for name in list(self._remotes.get(device, ())):
            self._change(name, self._remotes[device], None)
        for kept in (self._remotes, self._needs, self._sequences):
            kept.pop(device, None)

    def remote_sequence(self, device: str) -> int:
        """Return the sequence number of the newest item of another device; 0 without an index."""
        return self._sequences.get(device, 0)

    def newest(self, name: str) -> Item | None:
        """Return the global item of that name; an invalid one only if no device has a valid one."""
        return self._newest.get(name)

    def newest_items(self) -> list[Item]:
        """Return all global items by name, deleted and invalid ones too."""
        return [self._newest[name] for name in self._sorted()]

    def need(self) -> list[Item]:
        """Return the items that this device needs to get or delete, by name."""
        return self._needs[_OWN].listed()

    def remote_need(self, device: str) -> list[Item]:
        """Return the items that another device needs, by name; without an index, all that aren't deleted."""
        if device in self._needs and device != _OWN:
            return self._needs[device].listed()
        return [item for item in self.newest_items() if _is_needed(item, None)]

    def local_changed(self) -> list[Item]:
        """Return the own items that were changed in a receive-only folder, by name."""
        return [self._own[name] for name in sorted(self._own) if self._own[name].local_flags & RECEIVE_ONLY]

    def availability(self, name: str) -> list[str]:
        """Return the IDs of the other devices that have the newest item of that name, connected or not, sorted."""
        newest = self._newest.get(name)
        if newest is None:
            return []
        found = ((device, items.get(name)) for device, items in self._remotes.items())
        return sorted(device for device, item in found if item and not item.invalid and item.version == newest.version)

    def browse(self, prefix: str = "", levels: int = -1, *, dirs_only: bool = False) -> list[dict[str, Any]]:
        """Return the tree of global items, as in ``rest/db/browse``.

        Args:
            prefix: Directory to start in, with or without a slash at the end; empty for the whole folder.
            levels: How many levels of children to go down; less than 0 for all.
            dirs_only: Leave out everything but directories.

        Raises:
            BrowseError: The directory of an item is missing.
        """
        start = f"{prefix.rstrip('/')}/" if prefix else ""
        root: dict[str, Any] = {"name": "", "children": []}
        nodes = {"": root}
        for item in self._below(start):
            name = item.name.removeprefix(start)
            if item.deleted or item.invalid or 0 <= levels < name.count("/"):
                continue
            parent = nodes.get(name.rpartition("/")[0])
            if parent is None:
                raise BrowseError(_missing(nodes, name))
            if dirs_only and item.kind is not Kind.DIRECTORY:
                continue
            nodes[name] = {
                "name": name.rpartition("/")[2],
                "modTime": format_time(item.modified),
                "size": item.weight(self._facts),
                "type": item.kind.value,
            }
            parent.setdefault("children", []).append(nodes[name])
        children: list[dict[str, Any]] = root["children"]
        return children

    def sums(self, *, receive_only: bool = True, ignore_delete: bool = False, downloaded: int = 0) -> dict[str, int]:
        """Return the counts of ``rest/db/status``: global, local, need, receiveOnly and inSync.

        Args:
            receive_only: Whether the folder is receive-only or receive-encrypted. Before 1.27.4, only these have the
                counts of local changes.
            ignore_delete: Whether deletions don't count as needed.
            downloaded: Bytes of needed files that have arrived.
        """
        need = self._needs[_OWN].counts.to_json("need")
        need["needDeletes"] = need.pop("needDeleted")
        if ignore_delete:
            need["needTotalItems"] -= need["needDeletes"]
            need["needDeletes"] = 0
        need["needBytes"] = max(0, need["needBytes"] - downloaded)
        answer = {
            **self._global.to_json("global"),
            **(self._local + self._changed).to_json("local"),
            **need,
            "inSyncFiles": self._global.files - need["needFiles"],
            "inSyncBytes": self._global.bytes - need["needBytes"],
        }
        if receive_only or self._facts.FULL_STATUS:
            changed = self._changed.to_json("receiveOnlyChanged")
            changed["receiveOnlyChangedDeletes"] = changed.pop("receiveOnlyChangedDeleted")
            changed["receiveOnlyTotalItems"] = changed.pop("receiveOnlyChangedTotalItems")
            answer |= changed
        return answer

    def completion(self, device: str | None = None, *, downloaded: int = 0, shared: bool = True) -> dict[str, Any]:
        """Return ``rest/db/completion`` without ``remoteState``.

        Args:
            device: ID of the device; ``None`` for the own one.
            downloaded: Bytes of needed files that have arrived at the device.
            shared: Whether the folder is shared with the device. If it is, version 1 says that a device needs nothing
                until it has sent an item.
        """
        need = self._needs[_OWN].counts if device is None else self._remote_counts(device, shared=shared)
        return _completion(
            self._global.bytes,
            self._global.items,
            max(0, need.bytes - downloaded),
            need.items,
            need.deleted,
            self._sequence if device is None else self.remote_sequence(device),
        )

    def _remote_counts(self, device: str, *, shared: bool) -> _Counts:
        if shared and not self._remotes.get(device) and not self._facts.DATABASE_2:
            return _Counts(self._facts)
        if device in self._remotes:
            return self._needs[device].counts
        counts = _Counts(self._facts)
        for item in self.remote_need(device):
            counts.add(item)
        return counts

    def _change(self, name: str, index: dict[str, Item], item: Item | None) -> None:
        """Put an item into an index, or remove it, and update what follows."""
        self._count_own(name, -1)
        if name in self._newest:
            self._count_global(name, -1)
        if item is None:
            del index[name]
        else:
            index[name] = item
        self._count_own(name, 1)
        newest = _best(self._candidates(name))
        if (newest is None) != (name not in self._newest):
            self._names = None
        if newest is None:
            del self._newest[name]
        else:
            self._newest[name] = newest
            self._count_global(name, 1)
        for device, need in self._needs.items():
            need.drop(name)
            if newest and _is_needed(newest, self._index(device).get(name)):
                need.add(newest)

    def _candidates(self, name: str) -> Iterator[Item]:
        for index in (self._own, *self._remotes.values()):
            if name in index:
                yield index[name]

    def _index(self, device: str) -> Mapping[str, Item]:
        return self._remotes[device] if device else self._own

    def _count_own(self, name: str, times: int) -> None:
        item = self._own.get(name)
        if item is not None and not item.invalid:
            self._local.add(item, times)
        elif item is not None and item.local_flags & RECEIVE_ONLY:
            self._changed.add(item, times)

    def _count_global(self, name: str, times: int) -> None:
        item = self._newest[name]
        if not item.invalid:
            self._global.add(item, times)

    def _sorted(self) -> list[str]:
        if self._names is None:
            self._names = sorted(self._newest)
        return self._names

    def _below(self, start: str) -> Iterator[Item]:
        names = self._sorted()
        for at in range(bisect_left(names, start), len(names)):
            if not names[at].startswith(start):
                return
            yield self._newest[names[at]]


def aggregate(completions: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return ``rest/db/completion`` without ``remoteState`` for several folders; 0 percent without any."""
    found = list(completions)

    def total(key: str) -> int:
        return sum(each[key] for each in found)

    whole = _completion(
        total("globalBytes"), total("globalItems"), total("needBytes"), total("needItems"), total("needDeletes"), 0
    )
    return whole if found else {**whole, "completion": 0}


def _completion(
    global_bytes: int, global_items: int, need_bytes: int, need_items: int, need_deletes: int, sequence: int
) -> dict[str, Any]:
    percent: float = 100 * (1 - need_bytes / global_bytes) if global_bytes else 100
    if not need_bytes and need_deletes:
        percent = 95  # so that the percentage alone shows that something is left (lib/model/model.go)
    return {
        "completion": int(percent) if percent == int(percent) else percent,
        "globalBytes": global_bytes,
        "globalItems": global_items,
        "needBytes": need_bytes,
        "needDeletes": need_deletes,
        "needItems": need_items,
        "sequence": sequence,
    }


def _best(items: Iterable[Item]) -> Item | None:
    """Return the newest of the valid items, or of all if none is valid."""
    best: Item | None = None
    for item in items:
        if best is None or _prevails(item, best):
            best = item
    return best


def _prevails(item: Item, other: Item) -> bool:
    if item.invalid != other.invalid:
        return other.invalid
    order = compare(item.version, other.version)
    return order is Order.NEWER or (order is Order.CONCURRENT and item.wins_over(other))


def _is_needed(newest: Item, had: Item | None) -> bool:
    if newest.invalid or not newest.version:
        return False
    if had is None:
        return not newest.deleted
    return compare(had.version, newest.version) in {Order.OLDER, Order.CONCURRENT}


def _missing(nodes: Mapping[str, Mapping[str, Any]], name: str) -> str:
    """Return the daemon's words about the first missing directory of a path."""
    above, *parts = "", *name.split("/")
    while f"{above}/{parts[0]}".lstrip("/") in nodes:
        above = f"{above}/{parts.pop(0)}".lstrip("/")
    return f"could not find child '{parts[0]}' for path '{name}' in parent '{nodes[above]['name']}'"
