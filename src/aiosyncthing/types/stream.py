"""What a resilient event stream yields beside the daemon's events."""

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
    """Why, and how many."""

    reason: LossReason
    missed: int | None
    """How many events, of all types in the subscription, where that can be known."""


class EventsLost(TypedDict):
    """In this place events were lost, or may have been: read the state again."""

    id: None
    globalID: None
    time: str
    type: Literal["EventsLost"]
    data: EventsLostData


class StreamDownData(TypedDict):
    """What went wrong."""

    error: str
    """The error's text; the error itself is ``stream.error``."""
    kind: str
    """Name of the error's class."""


class StreamDown(TypedDict):
    """The daemon can't be reached any more; the stream keeps trying."""

    id: None
    globalID: None
    time: str
    type: Literal["StreamDown"]
    data: StreamDownData


class StreamUp(TypedDict):
    """The daemon answers again. If events were lost meanwhile, `EventsLost` follows."""

    id: None
    globalID: None
    time: str
    type: Literal["StreamUp"]
    data: None


StreamItem: TypeAlias = Event | EventsLost | StreamDown | StreamUp
"""Anything that a stream yields."""


class Cursor(TypedDict):
    """A position in the events of a daemon, to go on from later. Take it as a whole; it is JSON-able."""

    mask: str
    daemon: str
    started: str
    id: int
    globalID: int | None
    time: str | None
