"""What the daemon would say again: its own device ID, and which devices exist."""

from __future__ import annotations

import asyncio
import math
from time import monotonic
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from aiosyncthing._timing import Limit
from aiosyncthing.exceptions import RequestTimeoutError

from .lookup import find_device, find_own_id

if TYPE_CHECKING:
    from aiosyncthing.api import API

_MINUTE: Final = 60.0


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
        self._state = self._current()

    async def check(self, device_id: str, timeout: float | None) -> None:
        """Look a device up, unless it was found less than a minute ago.

        Args:
            device_id: ID of the device.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownDeviceError: There is no such device.
        """
        state, now = self._current(), monotonic()
        if state != self._state:
            self._times.clear()
            self._state = state
        found = self._times.get(device_id)
        if found is not None and now - found < _MINUTE:
            return
        await find_device(self._api, device_id, timeout)
        if state == self._state == self._current():  # else something has changed since the question was sent
            self._times[device_id] = now

    def _current(self) -> tuple[str | None, int]:
        return self._api.daemon_id, self._api.changes


class OwnDevice:
    """The daemon's own device ID.

    Each answer has it in its headers, so it is asked for only before the first answer, or if something removes the
    headers. Callers that need it at the same time share one request. A request that fails, or whose caller is
    cancelled, leaves it unknown, and the next caller asks.

    Args:
        api: The `API` that sends the requests.
    """

    def __init__(self, api: API) -> None:
        self._api = api
        self._asked: str | None = None
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    async def find(self, timeout: float | None) -> str:
        """Return it.

        Args:
            timeout: Time limit in seconds; ``None`` for the client's.
        """
        if (known := self._known()) is not None:
            return known
        lock = self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        if lock.locked():
            timeout = await self._wait(lock, self._api.timeout if timeout is None else timeout)
        else:
            await lock.acquire()
        try:
            known = self._known()
            if known is None:
                known = self._asked = await find_own_id(self._api, timeout)
            return known
        finally:
            lock.release()

    async def _wait(self, lock: asyncio.Lock, limit: float | None) -> float:
        """Wait for the request of another caller, and return the seconds that are left.

        Raises:
            RequestTimeoutError: There are none.
        """
        limit, begun = math.inf if limit is None else limit, monotonic()
        try:
            with Limit(None if math.isinf(limit) else limit):
                await lock.acquire()
        except TimeoutError:
            raise RequestTimeoutError("the daemon did not answer in time") from None
        return max(0.0, limit - (monotonic() - begun))

    def _known(self) -> str | None:
        return self._api.daemon_id or self._asked
