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
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_syncthing import FakeSyncthing

BEGIN, END, CURSOR = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"
PATIENCE = 30  # seconds
# It runs three times, since starting Python and textual takes longer than all the rest. There is a bug if the folder is
# paused: the key would be among the variables of a traceback.
PROGRAM = """
from aiosyncthing.cli import app, main
from aiosyncthing.cli.top import page
def broken(live, view, *, url, now, width, wanted):
    if live.folders["docs"].paused:
        key = live._updates._api._access.secrets
        raise ZeroDivisionError("oops")
    return right(live, view, url=url, now=now, width=width, wanted=wanted)
right, page.page = page.page, broken
for _ in range(2):
    input(f"It ended with {app.main(['top'])}.")
main()
"""


class Screen:
    """A terminal with the program on it."""

    def __init__(self, fake: FakeSyncthing, folder: Path) -> None:
        self.leader, self.follower = pty.openpty()
        self.resize(24, 80)
        self.before = termios.tcgetattr(self.follower)
        self.written = bytearray()
        self._place = 0  # what is before it was looked at
        # pytest-xdist sets COLUMNS, which would count for more than the size of this terminal.
        foreign = ("AIOSYNC", "ST", "XDG", "COLUMNS", "LINES")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "top"],
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

    def until_shown(self, text: bytes) -> None:
        """Wait until something was written after what was waited for before."""
        self.until(lambda: text in self.written[self._place :])
        self._place = self.written.index(text, self._place)

    def until_restored(self) -> None:
        """Wait until it shows what it did before, takes input as before, and has its cursor."""
        self.until_shown(END)
        self.until_shown(CURSOR)
        self.until(lambda: termios.tcgetattr(self.follower) == self.before)
        assert BEGIN not in self.written[self._place :]

    def resize(self, rows: int, columns: int) -> None:
        """Make it another size."""
        fcntl.ioctl(self.follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, key: str) -> None:
        """Press a key."""
        os.write(self.leader, key.encode())

    def close(self) -> None:
        """Clean up."""
        self.process.kill()
        self.process.wait()
        os.close(self.follower)
        self._reader.join()
        os.close(self.leader)


@pytest.fixture
def screen(nas: FakeSyncthing, tmp_path: Path) -> Iterator[Screen]:
    """A terminal on which `top` is started."""
    nas.add_folder("docs", files={"a": b"x"})
    screen = Screen(nas, tmp_path)
    yield screen
    screen.close()


def test_however_it_ends(screen: Screen, nas: FakeSyncthing) -> None:
    """Suspended, quit, ended by a bug, or by a signal: the terminal is as it was before."""
    screen.until_shown(b"in sync")
    screen.press("\x1a")  # Ctrl-Z gives the terminal back until the shell continues it
    screen.until(lambda: os.waitid(os.P_PID, screen.process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT))
    screen.until_restored()
    screen.process.send_signal(signal.SIGCONT)
    screen.until_shown(b"in sync")
    screen.resize(5, 20)
    screen.process.send_signal(signal.SIGWINCH)
    screen.until_shown(b"q quit  enter\x1b")  # the line at the bottom is cut
    screen.process.send_signal(signal.SIGSTOP)  # which no program notices before it is continued
    screen.process.send_signal(signal.SIGCONT)
    screen.until_shown(BEGIN)
    screen.press("q")
    screen.until_restored()
    screen.until_shown(b"It ended with 0.")

    screen.resize(24, 80)
    screen.press("\n")
    screen.until_shown(b"in sync")
    nas.set_folder("docs", paused=True)
    screen.until_restored()
    screen.until_shown(b"aiosyncthing: error: ZeroDivisionError: oops")  # one line, without the key
    screen.until_shown(b"It ended with 1.")
    assert nas.api_key.encode() not in screen.written

    nas.set_folder("docs", paused=False)
    screen.press("\n")
    screen.until_shown(b"in sync")
    screen.process.send_signal(signal.SIGTERM)
    assert screen.process.wait(PATIENCE) == -signal.SIGTERM
    screen.until_restored()
