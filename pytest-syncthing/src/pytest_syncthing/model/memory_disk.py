"""A disk in memory."""

from __future__ import annotations

import errno
import os
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiosyncthing.ignores import is_internal

from .disk import MARKER, MODE, Entry
from .items import Kind, block_size, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    """A tree in memory, empty at first. It has no clock: whoever writes gives the time.

    Links lead nowhere. A directory keeps its time when something in it changes.
    """

    blocks = False

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

    def unreadable(self, root: str) -> list[str]:
        """See `Disk`. Names in memory are text."""
        del root
        return []

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
        self._put(root, name, _Node(Kind.FILE, modified, modified, permissions & MODE, content))

    def make_directory(self, root: str, name: str, *, modified: int, permissions: int = 0o755) -> None:
        """See `Disk`."""
        there = self._find(f"{root}/{name}") is not None
        node = self._make_directories(f"{root}/{name}", modified)
        if not there:
            node.permissions = permissions & MODE

    def symlink(self, root: str, name: str, target: str, *, modified: int) -> None:
        """See `Disk`."""
        self._put(root, name, _Node(Kind.SYMLINK, changed=modified, permissions=MODE, target=target))

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
        self._existing(root, name).permissions = permissions & MODE

    def _remove(self, path: str) -> None:
        parent, name = posixpath.split(posixpath.normpath(path))
        found = self._find(parent)
        if found is not None:
            found.children.pop(name, None)

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
