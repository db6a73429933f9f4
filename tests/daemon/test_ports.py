"""A port that was found free stays free for the one it is meant for."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from aiosyncthing.daemon.ports import LOOPBACK, Listening, Port, Ports, bracketed, is_taken
from aiosyncthing.exceptions import BadRequestError
from tests.support.homes import config, make_home

if TYPE_CHECKING:
    from pathlib import Path

    from aiosyncthing.local.gui_address import GuiAddress


def tcp(number: int) -> GuiAddress:
    """Return the address of a port of the loopback interface."""
    return Listening.on_loopback(number).gui


def listener(number: int) -> socket.socket:
    """Listen the way Go's servers do."""
    return socket.create_server((LOOPBACK, number), reuse_port=False)


async def test_is_usable() -> None:
    """A program can listen on a port that is kept for it, and others can connect to that."""
    port = Port()
    try:
        assert not await is_taken(tcp(port.number))
        with listener(port.number):
            assert await is_taken(tcp(port.number))
        assert not await is_taken(tcp(port.number))
    finally:
        port.close()


def test_is_kept() -> None:
    """Until it is given back nobody gets it by chance; after that anybody can."""
    port = Port()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, port.number))
    port.close()
    with socket.socket() as other:
        other.bind((LOOPBACK, port.number))


def test_closing_twice() -> None:
    """Giving it back twice does no harm."""
    port = Port()
    port.close()
    port.close()


def test_many_at_once() -> None:
    """Ports that are kept at the same time are different ones."""
    ports = [Port() for _ in range(200)]
    try:
        assert len({port.number for port in ports}) == len(ports)
    finally:
        for port in ports:
            port.close()


def test_none_to_be_had() -> None:
    """When the system has none, its error comes through and nothing stays open."""
    with pytest.raises(OSError, match="assign"):
        Port("192.0.2.1")  # an address that no computer has


async def test_full_backlog_counts_as_taken() -> None:
    """A port whose listener never accepts is taken all the same."""
    with socket.create_server((LOOPBACK, 0), backlog=1) as server:
        assert await asyncio.wait_for(is_taken(tcp(server.getsockname()[1])), 5)


async def test_a_socket_is_taken_while_a_program_listens(tmp_path: Path) -> None:
    """A Unix socket that was left over is not taken."""
    path = tmp_path / "a.sock"
    address = Listening.given(str(path)).gui
    assert not await is_taken(address)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        assert await is_taken(address)
    assert path.exists()
    assert not await is_taken(address)


@pytest.mark.parametrize(
    ("text", "url", "option", "configured"),
    [
        ("127.0.0.1:8384", "http://127.0.0.1:8384", "http://127.0.0.1:8384", "127.0.0.1:8384"),
        ("127.0.0.1", "http://127.0.0.1:8384", "http://127.0.0.1:8384", "127.0.0.1:8384"),
        ("http://127.0.0.1:99/", "http://127.0.0.1:99", "http://127.0.0.1:99", "127.0.0.1:99"),
        ("Localhost:99", "http://127.0.0.1:99", "http://127.0.0.1:99", "127.0.0.1:99"),
        ("[::1]:99", "http://[::1]:99", "http://[::1]:99", "[::1]:99"),
        ("0.0.0.0:99", "http://127.0.0.1:99", "http://0.0.0.0:99", "0.0.0.0:99"),
        ("[::]:99", "http://[::1]:99", "http://[::]:99", "[::]:99"),
        ("192.0.2.1:99", "http://192.0.2.1:99", "http://192.0.2.1:99", "192.0.2.1:99"),
        ("/run/a b", "unix:///run/a%20b", "unix:///run/a%20b", "/run/a b"),
        ("unix:///run/a%20b", "unix:///run/a%20b", "unix:///run/a%20b", "/run/a b"),
    ],
)
def test_given_addresses(text: str, url: str, option: str, configured: str) -> None:
    """An address is what the daemon is told, and where its client connects to; a wildcard stays one for the daemon."""
    listening = Listening.given(text)
    assert (listening.url, listening.option, listening.configured) == (url, option, configured)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "can't be used"),
        ("127.0.0.1:0", "port 0"),
        ("https://127.0.0.1:8384", "plain HTTP"),
        ("unixs:///run/a", "plain HTTP"),
        ("8384", r"write 127\.0\.0\.1:8384"),
        (":8384", r"write 127\.0\.0\.1:8384"),
        ("nas:8384", "no IP address"),
        ("0:8384", "no IP address"),
        ("me@127.0.0.1:8384", "host name is invalid"),
        ("http://me@127.0.0.1:8384", "no IP address"),
        ("[fe80::1%eth0]:8384", "no IP address"),
    ],
)
def test_addresses_that_are_refused(text: str, words: str) -> None:
    """An address that leaves open where the daemon listens, or that a plain client can't use, is refused."""
    with pytest.raises(BadRequestError, match=words):
        Listening.given(text)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1:99", "http://127.0.0.1:99"),
        ("[::1]:99", "http://[::1]:99"),
        ("0.0.0.0:99", "http://127.0.0.1:99"),
        ("192.0.2.1:99", "http://127.0.0.1:99"),
        ("https://nas:99", "http://127.0.0.1:99"),
        ("/run/a", "unix:///run/a"),
        (":0", None),
    ],
)
def test_kept_addresses(tmp_path: Path, address: str, url: str | None) -> None:
    """A home keeps its port or socket, but on the loopback interface, whatever interface it had."""
    kept = Listening.kept(make_home(tmp_path, config(address, tls=True)))
    assert (kept and kept.url) == url


def test_no_address_to_keep(tmp_path: Path) -> None:
    """A home whose configuration can't be read keeps nothing."""
    assert Listening.kept(tmp_path) is None
    assert Listening.kept(make_home(tmp_path, "nonsense")) is None


async def test_ports_of_a_daemon(tmp_path: Path) -> None:
    """Free ports are two different ones; of given addresses only the other one is chosen."""
    free = Ports(None)
    api, sync = free.api.gui.port, int(free.sync.rpartition(":")[2])
    assert api != sync
    free.close()
    again = await Ports.given(Listening.on_loopback(api))
    assert again.api.gui.port == api
    with pytest.raises(OSError, match="in use"), socket.socket() as other:
        other.bind((LOOPBACK, api))
    again.close()
    by_socket = await Ports.given(Listening.given(str(tmp_path / "a")))
    assert by_socket.api.url == f"unix://{tmp_path}/a"
    by_socket.close()


async def test_ports_that_cannot_be_had() -> None:
    """A port where a program listens, or that is kept for another, is the system's error, and nothing stays open."""
    with socket.create_server((LOOPBACK, 0)) as server, pytest.raises(OSError, match="in use"):
        await Ports.given(Listening.on_loopback(server.getsockname()[1]))
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        with pytest.raises(OSError, match="in use"):
            await Ports.given(Listening.on_loopback(other.getsockname()[1]))


def test_brackets() -> None:
    """Only addresses of IPv6 stand in brackets."""
    assert [bracketed("127.0.0.1"), bracketed("::1")] == ["127.0.0.1", "[::1]"]
