"""The fake's listening sockets."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from tests.support.waiting import until

from pytest_syncthing.http.listening import Listener


@pytest.fixture
def accepted() -> Iterator[asyncio.Queue[socket.socket]]:
    """The connections that were accepted."""
    queue: asyncio.Queue[socket.socket] = asyncio.Queue()
    yield queue
    while not queue.empty():
        queue.get_nowait().close()


async def connect(address: str) -> asyncio.StreamWriter:
    """Connect to a port."""
    host, port = address.split(":")
    return (await asyncio.open_connection(host, int(port)))[1]


async def test_a_port_is_kept() -> None:
    """No other program gets the port while the daemon is down."""
    listener = Listener()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", int(listener.address.rpartition(":")[2])))
    listener.release()


async def test_a_shortage(accepted: asyncio.Queue[socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    """If file descriptors run out, accepting waits until one is free."""
    monkeypatch.setattr("pytest_syncthing.http.listening._PAUSE", 0.001)
    failures = [OSError(24, "Too many open files"), ConnectionAbortedError()]
    real = socket.socket.accept

    def accept(listening: socket.socket) -> tuple[socket.socket, object]:
        if failures:
            raise failures.pop(0)
        return real(listening)

    monkeypatch.setattr(socket.socket, "accept", accept)
    listener = Listener()
    listener.open(accepted.put_nowait)
    writer = await connect(listener.address)
    (await accepted.get()).close()
    writer.close()
    failures.append(OSError(24, "Too many open files"))
    writer = await connect(listener.address)
    await until(_becomes(lambda: not failures))
    listener.release()  # also while it waits for one
    writer.close()
    pauses = asyncio.get_running_loop().time() + 0.01
    await until(_becomes(lambda: asyncio.get_running_loop().time() > pauses))


def _becomes(condition: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def probe() -> bool:
        return condition()

    return probe


async def test_the_file_of_a_unix_socket(tmp_path: Path) -> None:
    """A stale socket is replaced, any other file is not."""
    path = tmp_path / "api"
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
    Listener(str(path)).release()
    path.write_text("mine")
    with pytest.raises(OSError, match="in use"):
        Listener(str(path))
    assert path.read_text() == "mine"
