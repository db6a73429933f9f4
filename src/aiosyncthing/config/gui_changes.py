"""Changes of the GUI's settings, one after the other.

The daemon restarts its listener after each. While it does, it takes requests for up to a second, and another change
among them ends the API for good: the old listener waits for that change, and the change for a new listener
(``service.Serve`` and ``CommitConfiguration`` in lib/api/api.go, ``Unsubscribe`` in lib/config/wrapper.go; seen on
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

_ENDING: Final = 1.5  # seconds: the old listener has 1 (since 1.29.3 0.1), and the machine may be busy
_RETURN: Final = 30.0  # seconds: after several restarts in a row the daemon makes a pause of 15 to 22
_AGAIN: Final = 0.2  # seconds between two looks


class GUIChanges:
    """Makes changes wait for the listener that the one before has restarted.

    Args:
        api: The `API` that sends.
    """

    def __init__(self, api: API) -> None:
        self._api = api
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()
        self._changed: float | None = None

    @asynccontextmanager
    async def change(self, gui: Mapping[str, Any] | None = None, timeout: float | None = None) -> AsyncGenerator[None]:
        """Make a change inside, when no other is under way and the listener is back from the last one.

        Args:
            gui: All settings to be, where they may be the present ones.
            timeout: Seconds for the question which those are.

        Raises:
            SyncthingError: The API has not come back in half a minute.
        """
        async with self._in_turn():
            await self._settle()
            restarts = gui is None or await self._api.call(_routes.GUI, timeout=timeout) != gui
            try:
                yield
            except BadRequestError:
                restarts = False
                raise
            finally:  # what failed in another way, or was cancelled, may have changed something
                if restarts:
                    self._changed = time.monotonic()

    def _in_turn(self) -> asyncio.Lock:
        """Return the lock of the running loop: a client may be used in one loop after the other."""
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
                    break  # another key, say: it is back, and the change itself will raise that
                if time.monotonic() >= self._changed + _RETURN:
                    raise
                await asyncio.sleep(_AGAIN)
            else:
                break
        self._changed = None
