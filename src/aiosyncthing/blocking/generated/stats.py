# Generated from aiosyncthing.stats by scripts/make_blocking.py; change that.
"""``rest/stats``: when devices and folders were last active."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiosyncthing import types as t
from aiosyncthing.blocking.base import Blocking

if TYPE_CHECKING:
    from aiosyncthing.stats import Stats as Inner


class Stats(Blocking["Inner"]):
    """When devices were last seen and folders last scanned."""

    def devices(self, *, timeout: float | None = None) -> dict[str, t.DeviceStatistics]:
        """Get when each device was last seen, by ID, including the daemon's own.

        ``parse_time(entry["lastSeen"])`` is ``None`` for a device that has never been seen.
        Docs: https://docs.syncthing.net/rest/stats-device-get.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.devices(timeout=timeout))

    def folders(self, *, timeout: float | None = None) -> dict[str, t.FolderStatistics]:
        """Get each folder's last scan and last synced file, by ID. Paused folders are missing.

        Docs: https://docs.syncthing.net/rest/stats-folder-get.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.folders(timeout=timeout))
