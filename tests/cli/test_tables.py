"""Tables fit the terminal, in every width."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aiosyncthing.cli.output.tables import Column, Rate, Size, Span, Styled, When, chosen, cut_line, streamed, table
from aiosyncthing.cli.output.text import width
from aiosyncthing.exceptions import BadRequestError

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
