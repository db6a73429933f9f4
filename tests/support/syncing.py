"""Waiting for a fake daemon to be in sync."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing.exceptions import WaitTimeoutError

from .synced import connections_in_use, left

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aiosyncthing import SyncProgress
    from pytest_syncthing import FakeSyncthing

__all__ = ["missing", "wait", "waits"]


@asynccontextmanager
async def waits(
    fake: FakeSyncthing, *args: Any, timeout: float = 20, **options: Any
) -> AsyncGenerator[asyncio.Task[Any]]:
    """Wait for sync in a task, and end it; check that nothing remains open."""
    async with fake.client() as client:
        task: asyncio.Task[SyncProgress] = asyncio.create_task(client.wait_in_sync(*args, timeout=timeout, **options))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])
        assert connections_in_use(client) == 0
    await left(fake)


async def wait(fake: FakeSyncthing, *args: Any, **options: Any) -> SyncProgress:
    """Wait for sync."""
    async with waits(fake, *args, **options) as task:
        result: SyncProgress = await task
        return result


async def missing(fake: FakeSyncthing, *args: Any, **options: Any) -> str:
    """Return what is missing in the end."""
    with pytest.raises(WaitTimeoutError) as caught:
        await wait(fake, *args, timeout=0.5, **options)
    return str(caught.value).removeprefix("not after 0.5 seconds: ")
