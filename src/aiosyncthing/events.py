"""``rest/events``: polling for events, listening, and the resilient stream."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from typing import Any, Final, Literal

from . import _routes, types as t
from ._http.failures import translate
from ._rest.checks import check_event_types, number, numbers
from ._rest.forms import Array, Kind, Object
from ._rest.namespace import Namespace
from ._rest.shapes import check, check_events, checked
from ._timing import Pace, delays, is_transient
from .api import API
from .exceptions import BadRequestError, RestartedError, SyncthingError
from .stream import EventStream
from .stream.continuity import MISPLACED, Continuity, ascending
from .stream.masks import choose_mask
from .stream.position import Anchor, Recognition, read_cursor

__all__ = ["Events"]

_LOGGER = logging.getLogger(__name__)
_NUMBERED: Final = Array(Object({"id": Kind("a whole number", frozenset({int}))}))
_MARGIN = 10.0  # seconds that an answer may take in addition to the daemon's waiting time


class Events(Namespace):
    """Events: single polls, a simple listener, and a resilient stream.

    Event IDs count the events of one subscription, which is one set of event types. They start at 1 again when the
    daemon restarts. The daemon keeps the last 1000 events of each subscription.
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
        """End `listen` after the current batch, or at once if it is waiting for one."""
        self._running = False
        for poll in self._polls:
            poll.cancel()

    async def listen(self) -> AsyncGenerator[t.AnyEvent]:
        """Yield events one by one, starting with the oldest that the daemon still holds.

        When a poll takes longer than the client's time limit, it is repeated after checking that the daemon is still
        the same one. `stream` does more: it survives restarts, and reports lost events.

        Raises:
            RestartedError: The daemon was restarted, so events may be missing. Call `listen` again to continue with the
                oldest event that it holds.
            SyncthingError: Any other failure.
        """
        hearing = _Hearing()
        self._last_seen_id = 0
        self._running = True
        self._listeners += 1
        try:
            while self._running:
                try:
                    events = await self._hear(hearing)
                except asyncio.CancelledError:
                    task = asyncio.current_task()
                    if task is not None and task.cancelling():
                        raise
                    return
                for event in events:
                    yield event
                if events:
                    self._last_seen_id = events[-1]["id"]
        finally:
            # A generator dropped before its end is closed late, when the next one may already be running.
            self._listeners -= 1
            if not self._listeners:
                self._running = False

    async def _hear(self, hearing: _Hearing) -> list[t.AnyEvent]:
        """Make one poll and return the new events."""
        if hearing.pause:
            await self._ask(asyncio.sleep(hearing.pause))
        begin = time.monotonic()
        try:
            events = hearing.new(await self._poll_events({"since": hearing.since}))
        except TimeoutError:
            # If the connection went dead, a restart may have gone unnoticed, and the new process doesn't answer until
            # it has reached that ID.
            if hearing.last is not None and not await self._is_known(hearing.recognition, hearing.last):
                raise _restarted() from None
            events = []
        hearing.pause = hearing.pace.pause(time.monotonic() - begin, news=bool(events))
        return events

    async def _is_known(self, recognition: Recognition, last: Anchor) -> bool:
        """Check that the daemon is still the one that sent the last event.

        If it doesn't answer, assume so; the next poll will fail with the reason.
        """
        try:
            status = checked(_routes.STATUS, await self._ask(self._api.exchange(_routes.STATUS.path)))
            if recognition.identified(status["myID"], status["startTime"], status["uptime"]):
                return True
            params = {"since": last.id - 1, "timeout": 0}
            events = await self._ask(self._api.exchange(_routes.EVENTS.path, params))
            check_events(_routes.EVENTS, events)
            return recognition.overlapped(events, last)
        except Exception:  # noqa: BLE001 - an extra check; the next poll will fail with the reason
            return True

    async def _poll_events(self, params: dict[str, int]) -> list[t.AnyEvent]:
        """Poll with `API.raw_request`, as version 0 did."""
        route = _routes.EVENTS
        try:
            events: list[t.AnyEvent] = await self._ask(self._api.raw_request(route.path, params=params))
        except (SyncthingError, TimeoutError):
            raise
        except Exception as error:
            raise translate(error, route.method, route.path) from error
        check(_NUMBERED, events, route)
        return events

    async def _ask(self, request: Awaitable[Any]) -> Any:
        """Make a request that `stop` can cancel."""
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
        """Return a stream of events that never loses one silently, yields none twice, and keeps their order.

        ::

            async with client.events.stream({"StateChanged"}) as stream:
                async for item in stream:
                    match item["type"]:
                        case "StateChanged": ...
                        case "EventsLost": ...  # read the state again

        In addition to the daemon's events it yields three of its own, with ``id`` ``None``: ``EventsLost`` where events
        were or may have been lost, and ``StreamDown`` and ``StreamUp`` when the daemon becomes unreachable and answers
        again. It survives restarts of the daemon, broken connections, failing proxies, and a computer that was asleep.
        Several streams may run at once. If two daemons take turns at one address, it raises `MultipleDaemonsError`; a
        daemon that is replaced, or moved away and back, is followed.

        ``stream.cursor`` is a small JSON-serializable value. Passed as ``since``, even in another process and much
        later, the stream continues after that item, or yields ``EventsLost`` first.

        The daemon creates a buffer for each set of types it is ever asked for, and keeps it until it restarts. So a few
        sets are shared and filtered here; ``missed`` counts events of all types in the set.
        Docs: https://docs.syncthing.net/dev/events.html

        Args:
            types: Names of event types; ``None`` for all except LocalChangeDetected and RemoteChangeDetected, or with
                ``disk`` for only these two.
            since: ``"now"`` for events after entering the context, ``"history"`` to start with those that the daemon
                still holds, up to 1000, or a cursor.
            disk: Use the subscription for changes of files.
            own: Make the daemon keep a buffer for exactly these types, so that its 1000 events reach further back. Use
                it only for a few sets of types that don't change.
            wait: How long a request waits for events, in seconds. It becomes shorter by itself if something between
                here and the daemon cuts off silent requests.
            is_transient: Decides whether to retry after an error; otherwise the error is raised. By default, retry if
                the daemon is unreachable, fails, or is converting its database.
            delays: Returns the delays between retries, in seconds, each time the daemon goes down.

        Raises:
            BadRequestError: An event type doesn't exist, or the cursor is invalid or belongs to other types.
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
        """Make one request for events, which returns as soon as there are any.

        Each set of types is a subscription of its own. The daemon creates it, empty and with its own IDs, at the first
        request, and keeps it until it restarts. A ``since`` that is ahead of the daemon just waits.
        Docs: https://docs.syncthing.net/rest/events-get.html

        Args:
            since: Only events with a greater ID.
            limit: Only the last this many; earlier ones are lost.
            timeout: How long to wait for an event, in seconds; 0 returns at once.
            types: Names of event types; ``None`` for all except LocalChangeDetected and RemoteChangeDetected.

        Returns:
            The events, oldest first; empty if none came in time.

        Raises:
            BadRequestError: An event type doesn't exist. The daemon would stay silent forever.
        """
        params = _poll_params(since, limit, timeout)
        if types is not None:
            params["events"] = check_event_types(types)
        return await self._api.call(_routes.EVENTS, params=params, timeout=timeout + _MARGIN)

    async def disk(self, since: int = 0, *, limit: int | None = None, timeout: int = 60) -> list[t.DiskEvent]:
        """Make one request for changes of files: LocalChangeDetected and RemoteChangeDetected.

        Docs: https://docs.syncthing.net/rest/events-get.html

        Args:
            since: Only events with a greater ID; this subscription has its own IDs.
            limit: Only the last this many; earlier ones are lost.
            timeout: How long to wait for an event, in seconds; 0 returns at once.

        Returns:
            The events, oldest first; empty if none came in time.
        """
        params = _poll_params(since, limit, timeout)
        return await self._api.call(_routes.DISK_EVENTS, params=params, timeout=timeout + _MARGIN)


class _Hearing:
    """The state of one listener."""

    def __init__(self) -> None:
        self.since = 0
        self.last: Anchor | None = None  # None also after an event that only has an ID
        self.recognition = Recognition()
        self.pace = Pace()
        self.pause = 0.0
        self._warned = False

    def new(self, events: list[t.AnyEvent]) -> list[t.AnyEvent]:
        """Return the new events of an answer, and remember the last.

        Raises:
            RestartedError: They come from another process than the events before.
        """
        kept = ascending(events, self.since)
        if len(kept) < len(events) and not self._warned:
            self._warned = True
            _LOGGER.warning(MISPLACED, "the daemon")
        if kept:
            first = _anchor(kept[0])
            if first is not None and self.last is not None and first.global_id < self.last.global_id:
                raise _restarted()
            self.since = kept[-1]["id"]
            self.last = _anchor(kept[-1])
        return kept


def _anchor(event: t.AnyEvent) -> Anchor | None:
    """Return what identifies an event, unless it lacks part of what the daemon's events have."""
    try:
        check_events(_routes.EVENTS, [event])
    except SyncthingError:
        return None
    return Anchor.of(event)


def _restarted() -> SyncthingError:
    return RestartedError("the daemon was restarted, so events may be missing: read the state again, and listen again")


def _poll_params(since: int, limit: int | None, timeout: int) -> dict[str, str]:
    # With a negative since, the daemon sends empty events of type Unknown.
    return {"since": number("since", since, 0), **numbers(limit=(limit, 1)), "timeout": number("timeout", timeout, 0)}
