"""Change the GUI's settings, one change at a time.

The daemon restarts its listener after each change. While doing so, it accepts requests for up to a second, and another
change among them deadlocks the API: the old listener waits for that change, and the change for the new listener
(``service.Serve`` and ``CommitConfiguration`` in lib/api/api.go, ``Unsubscribe`` in lib/config/wrapper.go; observed in
1.29.5 and 2.1.3).
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import _routes
from aiosyncthing._timing import is_transient
from aiosyncthing.exceptions import BadRequestError, SyncthingError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from aiosyncthing.api import API

_ENDING: Final = 3.0  # seconds; the old listener lasts up to 1 s (since 1.29.3: 0.1 s), longer on a busy machine
_RETURN: Final = 30.0  # seconds; after several restarts in a row the daemon waits for 15 to 22 s
_PAUSE: Final = 0.2  # seconds between attempts


class GUIChanges:
    """Makes each change wait until the listener is back after the previous one.

    Args:
        api: The `API` that sends the requests.
    """

    def __init__(self, api: API) -> None:
        self._api = api
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()
        self._changed: float | None = None

    @asynccontextmanager
    async def change(self, gui: Mapping[str, Any] | None = None, timeout: float | None = None) -> AsyncGenerator[None]:
        """Return a context for one change, entered when no other is in progress and the listener is back.

        Args:
            gui: All settings to be sent, if they may be unchanged.
            timeout: Time limit for requesting the current settings, in seconds.

        Raises:
            SyncthingError: The API has not come back within half a minute.
        """
        async with self._in_turn():
            await self._settle()
            restarts = gui is None or await self._api.call(_routes.GUI, timeout=timeout) != gui
            try:
                yield
            except BadRequestError:
                restarts = False
                raise
            finally:  # after another failure or a cancellation, the change may have been made
                if restarts:
                    self._changed = time.monotonic()

    async def follow(self) -> None:
        """Wait until the listener is back after the last change.

        Raises:
            SyncthingError: The API has not come back within half a minute.
        """
        async with self._in_turn():
            await self._settle()

    def _in_turn(self) -> asyncio.Lock:
        """Return the running loop's lock, since a client may be used in one event loop after another."""
        running = asyncio.get_running_loop()
        if self._loop is not running:
            self._loop, self._lock = running, asyncio.Lock()
        return self._lock

    async def _settle(self) -> None:
        if self._changed is None:
            return
        await asyncio.sleep(self._changed + _ENDING - time.monotonic())
        while True:
            try:
                await self._api.call(_routes.PING)
            except SyncthingError as error:
                if not is_transient(error):
                    break  # such as another key: the API is back, and the change itself will fail
                if time.monotonic() >= self._changed + _RETURN:
                    raise
                await asyncio.sleep(_PAUSE)
            else:
                break
        self._changed = None
