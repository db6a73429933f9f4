"""What aiohttp raises, translated into the errors of this package.

aiohttp's `ClientResponseError` carries the request's headers, and with them the API key. None of them leaves `API`
as aiohttp made it: an answer with an error status becomes a `StatusError`, made without those headers.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Final, cast

import aiohttp
from aiohttp.client_exceptions import UnixClientConnectorError
from multidict import CIMultiDict, CIMultiDictProxy

from aiosyncthing import _routes
from aiosyncthing._routes import find_route
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    FingerprintMismatchError,
    IncompleteResponseError,
    NotSyncthingError,
    RequestTimeoutError,
    SyncthingError,
    TLSError,
)

from .reasons import reason
from .statuses import Refusal, http_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from yarl import URL

    from .secrets import Secrets

_REPEATABLE: Final = {"GET", "PUT", "DELETE"}
# Where a change of the GUI's settings is sent. It ends connections itself, and two at a time can leave the daemon
# without its API.
_UNREPEATABLE: Final = {_routes.PUT_GUI.path, _routes.REPLACE_CONFIG.path}
_HALF_A_HEAD: Final = b"half a head"
_NO_HEADERS: CIMultiDictProxy[str] = CIMultiDictProxy(CIMultiDict())


class StatusError(aiohttp.ClientResponseError):
    """An answer with an error status, with the daemon's words as its message.

    Args:
        url: The URL that was asked.
        refusal: The answer.
    """

    def __init__(self, url: URL, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(
            aiohttp.RequestInfo(url, refusal.method, _NO_HEADERS, url),
            (),
            status=refusal.status,
            message=refusal.text.strip(),
            headers=CIMultiDictProxy(CIMultiDict(refusal.headers)),
        )


def without_secrets(error: Exception, method: str, uri: str, secrets: Secrets) -> Exception:
    """Return what to raise, outside of any handler, in the place of what came out of aiohttp or of this package.

    Errors that hold the request's headers are replaced; all others lose the secrets that the other side sent back, and
    forget which frames they passed.

    Args:
        error: What was raised.
        method: HTTP method of the request.
        uri: Path of the request.
        secrets: What must not be seen.
    """
    path = _path(uri)
    if isinstance(error, aiohttp.ClientResponseError) and not isinstance(error, StatusError):
        said = secrets.mask(" ".join(error.message.split()))
        if isinstance(error, aiohttp.ClientHttpProxyError):
            message = f"the HTTP proxy does not connect: {error.status} {said}"
            return ConnectionFailedError(message, method=method, path=path)
        message = f"the answer is not HTTP as it should be ({said}): another program on that port?"
        return NotSyncthingError(message, method=method, path=path)
    if isinstance(error, SyncthingError) and error.method is None:
        error.method, error.path = method, path
    elif isinstance(error, aiohttp.ServerDisconnectedError) and _half_a_head(error):
        error.message, error.args = cast("Any", _HALF_A_HEAD), (_HALF_A_HEAD,)
    secrets.clean(error)
    return error


def may_repeat(error: Exception, method: str, uri: str) -> bool:
    """Return whether a request may be sent again, once, that failed on a connection that was in use before.

    The daemon closes connections that are idle, and may do so at the very moment when a request is on its way. Where a
    request has the same effect when it is repeated, that is no reason for an error. aiohttp repeats GET, PUT and DELETE
    itself (see `for_aiohttp`), but neither PATCH nor what it could not even begin to write.

    Args:
        error: What was raised before there was an answer.
        method: HTTP method of the request.
        uri: Path of the request.
    """
    if method == "PATCH":
        path = _path(uri)
        return path.startswith("rest/config/") and path not in _UNREPEATABLE and _ended_unanswered(error)
    return method in _REPEATABLE and isinstance(error, ConnectionResetError)


def for_aiohttp(method: str, path: str) -> str:
    """Return a method as aiohttp is to get it, which repeats what is idempotent unless it doesn't recognize the method.

    Args:
        method: HTTP method.
        path: Path of the request.
    """
    return _Unrepeated(method) if method == "PUT" and path in _UNREPEATABLE else method


class _Unrepeated(str):
    """A method that aiohttp finds in no set of methods, such as that of those it repeats. It has no option for that."""

    __slots__ = ()

    __hash__ = object.__hash__

    def upper(self) -> str:
        """Return it as it is: aiohttp would make another string of it."""
        return self


def _ended_unanswered(error: Exception) -> bool:
    """Return whether a connection ended before any byte of the answer came."""
    match error:
        case aiohttp.ServerDisconnectedError():
            return not _half_a_head(error)
        case aiohttp.ClientConnectorError():
            return False  # there was none
        case aiohttp.ClientOSError() | ConnectionResetError():
            return True
        case _:
            return False


def translate(error: Exception, method: str, uri: str) -> SyncthingError:
    """Return the error of this package that stands for any exception raised while a request was made.

    That exception becomes its cause.

    Args:
        error: What was raised.
        method: HTTP method of the request.
        uri: Path of the request.
    """
    path = _path(uri)
    if isinstance(error, SyncthingError):
        return error
    if isinstance(error, StatusError):
        failure = http_error(error.refusal)
    elif isinstance(error, aiohttp.ClientResponseError):  # from a stand-in for `API.raw_request`
        headers: Mapping[str, str] = error.headers if error.headers is not None else {}
        route = find_route(method, path)
        failure = http_error(Refusal(route, method, path, error.status, headers, error.message, genuine=True))
    elif isinstance(error, aiohttp.ServerFingerprintMismatch):  # a pin of a borrowed session
        expected, actual = (f"sha256:{digest.hex()}" for digest in (error.expected, error.got))
        message = f"the certificate is not the expected one: expected {expected}, got {actual}. Nothing was sent"
        failure = FingerprintMismatchError(message, method=method, path=path, expected=expected, actual=actual)
    else:
        kind, message = _classify(error)
        failure = kind(message, method=method, path=path)
    failure.__cause__ = error
    return failure


def _half_a_head(error: aiohttp.ServerDisconnectedError) -> bool:
    """Return whether the connection ended after a part of an answer's head; aiohttp gives that as the message."""
    return not isinstance(error.message, str)


def _path(uri: str) -> str:
    return uri.lstrip("/").partition("?")[0]


def _classify(error: Exception) -> tuple[type[SyncthingError], str]:
    match error:
        case TimeoutError():
            return RequestTimeoutError, "the daemon did not answer in time"
        case ssl.SSLCertVerificationError():
            return TLSError, (
                f"TLS failed: {_reason(error)}. Syncthing's own certificate is self-signed: pin it with "
                "tls=aiosyncthing.Fingerprint(...), which `await aiosyncthing.fetch_fingerprint(url)` fetches. As a "
                "last resort, verify_ssl=False accepts any certificate, also an attacker's"
            )
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return TLSError, f"TLS failed: {_reason(error)}. Is the URL to begin with http://?"
        case aiohttp.ClientPayloadError():
            return IncompleteResponseError, "the connection ended in the middle of the answer"
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return BadRequestError, "the base URL must be like http://127.0.0.1:8384"
        case UnixClientConnectorError():
            return (
                ConnectionFailedError,
                f"can't connect to the socket {error.path}: {_reason(error)}. Is Syncthing running there?",
            )
        case aiohttp.ClientConnectorError():
            host = f"[{error.host}]" if ":" in error.host else error.host
            return (
                ConnectionFailedError,
                f"can't connect to {host}:{error.port}: {_reason(error)}. Is Syncthing running there?",
            )
        case aiohttp.ServerDisconnectedError() if _half_a_head(error):
            return IncompleteResponseError, "the connection ended in the middle of the answer"
        case aiohttp.ServerDisconnectedError():
            return ConnectionFailedError, "the connection was closed without an answer"
        case aiohttp.ClientConnectionError() | OSError():
            return ConnectionFailedError, f"the connection broke: {_reason(error)}"
        case _:
            return SyncthingError, _reason(error)


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return reason(error.certificate_error)  # older versions of aiohttp give it no os_error
    return reason(error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error)
