"""Looking at a certificate, for trust on first use."""

from __future__ import annotations

import asyncio
import gc
import itertools
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pytest

import aiosyncthing
from aiosyncthing import Fingerprint, Syncthing, fetch_fingerprint
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    RequestTimeoutError,
    SyncthingError,
    TLSError,
)
from tests.support.listening import listening
from tests.support.peers import Identity, SocketServer, overhearing, short_folder
from tests.support.server import Server, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY: Final = "a-key-that-nobody-may-see"


@pytest.fixture(scope="module")
def identity() -> Identity:
    """A certificate."""
    return Identity()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets."""
    with short_folder() as path:
        yield path


async def test_what_is_shown(identity: Identity) -> None:
    """The fingerprint is that of the certificate; nothing but a handshake is sent, and the connection is closed."""
    async with overhearing(identity) as other:
        found = await fetch_fingerprint(other.url)
        assert found == identity.fingerprint
        assert await fetch_fingerprint(f"{other.url}/syncthing/", timeout=None) == found
        url = other.url.replace("https://", "HTTPS://user:pass@")
        assert await fetch_fingerprint(url) == found
    assert other.received == b""


async def test_trust_on_first_use(identity: Identity) -> None:
    """What was fetched, and kept as a text, is what a client can be told to accept."""
    async with Server(as_json({"ping": "pong"}), tls=identity.context) as server:
        stored = str(await fetch_fingerprint(server.url))
        async with Syncthing(KEY, server.url, tls=Fingerprint(stored)) as client:
            await client.system.ping()
        assert len(server.requests) == 1
        await server.until(lambda: server.open == 0)


async def test_through_a_socket(identity: Identity, folder: Path) -> None:
    """A Unix socket is looked at in the same way."""
    async with SocketServer(folder / "a b", tls=identity.context) as server:
        assert await fetch_fingerprint(f"unixs://{folder}/a%20b") == identity.fingerprint
        await server.until(lambda: server.open == 0)
        assert not server.requests


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://nas", ("nas", 443, "nas")),
        ("https://NAS.example.:8384/x", ("nas.example", 8384, "nas.example")),
        ("https://[fe80::1%25eth0]:8384", ("fe80::1%eth0", 8384, "fe80::1")),
        ("https://[::1]:8384", ("::1", 8384, "::1")),
        ("https://192.0.2.1", ("192.0.2.1", 443, "192.0.2.1")),
        ("https://nas:0", ("nas", 0, "nas")),
    ],
)
async def test_addresses(monkeypatch: pytest.MonkeyPatch, url: str, expected: tuple[str, int, str]) -> None:
    """Without a port it is 443; a final dot, and the zone of an address, are not for the other side."""
    asked: list[tuple[str, int, str]] = []

    async def create_connection(_: object, host: str, port: int, *, server_hostname: str, **__: Any) -> None:
        asked.append((host, port, server_hostname))
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", create_connection)
    with pytest.raises(ConnectionFailedError):
        await fetch_fingerprint(url)
    assert asked == [expected]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8384", "unix:///run/gui.sock", "127.0.0.1:8384", "", "ftp://nas"])
async def test_urls_without_tls(url: str) -> None:
    """Where no certificate is to be shown there is nothing to look at; the message says what to write."""
    with pytest.raises(BadRequestError, match=r"https://.*unixs://.*at the same address"):
        await fetch_fingerprint(url)


@pytest.mark.parametrize(
    "url", ["https://", "https://nas:99999", "https://[::1", "https://:8384", "https://user:pass@"]
)
async def test_urls_without_a_host(url: str) -> None:
    """A URL without a host, or with a port that is none, is refused, and a password in it not shown."""
    with pytest.raises(BadRequestError, match="must look like https://") as caught:
        await fetch_fingerprint(url)
    assert "pass" not in str(caught.value)
    with pytest.raises(BadRequestError, match="absolute path"):
        await fetch_fingerprint("unixs://run/x")


async def test_nobody_there(folder: Path) -> None:
    """That nobody listens, or that there is no such host, is told with the place and the reason."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with pytest.raises(
            ConnectionFailedError, match=f"127.0.0.1:{port}: Connection refused. Is Syncthing"
        ) as caught:
            await fetch_fingerprint(f"https://user:pass@127.0.0.1:{port}")
    assert type(caught.value) is ConnectionFailedError
    assert isinstance(caught.value, ConnectionError)
    assert "pass" not in str(caught.value)
    with pytest.raises(ConnectionFailedError, match=rf"the socket {folder}/x: No such file"):
        await fetch_fingerprint(f"unixs://{folder}/x")
    with pytest.raises(ConnectionFailedError, match="can't connect to x"):
        await fetch_fingerprint(f"https://{'x' * 70}.invalid")


async def test_no_tls() -> None:
    """Somebody who does not use TLS, or hangs up, is told of as such."""

    async def speak_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with listening(speak_http) as port:
        with pytest.raises(TLSError, match=f"127.0.0.1:{port} does not use TLS: "):
            await fetch_fingerprint(f"https://127.0.0.1:{port}")
    async with listening(hang_up) as port:
        with pytest.raises(ConnectionFailedError, match="can't connect"):
            await fetch_fingerprint(f"https://127.0.0.1:{port}")


async def test_silence() -> None:
    """Somebody who says nothing is left when the time is up, with nothing open."""
    ended = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()
        ended.set()

    async with listening(say_nothing) as port:
        with pytest.raises(RequestTimeoutError, match="in time") as caught:
            await fetch_fingerprint(f"https://127.0.0.1:{port}", timeout=0.2)
        assert isinstance(caught.value, TimeoutError)
        assert isinstance(caught.value, SyncthingError)
        await ended.wait()


async def test_cancelling() -> None:
    """Cancelled in the middle of the handshake, it closes the connection."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)
        begun.set()
        await reader.read()
        ended.set()

    async with listening(say_nothing) as port:
        task = asyncio.create_task(fetch_fingerprint(f"https://127.0.0.1:{port}"))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await ended.wait()


async def test_cancelling_at_any_step(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled at whatever step, it leaves nothing open."""

    async def at_once(function: Callable[[], Any]) -> Any:
        return function()  # how many steps another thread takes, nobody knows

    monkeypatch.setattr(asyncio, "to_thread", at_once)
    async with Server(tls=identity.context) as server:
        for steps in itertools.count():
            task = asyncio.create_task(fetch_fingerprint(server.url))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
                break
        assert steps > 3
        await server.until(lambda: server.open == 0)
        gc.collect()  # would warn of a connection that nobody has closed
        assert not server.requests


def test_what_is_public() -> None:
    """The module has what is needed to trust somebody."""
    assert aiosyncthing.tls.__all__ == ["CertificateFile", "Fingerprint", "fetch_fingerprint"]
