"""A fake daemon that is in sync, and what tests of watching and waiting do with it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import pytest

from aiosyncthing import SyncProgress, Syncthing
from aiosyncthing.exceptions import WaitTimeoutError
from aiosyncthing.live import Live
from pytest_syncthing import FakeFault, FakeFolder, FakeSyncthing

from .server import DAEMON_ID
from .values import OTHER

__all__ = [
    "BROKEN",
    "ELSEWHERE",
    "LATER",
    "REFUSED",
    "UNAVAILABLE",
    "asked",
    "connections_in_use",
    "deaf",
    "docs",
    "heard",
    "left",
    "missing",
    "requested",
    "settled",
    "synced",
    "wait",
    "waits",
    "watching",
]

# Answers that replace the daemon's.
UNAVAILABLE: Final[Mapping[str, Any]] = {"status": 502, "text": "the proxy is ill", "from_proxy": True}
ELSEWHERE: Final[Mapping[str, Any]] = {"status": 404, "text": "404 page not found", "from_proxy": True}
REFUSED: Final[Mapping[str, Any]] = {"status": 403, "text": "CSRF Error"}
BROKEN: Final[Mapping[str, Any]] = {"raw": b""}
LATER: Final[Mapping[str, Any]] = {
    "raw": b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
}

_A_WHILE: Final = 3600


@contextmanager
def synced(version: str = "1.29") -> Iterator[FakeSyncthing]:
    """Provide a daemon with the device `OTHER` and a folder ``docs`` of 100 bytes, in sync for a while.

    Its clock stands still, so that nothing happens by itself.
    """
    with FakeSyncthing(version, device_id=DAEMON_ID) as fake:
        fake.freeze()
        fake.add_device("other", device_id=OTHER)
        fake.add_folder("docs", files={"a.txt": bytes(100)}, devices=[OTHER])
        fake.connect(OTHER)
        fake.finish_sync()
        fake.advance(_A_WHILE)
        yield fake


def docs(fake: FakeSyncthing) -> FakeFolder:
    """Return the folder that it begins with."""
    return fake.folder("docs")


def asked(fake: FakeSyncthing) -> Counter[str]:
    """Return the number of requests for each path below ``rest``."""
    return Counter(request.path.removeprefix("/rest/") for request in fake.requests)


async def requested(fake: FakeSyncthing, path: str, count: int = 1) -> None:
    """Wait until there have been that many requests for a path."""
    await fake.until(lambda: asked(fake)[path] >= count)


async def heard(fake: FakeSyncthing) -> None:
    """Wait until the only listener has taken all events so far, and waits for more."""
    await fake.until(lambda: fake.polls_waiting)


async def deaf(fake: FakeSyncthing) -> FakeFault:
    """Keep further events from the only listener until the returned fault is released."""
    await heard(fake)
    held = fake.hold("rest/events", times=None)
    fake.offer_device("stranger")  # of no interest, but it ends the poll that waits
    await fake.until(lambda: held.hits)
    return held


def connections_in_use(client: Syncthing) -> int:
    """Return how many requests of a client are running; aiohttp has no public way to find out."""
    session = client.api._sessions._current
    connector: Any = session.connector if session is not None else None
    return len(connector._acquired) if connector is not None else 0


async def left(fake: FakeSyncthing) -> None:
    """Wait until all connections are closed, as they are when clients have left nothing behind."""
    await fake.until(lambda: fake.connections == 0)


@asynccontextmanager
async def watching(fake: FakeSyncthing, **options: Any) -> AsyncGenerator[Live]:
    """Watch a daemon with a client of its own, and check that nothing is left behind."""
    async with fake.client(**options) as client:
        async with client.watch() as live:
            await heard(fake)
            yield live
        assert connections_in_use(client) == 0
    await left(fake)


async def settled(live: Live) -> None:
    """Wait until all questions of a mirror are answered."""
    await live.until(lambda live: live.settled, timeout=10)


@asynccontextmanager
async def waits(
    fake: FakeSyncthing, *args: Any, timeout: float = 20, **options: Any
) -> AsyncGenerator[asyncio.Task[Any]]:
    """Wait for sync in a task, end it, and check that nothing is left behind."""
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
    """Wait for sync, and return the progress."""
    async with waits(fake, *args, **options) as task:
        result: SyncProgress = await task
        return result


async def missing(fake: FakeSyncthing, *args: Any, **options: Any) -> str:
    """Return what is missing when the time is up."""
    with pytest.raises(WaitTimeoutError) as caught:
        await wait(fake, *args, timeout=1, **options)
    return str(caught.value)
