"""Which event loop an object belongs to: the one that it was first used in.

Sockets, tasks and locks work only in the loop that they were made in. asyncio notices late, and says little ("Event
loop is closed", "attached to a different loop").
"""

from __future__ import annotations

import asyncio
from typing import Final

from .exceptions import EventLoopError

_CLOSED: Final = (
    "which is closed. asyncio.run() closes its loop at the end: use a new one each time, or do everything in one "
    "asyncio.run()"
)
_RUNNING: Final = (
    "which is running in another thread. Use one in each thread, or hand the work to that loop: "
    "asyncio.run_coroutine_threadsafe(coroutine, loop)"
)
_STOPPED: Final = "which is not running now. Use one in each event loop, or go on in that one"


def check_loop(owner: asyncio.AbstractEventLoop | None, what: str) -> asyncio.AbstractEventLoop:
    """Return the running event loop, if it is the one that something belongs to.

    Args:
        owner: The loop that it belongs to; ``None`` if it belongs to none yet.
        what: What it is, with its article: "the stream".

    Raises:
        EventLoopError: It belongs to another loop; the text says what became of that one, and what to do.
    """
    running = asyncio.get_running_loop()
    if owner is None or owner is running:
        return running
    state = _CLOSED if owner.is_closed() else _RUNNING if owner.is_running() else _STOPPED
    raise EventLoopError(f"{what} belongs to another event loop, {state}")
