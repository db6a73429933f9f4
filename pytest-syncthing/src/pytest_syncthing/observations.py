"""What a test can observe: the clock of the fake, which it can move, and the requests it received."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, TimeoutError as FutureTimeoutError
from contextlib import suppress
from datetime import datetime
from typing import Final

from .http.messages import Request
from .life import Living

_LOOK: Final = 0.02  # seconds after which a condition is looked at again where no change was noticed


class Observations(Living):
    """What a test can observe, and the clock."""

    # --- Its time ---

    @property
    def now(self) -> datetime:
        """The time on its clock."""
        return self._call(lambda: self._started.node.clock.date)

    def freeze(self) -> None:
        """Stop its clock: only `advance` moves it, until `unfreeze`."""
        self._call(self._started.node.clock.freeze)

    def unfreeze(self) -> None:
        """Start its clock again."""
        self._call(self._started.node.clock.unfreeze)

    def advance(self, seconds: float) -> None:
        """Move its clock forward; what is due until then happens, each at its time."""
        life = self._started
        life.host.run(life.node.clock.pass_by(seconds))

    # --- What it has seen ---

    @property
    def requests(self) -> list[Request]:
        """All requests received so far, in order, including those that were refused."""
        return self._call(lambda: list(self._started.server.requests))

    @property
    def answered(self) -> int:
        """How many of these requests are finished, whatever the client received."""
        return self._call(lambda: self._started.server.answered)

    @property
    def polls_waiting(self) -> int:
        """How many polls wait for an event now."""
        return self._call(lambda: self._started.node.events.waiting)

    def states(self) -> dict[str, str]:
        """Return the states of all folders, by ID."""
        return self._call(
            lambda: {name: folder.replica.state.name for name, folder in self._started.node.cluster.folders.items()}
        )

    @property
    def newest_event(self) -> int:
        """ID of the newest event, in the daemon's default subscription."""
        return self._call(self._started.node.events.newest)

    @property
    def connections(self) -> int:
        """How many connections to its API are open now."""
        return self._call(lambda: self._started.server.connections)

    async def until(self, condition: Callable[[], object], timeout: float = 10) -> None:
        """Wait until something is true: ``await fake.until(lambda: fake.polls_waiting)``.

        Args:
            condition: Looked at whenever something has happened in the fake.
            timeout: Seconds after which it is given up.

        Raises:
            TimeoutError: It did not become true.
        """
        end = time.monotonic() + timeout
        while True:
            change = self._next_change()
            try:
                if condition():
                    return
                _check(end, timeout)
                await asyncio.wait([asyncio.wrap_future(change)], timeout=_LOOK)
            finally:
                change.cancel()

    def wait_until(self, condition: Callable[[], object], timeout: float = 10) -> None:
        """Do the same as `until`, in a test that is not a coroutine."""
        end = time.monotonic() + timeout
        while True:
            change = self._next_change()
            try:
                if condition():
                    return
                _check(end, timeout)
                with suppress(FutureTimeoutError):
                    change.result(_LOOK)
            finally:
                change.cancel()

    def _next_change(self) -> Future[None]:
        life = self._started

        async def changed() -> None:
            await life.server.changed()

        return life.host.submit(changed())


def _check(end: float, timeout: float) -> None:
    if time.monotonic() > end:
        raise TimeoutError(f"what was waited for did not become true within {timeout:g} s")
