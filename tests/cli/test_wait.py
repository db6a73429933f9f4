"""`wait`: ends when everything is in sync, reports what is missing, and runs the next command."""

from collections.abc import Callable
from typing import Any

import pytest

from aiosyncthing import DeviceID
from aiosyncthing.cli.commands.wait import progress_text
from aiosyncthing.cli.output.output import Output
from aiosyncthing.waiting import SyncProgress
from aiosyncthing.waiting.progress import Missing
from pytest_syncthing import FakeFolder, FakeSyncthing
from tests.support.cli import Cli


@pytest.fixture
def docs(here: FakeSyncthing, pi: DeviceID) -> FakeFolder:
    """A folder that is in sync, and has been for a while."""
    docs = here.add_folder("docs", label="Papers", files={"a": b"x" * 2048}, devices=[pi])
    docs.finish_sync()
    here.advance(60)
    return docs


@pytest.fixture
def after_first(here: FakeSyncthing, docs: FakeFolder, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Complete the transfer once the command has shown progress in the given way."""

    def arrive(name: str) -> None:
        original = getattr(Output, name)

        def show(out: Output, *arguments: Any) -> None:
            original(out, *arguments)
            monkeypatch.setattr(Output, name, original)
            docs.finish_sync()
            here.advance(60)

        monkeypatch.setattr(Output, name, show)

    return arrive


def test_in_sync(docs: FakeFolder, cli: Cli) -> None:
    """If everything is already in sync, it ends at once, with one line or none."""
    done = cli("wait", "papers", "--device", "pi")
    assert (done.status, done.out, done.err) == (0, "in sync: 1 folder on 2 devices, 4.0 KiB in all\n", "")
    assert cli("wait").out == "in sync: 1 folder on 2 devices, 4.0 KiB in all\n"
    assert cli("wait", "--here").out == "in sync: 1 folder on 1 device, 2.0 KiB in all\n"
    assert cli("wait", "-q").out == ""


def test_progress(docs: FakeFolder, pi: DeviceID, cli: Cli, after_first: Any) -> None:
    """Missing items are reported once, or row by row with --json, until they have arrived.

    On a terminal, they are a line that is removed at the end.
    """
    docs.remote_write(pi, {"b": b"y" * 2048})
    after_first("info")
    done = cli("wait", "docs")
    assert (done.status, done.out) == (0, "in sync: 1 folder on 2 devices, 8.0 KiB in all\n")
    assert done.err.startswith("Papers  ")
    assert "folder docs: 1 item (2.0 KiB) still missing" in done.err
    docs.remote_write(pi, {"c": b"y" * 2048})
    after_first("record")
    lines = cli("wait", "docs", "--json").lines()
    assert [line["type"] for line in lines[:: len(lines) - 1]] == ["progress", "done"]
    assert (lines[0]["neededBytes"], lines[-1]["neededBytes"], lines[-1]["missing"]) == (2048, 0, [])
    docs.remote_write(pi, {"d": b"y" * 2048})
    after_first("redraw")
    err = cli("wait", columns=60).err
    assert "\r\x1b[Kall folders  87 %  2.0 KiB left" in err
    assert err.endswith("\r\x1b[K")


def test_too_late(docs: FakeFolder, pi: DeviceID, cli: Cli) -> None:
    """When the time is up, it reports what was missing where."""
    docs.remote_write(pi, {"b": b"y" * 2048})
    done = cli("wait", "docs", "--timeout", "1s", "-q")
    assert (done.status, done.out) == (124, "")
    assert "gave up after 1 s: folder docs: 1 item (2.0 KiB) still missing" in done.err
    lines = cli("wait", "docs", "--timeout", "1s", "--json").lines()
    assert lines[-1]["type"] == "end"
    assert "still missing" in lines[-1]["reason"]


def test_what_can_not_come_about(here: FakeSyncthing, docs: FakeFolder, cli: Cli) -> None:
    """A paused folder, a lost disk, and what is not shared end at once."""
    here.add_folder("alone")
    assert cli("wait", "alone", "--device", "pi").status == 6
    docs.set_error("folder path missing")
    assert cli("wait", "docs").status == 6
    here.set_folder("docs", paused=True)
    assert cli("wait", "docs").status == 6
    assert cli("wait", "nope").status == 5
    assert cli("wait", "--device", "nope").status == 5


def test_ready(here: FakeSyncthing, cli: Cli) -> None:
    """With --for ready, a daemon that is starting is waited for."""
    here.migrate()
    done = cli("wait", "--for", "ready", "--timeout", "300ms", columns=80, env={"TERM": "dumb"})
    assert (done.status, "\x1b" in done.out + done.err) == (124, False)
    done = cli("wait", "--for", "ready", "--timeout", "300ms", columns=80)
    assert (done.status, done.err.startswith("\r\x1b[Kwaiting for http://127.0.0.1:")) == (124, True)
    here.end_migration()
    assert cli("wait", "--for", "ready").out == f"ready: Syncthing v1.29.5 at {here.url}\n"
    assert cli("wait", "--for", "ready", "--json").lines()[0]["type"] == "done"


def test_connected(here: FakeSyncthing, pi: DeviceID, cli: Cli, later: Any) -> None:
    """Devices are waited for, but not one that is paused or removed, not even if that happens meanwhile."""
    arguments = ("wait", "--for", "connected", "--device", "pi", "--timeout", "60")
    here.disconnect(pi)
    done = cli(*arguments[:-1], "300ms")
    assert (done.status, done.err) == (124, "aiosyncthing: error: gave up after 0.3 s: device pi is not connected\n")
    later(lambda: here.connect(pi))
    assert cli(*arguments, columns=80).out == "connected: pi\n"
    here.disconnect(pi)
    here.set_device(pi, paused=True)
    done = cli(*arguments)
    assert (done.status, done.out) == (6, "")
    assert done.err == ("aiosyncthing: error: device pi is paused\nhint: `aiosyncthing resume device:pi` resumes it\n")
    here.set_device(pi, paused=False)
    later(lambda: here.set_device(pi, paused=True))
    assert cli(*arguments).status == 6
    here.set_device(pi, paused=False)
    later(lambda: here.remove_device(pi))
    done = cli(*arguments)
    assert (done.status, "device pi was removed" in done.err) == (5, True)


@pytest.mark.parametrize(
    "arguments",
    [
        *("--here --device pi", "--for ready --rescan", "--for ready docs", "--for connected", "--for never"),
        *("docs --", "--for connected --device nas"),
    ],
)
def test_usage(arguments: str, docs: FakeFolder, cli: Cli) -> None:
    """Options that contradict each other are a usage error."""
    assert cli("wait", *arguments.split()).status == 2


def test_what_comes_next(docs: FakeFolder, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command after -- replaces this process if the wait has succeeded; otherwise its status is a shell's."""
    calls: list[Any] = []
    monkeypatch.setattr("signal.signal", lambda *_: None)
    for program, status in (("/no/such/program", 127), ("/etc/passwd", 126)):
        done = cli("wait", "docs", "-q", "--", program)
        assert (done.status, f"can't run {program}" in done.err) == (status, True)
    monkeypatch.setattr("os.execvp", lambda *arguments: calls.append(arguments))
    assert cli("wait", "docs", "--", "borg", "create", "--here").status == 0
    assert cli("wait", "nope", "--", "borg").status == 5
    assert calls == [("borg", ["borg", "create", "--here"])]


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        (
            SyncProgress(3 << 30, 9, 4 << 30, 25.0, 1 << 20, 3072.0, (Missing("x", "docs"), Missing("y"))),
            "docs  25 %  3.0 GiB left  1.0 MiB/s  ~51 min  folder docs: x, and 1 more",
        ),
        (SyncProgress(0, 1200, 0, 0.0, None, None, (Missing("x"),)), "docs  0 %  1,200 items left  x"),
        (SyncProgress(0, 0, 0, 99.9, None, None, ()), "docs  99 %"),
    ],
)
def test_progress_text(progress: SyncProgress, expected: str) -> None:
    """A line has everything known: percentage, remaining amount, rate, remaining time, and what is missing."""
    assert progress_text("docs", progress) == expected
