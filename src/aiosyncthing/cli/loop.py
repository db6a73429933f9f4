"""Run a command in an event loop, handle its signals, and watch the reader of its output.

After a signal, the tasks are cancelled and can clean up; then the process ends by the same signal, so that a loop in
the calling shell ends as well. A second signal skips the cleanup.
"""

from __future__ import annotations

import asyncio
import select
import signal
import sys
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar

from .process import Interrupted, die

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable

    T = TypeVar("T")

_SELECT: Final[Any] = select  # type checkers only know the names of one system
_SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
OF_TERMINALS: Final = frozenset(getattr(signal, name) for name in ("SIGINT", "SIGQUIT") if hasattr(signal, name))
"""The signals that a terminal sends to all programs in the foreground."""

_OTHERS: Final = tuple(getattr(signal, name) for name in ("SIGQUIT", "SIGUSR1", "SIGUSR2") if hasattr(signal, name))


class _Signals:
    """The signals of a command: they cancel its task, unless a function takes them.

    Args:
        task: The task.
        received: A list for the numbers of signals that cancel the task.
    """

    def __init__(self, task: asyncio.Task[Any] | None, received: list[int]) -> None:
        self.received = received
        self.take: Callable[[int], None] = self._interrupt
        self._task = task

    def got(self, signum: int) -> None:
        """Handle a signal."""
        self.take(signum)

    def catch(self, signums: Iterable[int]) -> list[int]:
        """Handle these signals from now on, and return those for which that is possible."""
        caught: list[int] = []
        for signum in signums:
            # Not signals that the caller ignores, as `nohup` does; Windows and other threads have no such handlers.
            with suppress(NotImplementedError, RuntimeError, ValueError):
                if signal.getsignal(signum) is not signal.SIG_IGN:
                    asyncio.get_running_loop().add_signal_handler(signum, self.got, signum)
                    caught.append(signum)
        return caught

    def _interrupt(self, signum: int) -> None:
        if self.received:
            die(signum)
        self.received.append(signum)
        if self._task is not None:
            self._task.cancel()


_CURRENT: Final[ContextVar[_Signals]] = ContextVar("signals")


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a new event loop.

    Raises:
        Interrupted: A signal has arrived; the tasks were cancelled and have cleaned up.
    """
    received: list[int] = []

    async def guarded() -> T:
        signals = _Signals(asyncio.current_task(), received)
        _CURRENT.set(signals)
        with _caught(signals, _SIGNALS):
            return await main

    try:
        return asyncio.run(guarded())
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise Interrupted(received[0] if received else signal.SIGINT) from None


@asynccontextmanager
async def signals_taken(take: Callable[[int], None]) -> AsyncGenerator[None]:
    """Pass signals to a function for the duration of a block, instead of ending the command.

    Args:
        take: Called with the number of each signal that would end the command or the process.
    """
    signals = _CURRENT.get()
    before, signals.take = signals.take, take
    try:
        with _caught(signals, _OTHERS):
            yield
            await _signals_handled()
    finally:
        signals.take = before


@asynccontextmanager
async def terminal_left() -> AsyncGenerator[None]:
    """Ignore the terminal's signals during a block: an editor gets them itself, and may use Ctrl-C otherwise."""
    interrupt = _CURRENT.get().take

    def take(signum: int) -> None:
        if signum not in OF_TERMINALS:
            interrupt(signum)

    async with signals_taken(take):
        yield


async def _signals_handled() -> None:
    """Wait until the loop has called the handlers of signals that have arrived.

    The loop reads their numbers from a pipe in one iteration and calls the handlers in the next, both after the tasks
    that are ready by then. So the end of another program may be noticed before a signal that was sent earlier.
    """
    for _ in range(3):
        await asyncio.sleep(0)


@contextmanager
def _caught(signals: _Signals, signums: Iterable[int]) -> Generator[None]:
    caught = signals.catch(signums)
    try:
        yield
    finally:
        for signum in caught:
            asyncio.get_running_loop().remove_signal_handler(signum)


async def while_read(work: Coroutine[Any, Any, int]) -> int:
    """Run a follower, and end it when the reader of stdout is gone."""
    task = asyncio.current_task()
    gone = False

    def end() -> None:
        nonlocal gone
        gone = True
        if task is not None:
            task.cancel()

    with reader_watched(end):
        try:
            return await work
        except asyncio.CancelledError:
            # A signal may have arrived at the same time.
            if gone and task is not None and not task.uncancel():
                raise BrokenPipeError from None
            raise


@contextmanager
def reader_watched(gone: Callable[[], None]) -> Generator[None]:
    """Notice that the reader of stdout is gone, even if there is nothing to write.

    Args:
        gone: Called once.
    """
    loop = asyncio.get_running_loop()
    watch = _watch(sys.stdout)
    if watch is None:
        yield
        return

    def notice() -> None:
        if _is_gone(watch):
            loop.remove_reader(watch.fileno())
            gone()

    loop.add_reader(watch.fileno(), notice)
    try:
        yield
    finally:
        loop.remove_reader(watch.fileno())
        watch.close()


def _watch(stream: TextIO) -> Any:
    """Return an object that becomes readable when the other end of a pipe or terminal closes; ``None`` for others."""
    try:
        if hasattr(_SELECT, "epoll"):
            poll = _SELECT.epoll()
            poll.register(stream.fileno(), 0)  # errors and hang-ups are always reported
            return poll
        if hasattr(_SELECT, "kqueue"):
            queue = _SELECT.kqueue()
            flags = _SELECT.KQ_EV_ADD | _SELECT.KQ_EV_CLEAR
            queue.control([_SELECT.kevent(stream.fileno(), _SELECT.KQ_FILTER_WRITE, flags)], 0)
            return queue
    except (OSError, ValueError):  # a regular file, or no file at all
        return None
    return None


def _is_gone(watch: Any) -> bool:
    if hasattr(_SELECT, "epoll"):
        return bool(watch.poll(0))
    return any(event.flags & _SELECT.KQ_EV_EOF for event in watch.control(None, 1, 0))
