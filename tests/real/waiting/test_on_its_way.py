"""Never in sync while files are on their way: two real daemons, with an ocean between them.

``AIOSYNCTHING_SEED`` repeats a run; ``AIOSYNCTHING_STEPS`` makes it longer.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from aiosyncthing import Daemon
from tests.support.proxy import Relay
from tests.support.waiting import until

pytestmark = [pytest.mark.daemon, pytest.mark.chaos]

DELAY = 0.15
SEED = os.environ.get("AIOSYNCTHING_SEED") or str(random.randrange(10**6))
STEPS = int(os.environ.get("AIOSYNCTHING_STEPS", "1"))


class Ocean:
    """A folder on two daemons far from each other. One is asked, the other has new files.

    Args:
        seed: Decides what.
        where: Directory for the folder on both sides.
        near: The daemon that is asked.
        far: The daemon that has new files.
    """

    def __init__(self, seed: str, where: Path, near: Daemon, far: Daemon) -> None:
        self.near = near
        self.far = far
        self.id = f"folder {seed}"
        self._random = random.Random(seed)
        self._where = where / seed

    def path(self, daemon: Daemon) -> Path:
        """Where a daemon has the folder."""
        return self._where / daemon.device_id[:7]

    async def add(self, daemon: Daemon, *, shared: bool = True) -> None:
        """Add the folder to a daemon."""
        both = [{"deviceID": each.device_id} for each in (self.near, self.far)] if shared else []
        self.path(daemon).mkdir(parents=True, exist_ok=True)
        body = {"id": self.id, "path": str(self.path(daemon)), "devices": both, "fsWatcherEnabled": False}
        await daemon.client.config.set_folder(body)

    async def write(self, name: str) -> None:
        """Write some new files."""
        self.path(self.far).mkdir(parents=True, exist_ok=True)
        for number in range(self._random.choice([1, 5, 40])):
            (self.path(self.far) / f"{name} {number}").write_text(name)

    async def settle(self) -> None:
        """Share the folder, and wait until both sides have everything."""
        await self.write("old")
        await self.add(self.far)
        await self.add(self.near)
        await until(self.is_complete)
        await self.near.client.wait_in_sync(self.id, timeout=60)

    async def is_complete(self) -> bool:
        """Return whether both sides have the same files."""
        return self.names(self.near) == self.names(self.far)

    def names(self, daemon: Daemon) -> set[str]:
        """Return the names of the files that have arrived at a daemon."""
        return {path.name for path in self.path(daemon).iterdir() if not path.name.startswith(".")}

    async def accept(self) -> None:
        """Accept a folder that is offered."""
        await self.write("new")
        await self.add(self.far)
        await self.far.client.database.scan(self.id)
        await until(self.is_offered)
        await self.add(self.near)

    async def is_offered(self) -> bool:
        """Return whether the folder is offered."""
        return self.id in await self.near.client.cluster.pending_folders()

    async def resume(self) -> None:
        """Pause the folder, and resume it when there are new files."""
        await self.settle()
        await self.near.client.config.patch_folder(self.id, paused=True)
        await self.write("new")
        await self.far.client.database.scan(self.id)
        await self.near.client.config.patch_folder(self.id, paused=False)

    async def change(self) -> None:
        """Change a setting that restarts the folder, while new files are on their way."""
        await self.settle()
        await self.write("new")
        await self.far.client.database.scan(self.id)
        await self.near.client.config.patch_folder(self.id, order="alphabetic")

    async def share(self) -> None:
        """Share a folder that the other side has already shared."""
        await self.write("new")
        await self.add(self.far)
        await self.add(self.near, shared=False)
        await self.far.client.database.scan(self.id)
        devices = [{"deviceID": each.device_id} for each in (self.near, self.far)]
        await self.near.client.config.patch_folder(self.id, devices=devices)

    async def run(self) -> None:
        """Do something, wait a little, then wait for sync, and check the files."""
        ways: list[Callable[[], Awaitable[None]]] = [self.accept, self.accept, self.resume, self.change, self.share]
        way = self._random.choice(ways)
        await way()
        await asyncio.sleep(self._random.choice([0, 0, 0.1, 0.3, 1]))
        devices = self._random.choice([None, [], [self.far.device_id]])
        rescan = self._random.random() < 0.5
        await self.near.client.wait_in_sync(self.id, devices, rescan=rescan, timeout=90)
        missing = self.names(self.far) - self.names(self.near)
        assert not missing, f"AIOSYNCTHING_SEED={SEED}: {way.__name__}, {devices}, {rescan}: {sorted(missing)}"


@pytest.mark.timeout(120 + 60 * STEPS)
async def test_nothing_is_in_sync_while_files_are_on_their_way(syncthing_binary: Path, tmp_path: Path) -> None:
    """A folder was just accepted, resumed, shared or restarted, on one side or the other, at a random moment."""
    async with AsyncExitStack() as stack:
        pairs = [await far_apart(stack, syncthing_binary) for _ in range(2)]

        async def run(number: int, near: Daemon, far: Daemon) -> None:
            for step in range(STEPS):
                await Ocean(f"{SEED}-{number}-{step}", tmp_path, near, far).run()

        tasks = [run(number, *pair[:: 1 if number % 2 else -1]) for number, pair in enumerate(pairs)]
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if result is not None:
                raise result


async def far_apart(stack: AsyncExitStack, binary: Path) -> tuple[Daemon, Daemon]:
    """Return two daemons that are connected over a long way."""
    daemons = [Daemon(binary=binary, stop_timeout=0) for _ in range(2)]
    for daemon in daemons:
        stack.push_async_callback(daemon.stop)
    await asyncio.gather(*(daemon.start() for daemon in daemons))
    one, other = daemons
    relay = await stack.enter_async_context(Relay(int(one.sync_address.rpartition(":")[2]), DELAY))
    for daemon in daemons:  # to be back soon after a cut
        await daemon.client.config.patch_options(reconnectionIntervalS=5)
    await one.client.config.set_device({"deviceID": other.device_id, "addresses": ["tcp://127.0.0.1:1"]})
    await other.client.config.set_device({"deviceID": one.device_id, "addresses": [f"tcp://127.0.0.1:{relay.port}"]})
    async with other.client.watch() as live:
        await live.until(lambda live: live.devices[one.device_id].connected, timeout=60)
    return one, other
