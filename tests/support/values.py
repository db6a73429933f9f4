"""The parts of configurations and answers that tests of pure functions need."""

from __future__ import annotations

from typing import Any, Final

from .server import DAEMON_ID

__all__ = ["OTHER", "THIRD", "completion", "connection", "device", "folder", "summary"]

OTHER: Final = "MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD"
THIRD: Final = "AAAQEAY-EAUDAOB-CAJBIFQ-YDIOB4B-IBCEQTC-QKRMFYX-YDENBWH-A5DYPQG"
_NEVER: Final = "0001-01-01T00:00:00Z"
_LONG_AGO: Final = "2026-03-01T12:00:00Z"


def device(device_id: str, **fields: Any) -> dict[str, Any]:
    """Return a device's configuration."""
    return {"deviceID": device_id, "name": "", "paused": False, **fields}


def folder(folder_id: str, *devices: str, **fields: Any) -> dict[str, Any]:
    """Return the configuration of a folder that is shared with these devices and the daemon's own."""
    shared = [{"deviceID": name} for name in (DAEMON_ID, *devices)]
    return {"id": folder_id, "label": "", "paused": False, "devices": shared, **fields}


def summary(**fields: Any) -> dict[str, Any]:
    """Return the answer of ``db/status`` for a folder that was scanned and needs nothing."""
    numbers = dict.fromkeys(("needFiles", "needDirectories", "needSymlinks", "needDeletes", "needBytes"), 0)
    state = {"state": "idle", "stateChanged": _LONG_AGO, "error": "", "errors": 0}
    return {**numbers, **state, "globalBytes": 100, "sequence": 7, "remoteSequence": {}, **fields}


def completion(**fields: Any) -> dict[str, Any]:
    """Return the answer of ``db/completion`` for a device that has everything."""
    needed = {"needBytes": 0, "needItems": 0, "needDeletes": 0}
    return {"globalBytes": 100, "globalItems": 3, **needed, "sequence": 5, "remoteState": "valid", **fields}


def connection(*, connected: bool = True, **fields: Any) -> dict[str, Any]:
    """Return the entry in ``system/connections`` of a device that has been connected for an hour."""
    times = {"at": "2026-03-01T13:00:00Z", "startedAt": _LONG_AGO} if connected else {"at": _NEVER, "startedAt": _NEVER}
    names = (
        {"address": "192.0.2.1:22000", "clientVersion": "v1.29.5"}
        if connected
        else dict.fromkeys(("address", "clientVersion"), "")
    )
    return {"connected": connected, "paused": False, "inBytesTotal": 0, "outBytesTotal": 0, **times, **names, **fields}
