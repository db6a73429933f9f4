"""The thread, with one event loop, in which all blocking clients of the process work."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import warnings
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing.exceptions import ClientClosedError

from .steps import Step

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Close = Callable[[], Awaitable[object]]

_LONGEST_END: Final = 15.0  # seconds that open clients may take to clean up when the program ends


class Portal:
    """A thread with an event loop. Get the one there is with `acquire`, and give it back with `release`.

    Attributes:
        loop: The event loop.
        pid: The process that has the thread. A child made by ``os.fork()`` doesn't have it.
        users: How many clients use it.
        holds: What they hold.
        steps: The calls that have not ended.
    """

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop = asyncio.new_event_loop()
        self.pid: int = os.getpid()
        self.users: int = 0
        self.holds: set[Hold] = set()
        self.steps: set[Step[Any]] = set()
        self._ending = self.loop.create_future()
        # A program that ends without closing its clients ends nevertheless.
        self._thread = threading.Thread(target=self._live, name="aiosyncthing-blocking", daemon=True)
        self._thread.start()

    @property
    def usable(self) -> bool:
        """Whether this process has the thread, and it has not ended."""
        return self.pid == os.getpid() and not self.loop.is_closed()

    def end(self) -> None:
        """End the thread, without waiting for it."""
        with suppress(RuntimeError):  # it has ended
            self.loop.call_soon_threadsafe(self._end)

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread, except in itself."""
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def _end(self) -> None:
        if not self._ending.done():
            self._ending.set_result(None)

    def _live(self) -> None:
        # At its end, a runner cancels what is left, ends asynchronous generators, and joins the threads of the loop.
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._serve())
        for step in tuple(self.steps):
            step.fail()  # so that no thread waits forever

    async def _serve(self) -> None:
        await self._ending
        # There are some only if the program ends without having closed them.
        await asyncio.gather(*(hold.let_go() for hold in tuple(self.holds)), return_exceptions=True)


class Hold:
    """What one client holds: its share of the portal, calls, iterators and connections.

    Args:
        portal: The portal.
        what: Name of the client's class.
        close: Closes the client's connections.

    Attributes:
        portal: The portal.
        steps: The client's calls that have not ended.
        closers: What closes its iterators.
    """

    def __init__(self, portal: Portal, what: str, close: Close | None) -> None:
        self.portal: Portal = portal
        self.steps: set[Step[Any]] = set()
        self.closers: set[Close] = set()
        self._what = what
        self._close = close
        portal.holds.add(self)

    def run(self, step: Step[Any]) -> None:
        """Run a step in the portal.

        Raises:
            ClientClosedError: The portal has ended, because the program ends.
        """
        step.submit(self.portal.loop, self.portal.steps, self.steps)

    def warn(self, what: str = "") -> None:
        """Say that something was not closed: by default the client."""
        warnings.warn(f"unclosed {what or self._what}: use a with block", ResourceWarning, stacklevel=2)

    async def let_go(self) -> None:
        """End its calls, close its iterators and connections. The share of the portal remains."""
        self.portal.holds.discard(self)
        async with AsyncExitStack() as stack:
            if self._close is not None:
                stack.push_async_callback(self._close)
            for close in tuple(self.closers):
                stack.push_async_callback(close)
            self.closers.clear()
            steps = tuple(self.steps)
            for step in steps:
                step.cancel_here()
            if tasks := [step.task for step in steps if step.task is not None]:
                await asyncio.wait(tasks)

    def abandon(self) -> None:
        """Let go without waiting, because nothing refers to the client any longer. Any thread may do this."""
        if self.portal.usable:
            self.in_background(self._let_go_and_release)
            self.warn()

    def in_background(self, close: Close) -> None:
        """Close something without waiting for it. Any thread may do this."""

        async def run() -> None:
            await close()

        if self.portal.usable:
            with suppress(ClientClosedError):  # the portal has just ended
                Step(run()).submit(self.portal.loop, self.portal.steps)

    async def _let_go_and_release(self) -> None:
        try:
            await self.let_go()
        finally:
            release(self.portal)


# Reentrant, since the garbage collector or a signal handler may need it in a thread that has it.
_lock = threading.RLock()
_current: Portal | None = None
_inherited: list[Portal] = []  # kept, since the loop of another process must not even be closed


def acquire() -> Portal:
    """Return the portal of this process, started if there is none. Every call needs a `release`."""
    global _current  # noqa: PLW0603 - there is one per process
    with _lock:
        if _current is None or not _current.usable:
            _current = Portal()
        _current.users += 1
        return _current


def release(portal: Portal) -> None:
    """Say that one client fewer uses it. After the last one its thread ends."""
    global _current  # noqa: PLW0603 - there is one per process
    with _lock:
        portal.users -= 1
        if portal.users:
            return
        if _current is portal:
            _current = None
    portal.end()
    portal.join()


def is_portal(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether a loop is that of the portal."""
    return _current is not None and _current.loop is loop


def _end_with_program() -> None:
    portal = _current
    if portal is not None and portal.usable:
        for hold in tuple(portal.holds):
            hold.warn()
        portal.end()
        portal.join(_LONGEST_END)


def _forget() -> None:
    """Start over in the child of a fork, where the thread does not exist."""
    global _current, _lock
    if _current is not None:
        _inherited.append(_current)
    _current, _lock = None, threading.RLock()


atexit.register(_end_with_program)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
