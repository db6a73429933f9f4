"""Downloads don't block the event loop, and never leave half a file under its name."""

import asyncio
import errno
import io
import math
import os
import resource
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from aiosyncthing import API
from aiosyncthing._http import downloads
from aiosyncthing._routes import CPU_PROFILE, SUPPORT_BUNDLE
from aiosyncthing.exceptions import ConnectionFailedError, NotSupportedError, NotSyncthingError, RequestTimeoutError
from tests.support.broken import SHORT
from tests.support.descriptors import open_files
from tests.support.server import DAEMON_ID, HEAD, KEY, Answer, Listener, Server, as_text

MEGABYTE: Final = bytes(1 << 20)


def bundle(body: bytes = b"PK data", **options: Any) -> Answer:
    """Return a binary answer."""
    return Answer(body, content_type="application/zip", **options)


def names(folder: Path) -> list[str]:
    """Return the names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def content(path: Path) -> bytes:
    """Return what is in a file."""
    return path.read_bytes()


def written(folder: Path) -> int:
    """Return the size of all files in a folder."""
    return sum(path.stat().st_size for path in folder.iterdir())


class Gate:
    """Delays the calls of a function until it is opened."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._entered = threading.Event()
        self._open = threading.Event()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Wait, then call the function."""
        self._entered.set()
        assert self._open.wait(60)
        return self._function(*arguments, **options)

    def method(self) -> Callable[..., Any]:
        """Return the gate as a function, which a class binds to ``self``."""

        def call(*arguments: Any, **options: Any) -> Any:
            return self(*arguments, **options)

        return call

    async def cancel(self, task: asyncio.Task[Any]) -> None:
        """Cancel a task that waits at the gate, several times; it must wait for its thread."""
        assert await asyncio.to_thread(self._entered.wait, 60)
        for _ in range(3):
            task.cancel()
            await asyncio.wait([task], timeout=0)
            await asyncio.sleep(0)
        assert not task.done()
        self._open.set()
        with pytest.raises(asyncio.CancelledError):
            await task


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Limit the size of every file that this process writes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    """Fail tests that leave a file open."""
    before = open_files()
    yield
    assert open_files() <= before


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where to download to; there is an older file."""
    path = tmp_path / "bundle.zip"
    path.write_bytes(b"old")
    return path


# --- To a path ---


@pytest.mark.parametrize("kind", [str, Path])
async def test_a_path_is_replaced_by_the_complete_file(
    server: Server, api: API, path: Path, kind: Callable[[Path], str | Path]
) -> None:
    """Until then the older file stays, and a temporary one is beside it; the size is returned."""
    event = asyncio.Event()
    server.queue.append(bundle(MEGABYTE, pause=1 << 19, resume=event))
    task = asyncio.create_task(api.download(SUPPORT_BUNDLE, kind(path)))
    while written(path.parent) < 1 << 17:
        await asyncio.wait([task], timeout=0.01)
    part, whole = names(path.parent)
    assert part.startswith(".bundle.zip.")
    assert part.endswith(".part")
    assert (whole, content(path)) == ("bundle.zip", b"old")
    event.set()
    assert await task == len(MEGABYTE)
    assert content(path) == MEGABYTE
    assert names(path.parent) == ["bundle.zip"]
    assert server.request.target == "/rest/debug/support"
    assert api.daemon_id == DAEMON_ID


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda: as_text("Debugging disabled", 403), NotSupportedError),
        (lambda: bundle(b"x" * 999, keep=500), ConnectionFailedError),
        (lambda: bundle(b"x" * 999, pause=500, resume=asyncio.Event()), RequestTimeoutError),
        (lambda: Answer(b"<html>", content_type="text/html", syncthing=False), NotSyncthingError),
    ],
)
async def test_a_failed_download_leaves_nothing(
    server: Server, api: API, path: Path, answer: Callable[[], Answer], kind: type[Exception]
) -> None:
    """If the answer is not the file, or not all of it, the older file stays, without a part beside it."""
    server.queue.append(answer())
    with pytest.raises(kind):
        await api.download(SUPPORT_BUNDLE, path, timeout=SHORT)
    assert names(path.parent) == ["bundle.zip"]
    assert content(path) == b"old"


async def test_paths_that_can_not_be_written(server: Server, api: API, tmp_path: Path) -> None:
    """A missing folder is an OSError before anything is sent; a folder of that name is one at the end."""
    with pytest.raises(FileNotFoundError):
        await api.download(SUPPORT_BUNDLE, tmp_path / "missing" / "bundle.zip")
    assert not server.requests
    path = tmp_path / "bundle.zip"
    path.mkdir()
    server.queue.append(bundle())
    with pytest.raises(OSError, match=r"bundle\.zip"):
        await api.download(SUPPORT_BUNDLE, path)
    assert (names(tmp_path), names(path)) == (["bundle.zip"], [])


@pytest.mark.parametrize("size", [10, 5000, 1 << 20])
async def test_a_full_disk(server: Server, api: API, path: Path, size: int) -> None:
    """A full disk is an OSError, whether noticed at once or when the buffer is written; no part stays."""
    server.queue.append(bundle(bytes(size)))
    with full_disk(5), pytest.raises(OSError, match="File too large"):
        await api.download(SUPPORT_BUNDLE, path)
    assert names(path.parent) == ["bundle.zip"]


@pytest.mark.parametrize("name", ["x" * 255, "ü" * 127, "😀" * 63])
async def test_a_long_name(server: Server, api: API, tmp_path: Path, name: str) -> None:
    """A name may have the maximum length, although the temporary name has a suffix."""
    server.queue.append(bundle())
    await api.download(SUPPORT_BUNDLE, tmp_path / name)
    assert (tmp_path / name).read_bytes() == b"PK data"


# --- To a file object ---


async def test_a_file_object_is_written_where_it_stands(server: Server, api: API, path: Path) -> None:
    """It stays open, even after an error, since its owner closes it."""
    server.queue.extend([bundle(), bundle(b""), bundle(b"x" * 999, keep=500)])
    with path.open("wb") as file:
        file.write(b"before ")
        assert await api.download(CPU_PROFILE, file, params={"duration": "1s"}) == 7
        assert await api.download(CPU_PROFILE, file) == 0
        with pytest.raises(ConnectionFailedError):
            await api.download(CPU_PROFILE, file)
        file.write(b" after")
    assert content(path).startswith(b"before PK data")
    assert content(path).endswith(b"x after")
    assert server.requests[0].target == "/rest/debug/cpuprof?duration=1s"


async def test_an_unbuffered_file(server: Server, api: API) -> None:
    """Bytes that an unbuffered file did not take at first are written again."""

    class Slow(io.RawIOBase):
        def __init__(self) -> None:
            self.taken = b""

        def write(self, data: Any, /) -> int:
            self.taken += bytes(data[:3])
            return len(data[:3])

    server.queue.append(bundle(b"0123456789"))
    file: Any = Slow()
    await api.download(SUPPORT_BUNDLE, file)
    assert file.taken == b"0123456789"


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), TimeoutError(errno.ETIMEDOUT, "Connection timed out")]
)
async def test_a_file_object_that_fails(server: Server, api: API, error: OSError) -> None:
    """Its error comes through, even of a class that requests raise too, and the connection is closed."""

    class Full:
        def write(self, _: bytes) -> int:
            raise error

    file: Any = Full()
    server.queue.append(bundle(MEGABYTE))
    with pytest.raises(OSError, match=error.strerror) as caught:
        await api.download(SUPPORT_BUNDLE, file)
    assert (type(caught.value), caught.value.args) == (type(error), error.args)
    await server.until(lambda: server.open == 0)


async def test_a_download_is_never_held_whole() -> None:
    """20 MB are written as they come, in pieces, in a thread; anything with a method ``write`` will do."""
    size, block = 20 * 1000 * 1000, bytes(100_000)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(block)):
            writer.write(block)
            await writer.drain()

    class Counter:
        def __init__(self) -> None:
            self.longest = 0

        def write(self, chunk: bytes) -> None:
            self.longest = max(self.longest, len(chunk))
            assert threading.current_thread() is not threading.main_thread()

    counter: Any = Counter()
    async with Listener(serve) as listener:
        api = API(KEY, listener.url)
        tracemalloc.start()
        try:
            assert await api.download(SUPPORT_BUNDLE, counter, timeout=math.inf) == size
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        await api.close()
    assert counter.longest <= 1 << 16
    assert peak < 5_000_000


# --- Cancelled ---


@pytest.mark.parametrize(
    ("owner", "function", "left"),
    [
        (tempfile, "mkstemp", []),
        (downloads._Part, "write", []),
        (downloads._Part, "discard", []),
        (Path, "replace", ["bundle.zip"]),
    ],
)
async def test_cancelled_in_a_thread(
    server: Server,
    api: API,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    function: str,
    left: list[str],
) -> None:
    """Cancelled while a thread creates, writes, deletes or renames the file, it waits for that thread."""
    gate = Gate(os.replace if function == "replace" else getattr(owner, function))
    monkeypatch.setattr(owner, function, gate.method())
    if function == "discard":
        server.queue.append(bundle(b"x" * 999, keep=500))
    elif function != "mkstemp":
        server.queue.append(bundle())
    await gate.cancel(asyncio.create_task(api.download(SUPPORT_BUNDLE, tmp_path / "bundle.zip")))
    assert names(tmp_path) == left


@pytest.mark.parametrize("fails", [False, True])
async def test_cancelled_while_writing_to_a_file_object(
    server: Server, api: API, fails: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """It waits for the end of the write, since the owner may then close the file; a late error is not logged."""
    chunks: list[bytes] = []

    def write(chunk: bytes) -> None:
        chunks.append(chunk)
        if fails:
            raise OSError(errno.ENOSPC, "No space left on device")

    class Slow:
        pass

    file: Any = Slow()
    file.write = gate = Gate(write)
    server.queue.append(bundle())
    await gate.cancel(asyncio.create_task(api.download(SUPPORT_BUNDLE, file)))
    assert chunks == [b"PK data"]
    assert not caplog.records
