"""Where Syncthing keeps its home on each system, by its own rules and by those of its packages. Pure.

Nothing here looks at the disk, so the layouts of every system can be tested on any.
"""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME: Final = "syncthing"


class Layout(NamedTuple):
    """A folder that may be a home.

    Attributes:
        folder: The home, or a folder with a home in each subfolder.
        inside: Path of the home within a subfolder; empty if `folder` itself is the home.
    """

    folder: PurePath
    inside: str = ""

    def __str__(self) -> str:
        return str(self.folder / "*" / self.inside) if self.inside else str(self.folder)


# Homes of services and containers. Most belong to a dedicated user, so that only it and root can read them.
_LINUX: Final = (
    # Home of the distributions' user "syncthing", with the usual layouts inside: Debian's and Arch's
    # syncthing@syncthing.service, Alpine's and Gentoo's init scripts, nixos/modules/services/networking/syncthing.nix.
    "/var/lib/syncthing/.config/syncthing",
    "/var/lib/syncthing/.local/state/syncthing",
    "/var/lib/syncthing",  # NixOS before 19.03, where the module's configDir is its dataDir
    "/etc/syncthing",  # OpenWrt: "option home" in packages/utils/syncthing/files/syncthing.conf
    # SynoCommunity, spksrc/spk/syncthing/src/service-setup.sh: --home=${SYNOPKG_PKGVAR}. Since DSM 7 that is var below
    # the package; on DSM 6, var in the package's own folder, to which /usr/local/syncthing is a link.
    "/var/packages/syncthing/var",
    "/var/packages/syncthing/target/var",
    "/usr/local/syncthing/var",
    "/var/syncthing/config",  # the official image: STHOMEDIR, before that -home, in syncthing/Dockerfile
    "/config",  # linuxserver/docker-syncthing, svc-syncthing/run: --home=/config
)
_BSD: Final = (
    "/usr/local/etc/syncthing",  # FreeBSD's port net/syncthing
    "/usr/pkg/etc/syncthing",  # pkgsrc, net/syncthing/files/syncthing.sh: -home @PKG_SYSCONFDIR@
    "/var/syncthing",  # OpenBSD: home of the package's user
)


def default_homes(platform: str, environ: Mapping[str, str], user_home: PurePath | None) -> list[Layout]:
    """Return the places to search for a home, in order.

    Args:
        platform: As `sys.platform`.
        environ: The environment; on Windows with names in upper case.
        user_home: The user's home directory; ``None`` if the user has none.
    """
    if platform == "win32":
        return list(_windows(environ))
    if platform == "darwin":
        return [] if user_home is None else [Layout(user_home / "Library" / "Application Support" / "Syncthing")]
    own = [Layout(folder) for folder in unix_homes(environ, user_home)]
    if platform != "linux":
        return [*own, *(Layout(PurePosixPath(folder)) for folder in _BSD)]
    sandboxed = [] if user_home is None else list(_sandboxed(user_home))
    return [*own, *sandboxed, *(Layout(PurePosixPath(folder)) for folder in _LINUX)]


def unix_homes(environ: Mapping[str, str], user_home: PurePath | None) -> list[PurePath]:
    """Return the default homes on Linux and BSD. The daemon uses the first that contains a config.xml.

    That is the rule since 1.27.0 (lib/locations/locations.go), which creates a new home in the last but one, or the
    last. Older versions use the first, or without XDG_CONFIG_HOME the second.
    """
    folders: list[PurePath] = []
    for variable, default in (("XDG_CONFIG_HOME", ".config"), ("XDG_STATE_HOME", ".local/state")):
        base = PurePosixPath(environ.get(variable, ""))
        if base.is_absolute():  # others are ignored: https://specifications.freedesktop.org/basedir-spec/
            folders.append(base / _NAME)
        if user_home is not None:
            folders.append(user_home / default / _NAME)
    return folders


def _sandboxed(user_home: PurePath) -> Iterator[Layout]:
    # Flatpak sets XDG_CONFIG_HOME and, since 1.12, XDG_STATE_HOME to these (docs.flatpak.org, "XDG base directories")
    # for any application that bundles Syncthing: SyncThingy, Syncthing Tray, Syncthing-GTK and others.
    for base in ("config", ".local/state"):
        yield Layout(user_home / ".var" / "app", f"{base}/{_NAME}")
    snap = user_home / "snap" / _NAME
    yield Layout(snap / "common" / _NAME)  # the first snap; also searched by syncthing_gtk/daemon.py
    # Other snaps only have HOME, which is SNAP_USER_DATA, or set it to SNAP_USER_COMMON.
    for folder in ("common", "current"):
        yield Layout(snap / folder / ".config" / _NAME)
        yield Layout(snap / folder / ".local" / "state" / _NAME)


def _windows(environ: Mapping[str, str]) -> Iterator[Layout]:
    for variable in ("LOCALAPPDATA", "APPDATA", "PROGRAMDATA"):
        # The last is used by SyncthingWindowsSetup for a service, as Syncthing's documentation says.
        base = PureWindowsPath(environ.get(variable, ""))
        if base.is_absolute():
            yield Layout(base / "Syncthing")
