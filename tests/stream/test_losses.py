"""Nothing is lost silently and nothing comes twice, whatever happens to the daemon and the way to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import ConnectionFailedError, MultipleDaemonsError, RequestTimeoutError
from pytest_syncthing import FakeSyncthing
from tests.support.following import (
    DAEMON_ID,
    KEY,
    OTHER_ID,
    SOON,
    START,
    happen,
    polls,
    port,
    quick,
    short,
    take,
    timeouts,
)
from tests.support.proxy import Proxy, ReverseProxy, raw_answer

RESTART = ("EventsLost", "restart", None)

# --- Losses ---


async def test_an_overflow(fake: FakeSyncthing, client: Syncthing) -> None:
    """The daemon keeps 1000 events. The number of those lost comes before the first one left."""
    async with client.events.stream() as stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.emit("StateChanged")  # wakes the stream, which then waits for its consumer
        await fake.until(lambda: fake.answered == 4)
        fake.emit("StateChanged", count=1500)
        assert await take(stream, 1) == [4]
        assert await take(stream, 2) == [("EventsLost", "overflow", 500), 505]
        assert await take(stream, 999) == list(range(506, 1505))


async def test_a_gap_under_a_filter(fake: FakeSyncthing, client: Syncthing) -> None:
    """Whether a lost event was of the requested types is unknown, so every loss is reported."""
    async with client.events.stream({"StateChanged"}) as stream:
        fake.lose("FolderSummary")
        fake.emit("StateChanged")
        assert await take(stream, 2) == [("EventsLost", "overflow", 1), 5]


@pytest.mark.parametrize(
    ("before", "options", "after", "found"),
    [(0, {}, 2, [*START, 4, 5]), (0, {"disk": True}, 0, [])],
    ids=["with more events than before", "before the first event"],
)
async def test_a_restart(
    fake: FakeSyncthing, client: Syncthing, before: int, options: Any, after: int, found: list[int]
) -> None:
    """The loss comes first, then the new process's events, from the first that it holds."""
    fake.emit("StateChanged", count=before)
    async with client.events.stream(delays=quick, **options) as stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.restart()
        fake.emit("StateChanged", count=after)
        assert await take(stream, 3 + len(found)) == ["StreamDown", "StreamUp", RESTART, *found]
        fake.emit("StateChanged" if found else "LocalChangeDetected")
        assert await take(stream, 1) == [len(found) + 1]


@pytest.mark.parametrize("dark", [True, False], ids=["while an answer is on its way", "between two answers"])
async def test_a_restart_behind_a_proxy(fake: FakeSyncthing, dark: bool) -> None:
    """A restart that the client's connection survives is noticed, even if the new IDs fit exactly."""
    async with ReverseProxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as client:
        async with client.events.stream() as stream:
            await fake.until(lambda: fake.polls_waiting)
            proxy.dark = dark
            fake.emit("StateChanged")
            if dark:
                await fake.until(lambda: not fake.polls_waiting)
            else:
                assert await take(stream, 1) == [4]
            fake.restart()
            fake.emit("StateChanged", count=3)
            proxy.dark = False
            assert await take(stream, 7) == [RESTART, *START, 4, 5, 6]
        assert proxy.connections == 1


async def test_two_daemons_that_take_turns(fake: FakeSyncthing, client: Syncthing) -> None:
    """If identity and events never come from the same daemon, entering fails with an error that says so."""
    status = await client.system.status()
    fake.respond("rest/system/status", json={**status, "myID": OTHER_ID, "uptime": 99}, times=None)
    with pytest.raises(MultipleDaemonsError) as caught:
        async with asyncio.timeout(SOON), client.events.stream():
            pass
    assert set(caught.value.device_ids) == {DAEMON_ID, OTHER_ID}
    assert len(fake.requests) < 20


# About 150 bytes wake the stream up, about 490 are the head of the next answer, and as many its body.
@pytest.mark.parametrize("left", [0, 1, 17, 140, 200, 350, 630, 700, 1000])
async def test_a_cut_within_an_answer(fake: FakeSyncthing, left: int) -> None:
    """Wherever an answer is cut off, its events come exactly once."""
    async with (
        Proxy(port(fake)) as proxy,
        Syncthing(KEY, proxy.url) as client,
        client.events.stream(delays=quick) as stream,
    ):
        await fake.until(lambda: fake.polls_waiting)
        proxy.truncate(left)
        happen(fake, "StateChanged", "StateChanged")
        found = list[Any]()
        while 5 not in found:
            found += await take(stream, 1)
        assert [item for item in found if item not in {"StreamDown", "StreamUp"}] == [4, 5]
        assert proxy.connections > 1


async def test_a_daemon_that_has_just_started(fake: FakeSyncthing, client: Syncthing) -> None:
    """Entering takes until the daemon's start time is unambiguous."""
    status = await client.system.status()
    young = fake.respond("rest/system/status", json={**status, "uptime": 0}, times=None)
    task = asyncio.create_task(client.events.stream().__aenter__())
    await fake.until(lambda: young.hits == 2)
    assert not polls(fake)
    young.release()
    stream = await task
    fake.emit("StateChanged")
    assert await take(stream, 1) == [4]
    await stream.aclose()


@pytest.mark.parametrize("shift", [-86400.0, 86400.0])
async def test_a_clock_that_jumps(
    fake: FakeSyncthing, client: Syncthing, monkeypatch: pytest.MonkeyPatch, shift: float
) -> None:
    """A machine that was asleep, or whose clock was set, loses nothing: no clock is trusted."""
    import time  # noqa: PLC0415 - the functions before they are replaced

    real = {name: getattr(time, name) for name in ("time", "monotonic")}
    ahead = 0.0

    def shifted(name: str) -> Callable[[], float]:
        return lambda: real[name]() + ahead

    async with client.events.stream(delays=quick) as stream:
        await fake.until(lambda: fake.polls_waiting)
        monkeypatch.setattr("time.time", shifted("time"))
        if shift > 0:  # a monotonic clock only runs forward
            monkeypatch.setattr("time.monotonic", shifted("monotonic"))
        ahead = shift
        fake.emit("StateChanged")
        found = list[Any]()
        while 4 not in found:
            found += await take(stream, 1)
        # By the clock that has jumped, the request that was running took too long.
        assert found == [4] or (found == ["StreamDown", "StreamUp", 4] and shift > 0)
        await fake.until(lambda: fake.polls_waiting)
        fake.restart()
        assert await take(stream, 6) == ["StreamDown", "StreamUp", RESTART, *START]
        fake.emit("StateChanged")
        assert await take(stream, 1) == [4]
        ahead = 0.0


# --- Outages ---


async def test_down_and_up_once_each(fake: FakeSyncthing) -> None:
    """However many attempts fail, each transition is one item. The error is available until the stream is up again."""
    async with (
        Proxy(port(fake)) as proxy,
        Syncthing(KEY, proxy.url) as client,
        client.events.stream(delays=quick) as stream,
    ):
        await fake.until(lambda: fake.polls_waiting)
        proxy.refusing = True
        proxy.cut()
        assert stream.error is None
        async with asyncio.timeout(SOON):
            down = await anext(stream)
        assert (down["type"], down["id"], down["globalID"]) == ("StreamDown", None, None)
        assert isinstance(stream.error, ConnectionFailedError)
        assert down["data"] == {"error": str(stream.error), "kind": type(stream.error).__name__}
        await proxy.connected(proxy.connections + 5)
        assert stream.error is not None
        proxy.refusing = False
        fake.emit("StateChanged")
        assert await take(stream, 2) == ["StreamUp", 4]
        assert stream.error is None


@pytest.mark.parametrize(("since", "first"), [("now", ("EventsLost", "late", None)), ("history", 1)])
async def test_down_from_the_beginning(fake: FakeSyncthing, since: Any, first: Any) -> None:
    """A daemon that can't be reached is no error. Without history, what happens before it can be is lost."""
    async with Proxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as client:
        proxy.refusing = True
        async with client.events.stream(since=since, delays=quick) as stream:
            assert stream.cursor is None
            assert await take(stream, 1) == ["StreamDown"]
            proxy.refusing = False
            assert await take(stream, 2) == ["StreamUp", first]
            fake.emit("StateChanged")
            assert (await take(stream, 3 if first == 1 else 1))[-1] == 4


async def test_darkness(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that has gone dead is noticed, and what happened meanwhile comes afterwards."""
    monkeypatch.setattr("aiosyncthing.stream.stream._MARGIN", 0.2)
    async with (
        Proxy(port(fake)) as proxy,
        Syncthing(KEY, proxy.url, timeout=0.2) as client,
        client.events.stream(wait=1, delays=quick) as stream,
    ):
        await fake.until(lambda: fake.polls_waiting)
        proxy.dark = True
        fake.emit("StateChanged")
        assert await take(stream, 1) == ["StreamDown"]
        assert isinstance(stream.error, RequestTimeoutError)
        proxy.dark = False
        assert await take(stream, 2) == ["StreamUp", 4]


async def test_something_that_ends_silent_requests(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once that has happened twice after the same time, requests become shorter, and it happens no more."""
    monkeypatch.setattr("aiosyncthing.stream.stream._SHORTEST_WAIT", 1)
    fake.unfreeze()
    async with Proxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as client:
        proxy.idle_limit = 1.5
        async with client.events.stream(delays=quick) as stream:
            assert await take(stream, 4) == ["StreamDown", "StreamUp"] * 2
            await fake.until(lambda: timeouts(fake)[-1] == "1")
            await fake.until(lambda: timeouts(fake).count("1") == 3)
            fake.emit("StateChanged")
            assert await take(stream, 1) == [4]


async def test_an_accident(fake: FakeSyncthing, client: Syncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A single cut doesn't make requests shorter."""
    monkeypatch.setattr("aiosyncthing.stream.stream._SHORTEST_WAIT", 0)
    async with client.events.stream(delays=quick) as stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.cut()
        assert await take(stream, 2) == ["StreamDown", "StreamUp"]
        await fake.until(lambda: fake.polls_waiting)
        assert timeouts(fake)[-1] == "30"


# --- Pace ---


@pytest.mark.parametrize("polled", ["none", "the same", "cached", "an error"])
async def test_polls_that_are_answered_at_once(fake: FakeSyncthing, client: Syncthing, polled: str) -> None:
    """A poll that returns early without news, or fails, is no progress: there are only a few per second."""
    newest = (await client.events.poll(2))[0]
    events: dict[str, Any] = {"none": [], "the same": [newest], "cached": [newest | {"id": 9}]}
    answered = 0

    def answer(request: bytes) -> bytes | None:
        nonlocal answered
        if b"timeout=30" not in request:
            return None
        answered += 1
        if polled == "an error":
            return raw_answer("502 Bad Gateway", "text/html", b"no")
        return raw_answer("200 OK", "application/json", orjson.dumps(events[polled]))

    found = list[Any]()
    clock = asyncio.get_running_loop().time
    async with ReverseProxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as slow:
        proxy.instead = answer
        async with slow.events.stream(delays=quick) as stream:

            async def follow() -> None:
                while 4 not in found:
                    found.append(short(await anext(stream)))

            begin = clock()
            before = len(fake.requests)
            task = asyncio.create_task(follow())
            await fake.until(lambda: answered == 4)
            assert clock() - begin > 2.4
            assert answered + len(fake.requests) - before < 15
            fake.emit("StateChanged")
            await asyncio.wait_for(task, SOON)
    assert set(found) <= {"StreamDown", "StreamUp", 4}


@pytest.mark.usefixtures("lone")
async def test_news_is_not_delayed(fake: FakeSyncthing, client: Syncthing) -> None:
    """Polls that are answered at once with news follow each other without a pause."""
    async with client.events.stream() as stream:
        begin = asyncio.get_running_loop().time()
        for number in range(4, 54):
            fake.emit("StateChanged")
            assert await take(stream, 1) == [number]
        assert asyncio.get_running_loop().time() - begin < SOON


async def test_as_long_as_the_answer_asks_for(fake: FakeSyncthing, client: Syncthing) -> None:
    """The next attempt honours ``Retry-After``."""
    clock = asyncio.get_running_loop().time
    async with client.events.stream(delays=quick) as stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.respond("*", raw=raw_answer("429 Too Many Requests", "text/plain", b"", "Retry-After: 1"))
        begin = clock()
        fake.advance(30)
        assert await take(stream, 2) == ["StreamDown", "StreamUp"]
        assert clock() - begin > 0.9


@pytest.mark.usefixtures("burst")
@pytest.mark.parametrize("direct", [False, True])
async def test_a_burst(fake: FakeSyncthing, direct: bool) -> None:
    """One request fetches what comes within a short time, with its proof. If nothing does, the stream waits again.

    That holds on any way, also where an event that comes alone needs no proof.
    """
    async with fake.client(direct=direct) as client, client.events.stream() as stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.emit("StateChanged")
        assert await take(stream, 1) == [4]
        asked = len(polls(fake))
        happen(fake, "StateChanged", "StateChanged")
        assert await take(stream, 2) == [5, 6]
        (poll,) = polls(fake)[asked:]
        assert (poll.param("since"), poll.param("timeout"), poll.param("limit")) == ("3", "0", "")
        fake.restart()
        fake.emit("StateChanged", count=9)
        found: list[Any] = []
        while 12 not in found:
            found += await take(stream, 1)
        assert [item for item in found if item not in {"StreamDown", "StreamUp"}] == [RESTART, *range(1, 13)]
        await fake.until(lambda: fake.polls_waiting)
        assert timeouts(fake)[-1] == "30"
