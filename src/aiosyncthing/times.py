"""Parsing of the timestamps in Syncthing's answers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from .exceptions import BadRequestError

__all__ = ["parse_time"]

# RFC 3339 as printed by Go; Python would also accept week dates, and times without zone or date.
# Offsets may have seconds: zones used local mean time before they were rounded to minutes.
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
)
_EPOCH = datetime.fromtimestamp(0, tz=UTC)
# The daemon's time of a device that was never seen: time.Unix(0, 0), in any zone. Only Liberia's offset had seconds
# then, 00:44:30 until 1972; Go cuts them off.
_NEVER = frozenset({_EPOCH, _EPOCH - timedelta(seconds=30)})


def parse_time(text: str) -> datetime | None:
    """Parse a timestamp of the daemon.

    Args:
        text: A timestamp from an answer or event, such as ``2026-03-01T12:00:00.123456789+01:00``.

    Returns:
        An aware `datetime` in the same time zone, truncated to microseconds. ``None`` for "not set" and "never", which
        Syncthing writes as a time in year 1 or as the start of 1970, 00:00:00 UTC: symbolic links have that
        modification time, for example. A file that was really modified then looks the same. Other times before
        1970 are returned: files get them from cameras, scanners and NTFS, which starts in 1601.

    Raises:
        BadRequestError: The text is not a timestamp. The error is a ``ValueError`` too.
    """
    if _RFC3339.fullmatch(text) is None:
        raise BadRequestError(f"{text[:80]!r} is not a timestamp")
    if text.startswith("0000-"):
        return None  # Go's zero time in a zone west of Greenwich; Python has no year 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequestError(f"{text[:80]!r} is not a timestamp: {error}") from error
    return None if moment.year == 1 or moment in _NEVER else moment
