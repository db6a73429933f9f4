"""Old versions: the meaning of their times, and restoring files as they were at a given time."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from aiosyncthing import Daemon, parse_time, types
from aiosyncthing.exceptions import (
    NotFoundError,
)
from tests.support.waiting import until

from .folders import Folder, Folders, reads, write_files
from .versions import Version

pytestmark = pytest.mark.asyncio(loop_scope="package")

OLD = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
CHANGED = ["file.txt", ".hidden", "sub/more", "gone.txt"]
SECOND = timedelta(seconds=1)


def outcomes(report: types.RestoreReport) -> dict[str, str]:
    """Return what was done with each file."""
    return {each["path"]: each["outcome"] for each in report["files"]}


async def clock(daemon: Daemon) -> datetime:
    """Return the daemon's time, in the zone in which it names versions, without the fraction of the second."""
    now = parse_time((await daemon.client.system.connections())["total"]["at"])
    assert now
    return now


def keep(folder: Folder, name: str, archived: datetime, modified: datetime, text: str) -> None:
    """Write a version of a file as the daemon does."""
    stem, dot, extension = name.rpartition(".")
    path = folder.path / ".stversions" / f"{stem or name}~{archived:%Y%m%d-%H%M%S}{dot}{extension if dot else ''}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (modified.timestamp(), modified.timestamp()))


async def change(a: Daemon, b: Daemon, folders: Folders, kind: str) -> tuple[Folder, datetime, datetime]:
    """Share a folder that keeps versions, replace some old files from elsewhere, and return when that was."""
    mine = await folders.add(a, files=[], shared_with=[b])
    write_files(mine.path, [*CHANGED, "same.txt"], "old")
    for name in [*CHANGED, "same.txt"]:
        os.utime(mine.path / name, (OLD.timestamp() + 0.5,) * 2)
    await mine.scan()
    its = await folders.add(b, mine.id, shared_with=[a], versioning={"type": kind, "params": {"keep": "3"}})
    await until(lambda: mine.has_sent_all_to(its))
    before = await clock(b)
    (mine.path / "gone.txt").unlink()
    write_files(mine.path, [*CHANGED[:3], "new.txt"], "newer")
    for name in [*CHANGED[:3], "new.txt"]:
        os.utime(mine.path / name, (before.timestamp() - 2,) * 2)  # the fake has a clock of its own
    await mine.scan()
    await until(lambda: mine.has_sent_all_to(its))
    return its, before, await clock(b)


async def test_as_it_was(a: Daemon, b: Daemon, folders: Folders) -> None:
    """Versions say when they were archived and modified. Files come back, even in the second of the change."""
    for kind in ("simple", "staggered"):
        its, before, after = await change(a, b, folders, kind)
        versions = await b.client.folder.versions(its.id)
        assert versions.keys() == set(CHANGED)
        for (version,) in versions.values():
            archived = parse_time(version["versionTime"])
            assert archived
            assert before <= archived <= after
            assert (parse_time(version["modTime"]), version["size"]) == (OLD, 3)

        expected = {**dict.fromkeys(CHANGED, "restored"), "same.txt": "unchanged", "new.txt": "unknown"}
        assert outcomes(await b.client.folder.restore_at(its.id, before - 3 * SECOND, dry_run=True)) == expected
        assert await reads(its.path / "file.txt", "newer")
        meanwhile = await clock(b)
        assert outcomes(await b.client.folder.restore_at(its.id, before - 3 * SECOND)) == expected
        for name in CHANGED:
            assert await reads(its.path / name, "old")
            assert (its.path / name).stat().st_mtime == OLD.timestamp() + 0.5
        await its.scan()
        again = await b.client.folder.restore_at(its.id, before - 3 * SECOND)
        assert outcomes(again) == {**dict.fromkeys([*CHANGED, "same.txt"], "unchanged"), "new.txt": "unknown"}

        back = outcomes(await b.client.folder.restore_at(its.id, meanwhile, under="sub/"))
        assert back == {"sub/more": "restored"}
        assert await reads(its.path / "sub" / "more", "newer")
        assert await reads(its.path / "file.txt", "old")


async def test_the_trash_can(a: Daemon, b: Daemon, folders: Folders, version: Version) -> None:
    """It keeps only when a file was archived, so nothing is certain; what is restored changes places with the file."""
    its, before, after = await change(a, b, folders, "trashcan")
    report = await b.client.folder.restore_at(its.id, before - 3 * SECOND)
    assert outcomes(report) == {**dict.fromkeys([*CHANGED, "new.txt"], "unknown"), "same.txt": "unchanged"}
    chosen = {each["path"]: each["version"] for each in report["files"] if each["version"]}
    assert chosen.keys() == set(CHANGED)
    for each in chosen.values():
        archived = parse_time(each["versionTime"])
        assert archived
        assert before <= archived <= after
        assert each["modTime"] == each["versionTime"]
    assert await reads(its.path / "file.txt", "newer")

    failed = await b.client.folder.restore(its.id, {path: each["versionTime"] for path, each in chosen.items()})
    # What is in a subdirectory stays as it is; and a file that was deleted comes back, whatever version 1.19 says.
    assert failed.keys() == {"sub/more", "gone.txt"} if version < (1, 20) else {"sub/more"}
    for name, text in zip(CHANGED, ("old", "old", "newer", "old"), strict=True):
        assert await reads(its.path / name, text)
    (left,) = (await b.client.folder.versions(its.id))["file.txt"]
    assert left["size"] == len("newer")
    modified = parse_time(left["versionTime"])
    assert modified
    assert modified <= after  # its own time of change, not that of the exchange
    await its.scan()
    (at_its_time,) = (await b.client.folder.restore_at(its.id, modified, under="file.txt", dry_run=True))["files"]
    assert at_its_time["outcome"] == "restored"


async def test_versions_of_the_same_second(lone: Daemon, folders: Folders) -> None:
    """The present file overwrites a version of the second in which another one is restored; `restore_at` waits."""
    folder = await folders.add(lone, files=["f.txt"], versioning={"type": "simple", "params": {"keep": "99"}})
    now = await clock(lone)
    soon = [now + count * SECOND for count in range(-1, 9)]
    for archived in (OLD + SECOND, *soon):
        keep(folder, "f.txt", archived.astimezone(now.tzinfo), OLD, "kept")
    listed = (await lone.client.folder.versions(folder.id))["f.txt"]
    chosen = next(each["versionTime"] for each in listed if parse_time(each["versionTime"]) == OLD + SECOND)
    assert await lone.client.folder.restore(folder.id, {"f.txt": chosen}) == {}
    sizes = [each["size"] for each in (await lone.client.folder.versions(folder.id))["f.txt"]]
    assert sorted(sizes) == [4] * 9 + [9]

    await folder.write("g.txt", text="present")
    last = await clock(lone) + SECOND
    keep(folder, "g.txt", last, OLD, "kept")
    report = await lone.client.folder.restore_at(folder.id, OLD, under="g.txt")
    assert outcomes(report) == {"g.txt": "restored"}
    assert await clock(lone) > last
    assert await reads(folder.path / "g.txt", "kept")


async def test_what_fails_is_reported(lone: Daemon, folders: Folders) -> None:
    """The daemon's reasons are collected, and the rest is restored."""
    folder = await folders.add(lone, files=["file", "d/x"], versioning={"type": "simple", "params": {"keep": "1"}})
    now = await clock(lone)
    for name in ("file/below", "d", "f #1?.ü", "deep/er/f.b"):
        keep(folder, name, now - SECOND, OLD, name)
    report = await lone.client.folder.restore_at(folder.id, OLD + SECOND)
    assert outcomes(report) == {
        "file/below": "failed",
        "d": "failed",
        "d/x": "unknown",
        "f #1?.ü": "restored",
        "file": "unknown",
        "deep/er/f.b": "restored",
    }
    reasons = {each["path"]: each["reason"] for each in report["files"]}
    assert "simple versioner: restore: " in reasons["file/below"]
    assert "directory" in reasons["d"]
    assert await reads(folder.path / "deep" / "er" / "f.b", "deep/er/f.b")
    with pytest.raises(NotFoundError, match="no file or directory 'nope', and no old version"):
        await lone.client.folder.restore_at(folder.id, OLD, under="nope")
