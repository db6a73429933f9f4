"""Reading homes and addresses from the running Syncthing processes."""

from __future__ import annotations

import os
import pwd
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

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


def known(proc: Proc) -> list[tuple[int, Path, str | None]]:
    """Return the daemons with a certain home."""
    return [(each.pid, each.home, each.gui_address) for each in running(proc.path) if each.home is not None]


def hints(proc: Proc) -> list[tuple[int, Path | None]]:
    """Return the other daemons, with their likely home."""
    return [(each.pid, each.hint) for each in running(proc.path) if each.home is None]


@pytest.mark.parametrize(
    "command",
    [
        "/usr/bin/syncthing serve --home={home}",
        "syncthing --home {home} serve --no-browser",
        "./syncthing -home={home} -no-browser",
        "syncthing -home {home}",
        "syncthing -H {home}",
        "syncthing -H{home} serve",
        "syncthing -H={home}",
        "syncthing --config={home} --data=/var/db",
        "syncthing --config {home} --data /var/db",
        "syncthing -C {home} -D /var/db",
        "syncthing --home={home} --config=/ignored",
        "syncthing-linux-amd64-v1.29.5 --home={home}",
        "syncthing_2.0 --home={home}",
        "syncthing.old --home={home}",
    ],
)
def test_the_home_on_the_command_line(proc: Proc, home: Path, command: str) -> None:
    """The home is read from every form of the option, which takes precedence over the environment."""
    words = (word.format(home=home) for word in command.split())
    proc.add(7, *words, STHOMEDIR="/ignored", HOME="/ignored")
    assert known(proc) == [(7, home, None)]


def test_a_relative_home(proc: Proc, home: Path) -> None:
    """A relative home starts at the process's own working directory. Its name may contain any bytes."""
    proc.add(7, "syncthing", "--home", home.name, cwd=home.parent)
    proc.add(8, "syncthing", STHOMEDIR=f"../{home.parent.name}/{home.name}", cwd=home.parent)
    assert [each.samefile(home) for _, each, _ in known(proc)] == [True, True]
    odd = make_home(home.parent / "h\udcff")
    proc.add(9, "syncthing", f"--home={odd}")
    assert known(proc)[2:] == [(9, odd, None)]


def test_the_home_in_the_environment(proc: Proc, tmp_path: Path) -> None:
    """Without an option, the variables count in the daemon's order, and last the default homes."""
    one, other = make_home(tmp_path / "one"), make_home(tmp_path / "other")
    state = make_home(tmp_path / "me" / ".local" / "state" / "syncthing")
    xdg = make_home(tmp_path / "xdg" / "syncthing")
    proc.add(1, "syncthing", "serve", STHOMEDIR=one, STCONFDIR=other)
    proc.add(2, "syncthing", "serve", STCONFDIR=other, HOME=one)
    proc.add(3, "syncthing", HOME=tmp_path / "me")
    proc.add(4, "syncthing", HOME=tmp_path / "me", XDG_CONFIG_HOME=tmp_path / "xdg")
    proc.add(5, "syncthing", HOME=tmp_path / "empty")
    proc.add(6, "syncthing", XDG_STATE_HOME=tmp_path / "xdg")
    proc.add(7, "syncthing")
    assert known(proc) == [(1, one, None), (2, other, None), (3, state, None), (4, xdg, None), (6, xdg, None)]


@pytest.mark.parametrize(
    ("options", "variable", "address"),
    [
        (["--gui-address=http://127.0.0.1:1"], None, "http://127.0.0.1:1"),
        (["--gui-address", ":1"], None, ":1"),
        (["-gui-address=unix:///a=b"], None, "unix:///a=b"),
        (["--gui-address=:1", "--gui-address=:2"], None, ":2"),
        (["--gui-address=:1"], ":2", ":1"),
        ([], ":2", ":2"),
        (["--gui-address="], "", None),
        (["--gui-address"], None, None),
        (["--gui-apikey=:3", "--log-level", "debug", "-v"], None, None),
    ],
)
def test_an_overriding_address(
    proc: Proc, home: Path, options: list[str], variable: str | None, address: str | None
) -> None:
    """The option, or else the variable, overrides the configured address."""
    environ = {} if variable is None else {"STGUIADDRESS": variable}
    proc.add(7, "syncthing", "serve", f"--home={home}", *options, **environ)
    assert known(proc) == [(7, home, address)]


@pytest.mark.parametrize(
    "command",
    [
        "",
        "python3 syncthing --home={home}",
        "syncthing-gtk --home={home}",
        "syncthingtray --home={home}",
        "/opt/syncthing/other --home={home}",
        "syncthing cli --home={home} show system",
        "syncthing --home={home} generate",
        "syncthing device-id --home={home}",
    ],
)
def test_other_programs(proc: Proc, home: Path, command: str) -> None:
    """Programs with similar names, and Syncthing's other commands, are not daemons."""
    proc.add(1, *(word.format(home=home) for word in command.split()))
    assert list(running(proc.path)) == []


def test_a_container(proc: Proc, home: Path, tmp_path: Path) -> None:
    """The home of a process with another file system is only a hint."""
    proc.add(1, "syncthing", f"--home={home}", root=tmp_path / "elsewhere")
    make_home(Path(f"{tmp_path / 'container'}{home}"))
    proc.add(2, "syncthing", f"--home={home}", root=tmp_path / "container")
    proc.add(3, "syncthing", f"--home={tmp_path / 'only-there'}")
    assert known(proc) == []
    assert hints(proc) == [(1, home), (2, home), (3, tmp_path / "only-there")]


def test_unreadable_processes(proc: Proc, home: Path) -> None:
    """A process that has just ended is skipped; one with impossible paths has no home."""
    proc.add(1, "syncthing", f"--home={home}")
    (proc.path / "2").mkdir()
    proc.add(3, "syncthing", "--home=a\0b")
    proc.add(4, "syncthing", HOME="relative")
    (proc.add(5, "syncthing", "--home=x") / "cwd").unlink()
    proc.add(30, "syncthing", f"--home={home}", STGUIADDRESS=":1")
    assert known(proc) == [(1, home, None), (30, home, ":1")]
    assert hints(proc) == [(3, None), (4, None), (5, None)]


def test_a_process_of_another_user() -> None:
    """If the environment is not readable, the command line still gives the address and a likely home."""
    with tempfile.TemporaryDirectory() as folder:  # tmp_path may be below a folder that only root can read
        Path(folder).chmod(0o755)
        proc = Proc(Path(folder, "proc"))
        home = make_home(Path(folder, "home"))
        proc.add(1, "syncthing", f"--home={home}", "--gui-address=:1")
        with as_nobody(proc.path / "1" / "environ"):
            assert list(running(proc.path)) == [Running(1, os.getuid(), None, ":1", home)]


def test_guessing_a_default_home(proc: Proc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If neither the command line nor the environment names it, the home of the process's user is a hint."""
    home = make_home(tmp_path / ".local" / "state" / "syncthing")
    (proc.add(1, "syncthing", "serve") / "environ").unlink()
    user = pwd.getpwuid(os.geteuid())
    for directory, hint in ((tmp_path, home), (tmp_path / "gone", None)):
        entry = pwd.struct_passwd([*user[:5], str(directory), user[6]])
        monkeypatch.setattr(pwd, "getpwuid", lambda _, entry=entry: entry)
        assert hints(proc) == [(1, hint)]


def test_the_user(proc: Proc, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system says who owns the process, not its environment. A user without a name is shown by ID."""
    proc.add(1, "syncthing", f"--home={home}", USER="another", UID="12345")
    (process,) = running(proc.path)
    assert process == Running(1, os.geteuid(), home, None, home)
    assert process.user == pwd.getpwuid(os.geteuid()).pw_name
    (proc.path / "1" / "environ").unlink()
    (proc.path / "1" / "cmdline").write_bytes(b"syncthing\0")
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    (process,) = running(proc.path)
    assert (process.user, process.hint) == (str(os.geteuid()), None)


def test_this_computer(tmp_path: Path) -> None:
    """The real /proc is read without an error; without one, nothing is found."""
    assert list(running(tmp_path / "proc")) == []
    if sys.platform == "linux":
        assert all(process.home is None or process.home.is_absolute() for process in running(Path("/proc")))


@settings(max_examples=100)
@given(
    st.lists(
        st.text() | st.sampled_from(["--home", "-H", "-", "--", "--home=", "-C=", "--gui-address", "cli", "serve"])
    )
)
def test_any_command_line(arguments: list[str]) -> None:
    """Any command line can be parsed; only the options that matter are returned."""
    options = _options(arguments)
    assert options is None or options.keys() <= {"home", "config", "gui-address"}
