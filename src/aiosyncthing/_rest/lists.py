"""The part of ``rest/db`` that has lists of items: what is needed here or elsewhere, and what was changed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiosyncthing import _routes

from .checks import page_params, required
from .lookup import ask, find_device
from .namespace import Namespace
from .paging import PER_PAGE, iterate
from .shapes import checked

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aiosyncthing import types as t


class Lists(Namespace):
    """Lists of items, page by page or as a whole."""

    async def need(
        self,
        folder_id: str,
        *,
        page: int | None = None,
        perpage: int | None = None,
        timeout: float | None = None,
    ) -> t.Need:
        """Get a page of the items that this device needs. Expensive for the daemon. See `iter_need` for all.

        Docs: ``rest/db-need-get``.

        Args:
            folder_id: The folder.
            page: Number of the page, from 1. The lists ``progress``, ``queued`` and ``rest`` are paged as one.
            perpage: Items a page; default 65536.
            timeout: Seconds for the request.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        return await ask(self._api, _routes.DB_NEED, folder_id, page_params(page, perpage), timeout)

    def iter_need(
        self, folder_id: str, *, perpage: int = PER_PAGE, timeout: float | None = None
    ) -> AsyncGenerator[t.FileInfo]:
        """Go through all items that this device needs: those in progress, then the queue, then the rest.

        The next page is fetched while one is consumed. Close it (``contextlib.aclosing``) when leaving early.

        Args:
            folder_id: The folder.
            perpage: Items a page.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """

        async def fetch(page: int) -> list[t.FileInfo]:
            answer = checked(_routes.DB_NEED, await self.need(folder_id, page=page, perpage=perpage, timeout=timeout))
            return [*answer["progress"], *answer["queued"], *answer["rest"]]

        return iterate(fetch, perpage)

    async def remote_need(
        self,
        folder_id: str,
        device_id: str,
        *,
        page: int | None = None,
        perpage: int | None = None,
        timeout: float | None = None,
    ) -> t.RemoteNeed:
        """Get a page of the items that a remote device needs. Expensive for the daemon. See `iter_remote_need`.

        Docs: ``rest/db-remoteneed-get``.

        Args:
            folder_id: The folder.
            device_id: The device.
            page: Number of the page, from 1.
            perpage: Items a page; default 65536.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: There is no such folder.
            UnknownDeviceError: There is no such device; the daemon itself would answer that it needs everything.
            InvalidDeviceIDError: That is not a device ID.
            FolderNotRunningError: The folder is paused.
        """
        params = {"device": required(device_id, "device_id"), **page_params(page, perpage)}
        asked = ask(self._api, _routes.DB_REMOTE_NEED, folder_id, params, timeout)
        answer = checked(_routes.DB_REMOTE_NEED, await asked)
        if answer["files"]:
            await find_device(self._api, device_id, timeout)
        return answer

    def iter_remote_need(
        self, folder_id: str, device_id: str, *, perpage: int = PER_PAGE, timeout: float | None = None
    ) -> AsyncGenerator[t.FileInfo]:
        """Go through all items that a remote device needs.

        The next page is fetched while one is consumed. Close it (``contextlib.aclosing``) when leaving early.

        Args:
            folder_id: The folder.
            device_id: The device.
            perpage: Items a page.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: There is no such folder.
            UnknownDeviceError: There is no such device.
            FolderNotRunningError: The folder is paused.
        """

        async def fetch(page: int) -> list[t.FileInfo]:
            answer = await self.remote_need(folder_id, device_id, page=page, perpage=perpage, timeout=timeout)
            return answer["files"]

        return iterate(fetch, perpage)

    async def local_changed(
        self,
        folder_id: str,
        *,
        page: int | None = None,
        perpage: int | None = None,
        timeout: float | None = None,
    ) -> t.LocalChanged:
        """Get a page of the items that were changed here in a receive-only folder. See `iter_local_changed`.

        Other folders have none. Docs: ``rest/db-localchanged-get``.

        Args:
            folder_id: The folder.
            page: Number of the page, from 1.
            perpage: Items a page; default 65536.
            timeout: Seconds for the request.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        return await ask(self._api, _routes.DB_LOCAL_CHANGED, folder_id, page_params(page, perpage), timeout)

    def iter_local_changed(
        self, folder_id: str, *, perpage: int = PER_PAGE, timeout: float | None = None
    ) -> AsyncGenerator[t.FileInfo]:
        """Go through all items that were changed here in a receive-only folder.

        The next page is fetched while one is consumed. Close it (``contextlib.aclosing``) when leaving early.

        Args:
            folder_id: The folder.
            perpage: Items a page.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """

        async def fetch(page: int) -> list[t.FileInfo]:
            answer = await self.local_changed(folder_id, page=page, perpage=perpage, timeout=timeout)
            return checked(_routes.DB_LOCAL_CHANGED, answer)["files"]

        return iterate(fetch, perpage)
