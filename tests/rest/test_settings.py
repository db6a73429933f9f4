"""The settings below ``rest/config`` that there is one of each, and what holds for all bodies."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import BadRequestError
from tests.support.calls import DEVICE, FOLDER, KEY, Call, calls, check, refused
from tests.support.server import Answer, Server, as_json

ONES = ("options", "gui", "ldap", "default_")
CONFIG: dict[str, Any] = {"version": 37, "gui": {"apiKey": "k"}}
A_FOLDER = {"id": FOLDER, "path": "/x"}
# Each method that takes a body: the arguments before it, what the body must have, and where it is in a configuration.
BODIES: dict[str, tuple[tuple[Any, ...], dict[str, Any], tuple[str, ...]]] = {
    "replace": ((), CONFIG, ()),
    "set_folder": ((), A_FOLDER, ("folders",)),
    "patch_folder": ((FOLDER,), {}, ("folders",)),
    "set_device": ((), {"deviceID": DEVICE}, ("devices",)),
    "patch_device": ((DEVICE,), {}, ("devices",)),
    "set_options": ((), {}, ("options",)),
    "patch_options": ((), {}, ("options",)),
    "set_gui": ((), {"apiKey": "k"}, ("gui",)),
    "patch_gui": ((), {}, ("gui",)),
    "set_ldap": ((), {}, ("ldap",)),
    "patch_ldap": ((), {}, ("ldap",)),
    "set_default_folder": ((), {}, ("defaults", "folder")),
    "patch_default_folder": ((), {}, ("defaults", "folder")),
    "set_default_device": ((), {}, ("defaults", "device")),
    "patch_default_device": ((), {}, ("defaults", "device")),
}


@pytest.mark.parametrize("call", [c for c in calls("config") if any(one in c.name for one in ONES)], ids=str)
async def test_a_call_is_its_requests(call: Call) -> None:
    """Each method sends exactly its requests, and returns what the daemon sent."""
    await check(call)


async def change(client: Syncthing, name: str, body: Any) -> None:
    """Call a method with a body."""
    await getattr(client.config, name)(*BODIES[name][0], body)


def answering(config: Any, version: str) -> Server:
    """Return a server that has a configuration, and says its version."""

    def answer(request: Any) -> Answer:
        value = config["gui"] if request.path.endswith("/gui") else config
        return as_json(value if request.method == "GET" else None, headers={"X-Syncthing-Version": version})

    return Server(answer=answer)


@pytest.mark.parametrize("name", BODIES)
async def test_a_misspelt_setting_is_refused(name: str) -> None:
    """The daemon would ignore it and report success; the configuration is read, but nothing is changed."""
    _, needed, _ = BODIES[name]
    async with answering(CONFIG, "v2.1.3") as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(BadRequestError, match="no setting 'nonsense'"):
            await change(client, name, needed | {"nonsense": True})
    assert [str(request) for request in server.requests] == ["GET /rest/config"]


@pytest.mark.parametrize("name", BODIES)
async def test_a_setting_that_the_daemon_sends_passes(name: str) -> None:
    """Nothing is lost of what is read, changed and given back, whoever has made that daemon."""
    _, needed, place = BODIES[name]
    sent: Any = {"news": 1}
    for key in reversed(place):
        sent = {key: [sent] if key in {"folders", "devices"} else sent}
    async with answering(CONFIG | sent, "v2.1.3") as server, Syncthing(KEY, server.url) as client:
        await change(client, name, needed | {"news": 2})
    assert server.requests[-1].json()["news"] == 2


@pytest.mark.parametrize("name", BODIES)
async def test_a_newer_daemon_knows_best(name: str) -> None:
    """What it has is not known here, so everything passes."""
    _, needed, _ = BODIES[name]
    async with answering(CONFIG, "v2.2.0") as server, Syncthing(KEY, server.url) as client:
        await change(client, name, needed | {"nonsense": True})
    assert server.requests[-1].json()["nonsense"] is True


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("body", ["docs", DEVICE, ["x"], 5, b"x"])
async def test_a_body_is_an_object(name: str, body: Any) -> None:
    """An ID where the object of that ID belongs is refused with these words, and nothing is sent."""
    error = await refused(f"config.{name}", *BODIES[name][0], body)
    assert "must be an object (a dict), not " in str(error)


@pytest.mark.parametrize(
    ("name", "args"),
    [("system.set_log_levels", ()), ("folder.restore", (FOLDER,))],
)
@pytest.mark.parametrize("body", ["x", [("a", "b")], None, 5])
async def test_other_bodies_are_objects_too(name: str, args: tuple[Any, ...], body: Any) -> None:
    """The same holds wherever a method takes a mapping."""
    assert "must be an object (a dict)" in str(await refused(name, *args, body))


async def test_default_patterns_that_the_daemon_would_misread() -> None:
    """They are refused alone and in a whole configuration, where those pass that the daemon has itself."""
    assert "Icon?" in str(await refused("config.set_default_ignores", ["Icon\r"]))
    assert "configuration can't store" in str(await refused("config.set_default_ignores", ["a\x01"]))
    config: Any = CONFIG | {"defaults": {"ignores": {"lines": ["a\nb"]}}}
    async with answering(config, "v2.2.0") as server, Syncthing(KEY, server.url) as client:
        await client.config.replace(config)
        with pytest.raises(BadRequestError, match=r"Icon\?"):
            await client.config.replace(config | {"defaults": {"ignores": {"lines": ["a\nb", "Icon\r"]}}})
    assert [request.method for request in server.requests] == ["GET", "GET", "PUT", "GET"]


@pytest.mark.parametrize("lines", ["*.tmp", [5], {"a": 1}.values()])
async def test_default_patterns_of_a_configuration_are_texts(lines: Any) -> None:
    """As those that are set alone."""
    await refused("config.replace", CONFIG | {"defaults": {"ignores": {"lines": lines}}})
