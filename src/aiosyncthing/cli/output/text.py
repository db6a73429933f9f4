"""Make text safe for terminals, and cut it to a width. Pure."""

from __future__ import annotations

import re
from typing import Final

# Control characters (C0, C1), line separators, and bidi controls.
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_UNSAFE_IN_JSON: Final = re.compile(f"{_UNSAFE.pattern}|[\ud800-\udfff]")  # and halves of characters
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BYTE: Final = 0x100
_MORE: Final = "…"


def escape(text: str) -> str:
    r"""Return a text without control and bidi characters; they are shown as ``\x1b`` or ``\u202e``.

    Names of folders, devices and files come from other people, and may contain anything.
    """
    return _UNSAFE.sub(lambda match: _SHORT.get(match[0]) or _shown(match[0]), text)


def escape_json(text: str) -> str:
    r"""Return JSON in which the characters that `escape` would replace are written as ``\u001b``.

    So are surrogates, which stand for the bytes of names that are not UTF-8; JSON has to be.
    """
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def width(text: str) -> int:
    """Return the number of columns of a text on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - only where it is needed

    return cell_len(text)


def cut(text: str, columns: int) -> str:
    """Return a text cut to a number of columns, with ``…`` at the end if it was cut."""
    if width(text) <= columns:
        return text
    kept, used = "", width(_MORE)
    for character in text:
        used += width(character)
        if used > columns:
            break
        kept += character
    return f"{kept.rstrip()}{_MORE}" if columns > 0 else ""


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Return a text padded to a number of columns."""
    space = " " * (columns - width(text))
    return space + text if right else text + space


def _shown(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < _BYTE else f"\\u{code:04x}"
