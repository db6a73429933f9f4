"""The queue of what a folder has to do."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Job: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class FolderError(Exception):
    """A folder can't do what a request asks for; the message is the daemon's."""


@dataclass(slots=True, eq=False)
class _Request:
    run: Job
    done: asyncio.Future[None]


class Jobs:
    """Runs jobs one after the other, in a task that exists only as long as there are any.

    Args:
        spare: A job for when the queue is empty. It runs once, however often it was wanted.
        after: Called after each job.

    Attributes:
        spare_wanted: Whether to run the spare job.
    """

    def __init__(self, spare: Job, after: Callable[[], object]) -> None:
        self._spare = spare
        self._after = after
        self._requests: deque[_Request] = deque()
        self._worker: asyncio.Task[None] | None = None
        self.spare_wanted = False

    @property
    def empty(self) -> bool:
        """Whether no job is waiting."""
        return not self._requests and not self.spare_wanted

    def add(self, run: Job) -> asyncio.Future[None]:
        """Append a job to the queue; return a future that ends with it."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_retrieve)  # or asyncio would log a failure without a caller
        self._requests.append(_Request(run, done))
        self._go_on()
        return done

    def want_spare(self) -> None:
        """Run the spare job when the queue is empty."""
        self.spare_wanted = True
        self._go_on()

    def stop(self) -> None:
        """Cancel the job that runs, and fail those that wait."""
        self.spare_wanted = False
        if self._worker is not None:
            self._worker.cancel()
        requests, self._requests = self._requests, deque()
        for request in requests:
            _fail(request.done)

    async def stopped(self) -> None:
        """Wait until no job runs."""
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
    except Exception as error:  # noqa: BLE001 - passed on to the caller
        request.done.set_exception(error)
    except asyncio.CancelledError:
        _fail(request.done)
        raise
    else:
        request.done.set_result(None)


def _fail(done: asyncio.Future[None]) -> None:
    done.set_exception(FolderError("context canceled"))


def _retrieve(done: asyncio.Future[None]) -> None:
    if not done.cancelled():
        done.exception()
