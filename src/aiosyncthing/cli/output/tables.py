"""Tables: columns, and how to fit them to the width of a terminal. Pure.

A column defines how to get its value from a row; the format of sizes and times is the same for all commands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from aiosyncthing.cli.values import ago_text, count_text, iso_text, rate_text, size_text
from aiosyncthing.exceptions import BadRequestError

from .text import cut, escape, pad, width

Row = TypeVar("Row")

_GAP: Final = "  "
_NOTHING: Final = "-"


class Styled(NamedTuple):
    """A text with a style of `terminal.STYLES`."""

    text: str
    style: str


class Size(NamedTuple):
    """A number of bytes; ``None`` if unknown."""

    bytes: float | None


class Rate(NamedTuple):
    """Bytes per second; ``None`` if unknown."""

    rate: float | None


class When(NamedTuple):
    """A point in time; ``None`` for never."""

    moment: datetime | str | None


Value: TypeAlias = str | int | Styled | Size | Rate | When | None
"""The value of a cell; ``None`` is shown as a dash."""


class Span(NamedTuple):
    """A part of a line in one style."""

    text: str
    style: str = ""


Line: TypeAlias = list[Span]


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column of a table.

    Attributes:
        name: Its heading.
        cell: Returns its value in a row.
        right: Whether it is aligned to the right.
        least: Its minimum width on a narrow terminal; 0 if it is never cut.
        rank: On a narrow terminal, columns with the highest rank are left out first; 0 for never.
        long: Whether it is only shown with ``-l``.
        streamed: Its width in streamed tables; for the last column, that is `least` or the remaining width.
        wraps: Whether rows of a streamed table that end with it are not cut.
    """

    name: str
    cell: Callable[[Row], Value]
    right: bool = False
    least: int = 0
    rank: int = 0
    long: bool = False
    streamed: int = 0
    wraps: bool = False


def chosen(columns: Sequence[Column[Any]], *, names: str = "", long: bool = False) -> list[Column[Any]]:
    """Return the columns to show.

    Args:
        columns: All columns.
        names: Names separated by commas, in any case; empty for the defaults.
        long: Whether to show all.

    Raises:
        BadRequestError: There is no such column.
    """
    if not names:
        return [column for column in columns if long or not column.long]
    known = {column.name.lower(): replace(column, rank=0) for column in columns}
    wanted = [name.strip().lower() for name in names.split(",")]
    for name in wanted:
        if name not in known:
            raise BadRequestError(f"there is no column {name!r}: choose from {','.join(known)}")
    return [known[name] for name in wanted]


def table(
    columns: Sequence[Column[Row]],
    rows: Iterable[Row],
    *,
    now: datetime,
    available: int = 0,
    header: bool = True,
) -> list[Line]:
    """Lay out a table.

    Args:
        columns: Its columns.
        rows: Its rows.
        now: The current time, to which times are relative on a terminal.
        available: The width of the terminal; 0 if there is none, so that nothing is cut and times are absolute.
        header: Whether to begin with the headings.
    """
    shown = list(columns)
    cells = [[_span(column.cell(row), now if available else None) for column in shown] for row in rows]
    if header:
        cells.insert(0, [Span(column.name, "head") for column in shown])
    widths = [max((width(line[place].text) for line in cells), default=0) for place in range(len(shown))]
    if available:
        kept = _fit(shown, widths, available)
        cells = [[line[place] for place in kept] for line in cells]
        shown, widths = [shown[place] for place in kept], [widths[place] for place in kept]
    return [_line(shown, line, widths) for line in cells]


def streamed(
    columns: Sequence[Column[Row]], rows: Iterable[Row], *, now: datetime, available: int = 0, header: bool = True
) -> Iterator[Line]:
    """Lay out rows that arrive one by one, in columns of fixed width: see `table`."""
    shown = list(columns)
    widths = [max(column.streamed, len(column.name)) for column in shown]
    if available:
        widths[-1] = max(widths[-1], shown[-1].least)  # the minimum of the widest column
        kept = _fit(shown, widths, available)
        shown, widths = [shown[place] for place in kept], [widths[place] for place in kept]
    cells = ([_span(column.cell(row), now if available else None) for column in shown] for row in rows)
    headings = [Span(column.name, "head") for column in shown]
    for spans in chain([headings] if header else [], cells):
        line = _line(shown, spans, widths, cutting=False)
        yield cut_line(line, available) if available and not shown[-1].wraps else line


def cut_line(line: Line, available: int) -> Line:
    """Return a line cut to the width of the terminal."""
    kept: Line = []
    for span in line:
        left = available - sum(width(each.text) for each in kept)
        if width(span.text) > left:
            return [*kept, Span(cut(span.text, left), span.style)]
        kept.append(span)
    return kept


def text_of(value: Value, now: datetime | None) -> str:
    """Return a value as text; times are relative to `now`, or absolute without it."""
    match value:
        case None | "":
            return _NOTHING
        case Styled(text, _) | str(text):
            return escape(text) or _NOTHING
        case Size(size):
            return _NOTHING if size is None else size_text(size)
        case Rate(rate):
            return _NOTHING if rate is None else rate_text(rate)
        case When(moment):
            return _moment_text(moment, now)
        case int(number):
            return count_text(number)


def _moment_text(moment: datetime | str | None, now: datetime | None) -> str:
    if moment is None:
        return "never"
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return iso_text(at) if now is None else ago_text(at, now)


def _span(value: Value, now: datetime | None) -> Span:
    return Span(text_of(value, now), value.style if isinstance(value, Styled) else "")


def _fit(columns: Sequence[Column[Any]], widths: list[int], available: int) -> list[int]:
    """Make columns narrower, then drop some, until the rest fits; return the indices of those that are kept."""
    kept = list(range(len(columns)))
    while (excess := _total(widths, kept) - available) > 0:
        spare = {place: widths[place] - columns[place].least for place in kept if columns[place].least}
        if sum(max(0, each) for each in spare.values()) >= excess:
            for _ in range(excess):  # the widest first
                widest = max(
                    (place for place in kept if spare.get(place, 0) > 0), key=lambda place: (widths[place], place)
                )
                widths[widest] -= 1
                spare[widest] -= 1
            return kept
        ranked = max(kept, key=lambda place: (columns[place].rank, place))
        if not columns[ranked].rank:
            break
        kept.remove(ranked)
    if excess > 0:  # nothing more can be dropped, so the last column is cut at the edge of the terminal
        for place in (place for place in kept if columns[place].least):
            widths[place] = min(widths[place], columns[place].least)
        widths[kept[-1]] = max(1, widths[kept[-1]] - max(0, _total(widths, kept) - available))
    return kept


def _total(widths: Sequence[int], kept: Sequence[int]) -> int:
    return sum(widths[place] for place in kept) + len(_GAP) * (len(kept) - 1)


def _line(
    columns: Sequence[Column[Any]], spans: Sequence[Span], widths: Sequence[int], *, cutting: bool = True
) -> Line:
    line: Line = []
    for place, (column, span, columns_wide) in enumerate(zip(columns, spans, widths, strict=True)):
        text = cut(span.text, columns_wide) if cutting else span.text
        padded = pad(text, columns_wide, right=column.right)
        last = place == len(columns) - 1
        line.append(Span(padded.rstrip() if last else padded, span.style))
        if not last:
            line.append(Span(_GAP))
    return line
