"""Work that is brought to its end although its task is cancelled in the meantime."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from time import monotonic
from typing import Final, TypeVar

_T = TypeVar("_T")

LIMIT: Final = 10.0
"""Seconds that a cancellation is held back at most."""
RESERVE: Final = 2.0
"""Seconds at the end for looking what is paused, and for storing it."""


class Shield:
    """Holds cancellations of its task back until `release`, and limits how long that may take.

    As long as the task is not cancelled, `extend` grants another ten seconds, and the reserve on top. From its
    cancellation on, nothing does, and the reserve is part of the ten seconds.
    """

    def __init__(self) -> None:
        self._held: asyncio.CancelledError | None = None
        self._hurried = False
        self.extend()

    @property
    def cancelled(self) -> bool:
        """Whether a cancellation is held back."""
        return self._held is not None

    @property
    def left(self) -> float:
        """The seconds that are left, without the reserve."""
        return self._until - RESERVE - monotonic()

    @property
    def over(self) -> bool:
        """Whether the time is up, and with it the reserve."""
        return monotonic() >= self._until

    def extend(self) -> None:
        """Start the limit again, unless the task has been cancelled."""
        if not self._hurried:
            self._until = monotonic() + LIMIT + RESERVE

    def hurry(self) -> None:
        """Start the limit for the last time, because the task has been cancelled."""
        if not self._hurried:
            self._until = monotonic() + LIMIT
            self._hurried = True

    async def run(self, work: Coroutine[object, object, _T], *, limit: float = LIMIT) -> _T:
        """Run something in a task of its own, and return its result.

        Args:
            work: What to run.
            limit: Seconds that it may still take after a cancellation. Then it is cancelled, too.

        Raises:
            CancelledError: The work was cancelled. In the end, `asyncio.run` does this with every task.
        """
        task = asyncio.ensure_future(work)
        end = min(monotonic() + limit, self._until) if self._hurried else None
        while not task.done():
            timeout = None if end is None else end - monotonic()
            if timeout is not None and timeout <= 0:
                task.cancel()
                timeout = None
            try:
                await asyncio.wait([task], timeout=timeout)  # unlike others, it leaves the task alone when cancelled
            except asyncio.CancelledError as error:
                self._held = error
                self.hurry()
                end = min(monotonic() + limit, self._until) if end is None else end
        return task.result()

    def release(self, note: str | None = None) -> None:
        """Raise the cancellation that was held back, if there is one.

        Args:
            note: What to add to it.
        """
        held, self._held = self._held, None
        if held is not None:
            if note is not None:
                held.add_note(note)
            raise held
