"""`EventStream`, the resilient event stream."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from aiosyncthing import stream, types as t
from aiosyncthing.exceptions import SyncthingError

from .bridge import Bridge
from .iterators import BlockingIterator


class EventStream(BlockingIterator[t.StreamItem]):
    """Events without silent loss and without duplicates, in order, across restarts and bad networks.

    Returned by `Events.stream`. Use it as a context manager and iterate over it in one thread. Inside the context, the
    next batch is fetched while the current one is consumed, and nothing beyond that: a slow consumer delays the next
    request. Without the context, a request runs only while the consumer waits for an item.
    """

    _unclosed = "EventStream"

    def __init__(self, inner: stream.EventStream, bridge: Bridge) -> None:
        super().__init__(bridge, inner)
        self._inner = inner

    @property
    def error(self) -> SyncthingError | None:
        """The error of the last ``StreamDown``, until ``StreamUp``."""
        return self._inner.error

    @property
    def cursor(self) -> t.Cursor | None:
        """The position after the last item taken, to resume from with ``stream(since=cursor)``.

        ``None`` until the stream has been entered and the daemon has answered.
        """
        return self._inner.cursor

    def __enter__(self) -> Self:
        """Find the starting position, and start fetching.

        When it returns, every event from then on will be yielded, or its loss reported.

        Raises:
            SyncthingError: The daemon refuses, and waiting won't help. A daemon that can't be reached is not an error:
                the stream then begins with ``StreamDown``.
        """
        lease = self._attach()
        try:
            self._bridge.run(self._inner.__aenter__())
        except BaseException:
            self._detach()
            lease.run_in_background(self._inner.aclose)  # an interrupt may have come after it was entered
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the stream and its request."""
        self.close()

    def stop(self) -> None:
        """End the stream at once, even while the consumer waits for an item. Any thread may call this."""
        self._inner.stop()
