"""Folders for single tests."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from aiosyncthing import Daemon, Syncthing, types

__all__ = ["Folder", "Folders", "reads", "write_files"]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of one daemon, which scans it only on request.

    Attributes:
        daemon: Its daemon.
        id: Its ID.
        path: The directory with its files.
    """

    daemon: Daemon
    id: str
    path: Path

    @property
    def client(self) -> Syncthing:
        """The client of its daemon."""
        return self.daemon.client

    async def write(self, *names: str, text: str = "some text") -> None:
        """Write files and scan the folder."""
        write_files(self.path, names, text)
        await self.scan()

    async def scan(self) -> None:
        """Scan the folder."""
        await self.client.database.scan(self.id)

    async def walk(self, *args: Any, **options: Any) -> list[str]:
        """Return the paths in its global tree."""
        async with aclosing(self.client.database.walk(self.id, *args, **options)) as entries:
            return [path async for path, _ in entries]

    async def status(self) -> types.FolderSummary:
        """Get its status."""
        return await self.client.database.status(self.id)

    async def completion(self, other: Folder) -> types.FolderCompletion:
        """Get how complete the same folder is on another daemon, as far as this one knows."""
        return await self.client.database.completion(self.id, other.daemon.device_id)

    async def has_sent_all_to(self, other: Folder) -> bool:
        """Return whether the other daemon has announced that it has everything known here."""
        # The completion would also be 100 while the other one has not announced anything.
        return not (await self.client.database.remote_need(self.id, other.daemon.device_id))["files"]

    async def is_reverted(self) -> bool:
        """Return whether it has no changes of its own."""
        return not (await self.client.database.local_changed(self.id))["files"]

    async def in_state(self, *states: str) -> str | None:
        """Return its state if it is one of these."""
        state = (await self.status())["state"]
        return state if state in states else None


def write_files(directory: Path, names: Iterable[str], text: str = "some text") -> None:
    """Write files with the same content, and their directories."""
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


async def reads(path: Path, text: str | None) -> bool:
    """Return whether a file has this content; ``None`` for whether there is no such file."""
    try:
        return await asyncio.to_thread(path.read_text) == text
    except FileNotFoundError:
        return text is None


class Folders:
    """Makes the folders of one test.

    Args:
        where: Directory for their files.
        name: Prefix of their IDs.
    """

    def __init__(self, where: Path, name: str) -> None:
        self._where = where
        self._name = name
        self._made: list[Folder] = []

    async def add(
        self,
        daemon: Daemon,
        folder_id: str = "",
        *,
        files: Iterable[str] = (),
        shared_with: Iterable[Daemon] = (),
        wait: bool = True,
        **settings: Any,
    ) -> Folder:
        """Add a folder to a daemon.

        Args:
            daemon: The daemon.
            folder_id: Its ID.
            files: Names of files to create first.
            shared_with: Daemons to share it with.
            wait: Whether to wait for its first scan.
            **settings: More fields of its configuration.
        """
        number = len(self._made) + 1
        folder = Folder(daemon, folder_id or f"{self._name}-{number}", self._where / str(number))
        folder.path.mkdir()
        await asyncio.to_thread(write_files, folder.path, files)
        self._made.append(folder)
        body: Mapping[str, Any] = {
            "id": folder.id,
            "path": str(folder.path),
            "devices": [{"deviceID": other.device_id} for other in shared_with],
            "fsWatcherEnabled": False,
            "rescanIntervalS": 0,
            **settings,
        }
        await daemon.client.config.set_folder(body)
        if wait and not settings.get("paused"):
            await folder.scan()
        return folder

    async def share(
        self, one: Daemon, other: Daemon, *, files: Iterable[str] = ("shared.txt",), **settings: Any
    ) -> tuple[Folder, Folder]:
        """Add a folder to two daemons and wait until it is in sync.

        Args:
            one: The daemon with the files.
            other: The daemon that receives them.
            files: Names of files to create on the first.
            **settings: More fields of the configuration on the second.
        """
        mine = await self.add(one, files=files, shared_with=[other])
        its = await self.add(other, mine.id, shared_with=[one], **settings)
        await until(lambda: mine.has_sent_all_to(its))
        return mine, its

    async def remove(self) -> None:
        """Remove all of them."""
        for folder in self._made:
            await folder.client.config.remove_folder(folder.id, missing_ok=True)  # the test may have done it
