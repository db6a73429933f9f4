"""Ports for a private daemon: reserved until it listens on them."""

import asyncio
import socket
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from aiosyncthing.daemon.ports import LOOPBACK, Listening, Port, Ports, is_taken
from aiosyncthing.exceptions import BadRequestError
from tests.support.homes import config, make_home


async def test_a_reserved_port() -> None:
    """A program that wants exactly this port, as Go's listeners do, can use it; no other gets it until it is closed."""
    port = Port()
    address = Listening.on_loopback(port.number).gui
    assert not await is_taken(address)
    with socket.create_server((LOOPBACK, port.number)):
        assert await is_taken(address)
    assert not await is_taken(address)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, port.number))
    port.close()
    port.close()
    with socket.socket() as other:
        other.bind((LOOPBACK, port.number))


def test_many_ports() -> None:
    """Ports that are reserved at the same time are different. At other computers, the system's error is raised."""
    with pytest.raises(OSError, match="assign"):
        Port("192.0.2.1")  # reserved for documentation
    with ExitStack() as stack:
        assert len({stack.enter_context(closing(Port())).number for _ in range(200)}) == 200


async def test_a_full_backlog() -> None:
    """A port with a listener that never accepts is taken."""
    with socket.create_server((LOOPBACK, 0), backlog=1) as server:
        address = Listening.on_loopback(server.getsockname()[1]).gui
        assert await asyncio.wait_for(is_taken(address), 5)


async def test_a_socket(tmp_path: Path) -> None:
    """A Unix socket is taken while a program listens on it, but not when it is left over."""
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
    """An address for all interfaces stays one for the daemon, while the client uses the loopback address."""
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
def test_refused_addresses(text: str, words: str) -> None:
    """An address without an IP address or fixed port, or for TLS, is refused."""
    with pytest.raises(BadRequestError, match=words):
        Listening.given(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (config("127.0.0.1:99", tls=True), "http://127.0.0.1:99"),
        (config("[::1]:99"), "http://[::1]:99"),
        (config("0.0.0.0:99"), "http://127.0.0.1:99"),
        (config("192.0.2.1:99"), "http://127.0.0.1:99"),
        (config("https://nas:99"), "http://127.0.0.1:99"),
        (config("/run/a"), "unix:///run/a"),
        (config(":0"), None),
        ("nonsense", None),
    ],
)
def test_the_address_of_a_home(tmp_path: Path, text: str, url: str | None) -> None:
    """A home keeps its port or socket, but on the loopback interface, unless its configuration is unusable."""
    kept = Listening.kept(make_home(tmp_path, text))
    assert (kept and kept.url) == url


async def test_the_ports_of_a_daemon(tmp_path: Path) -> None:
    """Both ports are reserved, and different; a given address leaves only one to be chosen."""
    free = Ports(None)
    api, sync = free.api.gui.port, int(free.sync.rpartition(":")[2])
    assert api != sync
    free.close()
    again = await Ports.given(Listening.on_loopback(api))
    assert again.api.gui.port == api
    with pytest.raises(OSError, match="in use"), socket.socket() as other:
        other.bind((LOOPBACK, api))
    again.close()
    with closing(await Ports.given(Listening.given(str(tmp_path / "a")))) as by_socket:
        assert by_socket.api.url == f"unix://{tmp_path}/a"


@pytest.mark.parametrize("listens", [True, False])
async def test_a_port_in_use(listens: bool) -> None:
    """If a program listens on the port, or has reserved it, the system's error is raised, and nothing stays open."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        if listens:
            other.listen()
        with pytest.raises(OSError, match="in use"):
            await Ports.given(Listening.on_loopback(other.getsockname()[1]))
