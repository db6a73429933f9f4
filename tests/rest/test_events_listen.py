"""`listen`, the simple listener that programs written for version 0 use."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import AsyncMock, patch

import aiohttp
import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    ConnectionFailedError,
    IncompleteResponseError,
    InvalidResponseError,
    MigrationError,
    PingError,
    RequestTimeoutError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
)
from tests.support.following import following
from tests.support.server import Answer, Server, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEY: Final = "a-key-that-nobody-may-see"
SHORT: Final = 0.1
RAW_REQUEST: Final = "aiosyncthing.API.raw_request"
CUT_OFF: Final = Answer(b"[" * 999, content_type="application/json", keep=500)


def events(*numbers: int) -> Answer:
    """Return a batch of events of these IDs."""
    return as_json([{"id": number, "type": "StateChanged"} for number in numbers])


def silence() -> Answer:
    """Return the answer of a daemon in which nothing happens: the head at once, and then nothing."""
    return as_json([], pause=200, resume=asyncio.Event())


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Answer what is in the queue, and then stay silent."""
    async with Server(answer=lambda _: silence()) as one:
        yield one


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Syncthing]:
    """Talk to the server."""
    async with Syncthing(KEY, server.url) as one:
        yield one


async def collect(client: Syncthing, count: int) -> list[Any]:
    """Return so many events, each with the ID that was the last seen at that moment."""
    found = []
    async with aclosing(client.events.listen()) as listener:
        async for event in listener:
            found.append((event["id"], client.events.last_seen_id))
            if len(found) == count:
                break
    return found


async def test_each_batch_asks_for_what_comes_after_the_one_before(server: Server, client: Syncthing) -> None:
    """The daemon is asked for exactly ``rest/events?since=N``, with the last ID of the batch before."""
    server.queue.extend([events(5, 6), events(7), events(20, 21)])
    assert [number for number, _ in await collect(client, 5)] == [5, 6, 7, 20, 21]
    assert [request.target for request in server.requests] == [
        "/rest/events?since=0",
        "/rest/events?since=6",
        "/rest/events?since=7",
    ]


async def test_last_seen_id(server: Server, client: Syncthing) -> None:
    """It is 0 during the first batch, which is history, and afterwards the last ID of the batch before."""
    assert client.events.last_seen_id == 0
    server.queue.extend([events(5, 6), events(7), events(8)])
    assert await collect(client, 4) == [(5, 0), (6, 0), (7, 6), (8, 7)]
    assert client.events.last_seen_id == 7


async def test_listening_again_begins_at_the_beginning(server: Server, client: Syncthing) -> None:
    """Each listener starts with what the daemon still holds, and so does the ID."""
    server.queue.extend([events(5), events(6), events(5, 6)])
    await collect(client, 2)
    assert await collect(client, 2) == [(5, 0), (6, 0)]
    assert server.requests[-1].target == "/rest/events?since=0"


async def test_an_empty_batch(server: Server, client: Syncthing) -> None:
    """A poll in which nothing happened, with an answer of no events, is repeated with the same ID."""
    server.queue.extend([as_json([]), events(5), as_json([]), as_json([]), events(6)])
    assert await collect(client, 2) == [(5, 0), (6, 5)]
    assert [request.query for request in server.requests] == ["since=0"] * 2 + ["since=5"] * 3


async def test_ids_that_do_not_grow(server: Server, client: Syncthing, caplog: pytest.LogCaptureFixture) -> None:
    """An event whose ID is not above the one before is left out, within an answer and after it; it is said once."""
    server.queue.extend([events(1, 5, 3, 4, 5), events(5, 2), events(6, 6, 7)])
    assert await collect(client, 4) == [(1, 0), (5, 0), (6, 5), (7, 5)]
    assert [request.query for request in server.requests] == ["since=0", "since=5", "since=5"]
    said = [record for record in caplog.records if record.name.startswith("aiosyncthing")]
    assert [record.levelname for record in said] == ["WARNING"]
    assert "something on the way to the daemon repeats" in said[0].getMessage()


@pytest.mark.parametrize("answer", [as_json([]), events(5), events(4, 5)], ids=["none", "same", "cached"])
async def test_answers_at_once_that_bring_nothing(answer: Answer) -> None:
    """A poll that is answered at once without news is no progress: there are only some few in a second."""
    async with Server(events(4, 5), answer=lambda _: answer) as server, Syncthing(KEY, server.url) as client:
        clock = asyncio.get_running_loop().time
        begin = clock()
        task = asyncio.create_task(collect(client, 3))
        await server.requested(4)
        assert clock() - begin > 1.2
        client.events.stop()  # also while it pauses
        assert len(await task) == 2
        assert clock() - begin < 30


async def test_a_silent_poll_is_repeated(server: Server) -> None:
    """Silence for longer than the client's time-out, before the head or after it, means the same question again."""
    polls = iter([events(5), silence(), Answer(after=asyncio.Event()), events(6)])
    server.answer = lambda request: next(polls) if request.path == "/rest/events" else as_text("no", 503)
    async with Syncthing(KEY, server.url, timeout=SHORT) as client:
        assert await collect(client, 2) == [(5, 0), (6, 5)]
    asked = [request.query for request in server.requests if request.path == "/rest/events"]
    assert asked == ["since=0", "since=5", "since=5", "since=5"]


@pytest.mark.parametrize("error", [TimeoutError(), aiohttp.ServerTimeoutError(), RequestTimeoutError("late")], ids=type)
async def test_time_outs_of_all_kinds(error: Exception) -> None:
    """Whatever `raw_request` raises to say that it took too long, listening goes on."""
    with patch(RAW_REQUEST, AsyncMock(side_effect=[error, error, [{"id": 1}]])) as raw_request:
        assert await collect(Syncthing(KEY), 1) == [(1, 0)]
    assert raw_request.await_count == 3


async def test_stopping(server: Server, client: Syncthing) -> None:
    """After `stop` the rest of the batch comes, and then the end; the ID is that of the last event."""
    server.queue.append(events(5, 6, 7))
    found = []
    assert not client.events.running
    async for event in client.events.listen():
        assert client.events.running is (event["id"] == 5)
        found.append(event["id"])
        client.events.stop()
        assert not client.events.running
    assert found == [5, 6, 7]
    assert client.events.last_seen_id == 7
    assert len(server.requests) == 1


async def test_stopping_from_elsewhere(server: Server, client: Syncthing) -> None:
    """Stopped during a poll, it ends when that returns."""
    begin = asyncio.Event()
    server.queue.append(as_json([], after=begin))
    task = asyncio.create_task(collect(client, 1))
    await server.requested(1)
    assert client.events.running
    client.events.stop()
    begin.set()
    assert await task == []
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (as_text("CSRF Error", 403), UnauthorizedError),
        (as_text("failed", 500), ServerError),
        (Answer(raw=b""), ConnectionFailedError),
        (CUT_OFF, IncompleteResponseError),
        (Answer(b"*** Database migration in progress ***", syncthing=False), MigrationError),
        (as_json({"ping": "pong"}), InvalidResponseError),
        (as_json(None), InvalidResponseError),
        (as_json([1]), InvalidResponseError),
        (as_json([{"id": 1}, None, {"id": 3}]), InvalidResponseError),
        (as_json([{"id": 1}, {"type": "X"}]), InvalidResponseError),
        (as_json([{"id": "1"}]), InvalidResponseError),
    ],
)
async def test_what_goes_wrong(answer: Answer, kind: type[SyncthingError]) -> None:
    """Anything but a time-out is raised, as the error that tells the cause; then nobody listens any more."""
    async with Server(answer=lambda _: answer) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(kind) as caught:
            await collect(client, 1)
    error = caught.value
    assert type(error) is kind
    assert (error.method, error.path) == ("GET", "rest/events")
    assert not client.events.running


async def test_an_error_after_some_events(server: Server, client: Syncthing) -> None:
    """What came before the error has been yielded."""
    server.queue.extend([events(5), as_text("failed", 500)])
    found: list[int] = []

    async def follow() -> None:
        async for event in client.events.listen():
            found.append(event["id"])  # noqa: PERF401 - what has come is kept when it fails

    with pytest.raises(ServerError):
        await follow()
    assert found == [5]
    assert client.events.last_seen_id == 5


async def test_errors_of_the_consumer_are_its_own(server: Server, client: Syncthing) -> None:
    """What the body of the loop raises is not touched."""
    server.queue.append(events(5))

    async def follow() -> None:
        async with aclosing(client.events.listen()) as listener:
            async for _ in listener:
                raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await follow()
    assert not client.events.running


# --- Cancelling ---


async def test_a_cancelled_error_of_the_request_ends_it_quietly(client: Syncthing) -> None:
    """When `raw_request` itself raises CancelledError, without anybody cancelling this task, listening just ends."""
    with patch(RAW_REQUEST, AsyncMock(side_effect=asyncio.CancelledError)):
        assert await collect(client, 1) == []
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_cancelled_task_is_cancelled(server: Server, client: Syncthing) -> None:
    """A task that is cancelled while it listens ends as cancelled."""
    task = asyncio.create_task(collect(client, 1))
    await server.requested(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert not client.events.running


async def test_a_limit_around_it(server: Server, client: Syncthing) -> None:
    """A time limit of the caller's around listening holds."""
    clock = asyncio.get_running_loop().time

    async def follow() -> None:
        async with asyncio.timeout(None) as limit:
            begun = asyncio.create_task(server.requested(1))
            begun.add_done_callback(lambda _: limit.reschedule(clock()))
            await collect(client, 1)

    with pytest.raises(TimeoutError):
        await follow()
    assert len(server.requests) == 1


async def test_a_task_group_around_it(server: Server, client: Syncthing) -> None:
    """A group of tasks of which another one fails ends the listener with it."""

    async def fail() -> None:
        await server.requested(1)
        raise ValueError("mine")

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(collect(client, 1))
            group.create_task(fail())

    with pytest.raises(ExceptionGroup) as caught:
        await both()
    assert [type(error) for error in caught.value.exceptions] == [ValueError]


# --- Several listeners ---


async def test_two_listeners(server: Server, client: Syncthing) -> None:
    """When one of two ends, the other goes on."""
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
    assert [number for number, _ in await other] == [5]
    assert not client.events.running


async def test_a_listener_that_was_dropped(server: Server, client: Syncthing) -> None:
    """Left in the middle of a batch and listened anew: that the first one is closed late doesn't end the second."""
    server.queue.extend([events(5, 6), events(5, 6), events(7)])
    async for _ in client.events.listen():
        break  # its closing is left to the loop, which does it later
    assert await collect(client, 3) == [(5, 0), (6, 0), (7, 6)]


# --- As Home Assistant does it ---


async def _follow(client: Syncthing, seen: list[int], errors: list[SyncthingError]) -> None:
    """Follow the events for ever: ping, listen, skip what is history, and begin anew after an error."""
    while True:
        try:
            await client.system.ping()
            async for event in client.events.listen():
                if client.events.last_seen_id == 0:
                    continue
                seen.append(event["id"])
        except SyncthingError as error:
            errors.append(error)
            await asyncio.sleep(0.01)


async def test_home_assistant() -> None:
    """Its loop gets what is new, survives a daemon that is away for a while, and ends at once when it is unloaded."""
    with following() as fake:
        async with fake.client() as client:
            seen, errors = list[int](), list[SyncthingError]()
            task = asyncio.create_task(_follow(client, seen, errors))
            await fake.until(lambda: fake.polls_waiting)
            fake.emit("StateChanged")
            await fake.until(lambda: seen and fake.polls_waiting)
            fake.stop_daemon()
            await fake.until(lambda: len(errors) > 1)
            fake.respond("rest/events", status=500, text="starting")
            fake.start_daemon()
            await fake.until(lambda: fake.polls_waiting)
            assert seen == [4]
            assert isinstance(errors[0], ConnectionFailedError)
            assert {type(error) for error in errors[1:-1]} == {PingError}
            assert isinstance(errors[-1], ServerError)
            fake.emit("StateChanged", count=2)
            await fake.until(lambda: len(seen) == 3 and fake.polls_waiting)
            assert seen == [4, 4, 5]
            requests = len(fake.requests)
            task.cancel()
            for _ in range(10):  # rounds of the loop, none of which waits for anything
                await asyncio.sleep(0)
            assert task.cancelled()
            assert not client.events.running
            await fake.until(lambda: not fake.polls_waiting)
            assert len(fake.requests) == requests
