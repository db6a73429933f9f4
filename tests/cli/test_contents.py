"""`need`, `ls`, `conflicts` and `errors`: what folders contain and lack."""

import re
from pathlib import Path

import pytest

from aiosyncthing import DeviceID
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli, Result

COPY = "deep/a.sync-conflict-20260101-120000-{}.txt"

pytestmark = pytest.mark.usefixtures("now")


def steady(done: Result) -> str:
    """Return an output without seconds: the fake's clock has gone on until it was stopped."""
    assert (done.status, done.err) == (0, "")
    return re.sub(r":\d\dZ", ":##Z", done.out)


@pytest.fixture
def needing(here: FakeSyncthing, pi: DeviceID) -> None:
    """A folder that needs a file with a hostile name, a directory and a deletion, as a device needs two others."""
    docs = here.add_folder("docs", label="Papers", files={"gone": b"x"}, devices=[pi])
    docs.finish_sync()
    docs.remote_write(pi, {"big\x1b]0;x\x07": b"y" * 2_000_000, "dir": None})
    docs.remote_delete(pi, "gone")
    docs.write({"mine": b"xx", "too": b"xxx"})


@pytest.mark.usefixtures("needing")
def test_need(cli: Cli) -> None:
    """What is missing here; elsewhere times are absolute, and on a terminal nothing is wider than it."""
    assert steady(cli("need", "papers")) == (
        "ACTION        SIZE  MODIFIED              PATH\n"
        "get        1.9 MiB  2026-03-01T12:00:##Z  big\\x1b]0;x\\x07\n"
        "get              -  2026-03-01T12:00:##Z  dir/\n"
        "delete           -  2026-03-01T12:00:##Z  gone\n"
    )
    assert cli("need", "docs", "--color", "never", columns=40).out == (
        "ACTION        SIZE  PATH\n"
        "get        1.9 MiB  big\\x1b]0;x\\x07\n"
        "get              -  dir/\n"
        "delete           -  gone\n"
    )
    assert cli("need", "docs", "--color", "never", columns=80).out.splitlines()[1] == (
        "get        1.9 MiB  4 days ago            big\\x1b]0;x\\x07"
    )


@pytest.mark.usefixtures("needing")
def test_need_elsewhere(cli: Cli, here: FakeSyncthing, pi: DeviceID) -> None:
    """--device lists what is missing on a device; --limit ends the list, and no more is asked for than that."""
    there = cli("need", "docs", "--device", "pi", "--json").rows()
    assert [(row["path"], row["size"], row["kind"]) for row in there] == [("mine", 2, "file"), ("too", 3, "file")]
    assert {row["modifiedBy"] for row in there} == {str(here.device_id)[:7]}
    own = cli("need", "docs", "--device", str(here.device_id), "--json").rows()
    assert [(row["path"], row["deleted"], row["kind"]) for row in own] == [
        ("big\x1b]0;x\x07", False, "file"),
        ("dir", False, "directory"),
        ("gone", True, "file"),
    ]
    assert {row["modifiedBy"] for row in own} == {str(pi)[:7]}
    assert cli("need", "docs", "--limit", "2", "--json").rows() == own[:2]
    assert "perpage=2" in here.requests[-1].target
    assert cli("need", "docs", "--limit", "0").status == 2


@pytest.mark.usefixtures("pi")
def test_nothing_is_needed(cli: Cli, here: FakeSyncthing) -> None:
    """Nothing is written where nothing is missing, and an error has no headings above it."""
    docs = here.add_folder("docs", files={"a": b"x"})
    assert (cli("need", "docs").out, cli("need", "docs", "--json").out) == ("", "")
    docs.pause()
    done = cli("need", "docs")
    assert (done.status, done.out) == (6, "")
    done = cli("need", "docs", "--json")
    assert done.lines() == [{"type": "end", "reason": done.error()["message"]}]
    assert cli("need", "nope").status == 5
    assert cli("need", "docs", "--device", "nope").status == 5


@pytest.fixture
def tree(here: FakeSyncthing) -> None:
    """A folder with directories and a link, that keeps old versions."""
    here.freeze()
    versioning = {"type": "simple", "params": {"keep": "5"}}
    files = {"a.txt": b"x" * 2000, "deep/er/b": b"yy", "deep/c": b"z", "empty": None}
    docs = here.add_folder("docs", label="Papers", files=files, versioning=versioning)
    docs.link("link", "a.txt")
    docs.write(
        {
            ".stversions/a~20260201-120000.txt": b"old",
            ".stversions/a~20260202-120000.txt": b"older",
            ".stversions/deep/gone~20260201-120000": b"gone",
        },
        scan=False,
    )


@pytest.mark.usefixtures("tree")
def test_ls(cli: Cli) -> None:
    """A directory of the global tree, with the names in it; -R lists what is in directories, too."""
    assert steady(cli("ls", "papers")) == (
        "      SIZE  MODIFIED              NAME\n"
        "   2.0 KiB  2026-03-01T12:00:##Z  a.txt\n"
        "         -  2026-03-01T12:00:##Z  deep/\n"
        "         -  2026-03-01T12:00:##Z  empty/\n"
        "         -  -                     link\n"
    )
    assert cli("ls", "docs:deep/", "--no-header", "--columns", "kind,name").out == "file       c\ndirectory  er/\n"
    found = cli("ls", "docs", "-R", "--json").rows()
    assert [(row["path"], row["kind"], row["size"], row["versions"]) for row in found] == [
        ("a.txt", "file", 2000, None),
        ("deep", "directory", 0, None),
        ("empty", "directory", 0, None),
        ("link", "symlink", 0, None),
        ("deep/c", "file", 1, None),
        ("deep/er", "directory", 0, None),
        ("deep/er/b", "file", 2, None),
    ]


@pytest.mark.usefixtures("tree")
def test_ls_of_a_place(cli: Cli, here: FakeSyncthing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file lists itself, an empty directory nothing, and what doesn't exist is an error."""
    (row,) = cli("ls", "docs:deep/c", "--json").rows()
    assert (row["path"], row["size"]) == ("deep/c", 1)
    assert [row["path"] for row in cli("ls", "docs:deep/er", "-R", "--json").rows()] == ["deep/er/b"]
    assert cli("ls", "docs:empty", "--json").rows() == cli("ls", "docs:empty", "-R", "--json").rows() == []
    for place in ("docs:nope", "docs:deep/gone"):
        done = cli("ls", place)
        assert (done.status, done.out) == (5, "")
        assert "in the folder docs\nhint: `aiosyncthing ls docs` shows" in done.err
    assert cli("ls", "docs:../x").status == 2
    (tmp_path / "local" / "sub").mkdir(parents=True)
    here.add_folder("local", path=str(tmp_path / "local")).write({"sub/a": b"x"})
    monkeypatch.chdir(tmp_path / "local" / "sub")  # on the computer of the daemon, a path is that in its folder
    assert [row["path"] for row in cli("ls", ".", "--json").rows()] == ["sub/a"]
    assert cli("ls", ".").out.splitlines()[1].endswith("  a")


@pytest.mark.usefixtures("tree")
def test_ls_with_versions(cli: Cli, here: FakeSyncthing) -> None:
    """--versions counts old versions, and shows files of which there are no others."""
    assert cli("ls", "docs:deep", "--versions", "--columns", "kind,versions,name").out == (
        "KIND       VERSIONS  NAME\nfile              0  c\ndirectory         -  er/\ndeleted           1  gone\n"
    )
    found = cli("ls", "docs", "--versions", "--json").rows()
    assert {row["path"]: row["versions"] for row in found} == {"a.txt": 2, "deep": None, "empty": None, "link": None}
    (gone,) = cli("ls", "docs:deep/gone", "--versions", "--json").rows()
    assert (gone["deleted"], gone["size"], gone["versions"]) == (True, 4, 1)
    everything = cli("ls", "docs", "-R", "--versions", "--json").rows()
    assert [row["path"] for row in everything if row["deleted"]] == ["deep/gone"]
    here.add_folder("plain")
    done = cli("ls", "plain", "--versions")
    assert (done.status, done.out) == (6, "")
    assert "keeps no old versions" in done.err
    here.add_folder("hidden", type="receiveencrypted")  # where names are encrypted
    done = cli("ls", "hidden", "--json")
    assert (done.status, done.error()["error"]) == (6, "NotSupportedError")


def test_conflicts(cli: Cli, here: FakeSyncthing, pi: DeviceID) -> None:
    """Conflict copies of all folders or some, with the original, the time and the device."""
    known, unknown = COPY.format(str(pi)[:7]), COPY.format("ABCDEFG")
    here.add_folder("docs", files={known: b"x" * 1500, "deep/a.txt": b"x"})
    here.add_folder("other", files={unknown: b"x"})
    here.add_folder("clean", files={"a": b"x"})
    here.add_folder("paused", paused=True)
    done = cli("conflicts", "--exit-code", "--json")
    assert (done.status, done.err) == (8, "")
    first, second = sorted(done.lines(), key=lambda row: row["folder"])
    assert (first["path"], first["original"], first["time"]) == (known, "deep/a.txt", "2026-01-01T12:00:00")
    assert (first["deviceID"], first["deviceName"]) == (str(pi), "pi")
    assert (second["device"], second["deviceID"], second["deviceName"]) == ("ABCDEFG", None, None)
    assert cli("conflicts", "docs").out == (
        "FOLDER        TIME                 CHANGED BY          SIZE  PATH\n"
        f"docs          2026-01-01 12:00:00  pi               1.5 KiB  {known}\n"
    )
    done = cli("conflicts", "clean", "--exit-code")
    assert (done.status, done.out, done.err) == (0, "", "no conflict copies\n")
    for option in ("-q", "--json"):
        done = cli("conflicts", "clean", option)
        assert (done.status, done.out, done.err) == (0, "", "")
    assert cli("need", "clean").err == "nothing is needed\n"
    assert cli("conflicts", "paused").status == 6


@pytest.fixture
def broken(here: FakeSyncthing, pi: DeviceID) -> None:
    """Folders in which something is wrong."""
    here.add_folder("music", label="Mu\u202esic", devices=[pi]).set_error("folder path missing")
    docs = here.add_folder("docs", files={"a": b"x"})
    docs.fail("a", "no space left")
    docs.fail("b\x1b", "permission denied")
    docs.set_watch_error("too many open files")
    here.add_folder("fine", files={"a": b"x"})
    here.add_folder("paused", paused=True)


@pytest.mark.usefixtures("broken")
def test_errors(cli: Cli) -> None:
    """Errors of folders, items and watching, in one list; a folder may have none, or be paused, which hides them."""
    assert cli("errors").out == (
        "FOLDER       PATH   ERROR\n"
        "docs         -      not watched for changes: too many open files\n"
        "docs         a      no space left\n"
        "docs         b\\x1b  permission denied\n"
        "Mu\\u202esic  -      folder path missing\n"
    )
    done = cli("errors", "--exit-code", "--json")
    assert done.status == 8
    assert [(row["folder"], row["kind"], row["path"]) for row in done.json()["errors"]] == [
        ("docs", "watch", None),
        ("docs", "item", "a"),
        ("docs", "item", "b\x1b"),
        ("music", "folder", None),
    ]
    done = cli("errors", "fine", "--exit-code")
    assert (done.status, done.out, done.err) == (0, "", "no errors\n")
    assert cli("errors", "fine", "-q").err == ""
    assert {row["folder"] for row in cli("errors", "music", "--json").json()["errors"]} == {"music"}
    assert (cli("errors", "paused").status, cli("errors", "nope").status) == (6, 5)
