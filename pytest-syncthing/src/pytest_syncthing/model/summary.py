"""When the sums of a folder are told by themselves (lib/model/folder_summary.go).

Real daemons look every 2 s for what has changed; here that is done as soon as a folder rests, or after a delay that the
test has chosen.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_syncthing.clock import Timer

    from .folder import Folder

_INTERESTING: Final = frozenset({"FolderSummary", "FolderCompletion"})
_ATTENTION: Final = 60 * 1_000_000_000


class Summary:
    """The telling of one folder's sums."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._stale = False
        self._handle: asyncio.Handle | Timer | None = None

    def touch(self) -> None:
        """Note that the sums have changed; they are told soon."""
        self._stale = True
        self.settle()

    def settle(self) -> None:
        """Look soon whether there is something to tell."""
        if self._stale and self._handle is None:
            cluster = self._folder.cluster
            if cluster.summary_delay:
                self._handle = cluster.node.clock.call_later(cluster.summary_delay, self._look)
            else:
                self._handle = asyncio.get_running_loop().call_soon(self._look)

    def stop(self) -> None:
        """Tell nothing more."""
        self._stale = False
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _look(self) -> None:
        self._handle = None
        folder = self._folder
        if self._stale and folder.running and folder.rests and self._is_wanted():
            self.tell()

    def _is_wanted(self) -> bool:
        """Tell whether anybody listens, which versions before 1.27.4 look for."""
        node = self._folder.cluster.node
        if node.facts.numbers >= (1, 27, 4):
            return True
        asked = [when for mask, when in node.events.last_asked.items() if mask & _INTERESTING]
        return bool(asked) and node.clock.now - max(asked) <= _ATTENTION

    def tell(self) -> None:
        """Tell them now."""
        self._stale = False
        folder = self._folder
        cluster = folder.cluster
        emit = cluster.node.events.emit
        emit("FolderSummary", {"folder": folder.id, "summary": folder.status()})
        for device in folder.devices:
            if device in cluster.peers or cluster.node.facts.numbers >= (1, 27, 4):
                emit("FolderCompletion", {"folder": folder.id, "device": device, **folder.completion(device)})
