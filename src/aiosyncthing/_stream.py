"""The resilient event stream: asks, waits, tries again. What answers mean is decided in `_continuity`, without I/O."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from . import _routes
from ._clock import clock
from ._continuity import PROMPT, Anchor, Answer, Batch, Continuity, Epoch, Question, marker
from .exceptions import BadRequestError, SyncthingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    import aiohttp

    from . import types as t
    from ._masks import Mask
    from .api import API

__all__ = ["EventStream", "read_cursor"]

_MARGIN: Final = 10.0  # seconds that an answer may take beyond the time that the daemon waits for events
_SHORTEST_WAIT: Final = 5.0


def read_cursor(cursor: Mapping[str, Any], mask: Mask) -> tuple[Epoch, Anchor | None]:
    """Return the position that a cursor stands for.

    Raises:
        BadRequestError: It is no cursor, or one of a stream with other types.
    """
    try:
        found = cursor["mask"]
        epoch = Epoch(str(cursor["daemon"]), str(cursor["started"]), bool(cursor["sure"]))
        number = cursor["id"]
        anchor = Anchor(int(number), int(cursor["globalID"]), str(cursor["time"])) if number else None
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequestError("since is not a cursor that a stream has given") from error
    if found != mask.name:
        raise BadRequestError(
            f"the cursor belongs to the subscription {found!r}, not {mask.name!r}: same types, please"
        )
    return epoch, anchor


class _Receipt:
    """When and over which connection an answer came; notes it when the headers are there."""

    def __init__(self) -> None:
        self.at = float("-inf")
        self.daemon: str | None = None
        self.link: object | None = None

    def __call__(self, response: aiohttp.ClientResponse) -> None:
        self.at = clock()
        self.daemon = response.headers.get("X-Syncthing-Id")
        # Syncthing sends neither header: behind a proxy the connection says nothing about the daemon's process.
        direct = "Server" not in response.headers and "Via" not in response.headers
        connection = response.connection
        self.link = connection.protocol if direct and connection is not None else None


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
        self._is_transient = is_transient
        self._delays = delays
        self._pause: Iterator[float] | None = None
        self._error: SyncthingError | None = None
        self._answered_at = float("-inf")
        self._cut_after: float | None = None
        self._pending: Iterator[Any] = iter(())
        self._pending_epoch: Epoch | None = None
        self._last: t.Event | None = None
        self._last_epoch: Epoch | None = None
        self._entered = False
        self._ended = False
        self._task: asyncio.Task[Batch] | None = None

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

        When it returns, every event from now on will be yielded, or its loss be told.

        Raises:
            SyncthingError: The daemon refuses, in a way that doesn't heal by waiting. One that can't be reached is no
                reason: the stream then begins with ``StreamDown``.
        """
        self._entered = True
        batch: Batch | None = None
        while self._continuity.origin is None and batch is None:
            batch = await self._try()
        if batch is not None:
            self._take(batch)
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
        """
        wanted = self._wanted
        while not self._ended:
            for item in self._pending:
                if item["id"] is not None:
                    self._last, self._last_epoch = item, self._pending_epoch
                    if wanted is not None and item["type"] not in wanted:
                        continue
                return cast("t.StreamItem", item)
            await self._next()
        raise StopAsyncIteration

    def stop(self) -> None:
        """End the stream at once, also for a consumer that waits for an item."""
        self._ended = True
        if self._task is not None:
            self._task.cancel()

    async def aclose(self) -> None:
        """End the stream, and wait for the end of the request that is under way."""
        self.stop()
        if self._task is not None:
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                self._task.exception()  # nobody asks for its result any more

    async def _next(self) -> None:
        """Wait for the next batch and take it."""
        self._prefetch()
        task = cast("asyncio.Task[Batch]", self._task)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            if not self._entered:  # nobody will close this stream
                task.cancel()
                await asyncio.wait([task])
                self._task = None
            raise
        if self._ended:
            return
        self._task = None
        try:
            self._take(task.result())
        except BaseException:
            self._ended = True
            raise
        if self._entered:
            self._prefetch()

    def _take(self, batch: Batch) -> None:
        self._pending = iter(batch.items)
        self._pending_epoch = batch.epoch

    def _prefetch(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._fetch())

    async def _fetch(self) -> Batch:
        while True:
            batch = await self._try()
            if batch is not None:
                return batch

    async def _try(self) -> Batch | None:
        """Make one exchange; return what the user shall see of it."""
        if self._pause is not None:
            await asyncio.sleep(next(self._pause))
        try:
            batch = await self._ask()
        except SyncthingError as error:
            if not self._is_transient(error):
                raise
            self._continuity.doubt(broken=True)
            known, self._error = self._error, error
            if known is not None:
                return None
            self._pause = self._delays()
            return Batch([marker("StreamDown", {"error": str(error), "kind": type(error).__name__})], None)
        if self._error is None:
            return batch
        self._error = self._pause = None
        up = marker("StreamUp", None)
        return Batch([up, *batch.items], batch.epoch) if batch else Batch([up], None)

    async def _ask(self) -> Batch | None:
        continuity = self._continuity
        if clock() - self._answered_at > PROMPT:
            continuity.doubt()
        question = continuity.question
        if question is Question.IDENTITY:
            status = await self._api.call(_routes.STATUS)
            self._answered_at = clock()
            return continuity.identified(status["myID"], status["startTime"], status["uptime"])
        wait = self._wait if question is Question.WAIT else 0
        params = {"since": str(continuity.since), "timeout": str(wait)}
        if question is Question.NEWEST:
            params["limit"] = "1"
        if self._mask.events is not None:
            params["events"] = self._mask.events
        receipt = _Receipt()
        asked_at = clock()
        try:
            events = await self._api.call(self._mask.route, params=params, timeout=wait + _MARGIN, observe=receipt)
        except SyncthingError:
            self._cut_after = clock() - asked_at if question is Question.WAIT else None
            raise
        prompt = receipt.at - self._answered_at <= PROMPT
        self._answered_at = clock()
        epoch = continuity.epoch
        batch = continuity.answered(Answer(events, receipt.daemon, receipt.link, prompt))
        if continuity.question is Question.WAIT and continuity.epoch is epoch:
            self._adapt()
        return batch

    def _adapt(self) -> None:
        """Wait for a shorter time where something on the way ends requests that are silent for long."""
        if self._cut_after is not None and self._cut_after > _SHORTEST_WAIT:
            self._wait = max(int(_SHORTEST_WAIT), min(self._wait, int(self._cut_after * 0.8)))
        self._cut_after = None


def _write_cursor(mask: Mask, epoch: Epoch, anchor: Anchor | None) -> t.Cursor:
    return {
        "mask": mask.name,
        "daemon": epoch.daemon,
        "started": epoch.started,
        "sure": epoch.sure,
        "id": anchor.id if anchor else 0,
        "globalID": anchor.global_id if anchor else None,
        "time": anchor.time if anchor else None,
    }
