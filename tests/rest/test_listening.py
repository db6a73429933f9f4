"""`Events.listen`: it loses no event without an error, is quick to stop, and goes on after time-outs.

What programs written for version 0 rely on is tested in tests/seed.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any, Final
from unittest.mock import AsyncMock, patch

import aiohttp
import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    ConnectionFailedError,
    IncompleteResponseError,
    InvalidResponseError,
    MigrationError,
    RequestTimeoutError,
    RestartedError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
)
from pytest_syncthing import FakeSyncthing
from tests.support.following import KEY, START, following, polls
from tests.support.server import Answer, Server, as_json, as_text

RAW_REQUEST: Final = "aiosyncthing.API.raw_request"
CUT_OFF: Final = Answer(b"[" * 999, content_type="application/json", keep=500)


def events(*numbers: int) -> Answer:
    """Return a batch of events with these IDs."""
    return as_json([{"id": number, "type": "StateChanged"} for number in numbers])


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server that answers from its queue, and then sends only headers."""
    async with Server(answer=lambda _: as_json([], pause=200, resume=asyncio.Event())) as one:
        yield one


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Syncthing]:
    """A client of the server."""
    async with Syncthing(KEY, server.url) as one:
        yield one


async def collect(client: Syncthing, count: int = 999) -> list[Any]:
    """Return the IDs of this many events, each with the last seen ID at that moment."""
    found = []
    async with aclosing(client.events.listen()) as listener:
        async for event in listener:
            found.append((event["id"], client.events.last_seen_id))
            if len(found) == count:
                break
    return found


async def test_ids_that_do_not_increase(server: Server, client: Syncthing, caplog: pytest.LogCaptureFixture) -> None:
    """Events that are not newer than the one before are skipped, with a single warning. Empty batches are no reason."""
    server.queue.extend([as_json([]), events(1, 5, 3, 4, 5), events(5, 2), as_json([]), events(6, 6, 7)])
    assert await collect(client, 4) == [(1, 0), (5, 0), (6, 5), (7, 5)]
    assert [request.query for request in server.requests] == ["since=0"] * 2 + ["since=5"] * 3
    logged = [record for record in caplog.records if record.name.startswith("aiosyncthing")]
    assert [record.levelname for record in logged] == ["WARNING"]
    assert "something on the way to the daemon repeats" in logged[0].getMessage()


@pytest.mark.parametrize("answer", [as_json([]), events(5), events(4, 5)], ids=["none", "same", "cached"])
async def test_immediate_answers_without_news(answer: Answer) -> None:
    """They slow the polling down to a few requests a second; `stop` doesn't wait for the pause."""
    async with Server(events(4, 5), answer=lambda _: answer) as server, Syncthing(KEY, server.url) as client:
        clock = asyncio.get_running_loop().time
        begin = clock()
        task = asyncio.create_task(collect(client))
        await server.requested(4)
        assert clock() - begin > 1.2
        client.events.stop()
        assert len(await task) == 2
        assert clock() - begin < 30


async def test_all_kinds_of_time_outs() -> None:
    """Whatever `raw_request` raises for a time-out, listening continues."""
    kinds = [TimeoutError(), aiohttp.ServerTimeoutError(), RequestTimeoutError("late")]
    with patch(RAW_REQUEST, AsyncMock(side_effect=[*kinds, [{"id": 1}]])):
        assert await collect(Syncthing(KEY), 1) == [(1, 0)]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (as_text("CSRF Error", 403), UnauthorizedError),
        (as_text("failed", 500), ServerError),
        (Answer(raw=b""), ConnectionFailedError),
        (CUT_OFF, IncompleteResponseError),
        (Answer(b"*** Database migration in progress ***", syncthing=False), MigrationError),
        *(
            (as_json(value), InvalidResponseError)
            for value in (
                *({"ping": "pong"}, None, [1], [{"id": "1"}]),
                *([{"id": 1}, None, {"id": 3}], [{"id": 1}, {"type": "X"}]),
            )
        ),
    ],
)
async def test_errors(answer: Answer, kind: type[SyncthingError]) -> None:
    """Any failure except a time-out is raised, after the events before it; listening has then ended."""
    found: list[int] = []
    async with Server(events(5), answer, answer=lambda _: answer) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(kind) as caught:  # noqa: PT012 - what was found before is the point
            async for event in client.events.listen():
                found.append(event["id"])  # noqa: PERF401 - as above
        server.queue.clear()
    error = caught.value
    assert type(error) is kind
    assert (error.method, error.path) == ("GET", "rest/events")
    assert (found, client.events.last_seen_id, client.events.running) == ([5], 5, False)


async def test_two_listeners(server: Server, client: Syncthing) -> None:
    """When one of two ends, the other continues."""
    begin = asyncio.Event()
    server.queue.append(events(5))
    server.queue.append(as_json([{"id": 5}], after=begin))
    task = asyncio.create_task(collect(client, 1))
    await server.requested(1)
    other = asyncio.create_task(collect(client, 1))
    await task
    assert client.events.running
    await server.requested(2)
    begin.set()
    assert await other == [(5, 0)]
    assert not client.events.running


async def test_a_listener_that_is_dropped(server: Server, client: Syncthing) -> None:
    """It is closed late, which doesn't end the next one."""
    server.queue.extend([events(5, 6), events(5, 6), events(7)])
    async for _ in client.events.listen():
        break
    assert await collect(client, 3) == [(5, 0), (6, 0), (7, 6)]


# After a time-out, it checks whether the daemon is still the same.


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A daemon that has just started, with three events so far."""
    with following() as one:
        yield one


@pytest.fixture
async def impatient(fake: FakeSyncthing) -> AsyncIterator[Syncthing]:
    """A client with a short time limit."""
    async with fake.client(timeout=0.4) as one:
        yield one


def asked(fake: FakeSyncthing, *, at_once: bool = False) -> list[str]:
    """Return the queries of the listener's polls, or of those that check at once what there is."""
    return [poll.query for poll in polls(fake) if poll.has("timeout") is at_once]


async def last_of(listener: AsyncIterator[Any], number: int) -> AsyncIterator[Any]:
    """Return the listener when it has reached the event with this ID."""
    while (await anext(listener))["id"] < number:
        pass
    return listener


@pytest.mark.parametrize(
    "prepare",
    [
        lambda fake: fake.advance(3600),
        lambda fake: fake.respond("rest/system/status", status=500, text="failed", times=None),
        lambda _: None,
    ],
    ids=["old", "unknown", "same"],
)
async def test_the_same_daemon(
    fake: FakeSyncthing, impatient: Syncthing, prepare: Callable[[FakeSyncthing], object], request: Any
) -> None:
    """A daemon that still has the last event, or can't be checked, is polled as before."""
    prepare(fake)
    async with aclosing(impatient.events.listen()) as listener:
        await last_of(listener, 3)
        task = asyncio.ensure_future(anext(listener))
        await fake.until(lambda: asked(fake).count("since=3") == 2)
        fake.emit("StateChanged")
        assert (await task)["id"] == 4
    assert list(dict.fromkeys(asked(fake))) == ["since=0", "since=3"]
    assert bool(asked(fake, at_once=True)) is (request.node.callspec.id != "unknown")


@pytest.mark.parametrize("news", [True, False])
async def test_events_and_stop_during_the_check(fake: FakeSyncthing, impatient: Syncthing, news: bool) -> None:
    """Events that arrive during the check are not lost, and `stop` works as during a poll."""
    status = fake.hold("rest/system/status", times=None)
    task = asyncio.create_task(collect(impatient, 4))
    await fake.until(lambda: status.hits)
    if news:
        fake.emit("StateChanged")
        status.release()
    else:
        impatient.events.stop()
    assert [number for number, _ in await task] == [*START, *([4] if news else [])]
    status.release()


def many(fake: FakeSyncthing) -> None:
    """Make the new process have later events, and forget the earlier ones."""
    fake.emit("StateChanged", count=9)
    fake.overflow()


@pytest.mark.parametrize(
    ("seen", "then"), [(10, lambda _: None), (3, lambda _: None), (3, many)], ids=["none", "other", "later"]
)
async def test_a_restart(
    fake: FakeSyncthing, impatient: Syncthing, seen: int, then: Callable[[FakeSyncthing], None]
) -> None:
    """A daemon that was restarted and doesn't have the last event is an error, instead of silence forever."""
    fake.emit("StateChanged", count=seen - fake.newest_event)
    listener = await last_of(impatient.events.listen(), seen)
    task = asyncio.ensure_future(anext(listener))
    await fake.until(lambda: fake.polls_waiting)
    fake.restart(cut=False)
    then(fake)
    with pytest.raises(RestartedError, match="restarted"):
        await task
    assert asked(fake, at_once=True)[-1] == f"since={seen - 1}&timeout=0"


async def test_a_known_process(fake: FakeSyncthing, impatient: Syncthing) -> None:
    """After the first check, its start time identifies the process, so that each time-out costs one small request."""
    fake.advance(3600)
    listener = await last_of(impatient.events.listen(), 3)
    task = asyncio.ensure_future(anext(listener))
    await fake.until(lambda: asked(fake).count("since=3") == 4)
    assert asked(fake, at_once=True) == ["since=2&timeout=0"]
    fake.restart(cut=False)
    with pytest.raises(RestartedError):
        await task
    assert asked(fake, at_once=True) == ["since=2&timeout=0"] * 2


@pytest.mark.parametrize("uptime", [0, -86400, 10**9])
async def test_a_daemon_with_a_wrong_clock(fake: FakeSyncthing, impatient: Syncthing, uptime: int) -> None:
    """Whatever uptime it reports, silence is no restart, and a restart is noticed."""
    status: Any = await impatient.system.status()
    answer = fake.respond("rest/system/status", json={**status, "uptime": uptime}, times=None)
    listener = await last_of(impatient.events.listen(), 3)
    task = asyncio.ensure_future(anext(listener))
    await fake.until(lambda: asked(fake).count("since=3") == 4)
    assert not task.done()
    fake.emit("StateChanged")
    assert (await task)["id"] == 4
    task = asyncio.ensure_future(anext(listener))
    await fake.until(lambda: fake.polls_waiting)
    answer.release()
    fake.respond("rest/system/status", json={**status, "uptime": uptime, "startTime": "another"}, times=None)
    fake.restart(cut=False)
    with pytest.raises(RestartedError):
        await task


async def test_ids_that_start_again(fake: FakeSyncthing, impatient: Syncthing) -> None:
    """A poll answered by a new process, whose count of all events is lower, is noticed as well."""
    fake.emit("LocalChangeDetected", count=5)
    fake.emit("StateChanged")
    listener = await last_of(impatient.events.listen(), 4)
    fake.restart()
    fake.emit("StateChanged", count=2)
    with pytest.raises(RestartedError, match="restarted"):
        await anext(listener)
    assert list(dict.fromkeys(asked(fake))) == ["since=0", "since=4"]


async def test_stop_ends_a_poll(fake: FakeSyncthing) -> None:
    """`stop` ends a listener that waits for events within 100 ms, and leaves nothing behind."""
    async with fake.client() as client:
        task = asyncio.create_task(collect(client))
        await fake.until(lambda: fake.polls_waiting)
        began = time.perf_counter()
        client.events.stop()
        assert len(await task) == len(START)
        assert time.perf_counter() - began < 0.1
        assert not client.events.running
        await fake.until(lambda: not fake.polls_waiting)
