"""What the daemon says of a text that is no device ID (lib/protocol/deviceid.go). Pure."""

from __future__ import annotations

from typing import Final

from aiosyncthing.device_id import DeviceID

from .words import quote

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_DIGITS: Final = frozenset(_ALPHABET.encode())
_TYPING_ERRORS: Final = str.maketrans({"0": "O", "1": "I", "8": "B", "-": None, " ": None})
_PLAIN: Final = 52
_CHECKED: Final = 56
_GROUP: Final = 13


def problem(text: str) -> str | None:
    """Return the daemon's words about a text that is to be a device ID; none if it is one, or empty."""
    # As Go does it, each character stays one: Python makes two of a few.
    upper = "".join(c.upper() if len(c.upper()) == 1 else c for c in text.strip("="))
    digits = upper.translate(_TYPING_ERRORS)
    data = digits.encode(errors="replace")
    if not data:
        return None
    if len(data) == _CHECKED:
        return _problem_with_checks(digits, data)
    if len(data) == _PLAIN:
        return _problem_of_base32(data.translate(None, b"\r\n"))
    return f"{quote(text)}: device ID invalid: incorrect length"


def _problem_of_base32(data: bytes) -> str | None:
    # Go's decoder overlooks line breaks, and then misses them at the end, behind the padding of four.
    missing = [len(data) + 4] if len(data) < _PLAIN else []
    wrong = [place for place, byte in enumerate(data) if byte not in _DIGITS] + missing
    return f"illegal base32 data at input byte {wrong[0]}" if wrong else None


def _problem_with_checks(digits: str, data: bytes) -> str | None:
    for start in range(0, _CHECKED, _GROUP + 1):
        group = data[start : start + _GROUP]
        if strange := [chr(byte) for byte in group if byte not in _DIGITS]:
            digit = quote(strange[0], "'")
            return f"digit {digit} not valid in alphabet {quote(_ALPHABET)}"
        if data[start + _GROUP] != _check_character(group):
            return f"{quote(digits)}: check digit incorrect"
    return None


def _check_character(group: bytes) -> int:
    # What follows is nothing but not empty, so that the whole is not the empty ID.
    whole = DeviceID(group.decode() + "B" * (_PLAIN - _GROUP))
    return ord(whole.replace("-", "")[_GROUP])
