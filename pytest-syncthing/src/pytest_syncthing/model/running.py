"""The process of a daemon: its start, restart and end, and its listener."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from .node import RESTART

if TYPE_CHECKING:
    from pytest_syncthing.clock import Timer
    from pytest_syncthing.http.server import Server

    from .node import Node

_UPGRADE: Final = 4
_STARTING: Final = 2  # seconds from the start of the process until its API answers
_SECOND: Final = 1_000_000_000
# How often the listener may be reopened before it stays closed for a while: the supervisor counts failures, which decay
# by half in 30 s (thejerf/suture with the numbers of lib/svcutil).
_MOST: Final = 5
_HALF_LIFE: Final = 30
_AWAY: Final = 15
# For this time after a change, in seconds, the old listener still takes requests. Another change among them waits for
# the new listener, and the old one waits for that change: a deadlock (``Serve`` and ``CommitConfiguration`` in
# lib/api/api.go). Real daemons of every version have it now and then; here version 2 always does.
_ENDING: Final = 0.1


class Running:
    """Starts and ends the process of a node. Use it in the fakes' thread only.

    Sets the node's `on_end` and `on_listener`.

    Args:
        node: The node.
        server: Its API.

    Attributes:
        exit_code: The exit code of the process; ``None`` while it runs and before the first start.
    """

    def __init__(self, node: Node, server: Server) -> None:
        self._node = node
        self._server = server
        self.exit_code: int | None = None
        self._timer: Timer | None = None
        self._failures = 0.0
        self._last_failure = 0
        self._last_change = float("-inf")
        node.on_end = self._on_end
        node.on_listener = self._on_listener

    @property
    def listening(self) -> bool:
        """Whether the API can be reached."""
        return self._server.listener.is_open

    def start(self) -> None:
        """Start the process, unless it runs."""
        self._cancel()
        if self._node.running:
            return
        self.exit_code = None
        self._failures = 0.0
        self._node.boot()
        # Real ones take about that long. It also keeps two processes from having the same start time, in seconds.
        self._node.clock.advance(_STARTING)
        self._server.start()
        self._server.notify()

    def end(self, code: int = 0) -> None:
        """End the process: connections break, and new ones are refused until `start`."""
        self._cancel()
        if self._node.running:
            self._stop()
        self.exit_code = code
        self._server.notify()

    def restart(self, *, cut: bool = True) -> None:
        """End the process, and start it again.

        Args:
            cut: Whether connections break. Otherwise nothing more arrives on them.
        """
        self._cancel()
        if self._node.running:
            self._stop(cut=cut)
        self.start()

    def _stop(self, *, cut: bool = True) -> None:
        self._server.stop()
        if cut:
            self._server.cut(dead=True)
        else:
            self._server.fall_silent()
        self._node.halt()

    def _on_end(self, code: int) -> None:
        ends = self.restart if code in {RESTART, _UPGRADE} else lambda: self.end(code)
        self._server.afterwards(ends)

    def _on_listener(self) -> None:
        gets_stuck = False
        if self._server.answering:
            now = asyncio.get_running_loop().time()  # clients wait in real time
            gets_stuck = now - self._last_change < _ENDING and self._node.facts.LISTENER_LOCK
            self._last_change = now
        self._server.afterwards(self._get_stuck if gets_stuck else self._reopen)

    def _get_stuck(self) -> None:
        """Close the listener until the process is started again."""
        self._server.stop()
        self._server.cut()
        self._server.notify()

    def _reopen(self) -> None:
        if not self._node.running or not self.listening:
            return
        self._server.cut()
        now = self._node.clock.now
        self._failures = self._failures * 0.5 ** ((now - self._last_failure) / _SECOND / _HALF_LIFE) + 1
        self._last_failure = now
        if self._failures > _MOST:
            self._failures = 0.0
            self._server.stop()
            self._timer = self._node.clock.call_later(_AWAY, self._come_back)

    def _come_back(self) -> None:
        self._timer = None
        self._server.start()
        self._server.notify()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
