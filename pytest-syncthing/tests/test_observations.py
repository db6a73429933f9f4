"""What a test can see of a fake: its clock, its events, and the requests it received."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.support.asking import ask, happened

from aiosyncthing.exceptions import (
    UnauthorizedError,
)
from pytest_syncthing import FakeSyncthing, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiosyncthing import Syncthing
    from pytest_syncthing import FakeFolder


@pytest.fixture
async def client(fake: FakeSyncthing) -> AsyncIterator[Syncthing]:
    """A client of it."""
    async with fake.client() as client:
        yield client


# --- Its time ---


def test_its_clock() -> None:
    """It starts when the test says, runs, can be frozen, and can be advanced."""
    start = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    with FakeSyncthing(start=start) as fake:
        assert start <= fake.now < start + timedelta(seconds=60)
        fake.wait_until(lambda: fake.now > start)
        fake.freeze()
        stopped = fake.now
        fake.advance(90)
        assert fake.now == stopped + timedelta(seconds=90)
        fake.emit("StateChanged")
        assert ask(fake, "rest/events?limit=1&timeout=0")[0]["time"].startswith(f"{fake.now:%Y-%m-%dT%H:%M:%S}")
        fake.unfreeze()
        fake.wait_until(lambda: fake.now > stopped + timedelta(seconds=90))


@pytest.mark.parametrize("files_on_disk", [False, True])
def test_changes_while_the_clock_stands_still(*, files_on_disk: bool, tmp_path: Path) -> None:
    """Each change is found, although neither time nor size shows it."""
    with FakeSyncthing(files_on_disk=files_on_disk) as fake:
        docs = fake.add_folder("docs", path=str(tmp_path / "docs"))
        fake.freeze()
        for content in (b"1", b"2", b"3"):
            before = fake.newest_event
            docs.write({"a.txt": content})
            assert docs.files == {"a.txt": content}
            assert happened(fake, before, "LocalIndexUpdated")


@pytest.mark.parametrize("newer", ["one", "two"])
def test_which_of_two_changes_is_newer(newer: str) -> None:
    """Each change has the time of its fake's clock, and the clocks of two fakes may differ."""
    with FakeSyncthing(name="one") as one, FakeSyncthing(name="two") as two:
        for fake in (one, two):
            fake.freeze()
        one.link(two)
        here = one.add_folder("docs", files={"a.txt": b"?"}, devices=[two.device_id])
        there = two.add_folder("docs", devices=[one.device_id])
        two.wait_until(lambda: there.files == here.files)
        one.set_device(two.device_id, paused=True)
        (one if newer == "one" else two).advance(60)
        here.write({"a.txt": b"one"})
        there.write({"a.txt": b"two"})
        one.set_device(two.device_id, paused=False)
        two.wait_until(lambda: len(there.files) == 2 and there.files == here.files)
        assert there.files["a.txt"] == newer.encode()


@pytest.mark.parametrize("delay", [0, 2])
def test_when_sums_are_reported(fake: FakeSyncthing, docs: FakeFolder, delay: float) -> None:
    """At once, or after the delay that the test has set, on the fake's clock."""
    fake.freeze()
    fake.delay_summaries(delay)
    since = fake.newest_event

    def sums() -> list[str]:
        return [event["kind"] for event in happened(fake, since, "FolderSummary", "FolderCompletion")]

    docs.write({"b.txt": b"1"})
    docs.write({"c.txt": b"1"})
    if not delay:
        assert sums().count("FolderSummary") == 2
        return
    fake.advance(delay - 0.1)
    assert sums() == []
    fake.advance(0.1)
    assert sums() == ["FolderSummary", "FolderCompletion"]
    docs.write({"d.txt": b"1"})
    docs.pause()
    fake.advance(delay)
    assert sums() == ["FolderSummary", "FolderCompletion"]


async def test_when_requests_came(fake: FakeSyncthing) -> None:
    """They have the time of the fake's clock."""
    fake.freeze()
    async with fake.client() as client:
        for _ in range(2):
            await client.system.ping()
            fake.advance(60)
    first, second = fake.requests
    assert second.time - first.time == timedelta(seconds=60)
    assert second.time == fake.now - timedelta(seconds=60)


# --- What it has seen ---


async def test_requests(fake: FakeSyncthing, client: Syncthing) -> None:
    """Each request can be inspected, refused ones too; no repr shows the key."""
    await client.config.patch_options(maxSendKbps=7)
    async with fake.client(api_key="wrong") as stranger:
        with pytest.raises(UnauthorizedError):
            await stranger.database.status("a b")
    first, second = fake.requests
    assert isinstance(first, Request)
    assert (first.method, first.path, first.json()) == ("PATCH", "/rest/config/options", {"maxSendKbps": 7})
    assert first.header("x-api-key") == fake.api_key
    assert fake.api_key not in str(first)
    assert (second.target, second.param("folder")) == ("/rest/db/status?folder=a%20b", "a b")
    assert second.header("X-API-Key") == "wrong"


def test_waiting_in_a_plain_function(fake: FakeSyncthing) -> None:
    """The test's thread waits for a request of another thread."""

    async def ask() -> None:
        async with fake.client() as client:
            await client.system.ping()

    with asyncio.Runner() as runner:
        runner.run(ask())
    fake.wait_until(lambda: len(fake.requests) == 1)


def test_counts(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """A test can read how many requests were answered, the states of folders, and how many connections are open."""
    ask(fake, "rest/system/ping")
    assert fake.answered == len(fake.requests) == 1
    assert fake.states() == {"docs": "idle"}
    fake.wait_until(lambda: fake.connections == 0)


async def test_what_never_becomes_true(fake: FakeSyncthing) -> None:
    """The error says how long it waited, and an error of the condition itself is raised."""
    with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
        await fake.until(lambda: False, timeout=0.05)
    with pytest.raises(ZeroDivisionError):
        await fake.until(lambda: 1 // 0)


def test_events_of_any_kind(fake: FakeSyncthing) -> None:
    """A test may emit any event."""
    fake.emit("DeviceDiscovered", {"device": "x", "addrs": []})
    fake.emit("Failure")
    events = ask(fake, f"rest/events?since={fake.newest_event - 2}&timeout=0")
    assert [(event["type"], event["data"]) for event in events] == [
        ("DeviceDiscovered", {"device": "x", "addrs": []}),
        ("Failure", {}),
    ]


async def test_many_events(fake: FakeSyncthing, client: Syncthing) -> None:
    """Several events at once have an ID each, and a waiting poll gets them all together."""
    newest = fake.newest_event
    task = asyncio.create_task(client.events.poll(newest))
    await fake.until(lambda: fake.polls_waiting)
    fake.emit("StateChanged", {"folder": "docs"}, count=3)
    events = await task
    assert [event["id"] for event in events] == [newest + 1, newest + 2, newest + 3]
    assert {event["type"]: event["data"] for event in events} == {"StateChanged": {"folder": "docs"}}
