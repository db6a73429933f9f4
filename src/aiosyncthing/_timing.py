"""Whether to try again and when, and waiting with a limit."""

from __future__ import annotations

import asyncio
import math
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from .exceptions import (
    InvalidResponseError,
    MigrationError,
    ProxyError,
    ResponseTooLargeError,
    ServerError,
    SyncthingError,
    TLSError,
    UnreachableError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator
    from types import TracebackType
    from typing import Self

_FIRST: Final = 0.1
_GROWTH: Final = 1.618
_LAST: Final = 30.0
_LONGEST: Final = 300.0  # a proxy may ask for a day; no caller wants to wait that long

_EXPENSIVE: Final = 60.0
_HOUR: Final = 3600.0

_PROMPT: Final = 1.0  # seconds; a poll that takes longer can't make a hot loop
_FIRST_PAUSE: Final = 0.5
_LAST_PAUSE: Final = 2.0

_TRANSIENT: Final = (UnreachableError, ServerError, MigrationError, ProxyError, InvalidResponseError)
_LASTING: Final = (TLSError, ResponseTooLargeError)


def is_transient(error: SyncthingError) -> bool:
    """Tell whether an error may heal by waiting.

    A daemon that is down, starting, converting its database, behind a proxy that says so, or whose answer was cut off
    or garbled on the way, may be back later. A refused key, a refused host name, a certificate that can't be
    verified, or another program on that port will not go away by themselves.
    """
    return isinstance(error, _TRANSIENT) and not isinstance(error, _LASTING)


def delays() -> Iterator[float]:
    """Yield seconds to wait before each further try: growing, with a random part, up to half a minute.

    The random part keeps the clients of a daemon that restarts from coming back all at once.
    """
    delay = _FIRST
    while True:
        yield delay * random.uniform(0.5, 1.5)  # noqa: S311 - not for secrets
        delay = min(delay * _GROWTH, _LAST)


def pause_after(error: SyncthingError, delay: float) -> float:
    """Return the seconds to wait after an error: a delay, or as long as the answer asked for, up to five minutes.

    Args:
        error: What went wrong.
        delay: Seconds to wait at least.
    """
    return max(delay, min(error.retry_after or 0, _LONGEST))


def limit_for_expensive(usual: float | None, before: float | None = None) -> float:
    """Return the seconds that an answer may take which is expensive for the daemon: minutes, and more after a time-out.

    The daemon keeps computing after the client has given up, so giving up early and asking again only adds to its load.

    Args:
        usual: Seconds for other answers; ``None`` for no limit.
        before: The limit that was not enough, if there was one.
    """
    if before is not None:
        return max(before, min(2 * before, _HOUR))
    return math.inf if usual is None else max(usual, _EXPENSIVE)


class Pace:
    """Keeps polls that are answered at once, but bring nothing new, from becoming a hot loop.

    Something on the way that answers from a cache, or cuts every poll short, would otherwise be asked thousands of
    times a second.
    """

    def __init__(self) -> None:
        self._pause = _FIRST_PAUSE

    def pause(self, lasted: float, *, news: bool) -> float:
        """Return how long to wait before the next poll, in seconds.

        Args:
            lasted: How long the last one took, in seconds.
            news: Whether it brought anything new.
        """
        if news or lasted >= _PROMPT:
            self._pause = _FIRST_PAUSE
            return 0.0
        pause = self._pause
        self._pause = min(pause * _GROWTH, _LAST_PAUSE)
        return pause


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
    timeout: float | None, reason: Callable[[], str], error: Callable[[str], WaitTimeoutError] = WaitTimeoutError
) -> AsyncGenerator[None]:
    """Limit the time that a block may take.

    Args:
        timeout: Seconds; ``None`` for no limit.
        reason: Says what was still missing; called when the time is up.
        error: Makes the error from its message.

    Raises:
        WaitTimeoutError: The time is up.
    """
    limit = Limit(timeout)
    try:
        with limit:
            yield
    except TimeoutError as expired:
        if not limit.expired:
            raise  # a request's own
        raise error(f"not after {timeout:g} seconds: {reason()}") from expired


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
