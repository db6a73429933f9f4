"""Whether to try again, and when. Pure."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Final

from .exceptions import (
    InvalidResponseError,
    MigrationError,
    ProxyError,
    ResponseTooLargeError,
    ServerError,
    SyncthingError,
    TLSError,
    UnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST: Final = 0.1
_GROWTH: Final = 1.618
_LAST: Final = 30.0
_LONGEST: Final = 300.0  # a proxy may ask for a day; no caller wants to wait that long

_EXPENSIVE: Final = 60.0
_HOUR: Final = 3600.0

_PROMPT: Final = 1.0  # seconds; a poll that takes longer can't make a hot loop
_FIRST_PAUSE: Final = 0.5
_LAST_PAUSE: Final = 2.0

_TRANSIENT: Final = (UnreachableError, ServerError, MigrationError, ProxyError, InvalidResponseError)
_LASTING: Final = (TLSError, ResponseTooLargeError)


def is_transient(error: SyncthingError) -> bool:
    """Tell whether an error may heal by waiting.

    A daemon that is down, starting, converting its database, behind a proxy that says so, or whose answer was cut off
    or garbled on the way, may be back later. A refused key, a refused host name, a certificate that can't be
    verified, or another program on that port will not go away by themselves.
    """
    return isinstance(error, _TRANSIENT) and not isinstance(error, _LASTING)


def delays() -> Iterator[float]:
    """Yield seconds to wait before each further try: growing, with a random part, up to half a minute.

    The random part keeps the clients of a daemon that restarts from coming back all at once.
    """
    delay = _FIRST
    while True:
        yield delay * random.uniform(0.5, 1.5)  # noqa: S311 - not for secrets
        delay = min(delay * _GROWTH, _LAST)


def pause_after(error: SyncthingError, delay: float) -> float:
    """Return the seconds to wait after an error: a delay, or as long as the answer asked for, up to five minutes.

    Args:
        error: What went wrong.
        delay: Seconds to wait at least.
    """
    return max(delay, min(error.retry_after or 0, _LONGEST))


def limit_for_expensive(usual: float | None, before: float | None = None) -> float:
    """Return the seconds that an answer may take which is expensive for the daemon: minutes, and more after a time-out.

    The daemon keeps computing after the client has given up, so giving up early and asking again only adds to its load.

    Args:
        usual: Seconds for other answers; ``None`` for no limit.
        before: The limit that was not enough, if there was one.
    """
    if before is not None:
        return max(before, min(2 * before, _HOUR))
    return math.inf if usual is None else max(usual, _EXPENSIVE)


class Pace:
    """Keeps polls that are answered at once, but bring nothing new, from becoming a hot loop.

    Something on the way that answers from a cache, or cuts every poll short, would otherwise be asked thousands of
    times a second.
    """

    def __init__(self) -> None:
        self._pause = _FIRST_PAUSE

    def pause(self, lasted: float, *, news: bool) -> float:
        """Return how long to wait before the next poll, in seconds.

        Args:
            lasted: How long the last one took, in seconds.
            news: Whether it brought anything new.
        """
        if news or lasted >= _PROMPT:
            self._pause = _FIRST_PAUSE
            return 0.0
        pause = self._pause
        self._pause = min(pause * _GROWTH, _LAST_PAUSE)
        return pause
