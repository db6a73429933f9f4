# Generated from aiosyncthing.debug by scripts/make_blocking.py; change that.
"""``rest/debug``: profiles and support bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiosyncthing import types as t
from aiosyncthing._http.downloads import Target
from aiosyncthing.blocking.base import Blocking

if TYPE_CHECKING:
    from aiosyncthing.debug import Debug as Inner


class Debug(Blocking["Inner"]):
    """Profiles and support bundles, written to files as they arrive.

    In Syncthing 1 they require ``gui.debugging``. Without a GUI password, anyone who can reach the daemon can
    request
    them.
    """

    def support_bundle(self, target: Target, *, timeout: float | None = None) -> int:
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
        return self._run(self._inner.support_bundle(target, timeout=timeout))

    def cpu_profile(self, target: Target, *, duration: int = 30, timeout: float | None = None) -> int:
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
        return self._run(self._inner.cpu_profile(target, duration=duration, timeout=timeout))

    def heap_profile(self, target: Target, *, timeout: float | None = None) -> int:
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
        return self._run(self._inner.heap_profile(target, timeout=timeout))

    def file(self, folder_id: str, file: str, *, timeout: float | None = None) -> t.DebugFile:
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
        return self._run(self._inner.file(folder_id, file, timeout=timeout))

    def peer_completion(self, *, timeout: float | None = None) -> dict[str, int]:
        """Get how complete each device is, in percent.

        Before Syncthing 2.0.
        Docs: https://docs.syncthing.net/rest/debug.html

        Args:
            timeout: Time limit for the request, in seconds.

        Raises:
            NotSupportedError: The daemon is newer, or runs without ``gui.debugging``.
        """
        return self._run(self._inner.peer_completion(timeout=timeout))

    def http_metrics(self, *, timeout: float | None = None) -> dict[str, t.HTTPMetric]:
        """Get statistics about requests to the API.

        Before Syncthing 2.0.
        Docs: https://docs.syncthing.net/rest/debug.html

        Args:
            timeout: Time limit for the request, in seconds.

        Raises:
            NotSupportedError: The daemon is newer, or runs without ``gui.debugging``.
        """
        return self._run(self._inner.http_metrics(timeout=timeout))
