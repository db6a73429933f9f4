"""What a test can see of a fake: its clock, its events, and the requests it received."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.asking import ask, happened

from aiosyncthing.exceptions import UnauthorizedError
from pytest_syncthing import FakeFolder, FakeSyncthing, Request

# --- Its time ---


def test_its_clock() -> None:
    """The clock starts when the test says, runs, can be frozen, and can be advanced."""
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


def test_which_of_two_changes_is_newer() -> None:
    """Each change has the time of its fake's clock, and the clocks of two fakes may differ."""
    with FakeSyncthing(name="one") as one, FakeSyncthing(name="two") as two:
        for fake in (one, two):
            fake.freeze()
        one.link(two)
        here = one.add_folder("docs", files={"a.txt": b"?"}, devices=[two.device_id])
        there = two.add_folder("docs", devices=[one.device_id])
        two.wait_until(lambda: there.files == here.files)
        one.set_device(two.device_id, paused=True)
        one.advance(60)
        here.write({"a.txt": b"newer"})
        there.write({"a.txt": b"older, but written later"})
        one.set_device(two.device_id, paused=False)
        two.wait_until(lambda: len(there.files) == 2 and there.files == here.files)
        assert there.files["a.txt"] == b"newer"


@pytest.mark.parametrize("delay", [0, 2])
def test_when_sums_are_reported(fake: FakeSyncthing, docs: FakeFolder, delay: float) -> None:
    """Summaries come at once, or after the delay that the test has set, on the fake's clock."""
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


# --- What it has seen ---


async def test_requests(fake: FakeSyncthing) -> None:
    """Each request can be inspected, refused ones too, with the time of the fake's clock; no repr shows the key."""
    fake.freeze()
    async with fake.client() as client, fake.client(api_key="wrong") as stranger:
        await client.config.patch_options(maxSendKbps=7)
        fake.advance(60)
        with pytest.raises(UnauthorizedError):
            await stranger.database.status("a b")
    first, second = fake.requests
    assert isinstance(first, Request)
    assert (first.method, first.path, first.json()) == ("PATCH", "/rest/config/options", {"maxSendKbps": 7})
    assert first.header("x-api-key") == fake.api_key
    assert fake.api_key not in str(first)
    assert (second.target, second.param("folder")) == ("/rest/db/status?folder=a%20b", "a b")
    assert second.header("X-API-Key") == "wrong"
    assert (first.time, second.time) == (fake.now - timedelta(seconds=60), fake.now)


async def test_what_never_becomes_true(fake: FakeSyncthing) -> None:
    """The error says how long it waited, and an error of the condition itself is raised."""
    with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
        await fake.until(lambda: False, timeout=0.05)
    with pytest.raises(ZeroDivisionError):
        await fake.until(lambda: 1 // 0)


async def test_events(fake: FakeSyncthing) -> None:
    """A test may emit any event; several at once have an ID each, and a waiting poll gets them all together."""
    newest = fake.newest_event
    async with fake.client() as client:
        task = asyncio.create_task(client.events.poll(newest))
        await fake.until(lambda: fake.polls_waiting)
        fake.emit("DeviceDiscovered", {"device": "x", "addrs": []}, count=3)
        events = await task
        assert [event["id"] for event in events] == [newest + 1, newest + 2, newest + 3]
        assert [(event["type"], event["data"]) for event in events] == [
            ("DeviceDiscovered", {"device": "x", "addrs": []})
        ] * 3
        fake.emit("Failure")
        assert [event["data"] for event in await client.events.poll(newest + 3)] == [{}]
