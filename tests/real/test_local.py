"""Real daemons are found wherever they listen, and talked to with what was found."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.daemon.ports import Ports
from aiosyncthing.exceptions import DiscoveryError, SyncthingError
from aiosyncthing.local.computer import Computer
from aiosyncthing.local.search import find_daemon
from tests.support.peers import short_folder
from tests.support.stock import Stock
from tests.support.waiting import until

pytestmark = pytest.mark.daemon

UNUSED: Final = "127.0.0.1:1"  # configured where an override counts; nothing can listen there


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets."""
    with short_folder() as path:
        yield path


@pytest.fixture
def ports() -> Iterator[Ports]:
    """Free ports."""
    with closing(Ports(None)) as free:
        yield free


async def url_of(home: Stock) -> str:
    """Wait until the client for a home talks to its daemon, and return where that was."""

    async def ask() -> str:
        client = await asyncio.to_thread(Syncthing.local, home.folder, timeout=10)
        async with client:
            try:
                status = await client.system.status()
            except SyncthingError:
                return ""
            assert status["myID"] == home.device_id
            return client.url

    return await until(ask)


@pytest.mark.parametrize(
    ("address", "tls", "url"),
    [
        ("127.0.0.1:{port}", True, "https://127.0.0.1:{port}"),
        ("localhost:{port}", False, "http://localhost:{port}"),
        ("{folder}/gui.sock", False, "unix://{folder}/gui.sock"),
        ("{folder}/a%20 b", True, "unixs://{folder}/a%2520%20b"),
    ],
)
async def test_configured_addresses(
    syncthing_binary: Path, folder: Path, ports: Ports, address: str, tls: bool, url: str
) -> None:
    """Where the configuration says it listens, it is found, and trusted by the certificate in its home."""
    home = Stock(syncthing_binary, folder / "a home", ports)
    home.configure(address.format(folder=folder, port=home.port), tls=tls)
    async with home.running():
        assert await url_of(home) == url.format(folder=folder, port=home.port)


@pytest.mark.parametrize(
    ("how", "override", "tls", "url"),
    [
        # 1.19 wants TLS then and redirects without, 1.29 doesn't.
        ("option", "127.0.0.1:{port}", True, "https://127.0.0.1:{port}"),
        ("option", "unix://{folder}/gui.sock", True, "unix://{folder}/gui.sock"),
        ("variable", "https://[::1]:{port}", False, "https://[::1]:{port}"),
        ("variable", "unixs://{folder}/a%20b", False, "unixs://{folder}/a%20b"),
    ],
)
async def test_overridden_addresses(
    syncthing_binary: Path, folder: Path, ports: Ports, how: str, override: str, tls: bool, url: str
) -> None:
    """It is found at the address that it was started with, with the key of its configuration."""
    home = Stock(syncthing_binary, folder / "a home", ports)
    home.configure(UNUSED, tls=tls)
    override = override.format(folder=folder, port=home.port)
    options = {"option": override} if how == "option" else {"STGUIADDRESS": override}
    async with home.running(**options):
        assert await url_of(home) == url.format(folder=folder, port=home.port)


def computer(user_home: Path, **environ: Any) -> Computer:
    """Return a computer with this user and no processes, so that only what is below this folder is found."""
    return Computer("linux", environ, PurePosixPath(user_home))


async def test_several_homes(newest_syncthing: Path, folder: Path, ports: Ports) -> None:
    """Of two homes with the same address the one whose daemon runs is found, also where TLS is not configured."""
    places = (".config", ".local/state")  # where older and newer versions have them
    homes = [Stock(newest_syncthing, folder / place / "syncthing", ports) for place in places]
    for home in homes:
        home.configure(tls=False)
    with pytest.raises(DiscoveryError, match="none of their daemons answers"):
        await asyncio.to_thread(find_daemon, computer(folder), None)
    for home in homes:
        async with home.running():
            await url_of(home)
            found = await asyncio.to_thread(find_daemon, computer(folder), None)
            assert found.home == home.folder


async def test_the_environment(newest_syncthing: Path, folder: Path, ports: Ports) -> None:
    """Address and key in the environment of both, as in a container, lead to the daemon without a home."""
    home = Stock(newest_syncthing, folder / "a home", ports)
    home.configure(UNUSED, tls=False)
    environ = {"STGUIADDRESS": f"127.0.0.1:{home.port}", "STGUIAPIKEY": "a-key-of-the-environment"}
    async with home.running(**environ):
        (folder / "user").mkdir()
        found = await asyncio.to_thread(find_daemon, computer(folder / "user", **environ), None)
        assert found.home is None
        async with Syncthing(found.api_key, found.url) as client:
            await client.wait_ready(60)
            assert (await client.system.status())["myID"] == home.device_id


async def test_a_renewed_certificate(newest_syncthing: Path, folder: Path, ports: Ports) -> None:
    """A client that was made before the daemon renewed its certificate goes on."""
    home = Stock(newest_syncthing, folder / "a home", ports)
    async with home.running():
        await url_of(home)
        client = await asyncio.to_thread(Syncthing.local, home.folder)
        await client.system.ping()
    async with client:
        before = home.certificate.read_bytes()
        home.renew()
        async with home.running():
            await url_of(home)
            assert home.certificate.read_bytes() != before
            await client.system.ping()
