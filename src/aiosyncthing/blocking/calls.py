"""`Call`: a coroutine that runs in the portal's event loop while another thread waits for it."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from aiosyncthing.exceptions import ClientClosedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")
V = TypeVar("V")

# The length of one wait, in seconds. On POSIX, a signal interrupts a wait unless it comes right before it; on Windows,
# Ctrl-C is noticed only between waits.
_SLICE: Final = 0.1 if sys.platform == "win32" else 1.0

CLEANUP: Final = 2.0
"""How long an interrupted call may take to clean up before the thread goes on without it, in seconds."""


class Call(Generic[T]):
    """A call that one thread makes and waits for, and the portal's thread runs.

    `concurrent.futures.Future` can't be used: an exception in the waiting thread must cancel the task and wait for its
    cleanup, and callbacks run in the waiting thread.

    Args:
        coroutine: The coroutine.
        background: Whether no thread will wait for it.

    Attributes:
        done: Whether it has ended.
        interrupted: Whether the waiting thread was interrupted, and the call was cancelled because of that.
        task: Its task; ``None`` before it starts.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T], *, background: bool = False) -> None:
        self.done: bool = False
        self.interrupted: bool = False
        self.task: asyncio.Task[None] | None = None
        self._coroutine = coroutine
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: tuple[set[Call[Any]], ...] = ()
        self._running = False
        self._abandoned = False
        self._cancelled = False
        self._value: T | None = None
        self._error: BaseException | None = None
        self._wakeups: SimpleQueue[None] = SimpleQueue()
        self._callbacks: deque[Callable[[], None]] = deque()
        self._waiting = not background

    @property
    def submitted(self) -> bool:
        """Whether it is running or has run."""
        return self._loop is not None

    # In the thread that waits.

    def submit(self, loop: asyncio.AbstractEventLoop, *pending: set[Call[Any]]) -> None:
        """Run it in a loop.

        Args:
            loop: The loop.
            *pending: Sets that contain it until it ends.

        Raises:
            ClientClosedError: The loop has ended.
        """
        self._pending = pending
        for calls in pending:
            calls.add(self)
        self._loop = loop  # set before scheduling, since a signal handler may raise right after that
        try:
            loop.call_soon_threadsafe(self._start)
        except RuntimeError:
            self._loop = None
            self.abort()
            raise ClientClosedError("the client was closed because the program is exiting") from None

    def expect_wait(self) -> None:
        """Keep callbacks for this thread, which is about to wait again."""
        self._waiting = True

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it ends, running its callbacks meanwhile, and return whether it has ended.

        Args:
            timeout: Seconds; ``None`` for no limit.
        """
        self.wait_for(lambda: False, timeout)
        return self.done

    def wait_for(self, condition: Callable[[], object], timeout: float | None = None) -> None:
        """Wait until it ends or a condition is true, which is checked again after each `notify`."""
        limit = None if timeout is None else time.monotonic() + timeout
        self._waiting = True
        try:
            while not (self.done or condition()):
                left = None if limit is None else limit - time.monotonic()
                if left is not None and left <= 0:
                    break
                self._wait_once(left)
        finally:
            self._waiting = False
            self._run_callbacks_in_threads()

    def _wait_once(self, timeout: float | None) -> None:
        """Wait for a wake-up, for one slice at most, then run the callbacks."""
        try:
            self._wakeups.get(timeout=_SLICE if timeout is None else min(_SLICE, timeout))
        except Empty:
            return
        while callback := self._next_callback():
            callback()

    def cancel_and_wait(self) -> None:
        """Cancel it, and wait up to two seconds for its cleanup. An interrupt ends that wait."""
        self._abandoned = True
        if self._loop is None:
            self._coroutine.close()
            return
        try:
            self.cancel_threadsafe()
            self.wait(CLEANUP)
        except BaseException:
            self.cancel_threadsafe()  # again, in case that was interrupted
            raise

    def cancel_threadsafe(self) -> None:
        """Cancel it without waiting. Thread-safe."""
        if not self.done and self._loop is not None:
            with suppress(RuntimeError):  # the loop has just ended, and with it the call
                self._loop.call_soon_threadsafe(self.cancel)

    def result(self) -> T:
        """Return its result or raise its error. May be called once, after it has ended."""
        __tracebackhide__ = True
        error, self._error = self._error, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # its traceback refers to this frame
        value, self._value = self._value, None
        return cast("T", value)

    # In the loop.

    def notify(self) -> None:
        """Wake the thread that waits."""
        self._wakeups.put(None)

    async def run_in_caller(self, function: Callable[[V], object], value: V) -> None:
        """Call a function in the waiting thread, or in a new one if no thread waits."""
        loop = asyncio.get_running_loop()
        called: asyncio.Future[None] = loop.create_future()

        def settle(error: BaseException | None) -> None:
            if called.done():
                return
            if error is None:
                called.set_result(None)
            else:
                called.set_exception(error)

        def run() -> None:
            raised: BaseException | None = None
            try:
                function(value)
            except BaseException as error:  # noqa: BLE001 - raised in the coroutine
                raised = error
            with suppress(RuntimeError):  # the function has closed the last client, and with it the loop
                loop.call_soon_threadsafe(settle, raised)
            del raised  # its traceback refers to this frame

        self._callbacks.append(run)
        self.notify()
        if not self._waiting:
            self._run_callbacks_in_threads()
        await called

    def cancel(self) -> None:
        """Cancel it. Further calls do nothing, so that they don't disturb its cleanup."""
        if self._cancelled:
            return
        self._cancelled = True
        if self._running:
            cast("asyncio.Task[None]", self.task).cancel()
        else:
            self.abort()

    def abort(self) -> None:
        """End it if it never ran, or can't continue."""
        if not self.done:
            if not self._running:
                self._coroutine.close()
                self.interrupted = self._abandoned
            self._end(closed())

    def _start(self) -> None:
        if not self.done:
            self.task = asyncio.create_task(self._run())

    def _run_callbacks_in_threads(self) -> None:
        """Run the callbacks in new threads, since no thread waits."""
        while callback := self._next_callback():
            try:
                threading.Thread(target=callback, daemon=True).start()
            except RuntimeError:  # the program is exiting, so this thread has nothing else to do
                callback()

    def _next_callback(self) -> Callable[[], None] | None:
        try:
            return self._callbacks.popleft()
        except IndexError:  # the other thread has taken it
            return None

    async def _run(self) -> None:
        if self.done:
            return
        self._running = True
        _current.set(self)
        try:
            self._value = await self._coroutine
        except asyncio.CancelledError:
            self.interrupted = self._abandoned
            self._end(closed())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._end(error)
        else:
            self._end(None)

    def _end(self, error: BaseException | None) -> None:
        self._error = error
        self.done = True
        for calls in self._pending:
            calls.discard(self)
        self.notify()


_current: ContextVar[Call[Any]] = ContextVar("call")  # inherited by tasks that the coroutine starts


def in_caller(function: Callable[[V], object] | None) -> Callable[[V], Awaitable[None]] | None:
    """Return an asynchronous function that runs this one in the caller's thread; ``None`` if there is no function."""
    if function is None:
        return None

    async def call(value: V) -> None:
        await _current.get().run_in_caller(function, value)

    return call


def closed() -> ClientClosedError:
    """Return the error of a call whose client was closed."""
    return ClientClosedError("the client was closed during the call")
