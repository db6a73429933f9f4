"""What a test can make go wrong: the process, its connections, its events, single requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.following import OTHER_ID, START

from aiosyncthing import DeviceID, Syncthing
from aiosyncthing.exceptions import (
    ConnectionFailedError,
    HostCheckError,
    IncompleteResponseError,
    MigrationError,
    NotFoundError,
    NotSyncthingError,
    RequestTimeoutError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_syncthing import FakeFolder, FakeSyncthing


@pytest.fixture
async def client(fake: FakeSyncthing) -> AsyncIterator[Syncthing]:
    """A client of it."""
    async with fake.client() as client:
        yield client


# --- The daemon itself ---


async def test_a_restart(fake: FakeSyncthing, client: Syncthing) -> None:
    """Its disk is kept, event IDs start at 1 again, and requests under way are cut off."""
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
    """Connections are refused until it is started again, at the same address."""
    await client.system.ping()
    fake.stop_daemon()
    assert (fake.running, fake.returncode) == (False, 0)
    with pytest.raises(ConnectionFailedError):
        await client.system.status()
    fake.start_daemon()
    assert (fake.running, fake.returncode) == (True, None)
    await client.system.ping()


async def test_what_a_request_asks_for(fake: FakeSyncthing, client: Syncthing) -> None:
    """The program under test may also request a restart or shutdown."""
    assert await client.system.restart() == {"ok": "restarting"}
    await fake.until(lambda: fake.starts == 2)
    assert await client.system.shutdown() == {"ok": "shutting down"}
    await fake.until(lambda: not fake.running)


@pytest.mark.parametrize(
    ("begin", "end", "error"),
    [("migrate", "end_migration", MigrationError), ("refuse_host", "accept_host", HostCheckError)],
)
async def test_what_answers_everything(
    fake: FakeSyncthing, client: Syncthing, begin: str, end: str, error: type[SyncthingError]
) -> None:
    """A migration, or the host check, answers every request until it ends; starting or ending it twice is fine."""
    for _ in range(2):
        getattr(fake, begin)()
        with pytest.raises(error):
            await client.system.status()
    for _ in range(2):
        getattr(fake, end)()
        await client.system.ping()


async def test_broken_connections(fake: FakeSyncthing, client: Syncthing) -> None:
    """Connections break in the middle of what they are doing, and nothing else changes."""
    poll = asyncio.create_task(client.events.poll(fake.newest_event))
    await fake.until(lambda: fake.polls_waiting)
    assert fake.connections == 1
    fake.cut()
    with pytest.raises(ConnectionFailedError):
        await poll
    await client.system.ping()
    assert fake.starts == 1


async def test_lost_events(fake: FakeSyncthing, client: Syncthing) -> None:
    """A stream reports how many were dropped or never sent."""
    async with client.events.stream() as stream:
        fake.lose("StateChanged", 3)
        fake.emit("StateChanged")
        lost = await anext(stream)
        assert (lost["type"], lost["data"]["missed"]) == ("EventsLost", 3)
        assert (await anext(stream))["type"] == "StateChanged"
    fake.overflow()
    assert [event["id"] for event in await client.events.poll(timeout=0)] == [fake.newest_event]


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


# --- Another daemon in its place ---


async def test_another_daemon_in_its_place(fake: FakeSyncthing, client: Syncthing) -> None:
    """It answers at the same address with the same key, and is empty."""
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
    """A client that is waiting for an event loses its connection then."""
    task = asyncio.create_task(client.events.poll(fake.newest_event))
    await fake.until(lambda: fake.polls_waiting)
    fake.replace("another", device_id=OTHER_ID)
    await asyncio.wait([task])
    assert task.exception() is not None
    assert fake.device_id == DeviceID(OTHER_ID)
    assert (await client.system.status())["myID"] == OTHER_ID


# --- Single requests ---


async def test_a_late_answer(fake: FakeSyncthing, client: Syncthing) -> None:
    """It comes after the delay on the fake's clock."""
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
    """It comes when the test releases it; others are not held."""
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


async def test_an_answer_that_is_out_of_date(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """With made it is made at once, and doesn't contain what happens while it is held."""
    held = fake.hold("rest/db/status", made=True)
    async with fake.client() as client:
        old = asyncio.create_task(client.database.status("docs"))
        await fake.until(lambda: held.hits)
        docs.write({"b.txt": b"1"})
        assert (await client.database.status("docs"))["localFiles"] == 2
        held.release()
        assert (await old)["localFiles"] == 1


async def test_an_old_failure(fake: FakeSyncthing) -> None:
    """A refusal can be held as well."""
    held = fake.hold("rest/db/status", made=True)
    async with fake.client() as client:
        old: asyncio.Task[Any] = asyncio.create_task(client.database.status("docs"))
        await fake.until(lambda: held.hits)
        fake.add_folder("docs")
        held.release()
        with pytest.raises(NotFoundError):
            await old


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
    """It replaces the right one once."""
    fake.respond("rest/system/status", **options)
    with pytest.raises(error) as raised:
        await client.system.status()
    assert raised.value.body == body
    await client.system.status()


def test_text_for_bytes(fake: FakeSyncthing) -> None:
    """Text in place of bytes is refused where the test gives it."""
    with pytest.raises(TypeError, match="bytes-like"):
        fake.respond("rest/system/status", body="<html>")  # type: ignore[arg-type]  # what is tested


async def test_another_value(fake: FakeSyncthing, client: Syncthing) -> None:
    """It may be any JSON, any number of times, and for one method only."""
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
    """The connection closes in the middle of it."""
    fake.truncate("rest/system/status", after=after)
    with pytest.raises(IncompleteResponseError):
        await client.system.status()
    await client.system.status()


async def test_an_answer_that_is_lost(fake: FakeSyncthing) -> None:
    """With handled the daemon carries out the request, and only the answer is different."""
    async with fake.client() as client:
        for handled, kbps in ((False, 0), (True, 7)):
            fake.respond("rest/config/options", status=502, text="lost", from_proxy=True, handled=handled)
            with pytest.raises(SyncthingError):
                await client.config.patch_options({"maxSendKbps": 7})
            assert fake.config["options"]["maxSendKbps"] == kbps


async def test_an_answer_that_is_mislabelled(fake: FakeSyncthing) -> None:
    """The answer is the daemon's, with another content type or without its headers."""
    async with fake.client() as client:
        fake.mislabel("rest/system/version", content_type="text/html", anonymous=True)
        with pytest.raises(NotSyncthingError):
            await client.system.version()
        fault = fake.mislabel("rest/system/version", anonymous=True, times=None)
        await client.system.version()
        assert client.api.daemon_id is None
        fault.release()
        await client.system.version()
        assert client.api.daemon_id == fake.device_id
