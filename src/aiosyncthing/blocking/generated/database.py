# Generated from aiosyncthing.database by scripts/make_blocking.py; change that.
"""`Database`: the state and contents of folders, ignore patterns and scans."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aiosyncthing import ignores as ignoring, types as t
from aiosyncthing._rest.paging import PER_PAGE
from aiosyncthing.blocking.base import Blocking
from aiosyncthing.blocking.contexts import BlockingContext
from aiosyncthing.blocking.iterators import BlockingIterator

if TYPE_CHECKING:
    from aiosyncthing.database import Database as Inner


class Database(Blocking["Inner"]):
    """The index of the folders. Several endpoints are expensive for the daemon; these say so."""

    def status(self, folder_id: str, *, timeout: float | None = None) -> t.FolderSummary:
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
        return self._run(self._inner.status(folder_id, timeout=timeout))

    def completion(
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
        return self._run(self._inner.completion(folder_id, device_id, timeout=timeout))

    def browse(
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
        return self._run(self._inner.browse(folder_id, prefix, levels=levels, dirsonly=dirsonly, timeout=timeout))

    def walk(
        self, folder_id: str, prefix: str = "", *, dirsonly: bool = False, timeout: float | None = None
    ) -> BlockingIterator[tuple[str, t.TreeEntry]]:
        """Iterate over the folder's global tree, breadth first, with one request for each directory.

        A receive-encrypted folder has no entries, since Syncthing 1 has no tree of it. Use ``contextlib.closing`` if
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
        return self._iterate(self._inner.walk(folder_id, prefix, dirsonly=dirsonly, timeout=timeout))

    def conflicts(
        self, folder_id: str | None = None, *, timeout: float | None = None
    ) -> BlockingIterator[t.ConflictCopy]:
        """Iterate over the conflict copies in the global tree of a folder, or of all folders.

        They are recognised by the names that the daemon gives them, ``NAME.sync-conflict-DATE-TIME-DEVICE.EXT``, so
        none are found in a receive-encrypted folder. Like `walk`, this costs one request for each directory, and holds
        the content of one directory at a time. Use ``contextlib.closing`` if you may stop early.
        Docs: https://docs.syncthing.net/users/syncing.html#conflicting-changes

        Args:
            folder_id: ID of the folder; ``None`` for all folders that are not paused.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        return self._iterate(self._inner.conflicts(folder_id, timeout=timeout))

    def file(self, folder_id: str, file: str, *, timeout: float | None = None) -> t.FileStatus:
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
        return self._run(self._inner.file(folder_id, file, timeout=timeout))

    def ignores(self, folder_id: str, *, timeout: float | None = None) -> t.Ignores:
        """Get the ignore patterns of a folder; all fields are ``None`` if there are none.

        If the patterns can't be parsed, ``error`` in the answer says why.
        Docs: https://docs.syncthing.net/rest/db-ignores-get.html

        Args:
            folder_id: ID of the folder.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
        """
        return self._run(self._inner.ignores(folder_id, timeout=timeout))

    def set_ignores(self, folder_id: str, ignore: Iterable[str], *, timeout: float | None = None) -> t.Ignores:
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
        return self._run(self._inner.set_ignores(folder_id, ignore, timeout=timeout))

    def edit_ignores(self, folder_id: str, *, timeout: float | None = None) -> BlockingContext[ignoring.IgnorePatterns]:
        """Change the ignore patterns of a folder: ``with client.database.edit_ignores("docs") as patterns:``.

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
        return self._block(self._inner.edit_ignores(folder_id, timeout=timeout))

    def scan(
        self,
        folder_id: str | None = None,
        *,
        sub: str | Iterable[str] | None = None,
        next: int | None = None,
        wait: bool = True,
        timeout: float | None = None,
    ) -> None:
        """Scan a folder, or all folders, and return when the scan is done.

        This can take long: before scanning, the daemon waits for a running scan or sync, for the folder's first scan,
        and for its turn among the folders that may scan at the same time. So the client's own time limit applies only
        to connecting. Giving up, by ``timeout`` or Ctrl-C, doesn't stop the scan.

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
        return self._run(self._inner.scan(folder_id, sub=sub, next=next, wait=wait, timeout=timeout))

    def override(self, folder_id: str, *, timeout: float | None = None) -> None:
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
        return self._run(self._inner.override(folder_id, timeout=timeout))

    def revert(self, folder_id: str, *, timeout: float | None = None) -> None:
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
        return self._run(self._inner.revert(folder_id, timeout=timeout))

    def prioritize(
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
        return self._run(self._inner.prioritize(folder_id, file, page=page, perpage=perpage, timeout=timeout))

    def need(
        self, folder_id: str, *, page: int | None = None, perpage: int | None = None, timeout: float | None = None
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
        return self._run(self._inner.need(folder_id, page=page, perpage=perpage, timeout=timeout))

    def iter_need(
        self, folder_id: str, *, perpage: int = PER_PAGE, timeout: float | None = None
    ) -> BlockingIterator[t.FileInfo]:
        """Iterate over all items that this device needs: first those in progress, then the queued ones, then the rest.

        The next page is fetched while one is being consumed. Use ``contextlib.closing`` if you may stop early.

        Args:
            folder_id: ID of the folder.
            perpage: Items per page.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        return self._iterate(self._inner.iter_need(folder_id, perpage=perpage, timeout=timeout))

    def remote_need(
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
        return self._run(self._inner.remote_need(folder_id, device_id, page=page, perpage=perpage, timeout=timeout))

    def iter_remote_need(
        self, folder_id: str, device_id: str, *, perpage: int = PER_PAGE, timeout: float | None = None
    ) -> BlockingIterator[t.FileInfo]:
        """Iterate over all items that a remote device needs.

        The next page is fetched while one is being consumed. Use ``contextlib.closing`` if you may stop early.

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
        return self._iterate(self._inner.iter_remote_need(folder_id, device_id, perpage=perpage, timeout=timeout))

    def local_changed(
        self, folder_id: str, *, page: int | None = None, perpage: int | None = None, timeout: float | None = None
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
        return self._run(self._inner.local_changed(folder_id, page=page, perpage=perpage, timeout=timeout))

    def iter_local_changed(
        self, folder_id: str, *, perpage: int = PER_PAGE, timeout: float | None = None
    ) -> BlockingIterator[t.FileInfo]:
        """Iterate over all local changes in a receive-only folder.

        The next page is fetched while one is being consumed. Use ``contextlib.closing`` if you may stop early.

        Args:
            folder_id: ID of the folder.
            perpage: Items per page.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
        """
        return self._iterate(self._inner.iter_local_changed(folder_id, perpage=perpage, timeout=timeout))
