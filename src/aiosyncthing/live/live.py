"""The live mirror as programs see it."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from aiosyncthing import types as t
from aiosyncthing._loops import check_loop
from aiosyncthing._rest.checks import plain
from aiosyncthing._timing import within
from aiosyncthing.api import API
from aiosyncthing.events import Events
from aiosyncthing.exceptions import SyncthingError, WaitTimeoutError

from .snapshots import Snapshot
from .updating import Listener, Updates
from .views import Change, LiveDevice, LiveFolder, LiveTotals

_ENTER: Final = 10.0  # seconds to wait for the first answers, if the client has no time-out


class Live:
    """Folders and devices of a daemon as they are now. Made by `Syncthing.watch`.

    Use it as a context manager, or call `start` and `stop`.

    It subscribes to events first, then asks for everything once, then follows the events. After a restart of the
    daemon, or a loss of events, it asks again. Questions that are expensive for the daemon are only repeated if no
    event brings the answer. While the daemon can't be reached, ``connected`` is false and everything else stays as last
    known.

    For a big folder on slow storage, an answer may take minutes. The mirror waits for it (one minute, then twice as
    long after each time-out, up to an hour) without delaying other folders. Until then, the folder's ``state`` is
    ``unknown`` and its ``summary`` is ``None``.

    Values without events (bytes transferred, rates, last scans) are some seconds old. A mirror can be started once, and
    is used in the event loop that it was started in. For another one, call `Syncthing.watch` again.
    """

    def __init__(self, api: API, events: Events) -> None:
        self._timeout = api.timeout or _ENTER
        self._updates = Updates(api, events)
        self._mirror = self._updates.mirror
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def folders(self) -> Mapping[str, LiveFolder]:
        """All folders, by ID. Each object stays the same as long as its folder exists, and changes."""
        return self._mirror.folders

    @property
    def devices(self) -> Mapping[str, LiveDevice]:
        """All devices, by ID, including the daemon's own. Each object stays the same as long as its device exists."""
        return self._mirror.devices

    @property
    def remotes(self) -> Mapping[str, LiveDevice]:
        """All devices but the daemon's own, by ID."""
        return {name: device for name, device in self._mirror.devices.items() if not device.own}

    @property
    def own_id(self) -> str:
        """The daemon's own device ID; empty until it is known."""
        return self._mirror.own_id

    @property
    def version(self) -> str:
        """The daemon's version, such as ``v1.29.5``; empty until it is known."""
        return self._mirror.version

    @property
    def totals(self) -> LiveTotals | None:
        """Bytes and rates over all connections, at most 10 s old; ``None`` until they are known."""
        return self._mirror.transfers.totals

    @property
    def pending_devices(self) -> Mapping[str, t.PendingDevice]:
        """Unknown devices that tried to connect, by ID. The mapping is replaced when it changes."""
        return self._mirror.pending.devices

    @property
    def pending_folders(self) -> Mapping[str, t.PendingFolder]:
        """Unknown folders that devices offer, by ID. The mapping is replaced when it changes.

        Syncthing 2 doesn't list IDs with a slash in ``cluster/pending/folders``. The mirror knows such folders from the
        moment that a device offers them, but not those offered before it was entered.
        """
        return self._mirror.pending.folders

    @property
    def connected(self) -> bool:
        """Whether the daemon can be reached, as far as noticed; false again after the mirror has ended."""
        return self._mirror.connected

    @property
    def settled(self) -> bool:
        """Whether all questions so far have been answered.

        To wait for slow answers: ``await live.until(lambda live: live.settled)``.
        """
        return not self._updates.agenda and not self._updates.agenda.asking

    def snapshot(self) -> Snapshot:
        """Return everything as it is at this moment, as a value that doesn't change.

        It costs little if little has changed since the last one. Any thread may call this, and none sees half of a
        change.
        """
        return self._updates.snapshot()

    def changes(self) -> AsyncGenerator[Change]:
        """Return an iterator over the changes from now on. It ends with the mirror.

        A folder or device that changes several times before it is taken comes once. There may be several iterators.

        Raises:
            SyncthingError: While iterating: the mirror has failed.
            EventLoopError: While iterating: this is not the event loop that the mirror was entered in.
        """
        return self._iterate(self._listen())

    async def _iterate(self, listener: Listener) -> AsyncGenerator[Change]:
        while True:
            while listener.pending:
                (kind, name), fields = next(iter(listener.pending.items()))
                del listener.pending[kind, name]
                yield Change(kind, name, frozenset(fields))
            if self._updates.failure is None and self._updates.ended:
                return
            self._check()
            await listener.wait()

    async def until(self, predicate: Callable[[Live], bool], timeout: float | None = None) -> None:
        """Wait for a condition: ``await live.until(lambda live: live.devices[x].connected)``.

        Args:
            predicate: Called with the mirror, immediately and after each change. It can't be a coroutine function.
            timeout: Seconds; ``None`` for no limit.

        Raises:
            WaitTimeoutError: The condition did not become true in time.
            SyncthingError: The mirror has failed, or has ended.
            BadRequestError: The condition is a coroutine function.
            EventLoopError: This is not the event loop that the mirror was entered in.
        """
        listener = self._listen()
        async with within(timeout, lambda: "the condition is still false"):
            while not plain(predicate(self), "the condition"):
                self._check()
                await listener.wait()

    async def start(self) -> Self:
        """Start the mirror, for programs that have no block to use it in: ``live = await client.watch().start()``.

        It subscribes, and waits for the first answers, but not longer than the client's time-out (10 s without one).
        When it returns, all folders and devices are there with their configuration. What has not been answered in time
        is ``unknown``, ``None`` or empty until it is; meanwhile `settled` is false.

        If it fails or is cancelled, nothing is left running. Otherwise call `stop` in the end. What goes wrong later is
        raised by `changes` and `until`.

        Returns:
            The mirror itself.

        Raises:
            SyncthingError: The daemon can't be reached, or refuses the requests. Or the mirror was started before:
                call `Syncthing.watch` again.
        """
        if self._loop is not None:
            raise SyncthingError("a mirror can be started only once: call watch() again")
        self._loop = asyncio.get_running_loop()
        try:
            await self._updates.start()
            with suppress(WaitTimeoutError):
                await self.until(lambda _: not self._updates.unknown, self._timeout)
            self._check()
        except BaseException:
            await self._updates.end()
            raise
        return self

    async def stop(self) -> None:
        """Stop the mirror. Calling it again, or without `start`, does nothing.

        `connected` becomes false; everything else stays as last known.

        A failure of the mirror is not raised here. While `start` is running, it makes that raise.

        Raises:
            EventLoopError: This is not the event loop that the mirror was started in.
        """
        if self._loop is not None:
            check_loop(self._loop, "the mirror")
            await self._updates.end()

    async def __aenter__(self) -> Self:
        """Start the mirror, as `start` does.

        Raises:
            SyncthingError: The daemon can't be reached, or refuses the requests.
        """
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the mirror, as `stop` does.

        Raises:
            EventLoopError: This is not the event loop that the mirror was entered in.
        """
        await self.stop()

    def __del__(self) -> None:
        """Stop a mirror that was forgotten, with a warning."""
        if getattr(self, "_loop", None) is not None and not self._updates.ended:
            warnings.warn(f"{self!r} was not stopped", ResourceWarning, stacklevel=2, source=self)
            self._updates.abandon()

    def _listen(self) -> Listener:
        listener = Listener()
        self._updates.listeners.add(listener)
        return listener

    def _check(self) -> None:
        check_loop(self._loop, "the mirror")
        if self._updates.failure is not None:
            raise self._updates.failure
        if self._updates.ended:
            raise SyncthingError("the mirror has ended")
