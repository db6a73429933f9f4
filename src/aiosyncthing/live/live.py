"""The live mirror: subscribes, asks, and follows the events. `mirror` decides what they mean."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Any, Final, Self
from weakref import WeakSet

from aiosyncthing import types as t
from aiosyncthing._loops import check_loop
from aiosyncthing._rest.shapes import check_event, checked
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

from .agenda import Agenda
from .mirror import Mirror
from .questions import CONFIG, IDENTITY, PATIENCE, ROUTES, Question
from .views import Change, LiveDevice, LiveFolder

_LOGGER = logging.getLogger("aiosyncthing.live")

_FOLDERS_AT_ONCE: Final = 4
_ENTER: Final = 10.0  # seconds to wait for the first answers, if the client has no time-out
_PAUSE: Final = 1.0  # seconds between two equal questions, since some are expensive for the daemon; or longer:
_SHARE: Final = 2.0  # times what the answer took, the same rule that the daemon has for itself
_RECHECK_EVERY: Final = 10.0  # seconds, as in Syncthing's own interface


class Live:
    """Folders and devices of a daemon as they are now. Made by `Syncthing.watch`; use it as a context manager.

    It subscribes to events first, then asks for everything once, then follows the events. After a restart of the
    daemon, or a loss of events, it asks again. Questions that are expensive for the daemon are only repeated if no
    event brings the answer. While the daemon can't be reached, ``connected`` is false and everything else stays as last
    known.

    For a big folder on slow storage, an answer may take minutes. The mirror waits for it (one minute, then twice as
    long after each time-out, up to an hour) without delaying other folders. Until then, the folder's ``state`` is
    ``unknown`` and its ``summary`` is ``None``.

    Values without events (bytes transferred and rates) are some seconds old. A mirror can be entered once, and is used
    in the event loop that it was entered in. For another one, call `Syncthing.watch` again.
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
        self._unknown: set[Question] = set()  # the first questions that are not answered yet
        self._agenda = Agenda()
        self._not_before: dict[Question, float] = {}
        self._tries: dict[Question, Iterator[float]] = {}  # delays for questions that failed
        self._limits: dict[Question, float] = {}  # seconds, for questions that have timed out
        self._work = asyncio.Event()

    @property
    def folders(self) -> Mapping[str, LiveFolder]:
        """All folders, by ID. Each object stays the same as long as its folder exists, and changes."""
        return self._mirror.folders

    @property
    def devices(self) -> Mapping[str, LiveDevice]:
        """All devices, by ID, including the daemon's own. Each object stays the same as long as its device exists."""
        return self._mirror.devices

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
        """Whether the daemon can be reached."""
        return self._mirror.connected

    @property
    def settled(self) -> bool:
        """Whether all questions so far have been answered.

        To wait for slow answers: ``await live.until(lambda live: live.settled)``.
        """
        return not self._agenda and not self._agenda.asking

    def changes(self) -> AsyncGenerator[Change]:
        """Return an iterator over the changes from now on. It ends with the mirror.

        A folder or device that changes several times before it is taken comes once. There may be several iterators.

        Raises:
            SyncthingError: While iterating: the mirror has failed.
            EventLoopError: While iterating: this is not the event loop that the mirror was entered in.
        """
        return self._iterate(self._listen())

    async def _iterate(self, listener: _Listener) -> AsyncGenerator[Change]:
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
        """Wait for a condition: ``await live.until(lambda live: live.devices[x].connected)``.

        Args:
            predicate: Called with the mirror, immediately and after each change.
            timeout: Seconds; ``None`` for no limit.

        Raises:
            WaitTimeoutError: The condition did not become true in time.
            SyncthingError: The mirror has failed, or has ended.
            EventLoopError: This is not the event loop that the mirror was entered in.
        """
        listener = self._listen()
        async with within(timeout, lambda: "the condition is still false"):
            while not predicate(self):
                self._check()
                await listener.wait()

    async def __aenter__(self) -> Self:
        """Subscribe, and wait for the first answers, but not longer than the client's time-out (10 s without one).

        When it returns, all folders and devices are there with their configuration. What has not been answered in time
        is ``unknown``, ``None`` or empty until it is; meanwhile `settled` is false.

        Raises:
            SyncthingError: The daemon can't be reached, or refuses the requests.
        """
        if self._loop is not None:
            raise SyncthingError("a mirror can be entered only once: call watch() again")
        self._loop = asyncio.get_running_loop()
        stream = await self._stack.enter_async_context(self._events.stream())
        try:
            for question in (IDENTITY, CONFIG):
                route = ROUTES[question.kind]
                self._mirror.load(question, checked(route, await self._api.call(route)), time.monotonic())
            self._mirror.set_connected(connected=True)
            self._publish()
            self._unknown = set(self._agenda)
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
        """End the mirror. Everything stays as last known.

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
        """Run a part of the mirror, whose failure is that of the whole."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - raised again wherever something waits
            self._failure = self._failure or error
            self._wake()

    async def _follow(self, stream: EventStream) -> None:
        async for item in stream:
            match item["type"]:
                case "EventsLost":
                    self._mirror.refresh()
                case "StreamDown":
                    self._mirror.set_connected(connected=False)
                case "StreamUp":
                    self._mirror.set_connected(connected=True)
                    self._hurry()
                case _:
                    check_event(item)
                    for question in self._mirror.apply(item):
                        self._agenda.outdate(question)  # the answer on its way may be older than this event
            self._publish()

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(_RECHECK_EVERY)
            self._mirror.recheck()
            self._publish()

    def _publish(self) -> None:
        """Ask new questions, and pass changes on."""
        for question in self._mirror.take_questions():
            self._ask(question)
        changes = self._mirror.take_changes()
        for listener in self._listeners:
            listener.add(changes)

    def _wake(self) -> None:
        for listener in self._listeners:
            listener.news.set()

    def _ask(self, question: Question) -> None:
        if question in self._agenda.asking:
            self._agenda.outdate(question)
        elif question not in self._agenda:  # after a failure, its pause goes on
            wait = PATIENCE if question.kind == "patience" else 0.0
            self._agenda.add(question, max(time.monotonic() + wait, self._not_before.get(question, 0.0)))
            self._work.set()

    def _hurry(self) -> None:
        """Repeat at once what failed while the daemon could not be reached."""
        for question in self._tries:
            if question in self._agenda:
                self._agenda.add(question, time.monotonic())
        self._tries.clear()
        self._work.set()

    async def _answer_questions(self, *, about_folders: bool) -> None:
        while True:
            question = await self._next_question(about_folders=about_folders)
            begun = time.monotonic()
            try:
                answer = await self._answer(question)
            except SyncthingError as error:
                if not is_transient(error):
                    raise
                self._try_again(question, error, time.monotonic() - begun)
                continue
            now = time.monotonic()
            self._not_before[question] = now + max(_PAUSE, _SHARE * (now - begun))
            self._tries.pop(question, None)
            if self._agenda.end(question):
                self._ask(question)
            else:
                self._unknown.discard(question)
                self._mirror.load(question, answer, now)
            self._publish()
            self._wake()

    def _try_again(self, question: Question, error: SyncthingError, took: float) -> None:
        if question not in self._tries and isinstance(error, (RequestTimeoutError, InvalidResponseError)):
            # Other errors come with an outage, which `connected` shows.
            _LOGGER.warning("%s; retrying", error)
        pause = pause_after(error, next(self._tries.setdefault(question, delays())))
        if isinstance(error, RequestTimeoutError):
            pause = max(pause, took)  # the daemon may still be computing the answer
            if (limit := self._limit(question)) is not None:
                self._limits[question] = limit_for_expensive(self._api.timeout, limit)
        self._agenda.end(question)
        self._agenda.add(question, time.monotonic() + pause)

    def _limit(self, question: Question) -> float | None:
        """Return the seconds an answer may take; ``None`` for the client's own time-out."""
        if not question.folder:
            return None
        return self._limits.get(question) or limit_for_expensive(self._api.timeout)

    async def _next_question(self, *, about_folders: bool) -> Question:
        """Wait for a question that is due."""
        while True:
            question, moment = None, None
            if self.connected:
                question, moment = self._agenda.take(time.monotonic(), about_folders=about_folders)
            if question is not None:
                return question
            self._work.clear()
            with suppress(TimeoutError), Limit(None if moment is None else moment - time.monotonic()):
                await self._work.wait()

    async def _answer(self, question: Question) -> Any:
        """Ask, and return the answer; ``None`` if there is no such folder, or it is not running."""
        route = ROUTES.get(question.kind)
        if route is None:
            return None
        params = {name: value for name, value in (("folder", question.folder), ("device", question.device)) if value}
        try:
            return checked(route, await self._api.call(route, params=params, timeout=self._limit(question)))
        except NotFoundError:
            if not question.folder:
                raise
            return None


class _Listener:
    """A consumer of changes, and what changed since it last looked."""

    def __init__(self) -> None:
        self.pending: dict[tuple[Any, str], set[str]] = {}
        self.news = asyncio.Event()

    def add(self, changes: list[Change]) -> None:
        """Note changes."""
        for kind, name, fields in changes:
            self.pending.setdefault((kind, name), set()).update(fields)
            self.news.set()

    async def wait(self) -> None:
        """Wait for news."""
        self.news.clear()
        await self.news.wait()
