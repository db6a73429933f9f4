"""The types describe what real daemons send, completely."""

from __future__ import annotations

import functools
import importlib
import operator
import pkgutil
from collections.abc import Sequence
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, is_typeddict

import pytest

from aiosyncthing import types
from tests.support.answers import ANSWERS, answer_type, template
from tests.support.recordings import VERSIONS, Exchange, events, exchanges
from tests.support.shapes import fields, literals, problems

# Answers and events that the recordings don't have: of functions that need another build (upgrade), end the daemon,
# must be switched on (debug), or of things that did not happen.
UNRECORDED_ANSWERS: Final = {
    ("GET", "rest/system/upgrade"),
    ("POST", "rest/system/upgrade"),
    ("POST", "rest/system/restart"),
    ("POST", "rest/system/shutdown"),
    ("POST", "rest/system/reset"),
    ("GET", "rest/events/disk"),  # recorded as a stream of events
    ("GET", "rest/debug/file"),
    ("GET", "rest/debug/peerCompletion"),
    ("GET", "rest/debug/httpmetrics"),
}
UNRECORDED_EVENTS: Final = {
    "DeviceDiscovered",
    "DownloadProgress",
    "FolderWatchStateChanged",
    "LoginAttempt",
    "RemoteDownloadProgress",
    "UpgradeRestartScheduled",
}
DEVICE: Final = "MLSLJWC-2PNZI52-I2INEVA-PBO6VBN-64XL2PB-5ZHN33C-2KT2TBN-M33MPAU"
FILE: Final = {
    "blocksHash": "u39T+x/qBgP+qwRFBLJ+D/1w6RDa9phYh197mqvMucQ=",
    "deleted": False,
    "ignored": False,
    "inodeChange": "2026-11-23T16:07:26.135881135Z",
    "invalid": False,
    "localFlags": 0,
    "modified": "2026-11-23T16:07:26.135881135Z",
    "modifiedBy": "WZHEPSS",
    "mustRescan": False,
    "name": "big.bin",
    "noPermissions": False,
    "numBlocks": 92,
    "permissions": "0644",
    "platform": {
        "Unix": {"OwnerName": "root", "GroupName": "root", "UID": 0, "GID": 0},
        "Windows": None,
        "Linux": {"Xattrs": []},
        "Darwin": None,
        "FreeBSD": None,
        "NetBSD": None,
    },
    "sequence": 2,
    "size": 12000000,
    "type": "FILE_INFO_TYPE_FILE",
    "version": ["WZHEPSS:1795450046"],
}
# Taken from 1.29.5 by hand.
OTHER_ANSWERS: Final[list[tuple[str, str, Any]]] = [
    ("POST", "rest/system/shutdown", {"ok": "shutting down"}),
    (
        "GET",
        "rest/debug/file",
        {
            "availability": ["7777777-777777N-7777777-777777N-7777777-777777N-7777777-77777Q4", DEVICE],
            "global": FILE,
            "local": FILE,
            "globalVersions": "[{Version:{[{WZHEPSS 1795450046}]}, Deleted:false, Devices:[7777777], Invalid:[]}]",
            "mtime": {"err": None, "value": {"real": "0001-01-01T00:00:00Z", "virtual": "0001-01-01T00:00:00Z"}},
        },
    ),
    ("GET", "rest/debug/peerCompletion", {DEVICE: 100}),
    (
        "GET",
        "rest/debug/httpmetrics",
        {
            "/rest/system/ping": {
                "count": 1,
                "percentilesMs": [0.037085, 0.037085, 0.037085],
                "ratesPerS": [0.2, 0.2, 0.2],
                "sumMs": 0,
            }
        },
    ),
]
# Taken from 1.29.5 by hand; the last four are made up after the source of Syncthing.
OTHER_EVENTS: Final[list[tuple[str, Any]]] = [
    (
        "DownloadProgress",
        {
            "f": {
                "big.bin": {
                    "total": 92,
                    "reused": 0,
                    "copiedFromOrigin": 0,
                    "copiedFromOriginShifted": 0,
                    "copiedFromElsewhere": 0,
                    "pulled": 19,
                    "pulling": 73,
                    "bytesDone": 2478261,
                    "bytesTotal": 12000000,
                }
            }
        },
    ),
    ("RemoteDownloadProgress", {"device": DEVICE, "folder": "f", "state": {"big.bin": 19}}),
    ("LoginAttempt", {"remoteAddress": "127.0.0.1:57770", "success": False, "username": "u"}),
    (
        "StateChanged",
        {"duration": 6.903337713, "error": "folder path missing", "folder": "f", "from": "idle", "to": "error"},
    ),
    ("FolderWatchStateChanged", {"folder": "f", "to": "failed to set up inotify"}),
    ("DeviceDiscovered", {"device": DEVICE, "addrs": ["tcp://192.0.2.1:22000"]}),
    ("UpgradeRestartScheduled", {"delayS": 60, "newVersion": "v2.1.4"}),
    ("Failure", "index handler got paused while already paused"),
]
CONFIGURATIONS: Final[list[tuple[str, Any]]] = [
    ("rest/config", types.Configuration),
    ("rest/config/defaults/folder", types.FolderConfiguration),
    ("rest/config/defaults/device", types.DeviceConfiguration),
    ("rest/config/options", types.OptionsConfiguration),
    ("rest/config/gui", types.GUIConfiguration),
    ("rest/config/ldap", types.LDAPConfiguration),
]
PATCHES: Final[list[tuple[Any, Any]]] = [
    (types.FolderPatch, types.FolderConfiguration),
    (types.NewFolder, types.FolderConfiguration),
    (types.FolderDevicePatch, types.FolderDeviceConfiguration),
    (types.VersioningPatch, types.VersioningConfiguration),
    (types.SizePatch, types.Size),
    (types.XattrFilterPatch, types.XattrFilter),
    (types.DevicePatch, types.DeviceConfiguration),
    (types.NewDevice, types.DeviceConfiguration),
    (types.ObservedFolderPatch, types.ObservedFolder),
    (types.OptionsPatch, types.OptionsConfiguration),
    (types.GUIPatch, types.GUIConfiguration),
    (types.LDAPPatch, types.LDAPConfiguration),
]
BODIES: Final[dict[tuple[str, str], Any]] = {
    ("POST", "rest/config/folders"): types.NewFolder,
    ("PUT", "rest/config/folders/{}"): types.NewFolder,
    ("PATCH", "rest/config/folders/{}"): types.FolderPatch,
    ("PUT", "rest/config/devices/{}"): types.NewDevice,
    ("PATCH", "rest/config/options"): types.OptionsPatch,
    ("POST", "rest/db/ignores"): types.NewIgnores,
}


def json_answers(version: str) -> list[Exchange]:
    """Return the exchanges that ended well and with JSON."""
    return [exchange for exchange in exchanges(version) if exchange.status == 200 and exchange.kind == "json"]


def route(exchange: Exchange) -> tuple[str, str]:
    """Return the method, and the path with ``{}`` in the place of an ID."""
    return exchange.method, template(exchange.uri)


def submodules() -> list[Any]:
    """Return the modules that `aiosyncthing.types` consists of, without the one that has the names of all."""
    names = [module.name for module in pkgutil.iter_modules(types.__path__) if module.name != "everything"]
    return [importlib.import_module(f"{types.__name__}.{name}") for name in names]


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_answers_fit_their_types(version: str) -> None:
    """Every recorded answer has no key that is not described, and lacks none that is required."""
    found = {
        str(exchange): misfits
        for exchange in json_answers(version)
        if (misfits := problems(exchange.answer, answer_type(exchange.method, exchange.uri)))
    }
    assert found == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_events_fit_their_types(version: str) -> None:
    """Every recorded event, of all nodes and streams, fits `Event`, and those of the disk stream `DiskEvent`."""
    found = [
        misfit
        for recorded in events(version)
        for misfit in problems(
            recorded.event, types.DiskEvent if recorded.stream == "disk" else types.Event, recorded.event["type"]
        )
    ]
    assert found == []


@pytest.mark.parametrize(("method", "uri", "answer"), OTHER_ANSWERS)
def test_other_answers_fit_their_types(method: str, uri: str, answer: Any) -> None:
    """Answers that the recordings lack fit, too."""
    assert problems(answer, answer_type(method, uri)) == []


@pytest.mark.parametrize(("name", "data"), OTHER_EVENTS)
def test_other_events_fit_their_types(name: str, data: Any) -> None:
    """Events that the recordings lack fit, too."""
    event = {"id": 1, "globalID": 1, "time": "2026-11-23T16:07:26Z", "type": name, "data": data}
    assert problems(event, types.Event) == []


def test_no_answer_is_left_unproven_unnoticed() -> None:
    """Each described answer is in the recordings of some version, but for the known few."""
    recorded = {route(exchange) for version in VERSIONS for exchange in json_answers(version)}
    differing = sorted((ANSWERS.keys() - recorded) ^ UNRECORDED_ANSWERS)
    assert not differing, (
        "add the request to tests/support/scenario.py and record the daemons again with scripts/record.py, or, where "
        "that can't be, add the answer to UNRECORDED_ANSWERS; remove from there what is recorded"
    )


def test_no_event_is_left_unproven_unnoticed() -> None:
    """Each type of event is in the recordings of some version, but for the known few."""
    recorded = {recorded.event["type"] for version in VERSIONS for recorded in events(version)}
    differing = sorted((set(types.EVENT_TYPES) - recorded) ^ UNRECORDED_EVENTS)
    assert not differing, (
        "record the event by way of tests/support/scenario.py, or add it to UNRECORDED_EVENTS and OTHER_EVENTS; "
        "remove from there what is recorded"
    )
    assert {name for name, _ in OTHER_EVENTS} >= UNRECORDED_EVENTS


def test_each_event_type_has_one_event() -> None:
    """The names of events and the members of `Event` are the same, each once."""
    names = [literals(member)["type"] for member in get_args(types.Event)]
    assert names == [(name,) for name in types.EVENT_TYPES]
    assert len(types.EVENT_TYPES) == 33
    assert get_args(types.EventType) == types.EVENT_TYPES


def test_each_event_has_its_envelope_and_data() -> None:
    """All events have the same keys, all required."""
    for member in get_args(types.Event):
        assert fields(member).required == fields(member).shapes.keys() == {"id", "globalID", "time", "type", "data"}


def test_disk_events_are_events() -> None:
    """`DiskEvent` consists of the two events that are not sent by default."""
    members = get_args(types.DiskEvent)
    assert set(members) < set(get_args(types.Event))
    assert [literals(member)["type"][0] for member in members] == ["LocalChangeDetected", "RemoteChangeDetected"]


@pytest.mark.parametrize(("uri", "shape"), CONFIGURATIONS)
def test_required_keys_are_those_of_all_versions(uri: str, shape: Any) -> None:
    """A key of the configuration is required exactly if every supported version sends it."""
    sent = [exchange.answer.keys() for version in VERSIONS for exchange in json_answers(version) if exchange.uri == uri]
    assert fields(shape).required == set.intersection(*map(set, sent))
    assert fields(shape).shapes.keys() >= set.union(*map(set, sent))


def full_form(hint: Any) -> Any:
    """Undo what makes a patch more lenient: partial objects beside full ones, and lists of either."""
    partial = {patch for patch, _ in PATCHES}
    if get_origin(hint) in {Union, UnionType}:
        members = [member for member in get_args(hint) if member not in partial]
        return functools.reduce(operator.or_, members)
    return list[full_form(get_args(hint)[0])] if get_origin(hint) is Sequence else hint


@pytest.mark.parametrize(("patch", "full"), PATCHES)
def test_patches_have_the_keys_and_types_of_the_full_form(patch: Any, full: Any) -> None:
    """A body that changes something knows the same keys as the answer, with the same types of values."""
    expected = dict(fields(full).shapes)
    if patch is types.VersioningPatch:
        expected["params"] |= None  # the only way to empty it
    assert {key: full_form(hint) for key, hint in fields(patch).shapes.items()} == expected


@pytest.mark.parametrize(
    ("shape", "required"),
    [
        (types.NewFolder, {"id", "path"}),
        (types.NewDevice, {"deviceID"}),
        (types.FolderDevicePatch, {"deviceID"}),
        (types.ObservedFolderPatch, {"id"}),
        (types.FolderPatch, set()),
        (types.DevicePatch, set()),
        (types.OptionsPatch, set()),
        (types.GUIPatch, set()),
        (types.LDAPPatch, set()),
        (types.VersioningPatch, set()),
        (types.SizePatch, set()),
        (types.XattrFilterPatch, set()),
    ],
)
def test_bodies_require_no_more_than_the_daemon_does(shape: Any, required: set[str]) -> None:
    """A new object needs its ID (a folder also its path), a patch nothing."""
    assert fields(shape).required == required


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_bodies_fit_their_types(version: str) -> None:
    """Bodies that a daemon accepted fit the types of bodies."""
    accepted = [
        exchange
        for exchange in exchanges(version)
        if exchange.status == 200 and route(exchange) in BODIES and exchange.body is not None
    ]
    assert {route(exchange) for exchange in accepted} == BODIES.keys()
    assert [m for exchange in accepted for m in problems(exchange.body, BODIES[route(exchange)])] == []


def test_recorded_states_are_known() -> None:
    """The states of folders that the daemons were in are in `FolderState`, although fields take any text."""
    recorded = {
        state
        for version in VERSIONS
        for recorded in events(version)
        if recorded.event["type"] == "StateChanged"
        for state in (recorded.event["data"]["from"], recorded.event["data"]["to"])
    } | {
        exchange.answer["state"]
        for version in VERSIONS
        for exchange in json_answers(version)
        if exchange.uri == "rest/db/status"
    }
    assert "idle" in recorded
    assert recorded <= set(get_args(types.FolderState))


@pytest.mark.parametrize(
    ("enumeration", "shape", "key"),
    [
        (types.FolderType, types.FolderConfiguration, "type"),
        (types.PullOrder, types.FolderConfiguration, "order"),
        (types.BlockPullOrder, types.FolderConfiguration, "blockPullOrder"),
        (types.CopyRangeMethod, types.FolderConfiguration, "copyRangeMethod"),
        (types.VersioningType, types.VersioningConfiguration, "type"),
        (types.Compression, types.DeviceConfiguration, "compression"),
        (types.Tuning, types.OptionsConfiguration, "databaseTuning"),
        (types.AuthMode, types.GUIConfiguration, "authMode"),
        (types.LDAPTransport, types.LDAPConfiguration, "transport"),
    ],
)
def test_enumerations_are_at_hand_at_run_time(enumeration: Any, shape: Any, key: str) -> None:
    """`get_args` of an enumeration gives the allowed values of the key it is for."""
    assert get_origin(enumeration) is Literal
    assert literals(shape)[key] == get_args(enumeration)


def test_everything_public_is_in_the_package() -> None:
    """`aiosyncthing.types` has all public names of its modules, and no other."""
    names = [name for module in submodules() for name in module.__all__]
    assert len(names) == len(set(names))
    assert set(types.__all__) == set(names)
    assert len(types.__all__) == len(names)
    for module in submodules():
        for name in module.__all__:
            assert getattr(types, name) is getattr(module, name)


def test_every_type_is_explained() -> None:
    """Each public TypedDict has a description of its own."""
    for name in types.__all__:
        if is_typeddict(shape := getattr(types, name)):
            assert shape.__doc__, name


def test_every_type_can_be_inspected_at_run_time() -> None:
    """The names in the annotations of each TypedDict are there at run time, too."""
    for name in types.__all__:
        if is_typeddict(shape := getattr(types, name)):
            assert fields(shape).shapes
