"""What a mirror shows: folders and devices as they are now, and what changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from aiosyncthing import types as t


class Change(NamedTuple):
    """Something that is no longer as it was.

    Attributes:
        kind: ``"folder"``, ``"device"``, or ``"daemon"`` for the connection to the daemon and what is pending there.
        id: ID of the folder or device; empty for the daemon.
        fields: Names of the attributes that changed, ``"added"`` or ``"removed"`` for the whole. Both together: look
            whether it is there.
    """

    kind: Literal["folder", "device", "daemon"]
    id: str
    fields: frozenset[str]


@dataclass(slots=True, eq=False)
class LiveFolder:
    """A folder as it is now. Everything in it is what the daemon sent.

    Attributes:
        id: ID of the folder.
        config: Its configuration.
        state: ``paused``, or the daemon's word, such as ``idle``, ``scanning``, ``syncing``, ``error``; ``unknown``
            until it is known.
        error: What is wrong with the folder as a whole; empty if nothing is.
        summary: The sums of `Database.status`; ``None`` until they are known. All zero while the folder is paused.
        errors: The items that could not be synced.
        completion: How complete the folder is on each remote device that shares it, by device ID; empty while the
            folder is paused.
        progress: Downloads that are under way, by path.
        scan: Progress of a scan in bytes (``current``, ``total``, ``rate``); ``None`` when there is none.
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
        connected: Whether it is connected; never true of the own one.
        connection: The daemon's account of the connection; ``None`` until it is known.
        last_seen: When it was last connected, as far as it is known.
        in_rate: Bytes per second received from it, over the time since the account before; ``None`` without one.
        out_rate: Bytes per second sent to it.
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
        """The address that it is connected by, or nothing."""
        return self.connection["address"] if self.connection else ""

    @property
    def client_version(self) -> str:
        """The version of Syncthing that it runs, or nothing while it is not connected."""
        return self.connection["clientVersion"] if self.connection else ""
