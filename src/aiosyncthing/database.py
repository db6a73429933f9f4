"""``rest/db``: what is in the folders, and what is needed."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from . import _routes
from ._rest import scans
from ._rest.checks import numbers, page_params, required
from ._rest.lists import Lists
from ._rest.lookup import ask, find_device, find_folder, missing
from ._rest.patterns import check_patterns
from ._rest.shapes import checked
from ._rest.tree import tree_entries
from .exceptions import BadRequestError, FolderNotRunningError, UnknownFolderError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from . import types as t
    from ._routes import Route

__all__ = ["Database"]


class Database(Lists):
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
        return await ask(self._api, _routes.DB_BROWSE, folder_id, params, timeout)

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
        return await ask(self._api, _routes.DB_FILE, folder_id, {"file": required(file, "file")}, timeout)

    async def ignores(self, folder_id: str, *, timeout: float | None = None) -> t.Ignores:
        """Get the ignore patterns of a folder; all fields are ``None`` when there are none.

        Patterns that can't be read are reported as ``error`` in the answer. Docs: ``rest/db-ignores-get``.

        Args:
            folder_id: The folder.
            timeout: Seconds for the request.

        Raises:
            UnknownFolderError: There is no such folder.
        """
        params = {"folder": required(folder_id, "folder_id")}
        answer = await self._api.call(_routes.DB_IGNORES, params=params, timeout=timeout)
        if answer.get("error") == f"folder {folder_id} does not exist":  # 1.27.1 and newer, with status 200
            raise missing(UnknownFolderError, "the daemon has no such folder", _routes.DB_IGNORES)
        return answer

    async def set_ignores(self, folder_id: str, ignore: Iterable[str], *, timeout: float | None = None) -> t.Ignores:
        r"""Replace the ignore patterns of a folder, and scan it.

        Patterns that can't be read are written all the same; ``error`` in the answer says so, and the folder then
        stops with that error. Docs: ``rest/db-ignores-post``.

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

    async def scan(
        self,
        folder_id: str | None = None,
        *,
        sub: str | Iterable[str] | None = None,
        next: int | None = None,  # noqa: A002 - Syncthing's name
        wait: bool = True,
        timeout: float | None = None,
    ) -> None:
        """Scan a folder, or all, and return when that is done.

        That takes as long as it takes: the daemon waits for a scan or a sync under way, for the folder's first scan
        and for a place among the folders that may scan at once. So the client's own time-out only limits how long it
        may take to connect. Giving up, by ``timeout`` or by cancelling, does not stop the scan.

        With ``wait=False`` it returns as soon as the daemon has taken the request, which takes it a moment (0.25 s for
        each request, on slow lines longer). What the daemon refuses at once is raised all the same; what goes wrong
        later in the scan is not reported here.

        Docs: ``rest/db-scan-post``.

        Args:
            folder_id: The folder; ``None`` for all.
            sub: Only these paths within the folder; those that don't exist are passed over. Many are sent in several
                requests, one after the other.
            next: Seconds until the next periodic scan of the folder.
            wait: Whether to wait for the end of the scan.
            timeout: Seconds for each request; default no limit. With ``wait=False``: for the question whether the
                folder can be scanned; default the client's limit.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            ServerError: The folder can't be scanned; ``body`` says why, or for all folders which ones.
        """
        asked = scans.queries(folder_id, sub, next)
        if not wait:
            await scans.begin(self._api, folder_id, asked, timeout)
            return
        for query in asked:
            await self._api.call(_routes.DB_SCAN, params=query, timeout=timeout)

    async def override(self, folder_id: str, *, timeout: float | None = None) -> None:
        """Make this device's state of a send-only folder the newest. The daemon answers before it is done.

        Docs: ``rest/db-override-post``.

        Args:
            folder_id: The folder.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: There is no such folder; the daemon itself wouldn't say so.
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
            UnknownFolderError: There is no such folder; the daemon itself wouldn't say so.
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
        return await ask(self._api, _routes.DB_PRIO, folder_id, params, timeout)

    async def _act(self, route: Route[None], folder_id: str, kinds: set[str], timeout: float | None) -> None:
        """Ask for what the daemon answers 200 to in any case, but only does for some folders."""
        folder = checked(_routes.FOLDER, await find_folder(self._api, folder_id, timeout))
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
