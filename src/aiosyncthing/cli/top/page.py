"""The lines that `top` shows, and their subjects. Pure.

Names are escaped and lines cut to the width of the terminal here, by `tables`, so that no text from other devices
can control the terminal. Lines are not interpreted as markup later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeVar

from aiosyncthing.cli import rows
from aiosyncthing.cli.commands import show
from aiosyncthing.cli.commands.lists import DEVICE_COLUMNS, FOLDER_COLUMNS, RATE_COLUMNS, device_name, folder_name
from aiosyncthing.cli.output.output import spans
from aiosyncthing.cli.output.tables import Column, Line, Rate, Size, Span, chosen, cut_line, table, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from aiosyncthing import Live
    from aiosyncthing.cli.output.tables import Value
    from aiosyncthing.cli.rows import View
    from aiosyncthing.cli.schemas import Problem

R = TypeVar("R")


class Subject(NamedTuple):
    """The subject of a line.

    Attributes:
        section: The section of the line, since a subject may have lines in several.
        kind: A folder or a device.
        id: Its ID.
        part: Distinguishes several lines in a section: the path of a file, or a problem.
    """

    section: Literal["folders", "devices", "transfers", "problems"]
    kind: Literal["folder", "device"]
    id: str
    part: str = ""


class Row(NamedTuple):
    """A line and its subject; ``None`` for headings, and for lines about the daemon itself."""

    line: Line
    subject: Subject | None = None


class Transfer(NamedTuple):
    """A file that is being received."""

    folder: str
    label: str
    path: str
    done: int
    total: int


@dataclass(frozen=True)
class Page:
    """The contents of the screen.

    Attributes:
        head: The line at the top.
        rows: The lines below it.
    """

    head: Line
    rows: Sequence[Row]


_TRANSFERS: Final[Sequence[Column[Transfer]]] = (
    Column("RECEIVING", lambda row: row.path, least=10),
    Column("DONE", lambda row: f"{100 * row.done // row.total if row.total else 0} %", right=True, rank=2),
    Column("SIZE", lambda row: Size(row.total), right=True, rank=3),
    Column("FOLDER", lambda row: row.label, least=6, rank=1),
)
_FOLDERS: Final = chosen(FOLDER_COLUMNS)
_DEVICES: Final = chosen((*DEVICE_COLUMNS[:2], *RATE_COLUMNS, *DEVICE_COLUMNS[2:]))


def page(live: Live, view: View, *, url: str, now: datetime, width: int, wanted: str = "") -> Page:
    """Return the contents of the screen.

    Args:
        live: The mirror.
        view: The same state, for rows.
        url: The daemon's address.
        now: The current time.
        width: The width of the terminal.
        wanted: A text that names must contain, in any case.
    """
    problems = rows.problems("", view, now)
    folders = [rows.folder_row("", view, each) for each in view.folders]
    devices = [rows.device_row("", view, each) for each in view.remotes]
    names = {each["id"]: folder_name(each) for each in folders} | {each["id"]: device_name(each) for each in devices}
    word = wanted.casefold()

    def matches(*texts: str) -> bool:
        return any(word in text.casefold() for text in texts)

    def lines(columns: Sequence[Column[R]], items: Sequence[R], about: Callable[[R], Subject | None]) -> list[Row]:
        if not items:
            return []
        shown = table(columns, items, now=now, available=width)
        return [Row(shown[0]), *(Row(line, about(item)) for line, item in zip(shown[1:], items, strict=True))]

    found = [
        *lines(
            _FOLDERS,
            [each for each in folders if matches(each["label"], each["id"])],
            lambda row: Subject("folders", "folder", row["id"]),
        ),
        *lines(
            _DEVICES,
            [each for each in devices if matches(device_name(each))],
            lambda row: Subject("devices", "device", row["id"]),
        ),
        *lines(
            _TRANSFERS,
            [each for each in _transfers(live) if matches(each.path, each.label, each.folder)],
            lambda row: Subject("transfers", "folder", row.folder, row.path),
        ),
        *lines(
            [Column("PROBLEM", lambda row: _problem_text(row, names), least=12)],
            [each for each in problems if matches(_problem_text(each, names))],
            _subject_of_problem,
        ),
    ]
    return Page(cut_line(_head(live, url, len(problems)), width), found)


def details(live: Live, view: View, subject: Subject, *, now: datetime, width: int) -> list[Line]:
    """Return everything about a folder or a device; one line if it is gone."""
    if subject.kind == "folder":
        folder = live.folders.get(subject.id)
        if folder is None:
            return [spans("this folder was removed")]
        row = rows.folder_row("", view, folder.config)
        failed = [{"path": each["path"], "error": each["error"]} for each in folder.errors]
        tables = _tables(now, width, (show.REMOTES, row["elsewhere"]), (show.FAILED, failed))
        return _fields(show.folder_fields(row), now) + tables
    device = live.devices.get(subject.id)
    if device is None:
        return [spans("this device was removed")]
    found = rows.device_row("", view, device.config)
    shares = [
        {**rows.remote_row(view, each, device.config), "id": each["id"], "name": each["label"]}
        for each in view.folders
        if each["id"] in found["folders"]
    ]
    return _fields(show.device_fields(found), now) + _tables(now, width, (show.SHARES, shares))


def name_of(live: Live, subject: Subject) -> str:
    """Return the name of a folder or device."""
    if subject.kind == "folder":
        return live.folders[subject.id].label if subject.id in live.folders else subject.id
    return live.devices[subject.id].name if subject.id in live.devices else subject.id


def _head(live: Live, url: str, problems: int) -> Line:
    own = live.devices.get(live.own_id)
    parts: list[str | Span] = ["  ".join([own.name if own else "", live.version, url])]
    if not live.connected:
        parts += ["  ", Span("can't be reached", "bad")]
    elif live.totals is not None and live.totals.in_rate is not None:
        rates = (live.totals.in_rate, live.totals.out_rate)
        parts.append("  in {}  out {}".format(*(text_of(Rate(rate), None) for rate in rates)))
    if problems:
        parts += ["  ", Span(f"{problems} problem{'' if problems == 1 else 's'}", "warn")]
    return spans(*parts)


def _transfers(live: Live) -> list[Transfer]:
    return [
        Transfer(folder.id, folder.label, path, each["bytesDone"], each["bytesTotal"])
        for folder in live.folders.values()
        for path, each in sorted(folder.progress.items())
    ]


def _problem_text(problem: Problem, names: dict[str, str]) -> str:
    about = problem["folder"] or problem["device"] or ""
    return f"{names.get(about, about) or 'Syncthing'}: {problem['text']}"


def _subject_of_problem(problem: Problem) -> Subject | None:
    if not (problem["folder"] or problem["device"]):
        return None
    kind: Literal["folder", "device"] = "folder" if problem["folder"] else "device"
    return Subject("problems", kind, problem["folder"] or problem["device"] or "", problem["text"])


def _fields(fields: Sequence[tuple[str, Value]], now: datetime) -> list[Line]:
    return [show.field_line(name, text_of(value, now), getattr(value, "style", "")) for name, value in fields]


def _tables(now: datetime, width: int, *tables: tuple[Sequence[Column[Any]], Sequence[Any]]) -> list[Line]:
    return [
        line for columns, items in tables if items for line in ([], *table(columns, items, now=now, available=width))
    ]
