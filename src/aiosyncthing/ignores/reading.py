"""Parse ignore files and the files that they include. Pure, apart from the function that reads these."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from .lines import quote, strip
from .names import FILE
from .pattern import Compiled, PatternsError, Rules, parse_line, with_skips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    ReadInclude = Callable[[str], str]

_ESCAPE: Final = "#escape"
_INCLUDE: Final = "#include"


class Reader:
    """Reads the patterns of a folder.

    Args:
        rules: The rules of the daemon.
        read_include: Returns the text of an included file, by its path within the folder; ``None`` to skip these.

    Attributes:
        unread: The included files that were skipped because there is no ``read_include``.
    """

    def __init__(self, rules: Rules, read_include: ReadInclude | None) -> None:
        self._rules = rules
        self._read_include = read_include
        self._lines: set[str] = set()
        self._files: set[str] = set()
        self.unread: list[str] = []

    def read(self, lines: Iterable[str]) -> list[Compiled]:
        """Return the patterns of lines.

        Raises:
            PatternsError: The daemon can't use them.
        """
        return with_skips(self._file(lines, FILE), self._rules)

    def _file(self, lines: Iterable[str], file: str) -> list[Compiled]:
        """Return the patterns of a file. A line counts only once, whatever file it is in."""
        patterns: list[Compiled] = []
        escape = _Escape(self._rules)
        for written in map(strip, lines):
            if self._rules.escapes and written.startswith(_ESCAPE):
                escape.change(written)
                continue
            if written in self._lines:
                continue
            self._lines.add(written)
            if not written or written.startswith("//"):
                continue
            line = escape.apply(written)
            if line.startswith(_INCLUDE):
                patterns += self._include(line, file)
                continue
            escape.is_late = True
            for each in _spread(line):
                patterns += parse_line(each, written, self._rules)
        return patterns

    def _include(self, line: str, file: str) -> list[Compiled]:
        name = strip(line.partition(" ")[2])
        if not name:
            raise PatternsError("parse error: failed to parse #include line: no file?")
        path = posixpath.normpath(f"{posixpath.dirname(file) or '.'}/{name}")
        if self._read_include is None:
            self.unread.append(path)
            return []
        try:
            return self._file(split(self._text(path, self._read_include)), path)
        except PatternsError as error:
            raise PatternsError(f"parse error: failed to load include file {path}: {error}") from error

    def _text(self, path: str, read_include: ReadInclude) -> str:
        short = self._rules.short_errors
        if path in self._files:
            text = "multiple include" if short else f"parse error: multiple include of ignore file {quote(path)}"
            raise PatternsError(text)
        self._files.add(path)
        try:
            return read_include(path)
        except OSError as error:
            text = "file not found" if short else f"open {error.filename}: no such file or directory"
            raise PatternsError(text) from error


class _Escape:
    """The escape character.

    Attributes:
        is_late: Whether it is too late to change it, because a pattern has been read.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._character = "|" if rules.windows and rules.escapes else "\\"
        self._is_changed = False
        self.is_late = False

    def change(self, line: str) -> None:
        """Set the character from an ``#escape`` line. The errors are the daemon's, including the misspelling."""
        if self._is_changed:
            raise PatternsError("mutiple #escape= lines found in ignore file")
        if self.is_late:
            raise PatternsError("#escape= line found after patterns in ignore file")
        self._is_changed = True
        before, sign, character = strip(line.removeprefix(_ESCAPE)).partition("=")
        character = strip(character)
        if before or not sign or len(character) != 1:
            raise PatternsError(f"failed to parse #escape= line in ignore file: {quote(line)}")
        self._character = character

    def apply(self, line: str) -> str:
        """Return a line with backslashes as escape characters. On Windows, original backslashes become slashes."""
        if not self._rules.escapes:
            return self._rules.slashed(line)
        if self._character == "\\":
            return line
        line = self._rules.slashed(line).replace(self._character, "\\")
        return line.replace("\\\\", f"\\{self._character}")


def split(text: str) -> list[str]:
    r"""Split a text into lines as Go does: only at ``\n`` and ``\r\n``."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def _spread(line: str) -> list[str]:
    """Return the patterns for a directory and for its contents."""
    if line.endswith("/**"):
        return [line]
    return [f"{line}**"] if line.endswith("/") else [line, f"{line}/**"]
