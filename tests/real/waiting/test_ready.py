"""Waiting until a real daemon is ready."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from aiosyncthing import Daemon, Syncthing
from aiosyncthing.exceptions import NotSyncthingError, SyncthingError, TLSError, UnauthorizedError, WaitTimeoutError
from aiosyncthing.waiting import waiting
from tests.support.server import Listener
from tests.support.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Pair

pytestmark = [pytest.mark.daemon, pytest.mark.asyncio(loop_scope="package")]


async def test_from_refused_to_ready(syncthing_binary: Path) -> None:
    """A daemon that is down is waited for through its start, and is ready then; when it hangs, it is not."""
    async with Daemon(binary=syncthing_binary) as daemon, Syncthing(daemon.api_key, daemon.url) as client:
        await client.wait_ready(timeout=5)
        await daemon.kill()
        with pytest.raises(WaitTimeoutError, match=r"not after 0\.3 seconds: .*Connection refused"):
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
                with pytest.raises(WaitTimeoutError, match="did not answer in time"):
                    await client.wait_ready(timeout=1)
                ready = asyncio.create_task(client.wait_ready(timeout=60))
                await asyncio.sleep(0)
            finally:
                os.kill(daemon.pid, signal.SIGCONT)
            await ready
        await daemon.kill()


async def test_a_restart_asked_by_the_api_is_waited_out(syncthing_binary: Path) -> None:
    """The daemon goes away, and comes back as another process."""
    async with Daemon(binary=syncthing_binary) as daemon:
        await daemon.client.system.restart()
        started = time.monotonic()
        await until(lambda: is_down(daemon))
        await daemon.client.wait_ready(timeout=60)
        await daemon.client.system.ping()
        assert time.monotonic() - started < 30
        await daemon.kill()


async def hangs(daemon: Daemon) -> bool:
    """Tell whether a daemon gives no answer; it takes a moment until all of its threads have stopped."""
    try:
        await daemon.client.system.ping(timeout=0.3)
    except SyncthingError:
        return True
    return False


async def is_down(daemon: Daemon) -> bool:
    """Tell whether a daemon does not answer."""
    try:
        await daemon.client.system.ping()
    except SyncthingError:
        return True
    return False


async def test_a_wrong_key_is_raised_at_once(pair: Pair) -> None:
    """Nothing gets better by waiting."""
    async with Syncthing("wrong", pair.a.url) as client:
        with pytest.raises(UnauthorizedError):
            await client.wait_ready()


async def test_a_certificate_that_is_not_trusted_is_raised_at_once(pair: Pair) -> None:
    """The daemon's own is self-signed; without verification it is ready."""
    url = pair.a.url.replace("http:", "https:")
    async with Syncthing(pair.a.api_key, url) as client:
        with pytest.raises(TLSError):
            await client.wait_ready()
    async with Syncthing(pair.a.api_key, url, verify_ssl=False) as client:
        await client.wait_ready(timeout=30)


async def test_another_program_is_raised_at_once() -> None:
    """A web server that has its own opinion."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello")

    async with Listener(serve) as listener, Syncthing("key", listener.url) as client:
        with pytest.raises(NotSyncthingError):
            await client.wait_ready()
