"""`versions` and `restore`: old versions of files."""

import pytest

from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli

pytestmark = pytest.mark.usefixtures("now", "docs")


@pytest.fixture
def docs(here: FakeSyncthing) -> None:
    """A folder with old versions, modified on March 1st and 3rd, and archived on the 3rd and 4th."""
    here.freeze()
    folder = here.add_folder("docs", label="Papers", versioning={"type": "simple", "params": {"keep": "9"}})
    old = {"a~20260303-120000.txt": b"third", "sub/gone~20260303-120000": b"gone", "ev\x1bil~20260304-120000": b"x"}
    folder.write({f".stversions/{name}": text for name, text in old.items()}, scan=False)
    here.advance(2 * 86400)
    folder.write({".stversions/a~20260304-120000.txt": b"fourth"}, scan=False)
    here.advance(2 * 86400)
    folder.write({"a.txt": b"present", "new": b"new", "sub/kept": b"x"})


def test_versions(cli: Cli) -> None:
    """All versions of all files, or of one, the newest first; when they were archived is never relative."""
    for columns in (0, 80):
        done = cli("versions", "papers", "--columns", "archived,size,path", "--color", "never", columns=columns)
        assert done.out == (
            "ARCHIVED                    SIZE  PATH\n"
            "2026-03-04T12:00:00Z         6 B  a.txt\n"
            "2026-03-03T12:00:00Z         5 B  a.txt\n"
            "2026-03-04T12:00:00Z         1 B  ev\\x1bil\n"
            "2026-03-03T12:00:00Z         4 B  sub/gone\n"
        )
    found = cli("versions", "docs:a.txt", "--json").rows()
    assert [(row["path"], row["archived"], row["certain"]) for row in found] == [
        ("a.txt", "2026-03-04T12:00:00Z", None),
        ("a.txt", "2026-03-03T12:00:00Z", None),
    ]
    assert [row["modified"][:10] for row in found] == ["2026-03-03", "2026-03-01"]
    assert [row["path"] for row in cli("versions", "docs:sub", "--json").rows()] == ["sub/gone"]
    assert cli("versions", "docs:sub/kept", "--json").rows() == []


def test_versions_at_a_time(here: FakeSyncthing, cli: Cli) -> None:
    """--at chooses the version that each file was then, whichever way the time is said; one to come is a warning."""
    expected = [("a.txt", "2026-03-04T12:00:00Z", True), ("ev\x1bil", "2026-03-04T12:00:00Z", True)]
    for text in ("2026-03-04T11:30Z", "wednesday 11:00", "2 days ago"):
        found = cli("versions", "docs", "--at", text, "--json").rows()
        assert [(row["path"], row["archived"], row["certain"]) for row in found] == expected
    assert "CERTAIN  PATH\n" in cli("versions", "docs", "--at", "2 days ago").out
    assert cli("versions", "docs", "--at", "someday").status == 2
    for command in ("restore", "--dry-run"), ("versions",):
        done = cli(*command, "docs", "--at", "2026-03-06T18:00Z")
        assert (done.status, "is in the future" in done.err) == (0, True)
    # A trash can doesn't keep when its files were modified, so nothing is certain.
    trash = here.add_folder("trash", versioning={"type": "trashcan", "params": {}})
    trash.write({".stversions/a": b"old"}, scan=False)
    (row,) = cli("versions", "trash", "--json").rows()
    assert (row["path"], row["modified"]) == ("a", None)
    (row,) = cli("versions", "trash", "--at", "2026-01-01", "--json").rows()
    assert row["certain"] is False


def test_what_would_be_restored(cli: Cli, here: FakeSyncthing) -> None:
    """--dry-run changes nothing, needs no answer, and says of each file what would be done and why."""
    done = cli("restore", "docs", "--at", "2026-03-03T11:00Z", "--dry-run", "--columns", "outcome,archived,path")
    assert (done.status, done.err) == (0, "3 to restore, 2 unknown\n")
    assert done.out == (
        "OUTCOME     ARCHIVED              PATH\n"
        "to restore  2026-03-03T12:00:00Z  a.txt\n"
        "to restore  2026-03-04T12:00:00Z  ev\\x1bil\n"
        "unknown     -                     new\n"
        "to restore  2026-03-03T12:00:00Z  sub/gone\n"
        "unknown     -                     sub/kept\n"
    )
    found = cli("restore", "docs:sub", "--at", "2026-03-03T11:00Z", "--dry-run", "--json").rows()
    assert [(row["path"], row["outcome"], row["dryRun"]) for row in found] == [
        ("sub/gone", "restored", True),
        ("sub/kept", "unknown", True),
    ]
    assert here.folder("docs").files["a.txt"] == b"present"


def test_restore(cli: Cli, here: FakeSyncthing) -> None:
    """Files are restored after confirmation; unchanged ones are only counted."""
    command = ["restore", "docs", "--at", "2026-03-03T11:00Z"]
    refused = cli(*command)
    assert (refused.status, refused.out) == (2, "")
    assert "hint: --yes answers yes" in refused.err
    no = cli(*command, columns=80, stdin="\n")
    assert no.status == 2
    assert "Restore 3 files of Papers as of 2026-03-03 11:00:00? [y/N]" in no.err
    assert here.folder("docs").files["a.txt"] == b"present"

    yes = cli(*command, "--color", "never", columns=80, stdin="yes\n")
    assert yes.status == 0
    assert "restored  3 days ago   5 B  a.txt" in yes.out
    assert yes.err.endswith("3 restored, 2 unknown\n")
    assert here.folder("docs").files["a.txt"] == b"third"
    here.folder("docs").scan()
    again = cli(*command, "--yes", "--json")
    assert {row["outcome"] for row in again.rows()} == {"unchanged", "unknown"}
    assert {row["dryRun"] for row in again.lines()} == {False}
    assert cli(*command, columns=80).err == "2 unknown, 3 unchanged\n"  # nothing to ask about
    assert "a.txt" in cli(*command, "--yes", "-l").out
    assert "a.txt" not in cli(*command, "--yes").out


def test_restore_one_version(cli: Cli, here: FakeSyncthing) -> None:
    """One version of one file, named in either way. If a file can't be restored the status is 1, or 9 if others are."""
    wanted = ["--version", "2026-03-03T12:00:00Z"]
    for place in (["docs", "--file", "a.txt"], ["docs:a.txt"]):
        (row,) = cli("restore", *place, *wanted, "--dry-run", "--json").rows()
        assert (row["outcome"], row["archived"], row["dryRun"]) == ("restored", "2026-03-03T12:00:00Z", True)
    done = cli("restore", "docs:a.txt", *wanted, columns=80, stdin="n\n")
    assert (done.status, here.folder("docs").files["a.txt"]) == (2, b"present")
    assert "Replace a.txt with its version of 2026-03-03T12:00:00Z? [y/N]" in done.err
    assert cli("restore", "docs:a.txt", *wanted, "--yes").status == 0
    assert here.folder("docs").files["a.txt"] == b"third"
    here.folder("docs").write({"sub/gone": None})  # which the daemon can't replace by a file
    done = cli("restore", "docs:sub/gone", *wanted, "--yes", "--json")
    (row,) = done.lines()
    assert (done.status, row["outcome"], "directory" in row["reason"]) == (1, "failed", True)
    done = cli("restore", "docs", "--at", "2026-03-03T11:00Z", "--yes")
    assert done.status == 9
    assert done.err.startswith("1 restored, 2 unknown, 1 failed")


def test_refused(cli: Cli, here: FakeSyncthing) -> None:
    """Invalid arguments, and files or versions that don't exist."""
    here.add_folder("plain")
    here.add_folder("hidden", type="receiveencrypted", versioning={"type": "simple", "params": {"keep": "9"}})
    here.add_folder("external", versioning={"type": "external", "params": {"command": "/bin/true"}})
    at = ["--at", "yesterday 18:00", "--yes"]
    version = ["--version", "2026-03-03T12:00:00Z", "--yes"]
    for arguments, status, words in (
        (["docs"], 2, "use --at TIME, or --version TIME with FOLDER:PATH or --file PATH"),
        (["docs", *at, *version], 2, "use --at"),
        (["docs", *at, "--file", "a.txt"], 2, "use --at"),
        (["docs", *version], 2, "name the file"),
        (["docs:a.txt", "--file", "a.txt", *version], 2, "has a path already"),
        (["docs", "--file", "../a.txt", *version], 2, "without '..'"),
        (["docs", "--file", "new", *version], 5, "there is no old version of 'new'"),
        (["docs:a.txt", "--version", "2026-03-03T12:00:01Z", "--yes"], 5, "there is no such version of 'a.txt'"),
        (["docs:nope", *at], 5, "no file or directory 'nope'"),
        (["plain", *at], 6, "keeps no old versions"),
        (["external", *at], 6, "external program"),
        (["hidden", *at], 6, "receive-encrypted"),
        (["nope", *at], 5, "nope"),
    ):
        done = cli("restore", *arguments)
        assert (done.status, done.out) == (status, ""), arguments
        assert words in done.err
    for place, status in (("plain", 6), ("docs:nope", 5), ("nope", 5)):
        done = cli("versions", place)
        assert (done.status, done.out) == (status, "")
    assert cli("versions", "hidden", "--at", "now").status == 6
    broken_off = cli("restore", "docs:nope", *at, "--json")
    assert broken_off.lines() == [{"type": "end", "reason": broken_off.error()["message"]}]
