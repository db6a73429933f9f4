"""Listening to events."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import SyncthingError
from tests.support.server import Answer, Request, Server, as_json, as_text

RAW_REQUEST = "aiosyncthing.API.raw_request"


async def test_listening() -> None:
    """Events come one by one, `last_seen_id` is that of the previous batch, and `stop` takes effect after the batch."""
    batches = [as_json([{"id": 3}, {"id": 123}]), as_json([{"id": 124}, {"id": 125}])]
    found = []
    async with Server(*batches) as server, Syncthing("key", server.url) as client:
        assert client.events.last_seen_id == 0
        assert client.events.running is False
        async for event in client.events.listen():
            found.append((event["id"], client.events.last_seen_id))
            if event["id"] == 124:
                assert client.events.running is True
                client.events.stop()
        assert client.events.running is False
        assert client.events.last_seen_id == 125
        assert [str(request) for request in server.requests] == [
            "GET /rest/events?since=0",
            "GET /rest/events?since=123",
        ]
    assert found == [(3, 0), (123, 0), (124, 123), (125, 123)]


async def test_it_begins_anew_each_time() -> None:
    """Listening again starts with the oldest event that the daemon has."""
    async with Server(answer=lambda _: as_json([{"id": 7}])) as server, Syncthing("key", server.url) as client:
        for _ in range(2):
            async for event in client.events.listen():
                assert client.events.last_seen_id == 0
                assert event["id"] == 7
                client.events.stop()
        assert [request.query for request in server.requests] == ["since=0", "since=0"]


async def test_time_outs_are_hidden() -> None:
    """A poll that times out is repeated with the same ID."""
    never = asyncio.Event()
    polls = iter([as_json([{"id": 7}]), Answer(after=never), Answer(after=never), as_json([{"id": 8}])])

    def answer(request: Request) -> Answer:
        """Ignore requests for anything but events, which may follow a time-out."""
        return next(polls) if request.path == "/rest/events" else as_text("no", 503)

    async with Server(answer=answer) as server, Syncthing("key", server.url, timeout=0.5) as client:
        async for event in client.events.listen():
            if event["id"] == 8:
                client.events.stop()
        asked = [request.query for request in server.requests if request.path == "/rest/events"]
        assert asked == ["since=0", "since=7", "since=7", "since=7"]


async def test_an_exception_of_a_stand_in() -> None:
    """Whatever a mock of `raw_request` raises becomes a SyncthingError, even if it isn't a coroutine function."""

    def fail(*_: Any) -> None:  # has no keyword arguments, so that calling it raises TypeError
        raise Exception  # noqa: TRY002 - any exception

    async with Syncthing("key") as client:
        with patch(RAW_REQUEST, fail), pytest.raises(SyncthingError):
            await anext(client.events.listen())


@pytest.mark.parametrize("stand_in", [AsyncMock(side_effect=asyncio.CancelledError), None])
async def test_a_cancelled_error_of_a_stand_in(stand_in: Any) -> None:
    """If `raw_request` itself raises CancelledError, listening ends without an error."""

    def cancel(*_: Any, **__: Any) -> None:
        raise asyncio.CancelledError

    async with Syncthing("key") as client:
        with patch(RAW_REQUEST, stand_in or cancel):
            assert [event async for event in client.events.listen()] == []


async def test_a_stand_in_that_answers() -> None:
    """A mock of `raw_request` is called for each batch."""
    async with Syncthing("key") as client:
        with patch(RAW_REQUEST, AsyncMock(side_effect=[[{"id": 1}, {"id": 2}], TimeoutError, [{"id": 3}]])) as stand_in:
            async with aclosing(client.events.listen()) as listener:
                assert [(await anext(listener))["id"] for _ in range(3)] == [1, 2, 3]
        assert [call.args for call in stand_in.await_args_list] == [("rest/events",)] * 3
        assert [call.kwargs for call in stand_in.await_args_list] == [{"params": {"since": n}} for n in (0, 2, 2)]
