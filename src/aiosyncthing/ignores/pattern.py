"""A single pattern, and the differences between operating systems and versions of Syncthing. Pure.

Without ``from __future__ import annotations``: `aiosyncthing._lazy` says why.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from .globs import GlobError, expression
from .lines import quote

_LATEST: Final = ["99"]  # a version without numbers is a developer's build


class PatternsError(ValueError):
    """The daemon can't use the patterns; the message is its own."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a daemon reads patterns (lib/ignore/ignore.go).

    Attributes:
        windows: Whether it runs on Windows.
        folds_case: Whether patterns always ignore case.
        form: The Unicode normalization form of file names there; empty if patterns are not normalized.
        escapes: Whether ``#escape`` lines are supported, and escapes on Windows.
        short_errors: Whether errors about includes are short.
        marks_negated: Whether ``(?d)`` of a negated pattern is printed.
        skips_as_one: Whether a single pattern can keep a scan from skipping any directory.
    """

    windows: bool
    folds_case: bool
    form: Literal["NFC", "NFD", ""]
    escapes: bool
    short_errors: bool
    marks_negated: bool
    skips_as_one: bool

    @classmethod
    def of(cls, system: str, version: str) -> "Rules":
        """Return the rules of a daemon.

        Args:
            system: Its operating system, as in ``os`` of ``rest/system/version``.
            version: Its version, such as ``v1.29.5``.
        """
        found: list[str] = re.findall(r"\d+", version)
        numbers = tuple(map(int, found[:3] or _LATEST))
        mac = system in {"darwin", "ios"}
        return cls(
            windows=system == "windows",
            folds_case=mac or system == "windows",
            form=("NFD" if mac else "NFC") if numbers >= (1, 28) else "",
            escapes=numbers >= (2,),
            short_errors=numbers >= (1, 23, 5),
            marks_negated=numbers < (1, 27, 3),
            skips_as_one=numbers < (1, 27, 4),
        )

    def normal(self, text: str) -> str:
        """Return a pattern in the normalization form of file names."""
        return unicodedata.normalize(self.form, text) if self.form else text

    def slashed(self, text: str) -> str:
        """Return a path or pattern with forward slashes instead of backslashes, on Windows."""
        return text.replace("\\", "/") if self.windows else text


@dataclass(frozen=True, slots=True)
class Pattern:
    """One of the patterns that a line stands for.

    Attributes:
        line: The line, without white space around it.
        text: The pattern itself, without prefixes.
        ignores: Whether it ignores files; false if it is negated with ``!``.
        folds_case: Whether it ignores case: with ``(?i)``, and always on Windows and macOS.
        deletable: Whether Syncthing may delete the files it ignores together with their directory: ``(?d)``.
        skips: Whether a scan skips the directories that it ignores, without looking for files in them that a negated
            pattern would keep.
    """

    line: str
    text: str
    ignores: bool
    folds_case: bool
    deletable: bool
    skips: bool = False

    def __str__(self) -> str:
        """The pattern with its prefixes, as the daemon prints it."""
        deletable, folds_case = "(?d)" if self.deletable else "", "(?i)" if self.folds_case else ""
        return f"{deletable}{folds_case}{'' if self.ignores else '!'}{self.text}"


class Compiled(NamedTuple):
    """A pattern and the regular expression of the paths that it matches."""

    pattern: Pattern
    expression: str


def parse_line(line: str, written: str, rules: Rules) -> list[Compiled]:
    """Return the patterns of a line that is neither a comment nor an instruction.

    Args:
        line: The line as the daemon reads it.
        written: The line as written.
        rules: The daemon's rules.

    Raises:
        PatternsError: It is invalid.
    """
    seen: set[str] = set()
    text = rules.normal(line)
    while mark := next((each for each in ("!", "(?i)", "(?d)") if each not in seen and text.startswith(each)), ""):
        seen.add(mark)
        text = text.removeprefix(mark)
    if not text:
        raise PatternsError(f"invalid pattern {quote(line)} in ignore file: parse error: missing pattern")
    folds_case = rules.folds_case or "(?i)" in seen
    if folds_case:
        text = lower(text)
    if text.startswith("/"):
        globs = {text: text[1:]}
    elif text.startswith("**/"):
        globs = {each: each for each in (text, text.removeprefix("**/"))}  # a second slash stays, and matches nothing
    else:
        globs = {each: each for each in (text, f"**/{text}")}
    ignores = "!" not in seen
    deletable = "(?d)" in seen and (ignores or rules.marks_negated)
    try:
        return [
            Compiled(Pattern(written, each, ignores, folds_case, deletable), expression(glob))
            for each, glob in globs.items()
        ]
    except GlobError as error:
        raise PatternsError(f"invalid pattern {quote(line)} in ignore file: parse error: {error}") from error


def lower(text: str) -> str:
    """Return a text in lower case as Go converts it: each character to exactly one."""
    return "".join(c.lower()[0] for c in text)


def with_skips(patterns: list[Compiled], rules: Rules) -> list[Compiled]:
    """Return the patterns of a folder with their ``skips`` set."""
    skips: list[bool] = []
    before = ""
    for pattern, _ in patterns:
        # Older daemons don't check a pattern that is the previous one plus three characters.
        if rules.skips_as_one and before and pattern.text[:-3] == before:
            skips.append(skips[-1])
        else:
            skips.append((not skips or skips[-1]) and _allows_skipping(pattern, rules))
            before = pattern.text
    if rules.skips_as_one:
        skips = skips[-1:] * len(skips)
    return [
        Compiled(replace(each.pattern, skips=skip and each.pattern.ignores), each.expression)
        for each, skip in zip(patterns, skips, strict=True)
    ]


def _allows_skipping(pattern: Pattern, rules: Rules) -> bool:
    """Return whether a scan may skip ignored directories despite this pattern."""
    if pattern.ignores:
        return True
    top = pattern.text if rules.skips_as_one else pattern.text.removesuffix("/**")
    if not top:
        return True
    return top.startswith("/") and "/" not in top[1:] and "**" not in top.removesuffix("**")
