"""Marking methods as deprecated, for type checkers and at run time."""

from __future__ import annotations

import asyncio.coroutines
import functools
import inspect
import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_PACKAGE = __name__.partition(".")[0]


def _deprecated(message: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator for a method, after which each call warns with the line of the caller.

    It is `warnings.deprecated` of Python 3.13, except that calls by this package don't warn: the blocking twin, which
    is marked, too, only passes them on. The warning comes with the call, not with its ``await``, which may happen in
    another task or thread.
    """

    def decorate(method: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(method)
        def wrapper(*args: P.args, **options: P.kwargs) -> T:
            frame = inspect.currentframe()
            caller = frame and frame.f_back
            if caller is None or caller.f_globals.get("__name__", "").partition(".")[0] != _PACKAGE:
                warnings.warn(message, DeprecationWarning, stacklevel=2)
            return method(*args, **options)

        return _as_coroutine_function(wrapper) if inspect.iscoroutinefunction(method) else wrapper

    return decorate


def _as_coroutine_function(function: Any) -> Any:
    """Mark a function that returns a coroutine as one that is declared with ``async``, as mocks want to know."""
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(function)
    function._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]  # noqa: SLF001 - the above is new in 3.12
    return function


if TYPE_CHECKING:
    import typing_extensions  # type checkers bring their own copy

    deprecated = typing_extensions.deprecated
else:
    deprecated = _deprecated
