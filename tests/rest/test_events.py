"""``rest/events``: single polls."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aiosyncthing import API, Syncthing
from aiosyncthing.exceptions import NotSyncthingError, RequestTimeoutError
from tests.support.calls import KEY, Call, calls, check, refused
from tests.support.server import Answer, Server, as_json


@pytest.mark.parametrize("call", calls("events"), ids=str)
async def test_a_call_is_one_request(call: Call) -> None:
    """A poll is exactly one request, and returns what the daemon sent."""
    await check(call)


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        *(
            (name, (), {key: number})
            for name in ("poll", "disk")
            for key, numbers in (
                ("since", (-1, 1.5, True, "7", None)),
                ("limit", (0, -1, 1.5, True, "1")),
                ("timeout", (-1, 0.5, True, "60", None, float("inf"))),
            )
            for number in numbers
        ),
        *(("poll", (), {"types": types}) for types in ("stateChanged", "", [], ["StateChanged", "Nope"], [None])),
    ],
)
async def test_what_makes_no_sense_is_not_sent(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Numbers that the daemon would not use, and types that it doesn't know, are refused: it would stay silent."""
    await refused(f"events.{name}", *args, **options)


async def test_a_poll_waits_longer_than_the_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of the request leaves the daemon time to answer after it has waited for events."""
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


async def test_a_poll_that_comes_to_nothing() -> None:
    """A poll is one request: whatever goes wrong is raised, and it is not repeated."""
    cut = Answer(b"[{", content_type="application/json", headers={"Content-Length": "9"}, close=True)
    page = Answer(b"<html>", content_type="text/html", syncthing=False)
    async with Server(cut, page) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(ConnectionError):
            await client.events.poll()
        with pytest.raises(NotSyncthingError):
            await client.events.disk()
    assert len(server.requests) == 2


async def test_a_silent_daemon_ends_a_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """When not even the empty answer comes, the poll ends by itself."""
    monkeypatch.setattr("aiosyncthing.events._MARGIN", 0.1)
    async with Server(as_json([], after=asyncio.Event())) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(RequestTimeoutError):
            await client.events.poll(timeout=0)
