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
from aiosyncthing.config import Config
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
        timeout: Time limit for a whole request, in seconds; ``None`` or 0 for none. Long operations have limits of
            their own, and every method accepts one.
        verify_ssl: Whether to verify the certificate of an HTTPS URL. Syncthing's own is self-signed: see `tls`.
        loop: Ignored; accepted for programs written for version 0.
        session: An `aiohttp.ClientSession` to use, which is never closed here. Its connector should close idle
            connections before the daemon does after 15 s: ``aiohttp.TCPConnector(keepalive_timeout=10)``. For
            ``unix://`` its connector must be an `aiohttp.UnixConnector` for that path; ``unixs://`` doesn't work with a
            session.
        tls: What to trust over ``https://`` and ``unixs://``. A `Fingerprint` pins one certificate, a `CertificateFile`
            the one in a file, even after its renewal; the path of a CA file (PEM) or an `ssl.SSLContext` verifies as
            usual; False accepts any certificate; ``None`` leaves it to `verify_ssl`. It is checked in the handshake,
            before any part of a request, such as the key, is sent.
        max_response_size: Limit for the size of an answer, in bytes after decompression; ``None`` for none. The
            default, 256 MiB, is enough for listing a million files.
        direct: Whether connections end in the daemon itself, so that none can outlive its process. Event streams then
            need one request where they need two on an unknown way. ``None`` leaves it to what is known: they do
            through a Unix socket, and where `tls` pins a certificate that Syncthing made for itself. With True, they
            must not end in an HTTP proxy, neither a reverse proxy nor one of `session`; False switches it off.

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
        # Wrapped so that they show nothing: the traceback of an error raised below includes the variables here.
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
        """Return a client of the Syncthing daemon of this computer, with its address and key.

        `aiosyncthing.local.discover` describes where it looks. Over HTTPS, the certificate in the daemon's home is
        pinned, even after its renewal, unless `tls` or `verify_ssl` say otherwise.

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
            DiscoveryError: No daemon was found, or several, or its configuration can't be used. The message lists the
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
        raise BadRequestError(reason)  # without frames whose variables hold a key that the caller has never seen

    def __repr__(self) -> str:
        """Show the address, without the key."""
        if not hasattr(self, "_api"):  # its arguments were refused
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
        """Wait until the daemon is ready, from connections being refused through start-up and database migration.

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

        Changes on other devices may still be on their way. So it waits until 3 s after the latest of these: a device
        connected or changed what it shares; a folder was added, accepted, resumed, shared, or restarted by a change of
        its settings; a part of the index arrived as a consequence. This includes what happened just before the call. If
        nothing of this is recent, a cluster that is in sync is reported at once.

        Limits:

        - What the daemon has not noticed yet doesn't count; with ``rescan`` it looks first.
        - What another device has not reported yet doesn't count either, beyond these 3 s: for changes made there, wait
          there, or use ``stable_for``. A device reports the contents of a new folder only after scanning it.
        - A ``receiveencrypted`` folder that has never received anything is waited for, because until the devices
          connect again after it was accepted, the other side can't send. A folder that is empty on the other side looks
          the same, and is waited for as well.
        - Local changes in a receive-only folder are not part of the cluster and don't count. A device that changed a
          file in its own receive-only folder lacks our version of it until it reverts the change.
        - Syncthing before 1.20 doesn't report whether another device has paused a folder or, while the folder is empty,
          accepted it, nor when a device changes what it shares.

        If a folder or device is removed in the meantime, that is an error if it was named. With ``None`` for all, the
        remaining ones count, so in the end there may be nothing to wait for.

        The daemon must be running at the beginning; use `wait_ready` to wait for it. If it becomes unreachable later,
        waiting continues when it is back, and a warning is logged once. If the daemon takes long to compute a folder's
        figures, they are requested with a longer time limit, at least a minute, while the other folders continue.

        Args:
            folders: IDs of the folders; ``None`` for all.
            devices: IDs of the devices; ``None`` for all that share a folder, none (``[]``) for this device only. With
                ``folders``, each device must share each of them, otherwise any.
            rescan: Scan first, so that changes the daemon has not noticed yet count.
            stable_for: How long all this must hold without a disturbance, such as a scan, in seconds.
            timeout: Time limit in seconds; ``None`` for none.
            on_progress: Called with a `SyncProgress` whenever it has changed, often at first, later at most about once
                a second. An awaitable result is awaited.

        Returns:
            The progress at the end.

        Raises:
            UnknownFolderError: A folder doesn't exist, or no longer does.
            UnknownDeviceError: A remote device doesn't exist, or no longer does.
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

        What runs is paused, first the devices, then the folders. After the block, exactly that is resumed, in reverse
        order: also after an exception or a cancellation, and if the daemon was restarted meanwhile. What was paused
        before stays paused. What someone else has resumed or removed meanwhile is no error.

        If pausing fails half-way, what was paused is resumed. When the block ends, the daemon may be away for up to
        10 s. After a cancellation, which is held back for 10 s at most, that is 8 s.

        A program that is killed leaves everything paused. So does one that ends by SIGTERM, unless it handles the
        signal by cancelling its task; `asyncio.run` does that for SIGINT. `resume` undoes it, with the state that
        ``save`` has stored.

        Blocks know nothing of each other: if two overlap, the one that paused a folder resumes it when it ends.

        Args:
            folders: IDs of the folders; ``"all"`` for all, ``[]`` for none. ``["all"]`` is a folder with that ID.
            devices: IDs of the devices; ``"all"`` for all others, ``[]`` for none. What is left out is left alone, but
                if both are left out, all folders and devices are paused.
            save: Called with the state before the first request to pause is sent, again if someone else has paused some
                of it by then, and when the block has ended, with what is still paused: nothing, usually. An awaitable
                result is awaited.
            timeout: Time limit for each request, in seconds.

        Returns:
            A context manager. Its ``state`` is what is to be resumed, and can be stored as JSON.

        Raises:
            UnknownFolderError: A folder doesn't exist.
            UnknownDeviceError: A device doesn't exist.
            InvalidDeviceIDError: One of ``devices`` is not a device ID.
            BadRequestError: An ID is empty, or one of ``devices`` is the daemon's own. Or ``folders`` is ``"all"``, and
                there is a folder with that ID.
            StillPausedError: Something could not be resumed, or may be paused later, because the daemon did not answer
                the request to pause it; the ``state`` of the error says what. An exception of the block is its
                ``__context__``. A cancellation is raised all the same, with a note, and the error is logged.
        """
        return pausing.Pause(self._api, self._config, folders, devices, save, timeout)

    async def resume(self, state: t.PauseState, *, timeout: float | None = None) -> t.PauseState:
        """Resume what `paused` or `at_rest` has left paused, for example because the program was killed.

        What runs again or no longer exists is left alone. May be repeated.

        Args:
            state: What ``save`` was called with, or the ``state`` of the pause or of a `StillPausedError`.
            timeout: Time limit for each request, in seconds.

        Returns:
            What was still paused, and is resumed now.

        Raises:
            BadRequestError: This is not such a state, or it is that of another daemon.
            StillPausedError: Something could not be resumed within 10 s.
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

        It scans the folder, waits until it is in sync (see `wait_in_sync`), and pauses it. If anything happened in the
        folder in between, it resumes the folder and begins again. So in the block, the folder is complete, and
        Syncthing changes nothing in it. Other programs may. After the block, the folder is resumed, as by `paused`.

        Args:
            folder_id: ID of the folder.
            rescan: Scan first, so that changes the daemon has not noticed yet count.
            devices: IDs of the devices on which it has to be in sync as well; ``None`` for all that share it.
            save: As for `paused`. It is called for each attempt.
            timeout: Time limit for bringing the folder to rest, in seconds; ``None`` for none.

        Returns:
            A context manager that yields the folder's path on the daemon's computer, with the home directory in place
            of ``~``.

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
        """Check what a person should look at: folders, devices, settings and the daemon itself.

        It finds folders that have stopped or can't get what they need, failed items, devices that stay away, requests
        to be accepted, a web interface that others can reach, settings that put data at risk, and error messages. Each
        finding has a kind, a severity, a sentence and a remedy; ``docs/health.md`` lists all kinds. Nothing is changed.

        It takes 8 requests, one for each folder that is not paused, and one more for each folder with failed items. At
        most 4 run at a time. What the daemon can't answer becomes a finding of the kind ``unchecked``, and the rest is
        still checked.

        Args:
            folders: IDs of the folders to check; ``None`` for all, none (``[]``) for no folder.
            devices: IDs of the remote devices to check; ``None`` for all, none (``[]``) for no device.
            ignore: Kinds of findings to leave out.
            unseen_days: After how many days without a connection a device is worth a look.
            upgrade: Whether to look for a newer version, for which the daemon asks a server on the internet.
            conflicts: Whether to look for conflict copies, which takes a request for each directory.
            timeout: Time limit for each request, in seconds; by default, what is expensive for the daemon may take at
                least a minute.

        Returns:
            The findings, the most severe first, always in the same order. An empty list means that all is well.

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
        """Close the HTTP session, unless it was passed in. May be called twice."""
        await self._api.close()

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        await self.close()
