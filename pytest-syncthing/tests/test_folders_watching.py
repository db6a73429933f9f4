"""What folders of the fake do in the presence of a program that watches them, or waits for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.support.asking import ask

from aiosyncthing.exceptions import ServerError

if TYPE_CHECKING:
    from aiosyncthing import DeviceID
    from pytest_syncthing import FakeFolder, FakeSyncthing


def test_a_device_that_declines(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """It tells so, and doesn't get anything until it has accepted."""
    since = fake.newest_event
    for state in ("notSharing", "paused", "valid"):
        docs.set_remote_state(phone, state)
        assert ask(fake, f"rest/db/completion?folder=docs&device={phone}")["remoteState"] == state
        docs.write({"b.txt": state})
        fake.finish_sync()
        needed = ask(fake, f"rest/db/completion?folder=docs&device={phone}")["needItems"]
        assert needed == (0 if state == "valid" else 1)
    events = ask(fake, f"rest/events?since={since}&timeout=0")
    assert [event["type"] for event in events].count("ClusterConfigReceived") == 3


async def test_a_scan_that_goes_on_and_on(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """The folder is being scanned, and whoever asks for a scan waits, until it ends."""
    docs.write({"b.txt": b"1"}, scan=False)
    docs.start_scan()
    await fake.until(lambda: docs.state == "scanning")
    async with fake.client() as client:
        asked = asyncio.create_task(client.database.scan("docs"))
        await fake.until(lambda: fake.requests)
        assert (await client.database.status("docs"))["localFiles"] == 1
        assert not asked.done()
        docs.finish_scan()
        await asked
        assert (await client.database.status("docs"))["localFiles"] == 2
        docs.start_scan()
        docs.pause()  # also ends it
        docs.resume()
        await fake.until(lambda: docs.state == "scanning")
        docs.finish_scan()
        await fake.until(lambda: docs.state == "idle")


async def test_an_error_that_a_scan_finds_mended(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """It stays for as long as nobody has looked."""
    docs.set_error("folder path missing")
    async with fake.client() as client:
        with pytest.raises(ServerError, match="folder path missing"):
            await client.database.scan("docs")
        docs.set_error(None, scan=False)
        assert docs.state == "error"
        await client.database.scan("docs")
        assert docs.state == "idle"
        docs.set_error("folder path missing")
        docs.set_error(None)
        await fake.until(lambda: docs.state == "idle")


def test_a_fault(fake: FakeSyncthing) -> None:
    """It says how many requests it has met, and ends when the test says so."""
    fault = fake.respond("rest/system/ping", json={"ping": "what?"}, times=None)
    assert ask(fake, "rest/system/ping") == {"ping": "what?"}
    assert fault.hits == 1
    fault.release()
    assert ask(fake, "rest/system/ping") == {"ping": "pong"}
    assert fault.hits == 1
