"""Iterating over a paged list, fetching the next page while the current one is being consumed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence

_T = TypeVar("_T")

PER_PAGE: Final = 5000
"""Items per page. For each page the daemon walks its index from the start, and version 1 preallocates the page."""


async def iterate(fetch: Callable[[int], Coroutine[Any, Any, Sequence[_T]]], perpage: int) -> AsyncGenerator[_T]:
    """Yield the items of all pages.

    A page that is not full is the last one, so no further request is needed. The lists are live: an item that moves
    meanwhile may be yielded twice or not at all.

    Args:
        fetch: Fetches a page by its number, starting at 1.
        perpage: Number of items in a full page.
    """
    number = 1
    ahead: asyncio.Task[Sequence[_T]] | None = asyncio.create_task(fetch(number))
    try:
        while ahead is not None:
            items = await ahead
            number += 1
            ahead = asyncio.create_task(fetch(number)) if len(items) >= perpage else None
            for item in items:
                yield item
    finally:
        if ahead is not None:
            ahead.cancel()
            await asyncio.wait([ahead])
            if not ahead.cancelled():
                ahead.exception()  # the page is no longer wanted, so its failure doesn't matter
