"""Asynchronous Python client of Syncthing.

``Syncthing`` is the entry; everything that can go wrong is in `aiosyncthing.exceptions`, and what the daemon
answers is described in `aiosyncthing.types`. Names load when they are first used, so that this import costs next to
nothing: aiohttp alone takes longer than the start of Python.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import exceptions

if TYPE_CHECKING:
    from ._fingerprint import CertificateFile, Fingerprint
    from ._stream import EventStream
    from ._sync import SyncProgress
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
    from .svc import Svc
    from .syncthing import Syncthing
    from .system import System
    from .times import parse_time
    from .tls import fetch_fingerprint

__all__ = [
    "API",
    "CertificateFile",
    "Cluster",
    "Config",
    "Daemon",
    "Database",
    "Debug",
    "DeviceID",
    "EventStream",
    "Events",
    "Fingerprint",
    "Folder",
    "Live",
    "LocalDaemon",
    "Noauth",
    "Stats",
    "Svc",
    "SyncProgress",
    "Syncthing",
    "System",
    "exceptions",
    "fetch_fingerprint",
    "parse_time",
]

_MODULES = {
    "API": "api",
    "CertificateFile": "_fingerprint",
    "Cluster": "cluster",
    "Config": "config",
    "Daemon": "daemon",
    "Database": "database",
    "Debug": "debug",
    "DeviceID": "device_id",
    "EventStream": "_stream",
    "Events": "events",
    "Fingerprint": "_fingerprint",
    "Folder": "folder",
    "Live": "live",
    "LocalDaemon": "local",
    "Noauth": "noauth",
    "Stats": "stats",
    "Svc": "svc",
    "SyncProgress": "_sync",
    "Syncthing": "syncthing",
    "System": "system",
    "fetch_fingerprint": "tls",
    "parse_time": "times",
}
# Submodules that programs written for version 0 reach after `import aiosyncthing` alone.
_SUBMODULES = frozenset({*_MODULES.values(), "types"})


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    if name in _SUBMODULES:
        return importlib.import_module(f".{name}", __name__)
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - takes longer than this whole module

        return version(__name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_SUBMODULES})
