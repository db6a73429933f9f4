"""`Blocking`, the base of all blocking classes: it wraps an asynchronous object and the bridge to its event loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

from .bridge import Bridge
from .contexts import BlockingContext
from .iterators import BlockingIterator
from .unportable import Unportable

Inner = TypeVar("Inner")
Other = TypeVar("Other")
Twin = TypeVar("Twin")
T = TypeVar("T")


class Blocking(Unportable, Generic[Inner]):
    """The blocking twin of an asynchronous object.

    Args:
        inner: The object.
        bridge: Runs its coroutines in its event loop.
    """

    def __init__(self, inner: Inner, bridge: Bridge) -> None:
        self._inner = inner
        self._bridge = bridge
        self._twins: dict[object, tuple[object, Any]] = {}

    def __repr__(self) -> str:
        """Show the asynchronous object's own representation, if its class defines one."""
        if type(self._inner).__repr__ is object.__repr__:
            return super().__repr__()
        return repr(self._inner)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine, and return its result."""
        __tracebackhide__ = True
        return self._bridge.run(coroutine)

    def _call(self, function: Callable[[], T]) -> T:
        """Call a function in the event loop."""
        __tracebackhide__ = True
        return self._bridge.call(function)

    def _iterate(self, source: AsyncGenerator[T]) -> BlockingIterator[T]:
        """Return an iterator over an asynchronous generator."""
        return BlockingIterator(self._bridge, source)

    def _block(self, manager: AbstractAsyncContextManager[T, bool | None]) -> BlockingContext[T]:
        """Return a context manager for an asynchronous one."""
        return BlockingContext(self._bridge, manager)

    def _twin(self, make: Callable[[Other, Bridge], Twin], inner: Other) -> Twin:
        """Return the twin of another object: the same one each time."""
        known = self._twins.get(make)
        if known is None or known[0] is not inner:
            known = self._twins[make] = (inner, make(inner, self._bridge))
        twin: Twin = known[1]
        return twin
