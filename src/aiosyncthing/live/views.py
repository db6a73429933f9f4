"""What a mirror shows: folders, devices and changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from aiosyncthing import types as t


class Change(NamedTuple):
    """A change of a folder or device, or of the daemon itself.

    Attributes:
        kind: ``"folder"``, ``"device"``, or ``"daemon"`` for the connection to the daemon and what is pending there.
        id: ID of the folder or device; empty for the daemon.
        fields: Names of the attributes that changed; ``"added"`` or ``"removed"`` for the whole folder or device. If
            both are there, check whether it still exists.
    """

    kind: Literal["folder", "device", "daemon"]
    id: str
    fields: frozenset[str]


@dataclass(slots=True, eq=False)
class LiveFolder:
    """A folder as it is now. All values are as the daemon sent them.

    Attributes:
        id: ID of the folder.
        config: Its configuration.
        state: ``paused``, or the daemon's state, such as ``idle``, ``scanning``, ``syncing`` or ``error``; ``unknown``
            until the daemon has answered.
        error: Error of the folder as a whole; empty if there is none.
        summary: The answer of `Database.status`; ``None`` until it is known. All zero while the folder is paused.
        errors: Items that failed to sync.
        completion: How complete the folder is on each remote device that shares it, by device ID; empty while the
            folder is paused.
        progress: Running downloads, by path.
        scan: Progress of the running scan in bytes (``current``, ``total``, ``rate``); ``None`` if there is none.
    """

    id: str
    config: t.FolderConfiguration
    state: str = "unknown"
    error: str = ""
    summary: t.FolderSummary | None = None
    errors: list[t.FileError] = field(default_factory=list[t.FileError])
    completion: dict[str, t.FolderCompletion] = field(default_factory=dict[str, t.FolderCompletion])
    progress: Mapping[str, t.PullerProgress] = field(default_factory=dict[str, t.PullerProgress])
    scan: t.FolderScanProgressData | None = None

    @property
    def label(self) -> str:
        """Its label, or its ID if it has none."""
        return self.config["label"] or self.id

    @property
    def paused(self) -> bool:
        """Whether it is paused."""
        return self.config["paused"]


@dataclass(slots=True, eq=False)
class LiveDevice:
    """A device as it is now.

    Attributes:
        id: ID of the device.
        config: Its configuration.
        own: Whether it is the daemon's own device.
        connected: Whether it is connected; always false for the daemon's own device.
        connection: Its entry in `System.connections`; ``None`` until it is known.
        last_seen: When it was last connected; ``None`` if unknown.
        in_rate: Bytes received from it per second, over the last seconds; ``None`` until it is known.
        out_rate: Bytes sent to it per second, likewise.
    """

    id: str
    config: t.DeviceConfiguration
    own: bool = False
    connected: bool = False
    connection: t.ConnectionStats | None = None
    last_seen: datetime | None = None
    in_rate: float | None = None
    out_rate: float | None = None

    @property
    def name(self) -> str:
        """Its name, or the short form of its ID if it has none."""
        return self.config["name"] or self.id[:7]

    @property
    def paused(self) -> bool:
        """Whether it is paused."""
        return self.config["paused"]

    @property
    def address(self) -> str:
        """The address of its connection; empty if it is not connected."""
        return self.connection["address"] if self.connection else ""

    @property
    def client_version(self) -> str:
        """The version of Syncthing it runs; empty if it is not connected."""
        return self.connection["clientVersion"] if self.connection else ""
