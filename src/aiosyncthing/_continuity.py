"""Whether two answers of the event API belong together. Pure: answers go in, items and the next question come out.

What there is to go by (lib/events/events.go, lib/api/api.go):

- IDs count the events of one subscription, and begin at 1 when the daemon's process starts. After a restart they soon
  look like the old ones again, so an ID that is plausible proves nothing, and one that the new process has not reached
  is waited for in silence.
- The daemon keeps the last 1000 events of a subscription. It drops further ones when it can't keep up. Either leaves a
  gap in the IDs.
- The last event that was seen, fetched again and found to have the same ID, global ID and time (of nanoseconds), is
  proof that this is the same process with the same subscription: the *anchor*. Asking from just before it
  (`Question.OVERLAP`) brings the proof and what followed in one answer.
- The start time of the process has a resolution of a second. It is what there is to go by while nothing was seen yet.

An answer to a long poll brings no such proof of its own. It is taken at its word only if it came over the very
connection of an answer that was proven, and at once: a process can't die and be replaced behind an open connection,
and not behind a proxy either within `PROMPT` seconds. Otherwise it is thrown away and asked for with the proof.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from . import types as t

__all__ = ["PROMPT", "Anchor", "Answer", "Batch", "Continuity", "Epoch", "Question", "marker"]

Reason: TypeAlias = Literal["restart", "replaced", "overflow", "unproven", "late"]

PROMPT: Final = 0.25
"""Seconds between two answers in which no daemon can have been replaced: the fastest takes 0.5 s to start."""

_SURE_AFTER: Final = 2
"""Seconds of uptime from which on a later process can't have the same start time, of whole seconds."""


class Question(enum.Enum):
    """What to ask the daemon next."""

    IDENTITY = "system/status: which process is this?"
    NEWEST = "the newest event, at once"
    HELD = "all events that it still holds, at once"
    OVERLAP = "from just before the anchor, at once"
    WAIT = "what follows the anchor, as soon as there is something"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One run of the daemon, from start to end.

    Attributes:
        daemon: Device ID.
        started: Start time of the process, as the daemon tells it, or empty.
        sure: Whether another process would have another start time for certain.
    """

    daemon: str
    started: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """What makes an event unmistakable."""

    id: int
    global_id: int
    time: str

    @classmethod
    def of(cls, event: t.Event) -> Anchor:
        """Return the anchor that an event makes."""
        return cls(event["id"], event["globalID"], event["time"])

    def precedes(self, event: t.Event) -> bool:
        """Tell whether an event can have come later in the same process."""
        return event["id"] > self.id and event["globalID"] > self.global_id


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to one of the questions for events.

    Attributes:
        events: The events.
        daemon: Device ID that the answer carried, if any.
        link: The connection that it came over, as far as it is known; compared by identity.
        prompt: Whether it began to arrive within `PROMPT` seconds after the answer before it had ended.
    """

    events: Sequence[t.Event]
    daemon: str | None = None
    link: object | None = None
    prompt: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Events and markers in the order in which the user shall see them, all of one epoch."""

    items: Sequence[Any]
    epoch: Epoch | None


def _now() -> str:
    return datetime.now(UTC).isoformat()


def marker(kind: str, data: object, clock: Callable[[], str] = _now) -> Any:
    """Return an item that is shaped like an event, but was made here."""
    return {"id": None, "globalID": None, "time": clock(), "type": kind, "data": data}


class Continuity:
    """The state of one subscription as one listener sees it.

    Ask what `question` says, hand in what comes back by `identified` or `answered`, and give the items of the batch to
    the user. After an exchange that failed, call `doubt` with ``broken=True``; after a pause, `doubt`.

    Args:
        epoch: Of the cursor to go on from, if there is one.
        anchor: Of the cursor; ``None`` if nothing had been seen.
        history: Without a cursor: whether to begin with what the daemon still holds, or with what comes next.
    """

    origin: tuple[Epoch, Anchor | None] | None
    """The position of the beginning, from which on nothing is lost without a word; ``None`` until it is found."""

    def __init__(self, epoch: Epoch | None = None, anchor: Anchor | None = None, *, history: bool = False) -> None:
        self.epoch = epoch
        self.anchor = anchor
        self.origin = None if epoch is None else (epoch, anchor)
        self._history = history
        self._link: object | None = None
        self._candidate: object | None = None
        self._loss: Reason | None = None
        self._held: Sequence[t.Event] | None = None
        self._searching = False
        self.question: Question = self._proof if self.origin else Question.IDENTITY

    @property
    def since(self) -> int:
        """The ``since`` of the question."""
        if self.anchor is None or self.question in {Question.NEWEST, Question.HELD}:
            return 0
        return self.anchor.id - (self.question is Question.OVERLAP)

    @property
    def _proof(self) -> Question:
        """The question whose answer proves that nothing has changed."""
        return Question.HELD if self.anchor is None else Question.OVERLAP

    def doubt(self, *, broken: bool = False) -> None:
        """Demand a proof before anything else is believed.

        Args:
            broken: An exchange has failed, so the connections known so far are gone.
        """
        if self.question is Question.WAIT:
            self.question = self._proof
        if not broken:
            return
        self._link = self._candidate = None
        if self.origin is None:
            self.epoch = None
            self.question = Question.IDENTITY
            if not self._history:
                self._loss = "late"  # "from now on" was asked for before
        elif self._searching:
            self.question = Question.IDENTITY
        elif self._held is not None:
            self._held = None
            self.question = Question.HELD

    def identified(self, daemon: str, started: str, uptime: int) -> Batch | None:
        """Take the answer to `Question.IDENTITY`.

        Args:
            daemon: ``myID`` of system/status.
            started: ``startTime``.
            uptime: ``uptime``, in seconds.
        """
        found = Epoch(daemon, started, uptime >= _SURE_AFTER)
        if self.epoch is None:
            self.epoch = found
            self.question = Question.HELD if self._history else Question.NEWEST
            return None
        if self._held is not None:
            return self._judge_held(self.epoch, found, self._held)
        # The anchor was not found. This is asked before what is held, so that a restart in between shows there.
        same: Reason = "overflow" if self.epoch.sure else "unproven"
        self._search(self._changed(found) or self._loss or same)
        self.epoch = found
        return None

    def answered(self, answer: Answer) -> Batch | None:
        """Take the answer to any other question; return what the user shall see."""
        epoch = self.epoch
        if epoch is None:
            raise RuntimeError("the first question is for the identity")
        if answer.daemon is not None and answer.daemon != epoch.daemon and not self._searching:
            if self.origin:
                self._lose("replaced")
            else:
                self.epoch = None
                self.question = Question.IDENTITY
            return None
        match self.question:
            case Question.NEWEST:
                return self._begin(answer, epoch)
            case Question.WAIT:
                return self._waited(answer, epoch)
            case Question.OVERLAP:
                return self._overlapped(answer, epoch)
            case _:
                return self._hold(answer, epoch)

    def _begin(self, answer: Answer, epoch: Epoch) -> Batch | None:
        if answer.events:
            self.anchor = Anchor.of(answer.events[-1])
        self.origin = epoch, self.anchor
        self._trust(answer)
        loss, self._loss = self._loss, None
        return Batch([_lost(loss, None)], epoch) if loss else None

    def _waited(self, answer: Answer, epoch: Epoch) -> Batch | None:
        if answer.link is None or answer.link is not self._link or not answer.prompt:
            self._candidate = answer.link
            self.question = self._proof
            return None
        return self._deliver(answer.events, epoch)

    def _overlapped(self, answer: Answer, epoch: Epoch) -> Batch | None:
        events = answer.events
        if not events or Anchor.of(events[0]) != self.anchor:
            self._lose(None)
            return None
        unlinked = answer.link is None and self._candidate is None and self._link is None
        self._trust(answer)
        if unlinked and len(events) > 1:
            self.question = Question.OVERLAP  # there may be more by now, and only this question proves anything
        return self._deliver(events[1:], epoch)

    def _hold(self, answer: Answer, epoch: Epoch) -> Batch | None:
        events = answer.events
        if self._searching:
            return self._found(answer, epoch)
        if self.origin is None:
            self.origin = epoch, None
            self._trust(answer)
            return self._deliver(events, epoch, expected=None)
        self._held = events  # nothing was seen before; the process's start time, asked now, tells whether it's the same
        self._candidate = answer.link or self._candidate
        self.question = Question.IDENTITY
        return None

    def _judge_held(self, epoch: Epoch, found: Epoch, events: Sequence[t.Event]) -> Batch | None:
        self._held = None
        reason = self._changed(found) or (None if epoch.sure else "unproven")
        self.epoch = found
        if reason is not None:
            self._search(reason)  # whose events those are is not known, so they are asked for again
            return None
        self._link, self._candidate = self._candidate, None
        self.question = Question.WAIT
        return self._deliver(events, found, expected=1)

    def _search(self, reason: Reason) -> None:
        """Begin anew with what is held, in the epoch that was just identified."""
        self._searching = True
        self._loss = reason
        self._link = self._candidate = None
        self.question = Question.HELD

    def _found(self, answer: Answer, epoch: Epoch) -> Batch | None:
        """Decide what has become of the anchor, with everything that the daemon holds before us."""
        events, anchor, reason = answer.events, self.anchor, self._loss
        missed: int | None = None
        place = next((i for i, event in enumerate(events) if Anchor.of(event) == anchor), None)
        if place is not None:  # what was held against it came from somebody in between
            self._loss, self._searching = None, False
            self._trust(answer)
            return self._deliver(events[place + 1 :], epoch)
        if anchor is not None and not (events and anchor.precedes(events[0])):
            reason = reason if reason == "replaced" else "restart"
        elif anchor is not None and reason == "overflow":
            missed = events[0]["id"] - anchor.id - 1
            reason = "overflow" if missed else None  # none: just the anchor itself is no longer held
        if answer.daemon is not None and answer.daemon != epoch.daemon:
            epoch = Epoch(answer.daemon, "", sure=False)
            reason = "replaced"
        self.epoch, self.anchor = epoch, None
        self._loss = None
        self._searching = False
        self._trust(answer)
        return self._deliver(events, epoch, expected=None, loss=reason, missed=missed)

    def _changed(self, found: Epoch) -> Reason | None:
        epoch = self.epoch
        if epoch is None or found.daemon != epoch.daemon:
            return "replaced"
        return "restart" if found.started != epoch.started else None

    def _lose(self, reason: Reason | None) -> None:
        self._loss = reason
        self._link = self._candidate = None
        self.question = Question.IDENTITY

    def _trust(self, answer: Answer) -> None:
        """Believe a connection from now on, since its process was there before and after a proof, so it is the same."""
        self._link = answer.link or self._candidate or self._link
        self._candidate = None
        self.question = Question.WAIT

    def _deliver(
        self,
        events: Sequence[t.Event],
        epoch: Epoch,
        expected: int | None = 0,
        loss: Reason | None = None,
        missed: int | None = None,
    ) -> Batch | None:
        """Return events with a marker at each gap.

        Args:
            events: What is new.
            epoch: The run of the daemon that they come from.
            expected: ID of the first event if none was lost; 0 for the one after the anchor, ``None`` for any.
            loss: Why events are missing before the first one.
            missed: How many of them.
        """
        items: list[Any] = [_lost(loss, missed)] if loss else []
        if events:
            first = events[0]["id"]
            if expected is None:
                expected = first
            elif not expected:
                expected = self.anchor.id + 1 if self.anchor is not None else 1
            last = events[-1]["id"]
            if first == expected and last - first == len(events) - 1:
                items += events
            else:
                items += _with_gaps(events, expected)
            if last >= expected:
                self.anchor = Anchor.of(events[-1])
        return Batch(items, epoch) if items else None


def _with_gaps(events: Sequence[t.Event], expected: int) -> list[Any]:
    items: list[Any] = []
    for event in events:
        number = event["id"]
        if number < expected:
            continue
        if number > expected:
            items.append(_lost("overflow", number - expected))
        items.append(event)
        expected = number + 1
    return items


def _lost(reason: Reason, missed: int | None) -> Any:
    return marker("EventsLost", {"reason": reason, "missed": missed})
