"""Judging the path of a new folder, as far as that is possible from afar. Pure.

The path is one of the daemon's computer, which may have another system than this one. ``..`` is resolved as the daemon
does, without looking at the disk. Symbolic links, junctions, mounts and file systems that ignore case although the
system's usual ones don't can't be seen from here.
"""

from __future__ import annotations

import ntpath
import posixpath
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final, NamedTuple, TypeAlias

Parts: TypeAlias = tuple[str, ...]

_IGNORE_CASE: Final = frozenset({"windows", "darwin", "ios"})
# Where a daemon has its home if nothing else is asked for: lib/locations/locations.go.
_USUAL_HOMES: Final = (
    *(".config/syncthing", ".local/state/syncthing", "AppData/Local/Syncthing"),
    "Library/Application Support/Syncthing",
)


class Machine(NamedTuple):
    """The daemon's computer.

    Attributes:
        user_home: The home directory of the daemon's user; empty if it has none.
        separator: What separates directories: ``/`` or a backslash.
        system: The name of the operating system, as Go calls it.
        homes: The daemon's own directories; empty if it doesn't report them.
    """

    user_home: str
    separator: str
    system: str
    homes: tuple[str, ...] = ()

    def full(self, path: str) -> str | None:
        """Return a path as the daemon understands it; ``None`` if it is relative to an unknown directory."""
        windows = self.separator == "\\"
        if path == "~" or path.startswith(("~/", "~\\") if windows else "~/"):
            path = self.user_home + path[1:]
        if windows:
            path = ntpath.normpath(path.removeprefix("\\\\?\\"))
            return path if PureWindowsPath(path).is_absolute() else None
        return "/" + posixpath.normpath(path).lstrip("/") if path.startswith("/") else None

    def parts(self, path: str) -> Parts | None:
        """Return the names that a path consists of, in a form that can be compared; ``None`` for a relative path."""
        full = self.full(path)
        if full is None:
            return None
        parts = (PureWindowsPath if self.separator == "\\" else PurePosixPath)(full).parts
        if self.system in _IGNORE_CASE:
            return tuple(unicodedata.normalize("NFC", part).casefold() for part in parts)
        return parts


def objection(path: str, machine: Machine, folders: Iterable[tuple[str, str]], *, nested: bool = False) -> str | None:
    """Return why a folder must not have this path; ``None`` if nothing speaks against it.

    Args:
        path: The path.
        machine: The daemon's computer.
        folders: ID and path of each other folder.
        nested: Whether the folder may be inside or around others.
    """
    if "\0" in path:
        return f"the path {path!r} contains a null character, which no path can"
    place = machine.parts(path)
    if place is None:
        return f"the path {path!r} is relative: only the daemon knows to what. Use an absolute one, or one with ~/"
    if machine.user_home and _contains(place, machine.parts(machine.user_home)):
        return f"the path {path!r} contains the home directory of the daemon's user: everything in it would be shared"
    homes = machine.homes or tuple(f"{machine.user_home}/{each}" for each in _USUAL_HOMES)
    if any(_contains(place, machine.parts(each)) for each in homes):
        return f"the path {path!r} contains the daemon's own home, with its keys and its database"
    for folder_id, other in () if nested else folders:
        there = machine.parts(other)
        if _contains(place, there) or (there is not None and _contains(there, place)):
            where = "that of" if place == there else "inside" if _contains(there, place) else "around"
            return f"the path {path!r} is {where} the folder {folder_id!r} ({other})"
    return None


def _contains(outer: Parts | None, inner: Parts | None) -> bool:
    return outer is not None and inner is not None and inner[: len(outer)] == outer
