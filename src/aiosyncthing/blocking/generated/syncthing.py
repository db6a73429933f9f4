# Generated from aiosyncthing.syncthing by scripts/make_blocking.py; change that.
"""`Syncthing`, the entry point: one daemon and the namespaces of its REST API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from aiosyncthing import health, types as t, waiting
from aiosyncthing.blocking.base import Blocking
from aiosyncthing.blocking.calls import in_caller
from aiosyncthing.blocking.contexts import BlockingContext
from aiosyncthing.blocking.live import Live
from aiosyncthing.blocking.pause import Pause

from .api import API
from .cluster import Cluster
from .config import Config
from .database import Database
from .debug import Debug
from .events import Events
from .folder import Folder
from .noauth import Noauth
from .stats import Stats
from .svc import Svc
from .system import System

if TYPE_CHECKING:
    from aiosyncthing.syncthing import Syncthing as Inner


class SyncthingMethods(Blocking["Inner"]):
    """The methods of `Syncthing`."""

    def watch(self) -> Live:
        """Return a live mirror of folders, devices and connections, kept up to date by events.

        ::

            with client.watch() as live:
                print(live.folders["docs"].state, live.devices[device_id].connected)
                for change in live.changes(): ...
        """
        return Live(self._inner.watch(), self._bridge)

    def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until the daemon is ready, even if it isn't running yet, is starting, or is migrating its database.

        Use this to wait for a daemon to appear; `wait_in_sync` and `watch` raise at once if there is none.

        Args:
            timeout: Time limit in seconds; ``None`` for none.

        Raises:
            WaitTimeoutError: The daemon was not ready in time; the message names its last known state.
            SyncthingError: Waiting won't help: the key or host name is refused, the certificate can't be verified, or
                another program uses the port.
        """
        return self._run(self._inner.wait_ready(timeout))

    def wait_in_sync(
        self,
        folders: Iterable[str] | str | None = None,
        devices: Iterable[str] | str | None = None,
        *,
        rescan: bool = False,
        stable_for: float = 0,
        timeout: float | None = None,
        on_progress: Callable[[waiting.SyncProgress], object] | None = None,
    ) -> waiting.SyncProgress:
        """Wait until folders are in sync, both here and on the devices that share them.

        In sync here means: the folder has been scanned since it was started, needs nothing, not even deletions or empty
        files, has no failed items, and is idle. In sync on another device means: the device is connected, has accepted
        the folder, and needs nothing of what is known here.

        Changes on other devices may still be on their way. So this waits until 3 s after the latest of these: a device
        connected or changed what it shares; a folder was added, accepted, resumed, shared, or restarted by a change of
        its settings; a part of the index arrived as a consequence. Events just before the call count, too. If there was
        none recently, a cluster that is in sync is reported at once.

        Limits:

        - Changes that the daemon has not noticed yet don't count; with ``rescan``, it scans first.
        - Changes that another device has not reported within these 3 s don't count either: for changes made there, wait
          there, or use ``stable_for``. A device reports the contents of a new folder only after scanning it.
        - A ``receiveencrypted`` folder that has never received anything counts as not in sync, because the other side
          can't send until the devices reconnect after it was accepted. A folder that is empty on the other side looks
          the same, so waiting for it doesn't end.
        - Local changes in a receive-only folder are not part of the cluster and don't count. A device that changed a
          file in its own receive-only folder lacks our version of it until it reverts the change.
        - Syncthing before 1.20 doesn't report whether another device has paused a folder or, while the folder is empty,
          accepted it, nor when a device changes what it shares.

        If a folder or device is removed meanwhile, that is an error if it was chosen by ID. With ``None`` for all, only
        the remaining ones count, so there may be nothing left to wait for.

        The daemon must be running at the beginning; use `wait_ready` to wait for it. If it becomes unreachable later,
        waiting continues when it is back, and a warning is logged once. If the daemon takes long to compute a folder's
        status, it is requested with a longer time limit, at least a minute, while the other folders continue.

        Args:
            folders: IDs of the folders; ``None`` for all.
            devices: IDs of the devices; ``None`` for all that share a folder, none (``[]``) for this device only. With
                ``folders``, each device must share all of them, otherwise any.
            rescan: Scan first, so that changes the daemon has not noticed yet count.
            stable_for: How long the folders must stay in sync without interruption, for example by a scan, in seconds.
            timeout: Time limit in seconds; ``None`` for none.
            on_progress: Called with a `SyncProgress` whenever it has changed, often at first, later about once a second
                at most. It runs in this thread.

        Returns:
            The final progress.

        Raises:
            UnknownFolderError: A folder doesn't exist or was removed.
            UnknownDeviceError: A remote device doesn't exist or was removed.
            InvalidDeviceIDError: One of `devices` is not a device ID.
            FolderNotRunningError: A folder is paused.
            CannotSyncError: A folder has an error, such as a missing disk, or a device is paused here or doesn't share
                the folder.
            WaitTimeoutError: The time limit was reached. The message says what is missing where; ``missing`` and
                ``progress`` contain it as data, including the names of failed items and the reasons.
            BadRequestError: ``folders`` or an ID is empty.
            UnreachableError: The daemon was not running at the beginning.
            SyncthingError: Waiting won't help, for example because the key is refused.
        """
        return self._run(
            self._inner.wait_in_sync(
                folders,
                devices,
                rescan=rescan,
                stable_for=stable_for,
                timeout=timeout,
                on_progress=in_caller(on_progress),
            )
        )

    def paused(
        self,
        folders: Iterable[str] | str | None = None,
        devices: Iterable[str] | str | None = None,
        *,
        save: Callable[[t.PauseState], object] | None = None,
        timeout: float | None = None,
    ) -> Pause:
        """Pause folders and devices for the duration of a block.

        ::

            with client.paused(folders=["docs", "photos"]): ...

        Devices and folders that are running are paused, devices first. After the block, exactly these are resumed, in
        reverse order, even after an exception, and if the daemon was restarted meanwhile. Those that
        were paused before stay paused. It is not an error if someone else has resumed or removed one meanwhile.

        If pausing fails half-way, whatever was paused is resumed. When the block ends, resuming is retried for up to
        10 s if the daemon can't be reached.

        A program that is killed leaves everything paused. So does one that is terminated by SIGTERM, unless it handles
        the signal with an exception, as Python handles SIGINT. To resume afterwards, call `resume` with
        the state that ``save`` has stored.

        Blocks are independent: if two overlap, the one that paused a folder resumes it when it ends.

        Args:
            folders: IDs of the folders; ``"all"`` for all, ``[]`` for none. ``["all"]`` is a folder with that ID.
            devices: IDs of the devices; ``"all"`` for all others, ``[]`` for none. An omitted argument means none, but
                if both are omitted, all folders and devices are paused.
            save: Called with the state before the first request to pause is sent, again if someone else has paused a
                part of it by then, and at the end of the block with what is still paused, usually nothing. It runs in
                this thread.
            timeout: Time limit for each request, in seconds.

        Returns:
            A context manager. Its ``state`` is what has to be resumed, and can be stored as JSON.

        Raises:
            UnknownFolderError: A folder doesn't exist.
            UnknownDeviceError: A device doesn't exist.
            InvalidDeviceIDError: One of ``devices`` is not a device ID.
            BadRequestError: An ID is empty, or one of ``devices`` is the daemon's own, or ``folders`` is ``"all"`` and
                there is a folder with that ID.
            StillPausedError: A folder or device could not be resumed, or may still be paused later, because the daemon
                did not answer the request to pause it; the ``state`` of the error has them. An exception of the block
                is its ``__context__``.
        """
        return Pause(self._inner.paused(folders, devices, save=in_caller(save), timeout=timeout), self._bridge)

    def resume(self, state: t.PauseState, *, timeout: float | None = None) -> t.PauseState:
        """Resume what `paused` or `at_rest` has left paused, for example because the program was killed.

        Folders and devices that are running again or were removed are ignored, so this can be repeated.

        Args:
            state: The argument of ``save``, or the ``state`` of the pause or of a `StillPausedError`.
            timeout: Time limit for each request, in seconds.

        Returns:
            The folders and devices that were still paused, and have been resumed.

        Raises:
            BadRequestError: This is not the state of a pause, or it belongs to another daemon.
            StillPausedError: A folder or device could not be resumed within 10 s.
        """
        return self._run(self._inner.resume(state, timeout=timeout))

    def at_rest(
        self,
        folder_id: str,
        *,
        rescan: bool = True,
        devices: Iterable[str] | str | None = (),
        save: Callable[[t.PauseState], object] | None = None,
        timeout: float | None = None,
    ) -> BlockingContext[str]:
        """Bring a folder to rest for the duration of a block, for example to back it up.

        ::

            with client.at_rest("docs", timeout=600) as path: ...

        This scans the folder, waits until it is in sync (see `wait_in_sync`), and pauses it. If the folder changed in
        between, it is resumed, and everything starts again. So within the block, the folder is complete, and Syncthing
        doesn't change it, although other programs may. After the block, the folder is resumed, as by `paused`.

        Args:
            folder_id: ID of the folder.
            rescan: Scan first, so that changes the daemon has not noticed yet count.
            devices: IDs of the devices on which it must be in sync as well; ``None`` for all that share it.
            save: As for `paused`. It is called for each attempt.
            timeout: Time limit for bringing the folder to rest, in seconds; ``None`` for none.

        Returns:
            A context manager that yields the folder's path on the daemon's computer, with ``~`` replaced by the home
            directory.

        Raises:
            UnknownFolderError: The folder doesn't exist.
            UnknownDeviceError: A device doesn't exist.
            FolderNotRunningError: The folder is paused already, so nothing is known about its contents.
            CannotSyncError: The folder has an error, or a device is paused here or doesn't share it.
            WaitTimeoutError: The time limit was reached. The message says what was missing.
            StillPausedError: The folder could not be resumed; see `paused`.
        """
        return self._block(
            self._inner.at_rest(folder_id, rescan=rescan, devices=devices, save=in_caller(save), timeout=timeout)
        )

    def check(
        self,
        folders: Iterable[str] | str | None = None,
        devices: Iterable[str] | str | None = None,
        *,
        ignore: Iterable[health.Kind] | health.Kind = (),
        unseen_days: float = 30,
        upgrade: bool = False,
        conflicts: bool = False,
        timeout: float | None = None,
    ) -> list[health.Finding]:
        """Find problems that need a person's attention: in folders, devices, settings and the daemon itself.

        This finds folders that have stopped or can't get the files they need, failed items, devices that have not been
        seen for long, pending devices and folders, a web interface that others can reach, settings that put data at
        risk, and error messages. Each finding has a kind, a severity, a text and a remedy; ``docs/health.md`` lists all
        kinds. Nothing is changed.

        It takes 8 requests, one for each folder that is not paused, and one more for each folder with failed items. At
        most 4 run at a time. If the daemon can't answer one of them, that is a finding of the kind ``unchecked``, and
        the rest is still checked.

        Args:
            folders: IDs of the folders to check; ``None`` for all, none (``[]``) for no folder.
            devices: IDs of the remote devices to check; ``None`` for all, none (``[]``) for no device.
            ignore: Kinds of findings to leave out.
            unseen_days: After how many days without a connection a device is reported.
            upgrade: Whether to look for a newer version, for which the daemon asks a server on the internet.
            conflicts: Whether to look for conflict copies, which takes a request for each directory.
            timeout: Time limit for each request, in seconds; by default, expensive requests may take at least a minute.

        Returns:
            The findings, the most severe first, in a stable order. An empty list means that everything is fine.

        Raises:
            UnknownFolderError: One of `folders` doesn't exist.
            UnknownDeviceError: One of `devices` is not a remote device of the daemon.
            InvalidDeviceIDError: One of `devices` is not a device ID.
            BadRequestError: An ID is empty, a kind in `ignore` doesn't exist, or `unseen_days` is negative.
            UnreachableError: The daemon is not running.
        """
        return self._run(
            self._inner.check(
                folders,
                devices,
                ignore=ignore,
                unseen_days=unseen_days,
                upgrade=upgrade,
                conflicts=conflicts,
                timeout=timeout,
            )
        )

    @property
    def api(self) -> API:
        """The low-level client, for requests that have no method here."""
        return self._twin(API, self._inner.api)

    @property
    def url(self) -> str:
        """The base URL, as given."""
        return self._inner.url

    @property
    def system(self) -> System:
        """``rest/system``: the daemon itself."""
        return self._twin(System, self._inner.system)

    @property
    def config(self) -> Config:
        """``rest/config``: folders, devices and settings."""
        return self._twin(Config, self._inner.config)

    @property
    def cluster(self) -> Cluster:
        """``rest/cluster``: pending devices and folders."""
        return self._twin(Cluster, self._inner.cluster)

    @property
    def database(self) -> Database:
        """``rest/db``: the contents of folders, and what they need."""
        return self._twin(Database, self._inner.database)

    @property
    def db(self) -> Database:
        """The same as `database`, named after the path ``rest/db``."""
        return self._twin(Database, self._inner.db)

    @property
    def folder(self) -> Folder:
        """``rest/folder``: failed items and old versions of files."""
        return self._twin(Folder, self._inner.folder)

    @property
    def events(self) -> Events:
        """``rest/events``: polling for events, listening, and the resilient stream."""
        return self._twin(Events, self._inner.events)

    @property
    def stats(self) -> Stats:
        """``rest/stats``: when devices and folders were last active."""
        return self._twin(Stats, self._inner.stats)

    @property
    def svc(self) -> Svc:
        """``rest/svc``: device ID checks, language, reports and random strings."""
        return self._twin(Svc, self._inner.svc)

    @property
    def debug(self) -> Debug:
        """``rest/debug``: profiles and support bundles."""
        return self._twin(Debug, self._inner.debug)

    @property
    def noauth(self) -> Noauth:
        """``rest/noauth``: endpoints that need no API key."""
        return self._twin(Noauth, self._inner.noauth)

    def device_id(self, *, timeout: float | None = None) -> str:
        """Get the daemon's own device ID, with one request at most.

        Every answer contains it, so a client that has already received one sends no request. If another daemon takes
        over the address, its ID is returned as soon as it has answered any request. A mirror (`watch`) notices such a
        change by itself.

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.device_id(timeout=timeout))

    def find_folder(self, name: str, *, timeout: float | None = None) -> t.FolderConfiguration:
        """Get the configuration of a folder by its ID, its label, or the beginning of its ID.

        The first of these that matches decides: the ID, the label, the label regardless of case, the beginning of the
        ID. Programs that run unattended should use IDs, since a new folder may have the same label.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            name: ID, label, or the beginning of an ID.
            timeout: Time limit for the request, in seconds.

        Raises:
            AmbiguousNameError: Several folders match; ``candidates`` has their labels, by ID.
            UnknownFolderError: No folder matches; the message suggests similar names.
            BadRequestError: ``name`` is empty.
        """
        return self._run(self._inner.find_folder(name, timeout=timeout))

    def find_device(self, name: str, *, timeout: float | None = None) -> t.DeviceConfiguration:
        """Get the configuration of a device, possibly the daemon's own, by its ID, name, or the beginning of its ID.

        The order is that of `find_folder`. IDs may be written with or without dashes, in upper or lower case; the
        beginning of an ID must have at least seven characters, which is Syncthing's own short form.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            name: ID, name, or the beginning of an ID.
            timeout: Time limit for the request, in seconds.

        Raises:
            AmbiguousNameError: Several devices match; ``candidates`` has their names, by ID.
            UnknownDeviceError: No device matches; the message suggests similar names.
            BadRequestError: ``name`` is empty.
        """
        return self._run(self._inner.find_device(name, timeout=timeout))

    def metrics(self, *, timeout: float | None = None) -> str:
        """Get the daemon's metrics in Prometheus's text format.

        Since Syncthing 1.24.
        Docs: https://docs.syncthing.net/users/metrics.html

        Args:
            timeout: Time limit for the request, in seconds; by default 60.

        Raises:
            NotSupportedError: The daemon is older.
        """
        return self._run(self._inner.metrics(timeout=timeout))

    def qr_code(self, text: str, *, timeout: float | None = None) -> bytes:
        """Get a QR code as a PNG image.

        Args:
            text: The text to encode, such as a device ID.
            timeout: Time limit for the request, in seconds.

        Raises:
            ServerError: The text is too long for a QR code.
        """
        return self._run(self._inner.qr_code(text, timeout=timeout))

    def meta(self, *, timeout: float | None = None) -> str:
        """Get ``meta.js``, the script that contains the daemon's device ID for the web interface.

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.meta(timeout=timeout))
