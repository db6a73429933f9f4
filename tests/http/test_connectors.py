"""Unix sockets, with and without TLS, and which sessions may be passed in."""

import asyncio
import math
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from aiosyncthing import API, Syncthing
from aiosyncthing._http.connectors import connection_of, may_use_proxy, open_connector
from aiosyncthing._http.place import locate
from aiosyncthing.exceptions import BadRequestError, ConnectionFailedError, RequestTimeoutError, TLSError
from tests.support.peers import Identity
from tests.support.server import KEY, PONG, Listener, Server


async def ping(url: str, **options: Any) -> Any:
    """Send a request with a client of its own."""
    api = API(KEY, url, **options)
    try:
        return await api.request("rest/system/ping")
    finally:
        await api.close()


# --- Sockets ---


@pytest.mark.parametrize("secure", [False, True])
async def test_through_a_socket(folder: Path, secure: bool) -> None:
    """Requests go through the socket, with the key and a host name that a daemon accepts, on one connection."""
    identity = Identity()
    async with Server(answer=PONG, path=folder / "gui.sock", tls=identity.context if secure else None) as server:
        api = API(KEY, server.url, tls=identity.fingerprint if secure else None)
        for _ in range(3):
            assert await api.request("rest/system/ping") == {"ping": "pong"}
        await api.close()
        assert api.url == server.url
        assert repr(api) == f"<API {server.url!r}>"
        assert server.connections == 1
        request = server.requests[0]
        assert request.target == "/rest/system/ping"
        assert request.header("X-API-Key") == KEY
        assert request.header("Host") == "localhost"
        await server.until(lambda: server.open == 0)


async def test_small_buffers(folder: Path) -> None:
    """Connections read into buffers that the C library doesn't map and unmap for each answer."""
    for options in ({}, {"path": folder / "gui.sock"}):
        async with Server(answer=PONG, **options) as server, Syncthing(KEY, server.url) as client:
            answers: list[aiohttp.ClientResponse] = []
            await client.api.request("rest/system/ping", observe=answers.append)
            connection: Any = connection_of(answers[0])
            assert connection.transport.max_size == 1 << 16


async def test_any_path(folder: Path) -> None:
    """A path may contain blanks, special characters of URLs, non-ASCII letters, and bytes that are not UTF-8.

    User and password before it are sent, but not shown.
    """
    async with Server(PONG, path=folder / "a b?c#d%e+ä\udcff") as server:
        url = f"unix://user:pass@{folder}/a%20b%3Fc%23d%25e+ä%FF"
        assert await ping(url)
        assert server.request.header("Authorization") == "Basic dXNlcjpwYXNz"
        assert repr(API(KEY, url)) == f"<API {url.replace('user:pass@', '')!r}>"


async def test_sockets_without_a_listener(folder: Path) -> None:
    """The error names the path and the reason."""
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
        for scheme in ("unix", "unixs"):
            with pytest.raises(ConnectionFailedError, match=words) as caught:
                await ping(f"{scheme}://{path}")
            assert type(caught.value) is ConnectionFailedError
            assert str(path) in str(caught.value)
            assert "Is Syncthing running there?" in str(caught.value)


@pytest.mark.parametrize(("scheme", "limit"), [("unix", None), ("unixs", None), ("unixs", math.inf)])
async def test_a_socket_that_never_answers(folder: Path, scheme: str, limit: float | None) -> None:
    """The request times out; connecting does so after the client's time-out even if the request has no limit."""
    path = folder / "silent"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        async with Syncthing(KEY, f"{scheme}://{path}", timeout=0.2) as client:
            with pytest.raises(RequestTimeoutError):
                await client.system.status(timeout=limit)


async def test_tls_is_never_omitted(folder: Path) -> None:
    """A listener that doesn't use TLS causes an error about TLS; the request is not sent unencrypted instead."""
    received = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(1 << 16))
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with Listener(refuse, path=folder / "gui.sock"):
        with pytest.raises(TLSError, match="TLS failed"):
            await ping(f"unixs://{folder}/gui.sock")
    assert len(received) == 1
    assert b"HTTP" not in received[0]


async def test_certificates_through_a_socket(folder: Path) -> None:
    """Verification refuses an unknown certificate; it passes with its CA, and without verification."""
    authority = folder / "ca.pem"
    Identity.write_authority(authority)
    async with Server(answer=PONG, path=folder / "gui.sock", tls=Identity("localhost").context) as server:
        with pytest.raises(TLSError, match="fetch_fingerprint"):
            await ping(server.url)
        assert not server.requests
        assert await ping(server.url, verify_ssl=False)
        assert await ping(server.url, tls=authority)


# --- Sessions ---


async def test_a_session_for_the_socket(folder: Path) -> None:
    """A session with a connector to the same socket is used, and stays open."""
    async with Server(PONG, path=folder / "gui.sock") as server:
        connector = aiohttp.UnixConnector(str(folder / "gui.sock"))
        async with aiohttp.ClientSession(connector=connector) as session:
            assert await ping(server.url, session=session)
            assert not session.closed


async def test_sessions_that_can_not_be_used() -> None:
    """A session that connects somewhere else, or without the TLS of the URL, is refused, with what to do."""
    url = "unix:///run/gui.sock"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(BadRequestError, match=r"a TCPConnector.*UnixConnector\('/run/gui.sock'"):
            API(KEY, url, session=session)
        API(KEY, "https://nas:8384", session=session)
    with pytest.raises(BadRequestError, match="no connector"):  # since it is closed
        API(KEY, url, session=session)
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector("/run/other.sock")) as session:
        with pytest.raises(BadRequestError, match=r"/run/other\.sock.*/run/gui\.sock"):
            API(KEY, url, session=session)
        with pytest.raises(BadRequestError, match="UnixConnector has no TLS"):
            API(KEY, "https://localhost", session=session)
        with pytest.raises(BadRequestError, match="unixs://"):
            API(KEY, "unixs:///run/other.sock", session=session)
        API(KEY, "unix:///run/other.sock", session=session)
        API(KEY, "http://localhost", session=session)  # as in version 0


async def test_sessions_that_may_use_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session may be set to use proxies from the environment, or always the same one."""
    async with aiohttp.ClientSession() as plain, aiohttp.ClientSession(trust_env=True) as trusting:
        assert [may_use_proxy(session) for session in (plain, trusting)] == [False, True]
        monkeypatch.setattr(plain, "_default_proxy", "http://127.0.0.1:1", raising=False)  # since aiohttp 3.11
        assert may_use_proxy(plain)


async def test_the_connection_of_a_response(server: Server) -> None:
    """Responses on one connection have the same, also once they have been read, and those on another one another."""
    server.answer = PONG
    found: list[object] = []
    api = API(KEY, server.url)
    for _ in range(2):
        for _ in range(2):
            await api.request("rest/system/ping", observe=lambda response: found.append(connection_of(response)))
        server.cut()
        await server.until(lambda: server.open == 0)
    await api.close()
    assert found[0] is found[1]
    assert found[2] is found[3]
    assert found[0] is not found[2]
    assert None not in found


async def test_idle_connections_are_closed_before_the_daemon_does() -> None:
    """Each kind of connector closes idle connections after 10 s, since the daemon does after 15 s."""
    for url in ("http://nas", "https://nas", "unix:///run/gui.sock", "unixs:///run/gui.sock"):
        connector = open_connector(locate(url))
        assert connector._keepalive_timeout == 10
        assert isinstance(connector, aiohttp.UnixConnector) == url.startswith("unix")
        await connector.close()
