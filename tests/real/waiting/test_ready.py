"""Waiting until a real daemon is ready."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from aiosyncthing import Daemon, Syncthing
from aiosyncthing.exceptions import SyncthingError, TLSError, WaitTimeoutError
from aiosyncthing.waiting import waiting
from tests.support.waiting import until

from .conftest import Pair

pytestmark = [pytest.mark.daemon, pytest.mark.asyncio(loop_scope="package")]


async def test_from_refused_to_ready(syncthing_binary: Path) -> None:
    """A daemon that is down is waited for until it has started. One that hangs is not ready."""
    async with Daemon(binary=syncthing_binary) as daemon, Syncthing(daemon.api_key, daemon.url) as client:
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
                await until(lambda: hangs(daemon))
                with pytest.raises(WaitTimeoutError, match=r"did not answer within 0\.3 s"):
                    await client.wait_ready(timeout=1)
                ready = asyncio.create_task(client.wait_ready(timeout=60))
                await asyncio.sleep(0)
            finally:
                os.kill(daemon.pid, signal.SIGCONT)
            await ready
        await daemon.kill()


async def test_a_restart_asked_by_the_api_is_waited_out(syncthing_binary: Path) -> None:
    """The daemon stops, and comes back as another process."""
    async with Daemon(binary=syncthing_binary) as daemon:
        await daemon.client.system.restart()
        started = time.monotonic()
        await until(lambda: is_down(daemon))
        await daemon.client.wait_ready(timeout=60)
        await daemon.client.system.ping()
        assert time.monotonic() - started < 30
        await daemon.kill()


async def hangs(daemon: Daemon) -> bool:
    """Return whether a daemon gives no answer; it takes a moment until all of its threads have stopped."""
    try:
        await daemon.client.system.ping(timeout=0.3)
    except SyncthingError:
        return True
    return False


async def is_down(daemon: Daemon) -> bool:
    """Return whether a daemon does not answer."""
    try:
        await daemon.client.system.ping()
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
