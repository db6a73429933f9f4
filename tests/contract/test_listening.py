"""Events: what a poll returns, when it waits, and what the IDs mean."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest

from aiosyncthing import Daemon
from tests.support.waiting import until

from .folders import Folders

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def newest(daemon: Daemon) -> int:
    """Return the ID of the newest event."""
    return (await daemon.client.events.poll(limit=1, timeout=0))[-1]["id"]


def are_in_order(events: Sequence[Any], first: int) -> bool:
    """Return whether events start with an ID, and increase.

    Not by one: a daemon that is too busy drops events, whose IDs are then missing.
    """
    ids = [event["id"] for event in events]
    return ids[0] == first and ids == sorted(set(ids))


async def test_history(a: Daemon, folders: Folders) -> None:
    """Past events are returned in order, from an ID on, or only the last ones.

    A poll returns as soon as something happens, and with nothing when its time is up.
    """
    poll = a.client.events.poll
    events = await poll(timeout=0)
    assert are_in_order(events, events[0]["id"])
    last = events[-1]["id"]
    assert are_in_order(await poll(last - 1, timeout=0), last)
    since = await newest(a)
    assert since >= last
    waiting = asyncio.create_task(poll(since, timeout=60))
    await folders.add(a)
    assert are_in_order(await waiting, since + 1)
    assert await poll(await newest(a) + 10**6, timeout=1) == []


async def test_a_new_mask_begins_empty(a: Daemon, folders: Folders) -> None:
    """Each set of types is a subscription: it starts with the first poll, and counts its own events."""
    mask: Any = ["FolderPaused", "FolderResumed", "ConfigSaved"]
    folder = await folders.add(a)
    assert await a.client.events.poll(types=mask, timeout=0) == []
    await a.client.config.patch_folder(folder.id, paused=True)

    async def seen() -> list[Any]:
        events = await a.client.events.poll(types=reversed(mask), timeout=5)
        return list(events) if any(event["type"] == "FolderPaused" for event in events) else []

    events = await until(seen)
    assert are_in_order(events, 1)
    assert {event["type"] for event in events} <= set(mask)
    assert events[0]["globalID"] > events[0]["id"]
    paused = next(event for event in events if event["type"] == "FolderPaused")
    assert paused["data"]["id"] == folder.id


async def test_changes_of_files(a: Daemon, b: Daemon, folders: Folders) -> None:
    """Changes of files have a subscription of their own, on both daemons."""
    before = await b.client.events.disk(timeout=0)
    mine, its = await folders.share(a, b)
    await mine.write("changed.txt")
    since = before[-1]["id"] if before else 0

    async def seen() -> bool:
        events = await b.client.events.disk(since, timeout=5)
        return ("RemoteChangeDetected", "changed.txt") in [(each["type"], each["data"]["path"]) for each in events]

    await until(seen)
    assert "changed.txt" in {event["data"]["path"] for event in await a.client.events.disk(timeout=0)}
    assert its.id in {event["data"]["folder"] for event in await b.client.events.disk(timeout=0)}
    assert len(await b.client.events.disk(limit=1, timeout=0)) == 1


async def test_listening(a: Daemon, folders: Folders) -> None:
    """Listening yields the history, then new events, one by one and in order, until it is stopped."""
    events = a.client.events
    last = await newest(a)
    seen: list[Any] = []
    made = None
    async with aclosing(events.listen()) as listening:
        async for event in listening:
            if not seen:
                assert events.running
                assert events.last_seen_id == 0
            seen.append(event)
            if event["id"] >= last and made is None:
                made = await folders.add(a)
            if made is not None and event["type"] == "StateChanged" and event["data"]["folder"] == made.id:
                assert 0 < events.last_seen_id < event["id"]
                events.stop()
    assert are_in_order(seen, seen[0]["id"])
    assert not events.running
