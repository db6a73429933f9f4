"""Waiting for real folders to be in sync, in all the odd cases."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from typing import Any

import pytest

from aiosyncthing import Daemon
from aiosyncthing.exceptions import CannotSyncError, SyncthingError, WaitTimeoutError
from aiosyncthing.waiting import SyncProgress
from tests.contract.folders import Folder, Folders
from tests.support.waiting import until

from .conftest import Pair
from .trees import contents, write_some

pytestmark = [pytest.mark.daemon, pytest.mark.asyncio(loop_scope="package")]

SHORT = 1.0


async def in_sync(folder: Folder, *others: Folder, timeout: float = 60, **options: Any) -> SyncProgress:
    """Wait for a folder, here and on other devices."""
    devices = [other.daemon.device_id for other in others]
    return await folder.client.wait_in_sync(folder.id, devices, timeout=timeout, **options)


async def missing(folder: Folder, *others: Folder, **options: Any) -> str:
    """Return what is missing after a short time."""
    with pytest.raises(WaitTimeoutError) as caught:
        await in_sync(folder, *others, timeout=SHORT, **options)
    return str(caught.value)


async def begin(folder: Folder, **options: Any) -> tuple[asyncio.Task[SyncProgress], list[SyncProgress]]:
    """Begin to wait for a folder, here and on all devices; return the task and its progress, after the first."""
    seen: list[SyncProgress] = []
    waiting = folder.client.wait_in_sync(folder.id, timeout=60, on_progress=seen.append, **options)
    task = asyncio.create_task(waiting)
    await has_reported(seen, "")
    return task, seen


async def has_reported(seen: list[SyncProgress], text: str) -> None:
    """Wait until the latest progress has a text among what is missing."""

    async def last() -> bool:
        return bool(seen) and text in "; ".join(map(str, seen[-1].missing))

    await until(last)


def is_old(daemon: Daemon) -> bool:
    """Return whether a daemon has no ``remoteState``."""
    return daemon.version.startswith("v1.19.")


@pytest.fixture
def connected_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do without grace periods."""
    monkeypatch.setattr("aiosyncthing.waiting.look.GRACE", 0.0)


async def test_everything_has_arrived(pair: Pair, folders: Folders) -> None:
    """Files, directories, empty files and links are there, on both sides. An empty folder has nothing to sync."""
    mine = await folders.add(pair.a, shared_with=[pair.b])
    its = await folders.add(pair.b, mine.id, shared_with=[pair.a])
    assert (await in_sync(mine, its)).percent == 100
    assert (await in_sync(its, mine, rescan=True)).percent == 100
    write_some(mine.path)
    progress = await in_sync(mine, its, rescan=True)
    assert contents(its.path) == contents(mine.path)
    assert (progress.percent, progress.missing, progress.needed_items) == (100, (), 0)
    assert progress.total_bytes > 0
    await in_sync(its, mine)
    await pair.a.client.wait_in_sync(mine.id, timeout=20)


@pytest.mark.usefixtures("connected_for_long")
@pytest.mark.parametrize(("what", "rescan"), [("marker", False), ("path", True)])
async def test_a_lost_disk_is_raised_at_once(pair: Pair, folders: Folders, what: str, rescan: bool) -> None:
    """The error has the daemon's own words. A scan notices it, and notices that it is back."""
    mine, its = await folders.share(pair.a, pair.b)
    lost = mine.path / ".stfolder" if what == "marker" else mine.path
    shutil.copytree(lost, lost.with_name(f"{lost.name} kept"))
    shutil.rmtree(lost)
    if not rescan:
        with pytest.raises(SyncthingError):
            await mine.scan()
    with pytest.raises(CannotSyncError, match=f"folder {mine.id}: folder {what} missing") as caught:
        await in_sync(mine, its, rescan=rescan)
    assert caught.value.folder_id == mine.id
    shutil.copytree(lost.with_name(f"{lost.name} kept"), lost)
    await in_sync(mine, its, rescan=True)


async def test_failed_deletions_are_waited_for(pair: Pair, folders: Folders) -> None:
    """Here they are needed and failed. There the completion is 95, and only deletions are left."""
    mine, its = await folders.share(pair.a, pair.b, files=["dir/gone", "stays"])
    await pair.b.client.database.set_ignores(its.id, ["dir/kept"])
    (its.path / "dir" / "kept").write_text("in the way")
    shutil.rmtree(mine.path / "dir")
    await mine.scan()
    await until(lambda: has_errors(its), timeout=20)
    assert f"folder {its.id}: 1 item (0 B) still missing, 1 failed" in await missing(its)
    completion = await mine.completion(its)
    assert completion["completion"] == 95
    assert f"folder {mine.id}, device device 1: 1 item (0 B) still missing" in await missing(mine, its)
    await pair.b.client.database.set_ignores(its.id, [])
    shutil.rmtree(its.path / "dir", ignore_errors=True)  # the daemon may be faster
    await its.scan()
    await in_sync(mine, its)


async def has_errors(folder: Folder) -> bool:
    """Return whether items have failed."""
    status = await folder.status()
    return status["errors"] > 0 and status["state"] == "idle"


async def test_items_without_content_are_waited_for(pair: Pair, folders: Folders) -> None:
    """The completion of directories and empty files is 100 before they are there, or close to it."""
    mine, its = await folders.share(pair.a, pair.b)
    shutil.rmtree(its.path / ".stfolder")
    with pytest.raises(SyncthingError):
        await its.scan()
    (mine.path / "empty").touch()
    (mine.path / "also empty").touch()
    text = await missing(mine, its, rescan=True)
    assert f"folder {mine.id}, device device 1: 2 items (0 B) still missing" in text
    assert (await mine.completion(its))["completion"] == 100
    (mine.path / "dir" / "sub").mkdir(parents=True)
    assert "4 items" in await missing(mine, its, rescan=True)
    (its.path / ".stfolder").mkdir()
    await its.scan()
    await in_sync(mine, its)
    assert contents(its.path) == contents(mine.path)


@pytest.mark.usefixtures("connected_for_long")
async def test_a_device_that_has_never_accepted_is_waited_for(pair: Pair, folders: Folders) -> None:
    """It seems to need nothing, with 100 percent. After it has accepted, the wait continues until it has everything.

    If the folder is empty, nothing shows that in version 1.19.
    """
    mine = await folders.add(pair.a, shared_with=[pair.b])
    reason = "it has not (accepted|announced)|it is not connected"
    if is_old(pair.a):
        await pair.a.client.wait_in_sync(mine.id, pair.b.device_id, timeout=60)
        reason = "it has not announced its files"
    else:
        with pytest.raises(WaitTimeoutError, match=reason):
            await pair.a.client.wait_in_sync(mine.id, pair.b.device_id, timeout=SHORT)
    await mine.write("a", "b/c")
    with pytest.raises(WaitTimeoutError, match=f"folder {mine.id}, device device 1: ({reason})"):
        await pair.a.client.wait_in_sync(mine.id, timeout=SHORT)
    task, _ = await begin(mine)
    its = await folders.add(pair.b, mine.id, shared_with=[pair.a], wait=False)
    await task
    assert contents(its.path) == contents(mine.path)


@pytest.mark.usefixtures("connected_for_long")
async def test_a_device_that_is_away_is_waited_for(pair: Pair, folders: Folders) -> None:
    """What it misses meanwhile counts when it is back."""
    mine, its = await folders.share(pair.a, pair.b)
    await pair.b.kill()
    await mine.write("new.txt")
    assert f"folder {mine.id}, device device 1: it is not connected" in await missing(mine, its)
    task, _ = await begin(mine)
    await pair.b.start()
    await pair.connect()
    await task
    assert contents(its.path) == contents(mine.path)


async def test_what_a_device_did_while_it_was_away_counts(pair: Pair, folders: Folders) -> None:
    """When it has just connected, its index has not arrived yet, and all looks well."""
    mine, its = await folders.share(pair.a, pair.b)
    await pair.b.client.config.patch_device(pair.a.device_id, paused=True)
    await its.write("new.txt")
    task, seen = await begin(mine)
    await has_reported(seen, "it is not connected")
    await pair.b.client.config.patch_device(pair.a.device_id, paused=False)
    await pair.connect()
    await task
    assert (mine.path / "new.txt").read_text() == "some text"


@pytest.mark.usefixtures("connected_for_long")
async def test_a_folder_that_the_other_has_paused_is_waited_for(pair: Pair, folders: Folders) -> None:
    """In version 1.19, nothing shows that, but what the folder needs counts there too."""
    mine, its = await folders.share(pair.a, pair.b)
    await pair.b.client.config.patch_folder(its.id, paused=True)
    # The devices exchange their configurations again, for which they may reconnect.
    await pair.connect()
    if is_old(pair.a):
        await in_sync(mine, its)
    else:
        await until(lambda: is_paused(mine, its))
    await mine.write("new.txt")
    reason = "still missing" if is_old(pair.a) else "it has paused the folder"
    assert re.search(f"it is not connected|{reason}", await missing(mine, its))
    await pair.b.client.config.patch_folder(its.id, paused=False)
    await pair.connect()
    await in_sync(mine, its)
    assert contents(its.path) == contents(mine.path)


async def is_paused(mine: Folder, its: Folder) -> bool:
    """Return whether one daemon knows that the other has paused the folder."""
    return (await mine.completion(its)).get("remoteState") == "paused"


async def test_changes_of_ones_own_in_a_receive_only_folder_do_not_count(pair: Pair, folders: Folders) -> None:
    """Here nothing is missing. Other devices see that their version is missing."""
    mine, its = await folders.share(pair.a, pair.b, type="receiveonly")
    (its.path / "own.txt").write_text("own")
    await in_sync(its, mine, rescan=True)
    (its.path / "shared.txt").write_text("changed")
    await in_sync(its, mine, rescan=True)
    assert (await its.status()).get("receiveOnlyTotalItems") == 2
    await until(lambda: needs(mine, its, 1))
    assert f"folder {mine.id}, device device 1: 1 item" in await missing(mine, its)
    await pair.b.client.database.revert(its.id)
    await in_sync(mine, its)
    await until(lambda: same(mine, its))


async def needs(mine: Folder, its: Folder, count: int) -> bool:
    """Return whether one daemon knows that the other lacks that many items."""
    return (await mine.completion(its))["needItems"] == count


async def same(one: Folder, other: Folder) -> bool:
    """Return whether two folders have the same content."""
    return await asyncio.to_thread(contents, one.path) == await asyncio.to_thread(contents, other.path)


async def test_an_encrypted_folder_is_waited_for(pair: Pair, folders: Folders) -> None:
    """It is complete when its files are there, whatever their names."""
    mine = await folders.add(pair.a)
    write_some(mine.path)
    its = await folders.add(pair.b, mine.id, shared_with=[pair.a], type="receiveencrypted")
    device = {"deviceID": pair.b.device_id, "introducedBy": "", "encryptionPassword": "secret"}
    await pair.a.client.config.patch_folder(mine.id, devices=[device])
    await in_sync(mine, its, rescan=True)
    theirs = [path for path in its.path.rglob("*") if path.is_file() and ".stfolder" not in path.parts]
    assert len(theirs) == sum(isinstance(content, bytes) for content in contents(mine.path).values())
    await in_sync(its, mine, rescan=True)


@pytest.mark.usefixtures("connected_for_long")
@pytest.mark.parametrize("how", ["resume", "change", "restart"])
async def test_the_first_scan_is_waited_for(pair: Pair, folders: Folders, how: str) -> None:
    """A folder that was just started is idle, with the numbers of its previous run, until it begins to scan."""
    mine, its = await folders.share(pair.a, pair.b)
    if how == "resume":
        await pair.a.client.config.patch_folder(mine.id, paused=True)
    for number in range(100):
        (mine.path / f"new {number}").write_bytes(os.urandom(1000))
    if how == "resume":
        await pair.a.client.config.patch_folder(mine.id, paused=False)
    elif how == "change":
        await pair.a.client.config.patch_folder(mine.id, order="alphabetic")
    else:
        await pair.a.kill()
        await pair.a.start()
        await pair.connect()
    await in_sync(mine, its)
    assert contents(its.path) == contents(mine.path)


@pytest.mark.usefixtures("connected_for_long")
async def test_only_a_scan_finds_what_the_daemon_has_not_noticed(pair: Pair, folders: Folders) -> None:
    """Without ``rescan`` it does not count; with it, it has arrived in the end."""
    mine, its = await folders.share(pair.a, pair.b)
    (mine.path / "new.txt").write_text("new")
    await in_sync(mine, its)
    assert not (its.path / "new.txt").exists()
    await in_sync(mine, its, rescan=True)
    assert (its.path / "new.txt").read_text() == "new"


async def test_progress(pair: Pair, folders: Folders) -> None:
    """Its numbers make sense while a file arrives slowly."""
    size = 4_000_000
    mine, its = await folders.share(pair.a, pair.b)
    seen: list[SyncProgress] = []

    async def note(progress: SyncProgress) -> None:
        seen.append(progress)
        await asyncio.sleep(0)

    await pair.a.client.config.patch_options(maxSendKbps=1000, limitBandwidthInLan=True)
    try:
        (mine.path / "large").write_bytes(os.urandom(size))
        await in_sync(mine, its, rescan=True, on_progress=note)
    finally:
        await pair.a.client.config.patch_options(maxSendKbps=0, limitBandwidthInLan=False)
    assert contents(its.path) == contents(mine.path)
    *before, last = seen
    assert (last.percent, last.needed_bytes, last.needed_items, last.seconds_left) == (100, 0, 0, 0)
    assert last.total_bytes == 2 * (size + len("some text"))
    assert all(0 <= progress.percent < 100 and progress.missing for progress in before)
    assert max(progress.needed_bytes for progress in before) == size
    rates = [progress.rate for progress in seen if progress.rate]
    assert rates
    assert all(0 < rate < 20 * size for rate in rates)
    assert all(progress.seconds_left is None or progress.seconds_left >= 0 for progress in seen)


@pytest.mark.usefixtures("connected_for_long")
async def test_a_restart_while_waiting_is_survived(pair: Pair, folders: Folders) -> None:
    """The daemon that is asked may restart. What was written while it was down counts."""
    mine = await folders.add(pair.a, files=["a"], shared_with=[pair.b])
    task, seen = await begin(mine)
    await pair.a.kill()
    (mine.path / "new.txt").write_text("new")
    await has_reported(seen, "no usable answer from the daemon")
    await pair.a.start()
    assert not task.done()
    its = await folders.add(pair.b, mine.id, shared_with=[pair.a], wait=False)
    await pair.connect()
    await task
    assert contents(its.path) == contents(mine.path)
