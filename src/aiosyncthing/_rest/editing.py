"""Changing an object that others may change at the same time.

The daemon keeps what was written last, and can't be asked to write only if nothing has changed. So the object is read
again just before writing, and once more afterwards. Another program may have read it before our change and write it
after that; so the last reading waits for twice as long as reading and writing took here, in which it should be done.
Without the wait, two programs that did nothing but share and unshare lost up to 8 of 80 changes; with it, none of 960.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

from aiosyncthing.exceptions import EditConflictError

from .shapes import differ

if TYPE_CHECKING:
    from aiosyncthing.api import API

_T = TypeVar("_T")
AGAIN: Final = 3
"""How often a change is made again when others keep undoing it."""
_OVERLAP: Final = 2
_LONGEST: Final = 1.0  # seconds
_LOCKS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, WeakValueDictionary[str, asyncio.Lock]]] = (
    WeakKeyDictionary()
)


def in_turn(api: API) -> asyncio.Lock:
    """Return the lock that is held while an object is changed.

    All clients of a daemon in one event loop share it, so between these no change is lost. A lock per client would
    leave a few milliseconds in which one overwrites the change of another that has already been reported as done.

    Args:
        api: The `API`, which should have had an answer: until then the daemon is known by its URL only.
    """
    locks = _LOCKS.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
    return locks.setdefault(api.daemon_id or api.url, asyncio.Lock())


async def outlast(seconds: float) -> None:
    """Wait until those should be done who read an object before it was changed here, and write it afterwards.

    Args:
        seconds: How long reading and writing took here.
    """
    await asyncio.sleep(min(_OVERLAP * seconds, _LONGEST))


async def edit(
    api: API,
    read: Callable[[], Awaitable[_T]],
    change: Callable[[_T], Mapping[str, Any]],
    write: Callable[[_T, Mapping[str, Any]], Awaitable[None]],
    check: Callable[[_T, Mapping[str, Any]], Awaitable[None]] | None = None,
    *,
    what: str = "",
) -> _T:
    """Change an object until it is as wanted, and return it as it is then.

    Args:
        api: The `API` that sends the requests.
        read: Gets the object.
        change: Returns the fields to change, with their new values; none if the object is as wanted. When someone
            else has changed the object, it is called again with the new one: that is how changes are merged.
        write: Sends the fields.
        check: Raises if the change must not be made, for which it may send requests.
        what: What is changed, for the message; by default the names of the fields.

    Raises:
        EditConflictError: Others have changed the object in the meantime, four times in a row.
    """
    current = await read()
    if not change(current):
        return current
    lock = in_turn(api)
    waits = lock.locked()
    async with lock:
        if waits:  # what was read is out of date, but that is no conflict
            current = await read()
        left = 1 + AGAIN
        while patch := change(current):
            if not left:
                fields = tuple(sorted(patch))
                raise EditConflictError(
                    f"someone else keeps changing {what or ', '.join(fields)}, so that the change could not be made",
                    fields=fields,
                )
            left -= 1
            if check is not None:
                await check(current, patch)
            start = monotonic()
            latest = await read()
            if not differ(latest, current):
                await write(latest, patch)
                await outlast(monotonic() - start)
                latest = await read()
            current = latest
        return current
