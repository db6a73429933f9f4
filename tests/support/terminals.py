"""Programs on a real terminal, at which someone types."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

__all__ = ["OnTerminal"]

_PATIENCE: Final = 30.0  # seconds


class OnTerminal:
    """A program with a terminal of its own.

    Args:
        command: The program and its arguments.
        environ: Its environment.
        folder: The directory that it runs in.

    Attributes:
        screen: What it has written, and what the terminal has echoed, since the last `until`.
        written: The same from the beginning.
        first_modes: How the terminal treated what is typed before the program could change it.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], folder: Path) -> None:
        self.screen = self.written = b""
        self._status: int | None = None
        self._pid, self._leader = pty.fork()
        if not self._pid:
            os.chdir(folder)
            os.execve(command[0], command, environ)
        self.first_modes = self.modes

    @property
    def modes(self) -> list[Any]:
        """How the terminal treats what is typed now."""
        return termios.tcgetattr(self._leader)

    @property
    def stopped(self) -> bool:
        """Whether the program is stopped."""
        return os.waitid(os.P_PID, self._pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None

    def send(self, signum: int) -> None:
        """Send it a signal."""
        os.kill(self._pid, signum)

    def resize(self, rows: int, columns: int) -> None:
        """Make the terminal another size, of which the system informs the program."""
        fcntl.ioctl(self._leader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._leader, text.encode())

    def wait(self, condition: Callable[[], object], what: str) -> None:
        """Wait until something is true, while the program writes."""
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{what}: {self.screen.decode(errors='replace')[-2000:]}"
            self._read(0.05)

    def until(self, text: str) -> None:
        """Wait until something was written since the last call, and forget what was written before."""
        self.wait(lambda: text.encode() in self.screen, text)
        self.screen = self.screen.partition(text.encode())[2]

    def ended(self) -> int:
        """Wait for its end, and return the exit status, or the negative number of the signal that has ended it."""
        self.wait(lambda: self._poll() is not None, "the program should end")
        while self._read(0):
            pass
        return os.waitstatus_to_exitcode(self._status or 0)

    def close(self) -> None:
        """End it, if it runs."""
        if self._poll() is None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._leader)

    def _poll(self) -> int | None:
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._status = status if pid else None
        return self._status

    def _read(self, patience: float) -> bool:
        if not select.select([self._leader], [], [], patience)[0]:
            return False
        try:
            part = os.read(self._leader, 65536)
        except OSError:  # the program has closed the terminal
            part = b""
        if not part:
            time.sleep(patience)  # nothing comes any more, and `select` doesn't wait
        self.screen += part
        self.written += part
        return bool(part)
