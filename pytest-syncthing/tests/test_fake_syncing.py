"""Two linked fakes: what is synchronised, in which order, and what prevents it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.asking import ask, happened, send

from pytest_syncthing import VERSIONS, FakeFolder, FakeSyncthing

BLOCK = 128 << 10
CHANGED = "file modified but not rescanned; will try again later"
DELETED = "directory has been deleted on a remote device but"


@dataclass
class Pair:
    """Two fakes that are connected, and the folder that they share.

    Attributes:
        a: One.
        b: The other.
        mine: The folder at one.
        its: The folder at the other.
    """

    a: FakeSyncthing
    b: FakeSyncthing
    mine: FakeFolder
    its: FakeFolder

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds on either side."""
        self.b.wait_until(condition)

    def in_sync(self) -> None:
        """Wait until the folder is idle on both sides and nothing is missing on the other."""

        def rests() -> bool:
            sums = [ask(fake, "rest/db/status?folder=docs") for fake in (self.b, self.a)]
            return all(
                each["state"] == "idle"
                and each["needTotalItems"] == 0
                and each["globalBytes"] == sums[0]["globalBytes"]
                and each["globalTotalItems"] == sums[0]["globalTotalItems"]
                for each in sums
            )

        self.until(rests)


@contextmanager
def paired(version: str = "1.29", *, mine: dict[str, Any] | None = None, **its: Any) -> Iterator[Pair]:
    """Connect two fakes, and share a folder.

    Args:
        version: Which they play.
        mine: Files and settings of the folder at one; it is shared last.
        **its: Files and settings of the folder at the other.
    """
    with FakeSyncthing(version, name="a") as a, FakeSyncthing(version, name="b") as b:
        a.link(b)
        a.wait_until(lambda: ask(a, "rest/system/connections")["connections"][b.device_id]["connected"])
        there = b.add_folder("docs", **{"devices": [a.device_id], **its})
        here = a.add_folder("docs", **{"devices": [b.device_id], **(mine or {})})
        yield Pair(a, b, here, there)


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two fakes with a folder that is empty."""
    with paired() as pair:
        yield pair


# --- What goes over ---


def test_the_order_in_which_items_come(pair: Pair) -> None:
    """Directories, links and files come first, then deletions, those of directories last."""
    pair.mine.write({"dir/file": "1", "gone/x": "2"})
    pair.in_sync()
    since = pair.b.newest_event
    pair.mine.link("link", "dir", scan=False)
    pair.mine.write({"new": "3"}, scan=False)
    pair.mine.delete("gone")
    pair.in_sync()
    started = [event["item"] for event in happened(pair.b, since, "ItemStarted")]
    assert started == ["link", "new", "gone/x", "gone"]
    assert pair.its.files == {"dir/file": b"1", "new": b"3"}
    words = [event.get("to", event["kind"]) for event in happened(pair.b, since)]
    syncing = ["sync-waiting", "sync-preparing", "syncing", "sync-preparing", "idle"]
    assert [word for word in words if word in {*syncing}] == ["sync-waiting", "sync-preparing", *syncing[2:]]


def test_the_order_of_files(pair: Pair) -> None:
    """Files come in the order that the folder is configured for."""
    for order, expected in (
        ("alphabetic", ["a", "b", "c"]),
        ("smallestFirst", ["b", "c", "a"]),
        ("largestFirst", ["a", "c", "b"]),
        ("oldestFirst", ["c", "a", "b"]),
        ("newestFirst", ["b", "a", "c"]),
    ):
        pair.b.set_folder("docs", order=order)
        pair.in_sync()
        since = pair.b.newest_event
        pair.mine.pause()
        for name, size in (("c", 2), ("a", 3), ("b", 1)):
            pair.a.advance(10)
            pair.mine.write({name: order[:1] * size}, scan=False)
        pair.mine.resume()
        pair.until(lambda: pair.its.files == pair.mine.files)
        assert [event["item"] for event in happened(pair.b, since, "ItemStarted")] == expected, order


def test_metadata_are_not_fetched() -> None:
    """If only mode or time has changed, the content isn't fetched again."""
    with FakeSyncthing(name="a", files_on_disk=True) as a, FakeSyncthing(name="b", files_on_disk=True) as b:
        a.link(b)
        its = b.add_folder("docs", devices=[a.device_id])
        mine = a.add_folder("docs", devices=[b.device_id], files={"file": "1", "dir": None})
        status = {"state": "idle", "needTotalItems": 0, "localFiles": 1}
        b.wait_until(lambda: ask(b, "rest/db/status?folder=docs").items() >= status.items())
        since = b.newest_event
        for name, mode in (("file", 0o600), ("dir", 0o700)):
            Path(mine.config["path"], name).chmod(mode)
        mine.scan()
        b.wait_until(lambda: len(happened(b, since, "ItemFinished")) == 2)
        assert [Path(its.config["path"], name).stat().st_mode & 0o777 for name in ("file", "dir")] == [0o600, 0o700]
        actions = {event["item"]: event["action"] for event in happened(b, since, "ItemStarted")}
        assert actions == {"file": "metadata", "dir": "update"}


def test_a_file_in_place_of_a_directory_and_back(pair: Pair) -> None:
    """An item that is now of another kind is replaced."""
    pair.mine.write({"one": "1", "two/x": "2"})
    pair.in_sync()
    pair.mine.delete("one", "two", scan=False)
    pair.mine.write({"one/y": "3", "two": "4"})
    pair.b.advance(61)
    pair.until(lambda: pair.its.files == {"one/y": b"3", "two": b"4"})


def test_what_is_ignored_is_not_got() -> None:
    """An ignored item is recorded as ignored, and no longer needed."""
    with paired(mine={"files": {"x.tmp": "1", "y": "2"}}, files={".stignore": "*.tmp\n"}) as pair:
        pair.until(lambda: pair.its.files == {"y": b"2"})
        pair.until(lambda: ask(pair.b, "rest/db/file?folder=docs&file=x.tmp")["local"]["ignored"])
        assert ask(pair.b, "rest/db/status?folder=docs")["needTotalItems"] == 0


def test_deletions_need_not_be_taken_over() -> None:
    """With ignoreDelete, deletions are not needed here, while other devices count them."""
    with paired(mine={"files": {"x": "1"}}, ignoreDelete=True) as pair:
        pair.in_sync()
        pair.mine.delete("x")
        completion = f"rest/db/completion?folder=docs&device={pair.b.device_id}"
        pair.until(lambda: ask(pair.a, completion)["completion"] == 95)
        assert ask(pair.b, "rest/db/status?folder=docs")["needTotalItems"] == 0
        assert pair.its.files == {"x": b"1"}


# --- Conflicts ---


def diverge(pair: Pair, theirs: str, mine: str) -> None:
    """Change a file on both sides while they are disconnected, last on the first one."""
    pair.mine.pause()
    pair.its.write({"file.txt": theirs})
    pair.a.advance(5)
    pair.mine.write({"file.txt": mine})
    pair.mine.resume()
    pair.b.advance(10)


@pytest.mark.parametrize(("most", "copies"), [(0, 0), (1, 1), (-1, 2)])
def test_conflicts_make_copies(most: int, copies: int) -> None:
    """If both sides have changed a file, the loser is kept under another name, up to maxConflicts copies."""
    with paired(mine={"files": {"file.txt": "1"}, "maxConflicts": most}, maxConflicts=most) as pair:
        pair.in_sync()
        for round_ in "12":
            diverge(pair, f"theirs {round_}", f"mine {round_}")
            pair.until(lambda round_=round_: pair.its.files["file.txt"] == f"mine {round_}".encode())
            pair.its.scan()
        pair.until(lambda: pair.its.files == pair.mine.files)
        found = pair.its.files
        names = [name for name in found if name != "file.txt"]
        assert len(names) == copies
        assert [found[name] for name in names] == [b"theirs 1", b"theirs 2"][2 - copies :]
        for name in names:
            assert name.startswith(f"file.sync-conflict-{pair.b.now:%Y}")
            assert name.endswith(f"-{pair.a.device_id.short}.txt")


def test_what_nobody_has_scanned_is_not_overwritten(pair: Pair) -> None:
    """An unscanned change is scanned first: it becomes a conflict, or stays if the item was to be deleted."""
    pair.mine.write({"file": "1", "gone": "2", "away": "3"})
    pair.in_sync()
    pair.its.write({"file": "edited", "gone": "edited"}, scan=False)
    pair.its.delete("away", scan=False)
    since = pair.b.newest_event
    pair.a.advance(5)
    pair.b.advance(9)
    pair.mine.write({"file": "changed"}, scan=False)
    pair.mine.delete("gone", "away")
    pair.until(lambda: pair.its.files == pair.mine.files and len(pair.its.files) == 3)
    failures = {event["item"]: event["error"] for event in happened(pair.b, since, "ItemFinished") if event["error"]}
    assert failures == {"file": CHANGED, "gone": CHANGED}
    assert pair.its.files["gone"] == b"edited"
    assert {b"edited", b"changed"} <= set(pair.its.files.values())
    assert pair.its.failed == {}


# --- Failures ---


def test_directories_with_something_new_in_them(pair: Pair) -> None:
    """A new file in a directory that is to be deleted is scanned, and so both come back on the other side."""
    pair.mine.write({"dir/x": "1"})
    pair.in_sync()
    pair.its.write({"dir/new": "2"}, scan=False)
    since = pair.b.newest_event
    pair.mine.delete("dir")
    pair.until(lambda: pair.mine.files == pair.its.files == {"dir/new": b"2"})
    errors = {event["error"] for event in happened(pair.b, since, "ItemFinished") if event["item"] == "dir"}
    assert f"{DELETED} contains changed files, scheduling scan" in errors


def test_failures_are_tried_again() -> None:
    """Three times at once, then after the configured pause or with the next change; pausing the folder clears them."""
    with paired(pullerPauseS=5) as pair:
        pair.b.freeze()
        pair.its.fail("x", "the disk is full")
        since = pair.b.newest_event
        pair.mine.write({"x": "1", "y": "2"})
        pair.until(lambda: happened(pair.b, since, "FolderErrors") and pair.its.files == {"y": b"2"})
        pair.until(lambda: pair.its.state == "idle")
        finished = [event["error"] for event in happened(pair.b, since, "ItemFinished") if event["item"] == "x"]
        assert finished == ["the disk is full"] * 3
        assert pair.its.failed == {"x": "the disk is full"}
        pair.its.clear_failures()
        pair.b.advance(4)
        assert "x" not in pair.its.files
        pair.b.advance(1)
        pair.until(lambda: pair.its.files == {"x": b"1", "y": b"2"})
        assert pair.its.failed == {}


def test_a_content_that_nobody_has(pair: Pair) -> None:
    """A file that its source no longer has can't be pulled."""
    pair.its.pause()
    pair.mine.write({"x": "1"})
    pair.mine.delete("x", scan=False)
    pair.its.resume()
    words = "syncing: pull: no connected device has the required version of this file"
    pair.until(lambda: pair.its.failed == {"x": words})


# --- Limits ---


def test_a_limit_of_the_bandwidth() -> None:
    """With a limit files take time, block by block, which both sides report; an empty file takes none."""
    files = {"empty": "", "large": b"x" * 3 * BLOCK, "next": b"y" * BLOCK}
    with paired(order="alphabetic", mine={"files": {}}) as pair:
        for fake in (pair.a, pair.b):
            fake.freeze()
        pair.a.set_options(maxSendKbps=128, limitBandwidthInLan=True)
        pair.b.set_options(progressUpdateIntervalS=1, tempIndexMinBlocks=2)
        here, there = pair.b.newest_event, pair.a.newest_event
        pair.mine.write(files)
        pair.until(lambda: pair.its.state == "syncing" and "empty" in pair.its.files)
        need = ask(pair.b, "rest/db/need?folder=docs")
        assert [[item["name"] for item in need[part]] for part in ("progress", "queued")] == [["large"], ["next"]]
        pair.b.advance(1)
        pair.until(lambda: happened(pair.b, here, "DownloadProgress"))
        (event,) = happened(pair.b, here, "DownloadProgress")
        assert event["docs"]["large"]["bytesDone"] in {0, BLOCK}
        pair.until(lambda: happened(pair.a, there, "RemoteDownloadProgress"))
        (remote,) = happened(pair.a, there, "RemoteDownloadProgress")
        assert (remote["device"], remote["folder"]) == (pair.b.device_id, "docs")
        pair.b.advance(5)
        pair.until(lambda: pair.its.files.keys() == files.keys())
        pair.until(lambda: happened(pair.b, here, "DownloadProgress")[-1] == {"kind": "DownloadProgress"})
        pair.until(lambda: happened(pair.a, there, "RemoteDownloadProgress")[-1]["state"] == {})
        received = ask(pair.b, "rest/system/connections")["connections"][pair.a.device_id]["inBytesTotal"]
        assert received > 4 * BLOCK
        assert received == ask(pair.a, "rest/system/connections")["total"]["outBytesTotal"]


def test_a_limit_of_one_device() -> None:
    """The lowest limit counts; pausing the folder interrupts the download."""
    with paired() as pair:
        pair.b.freeze()
        pair.b.set_options(limitBandwidthInLan=True, maxRecvKbps=256)
        pair.b.set_device(pair.a.device_id, maxRecvKbps=128)
        pair.mine.write({"large": b"x" * 3 * BLOCK})
        pair.until(lambda: pair.its.state == "syncing")
        pair.b.advance(2.5)
        assert pair.its.files == {}
        pair.its.pause()
        pair.b.advance(5)
        assert pair.its.files == {}
        pair.b.set_device(pair.a.device_id, maxRecvKbps=0)
        pair.its.resume()
        pair.until(lambda: pair.its.state == "syncing")
        pair.b.advance(2)
        pair.until(lambda: pair.its.files)


# --- Connections, offers and encryption ---


def test_what_was_broken_off_goes_on(pair: Pair) -> None:
    """A file whose download was interrupted because the other side went away arrives with the next connection."""
    pair.its.start_scan()  # which keeps it from fetching
    pair.until(lambda: pair.its.state == "scanning")
    pair.mine.write({"x": "1"})
    pair.until(lambda: ask(pair.b, "rest/db/status?folder=docs")["needFiles"] == 1)
    pair.a.set_device(pair.b.device_id, paused=True)
    pair.its.finish_scan()
    pair.until(lambda: pair.its.state == "idle")
    assert pair.its.files == {}
    pair.a.set_device(pair.b.device_id, paused=False)
    pair.until(lambda: pair.its.files == {"x": b"1"})


def test_a_daemon_that_is_down(pair: Pair) -> None:
    """The other side sees it disconnect and come back, and then what has changed meanwhile arrives."""
    since = pair.a.newest_event
    pair.b.stop_daemon()
    assert happened(pair.a, since, "DeviceDisconnected")[0]["error"] == "reading length: EOF"
    pair.mine.write({"x": "1"})
    pair.b.start_daemon()
    pair.until(lambda: pair.its.files == {"x": b"1"})
    (event,) = happened(pair.a, since, "DeviceConnected")
    assert (event["id"], event["clientVersion"]) == (pair.b.device_id, pair.b.version)
    pair.a.advance(2)
    pair.a.set_device(pair.b.device_id, paused=True)
    assert happened(pair.a, since, "DeviceDisconnected")[-1]["error"] == "device is paused"


def test_names_of_devices(pair: Pair) -> None:
    """A device keeps its configured name, unless it is to be overwritten with the one that it reports."""

    def name() -> str:
        found: str = ask(pair.b, f"rest/config/devices/{pair.a.device_id}")["name"]
        return found

    for overwrite, expected in ((False, "called"), (True, "a")):
        pair.b.set_options(overwriteRemoteDeviceNamesOnConnect=overwrite)
        pair.b.set_device(pair.a.device_id, name="called")
        since = pair.b.newest_event
        for paused in (True, False):
            pair.a.set_device(pair.b.device_id, paused=paused)
        pair.until(lambda since=since: happened(pair.b, since, "ClusterConfigReceived"))
        assert name() == expected


def test_a_folder_that_is_offered_and_given_up(pair: Pair) -> None:
    """A folder is pending until the offer is withdrawn, and each side knows the other's state of one."""
    pair.a.add_folder("new", devices=[pair.b.device_id])
    path = "rest/cluster/pending/folders"
    pair.until(lambda: "new" in ask(pair.b, path))
    pair.a.remove_folder("new")
    pair.until(lambda: ask(pair.b, path) == {})
    completion = f"rest/db/completion?folder=docs&device={pair.b.device_id}"
    for paused, state in ((True, "paused"), (False, "valid")):
        pair.b.set_folder("docs", paused=paused)
        pair.until(lambda state=state: ask(pair.a, completion)["remoteState"] == state)
    pair.a.set_folder("docs", devices=[])
    pair.mine.write({"x": "1"})
    pair.its.write({"y": "2"})
    assert (pair.mine.files, pair.its.files) == ({"x": b"1"}, {"y": b"2"})


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_encrypted_folders(version: str) -> None:
    """Without a password nothing is synchronised; version 2 starts only with the connection after it is set."""
    with paired(version, mine={"files": {"dir/secret.txt": "some text"}}, type="receiveencrypted") as pair:
        completion = f"rest/db/completion?folder=docs&device={pair.b.device_id}"
        with_password = [{"deviceID": pair.b.device_id, "encryptionPassword": "a password"}]
        pair.a.set_folder("docs", devices=with_password)
        if version == "2.1.3":
            pair.until(lambda: pair.mine.state == "idle")
            assert ask(pair.a, completion)["completion"] == 0
            for paused in (True, False):
                pair.a.set_device(pair.b.device_id, paused=paused)
        pair.until(lambda: ask(pair.a, completion)["needItems"] == 0 and pair.its.files)
        (name,) = pair.its.files
        assert "secret" not in name
        assert b"some text" not in pair.its.files[name]
        pair.its.scan()
        assert ask(pair.b, "rest/db/localchanged?folder=docs")["files"] == []
        with_password[0]["encryptionPassword"] = "another"
        pair.a.set_folder("docs", devices=with_password)
        pair.until(lambda: len(pair.its.files) == 2)
        pair.mine.delete("dir")
        pair.until(lambda: ask(pair.a, completion)["needItems"] == 0 and list(pair.its.files) == [name])


def test_markers_are_removed_with_their_folders(tmp_path: Path) -> None:
    """The marker is removed with its folder if it is empty and no other folder has the same path."""
    with FakeSyncthing(files_on_disk=True) as fake:
        marker, used = tmp_path / "same" / ".stfolder", tmp_path / "used" / ".stfolder"
        for name, path in (("one", "same"), ("two", "same"), ("used", "used")):
            fake.add_folder(name, path=str(tmp_path / path))
        (used / "x").touch()
        for name, stays in (("one", True), ("used", True), ("two", False)):
            fake.remove_folder(name)
            fake.wait_until(lambda stays=stays: marker.exists() is stays)
        assert used.exists()


def test_what_is_moved_to_the_front(pair: Pair) -> None:
    """A file that is moved to the front is fetched next; one that isn't queued changes nothing."""
    pair.b.freeze()
    pair.b.set_options(limitBandwidthInLan=True, maxRecvKbps=128)
    pair.b.set_folder("docs", order="alphabetic")
    pair.until(lambda: pair.its.state == "idle")
    pair.mine.write(dict.fromkeys("abcd", b"x" * BLOCK))
    pair.until(lambda: ask(pair.b, "rest/db/need?folder=docs")["queued"])
    for name, queued in (("d", ["d", "b", "c"]), ("nope", ["d", "b", "c"])):
        need = send(pair.b, "POST", f"rest/db/prio?folder=docs&file={name}")
        assert need.status == 200
        assert [item["name"] for item in ask(pair.b, "rest/db/need?folder=docs")["queued"]] == queued
