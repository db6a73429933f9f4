"""The real disk: folders are directories on it."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from aiosyncthing.ignores import is_internal

from .disk import MARKER, MODE, Entry
from .items import Kind, block_size, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class DirectoryDisk:
    """The real disk."""

    blocks = True

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

    def unreadable(self, root: str) -> list[str]:
        """See `Disk`."""
        found: list[str] = []
        for directory, directories, files in os.walk(root):
            for name in directories + files:
                path = str(Path(directory, name).relative_to(root))
                shown = os.fsencode(path).decode(errors="replace")
                if shown != path:
                    found.append(shown)
        return sorted(found)

    def entry(self, root: str, name: str) -> Entry | None:
        """See `Disk`."""
        path = Path(root, name)
        try:
            # The last parent of a relative path is the folder itself, which may be a link.
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
        # As the daemon does: under a temporary name, which scans skip, and then in one step.
        digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]  # the name itself may be too long
        temporary = path.with_name(f".syncthing.{digest}.tmp")
        try:
            temporary.write_bytes(content)
            temporary.chmod(permissions & MODE)
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
        path.chmod(permissions & MODE)
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
        Path(root, name).chmod(permissions & MODE)

    def _walk(self, root: str, below: str, *, everything: bool) -> Iterator[Entry]:
        try:
            with os.scandir(Path(root, below)) as entries:
                found = sorted((entry for entry in entries if _is_text(entry.name)), key=lambda entry: entry.name)
        except OSError:
            return  # deleted since, or not readable
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
    permissions = stat.S_IMODE(status.st_mode) & MODE
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
