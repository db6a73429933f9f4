"""Objects that belong to an event loop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

import pytest

from aiosyncthing._loops import check_loop
from aiosyncthing.exceptions import EventLoopError, SyncthingError


async def test_the_own_loop_and_the_first_one_are_fine() -> None:
    """What belongs to no loop yet, or to the running one, may be used, and belongs to that one then."""
    running = asyncio.get_running_loop()
    assert check_loop(None, "the thing") is running
    assert check_loop(running, "the thing") is running


async def test_a_closed_loop() -> None:
    """The error says that the other loop is closed, and what to do."""
    other = asyncio.new_event_loop()
    other.close()
    with pytest.raises(EventLoopError, match=r"^the thing belongs to another .* closed\. .*new object in each"):
        check_loop(other, "the thing")


async def test_a_loop_of_another_thread() -> None:
    """The error says that the other loop is running in another thread, and how to get there."""
    started: Future[asyncio.AbstractEventLoop] = Future()
    other = asyncio.new_event_loop()
    other.call_soon(lambda: started.set_result(other))
    thread = threading.Thread(target=other.run_forever)
    thread.start()
    try:
        await asyncio.wrap_future(started)
        with pytest.raises(EventLoopError, match=r"which is running in another thread\. .*run_coroutine_threadsafe"):
            check_loop(other, "the thing")
    finally:
        other.call_soon_threadsafe(other.stop)
        await asyncio.to_thread(thread.join)
        other.close()


async def test_a_loop_that_is_stopped() -> None:
    """The error says that the other loop is not running; it is of our kind, and of the kind that asyncio raises."""
    other = asyncio.new_event_loop()
    try:
        with pytest.raises(EventLoopError, match="which is not running now") as caught:
            check_loop(other, "the thing")
    finally:
        other.close()
    assert isinstance(caught.value, SyncthingError)
    assert isinstance(caught.value, RuntimeError)
