"""Finding the daemon of this computer."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from aiosyncthing.exceptions import BadRequestError, DiscoveryError

from . import gui_address
from .config_file import CONFIG_NAME, Problem, read_gui
from .layouts import default_homes
from .probe import ask
from .processes import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .config_file import Gui
    from .gui_address import GuiAddress
    from .layouts import Layout
    from .probe import Answer
    from .processes import Running

_CERTIFICATE: Final = "https-cert.pem"
_SHOWN: Final = 5  # of the daemons of others, where many people share a computer
_NAMING: Final = "home=..., or the environment variable STHOMEDIR"


@dataclass(frozen=True)
class LocalDaemon:
    """Where the daemon of this computer is reached, and by which key.

    Attributes:
        url: Base URL of its API: ``http://127.0.0.1:8384``, ``https://...``, ``unix:///path`` or, for TLS through a
            socket, ``unixs:///path``.
        api_key: Its API key; not shown by `repr`.
        certificate: The certificate that it shows on HTTPS, a self-signed one mostly; ``None`` if there is no such
            file.
        home: The folder of its configuration; ``None`` if that isn't known.
        unix_socket: The socket that it listens on, in place of a TCP port.
    """

    url: str
    api_key: str = field(repr=False)
    certificate: Path | None = None
    home: Path | None = None
    unix_socket: Path | None = None


def discover(home: str | os.PathLike[str] | None = None) -> LocalDaemon:
    r"""Find the Syncthing of this computer.

    It is looked for in this order:

    1. `home`, if given. The environment is not looked at then.
    2. ``STGUIADDRESS`` and ``STGUIAPIKEY`` in our environment, the variables that Syncthing itself knows. With both,
       nothing else is needed; what is missing comes from the home that is found by the steps below.
    3. The home that ``STHOMEDIR`` or else ``STCONFDIR`` names.
    4. The default homes of all supported versions and systems that have a config.xml. Linux and BSD: the folder
       ``syncthing`` in ``$XDG_CONFIG_HOME``, ``~/.config``, ``$XDG_STATE_HOME`` and ``~/.local/state``. macOS:
       ``~/Library/Application Support/Syncthing``. Windows: ``%LocalAppData%\Syncthing``, ``%AppData%\Syncthing``
       and ``%ProgramData%\Syncthing``. On Linux then those of Flatpak and Snap packages, of the user ``syncthing`` of
       distributions (``/var/lib/syncthing``), of OpenWrt, Synology's SynoCommunity package, and of the containers
       ``syncthing/syncthing`` and ``linuxserver/syncthing``; on BSD those of its packages.
    5. On Linux, the homes of Syncthing processes of this user, whatever they are.

    A connection is made to the address of each home that was found, and a TLS handshake, in which the daemon shows the
    certificate that lies in its home; the key is not sent. Of several homes that of the daemon which answers counts,
    the first in this order. If there is only one, its daemon need not be up; but if another Syncthing or another
    program answers in its place, that is an error. A home that we may not look into counts only if there is no other.
    With both address and key from the environment nothing is asked.

    The address is the configured one, or on Linux the one that the process with this home was started with
    (``--gui-address``, or ``STGUIADDRESS`` in its environment) if it runs as the user that its home belongs to.
    Addresses that mean all interfaces become loopback. Without a port it is 8384. An address without ``https://`` or
    ``http://`` that overrides a configuration with TLS becomes ``https://``: versions differ in whether they insist on
    TLS then, but all speak it.

    With both ``STGUIADDRESS`` and ``STGUIAPIKEY``, `home` and `certificate` of the result are those that step 3 names,
    or those of a home by the steps 4 and 5 with that key or address in its configuration.

    This reads some dozens of files and may make connections, which takes milliseconds, at worst a few seconds. In a
    program with an event loop: ``await asyncio.to_thread(discover)``. Tested on Linux; the layouts of other systems are
    tested there too, but were not run on them.

    Args:
        home: Folder with Syncthing's config.xml, as for its option ``--home``.

    Raises:
        DiscoveryError: There is none, or it is not clear which, or a configuration can't be used, or another daemon
            answers in its place. The text says where it was looked, on Linux which Syncthing runs all the same, say as
            another user, and what to do.
        BadRequestError: `home` is empty.
    """
    return _find(_System.here(), home)


@dataclass(frozen=True)
class _System:
    """What is asked of the computer, so that tests can be another one."""

    platform: str
    environ: Mapping[str, str] = field(repr=False)  # has keys in it
    user_home: PurePath | None
    place: Callable[[PurePath], Path] = Path  # where a path of the table is
    proc: Path | None = None
    user: int | None = None

    @classmethod
    def here(cls) -> _System:
        try:
            user_home = Path.home()
        except RuntimeError:  # a user without one, and without HOME
            user_home = None
        if sys.platform != "linux":  # pragma: no cover - other systems
            return cls(sys.platform, os.environ, user_home)
        return cls(sys.platform, os.environ, user_home, proc=Path("/proc"), user=os.geteuid())

    @property
    def address(self) -> str:
        """The address in the environment, if any."""
        return self.environ.get("STGUIADDRESS", "").strip()

    @property
    def has_key(self) -> bool:
        """Whether there is a key in the environment, which itself is kept out of variables."""
        return bool(self.environ.get("STGUIAPIKEY"))

    @property
    def home(self) -> Path | None:
        """The home that the environment names, if any."""
        named = self.environ.get("STHOMEDIR") or self.environ.get("STCONFDIR")
        return Path(named).absolute() if named else None

    def layouts(self) -> list[Layout]:
        return default_homes(self.platform, self.environ, self.user_home)

    @cached_property
    def processes(self) -> list[Running]:
        """The daemons that run here, where that can be found out."""
        return [] if self.proc is None else list(running(self.proc))

    @property
    def elsewhere(self) -> list[Running]:
        """The daemons that run here and whose homes are not among the candidates; of a home's processes the first."""
        found: dict[tuple[int, Path | None], Running] = {}
        for process in self.processes:
            if process.home is None or process.owner != self.user:
                found.setdefault((process.owner, process.hint), process)
        return list(found.values())

    def candidates(self) -> Iterator[Path]:
        """Yield all folders that may be homes, each once."""
        seen: set[str] = set()
        for folder in self._folders():
            real = os.path.realpath(folder)
            if real not in seen:
                seen.add(real)
                yield folder

    def override(self, home: Path) -> str | None:
        """Return the address that the daemon of a home was told to listen on in place of the configured one."""
        try:
            # Everybody can run a program that is named syncthing and says it had this home: the key would go there.
            trusted = {self.user, (home / CONFIG_NAME).stat().st_uid}
        except OSError:
            return None
        for process in self.processes:
            if (
                process.gui_address
                and process.home is not None
                and process.owner in trusted
                and os.path.realpath(process.home) == os.path.realpath(home)
            ):
                return process.gui_address
        return None

    def _folders(self) -> Iterator[Path]:
        for layout in self.layouts():
            folder = self.place(layout.folder)
            if layout.inside:
                yield from (entry / layout.inside for entry in _entries(folder))
            else:
                yield folder
        yield from (
            process.home for process in self.processes if process.owner == self.user and process.home is not None
        )


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _find(system: _System, home: str | os.PathLike[str] | None) -> LocalDaemon:
    if home is not None:
        return _of_home(system, _folder(home), ours=False)
    if not _can_be_sent(system.environ.get("STGUIAPIKEY", "")):
        raise DiscoveryError("STGUIAPIKEY has characters that can't be sent")
    if system.address and system.has_key:
        return _of_environment(system)
    if system.home is not None:
        return _of_home(system, system.home, ours=True)
    return _search(system)


def _folder(home: str | os.PathLike[str]) -> Path:
    if not os.fspath(home):
        raise BadRequestError("home must not be empty")
    try:
        return Path(home).expanduser().absolute()
    except RuntimeError as error:
        raise DiscoveryError(f"{os.fspath(home)!r} can't be used as a home: {error}") from None


def _of_home(system: _System, home: Path, *, ours: bool) -> LocalDaemon:
    found = _examine(system, home, ours=ours)
    if isinstance(found, Problem):
        raise _nothing(system, found.text) if ours or found.kind == "closed" else DiscoveryError(found.text)
    return _compared(system, found)


def _compared(system: _System, daemon: LocalDaemon) -> LocalDaemon:
    """Refuse a daemon if another one answers in its place: it would get the key."""
    answer = _ask(daemon)
    if answer == "stranger":
        reason = (
            f"what answers at {daemon.url} is not Syncthing: another program has the port of the home {daemon.home}"
        )
        advice = "end that program, or change the address of one of them"
    elif answer == "other":
        reason = (
            f"another Syncthing answers at {daemon.url}, and not that of the home {daemon.home}: it shows another "
            f"certificate than the {_CERTIFICATE} there. The home may be left over from an earlier one"
        )
        advice = "restart it: its certificate was replaced since it was started"
    else:
        return daemon
    raise _nothing(
        system,
        f"{reason}. No key was sent.\n"
        f"Name the home of the Syncthing that is meant: {_NAMING}. If it is this one, {advice}",
    )


def _examine(system: _System, home: Path, *, ours: bool) -> LocalDaemon | Problem:
    """Find out how the daemon of a home is reached.

    Args:
        system: The computer.
        home: The home.
        ours: Whether our own environment counts.
    """
    gui = read_gui(home)
    if isinstance(gui, Problem):
        return gui
    path = home / CONFIG_NAME
    key_is_given = ours and system.has_key
    if not gui.enabled:
        return Problem(
            "broken", f'{path} switches the API off: <gui enabled="false">. Stop Syncthing and set it to true'
        )
    if not (gui.api_key or key_is_given):
        return Problem("broken", f"{path} has no API key. Start Syncthing, which makes one, or set STGUIAPIKEY")
    if not key_is_given and not _can_be_sent(gui.api_key):
        return Problem(
            "broken", f"{path} has an API key of characters that can't be sent; let Syncthing make a new one"
        )
    text, source = gui.address, str(path)
    if ours and system.address:
        text, source = system.address, "STGUIADDRESS"
    elif override := system.override(home):
        text, source = override, f"the Syncthing that runs with the home {home}"
    try:
        address = gui_address.parse(text)
    except ValueError as error:
        return Problem("broken", f"{source}: {error}")
    return _daemon(address, system.environ["STGUIAPIKEY"] if key_is_given else gui.api_key, home, tls=gui.tls)


def _can_be_sent(key: str) -> bool:
    return key.isascii() and key.isprintable()


def _daemon(address: GuiAddress, api_key: str, home: Path | None, *, tls: bool) -> LocalDaemon:
    certificate = None if home is None else home / _CERTIFICATE
    return LocalDaemon(
        # Where an override doesn't say whether TLS is on, it depends on the version whether the configuration does: up
        # to 1.19 at least, and no longer in 1.29. With TLS both answer; without it the older one redirects.
        url=address.url(tls=tls),
        api_key=api_key,
        certificate=certificate if certificate is not None and certificate.is_file() else None,
        home=home,
        unix_socket=Path(address.socket) if address.socket else None,
    )


def _of_environment(system: _System) -> LocalDaemon:
    try:
        address = gui_address.parse(system.address)
    except ValueError as error:
        reason = str(error)
    else:
        home, tls = _home_of(system, address)
        return _daemon(address, system.environ["STGUIAPIKEY"], home, tls=tls)
    raise DiscoveryError(f"STGUIADDRESS: {reason}")


def _home_of(system: _System, address: GuiAddress) -> tuple[Path | None, bool]:
    """Find the home of a daemon whose address and key are known, and whether its configuration wants TLS."""
    for home in system.candidates() if system.home is None else [system.home]:
        gui = read_gui(home)
        if not isinstance(gui, Problem) and (system.home is not None or _belongs(system, address, gui)):
            return home, gui.tls
    return None, False


def _belongs(system: _System, address: GuiAddress, gui: Gui) -> bool:
    if gui.api_key == system.environ["STGUIAPIKEY"]:
        return True
    try:
        configured = gui_address.parse(gui.address)
    except ValueError:
        return False
    return configured[:3] == address[:3]


def _search(system: _System) -> LocalDaemon:
    found = [(home, _examine(system, home, ours=True)) for home in system.candidates()]
    usable = [each for _, each in found if isinstance(each, LocalDaemon)]
    problems = [(home, each) for home, each in found if isinstance(each, Problem)]
    broken = [(home, problem.text) for home, problem in problems if problem.kind == "broken"]
    if len(usable) == 1 and not broken:
        return _compared(system, usable[0])
    up = _answering(usable)
    if up:
        return up[0]
    if usable:
        silent = [(daemon.home, f"nothing that belongs to it answers at {daemon.url}") for daemon in usable]
        raise _nothing(
            system,
            f"several homes of Syncthing were found, and no daemon of theirs answers:{_listed([*silent, *broken])}\n"
            f"Start it, or name the home: {_NAMING}",
        )
    # Those of other users say something only where there is nothing else.
    reasons = broken or [(home, problem.text) for home, problem in problems if problem.kind == "closed"]
    if len(reasons) == 1:
        raise _nothing(system, reasons[0][1])
    if reasons:
        raise _nothing(system, f"no home of Syncthing can be used:{_listed(reasons)}\nName another home: {_NAMING}")
    places = "".join(f"\n  {layout}" for layout in system.layouts())
    if system.elsewhere:
        raise _nothing(system, f"no home of Syncthing was found: none of these folders has a {CONFIG_NAME}:{places}")
    raise DiscoveryError(
        f"there is no Syncthing: none of these folders has a {CONFIG_NAME}:{places}\n"
        f"Start Syncthing once, or name its home: {_NAMING}; or set STGUIADDRESS and STGUIAPIKEY"
    )


def _nothing(system: _System, reason: str) -> DiscoveryError:
    """Return the error for a search that has found nothing to use, with the daemons that run all the same."""
    return DiscoveryError("\n".join([reason, *(_advice(system, each) for each in system.elsewhere[:_SHOWN])]))


def _advice(system: _System, process: Running) -> str:
    """Say what to do about a daemon that can't be used as it is."""
    at = f"process {process.pid}" + (f", home {process.hint}" if process.hint else "")
    runs = f"A Syncthing runs as the user {process.user} ({at})"
    by_hand = "get its API key from its web interface (Actions, Settings) and set STGUIADDRESS and STGUIAPIKEY"
    if process.home is not None and not isinstance(read_gui(process.home), Problem):
        return f"{runs}. Name its home: {_NAMING}"
    if system.user in {process.owner, 0}:
        return f"{runs}, in a container of its own or with a home that is gone: {by_hand}"
    return f"{runs}, which hides its configuration from this one: run this program as {process.user}, or {by_hand}"


def _ask(daemon: LocalDaemon) -> Answer:
    return ask(gui_address.parse(daemon.url), daemon.certificate)


def _answering(usable: list[LocalDaemon]) -> list[LocalDaemon]:
    """Return the daemons that answer."""
    if not usable:
        return []
    with ThreadPoolExecutor(len(usable)) as pool:
        answers = list(pool.map(_ask, usable))
    # Where there is nothing to compare, a listener is enough.
    return [
        daemon
        for daemon, answer in zip(usable, answers, strict=True)
        if answer == "own" or (answer == "unknown" and daemon.certificate is None)
    ]


def _listed(reasons: Sequence[tuple[Path | None, str]]) -> str:
    return "".join(f"\n  {home}: {reason}" for home, reason in reasons)
