"""``rest/events``: what happens."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final, Literal

from . import _routes
from ._http.failures import translate
from ._rest.checks import check_event_types, number, numbers
from ._rest.namespace import Namespace
from ._rest.shapes import Array, Kind, Object, check, check_events, checked
from ._timing import Pace, delays, is_transient
from .exceptions import BadRequestError, RestartedError, SyncthingError
from .stream.continuity import MISPLACED, Continuity, ascending
from .stream.masks import choose_mask
from .stream.position import Anchor, Recognition, read_cursor
from .stream.stream import EventStream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator

    from . import types as t
    from .api import API

__all__ = ["Events"]

_LOGGER = logging.getLogger(__name__)
_NUMBERED: Final = Array(Object({"id": Kind("a whole number", frozenset({int}))}))
_MARGIN = 10.0  # seconds that an answer may take beyond the time that the daemon waits for events


class Events(Namespace):
    """What happens: polls, and a simple listener.

    Event IDs count the events of one subscription, which is one set of types; they begin again at 1 when the daemon
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

    async def listen(self) -> AsyncGenerator[t.AnyEvent]:
        """Yield events one by one, from the oldest that the daemon still holds, and hide the long polling.

        A poll that is silent for longer than the client's time-out is repeated, after a look whether the daemon still
        is the one that it was. `stream` does more: it goes on after a restart, and says what was lost.

        Raises:
            RestartedError: The daemon was restarted, so events may be missing. Listening again begins at the oldest
                event that it holds.
            SyncthingError: Anything else that goes wrong.
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
            # One that was dropped before its end is closed late, when the next may be running already.
            self._listeners -= 1
            if not self._listeners:
                self._running = False

    async def _hear(self, hearing: _Hearing) -> list[t.AnyEvent]:
        """Make one poll; return what is new."""
        if hearing.pause:
            await self._ask(asyncio.sleep(hearing.pause))
        begin = time.monotonic()
        try:
            events = hearing.new(await self._poll_events({"since": hearing.since}))
        except TimeoutError:
            # On a connection that went dark, the daemon may have been restarted without a sign of it, and a new one
            # answers nothing until it has come to that ID.
            if hearing.last is not None and not await self._is_known(hearing.recognition, hearing.last):
                raise _restarted() from None
            events = []
        hearing.pause = hearing.pace.pause(time.monotonic() - begin, news=bool(events))
        return events

    async def _is_known(self, recognition: Recognition, last: Anchor) -> bool:
        """Look whether the daemon still is the one that the last event came from.

        If it can't be asked, that is assumed; the next poll shows what is the matter.
        """
        try:
            status = checked(_routes.STATUS, await self._ask(self._api.exchange(_routes.STATUS.path)))
            if recognition.identified(status["myID"], status["startTime"], status["uptime"]):
                return True
            params = {"since": last.id - 1, "timeout": 0}
            events = await self._ask(self._api.exchange(_routes.EVENTS.path, params))
            check_events(_routes.EVENTS, events)
            return recognition.overlapped(events, last)
        except Exception:  # noqa: BLE001 - this look is an extra; whatever is wrong, the poll itself will show it
            return True

    async def _poll_events(self, params: dict[str, int]) -> list[t.AnyEvent]:
        """Poll as the seed did, by `API.raw_request`."""
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
                        case "EventsLost": ...  # read the state again

        Beside the daemon's events it yields three of its own, all with ``id`` ``None``: ``EventsLost`` where events
        were or may have been lost, and ``StreamDown`` and ``StreamUp`` when the daemon can't be reached and when it
        answers again. It survives restarts of the daemon, broken connections, proxies that fail, and a machine that was
        asleep. Several may run at once. Where two daemons answer in turns at one address, it raises
        `MultipleDaemonsError`; one that is replaced, or moved and moved back, is followed.

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
            is_transient: Decides whether to try again after an error; another one is raised. The default tries again
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


class _Hearing:
    """What one listener has heard so far."""

    def __init__(self) -> None:
        self.since = 0
        self.last: Anchor | None = None  # there is none of an event that only has an ID
        self.recognition = Recognition()
        self.pace = Pace()
        self.pause = 0.0
        self._warned = False

    def new(self, events: list[t.AnyEvent]) -> list[t.AnyEvent]:
        """Return what of an answer is new, and note it.

        Raises:
            RestartedError: It comes from another process than what was heard before.
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
    """Return what makes an event unmistakable, if it has all that the daemon's events have."""
    try:
        check_events(_routes.EVENTS, [event])
    except SyncthingError:
        return None
    return Anchor.of(event)


def _restarted() -> SyncthingError:
    return RestartedError("the daemon was restarted, and events may be missing: read the state again, and listen again")


def _poll_params(since: int, limit: int | None, timeout: int) -> dict[str, str]:
    # A negative since would yield zero events of type Unknown.
    return {"since": number("since", since, 0), **numbers(limit=(limit, 1)), "timeout": number("timeout", timeout, 0)}
