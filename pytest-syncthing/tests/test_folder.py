"""A folder: how it starts, scans, stops, and what it tells of itself."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.meeting import Ear, add_folder, configure, lone_node, settle, two_nodes
from tests.support.nodes import OTHER, OWN
from tests.support.shapes import problems
from tests.support.waiting import until

from aiosyncthing import types as t
from pytest_syncthing.config import configuration
from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.model.disk import DirectoryDisk
from pytest_syncthing.model.folder import FolderError

MARKER_MISSING = "folder marker missing (this indicates potential data loss"


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_new_folder_is_scanned(version: str) -> None:
    """It makes its directory and its marker, and is idle in the end; version 2.1 tells that it is starting."""
    async with lone_node(version) as node:
        ear = await Ear(node).begin()
        folder = await add_folder(node, files={"x": "1"})
        states = [event["to"] for event in await ear.take("StateChanged")]
        begin = ["starting", "idle"] if version == "2.1.3" else []
        assert states == [*begin, "scan-waiting", "scanning", "idle"]
        assert node.cluster.disk.has_marker("/srv/docs")
        assert (folder.state.name, list(folder.index.own)) == ("idle", ["x"])
        assert folder.last_scan == node.clock.now
        assert problems(folder.status(), t.FolderSummary) == []


async def test_what_a_scan_tells() -> None:
    """How much was read (not in old versions), what is new in the index, and each change; gone ones extra."""
    for version, told in (("1.19.2", False), ("1.29.5", True)):
        async with lone_node(version) as node:
            folder = await add_folder(node, files={"gone": "1"})
            ear = await Ear(node).begin()
            await folder.simulated.disk_write({"new": "22"})
            await folder.simulated.disk_delete(["gone"])
            await folder.scan()
            events = await ear.take("FolderScanProgress", "LocalIndexUpdated", "LocalChangeDetected")
            progress = {"kind": "FolderScanProgress", "folder": "docs", "current": 2, "total": 3, "rate": 0}
            assert events[: -4 or None] == ([progress] if told else [])
            added, new, removed, gone = events[-4:]
            assert (added["filenames"], added["items"], added["sequence"]) == (["new"], 1, 2)
            assert (removed["filenames"], removed["sequence"]) == (["gone"], 3)
            assert new == {
                "kind": "LocalChangeDetected",
                "folder": "docs",
                "folderID": "docs",
                "label": "Documents",
                "action": "modified",
                "type": "file",
                "path": "new",
                "modifiedBy": OWN.short,
            }
            assert (gone["action"], gone["path"]) == ("deleted", "gone")


async def test_progress_of_scans_can_be_switched_off() -> None:
    """A negative interval means none."""
    async with lone_node() as node:
        ear = await Ear(node).begin()
        await add_folder(node, files={"x": "1"}, scanProgressIntervalS=-1)
        assert await ear.take("FolderScanProgress") == []


async def test_large_indexes_come_in_parts() -> None:
    """A thousand items at once."""
    async with two_nodes() as (a, b):
        its = await add_folder(b, type="sendonly")  # so that there are few other events
        ear = await Ear(b).begin()
        await add_folder(a, files={f"{number}": "" for number in range(1500)})
        assert [event["items"] for event in await ear.take("RemoteIndexUpdated")] == [1000, 500]
        assert len(its.needed()) == 1500


@pytest.mark.parametrize("what", ["marker", "path"])
async def test_an_error_of_the_whole(what: str) -> None:
    """A scan finds it, tells it once, and raises it; another one finds that it is mended, and what came meanwhile."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a)
        its = await add_folder(b, files={"x": "1"})
        disk = b.cluster.disk
        if what == "path":
            disk.remove_root("/srv/docs")
        else:
            disk.delete("/srv/docs", ".stfolder")
        ear = await Ear(b).begin()
        for _ in range(2):
            with pytest.raises(FolderError, match=MARKER_MISSING.partition("(")[0] if what == "marker" else "path mis"):
                await its.scan()
        (event,) = await ear.take("StateChanged")
        assert (event["to"], event["error"][:10]) == ("error", f"folder {what}"[:10])
        assert its.status()["error"] == event["error"]
        await mine.simulated.disk_write({"later": "1"})
        await mine.scan()
        await settle()
        assert [item.name for item in its.needed()] == ["later"]
        disk.make_root("/srv/docs")
        disk.make_marker("/srv/docs")
        await its.scan()
        await settle()
        assert its.needed() == []
        assert (its.state.name, its.state.error) == ("idle", "")


async def test_patterns_that_can_not_be_read() -> None:
    """They are an error of the whole."""
    async with lone_node() as node:
        folder = await add_folder(node)
        node.cluster.disk.write("/srv/docs", ".stignore", b"#include nowhere\n", modified=1)
        with pytest.raises(FolderError, match="loading ignores: parse error"):
            await folder.scan()
        assert folder.state.name == "error"


async def test_a_marker_of_ones_own_is_not_made() -> None:
    """Only the usual one is."""
    async with lone_node() as node:
        folder = await add_folder(node, markerName="mine")
        assert folder.state.error.startswith("folder marker missing")


async def test_a_test_can_let_things_fail() -> None:
    """The whole, or single items."""
    async with lone_node() as node:
        folder = await add_folder(node)
        folder.set_error("out of order")
        with pytest.raises(FolderError, match="out of order"):
            await folder.scan()
        folder.set_error(None)
        await settle()
        assert folder.state.name == "idle"
        ear = await Ear(node).begin()
        folder.fail("x", "no")
        await settle()
        events = await ear.take()
        assert [event["kind"] for event in events] == ["FolderErrors", "FolderSummary", "FolderCompletion"]
        assert events[1]["summary"]["errors"] == 1
        assert folder.errors == [{"path": "x", "error": "no"}]
        folder.clear_failures()
        assert folder.errors == []


async def test_a_paused_folder() -> None:
    """It knows nothing and does nothing, but what it had is there when it goes on."""
    async with lone_node() as node:
        folder = await add_folder(node, files={"x": "1"}, type="receiveonly")
        configure(node, configuration.patch_folder, "docs", {"paused": True})
        status = folder.status()
        assert (status["state"], status["localFiles"], status["remoteSequence"]) == ("", 0, None)
        assert status["stateChanged"] == "0001-01-01T00:00:00Z"
        for ask in (folder.scan(), folder.pull()):
            with pytest.raises(FolderError, match="folder is paused"):
                await ask
        folder.want_scan()
        folder.want_pull()
        folder.override()
        folder.revert()
        folder.stop()
        await folder.stopped()
        configure(node, configuration.patch_folder, "docs", {"paused": False})
        await settle()
        assert (folder.status()["localFiles"], folder.status()["state"]) == (1, "idle")


async def test_scans_that_wait_when_it_stops() -> None:
    """Those who wait for them are told; those who don't wait any more are no matter."""
    async with lone_node() as node:
        folder = await add_folder(node)
        waiting = [asyncio.create_task(folder.scan()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        folder.stop()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError)
        assert [str(result) for result in results[1:]] == ["context canceled"] * 2


async def test_a_scan_goes_on_without_those_who_wait() -> None:
    """Giving up on it does not stop it, on the real disk neither; stopping the folder does."""
    async with lone_node() as node:
        folder = await add_folder(node)
        await folder.simulated.disk_write({"x": "1"})
        task = asyncio.create_task(folder.scan())
        await asyncio.sleep(0)
        task.cancel()
        await settle()
        assert "x" in folder.index.own


async def test_what_fails_without_those_who_wait(caplog: pytest.LogCaptureFixture) -> None:
    """A job that fails when its caller has given up leaves nothing in the log."""
    async with lone_node() as node:
        folder = await add_folder(node)
        caller_is_gone = asyncio.Event()

        async def fail() -> None:
            await caller_is_gone.wait()
            raise FolderError("no space left on device")

        task = asyncio.create_task(folder._ask(fail))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        caller_is_gone.set()
        await settle()
        assert task.cancelled()
        assert not caplog.records


async def test_the_real_disk(tmp_path: object) -> None:
    """Everything works there too, beside the loop; what has no name in UTF-8 is listed as failed."""
    async with two_nodes() as (a, b):
        a.cluster.disk = DirectoryDisk()
        mine = await add_folder(a, path=f"{tmp_path}/mine")
        await add_folder(b)
        await mine.scan()
        await mine.simulated.disk_write({"dir/x": "1", "odd \udcff": "2"})
        await mine.scan()
        assert sorted(mine.index.own) == ["dir", "dir/x"]
        assert mine.errors == [{"path": "odd \ufffd", "error": "scan: item is not in UTF8 encoding"}]
        assert mine.status()["errors"] == 1
        its = b.cluster.folders["docs"]

        async def has_arrived() -> bool:
            return sorted(its.index.own) == ["dir", "dir/x"]

        await until(has_arrived)
        task = asyncio.create_task(mine.scan())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        mine.stop()
        with pytest.raises(FolderError, match="context canceled"):
            await task
        mine.start()
        await mine.scan()
        assert mine.state.name == "idle"


async def test_overriding_and_reverting() -> None:
    """Each for its own type of folder; then others get what is here, or we what others have."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"x": "1"}, type="sendonly")
        its = await add_folder(b)
        await its.simulated.disk_write({"x": "changed", "y": "added"})
        await its.scan()
        await settle()
        assert [item.name for item in mine.needed()] == ["x", "y"]
        mine.revert()
        mine.override()
        await settle()
        assert await its.simulated.disk_files() == {"x": b"1"}
        assert mine.needed() == []

        configure(b, configuration.patch_folder, "docs", {"type": "receiveonly"})
        await settle()
        await its.simulated.disk_write({"x": "changed", "y": "added"})
        await its.scan()
        assert its.sums()["receiveOnlyTotalItems"] == 2
        its.override()
        its.revert()
        await settle()
        assert await its.simulated.disk_files() == {"x": b"1"}
        assert its.sums()["receiveOnlyTotalItems"] == 0
        await its.simulated.disk_write({"z": "added"})
        await its.scan()
        await its.simulated.disk_delete(["z"])
        await its.scan()
        assert "z" not in its.index.own


async def test_a_send_only_folder_takes_over_what_is_the_same() -> None:
    """Only the version, so that nothing is needed."""
    async with two_nodes() as (a, b):
        for node in (a, b):
            node.cluster.disk.write("/srv/docs", "x", b"1", modified=1)
        mine = await add_folder(a, type="sendonly")
        await add_folder(b)
        assert mine.needed() == []
        assert mine.index.own["x"].version == b.cluster.folders["docs"].index.own["x"].version


async def test_deletions_need_not_be_taken_over() -> None:
    """They are not needed then, here; others count them."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"x": "1"})
        its = await add_folder(b, ignoreDelete=True)
        await mine.simulated.disk_delete(["x"])
        await mine.scan()
        await settle()
        assert its.needed() == []
        assert its.sums()["needTotalItems"] == 0
        assert mine.completion(str(OTHER))["completion"] == 95


async def test_completion_of_the_own_device() -> None:
    """With its ID or without."""
    async with lone_node() as node:
        folder = await add_folder(node, files={"x": "1"})
        assert folder.completion() == folder.completion(str(OWN))
        assert folder.completion()["remoteState"] == "unknown"
    async with lone_node("1.19.2") as node:
        assert "remoteState" not in (await add_folder(node)).completion()


async def test_history_and_reset() -> None:
    """What was received last is told, until it is forgotten with the rest."""
    async with two_nodes() as (a, b):
        await add_folder(a, files={"x": "1"})
        its = await add_folder(b)
        assert its.last_file == {"at": b.clock.format(whole=True), "filename": "x", "deleted": False}
        configure(b, configuration.patch_folder, "docs", {"paused": True})
        b.cluster.reset("docs")
        assert (its.index.own, its.last_file["filename"], its.last_scan) == ({}, "", None)
        configure(b, configuration.patch_folder, "docs", {"paused": False})
        await settle()
        assert list(its.index.own) == ["x"]
        assert its.needed() == []


async def test_contents_for_others() -> None:
    """Only what is there is given away."""
    async with lone_node() as node:
        folder = await add_folder(node, files={"x": "1", "gone": "2"})
        await folder.simulated.disk_delete(["gone"])
        assert await folder.content_for("x") == b"1"
        assert await folder.content_for("gone") is None
        await folder.scan()
        for name in ("gone", "nope"):
            assert await folder.content_for(name) is None


async def test_errors_in_old_versions() -> None:
    """Version 1.19 has them in its sums only if there are any."""
    async with lone_node("1.19.2") as node:
        folder = await add_folder(node)
        assert "error" not in folder.status()
        folder.set_error("out of order")
        assert folder.status()["error"] == "out of order"


async def test_failures_are_tried_again_later() -> None:
    """After the pause that is set, unless the folder has stopped, or changes come sooner."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"x": "1"})
        its = await add_folder(b, pullerPauseS=5, paused=True)
        its.failures["x"] = "no"
        b.cluster.pause_folder("docs", paused=False)
        await settle()
        assert its.errors == [{"path": "x", "error": "no"}]
        await mine.simulated.disk_write({"y": "2"})
        await mine.scan()
        await settle()
        its.failures.clear()
        b.clock.advance(4)
        await settle()
        assert [item.name for item in its.needed()] == ["x"]
        b.clock.advance(1)
        await settle()
        assert its.needed() == []
        its.failures["z"] = "no"
        await mine.simulated.disk_write({"z": "3"})
        await mine.scan()
        await settle()
        b.cluster.pause_folder("docs", paused=True)
        its.failures.clear()
        b.clock.advance(10)
        await settle()
        assert [item.name for item in its.index.need()] == ["z"]


async def test_files_that_change_while_they_are_fetched() -> None:
    """They are scanned, and the newest comes in the end."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"x": "1"})
        its = await add_folder(b)
        await its.simulated.disk_write({"x": "edited"})
        await mine.simulated.disk_write({"x": "changed"})
        await mine.scan()
        await settle()
        assert sorted((await its.simulated.disk_files()).values()) == [b"changed", b"edited"]


async def test_the_queue() -> None:
    """What is moved to the front is the next."""
    async with lone_node() as node:
        folder = await add_folder(node, files={"a": "1", "b": "2", "c": "3"})
        folder.queue.update(folder.index.own)
        folder.bring_to_front("b")
        folder.bring_to_front("nope")
        assert list(folder.queue) == ["b", "a", "c"]


async def test_what_others_have_already() -> None:
    """Is not counted as missing there, as far as it is known."""
    async with lone_node() as node:
        folder = await add_folder(node, files={"x": b"1" * (300 << 10), "y": "2"})
        node.cluster.connect(OTHER)
        folder.simulated.remote_pull(str(OTHER), ["y"])
        assert folder.completion(str(OTHER))["needBytes"] == 300 << 10
        node.cluster.take_progress(str(OTHER), "docs", {"x": 1, "nope": 5})
        assert folder.completion(str(OTHER))["needBytes"] == 172 << 10
        folder.simulated.remote_pull(str(OTHER))
        assert folder.completion(str(OTHER))["completion"] == 100


async def test_contents_that_nobody_gives() -> None:
    """None of those who should have it does."""
    async with two_nodes() as (a, b):
        mine = await add_folder(a, files={"x": "1"})
        await add_folder(b)
        b.cluster.disk.delete("/srv/docs", "x")
        assert await mine.content_of(mine.index.own["x"]) is None
