"""Fetching a fingerprint, for trust on first use."""

import asyncio
import gc
import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing import Fingerprint, Syncthing, fetch_fingerprint
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    RequestTimeoutError,
    TLSError,
)
from tests.support.peers import Eavesdropper, Identity, short_folder
from tests.support.server import KEY, PONG, Listener, Server


@pytest.fixture(scope="module")
def identity() -> Identity:
    """A certificate."""
    return Identity()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets."""
    with short_folder() as path:
        yield path


async def test_the_fingerprint(identity: Identity) -> None:
    """It is that of the server's certificate, and nothing is sent after the handshake."""
    async with Eavesdropper(identity) as other:
        found = await fetch_fingerprint(other.url)
        assert found == identity.fingerprint
        assert await fetch_fingerprint(f"{other.url}/syncthing/", timeout=None) == found
        url = other.url.replace("https://", "HTTPS://user:pass@")
        assert await fetch_fingerprint(url) == found
    assert other.received == b""


async def test_trust_on_first_use(identity: Identity, folder: Path) -> None:
    """A fingerprint that was fetched, and stored as text, is accepted as a pin; the connection was closed.

    It works through a Unix socket too.
    """
    async with Server(PONG, tls=identity.context) as server:
        stored = str(await fetch_fingerprint(server.url))
        async with Syncthing(KEY, server.url, tls=Fingerprint(stored)) as client:
            await client.system.ping()
        assert len(server.requests) == 1
        await server.until(lambda: server.open == 0)
    async with Server(tls=identity.context, path=folder / "a b") as server:
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
    """The default port is 443; a trailing dot and the zone of an address are not sent as the server's name."""
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
    """They are refused; the message says what to write instead."""
    with pytest.raises(BadRequestError, match=r"https://.*unixs://.*at the same address"):
        await fetch_fingerprint(url)


@pytest.mark.parametrize(
    "url", ["https://", "https://nas:99999", "https://[::1", "https://:8384", "https://user:pass@"]
)
async def test_urls_without_a_host(url: str) -> None:
    """A URL without a host, or with an invalid port, is refused without showing its password."""
    with pytest.raises(BadRequestError, match="must look like https://") as caught:
        await fetch_fingerprint(url)
    assert "pass" not in str(caught.value)
    with pytest.raises(BadRequestError, match="absolute path"):
        await fetch_fingerprint("unixs://run/x")


async def test_nothing_is_listening(folder: Path, free_port: int) -> None:
    """The error has the address and the reason, and so it has for an unknown host."""
    words = f"127.0.0.1:{free_port}: Connection refused. Is Syncthing"
    with pytest.raises(ConnectionFailedError, match=words) as caught:
        await fetch_fingerprint(f"https://user:pass@127.0.0.1:{free_port}")
    assert type(caught.value) is ConnectionFailedError
    assert isinstance(caught.value, ConnectionError)
    assert "pass" not in str(caught.value)
    with pytest.raises(ConnectionFailedError, match=rf"the socket {folder}/x: No such file"):
        await fetch_fingerprint(f"unixs://{folder}/x")
    with pytest.raises(ConnectionFailedError, match="can't connect to x"):
        await fetch_fingerprint(f"https://{'x' * 70}.invalid")


async def test_servers_without_tls() -> None:
    """One that answers otherwise causes a `TLSError`, and one that hangs up a `ConnectionFailedError`."""

    async def speak_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with Listener(speak_http) as listener:
        with pytest.raises(TLSError, match=f"127.0.0.1:{listener.port} does not use TLS: "):
            await fetch_fingerprint(f"https://127.0.0.1:{listener.port}")
    async with Listener(hang_up) as listener:
        with pytest.raises(ConnectionFailedError, match="can't connect"):
            await fetch_fingerprint(f"https://127.0.0.1:{listener.port}")


@pytest.mark.parametrize("ends", ["by its time-out", "cancelled"])
async def test_a_server_that_says_nothing(ends: str) -> None:
    """The connection is closed after the time-out, and when cancelled in the middle of the handshake."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)
        begun.set()
        await reader.read()
        ended.set()

    async with Listener(say_nothing) as listener:
        timeout = 0.2 if ends == "by its time-out" else None
        task = asyncio.create_task(fetch_fingerprint(f"https://127.0.0.1:{listener.port}", timeout=timeout))
        await begun.wait()
        if ends == "cancelled":
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            with pytest.raises(RequestTimeoutError, match="in time"):
                await task
        await ended.wait()


async def test_cancelling_at_any_step(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled at any step, it leaves no connection open."""

    async def at_once(function: Callable[[], Any]) -> Any:
        return function()  # in a thread, the number of steps would vary

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
        gc.collect()  # would warn of an unclosed connection
        assert not server.requests
