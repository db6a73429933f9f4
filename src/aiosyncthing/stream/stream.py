"""The resilient event stream: asks, waits and tries again. `continuity` decides what the answers mean."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

from aiosyncthing import _routes, types as t
from aiosyncthing._http.connectors import connection_of
from aiosyncthing._http.wire import ID_HEADER
from aiosyncthing._loops import check_loop
from aiosyncthing._rest.shapes import check_events, checked
from aiosyncthing._routes import Route
from aiosyncthing._timing import GATHER, Bursts, Pace, pause_after
from aiosyncthing.api import API
from aiosyncthing.exceptions import InvalidResponseError, NotSyncthingError, SyncthingError

from .continuity import MISPLACED, Batch, Continuity, Question, marker
from .masks import Mask
from .position import Anchor, Epoch, write_cursor

_LOGGER = logging.getLogger("aiosyncthing.stream")
_NEVER: Final = float("-inf")

_MARGIN: Final = 10.0  # seconds an answer may take beyond the daemon's own wait, if the client has no time-out
_SHORTEST_WAIT: Final = 5

_WHAT: Final = "the stream"


class EventStream:
    """Events without silent loss and without duplicates, in order, across restarts and bad networks.

    Made by `Events.stream`. Use it as an asynchronous context manager and iterate over it, in one task. Inside the
    context, the next batch is fetched while the current one is consumed, and nothing beyond that: a slow consumer
    delays the next request. Without the context, a request runs only while the consumer waits for an item.
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
        self._bursts = Bursts()
        self._polled = _NEVER  # when the last poll began
        self._news = False  # whether it brought any
        self._responder: str | None = None  # device ID in the headers of the last answer
        self._connection: object = None  # that it came on
        self._pending: Iterator[Any] = iter(())
        self._pending_epoch: Epoch | None = None
        self._error: SyncthingError | None = None
        self._last: t.Event | None = None
        self._last_epoch: Epoch | None = None
        self._entered = False
        self._ended = False
        self._warned = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._fetched: deque[tuple[Batch, SyncthingError | None]] = deque()
        self._waiter: asyncio.Future[None] | None = None  # of the consumer, for a batch

    @property
    def error(self) -> SyncthingError | None:
        """The error of the last ``StreamDown``, until ``StreamUp``."""
        return self._error

    @property
    def cursor(self) -> t.Cursor | None:
        """The position after the last item taken, to resume from with ``stream(since=cursor)``.

        ``None`` until the stream has been entered and the daemon has answered.
        """
        if self._last is not None and self._last_epoch is not None:
            return write_cursor(self._mask, self._last_epoch, Anchor.of(self._last))
        if self._continuity.origin is not None:
            return write_cursor(self._mask, *self._continuity.origin)
        return None

    async def __aenter__(self) -> Self:
        """Find the starting position, and start fetching.

        When it returns, every event from then on will be yielded, or its loss reported.

        Raises:
            SyncthingError: The daemon refuses, and waiting won't help. A daemon that can't be reached is not an error:
                the stream then begins with ``StreamDown``.
            EventLoopError: The stream belongs to another event loop.
        """
        self._loop = check_loop(self._loop, _WHAT)
        self._entered = True
        batch: Batch | None = None
        while self._continuity.origin is None and batch is None:
            batch = await self._try()
        if batch is not None:
            self._fetched.append((batch, self._down))
        self._start(self._loop)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the stream and its request."""
        await self.aclose()

    def __aiter__(self) -> Self:
        """Return the stream itself."""
        return self

    async def __anext__(self) -> t.StreamItem:
        """Return the next item.

        Raises:
            SyncthingError: Something went wrong that waiting won't help with.
            MultipleDaemonsError: Several daemons take turns answering at this address.
            EventLoopError: The stream belongs to another event loop.
        """
        wanted = self._wanted
        while not self._ended:
            for item in self._pending:
                if item["id"] is not None:
                    self._last, self._last_epoch = item, self._pending_epoch
                    if wanted is not None and item["type"] not in wanted:
                        continue
                found: t.StreamItem = item  # not a cast, which would cost a call per item
                return found
            await self._next()
        raise StopAsyncIteration

    def stop(self) -> None:
        """End the stream at once, even while the consumer waits for an item. Any thread may call this."""
        self._ended = True
        if self._task is None or self._loop is None or self._loop.is_closed():
            return
        try:
            here = self._loop is asyncio.get_running_loop()
        except RuntimeError:  # no loop runs in this thread
            here = False
        if here:
            self._task.cancel()
        else:
            self._loop.call_soon_threadsafe(self._task.cancel)

    async def aclose(self) -> None:
        """End the stream, and wait until its request has ended.

        Raises:
            EventLoopError: The stream belongs to another event loop, which is still running.
        """
        if self._loop is not None and not self._loop.is_closed():
            check_loop(self._loop, _WHAT)
        self.stop()
        if self._task is not None and not self._task.done():
            await _end(self._task)

    async def _next(self) -> None:
        """Wait for the next batch and take it, unless the task that fetches has ended."""
        loop = self._loop = check_loop(self._loop, _WHAT)
        if self._waiter is not None:
            raise SyncthingError("another task is already iterating over the stream: make one for each")
        fetched = self._fetched
        if not fetched:
            task = self._start(loop)
            if not task.done():
                self._waiter = loop.create_future()
                try:
                    await self._waiter
                except asyncio.CancelledError:
                    if not self._entered:  # so nothing else will end the request
                        await _end(task)
                    raise
                finally:
                    self._waiter = None
            if not fetched:
                self._task = None
                if not task.cancelled() and (failure := task.exception()) is not None:
                    self._ended = True
                    raise failure
                return
        batch, self._error = fetched.popleft()
        self._pending = iter(batch.items)
        self._pending_epoch = batch.epoch
        if self._entered and not fetched:
            self._start(loop)

    def _wake(self) -> bool:
        """Wake the consumer, and return whether it was waiting."""
        if self._waiter is None or self._waiter.done():
            return False
        self._waiter.set_result(None)
        return True

    def _start(self, loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
        if self._task is None or self._task.cancelled():
            self._task = loop.create_task(self._fetch())
            self._task.add_done_callback(self._note_end)
        return self._task

    def _note_end(self, task: asyncio.Task[None]) -> None:
        if task is self._task or not self._entered:  # otherwise the consumer was not waiting for it
            self._wake()

    async def _fetch(self) -> None:
        """Fetch a batch; within the context one after the other, as long as the consumer waits for them.

        That costs less than a task for each, and the next request is on its way before the consumer wakes up.
        """
        while True:
            batch = await self._try()
            if batch is None:
                continue
            self._fetched.append((batch, self._down))
            del batch  # it may be large, and the next one late
            if not self._entered or not self._wake():
                self._task = None
                return

    async def _try(self) -> Batch | None:
        """Make one exchange when it is due, and return what to yield."""
        clock = asyncio.get_running_loop().time
        if self._not_before > clock():
            await asyncio.sleep(self._not_before - clock())
        question = self._continuity.question
        if question is Question.WAIT:
            self._polled, self._news = clock(), False
        try:
            batch = await self._ask(question)
        except asyncio.CancelledError:
            self._polled = _NEVER
            self._continuity.interrupted()  # polls that are always cut short would never prove anything
            raise
        except SyncthingError as error:
            if question is Question.WAIT:
                self._adapt(clock() - self._polled)
            self._continuity.interrupted()
            if not self._is_transient(error):
                raise
            known, self._down = self._down, error
            if known is None:
                self._pauses = iter(self._delays())
            pause = next(self._pauses, None)
            if pause is None:  # that was the last attempt
                raise
            self._not_before = clock() + pause_after(error, pause)
            if known is not None:
                return None
            return Batch([marker("StreamDown", {"error": str(error), "kind": type(error).__name__})], None)
        if question is Question.WAIT:
            self._bursts.waited(clock() - self._polled)
        self._not_before = clock() + self._pause(batch, clock())
        if self._down is None:
            return batch
        self._down = None
        up = marker("StreamUp", None)
        return Batch([up, *batch.items], batch.epoch) if batch else Batch([up], None)

    def _pause(self, batch: Batch | None, now: float) -> float:
        """Return how long to wait before the next exchange, after one that succeeded."""
        continuity = self._continuity
        if batch is not None and batch.follows:
            self._news = True
        if continuity.misplaced and not self._warned:
            self._warned = True
            _LOGGER.warning(MISPLACED, self._api)
        if continuity.question is Question.IDENTITY_LATER:
            return continuity.pause
        if batch is not None and batch.follows and self._bursts.last(len(batch.items)):
            continuity.expect_more()
            return GATHER
        if continuity.question is Question.WAIT:
            return self._pace.pause(now - self._polled, news=self._news)
        return 0.0

    async def _ask(self, question: Question) -> Batch | None:
        continuity = self._continuity
        self._responder = self._connection = None
        if question is Question.IDENTITY or question is Question.IDENTITY_LATER:
            status = await self._api.call(_routes.STATUS, observe=self._note)
            self._check(checked, _routes.STATUS, status)
            return continuity.identified(status["myID"], status["startTime"], status["uptime"])
        direct = self._api.direct  # as it was when the question was asked, since that depends on it
        events = await self._poll(question, direct=direct)
        self._check(check_events, self._mask.route, events)
        return continuity.answered(events, self._responder, self._connection if direct else None)

    def _check(self, check: Callable[[Route[Any], Any], object], route: Route[Any], answer: object) -> None:
        """Raise if an answer can't have come from a daemon."""
        try:
            check(route, answer)
        except InvalidResponseError as error:
            if self._responder is not None:
                raise
            raise NotSyncthingError(
                f"not an answer of Syncthing: {error.args[0]}", method=route.method, path=route.path
            ) from None

    def _poll(self, question: Question, *, direct: bool) -> Coroutine[Any, Any, list[t.Event]]:
        """Request events.

        Args:
            question: What to ask.
            direct: Whether the answer may be believed, so that it should bring everything at once.
        """
        wait = self._wait if question is Question.WAIT else 0
        params = {"since": str(self._continuity.since), "timeout": str(wait)}
        if question is Question.NEWEST or (question is Question.WAIT and not direct):
            params["limit"] = "1"
        if self._mask.events is not None:
            params["events"] = self._mask.events
        return self._api.call(self._mask.route, params=params, timeout=wait + self._margin, observe=self._note)

    def _note(self, response: aiohttp.ClientResponse) -> None:
        self._responder = response.headers.get(ID_HEADER)
        self._connection = connection_of(response)

    def _adapt(self, silent: float) -> None:
        """Wait for a shorter time if something on the way ends requests that have been silent for so many seconds."""
        if silent > _SHORTEST_WAIT and abs(silent - self._silent) < 1:  # twice in a row is no coincidence
            self._wait = min(self._wait, max(_SHORTEST_WAIT, int(silent * 0.8)))
        self._silent = silent


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()  # it ended before the cancellation, and asyncio would log an exception that nothing retrieves
