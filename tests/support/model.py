"""A daemon's event API as a model without I/O: processes that come and go, rings that overflow, requests that fail.

And the judge: what a listener was given, compared with everything that happened.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing._continuity import Continuity, Question

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LATER", "RING", "BrokenError", "Listener", "World", "judge"]

RING: Final = 6
LATER: Final = 0.25
LONGEST_SILENCE: Final = 15
"""Exchanges without anything to tell, after which nothing will come any more."""


@dataclass(eq=False, repr=False)
class Process:
    """One run of a daemon with one subscription."""

    device: str
    born: float
    global_id: int = 0
    last_id: int = 0
    ring: list[dict[str, Any]] = field(default_factory=list)


class BrokenError(Exception):
    """The exchange failed."""


class World:
    """The daemon, the network, and the truth about all events.

    Args:
        preloaded: How many events have happened already.
        proxied: Whether something on the way hides that the daemon ends while it answers, and asks the next one.
        age: Seconds since the daemon was started.
        timeless: The daemon has no proper clock, and says so by an uptime of 0.
    """

    def __init__(self, *, preloaded: int, proxied: bool, age: float = 5, timeless: bool = False) -> None:
        self.now = 1000.5
        self.clock = itertools.count()
        self.truth: list[dict[str, Any]] = []
        self.proxied = proxied
        self.timeless = timeless
        self.process = Process("A", self.now)
        self.restarts = 0
        self.dark = 0
        self.in_flight: Callable[[], None] | None = None
        self.emit(preloaded)
        self.now += age

    def emit(self, count: int) -> None:
        """Let events happen."""
        for _ in range(count):
            self._event(keep=True)

    def drop(self) -> None:
        """Let an event happen that the daemon's own queue has no place for: its ID is used up."""
        self._event(keep=False)

    def _event(self, *, keep: bool) -> None:
        process = self.process
        process.global_id += 1
        process.last_id += 1
        event = {
            "id": process.last_id,
            "globalID": process.global_id,
            "time": f"t{next(self.clock)}",
            "type": "StateChanged",
            "data": process,
        }
        self.truth.append(event)
        if keep:
            process.ring = [*process.ring, event][-RING:]

    def restart(self, *, pause: float, device: str | None = None, events: int = 1) -> None:
        """End the process and start another, at the same address."""
        self.restarts += 1
        self.now += pause
        self.process = Process(device or self.process.device, self.now)
        self.emit(events)

    def status(self) -> tuple[str, str, int]:
        """Answer system/status."""
        self._reach()
        process = self.process
        begin = int(process.born)
        return process.device, f"s{begin}", 0 if self.timeless else int(self.now - begin)

    def ask(self, question: Question, since: int) -> tuple[list[dict[str, Any]], str]:
        """Answer a question for events."""
        self._reach()
        process = self.process
        events = [event for event in process.ring if event["id"] > since]
        if question in {Question.NEWEST, Question.WAIT}:
            events = events[-1:]
        return events, process.device

    def _reach(self) -> None:
        if self.dark:
            self.dark -= 1
            raise BrokenError
        if self.in_flight is not None:
            happen, self.in_flight = self.in_flight, None
            happen()
            if not self.proxied:
                raise BrokenError


class Listener:
    """Drives a `Continuity` as the stream does, and keeps what the user would see."""

    def __init__(self, world: World, continuity: Continuity) -> None:
        self.world = world
        self.continuity = continuity
        self.seen: list[dict[str, Any]] = []
        self.asked: list[Question] = []

    def step(self) -> None:
        """Make one exchange."""
        continuity, world = self.continuity, self.world
        question = continuity.question
        self.asked.append(question)
        world.now += LATER if question is Question.IDENTITY_LATER else 0.001
        try:
            if question in {Question.IDENTITY, Question.IDENTITY_LATER}:
                batch = continuity.identified(*world.status())
            else:
                events, device = world.ask(question, continuity.since)
                batch = continuity.answered(events, device)  # type: ignore[arg-type] # of one type only
        except BrokenError:
            continuity.interrupted()
            return
        if batch is not None:
            self.seen += batch.items

    def begin(self) -> None:
        """Go on until the position to begin at is found."""
        while not self.continuity.origin:
            self.step()

    def settle(self) -> None:
        """Go on until nothing is left to be told.

        A last event happens first: an ID that was used up can only be missed when the next one comes.
        """
        self.world.dark = 0
        self.world.in_flight = None
        self.world.emit(1)
        silence = 0
        while silence < LONGEST_SILENCE:
            before = len(self.seen)
            self.step()
            silence = silence + 1 if len(self.seen) == before else 0


def judge(truth: list[dict[str, Any]], seen: list[dict[str, Any]], *, why: bool) -> None:
    """Assert: each event once and in order, and whatever is missing lies under a marker that says how many.

    Args:
        truth: What happened.
        seen: What the user would see.
        why: Whether to look at the reasons, too. Not after several restarts: a process between two others can leave
            an epoch behind that nobody has seen an event of.
    """
    place = 0
    before: Process | None = None
    marks: list[dict[str, Any]] = []
    for item in [*seen, None]:
        if item is not None and item["id"] is None:
            assert item["type"] == "EventsLost"
            marks.append(item["data"])
            continue
        index = len(truth)
        if item is not None:
            matches = [i for i, event in enumerate(truth) if event is item]
            assert matches, f"never happened: {item}"
            (index,) = matches
        assert index >= place, f"twice, or out of order: {item}"
        _judge_numbers(marks, index - place)
        if why and before is not None and item is not None:
            _judge_reasons({mark["reason"] for mark in marks}, before, item["data"])
        marks = []
        place = index + 1
        before = item and item["data"]


def _judge_numbers(marks: list[dict[str, Any]], missing: int) -> None:
    if missing:
        assert marks, f"{missing} events lost without a word"
        known = [mark["missed"] for mark in marks if mark["missed"] is not None]
        if len(known) == len(marks):
            assert sum(known) == missing
    else:
        assert all(mark["missed"] is None for mark in marks), "a number of lost events where none was lost"


def _judge_reasons(reasons: set[str], before: Process, after: Process) -> None:
    if before is after:
        assert reasons <= {"overflow"}
    elif before.device == after.device:
        assert reasons - {"overflow"} == {"restart"}
    else:
        assert reasons - {"overflow"} == {"replaced"}
