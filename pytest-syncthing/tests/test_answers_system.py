"""``rest/system`` of the fake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from tests.support.answers import ANSWERS
from tests.support.nodes import OWN, ask, decoded, make_node
from tests.support.recordings import exchanges, is_of_another_build
from tests.support.shapes import problems
from tests.support.waiting import until

from aiosyncthing._routes import find_route
from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.http.messages import EMPTY
from pytest_syncthing.model.disk import DirectoryDisk
from pytest_syncthing.model.node import RESTART, SHUTDOWN
from pytest_syncthing.model.world import World
from pytest_syncthing.rest.system import HANDLERS

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_syncthing.model.node import Node

OLD = VERSIONS[:-1]
OK = "text/plain; charset=utf-8"


def with_folders(node: Node, **paused: bool) -> None:
    """Configure folders, paused or not."""
    node.config["folders"] = [{"id": name, "paused": is_paused} for name, is_paused in paused.items()]


def resets(node: Node, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what will tell which folders were reset, and how the process ended."""
    happened: list[Any] = []
    monkeypatch.setattr(node.cluster, "reset", happened.append)
    node.on_end = happened.append
    return happened


@pytest.mark.parametrize("version", VERSIONS)
async def test_answers_are_as_recorded(version: str) -> None:
    """What real daemons were asked is answered with the same status, kind and text, or with what fits its type."""
    node = make_node(version)
    compared = 0
    for exchange in exchanges(version):
        route = find_route(exchange.method, exchange.uri)
        if (
            exchange.node != "a"
            or not exchange.auth
            or is_of_another_build(version, exchange)
            or route not in HANDLERS
            or not node.facts.has(route)
        ):
            continue
        body = exchange.body if isinstance(exchange.body, str) else json.dumps(exchange.body)
        target = f"{exchange.path}?{urlencode(exchange.params)}"
        answer = await ask(node, HANDLERS, target, method=exchange.method, body=body.encode())
        assert answer.status == exchange.status, exchange
        assert answer.content_type.partition(";")[0] == exchange.content_type.partition(";")[0], exchange
        if exchange.kind == "json":
            assert problems(json.loads(answer.body), ANSWERS[route.method, route.path]) == []
        elif exchange.status != 200:
            assert answer.body.decode() == exchange.answer
        compared += 1
    assert compared > 15


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_status(version: str) -> None:
    """The status tells who the daemon is, since when it runs, and where it listens."""
    node = make_node(version)
    node.clock.advance(61.5)
    status = decoded(await ask(node, HANDLERS, "/rest/system/status"))
    assert problems(status, ANSWERS["GET", "rest/system/status"]) == []
    assert status["myID"] == OWN
    assert status["startTime"] == "2026-03-01T12:00:00Z"
    assert status["uptime"] == 61
    assert status["guiAddressUsed"] == "127.0.0.1:8384"
    assert status["tilde"] == "/srv/home"
    addresses = status["connectionServiceStatus"]["tcp://127.0.0.1:22000"]
    assert addresses["lanAddresses"] == ["tcp://127.0.0.1:22000"]
    assert ("tcp://0.0.0.0:0" in addresses["wanAddresses"]) == (version in OLD)
    assert "discoveryEnabled" not in status


async def test_dials_in_the_status() -> None:
    """The addresses that the daemon has connected to are told by the one that has done so, with the time."""
    world = World()
    node = make_node("1.29.5", world=world)
    assert decoded(await ask(node, HANDLERS, "/rest/system/status"))["lastDialStatus"] == {}
    other = make_node("1.29.5", world=world, other=True)

    async def are_connected() -> bool:
        return bool(node.cluster.connected and other.cluster.connected)

    await until(are_connected)
    dialled: dict[str, Any] = {}
    for each in (node, other):
        status = decoded(await ask(each, HANDLERS, "/rest/system/status"))
        assert problems(status, ANSWERS["GET", "rest/system/status"]) == []
        dialled |= status["lastDialStatus"]
    ((address, dial),) = dialled.items()
    assert address in {node.sync_address, other.sync_address}
    assert dial == {"when": "2026-03-01T12:00:00Z", "error": None}


@pytest.mark.parametrize(("is_global", "is_local", "count"), [(True, False, 1), (False, True, 2), (True, True, 3)])
async def test_discovery_in_the_status(is_global: bool, is_local: bool, count: int) -> None:
    """The ways to find devices are there while they are on."""
    node = make_node("1.29.5")
    node.config["options"] |= {"globalAnnounceEnabled": is_global, "localAnnounceEnabled": is_local}
    status = decoded(await ask(node, HANDLERS, "/rest/system/status"))
    assert problems(status, ANSWERS["GET", "rest/system/status"]) == []
    assert status["discoveryEnabled"]
    assert status["discoveryMethods"] == len(status["discoveryStatus"]) == count
    assert ("IPv4 local" in status["discoveryStatus"]) == is_local


@pytest.mark.parametrize("has_relays", [True, False])
async def test_default_addresses(has_relays: bool) -> None:
    """The word ``default`` stands for all kinds of listeners; a relay that nobody talks to has no addresses."""
    node = make_node("1.29.5")
    node.config["options"] |= {"listenAddresses": ["default", "tcp://0.0.0.0:22000"], "relaysEnabled": has_relays}
    status = decoded(await ask(node, HANDLERS, "/rest/system/status"))["connectionServiceStatus"]
    assert {"tcp://0.0.0.0:22000", "quic://0.0.0.0:22000"} <= status.keys()
    assert [uri for uri, state in status.items() if state["lanAddresses"] is None] == [
        uri for uri in status if "relay" in uri
    ]
    assert len(status) == 2 + has_relays


@pytest.mark.parametrize("version", VERSIONS[1:])
async def test_paths(version: str) -> None:
    """All that the daemon keeps is in its home."""
    paths = decoded(await ask(make_node(version), HANDLERS, "/rest/system/paths"))
    assert paths["config"] == "/srv/home/config.xml"
    assert paths["auditLog"] == "/srv/home/audit-%{timestamp}.log"
    assert not any("{home}" in path for path in paths.values())


@pytest.mark.parametrize(
    ("current", "names"),
    [
        ("", None),
        ("/", ["/srv"]),
        ("/srv/", ["/srv/Base", "/srv/bar", "/srv/home"]),
        ("/srv/ba", ["/srv/bar", "/srv/Base"]),
        ("/srv/bas", ["/srv/Base"]),
        ("/srv//../srv/h", ["/srv/home"]),
        ("/srv", ["/srv"]),
        ("/nowhere/", []),
        ("relative", []),
        ("rel/", []),
    ],
)
async def test_browsing(current: str, names: list[str] | None) -> None:
    """A prefix is completed to directories, those in the same letters first; old versions add a slash."""
    for version in VERSIONS:
        node = make_node(version)
        for path in ("/srv/bar", "/srv/Base", "/srv/home"):
            node.cluster.disk.make_root(path)
        found = decoded(await ask(node, HANDLERS, f"/rest/system/browse?current={quote(current)}"))
        end = "/" if version == "1.19.2" else ""
        assert found == (["/"] if names is None else [name + end for name in names])


async def test_browsing_at_home() -> None:
    """The tilde is the home; old versions show what it stands for."""
    for version, expected in (("1.19.2", ["/srv/home/docs/"]), ("2.1.3", ["~/docs"])):
        node = make_node(version)
        node.cluster.disk.make_root("/srv/home/docs")
        assert decoded(await ask(node, HANDLERS, "/rest/system/browse?current=~/d")) == expected


async def test_browsing_the_real_disk(tmp_path: Path) -> None:
    """Directories of the real disk are found as well, without blocking."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "file").touch()
    node = make_node("1.29.5")
    node.cluster.disk = DirectoryDisk()
    found = decoded(await ask(node, HANDLERS, f"/rest/system/browse?current={quote(f'{tmp_path}/')}"))
    assert found == [f"{tmp_path}/sub"]


@pytest.mark.parametrize("version", VERSIONS)
async def test_errors(version: str) -> None:
    """A posted error is listed and logged until it is cleared; then there is a null."""
    node = make_node(version)
    assert decoded(await ask(node, HANDLERS, "/rest/system/error")) == {"errors": None}
    posted = await ask(node, HANDLERS, "/rest/system/error", method="POST", body=b"a & b \xff")
    assert posted is EMPTY
    (line,) = decoded(await ask(node, HANDLERS, "/rest/system/error"))["errors"]
    assert "a & b \ufffd" in line["message"]
    assert await ask(node, HANDLERS, "/rest/system/error/clear", method="POST") is EMPTY
    assert decoded(await ask(node, HANDLERS, "/rest/system/error")) == {"errors": None}
    assert line in decoded(await ask(node, HANDLERS, "/rest/system/log"))["messages"]


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_log_since_then(version: str) -> None:
    """Only later lines come; what is no time is as none."""
    node = make_node(version)
    everything = decoded(await ask(node, HANDLERS, "/rest/system/log"))["messages"]
    text = (await ask(node, HANDLERS, "/rest/system/log.txt")).body.decode()
    assert len(text.splitlines()) == len(everything)
    assert decoded(await ask(node, HANDLERS, "/rest/system/log?since=2020"))["messages"] == everything
    since = quote(node.clock.format())
    node.clock.advance(1)
    node.log.note("later")
    (later,) = decoded(await ask(node, HANDLERS, f"/rest/system/log?since={since}"))["messages"]
    assert "later" in later["message"]
    answer = await ask(node, HANDLERS, f"/rest/system/log.txt?since={since}")
    assert answer.content_type == OK
    assert answer.body.decode() == f"2026-03-01T12:00:01Z: {later['message']}\n"
    assert decoded(await ask(node, HANDLERS, "/rest/system/log?since=2090-01-01T00:00:00Z")) == {"messages": None}


@pytest.mark.parametrize("version", OLD)
async def test_facilities(version: str) -> None:
    """Parts of the daemon, also unknown ones, are made to log more and less."""
    node = make_node(version)
    assert decoded(await ask(node, HANDLERS, "/rest/system/debug"))["enabled"] == []
    answer = await ask(node, HANDLERS, "/rest/system/debug?enable=zzz,model,&disable=", method="POST")
    assert (answer.body, answer.content_type) == (b"", "application/json; charset=utf-8")
    found = decoded(await ask(node, HANDLERS, "/rest/system/debug"))
    assert found["enabled"] == ["model", "zzz"]
    assert "zzz" not in found["facilities"]
    await ask(node, HANDLERS, "/rest/system/debug?enable=main&disable=main,zzz,other", method="POST")
    assert decoded(await ask(node, HANDLERS, "/rest/system/debug"))["enabled"] == ["model"]
    assert 'Disabled debug data for "other"' in [line.message for line in node.log.lines()]


async def test_log_levels() -> None:
    """The level of each part of the daemon can be chosen, also of unknown ones."""
    node = make_node("2.1.3")
    before = decoded(await ask(node, HANDLERS, "/rest/system/loglevels"))
    assert set(before["levels"].values()) == {"INFO"}
    for body in (b'{"model": "debug", "unknown": "WARN-1"}', b"null", b"{}"):
        assert await ask(node, HANDLERS, "/rest/system/loglevels", method="POST", body=body) is EMPTY
    after = decoded(await ask(node, HANDLERS, "/rest/system/loglevels"))
    assert after["levels"] == {**before["levels"], "model": "DEBUG", "unknown": "INFO+3"}
    assert after["packages"] == before["packages"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "EOF"),
        ("{", "invalid character"),
        ("[]", "cannot unmarshal"),
        ('{"api": "DEBUG", "model": "loud"}', 'slog: level string "loud": unknown name'),
        ('{"model": 1}', "invalid syntax"),
        ('{"model": null}', "invalid syntax"),
    ],
)
async def test_what_is_no_log_level(body: str, words: str) -> None:
    """What is no level is refused as a whole, in words such as Go's."""
    node = make_node("2.1.3")
    answer = await ask(node, HANDLERS, "/rest/system/loglevels", method="POST", body=body.encode())
    assert answer.status == 400
    assert words in answer.body.decode()
    assert set(decoded(await ask(node, HANDLERS, "/rest/system/loglevels"))["levels"].values()) == {"INFO"}


@pytest.mark.parametrize(
    ("version", "checked", "upgraded"),
    [
        ("1.19.2", (503, "upgrade unsupported\n"), (500, "upgrade unsupported\n")),
        ("1.29.5", (501, "upgrade unsupported\n"), (501, "upgrade unsupported\n")),
        ("2.1.3", (501, "upgrade unsupported\n"), (501, "upgrade unsupported\n")),
    ],
)
async def test_upgrades(version: str, checked: tuple[int, str], upgraded: tuple[int, str]) -> None:
    """A daemon that a distribution has built does not upgrade itself."""
    node = make_node(version)
    for method, expected in (("GET", checked), ("POST", upgraded)):
        answer = await ask(node, HANDLERS, "/rest/system/upgrade", method=method)
        assert (answer.status, answer.body.decode()) == expected
    has_error = decoded(await ask(node, HANDLERS, "/rest/system/error"))["errors"] is not None
    assert has_error == (version == "1.19.2")


@pytest.mark.parametrize(
    ("path", "code", "words"), [("restart", RESTART, "restarting"), ("shutdown", SHUTDOWN, "shutting down")]
)
async def test_the_end(path: str, code: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is told to end, with the code that says why; the answer is JSON, called text."""
    node = make_node("1.29.5")
    happened = resets(node, monkeypatch)
    answer = await ask(node, HANDLERS, f"/rest/system/{path}", method="POST")
    assert (answer.body, answer.content_type) == (f'{{"ok": "{words}"}}\n'.encode(), OK)
    assert happened == [code]


async def test_resets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A paused folder, or all if all are paused, are reset, and the process restarts for it."""
    node = make_node("1.29.5")
    happened = resets(node, monkeypatch)
    with_folders(node, a=True, b=False)
    for target, status, words in (
        ("", 500, "folder must be paused when resetting\n"),
        ("?folder=b", 500, "folder must be paused when resetting\n"),
        ("?folder=c", 500, "Invalid folder ID\n"),
        ("?folder=a", 200, '{"ok": "resetting folder a"}\n'),
    ):
        answer = await ask(node, HANDLERS, f"/rest/system/reset{target}", method="POST")
        assert (answer.status, answer.body.decode()) == (status, words)
    with_folders(node, a=True)
    answer = await ask(node, HANDLERS, "/rest/system/reset", method="POST")
    assert answer.body == b'{"ok": "resetting database"}\n'
    assert happened == ["a", RESTART, None, RESTART]
