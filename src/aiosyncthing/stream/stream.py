"""The resilient event stream: asks, waits, tries again. What answers mean is decided in `_continuity`, without I/O."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import _routes
from aiosyncthing._backoff import Pace, pause_after
from aiosyncthing._loops import check_loop
from aiosyncthing._rest.shapes import check_events, checked
from aiosyncthing.exceptions import BadRequestError, InvalidResponseError, NotSyncthingError, SyncthingError

from .continuity import Anchor, Batch, Continuity, Epoch, Question, marker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    import aiohttp

    from aiosyncthing import types as t
    from aiosyncthing._routes import Route
    from aiosyncthing.api import API

    from .masks import Mask

_LOGGER = logging.getLogger("aiosyncthing.stream")
_NEVER: Final = float("-inf")

_MARGIN: Final = 10.0  # seconds that an answer may take beyond the time that the daemon waits, if the client says none
_SHORTEST_WAIT: Final = 5
MISPLACED: Final = (
    "events whose IDs are not above the one before are left out: something between here and %s repeats or reorders them"
)

_WHAT: Final = "the stream"
_NO_CURSOR: Final = "since is not a cursor that a stream has given"


def read_cursor(cursor: Mapping[str, Any], mask: Mask) -> tuple[Epoch, Anchor | None]:
    """Return the position that a cursor stands for.

    Raises:
        BadRequestError: It is no cursor, or one of a stream with other types.
    """
    try:
        found, daemon, started = cursor["mask"], cursor["daemon"], cursor["started"]
        position = cursor["id"], cursor["globalID"], cursor["time"]
    except (KeyError, TypeError, IndexError) as error:
        raise BadRequestError(_NO_CURSOR) from error
    anywhere = _are(str, found, daemon, started) and _are(int, position[0])
    if not anywhere or not (position[0] == 0 or (_are(int, *position[:2]) and _are(str, position[2]))):
        raise BadRequestError(_NO_CURSOR)
    if position[0] < 0:  # the daemon would answer with events that never happened
        raise BadRequestError(_NO_CURSOR)
    if found != mask.name:
        raise BadRequestError(
            f"the cursor belongs to the subscription {found!r}, not {mask.name!r}: same types, please"
        )
    return Epoch(daemon, started), Anchor(*position) if position[0] else None


def _are(kind: type, *values: object) -> bool:
    return all(type(value) is kind for value in values)


class EventStream:
    """Events without silent loss and without duplicates, in order, across restarts and bad networks.

    Made by `Events.stream`. Use it as an asynchronous context manager and iterate over it, in one task. Within the
    context the next batch is fetched while the present one is consumed; nothing more is fetched ahead, so a slow
    consumer holds back the next request. Without the context a request runs only while an item is waited for.
    """

    def __init__(
        self,
        api: API,
        mask: Mask,
        wanted: frozenset[str] | None,
        continuity: Continuity,
        *,
        wait: int,
        is_transient: Callable[[SyncthingError], bool],
        delays: Callable[[], Iterator[float]],
    ) -> None:
        self._api = api
        self._mask = mask
        self._wanted = wanted
        self._continuity = continuity
        self._wait = wait
        self._margin = api.timeout or _MARGIN
        self._is_transient = is_transient
        self._delays = delays
        self._down: SyncthingError | None = None
        self._pauses: Iterator[float] = iter(())
        self._not_before = _NEVER
        self._silent = _NEVER
        self._pace = Pace()
        self._polled = _NEVER  # when the last poll began
        self._news = False  # since then
        self._answerer: str | None = None
        self._pending: Iterator[Any] = iter(())
        self._pending_epoch: Epoch | None = None
        self._error: SyncthingError | None = None
        self._last: t.Event | None = None
        self._last_epoch: Epoch | None = None
        self._entered = False
        self._ended = False
        self._waiting = False
        self._warned = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[tuple[Batch, SyncthingError | None]] | None = None

    @property
    def error(self) -> SyncthingError | None:
        """The error of the last ``StreamDown``, until ``StreamUp``."""
        return self._error

    @property
    def cursor(self) -> t.Cursor | None:
        """The position after the item that was taken last, to go on from by ``stream(since=cursor)``.

        ``None`` before there is any: before the stream was entered, or while the daemon could not be reached since.
        """
        if self._last is not None and self._last_epoch is not None:
            return _write_cursor(self._mask, self._last_epoch, Anchor.of(self._last))
        if self._continuity.origin is not None:
            return _write_cursor(self._mask, *self._continuity.origin)
        return None

    async def __aenter__(self) -> Self:
        """Find the position to begin at, and begin to fetch.

        When it returns, every event from now on will be yielded, or its loss reported.

        Raises:
            SyncthingError: The daemon refuses, in a way that doesn't heal by waiting. One that can't be reached is no
                reason: the stream then begins with ``StreamDown``.
            EventLoopError: The stream belongs to another event loop.
        """
        self._loop = check_loop(self._loop, _WHAT)
        self._entered = True
        batch: Batch | None = None
        while self._continuity.origin is None and batch is None:
            batch = await self._try()
        if batch is not None:
            self._take(batch, self._down)
        self._prefetch()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the stream, and the request that is under way."""
        await self.aclose()

    def __aiter__(self) -> Self:
        """Return the stream itself."""
        return self

    async def __anext__(self) -> t.StreamItem:
        """Return the next item.

        Raises:
            SyncthingError: Something went wrong that doesn't heal by waiting.
            MultipleDaemonsError: Several daemons answer in turns at this address.
            EventLoopError: The stream belongs to another event loop.
        """
        wanted = self._wanted
        while not self._ended:
            for item in self._pending:
                if item["id"] is not None:
                    self._last, self._last_epoch = item, self._pending_epoch
                    if wanted is not None and item["type"] not in wanted:
                        continue
                found: t.StreamItem = item  # not a cast, which would be a call for each item
                return found
            await self._next()
        raise StopAsyncIteration

    def stop(self) -> None:
        """End the stream at once, also for a consumer that waits for an item. Any thread may call it."""
        self._ended = True
        if self._task is None or self._loop is None or self._loop.is_closed():
            return
        try:
            here = self._loop is asyncio.get_running_loop()
        except RuntimeError:  # there is none
            here = False
        if here:
            self._task.cancel()
        else:
            self._loop.call_soon_threadsafe(self._task.cancel)

    async def aclose(self) -> None:
        """End the stream, and wait for the end of the request that is under way.

        Raises:
            EventLoopError: The stream belongs to another event loop that is still running.
        """
        if self._loop is not None and not self._loop.is_closed():
            check_loop(self._loop, _WHAT)
        self.stop()
        if self._task is not None and not self._task.done():
            await _end(self._task)

    async def _next(self) -> None:
        """Wait for the next batch and take it."""
        self._loop = check_loop(self._loop, _WHAT)
        if self._waiting:
            raise RuntimeError("the stream is iterated over by another task already")
        task = self._prefetch()
        self._waiting = True
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            if not self._entered:  # nobody will close this stream
                await _end(task)
            raise
        finally:
            self._waiting = False
        self._task = None
        if task.cancelled():
            return
        if (failure := task.exception()) is not None:
            self._ended = True
            raise failure
        self._take(*task.result())
        if self._entered:
            self._prefetch()

    def _take(self, batch: Batch, error: SyncthingError | None) -> None:
        self._pending = iter(batch.items)
        self._pending_epoch = batch.epoch
        self._error = error

    def _prefetch(self) -> asyncio.Task[tuple[Batch, SyncthingError | None]]:
        if self._task is None or self._task.cancelled():
            self._task = asyncio.create_task(self._fetch())
        return self._task

    async def _fetch(self) -> tuple[Batch, SyncthingError | None]:
        while True:
            batch = await self._try()
            if batch is not None:
                return batch, self._down

    async def _try(self) -> Batch | None:
        """Make one exchange, when its time has come; return what the user shall see of it."""
        clock = asyncio.get_running_loop().time
        if self._not_before > clock():
            await asyncio.sleep(self._not_before - clock())
        try:
            batch = await self._ask()
        except asyncio.CancelledError:
            self._polled = _NEVER
            self._continuity.interrupted()  # a poll that is cut short again and again would never prove anything
            raise
        except SyncthingError as error:
            self._continuity.interrupted()
            if not self._is_transient(error):
                raise
            known, self._down = self._down, error
            if known is None:
                self._pauses = iter(self._delays())
            pause = next(self._pauses, None)
            if pause is None:  # that was the last try
                raise
            self._not_before = clock() + pause_after(error, pause)
            if known is not None:
                return None
            return Batch([marker("StreamDown", {"error": str(error), "kind": type(error).__name__})], None)
        self._not_before = clock() + self._pause(batch, clock())
        if self._down is None:
            return batch
        self._down = None
        up = marker("StreamUp", None)
        return Batch([up, *batch.items], batch.epoch) if batch else Batch([up], None)

    def _pause(self, batch: Batch | None, now: float) -> float:
        """Return how long to wait before the next exchange, after one that has gone well."""
        continuity = self._continuity
        if batch is not None and batch.follows:
            self._news = True
        if continuity.misplaced and not self._warned:
            self._warned = True
            _LOGGER.warning(MISPLACED, self._api)
        if continuity.question is Question.IDENTITY_LATER:
            return continuity.pause
        if continuity.question is Question.WAIT:
            return self._pace.pause(now - self._polled, news=self._news)
        return 0.0

    async def _ask(self) -> Batch | None:
        continuity = self._continuity
        question = continuity.question
        self._answerer = None
        if question in {Question.IDENTITY, Question.IDENTITY_LATER}:
            status = await self._api.call(_routes.STATUS, observe=self._note_answerer)
            self._check(checked, _routes.STATUS, status)
            return continuity.identified(status["myID"], status["startTime"], status["uptime"])
        events = await self._poll(question)
        self._check(check_events, self._mask.route, events)
        return continuity.answered(events, self._answerer)

    def _check(self, check: Callable[[Route[Any], Any], object], route: Route[Any], answer: object) -> None:
        """Raise if an answer can't be the daemon's."""
        try:
            check(route, answer)
        except InvalidResponseError as error:
            if self._answerer is not None:
                raise
            raise NotSyncthingError(f"not Syncthing's: {error.args[0]}", method=route.method, path=route.path) from None

    async def _poll(self, question: Question) -> list[t.Event]:
        """Ask for events."""
        wait = self._wait if question is Question.WAIT else 0
        params = {"since": str(self._continuity.since), "timeout": str(wait)}
        if question in {Question.WAIT, Question.NEWEST}:
            params["limit"] = "1"
        if self._mask.events is not None:
            params["events"] = self._mask.events
        clock = asyncio.get_running_loop().time
        begin = clock()
        if question is Question.WAIT:
            self._polled, self._news = begin, False
        try:
            return await self._api.call(
                self._mask.route, params=params, timeout=wait + self._margin, observe=self._note_answerer
            )
        except SyncthingError:
            if question is Question.WAIT:
                self._adapt(clock() - begin)
            raise

    def _note_answerer(self, response: aiohttp.ClientResponse) -> None:
        self._answerer = response.headers.get("X-Syncthing-Id")

    def _adapt(self, silent: float) -> None:
        """Wait for a shorter time where something on the way ends requests that are silent for so many seconds."""
        if silent > _SHORTEST_WAIT and abs(silent - self._silent) < 1:  # twice in a row is no accident
            self._wait = min(self._wait, max(_SHORTEST_WAIT, int(silent * 0.8)))
        self._silent = silent


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()  # it had come to its end already; perhaps nobody asks how


def _write_cursor(mask: Mask, epoch: Epoch, anchor: Anchor | None) -> t.Cursor:
    return {
        "mask": mask.name,
        "daemon": epoch.daemon,
        "started": epoch.started,
        "id": anchor.id if anchor else 0,
        "globalID": anchor.global_id if anchor else None,
        "time": anchor.time if anchor else None,
    }
