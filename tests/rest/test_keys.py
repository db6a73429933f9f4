"""Keys that no version of Syncthing has."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing import types as t
from aiosyncthing.config.keys import KeyPath, _shape_of, check_strays, find_strays, is_newer, type_problem
from aiosyncthing.exceptions import BadRequestError
from tests.support.recordings import VERSIONS, exchanges

PASSWORD = "encryptionPassword"

_shape_of.cache_clear()  # for measuring coverage: another test may have filled it


@pytest.mark.parametrize(
    ("place", "body", "shown", "meant"),
    [
        (("folders",), {"pused": True}, "pused", "paused"),
        (("folders",), {"Paused": True}, "Paused", "paused"),
        (("folders",), {"FILESYSTEMTYPE": ""}, "FILESYSTEMTYPE", "filesystemType"),
        (("folders",), {"devices": [{}, {"encrptionPassword": ""}]}, "devices[1].encrptionPassword", PASSWORD),
        (("folders",), {"devices": ({"deviceId": ""},)}, "devices[0].deviceId", "deviceID"),
        (("folders",), {"versioning": {"tpye": ""}}, "versioning.tpye", "type"),
        (("folders",), {"versioning": {"params": {"kep": "5"}}}, "versioning.params.kep", "keep"),
        (("folders",), {"minDiskFree": {"unt": ""}}, "minDiskFree.unt", "unit"),
        (("folders",), {"xattrFilter": {"entries": [{"pemit": True}]}}, "xattrFilter.entries[0].pemit", "permit"),
        (("devices",), {"ignoredFolders": [{"lable": ""}]}, "ignoredFolders[0].lable", "label"),
        (("options",), {"maxSendKbits": 1}, "maxSendKbits", "maxSendKbps"),
        (("gui",), {"passwort": ""}, "passwort", "password"),
        (("ldap",), {"adress": ""}, "adress", "address"),
        (("defaults", "folder"), {"devises": []}, "devises", "devices"),
        (("defaults", "device"), {"untrustd": True}, "untrustd", "untrusted"),
        ((), {"remoteIgnoredDevices": [{"deviceld": ""}]}, "remoteIgnoredDevices[0].deviceld", "deviceID"),
        ((), {"defaults": {"ignores": {"line": []}}}, "defaults.ignores.line", "lines"),
        ((), {"defaults": {"folder": {"versioning": {"fspath": ""}}}}, "defaults.folder.versioning.fspath", "fsPath"),
        ((), {"folders": [{"id": "a"}, {"lebel": ""}]}, "folders[1].lebel", "label"),
        (("options",), {"qqqq": 1}, "qqqq", ""),
        (("options",), {5: 1}, "5", ""),
    ],
)
def test_misspelt_keys(place: KeyPath, body: Any, shown: str, meant: str) -> None:
    """They are found at every depth, and reported with their place and the key that is probably meant."""
    (stray,) = find_strays(place, body)
    assert (stray.shown, stray.meant) == (shown, meant)
    with pytest.raises(BadRequestError) as refused:
        check_strays([stray], {})
    assert shown in str(refused.value)
    assert (f"did you mean {meant!r}" in str(refused.value)) == bool(meant)


def test_many_unknown_keys() -> None:
    """The message mentions only a few."""
    with pytest.raises(BadRequestError, match="'a', 'b', 'c' and 2 more"):
        check_strays(find_strays(("ldap",), dict.fromkeys("abcde")), {})


@pytest.mark.parametrize("version", VERSIONS)
def test_the_keys_of_real_daemons(version: str) -> None:
    """Every key that a daemon sends is known, including those of only old or only new versions."""
    answers = [e.answer for e in exchanges(version) if (e.method, e.path, e.status) == ("GET", "/rest/config", 200)]
    assert answers
    assert not any(find_strays((), answer) for answer in answers)


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        (("folders",), t.FolderPatch),
        (("devices",), t.DevicePatch),
        (("options",), t.OptionsPatch),
        (("gui",), t.GUIPatch),
        (("ldap",), t.LDAPPatch),
        (("defaults", "folder"), t.FolderPatch),
        (("defaults", "device"), t.DevicePatch),
    ],
)
def test_the_keys_of_patches(place: KeyPath, kind: Any) -> None:
    """The types of patches have no keys that the configuration doesn't have."""
    assert find_strays(place, dict.fromkeys(kind.__annotations__)) == []


@pytest.mark.parametrize(
    "body",
    [
        {"versioning": {"params": dict.fromkeys(("cleanoutDays", "command", "keep", "maxAge"), "1")}},
        {"versioning": {"params": {"cleanInterval": "1", "versionsPath": "/old"}}},
        {"versioning": {"params": None}},
        {"versioning": None, "devices": None},
        {"versioning": "simple", "devices": "ID", "minDiskFree": 5},
        "docs",
        None,
    ],
)
def test_free_keys_and_wrong_types(body: Any) -> None:
    """The parameters of all types of versioning are known, also old ones; wrong types are left to other checks."""
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
def test_keys_of_this_daemon(place: KeyPath, body: Any, sent: Any, *, passes: bool) -> None:
    """A key is accepted if the daemon sends it in the same place, in any folder or device, or in their defaults."""
    strays = find_strays(place, body)
    assert strays
    if passes:
        check_strays(strays, sent)
    else:
        with pytest.raises(BadRequestError, match=r"no setting '.*new'"):
            check_strays(strays, sent)


def test_newer_daemons() -> None:
    """Daemons of a later minor release may know more keys; one with an unknown version doesn't count as newer."""
    assert all(is_newer(version) for version in ("v2.2.0", "v3.0.0-rc.1", "v2.10.0"))
    assert not any(map(is_newer, ("v2.1.99", "v2.1.3-rc.2+7-g1234567", "v1.30.0", "unknown-dev", "", None)))


@pytest.mark.parametrize("version", ["1.19.2", "1.29.5", "2.1.3"])
def test_types_that_every_version_refuses(version: str) -> None:
    """What a daemon sends has no wrong types; anything else in its place has, be it deep inside."""
    found = [e.answer for e in exchanges(version) if (e.method, e.path, e.status) == ("GET", "/rest/config", 200)]
    assert found
    for config in found:
        assert type_problem((), config, "config", element=False) == ""
        for key, value in config["options"].items():
            wrong = 5 if isinstance(value, (str, list, dict)) else "x"
            place = ("options", key)
            assert type_problem(place, wrong, key, element=False).startswith(f"{key} must be ")
            if type(value) is int:
                assert "must be a whole number, not bool" in type_problem(place, True, key, element=False)
            assert f"options.{key} must be " in type_problem((), {"options": {key: wrong}}, "", element=False)
