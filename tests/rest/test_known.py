"""The cached device ID of the daemon."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import RequestTimeoutError, ServerError
from tests.support.server import DAEMON_ID, KEY, PONG, Server, as_json, as_text
from tests.support.values import OTHER

STATUS = as_json({"myID": DAEMON_ID, "startTime": "", "uptime": 1})
BARE = replace(STATUS, syncthing=False)  # as through a proxy that removes headers


async def test_any_answer_says_it() -> None:
    """After another request, none is needed; the first answer of another daemon replaces the cached ID."""
    other = replace(PONG, headers={"X-Syncthing-Id": OTHER}, syncthing=False)
    async with Server(PONG, other) as server, Syncthing(KEY, server.url) as client:
        for answered in (DAEMON_ID, OTHER):
            await client.system.ping()
            assert await client.device_id() == answered


async def test_it_is_asked_once() -> None:
    """Concurrent and later calls share one request, even if something removes the headers."""
    async with Server(BARE) as server, Syncthing(KEY, server.url) as client:
        found = await asyncio.gather(*(client.device_id() for _ in range(5)))
        assert {*found, await client.device_id()} == {DAEMON_ID}
    assert len(server.requests) == 1


async def test_a_failure_is_not_remembered() -> None:
    """Each of several callers tries for itself, and the next call, too."""
    ill = replace(as_text("ill", 500), syncthing=False)
    async with Server(ill, ill, BARE) as server, Syncthing(KEY, server.url) as client:
        found = await asyncio.gather(client.device_id(), client.device_id(), return_exceptions=True)
        assert [type(each) for each in found] == [ServerError, ServerError]
        assert await client.device_id() == DAEMON_ID


async def test_a_cancelled_caller_leaves_the_question_to_the_next() -> None:
    """The second asks itself, in its own time."""
    never = replace(STATUS, after=asyncio.Event())
    async with Server(never, STATUS) as server, Syncthing(KEY, server.url) as client:
        first = asyncio.create_task(client.device_id())
        await server.requested(1)
        second = asyncio.create_task(client.device_id())
        await asyncio.sleep(0)
        first.cancel()
        assert await second == DAEMON_ID
        assert first.cancelled()
    assert len(server.requests) == 2


async def test_a_caller_waits_no_longer_than_its_own_limit() -> None:
    """Even if the other's question takes longer."""
    never = replace(STATUS, after=asyncio.Event())
    async with Server(never) as server, Syncthing(KEY, server.url) as client:
        first = asyncio.create_task(client.device_id(timeout=float("inf")))
        await server.requested(1)
        with pytest.raises(RequestTimeoutError):
            await client.device_id(timeout=0.05)
        first.cancel()
