"""Requests change a configuration as in a daemon; the expected results were taken from 1.19.2 and 1.29.5."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.support.configuring import DEVICES, apply
from tests.support.recordings import exchanges

from aiosyncthing.device_id import DeviceID
from pytest_syncthing.config import configuration
from pytest_syncthing.facts import VERSIONS, Facts
from pytest_syncthing.http.access import check_password, hash_password
from pytest_syncthing.http.messages import Refusal

OWN = DeviceID("AAAQEAY-EAUDAOB-CAJBIFQ-YDIOB4B-IBCEQTC-QKRMFYX-YDENBWH-A5DYPQG")
OTHER = DEVICES[0]
HASH = "$2b$12$" + "a" * 53


class Daemon:
    """A version and its configuration, which each call changes."""

    def __init__(self, version: str) -> None:
        self.facts = Facts.of(version)
        self.config = configuration.fresh(
            self.facts, OWN, "mine", api_key="key", gui_address="127.0.0.1:1", listen_address="tcp://127.0.0.1:2"
        )

    def __call__(self, change: Any, *arguments: Any, **settings: Any) -> None:
        """Make a change."""
        self.config = change(self.facts, OWN, self.config, *arguments, **settings)

    def refuses(self, change: Any, *arguments: Any) -> tuple[int, str]:
        """Return why a change is refused; nothing is changed then."""
        before = copy.deepcopy(self.config)
        with pytest.raises(Refusal) as refused:
            self(change, *arguments)
        assert self.config == before
        return refused.value.status, refused.value.text

    def folder(self, folder_id: str = "x") -> dict[str, Any]:
        """Return a folder."""
        return configuration.get_folder(self.config, folder_id)

    @property
    def devices(self) -> dict[str, str]:
        """The names of the devices, by ID."""
        return {each["deviceID"]: each["name"] for each in self.config["devices"]}


@pytest.fixture(params=VERSIONS)
def daemon(request: pytest.FixtureRequest) -> Daemon:
    """Each of the versions."""
    return Daemon(request.param)


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_requests(version: str) -> None:
    """After the recorded requests, a recorded configuration is the same as in the daemon."""
    recorded = [each for each in exchanges(version) if each.node == "a" and "/rest/config" in each.path]
    config = copy.deepcopy(recorded[0].answer)
    own = DeviceID(config["devices"][0]["deviceID"])
    compared = 0
    for each in recorded:
        path = each.path.removeprefix("/rest/config")
        if each.method == "GET":
            if each.status == 200 and path not in {"/restart-required", "/insync"}:
                compared += 1
                assert apply(Facts.of(version), own, config, "GET", path, None) == each.answer
            continue
        try:
            config = apply(Facts.of(version), own, config, each.method, path, each.body)
            answer = (200, "")
        except Refusal as refusal:
            answer = (refusal.status, f"{refusal.text}\n")
        assert answer == (each.status, each.answer)
    assert compared > 10


@pytest.mark.parametrize("body", [{}, 3, b"", b"[1 2]"])
def test_what_is_no_list(daemon: Daemon, body: Any) -> None:
    """1.19 takes anything that is not a list for an empty one."""
    for change in (configuration.put_folders, configuration.put_devices):
        if daemon.facts.name == "1.19.2":
            daemon(change, body)
            assert daemon.devices == {str(OWN): "mine"}
        else:
            assert daemon.refuses(change, body)[0] == 400


def test_ways_to_keep_versions_that_do_not_exist(daemon: Daemon) -> None:
    """Since 1.26 an unknown type of versioning is refused; before, the daemon crashes unless the folder is paused."""
    daemon(configuration.put_folder, {"id": "x", "path": "/x", "paused": True})
    body = {"versioning": {"type": "nonsense"}}
    if daemon.facts.CHECKS_VERSIONING:
        refusal = (500, 'requested versioning type "nonsense" does not exist')
        assert daemon.refuses(configuration.patch_folder, "x", body) == refusal
        assert not configuration.is_fatal(daemon.facts, daemon.config)
    else:
        daemon(configuration.patch_folder, "x", body)
        assert not configuration.is_fatal(daemon.facts, daemon.config)
        daemon(configuration.patch_folder, "x", {"paused": False})
        assert configuration.is_fatal(daemon.facts, daemon.config)


def password(daemon: Daemon) -> str:
    """Return the stored password."""
    found: str = daemon.config["gui"]["password"]
    return found


def test_passwords(daemon: Daemon) -> None:
    """A password is stored as a hash; the hash can be sent back unchanged."""
    daemon(configuration.patch_section, "gui", {"user": "me", "password": "secret"})
    assert check_password(password(daemon), "secret")
    kept = password(daemon)
    daemon(configuration.patch_section, "gui", {"user": "you"})
    daemon(configuration.patch_section, "gui", {"password": kept})
    daemon(configuration.replace, daemon.config)
    assert password(daemon) == kept
    daemon(configuration.replace, {**daemon.config, "gui": {**daemon.config["gui"], "password": "new"}})
    assert check_password(password(daemon), "new")
    daemon(configuration.patch_section, "gui", {"password": ""})
    assert check_password(password(daemon), "")


def test_passwords_of_1_19() -> None:
    """1.19 hashes a hash like any other password, and passwords of any length."""
    old = Daemon("1.19.2")
    old(configuration.patch_section, "gui", {"password": HASH})
    assert check_password(password(old), HASH)
    kept = password(old)
    old(configuration.put_section, "gui", old.config["gui"])
    assert check_password(password(old), kept)
    old(configuration.put_section, "gui", {"apiKey": "key"})
    assert password(old) == ""
    old(configuration.patch_section, "gui", {"password": "x" * 73})
    assert check_password(password(old), "x" * 73)


def test_passwords_since_1_25() -> None:
    """Newer versions recognise a hash, and refuse what bcrypt can't hash; an empty password is hashed too."""
    newer = Daemon("1.29.5")
    newer(configuration.patch_section, "gui", {"password": HASH})
    assert password(newer) == HASH
    newer(configuration.put_section, "gui", newer.config["gui"])
    assert password(newer) == HASH
    refusal = (500, "bcrypt: password length exceeds 72 bytes")
    assert newer.refuses(configuration.patch_section, "gui", {"password": "x" * 73}) == refusal
    newer(configuration.put_section, "gui", {"apiKey": "key"})
    assert password(newer) == hash_password("")


def test_api_keys(daemon: Daemon) -> None:
    """Without an API key a new one is made, different each time."""
    daemon(configuration.patch_section, "gui", {"apiKey": ""})
    first = daemon.config["gui"]["apiKey"]
    daemon(configuration.patch_section, "gui", {"apiKey": ""})
    assert len({"key", first, daemon.config["gui"]["apiKey"]}) == 3
    assert len(first) == 32
