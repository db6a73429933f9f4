"""The fake's clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from tests.support.waiting import until

from pytest_syncthing.clock import Clock

SECOND = 10**9
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
async def clock() -> Clock:
    """A frozen clock."""
    made = Clock(START)
    made.freeze()
    return made


async def test_formats(clock: Clock) -> None:
    """Times look as Go prints them."""
    moment = 1767323045 * SECOND
    assert clock.format(moment) == "2026-01-02T03:04:05Z"
    assert clock.format(moment + 120_000_000) == "2026-01-02T03:04:05.12Z"
    assert clock.format(moment + 1) == "2026-01-02T03:04:05.000000001Z"
    assert clock.format(moment + 1, whole=True) == "2026-01-02T03:04:05Z"
    assert clock.format().startswith("2026-01-02T03:04:05")
    assert clock.date.replace(microsecond=0) == START


async def test_calls(clock: Clock) -> None:
    """Calls are made when they are due and in order, unless they are cancelled."""
    made: list[tuple[str, int]] = []
    now = clock.now

    def note(name: str) -> None:
        made.append((name, (clock.now - now) // SECOND))

    clock.call_later(3, lambda: note("c"))
    clock.call_later(1, lambda: note("a"))
    clock.call_later(1, lambda: note("b"))
    clock.call_later(2, lambda: note("never")).cancel()
    clock.call_later(1, lambda: clock.call_later(1, lambda: note("within")))
    clock.advance(0.5)
    assert made == []
    clock.advance(10)
    assert made == [("a", 1), ("b", 1), ("within", 2), ("c", 3)]
    assert clock.now == now + 10 * SECOND + SECOND // 2


async def test_freezing_and_calls() -> None:
    """A call that falls due while the clock is frozen is made when it runs again."""
    clock = Clock()
    made = asyncio.Event()
    clock.call_later(0, clock.freeze)
    clock.call_later(0, made.set)

    async def stands_still() -> bool:
        return clock.frozen

    await until(stands_still)
    assert not made.is_set()
    clock.unfreeze()
    await made.wait()
    clock.close()


async def test_sleeping(clock: Clock) -> None:
    """A sleeper wakes up on time; one that is woken earlier leaves nothing behind."""
    sleeping = [asyncio.create_task(clock.sleep(seconds)) for seconds in (1, 2)]
    await asyncio.sleep(0)
    clock.advance(1)
    await sleeping[0]
    assert not sleeping[1].done()
    sleeping[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping[1]
    clock.advance(10)


async def test_passing_by(clock: Clock) -> None:
    """Advancing wakes a sleeper at each of its times, even if it sleeps again from there."""
    seen: list[int] = []
    begun = clock.now

    async def work() -> None:
        for _ in range(3):
            await clock.sleep(10)
            seen.append((clock.now - begun) // SECOND)

    working = asyncio.create_task(work())
    await clock.pass_by(25)
    assert seen == [10, 20]
    assert clock.now == begun + 25 * SECOND
    await clock.pass_by(5)
    await working
    clock.unfreeze()
    await clock.pass_by(1)
    assert not clock.frozen
    clock.close()


async def test_calls_that_fail(clock: Clock) -> None:
    """A failing call doesn't affect the others."""
    made: list[int] = []
    clock.call_later(1, lambda: 1 // 0)
    clock.call_later(2, lambda: made.append(2))
    with pytest.raises(ZeroDivisionError):
        clock.advance(3)
    assert clock.frozen
    clock.advance(1)
    assert made == [2]
    running = Clock()
    failed: list[object] = []
    done = asyncio.Event()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context["exception"]))
    running.call_later(0, lambda: 1 // 0)
    running.call_later(0, done.set)
    await done.wait()
    assert len(failed) == 1
    running.close()


async def test_cancelled_calls_do_not_pile_up(clock: Clock) -> None:
    """Cancelled calls are dropped even while the clock is frozen."""
    kept = clock.call_later(1, lambda: None)
    for _ in range(10_000):
        clock.call_later(60, lambda: None).cancel()
    assert len(clock._timers) < 200
    assert kept.callback is not None
