"""The output of a command: the answer on stdout; warnings, progress and errors on stderr.

All text for people is escaped here with `text.escape`, so no command can forget it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TextIO

from aiosyncthing.cli import errors, values

from .streams import is_utf8, write_or_drop, writing_stdout
from .tables import Column, Line, Row, Span, cut_line, streamed, table, text_of
from .terminal import Terminal
from .text import cut, escape, escape_json

if TYPE_CHECKING:
    from aiosyncthing.cli.options import Options

    from .tables import Value

_PROGRAM: Final = "aiosyncthing"


class Output:
    """The output of a command.

    Args:
        options: The global options.
        environ: The environment.

    Attributes:
        json: Whether stdout gets only JSON.
        quiet: Whether to omit information on stderr.
        terminal: What stdout is connected to.
        error_terminal: What stderr is connected to.
    """

    def __init__(self, options: Options, environ: Mapping[str, str]) -> None:
        self._out: TextIO = sys.stdout
        self._err: TextIO = sys.stderr
        self.json: bool = options.json
        self.quiet: bool = options.quiet
        self.verbose: int = options.verbose
        self.terminal: Terminal = Terminal.of(self._out, environ, options.color)
        self.error_terminal: Terminal = Terminal.of(self._err, environ, options.color)
        self._drawn = False  # a line on stderr that is redrawn
        self._paged = False

    # --- stdout ---

    def document(self, content: Mapping[str, Any]) -> None:
        """Write a JSON document; indented on a terminal."""
        self._write(_json(content, self._out, indent=2 if self.terminal.interactive else None))

    def record(self, content: Mapping[str, Any]) -> None:
        """Write one line of a JSON stream, and flush it."""
        self._write(_json(content, self._out))
        self.flush()

    def line(self, text: str = "", style: str = "") -> None:
        """Write a line for people; a terminal wraps it if it is too long."""
        self._write(self.terminal.paint(escape(text), style))

    def spans(self, line: Line) -> None:
        """Write a line with several styles, cut to the width of the terminal."""
        shown = cut_line(line, self.terminal.columns) if self.terminal.columns else line
        self._write(self._painted(shown).rstrip())

    def table(self, columns: Sequence[Column[Row]], rows: Iterable[Row], *, header: bool = True) -> None:
        """Write a table that fits the width of a terminal."""
        for line in table(columns, rows, now=values.now(), available=self.terminal.columns, header=header):
            self._write(self._painted(line))

    def stream(self, columns: Sequence[Column[Row]], *, header: bool = True) -> Callable[[Row], None]:
        """Return a function that writes a row of a streamed table. With JSON, use `record`.

        The headings are written with the first row, so that there are none before an error.
        """
        pending = header

        def write(row: Row) -> None:
            nonlocal pending
            for line in streamed(columns, (row,), now=values.now(), available=self.terminal.columns, header=pending):
                self._write(self._painted(line))
            pending = False
            self.flush()

        return write

    def text(self, value: Value) -> str:
        """Return a value as in a table."""
        return text_of(value, values.now() if self.terminal.interactive else None)

    def page(self) -> None:
        """Start a new view that replaces the previous one: at the top of a terminal, otherwise after an empty line."""
        if self.terminal.redraws:
            self._out.write("\x1b[H\x1b[2J")
        elif self._paged:
            self._write("")
        self._paged = True

    def raw(self, data: bytes) -> None:
        """Write bytes as they are."""
        self.flush()
        buffer = getattr(self._out, "buffer", None)
        if buffer is None:  # replaced by a test
            self._out.write(data.decode(errors="replace"))
            return
        with writing_stdout():
            buffer.write(data)
            buffer.flush()

    def flush(self) -> None:
        """Flush stdout."""
        with writing_stdout():
            self._out.flush()

    # --- stderr ---

    def note(self, text: str) -> None:
        """Write a line to stderr, if ``-v`` was given."""
        if self.verbose:
            self._say(text, "dim")

    def info(self, text: str) -> None:
        """Write an informational line to stderr, unless ``-q`` was given."""
        if not self.quiet:
            self._say(text)

    def warn(self, text: str) -> None:
        """Write a warning to stderr."""
        self._say(f"{_PROGRAM}: warning: {text}", "warn")

    def error(self, error: BaseException, status: int) -> None:
        """Write an error: a message and a hint, or with ``--json`` a document."""
        if self.json:
            self.clear()
            write_or_drop(f"{_json(errors.document(error, status), self._err)}\n", self._err)
            return
        first, *rest = errors.message_of(error).split("\n")
        self._say(f"{_PROGRAM}: error: {first}", "bad")
        for line in rest:
            self._say(line)
        if hint := errors.hint_of(error):
            self._say(f"hint: {hint}")

    def redraw(self, text: str) -> None:
        """Write a line to stderr that replaces the previous one; only for terminals that support it."""
        line = cut(escape(text), self.error_terminal.columns - 1)
        write_or_drop(f"\r\x1b[K{line}", self._err)
        self._drawn = True

    def clear(self) -> None:
        """Remove the line that was redrawn."""
        if self._drawn:
            self._drawn = False
            write_or_drop("\r\x1b[K", self._err)

    def _say(self, text: str, style: str = "") -> None:
        self.clear()
        write_or_drop(f"{self.error_terminal.paint(escape(text), style)}\n", self._err)

    def _painted(self, line: Line) -> str:
        return "".join(self.terminal.paint(text, style) for text, style in line)

    def _write(self, line: str) -> None:
        self.clear()
        with writing_stdout():
            self._out.write(f"{line}\n")


def spans(*parts: str | Span) -> Line:
    """Return a line of parts with and without a style; the texts are escaped."""
    return [Span(escape(part)) if isinstance(part, str) else Span(escape(part.text), part.style) for part in parts]


def _json(content: Mapping[str, Any], stream: TextIO, indent: int | None = None) -> str:
    separators = (",", ": ") if indent else (",", ":")
    # JSON is UTF-8, whatever the locale of the stream is; ASCII is both.
    text = json.dumps(content, ensure_ascii=not is_utf8(stream), indent=indent, separators=separators)
    return "\n".join(escape_json(line) for line in text.split("\n"))  # line breaks in texts are escaped already
