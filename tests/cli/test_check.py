"""`check`: the line of a monitoring plugin, its statuses, its document, and the file for node_exporter."""

import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing.cli.asking import asking
from aiosyncthing.cli.monitoring import checks, prometheus
from aiosyncthing.cli.monitoring.checks import Bounds
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli, Result

DAY = 86400


@pytest.fixture
def ill(here: FakeSyncthing) -> FakeSyncthing:
    """A daemon with a folder that has stopped, one with a conflict copy, and a device that was away for three days."""
    here.freeze()
    phone, pi = here.add_device("ph|one"), here.add_device("pi\x1b[2J")
    here.connect(phone)
    here.disconnect(phone)
    here.connect(pi)
    here.add_folder("docs", label='Pap"ers', files={"a": b"x" * 1_500_000}, devices=[phone, pi]).finish_sync()
    here.add_folder("music", devices=[pi]).set_error("folder path missing")
    here.add_folder("photos", files={"a": b"x", "a.sync-conflict-20260101-010101-ABCDEFG": b"y"})
    here.advance(3 * DAY)
    return here


def test_the_first_line(ill: FakeSyncthing, cli: Cli) -> None:
    """The status, up to five problems, and performance data after a single bar; names can't add another bar."""
    done = cli("check")
    assert (done.status, done.err) == (2, "")
    first, *rest = done.out.splitlines()
    assert first == (
        "SYNCTHING CRITICAL - 2 problems: Folder music has stopped: folder path missing; Device ph\\x7cone was last "
        "seen 3 days ago | folders=3 needed_bytes=0B unseen_max=259200s;86400;604800"
    )
    assert [line.split(":")[:2] for line in rest] == [["critical", " folder_error"], ["warning", " device_unseen"]]
    assert cli("check", "-q").out == f"{first}\n"
    for number in range(6):
        ill.add_folder(f"bad{number}").set_error("folder path missing")
    first = cli("check", "-q", "--only", "folder_error").out
    assert first.count("has stopped") == 5
    assert "; and 2 more | folders=" in first


def test_all_is_well(here: FakeSyncthing, cli: Cli) -> None:
    """Without problems, it says how much was checked; informational findings follow."""
    here.add_folder("docs", files={"a": b"x"})
    here.add_folder("old", paused=True)
    done = cli("check")
    first, *rest = done.out.splitlines()
    assert first == "SYNCTHING OK - 2 folders, 0 devices | folders=2 needed_bytes=0B unseen_max=0s;86400;604800"
    assert done.status == 0
    assert [line[:20] for line in rest] == ["info: folder_paused:"]


def test_limits(ill: FakeSyncthing, cli: Cli) -> None:
    """An absence, or a time since a scan, at or above a limit is a warning or critical; a paused folder has none."""
    ill.add_folder("old", paused=True)
    for options, status in (
        (("--unseen", "4d", "--only", "device_unseen"), 0),
        (("--unseen", "3d", "--only", "device_unseen"), 1),
        (("--unseen", "1d:4d", "--only", "device_unseen"), 1),
        (("--unseen", ":3d", "--only", "device_unseen"), 2),
        (("--stale", "4d", "--only", "folder_stale"), 0),
        (("--stale", "1d:2d", "--only", "folder_stale"), 2),
    ):
        assert cli("check", *options).status == status, options
    found = cli("check", "--stale", "1d:9d", "--only", "folder_stale", "--folder", "docs", "--folder", "old", "--json")
    assert found.status == 1
    assert [(row["folder"], row["text"]) for row in found.json()["findings"]] == [
        ("docs", 'Folder Pap"ers was last scanned 3 days ago.')
    ]
    assert checks.parse_bounds("1d:7d") == Bounds(DAY, 7 * DAY)
    assert checks.parse_bounds(":2h") == Bounds(None, 7200)
    for wrong in ("", ":", "2:1", "1:2:3"):
        with pytest.raises(ValueError, match=r"limits|warning|duration"):
            checks.parse_bounds(wrong)


def test_only_what_is_named(ill: FakeSyncthing, cli: Cli) -> None:
    """Folders, devices and kinds narrow it down; that a restart is required only counts with --restart-required."""

    def found(*arguments: str) -> list[str]:
        return [row["kind"] for row in cli("check", "--json", *arguments).json()["findings"]]

    assert found("--folder", "docs") == []
    assert found("--folder", "music") == ["folder_error"]
    assert found("--device", "ph|one") == ["device_unseen"]
    assert found("--ignore", "folder_error,device_unseen") == []
    assert found("--only", "conflict_copies", "--only", "folder_error") == ["folder_error", "conflict_copies"]
    ill.respond("rest/config/restart-required", json={"requiresRestart": True}, times=None)
    assert cli("check", "--only", "restart_required").status == 0
    assert cli("check", "--only", "restart_required", "--restart-required").status == 1


def test_document(ill: FakeSyncthing, cli: Cli) -> None:
    """The document matches its schema, even if the daemon can't be asked."""
    done = cli("check", "--json")
    document = done.json()
    assert (done.status, document["status"], len(document["findings"])) == (2, "critical", 2)
    assert document["daemons"][0]["unseenMax"] == 3 * DAY
    ill.stop_daemon()
    done = cli("check", "--json")
    document = done.json()
    assert (done.status, document["status"], document["daemon"]) == (3, "unknown", None)
    assert document["failures"][0]["exitCode"] == 3


def test_unknown(ill: FakeSyncthing, cli: Cli) -> None:
    """A failed check is unknown, and the first line says so, on stdout; so it is with wrong usage."""
    done = cli("check", "--folder", "nothing")
    assert (done.status, done.err) == (3, "")
    assert done.out.startswith("SYNCTHING UNKNOWN - the daemon has no folder 'nothing'\nhint: ")
    for wrong in (
        ["--unseen", "x"],
        ["--unseen", ":"],
        ["--unseen", "7d:1d"],
        ["--only", "device_unsen"],
        ["--prometheus", "file.txt"],
        ["--bogus"],
    ):
        done = cli("check", *wrong)
        assert (done.status, done.err) == (3, "")
        assert done.out.startswith("SYNCTHING UNKNOWN - ")
        assert done.out.splitlines()[1] == "hint: aiosyncthing check --help"
    for before in (["--timeout", "x"], ["--bogus"], ["--bogus", "x", "-q"], ["--color", "blue"]):
        done = cli(*before, "check")
        assert (done.status, done.err, done.out.startswith("SYNCTHING UNKNOWN - ")) == (3, "", True)
        assert cli(*before, "folders").status == cli(*before, "chek").status == 2
    assert "did you mean device_unseen?" in cli("check", "--only", "device_unsen").out
    assert "no kind 'zzz': choose from conflict_copies, " in cli("check", "--only", "zzz").out
    assert cli("check", "-p", "nowhere").out.startswith("SYNCTHING UNKNOWN - there is no profile 'nowhere'")
    assert len(cli("check", "-p", "nowhere", "-q").out.splitlines()) == 1
    url = ("check", "--url", "http://192.0.2.1:8384")
    assert cli(*url).out.startswith("SYNCTHING UNKNOWN - --url http://192.0.2.1:8384: there is no key")
    done = cli(*url, "--json")
    assert (done.status, done.out, done.error()["exitCode"]) == (3, "", 3)
    ill.hold("rest/config", times=None)
    assert cli("check", "--timeout", "0.2").out.startswith("SYNCTHING UNKNOWN - gave up after 0.2 s")


def test_several(ill: FakeSyncthing, cli: Cli, profiles: Callable[..., None], tmp_path: Path) -> None:
    """Of several daemons the worst counts, and each problem names its daemon."""
    profiles({"nas": ill, "pi": None})
    file = tmp_path / "several.prom"
    done = cli("check", "-p", "all", "--only", "device_unseen", "--prometheus", str(file))
    first = done.out.splitlines()[0]
    assert done.status == 3
    assert first.startswith("SYNCTHING UNKNOWN - 2 problems: pi: ")
    assert "; nas: Device ph\\x7cone was last seen 3 days ago | nas.folders=3 nas.needed_bytes=" in first
    lines = file.read_text().splitlines()
    assert 'aiosyncthing_up{target="nas"} 1' in lines
    assert 'aiosyncthing_up{target="pi"} 0' in lines
    assert sum(line == "# TYPE aiosyncthing_up gauge" for line in lines) == 1


@pytest.mark.parametrize(
    ("name", "label"), [("my nas", "'my nas.folders'"), ("it's", "'it''s.folders'"), ("a=|b", "'a_\\x7cb.folders'")]
)
def test_figures_of_profiles_with_odd_names(name: str, label: str, ill: FakeSyncthing, cli: Cli, profiles: Any) -> None:
    """A monitoring system can read the figures whatever the profile is called, also while another daemon is down."""
    profiles({name: ill, "other": ill})
    first = cli("check", "-p", name, "-p", "other", "-q").out
    assert first.partition(" | ")[2].startswith(f"{label}=3 ")


def test_file(ill: FakeSyncthing, cli: Cli, tmp_path: Path) -> None:
    """The file has one value for each gauge and its labels, which are IDs; names are in gauges of their own."""
    file = tmp_path / "syncthing.prom"
    file.write_text("old")
    done = cli("check", "--prometheus", str(file), "-q")
    assert (done.status, done.out, done.err) == (2, "", "")
    text = file.read_text()
    assert text.endswith("\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644 or sys.platform == "win32"
    assert [each.name for each in tmp_path.iterdir() if "syncthing.prom" in each.name] == ["syncthing.prom"]
    samples = list(prometheus.read_samples(text))
    own, devices = ill.device_id, {row["name"]: row["deviceID"] for row in ill.config["devices"]}
    phone, pi = devices["ph|one"], devices["pi\x1b[2J"]
    values = {(each.name.removeprefix("aiosyncthing_"), *each.labels.values()): each.value for each in samples}
    assert len(values) == len(samples)
    assert {each.kind for each in samples} == {"gauge"}
    assert values["up", "local"] == 1
    assert values["check_status", "local"] == 2
    assert values["daemon_info", own, "local", "nas", "v1.29.5"] == 1
    assert values["finding", own, "device_unseen", "warning"] == 1
    assert values["folder_info", own, "docs", 'Pap"ers', "sendreceive"] == 1
    assert [values["folder_in_sync", own, name] for name in ("docs", "music")] == [1, 0]
    assert values["folder_needed_bytes", own, "docs"] == 0
    assert values["folder_errors", own, "photos"] == 0
    assert [values["conflicts", own, name] for name in ("docs", "photos")] == [0, 1]
    assert values["device_info", own, pi, "pi\x1b[2J"] == 1
    assert [values["device_connected", own, each] for each in (phone, pi)] == [0, 1]
    assert [values["device_last_seen_seconds", own, each] for each in (phone, pi)] == [3 * DAY, 0]
    assert values["device_completion_ratio", own, "docs", pi] == 1


def test_the_file_of_a_daemon_that_is_down(
    ill: FakeSyncthing, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any failure, the file says that the daemon is not up; a file that can't be written is reported."""
    file = tmp_path / "syncthing.prom"
    ill.stop_daemon()
    assert cli("check", "--prometheus", str(file)).out.startswith("SYNCTHING UNKNOWN - ")
    down = 'aiosyncthing_up{target="%s"} 0'
    assert down % "local" in file.read_text()
    assert cli("check", "--prometheus", str(file), "-p", "nowhere").status == 3
    assert down % "nowhere" in file.read_text()

    def broken(*_: object) -> int:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(asking, "survey", broken)
        done = cli("check", "--prometheus", str(file))
    assert (done.status, done.err) == (3, "")
    assert done.out.startswith("SYNCTHING UNKNOWN - ZeroDivisionError: \nhint: this is a bug in aiosyncthing")
    assert down % "local" in file.read_text()
    arguments = ("check", "--prometheus", str(tmp_path / "nowhere" / "syncthing.prom"))
    text = f"can't write {arguments[-1]}: No such file or directory\n"
    assert cli(*arguments) == Result(3, f"SYNCTHING UNKNOWN - {text}", "")
    assert cli(*arguments, "-q") == Result(3, "", f"aiosyncthing: error: {text}")
