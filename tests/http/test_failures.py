"""Every exception of aiohttp becomes an error of this package."""

from __future__ import annotations

import errno
import inspect
import os
import socket
import ssl
from typing import Any, Final, NamedTuple

import aiohttp
import pytest
from aiohttp import client_exceptions
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from aiosyncthing._http import failures
from aiosyncthing._http.secrets import Secrets
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    FingerprintMismatchError,
    HostCheckError,
    IncompleteResponseError,
    NotSyncthingError,
    RequestTimeoutError,
    SyncthingError,
    TLSError,
    UnknownDeviceError,
    UnknownFolderError,
)
from tests.support.server import KEY

SECRETS: Final = Secrets([KEY])
BAD_URL: Final = "http://127.0.0.1:99999"
HALF_A_HEAD: Any = object()  # where aiohttp passes the parsed head
CERTIFICATE: Final = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")


class _Place(NamedTuple):
    """The part of aiohttp's connection key that its errors show."""

    host: str = "127.0.0.1"
    port: int = 8384
    is_ssl: bool = False
    ssl: bool = True


PLACE: Any = _Place()
RESPONSE: Final = aiohttp.ClientResponseError


REFUSED: Final = OSError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 8384)")

# For each exception of aiohttp's client, by name, its class here and its arguments; even for those that can't occur (of
# WebSockets and redirects), so that none is forgotten.
TABLE: Final[dict[str, tuple[Any, ...]]] = {
    "ClientError": (SyncthingError, "something"),
    "ClientConnectionError": (ConnectionFailedError, "Connection lost"),
    "ClientConnectionResetError": (ConnectionFailedError, "Cannot write to closing transport"),
    "ClientOSError": (ConnectionFailedError, errno.EPIPE, "Broken pipe"),
    "ClientConnectorError": (ConnectionFailedError, PLACE, REFUSED),
    "ClientProxyConnectionError": (ConnectionFailedError, PLACE, REFUSED),
    "ClientConnectorDNSError": (ConnectionFailedError, PLACE, socket.gaierror(-2, "Name or service not known")),
    "UnixClientConnectorError": (ConnectionFailedError, "/run/gui.socket", PLACE, REFUSED),
    "ClientSSLError": (TLSError, PLACE, OSError(1, "TLS")),
    "ClientConnectorSSLError": (TLSError, PLACE, ssl.SSLError(1, "wrong version number")),
    "ClientConnectorCertificateError": (TLSError, PLACE, CERTIFICATE),
    "ServerFingerprintMismatch": (FingerprintMismatchError, b"one", b"other", "127.0.0.1", 8384),
    "ServerConnectionError": (ConnectionFailedError, "lost"),
    "ServerDisconnectedError": (ConnectionFailedError,),
    "ServerTimeoutError": (RequestTimeoutError,),
    "ConnectionTimeoutError": (RequestTimeoutError,),
    "SocketTimeoutError": (RequestTimeoutError,),
    "ClientPayloadError": (IncompleteResponseError, "not completed"),
    "ClientResponseError": (BadRequestError,),
    "ClientHttpProxyError": (BadRequestError,),
    "ContentTypeError": (BadRequestError,),
    "TooManyRedirects": (BadRequestError,),
    "WSServerHandshakeError": (BadRequestError,),
    "InvalidURL": (BadRequestError, BAD_URL),
    "InvalidUrlClientError": (BadRequestError, BAD_URL),
    "InvalidUrlRedirectClientError": (BadRequestError, BAD_URL),
    "NonHttpUrlClientError": (BadRequestError, "ftp://127.0.0.1"),
    "NonHttpUrlRedirectClientError": (BadRequestError, "ftp://127.0.0.1"),
    "RedirectClientError": (SyncthingError, "x"),
    "UploadAbortedError": (SyncthingError, "x"),
    "WSMessageTypeError": (SyncthingError, "x"),
}
# Those with the request's headers, and the classes that `API.raw_request` raises instead.
REPLACED: Final[dict[str, type[SyncthingError]]] = {
    **{name: NotSyncthingError for name in TABLE if issubclass(getattr(client_exceptions, name, object), RESPONSE)},
    "ClientHttpProxyError": ConnectionFailedError,
}
OF_AIOHTTP: Final = sorted(
    name
    for name, value in vars(client_exceptions).items()
    if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == client_exceptions.__name__
)


def response_error(name: str, **options: Any) -> Exception:
    """Return an error as aiohttp raises it: with the request's headers."""
    url = URL("http://127.0.0.1:8384/rest/system/status")
    request = aiohttp.RequestInfo(url, "GET", CIMultiDictProxy(CIMultiDict({"X-API-Key": KEY})), url)
    options = {"status": 400, "message": f"bad status line: {KEY}"} | options
    error: Exception = getattr(client_exceptions, name)(request, (), **options)
    return error


def make(name: str) -> Exception:
    """Return an exception as aiohttp raises it."""
    if name in REPLACED:
        return response_error(name)
    error: Exception = getattr(client_exceptions, name)(*TABLE[name][1:])
    return error


def test_every_exception_of_aiohttp_is_known() -> None:
    """An exception that is new in aiohttp needs a decision, and a row in the table."""
    assert set(OF_AIOHTTP) <= TABLE.keys(), "decide in failures.py what the others become, and add them to TABLE"


@pytest.mark.parametrize("name", OF_AIOHTTP)
def test_every_exception(name: str) -> None:
    """Each becomes the most specific error, which names the request and has the exception as its cause.

    What leaves `raw_request` is the exception itself, or a replacement if it holds the request's headers.
    """
    error = make(name)
    assert type(error).__name__ == name
    failure = failures.translate(error, "POST", "/rest/system/status?device=x")
    assert type(failure) is TABLE[name][0]
    assert (failure.method, failure.path, failure.__cause__) == ("POST", "rest/system/status", error)
    assert "POST rest/system/status" in str(failure)
    left = failures.without_secrets(error, "GET", "/rest/system/status?x=y", SECRETS)
    if name not in REPLACED:
        assert left is error
    else:
        assert type(left) is REPLACED[name]
        assert isinstance(left, SyncthingError)
        assert (left.method, left.path) == ("GET", "rest/system/status")
        assert left.__cause__ is left.__context__ is None
        assert "bad status line: ***" in str(left)  # what the server sent has been masked
    assert KEY not in f"{left!r} {left} {left.args} {vars(left)}"


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (TimeoutError(), RequestTimeoutError, "did not answer in time"),
        (ConnectionResetError(errno.ECONNRESET, "x"), ConnectionFailedError, os.strerror(errno.ECONNRESET)),
        (OSError(errno.ENETUNREACH, "connect failed"), ConnectionFailedError, os.strerror(errno.ENETUNREACH)),
        (CERTIFICATE, TLSError, "self-signed certificate"),
        (RuntimeError("Session is closed"), SyncthingError, "Session is closed"),
        (aiohttp.ServerDisconnectedError("Server disconnected"), ConnectionFailedError, "without an answer"),
        (aiohttp.ServerDisconnectedError(HALF_A_HEAD), IncompleteResponseError, "in the middle of the answer"),
        (Exception(), SyncthingError, "Exception"),
        (KeyError("id"), SyncthingError, "'id'"),
        (aiohttp.ClientConnectorError(PLACE, REFUSED), ConnectionFailedError, "can't connect to 127.0.0.1:8384: "),
        (
            aiohttp.ClientConnectorError(PLACE._replace(host="::1"), REFUSED),
            ConnectionFailedError,
            "can't connect to [::1]:8384: ",
        ),
        (
            make("UnixClientConnectorError"),
            ConnectionFailedError,
            f"can't connect to the socket /run/gui.socket: {os.strerror(errno.ECONNREFUSED)}",
        ),
    ],
)
def test_messages(error: Exception, kind: type[SyncthingError], words: str) -> None:
    """Builtin exceptions are translated too, and the message always names the cause, and the address."""
    failure = failures.translate(error, "GET", "rest/events")
    assert type(failure) is kind
    assert words in str(failure)


def test_what_to_do_about_a_certificate() -> None:
    """The advice is to pin it; turning off verification is the last resort."""
    text = str(failures.translate(CERTIFICATE, "GET", "rest/events"))
    assert text.index("tls=aiosyncthing.Fingerprint") < text.index("fetch_fingerprint") < text.index("verify_ssl=False")


def test_fingerprints_of_a_pin_in_the_session() -> None:
    """The error for aiohttp's own pins has both fingerprints in this package's notation."""
    error = aiohttp.ServerFingerprintMismatch(b"\x01" * 32, b"\xab" * 32, "127.0.0.1", 8384)
    failure = failures.translate(error, "GET", "rest/events")
    assert isinstance(failure, FingerprintMismatchError)
    assert (failure.expected, failure.actual) == (f"sha256:{'01' * 32}", f"sha256:{'ab' * 32}")
    assert failure.expected in str(failure)
    assert failure.actual in str(failure)


def test_errors_of_this_package_stay() -> None:
    """They are returned as they are, except that one without a request learns method and path."""
    error = UnknownFolderError("no such folder", method="GET", path="rest/db/status")
    assert failures.translate(error, "POST", "rest/system/pause") is error
    assert failures.without_secrets(error, "POST", "rest/system/pause", SECRETS) is error
    assert (error.method, error.path) == ("GET", "rest/db/status")
    error = BadRequestError("the base URL is bad")
    assert failures.without_secrets(error, "POST", "/rest/system/pause?device=x", SECRETS) is error
    assert (error.method, error.path) == ("POST", "rest/system/pause")


def test_statuses() -> None:
    """An aiohttp error with a status, as a test of a program raises it, means what the daemon's status means there."""
    for uri, status, text, kind in (
        ("rest/system/status", 403, "Host check error", HostCheckError),
        ("/rest/system/pause?device=x", 404, "", UnknownDeviceError),
    ):
        error = response_error("ClientResponseError", status=status, message=text)
        failure = failures.translate(error, "POST" if "pause" in uri else "GET", uri)
        assert (type(failure), failure.status, failure.body) == (kind, status, text or None)


# Before aiohttp 3.10.6 it was the builtin.
CLOSING: Final[Exception] = getattr(aiohttp, "ClientConnectionResetError", ConnectionResetError)("Cannot write")


@pytest.mark.parametrize(
    ("error", "method", "uri", "repeated"),
    [
        (aiohttp.ServerDisconnectedError(), "PATCH", "/rest/config/ldap", True),
        (aiohttp.ClientOSError(errno.ECONNRESET, "reset"), "PATCH", "rest/config/folders/x?y", True),
        (CLOSING, "PATCH", "rest/config/options", True),
        (aiohttp.ClientConnectorError(PLACE, REFUSED), "PATCH", "rest/config/options", False),
        (aiohttp.ClientPayloadError("x"), "PATCH", "rest/config/options", False),
        (TimeoutError(), "PATCH", "rest/config/options", False),
        (CLOSING, "POST", "rest/config/folders", False),
        # aiohttp has repeated these itself already,
        (aiohttp.ServerDisconnectedError(), "GET", "rest/config", False),
        (aiohttp.ClientOSError(errno.ECONNRESET, "reset"), "PUT", "rest/config", False),
        # but not these.
        *((CLOSING, method, "rest/config/folders/x", True) for method in ("GET", "PUT", "DELETE")),
    ],
)
def test_what_may_be_repeated(error: Exception, method: str, uri: str, repeated: bool) -> None:
    """A request that has the same effect twice, if the connection ended unanswered, and aiohttp hasn't repeated it."""
    assert failures.may_repeat(error, method, uri) is repeated
