"""Iterating over the pages of a list."""

import asyncio
import gc
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from aiosyncthing._rest.paging import PER_PAGE, iterate


class Pages:
    """A paged list that notes which pages are fetched; one page may wait, and one may fail."""

    def __init__(self, count: int, perpage: int = 2, *, waits_at: int = 0, fails_at: int = 0) -> None:
        self.items = list(range(count))
        self.perpage = perpage
        self.fetched: list[int] = []
        self.cancelled: list[int] = []
        self.waiting = asyncio.Event()
        self._waits_at = waits_at
        self._fails_at = fails_at

    async def fetch(self, number: int) -> Sequence[int]:
        """Return a page."""
        self.fetched.append(number)
        try:
            if number == self._waits_at:
                self.waiting.set()
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # as a request does, to release its connection
            self.cancelled.append(number)
            if number == self._fails_at:
                raise KeyError(number) from None
            raise
        if number == self._fails_at:
            raise KeyError(number)
        return self.items[(number - 1) * self.perpage : number * self.perpage]


def others() -> set[asyncio.Task[object]]:
    """Return all tasks except the current one."""
    return asyncio.all_tasks() - {asyncio.current_task()}


@pytest.mark.parametrize(
    ("count", "perpage", "requests"),
    [(0, 2, 1), (1, 2, 1), (2, 2, 2), (3, 2, 2), (4, 2, 3), (5, 2, 3), (3, 1, 4), (3, PER_PAGE, 1)],
)
async def test_all_items_in_order(count: int, perpage: int, requests: int) -> None:
    """A page that is not full is the last; only if the last page is full, one more request is needed."""
    pages = Pages(count, perpage)
    assert [item async for item in iterate(pages.fetch, perpage)] == pages.items
    assert pages.fetched == list(range(1, requests + 1))


async def test_one_page_ahead() -> None:
    """While a page is consumed, the next one is being fetched, but not the one after it."""
    pages = Pages(6)
    async with aclosing(iterate(pages.fetch, 2)) as items:
        async for item in items:
            await asyncio.sleep(0)
            assert pages.fetched == list(range(1, item // 2 + 3))


async def test_leaving_early(caplog: pytest.LogCaptureFixture) -> None:
    """Closing the generator cancels the request for the next page, and leaves no task.

    Before the first item there is none; where the generator is dropped, the event loop closes it.
    """
    for taken, begun, fetched in ((0, False, []), (1, False, [1]), (1, True, [1, 2])):
        pages = Pages(4, waits_at=2)
        items = iterate(pages.fetch, 2)
        assert [await anext(items) for _ in range(taken)] == [0] * taken
        if begun:
            await asyncio.sleep(0)
        await items.aclose()
        assert (pages.fetched, pages.cancelled) == (fetched, [2] if begun else [])
        assert not others()
    pages = Pages(4, waits_at=2)
    async for _ in iterate(pages.fetch, 2):
        await asyncio.sleep(0)
        break
    gc.collect()
    while others():
        await asyncio.wait(others(), timeout=10)
    assert pages.cancelled == [2]
    assert not caplog.records


@pytest.mark.parametrize("page", [1, 2])
async def test_a_page_that_fails(page: int) -> None:
    """The items of the page before are yielded first."""
    pages = Pages(6, fails_at=page)
    found = []
    with pytest.raises(KeyError, match=str(page)):  # noqa: PT012 - what was found before is the point
        async for item in iterate(pages.fetch, 2):
            await asyncio.sleep(0)
            found.append(item)
    assert found == [0, 1][: 2 * (page - 1)]
    assert not others()


@pytest.mark.parametrize("waits_at", [0, 2])
async def test_a_failure_that_does_not_matter(caplog: pytest.LogCaptureFixture, waits_at: int) -> None:
    """If the next page is no longer wanted, nothing is logged when it fails, be it because it is cancelled."""
    pages = Pages(6, waits_at=waits_at, fails_at=2)
    items = iterate(pages.fetch, 2)
    await anext(items)
    if waits_at:
        await pages.waiting.wait()
    else:
        await asyncio.wait(others(), timeout=10)
    await items.aclose()
    assert pages.fetched == [1, 2]
    del items
    gc.collect()
    assert not caplog.records
