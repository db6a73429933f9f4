"""When to try again, and time limits."""

from __future__ import annotations

import asyncio
import math
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, SupportsFloat, cast

from .exceptions import (
    BadRequestError,
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
_LONGEST: Final = 300.0  # a proxy may ask for a day, which no caller wants to wait

_EXPENSIVE: Final = 60.0
_HOUR: Final = 3600.0

_PROMPT: Final = 1.0  # seconds; polls that take longer can't become a hot loop
_FIRST_PAUSE: Final = 0.5
_LAST_PAUSE: Final = 2.0

GATHER: Final = 0.05
"""Seconds for which to gather the events of a burst."""

_IMMEDIATE: Final = 0.005
_IN_A_ROW: Final = 2
_FEW: Final = 100  # if more come in `GATHER` seconds, the daemon, which holds 1000, could drop some during a pause

_TRANSIENT: Final = (UnreachableError, ServerError, MigrationError, ProxyError, InvalidResponseError)
_LASTING: Final = (TLSError, ResponseTooLargeError)


def is_transient(error: SyncthingError) -> bool:
    """Return whether trying again later may help.

    It may if the daemon is down, starting or converting its database, if a proxy can't reach it, or if the answer was
    cut off or garbled on the way. It won't if the key, the host name or the certificate was refused, or if another
    program is using the port.
    """
    return isinstance(error, _TRANSIENT) and not isinstance(error, _LASTING)


def delays() -> Iterator[float]:
    """Yield the seconds to wait before each further attempt: growing up to half a minute, with jitter.

    The jitter keeps the clients of a restarted daemon from coming back all at once.
    """
    delay = _FIRST
    while True:
        yield delay * random.uniform(0.5, 1.5)  # noqa: S311 - not for cryptography
        delay = min(delay * _GROWTH, _LAST)


def pause_after(error: SyncthingError, delay: float) -> float:
    """Return the seconds to wait after an error: as long as the answer asked for, but at most five minutes.

    Args:
        error: The error.
        delay: Seconds to wait at least.
    """
    return max(delay, min(error.retry_after or 0, _LONGEST))


def limit_for_expensive(usual: float | None, before: float | None = None) -> float:
    """Return the time-out for an answer that is expensive for the daemon: minutes, and more after each time-out.

    The daemon goes on computing after the client has given up, so asking again early only adds to its load.

    Args:
        usual: Time-out for other answers, in seconds; ``None`` for no limit.
        before: The previous time-out that was too short, if any.
    """
    if before is not None:
        return max(before, min(2 * before, _HOUR))
    return math.inf if usual is None else max(usual, _EXPENSIVE)


def time_limit(seconds: float | None, what: str = "timeout") -> float | None:
    """Return a time limit as a number of seconds; ``None`` for none.

    As with `asyncio.timeout`, a limit of 0 or less is over at once.

    Args:
        seconds: The limit; ``None`` or ``math.inf`` for none.
        what: The argument's name, for the message.

    Raises:
        BadRequestError: It is not a number.
    """
    if type(seconds) is float and math.isfinite(seconds):  # as in every request, so it should be quick
        return seconds
    anything = cast("object", seconds)  # callers without a type checker may pass anything
    if anything is None:
        return None
    if isinstance(anything, bool) or not isinstance(anything, (float, int, SupportsFloat)):
        raise BadRequestError(f"{what} must be a number of seconds, not {type(anything).__name__}")
    try:
        found = float(anything)
    except OverflowError:
        return None
    if math.isnan(found):
        raise BadRequestError(f"{what} must be a number of seconds, not NaN")
    return None if found == math.inf else found


class Pace:
    """Keeps polls that are answered at once, without anything new, from becoming a hot loop.

    A proxy that answers from a cache, or cuts every poll short, would otherwise get thousands of requests per second.
    """

    def __init__(self) -> None:
        self._pause = _FIRST_PAUSE

    def pause(self, lasted: float, *, news: bool) -> float:
        """Return the seconds to wait before the next poll.

        Args:
            lasted: Seconds that the last poll took.
            news: Whether it returned anything new.
        """
        if news or lasted >= _PROMPT:
            self._pause = _FIRST_PAUSE
            return 0.0
        pause = self._pause
        self._pause = min(pause * _GROWTH, _LAST_PAUSE)
        return pause


class Bursts:
    """Whether events keep coming, so that fetching them together after `GATHER` seconds is cheaper than one by one.

    Events that come as fast as they are asked for are not a burst, since a pause would only slow them down. A single
    poll may take longer because the machine is busy, so only `_IN_A_ROW` of them count as one.
    """

    def __init__(self) -> None:
        self._close = 0  # how many polls in a row have waited for a short time

    def waited(self, seconds: float) -> None:
        """Note how long a poll waited for an event."""
        self._close = self._close + 1 if _IMMEDIATE < seconds < GATHER else 0

    def last(self, events: int) -> bool:
        """Return whether to pause before the next request, after one that brought so many events."""
        return self._close >= _IN_A_ROW and events <= _FEW


class Limit:
    """Limits the duration of a block: ``with Limit(10): await ...``.

    Like `asyncio.timeout`, it loses no cancellation from outside that arrives at the same moment. Unlike it, it also
    works on Python 3.11.2 in a task that is being cancelled, where that raises CancelledError (cpython#102780).
    aiohttp's own limit for a whole request can lose a cancellation, since it enters its block twice (`TimerContext`).

    Args:
        seconds: The duration; ``None`` or ``math.inf`` for no limit.
        goes_on: Called when the time is up; if it returns True, the limit starts again.

    Attributes:
        expired: Whether the block was ended.

    Raises:
        BadRequestError: The duration is not a number.
        TimeoutError: The time is up; its text is the duration.
    """

    __slots__ = ("_cancelling", "_goes_on", "_handle", "_seconds", "_task", "expired")

    def __init__(self, seconds: float | None, goes_on: Callable[[], bool] | None = None) -> None:
        self.expired = False
        self._seconds = time_limit(seconds)
        self._goes_on = goes_on
        self._handle: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        """Start the limit."""
        if self._seconds is not None:
            loop = asyncio.get_running_loop()
            task = asyncio.current_task(loop)
            if task is None:
                raise RuntimeError("a limit needs a task")
            self._task = task
            self._cancelling = task.cancelling()
            self._handle = loop.call_at(loop.time() + self._seconds, self._expire)  # call_later does the same, slower
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the limit, and replace its own cancellation with a TimeoutError."""
        if self._handle is not None:
            self._handle.cancel()
        # After a cancellation by anyone else there is one more than before, even without ours.
        if self.expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError(f"{self._seconds:.3g} s") from error

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
    """Limit the duration of a block.

    Args:
        timeout: Seconds; ``None`` for no limit.
        reason: Called when the time is up; returns what was still missing.
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
            raise  # a request's own time-out
        raise error(f"gave up after {timeout:g} s: {reason()}") from expired


class Signal:
    """An event for one waiting task, with a time-out. Waiting neither creates nor cancels a task."""

    def __init__(self) -> None:
        self._set = False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def is_set(self) -> bool:
        """Whether the signal is set."""
        return self._set

    def set(self) -> None:
        """Wake the waiting task, now or when it begins to wait."""
        self._set = True
        self._wake()

    def clear(self) -> None:
        """Reset the signal."""
        self._set = False

    async def wait(self, timeout: float) -> None:
        """Wait until the signal is set, or until the time-out in seconds."""
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
