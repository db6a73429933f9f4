"""What a listener has to bear: the fake restarts in silence, another takes its place, and much happens at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.support.following import OTHER_ID, START
from tests.support.wire import Wire

from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError
from pytest_syncthing import FakeSyncthing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from aiosyncthing import Syncthing


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A fake that knows a folder."""
    with FakeSyncthing() as fake:
        fake.add_folder("docs")
        yield fake


@pytest.fixture
async def client(fake: FakeSyncthing) -> AsyncIterator[Syncthing]:
    """A client of it."""
    async with fake.client() as client:
        yield client


# --- Many events ---


async def test_many_events(fake: FakeSyncthing, client: Syncthing) -> None:
    """An event may happen several times, each with an ID of its own; a poll that waits gets them all at once."""
    newest = fake.newest_event
    task = asyncio.create_task(client.events.poll(newest))
    await fake.until(lambda: fake.polls_waiting)
    fake.emit("StateChanged", {"folder": "docs"}, count=3)
    events = await task
    assert [event["id"] for event in events] == [newest + 1, newest + 2, newest + 3]
    assert {event["type"]: event["data"] for event in events} == {"StateChanged": {"folder": "docs"}}


# --- A restart without a sign ---


async def test_a_restart_in_silence(fake: FakeSyncthing, client: Syncthing) -> None:
    """Connections stay open without an answer, while new ones reach the new process."""
    task = asyncio.create_task(client.events.poll(fake.newest_event))
    await fake.until(lambda: fake.polls_waiting)
    fake.restart(cut=False)
    assert fake.polls_waiting == 0
    fake.emit("StateChanged", count=100)
    fake.advance(3600)
    async with fake.client() as other:
        assert (await other.system.status())["uptime"] >= 3600
    assert fake.starts == 2
    assert not task.done()
    fake.cut()
    await asyncio.wait([task])
    assert task.exception() is not None


async def test_what_is_sent_into_silence(fake: FakeSyncthing) -> None:
    """A connection of the process that is gone breaks when its client sends something."""
    wire = await Wire.to(fake.url.removeprefix("http://"))
    wire.send("GET /rest/system/ping", key=fake.api_key)
    assert (await wire.read()).status == 200
    await fake.until(lambda: fake.answered)
    fake.restart(cut=False)
    assert fake.connections == 1
    wire.send("GET /rest/system/ping", key=fake.api_key)
    assert await wire.rest() == b""
    wire.close()
    await fake.until(lambda: fake.connections == 0)
    assert len(fake.requests) == 1


# --- Another daemon in its place ---


async def test_another_daemon_in_its_place(fake: FakeSyncthing, client: Syncthing) -> None:
    """It answers at the same address with the same key, with nothing in it but its start."""
    url, known, moment = fake.url, fake.device_id, fake.now
    await client.system.ping()
    fake.respond("rest/system/ping", status=500, text="still in the way")
    fake.replace("another")
    assert (fake.url, fake.running, fake.starts) == (url, True, 1)
    status = await client.system.status()
    assert status["myID"] == fake.device_id != known
    assert [event["id"] for event in await client.events.poll(timeout=0)] == [*START]
    assert await client.config.folders() == []
    assert [device["name"] for device in await client.config.devices()] == ["another"]
    assert fake.now > moment
    assert len(fake.requests) == 5
    with pytest.raises(KeyError):
        fake.folder("docs")
    fake.restart()
    assert (await client.system.status())["myID"] == fake.device_id


async def test_another_daemon_breaks_connections(fake: FakeSyncthing, client: Syncthing) -> None:
    """Who is waiting for an event then loses the connection."""
    task = asyncio.create_task(client.events.poll(fake.newest_event))
    await fake.until(lambda: fake.polls_waiting)
    fake.replace("another", device_id=OTHER_ID)
    await asyncio.wait([task])
    assert task.exception() is not None
    assert fake.device_id == DeviceID(OTHER_ID)
    assert (await client.system.status())["myID"] == OTHER_ID


async def test_a_bad_device_id(fake: FakeSyncthing, client: Syncthing) -> None:
    """Nothing is changed by what can't be done."""
    with pytest.raises(BadRequestError):
        fake.replace("another", device_id="nonsense")
    assert (await client.system.status())["myID"] == fake.device_id
    assert fake.folder("docs").state == "idle"
