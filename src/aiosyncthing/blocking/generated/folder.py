# Generated from aiosyncthing.folder by scripts/make_blocking.py; change that.
"""`Folder`: failed items and old versions of files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
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
        """Restore old versions of files. See also `restore_at`.

        The present file becomes a version, named after the second in which that happens, and overwrites one of the same
        second: so wait until the second of ``versionTime`` is over, or the version may be destroyed. From the trash
        can, the daemon can't restore a file that exists in a subdirectory; Syncthing 1.19 reports a deleted file that
        it has restored as failed.
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

    def restore_at(
        self, folder_id: str, at: datetime, *, under: str = "", dry_run: bool = False, timeout: float | None = None
    ) -> t.RestoreReport:
        """Restore files as they were on this device at a time, as far as old versions show.

        A file was like the version that was archived first afterwards, if that was last modified before. Deleted files
        come back, too. What was last modified before is left alone otherwise, so this can be repeated. Nothing is
        deleted: a file that was created since stays, and is reported as ``unknown``, since it looks the same as one
        whose older versions were not kept, or as ``unchanged`` if it has an older time, as after renaming. A symbolic
        link is always ``unknown``. The daemon archives only what other devices replace or delete, so changes
        made on this device are unknown, too, and a file that was deleted here and never archived is not reported.

        The trash can doesn't keep when its versions were modified, so nearly all are ``unknown``. Choose among them
        yourself, and restore them with `restore`.

        The present files become versions. Since that could overwrite versions of the same second, this waits until the
        second in which the last one was archived is over. The tree is read as by `Database.walk`, one request for each
        directory.
        Docs: https://docs.syncthing.net/users/versioning.html

        Args:
            folder_id: ID of the folder.
            at: The time, with a time zone. The daemon knows the times of versions to the second: use a whole one.
            under: Only this directory or file within the folder, such as ``a/b``.
            dry_run: Change nothing, and only report what would be done.
            timeout: Time limit for each request, in seconds; by default 60 for the list of versions, and 600 for
                restoring.

        Returns:
            What was done with each file. Failures are collected with the daemon's reasons.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            NotSupportedError: The folder keeps no versions, leaves them to an external program, or is
                receive-encrypted.
            NotFoundError: There is nothing with the path `under`, nor an old version of it.
            BadRequestError: `at` has no time zone, or `under` is not a path within the folder.
        """
        return self._run(self._inner.restore_at(folder_id, at, under=under, dry_run=dry_run, timeout=timeout))
