"""A single pattern, and what differs between systems and versions of Syncthing. Pure.

Without ``from __future__ import annotations``: `aiosyncthing._lazy` says why.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from .globs import GlobError, expression
from .lines import quote

_LATEST: Final = ["99"]  # a version without numbers is a build of a developer


class PatternsError(ValueError):
    """The daemon can't use the patterns; the message is its own."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a daemon reads patterns (lib/ignore/ignore.go).

    Attributes:
        windows: Whether it runs on Windows.
        folds_case: Whether upper and lower case are always the same.
        form: The form of Unicode that file names have there; empty where patterns are taken as they are.
        escapes: Whether ``#escape`` lines have a meaning, and Windows has escapes.
        short_errors: Whether includes are mentioned briefly in errors.
        marks_negated: Whether ``(?d)`` of a negated pattern is printed.
        skips_as_one: Whether one pattern can keep a scan out of no directory at all.
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
        """Return a pattern in the form that file names have."""
        return unicodedata.normalize(self.form, text) if self.form else text

    def slashed(self, text: str) -> str:
        """Return a path or pattern with the slashes of Windows turned round."""
        return text.replace("\\", "/") if self.windows else text


@dataclass(frozen=True, slots=True)
class Pattern:
    """One of the patterns that a line stands for.

    Attributes:
        line: The line, without white space around it.
        text: The pattern itself, without prefixes.
        ignores: Whether what it matches is ignored; not if it is negated with ``!``.
        folds_case: Whether upper and lower case are the same to it: ``(?i)``, and always on Windows and macOS.
        deletable: Whether Syncthing may delete what it ignores together with its directory: ``(?d)``.
        skips: Whether a scan leaves out the directories that it ignores without looking for anything in them that a
            later pattern would keep.
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
        line: What the daemon makes of the line.
        written: The line itself.
        rules: The daemon's rules.

    Raises:
        PatternsError: It has no meaning.
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
    """Return a text in lower case as Go has it: character by character, and each stays one."""
    return "".join(c.lower()[0] for c in text)


def with_skips(patterns: list[Compiled], rules: Rules) -> list[Compiled]:
    """Return the patterns of a folder, each with whether a scan may skip the directories that it ignores."""
    skips: list[bool] = []
    before = ""
    for pattern, _ in patterns:
        # Older daemons don't look at a pattern that is the one before and three more characters.
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
    """Return whether a scan may skip ignored directories in spite of a pattern."""
    if pattern.ignores:
        return True
    top = pattern.text if rules.skips_as_one else pattern.text.removesuffix("/**")
    if not top:
        return True
    return top.startswith("/") and "/" not in top[1:] and "**" not in top.removesuffix("**")
