"""Whatever happens to daemons, their mirrors are right whenever nothing is going on.

``AIOSYNCTHING_SEED`` repeats a run; ``AIOSYNCTHING_ROUNDS`` and ``AIOSYNCTHING_STEPS`` make it longer.
"""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from aiosyncthing import Daemon, Syncthing
from aiosyncthing.live import Live

from .cluster import Cluster, Watcher, connect, differences

pytestmark = pytest.mark.daemon

SEED = os.environ.get("AIOSYNCTHING_SEED") or str(random.randrange(10**6))
ROUNDS = int(os.environ.get("AIOSYNCTHING_ROUNDS", "2"))
DAEMONS = 3
STEPS = int(os.environ.get("AIOSYNCTHING_STEPS", "40"))


async def mirrored(stack: AsyncExitStack, daemon: Daemon) -> Live:
    """Watch a daemon with a client of its own."""
    client = await stack.enter_async_context(Syncthing(daemon.api_key, daemon.url))
    return await stack.enter_async_context(client.watch())


@pytest.mark.timeout(60 + ROUNDS * (60 + STEPS * 3))
async def test_mirrors_are_right_whenever_it_is_quiet(syncthing_binary: Path, tmp_path: Path) -> None:
    """After many random operations, restarts included, each mirror agrees with fresh answers of its daemon."""
    async with AsyncExitStack() as stack:
        daemons = [Daemon(binary=syncthing_binary) for _ in range(DAEMONS)]
        for daemon in daemons:
            stack.push_async_callback(daemon.stop)
            stack.push_async_callback(daemon.kill)  # a regular shutdown takes seconds
        await asyncio.gather(*(daemon.start() for daemon in daemons))
        await connect(*daemons)
        cluster = Cluster(SEED, tmp_path, daemons)
        for daemon in daemons:
            for folder in ("docs", "pics"):
                await cluster.add(daemon, folder)
        lives = [await mirrored(stack, daemon) for daemon in daemons]
        watchers = [Watcher(daemon) for daemon in daemons]
        group = await stack.enter_async_context(asyncio.TaskGroup())
        tasks = [group.create_task(watcher.run()) for watcher in watchers]
        try:
            for _ in range(ROUNDS):
                cluster.log.append("--")
                for _ in range(STEPS):
                    await cluster.step()
                await check(cluster, watchers, lives)
        except BaseException:
            print(f"AIOSYNCTHING_SEED={SEED}", *cluster.log, sep="\n")
            raise
        finally:
            for task in tasks:
                task.cancel()


async def check(cluster: Cluster, watchers: list[Watcher], lives: list[Live]) -> None:
    """Compare all mirrors at a moment when nothing happens."""
    while True:
        await cluster.quiet(watchers, lives)
        before = [watcher.counts.total() for watcher in watchers]
        found = [await differences(live, daemon) for live, daemon in zip(lives, cluster.daemons, strict=True)]
        if before == [watcher.counts.total() for watcher in watchers] and all(live.settled for live in lives):
            assert not any(found), "\n".join(f"daemon {i}: {text}" for i, each in enumerate(found) for text in each)
            return
