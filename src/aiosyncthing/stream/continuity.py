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
- The start time of the process is what there is to go by while nothing was seen yet, or when the anchor is no longer
  among the last 1000. It has whole seconds only, so it says nothing while that second has not passed.
- Where several daemons answer at one address in turns (two containers behind one name), each has IDs of its own. The
  last events of processes that were left are kept in mind: found again, they say which process this is and what of it
  is new.

So nothing is believed that did not come in one answer with the event before it. A long poll can't bring that: it only
wakes up. Nothing else would do in its place. Behind a proxy a connection outlives the daemon, an answer may have been
on its way for long, and a process that was stopped or a machine that was asleep does not know how long.
"""

from __future__ import annotations

import enum
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from aiosyncthing.exceptions import MultipleDaemonsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aiosyncthing import types as t

Reason: TypeAlias = Literal["restart", "replaced", "overflow", "late"]

_PATIENCE: Final = 5
"""How often to ask later for an uptime of more than 0: without a proper clock the daemon says 0 for ever."""

_LATER: Final = 0.25
_KEPT: Final = 16
"""How many processes that were left are kept in mind."""

_RETURNS: Final = 5
_RETURNS_WITHIN: Final = 600.0
"""So many times in so many seconds answers come from a daemon that had been left: it can't have been moved so often."""

_E = TypeVar("_E", bound="Mapping[str, Any]")
_id: Final = itemgetter("id")


class Question(enum.Enum):
    """What to ask the daemon next."""

    IDENTITY = "system/status: which process is this?"
    IDENTITY_LATER = "the same, after a pause"
    NEWEST = "the newest event, at once"
    HELD = "all events that it still holds, at once"
    OVERLAP = "from just before the anchor, at once"
    WAIT = "the newest event behind the anchor, as soon as there is one"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One run of the daemon, from start to end.

    Attributes:
        daemon: Device ID.
        started: Start time of the process, as the daemon gives it; no later process has the same.
    """

    daemon: str
    started: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """What makes an event unmistakable."""

    id: int
    global_id: int
    time: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Anchor:
        """Return the anchor that an event makes."""
        return cls(event["id"], event["globalID"], event["time"])

    def precedes(self, event: t.Event) -> bool:
        """Return whether an event can have come later in the same process."""
        return event["id"] > self.id and event["globalID"] > self.global_id


@dataclass(frozen=True, slots=True)
class Batch:
    """Events and markers in the order in which the user shall see them, all of one epoch.

    Attributes:
        items: Events and markers.
        epoch: The run of the daemon that the events come from.
        follows: Whether they come from the same run as those before.
    """

    items: Sequence[Any]
    epoch: Epoch | None
    follows: bool = False


def _now() -> str:
    return datetime.now(UTC).isoformat()


def marker(kind: str, data: object, clock: Callable[[], str] = _now) -> Any:
    """Return an item that is shaped like an event, but was made here."""
    return {"id": None, "globalID": None, "time": clock(), "type": kind, "data": data}


class Recognition:
    """Whether the process that answers still is the one that the last event came from.

    For a listener that trusts what its polls bring, and only wants to know after a silence whether it is the daemon
    that is silent, or a new one that has not come to that ID yet. No clock is compared with another.
    """

    def __init__(self) -> None:
        self._asked: Epoch | None = None
        self._known: Epoch | None = None  # of the process that the last event was found in

    def identified(self, daemon: str, started: str, uptime: int) -> bool:
        """Take the answer to system/status; return whether that is proof.

        Args:
            daemon: ``myID``.
            started: ``startTime``.
            uptime: ``uptime``, in seconds. While it is less than 1, which it is for ever without a proper clock and
                after the clock was set back, another process may have the same start time.
        """
        self._asked = Epoch(daemon, started) if uptime >= 1 else None
        return self._asked is not None and self._asked == self._known

    def overlapped(self, events: Sequence[t.Event], last: Anchor) -> bool:
        """Take the events from just before the last one on, asked for after `identified`; return the same."""
        same = bool(events) and Anchor.of(events[0]) == last
        if same:
            self._known = self._asked
        return same


class Continuity:
    """The state of one subscription as one listener sees it.

    Ask what `question` says, hand in what comes back by `identified` or `answered`, and give the items of the batch to
    the user. Call `interrupted` when an exchange has failed.

    Args:
        epoch: Of the cursor to go on from, if there is one.
        anchor: Of the cursor; ``None`` if nothing had been seen.
        history: Without a cursor: whether to begin with what the daemon still holds, or with what comes next.
        clock: Seconds, to see how often daemons take turns.
    """

    origin: tuple[Epoch, Anchor | None] | None
    """The position of the beginning, from which on nothing is lost without a word; ``None`` until it is found."""

    misplaced: int
    """How many events were left out since their IDs were not above the one before."""

    pause: float
    """How long to wait before `Question.IDENTITY_LATER`, in seconds."""

    def __init__(
        self,
        epoch: Epoch | None = None,
        anchor: Anchor | None = None,
        *,
        history: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.epoch = epoch  # of the process that has said last who it is
        self.anchor = anchor
        self.origin = None if epoch is None else (epoch, anchor)
        self.misplaced = 0
        self.pause = _LATER
        self._home = epoch  # of the process that the anchor is of
        self._left: dict[Anchor, Epoch] = {}
        self._turns = _Turns(clock)
        self._history = history
        self._loss: Reason | None = None  # why the next events will not follow those before
        self._held: Sequence[t.Event] | None = None  # without the anchor, so it has to be found out whose they are
        self._woken_by = 0  # ID
        self._patience = _PATIENCE
        self.question: Question = self._proof if self.origin else Question.IDENTITY

    @property
    def since(self) -> int:
        """The ``since`` of the question."""
        if self.anchor is None or self.question in {Question.NEWEST, Question.HELD}:
            return 0
        return self.anchor.id - (self.question is Question.OVERLAP)

    @property
    def _proof(self) -> Question:
        """The question whose answer proves that nothing has changed, or brings what has."""
        return Question.HELD if self.anchor is None else Question.OVERLAP

    def interrupted(self) -> None:
        """Begin again with a question that is answered at once."""
        self._held = None
        self._woken_by = 0
        if self.origin is None:
            self.question = Question.IDENTITY
            if not self._history:
                self._loss = "late"  # "from now on" was asked for before
        else:
            self.question = Question.IDENTITY if self._loss else self._proof

    def identified(self, daemon: str, started: str, uptime: int) -> Batch | None:
        """Take the answer to `Question.IDENTITY`.

        Args:
            daemon: ``myID`` of system/status.
            started: ``startTime``.
            uptime: ``uptime``, in seconds.

        Raises:
            MultipleDaemonsError: Several daemons answer in turns.
        """
        self._turns.answered(daemon)
        if uptime < 1 and self._patience:  # a process that replaces this one could have the same start time
            self._patience -= 1
            self._ask_later(_LATER)
            return None
        self._patience = _PATIENCE
        known, self.epoch = self.epoch, Epoch(daemon, started)
        held, self._held = self._held, None
        if self.origin is None or known is None:
            self.question = Question.HELD if self._history else Question.NEWEST
            return None
        if daemon != known.daemon:
            self._loss = "replaced"
        elif self._loss is None and started != known.started:
            self._loss = "restart"
        if self._loss is None and held is not None:
            expected = self.anchor.id + 1 if self.anchor else 1
            self._leave()
            return self._deliver(held, self.epoch, expected)
        self.question = Question.HELD  # again: what was held before may have been another's
        return None

    def answered(self, events: Sequence[t.Event], daemon: str | None = None) -> Batch | None:
        """Take the answer to any other question; return what the user shall see.

        Args:
            events: The events.
            daemon: Device ID that the answer carried, if any.

        Raises:
            MultipleDaemonsError: Several daemons answer in turns.
        """
        epoch = self.epoch
        if epoch is None:
            raise RuntimeError("the first question is for the identity")
        if daemon is not None:
            self._turns.answered(daemon)
            if daemon != epoch.daemon:
                self._replaced()
                return None
        match self.question:
            case Question.WAIT:
                self._woken_by = events[-1]["id"] if events else 0
                self.question = self._proof
                return None
            case Question.OVERLAP:
                return self._overlapped(events, epoch)
            case Question.NEWEST:
                return self._begin(events, epoch)
            case _ if self.origin is None:
                return self._begin(events, epoch)
            case _:
                return self._hold(events, epoch)

    def _ask_later(self, pause: float) -> None:
        self.question = Question.IDENTITY_LATER
        self.pause = pause

    def _replaced(self) -> None:
        if self._loss or self.origin is None or self._turns.count > 1:
            self._ask_later(_LATER * max(1, self._turns.count))  # until they agree who it is
        else:
            self.question = Question.IDENTITY
        if self.origin:
            self._loss = "replaced"

    def _begin(self, events: Sequence[t.Event], epoch: Epoch) -> Batch | None:
        loss, self._loss = self._loss, None
        if self._history:
            self.origin = epoch, None
            return self._deliver(events, epoch, None)
        self.anchor = Anchor.of(events[-1]) if events else None
        self.origin = epoch, self.anchor
        return self._deliver((), epoch, None, loss)

    def _overlapped(self, events: Sequence[t.Event], epoch: Epoch) -> Batch | None:
        anchor = self.anchor
        if anchor is None or not events or Anchor.of(events[0]) != anchor:
            self.question = Question.HELD
            return None
        news = events[1:]
        batch = self._deliver(news, epoch, anchor.id + 1)
        if batch is not None and batch.items[-1]["id"] > self._woken_by:
            self.question = Question.OVERLAP  # much is going on: the next answer can bring proof and events at once
        self._woken_by = 0
        return batch

    def _hold(self, events: Sequence[t.Event], epoch: Epoch) -> Batch | None:
        """Decide what has become of the anchor, with everything that the daemon holds before us."""
        anchor = self.anchor
        place = next((i for i, event in enumerate(events) if Anchor.of(event) == anchor), None)
        if anchor is not None and place is not None:
            self._loss = None  # what was held against it came from something in between
            self.epoch = epoch = self._home or epoch
            return self._deliver(events[place + 1 :], epoch, anchor.id + 1)
        if self._left:
            for place in range(len(events) - 1, -1, -1):
                found = Anchor.of(events[place])
                if found in self._left:
                    return self._return(found, events[place + 1 :])
        if self._loss is None:
            if anchor is not None and not (events and anchor.precedes(events[0])):
                self._loss = "restart"
            self._held = events
            self.question = Question.IDENTITY  # of the process that has answered, or of one after it
            return None
        loss, self._loss = self._loss, None
        self._leave()
        return self._deliver(events, epoch, None, loss)

    def _leave(self) -> None:
        """Keep in mind how far the process was seen that the anchor is of, should it answer again."""
        if self.anchor is not None and self._home is not None:
            self._left[self.anchor] = self._home
            if len(self._left) > _KEPT:
                del self._left[next(iter(self._left))]
        self.anchor = None

    def _return(self, found: Anchor, news: Sequence[t.Event]) -> Batch | None:
        """Go on with a process that had been left.

        Args:
            found: Its last event that was seen.
            news: What came after that.
        """
        epoch = self._left[found]
        if self._home is not None and self._home.daemon == epoch.daemon:
            self._turns.returned()  # by another process with the same identity, so that nothing else shows it
            loss: Reason = "restart"
        else:
            self._turns.answered(epoch.daemon)
            loss = "replaced"
        del self._left[found]
        self._leave()
        self._loss = None
        self.epoch, self.anchor = epoch, found
        return self._deliver(news, epoch, found.id + 1, loss)

    def _deliver(
        self, events: Sequence[t.Event], epoch: Epoch, expected: int | None, loss: Reason | None = None
    ) -> Batch | None:
        """Return events with a marker at each gap; wait for what follows.

        Args:
            events: What is new.
            epoch: The run of the daemon that they come from.
            expected: ID of the first event if none was lost; ``None`` for any.
            loss: Why events are missing before the first one.
        """
        self.question = Question.WAIT
        self._home = epoch
        items: list[Any] = [_lost(loss, None)] if loss else []
        if events:
            numbers = list(map(_id, events))
            first = numbers[0] if expected is None else expected
            if numbers == list(range(first, first + len(numbers))):
                items += events
            else:
                items += self._in_order(events, first)
            if items and items[-1]["id"] is not None:
                self.anchor = Anchor.of(items[-1])
        return Batch(items, epoch, follows=loss is None) if items else None

    def _in_order(self, events: Sequence[t.Event], expected: int) -> list[Any]:
        """Return events with a marker at each gap, without those whose IDs are not above the one before."""
        kept = ascending(events, expected - 1)
        self.misplaced += len(events) - len(kept)
        items: list[Any] = []
        for event in kept:
            number = event["id"]
            if number > expected:
                items.append(_lost("overflow", number - expected))
            items.append(event)
            expected = number + 1
        return items


def ascending(events: Sequence[_E], above: int) -> list[_E]:
    """Return the events whose IDs are above a number, and above that of the one before."""
    kept: list[_E] = []
    for event in events:
        number = event["id"]
        if number > above:
            kept.append(event)
            above = number
    return kept


class _Turns:
    """Who has answered, and how often one that had been left came back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: deque[str] = deque(maxlen=_KEPT)  # device IDs, that of the last answer at the end
        self._times: deque[float] = deque(maxlen=_RETURNS)

    @property
    def count(self) -> int:
        """How often one has come back of late."""
        oldest = self._clock() - _RETURNS_WITHIN
        while self._times and self._times[0] < oldest:
            self._times.popleft()
        return len(self._times)

    def answered(self, daemon: str) -> None:
        """Note who has answered."""
        seen = self._seen
        if seen and seen[-1] == daemon:
            return
        back = daemon in seen
        if back:
            seen.remove(daemon)
        seen.append(daemon)
        if back:
            self.returned()

    def returned(self) -> None:
        """Note that one has come back that had been left.

        Raises:
            MultipleDaemonsError: It is too often. Counting begins again.
        """
        self._times.append(self._clock())
        if self.count < _RETURNS:
            return
        self._times.clear()
        devices = tuple(sorted(list(self._seen)[-2:]))
        if len(devices) == 1:
            what = f"two processes with the same identity ({devices[0]})"
        else:
            what = f"two daemons ({' and '.join(devices)})"
        raise MultipleDaemonsError(
            f"{what} answer in turns at this address. Give each an address of its own, or let all requests go to one",
            device_ids=devices,
        )


def _lost(reason: Reason, missed: int | None) -> Any:
    return marker("EventsLost", {"reason": reason, "missed": missed})
