"""The time stamps of Syncthing's answers as Python's."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from aiosyncthing.exceptions import BadRequestError

__all__ = ["parse_time"]

# RFC 3339 as Go prints it; Python alone would also take week dates, and times without a zone or a date.
# Offsets can have seconds: zones had local mean times before they had whole minutes.
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
)
_EPOCH = datetime.fromtimestamp(0, tz=UTC)


def parse_time(text: str) -> datetime | None:
    """Read a time stamp of the daemon.

    Args:
        text: A time stamp as it is in answers and events, such as ``2026-03-01T12:00:00.123456789+01:00``.

    Returns:
        An aware `datetime` in the zone of the text, nanoseconds cut off to microseconds. ``None`` for
        "not set" and "never", which Syncthing writes as a time in year 1 or as the start of 1970.

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
    return moment if moment > _EPOCH else None
