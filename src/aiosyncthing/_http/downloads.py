"""Writing a download to a file without blocking the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

Target: TypeAlias = str | os.PathLike[str] | IO[bytes]
"""Where a download goes: a path, or a binary file object open for writing."""

_T = TypeVar("_T")


@asynccontextmanager
async def open_target(target: Target) -> AsyncGenerator[Callable[[bytes], Awaitable[object]]]:
    """Yield a function that writes a chunk.

    A path is written under a temporary name in the same folder, which takes the name's place when the block ends
    well and vanishes when it doesn't. A file object is only written to; its owner closes it.
    """
    if not isinstance(target, (str, os.PathLike)):
        yield lambda chunk: _in_thread(lambda: _write_all(target, chunk))
        return
    part = _Part(Path(target))
    try:
        await _in_thread(part.create)
        yield lambda chunk: _in_thread(lambda: part.write(chunk))
        await _in_thread(part.finish)
    except BaseException:
        await _in_thread(part.discard)
        raise


class _Part:
    """A file that is not complete yet."""

    _file: IO[bytes]
    _name: Path

    def __init__(self, path: Path) -> None:
        self._path = path
        self._exists = False

    def create(self) -> None:
        # The name is cut so that the longer one is allowed wherever it is itself.
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
            with contextlib.suppress(OSError):  # a full disk: closing writes what is buffered
                self._file.close()
            self._name.unlink(missing_ok=True)


def _write_all(file: IO[bytes], chunk: bytes) -> None:
    while chunk and (written := file.write(chunk)):  # an unbuffered file may take a part only
        chunk = chunk[written:]


async def _in_thread(function: Callable[[], _T]) -> _T:
    """Run a function in a thread, and when cancelled wait for its end: the file must not be closed under it."""
    work = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        await asyncio.wait([work])  # asyncio.shield() would log what fails after the cancellation (Python 3.14)
    except asyncio.CancelledError:
        while not work.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # looked at, so asyncio has nothing to complain about
        raise
    return work.result()
