"""`Syncthing`, the entry point: one daemon and the namespaces of its REST API."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

import aiohttp

from aiosyncthing import health, live, local, pausing, types as t, waiting
from aiosyncthing._http.connectors import may_use_proxy
from aiosyncthing._http.secrets import hidden
from aiosyncthing.api import API
from aiosyncthing.config.config import Config
from aiosyncthing.database import Database
from aiosyncthing.events import Events
from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.system import System
from aiosyncthing.tls.fingerprint import CertificateFile, Option

from .namespaces import Namespaces

__all__ = ["API", "Config", "Database", "Events", "Syncthing", "System"]


class Syncthing(Namespaces):
    """A client of one Syncthing daemon.

    Use it as an asynchronous context manager, or call `close` at the end. Nothing is opened before the first request.

    Args:
        api_key: The daemon's API key (``gui.apiKey``), shown in its web interface under Actions, Settings.
        url: Base URL. A path is kept, with or without a trailing slash: ``https://host:443/syncthing``. A Unix socket
            is ``unix:///run/user/1000/syncthing.sock``, with TLS ``unixs:///...``.
        timeout: Time limit for a whole request, in seconds; ``None`` or 0 for none. Long operations have longer
            defaults, and every method accepts its own limit.
        verify_ssl: Whether to verify the certificate of an HTTPS URL. Syncthing's own is self-signed: see `tls`.
        loop: Ignored; accepted for programs written for version 0.
        session: An `aiohttp.ClientSession` to use, which is never closed here. Its connector should close idle
            connections before the daemon does after 15 s: ``aiohttp.TCPConnector(keepalive_timeout=10)``. For
            ``unix://`` its connector must be an `aiohttp.UnixConnector` for that path; ``unixs://`` doesn't work with a
            session.
        tls: What to trust over ``https://`` and ``unixs://``. A `Fingerprint` pins one certificate, a `CertificateFile`
            the one in a file, even after it is renewed; the path of a CA file (PEM) or an `ssl.SSLContext` verifies as
            usual; False accepts any certificate; ``None`` leaves it to `verify_ssl`. The certificate is checked in the
            handshake, before any part of a request, such as the key, is sent.
        max_response_size: Limit for the size of an answer, in bytes after decompression; ``None`` for none. The
            default, 256 MiB, is enough for listing a million files.
        direct: Whether connections end in the daemon itself, not in a proxy, so that none can outlive its process.
            Event streams then need one request instead of two. ``None`` assumes so only for Unix sockets, and if `tls`
            pins a certificate that Syncthing made for itself. Don't pass True if there is an HTTP proxy in between,
            either a reverse proxy or one of `session`; False assumes that there is one.

    Raises:
        BadRequestError: Arguments contradict each other or would have no effect. An impossible key or URL is reported
            by the first request.
    """

    def __init__(
        self,
        api_key: str,
        url: str = "http://127.0.0.1:8384",
        timeout: float | None = API.DEFAULT_TIMEOUT,
        verify_ssl: bool = True,  # noqa: FBT001, FBT002 - the seed's signature
        loop: object = None,
        session: aiohttp.ClientSession | None = None,
        *,
        tls: Option = None,
        max_response_size: int | None = API.DEFAULT_MAX_RESPONSE_SIZE,
        direct: bool | None = None,
    ) -> None:
        # Wrapped so that their repr is harmless: tracebacks of errors raised below may show these variables.
        api_key, url = hidden(api_key), hidden(url)
        api = API(
            api_key,
            url,
            timeout,
            verify_ssl,
            loop,
            session,
            tls=tls,
            max_response_size=max_response_size,
            direct=direct,
        )
        super().__init__(api)

    @classmethod
    def local(
        cls,
        home: str | os.PathLike[str] | None = None,
        *,
        timeout: float | None = API.DEFAULT_TIMEOUT,
        verify_ssl: bool = True,
        session: aiohttp.ClientSession | None = None,
        tls: Option = None,
        max_response_size: int | None = API.DEFAULT_MAX_RESPONSE_SIZE,
        direct: bool | None = None,
    ) -> Self:
        """Return a client of this computer's Syncthing daemon, with its address and key.

        `aiosyncthing.local.discover` describes where it looks. Over HTTPS, the certificate in the daemon's home is
        pinned, even after it is renewed, unless `tls` or `verify_ssl` say otherwise.

        This reads a few files and may open connections, which takes milliseconds, at worst a few seconds. In an event
        loop, use ``client = await asyncio.to_thread(Syncthing.local)``.

        Args:
            home: The folder with Syncthing's config.xml; ``None`` to search for it.
            timeout: As for the class.
            verify_ssl: As for the class.
            session: As for the class.
            tls: As for the class.
            max_response_size: As for the class.
            direct: As for the class. With ``None``, connections also end in the daemon if its address comes from its
                configuration or its command line, unless `session` may use a proxy.

        Raises:
            DiscoveryError: No daemon or several were found, or its configuration can't be used. The message lists the
                places searched, and says what to do.
            BadRequestError: Arguments contradict each other or what was found.
        """
        daemon = local.discover(home)
        if tls is None and verify_ssl and daemon.certificate and daemon.url.startswith(("https:", "unixs:")):
            tls = CertificateFile(daemon.certificate)
        if direct is None and daemon.direct and not (session and may_use_proxy(session)):
            direct = True
        try:
            return cls(
                daemon.api_key,
                daemon.url,
                timeout,
                verify_ssl,
                session=session,
                tls=tls,
                max_response_size=max_response_size,
                direct=direct,
            )
        except BadRequestError as error:
            reason = str(error)
        raise BadRequestError(reason)  # without the frames whose variables hold a key the caller has never seen

    def __repr__(self) -> str:
        """Show the address, without the key."""
        if not hasattr(self, "_api"):  # the arguments were refused
            return object.__repr__(self)
        return f"<{type(self).__name__} of {self._api!r}>"

    def watch(self) -> live.Live:
        """Return a live mirror of folders, devices and connections, kept up to date by events.

        ::

            async with client.watch() as live:
                print(live.folders["docs"].state, live.devices[device_id].connected)
                async for change in live.changes(): ...
        """
        return live.Live(self._api, self._events)

    async def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until the daemon is ready, even if it isn't running yet, is starting, or is migrating its database.

        Use this to wait for a daemon to appear; `wait_in_sync` and `watch` raise at once if there is none.

        Args:
            timeout: Time limit in seconds; ``None`` for none.

        Raises:
            WaitTimeoutError: The daemon was not ready in time; the message names its last known state.
            SyncthingError: Waiting won't help: the key or host name is refused, the certificate can't be verified, or
                another program uses the port.
        """
        await waiting.wait_ready(self._api, timeout)

    async def wait_in_sync(
        self,
        folders: Iterable[str] | str | None = None,
        devices: Iterable[str] | str | None = None,
        *,
        rescan: bool = False,
        stable_for: float = 0,
        timeout: float | None = None,
        on_progress: Callable[[waiting.SyncProgress], Awaitable[object] | object] | None = None,
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
                at most. An awaitable result is awaited.

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
        return await waiting.wait_in_sync(
            self._api,
            self._events,
            folders,
            devices,
            rescan=rescan,
            stable_for=stable_for,
            timeout=timeout,
            on_progress=on_progress,
        )

    def paused(
        self,
        folders: Iterable[str] | str | None = None,
        devices: Iterable[str] | str | None = None,
        *,
        save: pausing.Save | None = None,
        timeout: float | None = None,
    ) -> pausing.Pause:
        """Pause folders and devices for the duration of a block.

        ::

            async with client.paused(folders=["docs", "photos"]): ...

        Devices and folders that are running are paused, devices first. After the block, exactly these are resumed, in
        reverse order, even after an exception or a cancellation, and if the daemon was restarted meanwhile. Those that
        were paused before stay paused. It is not an error if someone else has resumed or removed one meanwhile.

        If pausing fails half-way, whatever was paused is resumed. When the block ends, resuming is retried for up to
        10 s if the daemon can't be reached. After a cancellation, which is held back for 10 s at most, that is 8 s.

        A program that is killed leaves everything paused. So does one that is terminated by SIGTERM, unless it handles
        the signal by cancelling its task; `asyncio.run` does that for SIGINT. To resume afterwards, call `resume` with
        the state that ``save`` has stored.

        Blocks are independent: if two overlap, the one that paused a folder resumes it when it ends.

        Args:
            folders: IDs of the folders; ``"all"`` for all, ``[]`` for none. ``["all"]`` is a folder with that ID.
            devices: IDs of the devices; ``"all"`` for all others, ``[]`` for none. An omitted argument means none, but
                if both are omitted, all folders and devices are paused.
            save: Called with the state before the first request to pause is sent, again if someone else has paused a
                part of it by then, and at the end of the block with what is still paused, usually nothing. An awaitable
                result is awaited.
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
                is its ``__context__``. A cancellation takes precedence: it gets a note, and the error is logged.
        """
        return pausing.Pause(self._api, self._config, folders, devices, save, timeout)

    async def resume(self, state: t.PauseState, *, timeout: float | None = None) -> t.PauseState:
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
        return await pausing.resume(self._api, self._config, state, timeout)

    def at_rest(
        self,
        folder_id: str,
        *,
        rescan: bool = True,
        devices: Iterable[str] | str | None = (),
        save: pausing.Save | None = None,
        timeout: float | None = None,
    ) -> AbstractAsyncContextManager[str]:
        """Bring a folder to rest for the duration of a block, for example to back it up.

        ::

            async with client.at_rest("docs", timeout=600) as path: ...

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
        return pausing.at_rest(
            self._api, self._events, self._config, folder_id, devices, rescan=rescan, save=save, timeout=timeout
        )

    async def check(
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
        return await health.check(
            self._api,
            self._database,
            folders,
            devices,
            ignore=ignore,
            unseen_days=unseen_days,
            upgrade=upgrade,
            conflicts=conflicts,
            timeout=timeout,
        )

    async def close(self) -> None:
        """Close the HTTP session, unless it was passed in. Can be called more than once."""
        await self._api.close()

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        await self.close()
