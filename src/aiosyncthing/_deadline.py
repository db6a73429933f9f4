"""Waiting with a limit, and saying what was missing when it is reached."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from .exceptions import WaitTimeoutError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from ._progress import SyncProgress

__all__ = ["Signal", "within"]


@asynccontextmanager
async def within(
    timeout: float | None, reason: Callable[[], str], progress: Callable[[], SyncProgress | None] = lambda: None
) -> AsyncGenerator[None]:
    """Limit the time that a block may take.

    `asyncio.timeout` would do the same from Python 3.12 on. Before, it raises `asyncio.CancelledError` instead in a
    task that was cancelled earlier, as a program's clean-up runs in.

    Args:
        timeout: Seconds; ``None`` for no limit.
        reason: Says what was missing, called when the time is up.
        progress: Returns how far it has come, called when the time is up.

    Raises:
        WaitTimeoutError: The time is up.
    """
    task = asyncio.current_task()
    if timeout is None or task is None:
        yield
        return
    requested = task.cancelling()
    expired = False

    def expire() -> None:
        nonlocal expired
        expired = True
        task.cancel()

    handle = asyncio.get_running_loop().call_later(timeout, expire)
    try:
        yield
    except asyncio.CancelledError as error:
        if not expired or task.uncancel() > requested:
            raise
        known = progress()
        raise WaitTimeoutError(
            f"not after {timeout:g} seconds: {reason()}", progress=known, missing=known.missing if known else ()
        ) from error
    except BaseException:
        if expired:
            task.uncancel()
        raise
    else:
        if expired:
            task.uncancel()
    finally:
        handle.cancel()


class Signal:
    """What one task waits for, no longer than it likes, and others set. Waiting neither makes nor cancels a task."""

    def __init__(self) -> None:
        self._set = False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def is_set(self) -> bool:
        """Whether it was set since it was cleared."""
        return self._set

    def set(self) -> None:
        """Wake the one who waits, now or later."""
        self._set = True
        self._wake()

    def clear(self) -> None:
        """Forget that it was set."""
        self._set = False

    async def wait(self, timeout: float) -> None:
        """Wait until it is set, or so many seconds have passed."""
        if self._set:
            return
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        handle = loop.call_later(timeout, self._wake)
        try:
            await self._waiter
        finally:
            handle.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
