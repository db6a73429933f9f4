"""A fake daemon in which nothing is left to be done, and what tests of watching and waiting say about it."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pytest_syncthing import FakeSyncthing

from .server import DAEMON_ID
from .values import OTHER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aiosyncthing import Syncthing
    from pytest_syncthing import FakeFault, FakeFolder

__all__ = [
    "BROKEN",
    "ELSEWHERE",
    "LATER",
    "REFUSED",
    "UNAVAILABLE",
    "asked",
    "connections_in_use",
    "deaf",
    "docs",
    "heard",
    "left",
    "requested",
    "synced",
]

UNAVAILABLE: Final[Mapping[str, Any]] = {"status": 502, "text": "the proxy is ill", "from_proxy": True}
REFUSED: Final[Mapping[str, Any]] = {"status": 403, "text": "CSRF Error"}
BROKEN: Final[Mapping[str, Any]] = {"raw": b""}
ELSEWHERE: Final[Mapping[str, Any]] = {"status": 404, "text": "404 page not found", "from_proxy": True}
LATER: Final[Mapping[str, Any]] = {
    "raw": b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
}

_A_WHILE: Final = 3600


@contextmanager
def synced(version: str = "1.29") -> Iterator[FakeSyncthing]:
    """Provide a daemon with the device `OTHER` and a folder ``docs`` of 100 bytes, in sync for a while.

    Its clock stands still, so that nothing happens by itself.
    """
    with FakeSyncthing(version, device_id=DAEMON_ID) as fake:
        fake.freeze()
        fake.add_device("other", device_id=OTHER)
        fake.add_folder("docs", files={"a.txt": bytes(100)}, devices=[OTHER])
        fake.connect(OTHER)
        fake.finish_sync()
        fake.advance(_A_WHILE)
        yield fake


def docs(fake: FakeSyncthing) -> FakeFolder:
    """Return the folder that it begins with."""
    return fake.folder("docs")


def asked(fake: FakeSyncthing) -> Counter[str]:
    """Return how often each path below ``rest`` was asked for."""
    return Counter(request.path.removeprefix("/rest/") for request in fake.requests)


async def requested(fake: FakeSyncthing, path: str, count: int = 1) -> None:
    """Wait until a path was asked for so often."""
    await fake.until(lambda: asked(fake)[path] >= count)


async def heard(fake: FakeSyncthing) -> None:
    """Wait until the only listener has taken all events so far, and waits for more."""
    await fake.until(lambda: fake.polls_waiting)


async def deaf(fake: FakeSyncthing) -> FakeFault:
    """Let no more events come to the only listener until what is returned is released."""
    await heard(fake)
    held = fake.hold("rest/events", times=None)
    fake.offer_device("stranger")  # of no interest, but it ends the poll that waits
    await fake.until(lambda: held.hits)
    return held


def connections_in_use(client: Syncthing) -> int:
    """Return how many requests of a client are under way; aiohttp has no public way to tell."""
    session = client.api._sessions._current
    connector: Any = session.connector if session is not None else None
    return len(connector._acquired) if connector is not None else 0


async def left(fake: FakeSyncthing) -> None:
    """Wait until all connections are closed, as they are when clients have left nothing behind."""
    await fake.until(lambda: fake.connections == 0)
