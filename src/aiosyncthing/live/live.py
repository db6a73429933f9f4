"""The live mirror: subscribes, asks, and follows the events. What they mean is decided in `mirror`, without I/O."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Any, Final, Self
from weakref import WeakSet

from aiosyncthing import _routes, types as t
from aiosyncthing._loops import check_loop
from aiosyncthing._rest.shapes import check_event, checked
from aiosyncthing._routes import Route
from aiosyncthing._timing import Limit, delays, is_transient, limit_for_expensive, pause_after, within
from aiosyncthing.api import API
from aiosyncthing.events import Events
from aiosyncthing.exceptions import (
    InvalidResponseError,
    NotFoundError,
    RequestTimeoutError,
    SyncthingError,
    WaitTimeoutError,
)
from aiosyncthing.stream import EventStream

from .mirror import PATIENCE, Key, Mirror
from .views import Change, LiveDevice, LiveFolder

_LOGGER = logging.getLogger("aiosyncthing.live")

_FOLDERS_AT_ONCE: Final = 4
_ENTER: Final = 10.0  # seconds in which the first answers have to be there, if the client has no time-out
_PAUSE: Final = 1.0  # seconds between two equal questions, at least; some are expensive for the daemon
_SHARE: Final = 2.0  # and at least so many times the time that the daemon took for the answer, as it does itself
_RECHECK_EVERY: Final = 10.0  # seconds, as in Syncthing's own interface


class Live:
    """Folders and devices of a daemon as they are now. Made by `Syncthing.watch`; use it as a context manager.

    It subscribes to events first, then asks for everything once, then follows the events. After a restart of the
    daemon, or when events were lost, it asks again. The expensive questions are asked once, and then only where the
    daemon sends no event with the answer. While the daemon can't be reached, ``connected`` is false and the rest stays
    as it was last known.

    A big folder on slow storage may take the daemon minutes. It gets them (one minute, then twice as long after each
    time-out, up to an hour), and holds up no other folder: its ``state`` is ``unknown`` and its ``summary`` ``None``
    until the answer is there.

    Numbers that the daemon sends no events for (bytes transferred, and the rates) are some seconds old. A context is
    entered once, and used in the event loop that it was entered in; for another one call `Syncthing.watch` again.
    """

    def __init__(self, api: API, events: Events) -> None:
        self._api = api
        self._events = events
        self._mirror = Mirror()
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: Exception | None = None
        self._ended = False
        self._listeners: WeakSet[_Listener] = WeakSet()
        self._unknown: set[Key] = set()  # what was asked at first and is not answered yet
        self._due: dict[Key, float] = {}
        self._not_before: dict[Key, float] = {}
        self._asking: dict[Key, bool] = {}  # and whether the answer will be too old
        self._tries: dict[Key, Iterator[float]] = {}  # of questions that failed
        self._limits: dict[Key, float] = {}  # seconds for each question that has timed out
        self._work = asyncio.Event()

    @property
    def folders(self) -> Mapping[str, LiveFolder]:
        """All folders, by ID. The objects stay the same while they exist, and change."""
        return self._mirror.folders

    @property
    def devices(self) -> Mapping[str, LiveDevice]:
        """All devices, by ID, the daemon's own among them. The objects stay the same while they exist, and change."""
        return self._mirror.devices

    @property
    def pending_devices(self) -> Mapping[str, t.PendingDevice]:
        """Unknown devices that tried to connect, by ID. Replaced when it changes."""
        return self._mirror.pending.devices

    @property
    def pending_folders(self) -> Mapping[str, t.PendingFolder]:
        """Unknown folders that devices offer, by ID. Replaced when it changes.

        Syncthing 2 leaves IDs with a slash out of ``cluster/pending/folders``. Such folders are here from the moment
        that a device offers them, so not those that were offered before the mirror was entered.
        """
        return self._mirror.pending.folders

    @property
    def connected(self) -> bool:
        """Whether the daemon can be reached."""
        return self._mirror.connected

    @property
    def settled(self) -> bool:
        """Whether everything that had to be asked so far has been answered.

        For all that is slow: ``await live.until(lambda live: live.settled)``.
        """
        return not self._due and not self._asking

    def changes(self) -> AsyncGenerator[Change]:
        """Return an iterator over what changes from now on, which ends with the mirror.

        What changes several times before it is taken, comes once. There may be several iterators.

        Raises:
            SyncthingError: While iterating: the mirror had to give up.
            EventLoopError: While iterating: this is not the event loop that the mirror was entered in.
        """
        return self._tell(self._listen())

    async def _tell(self, listener: _Listener) -> AsyncGenerator[Change]:
        while True:
            while listener.pending:
                (kind, name), fields = next(iter(listener.pending.items()))
                del listener.pending[kind, name]
                yield Change(kind, name, frozenset(fields))
            if self._failure is None and self._ended:
                return
            self._check()
            await listener.wait()

    async def until(self, predicate: Callable[[Live], bool], timeout: float | None = None) -> None:
        """Wait until something is true of the mirror: ``await live.until(lambda live: live.devices[x].connected)``.

        Args:
            predicate: Called with the mirror, at once and after each change.
            timeout: Seconds; ``None`` for no limit.

        Raises:
            WaitTimeoutError: It did not become true in time.
            SyncthingError: The mirror had to give up.
            EventLoopError: This is not the event loop that the mirror was entered in.
        """
        listener = self._listen()
        async with within(timeout, lambda: "what was waited for did not become true"):
            while not predicate(self):
                self._check()
                await listener.wait()

    async def __aenter__(self) -> Self:
        """Subscribe, and wait until everything is known, though not for answers slower than the client's time-out.

        When it returns, folders and devices with their configuration are there. What has not been answered within the
        client's time-out (10 s if it has none) is ``unknown``, ``None`` or empty until it is; `settled` is false then.

        Raises:
            SyncthingError: The daemon can't be reached, or refuses.
        """
        if self._loop is not None:
            raise SyncthingError("a mirror can be entered only once: call watch() again")
        self._loop = asyncio.get_running_loop()
        stream = await self._stack.enter_async_context(self._events.stream())
        try:
            for key, route in ((Key("identity"), _routes.STATUS), (Key("config"), _routes.CONFIG)):
                self._mirror.load(key, checked(route, await self._api.call(route)), time.monotonic())
            self._mirror.set_connected(connected=True)
            self._publish()
            self._unknown = set(self._due)
            self._tasks = [
                asyncio.create_task(self._guard(self._follow(stream))),
                asyncio.create_task(self._guard(self._recheck())),
                asyncio.create_task(self._guard(self._answer_questions(about_folders=False))),
                *(
                    asyncio.create_task(self._guard(self._answer_questions(about_folders=True)))
                    for _ in range(_FOLDERS_AT_ONCE)
                ),
            ]
            with suppress(WaitTimeoutError):
                await self.until(lambda _: not self._unknown, self._api.timeout or _ENTER)
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the mirror; everything stays as it was last known.

        Raises:
            EventLoopError: This is not the event loop that the mirror was entered in.
        """
        check_loop(self._loop, "the mirror")
        await self._end()

    async def _end(self) -> None:
        self._ended = True
        for task in self._tasks:
            task.cancel()
        try:
            if self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            self._wake()
            await self._stack.aclose()

    def _listen(self) -> _Listener:
        listener = _Listener()
        self._listeners.add(listener)
        return listener

    def _check(self) -> None:
        check_loop(self._loop, "the mirror")
        if self._failure is not None:
            raise self._failure
        if self._ended:
            raise SyncthingError("the mirror has ended")

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        """Let the failure of any part be that of the whole."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - raised again in those that wait
            self._failure = self._failure or error
            self._wake()

    async def _follow(self, stream: EventStream) -> None:
        async for item in stream:
            match item["type"]:
                case "EventsLost":
                    self._mirror.renew()
                case "StreamDown":
                    self._mirror.set_connected(connected=False)
                case "StreamUp":
                    self._mirror.set_connected(connected=True)
                    self._hurry()
                case _:
                    check_event(item)
                    for key in self._mirror.apply(item):
                        if key in self._asking:
                            self._asking[key] = True  # the answer under way may be older than this event
            self._publish()

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(_RECHECK_EVERY)
            self._mirror.recheck()
            self._publish()

    def _publish(self) -> None:
        """Ask what came up, and pass on what changed."""
        for key in self._mirror.take_stale():
            self._ask(key)
        changes = self._mirror.take_changes()
        for listener in self._listeners:
            listener.add(changes)

    def _wake(self) -> None:
        for listener in self._listeners:
            listener.news.set()

    def _ask(self, key: Key) -> None:
        if key in self._asking:
            self._asking[key] = True
        else:
            wait = PATIENCE if key.kind == "patience" else 0.0
            self._due.setdefault(key, max(time.monotonic() + wait, self._not_before.get(key, 0.0)))
            self._work.set()

    def _hurry(self) -> None:
        """Try at once what failed while the daemon could not be reached."""
        for key in self._due.keys() & self._tries.keys():
            self._due[key] = time.monotonic()
        self._tries.clear()
        self._work.set()

    async def _answer_questions(self, *, about_folders: bool) -> None:
        while True:
            key = await self._next_question(about_folders=about_folders)
            self._asking[key] = False
            begun = time.monotonic()
            try:
                answer = await self._question(key)
            except SyncthingError as error:
                if not is_transient(error):
                    raise
                self._try_again(key, error, time.monotonic() - begun)
                continue
            now = time.monotonic()
            self._not_before[key] = now + max(_PAUSE, _SHARE * (now - begun))
            self._tries.pop(key, None)
            if self._asking.pop(key):
                self._ask(key)
            else:
                self._unknown.discard(key)
                self._mirror.load(key, answer, now)
            self._publish()
            self._wake()

    def _try_again(self, key: Key, error: SyncthingError, took: float) -> None:
        if key not in self._tries and isinstance(error, (RequestTimeoutError, InvalidResponseError)):
            # Others come with the loss of the connection, which `connected` shows.
            _LOGGER.warning("%s; asking again", error)
        pause = pause_after(error, next(self._tries.setdefault(key, delays())))
        if isinstance(error, RequestTimeoutError):
            pause = max(pause, took)  # the daemon may still be computing
            if (limit := self._limit(key)) is not None:
                self._limits[key] = limit_for_expensive(self._api.timeout, limit)
        self._due[key] = time.monotonic() + pause
        del self._asking[key]

    def _limit(self, key: Key) -> float | None:
        """Return the seconds that an answer may take; ``None`` for the client's own time-out."""
        if not key.folder:
            return None
        return self._limits.get(key) or limit_for_expensive(self._api.timeout)

    async def _next_question(self, *, about_folders: bool) -> Key:
        """Wait for a question whose time has come. There is only one at a time about each folder.

        So a folder whose answers take long can't keep all that ask waiting, and the daemon computes one answer of it
        after the other.
        """
        while True:
            wait: float | None = None
            busy = {key.folder for key in self._asking} if about_folders else ()
            due = [key for key in self._due if bool(key.folder) == about_folders and key.folder not in busy]
            if due and self.connected:
                key = min(due, key=self._due.__getitem__)
                wait = self._due[key] - time.monotonic()
                if wait <= 0:
                    del self._due[key]
                    return key
            self._work.clear()
            with suppress(TimeoutError), Limit(wait):
                await self._work.wait()

    async def _question(self, key: Key) -> Any:
        """Ask; ``None`` if the folder is not there, or not running."""
        route = _ROUTES.get(key.kind)
        if route is None:
            return None
        params = {name: value for name, value in (("folder", key.folder), ("device", key.device)) if value}
        try:
            return checked(route, await self._api.call(route, params=params, timeout=self._limit(key)))
        except NotFoundError:
            if not key.folder:
                raise
            return None


_ROUTES: Final[Mapping[str, Route[Any]]] = {
    "config": _routes.CONFIG,
    "identity": _routes.STATUS,
    "connections": _routes.CONNECTIONS,
    "stats": _routes.DEVICE_STATS,
    "pending_devices": _routes.PENDING_DEVICES,
    "pending_folders": _routes.PENDING_FOLDERS,
    "summary": _routes.DB_STATUS,
    "errors": _routes.FOLDER_ERRORS,
    "completion": _routes.DB_COMPLETION,
}


class _Listener:
    """One consumer of the changes, and what has changed since it last looked."""

    def __init__(self) -> None:
        self.pending: dict[tuple[Any, str], set[str]] = {}
        self.news = asyncio.Event()

    def add(self, changes: list[Change]) -> None:
        """Note what changed."""
        for kind, name, fields in changes:
            self.pending.setdefault((kind, name), set()).update(fields)
            self.news.set()

    async def wait(self) -> None:
        """Wait for news."""
        self.news.clear()
        await self.news.wait()
