"""Text that is safe for terminals, tables that fit them, and when there are colours."""

import fcntl
import io
import json
import os
import struct
import termios
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aiosyncthing.cli.output import text
from aiosyncthing.cli.output.tables import Column, Rate, Size, Span, Styled, When, chosen, cut_line, streamed, table
from aiosyncthing.cli.output.terminal import Terminal, is_terminal, wants_color
from aiosyncthing.cli.output.text import width
from aiosyncthing.exceptions import BadRequestError
from tests.support.cli import Screen

BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
PLANE = "".join(map(chr, reversed(range(0x10000))))  # in this order, no two surrogates are a pair
HOSTILE = "\x1b]0;pwned\x07 \x9b31m a\nb\r\t\u202etxt.exe\u2066 \u2028"


def test_escape() -> None:
    """Characters that control something, such as the direction of text, are escaped; everything else stays."""
    assert text.escape(HOSTILE) == r"\x1b]0;pwned\x07 \x9b31m a\nb\r\t\u202etxt.exe\u2066 \u2028"
    assert text.escape("Grüße 文件 👩‍💻") == "Grüße 文件 👩‍💻"
    shown = set(text.escape(PLANE))
    assert not [each for each in shown if unicodedata.category(each) in {"Cc", "Zl", "Zp"}]
    assert not [each for each in shown if unicodedata.bidirectional(each) in BIDI_CONTROLS]
    assert not shown & set("\u200e\u200f\u061c")


def test_json_stays_json() -> None:
    """JSON with escaped characters means the same, and can be written in UTF-8 also where the name is no text."""
    escaped = text.escape_json(json.dumps(PLANE, ensure_ascii=False))
    assert json.loads(escaped.encode()) == PLANE


def test_cut_and_pad() -> None:
    """A text takes no more columns than there are; wide characters take two."""
    for columns, expected in {6: "photos", 5: "phot…", 1: "…", 0: ""}.items():
        assert text.cut("photos", columns) == expected
    assert text.cut("文件文件", 5) == "文件…"
    assert text.width("文件…") == 5
    assert text.cut("a bcd", 3) == "a…"
    assert text.pad("文件", 6) == "文件  "
    assert text.pad("12", 4, right=True) == "  12"


NOW = datetime(2026, 5, 6, tzinfo=UTC)
COLUMNS: list[Column[Any]] = [
    Column("NAME", lambda row: row["name"], least=6),
    Column("SIZE", lambda row: Size(row["size"]), right=True, rank=1),
    Column("SEEN", lambda row: When(row["seen"]), rank=2),
    Column("PATH", lambda row: row["path"], least=6, rank=3, long=True),
]
ROWS = [
    {"name": "a folder with a long name", "size": 1 << 30, "seen": NOW - timedelta(days=3), "path": "/srv/a/b/c"},
    {"name": "x", "size": None, "seen": None, "path": ""},
]


def drawn(columns: int, shown: list[Column[Any]] = COLUMNS) -> list[str]:
    """Return a table as text."""
    lines = table(shown, ROWS, now=NOW, available=columns)
    return ["".join(span.text for span in line) for line in lines]


def test_without_limits() -> None:
    """Without a terminal nothing is cut, and times are absolute; on a wide one they are relative."""
    assert drawn(0) == [
        "NAME                          SIZE  SEEN                  PATH",
        "a folder with a long name  1.0 GiB  2026-05-03T00:00:00Z  /srv/a/b/c",
        "x                                -  never                 -",
    ]
    assert drawn(80)[1:] == [
        "a folder with a long name  1.0 GiB  3 days ago  /srv/a/b/c",
        "x                                -  never       -",
    ]


def test_narrower() -> None:
    """Columns that may be cut are, the widest first; then some are left out, in their order. Each width is kept to."""
    assert all(width(line) <= columns for columns in range(1, 100) for line in drawn(columns))
    assert drawn(44)[1] == "a folder w…  1.0 GiB  3 days ago  /srv/a/b/c"
    assert drawn(36)[1] == "a fold…  1.0 GiB  3 days ago  /srv/…"
    assert drawn(33)[1] == "a folder wi…  1.0 GiB  3 days ago"
    assert drawn(24)[1] == "a folder with…   1.0 GiB"
    assert drawn(20)[1] == "a folder w…  1.0 GiB"
    assert drawn(8)[1] == "a folde…"
    assert drawn(4)[1] == "a f…"
    fixed: list[Column[Any]] = [Column("NAME", lambda row: row["name"]), Column("PATH", lambda row: row["path"])]
    assert drawn(32, fixed)[1] == "a folder with a long name  /srv…"  # the last column ends with the terminal


def test_columns_are_chosen() -> None:
    """-l shows all columns, and --columns those that are named, in their order, in any case."""
    assert [column.name for column in chosen(COLUMNS)] == ["NAME", "SIZE", "SEEN"]
    assert [column.name for column in chosen(COLUMNS, long=True)] == ["NAME", "SIZE", "SEEN", "PATH"]
    assert [column.name for column in chosen(COLUMNS, names="path, NAME")] == ["PATH", "NAME"]
    with pytest.raises(BadRequestError, match="no column 'x': choose from name,size,seen,path"):
        chosen(COLUMNS, names="x")


def test_values() -> None:
    """Each kind of value has one format."""
    cells = [Styled("bad", "bad"), Rate(1024), Rate(None), 12345, None, "", "tab\there", When("2026-05-05T23:00:00Z")]
    lines = table([Column("X", lambda cell: cell)], cells, now=NOW, available=80, header=False)
    assert [line[0].text for line in lines] == ["bad", "1.0 KiB/s", "-", "12,345", "-", "-", r"tab\there", "1 h ago"]
    assert lines[0][0].style == "bad"


def test_streamed() -> None:
    """Rows that come one by one are in columns of a fixed width, and cut on a terminal."""
    columns: list[Column[Any]] = [
        Column("SIZE", lambda row: Size(row["size"]), right=True, streamed=9),
        Column("NAME", lambda row: row["name"]),
    ]
    lines = ["".join(span.text for span in line) for line in streamed(columns, ROWS, now=NOW, available=20)]
    assert lines == ["     SIZE  NAME", "  1.0 GiB  a folder…", "        -  x"]


def test_a_line_is_cut() -> None:
    """A line of several styles ends with the terminal."""
    line = [Span("one", "bad"), Span(" "), Span("two")]
    assert cut_line(line, 7) == line
    assert cut_line(line, 5) == [Span("one", "bad"), Span(" "), Span("…")]


@pytest.mark.parametrize(
    ("environ", "color", "interactive", "expected"),
    [
        ({}, "auto", True, True),
        ({}, "auto", False, False),
        ({"NO_COLOR": "1"}, "auto", True, False),
        ({"NO_COLOR": "0"}, "auto", True, False),
        ({"NO_COLOR": ""}, "auto", True, True),
        ({"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, "auto", False, True),
        ({"CLICOLOR_FORCE": "0"}, "auto", False, False),
        ({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, "auto", True, False),
        ({"TERM": "dumb", "NO_COLOR": "1"}, "always", False, True),
        ({"CLICOLOR_FORCE": "1"}, "never", True, False),
    ],
)
def test_colors(environ: dict[str, str], color: str, interactive: bool, expected: bool) -> None:
    """Each of NO_COLOR, CLICOLOR_FORCE, TERM=dumb and --color is stronger than those before it."""
    assert wants_color(environ, color, interactive=interactive) is expected
    assert Terminal(color=expected).paint("x", "good") == ("\x1b[32mx\x1b[0m" if expected else "x")
    assert Terminal(color=expected).paint("x", "") == "x"


def test_no_terminal() -> None:
    """A stream that is not a terminal has no width, so nothing is cut, and its cursor is not moved."""
    assert Terminal.of(io.StringIO(), {"COLUMNS": "80"}) == Terminal()
    assert not Terminal().redraws
    assert not is_terminal(None)
    closed = io.StringIO()
    closed.close()
    assert not is_terminal(closed)


def test_a_terminal() -> None:
    """The width is COLUMNS, or that of the terminal; a dumb one, as in an editor, gets no sequences for its cursor."""
    assert Terminal.of(Screen(), {"COLUMNS": "50"}).columns == 50
    assert Terminal.of(Screen(), {"COLUMNS": "3"}).columns == 20
    assert Terminal.of(Screen(), {}).columns >= 20
    assert Terminal.of(Screen(), {}).redraws
    assert not Terminal.of(Screen(), {"TERM": "dumb"}).redraws


def test_pseudo_terminal() -> None:
    """The width of a real terminal is used."""
    leader, follower = os.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 132, 0, 0))
    with os.fdopen(leader, "rb"), os.fdopen(follower, "w") as stream:
        assert Terminal.of(stream, {}) == Terminal(interactive=True, columns=132, color=True, redraws=True)
