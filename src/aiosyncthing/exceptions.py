"""The errors of this package, in one tree.

::

    SyncthingError
    ├── PingError                    ping() failed, for whatever reason
    ├── UnauthorizedError            the API key (or login) was refused: 401, 403
    ├── HostCheckError               403: the daemon refuses the host name in the URL
    ├── NotFoundError                404
    │   ├── UnknownFolderError
    │   ├── UnknownDeviceError
    │   ├── FolderNotRunningError    the folder exists, but is paused or has not started
    │   └── NotSupportedError        this version or build of the daemon can't do that
    ├── BadRequestError              (ValueError) invalid: refused before sending, or by the daemon: 400
    │   └── InvalidDeviceIDError
    ├── ServerError                  5xx: the daemon, or a proxy in front of it, failed
    ├── UnreachableError             the daemon could not be reached
    │   ├── ConnectionFailedError    (ConnectionError) no connection, or it broke
    │   │   ├── TLSError             the certificate or the TLS handshake was refused
    │   │   │   └── FingerprintMismatchError    the certificate is not the pinned one
    │   │   └── IncompleteResponseError  the answer was cut short
    │   └── RequestTimeoutError      (TimeoutError) no answer in time
    ├── NotSyncthingError            something answered, but it is not the Syncthing API
    │   ├── MigrationError           Syncthing 2 is converting its database
    │   └── ProxyError               a proxy answered with its own error
    ├── InvalidResponseError         the answer can't be decoded, or is not what Syncthing sends there
    │   └── ResponseTooLargeError    the answer is larger than the client's limit
    ├── RedirectError                the daemon or a proxy redirected the request; never followed
    ├── WaitTimeoutError             (TimeoutError) waiting took too long
    ├── CannotSyncError              waiting can't succeed: a folder has an error, or a device is paused
    ├── EditConflictError            someone else has changed what is to be changed, or keeps changing it
    ├── StillPausedError             what was paused for a while could not be resumed
    ├── AmbiguousNameError           (LookupError) a name matches several folders or devices
    ├── EventLoopError               (RuntimeError) used in a different event loop
    ├── BlockingCallError            (RuntimeError) a blocking client used where it would block an event loop
    ├── ClientClosedError            the client is closed, or was closed during the call
    ├── RestartedError               events.listen() noticed that the daemon was restarted
    ├── MultipleDaemonsError         two daemons answer alternately at one address
    ├── DiscoveryError               no daemon was found on this computer, or its configuration can't be read
    └── DaemonError                  a daemon launched by :mod:`aiosyncthing.daemon` failed

The errors up to `ServerError` concern a single request. `UnreachableError`, `MigrationError` and `ProxyError` may be
temporary. `BadRequestError`, `EventLoopError` and `BlockingCallError` are bugs in the calling program.

No error holds the API key: neither in its text or attributes, nor in the exception that caused it.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import types as t, waiting

__all__ = [
    "AmbiguousNameError",
    "BadRequestError",
    "BlockingCallError",
    "CannotSyncError",
    "ClientClosedError",
    "ConnectionFailedError",
    "DaemonError",
    "DiscoveryError",
    "EditConflictError",
    "EventLoopError",
    "FingerprintMismatchError",
    "FolderNotRunningError",
    "HostCheckError",
    "IncompleteResponseError",
    "InvalidDeviceIDError",
    "InvalidResponseError",
    "MigrationError",
    "MultipleDaemonsError",
    "NotFoundError",
    "NotSupportedError",
    "NotSyncthingError",
    "PingError",
    "ProxyError",
    "RedirectError",
    "RequestTimeoutError",
    "ResponseTooLargeError",
    "RestartedError",
    "ServerError",
    "StillPausedError",
    "SyncthingError",
    "TLSError",
    "UnauthorizedError",
    "UnknownDeviceError",
    "UnknownFolderError",
    "UnreachableError",
    "WaitTimeoutError",
]


class SyncthingError(Exception):
    """The base class of all errors of this package.

    Attributes:
        method: HTTP method of the request, if there was one.
        path: Path of the request without base URL and query, such as ``rest/db/status``.
        status: HTTP status, if there was an answer.
        body: Text of the answer, stripped, if there was any.
        retry_after: Seconds to wait before trying again, if the answer said so (``Retry-After``).
        remedy: What a program can do about it, in terms of this library; empty if `message` says all. Show people
            `message`, and a remedy in terms of your program.
    """

    def __init__(
        self,
        message: str = "",
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        body: str | None = None,
        retry_after: float | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__(*([message] if message else []))
        self.method = method
        self.path = path
        self.status = status
        self.body = body
        self.retry_after = retry_after
        self.remedy = remedy

    @property
    def message(self) -> str:
        """What happened, then the request and the daemon's text."""
        message = str(self.args[0]) if self.args else type(self).__name__
        details = [f"{self.method} {self.path}"] if self.method and self.path else []
        if self.status is not None:
            details.append(f"status {self.status}")
        if self.body and self.body not in message:
            details.append(repr(self.body))
        return f"{message} ({', '.join(details)})" if details else message

    def __str__(self) -> str:
        """The message and the remedy."""
        return f"{self.message}: {self.remedy}" if self.remedy else self.message


class PingError(SyncthingError):
    """`ping` failed, for whatever reason, which is the ``__cause__``."""


class UnauthorizedError(SyncthingError):
    """The daemon refused the API key."""


class HostCheckError(SyncthingError):
    """The daemon listens on a loopback address and refuses the host name in the URL.

    The key may well be right. Use ``localhost`` or ``127.0.0.1``, make the proxy send one of these as ``Host``, or set
    ``gui.insecureSkipHostcheck``.
    """


class NotFoundError(SyncthingError):
    """The daemon answered 404."""


class UnknownFolderError(NotFoundError):
    """The daemon has no folder with that ID."""


class UnknownDeviceError(NotFoundError):
    """The daemon has no device with that ID."""


class FolderNotRunningError(NotFoundError):
    """The folder exists, but is paused or has not started yet."""


class NotSupportedError(NotFoundError):
    """This version, build or configuration of the daemon can't do that."""


class BadRequestError(SyncthingError, ValueError):
    """The request is invalid: refused by this library before sending, or by the daemon.

    ``status`` is ``None`` if nothing was sent.
    """


class InvalidDeviceIDError(BadRequestError):
    """The text is not a device ID: wrong length, wrong alphabet or wrong check character."""


class ServerError(SyncthingError):
    """The daemon, or a proxy in front of it, failed: a status of 500 or more."""


class UnreachableError(SyncthingError):
    """The daemon could not be reached: nothing is listening, the connection broke, or there was no answer in time."""


class ConnectionFailedError(UnreachableError, ConnectionError):
    """No connection could be made, or it broke before the whole answer had arrived."""


class TLSError(ConnectionFailedError):
    """The TLS handshake failed, usually because the certificate could not be verified."""


class FingerprintMismatchError(TLSError):
    """The server's certificate is not the pinned one. Nothing of the request was sent.

    Attributes:
        expected: Fingerprint of the pinned certificate: ``sha256:...``.
        actual: Fingerprint of the server's certificate.
    """

    def __init__(
        self,
        message: str = "",
        *,
        method: str | None = None,
        path: str | None = None,
        expected: str = "",
        actual: str = "",
    ) -> None:
        super().__init__(message, method=method, path=path)
        self.expected = expected
        self.actual = actual


class IncompleteResponseError(ConnectionFailedError):
    """The connection ended in the middle of an answer."""


class RequestTimeoutError(UnreachableError, TimeoutError):
    """The daemon did not answer in time."""


class NotSyncthingError(SyncthingError):
    """Something answered, but not Syncthing's API: a proxy's page, a login form, another program."""


class MigrationError(NotSyncthingError):
    """Syncthing 2 is converting its database, and answers every request with a page that says so."""


class ProxyError(NotSyncthingError):
    """Something in front of the daemon answered with its own error, which says nothing about the daemon.

    Every answer of Syncthing's API has the header ``X-Syncthing-Id``, and this one did not. A proxy answers like this
    for a while when its daemon restarts, or when it limits the rate of requests.
    """


class InvalidResponseError(SyncthingError):
    """The answer can't be decoded, or is not what Syncthing sends there."""


class ResponseTooLargeError(InvalidResponseError):
    """The answer, decompressed, exceeds the client's limit. The rest was not read."""


class RedirectError(SyncthingError):
    """The answer was a redirect, which is never followed: that would send the API key elsewhere."""


class WaitTimeoutError(SyncthingError, TimeoutError):
    """Waiting took too long; the text says what was still missing.

    Attributes:
        progress: How far `Syncthing.wait_in_sync` got; ``None`` for other waits.
        missing: What was still missing, and where, with failed items and the reasons: ``progress.missing``.
    """

    def __init__(
        self,
        message: str = "",
        *,
        progress: waiting.SyncProgress | None = None,
        missing: tuple[waiting.Missing, ...] = (),
    ) -> None:
        super().__init__(message)
        self.progress = progress
        self.missing = missing


class CannotSyncError(SyncthingError):
    """Waiting can't bring a folder in sync: it has an error, or a device is paused.

    Attributes:
        folder_id: The folder.
        device_id: The device that prevents it, if any.
        reason: Why.
    """

    def __init__(
        self, message: str = "", *, folder_id: str = "", device_id: str | None = None, reason: str = ""
    ) -> None:
        super().__init__(message)
        self.folder_id = folder_id
        self.device_id = device_id
        self.reason = reason


class EditConflictError(SyncthingError):
    """Someone else changed the same ignore patterns, the same field, or the same object again and again.

    Attributes:
        fields: The fields that don't have the wanted values, such as ``devices``, or ``folders['docs'].label`` of an
            edit of the whole configuration; or the lines of ignore patterns.
    """

    def __init__(self, message: str = "", *, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.fields = fields


class StillPausedError(SyncthingError):
    """Folders or devices that were paused for a while could not be resumed.

    Attributes:
        state: What is still paused, or may be: ``client.resume(error.state)`` tries again. If the client is closed,
            use another. ``None`` if unknown.
    """

    def __init__(self, message: str = "", *, state: t.PauseState | None = None, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.state = state


class AmbiguousNameError(SyncthingError, LookupError):
    """A name, or the beginning of an ID, matches several folders or devices. The text lists them.

    Attributes:
        candidates: The name of each, by ID.
    """

    def __init__(self, message: str = "", *, candidates: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.candidates: Mapping[str, str] = {} if candidates is None else candidates


class EventLoopError(SyncthingError, RuntimeError):
    """A client, stream or mirror was used in an event loop other than its own.

    The text says whether that loop is closed or running in another thread, and what to do.
    """


class BlockingCallError(SyncthingError, RuntimeError):
    """A client of `aiosyncthing.blocking` was used where it can't be: the message says what to do instead.

    It would block an event loop that runs in the same thread, or wait for itself; or it was made before ``os.fork()``.
    """


class ClientClosedError(SyncthingError):
    """The client is closed, or was closed by another thread during the call."""


class RestartedError(SyncthingError):
    """`events.listen` noticed that the daemon was restarted, so events may be missing.

    Read the state again, then call `listen` again. `events.stream` continues by itself.
    """


class MultipleDaemonsError(SyncthingError):
    """Two daemons answer alternately at one address, such as two containers behind one service name.

    No answer from there can be relied on. Give each daemon its own address, or make the proxy send every request to the
    same one.

    Attributes:
        device_ids: Device IDs of the daemons; a single one if two processes have the same identity.
    """

    def __init__(self, message: str = "", *, device_ids: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.device_ids = device_ids


class DiscoveryError(SyncthingError):
    """No Syncthing was found on this computer, or its configuration can't be read."""


class DaemonError(SyncthingError):
    """A daemon that this library launched could not be started or stopped as asked."""
