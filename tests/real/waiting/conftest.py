"""Two real daemons that stay up for all tests of waiting."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from aiosyncthing import Daemon
from tests.contract.folders import Folders
from tests.support.binaries import NONE_FOUND, binary_name, daemon_binaries
from tests.support.waiting import until


@pytest.fixture(scope="package", params=daemon_binaries() or [None], ids=binary_name)
def syncthing_binary(request: pytest.FixtureRequest) -> Path:
    """Each of the real daemons, one after the other; without any, the tests fail."""
    if request.param is None:
        pytest.fail(NONE_FOUND)
    return request.param


@pytest_asyncio.fixture(loop_scope="package")
async def no_task_is_left() -> AsyncIterator[None]:
    """Fail a test that leaves a task behind in the loop that all tests of this folder share.

    A daemon that was restarted has other tasks that supervise it.
    """
    before = asyncio.all_tasks()
    yield
    new = asyncio.all_tasks() - before - {asyncio.current_task()}
    left = {task for task in new if not task.get_name().startswith("supervise")}
    assert not left, f"tasks are left: {left}"


@dataclass(slots=True)
class Pair:
    """Two daemons that know each other.

    Only b has an address to dial. If both dial at the same moment, version 1.19 refuses both, again and again for 20 s.
    """

    a: Daemon
    b: Daemon
    _calls: int = 0

    async def introduce(self) -> None:
        """Add each to the other's devices."""
        await self.a.client.config.set_device({"deviceID": self.b.device_id, "name": "device 1"})
        await self.b.client.config.set_device({"deviceID": self.a.device_id, "name": "device 0"})

    async def connect(self) -> None:
        """Connect them at once. By themselves, they take long if it has happened often."""
        end = asyncio.get_running_loop().time() + 60
        while not await self._is_connected():
            assert asyncio.get_running_loop().time() < end, "they don't connect"
            self._calls += 1
            # An address that was not dialled before is dialled without a delay.
            addresses = [f"{self.a.sync_address}/?call={self._calls}"]
            await self.b.client.config.patch_device(self.a.device_id, addresses=addresses)
            with suppress(AssertionError):
                await until(self._is_connected, timeout=3)

    async def _is_connected(self) -> bool:
        connection = (await self.a.client.system.connections())["connections"][self.b.device_id]
        return connection["connected"]


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def daemons(syncthing_binary: Path) -> AsyncIterator[Pair]:
    """Two daemons."""
    a, b = Daemon(binary=syncthing_binary), Daemon(binary=syncthing_binary)
    try:
        await asyncio.gather(a.start(), b.start())
        pair = Pair(a, b)
        await pair.introduce()
        yield pair
    finally:
        await asyncio.gather(a.kill(), b.kill())  # a regular shutdown takes seconds
        await asyncio.gather(a.stop(), b.stop())


@pytest_asyncio.fixture(loop_scope="package")
async def pair(daemons: Pair) -> AsyncIterator[Pair]:
    """Two daemons that are connected, whatever the previous test did."""
    await daemons.connect()
    yield daemons
    for one, other in ((daemons.a, daemons.b), (daemons.b, daemons.a)):
        if (await one.client.config.devices(other.device_id))["paused"]:
            await one.client.config.patch_device(other.device_id, paused=False)


@pytest_asyncio.fixture(loop_scope="package")
async def folders(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Folders]:
    """Makes folders for this test."""
    made = Folders(tmp_path, re.sub(r"\W+", "-", request.node.name))
    yield made
    await made.remove()
