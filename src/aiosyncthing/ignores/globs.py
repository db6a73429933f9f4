"""Translate Syncthing's wildcards to regular expressions. Pure.

As in the library that Syncthing uses (https://github.com/gobwas/glob), ``{a,b`` needs no closing brace, and brackets
contain either one range or one list, and match slashes. The bugs of that library, with wildcards in braces and with
non-ASCII characters next to ``?`` or ``[...]``, are not reproduced: such patterns match what they should.
"""

from __future__ import annotations

import re


class GlobError(ValueError):
    """A pattern is invalid; the message is the daemon's."""


def expression(text: str) -> str:
    """Return a pattern as a regular expression for whole paths.

    Raises:
        GlobError: It is invalid.
    """
    return _Glob(text).sequence(depth=0)


class _Glob:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def sequence(self, depth: int) -> str:
        parts: list[str] = []
        while (c := self._next()) and not (depth and c == "}"):
            parts.append(self._part(c, depth))
        return "".join(parts)

    def _next(self) -> str:
        """Return the next character; empty at the end."""
        found = self._text[self._at : self._at + 1]
        self._at += 1
        return found

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
                return f"(?:{self.sequence(depth + 1)})"
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
                raise GlobError("expected close range character")
            if end and high < low:
                raise GlobError(f"hi character '{high}' should be greater than lo '{low}'")
            content = f"{re.escape(low)}-{re.escape(high)}"
        else:
            content, end = self._list()
        if not end:
            raise GlobError("unexpected end of input")
        if not content:
            raise GlobError("could not parse range")
        return f"[{negated}{content}]"

    def _list(self) -> tuple[str, str]:
        """Return the list up to the closing bracket, and that bracket; empty if it is missing."""
        content = ""
        while (c := self._next()) and c != "]":
            content += re.escape(self._next() if c == "\\" else c)
        return content, c
