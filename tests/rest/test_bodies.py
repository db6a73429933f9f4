"""Checks and completion of configuration bodies."""

from __future__ import annotations

import copy
from typing import Any, get_args

import pytest

from aiosyncthing import types as t
from aiosyncthing.config.bodies import (
    check_configuration,
    check_default_device,
    check_default_folder,
    check_device,
    check_device_patch,
    check_folder,
    check_folder_patch,
    check_gui,
    check_ldap,
    complete_configuration,
    complete_elements,
    has_elements,
    merge,
    patch_body,
    sharing_error,
)
from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import BadRequestError, InvalidDeviceIDError, UnknownDeviceError
from tests.support.calls import DEVICE
from tests.support.recordings import VERSIONS, exchanges
from tests.support.server import DAEMON_ID

OTHER = DAEMON_ID
NOTATION = DEVICE.replace("-", "").lower()
CONFIG: dict[str, Any] = {
    "version": 37,
    "gui": {"apiKey": "k"},
    "folders": [{"id": "f", "path": "/f"}],
    "devices": [{"deviceID": DEVICE}],
}
SHARED = {"deviceID": DEVICE, "introducedBy": "", "encryptionPassword": ""}


def test_changes_are_a_dict_or_keywords_or_both() -> None:
    """Keywords win over the dict, which stays as it was."""
    patch = {"a": 1, "b": 1}
    assert patch_body(patch, {"b": 2}) == {"a": 1, "b": 2}
    assert patch == {"a": 1, "b": 1}
    assert patch_body(None, {"b": None}) == {"b": None}


@pytest.mark.parametrize("patch", [None, {}])
def test_no_changes_are_refused(patch: Any) -> None:
    """A patch that changes nothing is a mistake."""
    with pytest.raises(BadRequestError, match="nothing to change"):
        patch_body(patch, {})


def test_the_id_is_that_of_the_body() -> None:
    """The checks of whole objects return the ID as it was given."""
    assert check_folder({"id": "a/b", "path": "x", "fromTheFuture": 1}) == "a/b"
    assert check_device({"deviceID": NOTATION, "fromTheFuture": 1}) == NOTATION


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ({}, "the folder's id must not be empty"),
        ({"id": "", "path": "x"}, "the folder's id must not be empty"),
        ({"id": 5, "path": "x"}, "the folder's id must be a string, not int"),
        ({"id": None, "path": "x"}, "the folder's id must be a string"),
        ({"id": "f"}, "the folder's path (version 1 would share the home directory) must not be empty"),
        ({"id": "f", "path": ""}, "the folder's path"),
        ({"id": "f", "path": "x", "type": "sendrecieve"}, "folder: type must be one of "),
    ],
)
def test_folders_that_make_no_sense(folder: Any, message: str) -> None:
    """A whole folder needs ID and path."""
    with pytest.raises(BadRequestError) as caught:
        check_folder(folder)
    assert message in str(caught.value)


@pytest.mark.parametrize("device_id", ["", None, 5, DeviceID("")])
def test_devices_that_make_no_sense(device_id: Any) -> None:
    """A whole device needs its ID; without one the daemon would answer 200 and do nothing."""
    with pytest.raises(BadRequestError, match="the device's deviceID must "):
        check_device({"deviceID": device_id})
    with pytest.raises(BadRequestError, match="the device's deviceID must not be empty"):
        check_device({})


@pytest.mark.parametrize("device_id", ["..", ".", "a/b"])
def test_devices_that_can_not_be_addressed(device_id: str) -> None:
    """What can't be part of a path is no device ID."""
    with pytest.raises(InvalidDeviceIDError):
        check_device({"deviceID": device_id})
    with pytest.raises(InvalidDeviceIDError):
        check_device_patch(device_id, {"paused": True})


@pytest.mark.parametrize("other", ["g", "", None, 5])
def test_a_folder_keeps_its_id(other: Any) -> None:
    """A patch with another ID would make a second folder."""
    check_folder_patch("f", {"id": "f"})
    with pytest.raises(BadRequestError, match="would add a second folder"):
        check_folder_patch("f", {"id": other})


@pytest.mark.parametrize("path", ["", None, 5])
def test_a_folder_keeps_a_path(path: Any) -> None:
    """A patch can change the path, but not take it away."""
    check_folder_patch("f", {"path": "x"})
    with pytest.raises(BadRequestError, match="the folder's path must "):
        check_folder_patch("f", {"path": path})


@pytest.mark.parametrize("other", [OTHER, "nonsense", "", None, 5])
def test_a_device_keeps_its_id(other: Any) -> None:
    """A patch with another ID would make a second device; another notation is no other ID."""
    check_device_patch(DEVICE, {"deviceID": NOTATION})
    with pytest.raises(BadRequestError):
        check_device_patch(DEVICE, {"deviceID": other})


@pytest.mark.parametrize("one", ["", None, 5])
def test_a_patch_needs_to_know_of_what(one: Any) -> None:
    """Without an ID there is nothing to patch."""
    for check in (check_folder_patch, check_device_patch):
        with pytest.raises(BadRequestError, match="_id must "):
            check(one, {"paused": True})


ENUMS: list[tuple[Any, str, Any, list[str]]] = [
    (check_default_folder, "type", t.FolderType, ["readwrite", "readonly"]),
    (check_default_folder, "order", t.PullOrder, []),
    (check_default_folder, "blockPullOrder", t.BlockPullOrder, []),
    (check_default_folder, "copyRangeMethod", t.CopyRangeMethod, []),
    (lambda body: check_default_folder({"versioning": body}), "type", t.VersioningType, []),
    (check_default_device, "compression", t.Compression, ["true", "false"]),
    (lambda body: check_gui(body, whole=False), "authMode", t.AuthMode, []),
    (check_ldap, "transport", t.LDAPTransport, []),
]


@pytest.mark.parametrize(("check", "key", "enumeration", "old"), ENUMS)
def test_enumerated_values(check: Any, key: str, enumeration: Any, old: list[str]) -> None:
    """All values that a daemon reads are allowed; any other would silently become the default, or crash it."""
    for allowed in (*get_args(enumeration), *old, None):
        check({key: allowed})
    for wrong in ("sendrecieve", "Always", 0, 1, True, ["simple"], {}, b"x"):
        with pytest.raises(BadRequestError, match=f"{key} must be one of ") as caught:
            check({key: wrong})
        assert all(name in str(caught.value) for name in get_args(enumeration))


@pytest.mark.parametrize(
    ("gui", "whole"), [({}, True), ({"apiKey": ""}, True), ({"apiKey": ""}, False), ({"apiKey": None}, False)]
)
def test_the_key_must_not_get_lost(gui: Any, *, whole: bool) -> None:
    """Without a key the daemon makes a new one, which nobody here would know."""
    with pytest.raises(BadRequestError, match="lock this client out"):
        check_gui(gui, whole=whole)


def test_a_patch_of_the_gui_may_leave_out_the_key() -> None:
    """What a patch leaves out stays, and another key may be set."""
    check_gui({"theme": "dark"}, whole=False)
    check_gui({"apiKey": "other"}, whole=False)
    check_gui({"apiKey": "other"}, whole=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_configurations_are_in_order(version: str) -> None:
    """What a daemon sent can be sent back: no check refuses it, and there is nothing to complete."""
    found = [e.answer for e in exchanges(version) if (e.method, e.path, e.status) == ("GET", "/rest/config", 200)]
    assert found
    for config in found:
        check_configuration(config)
        assert complete_configuration(config) == config


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 0}, "version"),
        ({"version": None}, "version"),
        ({"version": True}, "version"),
        ({"version": "37"}, "version"),
        ({"gui": {}}, "apiKey"),
        ({"gui": None}, "apiKey"),
        ({"gui": "x"}, "gui must be an object"),
        ({"ldap": {"transport": "nontls"}}, "transport"),
        ({"folders": [{"id": "f"}]}, "path"),
        ({"folders": [{"path": "f"}]}, "id"),
        ({"folders": {"f": {}}}, "folders must be a list of objects"),
        ({"folders": ["f"]}, "folders must be a list of objects"),
        ({"folders": "f"}, "folders must be a list of objects"),
        ({"devices": [{}]}, "deviceID"),
        ({"devices": [{"deviceID": DEVICE, "compression": "x"}]}, "compression"),
        ({"defaults": {"folder": {"type": "x"}}}, "type"),
        ({"defaults": {"device": {"compression": "x"}}}, "compression"),
        ({"defaults": [1]}, "defaults must be an object"),
    ],
)
def test_configurations_that_make_no_sense(change: dict[str, Any], message: str) -> None:
    """A whole configuration is checked in all its parts."""
    check_configuration(CONFIG)
    with pytest.raises(BadRequestError, match=message):
        check_configuration(CONFIG | change)


def test_a_configuration_needs_its_version() -> None:
    """Without it, the daemon would run all its migrations."""
    with pytest.raises(BadRequestError, match="migrations"):
        check_configuration({key: value for key, value in CONFIG.items() if key != "version"})


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"paused": True}, False),
        ({"devices": []}, False),
        ({"devices": None}, False),
        ({"devices": [{"deviceID": DEVICE}]}, True),
        ({"devices": ({"deviceID": DEVICE},)}, True),
        ({"ignoredFolders": [{"id": "f"}]}, True),
        ({"xattrFilter": {"entries": [{"match": "*"}]}}, False),
    ],
)
def test_which_patches_need_a_look_first(patch: Any, *, expected: bool) -> None:
    """A list whose elements belong to someone can only be completed from what is there."""
    assert has_elements(patch) is expected


@pytest.mark.parametrize(
    "body",
    [
        {"devices": DEVICE},
        {"devices": {"deviceID": DEVICE}},
        {"devices": [DEVICE]},
        {"devices": {DEVICE}},
        {"devices": iter([{"deviceID": DEVICE}])},
        {"devices": [{}]},
        {"devices": [{"deviceID": ""}]},
        {"devices": [{"deviceID": None}]},
        {"devices": 5},
        {"versioning": "simple"},
        {"xattrFilter": []},
        {"xattrFilter": {"entries": "x"}},
    ],
)
def test_folders_with_odd_parts(body: Any) -> None:
    """A list of objects must be one, with an ID in each; the daemon would take what it finds."""
    for check in (check_default_folder, lambda body: check_folder_patch("f", body)):
        with pytest.raises(BadRequestError):
            check(body)


def test_filters_need_no_id() -> None:
    """The elements of a filter belong to nobody."""
    check_default_folder({"xattrFilter": {"entries": [{"match": "*", "permit": True}, {}]}})


@pytest.mark.parametrize("folders", ["f", ["f"], [{}], [{"id": ""}], {"id": "f"}])
def test_devices_with_odd_parts(folders: Any) -> None:
    """As with folders."""
    for check in (check_default_device, lambda body: check_device_patch(DEVICE, body)):
        with pytest.raises(BadRequestError):
            check({"ignoredFolders": folders})


CURRENT: dict[str, Any] = {
    "devices": [
        {"deviceID": OTHER, "introducedBy": "X", "encryptionPassword": "secret", "new": 5, "list": ["a"], "nil": None},
        {"deviceID": DEVICE, "introducedBy": "", "encryptionPassword": "own", "new": 6, "list": ["b"], "map": {"a": 1}},
    ],
    "ignoredFolders": [{"id": "f", "time": "2026-03-01T12:00:00Z", "label": "F", "new": True}],
    "xattrFilter": {"entries": [{"match": "a", "permit": True, "new": "x"}], "maxTotalSize": 1},
}
ZEROS = {"new": 0, "list": [], "map": {}}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"label": "x"}, {"label": "x"}),
        ({"devices": []}, {"devices": []}),
        ({"devices": None}, {"devices": None}),
        # A new one, at the place where the other with the secret stood before.
        ({"devices": [{"deviceID": "NEW"}]}, {"devices": [{**ZEROS, **SHARED, "deviceID": "NEW"}]}),
        # One that is there already keeps what is its own, in any notation, at any place.
        (
            {"devices": [{"deviceID": NOTATION}]},
            {"devices": [{**ZEROS, **CURRENT["devices"][1], "deviceID": NOTATION}]},
        ),
        (
            {"devices": ({"deviceID": DEVICE, "encryptionPassword": ""}, {"deviceID": OTHER, "new": 7})},
            {
                "devices": [
                    {**ZEROS, **CURRENT["devices"][1], "encryptionPassword": ""},
                    {**ZEROS, **CURRENT["devices"][0], "new": 7},
                ]
            },
        ),
        (
            {"ignoredFolders": [{"id": "g", "label": "G"}, {"id": "f"}]},
            {
                "ignoredFolders": [
                    {"id": "g", "label": "G", "time": "0001-01-01T00:00:00Z", "new": False},
                    CURRENT["ignoredFolders"][0],
                ]
            },
        ),
        # Filters belong to nobody: none keeps anything.
        (
            {"xattrFilter": {"entries": [{"match": "b"}, {"match": "a"}, {"permit": True}], "maxTotalSize": 2}},
            {
                "xattrFilter": {
                    "entries": [
                        {"match": "b", "permit": False, "new": ""},
                        {"match": "a", "permit": False, "new": ""},
                        {"match": "", "permit": True, "new": ""},
                    ],
                    "maxTotalSize": 2,
                }
            },
        ),
        ({"xattrFilter": {"maxTotalSize": 2}}, {"xattrFilter": {"maxTotalSize": 2}}),
        ({"xattrFilter": None}, {"xattrFilter": None}),
    ],
)
def test_elements_are_complete(patch: Any, expected: Any) -> None:
    """Each element keeps its own fields by its ID, and has all others as default or zero: none is inherited."""
    before = copy.deepcopy((patch, CURRENT))
    assert complete_elements(patch, CURRENT) == expected
    assert (patch, CURRENT) == before


def test_elements_of_something_new() -> None:
    """With nothing there yet, the known fields are completed."""
    assert complete_elements({"devices": [{"deviceID": DEVICE}]}, {}) == {"devices": [SHARED]}


def test_every_recorded_element_has_the_known_fields() -> None:
    """The fields that are completed without a look are those that daemons have, of all versions."""
    for version in VERSIONS:
        for exchange in exchanges(version):
            if (exchange.method, exchange.path, exchange.status) == ("GET", "/rest/config", 200):
                for folder in exchange.answer["folders"]:
                    for element in folder["devices"]:
                        bare = {"devices": [{"deviceID": element["deviceID"]}]}
                        assert complete_elements(bare, {})["devices"][0].keys() == element.keys()


def test_a_whole_configuration_is_complete() -> None:
    """Folders and devices of a whole configuration are decoded onto the default ones, so they are completed, too."""
    config = {
        "folders": [{"id": "f", "devices": [{"deviceID": DEVICE}]}, {"id": "g"}],
        "devices": ({"deviceID": DEVICE, "ignoredFolders": [{"id": "f"}]},),
        "options": {"a": 1},
    }
    before = copy.deepcopy(config)
    assert complete_configuration(config) == {
        "folders": [{"id": "f", "devices": [SHARED]}, {"id": "g"}],
        "devices": [{"deviceID": DEVICE, "ignoredFolders": [{"id": "f", "time": "0001-01-01T00:00:00Z", "label": ""}]}],
        "options": {"a": 1},
    }
    assert config == before
    assert complete_configuration({"folders": None}) == {"folders": None}


@pytest.mark.parametrize(
    ("current", "patch", "expected"),
    [
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
        ({"a": {"b": 1, "c": {"d": 1}}}, {"a": {"c": {"e": 2}}}, {"a": {"b": 1, "c": {"d": 1, "e": 2}}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({}, {}, {}),
    ],
)
def test_merging_as_the_daemon_does(current: Any, patch: Any, expected: Any) -> None:
    """Objects merge, everything else is replaced, and neither argument is changed."""
    before = copy.deepcopy((current, patch))
    assert merge(current, patch) == expected
    assert (current, patch) == before


@pytest.mark.parametrize(
    ("folder", "device", "expected"),
    [
        ({"devices": [SHARED]}, {"deviceID": DEVICE}, None),
        ({"devices": [{**SHARED, "deviceID": NOTATION}]}, {"deviceID": DEVICE, "untrusted": False}, None),
        ({}, {"deviceID": DEVICE}, None),
        ({"devices": [SHARED]}, {"deviceID": OTHER}, UnknownDeviceError),
        ({"devices": [SHARED]}, {"deviceID": DEVICE, "untrusted": True}, BadRequestError),
        ({"devices": [{**SHARED, "encryptionPassword": "x"}]}, {"deviceID": DEVICE, "untrusted": True}, None),
        ({"devices": [SHARED], "type": "receiveencrypted"}, {"deviceID": DEVICE, "untrusted": True}, None),
        ({"devices": [SHARED], "type": "sendonly"}, {"deviceID": DEVICE, "untrusted": True}, BadRequestError),
    ],
)
def test_sharing(folder: Any, device: Any, expected: type[Exception] | None) -> None:
    """A device that the daemon would leave out of a folder is an error that names it."""
    error = sharing_error(folder, iter([device]))
    assert type(error) is (expected or type(None))
    if error:
        assert DEVICE in str(error)
