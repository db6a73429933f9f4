"""How a folder gets what it needs (lib/model/folder_sendrecv.go)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_syncthing.clock import format_time

from .disk import on_disk
from .downloads import Download
from .items import IGNORED, Item, Kind, Order, block_size, compare
from .scanning import is_same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .disk import Disk
    from .folder import Folder
    from .ignores import Ignores
    from .versioning import Versioner

_TRIES: Final = 3
_FILE_MODE: Final = 0o644
_DIRECTORY_MODE: Final = 0o755
_CHANGED: Final = "file modified but not rescanned; will try again later"
_NOT_AVAILABLE: Final = "no connected device has the required version of this file"
_DELETED: Final = "directory has been deleted on a remote device but"
_HAS_IGNORED: Final = f"{_DELETED} contains ignored files (see ignore documentation for (?d) prefix)"
_HAS_CHANGED: Final = f"{_DELETED} contains changed files, scheduling scan"
_NOT_EMPTY: Final = f"{_DELETED} is not empty; the contents are probably ignored on that remote device, but not locally"
_ORDERS: Final[Mapping[str, Callable[[Item], int]]] = {
    "smallestFirst": lambda item: item.size,
    "largestFirst": lambda item: -item.size,
    "oldestFirst": lambda item: item.modified,
    "newestFirst": lambda item: -item.modified,
}


class PullError(Exception):
    """An item can't be got; the daemon's words."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What is done to the disk; knows no node."""

    disk: Disk
    root: str
    versioner: Versioner
    own: Mapping[str, Item]
    ignores: Ignores
    ignore_permissions: bool
    max_conflicts: int
    now: int

    def write(self, item: Item, content: bytes) -> str:
        """Write a file; return the name that a conflicting one was given, if there was one."""
        conflict = self._make_room(item)
        mode = _FILE_MODE if item.permissions is None else item.permissions
        self.disk.write(self.root, item.name, content, modified=item.modified, permissions=mode)
        return conflict

    def link(self, item: Item) -> str:
        """Make a link; return as `write` does."""
        conflict = self._make_room(item)
        self.disk.symlink(self.root, item.name, item.target, modified=self.now)
        return conflict

    def make_directory(self, item: Item) -> str:
        """Make a directory; return as `write` does."""
        there = self.disk.entry(self.root, item.name)
        mode = _DIRECTORY_MODE if item.permissions is None else item.permissions
        if there is not None and there.kind is Kind.DIRECTORY:
            self.disk.set_permissions(self.root, item.name, mode)
            return ""
        conflict = self._make_room(item)
        self.disk.make_directory(self.root, item.name, modified=self.now, permissions=mode)
        return conflict

    def set_metadata(self, item: Item) -> str:
        """Change time and mode of a file that has the right content."""
        self._check(item.name)
        if item.permissions is not None and not self.ignore_permissions:
            self.disk.set_permissions(self.root, item.name, item.permissions)
        self.disk.set_modified(self.root, item.name, item.modified)
        return ""

    def delete(self, item: Item) -> str:
        """Delete a file or link."""
        there = self.disk.entry(self.root, item.name)
        if there is not None:
            self._check(item.name)
            self._archive(item.name, there.kind)
        return ""

    def delete_directory(self, item: Item) -> str:
        """Delete a directory with what may be deleted in it."""
        if self.disk.entry(self.root, item.name) is None:
            return ""
        inside = [entry.name for entry in self.disk.walk(self.root, item.name) if entry.name != item.name]
        ignored = [name for name in inside if self.ignores.matches(name)]
        others = [name for name in inside if not self.ignores.matches(name)]
        if any(name not in self.own or self.own[name].deleted for name in others):
            raise PullError(_HAS_CHANGED)
        if not all(self.ignores.deletable(name) for name in ignored):
            raise PullError(_HAS_IGNORED)
        if others:
            raise PullError(_NOT_EMPTY)
        for name in sorted(ignored, reverse=True):
            self.disk.delete(self.root, name)
        self.disk.delete(self.root, item.name)
        return ""

    def _make_room(self, item: Item) -> str:
        there = self.disk.entry(self.root, item.name)
        if there is None:
            return ""
        self._check(item.name)
        mine = self.own[item.name]
        if there.kind is Kind.DIRECTORY:
            self.delete_directory(item)
        elif self._is_conflict(mine, item):
            conflict = _conflict_name(item.name, self.now, item.modified_by)
            self.disk.rename(self.root, item.name, conflict)
            self._limit_conflicts(item.name)
            return conflict
        else:
            self._archive(item.name, there.kind)
        return ""

    def _is_conflict(self, mine: Item, item: Item) -> bool:
        return (
            self.max_conflicts != 0
            and mine.kind is Kind.FILE
            and mine.digest != item.digest
            and compare(mine.version, item.version) is Order.CONCURRENT
            and ".sync-conflict-" not in item.name
        )

    def _limit_conflicts(self, name: str) -> None:
        if self.max_conflicts < 0:
            return
        stem, extension = posixpath.splitext(name)
        above = posixpath.dirname(name)
        copies = sorted(
            entry.name
            for entry in self.disk.walk(self.root, above)
            if entry.name.startswith(f"{stem}.sync-conflict-") and entry.name.endswith(extension)
        )
        for copy in copies[: -self.max_conflicts]:
            self.disk.delete(self.root, copy)

    def _archive(self, name: str, kind: Kind) -> None:
        if kind is Kind.FILE:
            self.versioner.archive(name, self.now)
        else:
            self.disk.delete(self.root, name)

    def _check(self, name: str) -> None:
        """Raise if what is there is not what the index has: nobody has looked yet."""
        there = self.disk.entry(self.root, name)
        known = self.own.get(name)
        if there is None or known is None or not is_same(there, known, ignore_permissions=self.ignore_permissions):
            raise PullError(_CHANGED)


def _conflict_name(name: str, now: int, by: str) -> str:
    stem, extension = posixpath.splitext(name)
    stamp = format_time(now, whole=True)
    day, time = stamp[:10].replace("-", ""), stamp[11:19].replace(":", "")
    return f"{stem}.sync-conflict-{day}-{time}-{by}{extension}"


class Puller:
    """One pull of a folder.

    Args:
        folder: The folder.
        wanted: Tells which of the needed items to get.

    Attributes:
        failed: What has failed, by name.
        looked_at: Names of what should be scanned afterwards.
    """

    def __init__(self, folder: Folder, wanted: Callable[[Item], bool]) -> None:
        self._folder = folder
        self._wanted = wanted
        self._emit = folder.cluster.node.events.emit
        self._done: list[Item] = []
        self.failed: dict[str, str] = {}
        self.looked_at: set[str] = set()

    async def run(self) -> None:
        """Get what is needed; what fails is tried again at once, a few times."""
        try:
            for _ in range(_TRIES):
                self._folder.state.set("sync-preparing")
                self.failed = {}
                if not await self._iterate():
                    break
        finally:
            self._commit()
            self._folder.queue.clear()
            self._folder.cluster.downloads.clear(self._folder)

    async def _iterate(self) -> bool:
        """Get each needed item once; return whether there was one."""
        needed = [item for item in self._folder.needed() if self._wanted(item)]
        files: list[Item] = []
        deletions: list[Item] = []
        for item in needed:
            if self._folder.ignores.matches(item.name):
                self._done.append(replace(item, local_flags=IGNORED))
            elif item.deleted:
                deletions.append(item)
            elif item.kind is Kind.DIRECTORY:
                await self._handle(item, "update", _Work.make_directory, "handling dir")
            elif item.kind is Kind.SYMLINK:
                await self._handle(item, "update", _Work.link, "handling symlink")
            else:
                files.append(item)
        await self._get_files(files)
        for item in deletions:
            if item.kind is not Kind.DIRECTORY:
                await self._handle(item, "delete", _Work.delete, "delete file")
        for item in reversed(deletions):
            if item.kind is Kind.DIRECTORY:
                await self._handle(item, "delete", _Work.delete_directory, "delete dir")
        self._commit()
        return bool(needed)

    async def _get_files(self, files: list[Item]) -> None:
        own = self._folder.index.own
        queue = self._folder.queue
        queue.clear()
        for item in sorted(files, key=_ORDERS.get(self._folder.config["order"], lambda _: 0)):
            mine = own.get(item.name)
            if mine and not mine.invalid and not mine.deleted and mine.digest == item.digest:
                await self._handle(item, "metadata", _Work.set_metadata, "shortcut")
            else:
                queue[item.name] = item
        while queue:
            await self._get_file(queue.pop(next(iter(queue))))

    async def _get_file(self, item: Item) -> None:
        self._start(item, "update")
        self._folder.state.set("syncing")
        try:
            content = await self._fetch(item)
        except PullError as error:
            self._finish(item, "update", str(error), "pull")
            return
        await self._apply(item, "update", lambda work, file: work.write(file, content), "finishing")

    async def _fetch(self, item: Item) -> bytes:
        forced = self._folder.failures.get(item.name)
        found = None if forced else await self._folder.content_of(item)
        if found is None:
            raise PullError(forced or _NOT_AVAILABLE)
        device, content = found
        await self._pass_time(item, device)
        self._folder.cluster.connections.count_received(device, len(content))
        return content

    async def _pass_time(self, item: Item, device: str) -> None:
        """Let it take the time that a limit of the bandwidth asks for."""
        cluster = self._folder.cluster
        rate_of = cluster.connections.receive_rate
        if not rate_of(device) or not item.size:
            return
        self._commit()
        download = Download(self._folder, item)
        cluster.downloads.add(download)
        try:
            while download.done < item.size:
                size = min(block_size(item.size), item.size - download.done)
                if rate := rate_of(device):
                    await cluster.node.clock.sleep(size / rate)
                download.done += size
        finally:
            cluster.downloads.remove(download)

    async def _handle(self, item: Item, action: str, act: Callable[[_Work, Item], str], step: str) -> None:
        self._start(item, action)
        if forced := self._folder.failures.get(item.name):
            self._finish(item, action, forced, step)
        else:
            await self._apply(item, action, act, step)

    async def _apply(self, item: Item, action: str, act: Callable[[_Work, Item], str], step: str) -> None:
        folder = self._folder
        config = folder.config
        work = _Work(
            folder.cluster.disk,
            folder.path,
            folder.versioner,
            folder.index.own,
            folder.ignores,
            config["ignorePerms"],
            config["maxConflicts"],
            folder.cluster.node.clock.now,
        )
        try:
            conflict = await on_disk(folder.cluster.disk, act, work, item)
        except PullError as error:
            if str(error) in {_CHANGED, _HAS_CHANGED}:
                self.looked_at.add(item.name)
            self._finish(item, action, str(error), step)
        except OSError as error:
            self._finish(item, action, str(error), step)
        else:
            if conflict:
                self.looked_at.add(conflict)
            self._done.append(replace(item, local_flags=0, invalid_elsewhere=False))
            self._finish(item, action, "", step)

    def _start(self, item: Item, action: str) -> None:
        self._emit("ItemStarted", self._data(item, action))

    def _finish(self, item: Item, action: str, error: str, step: str) -> None:
        is_old = self._folder.cluster.node.facts.numbers < (2,)
        told = None if action == "metadata" and is_old else error or None  # which version 1 forgets to tell
        self._emit("ItemFinished", {**self._data(item, action), "error": told})
        if error:
            text = error if item.name in self._folder.failures else f"syncing: {step}: {error}"
            # What is in the way of deleting a directory is a list of lines in old versions.
            end = "\n" if error == _HAS_IGNORED and self._folder.cluster.node.facts.numbers < (1, 20) else ""
            self.failed[item.name] = text + end

    def _data(self, item: Item, action: str) -> dict[str, str]:
        return {"folder": self._folder.id, "item": item.name, "type": item.kind.word, "action": action}

    def _commit(self) -> None:
        done, self._done = self._done, []
        if done:
            self._folder.take_remote(done)
