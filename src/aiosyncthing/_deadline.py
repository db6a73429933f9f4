"""Waiting with a limit, and saying what was missing when it is reached."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from .exceptions import WaitTimeoutError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

__all__ = ["within"]


@asynccontextmanager
async def within(timeout: float | None, missing: Callable[[], str]) -> AsyncGenerator[None]:
    """Limit the time that a block may take.

    Args:
        timeout: Seconds; ``None`` for no limit.
        missing: Says what was missing, called when the time is up.

    Raises:
        WaitTimeoutError: The time is up.
    """
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise  # a request's own
        raise WaitTimeoutError(f"not after {timeout:g} seconds: {missing()}") from error
