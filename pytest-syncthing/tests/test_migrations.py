"""A configuration that says it has an older form becomes what the daemons, 1.19.2 and 1.29.5, made of the same one."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pytest_syncthing.config.migrations import migrate
from pytest_syncthing.config.schema import Schema

FOLDER = "config.FolderConfiguration"


def old(form: int, version: str = "1.29.5", **options: Any) -> dict[str, Any]:
    """Return a configuration of an old form, with a setting of each kind that some migration changes."""
    schema = Schema.of(version)
    config: dict[str, Any] = schema.new("config.Configuration")
    device = schema.zero("config.DeviceConfiguration") | {"addresses": ["dynamic", "", "tcp://1.2.3.4:5", "quic://x"]}
    first, second = schema.new(FOLDER), schema.new(FOLDER)
    first |= {"type": "sendonly", "fsWatcherDelayS": 4, "minDiskFree": {"value": 3, "unit": "GB"}}
    if "sendOwnership" in first:
        first["sendOwnership"] = True
    first["versioning"] |= {"type": "simple", "fsPath": "/x"}
    first["versioning"]["params"] = {"fsPath": "pp", "keep": "2", "cleanInterval": "3"}
    second["versioning"] |= {"type": "external", "params": {"command": "/bin/true"}}
    config |= {"version": form, "devices": [device], "folders": [first, second]}
    config["defaults"]["folder"] |= {"path": "/default", "maxConcurrentWrites": 2}
    config["options"] |= {"globalAnnounceEnabled": False, "crashReportingEnabled": True, "maxFolderConcurrency": 3}
    config["options"] |= {"listenAddresses": ["tcp://b", "default"], "globalAnnounceServers": []} | options
    schema.fill("config.Configuration", config)
    return config


def changes(form: int, version: str = "1.29.5", **options: Any) -> dict[str, Any]:
    """Return what a migration has changed, by place."""
    before = old(form, version, **options)
    after = copy.deepcopy(before)
    migrate(after, Schema.of(version).current)
    return dict(differences(before, after, ""))


def differences(before: Any, after: Any, place: str) -> Any:
    """Find what is different."""
    if isinstance(before, dict):
        for key in before:
            yield from differences(before[key], after.get(key), f"{place}.{key}")
    elif isinstance(before, list) and before and isinstance(before[0], dict):
        for i, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{place}[{i}]")
    elif before != after:
        yield place, after


def test_the_present_form() -> None:
    """A configuration of the present or a newer form stays as it is."""
    assert changes(37) == {}
    assert changes(99) == {}


def test_one_by_one() -> None:
    """Each form changes what it is about."""
    assert changes(36) == {".version": 37, ".folders[0].sendOwnership": False}
    assert changes(35)[".folders[0].versioning.params.cleanInterval"] is None
    assert changes(34)[".folders[0].versioning.fsPath"] == "pp"
    assert changes(33)[".defaults.folder.path"] == ""
    assert ".defaults.folder.path" not in changes(34)
    assert changes(31)[".folders[1].junctionsAsDirs"] is True
    assert changes(30)[".options.unackedNotificationIDs"] == ["authenticationUserAndPassword"]
    assert changes(29)[".options.maxFolderConcurrency"] == 0
    assert changes(28)[".options.crashReportingEnabled"] is False
    assert changes(27)[".options.unackedNotificationIDs"] == [
        *("fsWatcherNotification", "crAutoDisabled", "authenticationUserAndPassword"),
    ]
    assert changes(24)[".folders[0].fsWatcherDelayS"] == 10
    assert changes(23)[".options.urSeen"] == 2
    assert changes(21)[".folders[1].versioning.params.command"] == "/bin/true %FOLDER_PATH% %FILE_PATH%"
    assert changes(19)[".folders[0].minDiskFree.value"] == 0
    assert changes(19)[".options.minHomeDiskFree.value"] == 0
    assert changes(13)[".folders[0].type"] == "sendreceive"
    assert changes(13)[".options.natLeaseMinutes"] == 0
    assert changes(13)[".options.listenAddresses"] == ["default", "tcp://b"]
    assert changes(11)[".folders[0].maxConflicts"] == -1


def test_from_the_beginning() -> None:
    """Without a form, everything is done to it."""
    found = changes(0)
    assert found[".folders[0].minDiskFree.value"] == 1
    assert found[".folders[0].minDiskFree.unit"] == "%"
    addresses = ["dynamic", "", "tcp://tcp:%2F%2F1.2.3.4:5", "tcp://quic:%2F%2Fx"]
    assert found[".devices[0].addresses"] == addresses
    assert found[".options.listenAddresses"] == ["tcp://b", "tcp://default"]
    assert ".version" in changes(-1)


@pytest.mark.parametrize("agreement", [{"urAccepted": 3}, {"globalAnnounceEnabled": True}])
def test_agreements(agreement: dict[str, Any]) -> None:
    """Who has agreed to one thing has agreed to another."""
    assert "crAutoEnabled" in changes(28, **agreement)[".options.unackedNotificationIDs"]
    pre = changes(17, autoUpgradeIntervalH=1, **agreement).get(".options.upgradeToPreReleases")
    assert pre is (True if "urAccepted" in agreement else None)


def test_settings_of_the_file_system() -> None:
    """Where versions are kept was a parameter once."""
    config = old(34)
    config["folders"][0]["versioning"]["params"] = {"fsType": "fake", "versionsPath": "vv", "keep": "1"}
    config["folders"][1]["versioning"]["params"] = {"fsType": "nonsense"}
    migrate(config, 37)
    first, second = (folder["versioning"] for folder in config["folders"])
    assert (first["fsType"], first["fsPath"], first["params"]) == ("fake", "vv", {"keep": "1"})
    assert (second["fsType"], second["fsPath"], second["params"]) == ("basic", "", {})


def test_a_command_that_is_missing() -> None:
    """A folder whose program was not named gets the arguments all the same."""
    config = old(21)
    config["folders"][1]["versioning"]["params"] = {}
    migrate(config, 37)
    assert config["folders"][1]["versioning"]["params"] == {"command": " %FOLDER_PATH% %FILE_PATH%"}


def test_version_2() -> None:
    """Version 2 has a new default for files at a time, and takes the old one for untouched."""
    found = changes(50, "2.1.3")
    assert found == {".version": 52, ".defaults.folder.maxConcurrentWrites": 16}
    assert ".options.cacheIgnoredFiles" not in changes(13, "2.1.3")
