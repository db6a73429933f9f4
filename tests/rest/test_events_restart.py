"""`listen` never goes deaf: after a time-out it looks whether the daemon still is the one that it was."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing import Daemon, Syncthing
from aiosyncthing.exceptions import RestartedError
from tests.support.following import START, following, polls
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from pytest_syncthing import FakeSyncthing

SHORT = 0.4


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """Provide a daemon that has just started, with three events so far."""
    with following() as one:
        yield one


@pytest.fixture
async def client(fake: FakeSyncthing) -> AsyncIterator[Syncthing]:
    """Talk to it, impatiently."""
    async with fake.client(timeout=SHORT) as one:
        yield one


def asked(fake: FakeSyncthing, *, at_once: bool = False) -> list[str]:
    """Return what polls have asked for so far: those of the listener, or those that look what there is at once."""
    return [poll.query for poll in polls(fake) if poll.has("timeout") is at_once]


async def last_of(listener: AsyncIterator[Any], number: int) -> AsyncIterator[Any]:
    """Return the listener when it has come to the event of this ID."""
    while (await anext(listener))["id"] < number:
        pass
    return listener


def advance(fake: FakeSyncthing) -> None:
    """Let the daemon be up for an hour."""
    fake.advance(3600)


def fail(fake: FakeSyncthing) -> None:
    """Let it not say for how long it is up."""
    fake.respond("rest/system/status", status=500, text="failed", times=None)


@pytest.mark.parametrize("prepare", [advance, fail, lambda _: None], ids=["old", "unknown", "same"])
async def test_going_on(fake: FakeSyncthing, client: Syncthing, prepare: Callable[[FakeSyncthing], None]) -> None:
    """A daemon that still has the last event, or can't be asked, is polled as before."""
    prepare(fake)
    async with aclosing(client.events.listen()) as listener:
        await last_of(listener, 3)
        task = asyncio.ensure_future(anext(listener))
        await fake.until(lambda: asked(fake).count("since=3") == 2)
        fake.emit("StateChanged")
        assert (await task)["id"] == 4
    assert list(dict.fromkeys(asked(fake))) == ["since=0", "since=3"]
    assert bool(asked(fake, at_once=True)) is (prepare is not fail)


async def test_going_on_with_news(fake: FakeSyncthing, client: Syncthing) -> None:
    """The same when something happens while it is looked at."""
    status = fake.hold("rest/system/status", times=None)
    async with aclosing(client.events.listen()) as listener:
        await last_of(listener, 3)
        task = asyncio.ensure_future(anext(listener))
        await fake.until(lambda: status.hits)
        fake.emit("StateChanged")
        status.release()
        assert (await task)["id"] == 4
    assert list(dict.fromkeys(asked(fake))) == ["since=0", "since=3"]


def many(fake: FakeSyncthing) -> None:
    """Let the new process have come further already, and have forgotten how."""
    fake.emit("StateChanged", count=9)
    fake.overflow()


@pytest.mark.parametrize(
    ("seen", "then"), [(10, lambda _: None), (3, lambda _: None), (3, many)], ids=["none", "other", "later"]
)
async def test_restarted(
    fake: FakeSyncthing, client: Syncthing, seen: int, then: Callable[[FakeSyncthing], None]
) -> None:
    """A daemon that started since, and does not have the last event, raises instead of waiting for ever."""
    fake.emit("StateChanged", count=seen - fake.newest_event)
    listener = await last_of(client.events.listen(), seen)
    task = asyncio.ensure_future(anext(listener))
    await fake.until(lambda: fake.polls_waiting)
    fake.restart(cut=False)
    then(fake)
    with pytest.raises(RestartedError, match="restarted"):
        await task
    assert asked(fake, at_once=True)[-1] == f"since={seen - 1}&timeout=0"


async def test_a_process_that_is_known(fake: FakeSyncthing, client: Syncthing) -> None:
    """Once it was found, its start time is proof, so that silence costs one small request; another one is not it."""
    advance(fake)
    listener = await last_of(client.events.listen(), 3)
    task = asyncio.ensure_future(anext(listener))
    await fake.until(lambda: asked(fake).count("since=3") == 4)
    assert asked(fake, at_once=True) == ["since=2&timeout=0"]
    fake.restart(cut=False)
    with pytest.raises(RestartedError):
        await task
    assert asked(fake, at_once=True) == ["since=2&timeout=0"] * 2


@pytest.mark.parametrize("uptime", [0, -86400, 10**9])
async def test_a_daemon_without_a_proper_clock(fake: FakeSyncthing, client: Syncthing, uptime: int) -> None:
    """Whatever the daemon says how long it is up, for ever or since its clock was set: silence is no restart."""
    status: Any = await client.system.status()
    answer = fake.respond("rest/system/status", json={**status, "uptime": uptime}, times=None)
    listener = await last_of(client.events.listen(), 3)
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


async def test_stopping_while_it_looks(fake: FakeSyncthing, client: Syncthing) -> None:
    """`stop` ends it as quietly as during a poll."""
    status = fake.hold("rest/system/status")

    async def listener() -> list[Any]:
        return [event["id"] async for event in client.events.listen()]

    task = asyncio.create_task(listener())
    await fake.until(lambda: status.hits)
    client.events.stop()
    assert await task == [*START]
    status.release()


async def test_ids_that_begin_anew(fake: FakeSyncthing, client: Syncthing) -> None:
    """A poll that a new process answers, with a lower count of all events, is noticed too."""
    fake.emit("LocalChangeDetected", count=5)
    fake.emit("StateChanged")
    listener = await last_of(client.events.listen(), 4)
    fake.restart()
    fake.emit("StateChanged", count=2)
    with pytest.raises(RestartedError, match="restarted"):
        await anext(listener)
    assert list(dict.fromkeys(asked(fake))) == ["since=0", "since=4"]


async def test_stop_ends_a_running_poll(fake: FakeSyncthing) -> None:
    """`stop` ends a listener that waits for events within 100 ms, and leaves nothing behind."""
    async with fake.client() as client:

        async def listener() -> list[Any]:
            return [event["id"] async for event in client.events.listen()]

        task = asyncio.create_task(listener())
        await fake.until(lambda: fake.polls_waiting)
        began = time.perf_counter()
        client.events.stop()
        assert await task == [*START]
        assert time.perf_counter() - began < 0.1
        assert not client.events.running
        await fake.until(lambda: not fake.polls_waiting)


@pytest.mark.daemon
async def test_a_dark_path(syncthing_binary: Path) -> None:
    """A daemon that restarts while the path to it is dark is noticed, though no connection breaks."""
    async with Daemon(binary=syncthing_binary) as daemon:
        dark = asyncio.Event()
        served: set[asyncio.Task[None]] = set()

        async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            lost = dark.is_set()
            while data := await reader.read(65536):
                if dark.is_set() and not lost:
                    await asyncio.Event().wait()  # neither data nor an end comes through any more
                writer.write(data)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            upstream, to_daemon = await asyncio.open_connection("127.0.0.1", int(daemon.url.rpartition(":")[2]))
            lost = dark.is_set()
            try:
                await asyncio.gather(pipe(reader, to_daemon), pipe(upstream, writer))
                if dark.is_set() and not lost:
                    await asyncio.Event().wait()
            except OSError:
                await asyncio.Event().wait()
            finally:
                to_daemon.close()
                writer.close()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(serve(reader, writer))
            served.add(task)

        proxy = await asyncio.start_server(accept, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        try:
            async with Syncthing(daemon.api_key, url, timeout=2) as client:
                for number in range(30):  # so that the new process does not soon come to this ID
                    await daemon.client.config.patch_options(maxSendKbps=number)
                listener = client.events.listen()
                while (await anext(listener))["id"] < 20:
                    pass

                async def rest() -> None:
                    async for _ in listener:
                        pass

                task = asyncio.create_task(rest())

                async def waits() -> bool:
                    return bool(client.events.last_seen_id)

                await until(waits)
                dark.set()
                await daemon.kill()
                await daemon.start()
                with pytest.raises(RestartedError, match="restarted"):
                    await asyncio.wait_for(task, 30)
        finally:
            proxy.close()
            for task in served:
                task.cancel()
            await asyncio.wait(served)
