"""The namespaces of a client, and the requests that belong to none."""

from __future__ import annotations

from aiosyncthing import _routes, types as t
from aiosyncthing._rest import lookup
from aiosyncthing._rest.checks import required
from aiosyncthing._rest.known import OwnDevice
from aiosyncthing._rest.namespace import Namespace
from aiosyncthing.api import API
from aiosyncthing.cluster import Cluster
from aiosyncthing.config import Config
from aiosyncthing.database import Database
from aiosyncthing.debug import Debug
from aiosyncthing.events import Events
from aiosyncthing.folder import Folder
from aiosyncthing.noauth import Noauth
from aiosyncthing.stats import Stats
from aiosyncthing.svc import Svc
from aiosyncthing.system import System


class Namespaces(Namespace):
    """The namespaces, one for each part of the REST paths, and the requests whose paths are in none of these parts.

    Args:
        api: The `API` that sends the requests.
    """

    def __init__(self, api: API) -> None:
        super().__init__(api)
        self._system = System(api)
        self._config = Config(api)
        self._cluster = Cluster(api, self._config)
        self._database = Database(api)
        self._folder = Folder(api)
        self._events = Events(api)
        self._stats = Stats(api)
        self._svc = Svc(api)
        self._debug = Debug(api)
        self._noauth = Noauth(api)
        self._own = OwnDevice(api)

    @property
    def api(self) -> API:
        """The low-level client, for requests that have no method here."""
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
        """``rest/cluster``: devices and folders waiting to be accepted."""
        return self._cluster

    @property
    def database(self) -> Database:
        """``rest/db``: the contents of folders, and what they need."""
        return self._database

    @property
    def db(self) -> Database:
        """The same as `database`, under the name in the path ``rest/db``."""
        return self._database

    @property
    def folder(self) -> Folder:
        """``rest/folder``: failed items and old versions of files."""
        return self._folder

    @property
    def events(self) -> Events:
        """``rest/events``: polling for events, listening, and the resilient stream."""
        return self._events

    @property
    def stats(self) -> Stats:
        """``rest/stats``: when devices and folders were last active."""
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
        """``rest/noauth``: endpoints that need no API key."""
        return self._noauth

    async def device_id(self, *, timeout: float | None = None) -> str:
        """Get the daemon's own device ID, with one request at most.

        Every answer contains it, so a client that has already had an answer sends no request. If another daemon takes
        the place of this one, its ID is returned as soon as it has answered anything. A mirror (`watch`) notices that
        by itself.

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._own.find(timeout)

    async def find_folder(self, name: str, *, timeout: float | None = None) -> t.FolderConfiguration:
        """Get the configuration of the folder that a name means.

        The first of these decides: a folder with that ID; with that label; with that label in upper or lower case; with
        an ID that begins so. Programs that run unattended should use IDs, since a new folder may have the same label.

        Args:
            name: ID, label, or the beginning of an ID.
            timeout: Time limit for the request, in seconds.

        Raises:
            AmbiguousNameError: It means several folders; ``candidates`` has their labels, by ID.
            UnknownFolderError: It means none; the message suggests similar ones.
            BadRequestError: It is empty.
        """
        return await lookup.folder_named(self._api, name, timeout)

    async def find_device(self, name: str, *, timeout: float | None = None) -> t.DeviceConfiguration:
        """Get the configuration of the device that a name means, which may be the daemon's own.

        The order is that of `find_folder`. IDs may be written with or without dashes, in upper or lower case; of an ID,
        at least the first seven characters are needed, by which Syncthing abbreviates it.

        Args:
            name: ID, name, or the beginning of an ID.
            timeout: Time limit for the request, in seconds.

        Raises:
            AmbiguousNameError: It means several devices; ``candidates`` has their names, by ID.
            UnknownDeviceError: It means none; the message suggests similar ones.
            BadRequestError: It is empty.
        """
        return await lookup.device_named(self._api, name, timeout)

    async def metrics(self, *, timeout: float | None = None) -> str:
        """Get the daemon's metrics in Prometheus's text format.

        Since Syncthing 1.24.
        Docs: https://docs.syncthing.net/users/metrics.html

        Args:
            timeout: Time limit for the request, in seconds; by default 60.

        Raises:
            NotSupportedError: The daemon is older.
        """
        return await self._api.call(_routes.METRICS, timeout=timeout)

    async def qr_code(self, text: str, *, timeout: float | None = None) -> bytes:
        """Get a QR code as a PNG image.

        Args:
            text: The text to encode, such as a device ID.
            timeout: Time limit for the request, in seconds.

        Raises:
            ServerError: The text is too long for a QR code.
        """
        required(text, "text")
        return await self._api.call(_routes.QR_CODE, params={"text": text}, timeout=timeout)

    async def meta(self, *, timeout: float | None = None) -> str:
        """Get ``meta.js``, the script that contains the daemon's device ID for the web interface.

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._api.call(_routes.META, timeout=timeout)
