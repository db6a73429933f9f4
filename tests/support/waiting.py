"""Waiting for daemons, threads and processes, which take their own time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

__all__ = ["until", "wait_until"]

_T = TypeVar("_T")


async def until(probe: Callable[[], Awaitable[_T]], timeout: float = 30) -> _T:
    """Repeat a question until the answer is true, and return it.

    Args:
        probe: The question.
        timeout: Seconds after which to fail.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + timeout
    while not (answer := await probe()):
        assert clock() < end, f"after {timeout:g} s it is still {answer!r}"
        await asyncio.sleep(0.02)
    return answer


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until a condition is true, in a thread without an event loop."""
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit, "the condition is still false"
        time.sleep(0.005)
