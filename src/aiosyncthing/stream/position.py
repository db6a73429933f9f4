"""A position in a daemon's events: the process that sent them, and the last event seen. Pure.

A cursor is a position as JSON, together with the name of the subscription that its IDs belong to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiosyncthing.exceptions import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiosyncthing import types as t

    from .masks import Mask

_NO_CURSOR: Final = "since must be a cursor that a stream has returned"


class Epoch(NamedTuple):
    """One run of the daemon, from start to exit.

    Attributes:
        daemon: Device ID.
        started: Start time of the process, as the daemon reports it. No later process has the same.
    """

    daemon: str
    started: str


class Anchor(NamedTuple):
    """What identifies an event beyond doubt."""

    id: int
    global_id: int
    time: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Anchor:
        """Return the anchor for an event."""
        return cls(event["id"], event["globalID"], event["time"])

    def precedes(self, event: t.Event) -> bool:
        """Return whether an event can be a later one of the same process."""
        return event["id"] > self.id and event["globalID"] > self.global_id


class Recognition:
    """Whether the process that answers is still the one that sent the last event.

    For a listener that trusts its polls, and only has to know after a silence whether the daemon has been silent, or a
    new process has not reached that ID yet. It never compares one clock with another.
    """

    def __init__(self) -> None:
        self._asked: Epoch | None = None
        self._known: Epoch | None = None  # the process that the last event was found in

    def identified(self, daemon: str, started: str, uptime: int) -> bool:
        """Take the answer to system/status, and return whether it proves that the process is the same.

        Args:
            daemon: ``myID``.
            started: ``startTime``.
            uptime: ``uptime``, in seconds. While it is less than 1 (always, on a machine without a working clock, and
                after the clock was set back), another process may have the same start time.
        """
        self._asked = Epoch(daemon, started) if uptime >= 1 else None
        return self._asked is not None and self._asked == self._known

    def overlapped(self, events: Sequence[t.Event], last: Anchor) -> bool:
        """Take the events from the last one on, requested after `identified`, and return whether they start with it."""
        same = bool(events) and Anchor.of(events[0]) == last
        if same:
            self._known = self._asked
        return same


def read_cursor(cursor: Mapping[str, Any], mask: Mask) -> tuple[Epoch, Anchor | None]:
    """Return the position that a cursor stands for.

    Raises:
        BadRequestError: It isn't a cursor, or it belongs to a stream with other types.
    """
    try:
        found, daemon, started = cursor["mask"], cursor["daemon"], cursor["started"]
        position = cursor["id"], cursor["globalID"], cursor["time"]
    except (KeyError, TypeError, IndexError) as error:
        raise BadRequestError(_NO_CURSOR) from error
    anywhere = _are(str, found, daemon, started) and _are(int, position[0])
    if not anywhere or not (position[0] == 0 or (_are(int, *position[:2]) and _are(str, position[2]))):
        raise BadRequestError(_NO_CURSOR)
    if position[0] < 0:  # the daemon would answer with events that never happened
        raise BadRequestError(_NO_CURSOR)
    if found != mask.name:
        raise BadRequestError(
            f"the cursor belongs to the subscription {found!r}, not {mask.name!r}: use the same types as before"
        )
    return Epoch(daemon, started), Anchor(*position) if position[0] else None


def write_cursor(mask: Mask, epoch: Epoch, anchor: Anchor | None) -> t.Cursor:
    """Return the cursor for a position."""
    return {
        "mask": mask.name,
        "daemon": epoch.daemon,
        "started": epoch.started,
        "id": anchor.id if anchor else 0,
        "globalID": anchor.global_id if anchor else None,
        "time": anchor.time if anchor else None,
    }


def _are(kind: type, *values: object) -> bool:
    return all(type(value) is kind for value in values)
