"""The usage report that the daemon would send if it were allowed to (lib/ur/usage_report.go).

What follows from the configuration is true; what a machine would measure is made up, and always the same.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pytest_syncthing.model.node import Node

MAX_VERSION: Final = 3
"""The newest form of the report."""

_SECOND: Final = 1_000_000_000
_MIB: Final = 1 << 20
# Version 1 gives these also when there is nothing in them.
_GROUPS: Final = (
    "folderUses",
    "deviceUses",
    "announce",
    "relays",
    "folderUsesV3",
    "deviceUsesV3",
    "guiStats",
    "blockStats",
    "ignoreStats",
)
_FOLDER_TYPES: Final = {"sendonly", "sendreceive", "receiveonly"}


def report(node: Node, version: int) -> dict[str, Any]:
    """Return the report.

    Args:
        node: The daemon.
        version: Its form: 1, 2, or 3 and more.
    """
    data = node.facts.data
    facts = dict(data["report"])
    leftovers = facts.pop("leftovers")
    further = facts.pop("further")
    config = node.config
    build = data["version"]
    found: dict[str, Any] = {
        "uniqueID": config["options"]["urUniqueId"],
        "version": build["version"],
        "longVersion": build["longVersion"],
        "platform": f"{build['os']}-{build['arch']}",
        "numFolders": len(config["folders"]),
        "numDevices": len(config["devices"]),
        **_sizes(node),
        **facts,
    }
    if version > 1:
        found |= {"urVersion": version, "numCPU": 2, **_since_2(config)}
    if version > 2:  # noqa: PLR2004 - the version by its number
        found |= {"uptime": (node.clock.now - node.started) // _SECOND, **further, **_since_3(config)}
    empty: dict[str, Any] = {} if node.facts.SHORT_REPORT else {group: {} for group in _GROUPS}
    # What is zero is left out, as Go's omitempty does.
    return {**empty, **{key: value for key, value in found.items() if value}, **leftovers}


def _sizes(node: Node) -> dict[str, int]:
    sums = [folder.summary.sums() for folder in node.cluster.folders.values()]
    files = [each["globalFiles"] for each in sums]
    sizes = [each["globalBytes"] // _MIB for each in sums]
    return {
        "totFiles": sum(files),
        "folderMaxFiles": max(files, default=0),
        "totMiB": sum(sizes),
        "folderMaxMiB": max(sizes, default=0),
    }


def _since_2(config: dict[str, Any]) -> dict[str, Any]:
    folders, devices, options = config["folders"], config["devices"], config["options"]
    folder_uses: Counter[str] = Counter()
    for folder in folders:
        if folder["type"] in _FOLDER_TYPES:
            folder_uses[folder["type"]] += 1
        folder_uses.update(key for key in ("ignorePerms", "ignoreDelete", "autoNormalize") if folder[key])
        if kind := folder["versioning"]["type"]:
            folder_uses[f"{kind}Versioning"] += 1
    device_uses: Counter[str] = Counter()
    for device in devices:
        device_uses[f"compress{device['compression'].capitalize()}"] += 1
        device_uses["dynamicAddr" if "dynamic" in device["addresses"] else "staticAddr"] += 1
        device_uses.update(key for key in ("introducer",) if device[key])
    servers = options["globalAnnounceServers"]
    announce = {
        "globalEnabled": options["globalAnnounceEnabled"],
        "localEnabled": options["localAnnounceEnabled"],
        "defaultServersDNS": servers.count("default"),
        "otherServers": len(servers) - servers.count("default"),
    }
    return {
        "folderUses": dict(folder_uses),
        "deviceUses": dict(device_uses),
        "announce": {key: value for key, value in announce.items() if value},
        "relays": {"enabled": True} if options["relaysEnabled"] else {},
        "usesRateLimit": options["maxSendKbps"] > 0 or options["maxRecvKbps"] > 0,
        "rescanIntvs": sorted(folder["rescanIntervalS"] for folder in folders),
    }


def _since_3(config: dict[str, Any]) -> dict[str, Any]:
    folders, options = config["folders"], config["options"]
    uses: dict[str, Any] = {}
    if folders:
        conflicts = Counter(
            {-1: "conflictsUnlimited", 0: "conflictsDisabled"}.get(folder["maxConflicts"], "conflictsOther")
            for folder in folders
        )
        uses = {
            **conflicts,
            "fsWatcherEnabled": sum(folder["fsWatcherEnabled"] for folder in folders),
            "pullOrder": dict(Counter(folder["order"] for folder in folders)),
            "filesystemType": dict(Counter(folder["filesystemType"] for folder in folders)),
            "fsWatcherDelays": sorted(round(folder["fsWatcherDelayS"]) for folder in folders),
            "modTimeWindowS": sorted(folder["modTimeWindowS"] for folder in folders),
            "maxConcurrentWrites": sorted(folder["maxConcurrentWrites"] for folder in folders),
            "blockPullOrder": dict(Counter(folder["blockPullOrder"] for folder in folders)),
            "copyRangeMethod": dict(Counter(folder["copyRangeMethod"] for folder in folders)),
        }
    return {
        "natType": "unknown",
        "alwaysLocalNets": bool(options["alwaysLocalNets"]),
        "overwriteRemoteDeviceNames": options["overwriteRemoteDeviceNamesOnConnect"],
        "progressEmitterEnabled": options["progressUpdateIntervalS"] > -1,
        "limitBandwidthInLan": options["limitBandwidthInLan"],
        "folderUsesV3": {key: value for key, value in uses.items() if value},
        "guiStats": _gui(config["gui"]),
    }


def _gui(gui: dict[str, Any]) -> dict[str, Any]:
    if not gui["enabled"]:
        return {}
    host = gui["address"].rpartition(":")[0]
    counts = {
        "enabled": 1,
        "useTLS": int(gui["useTLS"]),
        "useAuth": int(bool(gui["user"] and gui["password"])),
        "debugging": int(gui.get("debugging", False)),  # version 1 only
        "insecureAdminAccess": int(gui["insecureAdminAccess"]),
        "listenLocal": int(host in {"127.0.0.1", "localhost", "[::1]"}),
        "listenUnspecified": int(host in {"", "0.0.0.0", "[::]"}),  # noqa: S104 - recognised, not bound
    }
    return {**{key: value for key, value in counts.items() if value}, "theme": {gui["theme"]: 1}}
