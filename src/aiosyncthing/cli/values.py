"""Parse and format durations, sizes and times. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_WEEK: Final = 7 * _DAY
_YEAR: Final = 365 * _DAY
_NOW: Final = 5  # seconds; anything more recent is "now"

_SECONDS: Final = {"ms": 0.001, "s": 1, "m": _MINUTE, "min": _MINUTE, "h": _HOUR, "d": _DAY, "w": _WEEK}
_WORDS: Final = {"second": 1, "minute": _MINUTE, "hour": _HOUR, "day": _DAY, "week": _WEEK}
_DURATION_PART: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d|w)")
DEVICE_PAUSED: Final = "the device is paused"
"""Why a paused device is not in sync, as in the rows of folders."""

_POWERS: Final = " KMGTP"
_UNIT: Final = 1024
_ROUNDED_UP: Final = 1023.95  # what is shown with one digit would be 1024.0 of a unit
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def now() -> datetime:
    """Return the current time, with this computer's current UTC offset."""
    return datetime.now().astimezone()


def parse_duration(text: str) -> float:
    """Return the number of seconds in a duration such as ``90``, ``10m`` or ``2h30m``.

    Raises:
        ValueError: It is not a duration.
    """
    wanted = text.strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", wanted):
        return float(wanted)
    parts = _DURATION_PART.findall(wanted)
    if not parts or _DURATION_PART.sub("", wanted).strip():
        raise ValueError(f"{text!r} is not a duration: write 90 (seconds), 10m, 2h30m or 3d")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def parse_limit(text: str) -> float:
    """Return the seconds that a time limit means: see `parse_duration`.

    Raises:
        ValueError: It is not a duration, or none at all, which could mean both no time and no limit.
    """
    seconds = parse_duration(text)
    if not seconds:
        raise ValueError("a time limit must be more than 0; without the option there is none")
    return seconds


def parse_moment(text: str, now: datetime) -> datetime:
    """Parse a time.

    Args:
        text: An ISO date or time, ``HH:MM``, ``yesterday 18:00``, ``monday``, ``2h ago``, ``3 days ago``, ``now``, or
            ``@`` and a Unix timestamp. Weekdays are those before today. Without a zone, it is local time.
        now: The current time, with its zone.

    Raises:
        ValueError: It is not a time.
    """
    try:
        return _moment(text, now)
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            f"{text!r} is not a time: write 2026-05-01T18:00, 18:00, 'yesterday 18:00', 'monday 9:00' or '2h ago'"
        ) from None


def _moment(text: str, now: datetime) -> datetime:
    wanted = " ".join(text.lower().split())
    if wanted == "now":
        return now
    if re.fullmatch(r"@\d+(\.\d+)?", wanted):
        return datetime.fromtimestamp(float(wanted[1:]), UTC).astimezone()
    if wanted.endswith(" ago"):
        return now - timedelta(seconds=_age(wanted.removesuffix(" ago")))
    local = _day_and_clock(wanted, now.astimezone().replace(tzinfo=None)) or datetime.fromisoformat(text.strip())
    # Without a zone, `astimezone` uses this computer's UTC offset at that time, not the current one.
    return local.astimezone()


def _age(wanted: str) -> float:
    if match := re.fullmatch(r"(\d+|an?) (second|minute|hour|day|week)s?", wanted):
        number = 1 if match[1].startswith("a") else int(match[1])
        return number * _WORDS[match[2]]
    return parse_duration(wanted)


def _day_and_clock(wanted: str, now: datetime) -> datetime | None:
    """Parse a day in words, a time of day, or both.

    Args:
        wanted: The text.
        now: The current local time, without a zone.
    """
    first, _, rest = wanted.partition(" ")
    days: int | None = {"today": 0, "yesterday": 1}.get(first)
    if days is None and first in _WEEKDAYS:
        days = (now.weekday() - _WEEKDAYS.index(first) - 1) % 7 + 1
    clock = _CLOCK.fullmatch(wanted if days is None else rest or "0:00")
    if clock is None:
        return None
    day = now.date() - timedelta(days=days or 0)
    return datetime.combine(day, time(int(clock[1]), int(clock[2]), int(clock[3] or 0)))


def size_text(size: float) -> str:
    """Return bytes in units of 1024: ``1.4 GiB``."""
    value = float(size)
    for power in _POWERS:
        if value < _ROUNDED_UP or power == _POWERS[-1]:
            return f"{int(value)} B" if power == " " else f"{value:.1f} {power}iB"
        value /= _UNIT
    raise AssertionError  # pragma: no cover - the last power returns


def count_text(number: int) -> str:
    """Return a number in groups of three digits: ``10,233``."""
    return f"{number:,}"


def rate_text(rate: float) -> str:
    """Return bytes per second: ``2.1 MiB/s``."""
    return f"{size_text(rate)}/s"


def duration_text(seconds: float) -> str:
    """Return a duration in its largest unit or two: ``14 min``, ``2 h 30 min``, ``3 days``."""
    whole = max(0, round(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        hours, rest = divmod(whole, _HOUR)
        minutes = rest // _MINUTE
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if whole < 2 * _YEAR:
        days = whole // _DAY
        return f"{days} day{'' if days == 1 else 's'}"
    return f"{whole // _YEAR} years"


def ago_text(moment: datetime, now: datetime) -> str:
    """Return how long ago something was: ``now``, ``3 days ago``; or ``in 5 min``."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < _NOW:
        return "now"
    return f"{duration_text(seconds)} ago" if seconds > 0 else f"in {duration_text(-seconds)}"


def iso_text(moment: datetime) -> str:
    """Return a time as RFC 3339, in UTC: ``2026-05-01T18:00:00Z``."""
    shown = moment.astimezone(UTC)
    return shown.isoformat(timespec="milliseconds" if shown.microsecond else "seconds").replace("+00:00", "Z")
