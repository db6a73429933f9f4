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
        Docs: https://docs.syncthing.net/rest/folder-errors-get.html

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

        The current file becomes a version itself, named after the second in which that happens, and overwrites a
        version of the same second: wait until the second of ``versionTime`` is over, or that version may be lost. From
        the trash can, the daemon can't restore a file in a subdirectory if the file exists. Syncthing 1.19 reports a
        restored file as failed if it had been deleted.
        Docs: https://docs.syncthing.net/rest/folder-versions-post.html

        Args:
            folder_id: ID of the folder.
            versions: The ``versionTime`` to restore, exactly as returned by `versions`, by path within the folder.
            timeout: Time limit for the request, in seconds; by default 600.

        Returns:
            The daemon's reason for each failure, by path. Empty if everything was restored.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            ServerError: A time can't be parsed, or the folder keeps no versions.
        """
        return self._run(self._inner.restore(folder_id, versions, timeout=timeout))

    def restore_at(
        self, folder_id: str, at: datetime, *, under: str = "", dry_run: bool = False, timeout: float | None = None
    ) -> t.RestoreReport:
        """Restore files as they were on this device at a given time, as far as old versions allow.

        For each file, this restores the first version archived after that time, if it was last modified before it.
        Deleted files are restored, too. A file without such a version is left alone if it was last modified before that
        time, so this can be repeated. Nothing is deleted: a file created since then stays, and is reported as
        ``unknown``, since it looks the same as one whose older versions were not kept; or as ``unchanged`` if its
        modification time is older, as after renaming. Symbolic links are always ``unknown``. The daemon only archives
        files that other devices replace or delete, so files changed on this device are ``unknown`` as well, and files
        deleted on it are not reported if they were never archived.

        The trash can doesn't record when its versions were modified, so nearly all are ``unknown``. Choose among them
        yourself, and restore them with `restore`.

        The current files become versions. Since they could overwrite versions of the same second, this waits until the
        second in which the last one was archived is over. The tree is read with `Database.walk`, one request for each
        directory.
        Docs: https://docs.syncthing.net/users/versioning.html

        Args:
            folder_id: ID of the folder.
            at: The time, with a time zone. Use whole seconds, since the daemon doesn't record fractions.
            under: Only this directory or file within the folder, such as ``a/b``.
            dry_run: Change nothing; only report what would be done.
            timeout: Time limit for each request, in seconds; by default 60 for the list of versions, and 600 for
                restoring.

        Returns:
            The outcome for each file. Files that can't be restored are in it as well, with the daemon's reasons.

        Raises:
            UnknownFolderError: There is no such folder.
            FolderNotRunningError: The folder is paused.
            NotSupportedError: The folder keeps no versions, leaves them to an external program, or is
                receive-encrypted.
            NotFoundError: Neither a file or directory `under` nor an old version of one exists.
            BadRequestError: `at` has no time zone, or `under` is not a path within the folder.
        """
        return self._run(self._inner.restore_at(folder_id, at, under=under, dry_run=dry_run, timeout=timeout))
