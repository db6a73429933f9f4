"""What a mirror asks the daemon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from aiosyncthing import _routes
from aiosyncthing._routes import Route

PATIENCE: Final = 3.0
"""Seconds in which the daemon sends a folder's summary unasked, if it does: it looks for changes every 2 seconds."""

PAUSES: Final[Mapping[str, float]] = {"folder_stats": 3.0}
"""How much longer than others to wait before the same question. This one is about all folders, and never urgent."""


class Question(NamedTuple):
    """A question for the daemon.

    Attributes:
        kind: A key of `ROUTES`; or ``"patience"``, which requests nothing: after `PATIENCE` seconds, the daemon has
            sent the folder's summary or won't do so.
        folder: The folder that it is about.
        device: The device that it is about.
    """

    kind: Literal[
        "config",
        "connections",
        "device_stats",
        "folder_stats",
        "pending_devices",
        "pending_folders",
        "summary",
        "errors",
        "completion",
        "patience",
    ]
    folder: str = ""
    device: str = ""


CONFIG: Final = Question("config")
CONNECTIONS: Final = Question("connections")
DEVICE_STATS: Final = Question("device_stats")
FOLDER_STATS: Final = Question("folder_stats")
PENDING_DEVICES: Final = Question("pending_devices")
PENDING_FOLDERS: Final = Question("pending_folders")

ROUTES: Final[Mapping[str, Route[Any]]] = {
    "config": _routes.CONFIG,
    "connections": _routes.CONNECTIONS,
    "device_stats": _routes.DEVICE_STATS,
    "folder_stats": _routes.FOLDER_STATS,
    "pending_devices": _routes.PENDING_DEVICES,
    "pending_folders": _routes.PENDING_FOLDERS,
    "summary": _routes.DB_STATUS,
    "errors": _routes.FOLDER_ERRORS,
    "completion": _routes.DB_COMPLETION,
}
