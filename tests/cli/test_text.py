"""No name can control a terminal, and texts fit."""

from __future__ import annotations

import json
import unicodedata

from aiosyncthing.cli.output import text

BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
HOSTILE = "\x1b]0;pwned\x07 \x9b31m a\nb\r\t\u202etxt.exe\u2066 \u2028"


def test_escape() -> None:
    """Control and bidi characters are escaped; everything else stays."""
    assert text.escape(HOSTILE) == r"\x1b]0;pwned\x07 \x9b31m a\nb\r\t\u202etxt.exe\u2066 \u2028"
    assert text.escape("Grüße 文件 👩‍💻") == "Grüße 文件 👩‍💻"


PLANE = "".join(map(chr, reversed(range(0x10000))))  # in this order, no two surrogates are a pair


def test_nothing_gets_through() -> None:
    """What is left is printable, a space, or of a category that controls nothing."""
    shown = set(text.escape(PLANE))
    assert not [each for each in shown if unicodedata.category(each) in {"Cc", "Zl", "Zp"}]
    assert not [each for each in shown if unicodedata.bidirectional(each) in BIDI_CONTROLS]
    assert not shown & set("\u200e\u200f\u061c")


def test_json_stays_json() -> None:
    """JSON with escaped characters means the same, and can be written in UTF-8 also where the name is no text."""
    escaped = text.escape_json(json.dumps(PLANE, ensure_ascii=False))
    assert json.loads(escaped.encode()) == PLANE


def test_cut() -> None:
    """A text takes no more columns than there are; wide characters take two."""
    for columns, expected in {6: "photos", 5: "phot…", 1: "…", 0: ""}.items():
        assert text.cut("photos", columns) == expected
    assert text.cut("文件文件", 5) == "文件…"
    assert text.width("文件…") == 5
    assert text.cut("a bcd", 3) == "a…"


def test_pad() -> None:
    """Texts are aligned by the columns that they take."""
    assert text.pad("文件", 6) == "文件  "
    assert text.pad("12", 4, right=True) == "  12"
