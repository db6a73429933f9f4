"""The progress of a wait."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from aiosyncthing.waiting.progress import Amount, FailedItem, Missing, Rate, SyncProgress, enumerated, items_and_bytes
from tests.support.values import OTHER

X = Missing("x")


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        (Missing("gone"), "gone"),
        (Missing("gone", "docs"), "folder docs: gone"),
        (Missing("gone", "", OTHER), "device MFZWI3D: gone"),
        (Missing("gone", "docs", OTHER, "laptop"), "folder docs, device laptop: gone"),
        (Missing("1 failed", "docs", failed=(FailedItem("a", "no"),)), "folder docs: 1 failed: a (no)"),
        (
            Missing("5 failed", failed=tuple(FailedItem(name, "no") for name in "abcde")),
            "5 failed: a (no); b (no); c (no); and 2 more",
        ),
    ],
)
def test_what_is_missing_prints_as_a_line(missing: Missing, text: str) -> None:
    """The line has the place, and the first few failed items."""
    assert str(missing) == text


@pytest.mark.parametrize(
    ("items", "size", "text"),
    [
        (0, 0, "0 items (0 B)"),
        (1, 1023, "1 item (1023 B)"),
        (1, 1024, "1 item (1.0 KiB)"),
        (2, 1024 * 1023 + 900, "2 items (1023.9 KiB)"),
        (2, 1024 * 1024 - 1, "2 items (1.0 MiB)"),
        (3, 1_234_567, "3 items (1.2 MiB)"),
        (4, 5 << 50, "4 items (5120.0 TiB)"),
    ],
)
def test_amounts_are_short(items: int, size: int, text: str) -> None:
    """They have units of 1024, as in Syncthing's own interface, one decimal, and a plural if need be."""
    assert items_and_bytes(items, size) == text


def test_many_things_are_not_all_named() -> None:
    """The text remains readable."""
    assert enumerated(range(10)).endswith("8; 9")
    assert enumerated(range(12)).endswith("8; 9; and 2 more")


@pytest.mark.parametrize(
    ("amounts", "rate", "percent", "left"),
    [
        ([], None, 100, 0),
        ([Amount()], 5.0, 100, 0),
        ([Amount(25, 1, 100, X)], 5.0, 75, 5),
        ([Amount(25, 1, 100, X), Amount(0, 0, 100)], None, 87.5, None),
        ([Amount(25, 1, 100, X)], 0.0, 75, None),
        ([Amount(0, 3, 100, X)], 5.0, 99.9, None),  # items without content
        ([Amount(0, 3, 0, X)], None, 0, None),
        ([Amount(1, 1, 10**9, X)], 1.0, 99.9, 1),
        ([Amount(200, 1, 100, X)], 100.0, 0, 2),  # what is needed may be larger than what there is
        ([Amount(0, 0, 100)], 3.0, 100, 0),
    ],
)
def test_progress(amounts: list[Amount], rate: float | None, percent: float, left: float | None) -> None:
    """Progress is 100 % when nothing is missing, and only then. The time left is known while something arrives."""
    progress = SyncProgress.of(amounts, rate)
    assert (progress.percent, progress.seconds_left, progress.rate) == (percent, left, rate)


_AMOUNTS = st.builds(
    Amount, st.integers(0, 2**62), st.integers(0, 9), st.integers(0, 2**62), st.sampled_from([None, X])
)


@settings(max_examples=settings.default.max_examples // 4)
@given(st.lists(_AMOUNTS), st.none() | st.floats(0, 1e12))
def test_progress_is_sane(amounts: list[Amount], rate: float | None) -> None:
    """Whatever the amounts, the numbers make sense to a reader."""
    progress = SyncProgress.of(amounts, rate)
    assert 0 <= progress.percent <= 100
    assert (progress.percent == 100) == (not progress.missing)
    assert progress.seconds_left is None or progress.seconds_left >= 0
    later = progress.interrupted("gone")
    assert later.percent < 100
    assert later.missing == (Missing("gone"),)
    assert later.seconds_left is None
    assert later.rate is None
    assert later.needed_bytes == progress.needed_bytes


def test_the_rate_follows_what_arrives() -> None:
    """The rate settles at the true value, and drops to 0 when nothing more arrives."""
    rate = Rate()
    assert rate.add(0, 100_000) is None
    assert rate.add(1, 99_000) == 1000
    for second in range(2, 40):
        value = rate.add(second, 100_000 - 1000 * second)
        assert value == pytest.approx(1000)
    for second in range(40, 60):
        value = rate.add(second, 61_000 - 2000 * (second - 39))
    assert value == pytest.approx(2000, rel=0.1)
    for second in range(60, 200):
        value = rate.add(second, 21_000)
    assert value == 0


def test_new_work_says_nothing_of_the_rate() -> None:
    """More missing bytes are no negative rate, and a second measurement at the same moment is ignored."""
    rate = Rate()
    rate.add(0, 1000)
    assert rate.add(1, 900) == 100
    assert rate.add(2, 5000) == 100
    assert rate.add(2, 4000) == 100
    assert rate.add(12, 4000) == pytest.approx(100)
    assert rate.add(22, 4000) == pytest.approx(25)
