"""``rest/events``: what happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from . import _routes
from ._checks import check_event_types, number, numbers
from ._failures import translate
from ._namespace import Namespace
from .exceptions import NotSyncthingError, SyncthingError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from . import types as t
    from .api import API

__all__ = ["Events"]

_MARGIN = 10.0  # seconds that an answer may take beyond the time that the daemon waits for events


class Events(Namespace):
    """What happens: polls, and a simple listener.

    Event IDs count the events of one subscription, which is one set of types; they begin anew when the daemon
    restarts. The daemon keeps the last 1000 events of each.
    """

    def __init__(self, api: API) -> None:
        super().__init__(api)
        self._last_seen_id = 0
        self._running = False
        self._listeners = 0

    @property
    def last_seen_id(self) -> int:
        """ID of the last event of the previous batch of `listen`; 0 during the first batch, which is history."""
        return self._last_seen_id

    @property
    def running(self) -> bool:
        """Whether `listen` is running."""
        return self._running

    def stop(self) -> None:
        """Let `listen` end after the batch that it is at."""
        self._running = False

    async def listen(self) -> AsyncGenerator[t.Event]:
        """Yield events one by one, from the oldest that the daemon still holds, and hide the long polling.

        A poll that is silent for longer than the client's time-out is repeated.

        Raises:
            SyncthingError: Anything else that goes wrong. Listening again begins at the oldest event again.
        """
        route = _routes.EVENTS
        self._last_seen_id = 0
        self._running = True
        self._listeners += 1
        try:
            while self._running:
                try:
                    answer = await self._api.raw_request(route.path, params={"since": self._last_seen_id})
                except TimeoutError:
                    continue
                except asyncio.CancelledError:
                    task = asyncio.current_task()
                    if task is not None and task.cancelling():
                        raise
                    return
                except SyncthingError:
                    raise
                except Exception as error:
                    raise translate(error, route.method, route.path) from error
                events = _checked(answer)
                for event in events:
                    yield event
                if events:
                    self._last_seen_id = events[-1]["id"]
        finally:
            # One that was dropped before its end is closed late, when the next may be running already.
            self._listeners -= 1
            if not self._listeners:
                self._running = False

    async def poll(
        self,
        since: int = 0,
        *,
        limit: int | None = None,
        timeout: int = 60,
        types: Iterable[t.EventType] | t.EventType | None = None,
    ) -> list[t.Event]:
        """Make one request for events: as soon as there is any, it returns all there are.

        Each set of types is a subscription of its own, which the daemon makes at the first request for it and keeps
        until it restarts: it begins empty and has its own IDs. A ``since`` that the daemon has not reached just waits.
        Docs: ``rest/events-get``.

        Args:
            since: Only events with a greater ID.
            limit: Only the last so many of them; earlier ones are lost.
            timeout: Seconds to wait for an event; 0 returns at once.
            types: Names of event types; ``None`` for all but LocalChangeDetected and RemoteChangeDetected.

        Returns:
            The events, oldest first; empty when none came in time.

        Raises:
            BadRequestError: There is no such event type; the daemon would stay silent for ever.
        """
        params = _poll_params(since, limit, timeout)
        if types is not None:
            params["events"] = check_event_types(types)
        return await self._api.call(_routes.EVENTS, params=params, timeout=timeout + _MARGIN)

    async def disk(self, since: int = 0, *, limit: int | None = None, timeout: int = 60) -> list[t.DiskEvent]:
        """Make one request for changes of files: LocalChangeDetected and RemoteChangeDetected.

        Docs: ``rest/events-get``.

        Args:
            since: Only events with a greater ID; this subscription has its own.
            limit: Only the last so many of them; earlier ones are lost.
            timeout: Seconds to wait for an event; 0 returns at once.

        Returns:
            The events, oldest first; empty when none came in time.
        """
        params = _poll_params(since, limit, timeout)
        return await self._api.call(_routes.DISK_EVENTS, params=params, timeout=timeout + _MARGIN)


def _checked(answer: object) -> list[t.Event]:
    """Return an answer if it is one that listening can go on from."""
    events = cast("list[Any]", answer)
    if isinstance(answer, list) and (not events or (isinstance(events[-1], dict) and "id" in events[-1])):
        return events
    raise NotSyncthingError(
        "the answer is not a list of events", method=_routes.EVENTS.method, path=_routes.EVENTS.path
    )


def _poll_params(since: int, limit: int | None, timeout: int) -> dict[str, str]:
    # A negative since would yield zero events of type Unknown.
    return {"since": number("since", since, 0), **numbers(limit=(limit, 1)), "timeout": number("timeout", timeout, 0)}
