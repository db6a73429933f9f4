"""`IgnorePatterns`: read, change and evaluate the lines of ``.stignore``. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from copy import copy
from functools import lru_cache
from pathlib import PurePath
from typing import NamedTuple, cast

from aiosyncthing.exceptions import BadRequestError

from .lines import find_fault, strip
from .names import is_internal
from .pattern import Compiled, Pattern, PatternsError, Rules, lower
from .reading import Reader, split


class IgnorePatterns:
    """The ignore patterns of a folder: the lines of its ``.stignore``.

    The first pattern that matches a file decides. Comments, empty lines and the order of lines are kept. Wildcards work
    as in Syncthing, except in two cases where Syncthing's are broken: wildcards in braces, and non-ASCII characters
    next to ``?`` or ``[...]``.
    Docs: https://docs.syncthing.net/users/ignoring.html

    Args:
        lines: The lines, or the whole text.
        os: The operating system of the daemon, as in ``client.system.version()``: on Windows and macOS, patterns ignore
            case, and Windows has other escapes.
        version: The version of the daemon, as in ``client.system.version()``; by default the newest. ``#escape`` needs
            Syncthing 2.
        read_include: Returns the text of an included file for its path within the folder, with ``/``. `OSError` means
            that it doesn't exist. Without this function, patterns with ``#include`` can't be evaluated.

    Attributes:
        lines: The lines, which you may modify.
        read_include: The function above, which you may replace.

    Raises:
        BadRequestError: One of the lines is not a string.
    """

    def __init__(
        self,
        lines: Iterable[str] = (),
        *,
        os: str = "linux",
        version: str = "",
        read_include: Callable[[str], str] | None = None,
    ) -> None:
        self.lines: list[str] = split(lines) if isinstance(lines, str) else _strings(lines)
        self.read_include = read_include
        self._rules = Rules.of(os, version)
        self._known: tuple[tuple[str, ...], Callable[[str], str] | None, _Parsed] | None = None

    def __repr__(self) -> str:
        """The lines."""
        return f"IgnorePatterns({self.lines!r})"

    def __str__(self) -> str:
        """The text of ``.stignore``."""
        return "".join(f"{line}\n" for line in self.lines)

    def __contains__(self, pattern: object) -> bool:
        """Return whether a line has this pattern, written the same way."""
        return isinstance(pattern, str) and strip(pattern) in map(strip, self.lines)

    def with_lines(self, lines: Iterable[str]) -> IgnorePatterns:
        """Return a copy with other lines, for the same daemon."""
        other = copy(self)
        other.lines = list(lines)
        return other

    def add(self, pattern: str, *, first: bool = False) -> bool:
        """Add a pattern, unless it is there already.

        Args:
            pattern: The pattern, such as ``*.tmp``, ``!keep.tmp`` or ``(?d).DS_Store``; or a comment.
            first: Whether to add it before all other patterns, as exceptions to them require; otherwise after them.
                Lines with ``#escape`` stay above it.

        Returns:
            Whether it was added.

        Raises:
            BadRequestError: It is invalid, or the daemon would misread it or may crash on it.
        """
        [pattern] = _strings([pattern])
        if reason := find_fault(pattern) or self._why_not([*self._escapes(), pattern]):
            raise BadRequestError(reason)
        if pattern in self:
            return False
        top = max((number for number, line in enumerate(self.lines, 1) if self._is_escape(line)), default=0)
        self.lines.insert(top if first or self._is_escape(pattern) else len(self.lines), pattern)
        return True

    def remove(self, pattern: str) -> bool:
        """Remove a pattern, written the same way, from each line that has it.

        Args:
            pattern: The pattern, or a comment.

        Returns:
            Whether it was there.
        """
        left = [line for line in self.lines if strip(line) != strip(pattern)]
        removed = len(left) < len(self.lines)
        self.lines[:] = left
        return removed

    def match(self, path: str | PurePath) -> bool:
        """Return whether Syncthing ignores a file or directory.

        It also ignores what it keeps in a folder for itself, and everything in a directory that a scan leaves out
        (`Pattern.skips`), even if an exception matches it; but what was synchronised before it got the patterns, and an
        exception matches, stays so. An ignored directory with something in it that is not ignored is synchronised all
        the same.

        Args:
            path: Its path within the folder.

        Raises:
            BadRequestError: The daemon can't use the patterns, a file that they include is not known, or the path is
                not one within a folder.
        """
        name = self._name(path)
        if is_internal(name):
            return True
        above = [name[: found.start()] for found in re.finditer("/", name)]
        if any(is_internal(each) or ((found := self._find(each)) and found.skips) for each in above):
            return True
        decisive = self._find(name)
        return decisive is not None and decisive.ignores

    def find(self, path: str | PurePath) -> Pattern | None:
        """Return the pattern that decides about a file or directory; ``None`` if none matches.

        Args:
            path: Its path within the folder.

        Raises:
            BadRequestError: As for `match`.
        """
        return self._find(self._name(path))

    @property
    def expanded(self) -> list[Pattern]:
        """The patterns that the lines stand for, in order; as text, they are ``expanded`` of ``rest/db/ignores``.

        Raises:
            BadRequestError: As for `match`.
        """
        return [each.pattern for each in self._usable()]

    @property
    def error(self) -> str | None:
        """Why the daemon can't use the patterns, in its own words; ``None`` if it can.

        A folder with such patterns stops, with this error.
        """
        return self._parsed().error

    def _name(self, path: str | PurePath) -> str:
        text = path.as_posix() if isinstance(path, PurePath) else self._rules.slashed(path)
        parts = text.removesuffix("/").split("/")
        if "" in parts or ".." in parts:
            raise BadRequestError(f"{str(path)!r} is not a path within a folder, such as 'sub/file.txt'")
        return self._rules.normal("/".join(part for part in parts if part != "."))

    def _find(self, name: str) -> Pattern | None:
        folded = lower(name)
        for pattern, expression in self._usable():
            if _compiled(expression).fullmatch(folded if pattern.folds_case else name):
                return pattern
        return None

    def _usable(self) -> list[Compiled]:
        parsed = self._parsed()
        if parsed.error is not None:
            raise BadRequestError(f"the daemon can't use the ignore patterns: {parsed.error}")
        if parsed.unread:
            names = ", ".join(parsed.unread)
            raise BadRequestError(
                f"the ignore patterns include {names}: set read_include to a function that returns the text of a file"
            )
        return parsed.patterns

    def _parsed(self) -> _Parsed:
        lines = tuple(self.lines)
        if self._known is None or self._known[:2] != (lines, self.read_include):
            self._known = lines, self.read_include, self._parse(lines)
        return self._known[2]

    def _parse(self, lines: Iterable[str]) -> _Parsed:
        reader = Reader(self._rules, self.read_include)
        try:
            return _Parsed(reader.read(lines), None, reader.unread)
        except PatternsError as error:
            return _Parsed([], str(error), [])

    def _why_not(self, lines: list[str]) -> str:
        """Return why the daemon can't use lines, regardless of included files; empty if it can."""
        try:
            Reader(self._rules, None).read(lines)
        except PatternsError as error:
            return f"the daemon can't use the ignore pattern {lines[-1]!r}: {error}"
        return ""

    def _escapes(self) -> list[str]:
        return [line for line in self.lines if self._is_escape(line)]

    def _is_escape(self, line: str) -> bool:
        return self._rules.escapes and strip(line).startswith("#escape")


def _strings(given: object) -> list[str]:
    """Return patterns as a list; callers without a type checker may pass anything."""
    found = list(cast("Iterable[object]", given)) if isinstance(given, Iterable) else [given]
    for each in found:
        if not isinstance(each, str):
            raise BadRequestError(f"an ignore pattern must be a string, not {type(each).__name__}")
    return cast("list[str]", found)


class _Parsed(NamedTuple):
    """The result of parsing lines."""

    patterns: list[Compiled]
    error: str | None
    unread: list[str]


@lru_cache(maxsize=10_000)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.DOTALL)
