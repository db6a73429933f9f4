"""`Syncthing`, the entry: one daemon and the namespaces of its REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _routes
from ._http.secrets import hidden
from ._rest.checks import required
from .api import API
from .cluster import Cluster
from .config import Config
from .database import Database
from .debug import Debug
from .events import Events
from .exceptions import BadRequestError
from .folder import Folder
from .live import Live
from .local import discover
from .noauth import Noauth
from .stats import Stats
from .svc import Svc
from .system import System
from .tls.fingerprint import CertificateFile
from .waiting import wait_in_sync, wait_ready

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable, Iterable
    from types import TracebackType
    from typing import Self

    import aiohttp

    from .tls.trust import Option
    from .waiting import SyncProgress

__all__ = ["API", "Config", "Database", "Events", "Syncthing", "System"]


class Syncthing:
    """One Syncthing daemon.

    Use it as an asynchronous context manager, or call `close` at the end. Nothing is opened before the first request.

    Args:
        api_key: The daemon's API key (``gui.apiKey``), shown by its web interface under Actions, Settings.
        url: Base URL. A path is kept, with or without a final slash: ``https://host:443/syncthing``. A unix socket is
            ``unix:///run/user/1000/syncthing.sock``, with TLS ``unixs:///...``.
        timeout: Seconds for a whole request; ``None`` for no limit. Long operations have limits of their own, and
            every method takes one.
        verify_ssl: Whether the certificate of an HTTPS URL must be valid. Syncthing's own is self-signed: see `tls`.
        loop: Ignored; kept for programs written for version 0.
        session: An `aiohttp.ClientSession` to use. It is never closed here. Let its connector drop idle connections
            before the daemon does after 15 s: ``aiohttp.TCPConnector(keepalive_timeout=10)``. For ``unix://`` its
            connector must be an `aiohttp.UnixConnector` to that path; for ``unixs://`` there can be none.
        tls: Whom to trust, for ``https://`` and ``unixs://``: a `Fingerprint` pins one certificate, a `CertificateFile`
            the one in a file, also after its renewal; the path of a CA file (PEM), or an `ssl.SSLContext`, verify as
            usual; False accepts anybody. ``None``: as `verify_ssl` says. It is checked in the handshake, before
            anything of a request, such as the key, is sent.
        max_response_size: How many bytes an answer may have, decompressed; ``None`` for no limit. The default, 256 MiB,
            is enough for the listing of a million files.

    Raises:
        BadRequestError: Arguments that contradict each other, or would have no effect. A key or URL that can't be right
            is reported by the first request.
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
    ) -> None:
        # As what shows nothing of itself: an error that is raised in there leads to the variables here.
        api_key, url = hidden(api_key), hidden(url)
        self._api = API(api_key, url, timeout, verify_ssl, loop, session, tls=tls, max_response_size=max_response_size)
        self._system = System(self._api)
        self._config = Config(self._api)
        self._cluster = Cluster(self._api)
        self._database = Database(self._api)
        self._folder = Folder(self._api)
        self._events = Events(self._api)
        self._stats = Stats(self._api)
        self._svc = Svc(self._api)
        self._debug = Debug(self._api)
        self._noauth = Noauth(self._api)

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
    ) -> Self:
        """Return a client of the Syncthing of this computer, with its address and key.

        Where they come from says `aiosyncthing.local.discover`. Over HTTPS the certificate in the daemon's home is
        pinned, also after its renewal, unless `tls` or `verify_ssl` say something else.

        It reads some files and may try connections, which takes milliseconds, at worst some seconds. Where nothing may
        wait for that: ``client = await asyncio.to_thread(Syncthing.local)``.

        Args:
            home: Folder with Syncthing's config.xml; ``None`` to search for it.
            timeout: As for the class.
            verify_ssl: As for the class.
            session: As for the class.
            tls: As for the class.
            max_response_size: As for the class.

        Raises:
            DiscoveryError: There is none, or it can't be told which, or its configuration can't be used; the text says
                where it was looked, and what to do.
            BadRequestError: Arguments that contradict each other or what was found.
        """
        daemon = discover(home)
        if tls is None and verify_ssl and daemon.certificate and daemon.url.startswith(("https:", "unixs:")):
            tls = CertificateFile(daemon.certificate)
        try:
            return cls(
                daemon.api_key,
                daemon.url,
                timeout,
                verify_ssl,
                session=session,
                tls=tls,
                max_response_size=max_response_size,
            )
        except BadRequestError as error:
            reason = str(error)
        raise BadRequestError(reason)  # without frames that have a key in their variables which the caller never saw

    def __repr__(self) -> str:
        """Show where it points to, without the key."""
        if not hasattr(self, "_api"):  # its arguments were refused
            return object.__repr__(self)
        return f"<{type(self).__name__} of {self._api!r}>"

    @property
    def api(self) -> API:
        """The low-level client, for requests that have no method."""
        return self._api

    @property
    def url(self) -> str:
        """The base URL, as given."""
        return self._api.url

    @property
    def system(self) -> System:
        """``rest/system``: the daemon itself."""
        return self._system

    @property
    def config(self) -> Config:
        """``rest/config``: folders, devices and settings."""
        return self._config

    @property
    def cluster(self) -> Cluster:
        """``rest/cluster``: devices and folders that wait to be accepted."""
        return self._cluster

    @property
    def database(self) -> Database:
        """``rest/db``: what is in the folders, and what is needed."""
        return self._database

    @property
    def db(self) -> Database:
        """Another name of `database`, as in ``rest/db``."""
        return self._database

    @property
    def folder(self) -> Folder:
        """``rest/folder``: failed items and old versions of files."""
        return self._folder

    @property
    def events(self) -> Events:
        """``rest/events``: what happens."""
        return self._events

    @property
    def stats(self) -> Stats:
        """``rest/stats``: when devices and folders were last seen."""
        return self._stats

    @property
    def svc(self) -> Svc:
        """``rest/svc``: small services."""
        return self._svc

    @property
    def debug(self) -> Debug:
        """``rest/debug``: profiles and support bundles."""
        return self._debug

    @property
    def noauth(self) -> Noauth:
        """``rest/noauth``: what needs no API key."""
        return self._noauth

    def watch(self) -> Live:
        """Return a live mirror of folders, devices and connections, kept right by events.

        ::

            async with client.watch() as live:
                print(live.folders["docs"].state, live.devices[device_id].connected)
                async for change in live.changes(): ...
        """
        return Live(self._api, self._events)

    async def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until the daemon answers: from a refused connection, through starting and migration, to ready.

        This is what waits for a daemon to come. `wait_in_sync` and `watch` raise at once where there is none.

        Args:
            timeout: Seconds; ``None`` for no limit.

        Raises:
            WaitTimeoutError: It was not ready in time; the text names the last state seen.
            SyncthingError: What won't heal by waiting: a refused key, a refused host name, a certificate that can't
                be verified, another program on that port.
        """
        await wait_ready(self._api, timeout)

    async def wait_in_sync(
        self,
        folders: Iterable[str] | str | None = None,
        devices: Iterable[str] | str | None = None,
        *,
        rescan: bool = False,
        stable_for: float = 0,
        timeout: float | None = None,
        on_progress: Callable[[SyncProgress], Awaitable[object] | object] | None = None,
    ) -> SyncProgress:
        """Wait until folders are in sync: here, and on the devices that share them.

        Here means: the folder has been scanned since it was started, nothing is needed, also no deletions and no empty
        files, nothing has failed, and nothing is going on. There means: the device is connected, has accepted the
        folder, and needs nothing of what is known here.

        News of other devices may be on their way. So it waits until 3 s after the latest of these: a device has
        connected or changed what it shares, a folder was added, accepted, resumed, shared, or started again by a change
        of its settings, a part of the index has come that follows from these. That holds also for what happened just
        before the waiting. Where none of these is recent, a cluster that is in sync is so at once.

        What can't be known:

        - What the daemon has not noticed yet does not count; with ``rescan`` it looks first.
        - What another device has not said yet doesn't count either, beyond these 3 s: for changes made elsewhere, wait
          there, or use ``stable_for``. A device that scans a new folder for long says only then what it has.
        - A folder of type ``receiveencrypted`` for which nothing was ever received is waited for: before the devices
          connect again after it was accepted, the other side can't send. One that is empty at the other side looks the
          same, so this waits for that as well.
        - What was changed here in a receive-only folder is not part of the cluster and doesn't count. A device that has
          changed a file in its own receive-only folder lacks our version of it, until it reverts that.
        - Syncthing before 1.20 doesn't say whether another device has paused a folder or, while that is empty,
          accepted it, nor when it changes what it shares.

        A folder or device that is removed meanwhile is an error if it was named. With ``None`` for all, those that are
        left count, so in the end there may be nothing to wait for.

        The daemon must be there at the beginning; `wait_ready` waits for it. When it can't be asked later, this goes on
        as soon as it can be, and logs that once as a warning. A folder whose figures take the daemon long is asked for
        them with a time-out of its own, of a minute at least, while the others go on.

        Args:
            folders: IDs of the folders; ``None`` for all.
            devices: IDs of the devices; ``None`` for all that share a folder, none (``[]``) for here only. With
                ``folders`` each device has to share each of them, otherwise any.
            rescan: Scan first, so that changes which the daemon has not noticed yet count.
            stable_for: Seconds for which all that must hold without a disturbance, such as a scan.
            timeout: Seconds; ``None`` for no limit.
            on_progress: Called, and awaited if that makes sense, with a `SyncProgress` when it has changed: often at
                first, then about once a second at most.

        Returns:
            The progress at the end.

        Raises:
            UnknownFolderError: There is no such folder, or no longer.
            UnknownDeviceError: There is no such remote device, or no longer.
            InvalidDeviceIDError: That is not a device ID.
            FolderNotRunningError: A folder is paused.
            CannotSyncError: A folder has an error, such as a lost disk, or a device is paused here or not one of those
                that share the folder.
            WaitTimeoutError: The time is up; the text says what was missing where, and ``missing`` and ``progress``
                have it as data, with the names of failed items and why they failed.
            BadRequestError: ``folders`` or an ID is empty.
            UnreachableError: The daemon was not there at the beginning.
            SyncthingError: What won't heal by waiting, such as a refused key.
        """
        return await wait_in_sync(
            self._api,
            self._events,
            folders,
            devices,
            rescan=rescan,
            stable_for=stable_for,
            timeout=timeout,
            on_progress=on_progress,
        )

    async def metrics(self, *, timeout: float | None = None) -> str:
        """Get the daemon's metrics, in the text format of Prometheus.

        Since Syncthing 1.24. Docs: ``users/metrics``.

        Args:
            timeout: Seconds for the request; default 60.

        Raises:
            NotSupportedError: The daemon is older.
        """
        return await self._api.call(_routes.METRICS, timeout=timeout)

    async def qr_code(self, text: str, *, timeout: float | None = None) -> bytes:
        """Get a QR code as a PNG image.

        Args:
            text: What to encode, such as a device ID.
            timeout: Seconds for the request.

        Raises:
            ServerError: The text is too long for a QR code.
        """
        required(text, "text")
        return await self._api.call(_routes.QR_CODE, params={"text": text}, timeout=timeout)

    async def meta(self, *, timeout: float | None = None) -> str:
        """Get ``meta.js``, the script that tells the web interface the daemon's device ID.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.META, timeout=timeout)

    async def close(self) -> None:
        """Close the HTTP session, if it was made here. May be called twice."""
        await self._api.close()

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        await self.close()
