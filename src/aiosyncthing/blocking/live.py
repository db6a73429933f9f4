"""`Live`, the mirror. Its objects change in another thread, so it returns copies."""

from __future__ import annotations

import copy
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

from aiosyncthing import live, types as t
from aiosyncthing._rest.checks import plain

from .base import Blocking
from .bridge import Bridge
from .contexts import BlockingContext
from .iterators import BlockingIterator

_V = TypeVar("_V")
_Copies: TypeAlias = "tuple[dict[str, live.LiveFolder], dict[str, live.LiveDevice]]"  # quoted, so as not to load them


class Live(Blocking["live.Live"]):
    """A live mirror of a daemon's folders and devices. Returned by `Syncthing.watch`; use it as a context manager.

    It returns copies, which don't change: read the property again to get the current state.

    It subscribes to events first, then asks for everything once, then follows the events. After a restart of the
    daemon, or a loss of events, it asks again. Questions that are expensive for the daemon are only repeated if no
    event brings the answer. While the daemon can't be reached, ``connected`` is false and everything else stays as last
    known.

    For a big folder on slow storage, an answer may take minutes. The mirror waits for it (one minute, then twice as
    long after each time-out, up to an hour) without delaying other folders. Until then, the folder's ``state`` is
    ``unknown`` and its ``summary`` is ``None``.

    Values without events (bytes transferred, rates, last scans) are some seconds old. A mirror can be started once. For
    another one, call `Syncthing.watch` again.
    """

    def __init__(self, inner: live.Live, bridge: Bridge) -> None:
        super().__init__(inner, bridge)
        self._context = BlockingContext(bridge, inner)
        self._running = False

    @property
    def folders(self) -> Mapping[str, live.LiveFolder]:
        """All folders, by ID, in their current state."""
        return self._copies()[0]

    @property
    def devices(self) -> Mapping[str, live.LiveDevice]:
        """All devices, by ID, including the daemon's own, in their current state."""
        return self._copies()[1]

    @property
    def remotes(self) -> Mapping[str, live.LiveDevice]:
        """All devices except the daemon's own, by ID, in their current state."""
        return {name: each for name, each in self._copies()[1].items() if not each.own}

    @property
    def own_id(self) -> str:
        """The daemon's own device ID; empty until it is known."""
        return self._inner.own_id

    @property
    def version(self) -> str:
        """The daemon's version, such as ``v1.29.5``; empty until it is known."""
        return self._inner.version

    @property
    def totals(self) -> live.LiveTotals | None:
        """Bytes and rates over all connections, at most 10 s old; ``None`` until they are known."""
        return self._inner.totals

    @property
    def pending_devices(self) -> Mapping[str, t.PendingDevice]:
        """Unknown devices that tried to connect, by ID. The mapping is replaced when it changes."""
        return self._inner.pending_devices

    @property
    def pending_folders(self) -> Mapping[str, t.PendingFolder]:
        """Unknown folders that devices offer, by ID. The mapping is replaced when it changes.

        Syncthing 2 doesn't list IDs with a slash in ``cluster/pending/folders``. The mirror knows such folders from the
        moment that a device offers them, but not those offered before it was entered.
        """
        return self._inner.pending_folders

    @property
    def connected(self) -> bool:
        """Whether the daemon can be reached, as far as noticed; false again after the mirror has ended."""
        return self._inner.connected

    @property
    def settled(self) -> bool:
        """Whether all questions so far have been answered.

        To wait for slow answers: ``live.until(lambda live: live.settled)``.
        """
        return self._inner.settled

    def snapshot(self) -> live.Snapshot:
        """Return everything as it is at this moment, as a value that doesn't change.

        It costs little if little has changed since the last one. Any thread may call this, and none sees half of a
        change.
        """
        return self._inner.snapshot()

    def changes(self) -> BlockingIterator[live.Change]:
        """Return an iterator over the changes from now on. It ends with the mirror.

        A folder or device that changes several times before it is taken comes once. There may be several iterators.

        Raises:
            SyncthingError: While iterating: the mirror has failed.
        """
        return self._iterate(self._call(self._inner.changes))

    def until(self, predicate: Callable[[Live], bool], timeout: float | None = None) -> None:
        """Wait for a condition: ``live.until(lambda live: live.devices[x].connected)``.

        Args:
            predicate: Called in this thread with the mirror, immediately and after each change. During one call of it,
                folders and devices stay as they are. It can't be a coroutine function.
            timeout: Seconds; ``None`` for no limit.

        Raises:
            WaitTimeoutError: The condition did not become true in time.
            SyncthingError: The mirror has failed, or has ended.
            BadRequestError: The condition is a coroutine function.
        """

        def watch(notify: Callable[[], None]) -> Coroutine[Any, Any, None]:
            def changed(_: live.Live) -> bool:
                notify()
                return False

            return self._inner.until(changed, timeout)

        self._bridge.run_until(watch, lambda: plain(predicate(_Frozen(self._inner, self._bridge)), "the condition"))

    def start(self) -> Self:
        """Start the mirror, for programs that have no block to use it in: ``live = client.watch().start()``.

        It subscribes, and waits for the first answers, but not longer than the client's time-out (10 s without one).
        When it returns, all folders and devices are there with their configuration. What has not been answered in time
        is ``unknown``, ``None`` or empty until it is; meanwhile `settled` is false.

        If it fails or is interrupted, nothing is left running. Otherwise call `stop` at the end. Any later error
        is raised by `changes` and `until`.

        Returns:
            The mirror itself.

        Raises:
            SyncthingError: The daemon can't be reached, or refuses the requests. Or the mirror was started before:
                call `Syncthing.watch` again.
        """
        return self.__enter__()

    def stop(self) -> None:
        """Stop the mirror. Calling it again, or without `start`, does nothing.

        `connected` becomes false; everything else stays as last known.

        A failure of the mirror is not raised here. While `start` is running in another thread, it does nothing.
        """
        if self._running:
            self.__exit__(None, None, None)

    def __enter__(self) -> Self:
        """Start the mirror, as `start` does.

        Raises:
            SyncthingError: The daemon can't be reached, or refuses the requests.
        """
        self._context.__enter__()
        self._running = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the mirror, as `stop` does."""
        self._running = False
        self._context.__exit__(kind, error, traceback)

    def _copies(self) -> _Copies:
        """Return copies of all folders and devices, made in one step in the event loop, where they change."""

        def copy_all() -> _Copies:
            devices = {name: _copied(each) for name, each in self._inner.devices.items()}
            folders = {name: replace(_copied(each), _devices=devices) for name, each in self._inner.folders.items()}
            return folders, devices

        return self._call(copy_all)


class _Frozen(Live):
    """A mirror whose folders and devices stay as they were on first access."""

    _found: _Copies | None = None

    def _copies(self) -> _Copies:
        if self._found is None:
            self._found = super()._copies()
        return self._found


def _copied(found: _V) -> _V:
    """Return a copy of an object, and of its lists and mappings, whose elements the mirror replaces."""
    same = copy.copy(found)
    for name in getattr(found, "__dataclass_fields__", ()):
        value = getattr(found, name)
        setattr(same, name, copy.copy(value))
    return same
