"""What a test does to a folder: on the fake's disk, and as devices that only the test knows."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from aiosyncthing.device_id import DeviceID

from .disk import on_disk
from .downloads import Download
from .items import Item, Kind, block_size, bump, digest_of
from .scanning import deleted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .disk import Entry
    from .folder import Folder

_SECOND = 1_000_000_000
_MOMENT = 1_000  # nanoseconds


class Simulation:
    """The test's hand in one folder. To be used in the fake's thread only."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._contents: dict[tuple[str, str | None], bytes] = {}
        self._downloads: dict[str, Download] = {}

    # --- On the disk ---

    async def disk_write(self, files: Mapping[str, bytes | str | None]) -> None:
        """Write files on the disk, which are found by a scan only.

        Args:
            files: Content by name; ``None`` for a directory.
        """
        await on_disk(self._folder.cluster.disk, self._write, dict(files))

    async def disk_link(self, name: str, target: str) -> None:
        """Make a link on the disk."""
        disk, now = self._folder.cluster.disk, self._folder.cluster.node.clock.now
        await on_disk(disk, disk.symlink, self._folder.path, name, target, modified=now)

    async def disk_delete(self, names: Iterable[str]) -> None:
        """Delete files and directories with what is in them from the disk."""
        await on_disk(self._folder.cluster.disk, self._delete, list(names))

    async def disk_files(self) -> dict[str, bytes]:
        """Return the contents of all files on the disk, by name."""
        return await on_disk(self._folder.cluster.disk, self._read)

    def _write(self, files: dict[str, bytes | str | None]) -> None:
        disk, path, now = self._folder.cluster.disk, self._folder.path, self._folder.cluster.node.clock.now
        for name, content in files.items():
            if content is None:
                disk.make_directory(path, name, modified=now)
            else:
                disk.write(path, name, _encoded(content), modified=_later(disk.entry(path, name), now))

    def _delete(self, names: list[str]) -> None:
        disk, path = self._folder.cluster.disk, self._folder.path
        for name in names:
            inside = [entry.name for entry in disk.walk(path, name)]
            for each in reversed(inside or [name]):
                disk.delete(path, each)

    def _read(self) -> dict[str, bytes]:
        disk, path = self._folder.cluster.disk, self._folder.path
        return {entry.name: disk.read(path, entry.name) for entry in disk.walk(path) if entry.kind is Kind.FILE}

    # --- On other devices ---

    @property
    def devices(self) -> list[str]:
        """IDs of the connected devices that only the test knows and that take part."""
        cluster = self._folder.cluster
        return [
            device
            for device in self._folder.devices
            if device in cluster.peers
            and not cluster.is_linked(device)
            and cluster.remote_state(device, self._folder.id) == "valid"
        ]

    def remote_write(self, device: str, files: Mapping[str, bytes | str | None]) -> None:
        """Let a device change files, and tell.

        Args:
            device: Its ID.
            files: Content by name; ``None`` for a directory.
        """
        items: dict[str, Item] = {}
        for name, content in files.items():
            above = posixpath.dirname(name)
            while above:
                known = self._folder.index.newest(above)
                if above not in items and (known is None or known.deleted or known.invalid):
                    items[above] = self._made(device, above, None)
                above = posixpath.dirname(above)
            items[name] = self._made(device, name, content)
        self._tell(device, [items[name] for name in sorted(items)])

    def remote_delete(self, device: str, names: Iterable[str]) -> None:
        """Let a device delete files and directories with what is in them, and tell."""
        wanted = list(names)
        now = self._folder.cluster.node.clock.now
        items = [
            deleted(item, DeviceID(device).short, now)
            for item in self._folder.index.newest_items()
            if not item.deleted and any(item.name == name or item.name.startswith(f"{name}/") for name in wanted)
        ]
        self._tell(device, items)

    def remote_pull(self, device: str, names: Iterable[str] | None = None) -> None:
        """Let a device get what it lacks, and tell.

        Args:
            device: Its ID.
            names: Names of the items that it gets; by default all.
        """
        wanted = None if names is None else set(names)
        needed = self._folder.index.remote_need(device)
        self._folder.cluster.forget_progress(device, self._folder.id)
        taken = [item for item in needed if wanted is None or item.name in wanted]
        self._folder.cluster.connections.count_sent(device, sum(item.size for item in taken))
        self._tell(device, taken)

    def content(self, item: Item) -> bytes | None:
        """Return what a device has said that a file holds."""
        return self._contents.get((item.name, item.digest))

    def start_pull(self, name: str, fraction: float) -> None:
        """Let a needed file be under way.

        Args:
            name: Its name.
            fraction: How much of it is here, from 0 to 1; 1 ends that, without the file being there.

        Raises:
            KeyError: It is not needed.
        """
        item = next((each for each in self._folder.needed() if each.name == name), None)
        if item is None:
            raise KeyError(name)
        downloads = self._folder.cluster.downloads
        download = self._downloads.pop(name, None)
        if fraction >= 1:
            if download is not None:
                downloads.remove(download)
            return
        if download is None:
            download = Download(self._folder, item)
            downloads.add(download)
            self._folder.state.set("syncing")
        self._downloads[name] = download
        size = block_size(item.size)
        download.done = min(item.size, round(item.size * fraction) // size * size or round(item.size * fraction))
        downloads.tell()

    def _made(self, device: str, name: str, content: bytes | str | None) -> Item:
        node = self._folder.cluster.node
        known = self._folder.index.newest(name)
        short = DeviceID(device).short
        made = Item(
            name,
            Kind.DIRECTORY,
            modified=node.clock.now,
            modified_by=short,
            version=bump(known.version if known else (), short, node.clock.seconds),
            permissions=0o755,
        )
        if content is None:
            return made
        data = _encoded(content)
        size = block_size(len(data))
        digest = digest_of(data[start : start + size] for start in range(0, max(1, len(data)), size))
        self._contents[name, digest] = data
        return replace(made, kind=Kind.FILE, size=len(data), digest=digest, permissions=0o644)

    def _tell(self, device: str, items: list[Item]) -> None:
        """Let a device tell what it has."""
        index = self._folder.index
        sequence = index.remote_sequence(device)
        numbered = [replace(item, sequence=sequence + place) for place, item in enumerate(items, 1)]
        if numbered:
            index.put_remote(device, numbered)
            self._folder.tell_remote_index(device, len(numbered))


def _encoded(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _later(entry: Entry | None, now: int) -> int:
    """Return when a file is changed: later than before, or a scan misses it where its size stays, and the clock too."""
    if entry is not None and 0 <= entry.modified - now < _MOMENT:
        return entry.modified + 1
    return now
