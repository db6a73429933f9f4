"""What a test lets go wrong."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing.exceptions import (
    ConnectionFailedError,
    HostCheckError,
    IncompleteResponseError,
    MigrationError,
    NotSyncthingError,
    RequestTimeoutError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiosyncthing import Syncthing
    from pytest_syncthing import FakeSyncthing


@pytest.fixture
async def client(fake: FakeSyncthing) -> AsyncIterator[Syncthing]:
    """A client of it."""
    async with fake.client() as client:
        yield client


# --- The daemon itself ---


async def test_a_restart(fake: FakeSyncthing, client: Syncthing) -> None:
    """What was on its disk stays, event IDs begin anew, and requests under way are cut off."""
    docs = fake.add_folder("docs", files={"x": b"x"})
    started = (await client.system.status())["startTime"]
    poll = asyncio.create_task(client.events.poll(fake.newest_event))
    await fake.until(lambda: fake.polls_waiting)
    fake.restart()
    with pytest.raises(ConnectionFailedError):
        await poll
    assert fake.starts == 2
    assert (await client.events.poll(timeout=0))[0]["id"] == 1
    assert (await client.system.status())["startTime"] > started
    await fake.until(lambda: docs.state == "idle")
    assert (await client.database.status("docs"))["localFiles"] == 1


async def test_a_daemon_that_is_down(fake: FakeSyncthing, client: Syncthing) -> None:
    """Nobody is there until it is started again, at the same address."""
    await client.system.ping()
    fake.stop_daemon()
    assert (fake.running, fake.returncode) == (False, 0)
    with pytest.raises(ConnectionFailedError):
        await client.system.status()
    fake.start_daemon()
    assert (fake.running, fake.returncode) == (True, None)
    await client.system.ping()


async def test_what_a_request_asks_for(fake: FakeSyncthing, client: Syncthing) -> None:
    """A restart and a shutdown may also be asked for by the program under test."""
    assert await client.system.restart() == {"ok": "restarting"}
    await fake.until(lambda: fake.starts == 2)
    assert await client.system.shutdown() == {"ok": "shutting down"}
    await fake.until(lambda: not fake.running)


async def test_a_migration(fake: FakeSyncthing, client: Syncthing) -> None:
    """A text answers everything until it is over."""
    fake.migrate()
    fake.migrate()
    for _ in range(2):
        with pytest.raises(MigrationError):
            await client.system.status()
    fake.end_migration()
    fake.end_migration()
    await client.system.ping()


async def test_waiting_for_a_daemon_that_migrates(fake: FakeSyncthing, client: Syncthing) -> None:
    """As a program does it."""
    fake.migrate()
    ready = asyncio.create_task(client.wait_ready(10))
    await fake.until(lambda: len(fake.requests) > 1)
    fake.end_migration()
    await ready


async def test_broken_connections(fake: FakeSyncthing, client: Syncthing) -> None:
    """Connections break in the midst of what they are doing, and nothing else changes."""
    poll = asyncio.create_task(client.events.poll(fake.newest_event))
    await fake.until(lambda: fake.polls_waiting)
    assert fake.connections == 1
    fake.cut()
    with pytest.raises(ConnectionFailedError):
        await poll
    await client.system.ping()
    assert fake.starts == 1


async def test_lost_events(fake: FakeSyncthing, client: Syncthing) -> None:
    """A stream tells which were forgotten or never came."""
    async with client.events.stream() as stream:
        fake.lose("StateChanged", 3)
        fake.emit("StateChanged")
        lost = await anext(stream)
        assert (lost["type"], lost["data"]["missed"]) == ("EventsLost", 3)
        assert (await anext(stream))["type"] == "StateChanged"
    fake.overflow()
    assert [event["id"] for event in await client.events.poll(timeout=0)] == [fake.newest_event]


async def test_a_refused_host(fake: FakeSyncthing, client: Syncthing) -> None:
    """The daemon doesn't like the name it was addressed by, until it does."""
    fake.refuse_host()
    fake.refuse_host()
    with pytest.raises(HostCheckError):
        await client.system.status()
    fake.accept_host()
    fake.accept_host()
    await client.system.ping()


# --- Single requests ---


async def test_a_late_answer(fake: FakeSyncthing, client: Syncthing) -> None:
    """It comes when the fake's clock says so."""
    fake.freeze()
    late = fake.delay("rest/system/status", 30)
    task = asyncio.create_task(client.system.status())
    await fake.until(lambda: late.hits)
    fake.advance(29)
    assert not task.done()
    fake.advance(1)
    await task
    await client.system.status()
    assert late.hits == 1


async def test_an_answer_that_is_held(fake: FakeSyncthing, client: Syncthing) -> None:
    """It comes when the test says so; others are not held."""
    held = fake.hold("rest/system/status")
    task = asyncio.create_task(client.system.status())
    await fake.until(lambda: held.hits)
    await client.system.ping()
    held.release()
    assert (await task)["myID"] == fake.device_id
    fake.hold("rest/system/*", times=None)
    with pytest.raises(RequestTimeoutError):
        await client.system.status(timeout=0.05)
    fake.clear_faults()
    await client.system.ping()


@pytest.mark.parametrize(
    ("options", "error", "body"),
    [
        ({"status": 500, "text": "disk full"}, ServerError, "disk full"),
        ({"status": 403, "text": "CSRF Error"}, UnauthorizedError, "CSRF Error"),
        ({"status": 502, "body": b"<html>", "content_type": "text/html", "from_proxy": True}, ServerError, "<html>"),
        ({"body": b"<html>", "content_type": "text/html", "from_proxy": True}, NotSyncthingError, "<html>"),
        (
            {"json": {"myID": "x"}, "content_type": "text/html", "from_proxy": True},
            NotSyncthingError,
            '{\n  "myID": "x"\n}',
        ),
        ({"raw": b"220 mail.example.org ESMTP\r\n"}, NotSyncthingError, None),
    ],
    ids=["failure", "refusal", "proxy", "page", "type", "raw"],
)
async def test_another_answer(
    fake: FakeSyncthing, client: Syncthing, options: dict[str, Any], error: type[SyncthingError], body: str | None
) -> None:
    """It comes once, in the place of the right one."""
    fake.respond("rest/system/status", **options)
    with pytest.raises(error) as raised:
        await client.system.status()
    assert raised.value.body == body
    await client.system.status()


async def test_another_value(fake: FakeSyncthing, client: Syncthing) -> None:
    """It may be any JSON, as often as the test wants it, and for one method only."""
    answer: Any = {"anything": [1, None]}
    other = fake.respond("rest/system/ping", json=answer, method="GET", times=None)
    for _ in range(3):
        assert await client.api.request("rest/system/ping") == answer
    assert await client.api.request("rest/system/ping", method="POST") == {"ping": "pong"}
    assert other.hits == 3
    other.release()
    assert await client.api.request("rest/system/ping") == {"ping": "pong"}


@pytest.mark.parametrize("after", [0, 10])
async def test_half_an_answer(fake: FakeSyncthing, client: Syncthing, after: int) -> None:
    """The connection ends in the middle of it."""
    fake.truncate("rest/system/status", after=after)
    with pytest.raises(IncompleteResponseError):
        await client.system.status()
    await client.system.status()
