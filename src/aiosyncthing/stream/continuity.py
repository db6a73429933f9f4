"""Whether two answers of the event API belong together. Pure: answers go in, items and the next question come out.

What there is to go by (lib/events/events.go, lib/api/api.go):

- IDs count the events of one subscription and start at 1 when the daemon's process starts. Soon after a restart they
  look like the old ones again, so a plausible ID proves nothing, and a poll for an ID that the new process has not
  reached waits in silence.
- The daemon keeps the last 1000 events of a subscription, and drops events when it can't keep up. Both leave a gap in
  the IDs.
- If the last event seen is fetched again and still has the same ID, global ID and time (to the nanosecond), it comes
  from the same process and the same subscription. It is the *anchor*. Asking from just before it (`Question.OVERLAP`)
  gets the proof and everything newer in one answer.
- While no event has been seen, or once the anchor is no longer among the last 1000, only the start time of the process
  is left. It has whole seconds, so it proves nothing until the second in which the process started is over.
- Several daemons may take turns answering at one address (two containers behind one name), each with its own IDs. The
  last events of processes that are no longer followed are remembered: when one turns up again, it shows which process
  this is, and what is new in it.

So nothing is believed unless it came in one answer with the event before it. A long poll can't bring that: it only
wakes the stream up, and is left out while events keep coming. On an unknown way nothing cheaper will do. A connection
to a proxy outlives the daemon, an answer may have been on its way for a long time, and a process that was suspended, or
a machine that was asleep, can't know how long.

Where connections are known to end in the daemon itself, each of them belongs to one process, however old it is. Once
an answer has been believed, so is a poll that is answered on the same connection. Any other connection, such as one
opened in its place, may lead to another process, so what comes on it has to be proven first.
"""

from __future__ import annotations

import enum
import time
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, TypeVar
from weakref import WeakSet

from .position import Anchor, Epoch
from .turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aiosyncthing import types as t

Reason: TypeAlias = Literal["restart", "replaced", "overflow", "late"]

MISPLACED: Final = (
    "leaving out events whose IDs are not above the previous one: something on the way to %s repeats or reorders them"
)
"""Log message; its argument is the daemon."""

_PATIENCE: Final = 5
"""How often to ask again for an uptime above 0: on a machine without a working clock, the daemon always says 0."""

_LATER: Final = 0.25
_LEFT: Final = 16
"""How many processes to remember that are no longer followed."""

_E = TypeVar("_E", bound="Mapping[str, Any]")
_id: Final = itemgetter("id")


class Question(enum.Enum):
    """What to ask the daemon next."""

    IDENTITY = "system/status: which process is this?"
    IDENTITY_LATER = "the same, after a pause"
    NEWEST = "the newest event, without waiting"
    HELD = "all events the daemon still holds, without waiting"
    OVERLAP = "from just before the anchor, without waiting"
    WAIT = "the events after the anchor, as soon as there are any; to be woken up, the newest is enough"


class Batch(NamedTuple):
    """Events and markers in the order in which to yield them, all of one epoch.

    Attributes:
        items: Events and markers.
        epoch: The run of the daemon that the events come from.
        follows: Whether they come from the same run as the events before them.
    """

    items: Sequence[Any]
    epoch: Epoch | None
    follows: bool = False


def _now() -> str:
    return datetime.now(UTC).isoformat()


def marker(kind: str, data: object, clock: Callable[[], str] = _now) -> Any:
    """Return an item in the shape of an event."""
    return {"id": None, "globalID": None, "time": clock(), "type": kind, "data": data}


class Continuity:
    """The state of one subscription, as one listener sees it.

    Ask what `question` says, pass the answer to `identified` or `answered`, and yield the items of the batch. Call
    `interrupted` when an exchange has failed.

    Args:
        epoch: From the cursor to resume from, if any.
        anchor: From the cursor; ``None`` if no event had been seen.
        history: Without a cursor: whether to begin with what the daemon still holds, or with the next event.
        clock: Seconds, to measure how often daemons take turns.
    """

    origin: tuple[Epoch, Anchor | None] | None
    """The starting position, from which on every loss is reported; ``None`` until it is known."""

    misplaced: int
    """How many events were left out because their IDs were not above the previous one."""

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
        self.epoch = epoch  # of the process that was identified last
        self.anchor = anchor
        self.origin = None if epoch is None else (epoch, anchor)
        self.misplaced = 0
        self.pause = _LATER
        self._home = epoch  # of the process that sent the anchor
        self._left: dict[Anchor, Epoch] = {}
        self._turns = Turns(clock)
        self._history = history
        self._loss: Reason | None = None  # why the next events won't follow the previous ones
        self._held: Sequence[t.Event] | None = None  # without the anchor, so their process has to be identified
        self._connection: object = None  # that brought the last answer about events
        self._believed: WeakSet[object] = WeakSet()  # connections to the process that sent the anchor
        self._waker: tuple[Anchor, object] | None = None  # event that came on another connection
        self._woken_by = 0  # ID
        self._patience = _PATIENCE
        self.question: Question = self._proof if self.origin else Question.IDENTITY

    @property
    def since(self) -> int:
        """The ``since`` parameter of the question."""
        question = self.question
        if self.anchor is None or question is Question.NEWEST or question is Question.HELD:
            return 0
        return self.anchor.id - (question is Question.OVERLAP)

    @property
    def _proof(self) -> Question:
        """The question whose answer proves that nothing has changed, or contains what has."""
        return Question.HELD if self.anchor is None else Question.OVERLAP

    def interrupted(self) -> None:
        """Start again with a question that is answered at once."""
        self._held = self._waker = None
        self._woken_by = 0
        self._believed.clear()
        if self.origin is None:
            self.question = Question.IDENTITY
            if not self._history:
                self._loss = "late"  # "now" was an earlier moment
        else:
            self.question = Question.IDENTITY if self._loss else self._proof

    def expect_more(self) -> None:
        """Ask for the next events together with their proof, instead of waiting for the first of them.

        For the listener that has just got events, and will pause until there are more.
        """
        if self.question is Question.WAIT and self.anchor is not None:
            self.question = Question.OVERLAP

    def identified(self, daemon: str, started: str, uptime: int) -> Batch | None:
        """Take the answer to `Question.IDENTITY`.

        Args:
            daemon: ``myID`` of system/status.
            started: ``startTime``.
            uptime: ``uptime``, in seconds.

        Raises:
            MultipleDaemonsError: Several daemons take turns answering.
        """
        self._turns.answered(daemon)
        if uptime < 1 and self._patience:  # a process that replaces this one may have the same start time
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
        self.question = Question.HELD  # again: another process may have answered before
        return None

    def answered(self, events: Sequence[t.Event], daemon: str | None = None, connection: object = None) -> Batch | None:
        """Take the answer to any other question, and return what to yield.

        Args:
            events: The events. On a connection that ends in the daemon, the answer to `Question.WAIT` has all of them.
            daemon: Device ID in the answer's headers, if any.
            connection: What the answer came on, if that is known to end in the daemon itself: an object that stands
                for this connection as long as it exists.

        Raises:
            MultipleDaemonsError: Several daemons take turns answering.
        """
        epoch = self.epoch
        if epoch is None:
            raise RuntimeError("the first question is the identity")
        if daemon is not None:
            self._turns.answered(daemon)
            if daemon != epoch.daemon:
                self._replaced()
                return None
        self._connection = connection
        match self.question:
            case Question.WAIT if connection in self._believed:
                return self._deliver(events, epoch, self.anchor.id + 1 if self.anchor else 1)
            case Question.WAIT:
                self._woken_by = events[-1]["id"] if events else 0
                self._waker = (Anchor.of(events[-1]), connection) if events and connection is not None else None
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
            self._ask_later(_LATER * max(1, self._turns.count))  # until both answers come from the same one
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
        if self._waker is not None and any(Anchor.of(event) == self._waker[0] for event in news):
            self._believed.add(self._waker[1])  # a pool may use its connections in turns, and never prove over this one
        if batch is not None and batch.items[-1]["id"] > self._woken_by and self._connection is None:
            self.question = Question.OVERLAP  # much is going on: the next answer may hold proof and events at once
        self._woken_by = 0
        return batch

    def _hold(self, events: Sequence[t.Event], epoch: Epoch) -> Batch | None:
        """Decide what became of the anchor, given everything the daemon holds."""
        anchor = self.anchor
        place = next((i for i, event in enumerate(events) if Anchor.of(event) == anchor), None)
        if anchor is not None and place is not None:
            self._loss = None  # the answers in between came from another process
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
            self.question = Question.IDENTITY  # of the process that answered, or a later one
            return None
        loss, self._loss = self._loss, None
        self._leave()
        return self._deliver(events, epoch, None, loss)

    def _leave(self) -> None:
        """Remember how far the anchor's process was followed, in case it answers again."""
        if self.anchor is not None and self._home is not None:
            self._left[self.anchor] = self._home
            if len(self._left) > _LEFT:
                del self._left[next(iter(self._left))]
        self.anchor = None
        self._believed.clear()

    def _return(self, found: Anchor, news: Sequence[t.Event]) -> Batch | None:
        """Follow a process again.

        Args:
            found: The last event seen of it.
            news: What came after that event.
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
        """Return events with a marker at each gap, and wait for more.

        Args:
            events: The new events.
            epoch: The run of the daemon that they come from.
            expected: ID of the first event if none was lost; ``None`` for any.
            loss: Why events are missing before the first one.
        """
        if self._connection is not None and self.question is not Question.WAIT:
            self._believed.add(self._connection)
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
        """Return events with a marker at each gap, leaving out those whose IDs are not above the previous one."""
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
    """Return the events whose IDs are above a number and above that of the previous event."""
    kept: list[_E] = []
    for event in events:
        number = event["id"]
        if number > above:
            kept.append(event)
            above = number
    return kept


def _lost(reason: Reason, missed: int | None) -> Any:
    return marker("EventsLost", {"reason": reason, "missed": missed})
