"""A configuration is corrected as the daemon does it. What they made of it was noted from 1.19.2 and 1.29.5."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing.device_id import DeviceID
from pytest_syncthing.config.preparing import HOST_NAME, Preparation, random_text
from pytest_syncthing.config.schema import Schema
from pytest_syncthing.facts import VERSIONS, Facts
from pytest_syncthing.http.messages import Refusal

OWN = DeviceID("MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD")
LOW = "LGFPDIT-7SKNNJL-VJZA4FC-7QNCRKA-CE753K7-2BW5QDK-2FOZ7FR-FEP57QJ"
HIGH = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"
DIGITS = "7777777-777777N-7777777-777777N-7777777-777777N-7777777-77777Q4"


def corrected(release: str = "1.29.5", status: int = 500, **changes: Any) -> dict[str, Any]:
    """Return a configuration with some sections, corrected."""
    schema = Schema.of(release)
    config: dict[str, Any] = schema.new("config.Configuration") | {"version": schema.current} | changes
    Preparation(schema, Facts.of(release).numbers, OWN).correct(config, status)
    return config


def device(device_id: str, version: str = "1.29.5", **settings: Any) -> dict[str, Any]:
    """Return a device."""
    return Schema.of(version).new("config.DeviceConfiguration") | {"deviceID": device_id} | settings


def folder(version: str = "1.29.5", **settings: Any) -> dict[str, Any]:
    """Return a folder."""
    return Schema.of(version).new("config.FolderConfiguration") | {"id": "x", "path": "/x"} | settings


def share(device_id: str, password: str = "") -> dict[str, Any]:
    """Return with whom to share a folder."""
    return {"deviceID": device_id, "introducedBy": "", "encryptionPassword": password}


def shares(folder_: dict[str, Any]) -> dict[str, str]:
    """Return with whom a folder is shared, and the passwords."""
    return {each["deviceID"]: each["encryptionPassword"] for each in folder_["devices"]}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_own_device(version: str) -> None:
    """The own device is always there, named as the computer, and shares all folders."""
    config = corrected(version, folders=[folder(version, devices=[])])
    assert [(each["deviceID"], each["name"], each["addresses"]) for each in config["devices"]] == [
        (OWN, HOST_NAME, ["dynamic"]),
    ]
    assert shares(config["folders"][0]) == shares(config["defaults"]["folder"]) == {str(OWN): ""}


def test_nothing_is_nil() -> None:
    """All lists and maps are there, and lists with a default have it."""
    config = corrected(folders=[folder()], remoteIgnoredDevices=None)
    assert (config["remoteIgnoredDevices"], config["defaults"]["ignores"]) == ([], {"lines": []})
    assert config["folders"][0]["versioning"]["params"] == {}
    options = config["options"]
    assert options["listenAddresses"] == options["globalAnnounceServers"] == options["stunServers"] == ["default"]
    assert options["alwaysLocalNets"] == []


def test_order() -> None:
    """Devices are in the order of what their IDs stand for, folders in that of their IDs."""
    given = [device(each) for each in (DIGITS, HIGH, LOW, "")]
    config = corrected(devices=given, folders=[folder(id=each) for each in ("ü", "a", "Z")])
    assert [each["deviceID"] for each in config["devices"]] == [LOW, str(OWN), HIGH, DIGITS]
    assert [each["id"] for each in config["folders"]] == ["Z", "a", "ü"]


def test_which_of_the_same() -> None:
    """Of entries for the same device one is kept: not always the first."""
    config = corrected(
        devices=[device(HIGH, name="1"), device(HIGH, name="2"), device(LOW, name="1"), device(LOW, name="2")],
        folders=[folder(devices=[share(HIGH, "1"), share(HIGH, "2"), share(LOW, "1"), share(LOW, "2"), share("")])],
    )
    assert [(each["deviceID"], each["name"]) for each in config["devices"]] == [
        *((LOW, "1"), (str(OWN), HOST_NAME), (HIGH, "1")),
    ]
    assert shares(config["folders"][0]) == {LOW: "2", str(OWN): "", HIGH: "1"}


def test_strangers_share_nothing() -> None:
    """A folder is not shared with devices that are not known."""
    config = corrected(folders=[folder(devices=[share(HIGH), share(str(OWN)), share(LOW)])], devices=[device(LOW)])
    assert list(shares(config["folders"][0])) == [LOW, str(OWN)]


@pytest.mark.parametrize("version", VERSIONS)
def test_untrusted_devices(version: str) -> None:
    """Since 1.23 an untrusted device gets no plain files, introduces none, and nothing of it is accepted by itself."""
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
    """A folder needs an ID of its own and a path."""
    with pytest.raises(Refusal) as refused:
        corrected(status=400, folders=[folder(id="twice"), folder(**settings)])
    assert (refused.value.status, refused.value.text) == (400, words)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"rescanIntervalS": -1}, {"rescanIntervalS": 0}),
        ({"rescanIntervalS": 10**9}, {"rescanIntervalS": 31536000}),
        ({"fsWatcherDelayS": 0}, {"fsWatcherDelayS": 10, "fsWatcherEnabled": False}),
        ({"fsWatcherDelayS": 0.001}, {"fsWatcherDelayS": 0.01, "fsWatcherEnabled": True}),
        ({"weakHashThresholdPct": 0}, {"weakHashThresholdPct": 25}),
        ({"weakHashThresholdPct": -1}, {"weakHashThresholdPct": -1}),
        ({"markerName": ""}, {"markerName": ".stfolder"}),
        ({"maxConcurrentWrites": 0}, {"maxConcurrentWrites": 2}),
        ({"maxConcurrentWrites": 1000}, {"maxConcurrentWrites": 64}),
        ({"type": "receiveencrypted"}, {"ignorePerms": True, "disableTempIndexes": True}),
    ],
)
def test_folders(settings: dict[str, Any], expected: dict[str, Any]) -> None:
    """Values that make no sense are replaced, in folders and in the template for them."""
    config = corrected(folders=[folder(**settings)])
    assert config["folders"][0].items() >= expected.items()
    template = {**Schema.of("1.29.5").new("config.Defaults"), "folder": folder(**settings)}
    assert corrected(defaults=template)["defaults"]["folder"].items() >= (expected | {"id": ""}).items()


def test_versions_that_are_cleaned_up() -> None:
    """The interval is between nothing and a year."""
    one, other = folder(id="1"), folder(id="2")
    one["versioning"]["cleanupIntervalS"], other["versioning"]["cleanupIntervalS"] = -5, 10**9
    found = [each["versioning"]["cleanupIntervalS"] for each in corrected(folders=[one, other])["folders"]]
    assert found == [0, 31536000]


def test_folders_of_version_2() -> None:
    """Version 2 has other limits, and no settings that it has no use for."""
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
    """A device without addresses has those that are found, and a protocol that is gone is left out."""
    assert corrected(devices=[device(HIGH, addresses=given)])["devices"][-1]["addresses"] == expected


def test_ignored_folders() -> None:
    """Of each ignored folder the newest entry is kept, in the order of their times, unless it is shared."""
    ignored = [
        {"time": "2026-01-02T00:00:00Z", "id": "b", "label": ""},
        {"time": "2026-01-01T00:00:00.5+02:00", "id": "a", "label": "newer"},
        {"time": "2025-01-01T00:00:00Z", "id": "a", "label": "older"},
        {"time": "2024-01-01T00:00:00Z", "id": "x", "label": "shared"},
    ]
    config = corrected(devices=[device(HIGH, ignoredFolders=ignored)], folders=[folder(devices=[share(HIGH)])])
    assert config["devices"][-1]["ignoredFolders"] == [ignored[1], ignored[0]]


def test_ignored_devices() -> None:
    """A device that is known is not ignored."""
    ignored = [{"time": "2026-01-02T00:00:00Z", "deviceID": each, "name": "", "address": ""} for each in (HIGH, LOW)]
    assert corrected(devices=[device(HIGH)], remoteIgnoredDevices=ignored)["remoteIgnoredDevices"] == ignored[1:]


def test_templates_are_nobody() -> None:
    """The templates for devices and folders have no IDs."""
    template = {
        **Schema.of("1.29.5").new("config.Defaults"),
        "device": device(HIGH, introducedBy=LOW),
        "folder": folder(),
    }
    defaults = corrected(defaults=template)["defaults"]
    assert (defaults["folder"]["id"], defaults["device"]["deviceID"], defaults["device"]["introducedBy"]) == ("",) * 3


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"listenAddresses": ["b", " b ", "a", "kcp://x", ""]}, {"listenAddresses": ["b", "a", ""]}),
        ({"listenAddresses": []}, {"listenAddresses": []}),
        ({"globalAnnounceServers": ["z", "y", "z "]}, {"globalAnnounceServers": ["z", "y"]}),
        ({"stunServers": ["a", "a"]}, {"stunServers": ["a", "a"]}),
        ({"reconnectionIntervalS": 1}, {"reconnectionIntervalS": 5}),
        (
            {"connectionLimitMax": -1, "connectionLimitEnough": -2},
            {"connectionLimitMax": 0, "connectionLimitEnough": 0},
        ),
        ({"connectionPriorityTcpWan": 3}, {"connectionPriorityTcpWan": 11}),
        ({"connectionPriorityQuicWan": 20}, {"connectionPriorityQuicWan": 21}),
        ({"connectionPriorityQuicWan": 22}, {"connectionPriorityQuicWan": 22}),
    ],
)
def test_options(settings: dict[str, Any], expected: dict[str, Any]) -> None:
    """Values that make no sense are replaced, and doubles left out."""
    options = Schema.of("1.29.5").new("config.OptionsConfiguration") | settings
    assert corrected(options=options)["options"].items() >= expected.items()


@pytest.mark.parametrize("version", VERSIONS)
def test_reports(version: str) -> None:
    """Who agrees to send reports gets a name for them; 1.19 makes it up later."""
    options = Schema.of(version).new("config.OptionsConfiguration") | {"urAccepted": 3}
    found = corrected(version, options=options)["options"]["urUniqueId"]
    assert len(found) == (0 if version == "1.19.2" else 8)


def test_the_notice_about_a_missing_login() -> None:
    """Once there is a login, nothing has to be said about it."""
    schema = Schema.of("1.29.5")
    notices = ["b", "authenticationUserAndPassword", "a"]
    options = schema.new("config.OptionsConfiguration") | {"unackedNotificationIDs": notices}
    gui = schema.new("config.GUIConfiguration") | {"user": "u"}
    assert corrected(options={**options}, gui=gui)["options"]["unackedNotificationIDs"] == notices
    found = corrected(options={**options}, gui=gui | {"password": "p"})["options"]
    assert found["unackedNotificationIDs"] == ["b", "a"]


def test_random_texts() -> None:
    """What looks random is the same in each run."""
    assert random_text("a", 8) == random_text("a", 8) != random_text("b", 8)
    assert len(random_text("a", 32)) == 32
    assert random_text("a", 32).isalnum()
