"""The counts of a folder, in answers and in events (lib/model/folder_summary.go).

Real daemons look for changed counts every 2 s. Here the events come as soon as a folder rests, or after a delay
that the test sets.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from pytest_syncthing.clock import format_time

from .index import Index
from .items import block_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_syncthing.clock import Timer

    from .downloads import Downloads
    from .peers import Peers
    from .replica import Replica

_NEVER: Final = "0001-01-01T00:00:00Z"
_INTERESTING: Final = frozenset({"FolderSummary", "FolderCompletion"})
_ATTENTION: Final = 60 * 1_000_000_000


class Summary:
    """The counts of a folder.

    Args:
        replica: The folder.
        peers: The devices that are connected.
        downloads: The downloads of the daemon.
        rests: Returns whether the folder has nothing to do.
    """

    def __init__(self, replica: Replica, peers: Peers, downloads: Downloads, rests: Callable[[], bool]) -> None:
        self._replica = replica
        self._core = replica.core
        self._peers = peers
        self._downloads = downloads
        self._rests = rests
        self._stale = False
        self._handle: asyncio.Handle | Timer | None = None

    # --- In answers ---

    def sums(self) -> dict[str, int]:
        """Return the counts of ``rest/db/status``."""
        replica = self._replica
        return replica.index.sums(
            receive_only=replica.is_receiving,
            ignore_delete=replica.config["ignoreDelete"],
            downloaded=sum(download.done for download in self._downloads.of(replica.id)),
        )

    def status(self) -> dict[str, Any]:
        """Return ``rest/db/status``; all of it is zero while the folder isn't running."""
        replica = self._replica
        state, running = replica.state, replica.running
        index = replica.index if running else Index(self._core.facts)
        sums = self.sums() if running else index.sums(receive_only=replica.is_receiving)
        errors = len(state.errors) if running else 0
        changed = state.changed if running else None
        status: dict[str, Any] = {
            "errors": errors,
            "pullErrors": errors,
            "invalid": "",
            **sums,
            "state": state.name if running else "",
            "stateChanged": _NEVER if changed is None else format_time(changed, whole=True),
            "version": index.sequence,
            "sequence": index.sequence,
            "ignorePatterns": running and bool(replica.ignores),
        }
        error, watch_error = (state.error, state.watch_error) if running else ("", "")
        if self._core.facts.FULL_STATUS:
            known = {device: index.remote_sequence(device) for device in index.remotes}
            status |= {"error": error, "watchError": watch_error, "remoteSequence": known if running else None}
        else:
            status |= {name: text for name, text in (("error", error), ("watchError", watch_error)) if text}
        return status

    def completion(self, device: str | None = None) -> dict[str, Any]:
        """Return ``rest/db/completion``, of the own device by default."""
        index = self._replica.index
        if device is None or device == self._core.own_id:
            found, state = index.completion(), "unknown"
        else:
            shared = device in self._replica.devices
            found = index.completion(device, downloaded=self._downloaded_by(device), shared=shared)
            state = self._peers.remote_state(device, self._replica.id, shared=shared)
        return {**found, "remoteState": state} if self._core.facts.REMOTE_STATE else found

    def _downloaded_by(self, device: str) -> int:
        found = 0
        for name, blocks in self._peers.progress(device, self._replica.id).items():
            item = self._replica.index.newest(name)
            if item is not None:
                found += min(item.size, blocks * block_size(item.size))
        return found

    # --- In events ---

    def touch(self) -> None:
        """Note that the counts have changed, so that the events come soon."""
        self._stale = True
        self.settle()

    def settle(self) -> None:
        """Look soon whether the events are due."""
        if self._stale and self._handle is None:
            if self._core.summary_delay:
                self._handle = self._core.clock.call_later(self._core.summary_delay, self._look)
            else:
                self._handle = asyncio.get_running_loop().call_soon(self._look)

    def stop(self) -> None:
        """Emit nothing more."""
        self._stale = False
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def emit(self) -> None:
        """Emit the events now."""
        self._stale = False
        replica, facts = self._replica, self._core.facts
        self._core.emit("FolderSummary", {"folder": replica.id, "summary": self.status()})
        for device in replica.devices:
            if device in self._peers.connected or facts.FULL_STATUS:
                data = {"folder": replica.id, "device": device, **self.completion(device)}
                self._core.emit("FolderCompletion", data)

    def _look(self) -> None:
        self._handle = None
        if self._stale and self._replica.running and self._rests() and self._is_wanted():
            self.emit()

    def _is_wanted(self) -> bool:
        """Return whether a client polls for these events, which only versions before 1.27.4 care about."""
        if self._core.facts.FULL_STATUS:
            return True
        asked = [when for mask, when in self._core.events.last_asked.items() if mask & _INTERESTING]
        return bool(asked) and self._core.clock.now - max(asked) <= _ATTENTION
