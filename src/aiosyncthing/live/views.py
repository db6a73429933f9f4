"""What a mirror shows: folders, devices, totals and changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, NamedTuple

from aiosyncthing import types as t, waiting
from aiosyncthing.times import parse_time
from aiosyncthing.waiting.sync import progress_here, progress_there

NOT_RUNNING: Final = frozenset({"unknown", "paused"})
"""The states of a folder for which there are no figures."""


class Change(NamedTuple):
    """A change of a folder or device, or of the daemon itself.

    Attributes:
        kind: ``"folder"``, ``"device"``, or ``"daemon"`` for attributes of the mirror itself, such as ``connected``.
        id: ID of the folder or device; empty for the daemon.
        fields: Names of the attributes that changed, not of those that are computed from them; ``"added"`` or
            ``"removed"`` for the whole folder or device. If both are there, check whether it still exists.
    """

    kind: Literal["folder", "device", "daemon"]
    id: str
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class LiveTotals:
    """What the daemon has transferred, over all its connections.

    Attributes:
        in_bytes: Bytes received since the daemon was started.
        out_bytes: Bytes sent since then.
        in_rate: Bytes received per second, between the last two requests for this. They are at most 10 s apart, less if
            a device connects or leaves in between. ``None`` until it is known: after the first request, and after the
            first one to a daemon that was restarted.
        out_rate: Bytes sent per second; ``None`` until it is known.
    """

    in_bytes: int
    out_bytes: int
    in_rate: float | None = None
    out_rate: float | None = None


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
        out_rate: Bytes sent to it per second; ``None`` until it is known.
    """

    id: str
    config: t.DeviceConfiguration = field(repr=False)
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


@dataclass(slots=True, eq=False)
class LiveFolder:
    """A folder as it is now.

    The attributes are as the daemon sent them. What is computed from them (`percent`, `needed_bytes`, `needed_items`,
    `in_sync`, `missing` and `remotes`) means the same as in `Syncthing.wait_in_sync`. That also waits some seconds for
    changes that may be on their way.

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
        stats: When it was last scanned, and which file was received last, some seconds old; ``None`` until it is known.
            Of a folder that is paused the last known ones; the daemon itself reports none.
    """

    id: str
    config: t.FolderConfiguration = field(repr=False)  # it may contain passwords
    state: str = "unknown"
    error: str = ""
    summary: t.FolderSummary | None = None
    errors: list[t.FileError] = field(default_factory=list[t.FileError])
    completion: dict[str, t.FolderCompletion] = field(default_factory=dict[str, t.FolderCompletion])
    progress: Mapping[str, t.PullerProgress] = field(default_factory=dict[str, t.PullerProgress])
    scan: t.FolderScanProgressData | None = None
    stats: t.FolderStatistics | None = None
    _devices: Mapping[str, LiveDevice] = field(default_factory=dict[str, LiveDevice], repr=False)

    @property
    def label(self) -> str:
        """Its label, or its ID if it has none."""
        return self.config["label"] or self.id

    @property
    def paused(self) -> bool:
        """Whether it is paused."""
        return self.config["paused"]

    @property
    def percent(self) -> float | None:
        """Share of its bytes that have arrived here; ``None`` while it is paused or its figures are unknown.

        Below 100 while anything is missing, even if that has no bytes, and while it is being scanned.
        """
        here = self.here
        return None if here is None else here.percent

    @property
    def needed_bytes(self) -> int | None:
        """Bytes still missing here; ``None`` while it is paused or its figures are unknown."""
        here = self.here
        return None if here is None else here.needed_bytes

    @property
    def needed_items(self) -> int | None:
        """Files, directories, links and deletions still missing here; ``None`` as for `needed_bytes`."""
        here = self.here
        return None if here is None else here.needed_items

    @property
    def in_sync(self) -> bool:
        """Whether it is in sync here; false while it is paused or its figures are unknown."""
        here = self.here
        return here is not None and not here.missing

    @property
    def missing(self) -> waiting.Missing | None:
        """Why it is not in sync here; ``None`` if it is."""
        return missing_here(self, self.here)

    @property
    def remotes(self) -> dict[str, waiting.SyncProgress]:
        """How far it is on each remote device that shares it, by ID, as far as known; empty while it is paused.

        Each has ``percent``, ``needed_bytes``, ``needed_items``, and ``missing`` with the reason, such as that the
        device is not connected.
        """
        return {
            device_id: progress_there(self.config, device.config, completion, connected=device.connected)
            for device_id, completion in self.completion.items()
            if (device := self._devices.get(device_id)) is not None
        }

    @property
    def last_scan(self) -> datetime | None:
        """When it was last scanned; ``None`` if never, or unknown."""
        return parse_time(self.stats["lastScan"]) if self.stats is not None else None

    @property
    def last_file(self) -> str:
        """Path of the file that was received or deleted last; empty if there is none, or unknown."""
        return self.stats["lastFile"]["filename"] if self.stats is not None else ""

    @property
    def last_file_at(self) -> datetime | None:
        """When that was; ``None`` if there is none, or unknown."""
        return parse_time(self.stats["lastFile"]["at"]) if self.stats is not None else None

    @property
    def here(self) -> waiting.SyncProgress | None:
        """How far it is here; ``None`` while it is paused or its figures are unknown."""
        if self.summary is None or not self.summary["state"] or self.state in NOT_RUNNING:
            return None
        return progress_here(self.config, self.summary, self.errors, list(self.completion.values()))


def missing_here(folder: LiveFolder, here: waiting.SyncProgress | None) -> waiting.Missing | None:
    """Return why a folder is not in sync here, if `here` is how far it is."""
    if here is None:
        return waiting.Missing("paused" if folder.paused else "nothing known yet", folder.id)
    return here.missing[0] if here.missing else None
