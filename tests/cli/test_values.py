"""Parsing and formatting durations, sizes and times."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from aiosyncthing.cli import values

NOW = datetime(2026, 5, 6, 15, 30, tzinfo=timezone(timedelta(hours=2)))  # a Wednesday, in summer


@pytest.fixture
def berlin() -> Iterator[None]:
    """A computer in Berlin, whose clocks are an hour ahead of UTC in winter and two in summer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


def test_durations() -> None:
    """A number alone is seconds; units may be combined. For anything else, the message shows how to write one."""
    for text, seconds in {
        "90": 90,
        "1.5": 1.5,
        "10m": 600,
        "2h30m": 9000,
        "3d": 259200,
        "500ms": 0.5,
        " 5 s ": 5,
    }.items():
        assert values.parse_duration(text) == seconds
    for text in ("", "x", "-5", "10 parsecs", "5m later", "1e3", "ten"):
        with pytest.raises(ValueError, match="is not a duration: write 90"):
            values.parse_duration(text)


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("2026-05-01T18:00", NOW.replace(day=1, hour=18, minute=0)),
        ("2026-05-01", NOW.replace(day=1, hour=0, minute=0)),
        ("2026-05-01T18:00:00Z", datetime(2026, 5, 1, 18, tzinfo=UTC)),
        ("18:00", NOW.replace(hour=18, minute=0)),
        ("9:05:07", NOW.replace(hour=9, minute=5, second=7)),
        ("today", NOW.replace(hour=0, minute=0)),
        ("yesterday 18:00", NOW.replace(day=5, hour=18, minute=0)),
        ("Monday 9:00", NOW.replace(day=4, hour=9, minute=0)),
        ("wednesday", NOW.replace(month=4, day=29, hour=0, minute=0)),
        ("thursday", NOW.replace(month=4, day=30, hour=0, minute=0)),
        ("2h ago", NOW - timedelta(hours=2)),
        ("3 days ago", NOW - timedelta(days=3)),
        ("an hour ago", NOW - timedelta(hours=1)),
        ("@0", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_times(text: str, expected: datetime) -> None:
    """Times may be ISO, of today, of a day in words, or some time ago; without a zone they are local."""
    moment = values.parse_moment(text, NOW)
    assert moment == expected
    assert moment.tzinfo is not None


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        ("2026-05-06T13:30Z", "2026-01-15T18:00", "2026-01-15T17:00Z"),
        ("2026-01-06T13:30Z", "2025-08-15", "2025-08-14T22:00Z"),
        ("2026-03-29T10:00Z", "1:30", "2026-03-29T00:30Z"),  # the clocks went forward at 2:00
        ("2026-03-30T10:00Z", "saturday 18:00", "2026-03-28T17:00Z"),
        ("2026-10-26T10:00Z", "yesterday", "2026-10-24T22:00Z"),  # the clocks went back on that day
        ("2026-10-25T22:30Z", "24h ago", "2026-10-24T22:30Z"),
    ],
)
def test_times_across_a_change_of_the_clocks(now: str, text: str, expected: str) -> None:
    """A local time means what the clocks of this computer showed then, whatever their offset is now."""
    moment = values.parse_moment(text, datetime.fromisoformat(now))
    assert moment == datetime.fromisoformat(expected)


def test_no_times() -> None:
    """Anything else is refused, and so is what no calendar has."""
    words = ("", "tomorrow", "yesterday evening", "25:00", "monday 9:60", "some time ago", "2026-13-01")
    for text in (*words, "0001-01-01", "9999-12-31T23:59-12:00", "@99999999999999999", "99999999w ago"):
        with pytest.raises(ValueError, match="is not a time"):
            values.parse_moment(text, NOW)


def test_size_text() -> None:
    """Sizes have units of 1024, rates are sizes per second, and counts are in groups of three digits."""
    for size, text in {
        0: "0 B",
        1023: "1023 B",
        1024: "1.0 KiB",
        1024 * 1023 + 900: "1023.9 KiB",
        1024 * 1024 - 1: "1.0 MiB",
        1_503_238_553: "1.4 GiB",
        5 << 50: "5.0 PiB",
        5 << 60: "5120.0 PiB",
    }.items():
        assert values.size_text(size) == text
    assert values.rate_text(2_202_010) == "2.1 MiB/s"
    assert values.count_text(10233) == "10,233"


def test_duration_text() -> None:
    """Durations have their largest unit, and minutes beside hours; times are relative, also those to come."""
    for seconds, text in {
        0: "0 s",
        59.4: "59 s",
        60: "1 min",
        3599: "59 min",
        3600: "1 h",
        9000: "2 h 30 min",
        86400: "1 day",
        3 * 86400: "3 days",
        800 * 86400: "2 years",
    }.items():
        assert values.duration_text(seconds) == text
    assert values.ago_text(NOW - timedelta(seconds=3), NOW) == "now"
    assert values.ago_text(NOW - timedelta(days=3), NOW) == "3 days ago"
    assert values.ago_text(NOW + timedelta(minutes=5), NOW) == "in 5 min"
    assert values.iso_text(NOW) == "2026-05-06T13:30:00Z"  # absolute times are RFC 3339 in UTC
    assert values.iso_text(NOW.replace(microsecond=120_000)) == "2026-05-06T13:30:00.120Z"
