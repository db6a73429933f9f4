"""The namespaces of a client, and the endpoints outside of them."""

from __future__ import annotations

from aiosyncthing import _routes, types as t
from aiosyncthing._rest import lookup
from aiosyncthing._rest.checks import required
from aiosyncthing._rest.known import OwnDevice
from aiosyncthing._rest.namespace import Namespace
from aiosyncthing.api import API
from aiosyncthing.cluster import Cluster
from aiosyncthing.config.config import Config
from aiosyncthing.database import Database
from aiosyncthing.debug import Debug
from aiosyncthing.events import Events
from aiosyncthing.folder import Folder
from aiosyncthing.noauth import Noauth
from aiosyncthing.stats import Stats
from aiosyncthing.svc import Svc
from aiosyncthing.system import System


class Namespaces(Namespace):
    """The namespaces, one for each part of the REST paths, and the endpoints outside of them.

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
        """``rest/cluster``: pending devices and folders."""
        return self._cluster

    @property
    def database(self) -> Database:
        """``rest/db``: the contents of folders, and what they need."""
        return self._database

    @property
    def db(self) -> Database:
        """The same as `database`, named after the path ``rest/db``."""
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
        """``rest/svc``: device ID checks, language, reports and random strings."""
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

        Every answer contains it, so a client that has already received one sends no request. If another daemon takes
        over the address, its ID is returned as soon as it has answered any request. A mirror (`watch`) notices such a
        change by itself.

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._own.find(timeout)

    async def find_folder(self, name: str, *, timeout: float | None = None) -> t.FolderConfiguration:
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
        return await lookup.folder_named(self._api, name, timeout)

    async def find_device(self, name: str, *, timeout: float | None = None) -> t.DeviceConfiguration:
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
