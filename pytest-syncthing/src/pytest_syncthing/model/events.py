"""The events of a daemon.

Each combination of types that a client has asked for, called a mask, has its own IDs and its own ring of the last 1000
events (``eventSubs`` in lib/api/api.go, ``bufferedSubscription`` in lib/events/events.go).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import types as t
from pytest_syncthing.go.json import copied

if TYPE_CHECKING:
    from pytest_syncthing.clock import Clock

DISK: Final = frozenset({"LocalChangeDetected", "RemoteChangeDetected"})
DEFAULT: Final = frozenset(t.EVENT_TYPES) - DISK
_KEPT: Final = 1000
_SECOND: Final = 1_000_000_000
_NOTHING: Final = {"id": 0, "globalID": 0, "time": "0001-01-01T00:00:00Z", "type": "Unknown", "data": None}


class _Subscription:
    def __init__(self) -> None:
        self.last = 0
        self.ring: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self.waiters: set[asyncio.Event] = set()

    def add(self, event: dict[str, Any], *, keep: bool) -> None:
        self.last += 1
        if not keep:
            return
        self.ring.append({"id": self.last, **event})
        for waiter in self.waiters:
            waiter.set()

    def after(self, since: int) -> list[dict[str, Any]]:
        if since < 0 and len(self.ring) < _KEPT:
            return [_NOTHING] * _KEPT  # the answer of real daemons while the ring isn't full
        return [event for event in self.ring if event["id"] > since]


class EventLog:
    """The events since the process started. Use it in the fakes' thread only.

    Attributes:
        waiting: How many polls are waiting for an event.
        last_asked: When each mask was last asked for, in the clock's nanoseconds.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._total = 0
        self._subscriptions = {DEFAULT: _Subscription(), DISK: _Subscription()}
        self.waiting = 0
        self.last_asked: dict[frozenset[str], int] = {}

    def emit(self, kind: str, data: Any, *, keep: bool = True) -> None:
        """Emit an event.

        Args:
            kind: Its type.
            data: Its data; copied.
            keep: Whether to keep it. Otherwise it only uses up an ID, as when the daemon is overloaded.
        """
        self._total += 1
        event = {
            "globalID": self._total,
            "time": self._clock.format(),
            "type": kind,
            "data": copied(data),
        }
        for mask, subscription in self._subscriptions.items():
            if kind in mask:
                subscription.add(event, keep=keep)

    def overflow(self) -> None:
        """Drop all events but the newest of each mask, as a full ring does."""
        for subscription in self._subscriptions.values():
            while len(subscription.ring) > 1:
                subscription.ring.popleft()

    def newest(self, mask: frozenset[str] = DEFAULT) -> int:
        """Return the ID of the newest event of a mask."""
        return self._subscriptions[mask].last

    async def poll(self, mask: frozenset[str], since: int, limit: int, timeout: float) -> list[dict[str, Any]]:
        """Return the events of a mask after an ID, waiting for one if there is none yet.

        Args:
            mask: The types.
            since: The ID.
            limit: The number of newest events to return at most; 0 or less for all.
            timeout: How long to wait, in seconds of the clock.
        """
        self.last_asked[mask] = self._clock.now
        subscription = self._subscriptions.setdefault(mask, _Subscription())
        found = subscription.after(since)
        if not found and timeout > 0:
            found = await self._wait(subscription, since, timeout)
        return found[-limit:] if limit > 0 else found

    async def _wait(self, subscription: _Subscription, since: int, timeout: float) -> list[dict[str, Any]]:
        news = asyncio.Event()
        end = self._clock.now + round(timeout * _SECOND)
        timer = self._clock.call_later(timeout, news.set)
        subscription.waiters.add(news)
        self.waiting += 1
        try:
            while not (found := subscription.after(since)) and self._clock.now < end:
                await news.wait()
                news.clear()
        finally:
            self.waiting -= 1
            subscription.waiters.discard(news)
            timer.cancel()
        return found
