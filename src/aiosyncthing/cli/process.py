"""This process: its signals, how it ends, and its garbage."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from .errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence


class Interrupted(BaseException):
    """A signal has interrupted the command.

    Attributes:
        signum: Its number.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


def die(signum: int) -> None:
    """End this process by a signal, as if it had not been caught."""
    signal.signal(signum, signal.SIG_DFL)
    os.kill(os.getpid(), signum)


def interrupted(error: BaseException) -> int:
    """Return the number of the signal behind an exception."""
    return error.signum if isinstance(error, Interrupted) else signal.SIGINT


def replace_by(command: Sequence[str]) -> NoReturn:
    """Replace this process with another program.

    Raises:
        CommandError: It can't be run; the exit status is that of a shell: 127 if it doesn't exist, 126 otherwise.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    for name in ("SIGPIPE", "SIGXFSZ"):  # ignored by Python, which programs would inherit
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        if os.name == "nt":  # exec would leave the new program in the background
            import subprocess  # noqa: PLC0415 - only there

            sys.exit(subprocess.call(command))  # noqa: S603 - given by the user
        os.execvp(command[0], [*command])  # noqa: S606 - likewise
    except OSError as error:
        status = 127 if isinstance(error, FileNotFoundError) else 126
        raise CommandError(f"can't run {command[0]}: {error.strerror or error}", status) from None


@contextmanager
def interruptible() -> Generator[None]:
    """Let Ctrl-C interrupt a block that waits for input, even in an event loop."""
    try:
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
    except ValueError:  # another thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def collect_garbage() -> None:
    """Enable garbage collection, but exclude the loaded modules, which stay until the end."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
