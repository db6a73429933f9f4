"""Check the path of a folder, as far as that is possible from another computer. Pure.

The path is on the daemon's computer, which may run another system than this one. ``..`` is resolved as the daemon does,
without looking at the disk. Symbolic links, junctions, mounts, and file systems that ignore case where the system
usually doesn't, can't be detected from here.
"""

from __future__ import annotations

import ntpath
import posixpath
import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final, NamedTuple, TypeAlias

from aiosyncthing.exceptions import BadRequestError

Parts: TypeAlias = tuple[str, ...]

_IGNORE_CASE: Final = frozenset({"windows", "darwin", "ios"})
# The default locations of a daemon's home: lib/locations/locations.go.
_USUAL_HOMES: Final = (
    *(".config/syncthing", ".local/state/syncthing", "AppData/Local/Syncthing"),
    "Library/Application Support/Syncthing",
)
_DEVICE_PREFIX: Final = r"[\\/]{2}[?.][\\/](UNC[\\/])?"
DATABASE: Final = "index-v"
"""The beginning of the database directory's name before 1.21 (lib/locations/locations.go)."""


class Machine(NamedTuple):
    """The daemon's computer.

    Attributes:
        user_home: The home directory of the daemon's user; empty if it has none.
        separator: The path separator: ``/`` or a backslash.
        system: Go's name of the operating system.
        homes: The daemon's own directories; empty if it doesn't report them.
        database: The directory of its database; empty if it doesn't report it.
    """

    user_home: str
    separator: str
    system: str
    homes: tuple[str, ...] = ()
    database: str = ""

    def full(self, path: str) -> str | None:
        """Return a path as the daemon understands it; ``None`` if it is relative to an unknown directory."""
        windows = self.separator == "\\"
        if path == "~" or path.startswith(("~/", "~\\") if windows else "~/"):
            path = self.user_home + path[1:]
        if windows:
            if prefix := re.match(_DEVICE_PREFIX, path, re.IGNORECASE):
                path = ("\\\\" if prefix[1] else "") + path[prefix.end() :]
            path = ntpath.normpath(path)
            return path if PureWindowsPath(path).is_absolute() else None
        return "/" + posixpath.normpath(path).lstrip("/") if path.startswith("/") else None

    def parts(self, path: str) -> Parts | None:
        """Return the parts of a path in a form that can be compared; ``None`` for a relative path."""
        full = self.full(path)
        if full is None:
            return None
        parts = PurePosixPath(full).parts
        if self.separator == "\\":
            root, *names = PureWindowsPath(full).parts
            parts = (root, *(name.rstrip(" .") for name in names))  # as Windows itself does
        if self.system in _IGNORE_CASE:
            return tuple(unicodedata.normalize("NFC", part).casefold() for part in parts)
        return parts


def objection(path: str, machine: Machine, folders: Iterable[tuple[str, str]], *, nested: bool = False) -> str | None:
    """Return why a folder must not have this path; ``None`` if it may.

    Args:
        path: The path.
        machine: The daemon's computer.
        folders: ID and path of each other folder.
        nested: Whether the folder may be inside or around others. The path of another one is refused in any case.
    """
    if "\0" in path:
        return f"the path {path!r} contains a null character, which is not allowed in paths"
    place = machine.parts(path)
    if place is None:
        return f"the path {path!r} is relative: use an absolute path, or one that begins with ~/"
    inside = _contains(machine.parts(machine.database), place)
    if inside or (not machine.database and any(map(_is_database, place))):
        return f"the path {path!r} is in the daemon's own database"
    user_home = machine.parts(machine.user_home)
    if _contains(place, user_home):
        verb = "is" if place == user_home else "contains"
        return f"the path {path!r} {verb} the home directory of the daemon's user: everything in it would be shared"
    homes = machine.homes or tuple(f"{machine.user_home}/{each}" for each in _USUAL_HOMES)
    for home in map(machine.parts, (*homes, machine.database)):
        if _contains(place, home):
            verb = "is" if place == home else "contains"
            return f"the path {path!r} {verb} the daemon's own home, which has its keys and database"
    found = [(_relation(place, machine.parts(other)), folder_id, other) for folder_id, other in folders]
    for relation in ("that of",) if nested else ("that of", "inside", "around"):
        for each, folder_id, other in found:
            if each == relation:
                return f"the path {path!r} is {relation} the folder {folder_id!r} ({other})"
    return None


def refuse_path(path: str, machine: Machine, folders: Iterable[tuple[str, str]], *, nested: bool) -> None:
    """Refuse a path that a folder must not have.

    Args:
        path: The path.
        machine: The daemon's computer.
        folders: ID and path of each other folder.
        nested: Whether the folder may be inside or around others.

    Raises:
        BadRequestError: The path would share something private, or files of another folder.
    """
    others = list(folders)
    if reason := objection(path, machine, others, nested=nested):
        allowed = objection(path, machine, others, nested=True) is None
        raise BadRequestError(reason, remedy="pass allow_nested=True to allow it" if allowed else "")


def _is_database(name: str) -> bool:
    return name.startswith(DATABASE) and name.endswith(".db")


def _relation(place: Parts, there: Parts | None) -> str:
    """Return how a path relates to that of another folder; empty if neither contains the other."""
    if place == there:
        return "that of"
    return "inside" if _contains(there, place) else "around" if _contains(place, there) else ""


def _contains(outer: Parts | None, inner: Parts | None) -> bool:
    return outer is not None and inner is not None and inner[: len(outer)] == outer
