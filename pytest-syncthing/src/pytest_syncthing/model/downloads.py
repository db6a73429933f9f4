"""Downloads that are under way, and what is told about them (lib/model/progressemitter.go)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .items import block_size

if TYPE_CHECKING:
    from pytest_syncthing.clock import Timer

    from .cluster import Cluster
    from .folder import Folder
    from .items import Item


@dataclass(slots=True, eq=False)
class Download:
    """A file that is being fetched.

    Attributes:
        folder: Its folder.
        item: What it will be.
        done: Bytes that are here.
    """

    folder: Folder
    item: Item
    done: int = 0

    @property
    def blocks(self) -> int:
        """How many of its blocks are here."""
        return -(-self.done // block_size(self.item.size))

    def to_json(self) -> dict[str, int]:
        """Return it as ``DownloadProgress`` has it."""
        total = self.item.blocks
        return {
            "total": total,
            "reused": 0,
            "copiedFromOrigin": 0,
            "copiedFromOriginShifted": 0,
            "copiedFromElsewhere": 0,
            "pulled": self.blocks,
            "pulling": min(1, total - self.blocks),
            "bytesTotal": self.item.size,
            "bytesDone": self.done,
        }


class Downloads:
    """All downloads of one daemon."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._running: list[Download] = []
        self._timer: Timer | None = None
        self._told: dict[str, Any] = {}
        self._told_others: dict[str, dict[str, int]] = {}

    def of(self, folder: Folder) -> list[Download]:
        """Return those of one folder, in their order."""
        return [download for download in self._running if download.folder is folder]

    def add(self, download: Download) -> None:
        """Note that one has begun; it is told about from time to time."""
        self._running.append(download)
        if self._timer is None:
            self._wait()

    def remove(self, download: Download) -> None:
        """Note that one has ended."""
        if download in self._running:
            self._running.remove(download)
        if not self._running:
            self.tell()
            self._stop()

    def clear(self, folder: Folder | None = None) -> None:
        """Forget all, or those of one folder, and say nothing."""
        self._running = [each for each in self._running if folder is not None and each.folder is not folder]
        if not self._running:
            self._told, self._told_others = {}, {}
            self._stop()

    def tell(self) -> None:
        """Tell what has changed since the last time, here and on the other devices."""
        node = self._cluster.node
        now: dict[str, Any] = {}
        for download in self._running:
            now.setdefault(download.folder.id, {})[download.item.name] = download.to_json()
        if self._interval <= 0 or now == self._told:
            return
        self._told = now
        node.events.emit("DownloadProgress", now)
        self._tell_others()
        for folder in {download.folder.id: download.folder for download in self._running}.values():
            folder.summary.tell()

    @property
    def _interval(self) -> int:
        interval: int = self._cluster.node.config["options"]["progressUpdateIntervalS"]
        return interval

    def _tell_others(self) -> None:
        least = self._cluster.node.config["options"]["tempIndexMinBlocks"]
        told: dict[str, dict[str, int]] = {name: {} for name in self._told_others}
        for download in self._running:
            if download.item.blocks >= least:
                told.setdefault(download.folder.id, {})[download.item.name] = download.blocks
        for name, state in told.items():
            if state != self._told_others.get(name):
                self._cluster.tell_progress(name, state)
        self._told_others = {name: state for name, state in told.items() if state}

    def _wait(self) -> None:
        if self._interval > 0:
            self._timer = self._cluster.node.clock.call_later(self._interval, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.tell()
        self._wait()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
