"""A daemon's event API as a model without I/O: processes that come and go, rings that overflow, connections that die.

And the judge: what a listener was given, compared with everything that happened.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiosyncthing._continuity import PROMPT, Answer, Continuity, Question

RING = 6
FASTEST_START = 0.5
LONG_POLL = 30


@dataclass(eq=False)
class Connection:
    """Between the listener and whatever is at the other end of it."""

    process: Process


@dataclass(eq=False)
class Process:
    """One run of a daemon with one subscription."""

    device: str
    born: float
    global_id: int = 0
    last_id: int = 0
    ring: list[dict[str, Any]] = field(default_factory=list)
    alive: bool = True


class Broken(Exception):
    """The exchange failed."""


class World:
    """The daemon, the network, and the truth about all events."""

    def __init__(self, *, preloaded: int, proxied: bool, age: float = 5) -> None:
        self.now = 1000.0
        self.clock = itertools.count()
        self.truth: list[dict[str, Any]] = []
        self.proxied = proxied
        self.process = Process("A", self.now)
        self.connection: Connection | None = None
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
            "data": None,
        }
        self.truth.append(event)
        if keep:
            process.ring = [*process.ring, event][-RING:]

    def restart(self, *, pause: float, device: str | None = None, events: int = 1) -> None:
        """End the process and start another, at the same address."""
        self.process.alive = False
        self.now += max(pause, FASTEST_START)
        self.process = Process(device or self.process.device, self.now)
        if not self.proxied:
            self.connection = None
        self.emit(events)

    def status(self) -> tuple[str, str, int]:
        """Answer system/status."""
        self._reach()
        process = self.process
        return process.device, f"s{int(process.born)}", int(self.now - process.born)

    def _reach(self) -> Connection:
        if self.dark:
            self.dark -= 1
            raise Broken
        if self.connection is None or (not self.proxied and not self.connection.process.alive):
            self.connection = Connection(self.process)
        return self.connection

    def ask(self, question: Question, since: int) -> tuple[list[dict[str, Any]], str, Connection]:
        """Answer a question for events."""
        connection = self._reach()
        if self.in_flight is not None:
            happen, self.in_flight = self.in_flight, None
            happen()
            if not self.proxied:
                raise Broken
        process = self.process
        events = [event for event in process.ring if event["id"] > since]
        if question is Question.NEWEST:
            events = events[-1:]
        return events, process.device, connection


class Listener:
    """Drives a `Continuity` as the stream does, and keeps what the user would see."""

    def __init__(self, world: World, continuity: Continuity) -> None:
        self.world = world
        self.continuity = continuity
        self.seen: list[dict[str, Any]] = []
        self.ended = float("-inf")

    def step(self, *, hidden: bool = False) -> None:
        """Make one exchange.

        Args:
            hidden: The connection is not known, as when the answer arrived whole with its headers.
        """
        continuity, world = self.continuity, self.world
        if world.now - self.ended > PROMPT:
            continuity.doubt()
        try:
            if continuity.question is Question.IDENTITY:
                batch = continuity.identified(*world.status())
            else:
                events, device, connection = world.ask(continuity.question, continuity.since)
                prompt = world.now - self.ended <= PROMPT
                link = None if hidden else connection
                if continuity.question is Question.WAIT and not events:
                    world.now += LONG_POLL
                batch = continuity.answered(Answer(events, device, link, prompt))  # type: ignore[arg-type]
        except Broken:
            continuity.doubt(broken=True)
            return
        self.ended = world.now
        world.now += 0.001
        if batch is not None:
            self.seen += batch.items

    def settle(self) -> None:
        """Go on until nothing is left to be told.

        A last event happens first: an ID that was used up can only be missed when the next one comes.
        """
        self.world.dark = 0
        self.world.emit(1)
        quiet = 0
        for _ in range(100):
            before = len(self.seen)
            self.step()
            quiet = quiet + 1 if len(self.seen) == before and self.continuity.question is Question.WAIT else 0
            if quiet == 3:
                return
        raise AssertionError("the listener never comes to rest")


def judge(truth: list[dict[str, Any]], seen: list[dict[str, Any]]) -> None:
    """Assert: each event once and in order, and whatever is missing lies under a marker that says the right number."""
    place = 0
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
        missing = index - place
        if missing:
            assert marks, f"{missing} events lost without a word before {item}"
            known = [mark["missed"] for mark in marks if mark["missed"] is not None]
            if len(known) == len(marks):
                assert sum(known) == missing
        else:
            assert all(mark["missed"] is None for mark in marks), "a number of lost events where none was lost"
        marks = []
        place = index + 1
