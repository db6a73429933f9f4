"""Tests of programs use aioresponses, which replaces the requests of aiohttp's session.

Its latest version doesn't work with the latest aiohttp, so this file runs in an environment of its own, with an older
aiohttp; pytest doesn't collect it by its name.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
from aioresponses import aioresponses

from aiosyncthing import Syncthing, exceptions
from aiosyncthing.exceptions import PingError, SyncthingError

from .methods import METHODS, Method

URL = "http://127.0.0.1:8384"


@pytest.fixture
def mocked() -> Iterator[aioresponses]:
    """Prevent real requests."""
    with aioresponses() as one:
        yield one


@pytest.fixture
async def client(mocked: aioresponses) -> AsyncIterator[Syncthing]:
    """A client whose requests are mocked."""
    async with Syncthing("token") as one:
        yield one


def _options(method: Method) -> dict[str, Any]:
    """Return an answer as arguments for aioresponses, which labels it as JSON by default."""
    return {"payload": method.answer} if method.answer is not None else {"headers": {"Content-Type": ""}}


@pytest.mark.parametrize("method", METHODS, ids=str)
async def test_an_answer(client: Syncthing, mocked: aioresponses, method: Method) -> None:
    """A mocked answer is returned, also below a path; one without data is None."""
    mocked.add(f"{URL}/{method.target}", method.method, **_options(method))
    assert await method.call(client) == method.answer
    mocked.assert_called_once()
    ((request,),) = mocked.requests.values()
    assert request.kwargs["headers"]["X-API-Key"] == "token"
    mocked.add(f"{URL}/syncthing/{method.target}", method.method, **_options(method))
    async with Syncthing("token", f"{URL}/syncthing/") as below:
        assert await method.call(below) == method.answer


@pytest.mark.parametrize("method", METHODS, ids=str)
async def test_failures(client: Syncthing, mocked: aioresponses, method: Method) -> None:
    """A mocked status becomes the corresponding error, and a mocked exception a SyncthingError."""
    for status, kind in ((401, "UnauthorizedError"), (404, method.missing), (500, "SyncthingError")):
        mocked.add(f"{URL}/{method.target}", method.method, status=status)
        with pytest.raises(getattr(exceptions, kind)):
            await method.call(client)
    mocked.add(f"{URL}/{method.target}", method.method, exception=aiohttp.ClientConnectionError("refused"))
    with pytest.raises(SyncthingError):
        await method.call(client)


async def test_ping(client: Syncthing, mocked: aioresponses) -> None:
    """Ping returns nothing, or fails."""
    mocked.get(f"{URL}/rest/system/ping", payload={"ping": "pong"})
    assert await client.system.ping() is None
    for options in ({"status": 500}, {"status": 401}, {"payload": "test"}, {"exception": OSError()}, {"timeout": True}):
        mocked.get(f"{URL}/rest/system/ping", **options)
        with pytest.raises(PingError):
            await client.system.ping()
    mocked.get(f"{URL}/syncthing/rest/system/ping", payload={"ping": "pong"})
    async with Syncthing("token", f"{URL}/syncthing/") as below:
        assert await below.system.ping() is None


async def test_the_old_name_of_the_configuration(client: Syncthing, mocked: aioresponses) -> None:
    """`system.config()` requests the same path."""
    mocked.get(f"{URL}/rest/system/config", payload={"version": 31})
    with pytest.deprecated_call():
        assert await client.system.config() == {"version": 31}
    mocked.get(f"{URL}/rest/system/config", status=500)
    with pytest.deprecated_call(), pytest.raises(SyncthingError):
        await client.system.config()


async def test_listening(client: Syncthing, mocked: aioresponses) -> None:
    """Mocked batches come one after another, and a time-out between them goes unnoticed."""
    mocked.get(f"{URL}/rest/events?since=0", payload=[{"id": 122}, {"id": 123}])
    mocked.get(f"{URL}/rest/events?since=123", timeout=True)
    mocked.get(f"{URL}/rest/events?since=123", payload=[{"id": 124}])
    found = []
    async for event in client.events.listen():
        found.append((event["id"], client.events.last_seen_id))
        if event["id"] == 124:
            client.events.stop()
    assert found == [(122, 0), (123, 0), (124, 123)]
    assert client.events.last_seen_id == 124
    assert client.events.running is False
    mocked.get(f"{URL}/rest/events?since=0", status=401)
    with pytest.raises(SyncthingError):
        await anext(client.events.listen())


async def test_a_borrowed_session(mocked: aioresponses) -> None:
    """A session that is passed in is mocked as well."""
    mocked.get(f"{URL}/rest/system/status", payload={"myID": "x"})
    async with aiohttp.ClientSession() as session, Syncthing("token", session=session) as client:
        assert await client.system.status() == {"myID": "x"}
