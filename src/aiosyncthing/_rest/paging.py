"""Going through paged lists as one, with the next page fetched while the present one is consumed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence

_T = TypeVar("_T")

PER_PAGE: Final = 5000
"""Items a page. The daemon walks its index from the start for each page, and version 1 allocates a page in advance."""


async def iterate(fetch: Callable[[int], Coroutine[Any, Any, Sequence[_T]]], perpage: int) -> AsyncGenerator[_T]:
    """Yield the items of all pages.

    A page that is not full is the last, so it costs no further request. The lists live: an item that moves while
    they are read may come twice or not at all.

    Args:
        fetch: Fetches a page by its number, from 1.
        perpage: Items of a full page.
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
                ahead.exception()  # nobody asks for that page any more, so nobody needs to hear of its failure
