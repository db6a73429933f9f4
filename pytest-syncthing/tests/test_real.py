"""Real daemons in tests without a loop."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.waiting import wait_until

from aiosyncthing.exceptions import ConnectionFailedError, DaemonError, UnauthorizedError
from pytest_syncthing import RealSyncthing, RealSyncthingPair, real

if TYPE_CHECKING:
    from pathlib import Path

    from aiosyncthing import Daemon

pytestmark = [pytest.mark.daemon, pytest.mark.measured]


def ask(daemon: RealSyncthing, **options: Any) -> Any:
    """Request the status, in a loop of our own."""

    async def main() -> Any:
        async with daemon.client(**options) as client:
            return await client.system.status()

    return asyncio.run(main())


def threads() -> set[str]:
    """Return the names of all threads."""
    return {thread.name for thread in threading.enumerate()}


def test_a_daemon(syncthing_binary: Path) -> None:
    """It is up within the block, reports what it is, and is gone afterwards, with its thread."""
    before = threads()
    with RealSyncthing(syncthing_binary) as daemon:
        status = ask(daemon)
        assert status["myID"] == daemon.device_id
        assert daemon.url == f"http://{status['guiAddressUsed']}"
        assert daemon.version.startswith("v")
        assert daemon.sync_address.startswith("tcp://127.0.0.1:")
        assert daemon.running
        assert daemon.log_tail
        assert daemon.api_key not in repr(daemon)
        with pytest.raises(UnauthorizedError):
            ask(daemon, api_key="wrong")
        home = daemon.home
        assert home.exists()
    assert not home.exists()
    wait_until(lambda: threads() == before)  # a thread is in the list for a moment after its last step


def test_its_life(syncthing_binary: Path, tmp_path: Path) -> None:
    """It can be killed, started and restarted, and keeps a given home."""
    with RealSyncthing(syncthing_binary, tmp_path / "home") as daemon:
        daemon.kill()
        assert not daemon.running
        with pytest.raises(ConnectionFailedError):
            ask(daemon)
        daemon.start()
        started = ask(daemon)["myID"]
        daemon.restart()
        assert ask(daemon)["myID"] == started
    assert (tmp_path / "home" / "config.xml").exists()


def test_a_pair(syncthing_binary: Path) -> None:
    """The two are connected when the block begins."""
    with RealSyncthingPair(syncthing_binary) as pair:
        one, other = pair
        assert (one, other) == (pair.one, pair.other)

        async def main() -> list[bool]:
            async with one.client() as a, other.client() as b:
                return [
                    (await a.system.connections())["connections"][other.device_id]["connected"],
                    (await b.system.connections())["connections"][one.device_id]["connected"],
                ]

        assert asyncio.run(main()) == [True, True]


def test_a_pair_that_does_not_meet(syncthing_binary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If they don't connect, the error says so, and nothing is left."""

    async def introduce_wrongly(daemon: Daemon, other: RealSyncthing, address: str) -> None:
        await daemon.client.config.set_device({"deviceID": other.device_id, "addresses": ["tcp://127.0.0.1:9"]})

    monkeypatch.setattr(real, "_introduce", introduce_wrongly)
    monkeypatch.setattr(real, "_PATIENCE", 0.2)
    before = threads()
    with pytest.raises(DaemonError, match="did not connect"):
        RealSyncthingPair(syncthing_binary).__enter__()
    wait_until(lambda: threads() == before)  # a thread is in the list for a moment after its last step


def test_a_daemon_that_does_not_start(tmp_path: Path) -> None:
    """The error is the daemon's, and no thread is left."""
    before = threads()
    binary = tmp_path / "syncthing"
    binary.write_text("#!/bin/sh\necho nonsense\nexit 1\n")
    binary.chmod(0o755)
    with pytest.raises(DaemonError, match="nonsense"), RealSyncthing(binary):
        pass
    wait_until(lambda: threads() == before)  # a thread is in the list for a moment after its last step
