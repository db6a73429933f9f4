"""``rest/db``: what is in the folders, and what is needed."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeVar

from . import _routes
from ._checks import numbers, page_params, required
from ._lookup import explain_missing, find_device, find_folder
from ._namespace import Namespace
from ._paging import PER_PAGE, iterate
from ._patterns import check_patterns
from ._tree import tree_entries
from .exceptions import BadRequestError, FolderNotRunningError, NotFoundError, UnknownFolderError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from . import types as t
    from ._routes import Route

__all__ = ["Database"]

_T = TypeVar("_T")


class Database(Namespace):
    """The index of the folders. Several of its questions are expensive for the daemon, and say so."""

    async def status(self, folder_id: str, *, timeout: float | None = None) -> t.FolderSummary:
        """Get the state of a folder and the sums of what is there and what is needed. Expensive for the daemon.

        A paused or stopped folder answers with zeros and an empty ``state``, so ``needBytes == 0`` alone doesn't mean
        "in sync". Right after a folder was added or resumed it may not be known yet. Docs: ``rest/db-status-get``.

        Args:
            folder_id: The folder.
            timeout: Seconds for the request.

        Raises:
            UnknownFolderError: There is no such folder.
        """
        params = {"folder": required(folder_id, "folder_id")}
        return await self._api.call(_routes.DB_STATUS, params=params, timeout=timeout)

    async def completion(
        self, folder_id: str | None = None, device_id: str | None = None, *, timeout: float | None = None
    ) -> t.FolderCompletion:
        """Get how complete a folder is on a device, as far as the daemon knows. Expensive for the daemon.

        ``completion`` is 95 when only deletions are left, 100 when only items without content are missing, and 0
        in an aggregate over no folder. ``remoteState`` (since 1.20) must be ``valid`` for the figures to be the
        remote device's own: as long as it has sent no index (``sequence`` 0), say because it has not accepted the
        folder, version 1 answers 100 although it lacks everything. Docs: ``rest/db-completion-get``.

        Args:
            folder_id: The folder; ``None`` for the sum of all that are shared with the device. Paused ones are left
                out; version 1.19 refuses the sum as soon as one is paused.
            device_id: The device; ``None`` for the daemon's own.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: There is no such folder.
            UnknownDeviceError: There is no such device; the daemon itself would answer that it needs everything.
            FolderNotRunningError: The folder is paused or has not started.
        """
        params: dict[str, str] = {}
        if folder_id is not None:
            params["folder"] = required(folder_id, "folder_id")
        if device_id is not None:
            params["device"] = required(device_id, "device_id")
        answer = await self._api.call(_routes.DB_COMPLETION, params=params, timeout=timeout)
        if device_id is not None and answer.get("remoteState", "unknown") == "unknown":
            await find_device(self._api, device_id, timeout)
        return answer

    async def browse(
        self,
        folder_id: str,
        prefix: str = "",
        *,
        levels: int | None = None,
        dirsonly: bool = False,
        timeout: float | None = None,
    ) -> list[t.TreeEntry]:
        """Get a part of the folder's global tree. See `walk` for a way that never holds it whole.

        The daemon builds the answer in memory; for a large folder it has tens of megabytes. Version 1 makes no tree
        of a receive-encrypted folder: it answers with an error (`ServerError`), with few ``levels`` with nothing.
        Docs: ``rest/db-browse-get``.

        Args:
            folder_id: The folder.
            prefix: The directory to begin at; one that doesn't exist has no entries.
            levels: How many levels below the first; 0 for the first only, ``None`` for all.
            dirsonly: Leave out what isn't a directory.
            timeout: Seconds for the request.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        params = numbers(levels=(levels, 0))
        if prefix:
            params["prefix"] = prefix
        if dirsonly:  # any text means true, "false" too
            params["dirsonly"] = "true"
        return await self._ask(_routes.DB_BROWSE, folder_id, params, timeout)

    async def walk(
        self, folder_id: str, prefix: str = "", *, dirsonly: bool = False, timeout: float | None = None
    ) -> AsyncGenerator[tuple[str, t.TreeEntry]]:
        """Go through the folder's global tree, level by level, with one request per directory as it is reached.

        Of a receive-encrypted folder nothing comes, since version 1 has no tree of it.

        Close it (``contextlib.aclosing``) when leaving before its end.

        Args:
            folder_id: The folder.
            prefix: The directory to begin at.
            dirsonly: Leave out what isn't a directory.
            timeout: Seconds for each request.

        Yields:
            The path within the folder, and the entry, without ``children``.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        directories = deque([prefix.rstrip("/")])
        while directories:
            directory = directories.popleft()
            answer = await self.browse(folder_id, directory, levels=0, dirsonly=dirsonly, timeout=timeout)
            for entry in tree_entries(answer):
                path = f"{directory}/{entry['name']}" if directory else entry["name"]
                if entry["type"] == "FILE_INFO_TYPE_DIRECTORY":
                    directories.append(path)
                yield path, entry

    async def file(self, folder_id: str, file: str, *, timeout: float | None = None) -> t.FileStatus:
        """Get what is known about a file, here and in the whole cluster.

        Docs: ``rest/db-file-get``.

        Args:
            folder_id: The folder.
            file: Path within the folder.
            timeout: Seconds for the request.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            NotFoundError: The folder has no such file.
        """
        return await self._ask(_routes.DB_FILE, folder_id, {"file": required(file, "file")}, timeout)

    async def ignores(self, folder_id: str, *, timeout: float | None = None) -> t.Ignores:
        """Get the ignore patterns of a folder; all fields are ``None`` when there are none.

        Patterns that can't be read are told by ``error`` in the answer. Docs: ``rest/db-ignores-get``.

        Args:
            folder_id: The folder.
            timeout: Seconds for the request.

        Raises:
            UnknownFolderError: There is no such folder.
        """
        params = {"folder": required(folder_id, "folder_id")}
        answer = await self._api.call(_routes.DB_IGNORES, params=params, timeout=timeout)
        if answer.get("error") == f"folder {folder_id} does not exist":  # 1.27.1 and newer, with status 200
            route = _routes.DB_IGNORES
            raise UnknownFolderError("the daemon has no such folder", method=route.method, path=route.path)
        return answer

    async def set_ignores(self, folder_id: str, ignore: Iterable[str], *, timeout: float | None = None) -> t.Ignores:
        r"""Replace the ignore patterns of a folder, and scan it.

        Patterns that can't be read are written all the same; ``error`` in the answer tells, and the folder then
        stands still with that error. Docs: ``rest/db-ignores-post``.

        Args:
            folder_id: The folder.
            ignore: The lines of ``.stignore``; none removes the file.
            timeout: Seconds for the request.

        Returns:
            What `ignores` returns afterwards.

        Raises:
            UnknownFolderError: There is no such folder.
            BadRequestError: A pattern that the daemon would read as another one: with a line break, or with white space
                at an end that isn't a blank or tab (``Icon\r``). Its text names one that matches such a file.
        """
        params = {"folder": required(folder_id, "folder_id")}
        # Without the key the daemon would empty the file.
        return await self._api.call(
            _routes.SET_DB_IGNORES, params=params, data={"ignore": check_patterns(ignore)}, timeout=timeout
        )

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
        return await self._ask(_routes.DB_NEED, folder_id, page_params(page, perpage), timeout)

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
            answer = await self.need(folder_id, page=page, perpage=perpage, timeout=timeout)
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
        answer = await self._ask(_routes.DB_REMOTE_NEED, folder_id, params, timeout)
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
        return await self._ask(_routes.DB_LOCAL_CHANGED, folder_id, page_params(page, perpage), timeout)

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
            return answer["files"]

        return iterate(fetch, perpage)

    async def scan(
        self,
        folder_id: str | None = None,
        *,
        sub: str | Iterable[str] | None = None,
        next: int | None = None,  # noqa: A002 - Syncthing's name
        timeout: float | None = None,
    ) -> None:
        """Scan a folder, or all, and return when that is done.

        It waits for a scan or a sync under way, for the folder's first scan and for a place among the folders that
        may scan at once. Going away does not stop it. Docs: ``rest/db-scan-post``.

        Args:
            folder_id: The folder; ``None`` for all.
            sub: Only these paths within the folder; those that don't exist are passed over.
            next: Seconds until the next periodic scan of the folder.
            timeout: Seconds for the request; default no limit.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            ServerError: The folder can't be scanned; ``body`` says why, or for all folders which ones.
        """
        if folder_id is None:
            if sub is not None or next is not None:
                raise BadRequestError("sub and next belong to one folder")
            await self._api.call(_routes.DB_SCAN, timeout=timeout)
            return
        params: dict[str, str | list[str]] = {
            "folder": required(folder_id, "folder_id"),
            **numbers(next=(next, 0)),
        }
        if sub is not None:
            params["sub"] = [required(each, "sub") for each in ([sub] if isinstance(sub, str) else sub)]
            if not params["sub"]:
                raise BadRequestError("sub must not be empty: the daemon would scan the whole folder")
        await self._api.call(_routes.DB_SCAN, params=params, timeout=timeout)

    async def override(self, folder_id: str, *, timeout: float | None = None) -> None:
        """Make this device's state of a send-only folder the newest. The daemon answers before it is done.

        Docs: ``rest/db-override-post``.

        Args:
            folder_id: The folder.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: There is no such folder; the daemon itself wouldn't tell.
            FolderNotRunningError: The folder is paused; the daemon would do nothing.
            BadRequestError: The folder is not send-only; the daemon would do nothing.
        """
        await self._act(_routes.DB_OVERRIDE, folder_id, {"sendonly"}, timeout)

    async def revert(self, folder_id: str, *, timeout: float | None = None) -> None:
        """Undo what was changed here in a receive-only folder. The daemon answers before it is done.

        Docs: ``rest/db-revert-post``.

        Args:
            folder_id: The folder.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: There is no such folder; the daemon itself wouldn't tell.
            FolderNotRunningError: The folder is paused; the daemon would do nothing.
            BadRequestError: The folder is not receive-only or receive-encrypted; the daemon would do nothing.
        """
        await self._act(_routes.DB_REVERT, folder_id, {"receiveonly", "receiveencrypted"}, timeout)

    async def prioritize(
        self,
        folder_id: str,
        file: str,
        *,
        page: int | None = None,
        perpage: int | None = None,
        timeout: float | None = None,
    ) -> t.Need:
        """Move a file to the front of the queue. One that is not in the queue changes nothing.

        Docs: ``rest/db-prio-post``.

        Args:
            folder_id: The folder.
            file: Path within the folder.
            page: Number of the page of the answer, from 1.
            perpage: Items a page of the answer; default 65536.
            timeout: Seconds for the request.

        Returns:
            What `need` returns afterwards.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        params = {"file": required(file, "file"), **page_params(page, perpage)}
        return await self._ask(_routes.DB_PRIO, folder_id, params, timeout)

    async def _ask(self, route: Route[_T], folder_id: str, params: dict[str, str], timeout: float | None) -> _T:
        """Ask where "no such folder" may also mean a paused one."""
        params = {"folder": required(folder_id, "folder_id"), **params}
        try:
            return await self._api.call(route, params=params, timeout=timeout)
        except NotFoundError as error:
            meant = await explain_missing(self._api, folder_id, error, timeout)
            if meant is error:
                raise
            raise meant from error

    async def _act(self, route: Route[None], folder_id: str, kinds: set[str], timeout: float | None) -> None:
        """Ask for what the daemon answers 200 to in any case, but only does for some folders."""
        folder = await find_folder(self._api, folder_id, timeout)
        if folder.get("paused"):
            raise FolderNotRunningError("the folder is paused", method=route.method, path=route.path)
        kind: str = folder.get("type", "")
        if kind and kind not in kinds:
            raise BadRequestError(
                f"the folder's type is {kind}, not {' or '.join(sorted(kinds))}",
                method=route.method,
                path=route.path,
            )
        await self._api.call(route, params={"folder": folder_id}, timeout=timeout)
