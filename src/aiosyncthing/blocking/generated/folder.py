# Generated from aiosyncthing.folder by scripts/make_blocking.py; change that.
"""``rest/folder``: failed items and old versions of files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aiosyncthing import types as t
from aiosyncthing._rest.paging import PER_PAGE
from aiosyncthing.blocking.base import Blocking
from aiosyncthing.blocking.iterators import BlockingIterator

if TYPE_CHECKING:
    from aiosyncthing.folder import Folder as Inner


class Folder(Blocking["Inner"]):
    """Failed items and old versions of files."""

    def errors(
        self, folder_id: str, *, page: int | None = None, perpage: int | None = None, timeout: float | None = None
    ) -> t.FolderErrors:
        """Get one page of the items that failed to sync; ``errors`` is ``None`` if there are none.

        An error of the folder itself, such as a missing disk, is not listed here but in ``database.status``.
        Docs: https://docs.syncthing.net/rest/folder-errors-get.html

        Args:
            folder_id: ID of the folder.
            page: Page number, starting at 1.
            perpage: Items per page; by default 65536.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        return self._run(self._inner.errors(folder_id, page=page, perpage=perpage, timeout=timeout))

    def iter_errors(
        self, folder_id: str, *, perpage: int = PER_PAGE, timeout: float | None = None
    ) -> BlockingIterator[t.FileError]:
        """Iterate over all items that failed to sync.

        The next page is fetched while one is being consumed. Use ``contextlib.closing`` if you may stop early.

        Args:
            folder_id: ID of the folder.
            perpage: Items per page.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        return self._iterate(self._inner.iter_errors(folder_id, perpage=perpage, timeout=timeout))

    def versions(self, folder_id: str, *, timeout: float | None = None) -> dict[str, list[t.FileVersion]]:
        """Get the old versions of files that can be restored, by path within the folder.

        Docs: https://docs.syncthing.net/rest/folder-versions-get.html

        Args:
            folder_id: ID of the folder.
            timeout: Time limit for the request, in seconds; by default 60.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            ServerError: The folder keeps no versions, or leaves them to an external program.
        """
        return self._run(self._inner.versions(folder_id, timeout=timeout))

    def restore(self, folder_id: str, versions: Mapping[str, str], *, timeout: float | None = None) -> dict[str, str]:
        """Restore old versions of files.

        Docs: https://docs.syncthing.net/rest/folder-versions-post.html

        Args:
            folder_id: ID of the folder.
            versions: By path within the folder, the ``versionTime`` exactly as returned by `versions`.
            timeout: Time limit for the request, in seconds; by default 600.

        Returns:
            The failures: the daemon's reason by path. Empty if everything was restored.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            ServerError: A time can't be parsed, or the folder keeps no versions.
        """
        return self._run(self._inner.restore(folder_id, versions, timeout=timeout))
