"""Which keys a configuration has."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing import types as t
from aiosyncthing.config.keys import Place, _shape_of, check_strays, find_strays, is_newer
from aiosyncthing.exceptions import BadRequestError
from tests.support.recordings import VERSIONS, exchanges

_shape_of.cache_clear()  # for the measurement of coverage: another test may have been first

PLACES: list[tuple[Place, Any]] = [
    (("folders",), t.FolderPatch),
    (("devices",), t.DevicePatch),
    (("options",), t.OptionsPatch),
    (("gui",), t.GUIPatch),
    (("ldap",), t.LDAPPatch),
    (("defaults", "folder"), t.FolderPatch),
    (("defaults", "device"), t.DevicePatch),
]


@pytest.mark.parametrize(
    ("place", "body", "shown", "meant"),
    [
        (("folders",), {"pused": True}, "pused", "paused"),
        (("folders",), {"Paused": True}, "Paused", "paused"),
        (
            ("folders",),
            {"devices": [{}, {"encrptionPassword": ""}]},
            "devices[1].encrptionPassword",
            "encryptionPassword",
        ),
        (("folders",), {"devices": ({"deviceId": ""},)}, "devices[0].deviceId", "deviceID"),
        (("folders",), {"versioning": {"tpye": ""}}, "versioning.tpye", "type"),
        (("folders",), {"minDiskFree": {"unt": ""}}, "minDiskFree.unt", "unit"),
        (("folders",), {"xattrFilter": {"entries": [{"pemit": True}]}}, "xattrFilter.entries[0].pemit", "permit"),
        (("devices",), {"ignoredFolders": [{"lable": ""}]}, "ignoredFolders[0].lable", "label"),
        (("options",), {"maxSendKbits": 1}, "maxSendKbits", "maxSendKbps"),
        (("options",), {"minHomeDiskFree": {"vlaue": 1}}, "minHomeDiskFree.vlaue", "value"),
        (("gui",), {"passwort": ""}, "passwort", "password"),
        (("ldap",), {"adress": ""}, "adress", "address"),
        (("defaults", "folder"), {"devises": []}, "devises", "devices"),
        (("defaults", "device"), {"untrustd": True}, "untrustd", "untrusted"),
        ((), {"optoins": {}}, "optoins", "options"),
        ((), {"remoteIgnoredDevices": [{"deviceld": ""}]}, "remoteIgnoredDevices[0].deviceld", "deviceID"),
        ((), {"defaults": {"ignores": {"line": []}}}, "defaults.ignores.line", "lines"),
        ((), {"defaults": {"folder": {"versioning": {"fspath": ""}}}}, "defaults.folder.versioning.fspath", "fsPath"),
        ((), {"folders": [{"id": "a"}, {"lebel": ""}]}, "folders[1].lebel", "label"),
        (("options",), {"qqqq": 1}, "qqqq", ""),
        (("options",), {5: 1}, "5", ""),
    ],
)
def test_a_misspelt_key_is_found_at_every_depth(place: Place, body: Any, shown: str, meant: str) -> None:
    """It is named with its place in the body, and with the key that may be meant."""
    (stray,) = find_strays(place, body)
    assert (stray.shown, stray.meant) == (shown, meant)
    with pytest.raises(BadRequestError) as refused:
        check_strays([stray], {})
    assert shown in str(refused.value)
    assert (f"did you mean {meant!r}" in str(refused.value)) == bool(meant)


def test_many_are_not_all_shown() -> None:
    """A body of another kind altogether makes no endless message."""
    with pytest.raises(BadRequestError, match="'a', 'b', 'c' and 2 more"):
        check_strays(find_strays(("ldap",), dict.fromkeys("abcde")), {})


@pytest.mark.parametrize("version", VERSIONS)
def test_all_that_a_daemon_sends_is_known(version: str) -> None:
    """Also what only old versions had, or only new ones have."""
    answers = [e.answer for e in exchanges(version) if (e.method, e.path, e.status) == ("GET", "/rest/config", 200)]
    assert answers
    assert not any(find_strays((), answer) for answer in answers)


@pytest.mark.parametrize(("place", "kind"), PLACES)
def test_all_that_a_patch_may_have_is_known(place: Place, kind: Any) -> None:
    """The types of patches name nothing that the configuration hasn't."""
    assert find_strays(place, dict.fromkeys(kind.__annotations__)) == []


@pytest.mark.parametrize(
    "body",
    [
        {"versioning": {"params": {"anything": "1"}}},
        {"versioning": None, "devices": None},
        {"versioning": "simple", "devices": "ID", "minDiskFree": 5},
        "docs",
        None,
    ],
)
def test_what_is_free_or_no_object_is_left_alone(body: Any) -> None:
    """The parameters of versioning are anybody's; what has the wrong type is for other checks."""
    assert find_strays(("folders",), body) == []


@pytest.mark.parametrize(
    ("place", "body", "sent", "passes"),
    [
        (("folders",), {"new": 1}, {"folders": [{"id": "a"}, {"id": "b", "new": None}]}, True),
        (("folders",), {"new": 1}, {"folders": [], "defaults": {"folder": {"new": 1}}}, True),
        (("defaults", "device"), {"new": 1}, {"devices": [{"new": 1}]}, True),
        (("folders",), {"versioning": {"new": 1}}, {"folders": [{"versioning": {"new": 1}}]}, True),
        (("folders",), {"devices": [{"new": 1}]}, {"folders": [{"devices": [{}]}, {"devices": [{"new": 1}]}]}, True),
        (("folders",), {"versioning": {"new": 1}}, {"folders": [{"new": 1, "versioning": 5}]}, False),
        (("folders",), {"new": 1}, {"devices": [{"new": 1}], "new": 1}, False),
        (("options",), {"new": 1}, {"options": {}, "new": 1}, False),
        ((), {"new": {"a": 1}}, {"new": None}, True),
        ((), {"new": 1}, {}, False),
        ((), {"new": 1}, ["new"], False),
    ],
)
def test_what_the_daemon_has_passes(place: Place, body: Any, sent: Any, *, passes: bool) -> None:
    """A key is the daemon's own if it sends it in the same place, in whichever folder or device, or their template."""
    strays = find_strays(place, body)
    assert strays
    if passes:
        check_strays(strays, sent)
    else:
        with pytest.raises(BadRequestError, match=r"no setting '.*new'"):
            check_strays(strays, sent)


@pytest.mark.parametrize(
    ("version", "newer"),
    [
        ("v2.2.0", True),
        ("v3.0.0-rc.1", True),
        ("v2.10.0", True),
        ("v2.1.99", False),
        ("v2.1.3-rc.2+7-g1234567", False),
        ("v1.30.0", False),
        ("unknown-dev", False),
        ("", False),
        (None, False),
    ],
)
def test_which_daemons_may_know_more(version: str | None, *, newer: bool) -> None:
    """Those of a later minor release; a daemon that doesn't say its version is no newer one."""
    assert is_newer(version) is newer
