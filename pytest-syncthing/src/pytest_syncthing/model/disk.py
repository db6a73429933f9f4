"""Where the files of folders are: what a disk can do, in memory (`memory_disk`) or for real (`directory_disk`).

Paths of folders are absolute; names below them are relative, with ``/``. Failures are `OSError`, as on a real disk.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import ParamSpec, TypeVar

    from .items import Kind

    P = ParamSpec("P")
    T = TypeVar("T")

MARKER: Final = ".stfolder"
"""The usual name of a folder's marker."""

MODE: Final = 0o777
"""The bits of a file's mode that Syncthing sends to other devices."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, directory or link on a disk.

    Attributes:
        name: Path below the folder.
        kind: What it is.
        size: Bytes of a file; 0 for everything else.
        modified: Modification time in nanoseconds since 1970; 0 for links.
        permissions: Its mode.
        target: Where a link points.
        changed: When its inode was changed, in nanoseconds since 1970.
    """

    name: str
    kind: Kind
    size: int = 0
    modified: int = 0
    permissions: int = 0o644
    target: str = ""
    changed: int = 0


class Disk(Protocol):
    """What every disk does."""

    @property
    def blocks(self) -> bool:
        """Whether its methods may block, so that an event loop calls them by `on_disk`."""
        ...

    def is_dir(self, path: str) -> bool:
        """Return whether there is a directory at an absolute path, or a link to one."""
        ...

    def children(self, path: str) -> list[str]:
        """Return the names of the directories in the directory at an absolute path, sorted; none if it isn't one."""
        ...

    def make_root(self, path: str) -> None:
        """Make the directory of a folder and its parents, unless it exists."""
        ...

    def has_marker(self, root: str, marker: str = MARKER) -> bool:
        """Return whether the folder has its marker."""
        ...

    def make_marker(self, root: str, marker: str = MARKER) -> None:
        """Make the marker, unless it exists."""
        ...

    def walk(self, root: str, below: str = "") -> Iterable[Entry]:
        """Return what is in a folder, or in one place of it and that place itself, each directory before its content.

        Skips what Syncthing keeps there for itself, names that are not UTF-8, and everything but files, directories
        and links. Links aren't followed.

        Args:
            root: The folder.
            below: Name of the place; empty for the whole folder.
        """
        ...

    def unreadable(self, root: str) -> list[str]:
        """Return the names in a folder that are not UTF-8, in the form in which the daemon shows them."""
        ...

    def entry(self, root: str, name: str) -> Entry | None:
        """Return the entry of that name; ``None`` if there isn't one, or only behind a link."""
        ...

    def files(self, root: str, below: str) -> list[Entry]:
        """Return the files in a place of the folder, even if `walk` skips it, such as ``.stversions``."""
        ...

    def read(self, root: str, name: str) -> bytes:
        """Return the content of a file."""
        ...

    def digest(self, root: str, name: str) -> str:
        """Return the `items.digest_of` a file's content."""
        ...

    def write(self, root: str, name: str, content: bytes, *, modified: int, permissions: int = 0o644) -> None:
        """Write a file and the directories above it. Replaces a file or link of that name.

        Args:
            root: The folder.
            name: Name of the file.
            content: Its content.
            modified: Its modification time, in nanoseconds since 1970.
            permissions: Its mode.
        """
        ...

    def make_directory(self, root: str, name: str, *, modified: int, permissions: int = 0o755) -> None:
        """Make a directory and those above it. One that exists stays as it is."""
        ...

    def symlink(self, root: str, name: str, target: str, *, modified: int) -> None:
        """Make a link and the directories above it. Replaces a file or link of that name."""
        ...

    def delete(self, root: str, name: str) -> None:
        """Delete a file, a link or an empty directory, if it exists."""
        ...

    def rename(self, root: str, name: str, new_name: str) -> None:
        """Move a file or link, and make the directories above its new name. Replaces a file or link of that name."""
        ...

    def set_modified(self, root: str, name: str, modified: int) -> None:
        """Set the modification time of a file or directory, in nanoseconds since 1970."""
        ...

    def set_permissions(self, root: str, name: str, permissions: int) -> None:
        """Set the mode of a file or directory."""
        ...


async def on_disk(disk: Disk, call: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Make a call that works on a disk: in a thread if the disk blocks, else at once.

    Calls for a disk in memory stay in the loop's thread, where two of them can't get in each other's way.
    """
    if not disk.blocks:
        return call(*args, **options)
    return await asyncio.get_running_loop().run_in_executor(None, partial(call, *args, **options))
