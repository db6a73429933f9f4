"""`pause`, `resume` and `paused`: exactly what was paused is resumed, whatever happens."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing import DeviceID
from aiosyncthing.cli.errors import CommandError
from aiosyncthing.cli.output.output import Output
from aiosyncthing.cli.pause_files import PauseFile, default_folder
from aiosyncthing.cli.programs import children
from aiosyncthing.types import PauseState
from pytest_syncthing import FakeSyncthing
from pytest_syncthing.handles import FakeFault
from tests.support.cli import Cli
from tests.support.terminals import OnTerminal

# A command that says on its standard output that it runs, and ends as its argument says.
CHILD = """
import os, signal, sys
print("runs", flush=True)
exec(sys.argv[1])
"""


@pytest.fixture
def pi(here: FakeSyncthing) -> DeviceID:
    """A device, and three folders of which one is paused."""
    device = here.add_device("pi")
    here.add_folder("docs", label="Papers", files={"a": b"x"}, devices=[device])
    here.add_folder("photos")
    here.add_folder("old", paused=True)
    return device


def stopped(fake: FakeSyncthing) -> set[str]:
    """Return the names of what is paused."""
    config = fake.config
    folders = {each["id"] for each in config["folders"] if each["paused"]}
    return folders | {each["name"] for each in config["devices"] if each["paused"]}


def nothing(_: object) -> None:
    """Do something while the command runs."""


def child(what: str) -> list[str]:
    """Return the end of a command line: a program that does this."""
    return ["--", sys.executable, "-ISc", CHILD, what]  # without `site`, which takes most of the time


def test_pause_and_resume(here: FakeSyncthing, pi: DeviceID, cli: Cli) -> None:
    """Running folders and devices are paused, paused ones resumed; the second time there is nothing to do."""
    assert cli("pause", "papers", "pi", "docs").out == f"paused: device pi ({pi})\npaused: folder Papers (docs)\n"
    assert stopped(here) == {"docs", "old", "pi"}
    done = cli("pause", "docs")
    assert (done.status, done.out, done.err) == (0, "", "nothing to change\n")
    assert cli("pause", "--all", "--json").changes() == ["paused folder photos"]
    assert cli("resume", "docs", "--json").changes() == ["resumed folder Papers"]
    assert cli("resume", "--all", "--json").changes() == [
        "resumed folder photos",
        "resumed folder old",
        "resumed device pi",
    ]
    assert stopped(here) == set()


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ("pause nas", 2),  # the daemon's own device
        ("pause doc", 5),
        ("pause docs --state /no/such/folder/state", 1),
        ("pause docs --for 0", 2),
        ("pause docs --for 9999999999999999h", 2),
        ("resume --undo x docs", 2),
        ("resume --undo /no/such/file", 1),
        ("paused docs", 2),
        ("paused docs --", 2),
        ("paused -- true", 2),
        ("paused doc -- true", 5),
        ("paused docs --device pi -- true", 2),
        ("paused pi --at-rest -- true", 2),
        ("paused old --at-rest -- true", 6),
        ("paused docs --at-rest --device pi --timeout 0.3 -- true", 124),
        ("paused docs --state /no/such/folder/state -- true", 1),
        ("paused docs -- /no/such/program", 127),
        ("paused docs -- no-such-program", 127),
        ("paused docs -- /etc/passwd", 126),
        ("paused docs -- /etc", 126),
        ("paused docs -- {broken}", 126),  # which is noticed later
    ],
)
def test_refusals(arguments: str, status: int, here: FakeSyncthing, pi: DeviceID, cli: Cli, tmp_path: Path) -> None:
    """Invalid arguments, and commands that fail to start, change nothing."""
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF")
    broken.chmod(0o700)
    done = cli(*arguments.format(broken=broken).split())
    assert (done.status, done.out) == (status, "")
    assert done.err.startswith("aiosyncthing: error: ")
    assert stopped(here) == {"old"}


def test_neither_names_nor_all(cli: Cli) -> None:
    """The message says which of them is missing, or that both were given."""
    for command in ("pause", "resume"):
        neither, both = cli(command), cli(command, "docs", "--all")
        assert (neither.status, both.status) == (2, 2)
        assert "specify folders or devices, or use --all" in neither.err
        assert "use either --all or names" in both.err


def test_a_part_that_fails(here: FakeSyncthing, pi: DeviceID, cli: Cli) -> None:
    """The command continues after a failure, and reports each one."""
    here.respond("rest/config/folders/docs", status=500, text="boom", method="PATCH")
    done = cli("pause", "--all", "--json")
    assert done.status == 9
    assert done.changes() == ["paused device pi", "paused folder photos"]
    assert [each["exitCode"] for each in done.json()["failures"]] == [1]
    here.respond("rest/config/folders/docs", status=500, text="boom", method="PATCH")
    assert cli("pause", "docs").status == 1


def test_a_state_file(here: FakeSyncthing, pi: DeviceID, cli: Cli, tmp_path: Path) -> None:
    """--undo resumes exactly what --state has recorded, even in several runs, and can be repeated.

    What was paused on another daemon is neither resumed here nor forgotten; nor is a file with something else.
    """
    state = tmp_path / "state"
    assert cli("pause", "docs", "--state", str(state)).status == 0
    assert cli("pause", "--all", "--state", str(state)).status == 0
    assert json.loads(state.read_text()) == {"daemon": here.device_id, "folders": ["docs", "photos"], "devices": [pi]}
    assert state.stat().st_mode & 0o077 == 0
    done = cli("resume", "--undo", str(state), "--json")
    assert done.changes() == ["resumed folder Papers", "resumed folder photos", "resumed device pi"]
    assert stopped(here) == {"old"}
    assert cli("resume", "--undo", str(state), "--json").changes() == []
    for text in (json.dumps({"daemon": pi, "folders": ["old"], "devices": []}), "[1]"):
        state.write_text(text)
        for arguments in (
            ("resume", "--undo", str(state)),
            ("pause", "docs", "--state", str(state)),
            ("paused", "docs", "--state", str(state), "--", "true"),
        ):
            assert cli(*arguments).status == 2, arguments
            assert state.read_text() == text
    assert stopped(here) == {"old"}


def test_pause_for(here: FakeSyncthing, pi: DeviceID, cli: Cli) -> None:
    """With --for, what was paused is resumed at the end."""
    done = cli("pause", "docs", "old", "--for", "50ms")
    assert (done.status, done.err) == (0, "paused for 0 s; press Ctrl-C to resume now\n")
    assert done.out == "paused: folder Papers (docs)\nresumed: folder Papers (docs)\n"
    assert stopped(here) == {"old"}
    assert not [*default_folder().iterdir()]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set what happens while a command would run, and how it ends."""

    def set_it(what: Callable[[Mapping[str, str]], object], status: int = 0) -> None:
        async def run_command(_: object, environ: Mapping[str, str], __: object) -> int:
            what(environ)
            return status

        monkeypatch.setattr(children, "run_command", run_command)

    return set_it


def test_what_is_left_paused(
    here: FakeSyncthing, pi: DeviceID, cli: Cli, meanwhile: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can't be resumed is an error that says how to try again; the next run does so by itself."""
    monkeypatch.setattr("aiosyncthing.pausing.shield.LIMIT", 1.0)  # seconds until resuming is given up
    faults: list[FakeFault] = []

    def fail(_: object) -> None:
        where = "rest/config/folders/docs"
        faults.append(here.respond(where, status=500, text="boom", method="PATCH", times=None))

    meanwhile(fail)
    done = cli("paused", "docs", "--", "true")
    (file,) = default_folder().iterdir()
    assert (done.status, done.out) == (9, "")
    assert done.err.startswith("aiosyncthing: error: still paused: folder docs, because resuming failed: ")
    assert done.err.endswith(f"hint: `aiosyncthing resume --undo {file}` tries again\n")
    assert cli("resume", "--undo", str(file)).status == 9
    assert cli("paused", "photos", "--", "true").status == 9
    faults.pop().release()
    meanwhile(nothing)
    done = cli("paused", "photos", "--", "true")
    assert (done.status, done.out) == (0, "")
    assert "resumed folder docs, which an earlier run has left paused" in done.err
    assert stopped(here) == {"old"}
    assert not [*default_folder().iterdir()]

    meanwhile(fail, 3)  # how the command has ended comes first
    state = tmp_path / "noted"
    done = cli("paused", "docs", "--state", str(state), "--json", "--", "true")
    assert (done.status, done.error()["error"]) == (3, "StillPausedError")
    faults.pop().release()
    meanwhile(nothing)
    assert cli("paused", "photos", "--state", str(state), "--", "true").status == 0
    assert stopped(here) == {"old"}


def test_what_the_command_learns(here: FakeSyncthing, pi: DeviceID, cli: Cli, meanwhile: Any, tmp_path: Path) -> None:
    """Folders are paused one after another when they are complete; the command learns where they are, as otherwise."""
    seen: list[object] = []

    def look(environ: Mapping[str, str]) -> None:
        state = json.loads((tmp_path / "state").read_text())
        seen.extend([stopped(here), environ["AIOSYNCTHING_FOLDER"], environ["AIOSYNCTHING_PATH"], state["folders"]])

    meanwhile(look)
    arguments = ("--at-rest", "--state", str(tmp_path / "state"), "--timeout", "60", "--", "true")
    assert cli("paused", "docs", "photos", *arguments).status == 0
    paths = "\n".join(here.folder(each).config["path"] for each in ("docs", "photos"))
    assert seen == [{"docs", "photos", "old"}, "docs\nphotos", paths, ["docs", "photos"]]
    assert stopped(here) == {"old"}
    assert json.loads((tmp_path / "state").read_text())["folders"] == []

    passed: list[tuple[str | None, str | None]] = []
    meanwhile(lambda environ: passed.append((environ.get("AIOSYNCTHING_FOLDER"), environ.get("AIOSYNCTHING_PATH"))))
    here.set_folder("old", path="~/old")
    for names in (["papers"], ["docs", "pi", "old"], ["pi"]):
        assert cli("paused", *names, "--", "true").status == 0
    path = here.folder("docs").config["path"]
    assert passed == [("docs", path), ("docs\nold", f"{path}\n{here.home}/old"), (None, None)]


def test_paused(here: FakeSyncthing, pi: DeviceID, cli: Cli) -> None:
    """The command runs while everything is paused, gets its arguments unchanged, and determines the exit status."""
    program = child("sys.exit(7 if sys.argv[2:] == ['--json', ''] else 0)")
    done = cli("paused", "docs", "pi", "-q", *program, "--json", "")
    assert (done.status, done.out, done.err) == (7, "", "")
    patched = [each for each in here.requests if each.method == "PATCH"]
    assert [json.loads(each.body)["paused"] for each in patched] == [True, True, False, False]
    assert cli("paused", "--all", *child("os.kill(os.getpid(), signal.SIGKILL)")).status == 128 + signal.SIGKILL
    assert cli("paused", "docs", *child("os.kill(os.getpid(), signal.SIGTERM)")).status == 128 + signal.SIGTERM
    assert stopped(here) == {"old"}
    assert not [*default_folder().iterdir()]


def test_files_of_others(here: FakeSyncthing, pi: DeviceID, cli: Cli, tmp_path: Path) -> None:
    """Files of running processes and of other daemons are left alone, and those that can't be read reported."""
    default_folder().mkdir(parents=True)
    running, other, broken = (default_folder() / f"{name}.json" for name in ("running", "other", "broken"))
    other.write_text(json.dumps({"daemon": pi, "folders": ["old"], "devices": []}))
    broken.write_text("{")
    with PauseFile(running) as file:
        file.write({"daemon": here.device_id, "folders": ["old"], "devices": []})
        assert cli("resume", "--undo", str(running)).status == 1  # it is in use
        done = cli("paused", "docs", *child("pass"))
    assert (done.status, done.err) == (
        0,
        f"aiosyncthing: warning: {broken} is not a file written by `pause --state` or `paused --state`\n",
    )
    assert sorted(default_folder().iterdir()) == [broken, other, running]
    assert cli("paused", "docs", *child("pass")).status == 0
    assert stopped(here) == set()
    assert sorted(default_folder().iterdir()) == [broken, other]
    # Where nothing can be recorded, the command runs nevertheless.
    shutil.rmtree(tmp_path / "state")
    (tmp_path / "state").write_text("in the way")
    done = cli("paused", "docs", *child("pass"))
    assert (done.status, "warning: can't record what is paused" in done.err) == (0, True)


def test_a_file_that_becomes_shorter(tmp_path: Path) -> None:
    """A state is replaced by one write, whatever was there."""
    long: PauseState = {"daemon": "x", "folders": ["a" * 100], "devices": []}
    short: PauseState = {"daemon": "x", "folders": [], "devices": []}
    sizes: set[int] = set()
    with PauseFile(tmp_path / "state") as file:
        assert file.read() == {"daemon": "", "folders": [], "devices": []}
        for state in (long, short, long):
            file.write(state)
            assert file.read() == state
            sizes.add(file.path.stat().st_size)
    assert len(sizes) == 1


def test_a_file_that_can_not_be_written_completely(tmp_path: Path) -> None:
    """On a full disk, the file keeps what it had, and nothing of the new state."""
    with PauseFile(tmp_path / "state") as file:
        for _ in range(2):  # the second time there is something
            content = file.path.read_bytes()
            longest = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) + 20, longest[1]))  # a write is cut at this size
            try:
                with pytest.raises(CommandError, match="can't write"):
                    file.write({"daemon": "x", "folders": ["b" * 100], "devices": []})
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, longest)
            assert file.path.read_bytes() == content
            file.write({"daemon": "x", "folders": ["a"], "devices": []})


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGQUIT])
def test_signals(signum: int, here: FakeSyncthing, pi: DeviceID, cli: Cli, later: Any, tmp_path: Path) -> None:
    """A signal goes to the command, and its end decides; then nothing is left paused."""
    ready = tmp_path / "ready"
    program = child(f"signal.signal({signum:d}, signal.SIG_DFL); open({str(ready)!r}, 'w'); signal.pause()")
    seen: list[set[str]] = []

    def send() -> None:
        seen.append(stopped(here))
        os.kill(os.getpid(), signum)

    later(send, ready.exists)
    assert cli("paused", "--all", *program).status == 128 + signum
    assert (seen, stopped(here)) == ([{"docs", "photos", "old", "pi"}], {"old"})
    assert not [*default_folder().iterdir()]


def test_a_killed_process(here: FakeSyncthing, pi: DeviceID, cli: Cli) -> None:
    """Where `paused` is killed, the next one resumes what is left, but not before the command has ended."""
    command = [sys.executable, "-m", "aiosyncthing", "paused", "docs", *child("sys.stdin.read()")]
    with subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == "runs\n"
        process.kill()
        process.wait(timeout=30)
        assert cli("paused", "photos", *child("pass")).status == 0
        assert stopped(here) == {"docs", "old"}
        process.communicate(timeout=30)  # its standard input ends, and with it the command
    assert cli("paused", "photos", *child("pass")).status == 0
    assert stopped(here) == {"old"}


def test_interrupted_pause(here: FakeSyncthing, pi: DeviceID, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal ends `pause --for` at once, after everything was resumed."""
    seen: list[set[str]] = []

    def info(_: Output, text: str) -> None:
        assert text == "paused for 1 h; press Ctrl-C to resume now"
        seen.append(stopped(here))
        os.kill(os.getpid(), signal.SIGHUP)

    monkeypatch.setattr(Output, "info", info)
    done = cli("pause", "docs", "--for", "1h")
    assert (done.status, done.out) == (128 + signal.SIGHUP, "paused: folder Papers (docs)\n")
    assert (seen, stopped(here)) == ([{"docs", "old"}], {"old"})


def test_ctrl_c(here: FakeSyncthing, pi: DeviceID, tmp_path: Path) -> None:
    """On a terminal, the command gets Ctrl-C once, and may go on."""
    # A handler would not run before input() returns, if the signal came just before it reads.
    code = "signal.pthread_sigmask(signal.SIG_BLOCK, {2}); print('ready', flush=True); signal.sigwait({2}); "
    code += "print('got', flush=True); input(); sys.exit(11 + len(signal.sigpending()))"
    process = OnTerminal([sys.executable, "-m", "aiosyncthing", "paused", "docs", *child(code)], os.environ, tmp_path)
    process.until("ready")
    process.type("\x03")
    process.until("got")
    process.type("\n")
    assert process.ended() == 11
    process.close()
    assert stopped(here) == {"old"}
