"""What an operation leaves in the task that calls it: how it ends, and how it takes a cancellation at any point."""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator

    Operation = Callable[[], Awaitable[Any]]

__all__ = ["BLOWS", "cancel_everywhere", "cancel_once", "leaves_no_trace"]

# Moments of a cancellation, counted from when the operation begins to wait for something: at once, when what it waits
# for is there but it has not gone on yet, or some steps of the loop later.
BLOWS: Final = ("at once", "when done", 1, 3)


_INSIDE: Final = ContextVar("_INSIDE", default=False)


class _Struck:
    """An operation that is cancelled from outside when it waits for the so-and-so-many-th time.

    Args:
        work: It.
        at: How many times it has waited then; 0 for never.
        blow: See `BLOWS`.

    Attributes:
        waits: How many times it has waited so far.
        struck: Whether it was cancelled.
    """

    def __init__(self, work: Awaitable[Any], at: int, blow: str | int) -> None:
        self._steps = work.__await__()
        self._at = at
        self._blow = blow
        self.waits = 0
        self.struck = False

    def __await__(self) -> Generator[Any, Any, Any]:
        task = asyncio.current_task()
        assert task is not None
        error: BaseException | None = None
        while True:
            try:
                waited = self._steps.send(None) if error is None else self._steps.throw(error)  # type: ignore[attr-defined]  # it is a generator
            except StopIteration as end:
                return end.value
            self.waits += 1
            if self.waits == self._at:
                self._aim(task, waited)
            error = None
            try:
                yield waited
            except BaseException as thrown:  # noqa: BLE001 - passed on
                error = thrown

    def _aim(self, task: asyncio.Task[Any], waited: asyncio.Future[Any] | None) -> None:
        loop = asyncio.get_running_loop()
        if self._blow == "when done" and waited is not None:
            waited.add_done_callback(lambda _: self._strike(task))
        elif isinstance(self._blow, int):
            self._later(loop, task, self._blow)
        else:
            loop.call_soon(self._strike, task)

    def _later(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any], steps: int) -> None:
        if steps:
            loop.call_soon(self._later, loop, task, steps - 1)
        else:
            loop.call_soon(self._strike, task)

    def _strike(self, task: asyncio.Task[Any]) -> None:
        self.struck = task.cancel()


async def leaves_no_trace(operation: Operation, *, ending: bool = False) -> Any:
    """Run an operation to its end, whatever that is, in a task of its own, which must be as it was before.

    Args:
        operation: Begins it.
        ending: Whether that task has been cancelled already, and this is what it does before it ends.

    Returns:
        What it returned, or the error that it raised.
    """
    outcome: list[Any] = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        if ending:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        try:
            outcome.append(await operation())
        except Exception as error:  # noqa: BLE001 - how it ends is up to the caller
            outcome.append(error)
        assert task.cancelling() == ending, f"{task.cancelling()} cancellations are left in the caller's task"
        async with asyncio.timeout(60):  # it would end at once if there were any
            await asyncio.sleep(0)

    begun = _Begun()
    with begun.noting():
        await asyncio.create_task(work())
    begun.check()
    return outcome[0]


async def cancel_once(operation: Operation, at: int, blow: str | int) -> bool:
    """Cancel an operation once; it must end by that, and leave nothing behind.

    Returns:
        Whether it came so far; otherwise it has ended before.
    """
    struck: list[_Struck] = []

    async def work() -> None:
        struck.append(_Struck(operation(), at, blow))
        with suppress(Exception):  # how it ends is up to the caller
            await struck[0]

    begun = _Begun()
    with begun.noting():
        task = asyncio.create_task(work())
        await asyncio.wait([task])
    where = f"cancelled at wait {at}, {blow}"
    if struck[0].struck:
        assert task.cancelled(), f"{where}: the cancellation was lost"
        assert task.cancelling() == 1, f"{where}: {task.cancelling()} cancellations are counted"
    else:
        assert not task.cancelled(), f"{where}: cancelled by itself"
        assert task.cancelling() == 0, where
    begun.check(where)
    return struck[0].waits >= at


async def cancel_everywhere(operation: Operation, *, most: int = 1000, after: Operation | None = None) -> int:
    """Cancel an operation each time that it waits, in each way.

    Args:
        operation: Begins it.
        most: How often it may wait.
        after: Done after each cancellation: looks whether everything is as it should be.

    Returns:
        How often it waits.
    """
    for at in range(1, most + 1):
        came = [await _and_look(operation, at, blow, after) for blow in BLOWS]
        if not any(came):
            return at - 1
    raise AssertionError(f"it waits more than {most} times")


async def _and_look(operation: Operation, at: int, blow: str | int, after: Operation | None) -> bool:
    came = await cancel_once(operation, at, blow)
    if after is not None:
        await after()
    return came


class _Begun:
    """What a block has begun: tasks, and asynchronous generators; not what a server in the same loop has."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[Any]] = []
        self._generators: list[AsyncGenerator[Any]] = []

    def check(self, where: str = "") -> None:
        """Make sure that all of it has ended."""
        tasks = [task for task in self._tasks if not task.done()]
        assert not tasks, f"{where}: tasks are left: {tasks}"
        # What closes a client's session with its loop lives as long as that.
        generators = [each for each in self._generators if each.ag_frame and each.__name__ != "_close_with_loop"]
        assert not generators, f"{where}: generators are left: {generators}"

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note what the block begins."""
        loop = asyncio.get_running_loop()
        factory = loop.get_task_factory()
        hooks = sys.get_asyncgen_hooks()

        def make(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
            task = asyncio.Task(work, loop=loop, **options)
            if _INSIDE.get():
                self._tasks.append(task)
            return task

        def first(generator: AsyncGenerator[Any]) -> None:
            if _INSIDE.get():
                self._generators.append(generator)
            if hooks.firstiter:
                hooks.firstiter(generator)

        token = _INSIDE.set(True)
        loop.set_task_factory(make)
        sys.set_asyncgen_hooks(firstiter=first)
        try:
            yield
        finally:
            sys.set_asyncgen_hooks(firstiter=hooks.firstiter)
            loop.set_task_factory(factory)
            _INSIDE.reset(token)
