"""Work that is finished even if its task is cancelled meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from time import monotonic
from typing import Final, TypeVar

_T = TypeVar("_T")

LIMIT: Final = 10.0
"""The longest that a cancellation is held back, in seconds."""
RESERVE: Final = 2.0
"""Time kept at the end for finding out what is paused, and for storing it, in seconds."""


class Shield:
    """Holds cancellations of its task back until `release`, and limits how long that may take.

    Until the task is cancelled, `extend` grants another ten seconds plus the reserve. After a cancellation, ten seconds
    are left, which include the reserve and can't be extended.
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
        """Whether the time is up, including the reserve."""
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
        """Run a coroutine in its own task, and return its result.

        Args:
            work: The coroutine.
            limit: How long it may take after a cancellation before it is cancelled, too, in seconds.

        Raises:
            CancelledError: The work itself was cancelled, as `asyncio.run` does with every task at the end.
        """
        task = asyncio.ensure_future(work)
        end = min(monotonic() + limit, self._until) if self._hurried else None
        while not task.done():
            timeout = None if end is None else end - monotonic()
            if timeout is not None and timeout <= 0:
                task.cancel()
                timeout = None
            try:
                await asyncio.wait([task], timeout=timeout)  # unlike wait_for, doesn't cancel the task
            except asyncio.CancelledError as error:
                self._held = error
                self.hurry()
                end = min(monotonic() + limit, self._until) if end is None else end
        return task.result()

    def release(self, note: str | None = None) -> None:
        """Raise the cancellation that was held back, if there is one.

        Args:
            note: A note to add to it.
        """
        held, self._held = self._held, None
        if held is not None:
            if note is not None:
                held.add_note(note)
            raise held
