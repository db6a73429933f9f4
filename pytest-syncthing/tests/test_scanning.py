"""What a scan finds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_syncthing.facts import Facts
from pytest_syncthing.model.disk import MemoryDisk
from pytest_syncthing.model.ignores import Ignores
from pytest_syncthing.model.index import Index
from pytest_syncthing.model.items import IGNORED, RECEIVE_ONLY, Item, Kind, Order, compare
from pytest_syncthing.model.scanning import Findings, Scan, chosen, deleted, equivalent

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

FACTS = Facts.of("1.29.5")
OWN, OTHER = "AAAAAAA", "BBBBBBB"
NOW = 1000 * 10**9


class Place:
    """A folder that is scanned."""

    def __init__(self, **settings: Any) -> None:
        self.disk = MemoryDisk()
        self.disk.make_root("/f")
        self.index = Index(FACTS)
        self.settings: dict[str, Any] = {"receive_only": False, "ignore_permissions": False, **settings}
        self.ignores = Ignores()

    def write(self, name: str, content: str = "x", *, modified: int = 1, permissions: int = 0o644) -> None:
        """Write a file."""
        self.disk.write("/f", name, content.encode(), modified=modified, permissions=permissions)

    def ignore(self, *lines: str) -> None:
        """Set the ignore patterns."""
        self.ignores = Ignores.parse(lines, lambda _: [], FACTS)

    def scan(self, *places: str) -> Findings:
        """Scan it, and take in what was found."""
        scan = Scan(self.disk, "/f", self.ignores, self.index.own, self.index.newest, OWN, NOW, **self.settings)
        found = scan.run(places or ("",))
        self.index.put_own([*found.changed, *found.missing])
        self.index.forget_own(found.forgotten)
        return found


def names(items: Iterable[Item]) -> list[str]:
    """Return the names of items."""
    return [item.name for item in items]


def test_what_is_new_is_found() -> None:
    """Directories and links come first, then files; a second scan finds nothing."""
    place = Place()
    place.write("a", "four")
    place.write("sub/b")
    place.disk.symlink("/f", "link", "a", modified=1)
    found = place.scan()
    assert names(found.changed) == ["link", "sub", "a", "sub/b"]
    assert found.hashed == 5
    link, directory, file, _ = found.changed
    assert (link.kind, link.target, link.permissions, link.digest) == (Kind.SYMLINK, "a", None, None)
    assert (directory.kind, directory.permissions) == (Kind.DIRECTORY, 0o755)
    assert (file.size, file.permissions, file.modified, file.modified_by) == (4, 0o644, 1, OWN)
    assert file.version == ((OWN, 1000),)
    assert place.scan() == Findings([], [], [], 0)


def test_what_has_changed_is_found() -> None:
    """Another time, size, mode or target makes a newer item, and another kind too; modes don't have to count."""
    for ignore_permissions in (False, True):
        place = Place(ignore_permissions=ignore_permissions)
        for name in ("time", "size", "mode", "kind"):
            place.write(name)
        place.disk.symlink("/f", "link", "here", modified=1)
        before = {item.name: item for item in place.scan().changed}
        place.write("time", modified=2)
        place.write("size", "longer")
        place.disk.set_permissions("/f", "mode", 0o600)
        place.disk.symlink("/f", "link", "there", modified=1)
        place.disk.delete("/f", "kind")
        place.disk.make_directory("/f", "kind", modified=1)
        found = {item.name: item for item in place.scan().changed}
        assert set(found) == {"time", "size", "kind", "link"} | (set() if ignore_permissions else {"mode"})
        for name, item in found.items():
            assert compare(item.version, before[name].version) is Order.NEWER
        assert found["size"].previous_digest == before["size"].digest
        assert found["time"].previous_digest is None
        assert (found["time"].permissions is None) is ignore_permissions


def test_what_has_gone_is_deleted() -> None:
    """With all that was in it; of the time only the seconds are those of now."""
    place = Place()
    place.write("sub/b", modified=5_000_000_007)
    place.scan()
    place.disk.delete("/f", "sub/b")
    place.disk.delete("/f", "sub")
    missing = place.scan().missing
    assert names(missing) == ["sub", "sub/b"]
    file = missing[1]
    assert (file.deleted, file.size, file.digest, file.modified) == (True, 0, None, NOW + 7)
    assert compare(file.version, ((OWN, 1000),)) is Order.NEWER
    assert place.scan().missing == []


def test_only_some_places() -> None:
    """What is elsewhere is left as it was, whether it has come or gone."""
    place = Place()
    place.write("sub/old")
    place.write("other")
    place.scan()
    place.write("sub/new")
    place.write("elsewhere")
    place.disk.delete("/f", "other")
    place.disk.delete("/f", "sub/old")
    found = place.scan("sub")
    assert (names(found.changed), names(found.missing)) == (["sub/new"], ["sub/old"])
    assert names(place.scan("nothing").missing) == []


def test_which_places_are_chosen() -> None:
    """Those that lead out count for nothing, and one begins at the first directory that nobody knows."""
    known: dict[str, Item] = {"sub": Item("sub", Kind.DIRECTORY)}
    assert chosen(["", "x"], known) == [""]
    assert chosen(["."], known) == [""]
    assert chosen(["../evil", "..", "sub/../../x"], known) == []
    assert chosen(["/sub/deep/er/", "sub/x"], known) == ["sub/deep", "sub/x"]
    assert chosen(["sub", "sub/x", "new/x", "subway"], known) == ["new", "sub", "subway"]


def test_what_can_not_be_read_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that goes while it is scanned is no failure."""
    place = Place()
    place.write("gone")
    place.write("stays")
    digest = place.disk.digest

    def read(root: str, name: str) -> str:
        if name == "gone":
            raise FileNotFoundError(name)
        return digest(root, name)

    monkeypatch.setattr(place.disk, "digest", read)
    assert names(place.scan().changed) == ["stays"]


def test_ignored_items() -> None:
    """What was known is told as ignored; when it is ignored no longer, it is new, or gone."""
    place = Place()
    place.write("a.tmp")
    place.write("b.tmp")
    place.scan()
    place.ignore("*.tmp")
    ignored = place.scan().missing
    assert [(item.name, item.local_flags) for item in ignored] == [("a.tmp", IGNORED), ("b.tmp", IGNORED)]
    assert place.scan() == Findings([], [], [], 0)
    place.ignore()
    place.disk.delete("/f", "b.tmp")
    found = place.scan()
    assert [(item.name, item.local_flags) for item in found.changed] == [("a.tmp", 0)]
    assert [(item.name, item.deleted, item.version) for item in found.missing] == [("b.tmp", True, ())]


def test_what_others_made_of_ignored_items() -> None:
    """The same is taken for theirs; something else is in conflict with it."""
    place = Place()
    place.write("same")
    place.write("other")
    made = {item.name: item for item in place.scan().changed}
    place.ignore("*")
    place.scan()
    place.ignore()
    theirs = [replace(item, version=(*item.version, (OTHER, 1)), sequence=1) for item in made.values()]
    place.index.put_remote(OTHER, [theirs[0], replace(theirs[1], digest="another")])
    found = {item.name: item.version for item in place.scan().changed}
    orders = {name: compare(found[name], item.version) for name, item in zip(made, theirs, strict=True)}
    assert set(orders.values()) == {Order.EQUAL, Order.CONCURRENT}


def test_changes_of_a_receive_only_folder() -> None:
    """They are marked; what is as others have it is theirs, and what was new and has gone was never there."""
    place = Place(receive_only=True)
    place.write("theirs")
    (mine,) = place.scan().changed
    assert mine.local_flags == RECEIVE_ONLY
    place.index.put_remote(OTHER, [replace(mine, version=((OTHER, 5),), local_flags=0, sequence=1)])
    place.index.forget_own(["theirs"])
    (same,) = place.scan().changed
    assert (same.version, same.local_flags) == (((OTHER, 5),), 0)

    place.write("new")
    place.scan()
    place.disk.delete("/f", "new")
    place.disk.delete("/f", "theirs")
    found = place.scan()
    assert found.forgotten == ["new"]
    assert [(item.name, item.deleted, item.local_flags) for item in found.missing] == [("theirs", True, RECEIVE_ONLY)]


def test_directories_that_are_no_items() -> None:
    """Some directories can be left out, with their content found all the same."""
    place = Place(leaves_out=lambda name: name == "form")
    place.write("form/file")
    assert names(place.scan().changed) == ["form/file"]


def test_items_that_are_the_same() -> None:
    """The history of an item does not matter; content, time, mode and kind do."""
    item = Item("x", Kind.FILE, 1, 1, OWN, ((OWN, 1),), digest="a")
    same = replace(item, version=((OTHER, 2),), sequence=9, modified_by=OTHER)
    assert equivalent(item, same, ignore_permissions=False)
    for change in ({"digest": "b"}, {"modified": 2}, {"kind": Kind.DIRECTORY}, {"permissions": 0o600}):
        assert not equivalent(item, replace(same, **change), ignore_permissions=False)
    assert equivalent(item, replace(same, permissions=0o600), ignore_permissions=True)
    assert equivalent(item, replace(same, permissions=None), ignore_permissions=False)
    gone = deleted(item, OWN, NOW)
    assert equivalent(gone, replace(gone, modified=7, permissions=0), ignore_permissions=False)
