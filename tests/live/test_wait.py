"""Waiting, with real daemons: it returns when it is true, raises when it never will be, and says what is missing."""

from __future__ import annotations

import asyncio
import filecmp
import random
import shutil
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing import Daemon, SyncProgress, Syncthing
from aiosyncthing.exceptions import (
    CannotSyncError,
    FolderNotRunningError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
    WaitTimeoutError,
)
from tests.support.waiting import until

from .cluster import connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.daemon

PATIENCE = 60
SHORT = 3


class Pair:
    """Two daemons that know each other, and the folder ``docs`` on both."""

    def __init__(self, one: Daemon, other: Daemon, where: Path) -> None:
        self.daemons = one, other
        self.one, self.other = one.client, other.client
        self.other_id = str(other.device_id)
        self.here, self.there = where / "one", where / "other"

    async def share(self, **fields: Any) -> None:
        """Share the folder, with fields of its own on the other side."""
        for daemon, peer, path, own in (
            (*self.daemons, self.here, {}),
            (*self.daemons[::-1], self.there, fields),
        ):
            devices = [{"deviceID": str(peer.device_id)}]
            await daemon.client.config.set_folder({"id": "docs", "path": str(path), "devices": devices, **own})  # type: ignore[arg-type]
        for client in (self.one, self.other):
            await client.wait_in_sync("docs", timeout=PATIENCE)

    async def knows_states(self) -> bool:
        """Tell whether the daemon is told what a remote one does with a folder, as since version 1.20."""
        return "remoteState" in await self.one.database.completion("docs", self.other_id)

    async def has_lost_the_other(self) -> bool:
        """Tell whether the one daemon has noticed that the other is gone."""
        return not (await self.one.system.connections())["connections"][self.other_id]["connected"]

    async def is_told_of_the_pause(self) -> bool:
        """Tell whether the one daemon knows that the folder is paused on the other."""
        return (await self.one.database.completion("docs", self.other_id))["remoteState"] == "paused"


@pytest.fixture
async def pair(syncthing_binary: Path, tmp_path: Path) -> AsyncIterator[Pair]:
    """Two connected daemons; no folder yet."""
    async with AsyncExitStack() as stack:
        daemons = [await stack.enter_async_context(Daemon(binary=syncthing_binary, stop_timeout=0)) for _ in range(2)]
        await connect(*daemons)
        pair = Pair(*daemons, tmp_path)
        pair.here.mkdir()
        async with pair.one.watch() as live:
            await live.until(lambda live: live.devices[pair.other_id].connected, PATIENCE)
        yield pair


async def test_a_copy_after_each_return_is_equal(pair: Pair) -> None:
    """Whenever it returns, both folders are the same: after files, empty ones, directories, deletions and renames."""
    await pair.share()
    source = random.Random(7)
    for number in range(12):
        for _ in range(source.randrange(1, 8)):
            target = pair.here / f"{source.randrange(6)}" / f"{source.randrange(5)}"
            target.parent.mkdir(exist_ok=True)
            match source.randrange(5):
                case 0 if target.is_file():
                    target.unlink()
                case 1 if target.is_file():
                    target.rename(target.with_name(f"renamed {number}"))
                case 2:
                    target.touch()
                case 3:
                    shutil.rmtree(target.parent)
                case _:
                    target.write_bytes(source.randbytes(source.randrange(300_000)))
        await pair.one.wait_in_sync("docs", rescan=True, timeout=PATIENCE)
        assert differences(pair.here, pair.there) == [], number


def differences(one: Path, other: Path) -> list[str]:
    """Return what two trees don't have in common."""
    names = {
        str(path.relative_to(root))
        for root in (one, other)
        for path in root.rglob("*")
        if not str(path.relative_to(root)).startswith(".st")
    }
    return [
        name
        for name in sorted(names)
        if (one / name).is_dir() != (other / name).is_dir()
        or not (
            (one / name).is_dir()
            or ((one / name).exists() and (other / name).exists() and filecmp.cmp(one / name, other / name, False))
        )
    ]


async def test_only_deletions_and_only_empty_items(pair: Pair) -> None:
    """Neither 95 % nor 100 % is taken for the whole: what is left to delete or without content counts."""
    await pair.share()
    for number in range(20):
        (pair.here / f"file {number}").write_bytes(b"x" * 1000)
    await pair.one.wait_in_sync(rescan=True, timeout=PATIENCE)
    for number in range(20):
        (pair.here / f"file {number}").unlink()
        (pair.here / f"empty {number}").touch()
        (pair.here / f"directory {number}").mkdir()
    await pair.one.wait_in_sync(rescan=True, timeout=PATIENCE)
    assert differences(pair.here, pair.there) == []
    assert len(list(pair.there.glob("empty *"))) == len(list(pair.there.glob("directory *"))) == 20


async def test_progress(pair: Pair) -> None:
    """Figures are told, at last that all is there, and never 100 % before."""
    await pair.share()
    (pair.here / "big").write_bytes(random.Random(1).randbytes(5_000_000))
    seen: list[SyncProgress] = []
    done = await pair.one.wait_in_sync("docs", rescan=True, timeout=PATIENCE, on_progress=seen.append)
    assert seen[-1] == done
    assert (done.percent, done.missing, done.needed_bytes, done.needed_items) == (100, (), 0, 0)
    assert all(progress.percent < 100 for progress in seen if progress.missing)


async def test_what_may_yet_come_true_is_waited_for(pair: Pair) -> None:
    """A device that has not accepted, has paused the folder, or is away, is named when the time is up."""
    await pair.one.config.set_folder({"id": "docs", "path": str(pair.here), "devices": [{"deviceID": pair.other_id}]})
    (pair.here / "file").write_text("content")
    with pytest.raises(WaitTimeoutError, match=r"docs.*device 1"):
        await pair.one.wait_in_sync("docs", rescan=True, timeout=SHORT)
    done = await pair.one.wait_in_sync("docs", [], timeout=PATIENCE)
    assert done.missing == ()
    await pair.share()
    if await pair.knows_states():
        await pair.other.config.patch_folder("docs", paused=True)
        with pytest.raises(WaitTimeoutError, match="has paused the folder"):
            await pair.one.wait_in_sync("docs", timeout=SHORT)
        await pair.other.config.patch_folder("docs", paused=False)
        await pair.one.wait_in_sync("docs", timeout=PATIENCE)
    await pair.daemons[1].kill()
    await until(pair.has_lost_the_other)
    with pytest.raises(WaitTimeoutError, match="not connected"):
        await pair.one.wait_in_sync("docs", timeout=SHORT)
    await pair.daemons[1].start()
    await pair.one.wait_in_sync("docs", timeout=PATIENCE)


async def test_what_cannot_come_true_is_raised_at_once(pair: Pair) -> None:
    """An unknown or paused folder, an unknown or paused device, a folder that has lost its disk."""
    await pair.share()
    with pytest.raises(UnknownFolderError, match="nope"):
        await pair.one.wait_in_sync("nope", timeout=PATIENCE)
    with pytest.raises(UnknownDeviceError):
        await pair.one.wait_in_sync("docs", str(pair.daemons[0].device_id), timeout=PATIENCE)
    await pair.one.config.patch_device(pair.other_id, paused=True)
    with pytest.raises(CannotSyncError, match="paused") as caught:
        await pair.one.wait_in_sync("docs", timeout=PATIENCE)
    assert (caught.value.folder_id, caught.value.device_id) == ("docs", pair.other_id)
    await pair.one.config.patch_device(pair.other_id, paused=False)
    await pair.one.config.patch_folder("docs", paused=True)
    with pytest.raises(FolderNotRunningError, match="docs is paused"):
        await pair.one.wait_in_sync("docs", timeout=PATIENCE)
    await pair.one.config.patch_folder("docs", paused=False)
    await pair.one.wait_in_sync("docs", [], timeout=PATIENCE)
    shutil.rmtree(pair.here / ".stfolder")
    with pytest.raises(CannotSyncError, match="docs: folder marker missing"):
        await pair.one.wait_in_sync("docs", rescan=True, timeout=PATIENCE)
    (pair.here / ".stfolder").mkdir()
    await pair.one.wait_in_sync("docs", [], rescan=True, timeout=PATIENCE)


async def test_local_changes_of_a_receive_only_folder_do_not_count(pair: Pair) -> None:
    """They are not part of the cluster; everything else is there."""
    await pair.share(type="receiveonly")
    (pair.there / "mine").write_text("local")
    (pair.here / "yours").write_text("shared")
    await pair.one.wait_in_sync("docs", rescan=True, timeout=PATIENCE)
    await pair.other.wait_in_sync("docs", rescan=True, timeout=PATIENCE)
    assert (pair.there / "yours").read_text() == "shared"


async def test_over_a_restart(pair: Pair) -> None:
    """A daemon that restarts meanwhile is waited for, and its first scan too."""
    await pair.share()
    waiting = asyncio.create_task(pair.one.wait_in_sync("docs", [], stable_for=2, timeout=PATIENCE))
    await pair.one.system.ping()
    await pair.one.system.restart()
    done = await waiting
    assert done.missing == ()


async def test_ready(syncthing_binary: Path) -> None:
    """From a refused connection to ready; a wrong key is no matter of time."""
    async with Daemon(binary=syncthing_binary, stop_timeout=0) as daemon:
        await daemon.kill()
        assert daemon.url is not None
        async with Syncthing(daemon.api_key, daemon.url) as client, Syncthing("wrong key", daemon.url) as stranger:
            with pytest.raises(WaitTimeoutError, match="refused"):
                await client.wait_ready(timeout=0.5)
            waiting = asyncio.create_task(client.wait_ready(timeout=PATIENCE))
            await daemon.start()
            await waiting
            with pytest.raises(UnauthorizedError):
                await stranger.wait_ready(timeout=PATIENCE)
