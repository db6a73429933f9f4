"""``rest/events``: what happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal, cast

from . import _routes
from ._backoff import delays, is_transient
from ._checks import check_event_types, number, numbers
from ._clock import clock
from ._continuity import Anchor, Continuity
from ._failures import translate
from ._masks import choose_mask
from ._namespace import Namespace
from ._stream import EventStream, read_cursor
from .exceptions import BadRequestError, NotSyncthingError, SyncthingError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator

    from . import types as t
    from .api import API

__all__ = ["Events"]

_UPTIME_ERROR = 3.0  # seconds by which the daemon's uptime, of whole seconds, and our clock may differ
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
        self._polls: set[asyncio.Future[Any]] = set()

    @property
    def last_seen_id(self) -> int:
        """ID of the last event of the previous batch of `listen`; 0 during the first batch, which is history."""
        return self._last_seen_id

    @property
    def running(self) -> bool:
        """Whether `listen` is running."""
        return self._running

    def stop(self) -> None:
        """Let `listen` end: after the batch that it is at, or at once if it waits for one."""
        self._running = False
        for poll in self._polls:
            poll.cancel()

    async def listen(self) -> AsyncGenerator[t.Event]:
        """Yield events one by one, from the oldest that the daemon still holds, and hide the long polling.

        A poll that is silent for longer than the client's time-out is repeated, after a look whether the daemon still
        is the one that it was. `stream` does more: it goes on after a restart, and says what was lost.

        Raises:
            SyncthingError: Anything else that goes wrong, also that the daemon was restarted: events may be missing,
                and listening again begins at the oldest event again.
        """
        last: t.Event | None = None
        seen_at = clock()
        self._last_seen_id = 0
        self._running = True
        self._listeners += 1
        try:
            while self._running:
                since = 0 if last is None else last["id"]
                try:
                    events = await self._poll_events({"since": since})
                except TimeoutError:
                    # On a connection that went dark, the daemon may have been restarted without a sign of it, and a
                    # new one answers nothing until it has come to that ID.
                    if last is not None and await self._was_restarted(last, clock() - seen_at):
                        raise _restarted() from None
                    continue
                except asyncio.CancelledError:
                    task = asyncio.current_task()
                    if task is not None and task.cancelling():
                        raise
                    return
                if last is not None and events and events[0].get("globalID", 0) < last.get("globalID", 0):
                    raise _restarted()
                if events:
                    seen_at = clock()  # the daemon was there now, however long the events are worked on
                for event in events:
                    yield event
                if events:
                    last = events[-1]
                    self._last_seen_id = last["id"]
        finally:
            # One that was dropped before its end is closed late, when the next may be running already.
            self._listeners -= 1
            if not self._listeners:
                self._running = False

    async def _was_restarted(self, last: t.Event, age: float) -> bool:
        """Look whether the daemon was restarted; if it can't be asked, the next poll shows that.

        Args:
            last: The event that was seen last.
            age: Seconds since then.
        """
        try:
            uptime = (await self._ask(self._api.exchange(_routes.STATUS.path)))["uptime"]
            if abs(uptime - age) > _UPTIME_ERROR:
                return bool(uptime < age)
            params = {"since": last["id"] - 1, "timeout": 0}
            events = await self._ask(self._api.exchange(_routes.EVENTS.path, params))
            return not events or Anchor.of(events[0]) != Anchor.of(last)
        except Exception:  # noqa: BLE001 - this look is an extra; whatever is wrong, the poll itself will tell
            return False

    async def _poll_events(self, params: dict[str, int]) -> list[t.Event]:
        """Poll as the seed did, by `API.raw_request`."""
        route = _routes.EVENTS
        try:
            return _checked(await self._ask(self._api.raw_request(route.path, params=params)))
        except (SyncthingError, TimeoutError):
            raise
        except Exception as error:
            raise translate(error, route.method, route.path) from error

    async def _ask(self, request: Awaitable[Any]) -> Any:
        """Make a request that `stop` can end."""
        task = asyncio.ensure_future(request)
        self._polls.add(task)
        try:
            return await task
        finally:
            self._polls.discard(task)

    def stream(
        self,
        types: Iterable[t.EventType] | t.EventType | None = None,
        *,
        since: Literal["now", "history"] | t.Cursor = "now",
        disk: bool = False,
        own: bool = False,
        wait: int = 30,
        is_transient: Callable[[SyncthingError], bool] = is_transient,
        delays: Callable[[], Iterator[float]] = delays,
    ) -> EventStream:
        """Return a stream of events that loses none without saying so, yields none twice, and keeps their order.

        ::

            async with client.events.stream({"StateChanged"}) as stream:
                async for item in stream:
                    match item["type"]:
                        case "StateChanged": ...
                        case "EventsLost": ...  # read the state anew

        Beside the daemon's events it yields three of its own, all with ``id`` ``None``: ``EventsLost`` where events
        were or may have been lost, and ``StreamDown`` and ``StreamUp`` when the daemon can't be reached and when it
        answers again. It survives restarts of the daemon, broken connections, proxies that fail, and a machine that was
        asleep. Several may run at once.

        ``stream.cursor`` after any item is a small JSON-able value; given as ``since``, also in another process and
        much later, the stream goes on behind that item, or says ``EventsLost`` first.

        The daemon makes a buffer for each combination of types that it is ever asked for, and keeps it until it
        restarts. So a few are shared and the rest is filtered here; ``missed`` counts events of all their types.

        Args:
            types: Names of event types; ``None`` for all but LocalChangeDetected and RemoteChangeDetected, or with
                ``disk`` for just these two.
            since: ``"now"``: what comes after entering the context. ``"history"``: beginning with what the daemon still
                holds, 1000 events at most. Or a cursor.
            disk: The subscription for changes of files.
            own: Let the daemon keep a buffer for just these types, so that its 1000 events reach back further. Only
                for a few sets of types that don't change.
            wait: Seconds that a request waits for events, at most. It is shortened by itself where something on the
                way ends silent requests.
            is_transient: Tells for an error whether to try again; another one is raised. The default tries again
                when the daemon can't be reached, fails, or is converting its database.
            delays: Makes the seconds to wait before each further try, for each time that the daemon is down.

        Raises:
            BadRequestError: There is no such event type, or the cursor is none of a stream with these types.
        """
        mask, wanted = choose_mask(types, disk=disk, own=own)
        number("wait", wait, 1)
        if isinstance(since, str):
            if since not in {"now", "history"}:
                raise BadRequestError("since must be 'now', 'history' or a cursor")
            continuity = Continuity(history=since == "history")
        else:
            continuity = Continuity(*read_cursor(since, mask))
        return EventStream(self._api, mask, wanted, continuity, wait=wait, is_transient=is_transient, delays=delays)

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


def _restarted() -> SyncthingError:
    return SyncthingError("the daemon was restarted, and events may be missing: read the state anew, and listen again")


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
