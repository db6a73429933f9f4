"""`top` on a real terminal: however it ends, the terminal is restored."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from typing import TYPE_CHECKING

import pytest

from pytest_syncthing import FakeSyncthing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BEGIN, END, CURSOR = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"
PATIENCE = 30  # seconds
# What a bug would be: the key would be among the variables of a traceback.
BUG = """
from aiosyncthing.cli.top import page
def broken(live, view, *, url, now, width, wanted):
    if live.folders["docs"].paused:
        key = live._updates._api._access.secrets
        raise ZeroDivisionError("oops")
    return right(live, view, url=url, now=now, width=width, wanted=wanted)
right, page.page = page.page, broken
"""


class Screen:
    """A terminal with `top` on it."""

    def __init__(self, fake: FakeSyncthing, folder: Path, code: str) -> None:
        self.leader, self.follower = pty.openpty()
        self.resize(24, 80)
        self.before = termios.tcgetattr(self.follower)
        self.written = bytearray()
        # pytest-xdist sets COLUMNS, which would count for more than the size of this terminal.
        foreign = ("AIOSYNC", "ST", "XDG", "COLUMNS", "LINES")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{code}\nfrom aiosyncthing.cli import main; main()", "top"],
            env={**kept, "HOME": str(folder), "STHOMEDIR": str(fake.home), "TERM": "xterm-256color"},
            stdin=self.follower,
            stdout=self.follower,
            stderr=self.follower,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        try:
            while part := os.read(self.leader, 65536):
                self.written += part
        except OSError:  # it is closed
            pass

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for something."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, bytes(self.written[-2000:])
            time.sleep(0.02)

    def until_shown(self, text: bytes, since: int = 0) -> None:
        """Wait until something was written."""
        self.until(lambda: text in self.written[since:])

    def resize(self, rows: int, columns: int) -> None:
        """Make it another size."""
        fcntl.ioctl(self.follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, key: str) -> None:
        """Press a key."""
        os.write(self.leader, key.encode())

    @property
    def stopped(self) -> bool:
        """Whether the process is stopped."""
        return os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None

    @property
    def restored(self) -> bool:
        """Whether it shows what it did before, takes input as before, and has its cursor."""
        shown = (
            self.written.rfind(END) > self.written.rfind(BEGIN) and CURSOR in self.written[self.written.rfind(END) :]
        )
        return shown and termios.tcgetattr(self.follower) == self.before

    def end(self) -> int:
        """Wait for the end of the process, and return its status."""
        status = self.process.wait(PATIENCE)
        self.until(lambda: self.restored)
        return status

    def close(self) -> None:
        """Clean up."""
        self.process.kill()
        self.process.wait()
        os.close(self.follower)
        self._reader.join()
        os.close(self.leader)


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeSyncthing]:
    """A daemon with a folder."""
    with FakeSyncthing(name="nas", home=tmp_path / "home") as daemon:
        daemon.add_folder("docs", files={"a": b"x"})
        yield daemon


@pytest.fixture
def show(fake: FakeSyncthing, tmp_path: Path) -> Iterator[Callable[..., Screen]]:
    """Start `top` on a terminal, and wait until it shows the folder."""
    screens: list[Screen] = []

    def show(code: str = "") -> Screen:
        screens.append(Screen(fake, tmp_path, code))
        screens[-1].until_shown(b"in sync")
        assert not screens[-1].restored
        return screens[-1]

    yield show
    for screen in screens:
        screen.close()


def test_quitting(show: Callable[..., Screen]) -> None:
    """Ctrl-Z gives the terminal back until the shell continues it, another size is used, and Q ends it."""
    screen = show()
    screen.press("\x1a")
    screen.until(lambda: screen.stopped)
    screen.until(lambda: screen.restored)
    place = len(screen.written)
    screen.process.send_signal(signal.SIGCONT)
    screen.until_shown(b"in sync", place)
    place = len(screen.written)
    screen.resize(5, 20)
    screen.process.send_signal(signal.SIGWINCH)
    screen.until_shown(b"q quit  enter\x1b", place)  # the line at the bottom is cut
    place = len(screen.written)
    screen.process.send_signal(signal.SIGSTOP)  # which no program notices before it is continued
    screen.process.send_signal(signal.SIGCONT)
    screen.until_shown(BEGIN, place)
    screen.press("q")
    assert screen.end() == 0


def test_sigterm(show: Callable[..., Screen]) -> None:
    """A signal ends it as any other command: by this signal."""
    screen = show()
    screen.process.send_signal(signal.SIGTERM)
    assert screen.end() == -signal.SIGTERM


def test_a_bug(show: Callable[..., Screen], fake: FakeSyncthing) -> None:
    """An unexpected exception leaves the terminal restored, and one line that shows no key."""
    screen = show(BUG)
    fake.set_folder("docs", paused=True)
    assert screen.end() == 1
    screen.until_shown(b"aiosyncthing: error: ZeroDivisionError: oops")
    assert screen.written.rfind(END) < screen.written.rfind(b"aiosyncthing: error")
    assert fake.api_key.encode() not in screen.written
