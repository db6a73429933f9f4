"""The Syncthing daemons that run on this computer, read from Linux's /proc.

Command lines and environments show what no file does: an unusual home, or an address that overrides the configured one.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from .config_file import CONFIG_NAME
from .layouts import unix_homes

if sys.platform != "win32":
    import pwd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Also under the names of release archives and of users' own copies: syncthing-linux-amd64, syncthing_v2.
_PROGRAM: Final = re.compile(r"syncthing([-_.]?(v?\d[\w.-]*|linux[\w.-]*|old))?")
# Commands that use the home but run no API.
_OTHER_COMMANDS: Final = frozenset({"cli", "decrypt", "device-id", "generate", "paths", "upgrade", "version"})
_VARIABLES: Final = frozenset({"HOME", "STCONFDIR", "STGUIADDRESS", "STHOMEDIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME"})
_SHORT: Final = {"H": "home", "C": "config"}


class Running(NamedTuple):
    """A running daemon.

    Attributes:
        pid: Its process ID.
        owner: ID of the user it runs as.
        home: The folder with its config.xml; ``None`` if this user may not read the process's environment, or if its
            paths mean something else here, as those in a container do.
        gui_address: The address that overrides the configured one, if any.
        hint: Its likely home, for messages.
    """

    pid: int
    owner: int
    home: Path | None
    gui_address: str | None
    hint: Path | None

    @property
    def user(self) -> str:
        """Name of the user it runs as, or else the ID."""
        if sys.platform != "win32":
            with suppress(KeyError):
                return pwd.getpwuid(self.owner).pw_name
        return str(self.owner)


def running(proc: Path) -> Iterator[Running]:
    """Yield the running daemons.

    Args:
        proc: ``/proc``.
    """
    with suppress(OSError):
        for entry in sorted(proc.iterdir(), key=lambda path: (len(path.name), path.name)):
            if entry.name.isdecimal():
                with suppress(OSError, ValueError):  # it has ended, or may not be read
                    found = _read(entry)
                    if found is not None:
                        yield found


def _read(process: Path) -> Running | None:
    arguments = _strings(process / "cmdline")
    if not arguments or not _PROGRAM.fullmatch(PurePosixPath(arguments[0]).name):
        return None
    options = _options(arguments[1:])
    if options is None:
        return None
    owner = process.stat().st_uid
    environ: dict[str, str] = {}
    home: Path | None = None
    try:
        environ = _environment(process)
        hint = _home(process, options, environ)
        if hint is not None and _is_ours(process, hint):
            home = hint
    except (OSError, ValueError):  # this user may not read it, or its paths don't exist here
        hint = _likely_home(options, owner)
    address = options.get("gui-address") or environ.get("STGUIADDRESS") or None
    return Running(int(process.name), owner, home, address, hint)


def _home(process: Path, options: dict[str, str], environ: dict[str, str]) -> Path | None:
    named = options.get("home") or options.get("config") or environ.get("STHOMEDIR") or environ.get("STCONFDIR")
    return Path((process / "cwd").readlink(), named) if named else _default_home(environ)


def _likely_home(options: dict[str, str], owner: int) -> Path | None:
    """Guess the home of a daemon whose environment this user may not read."""
    if named := options.get("home") or options.get("config"):
        return Path(named) if named.startswith("/") else None
    if sys.platform != "win32":
        with suppress(KeyError):
            return _default_home({"HOME": pwd.getpwuid(owner).pw_dir})
    return None


def _environment(process: Path) -> dict[str, str]:
    """Return the variables that matter. The API key, which may be among them, is not kept."""
    environ: dict[str, str] = {}
    for entry in _strings(process / "environ"):
        name, _, value = entry.partition("=")
        if name in _VARIABLES:
            environ[name] = value
    return environ


def _default_home(environ: dict[str, str]) -> Path | None:
    user_home = environ.get("HOME", "")
    homes = map(Path, unix_homes(environ, PurePosixPath(user_home) if user_home else None))
    return next((home for home in homes if os.path.isfile(home / CONFIG_NAME)), None)  # noqa: PTH113 - never raises


def _is_ours(process: Path, home: Path) -> bool:
    """Return whether a path leads to the same file for the process and for this program."""
    theirs = process / "root" / home.relative_to("/") / CONFIG_NAME
    return (home / CONFIG_NAME).samefile(theirs)


def _strings(path: Path) -> list[str]:
    return [os.fsdecode(part) for part in path.read_bytes().split(b"\0") if part]


def _options(arguments: Sequence[str]) -> dict[str, str] | None:
    """Parse a command line, in which long options may have one dash or two.

    Returns:
        The options with values; ``None`` if the command is not a daemon.
    """
    options: dict[str, str] = {}
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word in _OTHER_COMMANDS:
            return None
        if not word.startswith("-"):
            continue
        if word[1:2] in _SHORT:
            name, value = _SHORT[word[1]], word[2:].removeprefix("=")
            equals = "=" if len(word) > 2 else ""  # noqa: PLR2004 - a dash and a letter
        else:
            name, equals, value = word.lstrip("-").partition("=")
        if name in {"home", "config", "gui-address"}:
            if not equals and words:
                value = words.pop(0)
            options[name] = value
    return options
