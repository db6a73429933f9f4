"""How a stream is consumed: one batch ahead, in one task of one event loop, with time limits, and to its end."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from collections.abc import Iterator
from typing import Any, Final

import pytest

from aiosyncthing import EventStream, Syncthing
from aiosyncthing.exceptions import EventLoopError, SyncthingError
from pytest_syncthing import FakeSyncthing
from tests.support.following import KEY, SOON, START, polls, port, short, take
from tests.support.proxy import Proxy, ReverseProxy

AT_ONCE: Final = 0.1


def tasks_of_streams() -> list[asyncio.Task[Any]]:
    """Return the tasks of all streams."""
    return [task for task in asyncio.all_tasks() if "EventStream" in repr(task)]


# --- Its pace ---


async def test_a_slow_consumer(fake: FakeSyncthing, client: Syncthing) -> None:
    """A slow consumer delays the next request: one batch is fetched ahead, and no more."""
    async with client.events.stream(since="history") as stream:
        assert await take(stream, 3) == [*START]
        await fake.until(lambda: fake.polls_waiting)
        fake.emit("StateChanged")
        await fake.until(lambda: fake.answered == 4)
        for _ in range(50):
            fake.emit("StateChanged")
            await client.system.ping()
        assert len(polls(fake)) == 3
        assert await take(stream, 51) == list(range(4, 55))


async def test_without_a_context_nothing_is_fetched_ahead(fake: FakeSyncthing, client: Syncthing) -> None:
    """A request runs only while the consumer waits for an item."""
    stream = client.events.stream(since="history")
    assert len(fake.requests) == 0
    assert await take(stream, 3) == [*START]
    requests = len(fake.requests)
    fake.emit("StateChanged")
    await client.system.ping()
    assert not tasks_of_streams()
    assert len(fake.requests) == requests + 1
    assert not fake.polls_waiting
    assert await take(stream, 1) == [4]


async def test_two_consumers(fake: FakeSyncthing, client: Syncthing) -> None:
    """A second task that iterates over the same stream is refused: each would get some of the events."""
    async with client.events.stream() as stream:
        task = asyncio.create_task(anext(stream))
        await asyncio.sleep(0)
        with pytest.raises(SyncthingError, match="another task"):
            await anext(stream)
        fake.emit("StateChanged")
        assert short(await task) == 4


# --- Time limits ---


@pytest.mark.parametrize("entered", [True, False])
async def test_time_limits_lose_nothing(fake: FakeSyncthing, client: Syncthing, entered: bool) -> None:
    """A time limit around each item, however short, costs no event."""
    stream = client.events.stream(since="history", wait=1)
    if entered:
        await stream.__aenter__()
    found = list[Any]()

    async def produce() -> None:
        for _ in range(150):
            fake.emit("StateChanged")
            await asyncio.sleep(0.002)

    producer = asyncio.create_task(produce())
    limit = 0.0
    while len(found) < 153:
        limit = (limit + 0.0007) % 0.02
        try:
            async with asyncio.timeout(limit):
                found.append((await anext(stream))["id"])
        except TimeoutError:
            await asyncio.sleep(0)
    assert found == list(range(1, 154))
    await producer
    await stream.aclose()


async def test_a_time_limit_at_the_very_moment(client: Syncthing) -> None:
    """A batch that arrives at the moment in which the consumer is cancelled is kept."""
    stream = client.events.stream(since="history")
    task = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    assert stream._task is not None
    stream._task.add_done_callback(lambda _: task.cancel())
    await asyncio.wait([task])
    assert task.cancelled()
    assert await take(stream, 1) == [1]


async def test_cancelled_twice(fake: FakeSyncthing, client: Syncthing) -> None:
    """A second cancellation, while the first is being handled, does no harm."""
    stream = client.events.stream(since="history")
    assert await take(stream, 3) == [*START]
    task = asyncio.create_task(anext(stream))
    await fake.until(lambda: fake.polls_waiting)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    fake.emit("StateChanged")
    assert await take(stream, 1) == [4]


@pytest.mark.parametrize("entered", [True, False])
async def test_time_limits_during_an_outage(fake: FakeSyncthing, entered: bool) -> None:
    """Time limits shorter than the delays don't keep it from trying again."""
    async with Proxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as client:
        stream = client.events.stream(since="history", delays=lambda: iter([0.3] * 100))
        if entered:
            await stream.__aenter__()
        assert await take(stream, 3) == [*START]
        proxy.refusing = True
        proxy.cut()
        assert await take(stream, 1) == ["StreamDown"]
        proxy.refusing = False
        found = None
        async with asyncio.timeout(SOON):
            while found is None:
                found = await next_within(stream, 0.1)
        assert found == "StreamUp"
        await stream.aclose()


async def test_time_limits_during_a_restart(fake: FakeSyncthing) -> None:
    """Time limits shorter than the polls don't hide that a new process is silent."""
    async with ReverseProxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as client:
        fake.emit("StateChanged", count=100)
        stream = client.events.stream()
        late = ("EventsLost", "late", None)  # if even the first answer takes longer
        while (found := await next_within(stream, 0.2)) in {None, late}:
            if stream.cursor is not None:
                fake.restart()
        assert found == ("EventsLost", "restart", None)
        await stream.aclose()


async def next_within(stream: EventStream, seconds: float) -> Any:
    """Return the next item, shortened; ``None`` if it takes longer."""
    try:
        async with asyncio.timeout(seconds):
            return short(await anext(stream))
    except TimeoutError:
        return None


# --- Its end ---


async def ended(fake: FakeSyncthing, begin: float) -> None:
    """Assert that a stream ended at once, and left neither a request nor a connection nor a task."""
    assert asyncio.get_running_loop().time() - begin < AT_ONCE
    await fake.until(lambda: not fake.polls_waiting and not fake.connections)
    assert not tasks_of_streams()


async def waiting(fake: FakeSyncthing) -> float:
    """Wait until the daemon holds a poll, and return the time."""
    await fake.until(lambda: fake.polls_waiting)
    return asyncio.get_running_loop().time()


@pytest.fixture
def nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test after which asyncio or aiohttp complain about something left behind."""
    yield
    gc.collect()
    assert [record.message for record in caplog.records if record.name in {"asyncio", "aiohttp"}] == []


@pytest.mark.usefixtures("nothing_is_logged")
class TestItsEnd:
    async def test_leaving(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """Leaving the context ends the running poll, and its connection."""
        async with client.events.stream() as stream:
            begin = await waiting(fake)
        await ended(fake, begin)
        with pytest.raises(StopAsyncIteration):
            await anext(stream)

    async def test_closing(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """A stream may be closed several times, by several tasks at once; one that was never begun, also stopped."""
        never = client.events.stream()
        async with client.events.stream() as stream:
            await waiting(fake)
            await asyncio.gather(stream.aclose(), stream.aclose(), never.aclose())
            await stream.aclose()
        client.events.stream().stop()

    async def test_only_break(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """Without a context, nothing runs after the loop, and a stream that is just dropped leaves nothing behind."""
        stream = client.events.stream(since="history")
        async for _ in stream:
            break
        assert not fake.polls_waiting
        assert not tasks_of_streams()
        dropped = weakref.ref(stream)
        del stream
        gc.collect()
        assert dropped() is None

    @pytest.mark.parametrize("entered", [True, False])
    async def test_cancelling(self, fake: FakeSyncthing, client: Syncthing, entered: bool) -> None:
        """Cancelling the consumer's task ends it as cancelled, with or without a context."""

        async def consume() -> None:
            stream = client.events.stream()
            if entered:
                await stream.__aenter__()
            try:
                async for _ in stream:
                    pass
            finally:
                if entered:
                    await stream.__aexit__(*sys.exc_info())

        task = asyncio.create_task(consume())
        begin = await waiting(fake)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        await ended(fake, begin)

    async def test_cancelled_while_entering(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """Cancelling works before the starting position is known, too."""
        held = fake.hold("rest/system/status")
        task = asyncio.create_task(client.events.stream().__aenter__())
        await fake.until(lambda: held.hits)
        begin = asyncio.get_running_loop().time()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        await ended(fake, begin)

    @pytest.mark.parametrize("entered", [True, False])
    async def test_stop(self, fake: FakeSyncthing, client: Syncthing, entered: bool) -> None:
        """`stop` ends the loop of a consumer that waits."""
        stream = client.events.stream()
        if entered:
            await stream.__aenter__()

        async def consume() -> list[Any]:
            return [item async for item in stream]

        task = asyncio.create_task(consume())
        begin = await waiting(fake)
        stream.stop()
        assert await task == []
        await ended(fake, begin)
        await stream.aclose()

    async def test_stop_within_a_batch(self, client: Syncthing) -> None:
        """The current item is the last one."""
        found = []
        async with client.events.stream(since="history") as stream:
            async for item in stream:
                found.append(item["id"])
                stream.stop()
        assert found == [1]

    async def test_stop_when_it_has_failed(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """An error that nothing retrieves any more is not logged."""
        async with client.events.stream() as stream:
            await waiting(fake)
            failure = fake.respond("*", status=403, text="CSRF Error")
            fake.emit("StateChanged")
            await fake.until(lambda: failure.hits)
            await client.close()
            stream.stop()

    async def test_closing_while_another_task_waits(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """The task that waits sees the end of the stream."""
        stream = client.events.stream()
        task = asyncio.create_task(anext(stream, None))
        await waiting(fake)
        await stream.aclose()
        assert await task is None


# --- Event loops ---


def test_another_event_loop(fake: FakeSyncthing) -> None:
    """A stream belongs to the loop that it was first used in. Elsewhere it says so, and its cursor can be used."""
    client = fake.client()
    stream = client.events.stream(since="history")

    async def use() -> None:
        await stream.__aenter__()
        assert await take(stream, 3) == [1, 2, 3]

    async def use_elsewhere() -> None:
        for use in (stream.__anext__, stream.__aenter__):
            with pytest.raises(EventLoopError, match="the stream belongs to another event loop, which is closed"):
                await use()
        assert stream.cursor is not None
        fake.emit("StateChanged")
        async with client.events.stream(since=stream.cursor) as other:
            assert await take(other, 1) == [4]
        await stream.aclose()
        stream.stop()
        await client.close()

    asyncio.run(use())
    asyncio.run(use_elsewhere())


async def test_another_thread(fake: FakeSyncthing, client: Syncthing) -> None:
    """While its loop runs, another thread can't use it, but can stop it, with or without a loop of its own."""

    async def use() -> None:
        for use in (stream.__anext__, stream.__aenter__, stream.aclose):
            with pytest.raises(EventLoopError, match="which is running in another thread"):
                await use()
        stream.stop()

    for looped in (True, False):
        stream = client.events.stream()
        task = asyncio.create_task(anext(stream, None))
        await waiting(fake)
        await (asyncio.to_thread(asyncio.run, use()) if looped else asyncio.to_thread(stream.stop))
        assert await task is None
