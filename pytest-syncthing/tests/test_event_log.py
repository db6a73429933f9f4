"""The fake's event log."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_syncthing.clock import Clock
from pytest_syncthing.model.events import DEFAULT, DISK, EventLog

PAUSED = frozenset({"FolderPaused"})


@pytest.fixture
async def clock() -> Clock:
    """A frozen clock."""
    made = Clock()
    made.freeze()
    return made


@pytest.fixture
async def log(clock: Clock) -> EventLog:
    """An empty log."""
    return EventLog(clock)


async def look(log: EventLog, mask: frozenset[str] = DEFAULT, since: int = 0, limit: int = 0) -> list[Any]:
    """Return the events that are there."""
    return await log.poll(mask, since, limit, 0)


async def test_events(log: EventLog) -> None:
    """An event has an ID of its mask and a global one; its data is a copy."""
    assert await look(log, PAUSED) == []
    data = {"id": ["docs"]}
    log.emit("StateChanged", data)
    log.emit("LocalChangeDetected", {})
    log.emit("FolderPaused", data)
    data["id"].append("changed")
    assert [(event["id"], event["globalID"], event["type"]) for event in await look(log)] == [
        (1, 1, "StateChanged"),
        (2, 3, "FolderPaused"),
    ]
    assert [(event["id"], event["globalID"]) for event in await look(log, DISK)] == [(1, 2)]
    (paused,) = await look(log, PAUSED)
    assert paused == {
        "id": 1,
        "globalID": 3,
        "time": paused["time"],
        "type": "FolderPaused",
        "data": {"id": ["docs"]},
    }
    assert (log.newest(), log.newest(DISK), log.newest(PAUSED)) == (2, 1, 1)


async def test_parts(log: EventLog) -> None:
    """A poll returns the events after an ID, and with a limit the newest of these."""
    for _ in range(5):
        log.emit("StateChanged", {})
    assert [event["id"] for event in await look(log, since=2)] == [3, 4, 5]
    assert [event["id"] for event in await look(log, limit=2)] == [4, 5]
    assert [event["id"] for event in await look(log, since=5)] == []
    assert [event["id"] for event in await look(log, limit=-1)] == [1, 2, 3, 4, 5]


async def test_negative_numbers(log: EventLog) -> None:
    """A negative ID returns the whole ring, with empty places where it isn't full."""
    nothing = await look(log, since=-1)
    assert len(nothing) == 1000
    assert nothing[0] == {
        "id": 0,
        "globalID": 0,
        "time": "0001-01-01T00:00:00Z",
        "type": "Unknown",
        "data": None,
    }
    for _ in range(1000):
        log.emit("StateChanged", {})
    assert [event["id"] for event in await look(log, since=-1)] == list(range(1, 1001))


async def test_what_is_forgotten(log: EventLog) -> None:
    """Only the last 1000 events of a mask are kept; overflow and overload leave gaps."""
    for _ in range(1001):
        log.emit("StateChanged", {})
    assert (await look(log))[0]["id"] == 2
    log.overflow()
    assert [event["id"] for event in await look(log)] == [1001]
    log.emit("StateChanged", {}, keep=False)
    log.emit("StateChanged", {})
    assert [event["id"] for event in await look(log, since=1001)] == [1003]
    assert log.newest() == 1003
