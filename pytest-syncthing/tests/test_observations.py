"""What a test can see of a fake, and its clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.support.asking import ask

from aiosyncthing.exceptions import UnauthorizedError
from pytest_syncthing import FakeSyncthing, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiosyncthing import Syncthing
    from pytest_syncthing import FakeFolder


@pytest.fixture
async def client(fake: FakeSyncthing) -> AsyncIterator[Syncthing]:
    """A client of it."""
    async with fake.client() as client:
        yield client


# --- Its time ---


def test_its_clock() -> None:
    """It begins when the test says, runs, stands still, and moves."""
    start = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    with FakeSyncthing(start=start) as fake:
        assert start <= fake.now < start + timedelta(seconds=60)
        fake.wait_until(lambda: fake.now > start)
        fake.freeze()
        stopped = fake.now
        fake.advance(90)
        assert fake.now == stopped + timedelta(seconds=90)
        fake.emit("StateChanged")
        assert ask(fake, "rest/events?limit=1&timeout=0")[0]["time"].startswith(f"{fake.now:%Y-%m-%dT%H:%M:%S}")
        fake.unfreeze()
        fake.wait_until(lambda: fake.now > stopped + timedelta(seconds=90))


async def test_a_poll_ends_by_the_clock() -> None:
    """A long poll waits for the fake's clock, and nobody else."""
    with FakeSyncthing() as fake:
        fake.freeze()
        async with fake.client() as client:
            poll = asyncio.create_task(client.events.poll(fake.newest_event, timeout=3600))
            await fake.until(lambda: fake.polls_waiting)
            fake.advance(3599)
            assert fake.polls_waiting == 1
            fake.advance(1)
            assert await poll == []


# --- What it has seen ---


async def test_requests(fake: FakeSyncthing, client: Syncthing) -> None:
    """Each request can be looked at, those that were refused too; their texts don't show the key."""
    await client.config.patch_options(maxSendKbps=7)
    async with fake.client(api_key="wrong") as stranger:
        with pytest.raises(UnauthorizedError):
            await stranger.database.status("a b")
    first, second = fake.requests
    assert isinstance(first, Request)
    assert (first.method, first.path, first.json()) == ("PATCH", "/rest/config/options", {"maxSendKbps": 7})
    assert first.header("x-api-key") == fake.api_key
    assert fake.api_key not in str(first)
    assert (second.target, second.param("folder")) == ("/rest/db/status?folder=a%20b", "a b")
    assert second.header("X-API-Key") == "wrong"


async def test_waiting_for_what_does_not_happen(fake: FakeSyncthing) -> None:
    """It is given up after a while, in both ways to wait."""
    with pytest.raises(TimeoutError):
        await fake.until(lambda: False, timeout=0.05)
    with pytest.raises(TimeoutError, match="did not become true"):
        await asyncio.to_thread(fake.wait_until, lambda: False, 0.05)


def test_waiting_in_a_plain_function(fake: FakeSyncthing) -> None:
    """Another thread asks, and this one waits for that."""

    async def ask() -> None:
        async with fake.client() as client:
            await client.system.ping()

    with asyncio.Runner() as runner:
        runner.run(ask())
    fake.wait_until(lambda: len(fake.requests) == 1)


def test_counts(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """How many requests are done with, and how the folders are."""
    ask(fake, "rest/system/ping")
    assert fake.answered == len(fake.requests) == 1
    assert fake.states() == {"docs": "idle"}
    fake.wait_until(lambda: fake.connections == 0)
