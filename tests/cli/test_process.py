"""The command line as a process: signals, pipes, bytes, and what other users can see."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import pytest

from aiosyncthing import DeviceID
from pytest_syncthing import FakeSyncthing
from tests.support.cli import Cli, Result

Start = Callable[..., subprocess.Popen[bytes]]
Later = Callable[[Callable[[], object], Callable[[], object]], None]


@pytest.fixture
def start(here: FakeSyncthing) -> Iterator[Start]:
    """Start the command line."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
        command = [sys.executable, "-W", "error", "-m", "aiosyncthing", *arguments]
        started.append(subprocess.Popen(command, **options))
        return started[-1]

    yield start
    for process in started:
        with process:  # and its pipes
            process.kill()


def test_a_signal(here: FakeSyncthing, start: Start) -> None:
    """A signal ends the command at once, without a word, by this signal; till then other users can't see the key."""
    here.add_folder("docs")
    hold = here.hold("rest/db/status", times=None)
    process = start("folders")
    here.wait_until(lambda: hold.hits)
    for file in ("cmdline", "environ"):
        assert here.api_key not in Path(f"/proc/{process.pid}/{file}").read_text()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (-signal.SIGINT, b"", b"")


def test_nothing_shows_the_key(here: FakeSyncthing, cli: Cli, tmp_path: Path) -> None:
    """The key is in no output, log or file of the command line, also where a request fails."""
    here.add_folder("docs")
    works = cli("folders", "-vv", "--json")
    here.respond("rest/db/status", status=500, text="boom", times=None)
    fails = cli("folders", "-vv", "--json")
    assert "docs" in works.out
    assert "boom" in fails.err
    assert here.api_key not in works.out + works.err + fails.err
    files = [file for file in tmp_path.rglob("*") if file.is_file() and here.home not in file.parents]
    assert files
    assert not [file for file in files if here.api_key.encode() in file.read_bytes()]


def test_other_signals(here: FakeSyncthing, cli: Cli, later: Later, tmp_path: Path) -> None:
    """SIGTERM and SIGHUP end commands like Ctrl-C, unless the caller ignores them, as nohup does.

    They count even if the file that records what is paused can't be read.
    """
    here.add_folder("docs")
    state = tmp_path / "state"
    state.write_text("something else")
    hold = here.hold("rest/db/status", times=3)
    later(lambda: os.kill(os.getpid(), signal.SIGTERM), lambda: hold.hits == 1)
    assert cli("folders") == Result(128 + signal.SIGTERM, "", "")
    later(lambda: os.kill(os.getpid(), signal.SIGHUP), lambda: hold.hits == 2)
    assert cli("folders") == Result(128 + signal.SIGHUP, "", "")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    later(lambda: (os.kill(os.getpid(), signal.SIGHUP), hold.release()), lambda: hold.hits == 3)
    try:
        done = cli("folders")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (done.status, "docs" in done.out) == (0, True)
    pausing = here.hold("rest/system/status", times=None)
    later(lambda: os.kill(os.getpid(), signal.SIGINT), lambda: pausing.hits)
    assert cli("paused", "docs", "--state", str(state), "--", "true") == Result(128 + signal.SIGINT, "", "")
    assert state.read_text() == "something else"


@pytest.mark.parametrize(
    ("closed", "command", "status"), [(">&- 2>/dev/full", "id -p nope", 2), (">&- 2>&- <&-", "check -p nope", 3)]
)
def test_closed_streams(closed: str, command: str, status: int, config: Path) -> None:
    """Without stdout or stderr, or with one of them on a full disk, a command ends with its usual status."""
    script = f'"{sys.executable}" -m aiosyncthing {command} {closed}'
    done = subprocess.run(script, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (status, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        *("folders", "ls docs -R", "ls docs --json", "need docs", "conflicts --json", "log", "log -f --json"),
        *("metrics --json", "events --since history", "events --json", "wait docs --json"),
        *("status --watch", "status --watch --json", "--help", "check", "check -p nowhere"),
    ],
)
def test_no_reader(command: str, here: FakeSyncthing, pi: DeviceID, cli: Cli, no_reader: TextIO) -> None:
    """Without a reader, commands end with 141 and without a word; to a monitoring system, a check is unknown then."""
    docs = here.add_folder("docs", files={"a": b"x", "a.sync-conflict-20260101-010101-ABCDEFG": b"y"}, devices=[pi])
    docs.remote_write(pi, {"b": b"y"})
    status = 3 if command.startswith("check") else 141
    assert cli(*command.split(), stdout=no_reader) == Result(status, "", "")


def test_head(here: FakeSyncthing, start: Start) -> None:
    """A follower ends when its reader has left, also when there is nothing to write."""
    here.emit("FolderPaused", {"id": "docs", "label": ""})
    process = start("events", "FolderPaused", "--since", "history", "--json")
    assert process.stdout
    assert process.stderr
    assert process.stdout.readline().startswith(b'{"id":')
    process.stdout.close()
    assert process.wait(timeout=30) == 141
    assert process.stderr.read() == b""


def test_acknowledging(here: FakeSyncthing, start: Start, cli: Cli, tmp_path: Path) -> None:
    """With --ack, an event counts as delivered when the reader has answered; one that hasn't comes again."""
    follow = ["events", "FolderPaused", "--json", "--cursor-file", str(tmp_path / "cursor")]
    process = start(*follow, "--ack", stdin=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    here.wait_until(lambda: here.polls_waiting)
    for name in ("three", "four"):
        here.emit("FolderPaused", {"id": name, "label": ""})
    assert b'"three"' in process.stdout.readline()
    process.stdin.write(b"ok\n")
    process.stdin.flush()
    assert b'"four"' in process.stdout.readline()
    process.stdin.close()
    assert process.wait(timeout=30) == 141
    assert '"four"' in cli(*follow, "--count", "1").out


def test_wait_and_what_comes_next(start: Start) -> None:
    """The command behind -- runs in the same process, with the usual signals, and its status is that of the wait."""
    process = start("wait", "-q", "--", "sh", "-c", "echo $$; exit 7")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (7, f"{process.pid}\n".encode(), b"")


def test_two_signals(here: FakeSyncthing, start: Start, config: Path, tmp_path: Path) -> None:
    """A second Ctrl-C skips the cleanup."""
    script = tmp_path / "slow"
    script.write_text("#!/bin/sh\ntouch started; while :; do sleep 0.05; done\n")
    script.chmod(0o700)
    config.parent.mkdir(parents=True)
    config.write_text(f'[profiles.x]\nurl = "{here.url}"\napi-key-command = ["{script}"]\n')
    process = start("folders", "-p", "x", cwd=tmp_path, preexec_fn=os.setpgrp)
    here.wait_until((tmp_path / "started").exists)
    process.send_signal(signal.SIGINT)  # the command for the key goes on, and is waited for
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == -signal.SIGINT
    os.killpg(process.pid, signal.SIGKILL)
