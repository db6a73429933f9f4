"""Connections that are known to end in the daemon: on one that was believed before, a poll needs no second request."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing import API, Syncthing
from pytest_syncthing import FakeSyncthing
from tests.support.following import KEY, START, happen, polls, port, quick, take
from tests.support.proxy import Proxy, ReverseProxy

pytestmark = pytest.mark.usefixtures("lone")
RESTART = ("EventsLost", "restart", None)


async def cost(fake: FakeSyncthing, stream: Any, rounds: int = 5) -> list[int]:
    """Return how many requests a lone event costs, several times."""
    await fake.until(lambda: fake.polls_waiting)
    costs: list[int] = []
    for _ in range(rounds):
        before = fake.answered
        fake.emit("StateChanged")
        assert await take(stream, 1) == [fake.newest_event]
        await fake.until(lambda: fake.polls_waiting)
        costs.append(fake.answered - before)
    return costs


@pytest.mark.parametrize(("direct", "requests"), [(True, 1), (False, 2), (None, 2)])
async def test_a_lone_event(fake: FakeSyncthing, direct: bool | None, requests: int) -> None:
    """A lone event costs one request where the caller says that connections end in the daemon, two otherwise."""
    async with fake.client(direct=direct) as client, client.events.stream() as stream:
        assert await cost(fake, stream) == [requests] * 5
        assert len({poll.param("limit") for poll in polls(fake)[1:]}) == (1 if direct else 2)


async def test_the_beginning(fake: FakeSyncthing) -> None:
    """History, the beginning and a cursor are proven as on any connection, and the next poll is believed."""
    async with fake.client(direct=True) as client:
        async with client.events.stream(since="history") as stream:
            assert await take(stream, 3) == [*START]
            assert await cost(fake, stream) == [1] * 5
            cursor = stream.cursor
        assert cursor is not None
        fake.emit("StateChanged")
        async with client.events.stream(since=cursor) as stream:
            assert await take(stream, 1) == [9]
            assert polls(fake)[-1].param("since") in {"7", "9"}
            assert await cost(fake, stream) == [1] * 5
        async with client.events.stream(disk=True) as stream:
            await fake.until(lambda: fake.polls_waiting)
            before = fake.answered
            fake.emit("LocalChangeDetected")
            assert await take(stream, 1) == [1]
            assert fake.answered == before + 1


async def test_a_busy_client(fake: FakeSyncthing) -> None:
    """Other requests of the client change the order of its connections, and soon each of them is believed."""
    async with fake.client(direct=True) as client, client.events.stream() as stream:
        costs: list[int] = []
        for _ in range(10):
            await fake.until(lambda: fake.polls_waiting)
            await client.system.ping()
            costs += await cost(fake, stream, 1)
        assert sum(costs) < 13
        assert costs[-5:] == [1] * 5


async def test_a_connection_that_was_closed_while_the_consumer_was_busy(fake: FakeSyncthing) -> None:
    """A poll on a new connection is not believed, even if nothing failed in between."""
    async with Proxy(port(fake)) as proxy, Syncthing(KEY, proxy.url, direct=True) as client:
        stream = client.events.stream(since="history", delays=quick)
        assert await take(stream, 3) == [*START]
        fake.emit("StateChanged")
        assert await take(stream, 1) == [4]
        for restarted in (False, True):
            proxy.cut()
            if restarted:
                fake.restart()
                fake.emit("StateChanged", count=5)
            happen(fake, "StateChanged")
            expected = [RESTART, *START, 4, 5, 6, 7, 8, 9] if restarted else [5]
            found: list[Any] = []
            while len(found) < len(expected):
                found += [item for item in await take(stream, 1) if item not in {"StreamDown", "StreamUp"}]
            assert found == expected
        await stream.aclose()


async def test_a_wrong_word(fake: FakeSyncthing) -> None:
    """Behind a reverse proxy, the promise is broken: this is what the second request is for."""
    async with ReverseProxy(port(fake)) as proxy:
        for direct in (True, False):
            async with Syncthing(KEY, proxy.url, direct=direct) as client, client.events.stream() as stream:
                await fake.until(lambda: fake.polls_waiting)
                proxy.dark = True
                fake.emit("StateChanged")
                await fake.until(lambda: not fake.polls_waiting)
                newest = fake.newest_event
                fake.restart()
                fake.emit("StateChanged", count=newest)
                proxy.dark = False
                first = (await take(stream, 1))[0]
                assert first == (newest if direct else RESTART)
                while (await take(stream, 1))[0] != fake.newest_event:
                    pass


@pytest.mark.parametrize(
    ("url", "direct", "expected"),
    [
        ("http://127.0.0.1:8384", None, False),
        ("http://127.0.0.1:8384", True, True),
        ("https://127.0.0.1:8384", None, False),
        ("unix:///run/syncthing.sock", None, True),
        ("unixs:///run/syncthing.sock", None, True),
        ("unix:///run/syncthing.sock", False, False),
    ],
)
def test_what_is_known_of_a_url(url: str, direct: bool | None, expected: bool) -> None:
    """Through a Unix socket connections end in the daemon, at any other address if the caller says so."""
    assert API(KEY, url, direct=direct).direct is expected
    assert Syncthing(KEY, url, direct=direct).api.direct is expected


def test_what_is_known_of_a_fake(fake: FakeSyncthing) -> None:
    """A client of a fake asks as one of an unknown address would, unless the test says otherwise."""
    assert not fake.client().api.direct
    assert fake.client(direct=True).api.direct
