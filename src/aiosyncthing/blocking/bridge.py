"""The way from one blocking client to the event loop in which it works."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aiosyncthing.exceptions import BlockingCallError, ClientClosedError

from . import portal
from .portal import Hold
from .steps import Step

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")
V = TypeVar("V")

_IN_PORTAL: Final = (
    "a blocking call in the thread in which all blocking clients work would wait for itself. Functions that are called "
    "there, such as a crash_handler, must not use a blocking client"
)
_FORKED: Final = (
    "this client was used before os.fork(), and its connections belong to the parent process. Close it before forking, "
    "or create a new client in the child"
)


class Bridge:
    """Runs the coroutines of one client, and knows what has to be closed.

    Args:
        what: Name of the client's class.
        close: Closes the client's connections.
        in_loop: Whether to allow calls in a thread in which an event loop runs.
    """

    def __init__(self, what: str, close: Callable[[], Awaitable[object]] | None, *, in_loop: bool = False) -> None:
        self._what = what
        self._close = close
        self._in_loop = in_loop
        self._lock = threading.RLock()
        self._closed = False
        self._held: Hold | None = None
        self._finalizer: weakref.finalize[[], Bridge] | None = None

    @property
    def busy(self) -> bool:
        """Whether a call has not ended."""
        return self._held is not None and bool(self._held.steps)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine, and return its result. If the wait is interrupted, it is cancelled first.

        Raises:
            BlockingCallError: The call would block an event loop, or never end.
            ClientClosedError: The client is closed, or is closed meanwhile.
        """
        __tracebackhide__ = True
        step = Step(coroutine)
        try:
            self.hold().run(step)
            step.wait()
        except BaseException:
            step.abandon()
            raise
        return step.result()

    def run_reporting(
        self, begin: Callable[[Callable[[V], None]], Coroutine[Any, Any, T]], function: Callable[[V], object]
    ) -> T:
        """Run a coroutine that reports, and call a function with the latest report, in this thread.

        Args:
            begin: Makes the coroutine, given what it reports to.
            function: What to call. Its exception cancels the coroutine, and is raised.
        """
        __tracebackhide__ = True
        latest: list[V] = []

        def report(value: V) -> None:
            latest[:] = [value]
            step.tell()

        step = Step(begin(report))
        try:
            self.hold().run(step)
            ended = False
            while not ended:
                step.wait_until(lambda: latest)
                ended = step.done
                while latest:
                    function(latest.pop())
        except BaseException:
            step.abandon()
            raise
        return step.result()

    def call(self, function: Callable[[], T]) -> T:
        """Call a function in the event loop, and return its result."""
        __tracebackhide__ = True

        async def call() -> T:
            return function()

        return self.run(call())

    def hold(self) -> Hold:
        """Return what the client holds of the portal.

        Raises:
            BlockingCallError: A call would block an event loop, or never end.
            ClientClosedError: The client is closed.
        """
        self._check_thread()
        held = self._held
        if held is None:
            return self._begin()
        if held.portal.pid != os.getpid():
            raise BlockingCallError(_FORKED)
        return held

    def close(self, *, for_good: bool) -> None:
        """End the calls of other threads, close what is open, and give the share of the portal back.

        Args:
            for_good: Whether the client can't be used again.
        """
        if self._held is not None:
            self._check_thread()
        with self._lock:
            self._closed = self._closed or for_good
            held, self._held = self._held, None
            finalizer, self._finalizer = self._finalizer, None
        if finalizer is not None:
            finalizer.detach()
        if held is None or held.portal.pid != os.getpid():
            return
        step = Step(held.let_go())
        try:
            step.submit(held.portal.loop, held.portal.steps)
            step.wait()
        except BaseException:
            step.abandon()
            raise
        finally:
            portal.release(held.portal)
        step.result()

    def _begin(self) -> Hold:
        with self._lock:
            if self._closed:
                raise ClientClosedError("the client is closed")
            if self._held is None:
                self._held = Hold(portal.acquire(), self._what, self._close)
                self._finalizer = weakref.finalize(self, self._held.abandon)
                self._finalizer.atexit = False  # the portal's own end comes at the right moment
            return self._held

    def _check_thread(self) -> None:
        """Raise if an event loop runs in this thread, which the call would block."""
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            return
        if portal.is_portal(running):
            raise BlockingCallError(_IN_PORTAL)
        if not (self._in_loop or _in_notebook()):
            raise BlockingCallError(
                f"aiosyncthing.blocking.{self._what} would block the event loop that runs in this thread: there, use "
                f"aiosyncthing.{self._what} and await, or call it by way of asyncio.to_thread"
            )


def _in_notebook() -> bool:
    """Return whether this is a Jupyter notebook. Its kernel has a loop, which waits for each cell anyway."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_shell is not None and getattr(get_shell(), "kernel", None) is not None
