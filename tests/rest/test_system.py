"""``rest/system``: the ping, and a deprecated call."""

from __future__ import annotations

import asyncio
import linecache
from unittest.mock import AsyncMock, patch

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    ConnectionFailedError,
    InvalidResponseError,
    NotSyncthingError,
    PingError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
)
from tests.support.calls import KEY
from tests.support.server import Answer, Server, as_json, as_text


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (as_text("CSRF Error", 403), UnauthorizedError),
        (as_text("Host check error", 403, syncthing=False), SyncthingError),
        (as_text("Bad Gateway", 502, syncthing=False), ServerError),
        (Answer(b"<html>", content_type="text/html", syncthing=False), NotSyncthingError),
        (Answer(b'{"ping', content_type="application/json"), InvalidResponseError),
        (Answer(raw=b"garbage\r\n\r\n"), NotSyncthingError),
        (Answer(raw=b""), ConnectionFailedError),
        *((as_json(other), InvalidResponseError) for other in ([], None, "pong")),
    ],
)
async def test_a_ping_that_fails(answer: Answer, cause: type[Exception]) -> None:
    """Any failure is a `PingError`, with the message and details of its cause, and so is an answer other than pong."""
    async with Server(answer=lambda _: answer) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(PingError) as caught:
            await client.system.ping()
    error, why = caught.value, caught.value.__cause__
    assert isinstance(why, cause)
    assert isinstance(why, SyncthingError)
    assert str(error) == str(why)
    assert (error.method, error.path) == ("GET", "rest/system/ping") == (why.method, why.path)
    assert (error.status, error.body) == (why.status, why.body)
    async with Server(as_json({"ping": "ping"}), as_json({})) as server, Syncthing(KEY, server.url) as client:
        for _ in range(2):
            with pytest.raises(PingError, match=r"not pong \(GET rest/system/ping\)"):
                await client.system.ping()


@pytest.mark.parametrize(("error", "words"), [(KeyError("x"), "'x'"), (SyncthingError(), "SyncthingError")])
async def test_errors_of_a_stand_in(monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
    """If a program replaces `raw_request`, any error of it becomes a `PingError` that says something."""

    async def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("aiosyncthing.api.API.raw_request", fail)
    async with Syncthing(KEY) as client:
        with pytest.raises(PingError, match=words) as caught:
            await client.system.ping()
    cause = caught.value.__cause__
    assert isinstance(cause, SyncthingError)
    assert cause is error or cause.__cause__ is error


async def test_a_deprecated_call() -> None:
    """The warning points to the line of the call, wherever it is awaited; mocks know that it is asynchronous."""
    async with Server(as_json({}), as_json({})) as server, Syncthing(KEY, server.url) as client:
        with pytest.deprecated_call(match=r"use config\.config\(\)") as caught:
            await client.system.config()
            await asyncio.create_task(client.system.config())
    assert [linecache.getline(each.filename, each.lineno).strip() for each in caught] == [
        "await client.system.config()",
        "await asyncio.create_task(client.system.config())",
    ]
    with patch("aiosyncthing.system.System.config") as mock:
        assert isinstance(mock, AsyncMock)
