"""Waiting until a real daemon is ready."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from aiosyncthing import Daemon, Syncthing
from aiosyncthing.exceptions import SyncthingError, TLSError, WaitTimeoutError
from aiosyncthing.waiting import waiting
from tests.support.waiting import until

from .conftest import Pair

pytestmark = [pytest.mark.daemon, pytest.mark.asyncio(loop_scope="package")]


async def test_from_refused_to_ready(newest_syncthing: Path) -> None:
    """A daemon that is down, or restarts, is waited for until it has started. One that hangs is not ready."""
    async with (
        Daemon(binary=newest_syncthing, stop_timeout=0) as daemon,
        Syncthing(daemon.api_key, daemon.url) as client,
    ):
        await client.wait_ready(timeout=5)
        await daemon.kill()
        with pytest.raises(WaitTimeoutError, match=r"gave up after 0\.3 s: .*Connection refused"):
            await client.wait_ready(timeout=0.3)
        async with asyncio.TaskGroup() as group:
            ready = group.create_task(client.wait_ready(timeout=60))
            group.create_task(daemon.start())
            await ready
            assert (await client.system.status())["myID"] == daemon.device_id
        assert daemon.pid is not None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(waiting, "_READY_TIMEOUT", 0.3)
            os.kill(daemon.pid, signal.SIGSTOP)
            try:
                await until(
                    lambda: does_not_answer(client, 0.3)
                )  # it takes a moment until all of its threads have stopped
                with pytest.raises(WaitTimeoutError, match=r"did not answer within 0\.3 s"):
                    await client.wait_ready(timeout=1)
                ready = asyncio.create_task(client.wait_ready(timeout=60))
                await asyncio.sleep(0)
            finally:
                os.kill(daemon.pid, signal.SIGCONT)
            await ready
        await client.system.restart()
        await until(lambda: does_not_answer(client))
        await client.wait_ready(timeout=60)
        await client.system.ping()


async def does_not_answer(client: Syncthing, timeout: float | None = None) -> bool:
    """Return whether a daemon gives no answer."""
    try:
        await client.system.ping(timeout=timeout)
    except SyncthingError:
        return True
    return False


async def test_a_certificate_that_is_not_trusted_is_raised_at_once(pair: Pair) -> None:
    """The daemon's own is self-signed. Without verification, the daemon is ready."""
    url = pair.a.url.replace("http:", "https:")
    async with Syncthing(pair.a.api_key, url) as client:
        with pytest.raises(TLSError):
            await client.wait_ready()
    async with Syncthing(pair.a.api_key, url, verify_ssl=False) as client:
        await client.wait_ready(timeout=30)
