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


def test_a_trash_can_keeps_one_version_each() -> None:
    """The name of a version in the trash can is that of the file, and its time that of archiving."""
    place = Place("trashcan")
    place.archive("sub/file.txt", NOON, NOON + SECOND)
    place.write(".stversions/odd~2026.txt", "x")
    place.write(".stversions/odd~20269999-000000.txt", "x")
    assert [(name, [each["versionTime"] for each in kept]) for name, kept in place.versioner.versions().items()] == [
        ("odd~2026.txt", ["2026-03-01T11:59:59Z"]),
        ("odd~20269999-000000.txt", ["2026-03-01T11:59:59Z"]),
        ("sub/file.txt", ["2026-03-01T12:00:01Z"]),
    ]


@pytest.mark.parametrize(("kind", "why"), [("", "has no versioner"), ("external", "restoration not supported")])
def test_none_are_kept(kind: str, why: str) -> None:
    """Without versioning, or with an external program, the file is just deleted, and nothing can be restored."""
    place = Place(kind)
    place.archive("file.txt", NOON)
    assert place.kept() == []
    assert place.disk.entry("/f", "file.txt") is None
    with pytest.raises(VersioningError, match=why):
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


@pytest.mark.parametrize("kind", ["simple", "trashcan"])
def test_a_link_is_replaced(kind: str) -> None:
    """A link in the place of a file that is restored does not become a version."""
    place = Place(kind)
    place.archive("file.txt", NOON)
    place.disk.symlink("/f", "file.txt", "x", modified=NOON)
    assert place.versioner.restore("file.txt", NOON, NOON) == ""
    assert place.disk.read("/f", "file.txt") == b"old"
    assert place.kept() == []
