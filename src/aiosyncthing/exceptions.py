"""What can go wrong, as one tree.

::

    SyncthingError
    ├── PingError                    ping() failed, whatever the reason
    ├── UnauthorizedError            the API key (or login) was refused: 401, 403
    ├── HostCheckError               403: the daemon does not accept the name it was addressed by
    ├── NotFoundError                404
    │   ├── UnknownFolderError
    │   ├── UnknownDeviceError
    │   ├── FolderNotRunningError    the folder exists, but is paused or not started
    │   └── NotSupportedError        this version or build of the daemon has no such function
    ├── BadRequestError              (ValueError) refused before sending, or by the daemon: 400
    │   └── InvalidDeviceIDError
    ├── ServerError                  5xx: the daemon, or a proxy before it, failed
    ├── UnreachableError             the daemon could not be reached
    │   ├── ConnectionFailedError    (ConnectionError) no connection, or it broke
    │   │   ├── TLSError             the certificate or the TLS handshake was refused
    │   │   │   └── FingerprintMismatchError    another certificate than the pinned one
    │   │   └── IncompleteResponseError  the answer was cut short
    │   └── RequestTimeoutError      (TimeoutError) no answer in time
    ├── NotSyncthingError            something answered, but it is not the Syncthing API
    │   ├── MigrationError           Syncthing 2 is converting its database
    │   └── ProxyError               a proxy answered with an error of its own
    ├── InvalidResponseError         the answer can't be decoded, or is not what Syncthing sends there
    │   └── ResponseTooLargeError    the answer is larger than the client's limit
    ├── RedirectError                the daemon or a proxy wants another address; never followed
    ├── WaitTimeoutError             (TimeoutError) what was waited for did not come about in time
    ├── CannotSyncError              what was waited for can't come about: a folder or device stands in the way
    ├── EventLoopError               (RuntimeError) used in another event loop than the one it belongs to
    ├── RestartedError               events.listen() noticed that the daemon was restarted
    ├── MultipleDaemonsError         two daemons answer in turns at one address
    ├── DiscoveryError               the daemon of this computer was not found, or its configuration can't be read
    └── DaemonError                  a daemon launched by :mod:`aiosyncthing.daemon` failed

Handle: everything up to `ServerError` says something about one request; `UnreachableError`, `MigrationError` and
`ProxyError` may heal by waiting. A bug of the calling program: `BadRequestError` and `EventLoopError`.

No error holds the API key, neither in its text nor in its attributes, nor in the error that it was raised from.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing takes longer to load than everything here
if TYPE_CHECKING:
    from .waiting.progress import Missing, SyncProgress

__all__ = [
    "BadRequestError",
    "CannotSyncError",
    "ConnectionFailedError",
    "DaemonError",
    "DiscoveryError",
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
    "SyncthingError",
    "TLSError",
    "UnauthorizedError",
    "UnknownDeviceError",
    "UnknownFolderError",
    "UnreachableError",
    "WaitTimeoutError",
]


class SyncthingError(Exception):
    """The root of all errors of this package.

    Attributes:
        method: HTTP method of the request, if the error is about one.
        path: Path of the request without base URL and query, such as ``rest/db/status``.
        status: HTTP status, if there was an answer.
        body: The daemon's own words (stripped), if there was an answer with a text.
        retry_after: Seconds after which the answer asked to come back (``Retry-After``); ``None`` if it didn't.
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
    ) -> None:
        super().__init__(*([message] if message else []))
        self.method = method
        self.path = path
        self.status = status
        self.body = body
        self.retry_after = retry_after

    def __str__(self) -> str:
        """What happened, then the request and the daemon's own words."""
        message = str(self.args[0]) if self.args else type(self).__name__
        details = [f"{self.method} {self.path}"] if self.method and self.path else []
        if self.status is not None:
            details.append(f"status {self.status}")
        if self.body and self.body not in message:
            details.append(repr(self.body))
        return f"{message} ({', '.join(details)})" if details else message


class PingError(SyncthingError):
    """The daemon did not answer `ping` as it should, for whatever reason; ``__cause__`` has it."""


class UnauthorizedError(SyncthingError):
    """The daemon refused the API key."""


class HostCheckError(SyncthingError):
    """The daemon listens on a loopback address and was addressed by another host name.

    The key may well be right. Address it as ``localhost`` or ``127.0.0.1``, let the proxy send such a ``Host``, or
    set ``gui.insecureSkipHostcheck``.
    """


class NotFoundError(SyncthingError):
    """The daemon answered 404."""


class UnknownFolderError(NotFoundError):
    """The daemon has no folder of that ID."""


class UnknownDeviceError(NotFoundError):
    """The daemon has no device of that ID."""


class FolderNotRunningError(NotFoundError):
    """The folder exists, but is paused, or has not started (yet)."""


class NotSupportedError(NotFoundError):
    """This version, build or configuration of the daemon does not have that function."""


class BadRequestError(SyncthingError, ValueError):
    """The request makes no sense: refused by this library before sending, or by the daemon.

    ``status`` is ``None`` when nothing was sent.
    """


class InvalidDeviceIDError(BadRequestError):
    """The text is not a device ID: wrong length, wrong alphabet or wrong check character."""


class ServerError(SyncthingError):
    """The daemon, or a proxy in front of it, failed: a status of 500 or more."""


class UnreachableError(SyncthingError):
    """The daemon could not be reached: nothing listens there, the connection broke, or no answer came in time."""


class ConnectionFailedError(UnreachableError, ConnectionError):
    """No connection could be made, or it broke before the whole answer had arrived."""


class TLSError(ConnectionFailedError):
    """The TLS handshake failed, usually because the certificate could not be verified."""


class FingerprintMismatchError(TLSError):
    """Another certificate was shown than the pinned one. Nothing of the request was sent.

    Attributes:
        expected: Fingerprint of the pinned certificate: ``sha256:...``.
        actual: Fingerprint of the one that was shown.
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
    """Syncthing 2 is converting its database and answers every request with a text about that."""


class ProxyError(NotSyncthingError):
    """Something in front of the daemon answered with an error of its own, so nothing is known about the daemon.

    Every answer of Syncthing's API has the header ``X-Syncthing-Id``; this one had not. A proxy whose daemon restarts,
    or that limits the rate of requests, answers like this for a while.
    """


class InvalidResponseError(SyncthingError):
    """The answer is announced as JSON but can't be decoded, or is not what Syncthing sends there."""


class ResponseTooLargeError(InvalidResponseError):
    """The answer, decompressed, is larger than the client accepts. It was not read to its end."""


class RedirectError(SyncthingError):
    """The answer was a redirect, which is never followed: it would carry the API key elsewhere."""


class WaitTimeoutError(SyncthingError, TimeoutError):
    """What was waited for did not come about in time; the text says what was missing.

    Attributes:
        progress: How far `Syncthing.wait_in_sync` had come; ``None`` where something else was waited for.
        missing: What was missing where, with the names and reasons of failed items: ``progress.missing``.
    """

    def __init__(
        self, message: str = "", *, progress: SyncProgress | None = None, missing: tuple[Missing, ...] = ()
    ) -> None:
        super().__init__(message)
        self.progress = progress
        self.missing = missing


class CannotSyncError(SyncthingError):
    """A folder can't get in sync by waiting: it has an error, or a device is paused.

    Attributes:
        folder_id: The folder.
        device_id: The device that stands in the way, if it is one.
        reason: Why.
    """

    def __init__(
        self, message: str = "", *, folder_id: str = "", device_id: str | None = None, reason: str = ""
    ) -> None:
        super().__init__(message)
        self.folder_id = folder_id
        self.device_id = device_id
        self.reason = reason


class EventLoopError(SyncthingError, RuntimeError):
    """A client, stream or mirror was used in another event loop than the one it belongs to.

    The text says whether that loop is closed, or is running in another thread, and what to do.
    """


class RestartedError(SyncthingError):
    """`events.listen` noticed that the daemon was restarted, so events may be missing.

    Read the state again, and listen again. `events.stream` goes on by itself.
    """


class MultipleDaemonsError(SyncthingError):
    """Two daemons answer in turns at one address, such as two containers behind one service name.

    Nothing that is asked there has a meaning. Give each daemon an address of its own, or make the proxy send every
    request to the same one.

    Attributes:
        device_ids: Device IDs of the daemons. Only one if two processes run with the same identity.
    """

    def __init__(self, message: str = "", *, device_ids: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.device_ids = device_ids


class DiscoveryError(SyncthingError):
    """The Syncthing of this computer was not found, or what is needed of its configuration can't be read."""


class DaemonError(SyncthingError):
    """A daemon that this library launched could not be started or stopped as asked."""
