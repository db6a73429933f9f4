# Generated from aiosyncthing.events by scripts/make_blocking.py; change that.
"""``rest/events``: polling for events, listening, and the resilient stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from aiosyncthing import types as t
from aiosyncthing._timing import delays, is_transient
from aiosyncthing.blocking.base import Blocking
from aiosyncthing.blocking.iterators import BlockingIterator
from aiosyncthing.blocking.stream import EventStream
from aiosyncthing.exceptions import SyncthingError

if TYPE_CHECKING:
    from aiosyncthing.events import Events as Inner


class Events(Blocking["Inner"]):
    """Events: single polls, a simple listener, and a resilient stream.

    Event IDs count the events of one subscription, which is one set of event types. They start at 1 again when the
    daemon restarts. The daemon keeps the last 1000 events of each subscription.
    """

    @property
    def last_seen_id(self) -> int:
        """ID of the last event of the previous batch of `listen`; 0 during the first batch, which is history."""
        return self._inner.last_seen_id

    @property
    def running(self) -> bool:
        """Whether `listen` is running."""
        return self._inner.running

    def stop(self) -> None:
        """End `listen` after the current batch, or at once if it is waiting for one."""
        return self._call(self._inner.stop)

    def listen(self) -> BlockingIterator[t.AnyEvent]:
        """Yield events one by one, starting with the oldest that the daemon still holds.

        When a poll takes longer than the client's time limit, it is repeated after checking that the daemon is still
        the same one. `stream` does more: it survives restarts, and reports lost events.

        Raises:
            RestartedError: The daemon was restarted, so events may be missing. Call `listen` again to continue with the
                oldest event that it holds.
            SyncthingError: Any other failure.
        """
        return self._iterate(self._inner.listen())

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

            with client.events.stream({"StateChanged"}) as stream:
                for item in stream:
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
        return EventStream(
            self._inner.stream(
                types, since=since, disk=disk, own=own, wait=wait, is_transient=is_transient, delays=delays
            ),
            self._bridge,
        )

    def poll(
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
        return self._run(self._inner.poll(since, limit=limit, timeout=timeout, types=types))

    def disk(self, since: int = 0, *, limit: int | None = None, timeout: int = 60) -> list[t.DiskEvent]:
        """Make one request for changes of files: LocalChangeDetected and RemoteChangeDetected.

        Docs: https://docs.syncthing.net/rest/events-get.html

        Args:
            since: Only events with a greater ID; this subscription has its own IDs.
            limit: Only the last this many; earlier ones are lost.
            timeout: How long to wait for an event, in seconds; 0 returns at once.

        Returns:
            The events, oldest first; empty if none came in time.
        """
        return self._run(self._inner.disk(since, limit=limit, timeout=timeout))
