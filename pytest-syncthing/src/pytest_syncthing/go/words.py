"""How Go words and reads some things. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ESCAPES: Final = {
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
_ASCII: Final = 0x80
_WIDE: Final = 0x10000
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
# How far a zone may be ahead or behind: more than Python takes (parseStrictRFC3339 in Go's time).
_MAX_HOURS: Final = 24
_MAX_MINUTES: Final = 60
_DURATION: Final = re.compile(r"([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)", re.ASCII)
_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def quote(text: str, mark: str = '"') -> str:
    """Return a text in quotes, as ``%q`` does; a single character is to have single ones."""
    return mark + "".join(_escaped(c, mark) for c in text) + mark


def parse_time(text: str) -> int | None:
    """Return the nanoseconds since 1970 that an RFC 3339 time with a zone stands for; none if it is no such time."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    clock, fraction, sign, hours, minutes = found.groups(default="0")
    if int(hours) > _MAX_HOURS or int(minutes) > _MAX_MINUTES:
        return None
    try:
        moment = datetime.fromisoformat(f"{clock}Z")
    except ValueError:
        return None
    ahead = (int(hours) * 60 + int(minutes)) * 60 * (-1 if sign == "-" else 1)
    seconds = (moment - _EPOCH) // timedelta(seconds=1) - ahead
    return seconds * 1_000_000_000 + int(fraction[:9].ljust(9, "0"))


def parse_duration(text: str) -> float | None:
    """Return the seconds that a text such as ``1m30s`` stands for; none if it stands for none."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    sign, parts = found.groups()
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(parts))
    return -seconds if sign == "-" else seconds


def _escaped(c: str, mark: str) -> str:
    if c == mark:
        return f"\\{c}"
    if c in _ESCAPES:
        return _ESCAPES[c]
    if c.isprintable():
        return c
    code = ord(c)
    if code < _ASCII:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _WIDE else f"\\U{code:08x}"
