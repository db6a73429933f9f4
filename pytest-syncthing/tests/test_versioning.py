"""Old versions of files."""

from __future__ import annotations

import pytest

from pytest_syncthing.model.memory_disk import MemoryDisk
from pytest_syncthing.model.versioning import Versioner, VersioningError

SECOND = 10**9
NOON = 1_772_366_400 * SECOND  # 2026-03-01T12:00:00Z


class Place:
    """A folder with a versioner."""

    def __init__(self, kind: str, **params: str) -> None:
        self.disk = MemoryDisk()
        self.disk.make_root("/f")
        self.versioner = Versioner(self.disk, "/f", kind, params)

    def write(self, name: str, content: str, modified: int = NOON - SECOND) -> None:
        """Write a file."""
        self.disk.write("/f", name, content.encode(), modified=modified)

    def archive(self, name: str, *times: int) -> None:
        """Write a file and archive it, at each of these times."""
        for now in times:
            self.write(name, "old")
            self.versioner.archive(name, now)

    def kept(self) -> list[str]:
        """Return the names of all versions."""
        return sorted(entry.name.removeprefix(".stversions/") for entry in self.disk.files("/f", ".stversions"))


@pytest.mark.parametrize("kind", ["simple", "staggered"])
def test_versions_have_their_time_in_their_names(kind: str) -> None:
    """The time is before the extension, or at the end where there is none; versions are listed by it."""
    place = Place(kind)
    for name in ("file.txt", "sub/päge #1?.txt", "plain", ".hidden", "..."):
        place.archive(name, NOON)
    assert place.kept() == sorted(
        [
            "file~20260301-120000.txt",
            "sub/päge #1?~20260301-120000.txt",
            "plain~20260301-120000",
            "~20260301-120000.hidden",
            "..~20260301-120000.",
        ]
    )
    entry = {"versionTime": "2026-03-01T12:00:00Z", "modTime": "2026-03-01T11:59:59Z", "size": 3}
    unreadable = {"..~20260301-120000.": [{**entry, "versionTime": entry["modTime"]}]}  # for real daemons too
    assert (
        place.versioner.versions()
        == {name: [entry] for name in (".hidden", "file.txt", "plain", "sub/päge #1?.txt")} | unreadable
    )


def test_a_trash_can_keeps_one_version_each() -> None:
    """Its name is that of the file, and its time that of archiving."""
    place = Place("trashcan")
    place.archive("sub/file.txt", NOON, NOON + SECOND)
    place.write(".stversions/odd~2026.txt", "x")
    place.write(".stversions/odd~20269999-000000.txt", "x")
    assert [(name, [each["versionTime"] for each in kept]) for name, kept in place.versioner.versions().items()] == [
        ("odd~2026.txt", ["2026-03-01T11:59:59Z"]),
        ("odd~20269999-000000.txt", ["2026-03-01T11:59:59Z"]),
        ("sub/file.txt", ["2026-03-01T12:00:01Z"]),
    ]


@pytest.mark.parametrize("kind", ["", "external"])
def test_none_are_kept(kind: str) -> None:
    """Without versioning, or with an external program, the file is just deleted, and nothing is listed or restored."""
    place = Place(kind)
    place.archive("file.txt", NOON)
    assert place.kept() == []
    assert place.disk.entry("/f", "file.txt") is None
    words = "folder has no versioner" if not kind else "not supported with the current versioner"
    with pytest.raises(VersioningError, match=words):
        place.versioner.versions()
    with pytest.raises(VersioningError, match=words):
        place.versioner.check_restoring()


def test_only_the_newest_are_kept() -> None:
    """Of each file as many are kept as configured."""
    place = Place("simple", keep="2")
    place.archive("file.txt", *(NOON + count * SECOND for count in range(4)))
    place.archive("other.txt", NOON)
    assert place.kept() == ["file~20260301-120002.txt", "file~20260301-120003.txt", "other~20260301-120000.txt"]
    place = Place("simple")
    place.archive("file.txt", *(NOON + count * SECOND for count in range(7)))
    assert len(place.kept()) == 5


def test_fewer_are_kept_of_older_ones() -> None:
    """Staggered: one per half minute in the last hour, one per hour before that, and none beyond the maximum age."""
    place = Place("staggered", maxAge="7200")
    minute = 60 * SECOND
    place.archive("f", NOON - 300 * minute, NOON - 100 * minute, NOON - 90 * minute, NOON - minute, NOON)
    assert place.kept() == ["f~20260301-102000", "f~20260301-115900", "f~20260301-120000"]
    place.archive("f", NOON + 10 * SECOND)
    assert place.kept() == ["f~20260301-102000", "f~20260301-115900", "f~20260301-120000"]


@pytest.mark.parametrize("kind", ["simple", "trashcan", "staggered"])
def test_a_version_comes_back(kind: str) -> None:
    """The present file becomes a version; the restored file has the time of its version, or that of archiving."""
    place = Place(kind)
    place.versioner.check_restoring()
    place.archive("file.txt", NOON)
    place.write("file.txt", "new")
    assert place.versioner.restore("file.txt", NOON, NOON + SECOND) == ""
    assert place.disk.read("/f", "file.txt") == b"old"
    modified = NOON if kind == "trashcan" else NOON - SECOND
    assert place.disk.entry("/f", "file.txt").modified == modified  # type: ignore[union-attr]  # it is there
    (kept,) = place.disk.files("/f", ".stversions")
    assert place.disk.read("/f", kept.name) == b"new"
    assert kept.modified == NOON - SECOND


@pytest.mark.parametrize("kind", ["simple", "staggered"])
def test_a_version_of_the_same_second_is_lost(kind: str) -> None:
    """The present file takes its name, and is what is restored."""
    place = Place(kind)
    place.archive("file.txt", NOON)
    place.write("file.txt", "new")
    assert place.versioner.restore("file.txt", NOON, NOON) == ""
    assert place.disk.read("/f", "file.txt") == b"new"
    assert place.kept() == []


@pytest.mark.parametrize("kind", ["simple", "trashcan"])
def test_a_link_is_replaced(kind: str) -> None:
    """It does not become a version."""
    place = Place(kind)
    place.archive("file.txt", NOON)
    place.disk.symlink("/f", "file.txt", "x", modified=NOON)
    assert place.versioner.restore("file.txt", NOON, NOON) == ""
    assert place.disk.read("/f", "file.txt") == b"old"
    assert place.kept() == []


def test_a_trash_can_restores_with_oddities() -> None:
    """It can't exchange files in subdirectories, and exchanges a file for nothing; 1.19 misreports deleted files."""
    place = Place("trashcan")
    place.archive("sub/file.txt", NOON)
    place.write("sub/file.txt", "new")
    failure = place.versioner.restore("sub/file.txt", NOON, NOON)
    assert failure == (
        "trashcan versioner: restore: rename /f/.stversions/sub/.syncthing.file.txt.tmp /f/.stversions/sub/file.txt:"
        " no such file or directory"
    )
    assert place.disk.read("/f", "sub/file.txt") == b"new"
    place.write("x", "new")
    assert place.versioner.restore("x", NOON, NOON) == ""
    assert place.disk.entry("/f", "x") is None
    assert (
        place.versioner.restore("y", NOON, NOON) == "trashcan versioner: restore: lstat /f/y: no such file or directory"
    )
    old = Versioner(place.disk, "/f", "trashcan", {}, misreports=True)
    assert "rename /f/.stversions/.syncthing.x.tmp /f/.stversions/x" in old.restore("x", NOON, NOON)
    assert place.disk.read("/f", "x") == b"new"


def test_what_can_not_come_back() -> None:
    """A version that doesn't exist can't be restored, nor one where there is a directory."""
    place = Place("simple")
    place.archive("file.txt", NOON)
    assert place.versioner.restore("file.txt", NOON + SECOND, NOON) == "simple versioner: restore: version not found"
    place.disk.make_directory("/f", "file.txt", modified=1)
    failure = place.versioner.restore("file.txt", NOON, NOON)
    assert failure == "simple versioner: restore: cannot restore on top of a directory"
