"""Downloads are written without blocking the event loop, and there is never half a file under its name."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import resource
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing._http import downloads
from aiosyncthing._http.downloads import open_target
from tests.support.descriptors import open_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Gate:
    """Holds up a function until it is let go."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._entered = threading.Event()
        self._open = threading.Event()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Wait, then call the function."""
        self._entered.set()
        assert self._open.wait(60)
        return self._function(*arguments, **options)

    async def entered(self) -> None:
        """Wait until somebody stands before it."""
        assert await asyncio.to_thread(self._entered.wait, 60)

    def open(self) -> None:
        """Let everybody pass."""
        self._open.set()

    def method(self) -> Callable[..., Any]:
        """Return a function, which in a class is a method; the gate itself would not get ``self``."""

        def call(*arguments: Any, **options: Any) -> Any:
            return self(*arguments, **options)

        return call


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [path.name for path in folder.iterdir()]


async def write_and_fail(target: Any) -> None:
    """Fail in the middle of a download."""
    async with open_target(target) as write:
        await write(b"new")
        raise KeyError("mine")


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let every file of this process end at a size, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def cancel(task: asyncio.Task[Any], gate: Gate) -> None:
    """Cancel a task while it is held up, more than once, and see that it waits for the thread."""
    await gate.entered()
    for _ in range(3):
        task.cancel()
        await asyncio.wait([task], timeout=0)
        await asyncio.sleep(0)
    assert not task.done()
    gate.open()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    """Fail a test after which a file is still open."""
    before = open_files()
    yield
    assert open_files() <= before


@pytest.mark.parametrize("kind", [str, Path])
async def test_a_path_appears_when_it_is_complete(tmp_path: Path, kind: Callable[[Path], str | Path]) -> None:
    """The name is taken when all has been written; until then there is another file beside it."""
    path = tmp_path / "bundle.zip"
    async with open_target(kind(path)) as write:
        await write(b"one ")
        await write(b"two")
        assert not path.exists()
        (part,) = names(tmp_path)
        assert part.startswith(".bundle.zip.")
        assert part.endswith(".part")
    assert names(tmp_path) == ["bundle.zip"]
    assert path.read_bytes() == b"one two"


async def test_an_older_file_is_replaced_at_the_end(tmp_path: Path) -> None:
    """A file of that name stays as it is until the new one is complete."""
    path = tmp_path / "bundle.zip"
    path.write_bytes(b"old")
    async with open_target(path) as write:
        await write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


async def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    """When the block fails, the part vanishes, an older file stays, and the error comes through."""
    path = tmp_path / "bundle.zip"
    path.write_bytes(b"old")
    with pytest.raises(KeyError, match="mine"):
        await write_and_fail(path)
    assert names(tmp_path) == ["bundle.zip"]
    assert path.read_bytes() == b"old"


async def test_a_missing_folder(tmp_path: Path) -> None:
    """A folder that doesn't exist is an OSError, before anything is written."""
    with pytest.raises(FileNotFoundError):
        async with open_target(tmp_path / "missing" / "bundle.zip"):
            pytest.fail("there is nothing to write to")
    assert names(tmp_path) == []


async def test_a_name_that_can_not_be_taken(tmp_path: Path) -> None:
    """When the name can't be taken at the end, the part vanishes."""
    path = tmp_path / "bundle.zip"
    path.mkdir()
    with pytest.raises(OSError, match=r"bundle\.zip"):
        async with open_target(path) as write:
            await write(b"data")
    assert names(tmp_path) == ["bundle.zip"]
    assert names(path) == []


@pytest.mark.parametrize("size", [10, 5000, 1 << 20])
async def test_a_full_disk(tmp_path: Path, size: int) -> None:
    """A disk that is full, be it noticed at once or when the buffer is written, is an OSError, and no part stays."""
    with full_disk(5), pytest.raises(OSError, match="File too large"):
        async with open_target(tmp_path / "bundle.zip") as write:
            await write(bytes(size))
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["x" * 255, "ü" * 127, "😀" * 63])
async def test_a_long_name(tmp_path: Path, name: str) -> None:
    """A name as long as names may be is fine, though the part's name is longer than the file's usually."""
    async with open_target(tmp_path / name) as write:
        await write(b"data")
    assert (tmp_path / name).read_bytes() == b"data"


@pytest.mark.parametrize(
    ("module", "function"), [(tempfile, "mkstemp"), (downloads._Part, "write"), (downloads._Part, "discard")]
)
async def test_cancelled_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, function: str
) -> None:
    """Cancelled while the part is made, written or removed: it waits for the thread, and then nothing is left."""

    async def write_something() -> None:
        async with open_target(tmp_path / "bundle.zip") as write:
            await write(b"data")
            if function == "discard":
                raise KeyError("mine")

    gate = Gate(getattr(module, function))
    monkeypatch.setattr(module, function, gate.method())
    await cancel(asyncio.create_task(write_something()), gate)
    assert names(tmp_path) == []


async def test_cancelled_at_the_very_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled while the name is being taken: the file is complete and stays."""

    async def write_something() -> None:
        async with open_target(tmp_path / "bundle.zip") as write:
            await write(b"data")

    gate = Gate(os.replace)
    monkeypatch.setattr(Path, "replace", gate.method())
    await cancel(asyncio.create_task(write_something()), gate)
    assert names(tmp_path) == ["bundle.zip"]
    assert (tmp_path / "bundle.zip").read_bytes() == b"data"


async def test_cancelled_while_an_error_comes_up(caplog: pytest.LogCaptureFixture) -> None:
    """An error of the thread that comes after the cancellation is not reported to anybody."""

    def fail() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    gate = Gate(fail)
    await cancel(asyncio.create_task(downloads._in_thread(gate)), gate)
    assert not caplog.records


async def test_a_file_object_is_written_to(tmp_path: Path) -> None:
    """A file object gets the bytes where it stands, and stays open; it is its owner's."""
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(b"before ")
        async with open_target(file) as write:
            await write(b"one ")
            await write(b"two")
        file.write(b" after")
    assert path.read_bytes() == b"before one two after"


async def test_a_file_object_stays_open_after_an_error() -> None:
    """A file object is left to its owner when the block fails too."""
    file = io.BytesIO()
    with pytest.raises(KeyError, match="mine"):
        await write_and_fail(file)
    assert file.getvalue() == b"new"


async def test_an_unbuffered_file_takes_a_part_only() -> None:
    """What an unbuffered file didn't take at first is written again: nothing is lost."""

    class Slow(io.RawIOBase):
        def __init__(self) -> None:
            self.taken = b""

        def write(self, data: Any, /) -> int:
            self.taken += bytes(data[:3])
            return len(data[:3])

    file = Slow()
    async with open_target(file) as write:  # type: ignore[arg-type] # a RawIOBase is what open(..., buffering=0) gives
        await write(b"0123456789")
    assert file.taken == b"0123456789"


async def test_an_object_with_a_write_method() -> None:
    """Anything with a method ``write`` will do, also if that returns nothing."""

    class Collector:
        def __init__(self) -> None:
            self.chunks: list[bytes] = []
            self.threads: set[int] = set()

        def write(self, chunk: bytes) -> None:
            self.chunks.append(chunk)
            self.threads.add(threading.get_ident())

    collector: Any = Collector()
    async with open_target(collector) as write:
        await write(b"one")
        await write(b"two")
    assert collector.chunks == [b"one", b"two"]
    assert threading.get_ident() not in collector.threads


@pytest.fixture
def full_device() -> Iterator[io.FileIO]:
    """Open what says of itself that it is full."""
    with Path("/dev/full").open("wb", buffering=0) as file:
        yield file


async def test_a_full_device(full_device: Any) -> None:
    """The OSError of a file object comes through."""
    with pytest.raises(OSError, match="No space left"):
        async with open_target(full_device) as write:
            await write(b"data")


async def test_cancelled_while_a_file_object_is_written_to() -> None:
    """A cancelled write waits for its end: the owner may close the file right afterwards."""
    file = io.BytesIO()
    gate = Gate(file.write)

    class Slow:
        write = gate

    async def write_something() -> None:
        slow: Any = Slow
        async with open_target(slow) as write:
            await write(b"data")

    await cancel(asyncio.create_task(write_something()), gate)
    assert file.getvalue() == b"data"
