"""Which event loop an object belongs to, and doing several things in one."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

import pytest

from aiosyncthing._loops import check_loop, in_thread, to_the_end, together
from aiosyncthing.exceptions import EventLoopError


async def test_the_own_loop() -> None:
    """An object without a loop, or of the running loop, may be used there."""
    running = asyncio.get_running_loop()
    assert check_loop(None, "the thing") is check_loop(running, "the thing") is running


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("closed", r"^the thing belongs to another event loop, which is closed\. .*create a new object in each"),
        ("running", r"which is running in another thread\. .*run_coroutine_threadsafe"),
        ("stopped", r"which is not running now\. Create one per event loop"),
    ],
)
async def test_another_loop(state: str, message: str) -> None:
    """The error says what became of the other loop, and what to do."""
    started: Future[None] = Future()
    other = asyncio.new_event_loop()
    other.call_soon(lambda: started.set_result(None))
    thread = threading.Thread(target=other.run_forever)
    if state == "running":
        thread.start()
        await asyncio.wrap_future(started)
    elif state == "closed":
        other.close()
    with pytest.raises(EventLoopError, match=message):
        check_loop(other, "the thing")
    if state == "running":
        other.call_soon_threadsafe(other.stop)
        await asyncio.to_thread(thread.join)
    other.close()


async def test_together() -> None:
    """All run at the same time, and the results are in the order of the calls. Nothing is no exception."""
    met = asyncio.Barrier(2)

    async def work(name: str) -> str:
        await met.wait()
        return name

    assert await together(work("one"), work("other")) == ["one", "other"]
    assert await together() == []


@pytest.mark.parametrize("cancelled", [False, True], ids=["failure", "cancellation"])
async def test_nothing_is_left(cancelled: bool) -> None:
    """After a failure or a cancellation, the others have ended, undisturbed, and what they raise is not logged."""
    begun, ended = asyncio.Event(), False
    reports: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))

    async def lasting() -> None:
        nonlocal ended
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            ended = True
            raise OSError("while it cleaned up")

    async def failing() -> None:
        await begun.wait()
        if cancelled:
            await asyncio.sleep(60)
        raise ValueError

    task = asyncio.create_task(together(lasting(), failing()))
    await begun.wait()
    if cancelled:
        task.cancel()
    with pytest.raises(asyncio.CancelledError if cancelled else ValueError):
        await task
    assert ended
    assert not reports


async def test_to_the_end() -> None:
    """A cancellation waits for the work; its result and error are passed on."""
    done = asyncio.Event()

    async def work(error: BaseException | None = None) -> str:
        for _ in range(5):
            await asyncio.sleep(0)
        done.set()
        if error:
            raise error
        return "result"

    assert await to_the_end(work()) == "result"
    for error in (KeyError(), asyncio.CancelledError()):
        with pytest.raises(type(error)):
            await to_the_end(work(error))
    for coroutine in (work(), work(KeyError()), work(asyncio.CancelledError())):
        done.clear()
        task = asyncio.create_task(to_the_end(coroutine))
        for _ in range(3):
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done.is_set()


async def test_in_thread() -> None:
    """A blocking function runs in a thread; a cancellation waits for it."""
    started, go_on = threading.Event(), threading.Event()

    def work(result: str) -> str:
        started.set()
        assert go_on.wait(30)
        return result

    task = asyncio.create_task(in_thread(work, "done"))
    await asyncio.to_thread(started.wait)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await in_thread(work, result="done") == "done"
