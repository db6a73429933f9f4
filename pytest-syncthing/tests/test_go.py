"""How Go prints and parses some values."""

from __future__ import annotations

import pytest

from pytest_syncthing.go.words import parse_duration, parse_time, quote


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ('a "b" \\', '"a \\"b\\" \\\\"'),
        ("\a\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'),
        ("\x00\x7f", '"\\x00\\x7f"'),
        ("ü \u0085\U000e0001", '"ü \\u0085\\U000e0001"'),
    ],
)
def test_quoted_texts(text: str, quoted: str) -> None:
    """A text is quoted, with unprintable characters escaped."""
    assert quote(text) == quoted


def test_quoted_characters() -> None:
    """In single quotes, single quotes are escaped."""
    assert quote("'", "'") == "'\\''"
    assert quote('"', "'") == "'\"'"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T01:00:01.5+01:00", 1_500_000_000),
        ("1969-12-31T16:00:00.0000000019-08:00", 1),
        ("1970-01-01T00:00:00,25Z", 250_000_000),
        ("1970-01-01T00:00:00+24:60", -90_000_000_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000_000),
    ],
)
def test_times(text: str, moment: int) -> None:
    """Times are parsed to the nanosecond, in any zone."""
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        *("", "2020", "2020-01-01", "2020-01-01T00:00:00", "2020-01-01T00:00:00 01:00", "2020-02-30T00:00:00Z"),
        *("2020-01-01T00:00:00Z ", "0000-01-01T00:00:00Z", "2020-01-01t00:00:00z", "2020-01-01T00:00:00+0100"),
        *("2020-01-01T00:00:00+25:00", "2020-01-01T00:00:00-01:61", "2020-01-01T00:00:00.Z"),
    ],
)
def test_what_is_no_time(text: str) -> None:
    """A text without a zone, or one that is no time, is refused."""
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1m30s", 90), ("1.5h", 5400), ("100ms", 0.1), ("0", 0), ("-2s", -2), (".5s", 0.5), ("1us", 1e-6)],
)
def test_durations(text: str, seconds: float) -> None:
    """A duration is a sum of numbers with units."""
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "1 s", "1d", "x", "1s2"])
def test_what_is_no_duration(text: str) -> None:
    """A number without a unit is not a duration."""
    assert parse_duration(text) is None
