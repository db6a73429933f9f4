"""What the stream yields: events of the requested types, from the requested position on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from aiosyncthing import EventStream, Syncthing
from aiosyncthing.exceptions import BadRequestError
from pytest_syncthing import FakeSyncthing
from tests.support.following import DAEMON_ID, OTHER_ID, SOON, START, happen, polls, quick, take, timeouts
from tests.support.waiting import until

CURSOR: Final = {"mask": "default", "daemon": DAEMON_ID, "started": "x", "id": 3, "globalID": 4, "time": "t"}
EMPTY: Final = {"mask": "all", "daemon": DAEMON_ID, "started": "x", "id": 0, "globalID": None, "time": None}


async def test_events_from_now_on(fake: FakeSyncthing, client: Syncthing) -> None:
    """What happens after entering comes once, in order, as the daemon sent it."""
    happen(fake, "StateChanged", "LocalChangeDetected")
    async with client.events.stream() as stream:
        happen(fake, "FolderSummary", "StateChanged")
        async with asyncio.timeout(SOON):
            item = await anext(stream)
        assert (item["type"], item["id"], item["globalID"]) == ("FolderSummary", 5, 6)
        assert item == (await client.events.poll(4))[0]
        assert await take(stream, 1) == [6]
        fake.emit("StateChanged")
        assert await take(stream, 1) == [7]


async def test_empty_polls(fake: FakeSyncthing, client: Syncthing) -> None:
    """A poll that times out yields nothing, and the next one follows."""
    async with client.events.stream(wait=1) as stream:
        for _ in range(2):
            await fake.until(lambda: fake.polls_waiting)
            fake.advance(1)
        await fake.until(lambda: len(polls(fake)) > 5)
        assert timeouts(fake) == ["0", "1", "0", "1", "0", "1"]
        fake.emit("StateChanged")
        assert await take(stream, 1) == [4]


async def test_several_streams(fake: FakeSyncthing, client: Syncthing) -> None:
    """Streams of one client are independent of each other."""
    async with client.events.stream() as one, client.events.stream({"ItemFinished"}) as two:
        happen(fake, "StateChanged", "ItemFinished")
        assert await take(one, 2) == [4, 5]
        assert await take(two, 1) == [5]
        async with client.events.stream() as three:
            fake.emit("ItemFinished")
            assert await take(three, 1) == [6]
        assert await take(one, 1) == [6]
        assert await take(two, 1) == [6]


@pytest.mark.parametrize(
    ("options", "kinds", "found", "path", "mask"),
    [
        ({"types": {"ItemFinished", "StateChanged"}}, "FSFI", [5, 7], "/rest/events", ""),
        ({"disk": True}, "LSR", [1, 2], "/rest/events/disk", ""),
        ({"types": "RemoteChangeDetected"}, "LR", [2], "/rest/events/disk", ""),
        ({"types": {"StateChanged"}, "own": True}, "FS", [1], "/rest/events", "StateChanged"),
    ],
    ids=["of the default subscription", "changes of files", "of the disk subscription", "of its own subscription"],
)
async def test_types(
    fake: FakeSyncthing, client: Syncthing, options: Any, kinds: str, found: list[int], path: str, mask: str
) -> None:
    """Only the requested types come; the IDs are those of the subscription that has them, and no event is missed."""
    names = {name[0]: name for name in ("StateChanged", "FolderSummary", "ItemFinished")}
    names |= {name[0]: name for name in ("LocalChangeDetected", "RemoteChangeDetected")}
    async with client.events.stream(**options) as stream:
        happen(fake, *(names[kind] for kind in kinds))
        assert await take(stream, len(found)) == found
    assert {(poll.path, poll.param("events")) for poll in polls(fake)} == {(path, mask)}


@pytest.mark.parametrize(
    ("types", "since", "cursor"),
    [
        (None, "now", None),
        (None, "history", None),
        (None, CURSOR, CURSOR),
        (["StateChanged", "LocalChangeDetected"], EMPTY, EMPTY),
    ],
)
def test_before_it_is_entered(types: Any, since: Any, cursor: Any) -> None:
    """A cursor is the position from the beginning; without one, there is none before the daemon has answered."""
    stream = Syncthing("key").events.stream(types, since=since)
    assert isinstance(stream, EventStream)
    assert (stream.cursor, stream.error) == (cursor, None)


@pytest.mark.parametrize(
    "options",
    [
        *({"types": types} for types in ("StateChange", ["Nonsense"], [], ("StateChanged", "statechanged"))),
        {"types": "StateChanged", "disk": True},
        *({"wait": wait} for wait in (0, -1, 1.5, "30", None, True)),
        *({"since": since} for since in (None, 5, [], {}, "yesterday", b"now", {"id": 5})),
        *({"since": CURSOR | {"id": number}} for number in (-5, "1", 1.5, float("inf"), True, None)),
        *({"since": CURSOR | {key: None}} for key in ("globalID", "time", "daemon", "mask")),
        *({"since": CURSOR | {key: value}} for key, value in (("started", 5), ("mask", ["default"]))),
        *({"since": CURSOR | {"mask": mask}} for mask in ("disk", "StateChanged")),
        {"since": CURSOR, "disk": True},
        {"since": CURSOR, "types": "StateChanged", "own": True},
    ],
    ids=str,
)
def test_refusals(options: Any) -> None:
    """Unknown types, odd waits, what isn't a cursor, and one of another subscription are refused at once."""
    with pytest.raises(BadRequestError):
        Syncthing("key").events.stream(**options)


# --- Cursors ---


def through_json(cursor: object) -> Any:
    """Return what another process would read of a cursor."""
    assert cursor is not None
    return json.loads(json.dumps(cursor))


async def test_from_any_item(fake: FakeSyncthing, client: Syncthing) -> None:
    """From the cursor at any item, another stream continues with the next one."""
    fake.emit("StateChanged", count=3)
    async with client.events.stream(since="history", delays=quick) as stream:
        cursors = [through_json(stream.cursor)]
        for number in range(1, 8):
            if number == 7:
                fake.emit("StateChanged")
            assert await take(stream, 1) == [number]
            cursors.append(through_json(stream.cursor))
    fake.emit("StateChanged")
    for number, cursor in enumerate(cursors, 1):
        async with fake.client() as other, other.events.stream(since=cursor) as stream:
            assert await take(stream, 9 - number) == list(range(number, 9))


async def moved(stream: EventStream, number: int) -> bool:
    """Return whether the cursor has reached an event."""
    return through_json(stream.cursor)["id"] == number


async def test_events_that_are_filtered_out_move_the_cursor(fake: FakeSyncthing, client: Syncthing) -> None:
    """Otherwise it would fall behind the daemon's buffer."""
    async with client.events.stream({"StateChanged"}) as stream:
        happen(fake, "StateChanged", "FolderSummary", "FolderSummary")
        assert await take(stream, 1) == [4]
        await fake.until(lambda: fake.polls_waiting)
        assert through_json(stream.cursor)["id"] == 4
        task = asyncio.create_task(anext(stream))
        fake.emit("FolderSummary")
        await fake.until(lambda: polls(fake)[-1].param("since") == "7")
        await until(lambda: moved(stream, 7))
        task.cancel()
        await asyncio.wait([task])


async def test_a_cursor_before_the_first_event(fake: FakeSyncthing, client: Syncthing) -> None:
    """A position before any event is one, too."""
    async with client.events.stream(disk=True) as stream:
        cursor = through_json(stream.cursor)
    happen(fake, "LocalChangeDetected", "LocalChangeDetected")
    async with client.events.stream(disk=True, since=cursor) as stream:
        assert await take(stream, 2) == [1, 2]
    fake.restart()
    fake.emit("LocalChangeDetected")
    async with client.events.stream(disk=True, since=cursor, delays=quick) as stream:
        found = [item for item in await take(stream, 2) if item not in {"StreamDown", "StreamUp"}]
        assert found[0] == ("EventsLost", "restart", None)


@pytest.mark.parametrize(
    ("happened", "found"),
    [
        (lambda fake: (fake.restart(), fake.emit("StateChanged")), [("EventsLost", "restart", None), *START, 4]),
        (lambda fake: fake.replace("another", device_id=OTHER_ID), [("EventsLost", "replaced", None), 1]),
        (lambda fake: fake.emit("StateChanged", count=1200), [("EventsLost", "overflow", 200), 204]),
    ],
    ids=["of a process that has ended", "of another daemon", "too old"],
)
async def test_a_cursor_that_does_not_fit_any_more(
    fake: FakeSyncthing, client: Syncthing, happened: Callable[[FakeSyncthing], object], found: list[Any]
) -> None:
    """The loss comes first, then everything the daemon holds. The cursor stays until then."""
    async with client.events.stream() as stream:
        cursor = stream.cursor
    assert cursor is not None
    happened(fake)
    async with fake.client() as other, other.events.stream(since=cursor) as stream:
        assert stream.cursor == cursor
        assert await take(stream, 1) == found[:1]
        assert stream.cursor == cursor
        assert await take(stream, len(found) - 1) == found[1:]
        assert stream.cursor is not None
        assert stream.cursor != cursor
        assert stream.cursor["daemon"] == fake.device_id


async def test_a_cursor_at_a_marker(fake: FakeSyncthing, client: Syncthing) -> None:
    """At a marker, it is the position of the event before it, so that the marker comes again."""
    async with client.events.stream(delays=quick) as stream:
        fake.emit("StateChanged")
        assert await take(stream, 1) == [4]
        cursor = stream.cursor
        await fake.until(lambda: fake.polls_waiting)
        fake.restart()
        for expected in ["StreamDown", "StreamUp", ("EventsLost", "restart", None)]:
            assert await take(stream, 1) == [expected]
            assert stream.cursor == cursor
        assert await take(stream, 1) == [1]
        assert stream.cursor != cursor
