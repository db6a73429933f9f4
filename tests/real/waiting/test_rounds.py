"""Waiting never returns too early: both disks are compared, again and again.

``AIOSYNCTHING_SEED`` repeats a run; ``AIOSYNCTHING_WAITS`` makes it longer.
"""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from tests.contract.folders import Folder, Folders

from .conftest import Pair
from .trees import change, contents

pytestmark = [pytest.mark.daemon, pytest.mark.asyncio(loop_scope="package")]

SEED = os.environ.get("AIOSYNCTHING_SEED") or str(random.randrange(10**6))
WAITS = int(os.environ.get("AIOSYNCTHING_WAITS", "18"))
FOLDERS = 6


@pytest.mark.timeout(60 + WAITS * 5)
async def test_what_is_said_to_be_in_sync_is(pair: Pair, folders: Folders) -> None:
    """After random changes on either side, and a wait with a scan there, both sides are the same, byte by byte."""
    pairs = [await folders.share(pair.a, pair.b, files=["first"]) for _ in range(FOLDERS)]
    try:
        async with asyncio.TaskGroup() as group:
            for number, (mine, its) in enumerate(pairs):
                group.create_task(go_on(mine, its, random.Random(f"{SEED}-{number}"), WAITS // FOLDERS))
    except BaseException:
        print(f"AIOSYNCTHING_SEED={SEED}")
        raise


async def go_on(mine: Folder, its: Folder, choice: random.Random, rounds: int) -> None:
    """Change and wait, on one side or the other."""
    for number in range(rounds):
        here, there = (mine, its) if choice.random() < 0.5 else (its, mine)
        for _ in range(choice.randrange(1, 12)):
            await asyncio.to_thread(change, here.path, choice)
        await here.client.wait_in_sync(here.id, there.daemon.device_id, rescan=True, timeout=60)
        one, other = await asyncio.to_thread(contents, here.path), await asyncio.to_thread(contents, there.path)
        assert one == other, f"round {number} of {here.id}"
