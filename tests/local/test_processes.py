"""What the processes of Syncthing tell of their homes and addresses."""

from __future__ import annotations

import os
import pwd
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiosyncthing.local.processes import Running, _options, running
from tests.support.homes import as_nobody, make_home
from tests.support.procfs import Proc


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    """A computer on which nothing runs."""
    return Proc(tmp_path / "proc")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of Syncthing."""
    return make_home(tmp_path / "the home")


def found(proc: Proc) -> list[tuple[int, Path, str | None]]:
    """Return what runs with a home that is certain, without the owner."""
    return [(each.pid, each.home, each.gui_address) for each in running(proc.path) if each.home is not None]


def hints(proc: Proc) -> list[tuple[int, Path | None]]:
    """Return what else runs, with what its home seems to be."""
    return [(each.pid, each.hint) for each in running(proc.path) if each.home is None]


@pytest.mark.parametrize(
    "command",
    [
        ["/usr/bin/syncthing", "serve", "--home={home}"],
        ["syncthing", "--home", "{home}", "serve", "--no-browser"],
        ["./syncthing", "-home={home}", "-no-browser"],
        ["syncthing", "-home", "{home}"],
        ["syncthing", "-H", "{home}"],
        ["syncthing", "-H{home}", "serve"],
        ["syncthing", "-H={home}"],
        ["syncthing", "--config={home}", "--data=/var/db"],
        ["syncthing", "--config", "{home}", "--data", "/var/db"],
        ["syncthing", "-C", "{home}", "-D", "/var/db"],
        ["syncthing", "--home={home}", "--config=/ignored"],
        ["syncthing-linux-amd64-v1.29.5", "--home={home}"],
        ["syncthing_2.0", "--home={home}"],
        ["syncthing.old", "--home={home}"],
    ],
)
def test_a_named_home(proc: Proc, home: Path, command: list[str]) -> None:
    """The home is found in each form that a version's command line takes, and goes before the environment."""
    proc.add(7, *(word.format(home=home) for word in command), STHOMEDIR="/ignored", HOME="/ignored")
    assert found(proc) == [(7, home, None)]


def test_a_relative_home(proc: Proc, home: Path) -> None:
    """A relative home starts at the process's own working directory."""
    proc.add(7, "syncthing", "--home", home.name, cwd=home.parent)
    proc.add(8, "syncthing", STHOMEDIR=f"../{home.parent.name}/{home.name}", cwd=home.parent)
    assert [each.samefile(home) for _, each, _ in found(proc)] == [True, True]


def test_a_home_in_the_environment(proc: Proc, home: Path) -> None:
    """Without an option the variables count, in the daemon's order."""
    other = make_home(home.parent / "other")
    proc.add(1, "syncthing", "serve", STHOMEDIR=home, STCONFDIR=other)
    proc.add(2, "syncthing", "serve", STCONFDIR=other, HOME=home)
    assert [each for _, each, _ in found(proc)] == [home, other]


def test_a_default_home(proc: Proc, tmp_path: Path) -> None:
    """Without either it is the default for the process's own environment."""
    state = make_home(tmp_path / "me" / ".local" / "state" / "syncthing")
    xdg = make_home(tmp_path / "xdg" / "syncthing")
    proc.add(1, "syncthing", HOME=tmp_path / "me")
    proc.add(2, "syncthing", HOME=tmp_path / "me", XDG_CONFIG_HOME=tmp_path / "xdg")
    proc.add(3, "syncthing", HOME=tmp_path / "nobody")
    proc.add(4, "syncthing", XDG_STATE_HOME=tmp_path / "xdg")
    proc.add(5, "syncthing")
    assert found(proc) == [(1, state, None), (2, xdg, None), (4, xdg, None)]


@pytest.mark.parametrize(
    ("options", "environ", "address"),
    [
        (["--gui-address=http://127.0.0.1:1"], {}, "http://127.0.0.1:1"),
        (["--gui-address", ":1"], {}, ":1"),
        (["-gui-address=unix:///a=b"], {}, "unix:///a=b"),
        (["--gui-address=:1", "--gui-address=:2"], {}, ":2"),
        (["--gui-address=:1"], {"STGUIADDRESS": ":2"}, ":1"),
        ([], {"STGUIADDRESS": ":2"}, ":2"),
        (["--gui-address="], {"STGUIADDRESS": ""}, None),
        (["--gui-address"], {}, None),
        (["--gui-apikey=:3", "--log-level", "debug", "-v"], {}, None),
    ],
)
def test_an_overridden_address(
    proc: Proc, home: Path, options: list[str], environ: dict[str, str], address: str | None
) -> None:
    """An option, or else the variable, says where it listens in place of what is configured."""
    proc.add(7, "syncthing", "serve", f"--home={home}", *options, **environ)
    assert found(proc) == [(7, home, address)]


def test_other_programs(proc: Proc, home: Path) -> None:
    """What is no daemon of Syncthing is left alone, whatever its name begins with."""
    for pid, command in enumerate(
        [
            [],
            ["python3", "syncthing", f"--home={home}"],
            ["syncthing-gtk", f"--home={home}"],
            ["syncthingtray", f"--home={home}"],
            ["/opt/syncthing/other", f"--home={home}"],
            ["syncthing", "cli", f"--home={home}", "show", "system"],
            ["syncthing", f"--home={home}", "generate"],
            ["syncthing", "device-id", f"--home={home}"],
        ]
    ):
        proc.add(pid, *command)
    assert found(proc) == []


def test_a_container(proc: Proc, home: Path, tmp_path: Path) -> None:
    """The home of a process that sees another file system is not ours, and only a hint."""
    proc.add(1, "syncthing", f"--home={home}", root=tmp_path / "elsewhere")
    make_home(Path(f"{tmp_path / 'container'}{home}"))
    proc.add(2, "syncthing", f"--home={home}", root=tmp_path / "container")
    proc.add(3, "syncthing", f"--home={tmp_path / 'only-there'}")
    assert found(proc) == []
    assert hints(proc) == [(1, home), (2, home), (3, tmp_path / "only-there")]


def test_what_can_not_be_read(proc: Proc, home: Path) -> None:
    """Those that have just ended are passed over; the home of one that hides its environment is a guess."""
    proc.add(1, "syncthing", f"--home={home}")
    (proc.path / "2").mkdir()
    proc.add(3, "syncthing", "--home=a\0b")
    proc.add(4, "syncthing", HOME="relative")
    (proc.add(5, "syncthing", "--home=x") / "cwd").unlink()
    proc.add(30, "syncthing", f"--home={home}", STGUIADDRESS=":1")
    assert found(proc) == [(1, home, None), (30, home, ":1")]
    assert hints(proc) == [(3, None), (4, None), (5, None)]


def test_a_process_of_another_user() -> None:
    """A process whose environment we may not read is shown, and the home that its command line names."""
    with tempfile.TemporaryDirectory() as folder:  # not below a folder of root alone
        Path(folder).chmod(0o755)
        proc = Proc(Path(folder, "proc"))
        home = make_home(Path(folder, "home"))
        proc.add(1, "syncthing", f"--home={home}", "--gui-address=:1")
        assert found(proc) == [(1, home, ":1")]
        with as_nobody(proc.path / "1" / "environ"):
            (process,) = running(proc.path)
    assert process == Running(1, os.getuid(), None, ":1", home)


def test_a_default_home_that_is_a_guess(proc: Proc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the command line names none, it is guessed from the home directory of the process's user."""
    home = make_home(tmp_path / ".local" / "state" / "syncthing")
    proc.add(1, "syncthing", "serve")
    (proc.path / "1" / "environ").unlink()
    user = pwd.getpwuid(os.geteuid())
    for directory, hint in ((tmp_path, home), (tmp_path / "gone", None)):
        entry = pwd.struct_passwd([*user[:5], str(directory), user[6]])
        monkeypatch.setattr(pwd, "getpwuid", lambda _, entry=entry: entry)
        assert hints(proc) == [(1, hint)]


def test_the_name_of_a_user(proc: Proc, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user has a name, or else a number."""
    proc.add(1, "syncthing", "serve")
    (process,) = running(proc.path)
    assert process.user == pwd.getpwuid(os.geteuid()).pw_name
    (proc.path / "1" / "environ").unlink()
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    (process,) = running(proc.path)
    assert (process.user, process.hint) == (str(os.geteuid()), None)


def test_no_proc(tmp_path: Path) -> None:
    """Where there is no /proc, nothing is found."""
    assert list(running(tmp_path / "proc")) == []


def test_names_that_are_not_text(proc: Proc, tmp_path: Path) -> None:
    """A home may have any bytes in its name."""
    home = make_home(tmp_path / "h\udcff")
    proc.add(1, "syncthing", f"--home={home}")
    assert found(proc) == [(1, home, None)]


def test_the_owner(proc: Proc, home: Path) -> None:
    """Whose process it is comes from the system, not from what the process says."""
    proc.add(1, "syncthing", f"--home={home}", USER="root", UID="0")
    assert list(running(proc.path)) == [Running(1, os.geteuid(), home, None, home)]


def test_the_processes_of_this_computer() -> None:
    """The real /proc is read without an error, whatever runs."""
    if sys.platform == "linux":
        assert all(process.home is None or process.home.is_absolute() for process in running(Path("/proc")))


@given(
    st.lists(
        st.text() | st.sampled_from(["--home", "-H", "-", "--", "--home=", "-C=", "--gui-address", "cli", "serve"])
    )
)
def test_any_command_line(arguments: list[str]) -> None:
    """Whatever a command line says, nothing is raised, and the options are those that matter."""
    options = _options(arguments)
    assert options is None or options.keys() <= {"home", "config", "gui-address"}
