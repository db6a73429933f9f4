"""A coroutine that runs in the event loop of the portal, while another thread waits for it."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import deque
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from aiosyncthing.exceptions import ClientClosedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")
V = TypeVar("V")

# Seconds of one wait. On POSIX, a signal interrupts a wait, except for one that arrives right before it; on Windows,
# Ctrl-C is noticed only between two waits.
_SLICE: Final = 0.1 if sys.platform == "win32" else 1.0

CLEANUP: Final = 2.0
"""How long an interrupted call may take to clean up before the thread goes on without it, in seconds."""


class Step(Generic[T]):
    """A call: made and waited for by one thread, run by the other.

    Args:
        coroutine: What to run.

    Attributes:
        done: Whether it has ended.
        given_up: Whether it was interrupted, and has ended because of that.
        task: Its task; ``None`` before it starts.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self.done: bool = False
        self.given_up: bool = False
        self.task: asyncio.Task[None] | None = None
        self._coroutine = coroutine
        self._loop: asyncio.AbstractEventLoop | None = None
        self._noted: tuple[set[Step[Any]], ...] = ()
        self._running = False
        self._abandoned = False
        self._cancelled = False
        self._value: T | None = None
        self._error: BaseException | None = None
        self._news: SimpleQueue[None] = SimpleQueue()
        self._errands: deque[Callable[[], None]] = deque()
        self._attended = False

    @property
    def submitted(self) -> bool:
        """Whether it runs, or has run."""
        return self._loop is not None

    # In the thread that waits.

    def submit(self, loop: asyncio.AbstractEventLoop, *noted: set[Step[Any]]) -> None:
        """Run it in a loop.

        Args:
            loop: The loop.
            *noted: Where it is noted until it ends.

        Raises:
            ClientClosedError: The loop has ended.
        """
        self._noted = noted
        for steps in noted:
            steps.add(self)
        try:
            loop.call_soon_threadsafe(self._begin)
        except RuntimeError:
            self.fail()
            raise closed() from None
        self._loop = loop

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for its end, and return whether it has ended. Meanwhile, run its errands.

        Args:
            timeout: Seconds; ``None`` for no limit.
        """
        self.wait_until(lambda: False, timeout)
        return self.done

    def wait_until(self, condition: Callable[[], object], timeout: float | None = None) -> None:
        """Wait for its end, or until a condition is true, which may have changed after `tell`."""
        limit = None if timeout is None else time.monotonic() + timeout
        self._attended = True
        try:
            while not (self.done or condition()):
                left = None if limit is None else limit - time.monotonic()
                if left is not None and left <= 0:
                    break
                self.wait_for_news(left)
        finally:
            self._attended = False
            if self._errands:
                self._hand_over()

    def wait_for_news(self, timeout: float | None = None) -> None:
        """Wait until it has ended, or `tell` was called, or for a moment; then run its errands."""
        try:
            self._news.get(timeout=_SLICE if timeout is None else min(_SLICE, timeout))
        except Empty:
            return
        while self._errands:
            self._errands.popleft()()

    def abandon(self) -> None:
        """Cancel it, and wait a little until it has cleaned up. Whatever interrupts that wait ends it."""
        self._abandoned = True
        if self._loop is None:
            self._coroutine.close()
        else:
            self.cancel()
            self.wait(CLEANUP)

    def cancel(self) -> None:
        """Cancel it, without waiting. Any thread may do this."""
        if not self.done and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.cancel_here)

    def result(self) -> T:
        """Return its result, or raise its error; only once, and only when it has ended."""
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

    def tell(self) -> None:
        """Wake the thread that waits."""
        self._news.put(None)

    async def call(self, function: Callable[[V], object], value: V) -> None:
        """Call a function in the thread that waits, or in one of its own if none does."""
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
            try:
                function(value)
            except BaseException as error:  # noqa: BLE001 - raised in the coroutine
                loop.call_soon_threadsafe(settle, error)
            else:
                loop.call_soon_threadsafe(settle, None)

        self._errands.append(run)
        self.tell()
        if not self._attended:
            self._hand_over()
        await called

    def cancel_here(self) -> None:
        """Cancel it, in the loop itself. A second time does nothing, so that it can clean up."""
        if self._cancelled:
            return
        self._cancelled = True
        if self._running:
            cast("asyncio.Task[None]", self.task).cancel()
        else:
            self.fail()

    def fail(self) -> None:
        """End it although it never ran, or never will again."""
        if not self.done:
            if not self._running:
                self._coroutine.close()
                self.given_up = self._abandoned
            self._end(closed())

    def _begin(self) -> None:
        if not self.done:
            self.task = asyncio.create_task(self._run())

    def _hand_over(self) -> None:
        """Run the errands although no thread waits."""
        while self._errands:
            errand = self._errands.popleft()
            try:
                threading.Thread(target=errand, daemon=True).start()
            except RuntimeError:  # the program ends, and nothing else will happen in this thread
                errand()

    async def _run(self) -> None:
        if self.done:
            return
        self._running = True
        _step.set(self)
        try:
            self._value = await self._coroutine
        except asyncio.CancelledError:
            self.given_up = self._abandoned
            self._end(closed())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._end(error)
        else:
            self._end(None)

    def _end(self, error: BaseException | None) -> None:
        self._error = error
        self.done = True
        for steps in self._noted:
            steps.discard(self)
        self._news.put(None)


_step: ContextVar[Step[Any]] = ContextVar("step")  # also in the tasks that its coroutine starts


def in_caller(function: Callable[[V], object] | None) -> Callable[[V], Awaitable[None]] | None:
    """Return what calls a function in the thread of the caller, and waits for it; ``None`` if there is no function."""
    if function is None:
        return None

    async def call(value: V) -> None:
        await _step.get().call(function, value)

    return call


def closed() -> ClientClosedError:
    """Return the error of a call whose client was closed."""
    return ClientClosedError("the client was closed during the call")
