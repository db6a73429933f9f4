"""This process: how it ends, and the streams that it writes to."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

from .errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence


class Interrupted(BaseException):
    """A signal has ended the command.

    Attributes:
        signum: Its number.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


def die(signum: int) -> None:
    """End this process by a signal, as if it had never been caught."""
    signal.signal(signum, signal.SIG_DFL)
    os.kill(os.getpid(), signum)


def interrupted(error: BaseException) -> int:
    """Return the number of the signal behind an exception."""
    return error.signum if isinstance(error, Interrupted) else signal.SIGINT


def replace_by(command: Sequence[str]) -> NoReturn:
    """Run another program in the place of this one.

    Raises:
        CommandError: It can't be run; the exit status is that of a shell: 127 if there is none, 126 otherwise.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    for name in ("SIGPIPE", "SIGXFSZ"):  # which Python ignores, and programs inherit that
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        if os.name == "nt":  # where the new program would run in the background
            import subprocess  # noqa: PLC0415 - only there

            sys.exit(subprocess.call(command))  # noqa: S603 - given by the user
        os.execvp(command[0], [*command])  # noqa: S606 - likewise
    except OSError as error:
        status = 127 if isinstance(error, FileNotFoundError) else 126
        raise CommandError(f"can't run {command[0]}: {error.strerror or error}", status) from None


@contextmanager
def interruptible() -> Generator[None]:
    """Let Ctrl-C interrupt a block that waits for a person, although an event loop runs."""
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
    """Collect garbage from now on, but don't look again at what is loaded: that stays until the end."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def is_broken_pipe(error: OSError) -> bool:
    """Return whether an error says that the reader of stdout is gone; Windows says EINVAL."""
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)


@contextmanager
def writing_stdout() -> Generator[None]:
    """Say of an error in a block that stdout is what can't be written; a reader that is gone is no error.

    Raises:
        CommandError: It can't be written: the disk is full, for example.
    """
    try:
        yield
    except OSError as error:
        if is_broken_pipe(error):
            raise
        raise CommandError(f"can't write to stdout: {error.strerror or error}") from error


def silence() -> None:
    """Send what is still in the buffer of stdout nowhere."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def open_streams() -> None:
    """Put the null device where the caller has closed a standard stream: Python has ``None`` there.

    Call it before anything else is opened: that would get the number of the closed stream, and its output.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is not None:
            continue
        nowhere = os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: that of the closed stream
        os.set_inheritable(nowhere, nowhere == number)
        setattr(sys, name, open(nowhere, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - until the end


def prepare_streams() -> None:
    """Let file names with any bytes through, and write UTF-8 on Windows."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        if os.name == "nt":
            reconfigure(encoding="utf-8", errors="backslashreplace")
        else:
            utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
            reconfigure(errors="surrogateescape" if utf8 else "backslashreplace")
