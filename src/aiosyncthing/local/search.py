"""Finding the daemon that runs on this computer."""

import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiosyncthing.exceptions import BadRequestError, DiscoveryError

from . import gui_address
from .computer import Computer
from .config_file import CONFIG_NAME, Gui, Problem, read_gui
from .gui_address import GuiAddress
from .probe import Answer, probe
from .processes import Running

_LOGGER = logging.getLogger("aiosyncthing.local")

_CERTIFICATE: Final = "https-cert.pem"
_SHOWN: Final = 5  # daemons of other users, on a computer shared by many
_HOW_TO_NAME: Final = "(`home`, or STHOMEDIR in the environment)"


@dataclass(frozen=True)
class LocalDaemon:
    """Address, key and certificate of a daemon on this computer.

    Attributes:
        url: Base URL of its API: ``http://127.0.0.1:8384``, ``https://...``, ``unix:///path`` or, for TLS over a
            socket, ``unixs:///path``.
        api_key: Its API key; left out of the `repr`.
        certificate: File with the certificate it uses for HTTPS, usually a self-signed one; ``None`` if there is no
            such file.
        home: The folder with its configuration; ``None`` if unknown.
        unix_socket: The socket it listens on instead of a TCP port.
        direct: Whether the daemon itself listens there: the address comes from its configuration or its command line.
            At an address from ``STGUIADDRESS`` there may be a proxy.
    """

    url: str
    api_key: str = field(repr=False)
    certificate: Path | None = None
    home: Path | None = None
    unix_socket: Path | None = None
    direct: bool = False


def discover(home: str | os.PathLike[str] | None = None) -> LocalDaemon:
    r"""Find the Syncthing daemon of this computer.

    It looks in this order:

    1. `home`, if given. The environment is then ignored.
    2. ``STGUIADDRESS`` and ``STGUIAPIKEY`` in the environment, the variables that Syncthing itself reads. With both,
       nothing else is needed; if one is missing, it comes from the home found by the next steps.
    3. The home named by ``STHOMEDIR``, or else ``STCONFDIR``.
    4. The default homes of every supported version and system that contain a config.xml. Linux and BSD: the folder
       ``syncthing`` in ``$XDG_CONFIG_HOME``, ``~/.config``, ``$XDG_STATE_HOME`` and ``~/.local/state``. macOS:
       ``~/Library/Application Support/Syncthing``. Windows: ``%LocalAppData%\Syncthing``, ``%AppData%\Syncthing``
       and ``%ProgramData%\Syncthing``. Then, on Linux, those of Flatpak and Snap packages, of the user ``syncthing``
       that distributions create (``/var/lib/syncthing``), of OpenWrt, of Synology's SynoCommunity package, and of the
       containers ``syncthing/syncthing`` and ``linuxserver/syncthing``; on BSD, those of its packages.
    5. On Linux, the homes of this user's Syncthing processes, wherever they are.

    To find out which daemon is running, it connects to the address of each home and compares the certificate shown in
    the TLS handshake with the one in the home. The API key is not sent. If there are several homes, the first whose
    daemon answers is taken, with a warning in the log if others answer as well. If there is only one, its daemon may be
    down; but another Syncthing or another program answering in its place is an error. A home that this user may not
    read counts only if there is no other. If both address and key come from the environment, nothing is compared.

    The address is the configured one or, on Linux, the one the home's process was started with (``--gui-address``, or
    ``STGUIADDRESS`` in its environment) if that process belongs to the home's owner. An address for all interfaces
    becomes the loopback address. The default port is 8384. If the configuration requires TLS, an overriding address
    without ``https://`` or ``http://`` becomes ``https://``: versions differ in whether they still require TLS then,
    but every one supports it.

    With both ``STGUIADDRESS`` and ``STGUIAPIKEY``, `home` and `certificate` of the result are those of the home from
    step 3, or of a home from steps 4 and 5 that has this key or this address in its configuration.

    This reads a few dozen files and may open connections, which takes milliseconds, at worst a few seconds. In an
    event loop, use ``await asyncio.to_thread(discover)``. Tested on Linux; the layouts of other systems are tested
    there too, but were never run on those systems.

    Args:
        home: The folder with Syncthing's config.xml, as for its option ``--home``.

    Raises:
        DiscoveryError: No daemon was found, several homes were found and none of their daemons answers, a configuration
            can't be used, or another daemon answers in its place. The message lists the places searched, on Linux also
            the Syncthing processes running as other users, and says what to do.
        BadRequestError: `home` is empty.
    """
    found = find_daemon(Computer.here(), home)
    _LOGGER.info("the daemon of this computer has the home %s and the address %s", found.home or "unknown", found.url)
    return found


def find_daemon(computer: Computer, home: str | os.PathLike[str] | None) -> LocalDaemon:
    """Find the daemon of a computer; see `discover`."""
    if home is not None:
        return _of_home(computer, _folder(home), use_environ=False)
    if not _is_sendable(computer.environ.get("STGUIAPIKEY", "")):
        raise DiscoveryError("STGUIAPIKEY contains characters that can't be sent in a header")
    if computer.address and computer.has_key:
        return _of_environment(computer)
    if computer.home is not None:
        return _of_home(computer, computer.home, use_environ=True)
    return _search_homes(computer)


def _folder(home: str | os.PathLike[str]) -> Path:
    if not os.fspath(home):
        raise BadRequestError("home must not be empty")
    try:
        return Path(home).expanduser().absolute()
    except RuntimeError as error:
        raise DiscoveryError(f"{os.fspath(home)!r} can't be used as a home: {error}") from None


def _of_home(computer: Computer, home: Path, *, use_environ: bool) -> LocalDaemon:
    found = _examine(computer, home, use_environ=use_environ)
    if isinstance(found, Problem):
        raise (
            _error(computer, found.text) if use_environ or found.kind == "unreadable" else DiscoveryError(found.text)
        )
    return _verified(computer, found)


def _verified(computer: Computer, daemon: LocalDaemon) -> LocalDaemon:
    """Refuse a daemon if something else answers in its place, which would be sent the key."""
    answer = _probe(daemon)
    if answer == "stranger":
        reason = (
            f"the program that answers at {daemon.url} is not Syncthing, but has the port of the home {daemon.home}"
        )
        advice = "stop that program, or change the address of one of them"
    elif answer == "other":
        reason = (
            f"another Syncthing answers at {daemon.url}, not that of the home {daemon.home}: its certificate differs "
            f"from the {_CERTIFICATE} there. The home may be left over from an earlier installation"
        )
        advice = "restart it: its certificate was replaced after it had started"
    else:
        return daemon
    raise _error(
        computer,
        f"{reason}. No key was sent.\nName the home of the Syncthing you want {_HOW_TO_NAME}. If it is this one, "
        f"{advice}",
    )


def _examine(computer: Computer, home: Path, *, use_environ: bool) -> LocalDaemon | Problem:
    """Find out how to reach the daemon of a home.

    Args:
        computer: The computer.
        home: The home.
        use_environ: Whether this program's own environment overrides the configuration.
    """
    gui = read_gui(home)
    if isinstance(gui, Problem):
        return gui
    path = home / CONFIG_NAME
    key_is_given = use_environ and computer.has_key
    if not gui.enabled:
        return Problem(
            "unusable", f'{path} switches the API off: <gui enabled="false">. Stop Syncthing and set it to true'
        )
    if not (gui.api_key or key_is_given):
        return Problem("unusable", f"{path} has no API key. Start Syncthing, which generates one, or set STGUIAPIKEY")
    if not key_is_given and not _is_sendable(gui.api_key):
        return Problem(
            "unusable",
            f"the API key in {path} contains characters that can't be sent in a header. Generate a new one in the web "
            "interface (Actions, Settings)",
        )
    text, source = gui.address, str(path)
    given = use_environ and bool(computer.address)
    if given:
        text, source = computer.address, "STGUIADDRESS"
    elif override := computer.override(home):
        text, source = override, f"the Syncthing process with the home {home}"
    try:
        address = gui_address.parse(text)
    except ValueError as error:
        return Problem("unusable", f"{source}: {error}")
    return _daemon(
        address, computer.environ["STGUIAPIKEY"] if key_is_given else gui.api_key, home, tls=gui.tls, direct=not given
    )


def _is_sendable(key: str) -> bool:
    return key.isascii() and key.isprintable()


def _daemon(address: GuiAddress, api_key: str, home: Path | None, *, tls: bool, direct: bool) -> LocalDaemon:
    certificate = None if home is None else home / _CERTIFICATE
    return LocalDaemon(
        # If an overriding address doesn't mention TLS, the version decides whether the configured setting still
        # applies: it does up to 1.19 at least, and no longer in 1.29. Both answer over TLS; without it the older one
        # redirects.
        url=address.url(tls=tls),
        api_key=api_key,
        certificate=certificate if certificate is not None and certificate.is_file() else None,
        home=home,
        unix_socket=Path(address.socket) if address.socket else None,
        direct=direct,
    )


def _of_environment(computer: Computer) -> LocalDaemon:
    try:
        address = gui_address.parse(computer.address)
    except ValueError as error:
        reason = str(error)
    else:
        home, tls = _home_of(computer, address)
        return _daemon(address, computer.environ["STGUIAPIKEY"], home, tls=tls, direct=False)
    raise DiscoveryError(f"STGUIADDRESS: {reason}")


def _home_of(computer: Computer, address: GuiAddress) -> tuple[Path | None, bool]:
    """Find the home of a daemon with a known address and key, and whether its configuration requires TLS."""
    for home in computer.candidates() if computer.home is None else [computer.home]:
        gui = read_gui(home)
        if not isinstance(gui, Problem) and (computer.home is not None or _matches(computer, address, gui)):
            return home, gui.tls
    return None, False


def _matches(computer: Computer, address: GuiAddress, gui: Gui) -> bool:
    if gui.api_key == computer.environ["STGUIAPIKEY"]:
        return True
    try:
        configured = gui_address.parse(gui.address)
    except ValueError:
        return False
    return configured[:3] == address[:3]


def _search_homes(computer: Computer) -> LocalDaemon:
    found = [(home, _examine(computer, home, use_environ=True)) for home in computer.candidates()]
    usable = [each for _, each in found if isinstance(each, LocalDaemon)]
    problems = [(home, each) for home, each in found if isinstance(each, Problem)]
    unusable = [(home, problem.text) for home, problem in problems if problem.kind == "unusable"]
    if len(usable) == 1 and not unusable:
        return _verified(computer, usable[0])
    up = _answering(usable)
    if up:
        if len(up) > 1:
            others = ", ".join(f"{each.home} at {each.url}" for each in up[1:])
            _LOGGER.warning(
                "several Syncthing daemons run on this computer; the one with the home %s at %s is used, not %s. Name "
                "the home %s",
                up[0].home,
                up[0].url,
                others,
                _HOW_TO_NAME,
            )
        return up[0]
    if usable:
        silent = [(daemon.home, f"its daemon does not answer at {daemon.url}") for daemon in usable]
        raise _error(
            computer,
            f"several homes were found, and none of their daemons answers:{_listed([*silent, *unusable])}\n"
            f"Start the daemon, or name its home {_HOW_TO_NAME}",
        )
    # Homes that this user may not read matter only if there are no others.
    reasons = unusable or [(home, problem.text) for home, problem in problems if problem.kind == "unreadable"]
    if len(reasons) == 1:
        raise _error(computer, reasons[0][1])
    if reasons:
        raise _error(computer, f"none of the homes found can be used:{_listed(reasons)}\nName another {_HOW_TO_NAME}")
    places = "".join(f"\n  {layout}" for layout in computer.layouts())
    if computer.elsewhere:
        raise _error(computer, f"no Syncthing home was found: none of these folders contains a {CONFIG_NAME}:{places}")
    raise DiscoveryError(
        f"no Syncthing was found: none of these folders contains a {CONFIG_NAME}:{places}\n"
        f"Start Syncthing once, or name its home {_HOW_TO_NAME}; or set STGUIADDRESS and STGUIAPIKEY"
    )


def _error(computer: Computer, reason: str) -> DiscoveryError:
    """Return the error for a search without a result; it also mentions the daemons that run elsewhere."""
    return DiscoveryError("\n".join([reason, *(_advice(computer, each) for each in computer.elsewhere[:_SHOWN])]))


def _advice(computer: Computer, process: Running) -> str:
    """Say how to use a daemon that was not found by itself."""
    at = f"process {process.pid}" + (f", home {process.hint}" if process.hint else "")
    runs = f"A Syncthing is running as the user {process.user} ({at})"
    by_hand = "get its API key from its web interface (Actions, Settings) and set STGUIADDRESS and STGUIAPIKEY"
    if process.home is not None and not isinstance(read_gui(process.home), Problem):
        return f"{runs}. Name its home {_HOW_TO_NAME}"
    if computer.user in {process.owner, 0}:
        return f"{runs}, in a container or with a home that no longer exists: {by_hand}"
    return f"{runs}, and this user may not read its configuration: run this program as {process.user}, or {by_hand}"


def _probe(daemon: LocalDaemon) -> Answer:
    return probe(gui_address.parse(daemon.url), daemon.certificate)


def _answering(usable: list[LocalDaemon]) -> list[LocalDaemon]:
    """Return the daemons that answer."""
    if not usable:
        return []
    with ThreadPoolExecutor(len(usable)) as pool:
        answers = list(pool.map(_probe, usable))
    return [
        daemon
        for daemon, answer in zip(usable, answers, strict=True)
        if answer == "own" or (answer == "unverified" and daemon.certificate is None)
    ]


def _listed(reasons: Sequence[tuple[Path | None, str]]) -> str:
    return "".join(f"\n  {home}: {reason}" for home, reason in reasons)
