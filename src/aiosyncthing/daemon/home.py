"""What a private daemon runs on: its program, home directory, configuration, environment and command line.

Nothing here waits or talks to anybody; the functions that read or write files say so.
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
_MONITOR: Final = "Daemon itself does what Syncthing's monitor process does"
# What Daemon decides, by the option of the command line and by the environment variable, with what to use in place.
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


def check_key(api_key: str | None) -> None:
    """Refuse a key that can't be sent.

    Raises:
        BadRequestError: It is one.
    """
    if api_key is not None and not (api_key and api_key.isascii() and api_key.isprintable()):
        raise BadRequestError("the API key must be of printable ASCII characters, and not empty")


def check_arguments(arguments: Sequence[str]) -> None:
    """Refuse options of the command line that contradict what `Daemon` sets.

    Raises:
        BadRequestError: There is one.
    """
    for argument in arguments:
        # Long options may have one dash or two; the value of a short one follows at once.
        name = argument.lstrip("-").partition("=")[0] if argument.startswith("-") else ""
        short = argument[1:2] if argument[2:3] not in {"", "="} else name
        for each in {name, short if short.isupper() else name}:
            if reason := _OWN_OPTIONS.get(each):
                raise BadRequestError(f"the argument {argument.partition('=')[0]!r} contradicts Daemon: {reason}")


def check_environment(env: Mapping[str, str]) -> None:
    """Refuse variables that contradict what `Daemon` sets.

    Raises:
        BadRequestError: There is one.
    """
    for name in env:
        if reason := _OWN_VARIABLES.get(name.upper()):  # on Windows upper and lower case are the same
            raise BadRequestError(f"the environment variable {name} contradicts Daemon: {reason}")


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


class HomeFolder:
    """The directory of a daemon: a given one, which stays, or a temporary one.

    Args:
        given: The directory; ``None`` for a temporary one.

    Attributes:
        path: Where it is, or was last; ``None`` before it was made.
    """

    def __init__(self, given: str | os.PathLike[str] | None) -> None:
        self._given = given
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.path: Path | None = None

    def make(self) -> bool:
        """Create what is missing of the directories (writes).

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
        """Remove a temporary one (writes)."""
        temporary, self._temporary = self._temporary, None
        if temporary is not None:
            temporary.cleanup()


def configuration(ports: Ports, api_key: str) -> str:
    """Compose a config.xml that keeps the daemon to the loopback interface, but for an API that listens elsewhere."""
    options = "".join(f"<{name}>{value}</{name}>" for name, value in _OPTIONS.items())
    return (
        f'<configuration version="{_CONFIG_VERSION}">'
        f'<gui enabled="true" tls="false"><address>{escape(ports.api.configured)}</address>'
        f"<apikey>{escape(api_key)}</apikey></gui>"
        f"<options><listenAddress>{ports.sync}</listenAddress>{options}</options>"
        "</configuration>"
    )


def write_configuration(home: Path, text: str) -> None:
    """Write config.xml (writes); it holds the API key, so nobody else may read it."""
    path = home / _CONFIG
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def sync_address(listeners: Iterable[str]) -> str | None:
    """Return where other devices on this computer reach the daemon over TCP, of the addresses it listens on."""
    for listener in listeners:
        scheme, _, rest = listener.partition("://")
        host, _, port = rest.partition("?")[0].rpartition(":")
        if scheme in {"tcp", "tcp4", "tcp6"}:
            bare = host.removeprefix("[").removesuffix("]")
            loopback = loopback_of(bare or ("::" if scheme == "tcp6" else ""))
            return f"tcp://{bracketed(loopback) if loopback else host}:{port}"
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


def command_line(binary: Path, home: Path, gui: Listening, arguments: Sequence[str]) -> list[str]:
    """Compose the command line, of options that every supported version has."""
    return [str(binary), "serve", f"--home={home}", "--no-browser", f"--gui-address={gui.option}", *arguments]


def _user_home(home: Path) -> Path:
    """What ``~`` means to the daemon: never the home of the user."""
    return home / "user"
