"""The table of default homes."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import Final

import pytest

from aiosyncthing.local.layouts import default_homes

ME: Final = PurePosixPath("/home/me")
USER: Final = ["/home/me/.config/syncthing", "/home/me/.local/state/syncthing"]
SANDBOXES: Final = [
    "/home/me/.var/app/*/config/syncthing",
    "/home/me/.var/app/*/.local/state/syncthing",
    "/home/me/snap/syncthing/common/syncthing",
    "/home/me/snap/syncthing/common/.config/syncthing",
    "/home/me/snap/syncthing/common/.local/state/syncthing",
    "/home/me/snap/syncthing/current/.config/syncthing",
    "/home/me/snap/syncthing/current/.local/state/syncthing",
]
LINUX: Final = [
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
BSD: Final = ["/usr/local/etc/syncthing", "/usr/pkg/etc/syncthing", "/var/syncthing"]
XDG: Final = {"XDG_CONFIG_HOME": "/x/config", "XDG_STATE_HOME": "/x/state"}
WINDOWS: Final = {"LOCALAPPDATA": r"C:\me\Local", "APPDATA": r"C:\me\Roaming", "PROGRAMDATA": r"D:\Data"}


@pytest.mark.parametrize(
    ("platform", "environ", "user_home", "homes"),
    [
        ("linux", {}, ME, [*USER, *SANDBOXES, *LINUX]),
        # The variables come before the defaults they replace. A relative one is ignored.
        ("linux", XDG, ME, ["/x/config/syncthing", USER[0], "/x/state/syncthing", USER[1], *SANDBOXES, *LINUX]),
        ("linux", {"XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "relative"}, ME, [*USER, *SANDBOXES, *LINUX]),
        # A service may have no home directory.
        ("linux", XDG, None, ["/x/config/syncthing", "/x/state/syncthing", *LINUX]),
        ("freebsd14", {}, ME, [*USER, *BSD]),
        ("openbsd7", {"XDG_STATE_HOME": "/s"}, ME, [USER[0], "/s/syncthing", USER[1], *BSD]),
        ("sunos5", {}, None, BSD),
        ("darwin", XDG, PurePosixPath("/Users/me"), ["/Users/me/Library/Application Support/Syncthing"]),
        ("darwin", {}, None, []),
        (
            "win32",
            {**WINDOWS, **XDG},
            PureWindowsPath(r"C:\me"),
            [r"C:\me\Local\Syncthing", r"C:\me\Roaming\Syncthing", r"D:\Data\Syncthing"],
        ),
        ("win32", {"APPDATA": r"C:\R", "LOCALAPPDATA": ""}, None, [r"C:\R\Syncthing"]),
    ],
)
def test_default_homes(platform: str, environ: dict[str, str], user_home: PurePath | None, homes: list[str]) -> None:
    """Each system has its homes in a fixed order: the user's, then those of sandboxes, then those of services."""
    assert [str(layout) for layout in default_homes(platform, environ, user_home)] == homes
