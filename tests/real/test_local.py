"""Real daemons are found wherever they listen, and talked to with what was found."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import pytest

from aiosyncthing import DeviceID, Syncthing
from aiosyncthing.daemon import home as daemon_home
from aiosyncthing.daemon.ports import Port
from aiosyncthing.daemon.process import Process
from aiosyncthing.exceptions import DiscoveryError, SyncthingError
from aiosyncthing.local.computer import Computer
from aiosyncthing.local.search import find_daemon
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = pytest.mark.daemon

UNUSED: Final = "127.0.0.1:1"  # configured where an override counts; nothing can listen there


class Home:
    """A home as ``syncthing generate`` makes it, of a daemon that keeps to this computer.

    Args:
        binary: The daemon.
        folder: Where to make it.
    """

    def __init__(self, binary: Path, folder: Path) -> None:
        self.binary = binary
        self.folder = folder
        daemon_home.HomeFolder(folder).make()
        self.environ = daemon_home.environment(os.environ, folder, "", {})
        del self.environ["STGUIAPIKEY"]
        subprocess.run(
            [binary, "generate", f"--home={folder}"], env=self.environ, check=True, capture_output=True, timeout=60
        )

    @property
    def device_id(self) -> DeviceID:
        """The daemon's device ID."""
        return DeviceID.from_certificate((self.folder / "cert.pem").read_bytes())

    def configure(self, address: str, *, tls: bool) -> None:
        """Set the address of the API, and switch off what reaches beyond this computer."""
        path = self.folder / "config.xml"
        tree = ET.parse(path)
        root = tree.getroot()
        gui, options = _only(root, "gui"), _only(root, "options")
        gui.set("tls", str(tls).lower())
        _only(gui, "address").text = address
        for name, value in {**daemon_home.ISOLATING_OPTIONS, "listenAddress": "tcp://127.0.0.1:0"}.items():
            for option in options.findall(name):
                options.remove(option)
            ET.SubElement(options, name).text = value
        tree.write(path, encoding="unicode")

    @asynccontextmanager
    async def running(self, *arguments: str, monitored: bool = False, **environ: str) -> AsyncIterator[None]:
        """Run the daemon, below its monitor process if that is asked for."""
        log: list[str] = []
        given = {**self.environ, **environ}
        if monitored:
            del given["STMONITORED"]
        process = Process(
            [str(self.binary), "serve", f"--home={self.folder}", "--no-browser", *arguments],
            given,
            self.folder,
            log.append,
        )
        try:
            await process.start()
            yield
        except BaseException:
            print(*log, sep="\n")
            raise
        finally:
            process.kill()
            await process.wait()


def _only(parent: ET.Element, name: str) -> ET.Element:
    found = parent.find(name)
    assert found is not None
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="st") as name:
        yield Path(name)


@pytest.fixture
def home(syncthing_binary: Path, folder: Path) -> Home:
    """A new home."""
    return Home(syncthing_binary, folder / "a home")


@pytest.fixture
def homes(syncthing_binary: Path, folder: Path) -> list[Home]:
    """Two homes of one user, where older and newer versions have them."""
    return [Home(syncthing_binary, folder / place / "syncthing") for place in (".config", ".local/state")]


@pytest.fixture
def port() -> Iterator[int]:
    """A free port."""
    port = Port()
    yield port.number
    port.close()


async def url_of(home: Home) -> str:
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
        ("127.0.0.1:{port}", False, "http://127.0.0.1:{port}"),
        ("127.0.0.1:{port}", True, "https://127.0.0.1:{port}"),
        ("localhost:{port}", False, "http://localhost:{port}"),
        ("[::1]:{port}", True, "https://[::1]:{port}"),
        ("{folder}/gui.sock", False, "unix://{folder}/gui.sock"),
        ("{folder}/a%20 b", True, "unixs://{folder}/a%2520%20b"),
    ],
)
async def test_configured_addresses(home: Home, folder: Path, port: int, address: str, tls: bool, url: str) -> None:
    """Where the configuration says it listens, it is found, and trusted by the certificate in its home."""
    home.configure(address.format(folder=folder, port=port), tls=tls)
    async with home.running():
        assert await url_of(home) == url.format(folder=folder, port=port)


@pytest.mark.parametrize(
    ("how", "override", "tls", "url"),
    [
        ("option", "127.0.0.1:{port}", False, "http://127.0.0.1:{port}"),
        # 1.19 wants TLS then and redirects without, 1.29 doesn't.
        ("option", "127.0.0.1:{port}", True, "https://127.0.0.1:{port}"),
        ("variable", "127.0.0.1:{port}", True, "https://127.0.0.1:{port}"),
        ("option", "http://127.0.0.1:{port}", True, "http://127.0.0.1:{port}"),
        ("variable", "https://[::1]:{port}", False, "https://[::1]:{port}"),
        ("option", "unix://{folder}/gui.sock", True, "unix://{folder}/gui.sock"),
        ("variable", "unixs://{folder}/a%20b", False, "unixs://{folder}/a%20b"),
    ],
)
async def test_overridden_addresses(
    home: Home, folder: Path, port: int, how: str, override: str, tls: bool, url: str
) -> None:
    """It is found at the address that it was started with, with the key of its configuration."""
    home.configure(UNUSED, tls=tls)
    override = override.format(folder=folder, port=port)
    options = [f"--gui-address={override}"] if how == "option" else []
    variables = {"STGUIADDRESS": override} if how == "variable" else {}
    async with home.running(*options, monitored=how == "option", **variables):
        assert await url_of(home) == url.format(folder=folder, port=port)


def computer(user_home: Path, **environ: Any) -> Computer:
    """Return a computer with this user and no processes, so that only what is below this folder is found."""
    return Computer("linux", environ, PurePosixPath(user_home))


async def test_several_homes(homes: list[Home], folder: Path, port: int) -> None:
    """Of two homes with the same address the one whose daemon runs is found, also where TLS is not configured."""
    for home in homes:
        home.configure(f"127.0.0.1:{port}", tls=False)
    with pytest.raises(DiscoveryError, match="none of their daemons answers"):
        await asyncio.to_thread(find_daemon, computer(folder), None)
    for home in homes:
        async with home.running():
            await url_of(home)
            found = await asyncio.to_thread(find_daemon, computer(folder), None)
            assert found.home == home.folder


async def test_the_environment(home: Home, folder: Path, port: int) -> None:
    """Address and key in the environment of both, as in a container, lead to the daemon without a home."""
    home.configure(UNUSED, tls=False)
    environ = {"STGUIADDRESS": f"127.0.0.1:{port}", "STGUIAPIKEY": "a-key-of-the-environment"}
    async with home.running(**environ):
        await url_of(home)
        (folder / "user").mkdir()
        found = await asyncio.to_thread(find_daemon, computer(folder / "user", **environ), None)
        assert found.home is None
        async with Syncthing(found.api_key, found.url) as client:
            assert (await client.system.status())["myID"] == home.device_id


async def test_a_renewed_certificate(home: Home, folder: Path, port: int) -> None:
    """A client that was made before the daemon renewed its certificate goes on."""
    home.configure(f"127.0.0.1:{port}", tls=True)
    async with home.running():
        await url_of(home)
        client = await asyncio.to_thread(Syncthing.local, home.folder)
        await client.system.ping()
    async with client:
        before = (home.folder / "https-cert.pem").read_bytes()
        for name in ("https-cert.pem", "https-key.pem"):
            shutil.move(home.folder / name, folder / name)
        async with home.running():
            await url_of(home)
            assert (home.folder / "https-cert.pem").read_bytes() != before
            await client.system.ping()
