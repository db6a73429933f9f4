"""What a private daemon runs on is complete, private and leads nowhere else."""

from __future__ import annotations

import stat
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from aiosyncthing.daemon import home as _home
from aiosyncthing.daemon.ports import Listening, Ports
from aiosyncthing.exceptions import BadRequestError, DaemonError


def program(path: Path) -> Path:
    """Make something that looks like a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o700)
    return path


def test_binary_by_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument goes before the environment variable, and that before the PATH."""
    argument, variable, on_path = (program(tmp_path / name / "syncthing") for name in ("a", "b", "c"))
    monkeypatch.setenv("PATH", str(on_path.parent))
    monkeypatch.delenv("SYNCTHING_BINARY", raising=False)
    assert _home.find_binary(None) == on_path
    monkeypatch.setenv("SYNCTHING_BINARY", "")
    assert _home.find_binary(None) == on_path
    monkeypatch.setenv("SYNCTHING_BINARY", str(variable))
    assert _home.find_binary(None) == variable
    assert _home.find_binary(argument) == argument
    assert _home.find_binary("syncthing") == on_path


def test_binary_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path counts from where we are, since the daemon will be somewhere else."""
    binary = program(tmp_path / "bin" / "syncthing")
    monkeypatch.chdir(tmp_path)
    assert _home.find_binary(Path("bin/syncthing")) == binary


@pytest.mark.parametrize("name", ["missing", "folder", "text"])
def test_no_binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without a program that can be executed, the error names it and says how to get one."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").touch(mode=0o600)
    with pytest.raises(DaemonError, match=r"there is no program .*Install Syncthing") as caught:
        _home.find_binary(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SYNCTHING_BINARY", raising=False)
    with pytest.raises(DaemonError, match=r"'syncthing'.*SYNCTHING_BINARY"):
        _home.find_binary(None)


def test_make_home(tmp_path: Path) -> None:
    """A home is made with all above it, for its owner only; it is new until it has a configuration."""
    home = tmp_path / "a" / "b"
    folder = _home.HomeFolder(home)
    assert folder.path is None
    assert folder.make()
    assert folder.path == home
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert folder.make()
    _home.write_configuration(home, "<configuration/>")
    assert not folder.make()
    folder.remove()
    assert home.is_dir()


def test_temporary_home() -> None:
    """A temporary home is removed in the end, and another one is made after that."""
    folder = _home.HomeFolder(None)
    for _ in range(2):
        folder.remove()
        assert folder.make()
        assert folder.path is not None
        assert folder.path.is_dir()
        folder.remove()
        assert not folder.path.exists()


@pytest.mark.parametrize(
    ("argument", "use"),
    [
        ("--home=/a", "home="),
        ("--home", "home="),
        ("-home=/a", "home="),
        ("-H", "home="),
        ("-H/a", "home="),
        ("-C=/a", "home="),
        ("--config", "home="),
        ("--data=/a", "home="),
        ("-D/a", "home="),
        ("--gui-address=:1", "address="),
        ("--gui-address", "address="),
        ("--gui-apikey=secret", "api_key="),
        ("--no-restart", "monitor"),
    ],
)
def test_arguments_that_contradict(argument: str, use: str) -> None:
    """An option for what `Daemon` sets itself is refused, with what to use, and without the value of a key."""
    with pytest.raises(BadRequestError, match=use) as refused:
        _home.check_arguments(["--audit", argument])
    assert "secret" not in str(refused.value)


def test_arguments_that_are_fine() -> None:
    """Other options pass, also those that only begin alike, and values."""
    _home.check_arguments(
        ["--audit", "--auditfile=--home", "--paused", "--home-like", "-v", "-vH", "home", "", "-", "--"]
    )


@pytest.mark.parametrize("name", ["STHOMEDIR", "STCONFDIR", "STDATADIR", "STGUIADDRESS", "STGUIAPIKEY", "STMONITORED"])
def test_variables_that_contradict(name: str) -> None:
    """A variable for what `Daemon` sets itself is refused, and its value not shown."""
    with pytest.raises(BadRequestError, match=f"{name} contradicts Daemon: ") as refused:
        _home.check_environment({"STTRACE": "all", name: "secret"})
    assert "secret" not in str(refused.value)


def test_variables_that_are_fine() -> None:
    """Others pass, also those that `Daemon` sets by default."""
    _home.check_environment({"HOME": "/a", "STNOUPGRADE": "0", "STTRACE": "all", "STNODEFAULTFOLDER": ""})


@pytest.mark.parametrize("key", ["", "ä", "a\nb"])
def test_keys(key: str) -> None:
    """A key that no header can hold is refused; none at all is one that is made."""
    _home.check_key(None)
    _home.check_key("any key <&>")
    with pytest.raises(BadRequestError, match="API key"):
        _home.check_key(key)


def test_write_configuration(tmp_path: Path) -> None:
    """The configuration can be read by its owner only, and be written again."""
    for text in ("longer than", "the next"):
        _home.write_configuration(tmp_path, text)
        assert (tmp_path / "config.xml").read_text() == text
    assert stat.S_IMODE((tmp_path / "config.xml").stat().st_mode) == 0o600


def test_configuration() -> None:
    """The configuration has ports and key, whatever is in it, and nothing that reaches beyond this computer."""
    with closing(Ports(None)) as ports:
        root = ElementTree.fromstring(_home.configuration(ports, "<&\"'>"))
    assert root.findtext("gui/address") == ports.api.configured
    assert root.findtext("gui/apikey") == "<&\"'>"
    assert [element.text for element in root.iterfind("options/listenAddress")] == [ports.sync]
    for option in ("globalAnnounceEnabled", "localAnnounceEnabled", "relaysEnabled", "natEnabled"):
        assert root.findtext(f"options/{option}") == "false"
    assert root.findtext("options/crashReportingEnabled") == "false"
    assert root.findtext("options/urAccepted") == "-1"


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
        (["tcp6://[::1]:22000"], "tcp://[::1]:22000"),
        (["dynamic+https://relays.syncthing.net/endpoint"], None),
        ([], None),
    ],
)
def test_sync_address(listeners: list[str], expected: str | None) -> None:
    """The address for others on this computer is that of the first TCP listener, a wildcard being loopback."""
    assert _home.sync_address(listeners) == expected


def test_environment(tmp_path: Path) -> None:
    """What would change the daemon's behaviour or lead to the user's files is not passed on; what is given counts."""
    inherited = {
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "HOME": "/home/me",
        "USERPROFILE": "C:/me",
        "XDG_CONFIG_HOME": "/home/me/.config",
        "STHOMEDIR": "/home/me/st",
        "STTRACE": "all",
        "STNORESTART": "1",
        "http_proxy": "http://proxy",
        "ALL_PROXY": "socks5://proxy",
    }
    variables = _home.environment(inherited, tmp_path, "key", {"STTRACE": "model", "STNOUPGRADE": "0", "MORE": "1"})
    user_home = str(tmp_path / "user")
    assert variables == {
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "HOME": user_home,
        "USERPROFILE": user_home,
        "APPDATA": user_home,
        "LOCALAPPDATA": user_home,
        "STNODEFAULTFOLDER": "1",
        "STNOUPGRADE": "0",
        "STHASHING": "minio",
        "STTRACE": "model",
        "MORE": "1",
        "STMONITORED": "yes",
        "STGUIAPIKEY": "key",
    }
    assert inherited["HOME"] == "/home/me"


def test_command_line() -> None:
    """The command line has only options that all versions know, and the caller's after them."""
    listening = Listening.given("127.0.0.1:1")
    assert _home.command_line(Path("/bin/syncthing"), Path("/home"), listening, ["--audit"]) == [
        "/bin/syncthing",
        "serve",
        "--home=/home",
        "--no-browser",
        "--gui-address=http://127.0.0.1:1",
        "--audit",
    ]


def test_read_device_id(tmp_path: Path) -> None:
    """The ID is that of the certificate; without one the system's error comes through."""
    with pytest.raises(FileNotFoundError):
        _home.read_device_id(tmp_path)
    (tmp_path / "cert.pem").write_bytes(b"\x30\x82\x00\x01\x00")
    assert len(_home.read_device_id(tmp_path)) == 63
