"""Translates aiohttp's exceptions into the errors of this package.

aiohttp's `ClientResponseError` carries the request's headers, and with them the API key, so none leaves `API` as
aiohttp raised it: an answer with an error status becomes a `StatusError`, which has no such headers.
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

from .place import reason
from .statuses import Refusal, http_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from yarl import URL

    from .secrets import Secrets

_REPEATABLE: Final = {"GET", "PUT", "DELETE"}
# These may change the GUI's settings: the daemon then closes connections by itself, and two changes in a row can leave
# it without its API.
_UNREPEATABLE: Final = {_routes.PUT_GUI.path, _routes.REPLACE_CONFIG.path}
_HALF_A_HEAD: Final = b"half a head"
_NO_HEADERS: CIMultiDictProxy[str] = CIMultiDictProxy(CIMultiDict())


class StatusError(aiohttp.ClientResponseError):
    """An answer with an error status; the message is the daemon's text.

    Args:
        url: The requested URL.
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


_PIN: Final = (
    "pin it with tls=aiosyncthing.Fingerprint(...), which `await aiosyncthing.fetch_fingerprint(url)` returns. As a "
    "last resort, verify_ssl=False accepts any certificate, even an attacker's"
)


def without_secrets(error: Exception, method: str, uri: str, secrets: Secrets) -> Exception:
    """Return the exception to raise in place of one from aiohttp or this package, outside of any handler.

    An error that holds the request's headers is replaced. Any other loses its traceback and the secrets that the server
    may have echoed.

    Args:
        error: The exception that was raised.
        method: HTTP method of the request.
        uri: Path of the request.
        secrets: What to remove.
    """
    path = _path(uri)
    if isinstance(error, aiohttp.ClientResponseError) and not isinstance(error, StatusError):
        said = secrets.mask(" ".join(error.message.split()))
        if isinstance(error, aiohttp.ClientHttpProxyError):
            message = f"the HTTP proxy refused to connect: {error.status} {said}"
            return ConnectionFailedError(message, method=method, path=path)
        message = f"the answer is not valid HTTP ({said}): is another program using that port?"
        return NotSyncthingError(message, method=method, path=path)
    if isinstance(error, SyncthingError) and error.method is None:
        error.method, error.path = method, path
    elif isinstance(error, aiohttp.ServerDisconnectedError) and _half_a_head(error):
        error.message, error.args = cast("Any", _HALF_A_HEAD), (_HALF_A_HEAD,)
    secrets.clean(error)
    return error


def may_repeat(error: Exception, method: str, uri: str) -> bool:
    """Return whether to repeat, once, a request that failed on a reused connection.

    The daemon closes idle connections, possibly just as a request is sent; then a request that has the same effect
    twice can be repeated. aiohttp itself repeats GET, PUT and DELETE (see `for_aiohttp`), but not PATCH, nor a request
    that it could not start to write.

    Args:
        error: The exception that was raised before there was an answer.
        method: HTTP method of the request.
        uri: Path of the request.
    """
    if method == "PATCH":
        path = _path(uri)
        return path.startswith("rest/config/") and path not in _UNREPEATABLE and _ended_unanswered(error)
    return method in _REPEATABLE and isinstance(error, ConnectionResetError)


def for_aiohttp(method: str, path: str) -> str:
    """Return the method to pass to aiohttp, which repeats idempotent requests unless it doesn't recognize the method.

    Args:
        method: HTTP method.
        path: Path of the request.
    """
    return _Unrepeated(method) if method == "PUT" and path in _UNREPEATABLE else method


class _Unrepeated(str):
    """A method that is in none of aiohttp's sets, such as the one of idempotent methods: there is no option for it."""

    __slots__ = ()

    __hash__ = object.__hash__

    def upper(self) -> str:
        """Return the object itself; aiohttp would go on with another string."""
        return self


def _ended_unanswered(error: Exception) -> bool:
    """Return whether the connection ended before the first byte of the answer."""
    match error:
        case aiohttp.ServerDisconnectedError():
            return not _half_a_head(error)
        case aiohttp.ClientConnectorError():
            return False  # there was no connection
        case aiohttp.ClientOSError() | ConnectionResetError():
            return True
        case _:
            return False


def translate(error: Exception, method: str, uri: str) -> SyncthingError:
    """Return the error of this package for an exception raised during a request, with that exception as its cause.

    Args:
        error: The exception that was raised.
        method: HTTP method of the request.
        uri: Path of the request.
    """
    path = _path(uri)
    if isinstance(error, SyncthingError):
        return error
    if isinstance(error, StatusError):
        failure = http_error(error.refusal)
    elif isinstance(error, aiohttp.ClientResponseError):  # from a replacement for `API.raw_request`
        headers: Mapping[str, str] = error.headers if error.headers is not None else {}
        route = find_route(method, path)
        failure = http_error(Refusal(route, method, path, error.status, headers, error.message, genuine=True))
    elif isinstance(error, aiohttp.ServerFingerprintMismatch):  # a pin in the session that was passed in
        expected, actual = (f"sha256:{digest.hex()}" for digest in (error.expected, error.got))
        message = f"the certificate is not the pinned one: expected {expected}, got {actual}. Nothing was sent"
        failure = FingerprintMismatchError(message, method=method, path=path, expected=expected, actual=actual)
    else:
        kind, message = _classify(error)
        failure = kind(message, method=method, path=path)
        if isinstance(error, ssl.SSLCertVerificationError):
            failure.remedy = _PIN
    failure.__cause__ = error
    return failure


def _half_a_head(error: aiohttp.ServerDisconnectedError) -> bool:
    """Return whether the connection ended within the head of the answer: then aiohttp puts that in the message."""
    return not isinstance(error.message, str)


def _path(uri: str) -> str:
    return uri.lstrip("/").partition("?")[0]


def _classify(error: Exception) -> tuple[type[SyncthingError], str]:
    match error:
        case TimeoutError() if type(error) is TimeoutError and str(error):  # by `Limit`
            return RequestTimeoutError, f"the daemon did not answer within {error}"
        case TimeoutError():
            return RequestTimeoutError, "the daemon did not answer in time"
        case ssl.SSLCertVerificationError():
            return TLSError, f"TLS failed: {_reason(error)}. Syncthing's own certificate is self-signed"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return TLSError, f"TLS failed: {_reason(error)}. Should the URL begin with http://?"
        case aiohttp.ClientPayloadError():
            return IncompleteResponseError, "the connection ended in the middle of the answer"
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return BadRequestError, "the base URL must look like http://127.0.0.1:8384"
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
        return reason(error.certificate_error)  # older versions of aiohttp set no os_error
    return reason(error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error)
