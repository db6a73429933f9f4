"""`BlockingIterator`: an iterator over an asynchronous one."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Coroutine, Iterator
from types import TracebackType
from typing import Any, Final, Generic, Protocol, Self, TypeVar

from aiosyncthing._timing import time_limit
from aiosyncthing.exceptions import ClientClosedError, SyncthingError, WaitTimeoutError

from .bridge import Bridge
from .calls import Call
from .portal import Lease
from .unportable import Unportable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Source(Protocol[T_co]):
    """An asynchronous iterator that can be closed."""

    def __anext__(self) -> Coroutine[Any, Any, T_co]:
        """Return the next item."""
        ...

    def aclose(self) -> Coroutine[Any, Any, None]:
        """Close it."""
        ...


class BlockingIterator(Unportable, Iterator[T]):
    """An iterator over items that are fetched in the background thread.

    To stop early, use it as a context manager or call `close`; otherwise it is closed in the background when it is
    garbage-collected. Only one thread may iterate, but any thread may close it.
    """

    _unclosed = ""  # its name in the warning if it is not closed; empty for no warning

    def __init__(self, bridge: Bridge, source: Source[T]) -> None:
        self._bridge = bridge
        self._state = _State(source)
        self._closed = False
        self._thread: int | None = None  # the one that waits for an item
        self._lease: Lease | None = None
        self._finalizer: weakref.finalize[..., BlockingIterator[T]] | None = None

    def __iter__(self) -> Self:
        """Return the iterator itself."""
        return self

    def __next__(self) -> T:
        """Return the next item."""
        return self.next()

    def next(self, timeout: float | None = None) -> T:
        """Return the next item, if it arrives in time. A late item is not lost: the next call returns it.

        Args:
            timeout: Time limit in seconds; ``None`` for none.

        Raises:
            WaitTimeoutError: No item arrived in time.
            StopIteration: There are no more items.
            SyncthingError: Another thread is waiting for an item.
        """
        __tracebackhide__ = True
        thread = threading.get_ident()
        if self._thread not in {None, thread}:
            raise SyncthingError("another thread is waiting for an item of this iterator: use it in one thread only")
        self._thread = thread
        try:
            return self._next(timeout)
        finally:
            self._thread = None

    def _next(self, timeout: float | None) -> T:
        __tracebackhide__ = True
        if self._closed:
            raise StopIteration
        limit = time_limit(timeout)
        call = self._pending_call()
        try:
            ended = call.wait(limit)
        except BaseException:
            call.cancel_and_wait()
            raise
        if not ended:
            raise WaitTimeoutError(f"no item within {timeout:g} s")
        if call.interrupted:  # during an earlier wait
            return self._next(timeout)
        self._state.call = None
        try:
            return call.result()
        except StopAsyncIteration:
            self._detach()
            raise StopIteration from None
        except ClientClosedError:
            if self._closed:  # by another thread
                raise StopIteration from None
            raise
        except SyncthingError:
            self._state.failed = True
            raise

    def close(self) -> None:
        """End the iteration and its request. Can be called more than once."""
        lease = self._lease
        try:
            self._detach()
            if lease is None or not lease.portal.usable:
                return
            if lease.portal.is_current_thread:  # the garbage collector closes a generator there
                lease.run_in_background(self._state.close)
            else:
                self._bridge.run(self._state.close())
        except ClientClosedError:
            pass  # the client has closed it, too
        except BaseException:
            if lease is not None:
                lease.run_in_background(self._state.close)  # an interrupt may have come before it began
            raise

    def __enter__(self) -> Self:
        """Return the iterator itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the iterator."""
        self.close()

    def _pending_call(self) -> Call[T]:
        """Return the call for the next item. An earlier `next` may have started it, and it may have ended already."""
        call = self._state.call
        if call is None or call.interrupted:
            call = Call(self._state.source.__anext__())
            self._state.failed = False
            try:
                lease = self._attach()
                self._state.call = call
                lease.submit(call)
            except BaseException:
                call.cancel_and_wait()
                if not call.submitted:
                    self._state.call = None
                raise
        return call

    def _attach(self) -> Lease:
        """Register the iterator to be closed with the client, or when it is garbage-collected."""
        lease = self._bridge.lease()
        if self._lease is None:
            self._lease = lease
            lease.closers.add(self._state.close)
            self._finalizer = weakref.finalize(self, _finalize, lease, self._state, self._unclosed)
            self._finalizer.atexit = False
        return lease

    def _detach(self) -> None:
        """Undo `_attach`: it has ended, or is being closed."""
        self._closed = True
        lease, self._lease = self._lease, None
        if lease is not None and self._finalizer is not None:
            self._finalizer.detach()
            lease.closers.discard(self._state.close)


class _State(Generic[T]):
    """The source of an iterator, and the call for its next item, if there is one.

    The finalizer of the iterator refers to it, so it must not refer to the iterator.
    """

    def __init__(self, source: Source[T]) -> None:
        self.source: Final = source
        self.call: Call[T] | None = None
        self.failed = False  # whether the last call has raised an error, which is why the iterator may be left

    async def close(self) -> None:
        """Close the source, in its loop."""
        call = self.call
        if call is not None and not call.done:
            call.cancel()
            if call.task is not None:
                await asyncio.wait([call.task])
        await self.source.aclose()


def _finalize(lease: Lease, state: _State[Any], unclosed: str) -> None:
    lease.closers.discard(state.close)
    lease.run_in_background(state.close)
    if unclosed and not state.failed and lease.portal.usable:
        lease.warn(unclosed)
