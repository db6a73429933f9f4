"""The scans that a wait requests: one of each folder, repeated if the folder is restarted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiosyncthing import _routes
from aiosyncthing._timing import is_transient
from aiosyncthing.exceptions import NotFoundError, ServerError, SyncthingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiosyncthing.api import API


class Scans:
    """Which folders have been scanned, and which are being scanned.

    Args:
        api: Sends the requests.
        ended: Called with a folder when a scan of it has ended, successfully or not.

    Attributes:
        failure: The first error that waiting won't help with.
    """

    def __init__(self, api: API, ended: Callable[[str], object]) -> None:
        self.failure: SyncthingError | None = None
        self._api = api
        self._ended = ended
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # including cancelled ones that have not ended yet
        self._tried: set[str] = set()
        self._done: set[str] = set()

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The tasks that are running."""
        return list(self._tasks)

    def begin(self, folder: str) -> None:
        """Scan a folder, unless it has been or is being scanned."""
        if folder not in self._done and folder not in self._running:
            task = self._running[folder] = asyncio.create_task(self._scan(folder))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def was_tried(self, folder: str) -> bool:
        """Return whether a scan has ended, successfully or not."""
        return folder in self._tried

    def is_done(self, folder: str) -> bool:
        """Return whether a scan has succeeded."""
        return folder in self._done

    def restart(self, folder: str | None = None) -> None:
        """Cancel a running scan. The daemon may never answer one of a folder that was stopped before its first scan.

        Args:
            folder: The folder; ``None`` for all running scans.
        """
        for name in [name for name in self._running if folder in {None, name}]:
            self._running.pop(name).cancel()

    async def _scan(self, folder: str) -> None:
        task = asyncio.current_task()
        try:
            await self._api.call(_routes.DB_SCAN, params={"folder": folder})
        except ServerError:  # the folder's own error, which is in its status too, or the folder was stopped
            self._tried.add(folder)
        except NotFoundError:
            pass  # the folder is not started yet, or gone; the configuration shows which
        except SyncthingError as error:
            if not is_transient(error):
                self.failure = error
        else:
            self._tried.add(folder)
            self._done.add(folder)
        finally:
            if self._running.get(folder) is task:
                del self._running[folder]
            self._ended(folder)
