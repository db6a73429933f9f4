"""`run` and `daemon`: a private daemon, as long as a command runs or until Ctrl-C."""

import json
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiosyncthing.cli.output.output import Output
from tests.support.cli import Cli, checked
from tests.support.imitations import imitation
from tests.support.processes import processes_with

# Writes what a command gets into a file, since its output is not that of the test.
REPORT = """
import json, os, pathlib, sys
names = ("AIOSYNCTHING_PROFILE", "AIOSYNCTHING_URL", "AIOSYNCTHING_API_KEY_FILE", "AIOSYNCTHING_DEVICE_ID",
         "AIOSYNCTHING_SYNC_ADDRESS", "STHOMEDIR", "STGUIADDRESS")
found = {name: os.environ.get(name) for name in names}
key = pathlib.Path(found["AIOSYNCTHING_API_KEY_FILE"])
found.update(key=key.read_text(), mode=oct(key.stat().st_mode & 0o777), arguments=sys.argv[2:])
pathlib.Path(sys.argv[1]).write_text(json.dumps(found))
sys.exit(7)
"""


@pytest.fixture
def binary(tmp_path: Path) -> Iterator[str]:
    """A program that imitates Syncthing; no process is left in the end."""
    yield str(imitation(tmp_path, "serve(identity())"))
    assert processes_with(str(tmp_path)) == []


def test_a_command(cli: Cli, binary: str, tmp_path: Path) -> None:
    """The command gets the private daemon and no other; its status is returned, and nothing is left."""
    report, home = tmp_path / "report", tmp_path / "home"
    command = [sys.executable, "-c", REPORT, str(report), "--json"]
    before = {"AIOSYNCTHING_PROFILE": "nas", "STGUIADDRESS": "127.0.0.1:1"}
    done = cli("run", "--binary", binary, "--keep", str(home), *command, env=before)
    assert (done.status, done.out, done.err) == (7, "", "")
    found = json.loads(report.read_text())
    assert (found["AIOSYNCTHING_PROFILE"], found["STGUIADDRESS"]) == (None, None)
    assert found["AIOSYNCTHING_URL"].startswith("http://127.0.0.1:")
    assert (found["STHOMEDIR"], found["AIOSYNCTHING_SYNC_ADDRESS"]) == (str(home), "")
    assert (len(found["AIOSYNCTHING_DEVICE_ID"]), found["mode"], found["arguments"]) == (63, "0o600", ["--json"])
    assert not Path(found["AIOSYNCTHING_API_KEY_FILE"]).exists()
    assert (home / "config.xml").exists()


def test_until_it_is_shut_down(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`daemon` prints where the daemon is, but not the key, and ends with it."""
    shown = tmp_path / "shown"
    watch = f"while not Path({str(shown)!r}).exists(): time.sleep(0.02)"
    binary = imitation(
        tmp_path,
        f"import threading\ndef watch():\n    {watch}\n    os._exit(0)\n"
        "threading.Thread(target=watch).start()\nserve(identity())",
    )
    monkeypatch.setattr(Output, "flush", lambda _: shown.touch())
    done = cli("daemon", "--binary", str(binary))
    assert (done.status, done.err) == (0, "press Ctrl-C to stop it\nthe daemon was shut down\n")
    lines = dict(line.split(None, 1) for line in done.out.splitlines())
    assert lines.keys() == {"Syncthing", "url", "key", "home"}
    assert not Path(lines["key"]).exists()
    assert not Path(lines["home"]).exists()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["run"], 2, "COMMAND"),
        (["run", "no-such-program"], 127, "can't run no-such-program"),
        (["run", "--url", "http://x", "true"], 2, "don't name another one"),
        (["daemon", "-p", "x"], 2, "don't name another one"),
        (["daemon", "--binary", "/no/such"], 2, "name the program with --binary FILE or"),
        (["run", "--binary", "/no/such", "true"], 2, "/no/such"),
    ],
)
def test_refused(arguments: list[str], status: int, message: str, cli: Cli) -> None:
    """Options for another daemon are refused, and a missing program is noticed first."""
    done = cli(*arguments)
    assert (done.status, done.out, message in done.err) == (status, "", True)


@pytest.mark.daemon
def test_a_real_daemon(
    newest_syncthing: Path, cli: Cli, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside of `run`, `aiosyncthing` talks to the private daemon; Ctrl-C ends `daemon` and leaves nothing behind."""
    monkeypatch.setenv("SYNCTHING_BINARY", str(newest_syncthing))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    shown = tmp_path / "shown"
    inside = f"{shlex.quote(sys.executable)} -m aiosyncthing status --json > {shlex.quote(str(shown))}"
    assert cli("run", "sh", "-c", inside).status == 0
    assert checked(json.loads(shown.read_text()))["folders"] == []

    def interrupt(out: Output) -> None:
        # It is ready, and has said where. Later on, the signal would end this process.
        if homes:
            return
        homes.extend(folder for folder in tmp_path.glob("aiosyncthing*") if processes_with(str(folder)))
        os.kill(os.getpid(), signal.SIGINT)

    homes: list[Path] = []
    monkeypatch.setattr(Output, "flush", interrupt)
    done = cli("daemon", "--json")
    assert (done.status, len(homes)) == (128 + signal.SIGINT, 1)
    assert done.lines()[0]["home"].startswith(str(homes[0]))
    assert processes_with(str(homes[0])) == []
    assert not [file for file in tmp_path.iterdir() if file.name.startswith("aiosyncthing")]
