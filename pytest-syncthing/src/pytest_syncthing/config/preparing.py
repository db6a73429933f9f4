"""What the daemon corrects in each configuration before it takes it (``prepare`` in Syncthing's lib/config). Pure."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing.device_id import DeviceID
from pytest_syncthing.go.words import parse_time, quote
from pytest_syncthing.http.messages import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_syncthing.facts import Facts

    from .schema import Schema

HOST_NAME: Final = "fake"
"""What the computer calls itself, and so the own device by default."""

_Config = dict[str, Any]
_FOLDER: Final = "config.FolderConfiguration"
_DEVICE: Final = "config.DeviceConfiguration"
_FOLDER_DEVICE: Final = "config.FolderDeviceConfiguration"
_OPTIONS: Final = "config.OptionsConfiguration"
_LONGEST_INTERVAL: Final = 365 * 24 * 3600
_SHORTEST_RECONNECTION: Final = 5
_SHORTEST_DELAY: Final = 0.01
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_NEEDS_LOGIN: Final = "authenticationUserAndPassword"


class Preparation:
    """The corrections of one version, for one device.

    Args:
        schema: The types of the version.
        facts: The version.
        device_id: The own device.
    """

    def __init__(self, schema: Schema, facts: Facts, device_id: DeviceID) -> None:
        self._schema = schema
        self._own = str(device_id)
        self._facts = facts

    def correct(self, config: _Config, status: int) -> None:
        """Correct a configuration, in place.

        Args:
            config: The configuration.
            status: With which status to refuse.

        Raises:
            Refusal: A folder can't be corrected.
        """
        config |= {key: [] for key in ("folders", "devices", "remoteIgnoredDevices") if config[key] is None}
        self._add_own_device(config)
        config["devices"] = _kept(config["devices"], lambda device_id: device_id != "")
        config["devices"].sort(key=lambda each: _raw(each["deviceID"]))
        known = {each["deviceID"]: each for each in config["devices"]}
        self._folders(config, known, status)
        shared: dict[str, set[str]] = {device_id: set() for device_id in known}
        for folder in config["folders"]:
            for each in folder["devices"]:
                shared[each["deviceID"]].add(folder["id"])
        for device_id, device in known.items():
            self._device(device, shared[device_id])
        self._options(config)
        config["remoteIgnoredDevices"] = [
            each for each in config["remoteIgnoredDevices"] if each["deviceID"] not in known
        ]
        config["defaults"]["folder"]["id"] = ""
        config["defaults"]["device"] |= {"deviceID": "", "introducedBy": ""}
        self._folder(config["defaults"]["folder"], known)
        self._device(config["defaults"]["device"], set())
        config["options"]["listenAddresses"] = _without_kcp(config["options"]["listenAddresses"])
        for device in config["devices"]:
            device["addresses"] = _without_kcp(device["addresses"])
        self._schema.fill("config.Configuration", config)
        config["version"] = max(config["version"], self._schema.current)

    def _add_own_device(self, config: _Config) -> None:
        if all(each["deviceID"] != self._own for each in config["devices"]):
            config["devices"].append(self._schema.zero(_DEVICE) | {"deviceID": self._own, "name": HOST_NAME})

    def _folders(self, config: _Config, known: dict[str, Any], status: int) -> None:
        seen: set[str] = set()
        folders: list[Any] = config["folders"]
        for folder in folders:
            named = f"folder {quote(folder['id'])}"
            if not folder["id"]:
                raise Refusal(status, "folder has empty ID")
            if not folder["path"]:
                raise Refusal(status, f"{named}: folder has empty path")
            if folder["id"] in seen:
                raise Refusal(status, f"{named}: folder has duplicate ID")
            seen.add(folder["id"])
            self._folder(folder, known)
        folders.sort(key=lambda each: each["id"].encode())

    def _folder(self, folder: _Config, known: dict[str, Any]) -> None:
        encrypted = folder["type"] == "receiveencrypted"
        devices: list[Any] = folder["devices"] or []
        folder["devices"] = self._shared_with(devices, known, encrypted=encrypted)
        folder["rescanIntervalS"] = min(max(folder["rescanIntervalS"], 0), _LONGEST_INTERVAL)
        if folder["fsWatcherDelayS"] <= 0:
            folder |= {"fsWatcherEnabled": False, "fsWatcherDelayS": 10}
        folder["fsWatcherDelayS"] = max(folder["fsWatcherDelayS"], _SHORTEST_DELAY)
        versioning = folder["versioning"]
        versioning["cleanupIntervalS"] = min(max(versioning["cleanupIntervalS"], 0), _LONGEST_INTERVAL)
        if folder.get("weakHashThresholdPct") == 0:
            folder["weakHashThresholdPct"] = 25
        folder["markerName"] = folder["markerName"] or ".stfolder"
        folder["filesystemType"] = folder["filesystemType"] or "basic"
        default, limit = self._schema.data["maxConcurrentWrites"]
        writes = folder["maxConcurrentWrites"]
        folder["maxConcurrentWrites"] = default if writes <= 0 else min(writes, limit)
        if encrypted:
            folder["ignorePerms"] = True
            if "disableTempIndexes" in folder:
                folder["disableTempIndexes"] = True

    def _shared_with(self, devices: list[Any], known: dict[str, Any], *, encrypted: bool) -> list[Any]:
        devices = _kept(devices, lambda device_id: device_id in known, doubles=True)
        devices = _kept(devices, lambda _: True)
        if all(each["deviceID"] != self._own for each in devices):
            devices.append(self._schema.zero(_FOLDER_DEVICE) | {"deviceID": self._own})
        if self._facts.TRUST and not encrypted:
            devices = [
                each for each in devices if each["encryptionPassword"] or not known[each["deviceID"]]["untrusted"]
            ]
        return sorted(devices, key=lambda each: _raw(each["deviceID"]))

    def _device(self, device: _Config, shared: set[str]) -> None:
        if device["addresses"] in (None, [], [""]):
            device["addresses"] = ["dynamic"]
        ignored: list[Any] = device["ignoredFolders"] or []
        newest: dict[str, Any] = {}
        for folder in ignored:
            there = newest.get(folder["id"])
            if folder["id"] not in shared and (there is None or _moment(there) < _moment(folder)):
                newest[folder["id"]] = folder
        device["ignoredFolders"] = sorted(newest.values(), key=_moment)
        if self._facts.TRUST and device["untrusted"]:
            device |= {"introducer": False, "autoAcceptFolders": False}

    def _options(self, config: _Config) -> None:
        options, gui = config["options"], config["gui"]
        for key, (kind, default) in self._schema.fields(_OPTIONS).items():
            if kind == "[]string" and options[key] is None:
                options[key] = list(default or [])
        for key in ("listenAddresses", "globalAnnounceServers"):
            options[key] = list(dict.fromkeys(each.strip() for each in options[key]))
        options["reconnectionIntervalS"] = max(options["reconnectionIntervalS"], _SHORTEST_RECONNECTION)
        if gui["user"] and gui["password"] and _NEEDS_LOGIN in options["unackedNotificationIDs"]:
            options["unackedNotificationIDs"].remove(_NEEDS_LOGIN)
        for key in ("connectionLimitEnough", "connectionLimitMax"):
            options[key] = max(options[key], 0)
        for kind in ("Quic", "Tcp"):
            far, near = f"connectionPriority{kind}Wan", f"connectionPriority{kind}Lan"
            if far in options and options[far] <= options[near]:
                options[far] = options[near] + 1
        if self._facts.REPORT_ID and options["urAccepted"] > 0 and not options["urUniqueId"]:
            options["urUniqueId"] = random_text(f"{self._own} reports", 8)


def random_text(seed: str, length: int) -> str:
    """Return letters and digits that look random, always the same ones for a seed."""
    digest = hashlib.sha512(seed.encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:length])


def _kept(devices: list[Any], wanted: Callable[[str], bool], *, doubles: bool = False) -> list[Any]:
    """Leave out devices whose IDs are not wanted, and all but one of those with the same ID.

    Which one that is follows from how the daemon does it: it puts the last one in the place of one that goes.
    """
    devices = list(devices)
    seen: set[str] = set()
    place = 0
    while place < len(devices):
        device_id = devices[place]["deviceID"]
        if wanted(device_id) and (doubles or device_id not in seen):
            seen.add(device_id)
            place += 1
            continue
        last = devices.pop()
        if place < len(devices):
            devices[place] = last
    return devices


def _without_kcp(addresses: list[str]) -> list[str]:
    return [each for each in addresses if not each.partition(":")[0].lower().startswith("kcp") or ":" not in each]


def _moment(folder: _Config) -> int:
    return parse_time(folder["time"]) or 0


@lru_cache(maxsize=10_000)
def _raw(device_id: str) -> bytes:
    return DeviceID(device_id).raw
