"""Event loops: which one an object belongs to, doing several things in one at the same time, and one to its end.

Sockets, tasks and locks work only in the loop that created them. asyncio notices a mistake late, and says little about
it ("Event loop is closed", "attached to a different loop").
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from .exceptions import EventLoopError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

_P = ParamSpec("_P")
_T = TypeVar("_T")

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


async def together(*work: Awaitable[Any]) -> list[Any]:
    """Wait for several things at the same time, and return their results in the same order.

    The first failure or a cancellation cancels the others, and is raised when they have ended.
    """
    tasks = [asyncio.ensure_future(each) for each in work]
    if not tasks:
        return []
    try:
        # Not gather(), which would cancel them, too: a second cancellation disturbs those that clean up.
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        return [task.result() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def to_the_end(work: Coroutine[Any, Any, _T]) -> _T:
    """Await something that must not be left half done; a cancellation takes effect afterwards."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})  # Python 3.14's asyncio.shield() would log an error after the cancellation
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # retrieved, or asyncio would log it; the cancellation takes precedence
    raise cancelled


async def in_thread(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Call a blocking function. A cancellation waits for it, so that nothing goes on in the background."""
    return await to_the_end(asyncio.to_thread(function, *args, **kwargs))
