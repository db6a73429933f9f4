"""The fake's event log, as far as only a test looks into it."""

from __future__ import annotations

import pytest

from pytest_syncthing.clock import Clock
from pytest_syncthing.model.events import DEFAULT, EventLog


@pytest.fixture
async def log() -> EventLog:
    """An empty log, whose clock stands still."""
    clock = Clock()
    clock.freeze()
    return EventLog(clock)


async def test_the_data_is_a_copy(log: EventLog) -> None:
    """What happens to the data of an event afterwards doesn't change the event."""
    data = {"id": ["docs"]}
    log.emit("StateChanged", data)
    data["id"].append("changed")
    assert [event["data"] for event in await log.poll(DEFAULT, 0, 0, 0)] == [{"id": ["docs"]}]


async def test_negative_numbers(log: EventLog) -> None:
    """A negative ID returns the whole ring, with empty places where it isn't full."""
    nothing = await log.poll(DEFAULT, -1, 0, 0)
    assert len(nothing) == 1000
    empty = {"id": 0, "globalID": 0, "time": "0001-01-01T00:00:00Z", "type": "Unknown", "data": None}
    assert nothing[0] == empty
    for _ in range(1000):
        log.emit("StateChanged", {})
    assert [event["id"] for event in await log.poll(DEFAULT, -1, 0, 0)] == list(range(1, 1001))
