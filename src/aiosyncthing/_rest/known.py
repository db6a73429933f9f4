"""Which devices exist, remembered for a minute, so that a doubtful answer doesn't always cost a second request."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from .lookup import find_device

if TYPE_CHECKING:
    from aiosyncthing.api import API

_MINUTE: Final = 60.0


class KnownDevices:
    """The devices that were looked up.

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
