"""Lists of items below ``rest/db``: what is needed here or elsewhere, and what was changed locally."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from aiosyncthing import _routes, types as t
from aiosyncthing._rest.checks import page_params, required
from aiosyncthing._rest.known import KnownDevices
from aiosyncthing._rest.lookup import ask
from aiosyncthing._rest.namespace import Namespace
from aiosyncthing._rest.paging import PER_PAGE, iterate
from aiosyncthing._rest.shapes import checked
from aiosyncthing.api import API


class Lists(Namespace):
    """Lists of items, page by page or as a whole."""

    def __init__(self, api: API) -> None:
        super().__init__(api)
        self._devices = KnownDevices(api)

    async def need(
        self,
        folder_id: str,
        *,
        page: int | None = None,
        perpage: int | None = None,
        timeout: float | None = None,
    ) -> t.Need:
        """Get one page of the items that this device needs. Expensive for the daemon. See also `iter_need`.

        Docs: https://docs.syncthing.net/rest/db-need-get.html

        Args:
            folder_id: ID of the folder.
            page: Page number, starting at 1. The lists ``progress``, ``queued`` and ``rest`` are paged as one.
            perpage: Items per page; by default 65536.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        return await ask(self._api, _routes.DB_NEED, folder_id, page_params(page, perpage), timeout)

    def iter_need(
        self, folder_id: str, *, perpage: int = PER_PAGE, timeout: float | None = None
    ) -> AsyncGenerator[t.FileInfo]:
        """Iterate over all items that this device needs: first those in progress, then the queued ones, then the rest.

        The next page is fetched while one is being consumed. Use ``contextlib.aclosing`` if you may stop early.

        Args:
            folder_id: ID of the folder.
            perpage: Items per page.
            timeout: Time limit for each request, in seconds.

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
        """Get one page of the items that a remote device needs. Expensive for the daemon. See also `iter_remote_need`.

        Docs: https://docs.syncthing.net/rest/db-remoteneed-get.html

        Args:
            folder_id: ID of the folder.
            device_id: ID of the device.
            page: Page number, starting at 1.
            perpage: Items per page; by default 65536.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            UnknownDeviceError: There is no such device. The daemon itself would answer that it needs everything.
            InvalidDeviceIDError: `device_id` is not a device ID.
            FolderNotRunningError: The folder is paused.
        """
        params = {"device": required(device_id, "device_id"), **page_params(page, perpage)}
        asked = ask(self._api, _routes.DB_REMOTE_NEED, folder_id, params, timeout)
        answer = checked(_routes.DB_REMOTE_NEED, await asked)
        if answer["files"]:
            await self._devices.check(device_id, timeout)
        return answer

    def iter_remote_need(
        self, folder_id: str, device_id: str, *, perpage: int = PER_PAGE, timeout: float | None = None
    ) -> AsyncGenerator[t.FileInfo]:
        """Iterate over all items that a remote device needs.

        The next page is fetched while one is being consumed. Use ``contextlib.aclosing`` if you may stop early.

        Args:
            folder_id: ID of the folder.
            device_id: ID of the device.
            perpage: Items per page.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            UnknownDeviceError: There is no such device.
            InvalidDeviceIDError: `device_id` is not a device ID.
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
        """Get one page of the local changes in a receive-only folder. See also `iter_local_changed`.

        Other folders have none.
        Docs: https://docs.syncthing.net/rest/db-localchanged-get.html

        Args:
            folder_id: ID of the folder.
            page: Page number, starting at 1.
            perpage: Items per page; by default 65536.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        return await ask(self._api, _routes.DB_LOCAL_CHANGED, folder_id, page_params(page, perpage), timeout)

    def iter_local_changed(
        self, folder_id: str, *, perpage: int = PER_PAGE, timeout: float | None = None
    ) -> AsyncGenerator[t.FileInfo]:
        """Iterate over all local changes in a receive-only folder.

        The next page is fetched while one is being consumed. Use ``contextlib.aclosing`` if you may stop early.

        Args:
            folder_id: ID of the folder.
            perpage: Items per page.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """

        async def fetch(page: int) -> list[t.FileInfo]:
            answer = await self.local_changed(folder_id, page=page, perpage=perpage, timeout=timeout)
            return checked(_routes.DB_LOCAL_CHANGED, answer)["files"]

        return iterate(fetch, perpage)
