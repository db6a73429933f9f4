"""When to try again, and waiting with a limit."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import math
import random
import time
from contextlib import suppress

import pytest

from aiosyncthing import exceptions
from aiosyncthing._timing import Limit, Pace, Signal, delays, is_transient, limit_for_expensive, pause_after, within
from aiosyncthing.exceptions import RequestTimeoutError, SyncthingError, WaitTimeoutError
from aiosyncthing.waiting.progress import Missing

HEALS = {
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
def test_what_may_heal(kind: type[exceptions.SyncthingError]) -> None:
    """What is refused stays refused; what is broken may be mended."""
    assert is_transient(kind("x")) is (kind in HEALS)


def test_they_grow() -> None:
    """The first further try comes soon; then it takes longer each time, up to half a minute or so, for ever."""
    found = list(itertools.islice(delays(), 100))
    assert 0.05 <= found[0] <= 0.15
    middle = [sum(next(itertools.islice(delays(), n, None)) for _ in range(300)) / 300 for n in range(10)]
    assert all(later > 1.3 * sooner for sooner, later in itertools.pairwise(middle))
    assert all(15 <= delay <= 45 for delay in found[20:])


def test_they_differ() -> None:
    """Many clients of a daemon that was restarted don't come back all at once."""
    firsts = [next(delays()) for _ in range(1000)]
    assert max(firsts) - min(firsts) > 0.08
    lasts = [next(itertools.islice(delays(), 30, None)) for _ in range(1000)]
    assert max(lasts) - min(lasts) > 25


def test_they_can_be_repeated() -> None:
    """The chance in them is that of `random`, so a test that seeds it knows them."""
    random.seed(1)
    found = list(itertools.islice(delays(), 5))
    random.seed(1)
    assert list(itertools.islice(delays(), 5)) == found


@pytest.mark.parametrize(
    ("asked", "delay", "expected"),
    [(None, 2, 2), (0, 2, 2), (7, 2, 7), (1, 2, 2), (86_400, 2, 300), (86_400, 400, 400)],
)
def test_an_answer_may_ask_for_time(asked: float | None, delay: float, expected: float) -> None:
    """Who is asked to come back later does, but is not kept away for long."""
    assert pause_after(exceptions.ProxyError("x", retry_after=asked), delay) == expected


@pytest.mark.parametrize(
    ("usual", "before", "expected"),
    [
        *((10, None, 60), (90, None, 90), (None, None, math.inf)),
        *((10, 60, 120), (10, 2000, 3600), (10, 3600, 3600), (5000, 5000, 5000), (None, math.inf, math.inf)),
    ],
)
def test_expensive_answers_get_minutes(usual: float | None, before: float | None, expected: float) -> None:
    """At least one, never less than other answers, and twice as long after each time-out, up to an hour."""
    assert limit_for_expensive(usual, before) == expected


def test_polls_that_bring_nothing() -> None:
    """After each that is answered at once the pause grows, to two seconds; news or a poll that lasts ends that."""
    pace = Pace()
    for lasted, news in ((0.0, True), (1.0, False)):
        found = [pace.pause(0.01, news=False) for _ in range(9)]
        assert found[0] == 0.5
        assert found == sorted(found)
        assert found[-1] == 2.0
        assert pace.pause(lasted, news=news) == 0


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


@pytest.mark.parametrize("earlier", [0, 1, 2])
@pytest.mark.parametrize("way", ["in time", "late", "failing late"])
async def test_the_task_is_as_it_was(way: str, earlier: int) -> None:
    """It was cancelled as often as before, also one in the clean-up after its cancellation."""

    async def wait() -> None:
        async with within(0.01, lambda: "nothing"):
            if way == "failing late":
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(60)
            await asyncio.sleep(60 if way == "late" else 0)
            raise KeyError

    async def run() -> str:
        task = asyncio.current_task()
        assert task is not None
        for _ in range(earlier):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        with pytest.raises(WaitTimeoutError if way == "late" else KeyError):
            await wait()
        assert task.cancelling() == earlier
        await asyncio.sleep(0)
        return "done"

    assert await asyncio.create_task(run()) == "done"


async def test_a_block_that_swallows_the_end_is_not_cancelled_later() -> None:
    """Nothing of it is left for the next wait."""
    async with within(0.01, lambda: "nothing"):
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()
    await asyncio.sleep(0)


async def test_a_cancellation_at_the_end_of_the_time_stays() -> None:
    """The caller's own is not taken for it."""

    async def wait() -> None:
        async with within(0.01, lambda: "nothing"):
            try:
                await asyncio.sleep(60)
            finally:
                task.cancel()

    task = asyncio.create_task(wait())
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_error_can_be_made_by_the_caller() -> None:
    """When the time is up, from the message."""
    missing = (Missing("gone"),)
    with pytest.raises(WaitTimeoutError, match=r"^not after 0\.01 seconds: all$") as caught:
        async with within(0.01, lambda: "all", lambda message: WaitTimeoutError(message, missing=missing)):
            await asyncio.sleep(60)
    assert caught.value.missing == missing


async def test_a_signal_wakes_who_waits() -> None:
    """Before, while and after it is waited for, or not at all."""
    signal = Signal()
    assert not signal.is_set
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


async def test_waiting_for_a_signal_can_be_cancelled() -> None:
    """And then it can be waited for again."""
    signal = Signal()
    task = asyncio.create_task(signal.wait(60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    signal.set()
    await signal.wait(60)


async def test_a_limit() -> None:
    """A block that takes too long ends with a TimeoutError; one that doesn't is left alone."""
    with pytest.raises(TimeoutError), Limit(0.01) as limit:
        await asyncio.Event().wait()
    assert limit.expired
    for seconds in (None, 60):
        with Limit(seconds) as limit:
            await asyncio.sleep(0)
        assert not limit.expired


@pytest.mark.parametrize("before", [0, 1])
async def test_a_limit_in_a_task_that_is_being_cancelled(before: int) -> None:
    """What is done while a task ends has its limits too, and the task goes on to be cancelled."""

    async def fail() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise KeyError from None

    task = asyncio.current_task()
    assert task is not None
    if before:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
    with pytest.raises(TimeoutError), Limit(0):
        await asyncio.Event().wait()
    with pytest.raises(KeyError), Limit(0):
        await fail()  # whatever else ends the block counts
    assert task.cancelling() == before
    while task.cancelling():
        task.uncancel()


@pytest.mark.parametrize("later", [0, 0.001])
async def test_a_cancellation_at_the_same_moment(later: float) -> None:
    """A cancellation that comes together with the end of the time wins, whichever is first."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        if later:
            loop.call_later(0.01, task.cancel)
        with Limit(0.01):
            if not later:
                loop.call_later(0.01, task.cancel)
            await asyncio.sleep(0)
            time.sleep(0.05)  # noqa: ASYNC251 - so that both are due
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_limit_that_is_given_again() -> None:
    """As long as what it limits goes on, it begins again; then it ends as it would have at first."""
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
    """Outside of a task there is nothing to end."""

    async def main() -> None:
        done = asyncio.get_running_loop().create_future()

        def callback() -> None:
            with pytest.raises(RuntimeError, match="task"), Limit(1):
                pass
            done.set_result(None)

        asyncio.get_running_loop().call_soon(callback)
        await done

    asyncio.run(main())
