"""What a private daemon needs: program, home directory, configuration, environment and command line.

Nothing here waits or talks to the daemon.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError, DaemonError
from aiosyncthing.local.gui_address import loopback_of

from .ports import bracketed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .ports import Listening, Ports

_CONFIG: Final = "config.xml"
_MONITOR: Final = "Daemon takes the place of Syncthing's monitor process"
# What Daemon sets itself, by command line option and by environment variable, with the alternative.
_OWN_OPTIONS: Final = {
    **dict.fromkeys(("home", "config", "data", "H", "C", "D"), "use Daemon(home=...)"),
    "gui-address": "use Daemon(address=...)",
    "gui-apikey": "use Daemon(api_key=...)",
    "no-restart": _MONITOR,
}
_OWN_VARIABLES: Final = {
    **dict.fromkeys(("STHOMEDIR", "STCONFDIR", "STDATADIR"), "use Daemon(home=...)"),
    "STGUIADDRESS": "use Daemon(address=...)",
    "STGUIAPIKEY": "use Daemon(api_key=...)",
    "STNORESTART": _MONITOR,
    "STMONITORED": _MONITOR,
}
# Supported by every version: newer ones convert it, while an older one would refuse a newer number.
_CONFIG_VERSION: Final = "35"
# These keep a daemon from reaching beyond this computer, and from getting in the way of others on it.
ISOLATING_OPTIONS: Final = {
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


def check_key(api_key: str | None) -> None:
    """Refuse a key that can't be sent in a header.

    Raises:
        BadRequestError: It can't.
    """
    if api_key is not None and not (api_key and api_key.isascii() and api_key.isprintable()):
        raise BadRequestError("the API key must consist of printable ASCII characters, and not be empty")


def check_arguments(arguments: Sequence[str]) -> None:
    """Refuse command line options that conflict with what `Daemon` sets.

    Raises:
        BadRequestError: There is one.
    """
    for argument in arguments:
        # Long options may have one dash or two; short ones may be followed directly by their value.
        name = argument.lstrip("-").partition("=")[0] if argument.startswith("-") else ""
        short = argument[1:2] if argument[2:3] not in {"", "="} else name
        for each in {name, short if short.isupper() else name}:
            if reason := _OWN_OPTIONS.get(each):
                raise BadRequestError(f"the argument {argument.partition('=')[0]!r} conflicts with Daemon: {reason}")


def check_environment(env: Mapping[str, str]) -> None:
    """Refuse environment variables that conflict with what `Daemon` sets.

    Raises:
        BadRequestError: There is one.
    """
    for name in env:
        if reason := _OWN_VARIABLES.get(name.upper()):  # names are case-insensitive on Windows
            raise BadRequestError(f"the environment variable {name} conflicts with Daemon: {reason}")


def find_binary(binary: str | os.PathLike[str] | None) -> Path:
    """Find the program.

    Raises:
        DaemonError: It was not found; the message says what to do.
    """
    wanted = os.fspath(binary or os.environ.get("SYNCTHING_BINARY") or "syncthing")
    found = shutil.which(wanted)
    if found is None:
        raise DaemonError(
            f"the program {wanted!r} was not found",
            remedy="install Syncthing (your system's package 'syncthing', or https://syncthing.net/downloads/), "
            "or name the program with Daemon(binary=...) or the environment variable SYNCTHING_BINARY",
        )
    return Path(found).absolute()


class HomeFolder:
    """The directory of a daemon: a given one, which is kept, or a temporary one.

    Args:
        given: The directory; ``None`` for a temporary one.

    Attributes:
        path: The current or last directory; ``None`` before `make`.
    """

    def __init__(self, given: str | os.PathLike[str] | None) -> None:
        self._given = given
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.path: Path | None = None

    def make(self) -> bool:
        """Create the directories that don't exist.

        Returns:
            Whether the home is new, so that it needs a configuration.
        """
        if self._given is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="aiosyncthing-")
            self.path = Path(self._temporary.name)
        else:
            self.path = Path(self._given).absolute()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _user_home(self.path).mkdir(mode=0o700, exist_ok=True)
        return not (self.path / _CONFIG).exists()

    def remove(self) -> None:
        """Remove a temporary directory."""
        temporary, self._temporary = self._temporary, None
        if temporary is not None:
            temporary.cleanup()


def configuration(ports: Ports, api_key: str) -> str:
    """Return a config.xml that keeps the daemon on the loopback interface, except for the API's given address."""
    options = "".join(f"<{name}>{value}</{name}>" for name, value in ISOLATING_OPTIONS.items())
    return (
        f'<configuration version="{_CONFIG_VERSION}">'
        f'<gui enabled="true" tls="false"><address>{escape(ports.api.configured)}</address>'
        f"<apikey>{escape(api_key)}</apikey></gui>"
        f"<options><listenAddress>{ports.sync}</listenAddress>{options}</options>"
        "</configuration>"
    )


def write_configuration(home: Path, text: str) -> None:
    """Write config.xml, readable only by its owner, since it contains the API key."""
    path = home / _CONFIG
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def sync_address(listeners: Iterable[str]) -> str | None:
    """Return where other devices on this computer reach the daemon over TCP, given its listen addresses."""
    for listener in listeners:
        scheme, _, rest = listener.partition("://")
        host, _, port = rest.partition("?")[0].rpartition(":")
        if scheme in {"tcp", "tcp4", "tcp6"}:
            bare = host.removeprefix("[").removesuffix("]")
            loopback = loopback_of(bare or ("::" if scheme == "tcp6" else ""))
            return f"tcp://{bracketed(loopback) if loopback else host}:{port}"
    return None


def read_device_id(home: Path) -> DeviceID:
    """Derive the device ID from the certificate in a home."""
    return DeviceID.from_certificate((home / "cert.pem").read_bytes())


def environment(inherited: Mapping[str, str], home: Path, api_key: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the daemon's environment.

    Args:
        inherited: This program's environment. Whatever would change the daemon's behaviour is left out: Syncthing's own
            variables, proxies, and everything that leads to the user's own directories.
        home: The daemon's home.
        api_key: The key. It must not be on the command line, which every user can read.
        extra: Variables added by the caller.
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
        "STHASHING": "minio",  # 1.x: skips the start-up benchmark, which takes almost a second and chooses this
        **extra,
        "STMONITORED": "yes",  # no monitor process, which would leave the daemon behind when killed
        "STGUIAPIKEY": api_key,
    }


def command_line(binary: Path, home: Path, gui: Listening, arguments: Sequence[str]) -> list[str]:
    """Return the command line, with options that every supported version has."""
    return [str(binary), "serve", f"--home={home}", "--no-browser", f"--gui-address={gui.option}", *arguments]


def _user_home(home: Path) -> Path:
    """Return what ``~`` is for the daemon: never the home of the user."""
    return home / "user"
