"""Where the files of folders are: in memory, or on the real disk.

Paths of folders are absolute; names below them are relative, with ``/``. Failures are `OSError`, as of the real disk.
"""

from __future__ import annotations

import errno
import hashlib
import os
import posixpath
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from .items import Kind, block_size, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARKER: Final = ".stfolder"
"""The usual name of a folder's marker."""

_INTERNAL: Final = (MARKER, ".stignore", ".stversions")
_TEMPORARY: Final = (".syncthing.", "~syncthing~")
# What Syncthing takes from the mode of a file on Unix, for it does not send the other bits.
_MODE: Final = 0o777


def is_internal(name: str) -> bool:
    """Tell whether a name below a folder is one that Syncthing uses itself (lib/fs ``IsInternal``, ``IsTemporary``)."""
    return name.partition("/")[0] in _INTERNAL or name.rpartition("/")[2].startswith(_TEMPORARY)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is on a disk.

    Attributes:
        name: Path below the folder.
        kind: What it is.
        size: Bytes of a file; 0 for everything else.
        modified: When it was changed, in nanoseconds since 1970; 0 for links.
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
    """What both disks do."""

    def is_dir(self, path: str) -> bool:
        """Tell whether there is a directory at an absolute path, or a link to one."""
        ...

    def children(self, path: str) -> list[str]:
        """Return the names of the directories in the directory at an absolute path, sorted; empty if it is none."""
        ...

    def make_root(self, path: str) -> None:
        """Make the directory of a folder, and those that it is in. It may be there already."""
        ...

    def has_marker(self, root: str, marker: str = MARKER) -> bool:
        """Tell whether the folder has its marker."""
        ...

    def make_marker(self, root: str, marker: str = MARKER) -> None:
        """Make the marker. It may be there already."""
        ...

    def walk(self, root: str, below: str = "") -> Iterable[Entry]:
        """Return what is in a folder, or in one place of it and that place itself, each directory before its content.

        Left out are what Syncthing itself keeps there, names that are not UTF-8, and what is neither file nor
        directory nor link. Links aren't followed.

        Args:
            root: The folder.
            below: Name of the place; empty for the whole folder.
        """
        ...

    def entry(self, root: str, name: str) -> Entry | None:
        """Return what has that name; ``None`` for nothing, also if it is behind a link."""
        ...

    def files(self, root: str, below: str) -> list[Entry]:
        """Return the files in a place of the folder, also one that `walk` leaves out, such as ``.stversions``."""
        ...

    def read(self, root: str, name: str) -> bytes:
        """Return the content of a file."""
        ...

    def digest(self, root: str, name: str) -> str:
        """Return what identifies the content of a file: `_items.digest_of`."""
        ...

    def write(self, root: str, name: str, content: bytes, *, modified: int, permissions: int = 0o644) -> None:
        """Write a file in place of another one or of a link, and the directories that it is in.

        Args:
            root: The folder.
            name: Name of the file.
            content: Its content.
            modified: When it was changed, in nanoseconds since 1970.
            permissions: Its mode.
        """
        ...

    def make_directory(self, root: str, name: str, *, modified: int, permissions: int = 0o755) -> None:
        """Make a directory, and those that it is in. It may be there already, and is then left as it is."""
        ...

    def symlink(self, root: str, name: str, target: str, *, modified: int) -> None:
        """Make a link in place of a file or another one, and the directories that it is in."""
        ...

    def delete(self, root: str, name: str) -> None:
        """Delete a file, a link or an empty directory; nothing is no failure."""
        ...

    def rename(self, root: str, name: str, new_name: str) -> None:
        """Move a file or link to another name in place of what is there, and make the directories that it is in."""
        ...

    def set_modified(self, root: str, name: str, modified: int) -> None:
        """Set when a file or directory was changed, in nanoseconds since 1970."""
        ...

    def set_permissions(self, root: str, name: str, permissions: int) -> None:
        """Set the mode of a file or directory."""
        ...


@dataclass(slots=True)
class _Node:
    kind: Kind
    modified: int = 0
    changed: int = 0
    permissions: int = 0o755
    content: bytes = b""
    target: str = ""
    children: dict[str, _Node] = field(default_factory=dict[str, "_Node"])

    def entry(self, name: str) -> Entry:
        return Entry(
            name,
            self.kind,
            len(self.content),
            0 if self.kind is Kind.SYMLINK else self.modified,
            self.permissions,
            self.target,
            self.changed,
        )


def _failure(code: int, path: str) -> OSError:
    return OSError(code, os.strerror(code), path)


class MemoryDisk:
    """One tree in memory, which begins empty. It has no clock: times are given by those who write.

    Links lead nowhere. A directory keeps its time when something in it is changed.
    """

    def __init__(self) -> None:
        self._top = _Node(Kind.DIRECTORY)

    def is_dir(self, path: str) -> bool:
        """See `Disk`."""
        node = self._find(path)
        return node is not None and node.kind is Kind.DIRECTORY

    def children(self, path: str) -> list[str]:
        """See `Disk`."""
        node = self._find(path)
        if node is None:
            return []
        return sorted(name for name, child in node.children.items() if child.kind is Kind.DIRECTORY)

    def make_root(self, path: str) -> None:
        """See `Disk`."""
        self._make_directories(path, 0)

    def has_marker(self, root: str, marker: str = MARKER) -> bool:
        """See `Disk`."""
        return self._find(f"{root}/{marker}") is not None

    def make_marker(self, root: str, marker: str = MARKER) -> None:
        """See `Disk`."""
        if not self.is_dir(root):
            raise _failure(errno.ENOENT, root)
        self._make_directories(f"{root}/{marker}", 0)

    def walk(self, root: str, below: str = "") -> Iterator[Entry]:
        """See `Disk`."""
        node = self._find(f"{root}/{below}")
        if node is None or is_internal(below):
            return
        if below:
            yield node.entry(below)
        yield from _walk(node, below, everything=False)

    def entry(self, root: str, name: str) -> Entry | None:
        """See `Disk`."""
        node = self._find(f"{root}/{name}")
        return node.entry(name) if node is not None else None

    def files(self, root: str, below: str) -> list[Entry]:
        """See `Disk`."""
        node = self._find(f"{root}/{below}")
        if node is None:
            return []
        return [entry for entry in _walk(node, below, everything=True) if entry.kind is Kind.FILE]

    def read(self, root: str, name: str) -> bytes:
        """See `Disk`."""
        return self._file(root, name).content

    def digest(self, root: str, name: str) -> str:
        """See `Disk`."""
        content = self._file(root, name).content
        size = block_size(len(content))
        return digest_of(content[at : at + size] for at in range(0, max(1, len(content)), size))

    def write(self, root: str, name: str, content: bytes, *, modified: int, permissions: int = 0o644) -> None:
        """See `Disk`."""
        self._put(root, name, _Node(Kind.FILE, modified, modified, permissions & _MODE, content))

    def make_directory(self, root: str, name: str, *, modified: int, permissions: int = 0o755) -> None:
        """See `Disk`."""
        there = self._find(f"{root}/{name}") is not None
        node = self._make_directories(f"{root}/{name}", modified)
        if not there:
            node.permissions = permissions & _MODE

    def symlink(self, root: str, name: str, target: str, *, modified: int) -> None:
        """See `Disk`."""
        self._put(root, name, _Node(Kind.SYMLINK, changed=modified, permissions=_MODE, target=target))

    def delete(self, root: str, name: str) -> None:
        """See `Disk`."""
        node = self._find(f"{root}/{name}")
        if node is None:
            return
        if node.children:
            raise _failure(errno.ENOTEMPTY, f"{root}/{name}")
        self._remove(f"{root}/{name}")

    def rename(self, root: str, name: str, new_name: str) -> None:
        """See `Disk`."""
        node = self._existing(root, name)
        self._put(root, new_name, node)
        self._remove(f"{root}/{name}")

    def set_modified(self, root: str, name: str, modified: int) -> None:
        """See `Disk`."""
        node = self._existing(root, name)
        node.modified = node.changed = modified

    def set_permissions(self, root: str, name: str, permissions: int) -> None:
        """See `Disk`."""
        self._existing(root, name).permissions = permissions & _MODE

    def _find(self, path: str) -> _Node | None:
        node: _Node | None = self._top
        for part in _parts(path):
            node = node.children.get(part) if node is not None else None
        return node

    def _existing(self, root: str, name: str) -> _Node:
        node = self._find(f"{root}/{name}")
        if node is None:
            raise _failure(errno.ENOENT, posixpath.normpath(f"{root}/{name}"))
        return node

    def _file(self, root: str, name: str) -> _Node:
        node = self._existing(root, name)
        if node.kind is not Kind.FILE:
            raise _failure(errno.EISDIR, f"{root}/{name}")
        return node

    def _remove(self, path: str) -> None:
        parent, name = posixpath.split(posixpath.normpath(path))
        found = self._find(parent)
        if found is not None:
            found.children.pop(name, None)

    def _put(self, root: str, name: str, node: _Node) -> None:
        path = posixpath.normpath(f"{root}/{name}")
        there = self._find(path)
        if there is not None and there.kind is Kind.DIRECTORY:
            raise _failure(errno.EISDIR, path)
        parent, last = posixpath.split(path)
        self._make_directories(parent, node.changed).children[last] = node

    def _make_directories(self, path: str, modified: int) -> _Node:
        node = self._top
        for part in _parts(path):
            node = node.children.setdefault(part, _Node(Kind.DIRECTORY, modified, modified))
            if node.kind is not Kind.DIRECTORY:
                raise _failure(errno.ENOTDIR, path)
        return node


def _parts(path: str) -> list[str]:
    return [part for part in posixpath.normpath(path).split("/") if part not in {"", "."}]


def _walk(node: _Node, above: str, *, everything: bool) -> Iterator[Entry]:
    for part, child in sorted(node.children.items()):
        name = f"{above}/{part}".lstrip("/")
        if everything or not is_internal(name):
            yield child.entry(name)
            yield from _walk(child, name, everything=everything)


class DirectoryDisk:
    """The real disk. Its methods block."""

    def is_dir(self, path: str) -> bool:
        """See `Disk`."""
        return Path(path).is_dir()

    def children(self, path: str) -> list[str]:
        """See `Disk`."""
        try:
            with os.scandir(path) as entries:
                return sorted(entry.name for entry in entries if entry.is_dir())
        except OSError:
            return []

    def make_root(self, path: str) -> None:
        """See `Disk`."""
        Path(path).mkdir(parents=True, exist_ok=True)

    def has_marker(self, root: str, marker: str = MARKER) -> bool:
        """See `Disk`."""
        return os.path.lexists(Path(root, marker))

    def make_marker(self, root: str, marker: str = MARKER) -> None:
        """See `Disk`."""
        Path(root, marker).mkdir(exist_ok=True)

    def walk(self, root: str, below: str = "") -> Iterator[Entry]:
        """See `Disk`."""
        if below:
            if is_internal(below) or (entry := self.entry(root, below)) is None:
                return
            yield entry
            if entry.kind is not Kind.DIRECTORY:
                return
        yield from self._walk(root, below, everything=False)

    def entry(self, root: str, name: str) -> Entry | None:
        """See `Disk`."""
        path = Path(root, name)
        try:
            # The parents of a relative path end with the folder itself, which may be a link.
            if any(Path(root, parent).is_symlink() for parent in list(Path(name).parents)[:-1]):
                return None
            return _entry(name, path, path.lstat())
        except OSError:
            return None

    def files(self, root: str, below: str) -> list[Entry]:
        """See `Disk`."""
        return [entry for entry in self._walk(root, below, everything=True) if entry.kind is Kind.FILE]

    def read(self, root: str, name: str) -> bytes:
        """See `Disk`."""
        return Path(root, name).read_bytes()

    def digest(self, root: str, name: str) -> str:
        """See `Disk`."""
        path = Path(root, name)
        with path.open("rb") as file:
            size = block_size(os.fstat(file.fileno()).st_size)
            first = file.read(size)
            return digest_of(_blocks(first, iter(lambda: file.read(size), b"")))

    def write(self, root: str, name: str, content: bytes, *, modified: int, permissions: int = 0o644) -> None:
        """See `Disk`."""
        path = Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Under a name that no scan takes for a file of the folder, and in one step: as the daemon itself does.
        digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]  # the name itself may be too long
        temporary = path.with_name(f".syncthing.{digest}.tmp")
        try:
            temporary.write_bytes(content)
            temporary.chmod(permissions & _MODE)
            os.utime(temporary, ns=(modified, modified))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def make_directory(self, root: str, name: str, *, modified: int, permissions: int = 0o755) -> None:
        """See `Disk`."""
        path = Path(root, name)
        if path.is_dir() and not path.is_symlink():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir()
        path.chmod(permissions & _MODE)
        os.utime(path, ns=(modified, modified))

    def symlink(self, root: str, name: str, target: str, *, modified: int) -> None:
        """See `Disk`. The real disk gives the time itself."""
        del modified
        path = Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() or path.is_file():
            path.unlink()
        path.symlink_to(target)

    def delete(self, root: str, name: str) -> None:
        """See `Disk`."""
        path = Path(root, name)
        try:
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return

    def rename(self, root: str, name: str, new_name: str) -> None:
        """See `Disk`."""
        source, path = Path(root, name), Path(root, new_name)
        source.lstat()
        path.parent.mkdir(parents=True, exist_ok=True)
        source.replace(path)

    def set_modified(self, root: str, name: str, modified: int) -> None:
        """See `Disk`."""
        os.utime(Path(root, name), ns=(modified, modified))

    def set_permissions(self, root: str, name: str, permissions: int) -> None:
        """See `Disk`."""
        Path(root, name).chmod(permissions & _MODE)

    def _walk(self, root: str, below: str, *, everything: bool) -> Iterator[Entry]:
        try:
            with os.scandir(Path(root, below)) as entries:
                found = sorted((entry for entry in entries if _is_text(entry.name)), key=lambda entry: entry.name)
        except OSError:
            return  # gone meanwhile, or not to be read
        for each in found:
            name = f"{below}/{each.name}".lstrip("/")
            if is_internal(name) and not everything:
                continue
            try:
                entry = _entry(name, Path(each.path), each.stat(follow_symlinks=False))
            except OSError:
                continue
            if entry is not None:
                yield entry
                if entry.kind is Kind.DIRECTORY:
                    yield from self._walk(root, name, everything=everything)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _entry(name: str, path: Path, status: os.stat_result) -> Entry | None:
    permissions = stat.S_IMODE(status.st_mode) & _MODE
    if stat.S_ISREG(status.st_mode):
        return Entry(name, Kind.FILE, status.st_size, status.st_mtime_ns, permissions, "", status.st_ctime_ns)
    if stat.S_ISDIR(status.st_mode):
        return Entry(name, Kind.DIRECTORY, 0, status.st_mtime_ns, permissions, "", status.st_ctime_ns)
    if stat.S_ISLNK(status.st_mode):
        return Entry(name, Kind.SYMLINK, 0, 0, permissions, str(path.readlink()), status.st_ctime_ns)
    return None


def _blocks(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
