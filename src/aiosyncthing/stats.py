"""``rest/stats``: when devices and folders were last active."""

from __future__ import annotations

from . import _routes, types as t
from ._rest.namespace import Namespace

__all__ = ["Stats"]


class Stats(Namespace):
    """When devices were last seen and folders last scanned."""

    async def devices(self, *, timeout: float | None = None) -> dict[str, t.DeviceStatistics]:
        """Get when each device was last seen, by ID, including the daemon's own.

        ``parse_time(entry["lastSeen"])`` is ``None`` for a device that has never been seen.
        Docs: https://docs.syncthing.net/rest/stats-device-get.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._api.call(_routes.DEVICE_STATS, timeout=timeout)

    async def folders(self, *, timeout: float | None = None) -> dict[str, t.FolderStatistics]:
        """Get each folder's last scan and last synced file, by ID. Paused folders are missing.

        Docs: https://docs.syncthing.net/rest/stats-folder-get.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._api.call(_routes.FOLDER_STATS, timeout=timeout)
