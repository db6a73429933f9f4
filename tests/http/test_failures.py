"""What aiohttp raises, translated into the errors of this package."""

from __future__ import annotations

import errno
import inspect
import os
import socket
import ssl
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import aiohttp
import pytest
from aiohttp import client_exceptions
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from aiosyncthing._http import failures
from aiosyncthing._http.secrets import Secrets
from aiosyncthing._http.statuses import Refusal
from aiosyncthing._routes import find_route
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    FingerprintMismatchError,
    HostCheckError,
    IncompleteResponseError,
    NotFoundError,
    NotSyncthingError,
    RedirectError,
    RequestTimeoutError,
    ServerError,
    SyncthingError,
    TLSError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
)
from tests.support.server import DAEMON_ID

if TYPE_CHECKING:
    from collections.abc import Callable

KEY: Final = "a-key-that-nobody-may-see"
SECRETS: Final = Secrets([KEY])
BAD_URL: Final = "http://127.0.0.1:99999"
HALF_A_HEAD: Any = object()  # what aiohttp has parsed of it
CERTIFICATE: Final = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")


class _Place(NamedTuple):
    """What aiohttp knows of a connection, as far as its errors show it."""

    host: str = "127.0.0.1"
    port: int = 8384
    is_ssl: bool = False
    ssl: bool = True


PLACE: Any = _Place()


def _response_error(kind: type[aiohttp.ClientResponseError] = aiohttp.ClientResponseError, **options: Any) -> Exception:
    """Return an error as aiohttp makes it: with the headers of the request."""
    url = URL("http://127.0.0.1:8384/rest/system/status")
    request = aiohttp.RequestInfo(url, "GET", CIMultiDictProxy(CIMultiDict({"X-API-Key": KEY})), url)
    return kind(request, (), **({"status": 400, "message": f"bad status line: {KEY}"} | options))


class Row(NamedTuple):
    """What becomes of one of aiohttp's exceptions.

    Attributes:
        make: Makes one as aiohttp does.
        kind: The error that it is translated to.
        sent: The kind that leaves `API.raw_request` in its place; ``None`` for the very same.
    """

    make: Callable[[], Exception]
    kind: type[SyncthingError]
    sent: type[Exception] | None = None


def _named(name: str, *arguments: Any) -> Callable[[], Exception]:
    """Return a maker of an exception that not every supported aiohttp has."""
    return lambda: getattr(client_exceptions, name)(*arguments)


REFUSED: Final = OSError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 8384)")

# Before aiohttp 3.10.6 it was the builtin.
CLOSING: Final[Exception] = getattr(aiohttp, "ClientConnectionResetError", ConnectionResetError)("Cannot write")

# Every exception that aiohttp's client defines, by name. What can't happen here (there are no WebSockets, and redirects
# aren't followed) has its place too, so that nothing is forgotten.
TABLE: Final[dict[str, Row]] = {
    "ClientError": Row(lambda: aiohttp.ClientError("something"), SyncthingError),
    "ClientConnectionError": Row(lambda: aiohttp.ClientConnectionError("Connection lost"), ConnectionFailedError),
    "ClientConnectionResetError": Row(
        _named("ClientConnectionResetError", "Cannot write to closing transport"), ConnectionFailedError
    ),
    "ClientOSError": Row(lambda: aiohttp.ClientOSError(errno.EPIPE, "Broken pipe"), ConnectionFailedError),
    "ClientConnectorError": Row(lambda: aiohttp.ClientConnectorError(PLACE, REFUSED), ConnectionFailedError),
    "ClientProxyConnectionError": Row(
        lambda: aiohttp.ClientProxyConnectionError(PLACE, REFUSED), ConnectionFailedError
    ),
    "ClientConnectorDNSError": Row(
        lambda: aiohttp.ClientConnectorDNSError(PLACE, socket.gaierror(-2, "Name or service not known")),
        ConnectionFailedError,
    ),
    "UnixClientConnectorError": Row(
        _named("UnixClientConnectorError", "/run/gui.socket", PLACE, REFUSED), ConnectionFailedError
    ),
    "ClientSSLError": Row(lambda: aiohttp.ClientSSLError(PLACE, OSError(1, "TLS")), TLSError),
    "ClientConnectorSSLError": Row(
        lambda: aiohttp.ClientConnectorSSLError(PLACE, ssl.SSLError(1, "wrong version number")), TLSError
    ),
    "ClientConnectorCertificateError": Row(
        lambda: aiohttp.ClientConnectorCertificateError(PLACE, CERTIFICATE), TLSError
    ),
    "ServerFingerprintMismatch": Row(
        lambda: aiohttp.ServerFingerprintMismatch(b"one", b"other", "127.0.0.1", 8384), FingerprintMismatchError
    ),
    "ServerConnectionError": Row(lambda: aiohttp.ServerConnectionError("lost"), ConnectionFailedError),
    "ServerDisconnectedError": Row(aiohttp.ServerDisconnectedError, ConnectionFailedError),
    "ServerTimeoutError": Row(aiohttp.ServerTimeoutError, RequestTimeoutError),
    "ConnectionTimeoutError": Row(aiohttp.ConnectionTimeoutError, RequestTimeoutError),
    "SocketTimeoutError": Row(aiohttp.SocketTimeoutError, RequestTimeoutError),
    "ClientPayloadError": Row(lambda: aiohttp.ClientPayloadError("not completed"), IncompleteResponseError),
    "ClientResponseError": Row(_response_error, BadRequestError, NotSyncthingError),
    "ClientHttpProxyError": Row(
        lambda: _response_error(aiohttp.ClientHttpProxyError, status=502), ServerError, ConnectionFailedError
    ),
    "ContentTypeError": Row(lambda: _response_error(aiohttp.ContentTypeError), BadRequestError, NotSyncthingError),
    "TooManyRedirects": Row(
        lambda: _response_error(aiohttp.TooManyRedirects, status=302), RedirectError, NotSyncthingError
    ),
    "WSServerHandshakeError": Row(
        lambda: _response_error(aiohttp.WSServerHandshakeError), BadRequestError, NotSyncthingError
    ),
    "InvalidURL": Row(lambda: aiohttp.InvalidURL(BAD_URL), BadRequestError),
    "InvalidUrlClientError": Row(_named("InvalidUrlClientError", BAD_URL), BadRequestError),
    "InvalidUrlRedirectClientError": Row(_named("InvalidUrlRedirectClientError", BAD_URL), BadRequestError),
    "NonHttpUrlClientError": Row(lambda: aiohttp.NonHttpUrlClientError("ftp://127.0.0.1"), BadRequestError),
    "NonHttpUrlRedirectClientError": Row(_named("NonHttpUrlRedirectClientError", "ftp://127.0.0.1"), BadRequestError),
    "RedirectClientError": Row(_named("RedirectClientError", "x"), SyncthingError),
    "UploadAbortedError": Row(_named("UploadAbortedError", "x"), SyncthingError),
    "WSMessageTypeError": Row(_named("WSMessageTypeError", "x"), SyncthingError),
}
OF_AIOHTTP: Final = sorted(
    name
    for name, value in vars(client_exceptions).items()
    if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == client_exceptions.__name__
)


def test_every_exception_of_aiohttp_is_known() -> None:
    """An exception that a newer aiohttp defines needs its row in the table, and with it a decision."""
    assert set(OF_AIOHTTP) <= TABLE.keys()


@pytest.mark.parametrize("name", OF_AIOHTTP)
def test_translation(name: str) -> None:
    """Each of aiohttp's exceptions becomes the error that says most, with the request's data and itself as cause."""
    error = TABLE[name].make()
    assert type(error).__name__ == name
    failure = failures.translate(error, "POST", "/rest/system/status?device=x")
    assert type(failure) is TABLE[name].kind
    assert (failure.method, failure.path) == ("POST", "rest/system/status")
    assert failure.__cause__ is error
    assert "POST rest/system/status" in str(failure)


@pytest.mark.parametrize("name", OF_AIOHTTP)
def test_what_leaves_the_client(name: str) -> None:
    """An error that holds the request's headers is replaced by one that doesn't; any other leaves as it is."""
    error = TABLE[name].make()
    left = failures.without_secrets(error, "GET", "/rest/system/status?x=y", SECRETS)
    expected = TABLE[name].sent
    if expected is None:
        assert left is error
    else:
        assert type(left) is expected
        assert isinstance(left, SyncthingError)
        assert (left.method, left.path) == ("GET", "rest/system/status")
        assert left.__cause__ is left.__context__ is None
        assert "bad status line: ***" in str(left)  # what the other side sent has gone through the mask
    assert KEY not in f"{left!r} {left} {left.args} {vars(left)}"


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (TimeoutError(), RequestTimeoutError, "did not answer in time"),
        (ConnectionResetError(errno.ECONNRESET, "x"), ConnectionFailedError, os.strerror(errno.ECONNRESET)),
        (OSError(errno.ENETUNREACH, "connect failed"), ConnectionFailedError, os.strerror(errno.ENETUNREACH)),
        (ssl.SSLError(1, "handshake failure"), TLSError, "handshake failure"),
        (CERTIFICATE, TLSError, "verify_ssl=False"),
        (RuntimeError("Session is closed"), SyncthingError, "Session is closed"),
        (aiohttp.ServerDisconnectedError("Server disconnected"), ConnectionFailedError, "without an answer"),
        (aiohttp.ServerDisconnectedError(HALF_A_HEAD), IncompleteResponseError, "in the middle of the answer"),
        (Exception(), SyncthingError, "Exception"),
        (KeyError("id"), SyncthingError, "'id'"),
    ],
)
def test_other_exceptions(error: Exception, kind: type[SyncthingError], words: str) -> None:
    """What is not aiohttp's is translated too, and the message always says something."""
    failure = failures.translate(error, "GET", "rest/events")
    assert type(failure) is kind
    assert words in str(failure)


def test_a_pin_of_a_borrowed_session() -> None:
    """What aiohttp's own pin has refused is told like what ours refuses: both fingerprints, as text."""
    error = aiohttp.ServerFingerprintMismatch(b"\x01" * 32, b"\xab" * 32, "127.0.0.1", 8384)
    failure = failures.translate(error, "GET", "rest/events")
    assert isinstance(failure, FingerprintMismatchError)
    assert (failure.expected, failure.actual) == (f"sha256:{'01' * 32}", f"sha256:{'ab' * 32}")
    assert failure.expected in str(failure)
    assert failure.actual in str(failure)


def test_a_socket_is_named_by_its_path() -> None:
    """That nobody listens on a Unix socket is said with its path, not with the host that HTTP is told."""
    failure = failures.translate(TABLE["UnixClientConnectorError"].make(), "GET", "rest/events")
    assert f"can't connect to the socket /run/gui.socket: {os.strerror(errno.ECONNREFUSED)}" in str(failure)
    assert "127.0.0.1" not in str(failure)


@pytest.mark.parametrize(("host", "shown"), [("localhost", "localhost:8384"), ("::1", "[::1]:8384")])
def test_the_address_is_shown_as_in_urls(host: str, shown: str) -> None:
    """An IPv6 address stands in brackets, or the port would seem to be a part of it."""
    error = aiohttp.ClientConnectorError(PLACE._replace(host=host), REFUSED)
    assert f"can't connect to {shown}: " in str(failures.translate(error, "GET", "rest/x"))


def test_what_to_do_about_a_certificate() -> None:
    """The advice is to pin, and to switch the check off as the last resort only."""
    text = str(failures.translate(CERTIFICATE, "GET", "rest/events"))
    assert text.index("tls=aiosyncthing.Fingerprint") < text.index("fetch_fingerprint") < text.index("verify_ssl=False")


def test_own_errors_stay() -> None:
    """An error of this package is returned as it is."""
    error = UnknownFolderError("no such folder", method="GET", path="rest/db/status")
    assert failures.translate(error, "POST", "rest/system/pause") is error
    assert failures.without_secrets(error, "POST", "rest/system/pause", SECRETS) is error
    assert (error.method, error.path) == ("GET", "rest/db/status")


def test_own_errors_learn_their_request() -> None:
    """An error made before the request was known gets method and path."""
    error = BadRequestError("the base URL is bad")
    assert failures.without_secrets(error, "POST", "/rest/system/pause?device=x", SECRETS) is error
    assert (error.method, error.path) == ("POST", "rest/system/pause")


@pytest.mark.parametrize(
    ("method", "uri", "status", "text", "kind"),
    [
        ("GET", "rest/system/status", 401, "", UnauthorizedError),
        ("GET", "rest/system/status", 403, "CSRF Error", UnauthorizedError),
        ("GET", "rest/system/status", 403, "Host check error", HostCheckError),
        ("GET", "rest/system/status", 404, "", NotFoundError),
        ("GET", "rest/db/status", 404, "", UnknownFolderError),
        ("POST", "/rest/system/pause?device=x", 404, "", UnknownDeviceError),
        ("GET", "rest/system/status", 500, "", ServerError),
        ("GET", "rest/system/status", 307, "", RedirectError),
    ],
)
def test_statuses(method: str, uri: str, status: int, text: str, kind: type[SyncthingError]) -> None:
    """An error of aiohttp's with a status, also one that a user's test raises, means what the status means there."""
    failure = failures.translate(_response_error(status=status, message=text), method, uri)
    assert type(failure) is kind
    assert (failure.status, failure.body) == (status, text or None)


def test_status_error_holds_what_the_daemon_said() -> None:
    """The error of an answer has the daemon's words and headers, and nothing of the request but URL and method."""
    url = URL("http://127.0.0.1:8384/rest/db/status?folder=x")
    headers = CIMultiDict({"Content-Type": "text/plain", "X-Syncthing-ID": DAEMON_ID})
    refusal = Refusal(find_route("GET", "rest/db/status"), "GET", "rest/db/status", 404, headers, "no such folder\n")
    error = failures.StatusError(url, refusal)
    assert (error.status, error.message) == (404, "no such folder")
    assert error.headers is not None
    assert error.headers["x-syncthing-id"] == DAEMON_ID
    assert error.request_info.real_url == url
    assert not error.request_info.headers
    assert type(failures.translate(error, "GET", "rest/db/status")) is UnknownFolderError


def _chain() -> Exception:
    """Return an error with a cause that has a context, all of which passed frames whose variables show the key."""

    def fail() -> None:
        head = f"X-API-Key: {KEY}".encode()
        raise OSError(len(head), "first")

    try:
        try:
            try:
                fail()
            except OSError:
                raise ValueError("second")  # noqa: B904 - the context is what this is about
        except ValueError as error:
            raise aiohttp.ClientConnectionError("third") from error
    except aiohttp.ClientConnectionError as error:
        return error


def test_frames_are_forgotten() -> None:
    """None of the errors of a chain leads to the frames of aiohttp, whose variables hold the request as bytes."""
    error = _chain()
    assert error.__traceback__ is not None
    assert failures.without_secrets(error, "GET", "rest/events", SECRETS) is error
    links: list[BaseException | None] = [error, error.__cause__, error.__cause__ and error.__cause__.__context__]
    assert [link.__traceback__ for link in links if link is not None] == [None, None, None]


def test_frames_of_the_caller_are_kept() -> None:
    """What the caller was handling when it made the request keeps its traceback, even if it can't be hashed."""

    class Unhashable(Exception):  # noqa: N818 - a name says it all
        __hash__ = None  # type: ignore[assignment] # what a dataclass with eq=True is

    def handle() -> Exception:
        try:
            raise Unhashable  # noqa: TRY301 - it has to be handled right here
        except Unhashable:
            return failures.without_secrets(_chain(), "GET", "rest/events", SECRETS)

    link: BaseException | None = handle()
    while link is not None and not isinstance(link, Unhashable):
        assert link.__traceback__ is None
        link = link.__cause__ or link.__context__
    assert link is not None
    assert link.__traceback__ is not None


def test_every_kind_is_also_the_builtin() -> None:
    """Programs that catch the builtin exceptions catch the errors of this package."""
    assert issubclass(RequestTimeoutError, TimeoutError)
    for kind in (ConnectionFailedError, TLSError, IncompleteResponseError):
        assert issubclass(kind, ConnectionError)
    assert issubclass(BadRequestError, ValueError)


@pytest.mark.parametrize(
    ("error", "method", "uri", "repeated"),
    [
        (aiohttp.ServerDisconnectedError(), "PATCH", "/rest/config/ldap", True),
        (aiohttp.ServerDisconnectedError(HALF_A_HEAD), "PATCH", "rest/config/ldap", False),
        (aiohttp.ServerDisconnectedError(), "PATCH", "/rest/config/gui", False),  # it may have been its own doing
        (aiohttp.ClientOSError(errno.ECONNRESET, "reset"), "PATCH", "rest/config/folders/x?y", True),
        (CLOSING, "PATCH", "rest/config/options", True),
        (aiohttp.ClientConnectorError(PLACE, REFUSED), "PATCH", "rest/config/options", False),
        (aiohttp.ClientPayloadError("x"), "PATCH", "rest/config/options", False),
        (TimeoutError(), "PATCH", "rest/config/options", False),
        (aiohttp.ServerDisconnectedError(), "PATCH", "rest/of/the/future", False),
        (aiohttp.ServerDisconnectedError(), "POST", "rest/config/folders", False),
        (CLOSING, "POST", "rest/config/folders", False),
        # aiohttp has repeated these itself already.
        (aiohttp.ServerDisconnectedError(), "GET", "rest/config", False),
        (aiohttp.ClientOSError(errno.ECONNRESET, "reset"), "PUT", "rest/config", False),
        # These it hasn't.
        (CLOSING, "GET", "rest/config", True),
        (CLOSING, "PUT", "rest/config", True),
        (CLOSING, "DELETE", "rest/config/folders/x", True),
    ],
)
def test_what_may_be_sent_again(error: Exception, method: str, uri: str, repeated: bool) -> None:
    """What has the same effect twice, if the connection ended unanswered, and aiohttp has not repeated it itself."""
    assert failures.may_repeat(error, method, uri) is repeated
