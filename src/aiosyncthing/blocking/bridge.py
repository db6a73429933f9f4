"""`Bridge`: runs the coroutines of one blocking client in the portal's event loop."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aiosyncthing.exceptions import BlockingCallError, ClientClosedError

from . import portal
from .calls import Call
from .portal import Lease

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")

_IN_PORTAL: Final = (
    "a blocking call in the thread that runs all blocking clients would wait for itself. Functions that are called "
    "in that thread, such as a crash_handler, must not use a blocking client"
)
_FORKED: Final = (
    "this client was used before os.fork(), and its connections belong to the parent process. Close it before forking, "
    "or create a new client in the child"
)


class Bridge:
    """Runs the coroutines of one client, and keeps track of what has to be closed.

    Args:
        what: Name of the client's class.
        close: Closes the client's connections.
        in_loop: Whether to allow calls in a thread with a running event loop.
    """

    def __init__(self, what: str, close: Callable[[], Awaitable[object]] | None, *, in_loop: bool = False) -> None:
        self._what = what
        self._close = close
        self._in_loop = in_loop
        self._lock = threading.RLock()
        self._closed = False
        self._lease: Lease | None = None
        self._finalizer: weakref.finalize[[], Bridge] | None = None

    @property
    def busy(self) -> bool:
        """Whether there is an unfinished call."""
        return self._lease is not None and bool(self._lease.calls)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine, and return its result. If the wait is interrupted, the coroutine is cancelled first.

        Raises:
            BlockingCallError: The call would block an event loop, or never end.
            ClientClosedError: The client was closed before or during the call.
        """
        __tracebackhide__ = True
        call = Call(coroutine)
        try:
            self.lease().submit(call)
            call.wait()
        except BaseException:
            call.cancel_and_wait()
            raise
        return call.result()

    def run_until(
        self, start: Callable[[Callable[[], None]], Coroutine[Any, Any, object]], condition: Callable[[], object]
    ) -> None:
        """Run a coroutine until a condition, which is checked in this thread, is true.

        Args:
            start: Returns the coroutine, which must call the given function whenever the condition may be true.
            condition: The condition. If it raises, the coroutine is cancelled.
        """
        __tracebackhide__ = True
        changed = threading.Event()

        def notify() -> None:
            changed.set()
            call.notify()

        call = Call(start(notify))
        try:
            self.lease().submit(call)
            met = False
            while not (met or call.done):
                call.wait_for(changed.is_set)
                if changed.is_set():
                    changed.clear()
                    met = bool(condition())
            if met:
                call.cancel_and_wait()
                return
        except BaseException:
            call.cancel_and_wait()
            raise
        call.result()

    def call(self, function: Callable[[], T]) -> T:
        """Call a function in the event loop, and return its result."""
        __tracebackhide__ = True

        async def call() -> T:
            return function()

        return self.run(call())

    def lease(self) -> Lease:
        """Return the client's share of the portal.

        Raises:
            BlockingCallError: A call would block an event loop, or never end.
            ClientClosedError: The client is closed.
        """
        self._check_thread()
        lease = self._lease
        if lease is None:
            return self._open()
        if lease.portal.pid != os.getpid():
            raise BlockingCallError(_FORKED)
        return lease

    def close(self, *, for_good: bool) -> None:
        """End the calls of other threads, close what is open, and release the portal.

        Args:
            for_good: Whether the client can't be used again.
        """
        if self._lease is not None and not self._lease.portal.is_current_thread:
            self._check_thread()
        with self._lock:
            self._closed = self._closed or for_good
            lease, self._lease = self._lease, None
            finalizer, self._finalizer = self._finalizer, None
        if finalizer is not None:
            finalizer.detach()
        if lease is None or lease.portal.pid != os.getpid():
            return
        if lease.portal.is_current_thread:  # the garbage collector closes a generator there
            lease.close_in_background()
            return
        call = Call(lease.close())
        try:
            call.submit(lease.portal.loop, lease.portal.calls)
            call.wait()
            call.result()
        except ClientClosedError:
            pass  # the portal has closed it, because the program is exiting
        except BaseException:
            try:
                call.cancel_and_wait()
            finally:
                lease.run_in_background(lease.close)  # what has not been closed
            raise
        finally:
            portal.release(lease.portal)

    def _open(self) -> Lease:
        with self._lock:
            if self._closed:
                raise ClientClosedError("the client is closed")
            if self._lease is None:
                self._lease = Lease(portal.acquire(), self._what, self._close)
                self._finalizer = weakref.finalize(self, self._lease.finalize)
                self._finalizer.atexit = False  # the portal closes what is open when the program ends
            return self._lease

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
                f"aiosyncthing.blocking.{self._what} would block the event loop that runs in this thread: use "
                f"aiosyncthing.{self._what} with await instead, or make the call with asyncio.to_thread"
            )


def _in_notebook() -> bool:
    """Return whether this is a Jupyter notebook, whose event loop waits for each cell anyway."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_shell is not None and getattr(get_shell(), "kernel", None) is not None
