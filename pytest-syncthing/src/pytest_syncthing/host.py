"""The thread in which all fakes of this process live, and the way into it.

One thread with one event loop, started with the first fake and ended with the last. A fake is no part of the program
under test: it answers whatever that program's own loop is doing, and serves programs without a loop.
"""

from __future__ import annotations

import asyncio
import os
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, cast

from aiosyncthing.exceptions import DaemonError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future

_LOOK: Final = 1.0  # seconds

P = ParamSpec("P")
T = TypeVar("T")


class Host:
    """A thread with an event loop. Get the one there is with `acquire`.

    Args:
        new_loop: Makes the event loop: by default one of the kind that has the readiness of sockets, which the server
            needs, whatever the program has chosen for itself.

    Attributes:
        loop: The event loop.
    """

    def __init__(self, new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.SelectorEventLoop) -> None:
        self.loop = new_loop()
        self._users = 0
        self._ended: SimpleQueue[None] = SimpleQueue()
        # A program that ends without having closed its fakes ends nevertheless.
        self._thread = threading.Thread(target=self._live, name="aiosyncthing-fakes", daemon=True)
        self._thread.start()

    @property
    def inside(self) -> bool:
        """Whether the caller is in the host's own thread."""
        return threading.current_thread() is self._thread

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call something in the host's thread, from any thread, and wait for what it returns or raises.

        It should return at once: the caller may be in the loop of the program under test, which stands still
        meanwhile.

        Raises:
            DaemonError: The last fake of this host was stopped.
        """
        if self.inside:
            return function(*args, **kwargs)
        self._check()
        outcome: SimpleQueue[tuple[bool, Any]] = SimpleQueue()

        def do() -> None:
            try:
                outcome.put((True, function(*args, **kwargs)))
            except BaseException as error:  # noqa: BLE001 - the caller gets them all
                outcome.put((False, error))

        self.loop.call_soon_threadsafe(do)
        return cast("T", _take(outcome))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the host's loop, and wait for what it returns or raises.

        If the wait is interrupted, the coroutine is cancelled.

        Raises:
            RuntimeError: The caller is in the host's own thread, which can't wait for itself.
            DaemonError: The last fake of this host was stopped.
        """
        if self.inside:
            coroutine.close()
            raise RuntimeError("the thread of the fakes can't wait for itself")
        if self.loop.is_closed():
            coroutine.close()
        self._check()
        outcome: SimpleQueue[tuple[bool, Any]] = SimpleQueue()
        tasks: list[asyncio.Task[T]] = []

        def begin() -> None:
            tasks.append(self.loop.create_task(coroutine))
            tasks[0].add_done_callback(done)

        def done(task: asyncio.Task[T]) -> None:
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            outcome.put((False, error) if error else (True, task.result()))

        def give_up() -> None:
            if tasks:
                tasks[0].cancel()
            else:
                coroutine.close()

        try:
            self.loop.call_soon_threadsafe(begin)
            return cast("T", _take(outcome))
        except BaseException:
            if not self.loop.is_closed():
                self.loop.call_soon_threadsafe(give_up)
            raise

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine in the host's loop, and return at once what waits for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def release(self) -> None:
        """Say that one fake less needs it; after the last one the thread ends, and what runs in it is cancelled."""
        global _current  # noqa: PLW0603 - there is one per process
        with _lock:
            self._users -= 1
            if self._users:
                return
            if _current is self:
                _current = None
        self.loop.call_soon_threadsafe(self.loop.stop)
        if not self.inside:
            self._ended.get()

    def retain(self) -> None:
        """Say that one fake more needs it."""
        self._users += 1

    def _check(self) -> None:
        if self.loop.is_closed():
            raise DaemonError("the fake that this belongs to was stopped")

    def _live(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()
            self._ended.put(None)


def _take(outcome: SimpleQueue[tuple[bool, Any]]) -> Any:
    # The queue, and not a future: its wait is one call that Ctrl-C interrupts, and is not mistaken for blocking I/O
    # by what watches over the loop of the program under test. The thread answers within moments.
    while True:
        try:
            # A signal that comes right before the wait does not end it, and is noticed between two of them.
            succeeded, value = outcome.get(timeout=_LOOK)
            break
        except Empty:
            continue
    if succeeded:
        return value
    try:
        raise value
    finally:
        del value  # or the traceback keeps its own frame, and everything in it, alive


_lock = threading.Lock()
_current: Host | None = None


def acquire() -> Host:
    """Return the host of this process, started if there is none. Every call wants a `Host.release` of its own."""
    global _current  # noqa: PLW0603 - there is one per process
    with _lock:
        if _current is None:
            _current = Host()
        _current.retain()
        return _current


def _forget() -> None:
    """Start over in the child of a fork, where the thread does not exist."""
    global _current, _lock
    _current, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
