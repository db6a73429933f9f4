"""Objects belong to the event loop in which they are first used.

Sockets, tasks and locks work only in the loop that created them. asyncio notices a mistake late, and says little about
it ("Event loop is closed", "attached to a different loop").
"""

from __future__ import annotations

import asyncio
from typing import Final

from .exceptions import EventLoopError

_CLOSED: Final = (
    "which is closed. Each asyncio.run() has its own loop, and closes it: create a new object in each, or do "
    "everything in a single asyncio.run()"
)
_RUNNING: Final = (
    "which is running in another thread. Create one per thread, or run the coroutine in that loop: "
    "asyncio.run_coroutine_threadsafe(coroutine, loop)"
)
_STOPPED: Final = "which is not running now. Create one per event loop, or continue in that one"


def check_loop(owner: asyncio.AbstractEventLoop | None, what: str) -> asyncio.AbstractEventLoop:
    """Return the running event loop, if an object belongs to it.

    Args:
        owner: The loop that the object belongs to; ``None`` if it has not been used yet.
        what: The object, with its article: "the stream".

    Raises:
        EventLoopError: The object belongs to another loop; the text says what happened to that, and what to do.
    """
    running = asyncio.get_running_loop()
    if owner is None or owner is running:
        return running
    state = _CLOSED if owner.is_closed() else _RUNNING if owner.is_running() else _STOPPED
    raise EventLoopError(f"{what} belongs to another event loop, {state}")
