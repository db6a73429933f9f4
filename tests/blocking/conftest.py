"""Fixtures: blocking clients of a fake, and a check that no thread is left."""

import gc
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from aiosyncthing.blocking import Syncthing
from aiosyncthing.blocking.base import Blocking
from aiosyncthing.blocking.bridge import Bridge
from pytest_syncthing import FakeSyncthing
from tests.support.waiting import wait_until

T = TypeVar("T")


class Probe(Blocking[object]):
    """A client of nothing, that runs any coroutine."""

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine as the methods of clients do."""
        return self._run(coroutine)

    def close(self) -> None:
        """Close it."""
        self._bridge.close(for_good=True)


def portal_threads() -> list[threading.Thread]:
    """Return the threads in which blocking clients work."""
    return [thread for thread in threading.enumerate() if thread.name == "aiosyncthing-blocking"]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Fail a test that leaves the portal's thread running although all clients are closed."""
    yield
    if portal_threads():
        gc.collect()
    for thread in portal_threads():
        thread.join(5)
    assert portal_threads() == []


@pytest.fixture
def probe() -> Iterator[Probe]:
    """A client of nothing."""
    probe = Probe(None, Bridge("Probe", None))
    yield probe
    probe.close()


@pytest.fixture
def client(fake: FakeSyncthing) -> Iterator[Syncthing]:
    """A blocking client of the fake."""
    with Syncthing(fake.api_key, fake.url) as found:
        yield found


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Press Ctrl-C in this thread as soon as a condition is true: once, or several times, at an interval."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    main = threading.get_ident()
    threads: list[threading.Thread] = []

    def begin(condition: Callable[[], object], *, times: int = 1, interval: float = 0.1) -> None:
        def press() -> None:
            wait_until(condition)
            for number in range(times):
                if number:
                    time.sleep(interval)
                signal.pthread_kill(main, signal.SIGINT)

        threads.append(threading.Thread(target=press))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join()
    signal.signal(signal.SIGINT, before)


def in_threads(*functions: Callable[[], object]) -> list[object]:
    """Call each function in its own thread, and return what they return or raise."""
    results: list[object] = [None] * len(functions)

    def call(number: int) -> None:
        try:
            results[number] = functions[number]()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            results[number] = error

    threads = [threading.Thread(target=call, args=(number,)) for number in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    return results
