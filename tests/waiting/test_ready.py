"""Waiting until a daemon is ready."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import HostCheckError, NotSyncthingError, UnauthorizedError, WaitTimeoutError
from aiosyncthing.waiting import waiting
from pytest_syncthing import FakeSyncthing
from tests.support.server import DAEMON_ID, Listener
from tests.support.synced import BROKEN, ELSEWHERE, LATER, REFUSED, UNAVAILABLE

MIGRATION = {"text": "*** Database migration in progress ***\n\n1% done", "from_proxy": True}
HELLO = {"body": b"<html>hello</html>", "content_type": "text/html", "from_proxy": True}


async def wait_ready(fake: FakeSyncthing, timeout: float = 10) -> int:
    """Wait for a daemon; return how many requests that took."""
    before = len(fake.requests)
    async with fake.client() as client:
        await client.wait_ready(timeout)
    return len(fake.requests) - before


async def test_a_daemon_that_is_ready(fake: FakeSyncthing) -> None:
    """One request is enough, even if a proxy removes the daemon's headers."""
    assert await wait_ready(fake) == 1
    fake.respond("rest/system/status", json={"myID": DAEMON_ID}, from_proxy=True)
    assert await wait_ready(fake) == 1


@pytest.mark.parametrize("trouble", [MIGRATION, UNAVAILABLE, ELSEWHERE, {"status": 503, "text": "starting"}, BROKEN])
async def test_a_daemon_that_becomes_ready(fake: FakeSyncthing, trouble: dict[str, Any]) -> None:
    """A migration, a proxy with nothing behind it, and a connection that breaks are waited out."""
    fake.respond("rest/system/status", **trouble, times=2)
    assert await wait_ready(fake) == 3


async def test_an_answer_that_asks_for_time(fake: FakeSyncthing) -> None:
    """The next request honours ``Retry-After``."""
    fake.respond("rest/system/status", **LATER)
    begun = time.monotonic()
    assert await wait_ready(fake) == 2
    assert time.monotonic() - begun > 0.99


async def test_a_daemon_that_hangs(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that gets no answer in time is repeated."""
    monkeypatch.setattr(waiting, "_READY_TIMEOUT", 0.2)
    fake.hold("rest/system/status")
    assert await wait_ready(fake) == 2


@pytest.mark.parametrize(
    ("happen", "text"),
    [
        (lambda fake: fake.migrate(), "migration"),
        (lambda fake: fake.respond("rest/system/status", **UNAVAILABLE, times=None), ".*failed .*status 502"),
        (lambda fake: fake.hold("rest/system/status"), "no answer yet"),
        (lambda fake: fake.stop_daemon(), ".*Connection refused"),
    ],
    ids=["migration", "unavailable", "silent", "down"],
)
async def test_the_time_is_up(fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], text: str) -> None:
    """The error has the last state. There is no progress to report."""
    happen(fake)
    with pytest.raises(WaitTimeoutError, match=rf"0\.3 s: the daemon is not ready; last state: {text}") as caught:
        await wait_ready(fake, 0.3)
    assert (caught.value.progress, caught.value.missing) == (None, ())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (REFUSED, UnauthorizedError),
        ({"status": 403, "text": "Host check error", "from_proxy": True}, HostCheckError),
        (HELLO, NotSyncthingError),
        ({"json": {"hello": "world"}, "from_proxy": True}, NotSyncthingError),
        ({"json": ["hello"], "from_proxy": True}, NotSyncthingError),
    ],
)
async def test_what_does_not_pass(fake: FakeSyncthing, answer: dict[str, Any], error: type[Exception]) -> None:
    """A refused key, a refused host name or another program is raised at once, even if a daemon was there before."""
    async with fake.client() as client:
        await client.wait_ready(1)
        given = fake.respond("rest/system/status", **answer, times=None)
        with pytest.raises(error):
            await client.wait_ready(10)
    assert given.hits == 1


async def test_what_does_not_speak_http() -> None:
    """A mail server, for example, is raised at once."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        await reader.read()

    async with Listener(serve) as listener, Syncthing("key", listener.url) as client:
        with pytest.raises(NotSyncthingError):
            await client.wait_ready(10)
