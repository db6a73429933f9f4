"""A configuration is corrected as by the daemon; the expected results were taken from 1.19.2 and 1.29.5."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing.device_id import DeviceID
from pytest_syncthing.config.preparing import Preparation
from pytest_syncthing.config.schema import Schema
from pytest_syncthing.facts import VERSIONS, Facts
from pytest_syncthing.http.messages import Refusal

OWN = DeviceID("MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD")
HIGH = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"
DIGITS = "7777777-777777N-7777777-777777N-7777777-777777N-7777777-77777Q4"


def corrected(release: str = "1.29.5", status: int = 500, **changes: Any) -> dict[str, Any]:
    """Return the corrected form of a configuration with some sections."""
    schema = Schema.of(release)
    config: dict[str, Any] = schema.new("config.Configuration") | {"version": schema.current} | changes
    Preparation(schema, Facts.of(release), OWN).correct(config, status)
    return config


def device(device_id: str, version: str = "1.29.5", **settings: Any) -> dict[str, Any]:
    """Return a device."""
    return Schema.of(version).new("config.DeviceConfiguration") | {"deviceID": device_id} | settings


def folder(version: str = "1.29.5", **settings: Any) -> dict[str, Any]:
    """Return a folder."""
    return Schema.of(version).new("config.FolderConfiguration") | {"id": "x", "path": "/x"} | settings


def share(device_id: str, password: str = "") -> dict[str, Any]:
    """Return an entry of a folder's device list."""
    return {"deviceID": device_id, "introducedBy": "", "encryptionPassword": password}


def shares(folder_: dict[str, Any]) -> dict[str, str]:
    """Return the devices that share a folder, and their passwords."""
    return {each["deviceID"]: each["encryptionPassword"] for each in folder_["devices"]}


@pytest.mark.parametrize("version", VERSIONS)
def test_untrusted_devices(version: str) -> None:
    """Since 1.23 an untrusted device gets no plain files, is no introducer, and nothing of it is auto-accepted."""
    config = corrected(
        version,
        devices=[device(HIGH, version, untrusted=True, introducer=True, autoAcceptFolders=True)],
        folders=[
            folder(version, id="1", devices=[share(HIGH)]),
            folder(version, id="2", devices=[share(HIGH, "secret")]),
            folder(version, id="3", devices=[share(HIGH)], type="receiveencrypted"),
        ],
    )
    careless = version == "1.19.2"
    assert [HIGH in shares(each) for each in config["folders"]] == [careless, True, True]
    assert config["devices"][-1]["introducer"] is config["devices"][-1]["autoAcceptFolders"] is careless


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"id": ""}, "folder has empty ID"),
        ({"id": 'a"b', "path": ""}, 'folder "a\\"b": folder has empty path'),
        ({"id": "twice"}, 'folder "twice": folder has duplicate ID'),
    ],
)
def test_folders_that_are_refused(settings: dict[str, Any], words: str) -> None:
    """A folder needs a unique ID and a path."""
    with pytest.raises(Refusal) as refused:
        corrected(status=400, folders=[folder(id="twice"), folder(**settings)])
    assert (refused.value.status, refused.value.text) == (400, words)


def test_folders_of_version_2() -> None:
    """Version 2 has other limits, and resets settings that it no longer uses."""
    config = corrected(
        "2.1.3",
        folders=[
            folder("2.1.3", id="1", maxConcurrentWrites=0, type="receiveencrypted"),
            folder("2.1.3", id="2", maxConcurrentWrites=1000),
        ],
    )
    assert [each["maxConcurrentWrites"] for each in config["folders"]] == [16, 256]
    assert config["folders"][0]["ignorePerms"]
    assert "disableTempIndexes" not in config["folders"][0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], ["dynamic"]),
        ([""], ["dynamic"]),
        (["b", "a", "b", " c"], ["b", "a", "b", " c"]),
        (["kcp://x", "kcp4://y", "tcp://z", "kcp"], ["tcp://z", "kcp"]),
        (["kcp://x"], []),
    ],
)
def test_addresses(given: list[str], expected: list[str]) -> None:
    """A device without addresses gets ``dynamic``, and addresses of a removed protocol are dropped."""
    assert corrected(devices=[device(HIGH, addresses=given)])["devices"][-1]["addresses"] == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_reports(version: str) -> None:
    """A daemon that sends usage reports gets an ID for them; 1.19 makes it later."""
    options = Schema.of(version).new("config.OptionsConfiguration") | {"urAccepted": 3}
    found = corrected(version, options=options)["options"]["urUniqueId"]
    assert len(found) == (0 if version == "1.19.2" else 8)


def test_the_notice_about_a_missing_login() -> None:
    """The notice about a missing login is removed once there is a login."""
    schema = Schema.of("1.29.5")
    notices = ["b", "authenticationUserAndPassword", "a"]
    options = schema.new("config.OptionsConfiguration") | {"unackedNotificationIDs": notices}
    gui = schema.new("config.GUIConfiguration") | {"user": "u"}
    assert corrected(options={**options}, gui=gui)["options"]["unackedNotificationIDs"] == notices
    found = corrected(options={**options}, gui=gui | {"password": "p"})["options"]
    assert found["unackedNotificationIDs"] == ["b", "a"]
