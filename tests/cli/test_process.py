"""The command line as a process: signals, pipes, bytes, and what other users can see."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_syncthing import FakeFault, FakeSyncthing
from tests.support.cli import Cli, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "a-very-secret-key-that-nothing-shows"


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeSyncthing]:
    """A daemon with a home, and a key that is easy to find wherever it might appear."""
    with FakeSyncthing(name="nas", home=tmp_path / "home", api_key=SECRET) as daemon:
        yield daemon


@pytest.fixture
def start(fake: FakeSyncthing, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start the command line."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, config: Path | None = None, **options: Any) -> subprocess.Popen[bytes]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIOSYNC", "ST", "XDG"))}
        environ = {**kept, "HOME": str(tmp_path), "STHOMEDIR": str(fake.home), "PYTHONWARNINGS": "error"}
        if config is not None:
            environ["AIOSYNCTHING_CONFIG"] = str(config)
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
        process = subprocess.Popen([sys.executable, "-m", "aiosyncthing", *arguments], env=environ, **options)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def sent(here: FakeSyncthing) -> Iterator[Callable[..., None]]:
    """Send this process a signal once a request is held."""
    threads: list[threading.Thread] = []

    def send(signum: int, hold: FakeFault, then: Callable[[], object] = lambda: None) -> None:
        def run() -> None:
            here.wait_until(lambda: hold.hits)
            os.kill(os.getpid(), signum)
            then()

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield send
    for thread in threads:
        thread.join()


def test_nothing_shows_the_key(fake: FakeSyncthing, start: Any, tmp_path: Path) -> None:
    """The key is in no argument, output, log or file of the command line, also where a request fails."""
    fake.add_folder("docs")
    hold = fake.hold("rest/db/status")
    process = start("folders", "-vv", "--json", stderr=subprocess.STDOUT)
    fake.wait_until(lambda: hold.hits)
    assert SECRET not in Path(f"/proc/{process.pid}/cmdline").read_text()
    assert SECRET not in Path(f"/proc/{process.pid}/environ").read_text()
    fake.respond("rest/db/status", status=500, text="boom", times=None)
    hold.release()
    out, _ = process.communicate(timeout=30)
    assert b"docs" in out
    assert SECRET.encode() not in out
    files = [file for file in tmp_path.rglob("*") if file.is_file() and fake.home not in file.parents]
    assert not [file for file in files if SECRET.encode() in file.read_bytes()]


def test_a_signal(fake: FakeSyncthing, start: Any) -> None:
    """A signal ends the command at once, without a word, and the caller sees that it was this signal."""
    fake.add_folder("docs")
    hold = fake.hold("rest/db/status", times=None)
    process = start("folders")
    fake.wait_until(lambda: hold.hits)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (-signal.SIGINT, b"", b"")


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals(signum: signal.Signals, here: FakeSyncthing, cli: Cli, sent: Callable[..., None]) -> None:
    """SIGTERM and SIGHUP end the command like Ctrl-C."""
    here.add_folder("docs")
    sent(signum, here.hold("rest/db/status", times=None))
    assert cli("folders") == Result(128 + signum, "", "")


def test_a_signal_while_nothing_is_paused(
    here: FakeSyncthing, cli: Cli, sent: Callable[..., None], tmp_path: Path
) -> None:
    """A signal counts even if the file that records what is paused can't be read."""
    here.add_folder("docs")
    state = tmp_path / "state"
    state.write_text("something else")
    sent(signal.SIGINT, here.hold("rest/system/status", times=None))
    assert cli("paused", "docs", "--state", str(state), "--", "true") == Result(128 + signal.SIGINT, "", "")
    assert state.read_text() == "something else"


def test_what_the_caller_ignores(here: FakeSyncthing, cli: Cli, sent: Callable[..., None]) -> None:
    """A signal that the caller ignores, as nohup does, is ignored by the command."""
    here.add_folder("docs")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    hold = here.hold("rest/db/status")
    sent(signal.SIGHUP, hold, hold.release)
    try:
        done = cli("folders")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (done.status, "docs" in done.out) == (0, True)


def test_a_closed_pipe_after_help(cli: Cli) -> None:
    """``--help`` handles a closed pipe in the same way."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        assert cli("--help", stdout=stream) == Result(141, "", "")


@pytest.mark.parametrize(
    ("closed", "command", "status"),
    [
        (">&-", "--version", 0),
        ("2>&-", "id -p nope", 2),
        ("2>/dev/full", "id -p nope", 2),
        (">&- 2>&- <&-", "check -p nope", 3),
        (">/dev/full", "check -p nope", 3),
    ],
)
def test_closed_streams(closed: str, command: str, status: int, tmp_path: Path) -> None:
    """Without stdout or stderr, or with one of them on a full disk, a command ends with its usual status."""
    script = f'"{sys.executable}" -m aiosyncthing {command} {closed}'
    environ = {**os.environ, "HOME": str(tmp_path), "AIOSYNCTHING_CONFIG": str(tmp_path / "none")}
    done = subprocess.run(script, shell=True, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (status, "")
    assert "Traceback" not in done.stderr


def test_check_without_a_reader(here: FakeSyncthing, cli: Cli) -> None:
    """To a monitoring system, a check whose output could not be written is unknown."""
    for arguments in ((), ("-p", "nowhere")):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w") as stream:
            assert cli("check", *arguments, stdout=stream) == Result(3, "", "")


def test_a_terminal(here: FakeSyncthing, cli: Cli) -> None:
    """On a terminal the output has its width, and colours."""
    here.add_folder("docs", label="a label that is too long for a terminal that is so narrow")
    out = cli("folders", columns=40).out
    assert "\x1b[32min sync" in out
    assert all(len(re.sub("\x1b\\[[0-9;]*m", "", line)) <= 40 for line in out.splitlines())


@pytest.mark.parametrize(
    "command",
    [
        *(
            "folders",
            "ls docs -R",
            "ls docs --json",
            "need docs",
            "conflicts --json",
            "log",
            "log -f --json",
            "metrics --json",
        ),
        *("events --since history", "events --json", "wait docs --json", "metrics --json"),
        *("status --watch", "status --watch --json"),
    ],
)
def test_no_reader(command: str, here: FakeSyncthing, cli: Cli) -> None:
    """Every command that writes as it goes ends with 141 when its reader has left, without a word."""
    pi = here.add_device("pi")
    here.connect(pi)
    docs = here.add_folder("docs", files={"a": b"x", "a.sync-conflict-20260101-010101-ABCDEFG": b"y"}, devices=[pi])
    docs.remote_write(pi, {"b": b"y"})
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        assert cli(*command.split(), stdout=stream) == Result(141, "", "")


def test_head(fake: FakeSyncthing, start: Any) -> None:
    """A follower ends when its reader has left, also when there is nothing to write."""
    fake.emit("FolderPaused", {"id": "docs", "label": ""})
    process = start("events", "FolderPaused", "--since", "history", "--json")
    assert process.stdout.readline().startswith(b'{"id":')
    process.stdout.close()
    process.wait(timeout=30)
    assert (process.returncode, process.stderr.read()) == (141, b"")


def test_acknowledging(
    fake: FakeSyncthing, start: Any, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --ack, an event counts as delivered when the reader has answered; one that hasn't comes again."""
    follow = ["events", "FolderPaused", "--json", "--ack", "--cursor-file", str(tmp_path / "cursor")]
    process = start(*follow, stdin=subprocess.PIPE)
    fake.wait_until(lambda: fake.polls_waiting)
    for name in ("three", "four"):
        fake.emit("FolderPaused", {"id": name, "label": ""})
    assert b'"three"' in process.stdout.readline()
    process.stdin.write(b"ok\n")
    process.stdin.flush()
    assert b'"four"' in process.stdout.readline()
    process.stdin.close()
    process.wait(timeout=30)
    assert process.returncode == 141
    monkeypatch.setenv("STHOMEDIR", str(fake.home))
    again = cli("events", "FolderPaused", "--json", "--cursor-file", str(tmp_path / "cursor"), "--count", "1")
    assert '"four"' in again.out


def test_wait_and_what_comes_next(fake: FakeSyncthing, start: Any) -> None:
    """The command behind -- runs in the same process, with the usual signals, and its status is that of the wait."""
    code = "import os, signal, sys; print(os.getpid()); sys.exit(7)"
    process = start("wait", "-q", "--", sys.executable, "-c", code)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (7, f"{process.pid}\n".encode(), b"")


def test_two_signals(fake: FakeSyncthing, start: Any, tmp_path: Path) -> None:
    """A second Ctrl-C skips the cleanup."""
    fake.add_folder("docs")
    script = tmp_path / "slow"
    script.write_text("#!/bin/sh\ntouch started; while :; do sleep 0.05; done\n")
    script.chmod(0o700)
    config = tmp_path / "config.toml"
    config.write_text(f'[profiles.x]\nurl = "{fake.url}"\napi-key-command = ["{script}"]\n')
    process = start("folders", "-p", "x", cwd=tmp_path, preexec_fn=os.setpgrp, config=config)
    fake.wait_until((tmp_path / "started").exists)
    process.send_signal(signal.SIGINT)  # the command for the key goes on, and is waited for
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == -signal.SIGINT
    os.killpg(process.pid, signal.SIGKILL)
