"""What a test can make go wrong: the process, its connections, its events, single requests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.support.following import OTHER_ID, START

from aiosyncthing import Syncthing
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
from pytest_syncthing import FakeSyncthing


@pytest.fixture
async def client(fake: FakeSyncthing) -> AsyncIterator[Syncthing]:
    """A client of it."""
    async with fake.client() as client:
        yield client


# --- The daemon itself ---


async def test_a_restart(fake: FakeSyncthing, client: Syncthing) -> None:
    """The disk of a restarted daemon is kept, and event IDs start at 1 again."""
    docs = fake.add_folder("docs", files={"x": b"x"})
    started = (await client.system.status())["startTime"]
    fake.restart()
    assert fake.starts == 2
    assert (await client.events.poll(timeout=0))[0]["id"] == 1
    assert (await client.system.status())["startTime"] > started
    await fake.until(lambda: docs.state == "idle")
    assert (await client.database.status("docs"))["localFiles"] == 1


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


@pytest.mark.parametrize(
    ("happen", "starts"),
    [
        (lambda fake: fake.cut(), 1),
        (lambda fake: fake.restart(), 2),
        (lambda fake: fake.replace("another", device_id=OTHER_ID), 1),
    ],
    ids=["cut", "restart", "replace"],
)
async def test_broken_connections(
    fake: FakeSyncthing, client: Syncthing, happen: Callable[[FakeSyncthing], None], starts: int
) -> None:
    """Connections break in the middle of what they are doing, and the next request is answered."""
    poll = asyncio.create_task(client.events.poll(fake.newest_event))
    await fake.until(lambda: fake.polls_waiting)
    assert fake.connections == 1
    happen(fake)
    with pytest.raises(ConnectionFailedError):
        await poll
    assert (await client.system.status())["myID"] == fake.device_id
    assert fake.starts == starts


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


# --- Another daemon in its place ---


async def test_another_daemon_in_its_place(fake: FakeSyncthing, client: Syncthing) -> None:
    """Another daemon answers at the same address with the same key, and is empty."""
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


# --- Single requests ---


async def test_an_answer_that_is_held(fake: FakeSyncthing, client: Syncthing) -> None:
    """An answer comes when the test releases it; others are not held."""
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


async def test_an_answer_that_is_out_of_date(fake: FakeSyncthing, client: Syncthing) -> None:
    """With made, an answer or refusal is made at once, and doesn't contain what happens while it is held."""
    held = fake.hold("rest/db/status", made=True, times=2)
    refused = asyncio.create_task(client.database.status("docs"))
    await fake.until(lambda: held.hits == 1)
    docs = fake.add_folder("docs", files={"a.txt": b"1"})
    old = asyncio.create_task(client.database.status("docs"))
    await fake.until(lambda: held.hits == 2)
    docs.write({"b.txt": b"1"})
    assert (await client.database.status("docs"))["localFiles"] == 2
    held.release()
    assert (await old)["localFiles"] == 1
    with pytest.raises(NotFoundError):
        await refused


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
    """A given answer replaces the right one once."""
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
    """An answer may be any JSON, any number of times, and for one method only."""
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


async def test_an_answer_that_is_lost(fake: FakeSyncthing, client: Syncthing) -> None:
    """With handled the daemon carries out the request, and only the answer is different."""
    for handled, kbps in ((False, 0), (True, 7)):
        fake.respond("rest/config/options", status=502, text="lost", from_proxy=True, handled=handled)
        with pytest.raises(SyncthingError):
            await client.config.patch_options({"maxSendKbps": 7})
        assert fake.config["options"]["maxSendKbps"] == kbps


async def test_an_answer_that_is_mislabelled(fake: FakeSyncthing, client: Syncthing) -> None:
    """The answer is the daemon's, with another content type or without its headers."""
    fake.mislabel("rest/system/version", content_type="text/html", anonymous=True)
    with pytest.raises(NotSyncthingError):
        await client.system.version()
    fault = fake.mislabel("rest/system/version", anonymous=True, times=None)
    await client.system.version()
    assert client.api.daemon_id is None
    fault.release()
    await client.system.version()
    assert client.api.daemon_id == fake.device_id
