"""Ignore patterns (lib/ignore). Pure, apart from reading and writing their file.

As in Syncthing's glob library, ``{a,b`` needs no closing brace, brackets hold one range or one list, and they match
slashes. Its bugs, with wildcards in braces and characters beyond ASCII next to ``?`` or ``[...]``, are left out: such
patterns match what they should.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_syncthing.go.words import quote

from .disk import is_internal
from .items import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_syncthing.facts import Facts

    from .disk import Disk, Entry

FILE: Final = ".stignore"
"""The file that holds the patterns of a folder."""


class IgnoreError(Exception):
    """The patterns can't be parsed; the message is the daemon's."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    text: str
    expression: re.Pattern[str]
    ignores: bool
    folds_case: bool
    deletable: bool

    def shown(self, facts: Facts) -> str:
        # 1.19.2 marks patterns as deletable even if they are negated, 1.29.5 doesn't.
        marks = "(?d)" if self.deletable and (self.ignores or not facts.NEWER_IGNORES) else ""
        return f"{marks}{'(?i)' if self.folds_case else ''}{'' if self.ignores else '!'}{self.text}"

    def allows_skipping(self, before: str, facts: Facts) -> bool:
        """Return whether a scan may skip ignored directories in spite of it.

        Args:
            before: The text of the pattern before it.
            facts: The daemon's version.
        """
        if self.ignores:
            return True
        top = self.text.removesuffix("/**")
        if not facts.NEWER_IGNORES and top != before:
            top = self.text
        return self.text.startswith("/") and "/" not in top[1:] and "**" not in top.removesuffix("**")


class Ignores:
    """The patterns of a folder. Without any, nothing is ignored but what Syncthing keeps there for itself.

    Attributes:
        lines: The lines of the file; ``None`` without one.
        expanded: The patterns that they expand to, as the daemon prints them; ``None`` without a file.
        error: Why they can't be parsed; ``None`` if they can. Then there are no patterns.
    """

    def __init__(
        self, lines: list[str] | None = None, expanded: list[str] | None = None, error: str | None = None
    ) -> None:
        self.lines = lines
        self.expanded = expanded
        self.error = error
        # Each with whether a scan may skip the directories that it ignores.
        self._patterns: list[tuple[_Pattern, bool]] = []

    @classmethod
    def parse(cls, lines: Iterable[str], read_include: Callable[[str], Sequence[str]], facts: Facts) -> Ignores:
        """Parse patterns.

        Args:
            lines: The lines of the file.
            read_include: Returns the lines of an included file, by its path below the folder.
            facts: The daemon's version.

        Raises:
            IgnoreError: They can't be parsed.
        """
        stripped = [line.strip() for line in lines]
        made = cls(stripped)
        patterns = _Reader(read_include, facts).read(stripped, FILE)
        made.expanded = [pattern.shown(facts) for pattern in patterns]
        can_skip, before = True, ""
        for pattern in patterns:
            can_skip = can_skip and pattern.allows_skipping(before, facts)
            made._patterns.append((pattern, can_skip))
            before = pattern.text
        return made

    def __bool__(self) -> bool:
        """Whether there are lines apart from comments: ``ignorePatterns`` of ``rest/db/status``."""
        return any(line and not line.startswith("//") for line in self.lines or ())

    def matches(self, path: str) -> bool:
        """Return whether a file or directory is ignored."""
        return self._look(path)[0]

    def deletable(self, path: str) -> bool:
        """Return whether an ignored file may be deleted together with its directory."""
        return self._look(path)[2]

    def kept(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return the entries of a disk that a scan takes.

        These are the ones that aren't ignored, and the directories above them if a pattern makes the scan look there.

        Args:
            entries: What is on the disk, each directory before its content.
        """
        kept: list[Entry] = []
        above: dict[str, Entry] = {}
        skipped: set[str] = set()
        for entry in entries:
            parents = _parents(entry.name)
            if any(parent in skipped for parent in parents):
                continue
            ignored, can_skip, _ = self._look(entry.name)
            if ignored:
                if can_skip or entry.kind is not Kind.DIRECTORY:
                    skipped.add(entry.name)
                else:
                    above[entry.name] = entry
                continue
            kept += [above.pop(parent) for parent in parents if parent in above]
            kept.append(entry)
        return kept

    def _look(self, path: str) -> tuple[bool, bool, bool]:
        """Return whether a path is ignored, can be skipped with everything in it, and may be deleted."""
        if is_internal(path):
            return True, True, False
        for pattern, can_skip in self._patterns:
            if pattern.expression.fullmatch(path.lower() if pattern.folds_case else path):
                return pattern.ignores, can_skip, pattern.ignores and pattern.deletable
        return False, False, False


def load(disk: Disk, root: str, facts: Facts) -> Ignores:
    """Read the patterns of a folder. If that fails, `Ignores.error` says why."""

    def read(name: str) -> list[str]:
        # As in Go: only a line feed ends a line, and an empty last line doesn't count.
        return disk.read(root, name).decode(errors="replace").removesuffix("\n").split("\n")

    try:
        lines = read(FILE)
    except OSError:
        return Ignores()
    try:
        return Ignores.parse(lines, read, facts)
    except IgnoreError as error:
        return Ignores([line.strip() for line in lines], [], str(error))


def write(disk: Disk, root: str, lines: Sequence[str], now: int) -> None:
    """Write the patterns of a folder; without any, there is no file.

    Args:
        disk: Where the folder is.
        root: Its path.
        lines: The patterns.
        now: The time, in nanoseconds since 1970.
    """
    if not lines:
        disk.delete(root, FILE)
        return
    if not disk.is_dir(root):
        disk.make_root(root)
    disk.write(root, FILE, "".join(f"{line}\n" for line in lines).encode(), modified=now)


def _parents(name: str) -> list[str]:
    parts = name.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


class _Reader:
    """Parses a file of patterns with everything that it includes."""

    def __init__(self, read_include: Callable[[str], Sequence[str]], facts: Facts) -> None:
        self._read_include = read_include
        self._facts = facts
        self._lines: set[str] = set()
        self._files: set[str] = set()

    def read(self, lines: Iterable[str], file: str) -> list[_Pattern]:
        """Return the patterns of a file. A line counts only once, whatever file it is in."""
        patterns: list[_Pattern] = []
        for line in lines:
            if not line or line.startswith("//") or line in self._lines:
                continue
            self._lines.add(line)
            if line.startswith("#include"):
                patterns += self._include(line, file)
            elif line.endswith("/**"):
                patterns += _parse_line(line)
            elif line.endswith("/"):
                patterns += _parse_line(f"{line}**")
            else:
                patterns += _parse_line(line) + _parse_line(f"{line}/**")
        return patterns

    def _include(self, line: str, file: str) -> list[_Pattern]:
        name = line.partition(" ")[2].strip()
        if not name:
            raise IgnoreError("parse error: failed to parse #include line: no file?")
        path = posixpath.normpath(f"{posixpath.dirname(file) or '.'}/{name}")
        try:
            return self.read((line.strip() for line in self._read(path)), path)
        except IgnoreError as error:
            raise IgnoreError(f"parse error: failed to load include file {path}: {error}") from error

    def _read(self, path: str) -> Sequence[str]:
        old = not self._facts.NEWER_IGNORES
        if path in self._files:
            raise IgnoreError(f'parse error: multiple include of ignore file "{path}"' if old else "multiple include")
        self._files.add(path)
        try:
            return self._read_include(path)
        except OSError as error:
            raise IgnoreError(
                f"open {error.filename}: no such file or directory" if old else "file not found"
            ) from error


def _parse_line(line: str) -> list[_Pattern]:
    marks = {"!": False, "(?i)": False, "(?d)": False}
    text = line
    while mark := next((mark for mark, seen in marks.items() if not seen and text.startswith(mark)), ""):
        marks[mark] = True
        text = text.removeprefix(mark)
    if not text:
        raise IgnoreError(f"invalid pattern {quote(line)} in ignore file: parse error: missing pattern")
    if marks["(?i)"]:
        text = text.lower()
    if text.startswith("/"):
        texts = [text]
    elif text.startswith("**/"):
        texts = [text, text.removeprefix("**/")]
    else:
        texts = [text, f"**/{text}"]
    try:
        expressions = [re.compile(_Glob(each.removeprefix("/")).expression(), re.DOTALL) for each in texts]
    except IgnoreError as error:
        raise IgnoreError(f"invalid pattern {quote(line)} in ignore file: parse error: {error}") from error
    return [
        _Pattern(each, expression, not marks["!"], marks["(?i)"], marks["(?d)"])
        for each, expression in zip(texts, expressions, strict=True)
    ]


class _Glob:
    """Translates a pattern into a regular expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def expression(self) -> str:
        """Return the regular expression."""
        return self._sequence(depth=0)

    def _next(self) -> str:
        """Return the next character; empty at the end."""
        found = self._text[self._at : self._at + 1]
        self._at += 1
        return found

    def _sequence(self, depth: int) -> str:
        parts: list[str] = []
        while (c := self._next()) and not (depth and c == "}"):
            parts.append(self._part(c, depth))
        return "".join(parts)

    def _part(self, c: str, depth: int) -> str:
        match c:
            case "\\":
                return re.escape(self._next())
            case "*" if self._text.startswith("*", self._at):
                self._at += 1
                return ".*"
            case "*":
                return "[^/]*"
            case "?":
                return "[^/]"
            case "[":
                return self._brackets()
            case "{":
                return f"(?:{self._sequence(depth + 1)})"
            case "," if depth:
                return "|"
            case _:
                return re.escape(c)

    def _brackets(self) -> str:
        negated = "^" if self._text.startswith("!", self._at) else ""
        self._at += len(negated)
        if self._text.startswith("-", self._at + 1):
            low, _, high = self._next(), self._next(), self._next()
            end = self._next()
            if end and end != "]":
                raise IgnoreError("expected close range character")
            if end and high < low:
                raise IgnoreError(f"hi character '{high}' should be greater than lo '{low}'")
            content = f"{re.escape(low)}-{re.escape(high)}"
        else:
            content, end = self._list()
        if not end:
            raise IgnoreError("unexpected end of input")
        if not content:
            raise IgnoreError("could not parse range")
        return f"[{negated}{content}]"

    def _list(self) -> tuple[str, str]:
        """Return the list up to the closing bracket, and the bracket, which is empty if it is missing."""
        content = ""
        while (c := self._next()) and c != "]":
            content += re.escape(self._next() if c == "\\" else c)
        return content, c
