"""The table of default homes."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import pytest

from aiosyncthing.local.layouts import Layout, default_homes, unix_homes

ME = PurePosixPath("/home/me")


def shown(platform: str, user_home: PurePosixPath | PureWindowsPath | None = ME, **environ: str) -> list[str]:
    """Return the homes of a system as text."""
    return [str(layout) for layout in default_homes(platform, environ, user_home)]


def test_linux() -> None:
    """The user's own homes come first, old before new as the daemon looks for them, then sandboxes, then services."""
    found = shown("linux")
    assert found[:2] == ["/home/me/.config/syncthing", "/home/me/.local/state/syncthing"]
    assert found[2:9] == [
        "/home/me/.var/app/*/config/syncthing",
        "/home/me/.var/app/*/.local/state/syncthing",
        "/home/me/snap/syncthing/common/syncthing",
        "/home/me/snap/syncthing/common/.config/syncthing",
        "/home/me/snap/syncthing/common/.local/state/syncthing",
        "/home/me/snap/syncthing/current/.config/syncthing",
        "/home/me/snap/syncthing/current/.local/state/syncthing",
    ]
    assert found[9:] == [
        "/var/lib/syncthing/.config/syncthing",
        "/var/lib/syncthing/.local/state/syncthing",
        "/var/lib/syncthing",
        "/etc/syncthing",
        "/var/packages/syncthing/var",
        "/var/packages/syncthing/target/var",
        "/usr/local/syncthing/var",
        "/var/syncthing/config",
        "/config",
    ]


def test_xdg() -> None:
    """The variables come before the defaults they stand for; without a home of one's own they are all there is."""
    environ = {"XDG_CONFIG_HOME": "/x/config", "XDG_STATE_HOME": "/x/state"}
    assert [str(home) for home in unix_homes(environ, ME)] == [
        "/x/config/syncthing",
        "/home/me/.config/syncthing",
        "/x/state/syncthing",
        "/home/me/.local/state/syncthing",
    ]
    assert [str(home) for home in unix_homes(environ, None)] == ["/x/config/syncthing", "/x/state/syncthing"]
    assert unix_homes({"XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "relative"}, None) == []
    assert shown("linux", **environ)[:4] == [str(home) for home in unix_homes(environ, ME)]


@pytest.mark.parametrize("platform", ["freebsd14", "openbsd7", "netbsd10", "dragonfly6", "sunos5"])
def test_bsd(platform: str) -> None:
    """Other systems of this kind have the same homes of users, and those of their packages."""
    assert shown(platform, XDG_STATE_HOME="/s") == [
        "/home/me/.config/syncthing",
        "/s/syncthing",
        "/home/me/.local/state/syncthing",
        "/usr/local/etc/syncthing",
        "/usr/pkg/etc/syncthing",
        "/var/syncthing",
    ]


def test_macos() -> None:
    """On macOS there is one, whatever the variables of other systems say."""
    assert shown("darwin", PurePosixPath("/Users/me"), XDG_CONFIG_HOME="/x") == [
        "/Users/me/Library/Application Support/Syncthing"
    ]
    assert shown("darwin", None) == []


def test_windows() -> None:
    """On Windows the variables say where; without one the next is used."""
    environ = {"LOCALAPPDATA": r"C:\Users\me\Local", "APPDATA": r"C:\Users\me\Roaming", "PROGRAMDATA": r"D:\Data"}
    assert shown("win32", PureWindowsPath(r"C:\Users\me"), **environ) == [
        r"C:\Users\me\Local\Syncthing",
        r"C:\Users\me\Roaming\Syncthing",
        r"D:\Data\Syncthing",
    ]
    assert shown("win32", None, APPDATA=r"C:\R", LOCALAPPDATA="") == [r"C:\R\Syncthing"]
    assert shown("win32", XDG_CONFIG_HOME="/x") == []


def test_without_a_home_of_ones_own() -> None:
    """A service may have no home; then those of services are left."""
    assert shown("linux", None)[0] == "/var/lib/syncthing/.config/syncthing"
    assert shown("freebsd14", None)[0] == "/usr/local/etc/syncthing"


def test_how_a_layout_is_shown() -> None:
    """A folder for which any name is good is shown with a star."""
    assert str(Layout(ME)) == "/home/me"
    assert str(Layout(ME, "a/b")) == "/home/me/*/a/b"
