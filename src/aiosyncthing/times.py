"""The time stamps of Syncthing's answers as Python's."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from .exceptions import BadRequestError

__all__ = ["parse_time"]

# RFC 3339 as Go prints it; Python alone would also take week dates, and times without a zone or a date.
# Offsets can have seconds: zones had local mean times before they had whole minutes.
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
)
_EPOCH = datetime.fromtimestamp(0, tz=UTC)
# What the daemon has for a device that was never seen (time.Unix(0, 0)), in any zone. In Liberia the clocks were
# 00:44:30 behind until 1972, the only zone then whose offset had seconds; Go cuts those off.
_NEVER = frozenset({_EPOCH, _EPOCH - timedelta(seconds=30)})


def parse_time(text: str) -> datetime | None:
    """Read a time stamp of the daemon.

    Args:
        text: A time stamp as it is in answers and events, such as ``2026-03-01T12:00:00.123456789+01:00``.

    Returns:
        An aware `datetime` in the zone of the text, nanoseconds cut off to microseconds. ``None`` for "not set" and
        "never", which Syncthing writes as a time in year 1 or as the very start of 1970, 00:00:00 UTC: the
        modification time of a symbolic link, say, or of a file that bears exactly that date, which looks the same.
        Other times before 1970 are times: files have them from cameras, scanners and NTFS, which begins in 1601.

    Raises:
        BadRequestError: A ``ValueError`` too; the text is not a time stamp.
    """
    if _RFC3339.fullmatch(text) is None:
        raise BadRequestError(f"{text[:80]!r} is not a time stamp")
    if text.startswith("0000-"):
        return None  # Go's zero time in a zone west of Greenwich; Python has no year 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequestError(f"{text[:80]!r} is not a time stamp: {error}") from error
    return None if moment.year == 1 or moment in _NEVER else moment
