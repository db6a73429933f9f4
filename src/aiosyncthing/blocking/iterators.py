"""Iterators over what asynchronous iterators yield."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Generic, Protocol, Self, TypeVar

from aiosyncthing.exceptions import ClientClosedError, WaitTimeoutError

from .bridge import Bridge
from .portal import Hold
from .steps import Step
from .unportable import Unportable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Source(Protocol[T_co]):
    """What is iterated over in the loop."""

    def __anext__(self) -> Coroutine[Any, Any, T_co]:
        """Return the next item."""
        ...

    def aclose(self) -> Coroutine[Any, Any, None]:
        """Close it."""
        ...


class BlockingIterator(Unportable, Iterator[T]):
    """An iterator over what arrives from the daemon.

    To leave it early, use it as a context manager or call `close`; otherwise it is closed in the background when
    nothing refers to it any longer. It belongs to one thread, but any thread may close it.
    """

    _unclosed = ""  # warning for one that was not closed

    def __init__(self, bridge: Bridge, source: Source[T]) -> None:
        self._bridge = bridge
        self._position = _Position(source)
        self._closed = False
        self._held: Hold | None = None
        self._finalizer: weakref.finalize[..., BlockingIterator[T]] | None = None

    def __iter__(self) -> Self:
        """Return the iterator itself."""
        return self

    def __next__(self) -> T:
        """Return the next item."""
        return self.next()

    def next(self, timeout: float | None = None) -> T:
        """Return the next item if it comes in time. If it doesn't, the next call returns it, so none is lost.

        Args:
            timeout: Time limit in seconds; ``None`` for none.

        Raises:
            WaitTimeoutError: There was none in time.
            StopIteration: There are no more.
        """
        __tracebackhide__ = True
        if self._closed:
            raise StopIteration
        step = self._step()
        try:
            ended = step.wait(timeout)
        except BaseException:
            step.abandon()
            raise
        if not ended:
            raise WaitTimeoutError(f"nothing came within {timeout:g} seconds")
        if step.given_up:  # because of an earlier call
            return self.next(timeout)
        self._position.step = None
        try:
            return step.result()
        except StopAsyncIteration:
            self._end()
            raise StopIteration from None
        except ClientClosedError:
            if self._closed:  # by another thread
                raise StopIteration from None
            raise

    def close(self) -> None:
        """End the iteration and its request. May be called twice."""
        held = self._end()
        if held is not None and held.portal.usable:
            with suppress(ClientClosedError):  # which has closed this, too
                self._bridge.run(self._position.close())

    def __enter__(self) -> Self:
        """Return the iterator itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the iterator."""
        self.close()

    def _step(self) -> Step[T]:
        """Return the step to the next item, which an earlier call that was interrupted may have begun or even ended."""
        step = self._position.step
        if step is not None and step.given_up:
            step = None
        if step is None:
            step = Step(self._position.source.__anext__())
            try:
                held = self._open()
                self._position.step = step
                held.run(step)
            except BaseException:
                step.abandon()
                if not step.submitted:
                    self._position.step = None
                raise
        return step

    def _open(self) -> Hold:
        """Note that this has to be closed."""
        held = self._bridge.hold()
        if self._held is None:
            self._held = held
            held.closers.add(self._position.close)
            self._finalizer = weakref.finalize(self, _drop, held, self._position, self._unclosed)
            self._finalizer.atexit = False
        return held

    def _end(self) -> Hold | None:
        """Note that there is nothing to close any longer."""
        self._closed = True
        held, self._held = self._held, None
        if held is not None and self._finalizer is not None:
            self._finalizer.detach()
            held.closers.discard(self._position.close)
        return held


class _Position(Generic[T]):
    """Where an iterator is: on its way to the next item, or not."""

    def __init__(self, source: Source[T]) -> None:
        self.source: Final = source
        self.step: Step[T] | None = None

    async def close(self) -> None:
        """Close the source, in its loop."""
        step = self.step
        if step is not None and not step.done:
            step.cancel_here()
            if step.task is not None:
                await asyncio.wait([step.task])
        await self.source.aclose()


def _drop(held: Hold, position: _Position[Any], unclosed: str) -> None:
    held.closers.discard(position.close)
    held.in_background(position.close)
    if unclosed and held.portal.usable:
        held.warn(unclosed)
