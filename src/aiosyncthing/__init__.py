"""Asynchronous Python client of Syncthing.

``Syncthing`` is the entry; everything that can go wrong is in `aiosyncthing.exceptions`, and what the daemon
answers is described in `aiosyncthing.types`. Names load when they are first used, so that this import costs next to
nothing: aiohttp alone takes longer than the start of Python. Where aiohttp is loaded already, everything loads now, so
that nothing is imported in the middle of a running event loop.
"""

from __future__ import annotations

from . import exceptions
from ._lazy import LazyNames
from .exceptions import (
    BadRequestError,
    CannotSyncError,
    ConnectionFailedError,
    DaemonError,
    DiscoveryError,
    NotFoundError,
    NotSupportedError,
    RequestTimeoutError,
    SyncthingError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
    UnreachableError,
    WaitTimeoutError,
)

TYPE_CHECKING = False  # typing takes longer to load than everything here
if TYPE_CHECKING:
    from typing import Any

    from .api import API
    from .cluster import Cluster
    from .config import Config
    from .daemon import Daemon
    from .database import Database
    from .debug import Debug
    from .device_id import DeviceID
    from .events import Events
    from .folder import Folder
    from .live import Live
    from .local import LocalDaemon
    from .noauth import Noauth
    from .stats import Stats
    from .stream import EventStream
    from .svc import Svc
    from .syncthing import Syncthing
    from .system import System
    from .times import parse_time
    from .tls import CertificateFile, Fingerprint, fetch_fingerprint
    from .waiting import SyncProgress

__all__ = [
    "API",
    "BadRequestError",
    "CannotSyncError",
    "CertificateFile",
    "Cluster",
    "Config",
    "ConnectionFailedError",
    "Daemon",
    "DaemonError",
    "Database",
    "Debug",
    "DeviceID",
    "DiscoveryError",
    "EventStream",
    "Events",
    "Fingerprint",
    "Folder",
    "Live",
    "LocalDaemon",
    "Noauth",
    "NotFoundError",
    "NotSupportedError",
    "RequestTimeoutError",
    "Stats",
    "Svc",
    "SyncProgress",
    "Syncthing",
    "SyncthingError",
    "System",
    "UnauthorizedError",
    "UnknownDeviceError",
    "UnknownFolderError",
    "UnreachableError",
    "WaitTimeoutError",
    "exceptions",
    "fetch_fingerprint",
    "parse_time",
]

_MODULES = {
    "API": "api",
    "CertificateFile": "tls",
    "Cluster": "cluster",
    "Config": "config",
    "Daemon": "daemon",
    "Database": "database",
    "Debug": "debug",
    "DeviceID": "device_id",
    "EventStream": "stream",
    "Events": "events",
    "Fingerprint": "tls",
    "Folder": "folder",
    "Live": "live",
    "LocalDaemon": "local",
    "Noauth": "noauth",
    "Stats": "stats",
    "Svc": "svc",
    "SyncProgress": "waiting",
    "Syncthing": "syncthing",
    "System": "system",
    "fetch_fingerprint": "tls",
    "parse_time": "times",
}
# Submodules that programs written for version 0 reach after `import aiosyncthing` alone.
_names = LazyNames(globals(), _MODULES, (*_MODULES.values(), "types"))

__version__ = "1.0.0"


def __getattr__(name: str) -> Any:
    return _names.load(name)


def __dir__() -> list[str]:
    return _names.names()


_names.load_rest()
