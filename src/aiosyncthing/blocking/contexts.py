"""`BlockingContext`: an asynchronous context manager that is entered and left from another thread."""

from __future__ import annotations

import asyncio
import os
import weakref
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from types import TracebackType
from typing import Generic, TypeVar

from aiosyncthing.exceptions import SyncthingError

from .bridge import Bridge
from .calls import Call
from .portal import Lease
from .unportable import Unportable

T = TypeVar("T")


class BlockingContext(Unportable, AbstractContextManager[T, bool]):
    """A context manager that can be used once: ``with ... as value:``."""

    def __init__(self, bridge: Bridge, manager: AbstractAsyncContextManager[T, bool | None]) -> None:
        self._bridge = bridge
        self._manager = manager
        self._entered: _Entered[T] | None = None
        self._lease: Lease | None = None
        self._finalizer: weakref.finalize[..., BlockingContext[T]] | None = None

    def __enter__(self) -> T:
        """Enter the block."""
        __tracebackhide__ = True
        if self._entered is not None:
            raise SyncthingError("this context manager can be entered only once: call the method that returned it")
        lease = self._bridge.lease()
        self._entered = entered = _Entered(self._manager)
        try:
            lease.submit(entered.call)
            entered.call.wait_for(lambda: entered.values)
            if not entered.values:
                entered.call.result()  # which raises
            self._finalizer = weakref.finalize(self, _finalize, lease, entered.call)
            self._finalizer.atexit = False
            self._lease = lease
        except BaseException:
            entered.call.cancel_and_wait()
            raise
        return entered.values[0]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Leave the block, which may suppress the error or raise another one."""
        __tracebackhide__ = True
        lease, entered = self._lease, self._entered
        if lease is None or entered is None or self._finalizer is None:
            raise SyncthingError("this context manager was not entered")
        self._lease = None
        self._finalizer.detach()
        if lease.portal.pid != os.getpid():  # in a forked child; the block belongs to the parent
            return False
        try:
            if lease.portal.is_current_thread:  # the garbage collector closes a generator there
                entered.exit_threadsafe(lease.portal.loop, error)
                return False
            entered.call.expect_wait()
            entered.exit_threadsafe(lease.portal.loop, error)
            entered.call.wait()
            return entered.call.result()
        except BaseException as raised:
            entered.call.cancel_and_wait()
            if raised is error:
                return False
            raise
        finally:
            if error is not None:
                error.__traceback__ = traceback  # without the frames of the other thread


class _Entered(Generic[T]):
    """One task that both enters and exits, as `asyncio.timeout` and `asyncio.TaskGroup` require.

    Attributes:
        call: The call that runs in this task.
        values: The value of the block, once it has been entered.
    """

    def __init__(self, manager: AbstractAsyncContextManager[T, bool | None]) -> None:
        self.call: Call[bool] = Call(self._run(manager))
        self.values: list[T] = []
        self._exiting = asyncio.Event()
        self._error: BaseException | None = None

    def exit_threadsafe(self, loop: asyncio.AbstractEventLoop, error: BaseException | None) -> None:
        """Exit the block, from another thread."""
        self._error = error
        with suppress(RuntimeError):  # the loop has just ended, and with it the task
            loop.call_soon_threadsafe(self._exiting.set)

    async def _run(self, manager: AbstractAsyncContextManager[T, bool | None]) -> bool:
        value = await manager.__aenter__()
        try:
            self.values.append(value)
            self.call.notify()
            await self._exiting.wait()
        except BaseException as ended:  # the client was closed
            await manager.__aexit__(type(ended), ended, ended.__traceback__)
            raise
        error, self._error = self._error, None
        if error is None:
            return bool(await manager.__aexit__(None, None, None))
        return bool(await manager.__aexit__(type(error), error, error.__traceback__))


def _finalize(lease: Lease, call: Call[bool]) -> None:
    if lease.portal.usable:
        call.cancel_threadsafe()
        lease.warn("context manager that was entered and never left")
