"""What overriding and reverting make of items."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_syncthing.facts import Facts
from pytest_syncthing.model.disk import MemoryDisk
from pytest_syncthing.model.index import Index
from pytest_syncthing.model.items import IGNORED, RECEIVE_ONLY, Item, Kind, Order, bump, compare
from pytest_syncthing.model.reverting import override, revert
from pytest_syncthing.model.versioning import Versioner

OWN, OTHER = "AAAAAAA", "BBBBBBB"
NOW = 1000 * 10**9


def file(name: str, by: str, seconds: int, **fields: Any) -> Item:
    """Return a file that a device has changed."""
    return Item(name, Kind.FILE, 1, seconds, by, bump((), by, seconds), digest="x", **fields)


def test_overriding_makes_what_is_here_the_newest() -> None:
    """What is here wins, what is not here is deleted, and what is ignored is left alone."""
    index = Index(Facts.of("1.29.5"))
    index.put_own([file("changed", OWN, 10), file("ignored", OWN, 10, local_flags=IGNORED)])
    theirs = [file("added", OTHER, 20, sequence=1)]
    theirs += [replace(file(name, OTHER, 20), sequence=2) for name in ("changed", "ignored")]
    theirs = [replace(item, version=bump(item.version, OTHER, 30)) for item in theirs]
    index.put_remote(OTHER, theirs)
    items = {item.name: item for item in override(index, OWN, NOW)}
    assert items["added"].deleted
    assert (items["changed"].deleted, items["changed"].modified_by) == (False, OWN)
    for item in theirs:
        if item.name in items:
            assert compare(items[item.name].version, item.version) is Order.NEWER
    index.put_own(items.values())
    assert [item.name for item in index.need()] in ([], ["ignored"])


def test_reverting_undoes_what_was_changed_here() -> None:
    """What was added is deleted, from the disk too; the rest becomes older than what others have."""
    disk, index = MemoryDisk(), Index(Facts.of("1.29.5"))
    disk.make_root("/f")
    disk.write("/f", "new dir/new", b"x", modified=1)
    disk.symlink("/f", "link", "x", modified=1)
    disk.make_directory("/f", "used", modified=1)
    disk.write("/f", "used/ignored", b"x", modified=1)
    mine: dict[str, Any] = {"local_flags": RECEIVE_ONLY}
    index.put_remote(OTHER, [file("changed", OTHER, 10, sequence=1)])
    index.put_own(
        [
            file("changed", OWN, 20, **mine),
            file("new dir/new", OWN, 20, **mine),
            file("not there", OWN, 20, **mine),
            file("gone", OWN, 20, deleted=True, **mine),
            Item("link", Kind.SYMLINK, version=((OWN, 1),), target="x", **mine),
            Item("new dir", Kind.DIRECTORY, version=((OWN, 1),), **mine),
            Item("used", Kind.DIRECTORY, version=((OWN, 1),), **mine),
            file("untouched", OWN, 20),
        ]
    )
    items = {item.name: item for item in revert(index, Versioner(disk, "/f", "", {}), OWN, NOW)}
    assert {name: item.deleted for name, item in items.items()} == {
        "changed": False,
        "gone": True,
        "link": True,
        "new dir": True,
        "new dir/new": True,
        "not there": True,
    }
    assert all(item.version == () and not item.local_flags for item in items.values())
    assert [entry.name for entry in disk.walk("/f")] == ["used", "used/ignored"]
