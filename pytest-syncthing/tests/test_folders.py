"""Folders of the fake, as a test gets hold of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.support.asking import ask

from aiosyncthing.exceptions import BadRequestError, FolderNotRunningError
from pytest_syncthing import VERSIONS

if TYPE_CHECKING:
    from aiosyncthing import DeviceID
    from pytest_syncthing import FakeFolder, FakeSyncthing


@pytest.fixture(params=VERSIONS)
def syncthing_version(request: pytest.FixtureRequest) -> str:
    """Each version."""
    version: str = request.param
    return version


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


def test_changes_here(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """What is written here is known after a scan, and lacks elsewhere until it has arrived there."""
    docs.write({"sub/b.txt": "text", "empty": None}, scan=False)
    assert ask(fake, "rest/db/status?folder=docs")["globalFiles"] == 1
    docs.scan("sub")
    assert ask(fake, "rest/db/status?folder=docs")["globalFiles"] == 2
    docs.scan()
    docs.link("link", "sub")
    needed = ask(fake, f"rest/db/remoteneed?folder=docs&device={phone}")["files"]
    assert {item["name"] for item in needed} == {"sub", "sub/b.txt", "empty", "link"}
    docs.remote_pull(phone, "sub", "sub/b.txt")
    assert len(ask(fake, f"rest/db/remoteneed?folder=docs&device={phone}")["files"]) == 2
    docs.remote_pull(phone)
    assert ask(fake, f"rest/db/completion?folder=docs&device={phone}")["completion"] == 100
    docs.delete("sub", scan=False)
    assert "sub/b.txt" not in docs.files
    docs.scan()
    completion = ask(fake, f"rest/db/completion?folder=docs&device={phone}")
    assert (completion["completion"], completion["needDeletes"]) == (95, 2)
    docs.delete("a.txt")
    assert docs.files == {}


def test_changes_elsewhere(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """What another device changes is needed here until it is pulled; single items may be."""
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


def test_mistakes(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """Devices that don't share the folder change nothing in it, and there are three states in which they may be."""
    tablet = fake.add_device("tablet")
    for change in (docs.remote_write, docs.remote_delete, docs.remote_pull):
        with pytest.raises(BadRequestError, match="docs is not shared with"):
            change(tablet, {})
    with pytest.raises(BadRequestError, match="valid, paused, notSharing"):
        docs.set_remote_state(phone, "sharing")


def test_downloads(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """A file that is under way is listed as that."""
    docs.remote_write(phone, {"large": b"x" * (1 << 18)})
    docs.start_pull("large", 0.5)
    assert [item["name"] for item in ask(fake, "rest/db/need?folder=docs")["progress"]] == ["large"]
    docs.start_pull("large", 1)
    docs.finish_sync()
    assert len(docs.files["large"]) == 1 << 18


def test_failures(fake: FakeSyncthing, docs: FakeFolder, phone: DeviceID) -> None:
    """An item that fails is listed with the reason and stays needed, until it fails no more."""
    docs.remote_write(phone, {"b.txt": b"b"})
    docs.fail("b.txt", "no space left on device")
    docs.finish_sync()
    assert list(docs.failed) == ["b.txt"]
    assert "no space left on device" in docs.failed["b.txt"]
    assert ask(fake, "rest/folder/errors?folder=docs")["errors"][0]["path"] == "b.txt"
    assert ask(fake, "rest/db/status?folder=docs")["needFiles"] == 1
    docs.clear_failures()
    docs.finish_sync()
    assert docs.failed == {}
    assert docs.files["b.txt"] == b"b"


def test_an_error_of_the_folder(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """A folder with an error is in that state, with the reason."""
    docs.set_error("folder path missing")
    status = ask(fake, "rest/db/status?folder=docs")
    assert (status["state"], status["error"]) == ("error", "folder path missing")
    docs.set_error(None)
    fake.wait_until(lambda: docs.state == "idle")


def test_pauses(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """A paused folder is configured so and does not run; resumed, it has what it had."""
    docs.pause()
    assert ask(fake, "rest/config/folders/docs")["paused"]

    async def complete() -> None:
        async with fake.client() as client:
            await client.database.completion("docs")

    with pytest.raises(FolderNotRunningError):
        asyncio.run(complete())
    docs.resume()
    asyncio.run(complete())
    assert docs.files == {"a.txt": b"12345"}
