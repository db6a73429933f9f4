"""The fake's clock: it runs like any other, can be stopped, and can be moved.

Everything that takes time in the fake waits for this clock, so a test that moves it need not wait itself.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_START: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = 1_000_000_000
_FEW: Final = 64
_STEPS: Final = 10


def format_time(moment: int, *, whole: bool = False) -> str:
    """Return a moment, in nanoseconds since 1970, as Go prints it: with as many digits as it needs.

    Args:
        moment: The moment.
        whole: Leave out the fraction of the second.
    """
    seconds, rest = divmod(moment, _SECOND)
    fraction = f".{rest:09}".rstrip("0") if rest and not whole else ""
    return f"{(_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()}{fraction}Z"


class Timer:
    """A call that will be made at its time, unless it is cancelled."""

    __slots__ = ("callback", "due")

    def __init__(self, due: int, callback: Callable[[], object]) -> None:
        self.due = due
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """Don't make the call."""
        self.callback = None


class Clock:
    """The time of one fake, in whole nanoseconds since 1970. To be used in its loop's thread only.

    Args:
        start: What it shows at first. Any fixed time makes tests repeatable.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._base = ((start or _START) - _EPOCH) // timedelta(microseconds=1) * 1000
        self._since = time.monotonic_ns()
        self._frozen = False
        self._timers: list[tuple[int, int, Timer]] = []
        self._many = _FEW
        self._numbers = itertools.count()
        self._wake: asyncio.TimerHandle | None = None

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen

    @property
    def now(self) -> int:
        """The time, in nanoseconds since 1970."""
        return self._base if self._frozen else self._base + time.monotonic_ns() - self._since

    @property
    def date(self) -> datetime:
        """The time, to the microsecond."""
        return _EPOCH + timedelta(microseconds=self.now // 1000)

    @property
    def seconds(self) -> int:
        """The time, in whole seconds since 1970."""
        return self.now // _SECOND

    def format(self, moment: int | None = None, *, whole: bool = False) -> str:
        """Return a moment (now by default) as Go prints it, with as many digits as it needs."""
        return format_time(self.now if moment is None else moment, whole=whole)

    def freeze(self) -> None:
        """Stand still until `advance` or `unfreeze`."""
        self._base, self._frozen = self.now, True
        self._arm()

    def unfreeze(self) -> None:
        """Run again."""
        self._base, self._since, self._frozen = self.now, time.monotonic_ns(), False
        self._arm()

    def advance(self, seconds: float) -> None:
        """Move forward, and make all calls that are due on the way, each at its time."""
        self._move_to(self.now + round(seconds * _SECOND))

    async def pass_by(self, seconds: float) -> None:
        """Move forward like `advance`, but let what waits for the clock act in between, each at its time."""
        end = self.now + round(seconds * _SECOND)
        was_frozen = self._frozen
        self.freeze()
        try:
            while True:
                for _ in range(_STEPS):  # until those that were woken wait again
                    await asyncio.sleep(0)
                due = self._next_due()
                if due is None or due > end:
                    break
                self._move_to(due)
            self._move_to(end)
        finally:
            if not was_frozen:
                self.unfreeze()

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Make a call after so many seconds of this clock."""
        timer = Timer(self.now + round(seconds * _SECOND), callback)
        if len(self._timers) >= self._many:  # while the clock stands still, cancelled ones would pile up
            self._timers = [entry for entry in self._timers if entry[2].callback is not None]
            heapq.heapify(self._timers)
            self._many = max(_FEW, 2 * len(self._timers))
        heapq.heappush(self._timers, (timer.due, next(self._numbers), timer))
        self._arm()
        return timer

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of this clock."""
        over = asyncio.Event()
        timer = self.call_later(seconds, over.set)
        try:
            await over.wait()
        finally:
            timer.cancel()

    def close(self) -> None:
        """Make no more calls."""
        self._timers.clear()
        self._arm()

    def _move_to(self, end: int) -> None:
        was_frozen = self._frozen
        self._base, self._frozen = self.now, True
        try:
            while self._timers and self._timers[0][0] <= end:
                due, _, timer = heapq.heappop(self._timers)
                self._base = max(self._base, due)
                self._run(timer)
            self._base = max(self._base, end)  # a call may have moved it further
        finally:
            self._since, self._frozen = time.monotonic_ns(), was_frozen
            self._arm()

    def _run(self, timer: Timer) -> None:
        callback, timer.callback = timer.callback, None
        if callback is not None:
            callback()

    def _arm(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        due = self._next_due()
        if due is not None and not self._frozen:
            pause = max(0, due - self.now) / _SECOND
            self._wake = asyncio.get_running_loop().call_later(pause, self._tick)

    def _next_due(self) -> int | None:
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def _tick(self) -> None:
        self._wake = None
        try:
            while self._timers and not self._frozen and self._timers[0][0] <= self.now:
                self._run(heapq.heappop(self._timers)[2])
        finally:
            self._arm()
