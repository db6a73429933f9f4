"""What a folder does, one thing after the other."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Job: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class FolderError(Exception):
    """A folder can't do what it is asked for; the daemon's words."""


@dataclass(slots=True, eq=False)
class _Request:
    run: Job
    done: asyncio.Future[None]


class Jobs:
    """A queue that is worked off by a task, which exists only as long as there is something to do.

    Args:
        spare: What is done when it is wanted and the queue is empty.
        after: Called after each job.

    Attributes:
        spare_wanted: Whether there is something to do when the queue is empty.
    """

    def __init__(self, spare: Job, after: Callable[[], object]) -> None:
        self._spare = spare
        self._after = after
        self._requests: deque[_Request] = deque()
        self._worker: asyncio.Task[None] | None = None
        self.spare_wanted = False

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be done."""
        return not self._requests and not self.spare_wanted

    def add(self, run: Job) -> asyncio.Future[None]:
        """Put a job at the end of the queue; return what is done, or fails, with it."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_look_at)  # it is no matter if nobody else does
        self._requests.append(_Request(run, done))
        self._go_on()
        return done

    def want_spare(self) -> None:
        """Do the spare job when there is nothing else."""
        self.spare_wanted = True
        self._go_on()

    def stop(self) -> None:
        """Break off what is done, and let fail what waits."""
        self.spare_wanted = False
        if self._worker is not None:
            self._worker.cancel()
        requests, self._requests = self._requests, deque()
        for request in requests:
            _fail(request.done)

    async def stopped(self) -> None:
        """Wait until nothing is done any more."""
        if self._worker is not None:
            await asyncio.wait({self._worker})

    def _go_on(self) -> None:
        if self._worker is None or self._worker.done() or self._worker.cancelling():
            self._worker = asyncio.create_task(self._work(self._worker))

    async def _work(self, before: asyncio.Task[None] | None) -> None:
        if before is not None and not before.done():
            await asyncio.wait({before})
        while not self.empty:
            if self._requests:
                await _serve(self._requests.popleft())
            else:
                self.spare_wanted = False
                await self._spare()
            self._after()


async def _serve(request: _Request) -> None:
    try:
        await request.run()
    except Exception as error:  # noqa: BLE001 - for whoever waits
        request.done.set_exception(error)
    except asyncio.CancelledError:
        _fail(request.done)
        raise
    else:
        request.done.set_result(None)


def _fail(done: asyncio.Future[None]) -> None:
    done.set_exception(FolderError("context canceled"))


def _look_at(done: asyncio.Future[None]) -> None:
    if not done.cancelled():
        done.exception()
