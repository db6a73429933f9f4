"""What a resilient event stream yields in addition to the daemon's events."""

from typing import Literal, TypeAlias, TypedDict

from .enumerations import LossReason
from .events import Event

__all__ = [
    "Cursor",
    "EventsLost",
    "EventsLostData",
    "StreamDown",
    "StreamDownData",
    "StreamItem",
    "StreamUp",
]


class EventsLostData(TypedDict):
    """Why events were lost, and how many."""

    reason: LossReason
    missed: int | None
    """Number of events, of all types in the subscription; ``None`` if unknown."""


class EventsLost(TypedDict):
    """Events were lost here, or may have been: read the state again."""

    id: None
    globalID: None
    time: str
    type: Literal["EventsLost"]
    data: EventsLostData


class StreamDownData(TypedDict):
    """Why the daemon is unreachable."""

    error: str
    """The message of the error; the error itself is ``stream.error``."""
    kind: str
    """Name of the error's class."""


class StreamDown(TypedDict):
    """The daemon has become unreachable; the stream keeps trying."""

    id: None
    globalID: None
    time: str
    type: Literal["StreamDown"]
    data: StreamDownData


class StreamUp(TypedDict):
    """The daemon answers again. If events were lost in the meantime, `EventsLost` follows."""

    id: None
    globalID: None
    time: str
    type: Literal["StreamUp"]
    data: None


StreamItem: TypeAlias = Event | EventsLost | StreamDown | StreamUp
"""Anything that a stream yields."""


class Cursor(TypedDict):
    """A position in the events of a daemon, from which to continue later. It can be stored as JSON."""

    mask: str
    daemon: str
    started: str
    id: int
    globalID: int | None
    time: str | None
