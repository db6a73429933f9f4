"""The output of ``wait``, ``events``, ``check``, ``log`` and ``metrics``."""

from typing import Any, Literal, NotRequired, TypedDict

from .common import Daemon, FailedItem, Failure


class Missing(TypedDict):
    """Why one folder, or one device, is not in sync yet."""

    folder: str | None
    device: str | None
    deviceName: str | None
    reason: str
    neededBytes: int
    neededItems: int
    failed: list[FailedItem]


class Progress(TypedDict):
    """A line of ``wait``: ``progress``, and finally ``done``."""

    type: Literal["progress", "done"]
    schema: Literal["aiosyncthing/progress/1"]
    neededBytes: int
    neededItems: int
    totalBytes: int
    percent: float
    rate: float | None
    secondsLeft: float | None
    missing: list[Missing]


class Event(TypedDict):
    """A line of ``events``: an event as the daemon sent it, or one of the stream's own items."""

    id: int | None
    globalID: NotRequired[int]
    time: str
    type: str
    data: Any


class CheckFinding(TypedDict):
    """A finding."""

    daemon: str
    kind: str
    """One of ``aiosyncthing.health``, or ``folder_stale``."""
    severity: Literal["info", "warning", "critical"]
    folder: str | None
    folderName: str | None
    device: str | None
    deviceName: str | None
    subject: str | None
    text: str
    remedy: str
    count: int | None
    seconds: float | None
    items: list[FailedItem]


class CheckedDaemon(TypedDict):
    """A daemon that was checked."""

    daemon: str
    id: str | None
    status: Literal["ok", "warning", "critical", "unknown"]
    folders: int
    devices: int
    neededBytes: int
    unseenMax: float
    """The longest time since a device was last seen, in seconds."""


class Check(TypedDict):
    """``check/1``; ``failures`` has the daemon even if only one was asked."""

    schema: Literal["aiosyncthing/check/1"]
    daemon: Daemon | None
    failures: list[Failure]
    status: Literal["ok", "warning", "critical", "unknown"]
    daemons: list[CheckedDaemon]
    findings: list[CheckFinding]


class LogRow(TypedDict):
    """``log/1``: a line of ``log``."""

    type: Literal["log"]
    schema: Literal["aiosyncthing/log/1"]
    daemon: str
    time: str
    level: Literal["debug", "verbose", "info", "warning", "error"]
    message: str


class SampleRow(TypedDict):
    """``sample/1``: a line of ``metrics``."""

    type: Literal["sample"]
    schema: Literal["aiosyncthing/sample/1"]
    daemon: str
    name: str
    labels: dict[str, str]
    value: float | Literal["NaN", "+Inf", "-Inf"]
    kind: str
    """``counter``, ``gauge``, ``histogram``, ``summary`` or ``untyped``."""
    help: str | None
