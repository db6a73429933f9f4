"""A fake daemon to follow the events of, and what tests of listeners ask about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Final

from pytest_syncthing import FakeSyncthing, Request

__all__ = [
    "DAEMON_ID",
    "KEY",
    "OTHER_ID",
    "SOON",
    "START",
    "following",
    "happen",
    "polls",
    "port",
    "quick",
    "short",
    "take",
    "timeouts",
]

KEY: Final = "a-key-that-nobody-may-see"
DAEMON_ID: Final = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"
OTHER_ID: Final = "MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD"
START: Final = (1, 2, 3)
"""IDs of the events of a daemon's start."""

SOON: Final = 10.0
"""Seconds to wait for what has to happen."""


@contextmanager
def following() -> Iterator[FakeSyncthing]:
    """Provide a daemon whose clock stands still, and that has only started."""
    with FakeSyncthing(api_key=KEY, device_id=DAEMON_ID) as fake:
        fake.freeze()
        assert fake.newest_event == START[-1]
        yield fake


def port(fake: FakeSyncthing) -> int:
    """Return the port that it listens on."""
    return int(fake.url.rpartition(":")[2])


def happen(fake: FakeSyncthing, *kinds: str) -> None:
    """Emit events of these types."""
    for kind in kinds:
        fake.emit(kind)


def polls(fake: FakeSyncthing) -> list[Request]:
    """Return all requests for events so far."""
    return [request for request in fake.requests if request.path.startswith("/rest/events")]


def timeouts(fake: FakeSyncthing) -> list[str]:
    """Return the ``timeout`` parameter of each of them."""
    return [poll.param("timeout") for poll in polls(fake)]


def quick() -> Iterator[float]:
    """Delays: retry soon, for ever."""
    while True:
        yield 0.01


def short(item: Any) -> Any:
    """Return what distinguishes an item from others: an ID, or the name of a marker and why it is there."""
    if item["id"] is not None:
        return item["id"]
    return (item["type"], *item["data"].values()) if item["type"] == "EventsLost" else item["type"]


async def take(stream: AsyncIterator[Any], count: int) -> list[Any]:
    """Return the next items, shortened."""
    async with asyncio.timeout(SOON):
        return [short(await anext(stream)) for _ in range(count)]
