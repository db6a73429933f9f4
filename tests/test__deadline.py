"""Waiting with a limit."""

from __future__ import annotations

import asyncio

import pytest

from aiosyncthing._deadline import within
from aiosyncthing.exceptions import RequestTimeoutError, SyncthingError, WaitTimeoutError


async def test_the_end_says_what_was_missing() -> None:
    """The text is made when the time is up; the error is of both kinds."""
    missing = ["nothing"]

    async def wait() -> None:
        async with within(0.01, missing.pop):
            missing.append("the key")
            await asyncio.Event().wait()

    with pytest.raises(WaitTimeoutError, match=r"^not after 0\.01 seconds: the key$") as caught:
        await wait()
    assert isinstance(caught.value, SyncthingError)
    assert isinstance(caught.value, TimeoutError)


@pytest.mark.parametrize("timeout", [None, 60.0])
async def test_in_time_nothing_happens(timeout: float | None) -> None:
    """Without a limit, or before it."""
    async with within(timeout, lambda: "nothing"):
        await asyncio.sleep(0)


async def test_a_time_out_of_the_block_itself_stays() -> None:
    """A request has a limit of its own, and its error says so."""
    with pytest.raises(RequestTimeoutError):
        async with within(60, lambda: "nothing"):
            raise RequestTimeoutError("no answer")


async def test_other_errors_stay() -> None:
    """Whatever they are."""
    with pytest.raises(KeyError):
        async with within(60, lambda: "nothing"):
            raise KeyError


async def test_a_cancellation_stays() -> None:
    """It is not taken for the end of the time."""

    async def wait() -> None:
        async with within(60, lambda: "nothing"):
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
