"""`changes` and `scan`: changes that a folder's type doesn't allow, and scanning."""

from typing import Any

import pytest

from aiosyncthing import DeviceID
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli


@pytest.fixture
def receiving(here: FakeSyncthing, pi: DeviceID) -> None:
    """A receive-only folder in which two files were changed."""
    ro = here.add_folder("ro", label="Re\u202ead", type="receiveonly", devices=[pi])
    ro.remote_write(pi, {"a": b"xx", "b": b"x"})
    ro.finish_sync()
    ro.write({"a": b"changed"})
    ro.delete("b")


@pytest.fixture
def sending(here: FakeSyncthing, pi: DeviceID) -> None:
    """A send-only folder with a file that was changed elsewhere."""
    so = here.add_folder("so", type="sendonly", files={"a": b"x", "b": b"x"}, devices=[pi])
    so.finish_sync()
    so.remote_write(pi, {"a": b"theirs"})


@pytest.mark.usefixtures("receiving", "sending")
def test_changes(cli: Cli) -> None:
    """In a receive-only folder, these are the changes made here, and in a send-only one those made by others."""
    done = cli("changes", "ro", "--columns", "action,path")
    assert (done.status, done.out) == (0, "ACTION   PATH\nchanged  a\ndeleted  b\n")
    assert [
        (row["type"], row["path"], row["deleted"], row["undo"]) for row in cli("changes", "ro", "--json").rows()
    ] == [("change", "a", False, "revert"), ("change", "b", True, "revert")]
    (row,) = cli("changes", "so", "--json").rows()
    assert (row["path"], row["undo"], row["size"]) == ("a", "override", 6)


@pytest.mark.usefixtures("receiving")
def test_revert(cli: Cli, here: FakeSyncthing) -> None:
    """Changes are undone after confirmation; having none is not a failure."""
    refused = cli("changes", "ro", "--revert")
    assert (refused.status, refused.out) == (2, "")
    question = "Undo 2 changes made here in Re\\u202ead, and delete files that were added?"
    assert f"can't ask without a terminal: {question}" in refused.err
    no = cli("changes", "ro", "--revert", columns=80, stdin="n\n")
    assert (no.status, no.out) == (2, "")
    assert here.folder("ro").files == {"a": b"changed"}

    yes = cli("changes", "ro", "--revert", columns=80, stdin="y\n")
    assert (yes.status, yes.out) == (0, "reverted: folder Re\\u202ead (ro)\n")
    here.folder("ro").finish_sync()
    assert here.folder("ro").files == {"a": b"xx", "b": b"x"}
    again = cli("changes", "ro", "--revert", "--json")
    assert (again.status, again.changes()) == (0, [])


@pytest.mark.usefixtures("sending")
def test_override(cli: Cli, here: FakeSyncthing) -> None:
    """Changes by others are undone on all devices."""
    done = cli("changes", "so", "--override", "--yes", "--json")
    assert done.changes() == ["overridden folder so"]
    here.wait_until(lambda: cli("changes", "so").out == "")


def test_what_has_no_changes(cli: Cli, here: FakeSyncthing) -> None:
    """A send-receive folder has no such changes, and each type has its own option to undo them."""
    here.add_folder("docs")
    here.add_folder("so", type="sendonly")
    here.add_folder("paused", type="receiveonly", paused=True)
    for arguments, status, words in (
        (["docs"], 6, "is send-receive"),
        (["docs", "--revert", "--yes"], 6, "is send-receive"),
        (["so", "--revert", "--yes"], 6, "hint: use --override"),
        (["so", "--revert", "--override"], 2, "choose one"),
        (["paused"], 6, "paused"),
        (["paused", "--revert"], 6, "paused"),
        (["nope"], 5, "nope"),
    ):
        done = cli("changes", *arguments)
        assert (done.status, done.out) == (status, "")
        assert words in done.err


@pytest.fixture
def scanned(here: FakeSyncthing) -> None:
    """Folders with changes that only a scan finds."""
    for name in ("docs", "photos"):
        here.add_folder(name, label=name.title()).write({"a": b"x", "sub/b": b"x", "other/c": b"x"}, scan=False)
    here.add_folder("paused", paused=True)


def tree(cli: Cli, folder: str) -> list[Any]:
    """Return the files that a folder has by now."""
    return [row["path"] for row in cli("ls", folder, "-R", "--json").lines() if row["kind"] == "file"]


@pytest.mark.usefixtures("scanned")
def test_scan(cli: Cli) -> None:
    """Whole folders or parts of them are scanned, each once; --all stands for all that are not paused."""
    done = cli("scan", "docs:sub", "photos", "docs:a", "photos:a", "--wait", "--json")
    assert (done.status, done.err) == (0, "")
    assert sorted(done.changes()) == ["scanned file a", "scanned file sub", "scanned folder Photos"]
    assert (tree(cli, "docs"), tree(cli, "photos")) == (["a", "sub/b"], ["a", "other/c", "sub/b"])
    done = cli("scan", "--all")  # without --wait, they are only started
    assert done.status == 0
    assert sorted(done.out.splitlines()) == ["scanning: folder Docs (docs)", "scanning: folder Photos (photos)"]


@pytest.mark.usefixtures("scanned")
def test_scans_that_fail(cli: Cli, here: FakeSyncthing) -> None:
    """What doesn't exist or can't be scanned is reported, and the rest is scanned; --timeout limits the waiting."""
    done = cli("scan", "docs:nope", "--wait")
    assert (done.status, done.out) == (5, "")
    assert "Docs: there is no 'nope', or it is ignored" in done.err
    done = cli("scan", "docs:a", "docs:nope", "--wait")
    assert (done.status, done.out) == (9, "scanned: file a (docs:a)\n")
    here.folder("photos").set_error("folder path missing")
    done = cli("scan", "photos", "docs", "--wait")
    assert (done.status, done.out) == (9, "scanned: folder Docs (docs)\n")
    assert done.err.startswith("aiosyncthing: warning: Photos: ")
    assert "folder path missing" in done.err
    failed = cli("scan", "paused", "--json").error()
    assert (failed["exitCode"], failed["error"]) == (6, "FolderNotRunningError")
    assert failed["message"].startswith("paused: ")
    assert (cli("scan", "nope").status, cli("scan", "docs:../x").status) == (5, 2)
    assert (cli("scan").status, cli("scan", "docs", "--all").status) == (2, 2)
    here.folder("docs").start_scan()
    done = cli("scan", "docs", "--wait", "--timeout", "200ms")
    assert (done.status, done.out) == (124, "")
    here.folder("docs").finish_scan()
