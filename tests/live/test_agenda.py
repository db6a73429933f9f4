"""What a mirror asks next."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing.live import agenda as agenda_module
from aiosyncthing.live.agenda import Agenda
from aiosyncthing.live.questions import Question

DOCS, PICS = Question("summary", "docs"), Question("summary", "pics")
COMPLETION = Question("completion", "docs", "device")


def taken(agenda: Agenda, now: float, *, about_folders: bool = True) -> list[Question]:
    """Take everything that is due."""
    found: list[Question] = []
    while (question := agenda.take(now, about_folders=about_folders)[0]) is not None:
        found.append(question)
    return found


def test_questions_come_in_order_when_they_are_due() -> None:
    """The one that is due first comes first; before that, its moment is known."""
    agenda = Agenda()
    assert agenda.take(0, about_folders=True) == (None, None)
    agenda.add(DOCS, 2)
    agenda.add(PICS, 1)
    assert (len(agenda), set(agenda), DOCS in agenda) == (2, {DOCS, PICS}, True)
    assert agenda.take(0.5, about_folders=True) == (None, 1)
    assert taken(agenda, 2) == [PICS, DOCS]
    assert (len(agenda), set(agenda.asking)) == (0, {DOCS, PICS})


def test_one_question_at_a_time_about_each_folder() -> None:
    """The next one about the same folder comes when the first has been answered."""
    agenda = Agenda()
    for moment, question in enumerate((DOCS, COMPLETION, PICS)):
        agenda.add(question, moment)
    assert taken(agenda, 5) == [DOCS, PICS]
    assert agenda.take(5, about_folders=True) == (None, None)
    assert not agenda.end(DOCS)
    assert taken(agenda, 5) == [COMPLETION]


def test_the_earlier_moment_counts() -> None:
    """A question that is due later can be moved to an earlier moment, but not to a later one."""
    agenda = Agenda()
    agenda.add(DOCS, 5)
    agenda.add(COMPLETION, 4)
    agenda.add(DOCS, 1)
    agenda.add(DOCS, 9)
    assert taken(agenda, 1) == [DOCS]
    agenda.end(DOCS)
    assert agenda.take(1, about_folders=True) == (None, 4)
    assert taken(agenda, 9) == [COMPLETION]
    agenda.end(COMPLETION)
    assert agenda.take(9, about_folders=True) == (None, None)


@pytest.mark.parametrize(("folders", "devices"), [(1, 400), (20, 20), (400, 1)])
def test_each_question_takes_the_same_few_steps(monkeypatch: pytest.MonkeyPatch, folders: int, devices: int) -> None:
    """However many are due, and however they are spread over folders, none is looked at again and again."""
    steps = 0

    def counted(function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            nonlocal steps
            steps += 1
            return function(*arguments)

        return call

    for name in ("heappush", "heappop", "heapreplace"):
        monkeypatch.setattr(agenda_module, name, counted(getattr(agenda_module, name)))
    agenda = Agenda()
    for folder in range(folders):
        for device in range(devices):
            agenda.add(Question("completion", str(folder), str(device)), 0)
    asked = 0
    while asking := [question for question in (agenda.take(0, about_folders=True)[0] for _ in range(4)) if question]:
        for question in asking:
            agenda.end(question)
        asked += len(asking)
    assert asked == folders * devices
    assert steps <= 8 * asked
