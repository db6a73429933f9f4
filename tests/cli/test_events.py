"""`events`: no event is lost silently, even across runs."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing.cli.following import event_texts
from aiosyncthing.cli.following.cursors import CursorFile
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli, Result
from tests.support.values import summary


def pause(fake: FakeSyncthing, *names: str) -> Callable[[], None]:
    """Return what emits an event about each of some folders."""

    def emit() -> None:
        for name in names:
            fake.emit("FolderPaused", {"id": name, "label": ""})

    return emit


def test_output(here: FakeSyncthing, cli: Cli, later: Any) -> None:
    """With --json, each line is the daemon's event as it came; else it says when, where and what.

    Names in it can't control the terminal.
    """
    later(pause(here, "docs", "music"))
    lines = cli("events", "FolderPaused", "--json", "--count", "2").lines()
    assert [line["data"] for line in lines] == [{"id": "docs", "label": ""}, {"id": "music", "label": ""}]
    later(pause(here, "do\x1bcs"))
    out = cli("events", "FolderPaused", "--count", "1", columns=80).out
    assert out[8:] == "  do\\x1bcs  paused\n"
    later(pause(here, "docs"))
    assert cli("events", "FolderPaused", "--count", "1").out.endswith("Z  docs  paused\n")


def ids(done: Result) -> list[str]:
    """Return which folders the lines are about."""
    return [line["data"]["id"] for line in done.lines()]


def test_what_is_left_out(here: FakeSyncthing, cli: Cli, later: Any) -> None:
    """--folder leaves out events about other folders; --since history adds what the daemon has; --timeout ends."""
    here.add_folder("docs", label="Papers")
    here.add_folder("music")
    later(pause(here, "music", "docs"))
    assert ids(cli("events", "FolderPaused", "--folder", "papers", "--json", "--count", "1")) == ["docs"]
    history = cli("events", "FolderPaused", "--since", "history", "--json", "--count", "2")
    assert ids(history) == ["music", "docs"]
    done = cli("events", "FolderPaused", "--json", "--timeout", "100ms")
    end = {"type": "end", "reason": "stopped after 0.1 s (--timeout)"}
    assert (done.status, done.lines()) == (124, [end])


def test_cursor_files(here: FakeSyncthing, cli: Cli, later: Any, tmp_path: Path) -> None:
    """A run continues where the last one ended; nothing in between is lost. --since counts only without a cursor."""
    file = tmp_path / "cursor"
    follow = ["events", "FolderPaused", "--json", "--since", "history", "--cursor-file", str(file)]
    pause(here, "zero")()
    assert ids(cli(*follow, "--count", "1")) == ["zero"]
    later(pause(here, "one", "two", "three"))
    assert ids(cli(*follow, "--count", "2")) == ["one", "two"]
    pause(here, "four")()
    assert ids(cli(*follow, "--count", "2")) == ["three", "four"]
    assert {each.name for each in tmp_path.iterdir()} >= {"cursor", "cursor.lock"}
    since = cli("events", "FolderPaused", "--json", "--since", str(file), "--timeout", "300ms")
    assert [line["type"] for line in since.lines()] == ["end"]


def test_cursor_files_that_are_refused(here: FakeSyncthing, cli: Cli, tmp_path: Path) -> None:
    """A file with other contents is refused, not taken for a new one, which would lose events; so is one in use."""
    file = tmp_path / "cursor"
    for content in ("", "{", "{}", "[]", "null", '"now"', '{"id": "x"}'):
        file.write_text(content)
        done = cli("events", "--cursor-file", str(file), "--timeout", "5s")
        assert (done.status, file.read_text()) == (2, content)
    file.unlink()
    file.mkdir()
    done = cli("events", "--cursor-file", str(file), "--since", "history")
    assert (done.status, done.err) == (2, f"aiosyncthing: error: can't read {file}: Is a directory\n")
    with CursorFile(str(tmp_path / "used")):
        done = cli("events", "--cursor-file", str(tmp_path / "used"))
    assert (done.status, "another process follows events" in done.err) == (1, True)
    assert cli("events", "--cursor-file", str(tmp_path / "no" / "cursor")).status == 1


def test_names(here: FakeSyncthing, cli: Cli, later: Any) -> None:
    """For people, devices have their configured names, also those that were added meanwhile."""
    pi = here.add_device("pi")

    def emit() -> None:
        here.emit("DevicePaused", {"device": str(pi)})
        here.emit("ConfigSaved", {"devices": [{"deviceID": "NEWNEWN-X", "name": "new"}]})
        here.emit("DevicePaused", {"device": "NEWNEWN-X"})

    later(emit)
    out = cli("events", "DevicePaused", "ConfigSaved", "--count", "3").out
    assert [line.split("  ")[-1] for line in out.splitlines()] == ["pi paused", "configuration saved", "new paused"]


def test_a_daemon_that_is_not_there_yet(cli: Cli, by_address: Callable[..., list[str]]) -> None:
    """Missing names don't end the command while the daemon can't be reached yet."""
    done = cli("events", *by_address("http://127.0.0.1:1", "k"), "--timeout", "2s")
    assert (done.status, "NOT REACHABLE: can't connect" in done.out) == (124, True)


def test_a_broken_pipe_is_no_delivery(
    here: FakeSyncthing, cli: Cli, later: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that could not be written is repeated in the next run."""
    follow = ["events", "FolderPaused", "--json", "--cursor-file", str(tmp_path / "cursor"), "--count", "1"]
    with monkeypatch.context() as patch:
        patch.setattr("aiosyncthing.cli.output.output.Output.record", lambda *_: os.write(-1, b""))
        later(pause(here, "one"))
        assert cli(*follow).status != 0
    assert ids(cli(*follow)) == ["one"]


def test_exec(here: FakeSyncthing, cli: Cli, later: Any, tmp_path: Path) -> None:
    """A program runs for each event, one after another, with the event on its standard input."""
    script = tmp_path / "script"
    about = "$AIOSYNCTHING_EVENT$AIOSYNCTHING_FOLDER"
    script.write_text(f'{{ cat; echo "{about}"; }} >> {tmp_path}/out; test "$AIOSYNCTHING_FOLDER" != bad\n')
    later(pause(here, "docs", "bad"))
    done = cli("events", "FolderPaused", "--count", "2", "--exec", f"sh {script}")
    assert (done.status, done.out) == (9, "")
    assert "ended with status 1 for FolderPaused" in done.err
    lines = (tmp_path / "out").read_text().splitlines()
    assert (json.loads(lines[0])["data"]["id"], lines[1], lines[3]) == ("docs", "FolderPauseddocs", "FolderPausedbad")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["StateChangd"], 2, "did you mean StateChanged?"),
        (["statechanged"], 2, "did you mean StateChanged"),
        (["zzz"], 2, "the types are Starting, "),
        (["--since", "/no/such"], 2, "can't read /no/such"),
        (["--since", "/etc/passwd"], 2, "is not a cursor file"),
        (["--exec", "'"], 2, "--exec"),
        (["--exec", "/no/such"], 127, "can't run /no/such"),
        (["--exec", " "], 2, "--exec needs a command"),
        (["--ack", "--count", "1"], 2, "--ack needs a pipe"),
        (["--count", "0"], 2, "--count"),
        (["--folder", "nope"], 5, "nope"),
    ],
)
def test_usage(arguments: list[str], status: int, message: str, here: FakeSyncthing, cli: Cli) -> None:
    """Invalid arguments and missing programs are refused before waiting; an unknown type suggests similar ones."""
    done = cli("events", *arguments)
    assert (done.status, message in done.err) == (status, True)


ALL, LAN = ({"Scheme": "tcp", "Host": host, "Path": ""} for host in ("0.0.0.0:1", "192.0.2.1:1"))
PI = "PIPIPIP-ABCDEFG"
DEVICES = [{"deviceID": PI, "name": "pi"}, {"deviceID": "ABCDEFG-PIPIPIP", "name": ""}]


def item(kind: str, data: Any) -> dict[str, Any]:
    """Return an event."""
    return {"id": 1, "type": kind, "time": "2026-03-01T12:00:00Z", "data": data}


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("StateChanged", {"folder": "d", "from": "idle", "to": "error", "error": "x"}, ("d", "idle → error: x")),
        (
            "FolderSummary",
            {"folder": "d", "summary": summary(needFiles=2, needDeletes=1, needBytes=2048)},
            ("d", "needs 3 items, 2.0 KiB"),
        ),
        ("FolderErrors", {"folder": "d", "errors": None}, ("d", "0 items failed")),
        ("FolderErrors", {"folder": "d", "errors": [{}]}, ("d", "1 item failed")),
        ("FolderScanProgress", {"folder": "d", "current": 1024, "total": 2049}, ("d", "scanned 1.0 KiB of 2.0 KiB")),
        ("FolderWatchStateChanged", {"folder": "d", "to": "x"}, ("d", "not watched for changes: x")),
        ("FolderWatchStateChanged", {"folder": "d", "from": "x"}, ("d", "watched for changes")),
        ("FolderRejected", {"folder": "d", "device": PI}, ("d", "pi offers this folder")),
        ("FolderCompletion", {"folder": "d", "device": PI, "completion": 99.9}, ("d", "pi has 100 %")),
        ("ItemStarted", {"folder": "d", "item": "a", "action": "update"}, ("d", "update started: a")),
        ("ItemFinished", {"folder": "d", "item": "a", "action": "update", "error": None}, ("d", "update finished: a")),
        ("ItemFinished", {"folder": "d", "item": "a", "action": "delete", "error": "x"}, ("d", "delete failed: a: x")),
        ("LocalIndexUpdated", {"folder": "d", "items": 1}, ("d", "1 item changed here")),
        ("RemoteIndexUpdated", {"folder": "d", "device": "ABCDEFGH", "items": 5}, ("d", "5 items changed on ABCDEFG")),
        ("RemoteIndexUpdated", {"folder": "d", "device": PI, "items": 1}, ("d", "1 item changed on pi")),
        (
            "RemoteChangeDetected",
            {"folder": "d", "action": "deleted", "path": "a", "modifiedBy": PI[:7]},
            ("d", "deleted a by pi"),
        ),
        ("DownloadProgress", {"d": {"a": {}, "b": {}}, "e": {"c": {}}}, ("", "receiving 3 files")),
        ("DownloadProgress", {}, ("", "receiving nothing")),
        ("RemoteDownloadProgress", {"folder": "d", "device": PI, "state": {"a": 1}}, ("d", "pi is receiving 1 file")),
        ("LocalChangeDetected", {"folder": "d", "action": "modified", "path": "a"}, ("d", "modified a here")),
        ("DeviceConnected", {"id": PI, "deviceName": "raspberry", "addr": "x"}, ("", "pi connected from x")),
        ("DeviceConnected", {"id": PI, "deviceName": ""}, ("", "pi connected")),
        ("DevicePaused", {"device": PI}, ("", "pi paused")),
        ("DeviceDiscovered", {"device": PI, "addrs": ["x", "y"]}, ("", "pi was found at x, y")),
        ("DeviceRejected", {"device": "NEW", "name": "", "address": "x"}, ("", "NEW at x wants to connect")),
        ("ClusterConfigReceived", {"device": PI}, ("", "pi sent its list of shared folders")),
        (
            "PendingDevicesChanged",
            {"added": [{"deviceID": "NEW", "name": "phone", "address": "x"}], "removed": [{"deviceID": "OLD"}]},
            ("", "phone (NEW) at x wants to connect; OLD is no longer pending"),
        ),
        ("PendingDevicesChanged", {"removed": [{"deviceID": ""}]}, ("", "no device is pending any longer")),
        (
            "PendingFoldersChanged",
            {"added": [{"folderID": "d", "folderLabel": "x", "deviceID": PI}], "removed": None},
            ("", "pi offers the folder d"),
        ),
        (
            "PendingFoldersChanged",
            {"removed": [{"folderID": "d"}, {"folderID": "e", "deviceID": PI}]},
            ("", "the folder d is no longer pending; the folder e is no longer pending from pi"),
        ),
        (
            "ListenAddressesChanged",
            {"address": ALL, "lan": [ALL, LAN], "wan": None},
            ("", "listening at tcp://0.0.0.0:1, reached at tcp://192.0.2.1:1"),
        ),
        ("ListenAddressesChanged", {"address": ALL, "lan": None, "wan": None}, ("", "listening at tcp://0.0.0.0:1")),
        ("LoginAttempt", {"success": False, "username": "me", "remoteAddress": "x"}, ("", "login of me from x failed")),
        ("UpgradeRestartScheduled", {"delayS": 60, "newVersion": "v2"}, ("", "restart in 60 s, with v2")),
        ("DeviceDisconnected", {"id": "ABCDEFGH", "error": "EOF"}, ("", "ABCDEFG disconnected: EOF")),
        ("EventsLost", {"reason": "restart", "missed": None}, ("", "EVENTS LOST (restart): unknown")),
        ("StreamDown", {"error": "x", "kind": "y"}, ("", "NOT REACHABLE: x")),
        ("StreamUp", None, ("", "reachable again")),
        ("ItemStarted", {"folder": "d", "new": 1}, ("d", 'ItemStarted {"new": 1}')),
        ("Brandnew", {"folder": "d", "path": "a"}, ("d", "Brandnew a")),
        ("Brandnew", None, ("", "Brandnew")),
    ],
)
def test_words(kind: str, data: Any, expected: tuple[str, str]) -> None:
    """Events are described in words; unknown ones of a newer daemon show their data."""
    assert event_texts.describe(item(kind, data), event_texts.names_of(DEVICES)) == expected


def test_what_an_event_is_about() -> None:
    """Downloads are about their folders; what the stream reports is about all."""
    assert event_texts.is_about(item("DownloadProgress", {"d": {}}), {"d"})
    assert not event_texts.is_about(item("DownloadProgress", {"d": {}}), {"e"})
    assert not event_texts.is_about(item("Starting", None), {"e"})
    assert event_texts.is_about(item("StreamUp", None), {"e"})
    assert event_texts.is_about(item("Starting", None), ())
