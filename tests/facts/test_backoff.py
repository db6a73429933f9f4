"""Whether to try again, and when."""

from __future__ import annotations

import inspect
import itertools
import math
import random

import pytest

from aiosyncthing import exceptions
from aiosyncthing._backoff import Pace, delays, is_transient, limit_for_expensive, pause_after

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
