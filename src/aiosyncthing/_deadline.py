"""Waiting with a limit, and saying what was missing when it is reached."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from .exceptions import WaitTimeoutError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from types import TracebackType
    from typing import Self

    from .waiting.progress import SyncProgress


class Limit:
    """Limits the time that a block may take: ``with Limit(10): await ...``.

    Like `asyncio.timeout`, it loses no cancellation from outside that comes at the same moment. And on Python 3.11.2 it
    works also in a task that is being cancelled, where that one raises CancelledError (cpython#102780). aiohttp's own
    limit for a whole request does lose such a cancellation, since it enters its block twice (`TimerContext`).

    Args:
        seconds: How long; ``None`` for no limit.
        goes_on: Called when the time is up; if it returns True, the same time is given again.

    Attributes:
        expired: Whether the time was up.

    Raises:
        TimeoutError: The time is up.
    """

    __slots__ = ("_cancelling", "_goes_on", "_handle", "_seconds", "_task", "expired")

    def __init__(self, seconds: float | None, goes_on: Callable[[], bool] | None = None) -> None:
        self.expired = False
        self._seconds = seconds
        self._goes_on = goes_on
        self._handle: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        """Begin to count."""
        if self._seconds is not None:
            task = asyncio.current_task()
            if task is None:
                raise RuntimeError("a limit needs a task")
            self._task = task
            self._cancelling = task.cancelling()
            self._handle = asyncio.get_running_loop().call_later(self._seconds, self._expire)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop counting, and turn what has ended the block into a TimeoutError."""
        if self._handle is not None:
            self._handle.cancel()
        # Another cancellation than our own counts, too: then it is more than before even without ours.
        if self.expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _expire(self) -> None:
        if self._seconds is not None and self._goes_on is not None and self._goes_on():
            self._handle = asyncio.get_running_loop().call_later(self._seconds, self._expire)
            return
        self.expired = True
        self._task.cancel()


@asynccontextmanager
async def within(
    timeout: float | None, reason: Callable[[], str], progress: Callable[[], SyncProgress | None] = lambda: None
) -> AsyncGenerator[None]:
    """Limit the time that a block may take.

    Args:
        timeout: Seconds; ``None`` for no limit.
        reason: Says what was missing, called when the time is up.
        progress: Returns how far it has come, called when the time is up.

    Raises:
        WaitTimeoutError: The time is up.
    """
    limit = Limit(timeout)
    try:
        with limit:
            yield
    except TimeoutError as error:
        if not limit.expired:
            raise  # a request's own
        known = progress()
        raise WaitTimeoutError(
            f"not after {timeout:g} seconds: {reason()}", progress=known, missing=known.missing if known else ()
        ) from error


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
