"""`events`: lines that lose nothing silently, also across runs."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing.cli import schemas
from aiosyncthing.cli.following import event_texts
from aiosyncthing.cli.following.cursors import CursorFile
from tests.support.shapes import problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_syncthing import FakeSyncthing
    from tests.support.cli import Cli


@pytest.fixture
def later(here: FakeSyncthing) -> Iterator[Callable[[Callable[[], object]], None]]:
    """Do something as soon as the command waits for events."""
    threads: list[threading.Thread] = []

    def start(what: Callable[[], object]) -> None:
        def run() -> None:
            here.wait_until(lambda: here.polls_waiting)
            what()

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()


def pause(fake: FakeSyncthing, *names: str) -> Callable[[], None]:
    """Return what emits an event about each of some folders."""

    def emit() -> None:
        for name in names:
            fake.emit("FolderPaused", {"id": name, "label": ""})

    return emit


def test_json(here: FakeSyncthing, cli: Cli, later: Any) -> None:
    """With --json, each line is the daemon's event as it came."""
    later(pause(here, "docs", "music"))
    lines = cli("events", "FolderPaused", "--json", "--count", "2").lines()
    assert [line["data"] for line in lines] == [{"id": "docs", "label": ""}, {"id": "music", "label": ""}]
    assert not [found for line in lines for found in problems(line, schemas.Event)]


def test_text(here: FakeSyncthing, cli: Cli, later: Any) -> None:
    """For people, a line says when, where and what; nothing in it controls a terminal."""
    later(pause(here, "do\x1bcs"))
    out = cli("events", "FolderPaused", "--count", "1", columns=80).out
    assert out[8:] == "  do\\x1bcs  paused\n"
    later(pause(here, "docs"))
    assert cli("events", "FolderPaused", "--count", "1").out.endswith("Z  docs  paused\n")


def test_folders(here: FakeSyncthing, cli: Cli, later: Any) -> None:
    """--folder leaves out events about other folders."""
    here.add_folder("docs", label="Papers")
    here.add_folder("music")
    later(pause(here, "music", "docs"))
    lines = cli("events", "FolderPaused", "--folder", "papers", "--json", "--count", "1").lines()
    assert [line["data"]["id"] for line in lines] == ["docs"]


def test_history_and_time_limit(here: FakeSyncthing, cli: Cli) -> None:
    """--since history begins with what the daemon still has; --timeout ends it."""
    pause(here, "docs")()
    assert len(cli("events", "FolderPaused", "--since", "history", "--json", "--count", "1").lines()) == 1
    done = cli("events", "FolderPaused", "--json", "--timeout", "100ms")
    assert (done.status, [line["type"] for line in done.lines()]) == (124, ["end"])


def test_cursor_files(here: FakeSyncthing, cli: Cli, later: Any, tmp_path: Path) -> None:
    """A run continues where the last one has ended; what happened in between is not lost."""
    file = tmp_path / "cursor"
    follow = ["events", "FolderPaused", "--json", "--cursor-file", str(file)]
    later(pause(here, "one", "two", "three"))
    assert [line["data"]["id"] for line in cli(*follow, "--count", "2").lines()] == ["one", "two"]
    pause(here, "four")()
    assert [line["data"]["id"] for line in cli(*follow, "--count", "2").lines()] == ["three", "four"]
    assert {each.name for each in tmp_path.iterdir()} >= {"cursor", "cursor.lock"}
    since = cli("events", "FolderPaused", "--json", "--since", str(file), "--timeout", "300ms")
    assert [line["type"] for line in since.lines()] == ["end"]


def test_a_broken_pipe_is_no_delivery(
    here: FakeSyncthing, cli: Cli, later: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that could not be written comes again in the next run."""
    follow = ["events", "FolderPaused", "--json", "--cursor-file", str(tmp_path / "cursor"), "--count", "1"]
    with monkeypatch.context() as patch:
        patch.setattr("aiosyncthing.cli.output.Output.record", lambda *_: os.write(-1, b""))
        later(pause(here, "one"))
        assert cli(*follow).status != 0
    assert [line["data"]["id"] for line in cli(*follow).lines()] == ["one"]


def test_one_follower(here: FakeSyncthing, cli: Cli, tmp_path: Path) -> None:
    """Two processes can't follow with the same file."""
    with CursorFile(str(tmp_path / "cursor")):
        done = cli("events", "--cursor-file", str(tmp_path / "cursor"))
    assert (done.status, "another process follows events" in done.err) == (1, True)
    assert cli("events", "--cursor-file", str(tmp_path / "no" / "cursor")).status == 1


def test_exec(here: FakeSyncthing, cli: Cli, later: Any, tmp_path: Path) -> None:
    """A program runs for each event, one after another, with the event on its standard input."""
    script = tmp_path / "script"
    script.write_text(
        "import os, sys\n"
        f"with open({str(tmp_path / 'out')!r}, 'a') as file:\n"
        "    about = os.environ['AIOSYNCTHING_EVENT'] + os.environ['AIOSYNCTHING_FOLDER']\n"
        "    file.write(sys.stdin.read() + about + '\\n')\n"
        "sys.exit(os.environ['AIOSYNCTHING_FOLDER'] == 'bad')\n"
    )
    later(pause(here, "docs", "bad"))
    done = cli("events", "FolderPaused", "--count", "2", "--exec", f"{sys.executable} {script}")
    assert (done.status, done.out) == (9, "")
    assert "ended with status 1 for FolderPaused" in done.err
    lines = (tmp_path / "out").read_text().splitlines()
    assert (json.loads(lines[0])["data"]["id"], lines[1], lines[3]) == ("docs", "FolderPauseddocs", "FolderPausedbad")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["StateChangd"], 2, "StateChanged"),
        (["--since", "/no/such"], 2, "can't read /no/such"),
        (["--since", "/etc/passwd"], 2, "holds no position"),
        (["--since", "history", "--cursor-file", "x"], 2, "contradict"),
        (["--exec", "'"], 2, "--exec"),
        (["--exec", " "], 2, "--exec needs a command"),
        (["--ack", "--count", "1"], 2, "--ack needs a pipe"),
        (["--count", "0"], 2, "--count"),
        (["--folder", "nope"], 5, "nope"),
    ],
)
def test_usage(arguments: list[str], status: int, message: str, here: FakeSyncthing, cli: Cli) -> None:
    """What makes no sense is refused before anything is waited for; a wrong type names the near ones."""
    done = cli("events", *arguments)
    assert (done.status, message in done.err) == (status, True)


def test_a_program_that_is_not_there(here: FakeSyncthing, cli: Cli) -> None:
    """A program that can't be run ends the command."""
    pause(here, "docs")()
    done = cli("events", "--since", "history", "--exec", "/no/such")
    assert (done.status, "can't run /no/such" in done.err) == (1, True)


def item(kind: str, data: Any) -> dict[str, Any]:
    """Return an event."""
    return {"id": 1, "type": kind, "time": "2026-03-01T12:00:00Z", "data": data}


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("StateChanged", {"folder": "d", "from": "idle", "to": "error", "error": "x"}, ("d", "idle → error: x")),
        (
            "FolderSummary",
            {
                "folder": "d",
                "summary": {
                    "needFiles": 2,
                    "needDirectories": 0,
                    "needSymlinks": 0,
                    "needDeletes": 1,
                    "needBytes": 2048,
                },
            },
            ("d", "needs 3 items, 2.0 KiB"),
        ),
        ("FolderErrors", {"folder": "d", "errors": None}, ("d", "0 items failed")),
        ("ItemFinished", {"folder": "d", "item": "a", "action": "update", "error": None}, ("d", "update a")),
        ("RemoteIndexUpdated", {"folder": "d", "device": "ABCDEFGH", "items": 5}, ("d", "5 items changed on ABCDEFG")),
        ("LocalChangeDetected", {"folder": "d", "action": "modified", "path": "a"}, ("d", "modified a here")),
        ("DeviceConnected", {"id": "ABCDEFGH", "deviceName": "pi", "addr": "x"}, ("", "pi connected from x")),
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
    """Events are said in words; one of a newer daemon shows its data."""
    assert event_texts.describe(item(kind, data)) == expected


def test_what_an_event_is_about() -> None:
    """Downloads are about their folders; what the stream reports is about all."""
    assert event_texts.is_about(item("DownloadProgress", {"d": {}}), {"d"})
    assert not event_texts.is_about(item("DownloadProgress", {"d": {}}), {"e"})
    assert not event_texts.is_about(item("Starting", None), {"e"})
    assert event_texts.is_about(item("StreamUp", None), {"e"})
    assert event_texts.is_about(item("Starting", None), ())
