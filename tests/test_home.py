"""What a private daemon runs on is complete, private and leads nowhere else."""

from __future__ import annotations

import stat
from pathlib import Path
from xml.etree import ElementTree

import pytest

from aiosyncthing import _home
from aiosyncthing.exceptions import DaemonError


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
    assert _home.make_home(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert _home.make_home(home)
    _home.write_configuration(home, "<configuration/>")
    assert not _home.make_home(home)


def test_write_configuration(tmp_path: Path) -> None:
    """The configuration can be read by its owner only, and be written again."""
    for text in ("longer than", "the next"):
        _home.write_configuration(tmp_path, text)
        assert (tmp_path / "config.xml").read_text() == text
    assert stat.S_IMODE((tmp_path / "config.xml").stat().st_mode) == 0o600


def test_configuration() -> None:
    """The configuration has ports and key, whatever is in it, and nothing that reaches beyond this computer."""
    root = ElementTree.fromstring(_home.configuration(1111, 2222, "<&\"'>"))
    assert root.findtext("gui/address") == "127.0.0.1:1111"
    assert root.findtext("gui/apikey") == "<&\"'>"
    assert [element.text for element in root.iterfind("options/listenAddress")] == ["tcp://127.0.0.1:2222"]
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
    """What would change the daemon's behaviour, or lead into the user's directories, is not passed on."""
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
    variables = _home.environment(inherited, tmp_path, "key", {"STTRACE": "model", "STGUIAPIKEY": "other", "MORE": "1"})
    user_home = str(tmp_path / "user")
    assert variables == {
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "HOME": user_home,
        "USERPROFILE": user_home,
        "APPDATA": user_home,
        "LOCALAPPDATA": user_home,
        "STNODEFAULTFOLDER": "1",
        "STNOUPGRADE": "1",
        "STHASHING": "minio",
        "STTRACE": "model",
        "MORE": "1",
        "STMONITORED": "yes",
        "STGUIAPIKEY": "key",
    }
    assert inherited["HOME"] == "/home/me"


def test_command_line() -> None:
    """The command line has only options that all versions know, and the caller's after them."""
    assert _home.command_line(Path("/bin/syncthing"), Path("/home"), "http://127.0.0.1:1", ["--audit"]) == [
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
