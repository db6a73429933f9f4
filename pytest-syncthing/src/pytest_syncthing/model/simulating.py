"""What tests do to files on the fake's disk, and with devices that exist in the test only."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from aiosyncthing.device_id import DeviceID

from .downloads import Download
from .items import Item, Kind, block_size, bump, digest_of
from .peers import CUT, Offer, Peer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .core import Core
    from .disk import Entry
    from .downloads import Downloads
    from .folder import Folder
    from .peers import Peers
    from .pending import Pending
    from .replica import Replica
    from .sharing import Sharing

_MOMENT = 1_000  # nanoseconds


class UserFiles:
    """The files of a folder as a user sees them: the daemon finds changes by a scan only.

    Args:
        replica: The folder.
    """

    def __init__(self, replica: Replica) -> None:
        self._core = replica.core
        self._path = replica.path

    async def write(self, files: Mapping[str, bytes | str | None]) -> None:
        """Write files.

        Args:
            files: Content by name; ``None`` for a directory.
        """
        await self._core.on_disk(self._write, dict(files))

    async def link(self, name: str, target: str) -> None:
        """Make a link."""
        disk = self._core.disk
        await self._core.on_disk(disk.symlink, self._path, name, target, modified=self._core.clock.now)

    async def delete(self, names: Iterable[str]) -> None:
        """Delete files, and directories with everything in them."""
        await self._core.on_disk(self._delete, list(names))

    async def read(self) -> dict[str, bytes]:
        """Return the contents of all files, by name."""
        return await self._core.on_disk(self._read)

    def _write(self, files: dict[str, bytes | str | None]) -> None:
        disk, path, now = self._core.disk, self._path, self._core.clock.now
        for name, content in files.items():
            if content is None:
                disk.make_directory(path, name, modified=now)
            else:
                disk.write(path, name, _encoded(content), modified=_later(disk.entry(path, name), now))

    def _delete(self, names: list[str]) -> None:
        disk, path = self._core.disk, self._path
        for name in names:
            inside = [entry.name for entry in disk.walk(path, name)]
            for each in reversed(inside or [name]):
                disk.delete(path, each)

    def _read(self) -> dict[str, bytes]:
        disk, path = self._core.disk, self._path
        return {entry.name: disk.read(path, entry.name) for entry in disk.walk(path) if entry.kind is Kind.FILE}


class SimulatedDevices:
    """The devices that exist in the test only. Use it in the fakes' thread only.

    Args:
        core: What it shares with the rest of the daemon.
        folders: The folders of the daemon, by ID.
        peers: The devices that are connected.
        pending: What waits to be accepted.
        sharing: The daemon's end of the protocol.
        downloads: The downloads of the daemon.
    """

    def __init__(
        self,
        core: Core,
        folders: Mapping[str, Folder],
        peers: Peers,
        pending: Pending,
        sharing: Sharing,
        downloads: Downloads,
    ) -> None:
        self._core = core
        self._folders = folders
        self._peers = peers
        self._pending = pending
        self._sharing = sharing
        self._downloads = downloads
        self._contents: dict[tuple[str, str, str | None], bytes] = {}

    # --- Connecting ---

    def connect(self, device: str, *, address: str = "192.0.2.1:22000") -> None:
        """Connect a device, unless it is connected or paused. It reports the same version as this daemon.

        Args:
            device: Its ID.
            address: Its address.

        Raises:
            KeyError: The configuration doesn't have it.
        """
        config = self._core.device(device)
        if config is None:
            raise KeyError(device)
        if device in self._peers.connected or config["paused"]:
            return
        name, now = str(device), self._core.clock.now
        self._peers.join(
            Peer(name, address, "tcp-server", self._core.version, now, self._content, offers={}), config["name"]
        )
        self._sharing.take_cluster_config(name)
        for folder in self._folders.values():
            self._join(folder, name)

    def disconnect(self, device: str) -> None:
        """Disconnect a device, if it is connected."""
        self._peers.part(device, CUT)

    def accept(self, device: str, folder_id: str, state: str) -> None:
        """Set what a device does with a folder: ``valid``, ``paused`` or ``notSharing``."""
        self._peers.accept(str(device), folder_id, state)
        if device in self._peers.connected:
            self._sharing.take_cluster_config(str(device))
            if folder_id in self._folders:
                self._join(self._folders[folder_id], str(device))

    def welcome(self, folder: Folder) -> None:
        """Give those that take part in a folder an index of it."""
        for device in self.taking_part(folder):
            self._join(folder, device)

    def offer_device(self, device: str, name: str, address: str) -> None:
        """Have a device ask for a connection that the configuration doesn't have."""
        self._pending.add_device(str(device), name, address)

    def offer_folder(self, device: str, folder_id: str, label: str = "", *, receive_encrypted: bool = False) -> None:
        """Have a device offer a folder."""
        self._pending.add_folder(str(device), Offer(folder_id, label, receive_encrypted=receive_encrypted))

    def _join(self, folder: Folder, device: str) -> None:
        replica = folder.replica
        if folder.running and device in self.taking_part(folder) and device not in replica.index.remotes:
            replica.index.put_remote(device, [])
            folder.summary.touch()

    # --- In folders ---

    def taking_part(self, folder: Folder) -> list[str]:
        """Return the IDs of the connected ones that take part in a folder."""
        connected, peers = self._peers.connected, self._peers
        return [
            device
            for device in folder.replica.devices
            if device in connected
            and not peers.is_linked(device)
            and peers.remote_state(device, folder.id, shared=True) == "valid"
        ]

    def write(self, device: str, folder: Folder, files: Mapping[str, bytes | str | None]) -> None:
        """Have a device write files and send its index.

        Args:
            device: Its ID.
            folder: The folder.
            files: Content by name; ``None`` for a directory.
        """
        index = folder.replica.index
        items: dict[str, Item] = {}
        for name, content in files.items():
            above = posixpath.dirname(name)
            while above:
                known = index.newest(above)
                if above not in items and (known is None or known.deleted or known.invalid):
                    items[above] = self._made(device, folder, above, None)
                above = posixpath.dirname(above)
            items[name] = self._made(device, folder, name, content)
        self._send(device, folder, [items[name] for name in sorted(items)])

    def delete(self, device: str, folder: Folder, names: Iterable[str]) -> None:
        """Have a device delete files, and directories with everything in them, and send its index."""
        wanted = list(names)
        short, now = DeviceID(device).short, self._core.clock.now
        items = [
            item.deleted_by(short, now)
            for item in folder.replica.index.newest_items()
            if not item.deleted and any(item.name == name or item.name.startswith(f"{name}/") for name in wanted)
        ]
        self._send(device, folder, items)

    def pull(self, device: str, folder: Folder, names: Iterable[str] | None = None) -> None:
        """Have a device pull what it needs, and send its index.

        Args:
            device: Its ID.
            folder: The folder.
            names: Names of the items that it pulls; by default all.
        """
        wanted = None if names is None else set(names)
        self._peers.forget_progress(device, folder.id)
        needed = folder.replica.index.remote_need(device)
        taken = [item for item in needed if wanted is None or item.name in wanted]
        self._peers.count_sent(device, sum(item.size for item in taken))
        self._send(device, folder, taken)

    def start_pull(self, folder: Folder, name: str, fraction: float) -> None:
        """Make a needed file a download under way.

        Args:
            folder: The folder.
            name: Name of the file.
            fraction: How much of it has arrived, from 0 to 1; 1 ends the download, without the file.

        Raises:
            KeyError: It isn't needed.
        """
        item = next((each for each in folder.replica.needed() if each.name == name), None)
        if item is None:
            raise KeyError(name)
        download = next((each for each in self._downloads.of(folder.id) if each.item.name == name), None)
        if fraction >= 1:
            if download is not None:
                self._downloads.remove(download)
            return
        if download is None:
            download = Download(folder.id, item)
            self._downloads.add(download)
            folder.replica.state.set("syncing")
        size = block_size(item.size)
        download.done = min(item.size, round(item.size * fraction) // size * size or round(item.size * fraction))
        self._downloads.emit()

    async def _content(self, folder_id: str, item: Item) -> bytes | None:
        """Return the content that a device wrote."""
        return self._contents.get((folder_id, item.name, item.digest))

    def _made(self, device: str, folder: Folder, name: str, content: bytes | str | None) -> Item:
        clock = self._core.clock
        known = folder.replica.index.newest(name)
        short = DeviceID(device).short
        made = Item(
            name,
            Kind.DIRECTORY,
            modified=clock.now,
            modified_by=short,
            version=bump(known.version if known else (), short, clock.seconds),
            permissions=0o755,
        )
        if content is None:
            return made
        data = _encoded(content)
        size = block_size(len(data))
        digest = digest_of(data[start : start + size] for start in range(0, max(1, len(data)), size))
        self._contents[folder.id, name, digest] = data
        return replace(made, kind=Kind.FILE, size=len(data), digest=digest, permissions=0o644)

    def _send(self, device: str, folder: Folder, items: list[Item]) -> None:
        sequence = folder.replica.index.remote_sequence(device)
        numbered = [replace(item, sequence=sequence + place) for place, item in enumerate(items, 1)]
        if numbered:
            folder.replica.put_remote(device, numbered)


def _encoded(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _later(entry: Entry | None, now: int) -> int:
    """Return a later modification time than before: a scan misses a change where size and time stay the same."""
    if entry is not None and 0 <= entry.modified - now < _MOMENT:
        return entry.modified + 1
    return now
