"""The requests of methods, their results and their errors."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from aiosyncthing import Syncthing, exceptions
from aiosyncthing.exceptions import NotFoundError, PingError, SyncthingError, UnauthorizedError
from tests.support.server import Answer, Server, as_json, as_text

from .methods import METHODS, READS, Method


@pytest.mark.parametrize("method", METHODS, ids=str)
async def test_one_request(method: Method) -> None:
    """A method sends one request, with the key, and returns exactly what the daemon sent, or None.

    Behind a proxy, the API may be below a path.
    """
    answer = Answer() if method.answer is None else as_json(method.answer)
    async with Server(answer) as server, Syncthing("key", server.url) as client:
        value = await method.call(client)
        assert str(server.request) == f"{method.method} /{method.target}"
        assert server.request.header("X-API-Key") == "key"
        assert server.request.header("Accept") == "application/json"
        assert server.request.body == b""
    if method.answer is None:
        assert not value
    else:
        assert value == method.answer
        assert type(value) is type(method.answer)
    async with Server(answer) as server, Syncthing("key", f"{server.url}/syncthing/") as client:
        await method.call(client)
        assert server.request.target == f"/syncthing/{method.target}"


@pytest.mark.parametrize("method", METHODS, ids=str)
async def test_failures(method: Method) -> None:
    """401 and 403 are an UnauthorizedError, 404 a NotFoundError that depends on the request; others are none of these.

    Broken JSON is a SyncthingError.
    """
    answers = {401: "CSRF Error", 403: "CSRF Error", 404: "not found", 500: "failed"}
    kinds = {401: UnauthorizedError, 403: UnauthorizedError, 404: getattr(exceptions, method.missing)}
    async with Server() as server, Syncthing("key", server.url) as client:
        for status, text in answers.items():
            server.queue.append(as_text(text, status))
            with pytest.raises(kinds.get(status, SyncthingError)) as caught:
                await method.call(client)
            if status == 500:
                assert not isinstance(caught.value, (UnauthorizedError, NotFoundError, PingError))
        if method in READS:
            server.queue.append(Answer(b"{", content_type="application/json"))
            with pytest.raises(SyncthingError):
                await method.call(client)


async def test_no_daemon(free_port: int) -> None:
    """If nothing is listening, that is a SyncthingError, with aiohttp's error as its cause, or for ping a PingError."""
    async with Syncthing("key", f"http://127.0.0.1:{free_port}") as client:
        for method in METHODS:
            with pytest.raises(SyncthingError) as caught:
                await method.call(client)
            assert isinstance(caught.value.__cause__, aiohttp.ClientConnectorError)
        with pytest.raises(PingError):
            await client.system.ping()


async def test_ping() -> None:
    """Ping returns nothing."""
    async with Server(as_json({"ping": "pong"})) as server, Syncthing("key", server.url) as client:
        assert await client.system.ping() is None
        assert str(server.request) == "GET /rest/system/ping"


async def test_the_time_out() -> None:
    """A time-out is a SyncthingError, for ping a PingError, and for `raw_request` a TimeoutError."""
    silence = Answer(after=asyncio.Event())
    async with Server(answer=silence) as server, Syncthing("key", server.url, timeout=0.1) as client:
        with pytest.raises(SyncthingError):
            await client.system.status()
        with pytest.raises(PingError):
            await client.system.ping()
        with pytest.raises(TimeoutError) as caught:
            await client.system._api.raw_request("rest/system/status")
        assert not isinstance(caught.value, SyncthingError)
