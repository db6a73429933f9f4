"""``rest/folder``: failed items and old versions of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _routes
from ._rest.checks import mapping, page_params, required
from ._rest.namespace import Namespace
from ._rest.paging import PER_PAGE, iterate
from ._rest.shapes import ERROR_PAGE, check

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from . import types as t

__all__ = ["Folder"]


class Folder(Namespace):
    """Failed items and old versions of files."""

    async def errors(
        self,
        folder_id: str,
        *,
        page: int | None = None,
        perpage: int | None = None,
        timeout: float | None = None,
    ) -> t.FolderErrors:
        """Get a page of the items that could not be synced; ``errors`` is ``None`` when there are none.

        An error of the folder itself, such as a lost disk, is not here but in ``database.status``.
        Docs: ``rest/folder-errors-get``.

        Args:
            folder_id: The folder.
            page: Number of the page, from 1.
            perpage: Items a page; default 65536.
            timeout: Seconds for the request.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        params = {"folder": required(folder_id, "folder_id"), **page_params(page, perpage)}
        return await self._api.call(_routes.FOLDER_ERRORS, params=params, timeout=timeout)

    def iter_errors(
        self, folder_id: str, *, perpage: int = PER_PAGE, timeout: float | None = None
    ) -> AsyncGenerator[t.FileError]:
        """Go through all items that could not be synced.

        The next page is fetched while one is consumed. Close it (``contextlib.aclosing``) when leaving early.

        Args:
            folder_id: The folder.
            perpage: Items a page.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """

        async def fetch(page: int) -> list[t.FileError]:
            answer = await self.errors(folder_id, page=page, perpage=perpage, timeout=timeout)
            check(ERROR_PAGE, answer, _routes.FOLDER_ERRORS)
            return answer["errors"] or []

        return iterate(fetch, perpage)

    async def versions(self, folder_id: str, *, timeout: float | None = None) -> dict[str, list[t.FileVersion]]:
        """Get the old versions of files that can be restored, by path within the folder.

        Docs: ``rest/folder-versions-get``.

        Args:
            folder_id: The folder.
            timeout: Seconds for the request; default 60.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            ServerError: The folder keeps no versions, or keeps them by an external program.
        """
        params = {"folder": required(folder_id, "folder_id")}
        return await self._api.call(_routes.FOLDER_VERSIONS, params=params, timeout=timeout)

    async def restore(
        self, folder_id: str, versions: Mapping[str, str], *, timeout: float | None = None
    ) -> dict[str, str]:
        """Restore old versions of files.

        Docs: ``rest/folder-versions-post``.

        Args:
            folder_id: The folder.
            versions: Path within the folder, and its ``versionTime`` exactly as `versions` returned it.
            timeout: Seconds for the request; default 600.

        Returns:
            The failures: path and the daemon's reason. Empty when all were restored.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            ServerError: A time can't be read, or the folder keeps no versions.
        """
        params = {"folder": required(folder_id, "folder_id")}
        return await self._api.call(
            _routes.RESTORE_VERSIONS, params=params, data=dict(mapping(versions, "versions")), timeout=timeout
        )
