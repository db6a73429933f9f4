"""What all parts of a daemon share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .disk import on_disk
from .events import EventLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ParamSpec, TypeVar

    from aiosyncthing.device_id import DeviceID
    from pytest_syncthing.clock import Clock
    from pytest_syncthing.facts import Facts

    from .disk import Disk

    P = ParamSpec("P")
    T = TypeVar("T")


@dataclass(slots=True)
class Core:
    """The facts about one daemon that its parts work with. Use it in the fakes' thread only.

    Only `Node` replaces ``config`` and ``events``.

    Attributes:
        facts: The version it plays.
        clock: Its clock.
        disk: Where its files are.
        device_id: Its own device ID.
        sync_address: Where other fakes reach it: ``tcp://127.0.0.1:port``.
        config: The configuration; replaced as a whole, never changed in place.
        summary_delay: Seconds between a change of a folder's counts and the events about it; 0 for none.
        own_id: Its own device ID as a plain string.
        events: What has happened since the process started.
    """

    facts: Facts
    clock: Clock
    disk: Disk
    device_id: DeviceID
    sync_address: str
    config: dict[str, Any]
    summary_delay: float = 0
    own_id: str = field(init=False)
    events: EventLog = field(init=False)

    def __post_init__(self) -> None:
        self.own_id = str(self.device_id)
        self.events = EventLog(self.clock)

    @property
    def short_id(self) -> str:
        """The short form of its device ID, which stands for it in the versions of files."""
        return self.device_id.short

    @property
    def name(self) -> str:
        """The name of its own device."""
        config = self.device(self.own_id)
        return config["name"] if config else ""

    @property
    def version(self) -> str:
        """The version it reports, such as ``v1.29.5``."""
        version: str = self.facts.data["version"]["version"]
        return version

    def device(self, device: str) -> dict[str, Any] | None:
        """Return the configuration of a device; ``None`` for an unknown one."""
        devices: list[dict[str, Any]] = self.config["devices"]
        return next((each for each in devices if each["deviceID"] == device), None)

    def emit(self, kind: str, data: Any) -> None:
        """Emit an event."""
        self.events.emit(kind, data)

    async def on_disk(self, call: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Make a call that works on the disk, without blocking the loop."""
        return await on_disk(self.disk, call, *args, **options)
