"""The standard streams. They are prepared before anything else is loaded, so this module doesn't import click."""

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
    """Turn an error while writing stdout into one that says so; a closed pipe is passed on.

    Raises:
        CommandError: It can't be written, for example because the disk is full.
    """
    try:
        yield
    except OSError as error:
        if is_broken_pipe(error):
            raise
        from aiosyncthing.cli.errors import CommandError  # noqa: PLC0415 - loads click

        raise CommandError(f"can't write to stdout: {error.strerror or error}") from error


def write_or_drop(text: str, stream: TextIO | None = None) -> None:
    """Write to stderr, and flush it. If that is impossible, as on a full disk, the text is dropped silently.

    Args:
        text: The text.
        stream: Another stream than stderr.

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
    """Redirect a stream, including its buffer, to the null device."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _drop(stream: TextIO) -> None:
    """Discard the buffer of a stream, or it would be written again; the stream itself stays as it is."""
    with suppress(OSError, ValueError):
        number = stream.fileno()
        kept = os.dup(number)
        silence(stream)
        stream.flush()
        os.dup2(kept, number)
        os.close(kept)


def open_streams() -> None:
    """Open the null device for each standard stream that the caller has closed, which is ``None`` in Python.

    Call this before anything else is opened: that would get the closed stream's file descriptor, and its output.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is not None:
            continue
        nowhere = os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is that of the closed stream
        os.set_inheritable(nowhere, nowhere == number)
        setattr(sys, name, open(nowhere, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - until the end


def prepare_streams() -> None:
    """Allow file names with any bytes, and write UTF-8 on Windows."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        if os.name == "nt":
            reconfigure(encoding="utf-8", errors="backslashreplace")
        else:
            reconfigure(errors="surrogateescape" if is_utf8(stream) else "backslashreplace")


def is_utf8(stream: TextIO) -> bool:
    """Return whether a stream can encode all characters."""
    return (stream.encoding or "utf-8").lower().replace("-", "") == "utf8"
