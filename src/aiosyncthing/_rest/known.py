"""What the daemon would say again: its own device ID, and which devices exist.

Callers that need the same at the same time share one request. If it fails, or its caller is cancelled, the next caller
asks, in its own time.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary, WeakValueDictionary

from aiosyncthing._timing import Limit
from aiosyncthing.exceptions import RequestTimeoutError

from .lookup import find_device, find_own_id

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aiosyncthing.api import API

_MINUTE: Final = 60.0


class _Turns:
    """Lets callers of an event loop ask one after the other, so that a later one can use what was answered to another.

    Args:
        api: The `API` whose time limit applies where a caller has none.
    """

    def __init__(self, api: API) -> None:
        self._api = api
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    @asynccontextmanager
    async def take(self, timeout: float | None) -> AsyncGenerator[float | None]:
        """Wait for the caller's turn, which lasts for the block, and yield the time limit that is left for its request.

        Args:
            timeout: Time limit in seconds; ``None`` for the client's.

        Raises:
            RequestTimeoutError: There is no time left.
        """
        lock = self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        if lock.locked():
            timeout = await self._wait(lock, self._api.timeout if timeout is None else timeout)
        else:
            await lock.acquire()
        try:
            yield timeout
        finally:
            lock.release()

    async def _wait(self, lock: asyncio.Lock, limit: float | None) -> float:
        limit, begun = math.inf if limit is None else limit, monotonic()
        try:
            with Limit(None if math.isinf(limit) else limit):
                await lock.acquire()
        except TimeoutError as expired:
            raise RequestTimeoutError(f"the daemon did not answer within {expired}") from None
        return max(0.0, limit - (monotonic() - begun))


class KnownDevices:
    """The devices that were looked up, remembered for a minute, so that not every doubtful answer costs a request.

    About a device that it doesn't know, the daemon says the same as about one that has sent nothing yet. So the device
    is looked up, and what was found is forgotten when it may be wrong: after this client has sent anything but a GET,
    after the answer to it, and when another daemon answers. If another client removes a device, that is noticed after a
    minute at most. Until then the caller gets the daemon's own answer, that the device needs everything, as if it had
    been removed later. That there is no such device is never remembered.

    Args:
        api: The `API` that sends the requests.
    """

    def __init__(self, api: API) -> None:
        self._api = api
        self._times: dict[str, float] = {}
        self._turns: WeakValueDictionary[str, _Turns] = WeakValueDictionary()
        self._state = self._current()

    async def check(self, device_id: str, timeout: float | None) -> None:
        """Look a device up, unless it was found less than a minute ago.

        Args:
            device_id: ID of the device.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownDeviceError: There is no such device.
        """
        if self._is_known(device_id):
            return
        turns = self._turns.setdefault(device_id, _Turns(self._api))
        async with turns.take(timeout) as left:
            if self._is_known(device_id):
                return
            state, now = self._current(), monotonic()
            await find_device(self._api, device_id, left)
            if state == self._state == self._current():  # else something has changed since the question was sent
                self._times[device_id] = now

    def _is_known(self, device_id: str) -> bool:
        if (state := self._current()) != self._state:
            self._times.clear()
            self._state = state
        found = self._times.get(device_id)
        return found is not None and monotonic() - found < _MINUTE

    def _current(self) -> tuple[str | None, int]:
        return self._api.daemon_id, self._api.changes


class OwnDevice:
    """The daemon's own device ID.

    Each answer has it in its headers, so it is asked for only before the first answer, or if something removes the
    headers.

    Args:
        api: The `API` that sends the requests.
    """

    def __init__(self, api: API) -> None:
        self._api = api
        self._asked: str | None = None
        self._turns = _Turns(api)

    async def find(self, timeout: float | None) -> str:
        """Return it.

        Args:
            timeout: Time limit in seconds; ``None`` for the client's.
        """
        if (known := self._known()) is not None:
            return known
        async with self._turns.take(timeout) as left:
            known = self._known()
            if known is None:
                known = self._asked = await find_own_id(self._api, left)
            return known

    def _known(self) -> str | None:
        return self._api.daemon_id or self._asked
