"""Overriding and reverting the changes of a folder (lib/model/folder_sendonly.go, folder_recvonly.go)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .items import Kind, bump, merge

if TYPE_CHECKING:
    from .index import Index
    from .items import Item
    from .versioning import Versioner

_SECOND: Final = 1_000_000_000


def override(index: Index, short_id: str, now: int) -> list[Item]:
    """Return the items that make the local state the newest.

    Args:
        index: The index of the folder.
        short_id: Short ID of the own device.
        now: The time, in nanoseconds since 1970.
    """
    items: list[Item] = []
    for needed in index.need():
        mine = index.own.get(needed.name)
        if mine is None:
            items.append(needed.deleted_by(short_id, now))
        elif not mine.invalid:
            version = bump(merge(mine.version, needed.version), short_id, now // _SECOND)
            items.append(replace(mine, version=version, modified_by=short_id))
    return items


def revert(index: Index, versioner: Versioner, short_id: str, now: int) -> list[Item]:
    """Delete files added locally, and return the items that make local changes older than those of other devices.

    Args:
        index: The index of the folder.
        versioner: Keeps old versions of deleted files.
        short_id: Short ID of the own device.
        now: The time, in nanoseconds since 1970.
    """
    items: list[Item] = []
    directories: list[Item] = []
    for item in index.local_changed():
        newest = index.newest(item.name)
        if (newest is not None and not newest.invalid) or item.deleted:
            items.append(replace(item, local_flags=0, version=()))
        elif item.kind is Kind.DIRECTORY:
            directories.append(item)
        else:
            _delete(versioner, item, now)
            items.append(_gone(item, short_id, now))
    for item in reversed(directories):
        try:
            versioner.disk.delete(versioner.root, item.name)
        except OSError:  # not empty
            continue
        items.append(_gone(item, short_id, now))
    return items


def _delete(versioner: Versioner, item: Item, now: int) -> None:
    if versioner.disk.entry(versioner.root, item.name) is None:
        return
    if item.kind is Kind.FILE:
        versioner.archive(item.name, now)
    else:
        versioner.disk.delete(versioner.root, item.name)


def _gone(item: Item, short_id: str, now: int) -> Item:
    # Older than any item of that name on other devices.
    return replace(item.deleted_by(short_id, now), version=())
