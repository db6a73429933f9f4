"""Exit statuses, messages and hints for exceptions.

New statuses may be added; any status other than 0 is a failure.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import click

from aiosyncthing import exceptions as e

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .schemas import Error, Failure


class Exit(IntEnum):
    """The exit statuses of all commands except ``check``."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    """The daemon can't be reached, is not Syncthing, is converting its database, or was not found on this computer."""
    REFUSED = 4
    """The key, the host name or the certificate was refused."""
    UNKNOWN = 5
    """No such folder, device or file, or an ambiguous name."""
    IMPOSSIBLE = 6
    """Not possible at present: paused, a missing disk, not shared."""
    UNSUPPORTED = 7
    """Not supported by this version of the daemon."""
    FOUND = 8
    """With ``--exit-code``: the list is not empty."""
    PARTLY = 9
    """Partly done; each failure was reported."""
    TIMEOUT = 124
    INTERRUPTED = 130
    READER_GONE = 141


class CommandError(Exception):
    """A command failed for a reason that is not the daemon's.

    Args:
        message: What happened.
        status: The exit status.
        hint: What to do about it.
        kind: The kind of error in the JSON document.
    """

    def __init__(self, message: str, status: int = Exit.FAILED, *, hint: str = "", kind: str = "CommandError") -> None:
        super().__init__(message)
        self.status = status
        self.hint = hint
        self.kind = kind


class UsageError(CommandError):
    """The command line, the environment or a profile is invalid."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, Exit.USAGE, hint=hint, kind="UsageError")


class UnknownNameError(CommandError):
    """No folder or device has this name, or several do."""

    def __init__(self, message: str, *, hint: str = "", kind: str = "UnknownFolderError") -> None:
        super().__init__(message, Exit.UNKNOWN, hint=hint, kind=kind)


# The first match counts.
_STATUSES: Final[tuple[tuple[type[Exception], Exit], ...]] = (
    (e.FolderNotRunningError, Exit.IMPOSSIBLE),
    (e.CannotSyncError, Exit.IMPOSSIBLE),
    (e.NotSupportedError, Exit.UNSUPPORTED),
    (e.NotFoundError, Exit.UNKNOWN),
    (e.AmbiguousNameError, Exit.UNKNOWN),
    (e.UnauthorizedError, Exit.REFUSED),
    (e.HostCheckError, Exit.REFUSED),
    (e.TLSError, Exit.REFUSED),
    (e.UnreachableError, Exit.UNREACHABLE),
    (e.NotSyncthingError, Exit.UNREACHABLE),
    (e.RedirectError, Exit.UNREACHABLE),
    (e.DiscoveryError, Exit.UNREACHABLE),
    (e.WaitTimeoutError, Exit.TIMEOUT),
    (e.EditConflictError, Exit.PARTLY),
)

_HINTS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (e.MigrationError, "Syncthing is converting its database; try again later, or use --timeout with `wait`"),
    (e.FingerprintMismatchError, "if the certificate was renewed, pin the new one: `aiosyncthing fingerprint URL`"),
    (e.TLSError, "pin the daemon's certificate: --tls sha256:..., or `aiosyncthing profile add`"),
    (e.UnauthorizedError, "the key is in the daemon's web interface under Actions, Settings"),
    (e.HostCheckError, "use localhost or 127.0.0.1 in the URL"),
    (e.FolderNotRunningError, "`aiosyncthing resume FOLDER` starts a paused folder"),
    (e.DiscoveryError, "specify the daemon: --home DIR, or --url URL with --api-key-file FILE, or a profile"),
    (e.ConnectionFailedError, "check the address: -v shows it and its source"),
    (e.AmbiguousNameError, "use the ID"),
    (e.UnknownFolderError, "`aiosyncthing folders` lists them"),
    (e.UnknownDeviceError, "`aiosyncthing devices` lists them"),
)

# Commands in these hints, except those that need no daemon.
_COMMAND: Final = re.compile(r"`aiosyncthing (?!fingerprint|profile)([^`]+)`")
_DAEMON: Final[ContextVar[tuple[str, ...]]] = ContextVar("daemon", default=())

_NOT_THE_API: Final = "Syncthing answers there, but"  # the library's message for a wrong URL
_NO_PROGRAM: Final = (
    "install Syncthing (your system's package 'syncthing', or https://syncthing.net/downloads/), "
    "or name the program with Daemon(binary=...) or the environment variable SYNCTHING_BINARY"
)

# The library's remedies for programs, and the equivalents for people; empty if there is none.
REMEDIES: Final[Mapping[str, str]] = {
    "pass allow_nested=True to allow it": "--allow-nested allows it",
    "change it with patch_device": "`aiosyncthing config set devices.ID...` changes its settings",
    "use share, or patch_folder": "`aiosyncthing share` shares it, `aiosyncthing config set folders.ID...` changes it",
    "use unshare": "`aiosyncthing unshare` first",
    "use config.add_folder, whose devices can have an encryptionPassword": (
        "`aiosyncthing add-folder`, then `aiosyncthing share --encryption-password-file FILE`"
    ),
    _NO_PROGRAM: _NO_PROGRAM.replace("Daemon(binary=...)", "--binary FILE"),
    "if that is expected, raise the limit with Syncthing(..., max_response_size=...)": "",
    "call client.resume(error.state) to try again": "`aiosyncthing resume NAME` tries again",
    "call resume(error.state) of a new client to try again": "`aiosyncthing resume NAME` tries again",
    "client.find_device finds a device by its name": "`aiosyncthing devices` lists devices with their IDs",
    "client.find_folder finds a folder by its label": ("`aiosyncthing folders` lists folders with their IDs"),
}


def status_of(error: BaseException) -> int:
    """Return the exit status for an exception."""
    if isinstance(error, CommandError):
        return error.status
    if isinstance(error, click.UsageError):
        return Exit.USAGE
    if isinstance(error, e.BadRequestError):  # without a status, it was refused before it was sent
        return Exit.USAGE if error.status is None else Exit.FAILED
    if isinstance(error, e.DaemonError) and error.remedy == _NO_PROGRAM:
        return Exit.USAGE
    if isinstance(error, e.NotFoundError) and error.message.startswith(_NOT_THE_API):
        return Exit.UNREACHABLE
    if isinstance(error, e.PingError) and error.__cause__ is not None:
        return status_of(error.__cause__)
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), Exit.FAILED)


def message_of(error: BaseException) -> str:
    """Return the message of an exception."""
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, e.SyncthingError):
        return error.message
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {reason_of(error)}"
    return reason_of(error) or type(error).__name__


def reason_of(error: BaseException) -> str:
    """Return the reason of a failure; for errors of the system without number and path."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def hint_of(error: BaseException) -> str:
    """Return what to do about an exception; empty if there is no advice beyond the message."""
    if isinstance(error, CommandError):
        return error.hint
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{error.ctx.command_path} --help"
    if isinstance(error, e.SyncthingError) and error.remedy in REMEDIES:
        return _with_daemon(REMEDIES[error.remedy])
    return _with_daemon(next((hint for kind, hint in _HINTS if isinstance(error, kind)), ""))


def use_in_hints(options: Sequence[str]) -> None:
    """Set the options that choose the daemon, which commands in hints need as well.

    Args:
        options: The options and their values. Several daemons are asked in a task each, and each task has its own.
    """
    _DAEMON.set(tuple(options))


def command(*words: str) -> str:
    """Return a command for a hint, which can be pasted into a shell whatever the names in it are: others chose them."""
    from shlex import join  # noqa: PLC0415 - only where it is needed

    return f"`aiosyncthing {join((*_DAEMON.get(), *words))}`"


def _with_daemon(hint: str) -> str:
    """Add the daemon to the commands in a hint of this module; names, which others chose, are in none of these."""
    return _COMMAND.sub(lambda found: command(*found[1].split()), hint)


def kind_of(error: BaseException) -> str:
    """Return the kind of an error for JSON documents."""
    if isinstance(error, CommandError):
        return error.kind
    return "UsageError" if isinstance(error, click.UsageError) else type(error).__name__


def document(error: BaseException, status: int) -> Error:
    """Return an error as a JSON document."""
    return {
        "schema": "aiosyncthing/error/1",
        "error": kind_of(error),
        "message": message_of(error),
        "hint": hint_of(error) or None,
        "exitCode": int(status),
        "method": getattr(error, "method", None),
        "path": getattr(error, "path", None),
        "status": error.status if isinstance(error, e.SyncthingError) else None,
    }


def failure(daemon: str, error: BaseException) -> Failure:
    """Return an error as the row of one of several daemons."""
    return {"daemon": daemon, "error": kind_of(error), "message": message_of(error), "exitCode": int(status_of(error))}


def is_expected(error: BaseException) -> bool:
    """Return whether an error is a regular failure of a command, as opposed to a bug in this program."""
    return isinstance(error, CommandError | click.ClickException | e.SyncthingError | OSError)
