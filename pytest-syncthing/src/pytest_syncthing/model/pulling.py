"""How a folder gets the items that it needs (lib/model/folder_sendrecv.go)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .downloads import Download
from .items import IGNORED, Item, Kind, block_size
from .writing import CHANGED, HAS_CHANGED, HAS_IGNORED, PullError, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .downloads import Downloads
    from .peers import Peers
    from .replica import Replica

_TRIES: Final = 3
_NOT_AVAILABLE: Final = "no connected device has the required version of this file"
_ORDERS: Final[Mapping[str, Callable[[Item], int]]] = {
    "smallestFirst": lambda item: item.size,
    "largestFirst": lambda item: -item.size,
    "oldestFirst": lambda item: item.modified,
    "newestFirst": lambda item: -item.modified,
}


class Puller:
    """Pulls the items that a folder needs. Use it in the fakes' thread only.

    Args:
        replica: The folder.
        peers: The devices that are connected.
        downloads: The downloads of the daemon.

    Attributes:
        forced: The items that a test makes fail, with the reasons.
        queue: The files that wait to be downloaded, in this order, by name.
        failed: The items that failed in the last run, with the reasons.
        suspects: The names to scan after the last run.
    """

    def __init__(self, replica: Replica, peers: Peers, downloads: Downloads) -> None:
        self._replica = replica
        self._core = replica.core
        self._peers = peers
        self._downloads = downloads
        self._done: list[Item] = []
        self.forced: dict[str, str] = {}
        self.queue: dict[str, Item] = {}
        self.failed: dict[str, str] = {}
        self.suspects: set[str] = set()

    def availability(self, name: str) -> list[str]:
        """Return the connected devices that have the newest item of that name."""
        return [device for device in self._replica.index.availability(name) if device in self._peers.connected]

    def is_within_reach(self, item: Item) -> bool:
        """Return whether another fake has an item, so that it arrives without the test's help."""
        return any(self._peers.is_linked(device) for device in self._replica.index.availability(item.name))

    def bring_to_front(self, name: str) -> None:
        """Download a file next, if it waits in the queue."""
        if name in self.queue:
            first = {name: self.queue.pop(name)}
            rest = dict(self.queue)
            self.queue.clear()
            self.queue.update(first | rest)

    async def run(self, wanted: Callable[[Item], bool]) -> None:
        """Pull those of the needed items that are wanted. Failed ones are tried again, a few times."""
        self.suspects = set()
        try:
            for _ in range(_TRIES):
                self._replica.state.set("sync-preparing")
                self.failed = {}
                if not await self._iterate(wanted):
                    break
        finally:
            self._commit()
            self.queue.clear()
            self._downloads.clear(self._replica.id)

    async def _iterate(self, wanted: Callable[[Item], bool]) -> bool:
        """Try each item once; return whether there was one."""
        needed = [item for item in self._replica.needed() if wanted(item)]
        files: list[Item] = []
        deletions: list[Item] = []
        for item in needed:
            if self._replica.ignores.matches(item.name):
                self._done.append(replace(item, local_flags=IGNORED))
            elif item.deleted:
                deletions.append(item)
            elif item.kind is Kind.DIRECTORY:
                await self._handle(item, "update", Writer.make_directory, "handling dir")
            elif item.kind is Kind.SYMLINK:
                await self._handle(item, "update", Writer.link, "handling symlink")
            else:
                files.append(item)
        await self._get_files(files)
        for item in deletions:
            if item.kind is not Kind.DIRECTORY:
                await self._handle(item, "delete", Writer.delete, "delete file")
        for item in reversed(deletions):
            if item.kind is Kind.DIRECTORY:
                await self._handle(item, "delete", Writer.delete_directory, "delete dir")
        self._commit()
        return bool(needed)

    async def _get_files(self, files: list[Item]) -> None:
        own, queue = self._replica.index.own, self.queue
        queue.clear()
        for item in sorted(files, key=_ORDERS.get(self._replica.config["order"], lambda _: 0)):
            mine = own.get(item.name)
            if mine and not mine.invalid and not mine.deleted and mine.digest == item.digest:
                await self._handle(item, "metadata", Writer.set_metadata, "shortcut")
            else:
                queue[item.name] = item
        while queue:
            await self._get_file(queue.pop(next(iter(queue))))

    async def _get_file(self, item: Item) -> None:
        self._start(item, "update")
        self._replica.state.set("syncing")
        try:
            content = await self._fetch(item)
        except PullError as error:
            self._finish(item, "update", str(error), "pull")
            return
        await self._apply(item, "update", lambda writer, file: writer.write(file, content), "finishing")

    async def _fetch(self, item: Item) -> bytes:
        if forced := self.forced.get(item.name):
            raise PullError(forced)
        for device in self.availability(item.name):
            peer = self._peers.connected.get(device)
            content = None if peer is None else await peer.fetch(self._replica.id, item)
            if content is not None:
                await self._take_time(item, device)
                self._peers.count_received(device, len(content))
                return content
        raise PullError(_NOT_AVAILABLE)

    async def _take_time(self, item: Item, device: str) -> None:
        """Wait as long as the download takes if the bandwidth is limited."""
        rate_of = self._peers.receive_rate
        if not rate_of(device) or not item.size:
            return
        self._commit()
        download = Download(self._replica.id, item)
        self._downloads.add(download)
        try:
            while download.done < item.size:
                size = min(block_size(item.size), item.size - download.done)
                if rate := rate_of(device):
                    await self._core.clock.sleep(size / rate)
                download.done += size
        finally:
            self._downloads.remove(download)

    async def _handle(self, item: Item, action: str, act: Callable[[Writer, Item], str], step: str) -> None:
        self._start(item, action)
        if forced := self.forced.get(item.name):
            self._finish(item, action, forced, step)
        else:
            await self._apply(item, action, act, step)

    async def _apply(self, item: Item, action: str, act: Callable[[Writer, Item], str], step: str) -> None:
        replica = self._replica
        config = replica.config
        writer = Writer(
            self._core.disk,
            replica.path,
            replica.versioner,
            replica.index.own,
            replica.ignores,
            config["ignorePerms"],
            config["maxConflicts"],
            self._core.clock.now,
        )
        try:
            conflict = await self._core.on_disk(act, writer, item)
        except PullError as error:
            if str(error) in {CHANGED, HAS_CHANGED}:
                self.suspects.add(item.name)
            self._finish(item, action, str(error), step)
        except OSError as error:
            self._finish(item, action, str(error), step)
        else:
            if conflict:
                self.suspects.add(conflict)
            self._done.append(replace(item, local_flags=0, invalid_elsewhere=False))
            self._finish(item, action, "", step)

    def _start(self, item: Item, action: str) -> None:
        self._core.emit("ItemStarted", self._data(item, action))

    def _finish(self, item: Item, action: str, error: str, step: str) -> None:
        shown = error or None
        if action == "metadata" and not self._core.facts.METADATA_ERRORS:
            shown = None
        self._core.emit("ItemFinished", {**self._data(item, action), "error": shown})
        if error:
            text = error if item.name in self.forced else f"syncing: {step}: {error}"
            # Old versions list what is in the way of deleting a directory, line by line.
            end = "\n" if error == HAS_IGNORED and not self._core.facts.ERRORS_IN_ONE_LINE else ""
            self.failed[item.name] = text + end

    def _data(self, item: Item, action: str) -> dict[str, str]:
        return {"folder": self._replica.id, "item": item.name, "type": item.kind.word, "action": action}

    def _commit(self) -> None:
        done, self._done = self._done, []
        if done:
            self._replica.take(done)
