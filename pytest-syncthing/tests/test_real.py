"""Real daemons in tests without a loop."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.support.waiting import wait_until

from aiosyncthing import Daemon
from aiosyncthing.exceptions import ConnectionFailedError, DaemonError, UnauthorizedError
from pytest_syncthing import RealSyncthing, RealSyncthingPair, real

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


def test_a_daemon(newest_syncthing: Path, tmp_path: Path) -> None:
    """A daemon says what it is, can be killed, started and restarted, and ends with the block; a given home stays."""
    before = threads()
    with RealSyncthing(newest_syncthing, tmp_path / "home") as daemon:
        status = ask(daemon)
        assert status["myID"] == daemon.device_id
        assert daemon.url == f"http://{status['guiAddressUsed']}"
        assert daemon.version.startswith("v")
        assert daemon.sync_address.startswith("tcp://127.0.0.1:")
        assert daemon.log_tail
        assert daemon.api_key not in repr(daemon)
        with pytest.raises(UnauthorizedError):
            ask(daemon, api_key="wrong")
        daemon.kill()
        assert not daemon.running
        with pytest.raises(ConnectionFailedError):
            ask(daemon)
        for start in (daemon.start, daemon.restart):
            start()
            assert daemon.running
            assert ask(daemon)["myID"] == status["myID"]
    assert (tmp_path / "home" / "config.xml").exists()
    wait_until(lambda: threads() == before)  # a thread is in the list for a moment after its last step


def test_a_pair_that_does_not_meet(newest_syncthing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If they don't connect, the error says so, and nothing is left."""

    async def introduce_wrongly(daemon: Daemon, other: RealSyncthing, address: str) -> None:
        await daemon.client.config.set_device({"deviceID": other.device_id, "addresses": ["tcp://127.0.0.1:9"]})

    monkeypatch.setattr(real, "_introduce", introduce_wrongly)
    monkeypatch.setattr(real, "_PATIENCE", 0.2)
    before = threads()
    with pytest.raises(DaemonError, match="did not connect"):
        RealSyncthingPair(newest_syncthing).__enter__()
    wait_until(lambda: threads() == before)  # a thread is in the list for a moment after its last step


def test_a_daemon_that_does_not_start(tmp_path: Path) -> None:
    """If it doesn't start, the error is the daemon's, and no thread is left."""
    before = threads()
    binary = tmp_path / "syncthing"
    binary.write_text("#!/bin/sh\necho nonsense\nexit 1\n")
    binary.chmod(0o755)
    with pytest.raises(DaemonError, match="nonsense"), RealSyncthing(binary):
        pass
    wait_until(lambda: threads() == before)  # a thread is in the list for a moment after its last step
