"""Everything that can go wrong with a request, each as a real server, socket or session that makes it go wrong."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import aiohttp
from yarl import URL

from aiosyncthing import Fingerprint
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    FingerprintMismatchError,
    HostCheckError,
    IncompleteResponseError,
    InvalidResponseError,
    MigrationError,
    NotFoundError,
    NotSyncthingError,
    ProxyError,
    RedirectError,
    RequestTimeoutError,
    ServerError,
    SyncthingError,
    TLSError,
    UnauthorizedError,
)

from .listening import HEADERS, listening, server_context
from .server import Answer, Server, as_text

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

__all__ = ["BROKEN", "SHORT", "Broken", "Place"]

SHORT: Final = 0.2
"""Seconds after which those requests give up that wait for something that never comes."""

MIGRATION: Final = "*** Database migration in progress ***\n\nMigrating folder default: 1000 files\n"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the client is to send its requests.

    Attributes:
        url: Base URL.
        options: Further arguments of the client.
        closed: Whether to close the client first.
    """

    url: str
    options: dict[str, Any] = field(default_factory=dict)
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that makes requests fail.

    Attributes:
        name: What to call it.
        place: Makes it.
        kind: The error that it is.
        builtin: The builtin exception that the error is, too.
        words: What the message must say.
        status: The status that the error has.
        body: The daemon's words that the error has.
        json: Whether it matters only where JSON is expected.
    """

    name: str
    place: Callable[[], AbstractAsyncContextManager[Place]]
    kind: type[SyncthingError]
    words: str
    builtin: type[Exception] = Exception
    status: int | None = None
    body: str | None = None
    json: bool = False

    def __str__(self) -> str:
        """Name it in the output of pytest."""
        return self.name


def _answering(answer: Answer) -> Callable[[], AbstractAsyncContextManager[Place]]:
    @asynccontextmanager
    async def place() -> AsyncGenerator[Place]:
        async with Server(answer=lambda _: answer) as server:
            yield Place(server.url)

    return place


def _serving(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]],
    scheme: str = "http",
    **options: Any,
) -> Callable[[], AbstractAsyncContextManager[Place]]:
    @asynccontextmanager
    async def place() -> AsyncGenerator[Place]:
        async with listening(serve) as port:
            yield Place(f"{scheme}://127.0.0.1:{port}", options)

    return place


def _at(url: str, *, closed: bool = False) -> Callable[[], AbstractAsyncContextManager[Place]]:
    @asynccontextmanager
    async def place() -> AsyncGenerator[Place]:
        yield Place(url, closed=closed)

    return place


@asynccontextmanager
async def _nobody_there() -> AsyncGenerator[Place]:
    # Bound but not listening: nobody else can get this port meanwhile.
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield Place(f"http://127.0.0.1:{bound.getsockname()[1]}")


@asynccontextmanager
async def _unknown_host() -> AsyncGenerator[Place]:
    failure = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    with patch.object(asyncio.get_running_loop(), "getaddrinfo", side_effect=failure):
        yield Place("http://nas.invalid:8384")


@asynccontextmanager
async def _never_connecting() -> AsyncGenerator[Place]:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        try:
            for one in waiting:  # when the queue is full, the system doesn't react to further ones
                one.setblocking(False)
                one.connect_ex(address)
            yield Place(f"http://127.0.0.1:{address[1]}", {"timeout": SHORT})
        finally:
            for one in waiting:
                one.close()


@asynccontextmanager
async def _never_resolving() -> AsyncGenerator[Place]:
    async def getaddrinfo(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    with patch.object(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo):
        yield Place("http://nas.invalid:8384", {"timeout": SHORT})


async def _say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def _stop_in_the_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEADERS + b'Content-Length: 100\r\n\r\n{"myID": ')
    await reader.read()


async def _reset_in_the_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEADERS + b'Content-Length: 100\r\n\r\n{"myID": ')
    await writer.drain()
    # Without lingering, closing sends a reset.
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _speak_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    await writer.drain()


async def _refuse_tunnels(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


@asynccontextmanager
async def _self_signed() -> AsyncGenerator[Place]:
    async with listening(_say_nothing, server_context()) as port:
        yield Place(f"https://127.0.0.1:{port}")


@asynccontextmanager
async def _http_to_tls() -> AsyncGenerator[Place]:
    async with listening(_say_nothing, server_context()) as port:
        yield Place(f"http://127.0.0.1:{port}")


@asynccontextmanager
async def _other_certificate() -> AsyncGenerator[Place]:
    connector = aiohttp.TCPConnector(ssl=aiohttp.Fingerprint(bytes(32)))
    async with listening(_say_nothing, server_context()) as port, aiohttp.ClientSession(connector=connector) as session:
        yield Place(f"https://127.0.0.1:{port}", {"session": session, "verify_ssl": False})


@asynccontextmanager
async def _pinned_another() -> AsyncGenerator[Place]:
    async with listening(_say_nothing, server_context()) as port:
        yield Place(f"https://127.0.0.1:{port}", {"tls": Fingerprint("ab" * 32)})


@asynccontextmanager
async def _no_authority() -> AsyncGenerator[Place]:
    yield Place("https://127.0.0.1:8384", {"tls": "/nowhere/ca.pem"})


@asynccontextmanager
async def _closed_session() -> AsyncGenerator[Place]:
    session = aiohttp.ClientSession()
    await session.close()
    yield Place("http://127.0.0.1:8384", {"session": session})


class _ClosingConnector(aiohttp.TCPConnector):
    """Loses each connection right after it was made, before anything is written to it."""

    async def connect(self, *arguments: Any, **options: Any) -> Any:
        """Connect, and close."""
        connection = await super().connect(*arguments, **options)
        assert connection.transport is not None
        connection.transport.close()
        return connection


@asynccontextmanager
async def _lost_before_writing() -> AsyncGenerator[Place]:
    async with listening(_say_nothing) as port, aiohttp.ClientSession(connector=_ClosingConnector()) as session:
        yield Place(f"http://127.0.0.1:{port}", {"session": session})


@asynccontextmanager
async def _proxy() -> AsyncGenerator[Place]:
    async with listening(_refuse_tunnels) as port:

        class Proxied(aiohttp.ClientRequest):
            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options | {"proxy": URL(f"http://127.0.0.1:{port}")})

        async with aiohttp.ClientSession(request_class=Proxied) as session:
            yield Place("https://nas.invalid:8384", {"session": session})


def _html(status: int) -> Answer:
    page = b"<!DOCTYPE html><html><body>nginx</body></html>"
    return Answer(page, status, "text/html; charset=utf-8", syncthing=False)


def _redirect(location: str, status: int = 307) -> Answer:
    return Answer(b"", status, headers={"Location": location}, syncthing=False)


_CHUNKED: Final = HEADERS + b"Transfer-Encoding: chunked\r\n\r\n"
_JSON: Final = "application/json; charset=utf-8"

BROKEN: Final = (
    # Nobody, or nothing that speaks HTTP
    Broken("refused", _nobody_there, ConnectionFailedError, "Is Syncthing running there?", ConnectionError),
    Broken("unknown host", _unknown_host, ConnectionFailedError, "nas.invalid:8384: Name or service", ConnectionError),
    Broken(
        "no answer at all", _answering(Answer(raw=b"")), ConnectionFailedError, "without an answer", ConnectionError
    ),
    Broken("another protocol", _answering(Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n")), NotSyncthingError, "not valid HTTP"),
    Broken("lost", _lost_before_writing, ConnectionFailedError, "the connection", ConnectionError),
    Broken("proxy", _proxy, ConnectionFailedError, "407", ConnectionError),
    # TLS
    Broken("https to http", _serving(_speak_http, "https"), TLSError, "begin with http://", ConnectionError),
    Broken("http to https", _http_to_tls, ConnectionFailedError, "without an answer", ConnectionError),
    Broken("self-signed", _self_signed, TLSError, "verify_ssl=False", ConnectionError),
    Broken("other certificate", _other_certificate, FingerprintMismatchError, "not the pinned one", ConnectionError),
    Broken("pinned another", _pinned_another, FingerprintMismatchError, "Nothing was sent", ConnectionError),
    Broken("no CA file", _no_authority, TLSError, "can't use the CA file", ConnectionError),
    # Unix sockets
    Broken("no socket", _at("unix:///nowhere/gui.sock"), ConnectionFailedError, "/nowhere/gui.sock", ConnectionError),
    Broken("no TLS socket", _at("unixs:///nowhere/gui.sock"), ConnectionFailedError, "/nowhere", ConnectionError),
    # Time
    Broken("hanging while resolving", _never_resolving, RequestTimeoutError, "in time", TimeoutError),
    Broken("hanging while connecting", _never_connecting, RequestTimeoutError, "in time", TimeoutError),
    Broken("hanging in TLS", _serving(_say_nothing, "https", timeout=SHORT), RequestTimeoutError, "", TimeoutError),
    Broken("hanging before headers", _serving(_say_nothing, timeout=SHORT), RequestTimeoutError, "", TimeoutError),
    Broken("hanging in the body", _serving(_stop_in_the_body, timeout=SHORT), RequestTimeoutError, "", TimeoutError),
    # Half an answer
    Broken(
        "cut off", _answering(Answer(b"x" * 999, keep=500)), IncompleteResponseError, "in the middle", ConnectionError
    ),
    Broken(
        "cut off in chunks",
        _answering(Answer(raw=_CHUNKED + b"10\r\n[")),
        IncompleteResponseError,
        "in the middle",
        ConnectionError,
    ),
    Broken(
        "cut off in the head",
        _answering(Answer(b"x" * 999, keep=100)),
        IncompleteResponseError,
        "in the middle",
        ConnectionError,
    ),
    Broken("reset", _serving(_reset_in_the_body), IncompleteResponseError, "in the middle", ConnectionError),
    # Refused by the daemon
    Broken(
        "wrong key", _answering(as_text("CSRF Error", 403)), UnauthorizedError, "key", status=403, body="CSRF Error"
    ),
    Broken(
        "wrong password",
        _answering(as_text("Forbidden", 403, syncthing=False)),
        UnauthorizedError,
        "key",
        status=403,
        body="Forbidden",
    ),
    Broken(
        "no login",
        _answering(as_text("Not Authorized", 401, syncthing=False)),
        UnauthorizedError,
        "key",
        status=401,
        body="Not Authorized",
    ),
    Broken(
        "host check",
        _answering(as_text("Host check error", 403, syncthing=False)),
        HostCheckError,
        "insecureSkipHostcheck",
        status=403,
        body="Host check error",
    ),
    Broken("bad request", _answering(as_text("EOF", 400)), BadRequestError, "EOF", ValueError, 400, "EOF"),
    Broken("not there", _answering(as_text("no", 404)), NotFoundError, "not found", status=404, body="no"),
    Broken(
        "wrong path",
        _answering(as_text("404 page not found", 404)),
        NotFoundError,
        "check the base URL",
        status=404,
        body="404 page not found",
    ),
    Broken("failing", _answering(as_text("disk on fire", 500)), ServerError, "disk on fire", status=500),
    # Answered by something else
    Broken("page", _answering(_html(200)), NotSyncthingError, "text/html", status=200),
    Broken("missing page", _answering(_html(404)), ProxyError, "such as a proxy", status=404),
    Broken("bad gateway", _answering(_html(502)), ServerError, "not Syncthing's", status=502),
    Broken("empty", _answering(Answer(syncthing=False)), NotSyncthingError, "no content type", status=200),
    Broken(
        "migration",
        _answering(Answer(MIGRATION.encode(), 200, "text/plain; charset=utf-8", syncthing=False)),
        MigrationError,
        "converting its database",
        status=200,
        body=MIGRATION.strip(),
    ),
    Broken(
        "other JSON",
        _answering(Answer(b'"login"', content_type=_JSON, syncthing=False)),
        NotSyncthingError,
        "not Syncthing's",
        status=200,
    ),
    Broken(
        "invalid JSON",
        _answering(Answer(b'{"myID": ', content_type=_JSON)),
        InvalidResponseError,
        "is not valid JSON",
        status=200,
        body='{"myID":',
        json=True,
    ),
    Broken(
        "empty JSON",
        _answering(Answer(b"", content_type=_JSON)),
        InvalidResponseError,
        "is not valid JSON",
        status=200,
        json=True,
    ),
    # Redirected
    Broken("moved", _answering(_redirect("http://nas:80/x")), RedirectError, "redirected to http://nas:80", status=307),
    Broken("moved to https", _answering(_redirect("https://nas/x", 302)), RedirectError, "use that", status=302),
    Broken("moved within", _answering(_redirect("/x", 301)), RedirectError, "another path", status=301),
    # Used wrongly
    Broken("closed client", _at("http://127.0.0.1:8384", closed=True), SyncthingError, "the client is closed"),
    Broken("closed session", _closed_session, SyncthingError, "Session is closed"),
    *(
        Broken(f"URL {url!r}", _at(url), BadRequestError, "http://127.0.0.1:8384", ValueError)
        for url in ("", "127.0.0.1:8384", "http://", "ftp://127.0.0.1", "http://127.0.0.1:99999", "http://[::1")
    ),
)
