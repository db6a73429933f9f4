"""Checking and completing configuration bodies."""

from __future__ import annotations

import copy
from typing import Any, get_args

import pytest

from aiosyncthing import types as t
from aiosyncthing.config.bodies import (
    check_addresses,
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
    patch_body,
    without_default_parameters,
)
from aiosyncthing.exceptions import BadRequestError
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
NEVER = "0001-01-01T00:00:00Z"


def test_changes_as_a_dict_and_as_keywords() -> None:
    """Keywords win over the dict, which is not modified; without any change there is an error."""
    patch = {"a": 1, "b": 1}
    assert patch_body(patch, {"b": 2}) == {"a": 1, "b": 2}
    assert patch == {"a": 1, "b": 1}
    assert patch_body(None, {"b": None}) == {"b": None}
    for nothing in (None, {}):
        with pytest.raises(BadRequestError, match="nothing to change"):
            patch_body(nothing, {})


def test_the_id_of_a_body() -> None:
    """The checks of whole objects return the ID as given, and accept unknown keys; in a patch it stays the same."""
    assert check_folder({"id": "a/b", "path": "x", "fromTheFuture": 1}) == "a/b"
    assert check_device({"deviceID": NOTATION, "fromTheFuture": 1}) == NOTATION
    check_folder_patch("f", {"id": "f", "path": "x"})
    check_device_patch(DEVICE, {"deviceID": NOTATION})
    for other in ("g", "", None, 5):
        with pytest.raises(BadRequestError, match="would add a second folder"):
            check_folder_patch("f", {"id": other})
        with pytest.raises(BadRequestError):
            check_device_patch(DEVICE, {"deviceID": other})


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
    """Every value that a daemon knows is accepted; any other would silently become the default, or crash it."""
    for allowed in (*get_args(enumeration), *old, None):
        check({key: allowed})
    for wrong in ("sendrecieve", "Always", 0, 1, True, ["simple"], {}, b"x"):
        with pytest.raises(BadRequestError, match=f"{key} must be one of ") as caught:
            check({key: wrong})
        assert f"must be one of {', '.join(filter(None, get_args(enumeration)))}" in str(caught.value)


def test_what_was_meant() -> None:
    """The message suggests the most similar value, but never an old name."""
    for wrong, meant in (("send-only", "sendonly"), ("SendReceive", "sendreceive"), ("ReadOnly", "sendonly")):
        with pytest.raises(BadRequestError, match=f"did you mean '{meant}'") as caught:
            check_default_folder({"type": wrong})
        assert "readonly" not in str(caught.value)


@pytest.mark.parametrize("key", ["a\nb", "ключ", "a ", " ", "a\x7f", 5, b"k"])
def test_keys_that_can_not_be_sent(key: Any) -> None:
    """A key that no header can hold would lock all clients out; the message doesn't show it."""
    with pytest.raises(BadRequestError, match="apiKey") as caught:
        check_gui({"apiKey": key}, whole=False)
    assert repr(key) not in str(caught.value)
    check_gui({"apiKey": "a b-~!"}, whole=False)


@pytest.mark.parametrize(
    ("address", "example"),
    [
        *(("127.0.0.1:22000", "tcp://127.0.0.1:22000"), ("nas.local", "tcp://nas.local"), ("[::1]:1", "tcp://[::1]:1")),
        *(("tcp:/1.2.3.4", ""), (" tcp://1.2.3.4", ""), ("tcp://", ""), ("Dynamic", ""), ("a b", "tcp://192.0.2.1")),
    ],
)
def test_addresses_that_are_none(address: str, example: str) -> None:
    """The daemon would store them and never connect, so unlike URLs they are refused with a suggestion."""
    every = ["dynamic", "tcp://192.0.2.1:22000", "quic4://nas", "relay://192.0.2.1:443/?id=X", "new+x://[::1]:1", ""]
    assert check_addresses(every) == every
    with pytest.raises(BadRequestError, match="can't connect") as caught:
        check_addresses([address])
    assert example in str(caught.value)


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_configurations(version: str) -> None:
    """What a daemon sent can be sent back: no check refuses it, it is complete, and the defaults cover all fields."""
    found = [e.answer for e in exchanges(version) if (e.method, e.path, e.status) == ("GET", "/rest/config", 200)]
    assert found
    for config in found:
        check_configuration(config)
        assert complete_configuration(config) == config
        for element in (element for folder in config["folders"] for element in folder["devices"]):
            bare = {"devices": [{"deviceID": element["deviceID"]}]}
            assert complete_elements(bare, {})["devices"][0].keys() == element.keys()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        *(({"version": version}, "migrations") for version in (0, None, True, "37")),
        ({"gui": {}}, "apiKey"),
        ({"gui": None}, "apiKey"),
        ({"gui": "x"}, "gui must be an object"),
        ({"ldap": {"transport": "nontls"}}, "transport"),
        ({"folders": [{"id": "f"}]}, "path"),
        ({"folders": [{"path": "f"}]}, "id"),
        *(({"folders": folders}, "folders must be a list of objects") for folders in ({"f": {}}, ["f"], "f")),
        ({"devices": [{}]}, "deviceID"),
        ({"devices": [{"deviceID": DEVICE, "compression": "x"}]}, "compression"),
        ({"defaults": {"folder": {"type": "x"}}}, "type"),
        ({"defaults": {"device": {"compression": "x"}}}, "compression"),
        ({"defaults": [1]}, "defaults must be an object"),
    ],
)
def test_impossible_configurations(change: dict[str, Any], message: str) -> None:
    """A whole configuration is checked in all its parts."""
    check_configuration(CONFIG)
    with pytest.raises(BadRequestError, match=message):
        check_configuration(CONFIG | change)


@pytest.mark.parametrize(
    "body",
    [
        *(
            {"devices": devices}
            for devices in (
                *(DEVICE, {"deviceID": DEVICE}, [DEVICE], {DEVICE}, iter([{"deviceID": DEVICE}]), 5),
                *([{}], [{"deviceID": ""}], [{"deviceID": None}]),
            )
        ),
        {"versioning": "simple"},
        {"xattrFilter": []},
        {"xattrFilter": {"entries": "x"}},
        *({"ignoredFolders": folders} for folders in ("f", ["f"], [{}], [{"id": ""}], {"id": "f"})),
    ],
)
def test_impossible_parts(body: Any) -> None:
    """A list of objects must be a list, with an ID in each object; the daemon would accept anything."""
    checks: list[Any] = [check_default_folder, lambda body: check_folder_patch("f", body)]
    if "ignoredFolders" in body:
        checks = [check_default_device, lambda body: check_device_patch(DEVICE, body)]
    for check in checks:
        with pytest.raises(BadRequestError):
            check(body)
    check_default_folder({"xattrFilter": {"entries": [{"match": "*", "permit": True}, {}]}})  # these need no ID


CURRENT: dict[str, Any] = {
    "devices": [
        {"deviceID": OTHER, "introducedBy": "X", "encryptionPassword": "secret", "new": 5, "list": ["a"], "nil": None},
        {"deviceID": DEVICE, "introducedBy": "", "encryptionPassword": "own", "new": 6, "list": ["b"], "map": {"a": 1}},
    ],
    "ignoredFolders": [{"id": "f", "time": "2026-03-01T12:00:00Z", "label": "F", "new": True}],
    "xattrFilter": {"entries": [{"match": "a", "permit": True, "new": "x"}], "maxTotalSize": 1},
}
STRANGER, OWN = CURRENT["devices"]
ZEROS = {"new": 0, "list": [], "map": {}}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        *((patch, patch) for patch in ({"label": "x"}, {"devices": []}, {"devices": None}, {"xattrFilter": None})),
        # A new one, in the place of the one with the secret.
        ({"devices": [{"deviceID": "NEW"}]}, {"devices": [{**ZEROS, **SHARED, "deviceID": "NEW"}]}),
        # Existing ones keep their own fields, in any notation and in any place.
        ({"devices": [{"deviceID": NOTATION}]}, {"devices": [{**ZEROS, **OWN, "deviceID": NOTATION}]}),
        (
            {"devices": ({"deviceID": DEVICE, "encryptionPassword": ""}, {"deviceID": OTHER, "new": 7})},
            {"devices": [{**ZEROS, **OWN, "encryptionPassword": ""}, {**ZEROS, **STRANGER, "new": 7}]},
        ),
        (
            {"ignoredFolders": [{"id": "g", "label": "G"}, {"id": "f"}]},
            {"ignoredFolders": [{"id": "g", "label": "G", "time": NEVER, "new": False}, *CURRENT["ignoredFolders"]]},
        ),
        # Filters have no identity: none keeps anything.
        (
            {"xattrFilter": {"entries": [{"match": "a"}, {"permit": True}], "maxTotalSize": 2}},
            {
                "xattrFilter": {
                    "entries": [{"match": "a", "permit": False, "new": ""}, {"match": "", "permit": True, "new": ""}],
                    "maxTotalSize": 2,
                }
            },
        ),
        ({"xattrFilter": {"maxTotalSize": 2}}, {"xattrFilter": {"maxTotalSize": 2}}),
    ],
)
def test_elements_are_completed(patch: Any, expected: Any) -> None:
    """Each element keeps its own fields by its ID; all others are defaults or zero, and none is inherited."""
    before = copy.deepcopy((patch, CURRENT))
    assert complete_elements(patch, CURRENT) == expected
    assert (patch, CURRENT) == before


def test_parameters_of_the_default_folder() -> None:
    """They are left out where a folder would inherit them; otherwise the configuration stays the same object."""
    simple = {"type": "simple", "params": {"keep": "3"}}
    config = {**CONFIG, "defaults": {"device": {}, "folder": {"label": "x", "versioning": simple}}}
    without = without_default_parameters(config)
    assert without == {
        **config,
        "defaults": {"device": {}, "folder": {"label": "x", "versioning": {"type": "simple", "params": {}}}},
    }
    assert config["defaults"]["folder"]["versioning"] == simple
    for same in (
        {**config, "folders": [{"id": "f", "path": "/f", "versioning": {"params": {"keep": "9", "more": ""}}}]},
        {**config, "folders": []},
        {**config, "defaults": {"folder": {"versioning": {"params": {}}}}},
        CONFIG,
    ):
        assert without_default_parameters(same) is same
