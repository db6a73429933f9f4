"""Each way to know that connections end in the daemon: a lone event of a real one costs one request, two otherwise."""

import asyncio
import logging
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from aiosyncthing import CertificateFile, Daemon, Syncthing, fetch_fingerprint
from aiosyncthing._timing import Bursts
from tests.support.peers import short_folder

pytestmark = pytest.mark.daemon


@pytest.fixture(autouse=True)
def lone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event counts as a lone one, though the next follows at once."""
    monkeypatch.setattr(Bursts, "last", lambda *_: False)


async def cost(client: Syncthing, other: Syncthing, caplog: pytest.LogCaptureFixture) -> list[int]:
    """Return how many requests each of some lone events costs a client. Another client causes them."""
    costs: list[int] = []
    caplog.set_level(logging.DEBUG, "aiosyncthing.api")
    async with client.events.stream({"FolderPaused", "FolderResumed"}, own=True, wait=60) as stream:
        for number in range(4):
            caplog.clear()
            await other.config.patch_folder("lone", paused=not number % 2)
            async with asyncio.timeout(20):
                item = await anext(stream)
            assert item["type"] == ("FolderResumed" if number % 2 else "FolderPaused")
            costs.append(sum(" rest/events: " in message for message in caplog.messages))
    return costs[2:]  # before the first, no event was seen that could be an anchor


async def test_every_way_to_know(
    syncthing_binary: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over TCP: the launcher's client, one for a home, a pin on the daemon's own certificate, and the caller's word."""
    async with Daemon(binary=syncthing_binary, stop_timeout=0) as daemon, AsyncExitStack() as stack:
        await daemon.client.config.set_folder({"id": "lone", "path": str(tmp_path / "lone")})
        key, url = daemon.api_key, daemon.url
        secure = url.replace("http:", "https:")
        pin = await fetch_fingerprint(secure)
        file = CertificateFile(daemon.home / "https-cert.pem")
        known = [
            Syncthing(key, url, direct=True),
            Syncthing(key, secure, tls=pin),
            Syncthing(key, secure, tls=file),
            await asyncio.to_thread(Syncthing.local, daemon.home),
        ]
        monkeypatch.setenv("STGUIADDRESS", url)
        monkeypatch.setenv("STHOMEDIR", str(daemon.home))
        unknown = [
            Syncthing(key, url),
            Syncthing(key, secure, verify_ssl=False),
            Syncthing(key, secure, tls=pin, direct=False),
            await asyncio.to_thread(Syncthing.local),
        ]
        other = await stack.enter_async_context(Syncthing(key, url))
        for client in [*known, *unknown]:
            await stack.enter_async_context(client)
        for client in [daemon.client, *known]:
            assert await cost(client, other, caplog) == [1] * 2, client
            assert client.api.direct
        for client in unknown:
            assert await cost(client, other, caplog) == [2] * 2, client
            assert not client.api.direct


async def test_a_unix_socket(newest_syncthing: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Through a Unix socket, unless the caller says otherwise."""
    with short_folder() as folder:
        async with Daemon(binary=newest_syncthing, address=f"unix://{folder}/a.sock", stop_timeout=0) as daemon:
            await daemon.client.config.set_folder({"id": "lone", "path": str(tmp_path / "lone")})
            for direct, requests in ((None, 1), (False, 2)):
                async with Syncthing(daemon.api_key, daemon.url, direct=direct) as client:
                    assert await cost(client, daemon.client, caplog) == [requests] * 2
