"""Ignore patterns mean what they mean to real daemons."""

from __future__ import annotations

from aiosyncthing.ignores import IgnorePatterns
from pytest_syncthing.facts import Facts
from pytest_syncthing.model.disk import Entry
from pytest_syncthing.model.ignores import FILE, Ignores, load
from pytest_syncthing.model.items import Kind
from pytest_syncthing.model.memory_disk import MemoryDisk


def parse(*lines: str) -> Ignores:
    """Read patterns that include nothing."""
    return Ignores(IgnorePatterns(lines))


def test_what_syncthing_keeps_for_itself() -> None:
    """Syncthing's own files are always ignored, whatever the patterns say, and never prevent a deletion."""
    ignores = parse("!*")
    own = [".stfolder", ".stfolder/x", ".stignore", ".stversions/a/b", "a/.syncthing.x.tmp", "~syncthing~x"]
    assert [name for name in own if not ignores.matches(name)] == []
    assert not any(map(ignores.deletable, own))
    assert [name for name in ("a/.stfolder", ".stfolders", "x.syncthing.") if ignores.matches(name)] == []


def test_what_may_be_deleted() -> None:
    """Only files ignored by a ``(?d)`` pattern may be deleted; the first pattern that matches decides."""
    ignores = parse("!keep.tmp", "fixed.tmp", "(?d)*.tmp")
    assert [name for name in ("a.tmp", "keep.tmp", "fixed.tmp", "x") if ignores.deletable(name)] == ["a.tmp"]
    assert [name for name in ("a.tmp", "keep.tmp", "fixed.tmp", "x") if ignores.matches(name)] == ["a.tmp", "fixed.tmp"]


def test_parents_of_what_is_kept() -> None:
    """An ignored directory is kept once if it contains an item that is kept, and only where the scan goes into it."""
    names = {"a": True, "a/b": True, "a/b/one": False, "a/b/two": False, "a/c": True, "a/c/x": False, "d": True}
    entries = [Entry(name, Kind.DIRECTORY if is_dir else Kind.FILE) for name, is_dir in names.items()]
    kept = parse("!a/b/one", "!a/b/two", "*").kept(entries)
    assert [entry.name for entry in kept] == ["a", "a/b", "a/b/one", "a/b/two"]
    assert parse("*", "!a/b/one").kept(entries) == []


def test_included_files() -> None:
    """Patterns may be in other files of the folder."""
    disk = MemoryDisk()
    for name, lines in ((FILE, b"#include more\n*.tmp\n"), ("more", b"x\n")):
        disk.write("/folder", name, lines, modified=0)
    ignores = load(disk, "/folder", Facts.of("1.29.5"))
    assert [name for name in ("x", "y", "z.tmp") if ignores.matches(name)] == ["x", "z.tmp"]
