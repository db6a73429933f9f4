"""``rest/debug``: profiles and support bundles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from . import _routes, types as t
from ._http.downloads import Target
from ._rest.checks import number, required
from ._rest.lookup import ask, explain_missing, missing
from ._rest.namespace import Namespace
from .exceptions import NotFoundError

__all__ = ["Debug"]


class Debug(Namespace):
    """Profiles and support bundles, written to files as they arrive.

    In Syncthing 1 they require ``gui.debugging``. Without a GUI password, anyone who can reach the daemon can request
    them.
    """

    async def support_bundle(self, target: Target, *, timeout: float | None = None) -> int:
        """Write a support bundle: a ZIP archive with the configuration (without secrets), logs and profiles.

        This takes the daemon several seconds, and leaves a copy in its configuration folder.
        Docs: https://docs.syncthing.net/rest/debug.html

        Args:
            target: A path, or a binary file object. The file at a path appears when it is complete.
            timeout: Time limit for the request, in seconds; by default 300.

        Returns:
            The number of bytes written.

        Raises:
            NotSupportedError: The daemon is Syncthing 1 without ``gui.debugging``.
            OSError: The file can't be written.
        """
        return await self._api.download(_routes.SUPPORT_BUNDLE, target, timeout=timeout)

    async def cpu_profile(self, target: Target, *, duration: int = 30, timeout: float | None = None) -> int:
        """Write a CPU profile in Go's pprof format.

        Docs: https://docs.syncthing.net/rest/debug.html

        Args:
            target: A path, or a binary file object. The file at a path appears when it is complete.
            duration: How long to profile, in seconds.
            timeout: Time limit for the request, in seconds; by default ``duration`` plus 60.

        Returns:
            The number of bytes written.

        Raises:
            NotSupportedError: The daemon is Syncthing 1 without ``gui.debugging``.
            OSError: The file can't be written.
        """
        params = {"duration": f"{number('duration', duration, 1)}s"}
        if timeout is None:
            timeout = duration + _routes.MINUTE
        return await self._api.download(_routes.CPU_PROFILE, target, params=params, timeout=timeout)

    async def heap_profile(self, target: Target, *, timeout: float | None = None) -> int:
        """Write a memory profile in Go's pprof format.

        Docs: https://docs.syncthing.net/rest/debug.html

        Args:
            target: A path, or a binary file object. The file at a path appears when it is complete.
            timeout: Time limit for the request, in seconds; by default 60.

        Returns:
            The number of bytes written.

        Raises:
            NotSupportedError: The daemon is Syncthing 1 without ``gui.debugging``.
            OSError: The file can't be written.
        """
        return await self._api.download(_routes.HEAP_PROFILE, target, timeout=timeout)

    async def file(self, folder_id: str, file: str, *, timeout: float | None = None) -> t.DebugFile:
        """Get what the daemon knows about a file, with more internals than ``database.file``.

        Use that method to find out whether a file exists: here, 1.29 closes the connection if it doesn't.
        Docs: https://docs.syncthing.net/rest/debug.html

        Args:
            folder_id: ID of the folder.
            file: Path within the folder.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            NotFoundError: The folder has no such file.
            NotSupportedError: The daemon is Syncthing 1 without ``gui.debugging``.
        """
        answer = await ask(self._api, _routes.DEBUG_FILE, folder_id, {"file": required(file, "file")}, timeout)
        if _is_nothing(answer):  # 1.19; in version 2 also if there is no such folder
            error = missing(NotFoundError, "the folder has no such file", _routes.DEBUG_FILE)
            raise await explain_missing(self._api, folder_id, error, timeout)
        return answer

    async def peer_completion(self, *, timeout: float | None = None) -> dict[str, int]:
        """Get how complete each device is, in percent.

        Before Syncthing 2.0.
        Docs: https://docs.syncthing.net/rest/debug.html

        Args:
            timeout: Time limit for the request, in seconds.

        Raises:
            NotSupportedError: The daemon is newer, or runs without ``gui.debugging``.
        """
        return await self._api.call(_routes.PEER_COMPLETION, timeout=timeout)

    async def http_metrics(self, *, timeout: float | None = None) -> dict[str, t.HTTPMetric]:
        """Get statistics about requests to the API.

        Before Syncthing 2.0.
        Docs: https://docs.syncthing.net/rest/debug.html

        Args:
            timeout: Time limit for the request, in seconds.

        Raises:
            NotSupportedError: The daemon is newer, or runs without ``gui.debugging``.
        """
        return await self._api.call(_routes.HTTP_METRICS, timeout=timeout)


def _is_nothing(answer: Mapping[str, Any]) -> bool:
    """Return whether the file is unknown both here and elsewhere: its names are then empty."""
    sides = (answer.get("global"), answer.get("local"))
    return all(isinstance(side, dict) and cast("dict[str, object]", side).get("name") == "" for side in sides)
