"""Everything that can make a request fail, with the error that it becomes."""

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
    ClientClosedError,
    ConnectionFailedError,
    FingerprintMismatchError,
    HostCheckError,
    IncompleteResponseError,
    InvalidResponseError,
    MigrationError,
    NotFoundError,
    NotSyncthingError,
    ProxyError,
    RequestTimeoutError,
    ServerError,
    SyncthingError,
    TLSError,
    UnauthorizedError,
)

from .server import HEAD, Answer, Listener, Server, as_text, server_context

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from contextlib import AbstractAsyncContextManager

    from .server import Serve

__all__ = ["BROKEN", "SHORT", "Broken", "Place"]

SHORT: Final = 0.2
"""Time-out in seconds of the requests that wait for something that never happens."""

MIGRATION: Final = "*** Database migration in progress ***\n\nMigrating folder default: 1000 files\n"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the client sends its requests."""

    url: str
    options: dict[str, Any] = field(default_factory=dict)  # further arguments of the client
    closed: bool = False  # whether to close the client first


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that makes requests fail, and the error."""

    name: str
    place: Callable[[], AbstractAsyncContextManager[Place]]
    kind: type[SyncthingError]
    words: str = ""  # part of the message
    builtin: type[Exception] = Exception
    status: int | None = None
    body: str | None = None  # the quoted text; not compared if None
    json: bool = False  # whether it matters only if JSON is expected

    def __str__(self) -> str:
        """The name, for pytest."""
        return self.name


def _answering(answer: Answer) -> Callable[[], AbstractAsyncContextManager[Place]]:
    @asynccontextmanager
    async def place() -> AsyncGenerator[Place]:
        async with Server(answer=answer) as server:
            yield Place(server.url)

    return place


async def _say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


def _serving(
    serve: Serve = _say_nothing, scheme: str = "http", *, secure: bool = False, **options: Any
) -> Callable[[], AbstractAsyncContextManager[Place]]:
    @asynccontextmanager
    async def place() -> AsyncGenerator[Place]:
        async with Listener(serve, tls=server_context() if secure else None) as listener:
            yield Place(f"{scheme}://127.0.0.1:{listener.port}", options)

    return place


def _at(url: str, *, closed: bool = False, **options: Any) -> Callable[[], AbstractAsyncContextManager[Place]]:
    @asynccontextmanager
    async def place() -> AsyncGenerator[Place]:
        yield Place(url, options, closed)

    return place


@asynccontextmanager
async def _refused() -> AsyncGenerator[Place]:
    # Bound but not listening, so that no other program can get the port meanwhile.
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
            for one in waiting:  # once the backlog is full, the system ignores further connections
                one.setblocking(False)
                one.connect_ex(address)
            yield Place(f"http://127.0.0.1:{address[1]}", {"timeout": SHORT})
        finally:
            for one in waiting:
                one.close()


async def _stop_in_the_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD + b'Content-Length: 100\r\n\r\n{"myID": ')
    await reader.read()


async def _reset_in_the_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD + b'Content-Length: 100\r\n\r\n{"myID": ')
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
async def _proxy() -> AsyncGenerator[Place]:
    async with Listener(_refuse_tunnels) as listener:

        class Proxied(aiohttp.ClientRequest):
            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options | {"proxy": URL(listener.url)})

        async with aiohttp.ClientSession(request_class=Proxied) as session:
            yield Place("https://nas.invalid:8384", {"session": session})


def _html(status: int) -> Answer:
    page = b"<!DOCTYPE html><html><body>nginx</body></html>"
    return Answer(page, status, "text/html; charset=utf-8", syncthing=False)


def _refusing(text: str, status: int, kind: type[SyncthingError], words: str, **options: Any) -> Broken:
    """Return a refusal of the daemon; ``syncthing`` says whether with its headers."""
    answer = as_text(text, status, syncthing=options.pop("syncthing", True))
    return Broken(f"{status} {text}", _answering(answer), kind, words, status=status, body=text, **options)


_CHUNKED: Final = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_JSON: Final = "application/json; charset=utf-8"
_CUT: Final = Answer(b"x" * 999, keep=500)

BROKEN: Final = (
    # Nothing is listening, or nothing that speaks HTTP
    Broken("refused", _refused, ConnectionFailedError, "Is Syncthing running there?", ConnectionError),
    Broken("unknown host", _unknown_host, ConnectionFailedError, "nas.invalid:8384: Name or service", ConnectionError),
    Broken("hang-up", _answering(Answer(raw=b"")), ConnectionFailedError, "without an answer", ConnectionError),
    Broken("another protocol", _answering(Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n")), NotSyncthingError, "not valid HTTP"),
    Broken("proxy", _proxy, ConnectionFailedError, "407", ConnectionError),
    # TLS
    Broken("https to http", _serving(_speak_http, "https"), TLSError, "begin with http://", ConnectionError),
    Broken("http to https", _serving(secure=True), ConnectionFailedError, "without an answer", ConnectionError),
    Broken("self-signed", _serving(scheme="https", secure=True), TLSError, "verify_ssl=False", ConnectionError),
    Broken(
        "pinned another",
        _serving(scheme="https", secure=True, tls=Fingerprint("ab" * 32)),
        FingerprintMismatchError,
        "Nothing was sent",
        ConnectionError,
    ),
    Broken("no CA file", _at("https://127.0.0.1:8384", tls="/nowhere/ca.pem"), TLSError, "CA file", ConnectionError),
    # Unix sockets
    Broken("no socket", _at("unixs:///nowhere/gui.sock"), ConnectionFailedError, "/nowhere/gui.sock", ConnectionError),
    # Time
    Broken("hanging while connecting", _never_connecting, RequestTimeoutError, "did not answer within", TimeoutError),
    Broken("hanging in TLS", _serving(scheme="https", timeout=SHORT), RequestTimeoutError, "", TimeoutError),
    Broken("hanging before headers", _serving(timeout=SHORT), RequestTimeoutError, "", TimeoutError),
    Broken("hanging in the body", _serving(_stop_in_the_body, timeout=SHORT), RequestTimeoutError, "", TimeoutError),
    # Half an answer
    *(
        Broken(f"cut off {where}", place, IncompleteResponseError, "in the middle", ConnectionError)
        for where, place in (
            ("in the body", _answering(_CUT)),
            ("in a chunk", _answering(Answer(raw=_CHUNKED + b"10\r\n["))),
            ("in the head", _answering(Answer(b"x" * 999, keep=100))),
            ("by a reset", _serving(_reset_in_the_body)),
        )
    ),
    # Refused by the daemon
    _refusing("CSRF Error", 403, UnauthorizedError, "key"),
    _refusing("Forbidden", 403, UnauthorizedError, "key", syncthing=False),
    _refusing("Not Authorized", 401, UnauthorizedError, "key", syncthing=False),
    _refusing("Host check error", 403, HostCheckError, "insecureSkipHostcheck", syncthing=False),
    _refusing("EOF", 400, BadRequestError, "EOF", builtin=ValueError),
    _refusing("no", 404, NotFoundError, "not found"),
    _refusing("404 page not found", 404, NotFoundError, "check the base URL"),
    _refusing("disk on fire", 500, ServerError, "disk on fire"),
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
        "not valid JSON",
        status=200,
        body='{"myID":',
        json=True,
    ),
    # Used wrongly
    Broken("closed client", _at("http://127.0.0.1:8384", closed=True), ClientClosedError, "the client is closed"),
    Broken("URL", _at("ftp://127.0.0.1"), BadRequestError, "http://127.0.0.1:8384", ValueError),
)
