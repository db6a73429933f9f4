"""TLS with real daemons: pins, trust on first use, renewals, and Unix sockets."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing import CertificateFile, Fingerprint, Syncthing, fetch_fingerprint
from aiosyncthing.daemon import home as _home
from aiosyncthing.daemon.ports import Ports
from aiosyncthing.daemon.process import Process
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    FingerprintMismatchError,
    RedirectError,
    TLSError,
)
from tests.support.peers import Eavesdropper, Identity, short_folder
from tests.support.server import KEY
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

pytestmark = pytest.mark.daemon


class Home:
    """The home of a daemon that keeps to this computer.

    Args:
        binary: The daemon.
        folder: Where to make it; its path is short enough for sockets.
    """

    def __init__(self, binary: Path, folder: Path) -> None:
        self.binary = binary
        self.folder = folder / "home"
        self.socket = folder / "gui.sock"
        self.certificate = self.folder / "https-cert.pem"
        _home.HomeFolder(self.folder).make()
        self.ports = Ports(None)

    @property
    def url(self) -> str:
        """Where its API is on TCP."""
        return f"https://{self.ports.api.configured}"

    def configure(self, address: str = "", *, tls: bool = True) -> None:
        """Write the configuration.

        Args:
            address: Where to listen: a socket; empty for TCP.
            tls: Whether to insist on TLS.
        """
        self.on_socket = bool(address)
        text = _home.configuration(self.ports, KEY)
        text = text.replace('tls="false"', f'tls="{str(tls).lower()}"')
        if address:
            text = text.replace(f"<address>{self.ports.api.configured}<", f"<address>{address}<")
        _home.write_configuration(self.folder, text)

    def renew(self) -> None:
        """Have the daemon make another certificate at its next start, as it does some weeks before one expires."""
        self.certificate.unlink()
        (self.folder / "https-key.pem").unlink()

    @asynccontextmanager
    async def running(self, **environ: str) -> AsyncIterator[None]:
        """Run the daemon, until something answers."""
        log: list[str] = []
        on_socket = self.on_socket or "STGUIADDRESS" in environ
        process = Process(
            [str(self.binary), "serve", f"--home={self.folder}", "--no-browser"],
            {**_home.environment(os.environ, self.folder, KEY, {}), **environ},
            self.folder,
            log.append,
        )

        async def is_up() -> bool:
            assert process.running, log
            try:
                if on_socket:
                    _, writer = await asyncio.open_unix_connection(self.socket)
                else:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.ports.api.gui.port)
            except OSError:
                return False
            writer.close()
            return True

        try:
            await process.start()
            await until(is_up)
            yield
        except BaseException:
            print(*log, sep="\n")
            raise
        finally:
            process.kill()
            await process.wait()


@pytest.fixture
def home(syncthing_binary: Path) -> Iterator[Home]:
    """A new home."""
    with short_folder() as folder:
        one = Home(syncthing_binary, folder)
        one.configure()
        yield one
        one.ports.close()


async def ready(client: Syncthing) -> Syncthing:
    """Wait until a daemon answers, and return its client."""
    await client.wait_ready(60)
    return client


async def test_trust(home: Home) -> None:
    """A stock daemon is refused by the usual check, and accepted by its fingerprint, its file, or without a check."""
    async with home.running():
        fingerprint = await fetch_fingerprint(home.url)
        assert fingerprint == Fingerprint.from_certificate(await asyncio.to_thread(home.certificate.read_bytes))
        for options in (
            {"tls": fingerprint},
            {"tls": Fingerprint(str(fingerprint).upper())},
            {"tls": CertificateFile(home.certificate)},
            {"tls": False},
            {"verify_ssl": False},
        ):
            async with Syncthing(KEY, home.url, **options) as client:
                await ready(client)
                await client.system.ping()
                await client.config.patch_options(maxSendKbps=7)
        async with Syncthing(KEY, home.url) as client:
            with pytest.raises(TLSError, match="fetch_fingerprint"):
                await client.system.status()
        # Its certificate is one for its host name, which is not that of the URL.
        async with Syncthing(KEY, home.url, tls=home.certificate) as client:
            with pytest.raises(TLSError, match="fetch_fingerprint"):
                await client.system.status()


async def test_somebody_in_between(home: Home) -> None:
    """Who shows another certificate than the daemon's gets nothing of a request."""
    async with home.running(), Eavesdropper(Identity()) as other:
        fingerprint = await fetch_fingerprint(home.url)
        for tls in (fingerprint, CertificateFile(home.certificate)):
            async with Syncthing(KEY, other.url, tls=tls) as client:
                with pytest.raises(FingerprintMismatchError) as caught:
                    await client.system.status()
                assert caught.value.expected == str(fingerprint)
                assert caught.value.actual != caught.value.expected
        assert other.received == b""


async def test_a_renewed_certificate(home: Home) -> None:
    """After a renewal the client that follows the file goes on; a fixed pin reports another certificate."""
    async with Syncthing(KEY, home.url, tls=CertificateFile(home.certificate)) as following:
        async with home.running():
            await ready(following)
            old = await fetch_fingerprint(home.url)
        await asyncio.to_thread(home.renew)
        async with home.running(), Syncthing(KEY, home.url, tls=old) as fixed:
            await ready(following)
            await following.config.patch_options(maxSendKbps=7)
            with pytest.raises(FingerprintMismatchError) as caught:
                await fixed.system.status()
            new = await fetch_fingerprint(home.url)
            assert new != old
            assert (caught.value.expected, caught.value.actual) == (str(old), str(new))
            async with Syncthing(KEY, home.url, tls=Fingerprint(caught.value.actual)) as again:
                assert (await again.config.options())["maxSendKbps"] == 7


async def test_the_stream_survives_a_renewal(home: Home) -> None:
    """A stream of events that follows the file goes on after a restart with another certificate."""
    client = Syncthing(KEY, home.url, tls=CertificateFile(home.certificate))
    async with AsyncExitStack() as daemon, client:
        await daemon.enter_async_context(home.running())
        await ready(client)
        async with client.events.stream({"ConfigSaved"}) as stream:
            await client.config.patch_options(maxSendKbps=7)
            assert (await anext(stream))["type"] == "ConfigSaved"
            await daemon.aclose()
            await asyncio.to_thread(home.renew)
            await daemon.enter_async_context(home.running())
            await ready(client)
            while (item := await anext(stream))["type"] != "EventsLost":
                pass
            await client.config.patch_options(maxSendKbps=8)
            while (item := await anext(stream))["type"] != "ConfigSaved":
                pass
            assert item["data"]["options"]["maxSendKbps"] == 8


async def test_tls_without_being_asked_for(home: Home) -> None:
    """A daemon whose configuration has no TLS speaks it nevertheless, so that a pin needs no change there."""
    await asyncio.to_thread(home.configure, tls=False)
    async with home.running():
        fingerprint = await fetch_fingerprint(home.url)
        async with Syncthing(KEY, home.url, tls=fingerprint) as client:
            await ready(client)
            await client.system.ping()
    with pytest.raises(BadRequestError, match="https://"):
        Syncthing(KEY, home.url.replace("https", "http"), tls=fingerprint)


async def _use(client: Syncthing) -> Any:
    await ready(client)
    await client.config.patch_options(maxSendKbps=9)
    async with client.events.stream({"ConfigSaved"}) as stream:
        await client.config.patch_options(maxSendKbps=10)
        return (await anext(stream))["type"]


@pytest.mark.parametrize("how", ["configured", "overridden"])
async def test_a_unix_socket(home: Home, how: str) -> None:
    """A daemon on a unix socket is used like any other: from its configuration, or as it was started."""
    await asyncio.to_thread(home.configure, str(home.socket) if how == "configured" else "", tls=False)
    environ = {} if how == "configured" else {"STGUIADDRESS": f"unix://{home.socket}"}
    async with Syncthing(KEY, f"unix://{home.socket}") as client:
        with pytest.raises(ConnectionFailedError, match=str(home.socket)):
            await client.system.status()
        async with home.running(**environ):
            assert await _use(client) == "ConfigSaved"
            # TLS is spoken there as well.
            async with Syncthing(KEY, f"unixs://{home.socket}", tls=CertificateFile(home.certificate)) as secure:
                await secure.system.ping()


@pytest.mark.parametrize("how", ["configured", "overridden"])
async def test_tls_through_a_unix_socket(home: Home, how: str) -> None:
    """So is one that wants TLS on its socket."""
    await asyncio.to_thread(home.configure, str(home.socket) if how == "configured" else "")
    environ = {} if how == "configured" else {"STGUIADDRESS": f"unixs://{home.socket}"}
    url = f"unixs://{home.socket}"
    async with home.running(**environ):
        fingerprint = await fetch_fingerprint(url)
        for tls in (fingerprint, CertificateFile(home.certificate), False):
            async with Syncthing(KEY, url, tls=tls) as client:
                assert await _use(client) == "ConfigSaved"
        async with Syncthing(KEY, url, tls=Fingerprint("ab" * 32)) as client:
            with pytest.raises(FingerprintMismatchError):
                await client.system.status()
        async with Syncthing(KEY, url) as client:
            with pytest.raises(TLSError):
                await client.system.status()
        async with Syncthing(KEY, url.replace("unixs", "unix")) as client:
            with pytest.raises(RedirectError):
                await client.system.status()


async def test_a_path_with_other_letters(home: Home) -> None:
    """The path of a socket is read as the daemon reads it, with its escapes."""
    await asyncio.to_thread(home.configure, tls=False)
    folder = home.socket.parent / "a b+ä"
    await asyncio.to_thread(folder.mkdir)
    url = f"unix://{home.socket.parent}/a%20b+%C3%A4/gui.sock"
    home.socket = folder / "gui.sock"
    async with home.running(STGUIADDRESS=url), Syncthing(KEY, url) as client:
        await ready(client)
        assert home.socket.exists()
        await client.system.ping()
    await asyncio.to_thread(shutil.rmtree, folder)
