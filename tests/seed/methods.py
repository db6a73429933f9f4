"""The methods of version 0, and the requests that they sent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from aiosyncthing import Syncthing

__all__ = ["DEVICE", "METHODS", "READS", "Method"]

DEVICE: Final = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"


@dataclass(frozen=True, slots=True)
class Method:
    """A call of a method.

    Attributes:
        call: Calls the method.
        target: The requested path and query, without the leading slash.
        args: Positional arguments of `API.raw_request`.
        options: Its keyword arguments.
        answer: The daemon's answer; ``None`` for an empty body.
        missing: Name of the exception for a 404.
    """

    call: Callable[[Syncthing], Awaitable[Any]]
    target: str
    args: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    answer: Any = None
    missing: str = "NotFoundError"

    def __str__(self) -> str:
        """The name in pytest's output."""
        return self.target

    @property
    def method(self) -> str:
        """The HTTP method."""
        method: str = self.options.get("method", "GET")
        return method


def _read(call: Callable[[Syncthing], Awaitable[Any]], path: str, answer: Any) -> Method:
    return Method(call, path, (path,), answer=answer)


READS: Final = (
    _read(lambda client: client.config.config(), "rest/config", {"version": 37, "folders": [], "devices": []}),
    _read(lambda client: client.config.folders(), "rest/config/folders", [{"id": "docs"}]),
    _read(lambda client: client.config.folders("docs"), "rest/config/folders/docs", {"id": "docs"}),
    _read(lambda client: client.config.devices(), "rest/config/devices", [{"deviceID": DEVICE}]),
    _read(lambda client: client.config.devices(DEVICE), f"rest/config/devices/{DEVICE}", {"deviceID": DEVICE}),
    _read(lambda client: client.system.status(), "rest/system/status", {"myID": DEVICE, "alloc": 1}),
    _read(lambda client: client.system.version(), "rest/system/version", {"version": "v1.29.5"}),
    _read(lambda client: client.system.error(), "rest/system/error", {"errors": [{"when": "", "message": "oh"}]}),
    _read(lambda client: client.system.connections(), "rest/system/connections", {"total": {"inBytesTotal": 1}}),
    Method(
        lambda client: client.database.status("docs"),
        "rest/db/status?folder=docs",
        ("rest/db/status",),
        {"params": {"folder": "docs"}},
        {"state": "idle", "globalBytes": 0, "of the future": [None]},
        "UnknownFolderError",
    ),
)

METHODS: Final = (
    *READS,
    *(
        Method(
            call, target, (target.partition("?")[0],), {"params": params, "method": "POST"}, None, "UnknownDeviceError"
        )
        for call, target, params in (
            (lambda client: client.system.pause(), "rest/system/pause", {}),
            (lambda client: client.system.pause(DEVICE), f"rest/system/pause?device={DEVICE}", {"device": DEVICE}),
            (lambda client: client.system.resume(), "rest/system/resume", {}),
            (lambda client: client.system.resume(DEVICE), f"rest/system/resume?device={DEVICE}", {"device": DEVICE}),
        )
    ),
)
