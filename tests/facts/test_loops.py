"""Objects belong to the event loop in which they are first used."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

import pytest

from aiosyncthing._loops import check_loop
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
