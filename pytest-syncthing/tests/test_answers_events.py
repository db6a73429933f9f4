"""``rest/events`` of the fake: bad parameters are no error."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest
from tests.support.serving import Bare

from aiosyncthing import _routes
from pytest_syncthing.http.messages import Request
from pytest_syncthing.rest.events import HANDLERS

if TYPE_CHECKING:
    from pytest_syncthing.model.node import Node


@pytest.fixture
async def node() -> Bare:
    """A node with some events."""
    made = Bare("1.29.5")
    made.clock.freeze()
    made.boot()
    made.events.emit("LocalChangeDetected", {})
    made.events.emit("StateChanged", {})
    return made


async def ask(node: Bare, query: str, path: str = "rest/events") -> list[Any]:
    """Return the events that are answered."""
    route = _routes.EVENTS if path == "rest/events" else _routes.DISK_EVENTS
    response = await HANDLERS[route](cast("Node", node), Request("GET", f"/{path}?{query}"))
    return cast("list[Any]", Request("GET", "/", body=response.body).json())


async def kinds(node: Bare, query: str, path: str = "rest/events") -> list[str]:
    """Return the types of the events that are answered."""
    return [event["type"] for event in await ask(node, query, path)]


async def test_subscriptions(node: Bare) -> None:
    """Each set of types is a subscription, in whatever order and with whatever nonsense it is named."""
    assert await kinds(node, "") == ["Starting", "StateChanged"]
    assert await kinds(node, "events=") == ["Starting", "StateChanged"]
    assert await kinds(node, "events=Starting", "rest/events/disk") == ["LocalChangeDetected"]
    assert await kinds(node, "timeout=0&events=FolderPaused,%20FolderResumed,Nonsense") == []
    node.events.emit("FolderPaused", {})
    assert await kinds(node, "events=FolderResumed,FolderPaused,FolderPaused") == ["FolderPaused"]
    assert await kinds(node, "events=Nonsense&timeout=0") == []
    assert len(node.events.masks()) == 4


async def test_parameters(node: Bare) -> None:
    """What is no number counts for the default."""
    assert [event["id"] for event in await ask(node, "since=1&limit=x")] == [2]
    assert [event["id"] for event in await ask(node, "since=x&limit=1")] == [2]
    assert len(await ask(node, "since=-1")) == 1000


@pytest.mark.parametrize(("timeout", "seconds"), [("", 60), ("timeout=5", 5), ("timeout=-1", 60), ("timeout=x", 60)])
async def test_time_outs(node: Bare, timeout: str, seconds: int) -> None:
    """A poll waits for so many seconds of the fake's clock."""
    poll = asyncio.create_task(ask(node, f"since=9&{timeout}"))
    await asyncio.sleep(0)
    node.clock.advance(seconds - 1)
    await asyncio.sleep(0)
    assert not poll.done()
    node.clock.advance(1)
    assert await poll == []
