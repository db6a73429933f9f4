"""``rest/debug``: profiles and support bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from . import _routes
from ._rest.checks import number, required
from ._rest.lookup import ask, explain_missing, missing
from ._rest.namespace import Namespace
from .exceptions import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from . import types as t
    from ._http.downloads import Target

__all__ = ["Debug"]


class Debug(Namespace):
    """Profiles and support bundles, written to files as they arrive.

    Version 1 has them only with ``gui.debugging``. Without a GUI password anybody who reaches the daemon can ask for
    them. Docs of all: ``rest/debug``.
    """

    async def support_bundle(self, target: Target, *, timeout: float | None = None) -> int:
        """Write a support bundle: a ZIP archive of configuration (without secrets), logs and profiles.

        It takes the daemon several seconds of computing, and leaves a copy in its configuration folder.

        Args:
            target: A path, or a binary file object. A path appears under its name when it is complete.
            timeout: Seconds for the request; default 300.

        Returns:
            The number of bytes.

        Raises:
            NotSupportedError: Version 1 without ``gui.debugging``.
            OSError: The file can't be written.
        """
        return await self._api.download(_routes.SUPPORT_BUNDLE, target, timeout=timeout)

    async def cpu_profile(self, target: Target, *, duration: int = 30, timeout: float | None = None) -> int:
        """Write a profile of what the daemon computes, in the format of Go's pprof.

        Args:
            target: A path, or a binary file object. A path appears under its name when it is complete.
            duration: Seconds to watch.
            timeout: Seconds for the request; default ``duration`` and a minute.

        Returns:
            The number of bytes.

        Raises:
            NotSupportedError: Version 1 without ``gui.debugging``.
            OSError: The file can't be written.
        """
        params = {"duration": f"{number('duration', duration, 1)}s"}
        if timeout is None:
            timeout = duration + _routes.MINUTE
        return await self._api.download(_routes.CPU_PROFILE, target, params=params, timeout=timeout)

    async def heap_profile(self, target: Target, *, timeout: float | None = None) -> int:
        """Write a profile of the daemon's memory, in the format of Go's pprof.

        Args:
            target: A path, or a binary file object. A path appears under its name when it is complete.
            timeout: Seconds for the request; default 60.

        Returns:
            The number of bytes.

        Raises:
            NotSupportedError: Version 1 without ``gui.debugging``.
            OSError: The file can't be written.
        """
        return await self._api.download(_routes.HEAP_PROFILE, target, timeout=timeout)

    async def file(self, folder_id: str, file: str, *, timeout: float | None = None) -> t.DebugFile:
        """Get what is known about a file, with more of the daemon's inside than ``database.file``.

        Ask that one whether a file exists: here, 1.29 breaks off the connection when it doesn't.

        Args:
            folder_id: The folder.
            file: Path within the folder.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            NotFoundError: The folder has no such file.
            NotSupportedError: Version 1 without ``gui.debugging``.
        """
        answer = await ask(self._api, _routes.DEBUG_FILE, folder_id, {"file": required(file, "file")}, timeout)
        if _is_nothing(answer):  # 1.19, and version 2 also where there is no such folder
            error = missing(NotFoundError, "the folder has no such file", _routes.DEBUG_FILE)
            raise await explain_missing(self._api, folder_id, error, timeout)
        return answer

    async def peer_completion(self, *, timeout: float | None = None) -> dict[str, int]:
        """Get how complete each device is, in percent. Before Syncthing 2.0.

        Args:
            timeout: Seconds for the request.

        Raises:
            NotSupportedError: The daemon is newer, or without ``gui.debugging``.
        """
        return await self._api.call(_routes.PEER_COMPLETION, timeout=timeout)

    async def http_metrics(self, *, timeout: float | None = None) -> dict[str, t.HTTPMetric]:
        """Get statistics of the requests to the API. Before Syncthing 2.0.

        Args:
            timeout: Seconds for the request.

        Raises:
            NotSupportedError: The daemon is newer, or without ``gui.debugging``.
        """
        return await self._api.call(_routes.HTTP_METRICS, timeout=timeout)


def _is_nothing(answer: Mapping[str, Any]) -> bool:
    """Return whether nothing is known about the file, neither here nor elsewhere: the names are empty then."""
    sides = (answer.get("global"), answer.get("local"))
    return all(isinstance(side, dict) and cast("dict[str, object]", side).get("name") == "" for side in sides)
