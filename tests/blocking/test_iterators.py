"""Iterators: how they end, what they lose, and who closes them."""

import asyncio
import gc
import math
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, suppress
from typing import Any

import pytest

from aiosyncthing.blocking import BlockingIterator, Syncthing
from aiosyncthing.exceptions import BadRequestError, ClientClosedError, SyncthingError, WaitTimeoutError
from pytest_syncthing import FakeFolder, FakeSyncthing
from tests.blocking.conftest import Probe, in_threads, portal_threads
from tests.support.waiting import wait_until


class Numbers:
    """A generator of numbers that notes when it is closed, and from `slow` on waits for `more`."""

    def __init__(self, slow: int = 1000, error: Exception | None = None) -> None:
        self.closed = threading.Event()
        self.waits = threading.Event()
        self._slow = slow
        self._error = error
        self._more = asyncio.Event()

    async def run(self) -> AsyncGenerator[int]:
        """Yield 0 to 9."""
        try:
            for number in range(10):
                if number >= self._slow:
                    self.waits.set()
                    await self._more.wait()
                if number == 5 and self._error:
                    raise self._error
                yield number
        finally:
            await asyncio.sleep(0)
            self.closed.set()

    async def give_more(self) -> None:
        """End the wait."""
        self._more.set()


def test_to_the_end(probe: Probe) -> None:
    """All items are returned, or an error in its position; then the iterator stays exhausted, as a generator does."""
    numbers = Numbers()
    found = probe._iterate(numbers.run())
    assert list(found) == list(range(10))
    assert numbers.closed.is_set()
    assert list(found) == []
    found.close()
    error = ValueError("x")
    found = probe._iterate(Numbers(error=error).run())
    with pytest.raises(ValueError, match="x") as caught:
        list(found)
    assert caught.value is error
    assert list(found) == []


@pytest.mark.parametrize("way", ["with", "closing", "close", "break", "error"])
def test_closing(probe: Probe, way: str) -> None:
    """However an iteration ends early, the iterator is closed when that returns, and then yields nothing."""
    with probe._iterate(Numbers().run()):
        pass  # one that was never begun starts no thread
    assert portal_threads() == []
    numbers = Numbers()
    found = probe._iterate(numbers.run())
    assert next(found) == 0
    match way:
        case "with":
            with found:
                pass
        case "closing":
            with closing(found):
                pass
        case "close":
            found.close()
        case "error":
            with suppress(KeyError), found:
                raise KeyError
        case _:
            for _ in found:
                break
            del found
            assert numbers.closed.wait(5)  # as soon as nothing refers to it
            return
    assert numbers.closed.is_set()
    assert list(found) == []
    found.close()


def test_closing_in_another_thread(probe: Probe) -> None:
    """A thread that waits for an item then gets none."""
    numbers = Numbers(slow=1)
    found = probe._iterate(numbers.run())

    def close() -> None:
        numbers.waits.wait()
        found.close()

    assert in_threads(lambda: list(found), close) == [[0], None]
    assert numbers.closed.is_set()


def test_in_two_threads(probe: Probe) -> None:
    """A second thread is refused while another one waits for an item, which goes to that one."""
    numbers = Numbers(slow=1)
    found = probe._iterate(numbers.run())
    assert next(found) == 0

    def disturb() -> None:
        numbers.waits.wait()
        try:
            next(found)
        finally:
            probe.run(numbers.give_more())

    item, error = in_threads(lambda: next(found), disturb)
    assert item == 1
    assert isinstance(error, SyncthingError)
    assert "use it in one thread only" in str(error)
    assert list(found) == list(range(2, 10))


def test_closing_the_client(probe: Probe) -> None:
    """Closing the client closes its iterators, and says so to a thread that waits for an item."""
    waiting, resting = Numbers(slow=1), Numbers()
    idle = probe._iterate(resting.run())
    next(idle)
    found = probe._iterate(waiting.run())

    def close() -> None:
        waiting.waits.wait()
        probe.close()

    error, _ = in_threads(lambda: list(found), close)
    assert isinstance(error, ClientClosedError)
    assert waiting.closed.is_set()
    assert resting.closed.is_set()
    with pytest.raises(ClientClosedError):
        next(idle)
    idle.close()


def test_waiting_for_some_time(probe: Probe) -> None:
    """`next` gives up after a time, and the next call returns the item that it waited for."""
    numbers = Numbers(slow=1)
    with probe._iterate(numbers.run()) as found:
        assert found.next(10) == 0
        for _ in range(2):
            with pytest.raises(WaitTimeoutError, match=r"no item within 0\.01 s"):
                found.next(0.01)
        with pytest.raises(BadRequestError, match="not NaN"):
            found.next(math.nan)
        probe.run(numbers.give_more())
        assert list(found) == list(range(1, 10))
        with pytest.raises(StopIteration):
            found.next(0.01)


@pytest.mark.parametrize("where", ["main", "portal", "cycle"])
def test_one_that_is_forgotten(probe: Probe, where: str) -> None:
    """It is closed in the background without a warning, in whichever thread, and even while it waits for an item."""
    numbers = Numbers(slow=1)
    found: list[Any] = [probe._iterate(numbers.run())]
    next(found[0])
    with pytest.raises(WaitTimeoutError):
        found[0].next(0)
    if where == "portal":

        async def forget() -> None:
            found.clear()

        probe.run(forget())
    elif where == "cycle":
        found.append(found)
        del found
        gc.collect()
    else:
        found.clear()
    assert numbers.closed.wait(5)


def test_a_stream_that_is_forgotten(client: Syncthing, fake: FakeSyncthing) -> None:
    """It is closed in the background, too, but with a warning: once."""
    stream = client.events.stream(since="history")
    next(stream)
    with pytest.warns(ResourceWarning, match="unclosed EventStream") as caught:
        del stream
    assert len(caught) == 1
    wait_until(lambda: fake.polls_waiting == 0)


@pytest.mark.parametrize("where", ["main", "portal"])
def test_a_client_that_is_forgotten(fake: FakeSyncthing, probe: Probe, where: str) -> None:
    """A warning says so, once; its connection is closed, and the thread ends with it."""
    probe.run(asyncio.sleep(0))
    clients: list[Any] = [Syncthing(fake.api_key, fake.url)]
    clients[0].system.ping()

    async def forget() -> None:
        clients.clear()

    ways = {"main": clients.clear, "portal": lambda: probe.run(forget())}
    with pytest.warns(ResourceWarning, match="unclosed Syncthing") as caught:
        ways[where]()
    assert len(caught) == 1
    wait_until(lambda: fake.connections == 0)


@pytest.mark.parametrize("kind", ["iterator", "block", "client"])
def test_a_generator_that_is_forgotten(fake: FakeSyncthing, probe: Probe, kind: str) -> None:
    """A generator that the portal's own thread collects leaves its ``with`` there, which closes without waiting."""
    closed = threading.Event()

    @asynccontextmanager
    async def block() -> AsyncGenerator[None]:
        try:
            yield
        finally:
            closed.set()

    def generator() -> Generator[int]:
        if kind == "iterator":
            with probe._iterate(Numbers().run()) as found:
                yield from found
        elif kind == "block":
            with probe._block(block()):
                yield 0
        else:
            with Syncthing(fake.api_key, fake.url) as client:
                client.system.ping()
                yield 0

    generators = [generator()]
    assert next(generators[0]) == 0

    async def forget() -> None:
        generators.clear()

    probe.run(forget())
    probe.run(asyncio.sleep(0))
    if kind == "block":
        assert closed.wait(5)
    wait_until(lambda: fake.connections == 0)
    wait_until(lambda: not (probe._bridge.lease().closers or len(probe._bridge.lease().portal.leases) > 1))


def test_a_list_in_pages(client: Syncthing, docs: FakeFolder) -> None:
    """Methods that return asynchronous generators return iterators, typed alike."""
    found = client.database.walk("docs")
    assert isinstance(found, BlockingIterator)
    assert [path for path, _ in found] == ["a.txt"]


def test_listening(client: Syncthing, fake: FakeSyncthing) -> None:
    """`stop` ends a listener that another thread waits with."""

    def stop() -> None:
        wait_until(lambda: fake.polls_waiting)
        client.events.stop()

    events, _ = in_threads(lambda: [event["type"] for event in client.events.listen()], stop)
    assert isinstance(events, list)
    assert events[0] == "Starting"
