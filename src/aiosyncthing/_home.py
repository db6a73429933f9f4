"""What a private daemon runs on: its program, home directory, configuration, environment and command line.

Nothing here waits or talks to anybody; the functions that read or write files say so.
"""

from __future__ import annotations

import os
import shutil
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ._gui_address import loopback_of
from ._ports import LOOPBACK
from .device_id import DeviceID
from .exceptions import DaemonError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "command_line",
    "configuration",
    "environment",
    "find_binary",
    "make_home",
    "read_device_id",
    "sync_address",
    "write_configuration",
]

_CONFIG: Final = "config.xml"
# In every supported version; a newer daemon completes and converts it, an older one would refuse a newer number.
_CONFIG_VERSION: Final = "35"
# What a daemon may do that reaches beyond this computer, or gets in the way of others on it.
_OPTIONS: Final = {
    "globalAnnounceEnabled": "false",
    "localAnnounceEnabled": "false",
    "relaysEnabled": "false",
    "natEnabled": "false",
    "stunKeepaliveStartS": "0",
    "crashReportingEnabled": "false",
    "urAccepted": "-1",
    "autoUpgradeIntervalH": "0",
    "startBrowser": "false",
    "setLowPriority": "false",
    "reconnectionIntervalS": "5",
}


def find_binary(binary: str | os.PathLike[str] | None) -> Path:
    """Find the program (reads directories).

    Raises:
        DaemonError: There is none, with advice.
    """
    wanted = os.fspath(binary or os.environ.get("SYNCTHING_BINARY") or "syncthing")
    found = shutil.which(wanted)
    if found is None:
        raise DaemonError(
            f"there is no program {wanted!r}. Install Syncthing (your system's package 'syncthing', or from "
            "https://syncthing.net/downloads/), or say where it is: Daemon(binary=...) or the environment "
            "variable SYNCTHING_BINARY"
        )
    return Path(found).absolute()


def make_home(home: Path) -> bool:
    """Create what is missing of the directories (writes).

    Returns:
        Whether the home is new, so that it needs a configuration.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _user_home(home).mkdir(mode=0o700, exist_ok=True)
    return not (home / _CONFIG).exists()


def configuration(gui_port: int, sync_port: int, api_key: str) -> str:
    """Compose a config.xml that keeps the daemon to the loopback interface."""
    options = "".join(f"<{name}>{value}</{name}>" for name, value in _OPTIONS.items())
    return (
        f'<configuration version="{_CONFIG_VERSION}">'
        f'<gui enabled="true" tls="false"><address>{LOOPBACK}:{gui_port}</address>'
        f"<apikey>{escape(api_key)}</apikey></gui>"
        f"<options><listenAddress>tcp://{LOOPBACK}:{sync_port}</listenAddress>{options}</options>"
        "</configuration>"
    )


def write_configuration(home: Path, text: str) -> None:
    """Write config.xml (writes); it holds the API key, so nobody else may read it."""
    path = home / _CONFIG
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def sync_address(listeners: Iterable[str]) -> str | None:
    """Tell where other devices on this computer reach the daemon over TCP, of the addresses it listens on."""
    for listener in listeners:
        scheme, _, rest = listener.partition("://")
        host, _, port = rest.partition("?")[0].rpartition(":")
        if scheme in {"tcp", "tcp4", "tcp6"}:
            bare = host.removeprefix("[").removesuffix("]")
            loopback = loopback_of(bare or ("::" if scheme == "tcp6" else ""))
            return f"tcp://{_bracketed(loopback) if loopback else host}:{port}"
    return None


def read_device_id(home: Path) -> DeviceID:
    """Derive the device ID from the home's certificate (reads)."""
    return DeviceID.from_certificate((home / "cert.pem").read_bytes())


def environment(inherited: Mapping[str, str], home: Path, api_key: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Compose the daemon's environment.

    Args:
        inherited: Ours. What would change the daemon's behaviour is left out: Syncthing's own variables, proxies,
            and everything that leads to the user's own directories.
        home: The daemon's home.
        api_key: The key, which must not be on the command line: everybody could read it there.
        extra: What the caller wants to add.
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if not (name.startswith(("ST", "XDG_")) or name.lower().endswith("_proxy"))
    }
    user_home = str(_user_home(home))
    return {
        **kept,
        **dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), user_home),
        "STNODEFAULTFOLDER": "1",
        "STNOUPGRADE": "1",
        "STHASHING": "minio",  # 1.x: what its start-up benchmark of almost a second would choose
        **extra,
        "STMONITORED": "yes",  # no monitor process: it would leave the daemon behind when it is killed
        "STGUIAPIKEY": api_key,
    }


def command_line(binary: Path, home: Path, url: str, arguments: Sequence[str]) -> list[str]:
    """Compose the command line, of options that every supported version has."""
    return [str(binary), "serve", f"--home={home}", "--no-browser", f"--gui-address={url}", *arguments]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _user_home(home: Path) -> Path:
    """What ``~`` means to the daemon: never the home of the user."""
    return home / "user"
