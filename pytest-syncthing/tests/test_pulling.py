"""How a folder gets what it needs, and what gets in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.meeting import Ear, add_folder, configure, settle, two_nodes
from tests.support.nodes import OWN

from pytest_syncthing.config import configuration

if TYPE_CHECKING:
    from pytest_syncthing.model.folder import Folder

CHANGED = "file modified but not rescanned; will try again later"
DELETED = "directory has been deleted on a remote device but"


async def contents(folder: Folder) -> dict[str, bytes]:
    """Return what is in all files."""
    return await folder.simulated.disk_files()


async def test_everything_arrives_and_is_told_in_order() -> None:
    """Directories, links, files; then deletions, of directories last."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"dir/file": "1", "gone/x": "2"})
        a.cluster.disk.symlink("/srv/docs", "link", "dir", modified=1)
        ear = await Ear(b).begin()
        its = await add_folder(b)
        assert [word for word in await ear.words() if "ConfigSaved" not in word and "Folder" not in word] == [
            "RemoteIndexUpdated",
            "StateChanged scan-waiting",
            "StateChanged scanning",
            "StateChanged idle",
            "StateChanged sync-waiting",
            "StateChanged sync-preparing",
            "ItemStarted dir",
            "ItemFinished dir",
            "ItemStarted gone",
            "ItemFinished gone",
            "ItemStarted dir/file",
            "StateChanged syncing",
            "ItemFinished dir/file",
            "ItemStarted gone/x",
            "ItemFinished gone/x",
            "LocalIndexUpdated ['dir', 'gone', 'dir/file', 'gone/x']",
            "RemoteChangeDetected dir",
            "RemoteChangeDetected gone",
            "RemoteChangeDetected dir/file",
            "RemoteChangeDetected gone/x",
            "StateChanged sync-preparing",
            "StateChanged idle",
        ]
        await mine.simulated.disk_delete(["gone"])
        await mine.scan()
        await settle()
        assert [word for word in await ear.words() if word.startswith("Item")] == [
            "ItemStarted link",
            "ItemFinished link",
            "ItemStarted gone/x",
            "ItemFinished gone/x",
            "ItemStarted gone",
            "ItemFinished gone",
        ]
        assert await contents(its) == {"dir/file": b"1"}
        assert [entry.name for entry in b.cluster.disk.walk("/srv/docs")] == ["dir", "dir/file", "link"]


async def test_metadata_are_not_fetched() -> None:
    """If only mode or time has changed, the content stays."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"file": "1", "dir": None})
        its = await add_folder(b)
        for name, mode in (("file", 0o600), ("dir", 0o700)):
            a.cluster.disk.set_permissions("/srv/docs", name, mode)
        ear = await Ear(b).begin()
        await mine.scan()
        await settle()
        started = {event["item"]: event["action"] for event in await ear.take("ItemStarted")}
        assert started == {"file": "metadata", "dir": "update"}
        entries = {entry.name: entry.permissions for entry in b.cluster.disk.walk("/srv/docs")}
        assert entries == {"file": 0o600, "dir": 0o700}
        assert its.needed() == []


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("alphabetic", ["a", "b", "c"]),
        ("smallestFirst", ["b", "c", "a"]),
        ("largestFirst", ["a", "c", "b"]),
        ("oldestFirst", ["c", "a", "b"]),
        ("newestFirst", ["b", "a", "c"]),
    ],
)
async def test_the_order_of_files(order: str, expected: list[str]) -> None:
    """They come in the order that the folder is set to."""
    async with two_nodes() as (a, b):
        for name, size, age in (("a", 3, 2), ("b", 1, 3), ("c", 2, 1)):
            a.cluster.disk.write("/srv/docs", name, b"x" * size, modified=age)
        await add_folder(a)
        ear = await Ear(b).begin()
        await add_folder(b, order=order)
        assert [event["item"] for event in await ear.take("ItemStarted")] == expected


async def test_ignored_items_are_not_got() -> None:
    """They are noted as ignored, and not needed any more."""
    async with two_nodes() as (a, b):
        await add_folder(a, files={"x.tmp": "1", "y": "2"})
        its = await add_folder(b, files={".stignore": "*.tmp\n"})
        assert await contents(its) == {"y": b"2"}
        assert its.needed() == []
        assert its.index.own["x.tmp"].to_json(b.facts, listed=False)["ignored"]


async def test_old_versions_are_kept() -> None:
    """What is replaced or deleted becomes a version; links don't."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"file": "1", "gone": "2"})
        a.cluster.disk.symlink("/srv/docs", "link", "file", modified=1)
        await mine.scan()
        its = await add_folder(b, versioning={"type": "simple", "params": {"keep": "3"}})
        await mine.simulated.disk_write({"file": "changed"})
        await mine.simulated.disk_delete(["gone", "link"])
        await mine.scan()
        await settle()
        assert list(its.versioner.versions()) == ["file", "gone"]
        assert await contents(its) == {"file": b"changed"}


async def test_conflicts_make_copies() -> None:
    """If both sides have changed a file, the loser is kept under another name, and so many of them as is set."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"file.txt": "1"}, maxConflicts=1)
        its = await add_folder(b, maxConflicts=1)
        for round_ in (1, 2):
            configure(a, configuration.patch_folder, "docs", {"paused": True})
            await its.simulated.disk_write({"file.txt": f"theirs {round_}"})
            await its.scan()
            await settle()
            a.clock.advance(5 * round_)
            await mine.simulated.disk_write({"file.txt": f"mine {round_}"})
            configure(a, configuration.patch_folder, "docs", {"paused": False})
            await settle()
            b.clock.advance(10)
        await its.scan()  # only this finds that there are fewer copies
        await settle()
        assert await contents(mine) == await contents(its)
        (copy,) = (await contents(its)).keys() - {"file.txt"}
        assert copy.startswith("file.sync-conflict-2026")
        assert copy.endswith(f"-{OWN.short}.txt")
        assert (await contents(its))["file.txt"] == b"mine 2"
        assert (await contents(its))[copy] == b"theirs 2"


@pytest.mark.parametrize(("most", "copies"), [(0, 0), (-1, 1)])
async def test_how_many_copies_there_may_be(most: int, copies: int) -> None:
    """None, or any number."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"file": "1"})
        its = await add_folder(b, maxConflicts=most)
        configure(a, configuration.patch_folder, "docs", {"paused": True})
        await its.simulated.disk_write({"file": "theirs"})
        await its.scan()
        a.clock.advance(5)
        await mine.simulated.disk_write({"file": "mine"})
        configure(a, configuration.patch_folder, "docs", {"paused": False})
        await settle()
        assert len(await contents(its)) == 1 + copies


async def test_what_nobody_has_scanned_is_not_overwritten() -> None:
    """It is scanned first, and so gets into conflict, or stays where it was to be deleted."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"file": "1", "gone": "2", "new": "3"})
        its = await add_folder(b)
        await its.simulated.disk_write({"file": "edited", "gone": "edited"})
        await mine.simulated.disk_write({"file": "changed"})
        await mine.simulated.disk_delete(["gone"])
        ear = await Ear(b).begin()
        a.clock.advance(5)
        b.clock.advance(9)
        await mine.scan()
        await settle()
        failures = {event["item"]: event["error"] for event in await ear.take("ItemFinished") if event["error"]}
        assert failures == {"file": CHANGED, "gone": CHANGED}
        assert (its.needed(), its.errors) == ([], [])
        found = await contents(its)
        assert found["gone"] == b"edited"
        assert {b"edited", b"changed"} <= set(found.values())
        assert found == await contents(mine)


async def test_directories_with_something_in_them() -> None:
    """What is ignored, unknown or needed there is in the way, with a reason each; what may be deleted is not."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={f"{name}/x": "1" for name in ("ignored", "deletable", "unknown")})
        its = await add_folder(b, files={".stignore": "*.mine\n(?d)*.trash\n"})
        await its.simulated.disk_write({"ignored/a.mine": "1", "deletable/a.trash": "1", "deletable/b.trash": "1"})
        await mine.simulated.disk_delete(["ignored", "deletable"])
        await mine.scan()
        await settle()
        assert its.errors == [
            {
                "path": "ignored",
                "error": f"syncing: delete dir: {DELETED} contains ignored files (see ignore documentation for (?d)"
                " prefix)",
            }
        ]
        its.fail("unknown/x", "it does not want to")
        await its.simulated.disk_write({"unknown/new": "1"})
        await mine.simulated.disk_delete(["unknown"])
        ear = await Ear(b).begin()
        await mine.scan()
        await settle()
        errors = {event["error"] for event in await ear.take("ItemFinished") if event["item"] == "unknown"}
        assert f"{DELETED} contains changed files, scheduling scan" in errors
        empty = f"{DELETED} is not empty; the contents are probably ignored on that remote device, but not locally"
        assert empty in errors or its.index.newest("unknown").deleted is False  # type: ignore[union-attr]  # known


async def test_a_file_in_place_of_a_directory_and_back() -> None:
    """What has another kind now is replaced."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"one": "1", "two/x": "2"})
        its = await add_folder(b)
        await mine.simulated.disk_delete(["one", "two"])
        await mine.simulated.disk_write({"one/y": "3", "two": "4"})
        await mine.scan()
        await settle()
        b.clock.advance(61)
        await settle()
        assert await contents(its) == {"one/y": b"3", "two": b"4"}
        assert its.needed() == []


async def test_failures_are_told_and_tried_again() -> None:
    """Three times at once, then after a while; version 1 keeps quiet about metadata."""
    async with two_nodes() as (a, b):
        await add_folder(a, files={"x": "1", "dir": None})
        its = await add_folder(b, paused=True)
        its.failures.update(x="the disk is full", dir="there is something")
        ear = await Ear(b).begin()
        configure(b, configuration.patch_folder, "docs", {"paused": False})
        await settle()
        events = await ear.take("ItemFinished", "FolderErrors")
        assert [event.get("item") for event in events] == ["dir", "x"] * 3 + [None]
        assert {each["path"]: each["error"] for each in events[-1]["errors"]} == its.failures
        assert its.errors == events[-1]["errors"]
        assert its.state.name == "idle"
        its.clear_failures()
        b.clock.advance(60)
        await settle()
        assert await contents(its) == {"x": b"1"}
        assert its.errors == []


@pytest.mark.parametrize(("version", "told"), [("1.29.5", None), ("2.1.3", "no")])
async def test_failures_of_metadata(version: str, told: str | None) -> None:
    """Version 1 tells of no error there, though it lists it."""
    async with two_nodes(version) as (a, b):
        mine = await add_folder(a, files={"x": "1"})
        its = await add_folder(b)
        its.fail("x", "no")
        a.cluster.disk.set_permissions("/srv/docs", "x", 0o600)
        ear = await Ear(b).begin()
        await mine.scan()
        await settle()
        assert {event["error"] for event in await ear.take("ItemFinished")} == {told}
        assert its.errors == [{"path": "x", "error": "no"}]


async def test_a_content_that_nobody_has() -> None:
    """A file that has gone or changed where it should come from can't be had."""
    async with two_nodes() as (a, b):
        await add_folder(a, files={"x": "1"})
        a.cluster.disk.delete("/srv/docs", "x")
        its = await add_folder(b)
        words = "syncing: pull: no connected device has the required version of this file"
        assert its.errors == [{"path": "x", "error": words}]


async def test_a_disk_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own words are the reason."""
    async with two_nodes() as (a, b):
        await add_folder(a, files={"x": "1"})

        def write(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(b.cluster.disk, "write", write)
        its = await add_folder(b)
        assert its.errors == [{"path": "x", "error": "syncing: finishing: [Errno 28] No space left on device"}]


async def test_the_words_of_old_versions() -> None:
    """Version 1.19 ends what is in the way of deleting a directory with a line break."""
    async with two_nodes("1.19.2") as (a, b):
        mine = await add_folder(a, files={"dir/x": "1"})
        its = await add_folder(b, files={".stignore": "*.mine\n"})
        await its.simulated.disk_write({"dir/a.mine": "1"})
        await mine.simulated.disk_delete(["dir"])
        await mine.scan()
        await settle()
        assert its.errors[0]["error"].endswith("prefix)\n")


async def test_a_limit_of_the_bandwidth() -> None:
    """Lets a file take its time; an empty one takes none."""
    async with two_nodes() as (a, b):
        configure(b, configuration.patch_section, "options", {"limitBandwidthInLan": True, "maxRecvKbps": 128})
        await add_folder(a, files={"empty": "", "large": b"x" * (256 << 10)})
        its = await add_folder(b, order="smallestFirst")
        assert await contents(its) == {"empty": b""}
        await b.clock.pass_by(1.5)
        configure(b, configuration.patch_section, "options", {"limitBandwidthInLan": False})
        await b.clock.pass_by(1)
        await settle()
        assert sorted(await contents(its)) == ["empty", "large"]


async def test_modes_that_do_not_count() -> None:
    """Files and directories get the usual ones."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"file": "1", "dir": None}, ignorePerms=True)
        await add_folder(b, ignorePerms=True)
        modes = {entry.name: entry.permissions for entry in b.cluster.disk.walk("/srv/docs")}
        assert modes == {"file": 0o644, "dir": 0o755}
        await mine.simulated.disk_write({"file": "1"})
        a.cluster.disk.set_modified("/srv/docs", "file", 5)
        await mine.scan()
        await settle()
        assert b.cluster.disk.entry("/srv/docs", "file").modified == 5  # type: ignore[union-attr]  # it is there


async def test_what_has_gone_already() -> None:
    """Is deleted without further ado."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"file": "1", "dir/x": "2"})
        its = await add_folder(b)
        await its.simulated.disk_delete(["file", "dir"])
        await mine.simulated.disk_delete(["file", "dir"])
        await mine.scan()
        await settle()
        assert (its.needed(), its.errors) == ([], [])
