"""Parts of all documents."""

from typing import Literal, TypedDict


class Daemon(TypedDict):
    """The daemon that was asked."""

    name: str
    """The profile; or ``local``, or the host of the URL."""
    url: str
    id: str | None
    version: str | None


class Failure(TypedDict):
    """A daemon that could not be asked, as one of several."""

    daemon: str
    error: str
    message: str
    exitCode: int


class Error(TypedDict):
    """``error/1``, on stderr: why the command failed."""

    schema: Literal["aiosyncthing/error/1"]
    error: str
    """The kind: the name of an exception of `aiosyncthing.exceptions`, or ``UsageError``."""
    message: str
    hint: str | None
    exitCode: int
    method: str | None
    path: str | None
    status: int | None


class End(TypedDict):
    """The last line of a stream that was interrupted."""

    type: Literal["end"]
    reason: str


class FailedItem(TypedDict):
    """An item that failed to scan or sync."""

    path: str
    error: str
