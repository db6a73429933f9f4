"""The requests of a check, and their answers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aiosyncthing import types as t
    from aiosyncthing._routes import Route


class Question(NamedTuple):
    """A question for the daemon.

    Attributes:
        route: The route to ask.
        folder: ID of the folder in question, if any.
        device: ID of the device in question, if any.
        more: Further parameters.
        expensive: Whether the daemon computes the answer from its database, which may take minutes.
    """

    route: Route[Any]
    folder: str = ""
    device: str = ""
    more: tuple[tuple[str, str], ...] = ()
    expensive: bool = False

    @property
    def params(self) -> dict[str, str] | None:
        """The parameters of the request."""
        about = {"folder": self.folder, "device": self.device}
        return {name: value for name, value in about.items() if value} | dict(self.more) or None


class Unanswered(NamedTuple):
    """A question that the daemon could not answer.

    Attributes:
        question: The question.
        reason: Why not.
        supported: Whether this daemon can answer it at other times.
    """

    question: Question
    reason: str
    supported: bool


@dataclass(slots=True)
class FolderAnswers:
    """The daemon's answers about a folder.

    Attributes:
        config: Its configuration.
        sharers: The other devices that share it.
        summary: Its status; ``None`` if it is not running.
        failed: The first page of its failed items.
        conflicts: Paths of its conflict copies, if requested.
    """

    config: t.FolderConfiguration
    sharers: list[t.DeviceConfiguration]
    summary: t.FolderSummary | None = None
    failed: list[t.FileError] = field(default_factory=list["t.FileError"])
    conflicts: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Answers:
    """The daemon's answers about itself and its devices; ``None`` where it could not answer or was not asked.

    Attributes:
        config: ``rest/config``.
        status: ``rest/system/status``.
        connections: ``rest/system/connections``.
        stats: ``rest/stats/device``.
        pending_devices: ``rest/cluster/pending/devices``.
        pending_folders: ``rest/cluster/pending/folders``.
        restart: ``rest/config/restart-required``.
        errors: ``rest/system/error``.
        upgrade: ``rest/system/upgrade``.
        folders: About the chosen folders.
        unanswered: Questions that the daemon could not answer.
    """

    config: t.Configuration
    status: t.SystemStatus
    connections: t.Connections
    stats: Mapping[str, t.DeviceStatistics] | None = None
    pending_devices: Mapping[str, t.PendingDevice] | None = None
    pending_folders: Mapping[str, t.PendingFolder] | None = None
    restart: t.RestartRequired | None = None
    errors: t.SystemErrors | None = None
    upgrade: t.UpgradeInfo | None = None
    folders: list[FolderAnswers] = field(default_factory=list[FolderAnswers])
    unanswered: list[Unanswered] = field(default_factory=list[Unanswered])

    @property
    def remotes(self) -> list[t.DeviceConfiguration]:
        """The other devices."""
        own = self.status["myID"]
        return [device for device in self.config["devices"] if device["deviceID"] != own]

    @property
    def connected(self) -> frozenset[str]:
        """IDs of the devices that are connected."""
        found = self.connections["connections"].items()
        return frozenset(name for name, connection in found if connection["connected"])


def by_id(devices: Iterable[t.DeviceConfiguration]) -> dict[str, t.DeviceConfiguration]:
    """Return devices by their IDs."""
    return {device["deviceID"]: device for device in devices}
