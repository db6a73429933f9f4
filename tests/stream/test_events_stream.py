"""What `Events.stream` makes of its arguments; what the stream does then is in test_stream.py."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing import EventStream, Syncthing
from aiosyncthing.exceptions import BadRequestError

CURSOR = {"mask": "default", "daemon": "A", "started": "2026-11-23T12:00:00Z", "id": 3, "globalID": 4, "time": "t"}
EMPTY = {"mask": "all", "daemon": "A", "started": "2026-11-23T12:00:00Z", "id": 0, "globalID": None, "time": None}


@pytest.fixture
def client() -> Syncthing:
    """A client of no daemon: nothing is asked before the stream is entered."""
    return Syncthing("key")


@pytest.mark.parametrize("since", ["now", "history"])
def test_beginning(client: Syncthing, since: Any) -> None:
    """Without a cursor there is no position before the daemon was asked."""
    stream = client.events.stream(since=since)
    assert isinstance(stream, EventStream)
    assert stream.cursor is None
    assert stream.error is None


@pytest.mark.parametrize(("types", "cursor"), [(None, CURSOR), (["StateChanged", "LocalChangeDetected"], EMPTY)])
def test_going_on(client: Syncthing, types: Any, cursor: Any) -> None:
    """With a cursor, that is the position, until something comes."""
    assert client.events.stream(types, since=cursor).cursor == cursor


@pytest.mark.parametrize(
    "options",
    [
        {"types": "StateChange"},
        {"types": []},
        {"types": "StateChanged", "disk": True},
        {"since": "yesterday"},
        {"since": {}},
        {"since": 17},
        {"since": CURSOR, "disk": True},
        {"since": CURSOR, "types": "StateChanged", "own": True},
        {"wait": 0},
        {"wait": 1.5},
    ],
    ids=str,
)
def test_refusals(client: Syncthing, options: dict[str, Any]) -> None:
    """Types that don't exist, a cursor of other types or none at all, and odd waits are refused at once."""
    with pytest.raises(BadRequestError):
        client.events.stream(**options)
