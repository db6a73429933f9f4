"""What the daemon does to a configuration that says it has an older form, or none (lib/config/migrations.go). Pure.

Only what shows in an answer: some migrations change a database, or settings that are long gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_Config = dict[str, Any]
_UNSHARED: Final = {"fsType", "fsPath", "versionsPath"}
_IN_HOSTS: Final = "!$&'()*+,;=:[]<>\""  # what Go's net/url leaves as it is in the host of a URL
_OLD_WRITES: Final = 2


def migrate(config: _Config, current: int) -> None:
    """Bring a configuration to the current form, in place, one form after the other."""
    began_before_11 = config["version"] < 11  # noqa: PLR2004 - a form, as all numbers here
    for form, change in _MIGRATIONS.items():
        if config["version"] < form <= current:
            change(config)
            config["version"] = form
    if began_before_11:  # form 11 asked for what form 20 then made a setting of its own
        for folder in config["folders"]:
            folder["minDiskFree"]["value"] = 1
    config["version"] = max(config["version"], current)


def _to_12(config: _Config) -> None:
    for device in config["devices"]:
        device["addresses"] = [_as_url(each) if each not in {"dynamic", ""} else each for each in device["addresses"]]
    options = config["options"]
    options["listenAddresses"] = [
        _as_url(each) if each and not each.startswith("tcp://") else each for each in options["listenAddresses"]
    ]
    for folder in config["folders"]:
        folder["maxConflicts"] = -1


def _to_14(config: _Config) -> None:
    options = config["options"]
    # From settings with other names, which a document of JSON can't have.
    options |= {"natEnabled": False, "natLeaseMinutes": 0, "natRenewalMinutes": 0, "natTimeoutSeconds": 0}
    options["listenAddresses"].sort()
    options["globalAnnounceServers"] = options["globalAnnounceServers"] or None  # which becomes the default
    if "cacheIgnoredFiles" in options:
        options["cacheIgnoredFiles"] = False
    for folder in config["folders"]:
        folder["type"] = "sendreceive"


def _to_18(config: _Config) -> None:
    options = config["options"]
    if options["urAccepted"] > 0 and options["autoUpgradeIntervalH"] > 0:
        options["upgradeToPreReleases"] = True


def _to_20(config: _Config) -> None:
    config["options"]["minHomeDiskFree"] = {"value": 0, "unit": "%"}
    for folder in config["folders"]:
        folder["minDiskFree"] = {"value": 0, "unit": "%"}


def _to_22(config: _Config) -> None:
    for folder in config["folders"]:
        folder["filesystemType"] = "basic"
        if folder["versioning"]["type"] == "external":
            params = folder["versioning"]["params"]
            params["command"] = f"{params.get('command', '')} %FOLDER_PATH% %FILE_PATH%"


def _to_24(config: _Config) -> None:
    config["options"]["urSeen"] = 2


def _to_25(config: _Config) -> None:
    for folder in config["folders"]:
        folder["fsWatcherDelayS"] = 10


def _to_28(config: _Config) -> None:
    config["options"]["unackedNotificationIDs"].append("fsWatcherNotification")


def _to_29(config: _Config) -> None:
    options = config["options"]
    agrees = options["globalAnnounceEnabled"] or options["urAccepted"] > 0
    options["crashReportingEnabled"] = agrees
    options["unackedNotificationIDs"].append("crAutoEnabled" if agrees else "crAutoDisabled")


def _to_30(config: _Config) -> None:
    config["options"]["maxFolderConcurrency"] = 0


def _to_31(config: _Config) -> None:
    config["options"]["unackedNotificationIDs"].append("authenticationUserAndPassword")


def _to_32(config: _Config) -> None:
    for folder in config["folders"]:
        folder["junctionsAsDirs"] = True


def _to_34(config: _Config) -> None:
    config["defaults"]["folder"]["path"] = ""


def _to_35(config: _Config) -> None:
    for versioning in _versionings(config):
        params = versioning["params"]
        if params.get("fsType"):
            versioning["fsType"] = params["fsType"] if params["fsType"] == "fake" else "basic"
        versioning["fsPath"] = params.get("fsPath") or params.get("versionsPath") or ""
        versioning["params"] = {key: value for key, value in params.items() if key not in _UNSHARED}


def _to_36(config: _Config) -> None:
    for versioning in _versionings(config):
        versioning["params"].pop("cleanInterval", None)


def _to_37(config: _Config) -> None:
    for folder in config["folders"]:
        folder["sendOwnership"] = False


def _to_51(config: _Config) -> None:
    for folder in (*config["folders"], config["defaults"]["folder"]):
        if folder["maxConcurrentWrites"] == _OLD_WRITES:
            folder["maxConcurrentWrites"] = 16


def _versionings(config: _Config) -> Iterator[dict[str, Any]]:
    return (folder["versioning"] for folder in config["folders"])


def _as_url(address: str) -> str:
    return f"tcp://{quote(address, safe=_IN_HOSTS)}"


_MIGRATIONS: Final[dict[int, Callable[[_Config], None]]] = {
    12: _to_12,
    14: _to_14,
    18: _to_18,
    20: _to_20,
    22: _to_22,
    24: _to_24,
    25: _to_25,
    28: _to_28,
    29: _to_29,
    30: _to_30,
    31: _to_31,
    32: _to_32,
    34: _to_34,
    35: _to_35,
    36: _to_36,
    37: _to_37,
    51: _to_51,
}
