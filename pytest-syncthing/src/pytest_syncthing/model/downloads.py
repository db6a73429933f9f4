"""Downloads under way, and the events about them (lib/model/progressemitter.go)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .items import block_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_syncthing.clock import Timer

    from .core import Core
    from .items import Item


@dataclass(slots=True, eq=False)
class Download:
    """A file that is being downloaded.

    Attributes:
        folder_id: ID of its folder.
        item: What it will be.
        done: Bytes that have arrived.
    """

    folder_id: str
    item: Item
    done: int = 0

    @property
    def blocks(self) -> int:
        """How many of its blocks have arrived."""
        return -(-self.done // block_size(self.item.size))

    def to_json(self) -> dict[str, int]:
        """Return its part of ``DownloadProgress``."""
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
    """All downloads of a daemon.

    Attributes:
        on_blocks: Called with the ID of a folder and the number of blocks that have arrived, by file, when other
            devices should hear of it.
        on_progress: Called with the ID of a folder after an event about it.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._running: list[Download] = []
        self._timer: Timer | None = None
        self._emitted: dict[str, Any] = {}
        self._sent: dict[str, dict[str, int]] = {}
        self.on_blocks: Callable[[str, dict[str, int]], None] = lambda _, __: None
        self.on_progress: Callable[[str], None] = lambda _: None

    def of(self, folder_id: str) -> list[Download]:
        """Return the downloads in a folder, in their order."""
        return [download for download in self._running if download.folder_id == folder_id]

    def add(self, download: Download) -> None:
        """Add one that begins."""
        self._running.append(download)
        if self._timer is None:
            self._wait()

    def remove(self, download: Download) -> None:
        """Remove one that has ended."""
        if download in self._running:
            self._running.remove(download)
        if not self._running:
            self.emit()
            self._stop()

    def clear(self, folder_id: str | None = None) -> None:
        """Forget all, or those in one folder, without events."""
        self._running = [each for each in self._running if folder_id not in {None, each.folder_id}]
        if not self._running:
            self._emitted, self._sent = {}, {}
            self._stop()

    def emit(self) -> None:
        """Emit the progress, and send it to other devices, if it has changed since the last time."""
        now: dict[str, Any] = {}
        for download in self._running:
            now.setdefault(download.folder_id, {})[download.item.name] = download.to_json()
        if self._interval <= 0 or now == self._emitted:
            return
        self._emitted = now
        self._core.emit("DownloadProgress", now)
        self._send()
        for folder_id in now:
            self.on_progress(folder_id)

    @property
    def _interval(self) -> int:
        interval: int = self._core.config["options"]["progressUpdateIntervalS"]
        return interval

    def _send(self) -> None:
        least = self._core.config["options"]["tempIndexMinBlocks"]
        found: dict[str, dict[str, int]] = {folder_id: {} for folder_id in self._sent}
        for download in self._running:
            if download.item.blocks >= least:
                found.setdefault(download.folder_id, {})[download.item.name] = download.blocks
        for folder_id, blocks in found.items():
            if blocks != self._sent.get(folder_id):
                self.on_blocks(folder_id, blocks)
        self._sent = {folder_id: blocks for folder_id, blocks in found.items() if blocks}

    def _wait(self) -> None:
        if self._interval > 0:
            self._timer = self._core.clock.call_later(self._interval, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.emit()
        self._wait()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
