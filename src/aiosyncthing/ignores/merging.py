"""Merge two sets of changes to the same lines. Pure.

The first pattern that matches decides, so the order of lines on each side is kept.

Without ``from __future__ import annotations``: `aiosyncthing._lazy` says why.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import product
from typing import NamedTuple

from .lines import strip


class Conflict(NamedTuple):
    """Lines that both sides have changed differently.

    Attributes:
        before: The original lines.
        mine: The lines of one side.
        theirs: The lines of the other side.
    """

    before: list[str]
    mine: list[str]
    theirs: list[str]


class _Hunk(NamedTuple):
    begin: int
    end: int
    lines: list[str]


def merge(before: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> tuple[list[str], list[Conflict]]:
    """Return ignore patterns with the changes of both sides, and their conflicts.

    Lines that both have added at the same position are a conflict only if their order may matter, so not if they are
    all plain patterns or comments.

    Args:
        before: The lines that both sides started from.
        mine: The lines of one side.
        theirs: The lines of the other side.

    Returns:
        The merged lines, and the conflicts, if any.
    """
    ours, others = _hunks(before, mine), _hunks(before, theirs)
    conflicts = [
        Conflict(list(before[min(one.begin, other.begin) : max(one.end, other.end)]), one.lines, other.lines)
        for one, other in product(ours, others)
        if _conflict(one, other)
    ]
    own = [hunk for hunk in ours if hunk not in others]
    added: dict[int, list[str]] = {}
    removed: set[int] = set()
    for hunk in (*others, *own):
        there = added.setdefault(hunk.begin, [])
        there += [line for line in hunk.lines if line not in there or not strip(line)]
        removed.update(range(hunk.begin, hunk.end))
    merged: list[str] = []
    for number in range(len(before) + 1):
        merged += added.get(number, [])
        merged += [before[number]] if number < len(before) and number not in removed else []
    return merged, conflicts


def _hunks(before: Sequence[str], after: Sequence[str]) -> list[_Hunk]:
    return [
        _Hunk(begin, end, list(after[low:high]))
        for tag, begin, end, low, high in SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if tag != "equal"
    ]


def _conflict(one: _Hunk, other: _Hunk) -> bool:
    """Return whether two changes can't both be made, or their order matters."""
    if one == other or not (one.lines or other.lines):
        return False
    if max(one.begin, other.begin) < min(one.end, other.end):
        return True
    inside = one.begin < other.begin < one.end or other.begin < one.begin < other.end
    same_place = one.begin == other.begin and bool(one.lines) and bool(other.lines)
    return inside or (same_place and not all(map(_is_plain, (*one.lines, *other.lines))))


def _is_plain(line: str) -> bool:
    """Return whether a line is a pattern without a prefix, or a comment: the order among these doesn't matter."""
    return not strip(line).startswith(("!", "(?", "#"))
