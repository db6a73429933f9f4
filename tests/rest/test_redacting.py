"""Configurations without secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from aiosyncthing import redact
from aiosyncthing.config.redacting import REDACTED, contains_redacted
from aiosyncthing.exceptions import BadRequestError
from tests.support import recordings
from tests.support.calls import DEVICE
from tests.support.configs import OTHER, nested

WHOLE: dict[str, Any] = {
    version: next(
        each.answer for each in recordings.exchanges(version) if (each.method, each.uri) == ("GET", "rest/config")
    )
    for version in recordings.VERSIONS
}


@pytest.mark.parametrize("version", recordings.VERSIONS)
def test_what_stays(version: str) -> None:
    """In a whole configuration, only the listed secrets are changed."""
    whole = WHOLE[version]
    before = json.dumps(whole)
    found = redact(whole)
    assert json.dumps(whole) == before
    for section in ("folders", "devices", "gui", "options", "ldap", "defaults"):
        assert type(found[section]) is type(whole[section])
    gui = {key for key in whole["gui"] if found["gui"][key] != whole["gui"][key]}
    assert gui <= {"apiKey", "password", "user", "address"}
    options = {key for key in whole["options"] if found["options"][key] != whole["options"][key]}
    assert options <= {"urUniqueId", "urURL", "releasesURL", "crURL", "alwaysLocalNets", "listenAddresses"}
    assert whole["gui"]["apiKey"] not in json.dumps(found)
    assert redact(found) == found


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ({"gui": {"apiKey": "k"}}, REDACTED),
        ({"gui": {"password": "$2a$10$x"}}, REDACTED),
        ({"gui": {"password": ""}}, ""),
        ({"gui": {"user": "anna"}}, REDACTED),
        ({"devices": [{"encryptionPassword": "x"}]}, REDACTED),
        ({"options": {"urUniqueId": "abc"}}, REDACTED),
        ({"ldap": {"address": "ldap.example:389"}}, REDACTED),
        ({"ldap": {"bindDN": "cn=%s,dc=example"}}, REDACTED),
        ({"ldap": {"transport": "starttls"}}, "starttls"),
        ({"versioning": {"params": {"command": "curl -H 'Token: x'"}}}, REDACTED),
        ({"versioning": {"params": {"keep": "5"}}}, "5"),
        ({"versioning": {"params": {"fsPath": "/home/anna/old"}}}, f"/home/{REDACTED}/old"),
        ({"options": {"alwaysLocalNets": ["10.1.0.0/16"]}}, REDACTED),
        ({"addresses": ["dynamic"]}, "dynamic"),
        ({"addresses": ["tcp://192.0.2.1:22000"]}, f"tcp://{REDACTED}"),
        ({"addresses": ["relay://192.0.2.1:443/?id=X&token=secret"]}, f"relay://{REDACTED}"),
        ({"address": "relay.example:22067"}, REDACTED),
        ({"addresses": ["tcp://[2001:db8::1"]}, REDACTED),
        ({"listenAddresses": ["tcp://user:secret@127.0.0.1:22000/?token=x"]}, "tcp://127.0.0.1:22000"),
        ({"listenAddresses": ["quic://:22000"]}, "quic://:22000"),
        ({"listenAddresses": ["tcp://0.0.0.0:22000"]}, "tcp://0.0.0.0:22000"),
        ({"localAnnounceMCAddr": "[ff12::8384]:21027"}, "[ff12::8384]:21027"),
        ({"globalAnnounceServers": ["https://discovery.syncthing.net/v2/?id=X"]}, "https://discovery.syncthing.net"),
        ({"crURL": "https://user:pw@crash.example/new"}, f"https://{REDACTED}"),
        ({"gui": {"address": "127.0.0.1:8384"}}, "127.0.0.1:8384"),
        ({"gui": {"address": "/home/anna/syncthing.sock"}}, f"/home/{REDACTED}/syncthing.sock"),
        ({"path": "/home/anna/Sync"}, f"/home/{REDACTED}/Sync"),
        ({"path": "C:\\Users\\Anna\\Sync"}, f"C:\\Users\\{REDACTED}\\Sync"),
        ({"path": "~/Sync"}, "~/Sync"),
        ({"name": "Anna's phone"}, "Anna's phone"),
        ({"gui": {"webauthnCredentials": [{"id": "x"}]}}, REDACTED),
        ({"gui": {"sessionToken": 12345}}, REDACTED),
        ({"gui": {"hasSecret": True}}, True),
        ({"future": {"deep": [{"er": "text"}]}}, REDACTED),
        ({"future": {"deep": [{"er": 5}]}}, 5),
    ],
    ids=str,
)
def test_what_goes(place: Any, shown: object) -> None:
    """Secrets and addresses go, and any text under an unknown key; empty ones, keywords, numbers and switches stay."""
    found: Any = redact(place)
    while isinstance(found, (dict, list)):
        (found,) = found.values() if isinstance(found, dict) else found
    assert found == shown
    assert type(found) is type(shown)
    assert contains_redacted(redact(place)) == (REDACTED in str(shown))


def test_on_request() -> None:
    """Names, whole paths and device IDs are removed on request; a device always gets the same number."""
    config: Any = {
        "folders": [{"id": "docs", "label": "Docs", "path": "/srv/x", "devices": [{"deviceID": OTHER}]}],
        "devices": [{"deviceID": DEVICE, "name": "phone"}, {"deviceID": OTHER.lower(), "introducedBy": "?"}],
        "ignores": {"docs": ["/private"]},
        "unread": {"x": "lstat /home/anna/x: no such file"},
    }
    assert redact(config, names=True, paths=True, device_ids=True) == {
        "folders": [{"id": "docs", "label": REDACTED, "path": REDACTED, "devices": [{"deviceID": "device-1"}]}],
        "devices": [{"deviceID": "device-2", "name": REDACTED}, {"deviceID": "device-1", "introducedBy": REDACTED}],
        "ignores": {"docs": [REDACTED]},
        "unread": {"x": REDACTED},
    }
    kept = redact(config)
    assert kept == {**config, "unread": {"x": f"lstat /home/{REDACTED}/x: no such file"}}
    assert redact(config["folders"]) == config["folders"]


@settings(max_examples=60)
@given(
    st.recursive(
        st.just("hunter2"),
        lambda below: (
            st.lists(below, min_size=1, max_size=2)
            | st.dictionaries(
                st.sampled_from(["password", "apiKey", "x", "", "command"]), below, min_size=1, max_size=2
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from(["password", "params", "future", "webauthn", "encryptionPassword"]),
)
def test_no_secret_is_left(value: Any, key: str) -> None:
    """A secret under a secret key, or an unknown one, is never left, however deep it is."""
    config = {**WHOLE["2.1.3"], key: value, "gui": {key: value}, "folders": [{"id": "x", key: [value]}]}
    for options in ({}, {"names": True, "paths": True, "device_ids": True}):
        assert "hunter2" not in json.dumps(redact(config, **options))


def test_what_is_not_json() -> None:
    """Values that no daemon sends are removed, and keys that are not strings count as unknown."""
    given: Any = {"label": b"hunter2", "x": {"hunter2"}, 1: "hunter2", "paused": False, "order": None, "y": 1.5}
    shown = {"label": REDACTED, "x": REDACTED, 1: REDACTED, "paused": False, "order": None, "y": 1.5}
    assert redact(given) == shown


def test_too_deep() -> None:
    """A configuration that is nested too deeply for Python is refused."""
    with pytest.raises(BadRequestError, match="too deeply"):
        redact(nested(0))
