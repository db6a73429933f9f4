"""A daemon's event API as a model without I/O: restarts, buffers that overflow, requests that fail.

Two daemons may take turns at the same address, answers may be garbled, and clocks may be set. `judge` compares what a
listener yielded with everything that happened.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from aiosyncthing.exceptions import MultipleDaemonsError
from aiosyncthing.stream.continuity import Continuity, Question

__all__ = ["RING", "BrokenError", "Connection", "Listener", "Process", "World", "judge"]

RING: Final = 6
LONGEST_SILENCE: Final = 15
"""Exchanges that yield nothing, after which nothing will come any more."""


class Connection:
    """A connection between the listener and a process, which it can't outlive."""


@dataclass(eq=False, repr=False)
class Process:
    """One run of a daemon with one subscription."""

    device: str
    started: int
    global_id: int = 0
    last_id: int = 0
    ring: list[dict[str, Any]] = field(default_factory=list)
    pool: list[Connection] = field(default_factory=lambda: [Connection(), Connection()])


class BrokenError(Exception):
    """The exchange failed."""


class World:
    """The daemon, the network, and the truth about all events.

    Args:
        preloaded: How many events have happened already.
        proxied: Whether a failed request is repeated, so that the listener doesn't notice when the daemon ends during a
            request: by a proxy, or by the client on another connection.
        age: Seconds since the daemon was started.
        timeless: Whether the daemon has no working clock, so that its uptime is 0.
    """

    def __init__(self, *, preloaded: int, proxied: bool, age: float = 5, timeless: bool = False) -> None:
        self.now = 1000.5
        self.ahead = 0  # of the daemon's clock
        self.jumps = itertools.count(10_000, 10_000)
        self.clock = itertools.count()
        self.truth: list[dict[str, Any]] = []
        self.proxied = proxied
        self.timeless = timeless
        self.process = self._start("A")
        self.other: Process | None = None
        self.turns = itertools.repeat(0)
        self.restarts = 0
        self.dark = 0
        self.garble: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] | None = None
        self.in_flight: Callable[[], None] | None = None
        self.emit(preloaded)
        self.now += age

    def _start(self, device: str) -> Process:
        return Process(device, int(self.now + self.ahead))

    def emit(self, count: int) -> None:
        """Emit events."""
        for _ in range(count):
            self._event(keep=True)

    def drop(self) -> None:
        """Use up the ID of an event that the daemon has no room for in its own queue."""
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
        """End the process and start another at the same address."""
        self.restarts += 1
        self.now += pause
        self.process = self._start(device or self.process.device)
        self.emit(events)

    @property
    def connection(self) -> Connection:
        """What the next request goes over."""
        return self.process.pool[0]

    def lose_connection(self) -> None:
        """Open another connection in place of the one that the next request would have gone over."""
        self.process.pool[0] = Connection()

    def use_another_connection(self) -> None:
        """Send the next requests over another connection of the pool, which other users share."""
        self.process.pool.reverse()

    def set_clock(self, direction: int) -> None:
        """Set the daemon's clock forward (1) or back (-1), to seconds that it has not shown before."""
        self.ahead = direction * next(self.jumps)

    def take_turns(self, events: int, lengths: tuple[int, ...]) -> None:
        """Start a second daemon, and let both take turns, each for so many requests.

        It has another device ID. Two with the same ID differ only by events that were seen before.
        """
        if self.other is None:
            self.other, self.process = self.process, self._start(self.another())
            self.emit(events)
            self.now += 5
        self.turns = itertools.cycle([turn for length in lengths for turn in (*[0] * (length - 1), 1)])

    def another(self) -> str:
        """Return a device ID that no running process has."""
        running = {process.device for process in (self.process, self.other) if process}
        return min({"A", "B", "C"} - running)

    def flip(self) -> None:
        """Switch to the other daemon, if there is one."""
        if self.other is not None:
            self.process, self.other = self.other, self.process

    def status(self) -> tuple[str, str, int]:
        """Answer system/status."""
        self._reach()
        process = self.process
        uptime = 0 if self.timeless else int(self.now + self.ahead - process.started)
        return process.device, f"s{process.started}", uptime

    def ask(self, since: int, *, newest: bool) -> tuple[list[dict[str, Any]], str]:
        """Answer a question for events."""
        self._reach()
        process = self.process
        events = [event for event in process.ring if event["id"] > since]
        if newest:
            events = events[-1:]
        if self.garble is not None:
            events, self.garble = self.garble(events), None
        return events, process.device

    def _reach(self) -> None:
        if self.other is not None and next(self.turns):
            self.flip()
        if self.dark:
            self.dark -= 1
            raise BrokenError
        if self.in_flight is not None:
            happen, self.in_flight = self.in_flight, None
            happen()
            if not self.proxied:
                raise BrokenError


class Listener:
    """Drives a `Continuity` as the stream does, and keeps what it yields.

    Args:
        world: What it listens to.
        continuity: What it drives.
        direct: Whether connections are known to end in the daemon.
    """

    def __init__(self, world: World, continuity: Continuity, *, direct: bool = False) -> None:
        self.world = world
        self.continuity = continuity
        self.direct = direct
        self.exchanges = 0
        self.seen: list[dict[str, Any]] = []
        self.refused = 0

    def step(self) -> None:
        """Make one exchange."""
        continuity, world = self.continuity, self.world
        question = continuity.question
        self.exchanges += 1
        world.now += continuity.pause if question is Question.IDENTITY_LATER else 0.001
        try:
            if question in {Question.IDENTITY, Question.IDENTITY_LATER}:
                batch = continuity.identified(*world.status())
            else:
                newest = question is Question.NEWEST or (question is Question.WAIT and not self.direct)
                events, device = world.ask(continuity.since, newest=newest)
                connection = world.connection if self.direct else None
                batch = continuity.answered(events, device, connection)  # type: ignore[arg-type] # of one type only
        except BrokenError:
            continuity.interrupted()
        except MultipleDaemonsError:  # ignored, as a caller's hook may do
            self.refused += 1
            continuity.interrupted()
        else:
            self.seen += batch.items if batch else ()

    def begin(self) -> None:
        """Continue until the starting position is known."""
        while not self.continuity.origin:
            self.step()

    def catch_up(self) -> None:
        """Continue until nothing is left to yield for now. However many exchanges that takes, it lasts as long."""
        then = self.world.now + 60
        self._until_silent()
        self.world.now = then

    def settle(self) -> None:
        """Continue until nothing is left to yield.

        One more event happens first, since a lost ID only shows at the next one.
        """
        self.world.dark = 0
        self.world.in_flight = None
        self.world.garble = None
        self.world.turns = itertools.repeat(0)
        self.world.emit(1)
        self._until_silent()

    def _until_silent(self) -> None:
        silence = 0
        while silence < LONGEST_SILENCE:
            before = len(self.seen)
            self.step()
            silence = silence + 1 if len(self.seen) == before else 0


def judge(world: World, begin: tuple[Process, int], seen: list[dict[str, Any]], *, why: bool) -> None:
    """Assert that each event comes once and in order, and that a marker counts what is missing.

    Args:
        world: What happened, and which process answers in the end.
        begin: The process that was followed first, and the ID after which.
        seen: What was yielded.
        why: Whether to check the reasons as well. Not after several restarts: a process between two others can leave an
            epoch behind without any event of it.
    """
    happened = {id(event) for event in world.truth}
    reached = dict([begin])
    before = begin[0]
    marks: list[dict[str, Any]] = []
    for item in seen:
        if item["id"] is None:
            assert item["type"] == "EventsLost"
            marks.append(item["data"])
            continue
        assert id(item) in happened, f"never happened: {item}"
        process, number = item["data"], item["id"]
        missing = number - reached.get(process, 0) - 1
        assert missing >= 0, f"twice, or out of order: {item}"
        _judge_marks(marks, missing if process is before else None)
        if why:
            _judge_reasons({mark["reason"] for mark in marks}, before, process)
        marks = []
        reached[process] = number
        before = process
    missing = world.process.last_id - reached.get(world.process, 0)
    _judge_marks(marks, missing if world.process is before else None)


def _judge_marks(marks: list[dict[str, Any]], missing: int | None) -> None:
    """Check the markers between two events.

    Args:
        marks: Data of the markers.
        missing: How many events lie between the two; ``None`` if they are of different processes.
    """
    known = [mark["missed"] for mark in marks if mark["missed"] is not None]
    if missing is None:
        assert len(known) < len(marks), "another process, but no marker"
    elif missing:
        assert marks, f"{missing} events lost, but no marker"
        if len(known) == len(marks):
            assert sum(known) == missing
    else:
        assert not known, "a number of lost events where none was lost"


def _judge_reasons(reasons: set[str], before: Process, after: Process) -> None:
    if before is after:
        assert reasons <= {"overflow"}
    elif before.device == after.device:
        assert reasons - {"overflow"} == {"restart"}
    else:
        assert reasons - {"overflow"} == {"replaced"}
