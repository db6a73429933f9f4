"""Writing downloads to files without blocking the event loop."""

from __future__ import annotations

import contextlib
import os
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from aiosyncthing._loops import in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

Target: TypeAlias = str | os.PathLike[str] | IO[bytes]
"""Where a download goes: a path, or a binary file object open for writing."""


@asynccontextmanager
async def open_target(target: Target) -> AsyncGenerator[Callable[[bytes], Awaitable[object]]]:
    """Yield a function that writes a chunk.

    A path is written under a temporary name in the same folder. When the block succeeds, that file is renamed to the
    path, otherwise it is deleted. A file object is only written to; its owner closes it.
    """
    if not isinstance(target, (str, os.PathLike)):
        yield lambda chunk: in_thread(_write_all, target, chunk)
        return
    part = _Part(Path(target))
    try:
        await in_thread(part.create)
        yield lambda chunk: in_thread(part.write, chunk)
        await in_thread(part.finish)
    except BaseException:
        await in_thread(part.discard)
        raise


class _Part:
    """A file that is not complete yet."""

    _file: IO[bytes]
    _name: Path

    def __init__(self, path: Path) -> None:
        self._path = path
        self._exists = False

    def create(self) -> None:
        # Shortened, since a file name has a maximum length.
        descriptor, name = tempfile.mkstemp(prefix=f".{self._path.name[:30]}.", suffix=".part", dir=self._path.parent)
        self._file = os.fdopen(descriptor, "wb")
        self._name = Path(name)
        self._exists = True

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)

    def finish(self) -> None:
        self._file.close()
        self._name.replace(self._path)
        self._exists = False

    def discard(self) -> None:
        if self._exists:
            with contextlib.suppress(OSError):  # closing flushes the buffer: the disk may be full
                self._file.close()
            self._name.unlink(missing_ok=True)


def _write_all(file: IO[bytes], chunk: bytes) -> None:
    while chunk and (written := file.write(chunk)):  # an unbuffered file may write less
        chunk = chunk[written:]
