"""Checks that an operation leaves its task unchanged, and can be cancelled at any point."""

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

# When to cancel an operation that has begun to wait: at once, when the future is done but the operation has not resumed
# yet, or some iterations of the event loop later.
BLOWS: Final = ("at once", "when done", 1, 3)


_INSIDE: Final = ContextVar("_INSIDE", default=False)


class _Struck:
    """An operation that is cancelled from outside at its nth wait, or never for 0; `waits` is their number so far."""

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
    """Run an operation to its end in a new task, which must be unchanged afterwards.

    Args:
        operation: Starts it.
        ending: Whether the task is being cancelled, and the operation is part of its clean-up.

    Returns:
        The result, or the exception.
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
        except Exception as error:  # noqa: BLE001 - the caller checks the outcome
            outcome.append(error)
        assert task.cancelling() == ending, f"{task.cancelling()} cancellations are left in the caller's task"
        async with asyncio.timeout(60):  # a cancellation that is left would end this at once
            await asyncio.sleep(0)

    begun = _Begun()
    with begun.noting():
        await asyncio.create_task(work())
    begun.check()
    return outcome[0]


async def cancel_once(operation: Operation, at: int, blow: str | int) -> bool:
    """Cancel an operation once, which must end it and leave nothing behind.

    Returns:
        Whether it got as far as that wait.
    """
    struck: list[_Struck] = []

    async def work() -> None:
        struck.append(_Struck(operation(), at, blow))
        with suppress(Exception):  # it may fail
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
    """Cancel an operation at each of its waits, in every way.

    Args:
        operation: Starts it.
        most: Maximum number of waits.
        after: Checks the state after each cancellation.

    Returns:
        The number of waits.
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
    """The tasks and asynchronous generators that a block has started, without those of a server in the same loop."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[Any]] = []
        self._generators: list[AsyncGenerator[Any]] = []

    def check(self, where: str = "") -> None:
        """Check that all of them have ended."""
        tasks = [task for task in self._tasks if not task.done()]
        assert not tasks, f"{where}: tasks are left: {tasks}"
        # The generator that closes a client's session with its loop lives as long as that.
        generators = [each for each in self._generators if each.ag_frame and each.__name__ != "_close_with_loop"]
        assert not generators, f"{where}: generators are left: {generators}"

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Record what the block starts."""
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
