"""What aiohttp raises, translated into the errors of this package.

aiohttp's `ClientResponseError` carries the request's headers, and with them the API key. None of them leaves `API`
as aiohttp made it: an answer with an error status becomes a `StatusError`, made here without those headers.
"""

from __future__ import annotations

import ssl
import sys
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.client_exceptions import UnixClientConnectorError
from multidict import CIMultiDict, CIMultiDictProxy

from ._reasons import reason
from ._routes import find_route
from ._wire import http_error
from .exceptions import (
    BadRequestError,
    ConnectionFailedError,
    FingerprintMismatchError,
    IncompleteResponseError,
    NotSyncthingError,
    RequestTimeoutError,
    SyncthingError,
    TLSError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from yarl import URL

__all__ = ["status_error", "translate", "without_key"]

_NO_HEADERS: CIMultiDictProxy[str] = CIMultiDictProxy(CIMultiDict())


def status_error(
    method: str, url: URL, status: int, text: str, headers: Mapping[str, str]
) -> aiohttp.ClientResponseError:
    """Make the error of an answer with an error status, with the daemon's words as its message.

    Args:
        method: HTTP method.
        url: The URL that was asked.
        status: HTTP status.
        text: The answer's body.
        headers: The answer's headers.
    """
    request = aiohttp.RequestInfo(url, method, _NO_HEADERS, url)
    return aiohttp.ClientResponseError(
        request, (), status=status, message=text.strip(), headers=CIMultiDictProxy(CIMultiDict(headers))
    )


def without_key(error: Exception, method: str, uri: str, mask: Callable[[str], str]) -> Exception:
    """Return what to raise, outside of any handler, in the place of what came out of aiohttp.

    Where aiohttp writes to a connection, variables hold the whole request as bytes, and some loggers show variables:
    such errors forget which frames they passed. Errors that hold the headers themselves are replaced.

    Args:
        error: What was raised.
        method: HTTP method of the request.
        uri: Path of the request.
        mask: Removes the key from what the other side has sent.
    """
    path = _path(uri)
    if isinstance(error, SyncthingError):
        if error.method is None:
            error.method, error.path = method, path
        return error
    if isinstance(error, aiohttp.ClientResponseError) and error.request_info.headers is not _NO_HEADERS:
        reason = mask(" ".join(error.message.split()))
        if isinstance(error, aiohttp.ClientHttpProxyError):
            message = f"the HTTP proxy does not connect: {error.status} {reason}"
            return ConnectionFailedError(message, method=method, path=path)
        message = f"the answer is not HTTP as it should be ({reason}): another program on that port?"
        return NotSyncthingError(message, method=method, path=path)
    _forget_frames(error)
    return error


def _forget_frames(error: BaseException) -> None:
    callers = sys.exception()  # what the caller is dealing with became the context of everything raised since
    known = {id(callers)}
    chain: list[BaseException | None] = [error]
    while chain:
        link = chain.pop()
        if link is not None and id(link) not in known:
            known.add(id(link))
            link.__traceback__ = None
            chain += [link.__cause__, link.__context__]


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
    if isinstance(error, aiohttp.ClientResponseError):
        headers: Mapping[str, str] = error.headers if error.headers is not None else {}
        failure = http_error(find_route(method, path), method, path, error.status, headers, error.message)
    elif isinstance(error, aiohttp.ServerFingerprintMismatch):  # a pin of a borrowed session
        expected, actual = (f"sha256:{digest.hex()}" for digest in (error.expected, error.got))
        message = f"the certificate is not the expected one: expected {expected}, got {actual}. Nothing was sent"
        failure = FingerprintMismatchError(message, method=method, path=path, expected=expected, actual=actual)
    else:
        kind, message = _classify(error)
        failure = kind(message, method=method, path=path)
    failure.__cause__ = error
    return failure


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
                "last resort, verify_ssl=False accepts any certificate, also that of somebody in between"
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
            where = f"{error.host}:{error.port}"
            return (
                ConnectionFailedError,
                f"can't connect to {where}: {_reason(error)}. Is Syncthing running there?",
            )
        case aiohttp.ServerDisconnectedError(message=str()):
            return ConnectionFailedError, "the connection was closed without an answer"
        case aiohttp.ServerDisconnectedError():  # with the part of the head that came
            return IncompleteResponseError, "the connection ended in the middle of the answer"
        case aiohttp.ClientConnectionError() | OSError():
            return ConnectionFailedError, f"the connection broke: {_reason(error)}"
        case _:
            return SyncthingError, _reason(error)


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return reason(error.certificate_error)  # older versions of aiohttp give it no os_error
    return reason(error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error)
