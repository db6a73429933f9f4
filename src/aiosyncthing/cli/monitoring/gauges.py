"""The gauges of ``check --prometheus``, which complement the daemon's own metrics. Pure.

Folders, devices and daemons are labelled by their IDs; one ``_info`` gauge for each kind of them has the names.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .checks import Status
from .prometheus import Gauge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .checks import Checked


def gauges_of(target: str, checked: Checked | None) -> list[Gauge]:
    """Return the gauges for a daemon; for one that has not answered, only that it is down.

    `target` is the profile, ``local`` or the host: a daemon that is down has no known ID. Everything else has the ID.

    Args:
        target: The name of the daemon on this computer.
        checked: Its result; ``None`` if it has not answered.
    """
    # Two files with the same series would break the whole collector, so each daemon needs a label.
    at = {"target": target}
    up = Gauge("aiosyncthing_up", "Whether the daemon has answered.", [(at, int(checked is not None))])
    status = Status.UNKNOWN if checked is None else checked.status
    state = Gauge("aiosyncthing_check_status", "0 ok, 1 warning, 2 critical, 3 unknown.", [(at, status)])
    if checked is None:
        return [up, state]
    own = {"daemon": checked.daemon["id"] or ""}
    about = {**own, **at, "name": checked.name, "version": checked.daemon["version"] or ""}
    info = Gauge("aiosyncthing_daemon_info", "Name and version of a daemon.", [(about, 1)])
    counts = Counter((each["kind"], each["severity"]) for each in checked.findings)
    found = Gauge(
        "aiosyncthing_finding",
        "Findings, by kind and severity.",
        [({**own, "kind": kind, "severity": severity}, count) for (kind, severity), count in counts.items()],
    )
    return [up, state, info, found, *_folder_gauges(own, checked), *_device_gauges(own, checked)]


def merged(gauges: Iterable[Gauge]) -> list[Gauge]:
    """Return gauges of several daemons, with all samples of a name together, as the format requires."""
    found: dict[str, Gauge] = {}
    for gauge in gauges:
        before = found.get(gauge.name, gauge._replace(samples=()))
        found[gauge.name] = before._replace(samples=[*before.samples, *gauge.samples])
    return list(found.values())


def _folder_gauges(own: Mapping[str, str], checked: Checked) -> list[Gauge]:
    rows = [({**own, "folder": row["id"]}, row) for row in checked.folders]
    known = [(labels, row) for labels, row in rows if row["neededBytes"] is not None]
    completion = [
        ({**labels, "device": each["id"]}, round(each["percent"] / 100, 3))
        for labels, row in rows
        for each in row["elsewhere"]
        if each["percent"] is not None
    ]
    conflicts = checked.conflicts
    unchecked = {each["folder"] for each in checked.findings if each["kind"] == "unchecked"}
    return [
        Gauge(
            "aiosyncthing_folder_info",
            "Label and type of a folder.",
            [({**labels, "label": row["label"], "type": row["type"]}, 1) for labels, row in rows],
        ),
        Gauge(
            "aiosyncthing_folder_in_sync",
            "Whether the folder is in sync here and idle.",
            [(labels, int(row["inSync"])) for labels, row in rows],
        ),
        Gauge(
            "aiosyncthing_folder_needed_bytes",
            "Bytes that are missing here.",
            [(labels, row["neededBytes"] or 0) for labels, row in known],
        ),
        Gauge(
            "aiosyncthing_folder_errors",
            "Items that failed to scan or sync.",
            [(labels, row["failedItems"] or 0) for labels, row in known],
        ),
        Gauge(
            "aiosyncthing_device_completion_ratio",
            "How much of a folder is on another device, from 0 to 1; 1 only if nothing is missing there.",
            completion,
        ),
        Gauge(
            "aiosyncthing_conflicts",
            "Conflict copies in a folder.",
            []
            if conflicts is None
            else [(labels, conflicts.get(row["id"], 0)) for labels, row in known if row["id"] not in unchecked],
        ),
    ]


def _device_gauges(own: Mapping[str, str], checked: Checked) -> list[Gauge]:
    rows = [({**own, "device": row["id"]}, row) for row in checked.devices]
    return [
        Gauge(
            "aiosyncthing_device_info",
            "Name of a device.",
            [({**labels, "name": row["name"]}, 1) for labels, row in rows],
        ),
        Gauge(
            "aiosyncthing_device_connected",
            "Whether a device is connected.",
            [(labels, int(row["state"] == "connected")) for labels, row in rows],
        ),
        Gauge(
            "aiosyncthing_device_last_seen_seconds",
            "How long ago a device was last seen; 0 while it is connected.",
            [(labels, round(checked.unseen[row["id"]], 3)) for labels, row in rows if row["id"] in checked.unseen],
        ),
    ]
