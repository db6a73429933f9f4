"""`status`, the overview, and `show`: everything about one folder or one device."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing import DeviceID
from aiosyncthing.cli.output.output import Output
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli


@pytest.fixture
def busy(here: FakeSyncthing, now: None) -> FakeSyncthing:
    """A daemon with some problems."""
    here.freeze()
    phone, pi = here.add_device("phone"), here.add_device("pi")
    here.connect(phone)
    here.disconnect(phone)
    here.connect(pi)
    here.add_folder("docs", label="Papers", files={"a": b"x" * 1_500_000}, devices=[phone, pi]).finish_sync()
    here.add_folder("music", devices=[pi]).set_error("folder path missing")
    here.add_folder("photos", files={"a": b"x"}).fail("a", "no space left")
    here.advance(5 * 86400)
    return here


def test_status(busy: FakeSyncthing, cli: Cli) -> None:
    """Daemon, folders, devices and problems, at 80 columns; or only some folders, and the devices that share them."""
    done = cli("status", "--color", "never", columns=80)
    assert (done.status, done.err) == (0, "")
    assert done.out.replace(busy.url, "http://127.0.0.1:8384") == (
        "nas  v1.29.5  up 5 days  http://127.0.0.1:8384  3 problems\n"
        "FOLDER  STATE        HERE  ITEMS  NEEDED  ELSEWHERE\n"
        "music   error         0 B      0       -  folder path missing\n"
        "Papers  in sync   1.4 MiB      1       -  phone offline 4 days, pi 100 %\n"
        "photos  1 failed      1 B      1       -  -\n"
        "DEVICE  STATE      LAST SEEN   ADDRESS\n"
        "phone   offline    4 days ago  -\n"
        "pi      connected  now         192.0.2.1:22000\n"
        "music: folder path missing\n"
        "photos: 1 item failed\n"
        "phone: not seen for 4 days\n"
    )
    document = cli("status", "music", "--json").json()
    assert [row["id"] for row in document["folders"]] == ["music"]
    assert [row["name"] for row in document["devices"]] == ["pi"]
    assert [row["text"] for row in document["problems"]] == ["folder path missing"]
    assert document["daemons"][0]["url"] == busy.url
    assert document["daemon"]["id"] == busy.device_id


@pytest.mark.parametrize("version", ["1.19", "2.1"])
def test_other_versions(version: str, cli: Cli, config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Documents are the same with each version of the daemon."""
    with FakeSyncthing(version, home=tmp_path / "home") as fake:
        monkeypatch.setenv("STHOMEDIR", str(fake.home))
        pi = fake.add_device("pi")
        fake.add_folder("docs", files={"a": b"x"}, devices=[pi]).finish_sync()
        fake.connect(pi)
        fake.add_folder("paused", paused=True, devices=[pi])
        document = cli("status", "--json").json()
    assert [(row["state"], row["inSync"]) for row in document["folders"]] == [("idle", True), ("paused", False)]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What to do after each view; after the last one, the reader leaves."""
    steps: list[Callable[[], object]] = []

    def leave(name: str) -> Callable[..., None]:
        original = getattr(Output, name)

        def show(out: Output, *arguments: Any) -> None:
            original(out, *arguments)
            if not steps:
                raise BrokenPipeError
            steps.pop(0)()

        return show

    monkeypatch.setattr(Output, "flush", leave("flush"))
    monkeypatch.setattr(Output, "record", leave("record"))
    return steps


def test_watching(busy: FakeSyncthing, cli: Cli, shown: list[Callable[[], object]]) -> None:
    """Each change of what is shown is a line with --json, and nothing is written without one."""
    shown += [lambda: busy.set_folder("docs", paused=True), lambda: busy.set_folder("docs", label="Texts")]
    done = cli("status", "--watch", "--json")
    assert done.status == 141
    lines = done.lines()
    states = [{row["label"] or row["id"]: row["state"] for row in line["folders"]} for line in lines]
    assert states[0]["Papers"] == "idle"
    assert all(before != after for before, after in itertools.pairwise(lines))
    # Another change may be shown before the folder is, and then it has its new label.
    assert any("paused" in (state.get("Papers"), state.get("Texts")) for state in states[1:])


def test_watching_on_a_terminal(busy: FakeSyncthing, cli: Cli, shown: list[Callable[[], object]]) -> None:
    """On a terminal, each view takes the place of the one before; elsewhere there is an empty line between them."""
    shown.append(lambda: busy.set_folder("docs", paused=True))
    out = cli("status", "--watch", "docs", "--color", "never", columns=80).out
    first, second = out.split("\x1b[H\x1b[2J")[1:3]
    assert "Papers  in sync" in first
    assert "Papers  paused" in second
    shown.append(lambda: busy.set_folder("docs", paused=False))
    first, second = cli("status", "--watch", "docs").out.split("\n\n")[:2]
    assert (first.count("nas  v1.29.5"), second.count("nas  v1.29.5")) == (1, 1)
    shown.append(busy.stop_daemon)  # which doesn't end the command
    out = cli("status", "--watch", "docs").out
    assert "Syncthing: can't be reached\n" in out


def test_errors_of_the_daemon(here: FakeSyncthing, cli: Cli) -> None:
    """What the daemon reports is a problem, as for `check`, which says how to clear it; a lack of folders is not."""
    done = cli("status")
    (line,) = done.out.splitlines()
    assert line.startswith("nas  v1.29.5  up ")
    assert done.err == "no folders\n"
    assert cli("status", "-q").err == ""
    assert cli("raw", "POST", "system/error", "--input", "-", stdin="the disk is bad").status == 0
    here.add_folder("docs")
    for arguments in ((), ("docs",)):
        done = cli("status", *arguments)
        assert done.out.splitlines()[-1] == "Syncthing: the disk is bad"
        assert "  1 problem" in done.out
    assert cli("check").status == 1
    assert "`aiosyncthing raw POST system/error/clear`" in cli("check").out
    assert cli("raw", "POST", "system/error/clear").status == 0
    assert "problem" not in cli("status").out


def test_watching_errors_of_the_daemon(
    here: FakeSyncthing, cli: Cli, shown: list[Callable[[], object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are there from the beginning, and come and go without anything else happening."""
    monkeypatch.setattr("aiosyncthing.cli.overview._REPORTED_EVERY", 0.05)
    here.add_folder("docs")
    error = {"when": "2026-03-06T12:00:00Z", "message": "the disk is bad", "level": 3}
    bad = here.respond("rest/system/error", json={"errors": [error]}, times=None)
    shown += [bad.release, lambda: None]  # a line is written, and flushed
    done = cli("status", "--watch", "docs", "--json")
    assert [[each["text"] for each in line["problems"]] for line in done.lines()] == [["the disk is bad"], []]


@pytest.fixture
def pi(here: FakeSyncthing, pi: DeviceID) -> DeviceID:
    """A device that shares a folder in which something has failed."""
    docs = here.add_folder("docs", label="Papers", files={"a": b"x" * 2048, "b\x1b": b""}, devices=[pi])
    docs.finish_sync()
    docs.fail("b\x1b", "no space left")
    return pi


def test_a_folder(here: FakeSyncthing, pi: DeviceID, cli: Cli) -> None:
    """A folder with its sums, what other devices have of it, and what has failed."""
    done = cli("show", "papers")
    assert (done.status, done.err) == (0, "")
    fields = dict(line.split("  ", 1) for line in done.out.splitlines() if "  " in line)
    assert {name: value.strip() for name, value in fields.items() if name in {"folder", "id", "state", "here"}} == {
        "folder": "Papers",
        "id": "docs",
        "state": "1 failed",
        "here": "2.0 KiB in 2 items",
    }
    assert "  100 %     0 B  now        -\n" in done.out
    assert "b\\x1b   no space left\n" in done.out


def test_a_folder_as_document(here: FakeSyncthing, pi: DeviceID, cli: Cli) -> None:
    """The document has the configuration, without the passwords of encrypted folders."""
    document = cli("show", "docs", "--json").json()
    assert document["failed"] == [{"path": "b\x1b", "error": "no space left"}]
    assert document["config"]["id"] == "docs"
    here.set_folder("docs", devices=[{"deviceID": pi, "encryptionPassword": "very-secret"}])
    done = cli("show", "docs", "--json")
    assert "very-secret" not in done.out
    assert done.json()["config"]["devices"]


def test_a_device(here: FakeSyncthing, pi: DeviceID, cli: Cli) -> None:
    """A device with its address, and how its folders are there."""
    out = cli("show", "device:pi").out
    assert f"id            {pi}\n" in out
    assert "address       192.0.2." in out
    assert "Papers  100 %     0 B  -\n" in out
    document = cli("show", "pi", "--json").json()
    assert [(row["id"], row["name"]) for row in document["shares"]] == [("docs", "Papers")]
    own = cli("show", "nas", "--json").json()
    assert (own["device"]["id"], own["shares"]) == (here.device_id, [])


def test_what_is_not_clear(here: FakeSyncthing, pi: DeviceID, cli: Cli, tmp_path: Path) -> None:
    """A name of both a folder and a device needs a prefix; a path stands for a folder."""
    here.add_folder("pi", path=str(tmp_path / "pi"))
    done = cli("show", "pi")
    assert (done.status, done.err.splitlines()[1]) == (5, "hint: use folder:pi or device:pi")
    assert cli("show", "folder:pi").out.startswith("folder        pi\n")
    assert cli("show", str(tmp_path / "pi")).out.startswith("folder        pi\n")
    assert cli("show", "nope").status == 5
    assert cli("show").status == 2
