"""No name can control a terminal, and texts fit."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, strategies as st

from aiosyncthing.cli.output import text

HOSTILE = "\x1b]0;pwned\x07 \x9b31m a\nb\r\t\u202etxt.exe\u2066 \u2028"


def test_escape() -> None:
    """Control and bidi characters are escaped; everything else stays."""
    assert text.escape(HOSTILE) == r"\x1b]0;pwned\x07 \x9b31m a\nb\r\t\u202etxt.exe\u2066 \u2028"
    assert text.escape("Grüße 文件 👩‍💻") == "Grüße 文件 👩‍💻"


@given(st.text())
def test_nothing_gets_through(name: str) -> None:
    """What is left is printable, a space, or of a category that controls nothing."""
    shown = text.escape(name)
    assert not any(ord(character) < 32 or 0x7F <= ord(character) <= 0x9F for character in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


@given(st.text())
@example("a\udcff")
def test_json_stays_json(name: str) -> None:
    """JSON with escaped characters means the same, and can be written in UTF-8 also where the name is no text."""
    escaped = text.escape_json(json.dumps({"name": name}, ensure_ascii=False))
    assert json.loads(escaped.encode()) == json.loads(json.dumps({"name": name}))


@pytest.mark.parametrize(
    ("given_text", "columns", "expected"),
    [
        ("photos", 6, "photos"),
        ("photos", 5, "phot…"),
        ("photos", 1, "…"),
        ("photos", 0, ""),
        ("文件文件", 5, "文件…"),
        ("a bcd", 3, "a…"),
    ],
)
def test_cut(given_text: str, columns: int, expected: str) -> None:
    """A text takes no more columns than there are; wide characters take two."""
    assert text.cut(given_text, columns) == expected
    assert text.width(expected) <= columns


def test_pad() -> None:
    """Texts are aligned by the columns that they take."""
    assert text.pad("文件", 6) == "文件  "
    assert text.pad("12", 4, right=True) == "  12"
