"""Unix sockets, with and without TLS, and which sessions may be lent."""

from __future__ import annotations

import asyncio
import math
import socket
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import pytest

from aiosyncthing import API
from aiosyncthing._http.connectors import check_session, open_connector
from aiosyncthing._http.place import locate
from aiosyncthing.exceptions import BadRequestError, ConnectionFailedError, RequestTimeoutError, TLSError
from tests.support.peers import Identity, SocketServer, short_folder
from tests.support.server import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY: Final = "a-key-that-nobody-may-see"
PONG: Final = {"ping": "pong"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets."""
    with short_folder() as path:
        yield path


async def ping(url: str, **options: Any) -> Any:
    """Ask with a client of its own."""
    api = API(KEY, url, **options)
    try:
        return await api.request("rest/system/ping")
    finally:
        await api.close()


# --- Sockets ---


@pytest.mark.parametrize("secure", [False, True])
async def test_through_a_socket(folder: Path, secure: bool) -> None:
    """Requests go through the socket, with the key, a host name that a daemon accepts, and on one connection."""
    identity = Identity()
    async with SocketServer(folder / "gui.sock", tls=identity.context if secure else None) as server:
        api = API(KEY, server.url, tls=identity.fingerprint if secure else None)
        for _ in range(3):
            assert await api.request("rest/system/ping") == PONG
        await api.close()
        assert api.url == server.url
        assert server.connections == 1
        request = server.requests[0]
        assert request.target == "/rest/system/ping"
        assert request.header("X-API-Key") == KEY
        assert request.header("Host") == "localhost"
        await server.until(lambda: server.open == 0)


async def test_any_path(folder: Path) -> None:
    """A path with blanks, signs that URLs use, other letters, and bytes that are no text leads to its socket."""
    path = folder / "a b?c#d%e+ä\udcff"
    async with SocketServer(path, as_json(PONG)):
        assert await ping(f"unix://{folder}/a%20b%3Fc%23d%25e+ä%FF") == PONG


async def test_user_and_password(folder: Path) -> None:
    """User and password of the URL of a socket are sent, and not shown."""
    async with SocketServer(folder / "gui.sock", as_json(PONG)) as server:
        url = f"unix://user:pass@{server.path}"
        assert await ping(url) == PONG
        assert server.request.header("Authorization") == "Basic dXNlcjpwYXNz"
        assert repr(API(KEY, url)) == f"<API 'unix://{server.path}'>"


@pytest.mark.parametrize("scheme", ["unix", "unixs"])
async def test_sockets_that_lead_nowhere(folder: Path, scheme: str) -> None:
    """The error names the path and the reason: no such file, no socket, nobody listens, too long a path."""
    dead = folder / "dead"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(dead))
    (folder / "file").touch()
    for path, words in [
        (folder / "missing", "No such file"),
        (folder / "file" / "x", "Not a directory"),
        (dead, "Connection refused"),
        (folder / ("x" * 120), "too long"),
    ]:
        with pytest.raises(ConnectionFailedError, match=words) as caught:
            await ping(f"{scheme}://{path}")
        assert type(caught.value) is ConnectionFailedError
        assert str(path) in str(caught.value)
        assert "Is Syncthing running there?" in str(caught.value)


@pytest.mark.parametrize("scheme", ["unix", "unixs"])
async def test_a_socket_without_an_answer(folder: Path, scheme: str) -> None:
    """Somebody who doesn't even shake hands is left when the time is up."""
    path = folder / "silent"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        with pytest.raises(RequestTimeoutError):
            await ping(f"{scheme}://{path}", timeout=0.2)


async def test_a_handshake_without_an_end(folder: Path) -> None:
    """A request without a limit gives up a connection that doesn't come about in the time that the client has."""
    path = folder / "silent"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        api = API(KEY, f"unixs://{path}", timeout=0.2)
        with pytest.raises(RequestTimeoutError):
            await api.request("rest/system/ping", timeout=math.inf)
        await api.close()


async def test_tls_where_there_is_none(folder: Path) -> None:
    """Who does not speak TLS on a socket gives an error about TLS; the request is not sent in the clear instead."""
    received = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(1 << 16))
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    plain = await asyncio.start_unix_server(refuse, folder / "gui.sock")
    with pytest.raises(TLSError, match="TLS failed"):
        await ping(f"unixs://{folder}/gui.sock")
    plain.close()
    await plain.wait_closed()
    assert len(received) == 1
    assert b"HTTP" not in received[0]


async def test_certificates_through_a_socket(folder: Path) -> None:
    """The usual check refuses what nobody knows; without one, or with its authority, it is fine."""
    authority = folder / "ca.pem"
    Identity.write_authority(authority)
    async with SocketServer(folder / "gui.sock", tls=Identity("localhost").context) as server:
        with pytest.raises(TLSError, match="fetch_fingerprint"):
            await ping(server.url)
        assert not server.requests
        assert await ping(server.url, verify_ssl=False) == PONG
        assert await ping(server.url, tls=False) == PONG
        assert await ping(server.url, tls=authority) == PONG


@pytest.mark.parametrize("scheme", ["unix", "unixs"])
async def test_cancelling(folder: Path, scheme: str) -> None:
    """A request that is cancelled, also in the middle of a handshake, leaves no connection."""
    path = folder / "gui.sock"
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.setblocking(False)
        listener.bind(str(path))
        listener.listen()
        api = API(KEY, f"{scheme}://{path}", verify_ssl=False)
        task = asyncio.create_task(api.request("rest/system/ping"))
        connection, _ = await loop.sock_accept(listener)
        with connection:
            assert await loop.sock_recv(connection, 1 << 16)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await loop.sock_recv(connection, 1 << 16) == b""
        await api.close()


# --- Sessions ---


async def test_a_borrowed_session_leads_to_the_socket(folder: Path) -> None:
    """A session with a connector to that socket is used, and stays open."""
    async with SocketServer(folder / "gui.sock") as server:
        connector = aiohttp.UnixConnector(str(server.path))
        async with aiohttp.ClientSession(connector=connector) as session:
            assert await ping(server.url, session=session) == PONG
            assert not session.closed


async def test_sessions_that_lead_elsewhere() -> None:
    """A session whose connector doesn't go where the URL says is refused, with the way out."""
    url = "unix:///run/gui.sock"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(BadRequestError, match=r"a TCPConnector.*UnixConnector\('/run/gui.sock'"):
            API(KEY, url, session=session)
    with pytest.raises(BadRequestError, match="no connector"):  # closed by now
        API(KEY, url, session=session)
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector("/run/other.sock")) as session:
        with pytest.raises(BadRequestError, match=r"/run/other\.sock.*/run/gui\.sock"):
            API(KEY, url, session=session)
        API(KEY, "unix:///run/other.sock", session=session)


async def test_sessions_without_tls() -> None:
    """A session that would send in the clear what the URL says to encrypt is refused."""
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector("/run/gui.sock")) as session:
        with pytest.raises(BadRequestError, match="UnixConnector has no TLS"):
            API(KEY, "https://localhost", session=session)
        with pytest.raises(BadRequestError, match="unixs://"):
            API(KEY, "unixs:///run/gui.sock", session=session)
        API(KEY, "http://localhost", session=session)  # as it always was
    async with aiohttp.ClientSession() as session:
        check_session(session, locate("https://nas:8384"))
        check_session(session, locate("http://nas:8384"))


async def test_idle_connections_end_before_the_daemon_ends_them() -> None:
    """Each kind of connector drops idle connections after 10 s, since the daemon does after 15 s."""
    for url in ("http://nas", "https://nas", "unix:///run/gui.sock", "unixs:///run/gui.sock"):
        connector = open_connector(locate(url))
        assert connector._keepalive_timeout == 10
        assert isinstance(connector, aiohttp.UnixConnector) == url.startswith("unix")
        await connector.close()
