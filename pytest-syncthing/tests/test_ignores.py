"""Ignore patterns mean what they mean to real daemons."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing.ignores import IgnorePatterns
from pytest_syncthing.facts import VERSIONS, Facts
from pytest_syncthing.model.disk import Entry
from pytest_syncthing.model.ignores import FILE, Ignores, load
from pytest_syncthing.model.items import Kind
from pytest_syncthing.model.memory_disk import MemoryDisk

FACTS = Facts.of("1.29.5")
FOLDER = "/folder"


@cache
def table() -> dict[str, Any]:
    """Return what daemons 1.19.2 and 1.29.5 made of patterns, in a folder that was new each time.

    For each list of lines: the patterns it was expanded to, and the error, or which of the files were left out or kept.
    What 1.19.2 answered in another way is noted as such.
    """
    path = Path(__file__).parents[2] / "tests" / "data" / "ignore_patterns.json"
    answered: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return answered


@cache
def disk() -> MemoryDisk:
    """Return the files that the daemons had."""
    made = MemoryDisk()
    for name in table()["files"]:
        made.write(FOLDER, name, table()["includes"].get(name, "x").encode(), modified=0)
    return made


def parse(*lines: str) -> Ignores:
    """Read patterns that include nothing."""
    return Ignores(IgnorePatterns(lines))


@pytest.mark.parametrize("version", VERSIONS)
def test_patterns_as_the_daemons_read_them(version: str) -> None:
    """Lines are expanded to the same patterns, with the same errors, and leave out the same files.

    Neither of the daemons knew ``#escape``, which Syncthing 2 does.
    """
    facts = Facts.of(version)
    wrong: list[Any] = []
    everything = [entry.name for entry in disk().walk(FOLDER)]
    for row in table()["patterns"]:
        if facts.numbers >= (2,) and any(line.startswith("#escape") for line in row["lines"]):
            continue
        expected = {**row, **row.get(version, {})}
        disk().write(FOLDER, FILE, "".join(f"{line}\n" for line in row["lines"]).encode(), modified=0)
        ignores = load(disk(), FOLDER, facts)
        kept = [entry.name for entry in ignores.kept(disk().walk(FOLDER))]
        if "ignored" in expected:
            expected["kept"] = [name for name in everything if name not in expected["ignored"]]
        found = {"expanded": ignores.expanded, "error": ignores.error}
        if ignores.error is None:
            found["kept"] = kept
        wrong += [(row["lines"], key, value) for key, value in found.items() if value != expected.get(key)]
    assert len(table()["patterns"]) > 200
    assert wrong == []


def test_what_syncthing_keeps_for_itself() -> None:
    """Syncthing's own files are always ignored, whatever the patterns say, and never prevent a deletion."""
    ignores = parse("!*")
    own = [".stfolder", ".stfolder/x", ".stignore", ".stversions/a/b", "a/.syncthing.x.tmp", "~syncthing~x"]
    assert [name for name in own if not ignores.matches(name)] == []
    assert not any(map(ignores.deletable, own))
    assert [name for name in ("a/.stfolder", ".stfolders", "x.syncthing.") if ignores.matches(name)] == []


def test_without_patterns() -> None:
    """Without a file there are no lines, and nothing is ignored."""
    ignores = load(MemoryDisk(), FOLDER, FACTS)
    assert (ignores.lines, ignores.expanded, ignores.error, bool(ignores)) == (None, None, None, False)
    assert not ignores.matches("x")
    assert not ignores.deletable("x")


def test_what_may_be_deleted() -> None:
    """Only files ignored by a ``(?d)`` pattern may be deleted; the first pattern that matches decides."""
    ignores = parse("!keep.tmp", "fixed.tmp", "(?d)*.tmp")
    assert [name for name in ("a.tmp", "keep.tmp", "fixed.tmp", "x") if ignores.deletable(name)] == ["a.tmp"]
    assert [name for name in ("a.tmp", "keep.tmp", "fixed.tmp", "x") if ignores.matches(name)] == ["a.tmp", "fixed.tmp"]


def test_patterns_that_can_not_be_read() -> None:
    """The error is kept; nothing is ignored then."""
    made = MemoryDisk()
    made.write(FOLDER, FILE, b"*\n[\n", modified=0)
    ignores = load(made, FOLDER, FACTS)
    assert (ignores.lines, ignores.expanded) == (["*", "["], [])
    assert ignores.error == 'invalid pattern "[" in ignore file: parse error: unexpected end of input'
    assert not ignores.matches("x")


def test_parents_of_what_is_kept() -> None:
    """An ignored directory is kept once if it contains an item that is kept, and only where the scan goes into it."""
    names = {"a": True, "a/b": True, "a/b/one": False, "a/b/two": False, "a/c": True, "a/c/x": False, "d": True}
    entries = [Entry(name, Kind.DIRECTORY if is_dir else Kind.FILE) for name, is_dir in names.items()]
    kept = parse("!a/b/one", "!a/b/two", "*").kept(entries)
    assert [entry.name for entry in kept] == ["a", "a/b", "a/b/one", "a/b/two"]
    assert parse("*", "!a/b/one").kept(entries) == []
