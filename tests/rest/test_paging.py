"""Going through pages."""

from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from aiosyncthing._rest.paging import PER_PAGE, iterate

if TYPE_CHECKING:
    from collections.abc import Sequence


class Pages:
    """A list in pages; notes which are asked for, and lets a page wait or fail."""

    def __init__(self, count: int, perpage: int, *, waits_at: int = 0, fails_at: int = 0) -> None:
        self.items = list(range(count))
        self.perpage = perpage
        self.asked: list[int] = []
        self.cancelled: list[int] = []
        self.waiting = asyncio.Event()
        self._waits_at = waits_at
        self._fails_at = fails_at

    async def fetch(self, number: int) -> Sequence[int]:
        """Return a page."""
        self.asked.append(number)
        try:
            if number == self._waits_at:
                self.waiting.set()
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # as a request does that returns its connection
            self.cancelled.append(number)
            raise
        if number == self._fails_at:
            raise KeyError(number)
        return self.items[(number - 1) * self.perpage : number * self.perpage]


def others() -> set[asyncio.Task[object]]:
    """Return all tasks but the present one."""
    return asyncio.all_tasks() - {asyncio.current_task()}


@pytest.mark.parametrize(
    ("count", "perpage", "requests"),
    [(0, 2, 1), (1, 2, 1), (2, 2, 2), (3, 2, 2), (4, 2, 3), (5, 2, 3), (3, 1, 4), (3, PER_PAGE, 1)],
)
async def test_all_items_once_and_in_order(count: int, perpage: int, requests: int) -> None:
    """A page that is not full is the last; only when the last is full, one more is needed to know."""
    pages = Pages(count, perpage)
    assert [item async for item in iterate(pages.fetch, perpage)] == pages.items
    assert pages.asked == list(range(1, requests + 1))


async def test_the_next_page_is_fetched_while_one_is_consumed() -> None:
    """When the first item of a page is handed out, the next page is under way; the one after it is not."""
    pages = Pages(6, 2)
    async with aclosing(iterate(pages.fetch, 2)) as items:
        async for item in items:
            await asyncio.sleep(0)
            assert pages.asked == list(range(1, item // 2 + 3))


async def test_leaving_early_cancels_the_next_page() -> None:
    """When it is closed, the request under way is ended and waited for: no task is left."""
    pages = Pages(4, 2, waits_at=2)
    items = iterate(pages.fetch, 2)
    assert await anext(items) == 0
    await asyncio.sleep(0)
    assert pages.asked == [1, 2]
    await items.aclose()
    assert pages.cancelled == [2]
    assert not others()


async def test_leaving_before_the_next_page_has_begun() -> None:
    """A request that has not even begun never does."""
    pages = Pages(4, 2)
    items = iterate(pages.fetch, 2)
    await anext(items)
    await items.aclose()
    assert pages.asked == [1]
    assert not others()


async def test_leaving_without_closing(caplog: pytest.LogCaptureFixture) -> None:
    """A generator that is dropped is closed by the event loop, and its request with it."""
    pages = Pages(4, 2, waits_at=2)
    async for _ in iterate(pages.fetch, 2):
        await asyncio.sleep(0)
        break
    gc.collect()
    while others():
        await asyncio.wait(others(), timeout=10)
    assert pages.cancelled == [2]
    assert not caplog.records


async def test_what_is_never_begun_asks_nothing() -> None:
    """Making the generator alone makes no request."""
    pages = Pages(4, 2)
    await iterate(pages.fetch, 2).aclose()
    iterate(pages.fetch, 2)
    assert not others()
    assert pages.asked == []


async def test_an_error_comes_after_the_items_before_it() -> None:
    """A page that fails while the one before is consumed takes nothing away from it."""
    pages = Pages(6, 2, fails_at=2)
    found = []
    with pytest.raises(KeyError, match="2"):  # noqa: PT012 - what was found before is the point
        async for item in iterate(pages.fetch, 2):
            await asyncio.sleep(0)
            found.append(item)
    assert found == [0, 1]
    assert pages.asked == [1, 2]
    assert not others()


async def test_an_error_of_the_first_page() -> None:
    """It is raised at once."""
    with pytest.raises(KeyError):
        await anext(iterate(Pages(6, 2, fails_at=1).fetch, 2))


async def test_a_failed_page_that_nobody_wants(caplog: pytest.LogCaptureFixture) -> None:
    """When it is closed after the next page has failed, nobody hears of that, the log neither."""
    pages = Pages(6, 2, fails_at=2)
    items = iterate(pages.fetch, 2)
    await anext(items)
    while others():
        await asyncio.wait(others(), timeout=10)
    assert pages.asked == [1, 2]
    await items.aclose()
    del items
    gc.collect()
    assert not caplog.records


async def test_a_page_that_fails_while_it_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    """When the request ends in an error because it was cancelled, nobody hears of that either."""
    waiting = asyncio.Event()

    async def fetch(number: int) -> list[int]:
        if number == 1:
            return [0]
        try:
            waiting.set()
            await asyncio.Event().wait()
        finally:
            raise KeyError(number)

    items = iterate(fetch, 1)
    await anext(items)
    await waiting.wait()
    await items.aclose()
    del items
    gc.collect()
    assert not caplog.records


@pytest.mark.parametrize("page", [1, 2])
async def test_cancellation_while_waiting_for_a_page(page: int) -> None:
    """A task that is cancelled while it waits ends its request and stays cancelled."""
    pages = Pages(4, 2, waits_at=page)

    async def consume() -> None:
        async for _ in iterate(pages.fetch, 2):
            pass

    task = asyncio.create_task(consume())
    await pages.waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pages.cancelled == [page]
    assert not others()


async def test_cancellation_while_consuming() -> None:
    """A task that is cancelled between two items ends the request for the next page, too."""
    pages = Pages(4, 2, waits_at=2)
    consuming = asyncio.Event()

    async def consume() -> None:
        async with aclosing(iterate(pages.fetch, 2)) as items:
            async for _ in items:
                consuming.set()
                await asyncio.Event().wait()

    task = asyncio.create_task(consume())
    await consuming.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pages.cancelled == [2]
    assert not others()
