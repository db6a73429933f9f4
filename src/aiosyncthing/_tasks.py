"""Doing several things at the same time, and doing one to its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

_P = ParamSpec("_P")
_T = TypeVar("_T")


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
