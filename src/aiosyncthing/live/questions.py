"""What a mirror asks the daemon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from aiosyncthing import _routes
from aiosyncthing._routes import Route

PATIENCE: Final = 3.0
"""Seconds in which the daemon sends a folder's summary unasked, if it does: it looks for changes every 2 seconds."""


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
        "identity",
        "connections",
        "stats",
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
IDENTITY: Final = Question("identity")
CONNECTIONS: Final = Question("connections")
STATS: Final = Question("stats")
PENDING_DEVICES: Final = Question("pending_devices")
PENDING_FOLDERS: Final = Question("pending_folders")

ROUTES: Final[Mapping[str, Route[Any]]] = {
    "config": _routes.CONFIG,
    "identity": _routes.STATUS,
    "connections": _routes.CONNECTIONS,
    "stats": _routes.DEVICE_STATS,
    "pending_devices": _routes.PENDING_DEVICES,
    "pending_folders": _routes.PENDING_FOLDERS,
    "summary": _routes.DB_STATUS,
    "errors": _routes.FOLDER_ERRORS,
    "completion": _routes.DB_COMPLETION,
}
