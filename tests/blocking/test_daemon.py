"""The launcher: the same daemon, started and stopped by calls that return when it is done."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aiosyncthing.blocking import Daemon
from aiosyncthing.exceptions import DaemonError
from tests.blocking.conftest import in_threads, portal_threads
from tests.support.imitations import imitation
from tests.support.processes import processes_with


@pytest.fixture
def binary(tmp_path: Path) -> Iterator[Path]:
    """A program that imitates Syncthing; no process is left in the end."""
    yield imitation(tmp_path, "serve(identity())")
    assert processes_with(str(tmp_path)) == []


def test_a_life(binary: Path, tmp_path: Path) -> None:
    """The daemon is ready when the block begins, and everything is cleaned up when it ends.

    Its crash handler is called in the thread of the blocking clients.
    """
    crashes: list[threading.Thread] = []
    with Daemon(
        tmp_path / "home", binary, crash_handler=lambda _: crashes.append(threading.current_thread())
    ) as daemon:
        assert daemon.running
        assert daemon.pid
        assert (daemon.home, daemon.binary, daemon.version) == (tmp_path / "home", binary, "v2.9.9")
        assert daemon.client.url == daemon.url
        assert daemon.client is daemon.client
        assert daemon.client.system.status()["myID"] == daemon.device_id
        assert daemon.api_key not in repr(daemon)
        assert "listening" in daemon.log_tail
        with pytest.raises(DaemonError, match="no listen address"):
            assert daemon.sync_address
        first = daemon.pid
        daemon.restart()
        assert daemon.pid != first
        daemon.kill()
        assert not daemon.running
        assert daemon.returncode == -signal.SIGKILL
        daemon.start()
        with pytest.raises(DaemonError, match="already running"):
            daemon.start()
        assert daemon.client.system.status()
        status, _ = in_threads(daemon.wait, lambda: os.kill(daemon.pid or 0, signal.SIGKILL))
        assert status == -signal.SIGKILL
        assert crashes == portal_threads()
        with daemon.client:
            pass  # its end is not that of the daemon
        daemon.stop()
    assert portal_threads() == []
    with pytest.raises(DaemonError, match="is not started"):
        assert daemon.client


def test_one_that_fails(tmp_path: Path) -> None:
    """A daemon that doesn't start leaves nothing, not even a thread; the message ends with its log."""
    binary = imitation(tmp_path, "print('no'); sys.exit(7)")
    with pytest.raises(DaemonError, match=r"exited while starting(.|\n)*no"), Daemon(binary=binary):
        pytest.fail("it was started")
    assert portal_threads() == []
    with pytest.raises(DaemonError):
        Daemon(binary=tmp_path / "nothing").start()
    assert portal_threads() == []


def test_an_interrupt(tmp_path: Path, interrupt: Callable[..., None]) -> None:
    """Ctrl-C while it starts ends it, and leaves nothing."""
    binary = imitation(tmp_path, "(home / 'up').touch(); time.sleep(60)")
    daemon = Daemon(tmp_path / "home", binary)
    interrupt((tmp_path / "home" / "up").exists)
    with pytest.raises(KeyboardInterrupt):
        daemon.start()
    assert processes_with(str(tmp_path)) == []
    assert portal_threads() == []


def test_one_that_is_forgotten(binary: Path) -> None:
    """When it is garbage-collected, it is stopped in the background, with a warning."""
    daemon = Daemon(binary=binary)
    daemon.start()
    home = daemon.home
    with pytest.warns(ResourceWarning, match="unclosed Daemon"):
        del daemon
    for thread in portal_threads():
        thread.join(10)
    assert not home.exists()
