"""When to try again, and time limits."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import math
import random
import time
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from aiosyncthing import exceptions
from aiosyncthing._timing import (
    GATHER,
    Bursts,
    Limit,
    Pace,
    Signal,
    delays,
    is_transient,
    limit_for_expensive,
    pause_after,
    time_limit,
    within,
)
from aiosyncthing.exceptions import BadRequestError, RequestTimeoutError, WaitTimeoutError
from aiosyncthing.waiting.progress import Missing

TRANSIENT = {
    exceptions.ConnectionFailedError,
    exceptions.IncompleteResponseError,
    exceptions.InvalidResponseError,
    exceptions.MigrationError,
    exceptions.ProxyError,
    exceptions.RequestTimeoutError,
    exceptions.ServerError,
    exceptions.UnreachableError,
}
ALL = [
    kind for _, kind in inspect.getmembers(exceptions, inspect.isclass) if issubclass(kind, exceptions.SyncthingError)
]


@pytest.mark.parametrize("kind", ALL)
def test_transient_errors(kind: type[exceptions.SyncthingError]) -> None:
    """Trying again may help if something is down or broken, but not after a refusal."""
    assert is_transient(kind("x")) is (kind in TRANSIENT)


def test_delays_grow() -> None:
    """The first retry comes soon, each later one takes longer, up to about half a minute, endlessly."""
    found = list(itertools.islice(delays(), 100))
    assert 0.05 <= found[0] <= 0.15
    middle = [sum(next(itertools.islice(delays(), n, None)) for _ in range(300)) / 300 for n in range(10)]
    assert all(later > 1.3 * sooner for sooner, later in itertools.pairwise(middle))
    assert all(15 <= delay <= 45 for delay in found[20:])


def test_delays_differ() -> None:
    """The clients of a restarted daemon don't come back all at once; a test that seeds `random` can predict them."""
    firsts = [next(delays()) for _ in range(1000)]
    assert max(firsts) - min(firsts) > 0.08
    lasts = [next(itertools.islice(delays(), 30, None)) for _ in range(1000)]
    assert max(lasts) - min(lasts) > 25
    random.seed(1)
    found = list(itertools.islice(delays(), 5))
    random.seed(1)
    assert list(itertools.islice(delays(), 5)) == found


@pytest.mark.parametrize(
    ("asked", "delay", "expected"),
    [(None, 2, 2), (0, 2, 2), (7, 2, 7), (1, 2, 2), (86_400, 2, 300), (86_400, 400, 400)],
)
def test_answers_may_ask_to_wait(asked: float | None, delay: float, expected: float) -> None:
    """``Retry-After`` is followed, but for five minutes at most."""
    assert pause_after(exceptions.ProxyError("x", retry_after=asked), delay) == expected


@pytest.mark.parametrize(
    ("usual", "before", "expected"),
    [
        *((10, None, 60), (90, None, 90), (None, None, math.inf)),
        *((10, 60, 120), (10, 2000, 3600), (10, 3600, 3600), (5000, 5000, 5000), (None, math.inf, math.inf)),
    ],
)
def test_the_limit_for_expensive_answers(usual: float | None, before: float | None, expected: float) -> None:
    """A minute at least, never less than for other answers, and twice as long after each time-out, up to an hour."""
    assert limit_for_expensive(usual, before) == expected


def test_polls_without_news() -> None:
    """After each that is answered at once the pause grows, up to two seconds; news or a slow poll resets it."""
    pace = Pace()
    for lasted, news in ((0.0, True), (1.0, False)):
        found = [pace.pause(0.01, news=False) for _ in range(9)]
        assert found[0] == 0.5
        assert found == sorted(found)
        assert found[-1] == 2.0
        assert pace.pause(lasted, news=news) == 0


def test_bursts() -> None:
    """Events that keep coming are gathered, but not those that come at once, that come rarely, or that are many."""
    bursts = Bursts()
    assert not bursts.last(1)
    for other in (0.001, 2 * GATHER):
        for waited, lasts in ((0.02, False), (0.02, True), (0.01, True), (other, False), (0.02, False), (other, False)):
            bursts.waited(waited)
            assert bursts.last(1) is lasts
    for waited in (0.02, 0.02):
        bursts.waited(waited)
    assert [bursts.last(events) for events in (100, 101, 100)] == [True, False, True]


# --- Limits ---


def test_numbers_that_limit_time() -> None:
    """Any kind of number will do, also one that is over already; infinity is no limit."""
    limits = [0, -1, 2.5, Decimal("0.5"), Fraction(1, 4), -math.inf, math.inf, 10**400, None]
    assert [time_limit(each) for each in limits] == [0, -1, 2.5, 0.5, 0.25, -math.inf, None, None, None]  # type: ignore[arg-type] # any kind


@pytest.mark.parametrize(
    ("value", "kind"), [("1", "str"), (True, "bool"), (math.nan, "NaN"), (timedelta(1), "timedelta")]
)
async def test_what_is_no_limit(value: Any, kind: str) -> None:
    """Everything else is refused, with the name of the argument, and by each limit."""
    with pytest.raises(BadRequestError, match=f"^pause must be a number of seconds, not {kind}$"):
        time_limit(value, "pause")
    with pytest.raises(BadRequestError, match="timeout must be"):
        Limit(value)
    with pytest.raises(BadRequestError, match="timeout must be"):
        async with within(value, lambda: "nothing"):
            pytest.fail("it has begun")


@pytest.mark.parametrize("seconds", [None, 60, 0.01])
async def test_a_limit(seconds: float | None) -> None:
    """A block that takes too long ends with a TimeoutError; any other is not affected."""
    with Limit(seconds) as limit:
        await asyncio.sleep(0)
    assert not limit.expired
    if seconds == 0.01:
        with pytest.raises(TimeoutError), limit:
            await asyncio.Event().wait()
        assert limit.expired


@pytest.mark.parametrize("earlier", [0, 1, 2])
@pytest.mark.parametrize("ends", ["in time", "late", "with another error"])
async def test_a_limit_leaves_the_task_unchanged(ends: str, earlier: int) -> None:
    """However its block ends, even in a task that is being cancelled."""

    async def run() -> str:
        task = asyncio.current_task()
        assert task is not None
        for _ in range(earlier):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        with suppress(TimeoutError, KeyError), Limit(60 if ends == "in time" else 0) as limit:
            try:
                await asyncio.sleep(0 if ends == "in time" else 60)
            except asyncio.CancelledError:
                if ends == "late":
                    raise
                raise KeyError from None
        assert limit.expired == (ends != "in time")
        assert task.cancelling() == earlier
        await asyncio.sleep(0)
        return "done"

    assert await asyncio.create_task(run()) == "done"


async def test_a_block_that_suppresses_its_cancellation() -> None:
    """Nothing of the limit is left for the next await."""
    with Limit(0), suppress(asyncio.CancelledError):
        await asyncio.sleep(60)
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()
    await asyncio.sleep(0)


@pytest.mark.parametrize("first", ["the limit", "the cancellation", "in the clean-up"])
async def test_a_cancellation_at_the_same_moment(first: str) -> None:
    """A cancellation that coincides with the end of the limit wins."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        if first == "the cancellation":
            loop.call_later(0.01, task.cancel)
        with Limit(0.01):
            if first == "the limit":
                loop.call_later(0.01, task.cancel)
            await asyncio.sleep(0)
            time.sleep(0.05)  # noqa: ASYNC251 - so that both are due
            try:
                await asyncio.Event().wait()
            finally:
                if first == "in the clean-up":
                    task.cancel()

    task = asyncio.create_task(work())
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_limit_that_starts_again() -> None:
    """It does as long as its function returns True."""
    asked: list[float] = []
    clock = asyncio.get_running_loop().time
    begin = clock()

    def goes_on() -> bool:
        asked.append(clock() - begin)
        return len(asked) < 3

    with pytest.raises(TimeoutError), Limit(0.05, goes_on):
        await asyncio.Event().wait()
    assert len(asked) == 3
    assert asked[-1] > 0.14
    with Limit(0.05, lambda: True) as limit:
        await asyncio.sleep(0.12)
    assert not limit.expired


def test_a_limit_needs_a_task() -> None:
    """Outside of a task there is nothing to cancel."""

    async def main() -> None:
        done = asyncio.get_running_loop().create_future()

        def callback() -> None:
            with pytest.raises(RuntimeError, match="task"), Limit(1):
                pass
            done.set_result(None)

        asyncio.get_running_loop().call_soon(callback)
        await done

    asyncio.run(main())


async def test_the_error_says_what_was_missing() -> None:
    """The text is made when the time is up, by the caller's function if it likes."""
    missing = ["nothing"]

    async def wait() -> None:
        async with within(0.01, missing.pop):
            missing.append("the key")
            await asyncio.Event().wait()

    with pytest.raises(WaitTimeoutError, match=r"^gave up after 0\.01 s: the key$"):
        await wait()
    parts = (Missing("gone"),)
    with pytest.raises(WaitTimeoutError, match=r"^gave up after 0\.01 s: all$") as caught:
        async with within(0.01, lambda: "all", lambda message: WaitTimeoutError(message, missing=parts)):
            await asyncio.sleep(60)
    assert caught.value.missing == parts


@pytest.mark.parametrize("error", [RequestTimeoutError("no answer"), KeyError(), asyncio.CancelledError()])
async def test_errors_of_the_block_pass(error: BaseException) -> None:
    """Even another time-out, and a cancellation."""
    with pytest.raises(type(error)) as caught:
        async with within(60, lambda: "nothing"):
            raise error
    assert caught.value is error


# --- Signals ---


async def test_a_signal() -> None:
    """It wakes the waiting task, set before, during or after the wait; otherwise the wait ends by its time-out."""
    signal = Signal()
    await signal.wait(0.01)
    assert not signal.is_set
    asyncio.get_running_loop().call_later(0.01, signal.set)
    await signal.wait(60)
    assert signal.is_set
    await signal.wait(60)
    signal.set()
    signal.clear()
    await signal.wait(0.01)
    assert not signal.is_set


async def test_a_cancelled_wait_for_a_signal() -> None:
    """The signal can be waited for again."""
    signal = Signal()
    task = asyncio.create_task(signal.wait(60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    signal.set()
    await signal.wait(60)
