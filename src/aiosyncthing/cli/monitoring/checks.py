"""Turn findings and figures into a status, and into the output of a monitoring plugin, without any requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from aiosyncthing.cli.errors import command
from aiosyncthing.cli.values import duration_text, parse_duration, size_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from aiosyncthing.cli.rows import View
    from aiosyncthing.cli.schemas import CheckedDaemon, CheckFinding, Daemon, DeviceRow, FolderRow
    from aiosyncthing.health import Finding

Severity: TypeAlias = Literal["info", "warning", "critical"]

STALE: Final = "folder_stale"
"""The kind of findings about folders not scanned for long, in addition to those of `aiosyncthing.health`."""

SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "critical")
"""The words for the severity of a finding."""

_PLAIN: Final = re.compile(r"[\w.-]+")
_SHOWN: Final = 5  # problems in the first line, which some monitoring systems cut off


class Status(IntEnum):
    """The exit statuses of ``check``, which are those of monitoring plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


_WORST: Final = (Status.OK, Status.WARNING, Status.UNKNOWN, Status.CRITICAL)


class Bounds(NamedTuple):
    """The ages in seconds from which on something is a warning, and critical; ``None`` for never."""

    warning: float | None = None
    critical: float | None = None

    def severity(self, seconds: float) -> Severity | None:
        """Return the severity of an age in seconds."""
        if self.critical is not None and seconds >= self.critical:
            return "critical"
        return "warning" if self.warning is not None and seconds >= self.warning else None

    @property
    def least(self) -> float | None:
        """The lowest age in seconds that is reported."""
        return self.warning if self.warning is not None else self.critical


def parse_bounds(text: str) -> Bounds:
    """Parse bounds such as ``1d:7d``, ``1d`` or ``:7d``.

    Raises:
        ValueError: The text is invalid.
    """
    first, _, second = text.partition(":")
    bounds = Bounds(*(parse_duration(each) if each.strip() else None for each in (first, second)))
    if bounds.least is None:
        raise ValueError(f"{text!r} has no limits: write 1d:7d, 1d or :7d")
    if bounds.warning is not None and bounds.critical is not None and bounds.critical < bounds.warning:
        raise ValueError(f"{text!r}: critical must not come before the warning")
    return bounds


@dataclass(frozen=True)
class Checked:
    """The result of checking a daemon that has answered.

    Attributes:
        daemon: The daemon.
        name: The name of its own device.
        findings: The findings, the most severe first.
        folders: The folders that were checked.
        devices: The devices that were checked.
        unseen: Seconds since devices were last seen, by ID; not for those that are paused or were never seen.
        conflicts: Conflict copies by folder; ``None`` if they were not searched for.
    """

    daemon: Daemon
    name: str
    findings: Sequence[CheckFinding]
    folders: Sequence[FolderRow]
    devices: Sequence[DeviceRow]
    unseen: Mapping[str, float]
    conflicts: Mapping[str, int] | None

    @property
    def status(self) -> Status:
        """The status: that of the most severe finding."""
        return worst(Status(SEVERITIES.index(each["severity"])) for each in self.findings)

    @property
    def row(self) -> CheckedDaemon:
        """The row of the JSON document."""
        return {
            "daemon": self.daemon["name"],
            "id": self.daemon["id"],
            "status": status_word(self.status),
            "folders": len(self.folders),
            "devices": len(self.devices),
            "neededBytes": self.needed,
            "unseenMax": max(self.unseen.values(), default=0.0),
        }

    @property
    def needed(self) -> int:
        """The bytes that are missing here."""
        return sum(row["neededBytes"] or 0 for row in self.folders)


def worst(statuses: Iterable[Status]) -> Status:
    """Return the worst of several: critical, then unknown, then warning."""
    return max(statuses, key=_WORST.index, default=Status.OK)


def status_word(status: Status) -> Literal["ok", "warning", "critical", "unknown"]:
    """Return the word for a status in the JSON document."""
    return ("ok", "warning", "critical", "unknown")[status]


def unseen_seconds(view: View, devices: Iterable[DeviceRow]) -> dict[str, float]:
    """Return how long ago devices were seen, by ID; not for those that are paused or were never seen."""
    passed = ages(view.seen, view.at)
    connected = {row["id"]: 0.0 for row in devices if row["state"] == "connected"}
    away = {row["id"]: passed[row["id"]] for row in devices if row["state"] == "offline" and row["id"] in passed}
    return {**connected, **away}


def ages(moments: Mapping[str, datetime | None], now: datetime | None) -> dict[str, float]:
    """Return the age of each known time in seconds."""
    known = {name: moment for name, moment in moments.items() if moment is not None}
    return {name: max(0.0, (now - moment).total_seconds()) for name, moment in known.items()} if now else {}


def finding_row(
    daemon: str, finding: Finding, names: Mapping[str, str], *, unseen: Bounds, restart: bool
) -> CheckFinding:
    """Return a finding of the library as a row.

    Args:
        daemon: The daemon.
        finding: The finding.
        names: The names of folders and devices, by ID.
        unseen: The bounds for devices not seen.
        restart: Whether a required restart is a warning.
    """
    severity = SEVERITIES[finding.severity]
    if finding.kind == "device_unseen" and finding.seconds is not None:
        severity = unseen.severity(finding.seconds) or severity
    if finding.kind == "restart_required" and not restart:
        severity = "info"
    return {
        "daemon": daemon,
        "kind": finding.kind,
        "severity": severity,
        "folder": finding.folder or None,
        "folderName": names.get(finding.folder) or None,
        "device": finding.device or None,
        "deviceName": names.get(finding.device) or None,
        "subject": finding.subject or None,
        "text": finding.text,
        "remedy": _remedy(finding),
        "count": finding.count,
        "seconds": finding.seconds,
        "items": [{"path": item.path, "error": item.error} for item in finding.items],
    }


def _remedy(finding: Finding) -> str:
    if finding.kind == "system_error":
        return f"Fix the cause, then clear the message: {command('raw', 'POST', 'system/error/clear')}."
    return finding.remedy


def stale_rows(daemon: str, view: View, folders: Iterable[FolderRow], stale: Bounds) -> list[CheckFinding]:
    """Return findings for folders that were not scanned for long, except paused ones and those being scanned.

    Args:
        daemon: The daemon.
        view: Its answers.
        folders: The folders to check.
        stale: The bounds for the age of the last scan.
    """
    passed = ages(view.scanned, view.at)
    found: list[CheckFinding] = []
    for row in folders:
        if row["state"] in {"paused", "scanning"}:
            continue
        seconds = passed.get(row["id"])
        severity = "warning" if seconds is None else stale.severity(seconds)
        if severity is None:
            continue
        name = row["label"] or row["id"]
        since = "has never been scanned" if seconds is None else f"was last scanned {duration_text(seconds)} ago"
        found.append(
            {
                "daemon": daemon,
                "kind": STALE,
                "severity": severity,
                "folder": row["id"],
                "folderName": name,
                "device": None,
                "deviceName": None,
                "subject": None,
                "text": f"Folder {name} {since}.",
                "remedy": "Scan it, and check its rescan interval and its path.",
                "count": None,
                "seconds": seconds,
                "items": [],
            }
        )
    return found


def summary(
    status: Status, problems: Sequence[str], checked: Sequence[Checked], unseen: Bounds, *, many: bool = False
) -> str:
    """Return the first line of a monitoring plugin: the status, the problems, and performance data after a bar.

    Args:
        status: The status.
        problems: The problems, the most severe first.
        checked: The daemons that have answered.
        unseen: The limits in the performance data.
        many: Whether several daemons were asked, so that labels need their names.
    """
    if problems and not checked:
        said = "; ".join(problems)
    elif problems:
        text = "; ".join(problems[:_SHOWN])
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        said = f"{_count(len(problems), 'problem')}: {text}{more}"
    else:
        folders, devices = sum(len(each.folders) for each in checked), sum(len(each.devices) for each in checked)
        needed = sum(each.needed for each in checked)
        said = f"{_count(folders, 'folder')}, {_count(devices, 'device')}"
        said += f", {size_text(needed)} needed" if needed else ""
    figures = [figure for each in checked for figure in _figures(each, unseen, many=many)]
    return first_line(status, said) + (f" | {' '.join(figures)}" if figures else "")


def first_line(status: Status, said: str) -> str:
    """Return the first line of a monitoring plugin without performance data."""
    return f"SYNCTHING {status.name} - {one_field(said)}"


def one_field(text: str) -> str:
    """Return a text without bars, after which monitoring systems expect performance data."""
    return text.replace("|", "\\x7c")


def _figures(checked: Checked, unseen: Bounds, *, many: bool) -> list[str]:
    def label(name: str) -> str:
        """Return what a figure is called: in quotation marks where it needs them, without what no label may have."""
        whole = one_field(f"{checked.daemon['name']}.{name}" if many else name)
        return whole if _PLAIN.fullmatch(whole) else "'" + whole.replace("'", "''").replace("=", "_") + "'"

    limits = ";".join("" if each is None else f"{each:g}" for each in unseen)
    row = checked.row
    return [
        f"{label('folders')}={row['folders']}",
        f"{label('needed_bytes')}={row['neededBytes']}B",
        f"{label('unseen_max')}={row['unseenMax']:.0f}s;{limits}",
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
