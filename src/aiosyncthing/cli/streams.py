"""The standard streams. They are in order before anything else is loaded, so this module does without click."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TextIO


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
        from .errors import CommandError  # noqa: PLC0415 - loads click

        raise CommandError(f"can't write to stdout: {error.strerror or error}") from error


def tell(text: str, stream: TextIO | None = None) -> None:
    """Write to stderr at once. Where that is impossible, as on a full disk, the command goes on without a word.

    Args:
        text: The text.
        stream: What stands in for stderr.

    Raises:
        BrokenPipeError: The reader is gone.
    """
    out: TextIO = stream or sys.stderr
    try:
        out.write(text)
        out.flush()
    except OSError as error:
        if is_broken_pipe(error):
            raise
        _drop(out)


def silence(stream: TextIO) -> None:
    """Send what is in the buffer of a stream nowhere, and what is still written."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _drop(stream: TextIO) -> None:
    """Empty the buffer of a stream, or it would be written again; programs that are run later get the stream itself."""
    with suppress(OSError, ValueError):
        number = stream.fileno()
        kept = os.dup(number)
        silence(stream)
        stream.flush()
        os.dup2(kept, number)
        os.close(kept)


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
            reconfigure(errors="surrogateescape" if is_utf8(stream) else "backslashreplace")


def is_utf8(stream: TextIO) -> bool:
    """Return whether a stream can take all characters."""
    return (stream.encoding or "utf-8").lower().replace("-", "") == "utf8"
