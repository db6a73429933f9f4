"""What a mirror asks next. Pure.

There is only one question at a time about each folder. So a folder with slow answers can't keep everything busy, and
the daemon computes its answers one by one.
"""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .questions import Question

_Group: TypeAlias = "str | Question"
"""A folder, or a question that is not about one. Of each, one question is asked at a time."""


class _Turn(NamedTuple):
    moment: float
    order: int
    group: _Group


class _Entry(NamedTuple):
    moment: float
    order: int
    question: Question


class Agenda:
    """The questions that are due, each at its moment, and those that are being asked.

    With thousands of them, each takes the same few steps: every group has a heap of its questions, and each lane (about
    folders, or not) a heap of the groups that have something to ask.

    Attributes:
        asking: The questions that are being asked, and whether the answer will be outdated.
    """

    def __init__(self) -> None:
        self.asking: dict[Question, bool] = {}
        self._due: dict[Question, float] = {}
        self._entries: dict[_Group, list[_Entry]] = {}
        self._lanes: tuple[list[_Turn], list[_Turn]] = ([], [])
        self._busy: set[_Group] = set()
        self._order = count()

    def __contains__(self, question: Question) -> bool:
        """Return whether a question is due, now or later."""
        return question in self._due

    def __iter__(self) -> Iterator[Question]:
        """Return the questions that are due, now or later."""
        return iter(self._due)

    def __len__(self) -> int:
        """Return how many questions are due, now or later."""
        return len(self._due)

    def add(self, question: Question, moment: float) -> None:
        """Note that a question is due at a moment, or at an earlier one that is known already."""
        if moment >= self._due.get(question, float("inf")):
            return
        self._due[question] = moment
        group = _group(question)
        entry = _Entry(moment, next(self._order), question)
        heappush(self._entries.setdefault(group, []), entry)
        if self._first(group) is entry:  # else the group has its place already
            self._queue(group)

    def outdate(self, question: Question) -> None:
        """Note that the answer to a question, if it is on its way, may be outdated."""
        if question in self.asking:
            self.asking[question] = True

    def take(self, now: float, *, about_folders: bool) -> tuple[Question | None, float | None]:
        """Return the next question, if one is due now. Else the moment of the next one, if there is one."""
        lane = self._lanes[about_folders]
        while lane:
            turn = lane[0]
            entry = None if turn.group in self._busy else self._first(turn.group)
            if entry is None:
                heappop(lane)
            elif entry[:2] != turn[:2]:
                heapreplace(lane, _Turn(*entry[:2], turn.group))
            elif entry.moment > now:
                return None, entry.moment
            else:
                heappop(lane)
                heappop(self._entries[turn.group])
                del self._due[entry.question]
                self._busy.add(turn.group)
                self.asking[entry.question] = False
                return entry.question, None
        return None, None

    def end(self, question: Question) -> bool:
        """Note that a question is no longer being asked. Return whether the answer is outdated."""
        group = _group(question)
        self._busy.discard(group)
        self._queue(group)
        return self.asking.pop(question)

    def _queue(self, group: _Group) -> None:
        entry = None if group in self._busy else self._first(group)
        if entry is not None:
            heappush(self._lanes[isinstance(group, str)], _Turn(*entry[:2], group))

    def _first(self, group: _Group) -> _Entry | None:
        """Return the next entry of a group, and drop those before it that an earlier moment has replaced."""
        entries = self._entries.get(group, [])
        while entries:
            if self._due.get(entries[0].question) == entries[0].moment:
                return entries[0]
            heappop(entries)
        self._entries.pop(group, None)
        return None


def _group(question: Question) -> _Group:
    return question.folder or question
