"""Waiting for daemons, which take their own time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

__all__ = ["until"]

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
