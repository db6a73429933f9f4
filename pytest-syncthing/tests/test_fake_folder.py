"""What a folder of a fake does by itself: its directory, its errors, and changes in each type of folder."""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.support.asking import Reply, ask, send

from aiosyncthing import DeviceID
from pytest_syncthing import VERSIONS, FakeFolder, FakeSyncthing

each_version = pytest.mark.parametrize("syncthing_version", VERSIONS)


@pytest.fixture
def fake(fake_syncthing: FakeSyncthing) -> FakeSyncthing:
    """A fake with a frozen clock."""
    fake_syncthing.freeze()
    return fake_syncthing


@pytest.fixture
def phone(fake: FakeSyncthing) -> DeviceID:
    """A device that is connected."""
    phone = fake.add_device("phone")
    fake.connect(phone)
    return phone


@pytest.fixture
def real(syncthing_version: str, tmp_path: Path) -> Iterator[FakeSyncthing]:
    """A fake that keeps its files on the disk, and has a folder there with a file."""
    with FakeSyncthing(syncthing_version, files_on_disk=True) as fake:
        phone = fake.add_device("phone")
        fake.connect(phone)
        fake.add_folder("docs", path=str(tmp_path / "docs"), files={"x": "1"}, devices=[phone])
        yield fake


def scan(fake: FakeSyncthing) -> Reply:
    """Ask for a scan."""
    return send(fake, "POST", "rest/db/scan?folder=docs")


def status(fake: FakeSyncthing) -> Any:
    """Return the status of the folder."""
    return ask(fake, "rest/db/status?folder=docs")


def needed(fake: FakeSyncthing) -> list[str]:
    """Return the names of what the folder needs."""
    return [item["name"] for item in ask(fake, "rest/db/need?folder=docs")["rest"]]


def set_ignores(fake: FakeSyncthing, *lines: str) -> None:
    """Set the ignore patterns, which also starts a scan, and wait for the end of that."""
    assert send(fake, "POST", "rest/db/ignores?folder=docs", {"ignore": lines}).status == 200
    scan(fake)


@each_version
def test_its_directory_is_missing(real: FakeSyncthing, tmp_path: Path) -> None:
    """Without directory or marker a folder has an error and nothing counts as deleted, until a scan finds both."""
    directory = tmp_path / "docs"
    (directory / ".stfolder").rmdir()
    assert "folder marker missing" in scan(real).text
    shutil.rmtree(directory)
    assert scan(real) == (500, "folder path missing\n")
    assert (status(real)["state"], status(real)["localFiles"]) == ("error", 1)
    (directory / ".stfolder").mkdir(parents=True)
    assert scan(real).status == 200
    assert (status(real)["state"], status(real)["localFiles"]) == ("idle", 0)


def test_names_that_are_not_text(real: FakeSyncthing, tmp_path: Path) -> None:
    """Such names are listed as failed, with each byte that is not UTF-8 replaced."""
    (tmp_path / "docs" / os.fsdecode(b"odd\xff")).touch()
    docs = real.folder("docs")
    docs.scan()
    assert docs.failed == {"odd\ufffd": "scan: item is not in UTF8 encoding"}
    assert status(real)["localFiles"] == 1


@each_version
def test_the_disk_fails(real: FakeSyncthing) -> None:
    """If an item can't be pulled, the reason is the system's; items that the test makes fail aren't tried."""
    docs, (phone,) = real.folder("docs"), real.folder("docs").devices
    docs.remote_write(phone, {"y" * 300: "2", "dir": None, "z": "3"})
    docs.fail("dir", "no space left on device")
    docs.pull()
    assert "File name too long" in docs.failed["y" * 300]
    assert docs.failed["dir"] == "no space left on device"
    assert docs.files == {"x": b"1", "z": b"3"}


def test_an_error_keeps_it_from_pulling(fake: FakeSyncthing, phone: DeviceID) -> None:
    """Needed items stay needed while the folder has an error."""
    docs = fake.add_folder("docs", devices=[phone])
    docs.remote_write(phone, {"x": "1"})
    docs.set_error("disk full")
    docs.pull()
    assert (docs.state, needed(fake)) == ("error", ["x"])


def test_it_stops_with_scans_under_way(fake: FakeSyncthing) -> None:
    """When the folder is paused, a running scan fails, and so do those that wait for it."""
    docs = fake.add_folder("docs")
    docs.start_scan()
    with ThreadPoolExecutor(2) as pool:
        before = len(fake.requests)
        scans = [pool.submit(scan, fake) for _ in range(2)]
        fake.wait_until(lambda: len(fake.requests) == before + 2)
        docs.pause()
        assert [each.result() for each in scans] == [(500, "context canceled\n")] * 2


@each_version
def test_it_starts_again_while_it_stops(fake: FakeSyncthing) -> None:
    """A restarted folder waits until its old work has been cancelled, and then scans."""
    docs = fake.add_folder("docs")
    docs.start_scan()
    docs.write({"x": "1"}, scan=False)
    fake.restart()
    docs.finish_scan()
    fake.wait_until(lambda: docs.state == "idle" and status(fake)["localFiles"])


def test_what_was_ignored_and_has_gone(fake: FakeSyncthing, phone: DeviceID) -> None:
    """A file that vanished while ignored is needed again later, because it was not deleted on purpose."""
    docs = fake.add_folder("docs", files={"x": "1"}, devices=[phone])
    docs.remote_pull(phone)
    set_ignores(fake, "x")
    docs.delete("x")
    assert needed(fake) == []
    set_ignores(fake)
    assert needed(fake) == ["x"]


def test_a_send_only_folder(fake: FakeSyncthing, phone: DeviceID) -> None:
    """A send-only folder adopts another device's version of identical items, and pulls nothing."""
    docs = fake.add_folder("docs", type="sendonly", files={"x": "1", "dir": None}, devices=[phone])
    docs.remote_write(phone, {"x": "1", "dir": None, "y": "2"})
    assert needed(fake) == ["dir", "x", "y"]
    docs.pull()
    assert needed(fake) == ["y"]
    assert docs.files == {"x": b"1"}


def receive_only(fake: FakeSyncthing, phone: DeviceID) -> FakeFolder:
    """Add a receive-only folder that has pulled a file."""
    docs = fake.add_folder("docs", type="receiveonly", devices=[phone])
    docs.remote_write(phone, {"x": "1"})
    docs.pull()
    return docs


def test_changes_in_a_receive_only_folder(fake: FakeSyncthing, phone: DeviceID) -> None:
    """Local changes are listed until they are undone; a new file that is deleted again leaves no trace."""
    docs = receive_only(fake, phone)
    changed = partial(ask, fake, "rest/db/localchanged?folder=docs")
    docs.write({"x": "mine", "new": "2"})
    assert {item["name"] for item in changed()["files"]} == {"x", "new"}
    docs.delete("x", "new")
    assert [(item["name"], item["deleted"]) for item in changed()["files"]] == [("x", True)]
    assert needed(fake) == []


@each_version
def test_reverting(fake: FakeSyncthing, phone: DeviceID) -> None:
    """Additions are deleted, except for directories that are not empty; changed files are pulled again."""
    docs = receive_only(fake, phone)
    docs.write({"x": "mine", "dir/new": "2", "kept/ignored": "3"}, scan=False)
    docs.link("link", "x", scan=False)
    set_ignores(fake, "ignored")
    assert send(fake, "POST", "rest/db/revert?folder=docs").status == 200
    fake.wait_until(lambda: needed(fake) == ["x"])
    docs.pull()
    assert docs.files == {"x": b"1", "kept/ignored": b"3"}
    assert [each["name"] for each in ask(fake, "rest/db/localchanged?folder=docs")["files"]] == ["kept"]
    assert status(fake)["localSymlinks"] == 0


@each_version
def test_watching_can_fail(fake: FakeSyncthing) -> None:
    """A folder that can't be watched says why, in its status and in an event, until that ends."""
    docs = fake.add_folder("docs")
    docs.set_watch_error("too many files")
    assert status(fake)["watchError"] == "too many files"
    docs.set_watch_error("too many files")
    docs.set_watch_error(None)
    assert not status(fake).get("watchError")
    events = ask(fake, "rest/events?timeout=0")
    assert [event["data"] for event in events if event["type"] == "FolderWatchStateChanged"] == [
        {"folder": "docs", "to": "too many files"},
        {"folder": "docs", "from": "too many files"},
    ]
