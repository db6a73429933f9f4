"""Asynchronous Python client of Syncthing.

``Syncthing`` is the entry; everything that can go wrong is in `aiosyncthing.exceptions`, and what the daemon
answers is described in `aiosyncthing.types`. Names load when they are first used, so that this import costs next to
nothing: aiohttp alone takes longer than the start of Python. Where aiohttp is loaded already, everything loads now, so
that nothing is imported in the middle of a running event loop.
"""

import sys

from ._lazy import lazy, load_all

TYPE_CHECKING = False  # typing takes longer to load than everything here
if TYPE_CHECKING:
    from . import exceptions as exceptions, types as types
    from .api import API as API
    from .cluster import Cluster as Cluster
    from .config import Config as Config, ConfigEdit as ConfigEdit, diff as diff, redact as redact
    from .daemon import Daemon as Daemon
    from .database import Database as Database
    from .debug import Debug as Debug
    from .device_id import DeviceID as DeviceID
    from .events import Events as Events
    from .exceptions import (
        BadRequestError as BadRequestError,
        CannotSyncError as CannotSyncError,
        ConnectionFailedError as ConnectionFailedError,
        DaemonError as DaemonError,
        DiscoveryError as DiscoveryError,
        NotFoundError as NotFoundError,
        NotSupportedError as NotSupportedError,
        RequestTimeoutError as RequestTimeoutError,
        SyncthingError as SyncthingError,
        UnauthorizedError as UnauthorizedError,
        UnknownDeviceError as UnknownDeviceError,
        UnknownFolderError as UnknownFolderError,
        UnreachableError as UnreachableError,
        WaitTimeoutError as WaitTimeoutError,
    )
    from .folder import Folder as Folder
    from .health import Finding as Finding, Severity as Severity
    from .ignores import IgnorePatterns as IgnorePatterns
    from .live import Live as Live
    from .local import LocalDaemon as LocalDaemon
    from .noauth import Noauth as Noauth
    from .pausing import Pause as Pause
    from .stats import Stats as Stats
    from .stream import EventStream as EventStream
    from .svc import Svc as Svc
    from .syncthing import Syncthing as Syncthing
    from .system import System as System
    from .times import parse_time as parse_time
    from .tls import (
        CertificateFile as CertificateFile,
        Fingerprint as Fingerprint,
        fetch_fingerprint as fetch_fingerprint,
    )
    from .waiting import SyncProgress as SyncProgress
else:
    __all__, __getattr__, __dir__ = lazy(
        __name__,
        {
            "api": ["API"],
            "cluster": ["Cluster"],
            "config": ["Config", "ConfigEdit", "diff", "redact"],
            "daemon": ["Daemon"],
            "database": ["Database"],
            "debug": ["Debug"],
            "device_id": ["DeviceID"],
            "events": ["Events"],
            "exceptions": [
                "exceptions",
                "BadRequestError",
                "CannotSyncError",
                "ConnectionFailedError",
                "DaemonError",
                "DiscoveryError",
                "NotFoundError",
                "NotSupportedError",
                "RequestTimeoutError",
                "SyncthingError",
                "UnauthorizedError",
                "UnknownDeviceError",
                "UnknownFolderError",
                "UnreachableError",
                "WaitTimeoutError",
            ],
            "folder": ["Folder"],
            "health": ["Finding", "Severity"],
            "ignores": ["IgnorePatterns"],
            "live": ["Live"],
            "local": ["LocalDaemon"],
            "noauth": ["Noauth"],
            "pausing": ["Pause"],
            "stats": ["Stats"],
            "stream": ["EventStream"],
            "svc": ["Svc"],
            "syncthing": ["Syncthing"],
            "system": ["System"],
            "times": ["parse_time"],
            "tls": ["CertificateFile", "Fingerprint", "fetch_fingerprint"],
            "types": [],
            "waiting": ["SyncProgress"],
        },
        public=True,
    )

__version__ = "1.0.0"

if "aiohttp" in sys.modules:
    from ._http.place import preload

    load_all(__name__)
    preload()
