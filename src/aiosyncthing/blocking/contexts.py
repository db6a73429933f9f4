"""Blocks: asynchronous context managers, entered and left from another thread."""

from __future__ import annotations

import asyncio
import os
import weakref
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from types import TracebackType
from typing import Generic, TypeVar

from .bridge import Bridge
from .portal import Hold
from .steps import Step
from .unportable import Unportable

T = TypeVar("T")


class BlockingContext(Unportable, AbstractContextManager[T, bool]):
    """A context manager, to be used once: ``with ... as value:``."""

    def __init__(self, bridge: Bridge, manager: AbstractAsyncContextManager[T, bool | None]) -> None:
        self._bridge = bridge
        self._manager = manager
        self._visit: _Visit[T] | None = None
        self._held: Hold | None = None
        self._finalizer: weakref.finalize[..., BlockingContext[T]] | None = None

    def __enter__(self) -> T:
        """Enter the block."""
        __tracebackhide__ = True
        if self._visit is not None:
            raise RuntimeError("this block can be entered only once")
        held = self._bridge.hold()
        self._visit = visit = _Visit(self._manager)
        try:
            held.run(visit.step)
            visit.step.wait_until(lambda: visit.values)
        except BaseException:
            visit.step.abandon()
            raise
        if not visit.values:
            visit.step.result()  # which raises
        self._held = held
        self._finalizer = weakref.finalize(self, _forsake, held, visit.step)
        self._finalizer.atexit = False
        return visit.values[0]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Leave the block, which may suppress the error or raise another one."""
        __tracebackhide__ = True
        held, visit = self._held, self._visit
        if held is None or visit is None or self._finalizer is None:
            raise RuntimeError("this block was not entered")
        self._held = None
        self._finalizer.detach()
        if held.portal.pid != os.getpid():  # in a forked child, since the block belongs to the parent
            return False
        try:
            visit.leave(held.portal.loop, error)
            visit.step.wait()
            return visit.step.result()
        except BaseException as raised:
            visit.step.abandon()
            if raised is error:
                return False
            raise
        finally:
            if error is not None:
                error.__traceback__ = traceback  # without the frames of the other thread


class _Visit(Generic[T]):
    """One task that both enters and leaves, as asyncio's time limits and groups of tasks require.

    Attributes:
        step: The task.
        values: The value of the block, once it has been entered.
    """

    def __init__(self, manager: AbstractAsyncContextManager[T, bool | None]) -> None:
        self.step: Step[bool] = Step(self._stay(manager))
        self.values: list[T] = []
        self._left = asyncio.Event()
        self._error: BaseException | None = None

    def leave(self, loop: asyncio.AbstractEventLoop, error: BaseException | None) -> None:
        """Leave the block, from another thread."""
        self._error = error
        with suppress(RuntimeError):  # the loop has just ended, and with it the task
            loop.call_soon_threadsafe(self._left.set)

    async def _stay(self, manager: AbstractAsyncContextManager[T, bool | None]) -> bool:
        value = await manager.__aenter__()
        try:
            self.values.append(value)
            self.step.tell()
            await self._left.wait()
        except BaseException as ended:  # the client was closed
            await manager.__aexit__(type(ended), ended, ended.__traceback__)
            raise
        error, self._error = self._error, None
        if error is None:
            return bool(await manager.__aexit__(None, None, None))
        return bool(await manager.__aexit__(type(error), error, error.__traceback__))


def _forsake(held: Hold, step: Step[bool]) -> None:
    if held.portal.usable:
        step.cancel()
        held.warn("block that was never left")
