"""TLS with real daemons: pins, trust on first use, renewals, and Unix sockets."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing import CertificateFile, Fingerprint, Syncthing, fetch_fingerprint
from aiosyncthing.exceptions import ConnectionFailedError, FingerprintMismatchError, RedirectError, TLSError
from tests.support.peers import Eavesdropper, Identity, short_folder
from tests.support.stock import KEY, Stock

pytestmark = pytest.mark.daemon


@pytest.fixture
def home(syncthing_binary: Path) -> Iterator[Stock]:
    """A new home, whose path is short enough for sockets."""
    with short_folder() as folder:
        one = Stock(syncthing_binary, folder / "home")
        yield one
        one.ports.close()


def url_of(home: Stock) -> str:
    """Return where its API is on TCP."""
    return f"https://127.0.0.1:{home.port}"


async def ready(client: Syncthing) -> Syncthing:
    """Wait until a daemon answers, and return its client."""
    await client.wait_ready(60)
    return client


async def test_trust(home: Stock) -> None:
    """A stock daemon is refused by the usual check, and accepted by its fingerprint, its file, or without a check.

    Who shows another certificate than the daemon's gets nothing of a request.
    """
    url = url_of(home)
    async with home.running(), Eavesdropper(Identity()) as other:
        fingerprint = await fetch_fingerprint(url)
        file = CertificateFile(home.certificate)
        assert fingerprint == Fingerprint.from_certificate(home.certificate.read_bytes())
        for options in (
            {"tls": fingerprint},
            {"tls": Fingerprint(str(fingerprint).upper())},
            {"tls": file},
            {"tls": False},
            {"verify_ssl": False},
        ):
            async with Syncthing(KEY, url, **options) as client:
                await ready(client)
                await client.system.ping()
                await client.config.patch_options(maxSendKbps=7)
        # Its certificate is one for its host name, which is not that of the URL.
        for tls in (None, home.certificate):
            async with Syncthing(KEY, url, tls=tls) as client:
                with pytest.raises(TLSError, match="fetch_fingerprint"):
                    await client.system.status()
        for tls in (fingerprint, file):
            async with Syncthing(KEY, other.url, tls=tls) as client:
                with pytest.raises(FingerprintMismatchError) as caught:
                    await client.system.status()
                assert caught.value.expected == str(fingerprint)
                assert caught.value.actual != caught.value.expected
        assert other.received == b""


async def test_a_renewed_certificate(home: Stock) -> None:
    """After a renewal the client and the stream that follow the file go on; a fixed pin reports another certificate."""
    url = url_of(home)
    async with AsyncExitStack() as daemon, Syncthing(KEY, url, tls=CertificateFile(home.certificate)) as following:
        await daemon.enter_async_context(home.running())
        await ready(following)
        old = await fetch_fingerprint(url)
        async with following.events.stream({"ConfigSaved"}) as stream:
            await following.config.patch_options(maxSendKbps=7)
            assert (await anext(stream))["type"] == "ConfigSaved"
            await daemon.aclose()
            home.renew()
            await daemon.enter_async_context(home.running())
            await ready(following)
            while (item := await anext(stream))["type"] != "EventsLost":
                pass
            await following.config.patch_options(maxSendKbps=8)
            while (item := await anext(stream))["type"] != "ConfigSaved":
                pass
            assert item["data"]["options"]["maxSendKbps"] == 8
        async with Syncthing(KEY, url, tls=old) as fixed:
            with pytest.raises(FingerprintMismatchError) as caught:
                await fixed.system.status()
        new = await fetch_fingerprint(url)
        assert new != old
        assert (caught.value.expected, caught.value.actual) == (str(old), str(new))
        async with Syncthing(KEY, url, tls=Fingerprint(caught.value.actual)) as again:
            assert (await again.config.options())["maxSendKbps"] == 8


async def _use(client: Syncthing) -> Any:
    await ready(client)
    await client.config.patch_options(maxSendKbps=9)
    async with client.events.stream({"ConfigSaved"}) as stream:
        await client.config.patch_options(maxSendKbps=10)
        return (await anext(stream))["type"]


async def test_a_unix_socket(home: Stock) -> None:
    """A daemon on a Unix socket is used like any other."""
    path = home.folder.parent / "gui.sock"
    home.configure(str(path), tls=False)
    async with Syncthing(KEY, f"unix://{path}") as client:
        with pytest.raises(ConnectionFailedError, match=str(path)):
            await client.system.status()
        async with home.running():
            assert await _use(client) == "ConfigSaved"
            # TLS is spoken there as well.
            async with Syncthing(KEY, f"unixs://{path}", tls=CertificateFile(home.certificate)) as secure:
                await secure.system.ping()


async def test_tls_through_a_unix_socket(home: Stock) -> None:
    """A daemon that wants TLS on its socket is used like any other; escapes in its path mean what the daemon means."""
    folder = home.folder.parent / "a b+ä"
    folder.mkdir()
    url = f"unixs://{home.folder.parent}/a%20b+%C3%A4/gui.sock"
    async with home.running(STGUIADDRESS=url):
        assert (folder / "gui.sock").exists()
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
