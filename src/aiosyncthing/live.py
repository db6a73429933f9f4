"""A live mirror of a daemon: folders, devices, connections and completion, kept right by events."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, Final

from . import _routes
from ._backoff import delays, is_transient
from ._deadline import within
from ._mirror import Change, Key, LiveDevice, LiveFolder, Mirror
from .exceptions import NotFoundError, SyncthingError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
    from types import TracebackType
    from typing import Self

    from ._stream import EventStream
    from .api import API
    from .events import Events

__all__ = ["Change", "Live", "LiveDevice", "LiveFolder"]

_PARALLEL: Final = 4
_PAUSE: Final = 1.0  # seconds between two equal questions, at least; some are expensive for the daemon
_RATES_EVERY: Final = 10.0  # seconds, as in Syncthing's own interface


class Live:
    """Folders and devices of a daemon as they are now. Made by `Syncthing.watch`; use it as a context manager.

    It subscribes to events first, then asks for everything once, then follows the events. After a restart of the
    daemon, or when events were lost, it asks again. The expensive questions are asked once, and then only where the
    daemon sends no event with the answer. While the daemon can't be reached, ``connected`` is false and the rest stays
    as it was last known.
    """

    def __init__(self, api: API, events: Events) -> None:
        self._api = api
        self._events = events
        self._mirror = Mirror()
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._failure: Exception | None = None
        self._ended = False
        self._listeners: list[_Listener] = []
        self._due: dict[Key, float] = {}
        self._asked: dict[Key, float] = {}
        self._asking: dict[Key, bool] = {}
        self._work = asyncio.Event()
        self._rest = asyncio.Event()

    @property
    def folders(self) -> Mapping[str, LiveFolder]:
        """All folders, by ID. The objects stay the same while they exist, and change."""
        return self._mirror.folders

    @property
    def devices(self) -> Mapping[str, LiveDevice]:
        """All devices, by ID, the daemon's own among them. The objects stay the same while they exist, and change."""
        return self._mirror.devices

    @property
    def connected(self) -> bool:
        """Whether the daemon can be reached."""
        return self._mirror.connected

    @property
    def settled(self) -> bool:
        """Whether everything that had to be asked so far has been answered."""
        return self._rest.is_set()

    async def changes(self) -> AsyncGenerator[Change]:
        """Yield what changes from now on. What changes several times before it is taken, comes once.

        Close it (``contextlib.aclosing``) when leaving before the mirror ends.

        Raises:
            SyncthingError: The mirror had to give up.
        """
        listener = _Listener()
        self._listeners.append(listener)
        try:
            while True:
                while listener.pending:
                    (kind, name), fields = next(iter(listener.pending.items()))
                    del listener.pending[kind, name]
                    yield Change(kind, name, frozenset(fields))
                if self._ended:
                    return
                self._check()
                listener.news.clear()
                await listener.news.wait()
        finally:
            self._listeners.remove(listener)

    async def until(self, predicate: Callable[[Live], bool], timeout: float | None = None) -> None:
        """Wait until something is true of the mirror: ``await live.until(lambda live: live.devices[x].connected)``.

        Args:
            predicate: Called with the mirror, at once and after each change.
            timeout: Seconds; ``None`` for no limit.

        Raises:
            WaitTimeoutError: It did not become true in time.
            SyncthingError: The mirror had to give up.
        """
        async with within(timeout, lambda: "what was waited for did not become true"):
            listener = _Listener()
            self._listeners.append(listener)
            try:
                while not predicate(self):
                    self._check()
                    listener.news.clear()
                    await listener.news.wait()
            finally:
                self._listeners.remove(listener)

    async def __aenter__(self) -> Self:
        """Subscribe, and wait until everything is known.

        Raises:
            SyncthingError: The daemon can't be asked.
        """
        stream = await self._stack.enter_async_context(self._events.stream())
        try:
            self._mirror.load(Key("identity"), await self._api.call(_routes.STATUS), time.monotonic())
            self._mirror.load(Key("config"), await self._api.call(_routes.CONFIG), time.monotonic())
            self._mirror.renew()
            self._mirror.set_connected(connected=True)
            self._publish()
            self._tasks = [
                asyncio.create_task(self._guard(self._follow(stream))),
                asyncio.create_task(self._guard(self._look_after_rates())),
                *(asyncio.create_task(self._guard(self._answer_questions())) for _ in range(_PARALLEL)),
            ]
            rest = asyncio.create_task(self._rest.wait())
            try:
                await asyncio.wait([rest, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
            finally:
                rest.cancel()
            self._check()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the mirror; everything stays as it was last known."""
        await self._end()

    async def _end(self) -> None:
        self._ended = True
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._stack.aclose()
        self._wake()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._ended:
            raise SyncthingError("the mirror has ended")

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        """Let the failure of any part be that of the whole."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - raised again where somebody waits
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
                case _:
                    for key in self._mirror.apply(item):
                        if key in self._asking:
                            self._asking[key] = True  # the answer under way may be older than this event
            self._publish()

    async def _look_after_rates(self) -> None:
        while True:
            await asyncio.sleep(_RATES_EVERY)
            if self.connected:
                self._ask(Key("connections"))

    def _publish(self) -> None:
        for key in self._mirror.take_stale():
            self._ask(key)
        changes = self._mirror.take_changes()
        if changes:
            for listener in self._listeners:
                listener.add(changes)
        if not self._due and not self._asking and not self._rest.is_set():
            self._rest.set()
            self._wake()

    def _wake(self) -> None:
        for listener in self._listeners:
            listener.news.set()

    def _ask(self, key: Key) -> None:
        self._rest.clear()
        if key in self._asking:
            self._asking[key] = True
        else:
            self._due.setdefault(key, self._asked.get(key, float("-inf")) + _PAUSE)
            self._work.set()

    async def _answer_questions(self) -> None:
        pauses = delays()
        while True:
            key = await self._next_question()
            self._asking[key] = False
            self._asked[key] = time.monotonic()
            try:
                answer = await self._question(key)
            except NotFoundError:
                answer = None
            except SyncthingError as error:
                if not is_transient(error):
                    raise
                self._due[key] = time.monotonic() + next(pauses)
                del self._asking[key]
                continue
            pauses = delays()
            if self._asking.pop(key):
                self._ask(key)
            else:
                self._mirror.load(key, answer, time.monotonic())
            self._publish()

    async def _next_question(self) -> Key:
        while True:
            wait: float | None = None
            if self._due:
                key = min(self._due, key=self._due.__getitem__)
                wait = self._due[key] - time.monotonic()
                if wait <= 0:
                    del self._due[key]
                    return key
            self._work.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._work.wait()

    def _question(self, key: Key) -> Coroutine[Any, Any, Any]:
        call = self._api.call
        match key.kind:
            case "config":
                return call(_routes.CONFIG)
            case "identity":
                return call(_routes.STATUS)
            case "connections":
                return call(_routes.CONNECTIONS)
            case "stats":
                return call(_routes.DEVICE_STATS)
            case "summary":
                return call(_routes.DB_STATUS, params={"folder": key.folder})
            case "errors":
                return call(_routes.FOLDER_ERRORS, params={"folder": key.folder})
            case "completion":
                return call(_routes.DB_COMPLETION, params={"folder": key.folder, "device": key.device})


class _Listener:
    """Somebody who waits for changes, and what has changed since they last looked."""

    def __init__(self) -> None:
        self.pending: dict[tuple[Any, str], set[str]] = {}
        self.news = asyncio.Event()

    def add(self, changes: list[Change]) -> None:
        for kind, name, fields in changes:
            self.pending.setdefault((kind, name), set()).update(fields)
        self.news.set()
