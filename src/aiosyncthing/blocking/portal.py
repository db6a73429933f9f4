"""The portal: a thread with an event loop that all blocking clients of the process share."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import warnings
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing.exceptions import BlockingCallError, ClientClosedError

from .calls import Call

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Close = Callable[[], Awaitable[object]]

_EXIT_TIMEOUT: Final = 15.0  # seconds that open clients may take to clean up when the program ends


class Portal:
    """A thread with an event loop. Get the process's portal with `acquire`, and give it back with `release`.

    Other threads change the sets, so iterate over copies of them.

    Attributes:
        loop: The event loop.
        pid: The process that has the thread. A child of ``os.fork()`` doesn't have it.
        users: The number of clients that use it.
        leases: The leases of clients that are not closed.
        calls: The unfinished calls.
    """

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop = asyncio.new_event_loop()
        self.pid: int = os.getpid()
        self.users: int = 0
        self.leases: set[Lease] = set()
        self.calls: set[Call[Any]] = set()
        self._stopped = asyncio.Event()
        # A daemon thread, so that it doesn't keep a program running that doesn't close its clients.
        self._thread = threading.Thread(target=self._run, name="aiosyncthing-blocking", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            self.loop.close()
            raise BlockingCallError(f"can't start the thread that blocking clients need: {error}") from None

    @property
    def usable(self) -> bool:
        """Whether this process has the thread, and it has not ended."""
        return self.pid == os.getpid() and not self.loop.is_closed()

    @property
    def is_current_thread(self) -> bool:
        """Whether this is the portal's own thread, which can't wait for a call."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """Stop the loop and its thread without waiting for them."""
        with suppress(RuntimeError):  # it has ended
            self.loop.call_soon_threadsafe(self._stopped.set)

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread ends, unless this is the thread itself."""
        if not self.is_current_thread:
            self._thread.join(timeout)

    def _run(self) -> None:
        # At the end, the runner cancels tasks, closes asynchronous generators, and joins the loop's threads.
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._serve())
        for call in self.calls.copy():
            call.abort()  # or its thread would wait forever

    async def _serve(self) -> None:
        await self._stopped.wait()
        # Leases are left only if the program exits without closing its clients.
        await asyncio.gather(*(lease.close() for lease in self.leases.copy()), return_exceptions=True)


class Lease:
    """One client's share of the portal, with its calls, iterators and connections.

    Args:
        portal: The portal.
        what: Name of the client's class.
        close: Closes the client's connections.

    Attributes:
        portal: The portal.
        calls: The client's unfinished calls.
        closers: Functions that close its iterators.
    """

    def __init__(self, portal: Portal, what: str, close: Close | None) -> None:
        self.portal: Portal = portal
        self.calls: set[Call[Any]] = set()
        self.closers: set[Close] = set()
        self._what = what
        self._close = close
        portal.leases.add(self)

    def submit(self, call: Call[Any]) -> None:
        """Run a call in the portal.

        Raises:
            ClientClosedError: The portal has stopped, because the program is exiting.
        """
        call.submit(self.portal.loop, self.portal.calls, self.calls)

    def warn(self, what: str = "") -> None:
        """Emit a `ResourceWarning` for an object that was not closed, by default the client."""
        warnings.warn(f"unclosed {what or self._what}: use a with block", ResourceWarning, stacklevel=2)

    async def close(self) -> None:
        """End the client's calls, and close its iterators and connections. This doesn't release the portal."""
        self.portal.leases.discard(self)
        async with AsyncExitStack() as stack:
            if self._close is not None:
                stack.push_async_callback(self._close)
            for close in self.closers.copy():
                stack.push_async_callback(close)
            self.closers.clear()
            calls = self.calls.copy()
            for call in calls:
                call.cancel()
            if tasks := [call.task for call in calls if call.task is not None]:
                await asyncio.wait(tasks)

    def finalize(self) -> None:
        """Close a client that is garbage-collected, and warn. Thread-safe."""
        if self.portal.usable:
            self.close_in_background()
            self.warn()

    def close_in_background(self) -> None:
        """Close the lease and release the portal, without waiting. Thread-safe."""
        self.run_in_background(self._close_and_release)

    def run_in_background(self, close: Close) -> None:
        """Call an asynchronous function that closes an object, without waiting for it. Thread-safe."""

        async def run() -> None:
            await close()

        if self.portal.usable:
            with suppress(ClientClosedError):  # the portal has just ended
                Call(run(), background=True).submit(self.portal.loop, self.portal.calls)

    async def _close_and_release(self) -> None:
        try:
            await self.close()
        finally:
            release(self.portal)


# Reentrant, since the garbage collector or a signal handler may acquire it in the thread that holds it.
_lock = threading.RLock()
_current: Portal | None = None
_inherited: list[Portal] = []  # kept alive, since the parent's loop must not be closed by the child


def acquire() -> Portal:
    """Return the portal of this process, and start it if necessary. Each call needs a `release`.

    Raises:
        BlockingCallError: No thread can be started, because the program is exiting or has too many threads.
    """
    global _current  # noqa: PLW0603 - there is one per process
    with _lock:
        if _current is None or not _current.usable:
            _current = Portal()
        _current.users += 1
        return _current


def release(portal: Portal) -> None:
    """Give the portal back. Its thread ends with the last client."""
    global _current  # noqa: PLW0603 - there is one per process
    with _lock:
        portal.users -= 1
        if portal.users:
            return
        if _current is portal:
            _current = None
    portal.stop()
    portal.join()


def is_portal(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether a loop is the portal's."""
    return _current is not None and _current.loop is loop


def _stop_at_exit() -> None:
    portal = _current
    if portal is not None and portal.usable:
        for lease in portal.leases.copy():
            lease.warn()
        portal.stop()
        portal.join(_EXIT_TIMEOUT)


def _forget_after_fork() -> None:
    """Start over in the child, where the thread does not exist."""
    global _current, _lock
    if _current is not None:
        _inherited.append(_current)
    _current, _lock = None, threading.RLock()


atexit.register(_stop_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
