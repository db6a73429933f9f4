"""What a test of a program that watches a daemon, or waits for it, lets happen in the fake."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.asking import ask

from aiosyncthing.exceptions import NotFoundError

if TYPE_CHECKING:
    from aiosyncthing import DeviceID
    from pytest_syncthing import FakeFolder, FakeSyncthing


def kinds(fake: FakeSyncthing, since: int) -> list[str]:
    """Return the types of the events since one."""
    return [event["type"] for event in ask(fake, f"rest/events?since={since}&timeout=0")]


def test_changed_settings(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """Settings of folders and devices are changed as by a request, and the rest stays as it is."""
    since = fake.newest_event
    fake.set_folder("docs", label="Texts")
    assert (docs.config["label"], docs.devices) == ("Texts", [phone])
    assert kinds(fake, since) == ["ConfigSaved"]
    fake.set_device(phone, paused=True)
    assert not ask(fake, "rest/system/connections")["connections"][phone]["connected"]
    assert kinds(fake, since)[-3:] == ["DevicePaused", "DeviceDisconnected", "ConfigSaved"]


def test_removed_things(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """What is removed from the configuration is gone, and a folder is no more shared with a device that is."""
    fake.remove_device(phone)
    assert docs.devices == []
    assert phone not in {device["deviceID"] for device in fake.config["devices"]}
    fake.remove_folder("docs")
    assert fake.config["folders"] == []
    with pytest.raises(KeyError):
        fake.folder("docs")


@pytest.mark.parametrize("delay", [0, 2])
def test_when_sums_are_told(fake: FakeSyncthing, docs: FakeFolder, delay: float) -> None:
    """At once, or as late as the test says, by the fake's clock."""
    fake.freeze()
    fake.delay_summaries(delay)
    since = fake.newest_event
    sums = {"FolderSummary", "FolderCompletion"}
    docs.write({"b.txt": b"1"})
    docs.write({"c.txt": b"1"})
    if delay:
        fake.advance(delay - 0.1)
        assert not sums & set(kinds(fake, since))
        fake.advance(0.1)
        assert kinds(fake, since)[-2:] == ["FolderSummary", "FolderCompletion"]
        docs.write({"d.txt": b"1"})
        docs.pause()
        fake.advance(delay)
        assert kinds(fake, since).count("FolderSummary") == 1
    else:
        assert kinds(fake, since).count("FolderSummary") == 2


async def test_an_answer_that_is_out_of_date(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """It was made before what happens while it is held back."""
    held = fake.hold("rest/db/status", made=True)
    async with fake.client() as client:
        old = asyncio.create_task(client.database.status("docs"))
        await fake.until(lambda: held.hits)
        docs.write({"b.txt": b"1"})
        assert (await client.database.status("docs"))["localFiles"] == 2
        held.release()
        assert (await old)["localFiles"] == 1


async def test_an_old_failure(fake: FakeSyncthing) -> None:
    """What the daemon refuses may be held back as well."""
    held = fake.hold("rest/db/status", made=True)
    async with fake.client() as client:
        old: asyncio.Task[Any] = asyncio.create_task(client.database.status("docs"))
        await fake.until(lambda: held.hits)
        fake.add_folder("docs")
        held.release()
        with pytest.raises(NotFoundError):
            await old


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
