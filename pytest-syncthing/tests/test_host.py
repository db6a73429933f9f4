"""The thread in which all fakes live: it starts with the first, ends with the last, and can be called from anywhere."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from pytest_syncthing import host as _host
from pytest_syncthing.host import Host, acquire


def test_one_for_all() -> None:
    """There is one thread for all fakes; it ends with the last of them, and the next one gets another."""
    first, second = acquire(), acquire()
    assert first is second
    thread = first.call(threading.current_thread)
    assert thread is not threading.current_thread()
    first.release()
    assert thread.is_alive()
    second.release()
    assert first.loop.is_closed()
    third = acquire()
    assert third is not first
    third.release()


@pytest.fixture
def host() -> Iterator[Host]:
    """A host that is released after the test."""
    host = acquire()
    yield host
    host.release()


def test_calls(host: Host) -> None:
    """The caller gets what the call returns or raises, also from within the thread itself."""
    assert host.call(divmod, 7, 2) == (3, 1)
    assert host.call(lambda: host.call(divmod, 7, 2)) == (3, 1)
    assert host.call(lambda: host.inside)
    assert not host.inside
    with pytest.raises(ZeroDivisionError):
        host.call(divmod, 1, 0)


async def _add(one: int, other: int) -> int:
    await asyncio.sleep(0)
    return one + other


async def _fail() -> None:
    await asyncio.sleep(0)
    raise TimeoutError("of the test")


async def _cancelled() -> None:
    raise asyncio.CancelledError


def test_coroutines(host: Host) -> None:
    """A coroutine runs in the thread, and the caller gets what it returns or raises."""
    assert host.run(_add(1, 2)) == 3
    assert host.submit(_add(1, 2)).result() == 3
    with pytest.raises(TimeoutError, match="of the test"):
        host.run(_fail())
    with pytest.raises(asyncio.CancelledError):
        host.run(_cancelled())
    with pytest.raises(RuntimeError, match="can't wait for itself"):
        host.call(lambda: host.run(_add(1, 2)))


def test_from_many_threads() -> None:
    """Any thread may call, and hold a reference."""
    host = acquire()
    found: list[int] = []

    def work() -> None:
        for _ in range(50):
            mine = acquire()
            found.append(mine.call(lambda: 1))
            mine.release()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 400
    assert host.call(lambda: True)
    host.release()
    assert _host._current is None


def test_what_is_left_is_cancelled() -> None:
    """Tasks that still run when the last fake is gone are cancelled, and may clean up."""
    host = acquire()
    ended: list[bool] = []

    async def last() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    host.submit(last())
    host.call(lambda: None)
    host.release()
    assert ended == [True]


def test_an_end_from_within() -> None:
    """The last fake may be stopped in the thread itself."""
    host = acquire()
    thread = host.call(threading.current_thread)
    host.call(host.release)
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("unnoticed", [False, True])
def test_interrupts(host: Host, unnoticed: bool) -> None:
    """Ctrl-C ends a call and cancels its coroutine, also if another thread gets the signal."""
    cancelled = threading.Event()

    def interrupt() -> None:
        if unnoticed:
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        else:
            os.kill(os.getpid(), signal.SIGINT)

    async def forever() -> None:
        asyncio.get_running_loop().call_soon(interrupt)
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(KeyboardInterrupt):
        host.run(forever())
    assert cancelled.wait(10)


def test_an_early_interrupt(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C before a coroutine has started leaves none that was never awaited."""
    real = host.loop.call_soon_threadsafe
    interrupts = [KeyboardInterrupt]

    def call(callback: Callable[[], object]) -> None:
        if interrupts:
            raise interrupts.pop()
        real(callback)

    monkeypatch.setattr(host.loop, "call_soon_threadsafe", call)
    coroutine = _add(1, 2)
    with pytest.raises(KeyboardInterrupt):
        host.run(coroutine)
    monkeypatch.undo()
    host.call(lambda: None)
    assert coroutine.cr_frame is None


def test_forks(host: Host) -> None:
    """The child of a fork gets a thread of its own, whether or not the parent had one."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:  # pragma: no cover - another process
        try:
            mine = acquire()
            os.write(writing, b"ok" if mine is not host and mine.call(lambda: True) else b"no")
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor
        assert pipe.read() == b"ok"
    os.waitpid(child, 0)
