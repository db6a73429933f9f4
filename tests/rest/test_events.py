"""``rest/events``: single polls."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aiosyncthing import API, Syncthing
from aiosyncthing.exceptions import NotSyncthingError, RequestTimeoutError
from tests.support.calls import KEY
from tests.support.server import Answer, Server, as_json


async def test_a_poll_waits_longer_than_the_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit of the request leaves the daemon time to answer after waiting for events."""
    limits: list[float] = []
    original = API.raw_request

    async def note(*args: Any, timeout: float, **options: Any) -> Any:
        limits.append(timeout)
        return await original(*args, timeout=timeout, **options)

    monkeypatch.setattr(API, "raw_request", note)
    async with Server(*[as_json([])] * 4) as server, Syncthing(KEY, server.url, timeout=1) as client:
        await client.events.poll()
        await client.events.poll(timeout=0)
        await client.events.disk(timeout=600)
        await client.events.disk()
    assert limits == [70, 10, 610, 70]


async def test_a_poll_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A poll is one request: any failure is raised, even silence, and it is not repeated."""
    monkeypatch.setattr("aiosyncthing.events._MARGIN", 0.1)
    cut = Answer(b"[{", content_type="application/json", headers={"Content-Length": "9"}, close=True)
    page = Answer(b"<html>", content_type="text/html", syncthing=False)
    silence = as_json([], after=asyncio.Event())
    async with Server(cut, page, silence) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(ConnectionError):
            await client.events.poll(timeout=60)
        with pytest.raises(NotSyncthingError):
            await client.events.disk(timeout=60)
        with pytest.raises(RequestTimeoutError):
            await client.events.poll(timeout=0)
    assert len(server.requests) == 3
