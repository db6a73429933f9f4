"""``rest/stats``: when devices and folders were last seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _routes
from ._rest.namespace import Namespace

if TYPE_CHECKING:
    from . import types as t

__all__ = ["Stats"]


class Stats(Namespace):
    """When devices and folders were last seen."""

    async def devices(self, *, timeout: float | None = None) -> dict[str, t.DeviceStatistics]:
        """Get when each device was last seen, by ID; the daemon's own is among them.

        ``parse_time(entry["lastSeen"])`` is ``None`` for a device that was never seen.
        Docs: ``rest/stats-device-get``.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.DEVICE_STATS, timeout=timeout)

    async def folders(self, *, timeout: float | None = None) -> dict[str, t.FolderStatistics]:
        """Get when each folder was last scanned and what was synced last, by ID; paused folders are missing.

        Docs: ``rest/stats-folder-get``.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.FOLDER_STATS, timeout=timeout)
