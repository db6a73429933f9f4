"""The log of a daemon, as its API returns it.

Version 1 keeps the beginning and the end of the log, and the last few warnings (lib/logger/logger.go). Version 2 keeps
more lines, appends details to a message, and lists only real errors (internal/slogutil).
"""

from __future__ import annotations

import enum
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_syncthing.go.words import quote

if TYPE_CHECKING:
    from .core import Core

_FIRST: Final = 10
_LAST: Final = 239  # 250 with the first ones and the gap
_WARNINGS: Final = 5
_LINES: Final = 1000
_GAP: Final = "..."
_AMBIGUOUS: Final = frozenset(" \"()[]{},'=\n\t")
_NAMES: Final = {"DEBUG": -4, "INFO": 0, "WARN": 4, "ERROR": 8}  # the numbers of Go's log/slog
_OFFSET: Final = re.compile(r"[+-]\d+", re.ASCII)


class Level(enum.Enum):
    """The level of a line: version 1 reports the number, version 2 the name."""

    DEBUG = (0, "DBG", -4)
    INFO = (2, "INF", 0)
    WARNING = (3, "WRN", 4)
    ERROR = (3, "ERR", 8)

    @property
    def number(self) -> int:
        """Its number in version 1, where a warning is the highest level."""
        return self.value[0]

    @property
    def short(self) -> str:
        """Its name in version 2."""
        return self.value[1]

    @property
    def rank(self) -> int:
        """Its rank in version 2."""
        return self.value[2]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log.

    Attributes:
        when: When it was written, in the clock's nanoseconds.
        level: Its level.
        message: Its text.
    """

    when: int
    level: Level
    message: str


class Log:
    """The log since the process started. Use it in the fakes' thread only.

    Attributes:
        enabled: The facilities that write debug lines in version 1.
        levels: The lowest rank that each package writes in version 2.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._is_old = not core.facts.STRUCTURED_LOG
        self._first: list[Line] = []
        self._last: deque[Line] = deque(maxlen=_LAST if self._is_old else _LINES)
        self._errors: deque[Line] = deque(maxlen=_WARNINGS if self._is_old else _LINES)
        self.enabled: set[str] = set()
        known = () if self._is_old else core.facts.data["facilities"]
        self.levels: dict[str, int] = dict.fromkeys(known, Level.INFO.rank)

    def begin(self, address: str) -> None:
        """Write the first lines of every start.

        Args:
            address: Where the API listens.
        """
        core = self._core
        name = core.name if self._is_old else _value(core.name)
        sync = core.sync_address.partition("://")[2]
        for text in core.facts.data["log"]:
            self._add(Level.INFO, text.format(id=core.device_id, sync=sync, gui=address, name=name))

    def note(self, message: str, level: Level = Level.INFO, *, package: str = "model", **details: object) -> None:
        """Write a line.

        Args:
            message: Its text.
            level: Its level.
            package: The package of the daemon that writes it.
            details: Its details. Only version 2 writes them, together with the package.
        """
        if self._is_old:
            if level is not Level.DEBUG or package in self.enabled:
                self._add(level, message.strip())
            return
        if level.rank < self.levels.get(package, Level.INFO.rank):
            return
        shown = " ".join(f"{key}={_value(str(value))}" for key, value in {**details, "log.pkg": package}.items())
        self._add(level, f"{message} ({shown})")

    def error(self, message: str) -> None:
        """Write an error that a client has posted."""
        if self._is_old:
            self.note(message, Level.WARNING)
        else:
            self.note("External error report", Level.ERROR, package="api", error=message)

    def clear(self) -> None:
        """Forget the errors; the log keeps them."""
        self._errors.clear()

    def lines(self, since: int | None = None) -> list[Line]:
        """Return all lines, or those written after a moment."""
        return [line for line in (*self._first, *self._last) if since is None or line.when > since]

    def errors(self) -> list[Line]:
        """Return the errors since they were last cleared."""
        return list(self._errors)

    def to_json(self, lines: list[Line]) -> list[dict[str, Any]] | None:
        """Return lines as in an answer, which is null without any."""
        return [
            {
                "when": self._core.clock.format(line.when),
                "message": line.message,
                "level": line.level.number if self._is_old else line.level.short,
            }
            for line in lines
        ] or None

    def to_text(self, lines: list[Line]) -> str:
        """Return lines as text."""
        clock = self._core.clock
        return "".join(f"{clock.format(line.when, whole=True)}: {line.message}\n" for line in lines)

    def _add(self, level: Level, message: str) -> None:
        line = Line(self._core.clock.now, level, message)
        if not self._is_old or len(self._first) > _FIRST:
            self._last.append(line)
        else:
            self._first.append(line)
            if len(self._first) == _FIRST:
                self._first.append(Line(line.when, level, _GAP))
        if level is Level.ERROR or (self._is_old and level is Level.WARNING):
            self._errors.append(line)


def _value(text: str) -> str:
    """Return a value as version 2 writes it: in quotes where it would be ambiguous."""
    return quote(text) if not text or _AMBIGUOUS.intersection(text) else text


def parse_rank(text: str) -> int:
    """Return the rank of a level of version 2, such as ``debug`` or ``INFO+1``.

    Raises:
        ValueError: It isn't one; the message is that of Go's log/slog.
    """
    name, offset = text, ""
    if found := re.search(r"[+-]", text):
        name, offset = text[: found.start()], text[found.start() :]
    if offset and not _OFFSET.fullmatch(offset):
        raise ValueError(f"slog: level string {quote(text)}: strconv.Atoi: parsing {quote(offset)}: invalid syntax")
    if name.upper() not in _NAMES:
        raise ValueError(f"slog: level string {quote(text)}: unknown name")
    return _NAMES[name.upper()] + int(offset or "0")


def format_rank(rank: int) -> str:
    """Return the level of version 2 that has a rank."""
    name = next((name for name, number in reversed(_NAMES.items()) if number <= rank), "DEBUG")
    return f"{name}{rank - _NAMES[name]:+d}" if rank != _NAMES[name] else name
