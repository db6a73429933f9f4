"""Program, home, configuration, environment and command line of a private daemon."""

from __future__ import annotations

import stat
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from aiosyncthing import Daemon
from aiosyncthing.daemon.home import (
    ISOLATING_OPTIONS,
    HomeFolder,
    check_arguments,
    check_environment,
    check_key,
    command_line,
    configuration,
    environment,
    find_binary,
    read_device_id,
    sync_address,
    write_configuration,
)
from aiosyncthing.daemon.ports import Listening, Ports
from aiosyncthing.exceptions import BadRequestError, DaemonError


def program(path: Path) -> Path:
    """Make something that looks like a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o700)
    return path


def test_finding_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument takes precedence over the variable, and that over the PATH. A relative path becomes absolute."""
    argument, variable, on_path = (program(tmp_path / name / "syncthing") for name in ("a", "b", "c"))
    monkeypatch.setenv("PATH", str(on_path.parent))
    for value, found in ((None, on_path), ("", on_path), (str(variable), variable)):
        if value is None:
            monkeypatch.delenv("SYNCTHING_BINARY", raising=False)
        else:
            monkeypatch.setenv("SYNCTHING_BINARY", value)
        assert find_binary(None) == found
    assert find_binary(argument) == argument
    assert find_binary("syncthing") == on_path
    monkeypatch.chdir(tmp_path)
    assert find_binary(Path("a/syncthing")) == argument


@pytest.mark.parametrize("name", ["missing", "folder", "text"])
def test_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without an executable program, the error names it and says how to get one."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").touch(mode=0o600)
    with pytest.raises(DaemonError, match=rf"program '{tmp_path / name}' was not found: install Syncthing"):
        find_binary(tmp_path / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SYNCTHING_BINARY", raising=False)
    with pytest.raises(DaemonError, match=r"'syncthing'.*SYNCTHING_BINARY"):
        find_binary(None)


def test_a_given_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home is created for its owner only, with its parents; it is new until it has a configuration, and is kept."""
    monkeypatch.chdir(tmp_path)
    folder = HomeFolder("a/b")
    assert folder.path is None
    assert folder.make()
    assert folder.path == tmp_path / "a" / "b"
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert folder.make()
    for text in ("longer than", "the next"):
        write_configuration(folder.path, text)
        assert (folder.path / "config.xml").read_text() == text
    assert stat.S_IMODE((folder.path / "config.xml").stat().st_mode) == 0o600
    assert not folder.make()
    folder.remove()
    assert folder.path.is_dir()


def test_a_temporary_home() -> None:
    """A temporary home is removed at the end, and another one is created the next time."""
    folder = HomeFolder(None)
    for _ in range(2):
        folder.remove()
        assert folder.make()
        assert folder.path is not None
        assert folder.path.is_dir()
        folder.remove()
        assert not folder.path.exists()


@pytest.mark.parametrize(
    ("arguments", "use"),
    [
        ("--home=/a --home -home=/a -H -H/a -C=/a --config --data=/a -D/a", "home="),
        ("--gui-address=:1 --gui-address", "address="),
        ("--gui-apikey=secret", "api_key="),
        ("--no-restart", "monitor"),
    ],
)
def test_conflicting_arguments(arguments: str, use: str) -> None:
    """An option that `Daemon` sets itself is refused with the alternative, and without the value of a key."""
    for argument in arguments.split():
        with pytest.raises(BadRequestError, match=use) as refused:
            check_arguments(["--audit", argument])
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["STHOMEDIR", "STCONFDIR", "STDATADIR", "STGUIADDRESS", "STGUIAPIKEY", "STMONITORED"])
def test_conflicting_variables(name: str) -> None:
    """A variable that `Daemon` sets itself is refused, and its value not shown."""
    with pytest.raises(BadRequestError, match=f"{name} conflicts with Daemon: ") as refused:
        check_environment({"STTRACE": "all", name: "secret"})
    assert "secret" not in str(refused.value)


def test_other_arguments_and_variables() -> None:
    """Others are accepted, including similar options, values, and variables that `Daemon` sets by default."""
    check_arguments(["--audit", "--auditfile=--home", "--paused", "--home-like", "-v", "-vH", "home", "", "-", "--"])
    check_environment({"HOME": "/a", "STNOUPGRADE": "0", "STTRACE": "all", "STNODEFAULTFOLDER": ""})


def test_keys() -> None:
    """A key that can't be sent in a header is refused; no key means a generated one."""
    check_key(None)
    check_key("any key <&>")
    for key in ("", "ä", "a\nb"):
        with pytest.raises(BadRequestError, match="API key"):
            check_key(key)


def test_the_configuration() -> None:
    """The configuration has the ports and the key, escaped, and disables everything that leaves this computer."""
    with closing(Ports(None)) as ports:
        root = ElementTree.fromstring(configuration(ports, "<&\"'>"))
    assert root.findtext("gui/address") == ports.api.configured
    assert root.findtext("gui/apikey") == "<&\"'>"
    assert [element.text for element in root.iterfind("options/listenAddress")] == [ports.sync]
    assert {name: root.findtext(f"options/{name}") for name in ISOLATING_OPTIONS} == ISOLATING_OPTIONS


@pytest.mark.parametrize(
    ("listeners", "expected"),
    [
        (["tcp://127.0.0.1:22001"], "tcp://127.0.0.1:22001"),
        (["quic://0.0.0.0:22000", "tcp://0.0.0.0:22000"], "tcp://127.0.0.1:22000"),
        (["tcp://:22000"], "tcp://127.0.0.1:22000"),
        (["tcp://0:22000"], "tcp://127.0.0.1:22000"),
        (["tcp://[::]:22000"], "tcp://[::1]:22000"),
        (["tcp6://:22000"], "tcp://[::1]:22000"),
        (["tcp6://[0:0::%eth0]:22000"], "tcp://[::1]:22000"),
        (["tcp://[::ffff:0.0.0.0]:22000"], "tcp://127.0.0.1:22000"),
        (["tcp://[fe80::1%eth0]:22000"], "tcp://[fe80::1%eth0]:22000"),
        (["tcp://nas:22000"], "tcp://nas:22000"),
        (["tcp4://192.0.2.7:22000?x=y"], "tcp://192.0.2.7:22000"),
        (["dynamic+https://relays.syncthing.net/endpoint"], None),
        ([], None),
    ],
)
def test_the_sync_address(listeners: list[str], expected: str | None) -> None:
    """Others on this computer use the first TCP listener, by the loopback address if it listens on all interfaces."""
    assert sync_address(listeners) == expected


def test_the_environment(tmp_path: Path) -> None:
    """Variables that would change the daemon's behaviour or lead to the user's files are left out; given ones win."""
    inherited = {"PATH": "/bin", "LANG": "C.UTF-8"}
    left_out = dict.fromkeys(("XDG_CONFIG_HOME", "STHOMEDIR", "STTRACE", "STNORESTART", "http_proxy", "ALL_PROXY"), "x")
    given = {"STTRACE": "model", "STNOUPGRADE": "0", "MORE": "1"}
    homes = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(tmp_path / "user"))
    found = environment(inherited | left_out | {"HOME": "/home/me", "USERPROFILE": "C:/me"}, tmp_path, "key", given)
    own = {"STNODEFAULTFOLDER": "1", "STHASHING": "minio", "STMONITORED": "yes", "STGUIAPIKEY": "key"}
    assert found == {**inherited, **homes, **own, **given}


def test_the_command_line() -> None:
    """The command line has only options that every version knows, then the caller's."""
    expected = "/bin/syncthing serve --home=/home --no-browser --gui-address=http://127.0.0.1:1 --audit"
    found = command_line(Path("/bin/syncthing"), Path("/home"), Listening.given("127.0.0.1:1"), ["--audit"])
    assert found == expected.split(" ")


def test_the_device_id(tmp_path: Path) -> None:
    """The device ID comes from the certificate; if there is none, the error is the system's."""
    with pytest.raises(FileNotFoundError):
        read_device_id(tmp_path)
    (tmp_path / "cert.pem").write_bytes(b"\x30\x82\x00\x01\x00")
    assert len(read_device_id(tmp_path)) == 63


@pytest.mark.parametrize(
    "options",
    [
        {"api_key": "a\nb"},
        {"address": ":0"},
        {"arguments": ["--gui-address=127.0.0.1:1"]},
        {"arguments": ["--home", "/a"]},
        {"env": {"STGUIAPIKEY": "key"}},
        {"on_crash": "again"},
        {"crash_limit": -1},
    ],
)
def test_impossible_options(options: dict[str, Any]) -> None:
    """Options that are impossible, or conflict with what it sets itself, are refused before anything is started."""
    with pytest.raises(BadRequestError):
        Daemon(**options)


@pytest.mark.parametrize("name", ["client", "url", "device_id", "sync_address", "version", "home", "binary"])
def test_not_started(name: str) -> None:
    """Before `start`, what is not known yet is an error."""
    daemon = Daemon()
    assert "down" in repr(daemon)
    assert (daemon.pid, daemon.returncode, daemon.log_tail) == (None, None, [])
    with pytest.raises(DaemonError, match="not started"):
        getattr(daemon, name)
