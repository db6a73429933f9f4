"""`Database`: the state and contents of folders, ignore patterns and scans."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any

from aiosyncthing import _routes, ignores as ignoring, types as t
from aiosyncthing._rest import editing
from aiosyncthing._rest.checks import check_patterns, numbers, page_params, required
from aiosyncthing._rest.lookup import ask, find_folder, missing
from aiosyncthing._rest.once import Once
from aiosyncthing._rest.shapes import checked
from aiosyncthing._routes import Route
from aiosyncthing.exceptions import BadRequestError, FolderNotRunningError, UnknownFolderError

from . import ignore_edits, scans
from .conflicts import conflict_copy, whole_id
from .lists import Lists
from .tree import tree_entries


class Database(Lists):
    """The index of the folders. Several endpoints are expensive for the daemon; these say so."""

    async def status(self, folder_id: str, *, timeout: float | None = None) -> t.FolderSummary:
        """Get a folder's state, and totals of what is there and what is needed. Expensive for the daemon.

        For a paused or stopped folder all figures are 0 and ``state`` is empty, so ``needBytes == 0`` alone doesn't
        mean "in sync". Right after being added or resumed, a folder may still be unknown.
        Docs: https://docs.syncthing.net/rest/db-status-get.html

        Args:
            folder_id: ID of the folder.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
        """
        params = {"folder": required(folder_id, "folder_id")}
        return await self._api.call(_routes.DB_STATUS, params=params, timeout=timeout)

    async def completion(
        self, folder_id: str | None = None, device_id: str | None = None, *, timeout: float | None = None
    ) -> t.FolderCompletion:
        """Get how complete a folder is on a device, as far as the daemon knows. Expensive for the daemon.

        ``completion`` is 95 if only deletions are left, 100 if only items without content are missing, and 0 in a total
        over no folders. The figures are the remote device's own only if ``remoteState`` (since 1.20) is ``valid``.
        Until that device has sent its index (``sequence`` is 0), for example because it has not accepted the folder,
        Syncthing 1 answers 100 although everything is missing.

        A device that may be unknown is looked up, at most once a minute unless this client has changed something.
        Docs: https://docs.syncthing.net/rest/db-completion-get.html

        Args:
            folder_id: ID of the folder; ``None`` for the total of all folders shared with the device. It leaves out
                paused ones; Syncthing 1.19 refuses it if any is paused.
            device_id: ID of the device; ``None`` for the daemon's own.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            UnknownDeviceError: There is no such device. The daemon itself would answer that it needs everything.
            FolderNotRunningError: The folder is paused or has not started.
        """
        params: dict[str, str] = {}
        if folder_id is not None:
            params["folder"] = required(folder_id, "folder_id")
        if device_id is not None:
            params["device"] = required(device_id, "device_id")
        answer = await self._api.call(_routes.DB_COMPLETION, params=params, timeout=timeout)
        if device_id is not None and answer.get("remoteState", "unknown") == "unknown":
            await self._devices.check(device_id, timeout)
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
        """Get part of the folder's global tree. See `walk` for reading a large one piece by piece.

        The daemon builds the answer in memory; for a large folder it takes tens of megabytes. Syncthing 1 has no tree
        of a receive-encrypted folder: it fails (`ServerError`), or with few ``levels`` returns nothing.
        Docs: https://docs.syncthing.net/rest/db-browse-get.html

        Args:
            folder_id: ID of the folder.
            prefix: Directory to start at; one that doesn't exist has no entries.
            levels: Number of levels below the first; 0 for the first only, ``None`` for all.
            dirsonly: Leave out everything except directories.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        params = numbers(levels=(levels, 0))
        if prefix:
            params["prefix"] = prefix
        if dirsonly:  # any value means true, even "false"
            params["dirsonly"] = "true"
        return await ask(self._api, _routes.DB_BROWSE, folder_id, params, timeout)

    async def walk(
        self, folder_id: str, prefix: str = "", *, dirsonly: bool = False, timeout: float | None = None
    ) -> AsyncGenerator[tuple[str, t.TreeEntry]]:
        """Iterate over the folder's global tree, breadth first, with one request for each directory.

        A receive-encrypted folder has no entries, since Syncthing 1 has no tree of it. Use ``contextlib.aclosing`` if
        you may stop early.

        Args:
            folder_id: ID of the folder.
            prefix: Directory to start at.
            dirsonly: Leave out everything except directories.
            timeout: Time limit for each request, in seconds.

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

    async def conflicts(
        self, folder_id: str | None = None, *, timeout: float | None = None
    ) -> AsyncGenerator[t.ConflictCopy]:
        """Iterate over the conflict copies in the global tree of a folder, or of all folders.

        They are recognised by the names that the daemon gives them, ``NAME.sync-conflict-DATE-TIME-DEVICE.EXT``, so
        none are found in a receive-encrypted folder. Like `walk`, this costs one request for each directory, and holds
        the content of one directory at a time. Use ``contextlib.aclosing`` if you may stop early.
        Docs: https://docs.syncthing.net/users/syncing.html#conflicting-changes

        Args:
            folder_id: ID of the folder; ``None`` for all folders that are not paused.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        device_ids: list[str] | None = None
        for each in await self._running(timeout) if folder_id is None else [folder_id]:
            try:
                async with aclosing(self.walk(each, timeout=timeout)) as entries:
                    async for path, entry in entries:
                        if (found := conflict_copy(each, path, entry)) is None:
                            continue
                        if device_ids is None:
                            device_ids = await self._device_ids(timeout)
                        yield {**found, "deviceID": whole_id(found["device"], device_ids)}
            except (UnknownFolderError, FolderNotRunningError):
                if folder_id is not None:
                    raise  # otherwise it has been removed or paused meanwhile

    async def file(self, folder_id: str, file: str, *, timeout: float | None = None) -> t.FileStatus:
        """Get what is known about a file, here and in the whole cluster.

        Docs: https://docs.syncthing.net/rest/db-file-get.html

        Args:
            folder_id: ID of the folder.
            file: Path within the folder.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            NotFoundError: The folder has no such file.
        """
        return await ask(self._api, _routes.DB_FILE, folder_id, {"file": required(file, "file")}, timeout)

    async def ignores(self, folder_id: str, *, timeout: float | None = None) -> t.Ignores:
        """Get the ignore patterns of a folder; all fields are ``None`` if there are none.

        If the patterns can't be parsed, ``error`` in the answer says why.
        Docs: https://docs.syncthing.net/rest/db-ignores-get.html

        Args:
            folder_id: ID of the folder.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
        """
        params = {"folder": required(folder_id, "folder_id")}
        answer = await self._api.call(_routes.DB_IGNORES, params=params, timeout=timeout)
        if answer.get("error") == f"folder {folder_id} does not exist":  # since 1.27.1, with status 200
            raise missing(UnknownFolderError, "the daemon has no such folder", _routes.DB_IGNORES)
        return answer

    async def set_ignores(self, folder_id: str, ignore: Iterable[str], *, timeout: float | None = None) -> t.Ignores:
        r"""Replace the ignore patterns of a folder, and scan it.

        Patterns that can't be parsed are written all the same: ``error`` in the answer says why, and the folder stops
        with that error.
        Docs: https://docs.syncthing.net/rest/db-ignores-post.html

        Args:
            folder_id: ID of the folder.
            ignore: The lines of ``.stignore``; with none, the file is removed.
            timeout: Time limit for the request, in seconds.

        Returns:
            What `ignores` returns afterwards.

        Raises:
            UnknownFolderError: There is no such folder.
            BadRequestError: The daemon would read a pattern as another one, because it contains a line break, or starts
                or ends with white space other than blanks and tabs (``Icon\r``); the message suggests a pattern for
                such a file. Or the daemon may crash on it, since it has braces with nothing in them.
        """
        params = {"folder": required(folder_id, "folder_id")}
        # Without this key the daemon would empty the file.
        return await self._api.call(
            _routes.SET_DB_IGNORES, params=params, data={"ignore": check_patterns(ignore)}, timeout=timeout
        )

    def edit_ignores(
        self, folder_id: str, *, timeout: float | None = None
    ) -> AbstractAsyncContextManager[ignoring.IgnorePatterns]:
        """Change the ignore patterns of a folder: ``async with client.database.edit_ignores("docs") as patterns:``.

        At the end of the block, what has changed is sent, and the folder is scanned. What someone else has changed
        meanwhile is kept, as by ``config.share``; afterwards ``patterns.lines`` are the lines that the daemon has. An
        exception in the block, or a cancellation, sends nothing. The daemon writes ``.stignore`` as a new file, with
        Unix line ends.

        Args:
            folder_id: ID of the folder.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            BadRequestError: The daemon can't use the new patterns; it has the former ones, unless it could use these no
                better. Or it can't read the patterns that are there, or they are not in UTF-8, or the folder is
                receive-encrypted, so that it has none.
            EditConflictError: Someone else has changed the same lines, or changes them again and again.
        """
        return Once(self._edit_ignores(folder_id, timeout), "edit_ignores")

    @asynccontextmanager
    async def _edit_ignores(self, folder_id: str, timeout: float | None) -> AsyncGenerator[ignoring.IgnorePatterns]:
        read = await self.ignores(folder_id, timeout=timeout)
        if not read.get("ignore"):
            await ignore_edits.refuse_encrypted(self._api, folder_id, timeout)
        edit = ignore_edits.Edit(read, await self._api.call(_routes.VERSION, timeout=timeout))
        yield edit.patterns
        if not edit.changed:
            return

        async def write(theirs: t.Ignores, wanted: Mapping[str, Any]) -> None:
            edit.sent = True
            answer = checked(_routes.SET_DB_IGNORES, await self.set_ignores(folder_id, timeout=timeout, **wanted))
            if answer.get("error") and not theirs.get("error"):  # an included file is missing, say
                await self.set_ignores(folder_id, ignore_edits.lines_of(theirs), timeout=timeout)
                ignore_edits.check(answer, outcome="the former ones were written back")

        async def look() -> t.Ignores:
            return await self.ignores(folder_id, timeout=timeout)

        now = await editing.edit(self._api, look, edit.wanted, write, what="the ignore patterns")
        if edit.sent:
            ignore_edits.check(now, outcome="they were written all the same, as the former ones were no better")
        edit.patterns.lines[:] = ignore_edits.lines_of(now)

    async def scan(
        self,
        folder_id: str | None = None,
        *,
        sub: str | Iterable[str] | None = None,
        next: int | None = None,  # noqa: A002 - Syncthing's name
        wait: bool = True,
        timeout: float | None = None,
    ) -> None:
        """Scan a folder, or all folders, and return when the scan is done.

        This can take long: before scanning, the daemon waits for a running scan or sync, for the folder's first scan,
        and for its turn among the folders that may scan at the same time. So the client's own time limit applies only
        to connecting. Giving up, by ``timeout`` or cancellation, doesn't stop the scan.

        With ``wait=False`` it returns as soon as the daemon has accepted the request, which is assumed after a moment
        (0.25 s for each request, longer on slow connections). Errors that the daemon reports at once are still raised;
        later ones are not.
        Docs: https://docs.syncthing.net/rest/db-scan-post.html

        Args:
            folder_id: ID of the folder; ``None`` for all.
            sub: Scan only this path or these paths within the folder; those that don't exist are skipped. Many paths
                are sent in several requests, one after the other.
            next: Seconds until the folder's next periodic scan.
            wait: Whether to wait for the end of the scan.
            timeout: Time limit for each request, in seconds; by default none. With ``wait=False``: for finding out
                whether the folder can be scanned; by default the client's limit.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            ServerError: The folder can't be scanned; ``body`` says why, or lists the folders if all were scanned.
        """
        asked = scans.queries(folder_id, sub, next)
        if not wait:
            await scans.begin(self._api, folder_id, asked, timeout)
            return
        for query in asked:
            await self._api.call(_routes.DB_SCAN, params=query, timeout=timeout)

    async def override(self, folder_id: str, *, timeout: float | None = None) -> None:
        """Make this device's state of a send-only folder the global one. The daemon answers before this is done.

        Docs: https://docs.syncthing.net/rest/db-override-post.html

        Args:
            folder_id: ID of the folder.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder. The daemon itself would report success.
            FolderNotRunningError: The folder is paused. The daemon would do nothing.
            BadRequestError: The folder is not send-only. The daemon would do nothing.
        """
        await self._act(_routes.DB_OVERRIDE, folder_id, {"sendonly"}, timeout)

    async def revert(self, folder_id: str, *, timeout: float | None = None) -> None:
        """Undo the local changes in a receive-only folder. The daemon answers before this is done.

        Docs: https://docs.syncthing.net/rest/db-revert-post.html

        Args:
            folder_id: ID of the folder.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder. The daemon itself would report success.
            FolderNotRunningError: The folder is paused. The daemon would do nothing.
            BadRequestError: The folder is neither receive-only nor receive-encrypted. The daemon would do nothing.
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
        """Move a file to the front of the queue. A file that is not queued changes nothing.

        Docs: https://docs.syncthing.net/rest/db-prio-post.html

        Args:
            folder_id: ID of the folder.
            file: Path within the folder.
            page: Page number of the answer, starting at 1.
            perpage: Items per page of the answer; by default 65536.
            timeout: Time limit for the request, in seconds.

        Returns:
            What `need` returns afterwards.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        params = {"file": required(file, "file"), **page_params(page, perpage)}
        return await ask(self._api, _routes.DB_PRIO, folder_id, params, timeout)

    async def _running(self, timeout: float | None) -> list[str]:
        folders = checked(_routes.FOLDERS, await self._api.call(_routes.FOLDERS, timeout=timeout))
        return [folder["id"] for folder in folders if not folder.get("paused")]

    async def _device_ids(self, timeout: float | None) -> list[str]:
        devices = checked(_routes.DEVICES, await self._api.call(_routes.DEVICES, timeout=timeout))
        return [device["deviceID"] for device in devices]

    async def _act(self, route: Route[None], folder_id: str, kinds: set[str], timeout: float | None) -> None:
        """Send a request that the daemon always answers with 200, although it acts on some folders only."""
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
