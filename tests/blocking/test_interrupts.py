"""Ctrl-C, and other exceptions that a signal raises in the middle of a call."""

import asyncio
import signal
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from types import FrameType
from typing import Any

import pytest

from aiosyncthing.blocking import Syncthing
from aiosyncthing.blocking.bridge import Bridge
from pytest_syncthing import FakeSyncthing
from tests.blocking.conftest import Probe
from tests.support.waiting import wait_until


class Work:
    """A coroutine that runs until it is cancelled, and then takes some time to clean up."""

    def __init__(self, cleanup: float = 0.0) -> None:
        self.begun = threading.Event()
        self.cleaned = threading.Event()
        self._cleanup = cleanup

    async def run(self) -> None:
        """Wait, and clean up."""
        try:
            self.begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(self._cleanup)
            self.cleaned.set()


def test_in_a_call(probe: Probe, interrupt: Callable[..., None]) -> None:
    """The call is cancelled, and has cleaned up when KeyboardInterrupt is raised."""
    work = Work(cleanup=0.1)
    interrupt(work.begun.is_set)
    with pytest.raises(KeyboardInterrupt):
        probe.run(work.run())
    assert work.cleaned.is_set()


@pytest.mark.parametrize(("times", "limit"), [(2, 10), (1, 0.05)])
def test_a_clean_up_that_takes_long(
    probe: Probe, interrupt: Callable[..., None], monkeypatch: pytest.MonkeyPatch, times: int, limit: float
) -> None:
    """A second Ctrl-C, or a time limit, ends the wait for the clean-up; that goes on in the background."""
    monkeypatch.setattr("aiosyncthing.blocking.calls.CLEANUP", limit)
    work = Work(cleanup=0.5)
    interrupt(work.begun.is_set, times=times)
    with pytest.raises(KeyboardInterrupt):
        probe.run(work.run())
    assert not work.cleaned.is_set()
    assert work.cleaned.wait(5)


def test_the_request_ends(client: Syncthing, fake: FakeSyncthing, interrupt: Callable[..., None]) -> None:
    """The request under way is aborted, and the client can be used again."""
    held = fake.hold("rest/system/status")
    interrupt(lambda: held.hits)
    with pytest.raises(KeyboardInterrupt):
        client.system.status()
    wait_until(lambda: fake.connections == 0)  # the fake still holds the answer back
    held.release()
    assert client.system.version()["version"] == fake.version


@pytest.mark.parametrize("step", [next, lambda stream: stream.next(60)])
def test_in_a_stream(client: Syncthing, interrupt: Callable[..., None], step: Callable[[Any], object]) -> None:
    """Waiting for an event can be interrupted, and the stream goes on with the next event."""
    with client.events.stream({"ConfigSaved"}) as stream:
        waiting = threading.Event()
        threading.Timer(0.05, waiting.set).start()
        interrupt(waiting.is_set)
        with pytest.raises(KeyboardInterrupt):
            step(stream)
        client.config.patch_options(limitBandwidthInLan=True)
        assert next(stream)["type"] == "ConfigSaved"


@pytest.mark.usefixtures("docs")
def test_in_a_block(client: Syncthing, interrupt: Callable[..., None]) -> None:
    """In the body of a block, it is like any exception: the block is left, and nothing is sent."""
    waiting = threading.Event()
    interrupt(waiting.is_set)

    def edit() -> None:
        with client.database.edit_ignores("docs") as patterns:
            patterns.add("*.tmp")
            waiting.set()
            time.sleep(10)

    with pytest.raises(KeyboardInterrupt):
        edit()
    assert not client.database.ignores("docs")["ignore"]


@pytest.mark.parametrize("where", ["enter", "exit"])
def test_at_the_ends_of_a_block(probe: Probe, interrupt: Callable[..., None], where: str) -> None:
    """While a block is entered or left, that is cancelled, and cleans up."""
    work = Work(cleanup=0.05)

    @asynccontextmanager
    async def block() -> AsyncGenerator[None]:
        if where == "enter":
            await work.run()
        yield
        await work.run()

    interrupt(work.begun.is_set)
    with pytest.raises(KeyboardInterrupt), probe._block(block()):
        assert where == "exit"
    assert work.cleaned.is_set()


def test_while_closing(interrupt: Callable[..., None]) -> None:
    """Closing a client can be interrupted, and the thread ends nevertheless."""
    work = Work()
    probe = Probe(None, Bridge("Probe", work.run))
    probe.run(asyncio.sleep(0))
    interrupt(work.begun.is_set)
    with pytest.raises(KeyboardInterrupt):
        probe.close()
    assert work.cleaned.is_set()


@pytest.fixture
def interrupt_next(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Press Ctrl-C right before or after the next call is handed over to the other thread."""
    loop = probe._bridge.lease().portal.loop
    hand_over = loop.call_soon_threadsafe

    def begin(when: str) -> None:
        def interrupted(*args: Any) -> None:
            monkeypatch.undo()
            if when == "after":
                hand_over(*args)
                for _ in range(2):  # its task is created in one round of the loop, and begins in the next
                    passed = threading.Event()
                    hand_over(passed.set)
                    passed.wait()
            raise KeyboardInterrupt

        monkeypatch.setattr(loop, "call_soon_threadsafe", interrupted)

    return begin


@pytest.mark.parametrize("when", ["before", "after"])
def test_while_a_call_begins(probe: Probe, interrupt_next: Callable[[str], None], when: str) -> None:
    """The call is cancelled, whether it has begun or not, and the next one works."""
    work = Work()
    interrupt_next(when)
    with pytest.raises(KeyboardInterrupt):
        probe.run(work.run())
    assert work.cleaned.is_set() == (when == "after")
    assert probe.run(asyncio.sleep(0, "works")) == "works"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["client", "iterator"])
def test_while_closing_begins(probe: Probe, interrupt_next: Callable[[str], None], when: str, what: str) -> None:
    """The iterator, or the connections of a client, are closed nevertheless."""
    closed = threading.Event()

    async def numbers() -> AsyncGenerator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.set()

    async def close() -> None:
        closed.set()

    found = probe._iterate(numbers())
    next(found)
    other = Probe(None, Bridge("Probe", close))
    other.run(asyncio.sleep(0))
    interrupt_next(when)
    with pytest.raises(KeyboardInterrupt):
        (other if what == "client" else found).close()
    assert closed.wait(5)
    other.close()


@pytest.mark.parametrize("when", ["before", "after"])
def test_while_a_stream_is_entered(fake: FakeSyncthing, interrupt_next: Callable[[str], None], when: str) -> None:
    """The stream is left nevertheless, even if it had already been entered."""
    with Syncthing(fake.api_key, fake.url) as client:
        client.system.ping()
        interrupt_next(when)
        with pytest.raises(KeyboardInterrupt):
            client.events.stream().__enter__()
        wait_until(lambda: not fake.polls_waiting)
        assert not client._bridge.lease().closers


@pytest.mark.parametrize("raising", [False, True])
def test_a_storm_of_signals(client: Syncthing, fake: FakeSyncthing, *, raising: bool) -> None:
    """Signals during a wait, even if their handler raises, neither lose nor double an event."""

    def handle(_: int, frame: FrameType | None) -> None:
        if raising and frame is not None and frame.f_code.co_name == "_wait_once":
            raise InterruptedError

    calm = threading.Event()
    before = signal.signal(signal.SIGUSR1, handle)
    main = threading.get_ident()

    def blow() -> None:
        while not calm.is_set():
            signal.pthread_kill(main, signal.SIGUSR1)
            time.sleep(0.0005)

    thread = threading.Thread(target=blow)
    seen: list[int] = []
    try:
        with client.events.stream(since="history") as stream:
            for _ in range(100):
                fake.emit("ConfigSaved", {})
            thread.start()
            while len(seen) < 100:
                with suppress(InterruptedError):
                    seen.append(next(stream)["id"] or 0)
            calm.set()
            thread.join()
    finally:
        calm.set()
        signal.signal(signal.SIGUSR1, before)
    assert seen == list(range(seen[0], seen[0] + 100))
