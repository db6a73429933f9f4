"""Keeps a mirror up to date: follows the events, and asks what they don't say. `mirror` decides what they mean."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from aiosyncthing._rest.lookup import find_own_id
from aiosyncthing._rest.shapes import check_event, checked
from aiosyncthing._timing import Limit, delays, is_transient, limit_for_expensive, pause_after
from aiosyncthing.exceptions import InvalidResponseError, NotFoundError, RequestTimeoutError, SyncthingError

from .agenda import Agenda
from .mirror import Mirror
from .questions import CONFIG, PATIENCE, PAUSES, ROUTES, Question
from .snapshots import Snapshot, Snapshots

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from aiosyncthing.api import API
    from aiosyncthing.events import Events
    from aiosyncthing.stream import EventStream

    from .views import Change

_LOGGER = logging.getLogger("aiosyncthing.live")

_FOLDERS_AT_ONCE: Final = 4
_PAUSE: Final = 1.0  # seconds between two equal questions, since some are expensive for the daemon; or longer:
_SHARE: Final = 2.0  # times what the answer took, the same rule that the daemon has for itself
_RECHECK_EVERY: Final = 10.0  # seconds, as in Syncthing's own interface


class Updates:
    """The tasks that keep a mirror up to date. They don't refer to `Live`, so that a forgotten one is noticed.

    Args:
        api: Sends the requests.
        events: Sends the requests for events.

    Attributes:
        mirror: The mirror.
        agenda: What to ask next.
        unknown: The first questions that are not answered yet.
        listeners: Who waits for changes.
        failure: Why the mirror has failed; ``None`` if it has not.
        ended: Whether it has ended.
    """

    def __init__(self, api: API, events: Events) -> None:
        self.mirror: Mirror = Mirror()
        self.agenda: Agenda = Agenda()
        self.unknown: set[Question] = set()
        self.listeners: WeakSet[Listener] = WeakSet()
        self.failure: Exception | None = None
        self.ended: bool = False
        self._lock = RLock()  # held while the mirror changes, so that other threads see no half of a change
        self._snapshots = Snapshots()
        self._api = api
        self._events = events
        self._stream: EventStream | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._not_before: dict[Question, float] = {}
        self._tries: dict[Question, Iterator[float]] = {}  # delays for questions that failed
        self._limits: dict[Question, float] = {}  # seconds, for questions that have timed out
        self._work = asyncio.Event()

    async def start(self) -> None:
        """Subscribe to events, get the configuration, and start asking for everything else.

        Raises:
            SyncthingError: The daemon can't be reached, or refuses the requests.
        """
        self._stream = stream = self._events.stream()
        await stream.__aenter__()
        config, own_id = await self._answer(CONFIG), await find_own_id(self._api)
        if self.ended:  # in the meantime
            return
        with self._lock:
            self._load(CONFIG, config, own_id, time.monotonic())
            self.mirror.set_connected(connected=True)
            self._publish()
        self.unknown = set(self.agenda)
        self._tasks = [
            asyncio.create_task(self._guard(self._follow(stream))),
            asyncio.create_task(self._guard(self._recheck())),
            asyncio.create_task(self._guard(self._answer_questions(about_folders=False))),
            *(
                asyncio.create_task(self._guard(self._answer_questions(about_folders=True)))
                for _ in range(_FOLDERS_AT_ONCE)
            ),
        ]

    async def end(self) -> None:
        """End the tasks and the stream. It may be called several times, also at once."""
        self.ended = True
        for task in self._tasks:
            task.cancel()
        try:
            if self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            self._disconnect()
            self._wake()
            if self._stream is not None:
                await self._stream.aclose()

    def snapshot(self) -> Snapshot:
        """Return the mirror as it is. Any thread may call this."""
        with self._lock:
            return self._snapshots.take(self.mirror)

    def abandon(self) -> None:
        """End the tasks and the stream in their event loop without waiting for that. Any thread may call this."""
        self.ended = True
        for task in self._tasks:
            with suppress(RuntimeError):  # the loop is closed
                task.get_loop().call_soon_threadsafe(task.cancel)
        if self._stream is not None:
            self._stream.stop()

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a part of the work, whose failure is that of the whole."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - raised again wherever something waits
            self.failure = self.failure or error
            self._disconnect()
            self._wake()

    def _disconnect(self) -> None:
        """Note that nothing is followed any longer. Iterators end without this change."""
        with self._lock:
            self.mirror.set_connected(connected=False)
            self._snapshots.forget(self.mirror.take_changes())

    async def _follow(self, stream: EventStream) -> None:
        async for item in stream:
            with self._lock:
                match item["type"]:
                    case "EventsLost":
                        self.mirror.refresh()
                    case "StreamDown":
                        self.mirror.set_connected(connected=False)
                    case "StreamUp":
                        self.mirror.set_connected(connected=True)
                        self._hurry()
                    case _:
                        check_event(item)
                        for question in self.mirror.apply(item):
                            self.agenda.outdate(question)  # the answer on its way may be older than this event
                self._publish()

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(_RECHECK_EVERY)
            with self._lock:
                self.mirror.recheck()
                self._publish()

    def _publish(self) -> None:
        """Ask new questions, and pass changes on."""
        for question in self.mirror.take_questions():
            self._ask(question)
        changes = self.mirror.take_changes()
        self._snapshots.forget(changes)
        for listener in self.listeners:
            listener.add(changes)

    def _wake(self) -> None:
        for listener in self.listeners:
            listener.news.set()

    def _ask(self, question: Question) -> None:
        if question in self.agenda.asking:
            self.agenda.outdate(question)
        elif question not in self.agenda:  # after a failure, its pause goes on
            wait = PATIENCE if question.kind == "patience" else 0.0
            self.agenda.add(question, max(time.monotonic() + wait, self._not_before.get(question, 0.0)))
            self._work.set()

    def _hurry(self) -> None:
        """Repeat at once what failed while the daemon could not be reached."""
        for question in self._tries:
            if question in self.agenda:
                self.agenda.add(question, time.monotonic())
        self._tries.clear()
        self._work.set()

    async def _answer_questions(self, *, about_folders: bool) -> None:
        while True:
            question = await self._next_question(about_folders=about_folders)
            begun = time.monotonic()
            try:
                answer = await self._answer(question)
                own_id = await find_own_id(self._api) if question == CONFIG else ""
            except SyncthingError as error:
                if not is_transient(error):
                    raise
                self._try_again(question, error, time.monotonic() - begun)
                continue
            now = time.monotonic()
            pause = _PAUSE * PAUSES.get(question.kind, 1.0)
            self._not_before[question] = now + max(pause, _SHARE * (now - begun))
            self._tries.pop(question, None)
            with self._lock:
                if self.agenda.end(question):
                    self._ask(question)
                else:
                    self.unknown.discard(question)
                    self._load(question, answer, own_id, now)
                self._publish()
            self._wake()

    def _load(self, question: Question, answer: Any, own_id: str, now: float) -> None:
        if question == CONFIG:
            self.mirror.identify(own_id, self._api.daemon_version or "")
        self.mirror.load(question, answer, now)

    def _try_again(self, question: Question, error: SyncthingError, took: float) -> None:
        if question not in self._tries and isinstance(error, (RequestTimeoutError, InvalidResponseError)):
            # Other errors come with an outage, which `connected` shows.
            _LOGGER.warning("%s; retrying", error)
        pause = pause_after(error, next(self._tries.setdefault(question, delays())))
        if isinstance(error, RequestTimeoutError):
            pause = max(pause, took)  # the daemon may still be computing the answer
            if (limit := self._limit(question)) is not None:
                self._limits[question] = limit_for_expensive(self._api.timeout, limit)
        self.agenda.end(question)
        self.agenda.add(question, time.monotonic() + pause)

    def _limit(self, question: Question) -> float | None:
        """Return the seconds an answer may take; ``None`` for the client's own time-out."""
        if not question.folder:
            return None
        return self._limits.get(question) or limit_for_expensive(self._api.timeout)

    async def _next_question(self, *, about_folders: bool) -> Question:
        """Wait for a question that is due."""
        while True:
            question, moment = None, None
            if self.mirror.connected:
                question, moment = self.agenda.take(time.monotonic(), about_folders=about_folders)
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


class Listener:
    """A consumer of changes, and what changed since it last looked."""

    def __init__(self) -> None:
        self.pending: dict[tuple[Any, str], set[str]] = {}
        self.news: asyncio.Event = asyncio.Event()

    def add(self, changes: list[Change]) -> None:
        """Note changes."""
        for kind, name, fields in changes:
            self.pending.setdefault((kind, name), set()).update(fields)
            self.news.set()

    async def wait(self) -> None:
        """Wait for news."""
        self.news.clear()
        await self.news.wait()
