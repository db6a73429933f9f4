"""`parse_time` parses the timestamps of daemons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from aiosyncthing import parse_time
from aiosyncthing.exceptions import BadRequestError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.5Z", datetime(2026, 3, 1, 12, 0, 0, 500_000, UTC)),
        ("2026-03-01T12:00:00.123456Z", datetime(2026, 3, 1, 12, 0, 0, 123_456, UTC)),
        ("2026-03-01T12:00:00.123456999Z", datetime(2026, 3, 1, 12, 0, 0, 123_456, UTC)),
        ("2026-03-01T12:00:00.999999999+01:00", datetime(2026, 3, 1, 11, 0, 0, 999_999, UTC)),
        ("2026-03-01T12:00:00-03:30", datetime(2026, 3, 1, 15, 30, tzinfo=UTC)),
        ("2026-03-01T12:00:00+00:17:30", datetime(2026, 3, 1, 11, 42, 30, tzinfo=UTC)),
        ("1970-01-01T00:00:00.000001Z", datetime(1970, 1, 1, 0, 0, 0, 1, UTC)),
        ("1969-12-31T23:59:59.999999999Z", datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)),
        ("1969-07-20T20:17:40Z", datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC)),
        ("1969-12-31T00:00:00Z", datetime(1969, 12, 31, tzinfo=UTC)),
        ("1826-06-01T12:00:00+00:09:21", datetime(1826, 6, 1, 11, 50, 39, tzinfo=UTC)),
        ("1601-01-01T00:00:00Z", datetime(1601, 1, 1, tzinfo=UTC)),
        ("0002-01-01T00:00:00Z", datetime(2, 1, 1, tzinfo=UTC)),
        ("1970-01-01T00:00:01-05:00", datetime(1970, 1, 1, 5, 0, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59-10:00", datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(-timedelta(hours=10)))),
    ],
)
def test_instant(text: str, expected: datetime) -> None:
    """The instant is truncated, not rounded, to microseconds."""
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("2026-03-01T12:00:00Z", timedelta(0)),
        ("2026-03-01T12:00:00+05:30", timedelta(hours=5, minutes=30)),
        ("2026-03-01T12:00:00-00:01:15", -timedelta(minutes=1, seconds=15)),
    ],
)
def test_zone(text: str, offset: timedelta) -> None:
    """The result is aware, with the offset of the text."""
    moment = parse_time(text)
    assert moment is not None
    assert moment.utcoffset() == offset


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T01:00:00+01:00",
        "0001-01-01T00:17:30+00:17:30",
        "0000-12-31T19:03:58-04:56",
        "0000-12-31T19:03:58-04:56:02",
        "1970-01-01T00:00:00Z",
        "1970-01-01T01:00:00+01:00",
        "1969-12-31T19:00:00-05:00",
        "1969-12-31T23:15:30-00:44",
    ],
)
def test_not_set(text: str) -> None:
    """Go's zero time and the epoch mean that there is no time, in whatever zone."""
    assert parse_time(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-03-01",
        "2026-03-01T12:00:00",
        "2026-03-01 12:00:00Z",
        "2026-03-01T12:00Z",
        "2026-03-01T12:00:00,5Z",
        "2026-03-01T12:00:00.Z",
        "2026-03-01T12:00:00z",
        "2026-W09-7T12:00:00Z",
        "20260301T120000Z",
        "2026-03-01T12:00:00Z\n",
        " 2026-03-01T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-03-01T12:00:60Z",
        "2026-03-01T12:00:00+24:00",
        "٢٠٢٦-03-01T12:00:00Z",
    ],
)
def test_malformed(text: str) -> None:
    """Anything but RFC 3339 is refused, with an error that is a ValueError and shows the text."""
    with pytest.raises(BadRequestError, match="is not a timestamp") as caught:
        parse_time(text)
    assert isinstance(caught.value, ValueError)
    assert repr(text) in str(caught.value)


def test_long_nonsense_is_cut() -> None:
    """The message stays short, however long the text is."""
    with pytest.raises(BadRequestError) as caught:
        parse_time("x" * 10_000)
    assert len(str(caught.value)) < 200
