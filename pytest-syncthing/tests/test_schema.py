"""Decoding a body onto a value as Go does it; the expected results were taken from 1.19.2 and 1.29.5."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.recordings import exchanges

from pytest_syncthing.config.schema import Schema
from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.go.json import parse
from pytest_syncthing.http.messages import Refusal

FOLDER = "config.FolderConfiguration"
OPTIONS = "config.OptionsConfiguration"
SCHEMA = Schema.of("1.29.5")


def new(kind: str) -> Any:
    """Return a value with defaults, and empty lists."""
    value = SCHEMA.new(kind)
    SCHEMA.fill(kind, value)
    return value


def decode(kind: str, body: Any, onto: Any = None, version: str = "1.29.5") -> Any:
    """Decode a value, after turning it into JSON."""
    raw = parse(body if isinstance(body, bytes) else json.dumps(body).encode())
    return Schema.of(version).decode(kind, raw, new(kind) if onto is None else onto)


def keys(value: Any) -> Any:
    """Return the keys of an object and of those in it, in order."""
    return {key: keys(each) for key, each in value.items()} if isinstance(value, dict) else None


@pytest.mark.parametrize("version", VERSIONS)
def test_fields(version: str) -> None:
    """Each version has the fields that a daemon of that version has, in the same order."""
    recorded = next(each.answer for each in exchanges(version) if each.path == "/rest/config")
    schema = Schema.of(version)
    whole = schema.new("config.Configuration")
    schema.fill("config.Configuration", whole)
    assert [list(keys(each).items()) for each in (whole,)] == [list(keys(recorded).items())]
    assert schema.current == recorded["version"]
    assert list(keys(schema.zero("config.DeviceConfiguration"))) == list(recorded["devices"][0])
    assert list(schema.zero("config.FolderDeviceConfiguration")) == list(recorded["defaults"]["folder"]["devices"][0])
    assert whole["ldap"] == recorded["ldap"]
    untouched = set(whole["defaults"]["folder"]) - {"devices", "markerName"}
    assert all(whole["defaults"]["folder"][key] == recorded["defaults"]["folder"][key] for key in untouched)
    different = {key for key, value in recorded["options"].items() if whole["options"][key] != value}
    assert different == {
        *("globalAnnounceEnabled", "localAnnounceEnabled", "relaysEnabled", "natEnabled", "crashReportingEnabled"),
        *("urAccepted", "unackedNotificationIDs", "listenAddresses", "globalAnnounceServers", "stunServers"),
    }


def test_keys() -> None:
    """Case is ignored as Go does it, and of several equal keys each is decoded."""
    assert decode(OPTIONS, b'{"max\xc5\xbfendKbps": 1}')["maxSendKbps"] == 1
    sizes = b'{"minHomeDiskFree": {"value": 2}, "minHomeDiskFree": {"unit": "kB"}}'
    assert decode(OPTIONS, sizes)["minHomeDiskFree"] == {"value": 2, "unit": "kB"}


def test_null() -> None:
    """``null`` changes nothing, except that lists and maps become nil, which are filled later."""
    onto = new(FOLDER)
    emptied = decode(FOLDER, {"devices": None, "versioning": {"params": None}}, onto)
    assert emptied["devices"] is None
    assert emptied["versioning"]["params"] is None
    whole = new("config.Configuration") | {"folders": [emptied]}
    SCHEMA.fill("config.Configuration", whole)
    assert whole["folders"] == [onto]


def test_lists() -> None:
    """A list replaces the old one, but each element is decoded onto the old one at its place."""
    assert decode("config.Ignores", {"lines": [None, "z", None]}, {"lines": ["a", "b"]}) == {"lines": ["a", "z", ""]}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("body", [{"versioning": {"type": "simple"}}, {"versioning": None}])
def test_versioning_begins_anew(version: str, body: Any) -> None:
    """Versioning is decoded onto its defaults, some of which are not empty."""
    schema = Schema.of(version)
    onto = schema.new(FOLDER)
    onto["versioning"] |= {"cleanupIntervalS": 7, "fsPath": "/x", "fsType": "fake", "type": "trashcan"}
    versioning = decode(FOLDER, body, onto, version)["versioning"]
    assert (versioning["cleanupIntervalS"], versioning["fsPath"]) == (3600, "/x")
    assert versioning["fsType"] == ("basic" if version == "2.1.3" else "fake")


@pytest.mark.parametrize(
    ("key", "given", "taken"),
    [
        ("filesystemType", "fake", "fake"),
        ("fsWatcherDelayS", 2.50, 2.5),
        ("fsWatcherDelayS", 2.0, 2),
        ("fsWatcherDelayS", 1e300, 1e300),
        ("label", "\ud800x", "\ufffdx"),
    ],
)
def test_values(key: str, given: Any, taken: Any) -> None:
    """Whole numbers are written without a point, and what is no Unicode is replaced."""
    value = decode(FOLDER, {key: given})[key]
    assert value == taken
    assert type(value) is type(taken)


def test_free_texts() -> None:
    """Version 2 accepts any text as file system type."""
    schema = Schema.of("2.1.3")
    assert decode(FOLDER, {"filesystemType": "x"}, schema.new(FOLDER), "2.1.3")["filesystemType"] == "x"
    assert schema.zero(FOLDER)["filesystemType"] == ""


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        (OPTIONS, [], "array into Go value of type config.OptionsConfiguration"),
        (OPTIONS, {"maxSendKbps": 10**30}, f"number {10**30} into Go struct field OptionsConfiguration.maxSendKbps of"),
        (OPTIONS, b'{"minHomeDiskFree": {"value": 1e400}}', "number 1e400 into Go struct field Size.minHomeDiskFree."),
        (FOLDER, {"devices": 3, "copiers": "x"}, "number into Go struct field FolderConfiguration.devices of type"),
        (FOLDER, {"versioning": {"params": {"a": 3}}}, "number into Go struct field FolderConfiguration.versioning.pa"),
        (FOLDER, {"label": 3, "versioning": {"type": 4}}, "number into Go struct field FolderConfiguration.versioning"),
    ],
)
def test_wrong_types(kind: str, body: Any, words: str) -> None:
    """A value of the wrong type is refused with Go's words: the first, unless another ends the decoding."""
    with pytest.raises(Refusal) as refused:
        decode(kind, body)
    assert refused.value.status == 400
    assert refused.value.text.startswith(f"json: cannot unmarshal {words}")


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (3, "Time.UnmarshalJSON: input is not a JSON string"),
        ("x", 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'),
    ],
)
def test_what_is_no_time(time: Any, words: str) -> None:
    """A text that is no time is refused."""
    with pytest.raises(Refusal) as refused:
        decode("config.DeviceConfiguration", {"ignoredFolders": [{"time": time}]})
    assert (refused.value.status, refused.value.text) == (400, words)
