"""``rest/config`` and ``rest/system/config`` of the fake."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aiosyncthing import _routes as routes
from aiosyncthing.device_id import DeviceID
from pytest_syncthing.config import configuration
from pytest_syncthing.facts import VERSIONS, Facts
from pytest_syncthing.http.messages import EMPTY, Refusal, Request
from pytest_syncthing.rest.config import HANDLERS

OWN = DeviceID("AAAQEAY-EAUDAOB-CAJBIFQ-YDIOB4B-IBCEQTC-QKRMFYX-YDENBWH-A5DYPQG")
OTHER = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"


class Node:
    """What a handler needs of a node."""

    def __init__(self, version: str) -> None:
        self.facts = Facts.of(version)
        self.device_id = OWN
        self.config = configuration.fresh(
            self.facts, OWN, "mine", api_key="key", gui_address="127.0.0.1:1", listen_address="tcp://127.0.0.1:2"
        )
        self.restart_required = False
        self.saved = 0
        self.ended: list[int] = []

    def commit(self, config: dict[str, Any]) -> None:
        """Make a configuration the present one."""
        self.config = config
        self.saved += 1

    def on_end(self, code: int) -> None:
        """End."""
        self.ended.append(code)

    def ask(self, route: Any, *ids: str, body: Any = None) -> Any:
        """Return what is answered."""
        raw = b"" if body is None else json.dumps(body).encode()
        answer: Any = HANDLERS[route](self, Request(route.method, "/", body=raw), *ids)  # type: ignore[arg-type] # a stand-in
        if answer is EMPTY:
            return None
        assert answer.status == 200
        assert answer.content_type == "application/json; charset=utf-8"
        return json.loads(answer.body)

    def refuses(self, route: Any, *ids: str, body: Any = None) -> int:
        """Return the status with which a request is refused; then nothing is saved."""
        saved = self.saved
        with pytest.raises(Refusal) as refused:
            self.ask(route, *ids, body=body)
        assert self.saved == saved
        return refused.value.status


@pytest.fixture(params=VERSIONS)
def node(request: pytest.FixtureRequest) -> Node:
    """Each of the versions."""
    return Node(request.param)


def test_every_route() -> None:
    """Everything about the configuration is answered."""
    assert {f"{route.method} {route.path}" for route in HANDLERS} == {
        f"{route.method} {route.path}"
        for route in routes.ROUTES.values()
        if route.path.startswith(("rest/config", "rest/system/config"))
    }


def test_the_whole(node: Node) -> None:
    """The whole is told and replaced, under both names."""
    whole = node.ask(routes.CONFIG)
    assert whole == node.config == node.ask(routes.SYSTEM_CONFIG)
    for route, name in ((routes.REPLACE_CONFIG, "one"), (routes.POST_SYSTEM_CONFIG, "other")):
        node.ask(route, body={**whole, "devices": [{"deviceID": OWN, "name": name}]})
        assert [each["name"] for each in node.ask(routes.DEVICES)] == [name]


def test_folders(node: Node) -> None:
    """Folders are told, added, changed and removed; the ID in the path of a PUT means nothing."""
    node.ask(routes.POST_FOLDER, body={"id": "a/b", "path": "/1"})
    node.ask(routes.PUT_FOLDER, "nonsense", body={"id": "y", "path": "/2"})
    node.ask(routes.PUT_FOLDERS, body=[{"id": "z", "path": "/3"}])
    node.ask(routes.PATCH_FOLDER, "a/b", body={"label": "X"})
    assert node.ask(routes.FOLDER, "a/b")["label"] == "X"
    node.ask(routes.DELETE_FOLDER, "y")
    assert [each["id"] for each in node.ask(routes.FOLDERS)] == ["a/b", "z"]
    assert node.refuses(routes.FOLDER, "y") == node.refuses(routes.PATCH_FOLDER, "y", body={}) == 404


def test_devices(node: Node) -> None:
    """Devices are told, added, changed and removed; the ID in the path of a PUT means nothing."""
    node.ask(routes.POST_DEVICE, body={"deviceID": OTHER})
    node.ask(routes.PUT_DEVICE, "nonsense", body={"deviceID": OTHER, "name": "one"})
    node.ask(routes.PUT_DEVICES, body=[])
    node.ask(routes.PATCH_DEVICE, OTHER.lower(), body={"paused": True})
    found = node.ask(routes.DEVICE, OTHER)
    assert (found["name"], found["paused"]) == ("one", True)
    node.ask(routes.DELETE_DEVICE, OTHER)
    assert node.refuses(routes.DEVICE, OTHER) == 404
    assert node.refuses(routes.DELETE_DEVICE, "bad") == 400


@pytest.mark.parametrize(
    ("get", "put", "patch", "key", "value"),
    [
        (routes.OPTIONS, routes.PUT_OPTIONS, routes.PATCH_OPTIONS, "maxSendKbps", 3),
        (routes.GUI, routes.PUT_GUI, routes.PATCH_GUI, "theme", "dark"),
        (routes.LDAP, routes.PUT_LDAP, routes.PATCH_LDAP, "address", "a"),
        (routes.DEFAULT_FOLDER, routes.PUT_DEFAULT_FOLDER, routes.PATCH_DEFAULT_FOLDER, "copiers", 3),
        (routes.DEFAULT_DEVICE, routes.PUT_DEFAULT_DEVICE, routes.PATCH_DEFAULT_DEVICE, "maxSendKbps", 3),
    ],
)
def test_sections(node: Node, get: Any, put: Any, patch: Any, key: str, value: Any) -> None:
    """Sections are told, changed and replaced."""
    before = node.ask(get)
    node.ask(patch, body={key: value})
    assert node.ask(get) == before | {key: value}
    node.ask(put, body={})
    assert node.ask(get)[key] == before[key]


def test_default_ignores(node: Node) -> None:
    """The patterns for new folders are told and replaced."""
    node.ask(routes.PUT_DEFAULT_IGNORES, body={"lines": ["x"]})
    assert node.ask(routes.DEFAULT_IGNORES) == {"lines": ["x"]}


def test_each_write_is_saved(node: Node) -> None:
    """A write is saved even when it changes nothing, and not when it is refused."""
    node.ask(routes.PATCH_OPTIONS, body={})
    node.ask(routes.DELETE_FOLDER, "nope")
    assert node.saved == 2
    assert node.refuses(routes.PATCH_OPTIONS, body={"maxSendKbps": "x"}) == 400
    assert node.refuses(routes.POST_FOLDER, body={}) == 500


def test_a_restart_is_required(node: Node) -> None:
    """Few settings need a restart, and go on needing it when they are put back."""
    key, values = (
        ("auditEnabled", (True, False)) if node.facts.name == "2.1.3" else ("databaseTuning", ("large", "auto"))
    )
    node.ask(routes.PATCH_OPTIONS, body={"maxSendKbps": 3})
    assert node.ask(routes.RESTART_REQUIRED) == {"requiresRestart": False}
    for value in values:
        node.ask(routes.PATCH_OPTIONS, body={key: value})
        assert node.ask(routes.RESTART_REQUIRED) == {"requiresRestart": True}
    assert node.ask(routes.CONFIG_INSYNC) == node.ask(routes.SYSTEM_CONFIG_INSYNC) == {"configInSync": False}


def test_a_panic() -> None:
    """1.19 goes down over a way to keep versions that doesn't exist, before it has saved it."""
    node = Node("1.19.2")
    node.ask(routes.POST_FOLDER, body={"id": "x", "path": "/x", "versioning": {"type": "nonsense"}})
    assert (node.ended, node.saved, node.config["folders"]) == ([2], 0, [])
