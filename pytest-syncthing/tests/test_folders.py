"""Folders and devices of a fake, as tests use them."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from tests.support.asking import ask

from aiosyncthing import DeviceID
from aiosyncthing.exceptions import BadRequestError, DaemonError, ServerError
from pytest_syncthing import VERSIONS, FakeFolder, FakeSyncthing

STRANGER = DeviceID("P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2")

each_version = pytest.mark.parametrize("syncthing_version", VERSIONS)


def test_folders(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """A folder that is added is configured, scanned, and counted."""
    assert docs.devices == [phone]
    assert docs.config["id"] == docs.id == "docs"
    assert repr(docs) == "<FakeFolder 'docs'>"
    assert docs.state == "idle"
    assert fake.states() == {"docs": "idle"}
    assert fake.folder("docs").files == {"a.txt": b"12345"}
    status = ask(fake, "rest/db/status?folder=docs")
    assert (status["globalFiles"], status["localBytes"], status["needTotalItems"]) == (1, 5, 0)
    with pytest.raises(KeyError):
        fake.folder("nope")


@each_version
def test_changes_here(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """Files written here are indexed by a scan, and missing on other devices until they arrive there."""

    def needed() -> set[str]:
        return {item["name"] for item in ask(fake, f"rest/db/remoteneed?folder=docs&device={phone}")["files"]}

    docs.write({"sub/b.txt": "text", "empty": None}, scan=False)
    assert ask(fake, "rest/db/status?folder=docs")["globalFiles"] == 1
    docs.scan("sub")
    assert ask(fake, "rest/db/status?folder=docs")["globalFiles"] == 2
    docs.scan()
    docs.link("link", "sub")
    assert needed() == {"sub", "sub/b.txt", "empty", "link"}
    docs.remote_pull(phone, "sub", "sub/b.txt")
    assert needed() == {"empty", "link"}
    docs.remote_pull(phone)
    assert needed() == set()
    docs.delete("sub", scan=False)
    assert "sub/b.txt" not in docs.files
    docs.scan()
    assert ask(fake, f"rest/db/completion?folder=docs&device={phone}")["needDeletes"] == 2
    docs.delete("a.txt")
    assert docs.files == {}


def test_changes_elsewhere(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """Changes of another device are needed here until they are pulled; single items can be."""
    docs.remote_write(phone, {"new/b.txt": b"bb", "c.txt": "c"})
    docs.remote_delete(phone, "a.txt")
    status = ask(fake, "rest/db/status?folder=docs")
    assert (status["needFiles"], status["needDirectories"], status["needDeletes"]) == (2, 1, 1)
    docs.pull("c.txt")
    assert docs.files == {"a.txt": b"12345", "c.txt": b"c"}
    docs.pull()
    assert docs.files == {"new/b.txt": b"bb", "c.txt": b"c"}
    assert ask(fake, "rest/db/status?folder=docs")["needTotalItems"] == 0
    disk = ask(fake, "rest/events/disk?timeout=0")
    assert {event["data"]["path"] for event in disk if event["type"] == "RemoteChangeDetected"} == {
        "new",
        "new/b.txt",
        "c.txt",
        "a.txt",
    }


@each_version
def test_connections(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """A device that exists in the test only connects and disconnects on request."""
    assert ask(fake, "rest/system/connections")["connections"][phone]["connected"]
    fake.disconnect(phone)
    assert not ask(fake, "rest/system/connections")["connections"][phone]["connected"]
    with pytest.raises(KeyError):
        fake.connect(FakeSyncthing(name="stranger").device_id)
    docs.write({"b.txt": b"b"})
    fake.finish_sync()
    assert ask(fake, f"rest/db/completion?folder=docs&device={phone}")["needItems"] == 1
    fake.connect(phone)
    fake.finish_sync("docs")
    assert ask(fake, f"rest/db/completion?folder=docs&device={phone}")["needItems"] == 0


def test_files_on_the_disk(tmp_path: Path) -> None:
    """Files are really on the disk: where the test says, or in a temporary directory that is removed with the fake."""
    with FakeSyncthing(files_on_disk=True) as fake:
        docs = fake.add_folder("docs", path=str(tmp_path / "docs"), files={"a.txt": b"a"})
        assert (tmp_path / "docs" / "a.txt").read_bytes() == b"a"
        (tmp_path / "docs" / "c.txt").write_text("c")
        docs.scan()
        assert ask(fake, "rest/db/status?folder=docs")["localFiles"] == 2
        other = Path(fake.add_folder("other", files={"a.txt": b"a"}).config["path"])
        assert other.is_relative_to(tempfile.gettempdir())
        assert (other / "a.txt").read_bytes() == b"a"
    assert not other.parent.parent.exists()


async def test_a_disk_that_nobody_watches(fake: FakeSyncthing) -> None:
    """Files also change while the folder is paused or the daemon is down; it finds the changes later."""
    docs = fake.add_folder("docs", files={"a.txt": b"a"})
    docs.pause()
    docs.write({"b.txt": b"b"})
    docs.link("link", "b.txt")
    docs.finish_sync()  # nothing happens to what is paused
    docs.resume()
    fake.stop_daemon()
    docs.delete("a.txt")
    fake.start_daemon()
    async with fake.client() as client:
        await client.wait_in_sync("docs", timeout=10)
        items = [item["name"] for item in await client.database.browse("docs")]
    assert sorted(items) == ["b.txt", "link"]


def test_a_device_that_does_not_share_the_folder(fake: FakeSyncthing) -> None:
    """Such a device can't change anything there; the error says that the test forgot to share it."""
    phone = fake.add_device("phone")
    docs = fake.add_folder("docs", files={"a.txt": b"a"})
    fake.connect(phone)
    for change in (
        lambda: docs.remote_write(phone, {"b.txt": b"b"}),
        lambda: docs.remote_delete(phone, "a.txt"),
        lambda: docs.remote_pull(phone),
        lambda: docs.remote_write(STRANGER, {"b.txt": b"b"}),
    ):
        with pytest.raises(BadRequestError, match="docs is not shared with"):
            change()
    with pytest.raises(BadRequestError, match="valid, paused, notSharing"):
        docs.set_remote_state(phone, "sharing")
    fake.set_folder("docs", devices=[{"deviceID": phone}])
    docs.remote_write(phone, {"b.txt": b"b"})
    docs.finish_sync()
    assert set(docs.files) == {"a.txt", "b.txt"}


def test_a_folder_of_a_fake_that_was_stopped() -> None:
    """The error gives the reason, whether or not another fake is running."""
    fake = FakeSyncthing()
    fake.start()
    folder = fake.add_folder("docs")
    fake.stop()
    for _ in range(2):
        with pytest.raises(DaemonError, match="was stopped"):
            print(folder.state)
        with pytest.raises(DaemonError, match="was stopped"):
            folder.write({"a.txt": b"a"})
        fake.start()
    fake.stop()


def test_failures(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """An item that fails is listed with the reason and stays needed until it no longer fails."""
    docs.remote_write(phone, {"b.txt": b"b"})
    docs.fail("b.txt", "no space left on device")
    docs.finish_sync()
    assert docs.failed == {"b.txt": "no space left on device"}
    assert ask(fake, "rest/folder/errors?folder=docs")["errors"][0]["path"] == "b.txt"
    assert ask(fake, "rest/db/status?folder=docs")["needFiles"] == 1
    docs.clear_failures()
    docs.finish_sync()
    assert (docs.failed, docs.files["b.txt"]) == ({}, b"b")


@pytest.mark.parametrize("syncthing_version", VERSIONS[1:])
def test_a_device_that_declines(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """A device reports that it declines a folder, and gets nothing until it accepts."""
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
    """The folder stays in the state scanning, and other scans wait until this one ends."""
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


@each_version
async def test_an_error_of_the_folder(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """An error has its reason, and stays until a scan finds it fixed."""
    docs.set_error("folder path missing")
    async with fake.client() as client:
        status = await client.database.status("docs")
        assert (status["state"], status["error"]) == ("error", "folder path missing")
        with pytest.raises(ServerError, match="folder path missing"):
            await client.database.scan("docs")
        docs.set_error(None, scan=False)
        assert docs.state == "error"
        await client.database.scan("docs")
        assert docs.state == "idle"
        docs.set_error("folder path missing")
        docs.set_error(None)
        await fake.until(lambda: docs.state == "idle")
