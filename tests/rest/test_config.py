"""``rest/config``: what is completed, looked up or refused before a change is sent."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    BadRequestError,
    SyncthingError,
    UnknownDeviceError,
    UnknownFolderError,
)
from tests.support.calls import DEVICE, FOLDER, KEY, refused
from tests.support.server import DAEMON_ID, Answer, Server, as_json, as_text

NOTATION = DEVICE.replace("-", "").lower()
A_FOLDER = {"id": FOLDER, "path": "/x"}
CONFIG: dict[str, Any] = {"version": 37, "gui": {"apiKey": "k"}}


async def test_refusals_state_the_consequence() -> None:
    """A refusal says what the daemon would have done."""
    assert "lock this client out" in str(await refused("config.set_gui", {}))
    assert "migrations" in str(await refused("config.replace", {"gui": {"apiKey": "k"}}))


@pytest.mark.parametrize("folder_id", [".", "..", "a/b"])
async def test_a_folder_that_no_path_leads_to(folder_id: str) -> None:
    """Such a folder is read, changed and removed through the lists; if it is unknown, nothing is changed."""
    folder = {"id": folder_id, "path": "/x", "label": "old", "fromTheFuture": {"a": 1, "b": 2}, "devices": []}
    config = CONFIG | {"folders": [folder, A_FOLDER], "fromTheFuture": 1}
    listed, whole, gui = as_json([folder]), as_json(config), as_json(CONFIG["gui"])
    answers = listed, whole, listed, Answer(), whole, whole, gui, Answer()
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        assert await client.config.folders(folder_id) == folder
        await client.config.patch_folder(folder_id, {"label": "new", "fromTheFuture": {"a": 3}})
        await client.config.remove_folder(folder_id)
    assert [str(request) for request in server.requests] == [
        "GET /rest/config/folders",
        "GET /rest/config",
        "GET /rest/config/folders",
        "POST /rest/config/folders",
        "GET /rest/config",
        "GET /rest/config",
        "GET /rest/config/gui",
        "PUT /rest/config",
    ]
    assert server.requests[3].json() == folder | {"label": "new", "fromTheFuture": {"a": 3, "b": 2}}
    assert server.requests[7].json() == config | {"folders": [A_FOLDER]}
    answers = as_json([A_FOLDER]), as_json([A_FOLDER]), as_json(CONFIG | {"folders": [A_FOLDER]})
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        for use in (
            client.config.folders(folder_id),
            client.config.patch_folder(folder_id, paused=True),
            client.config.remove_folder(folder_id),
        ):
            with pytest.raises(UnknownFolderError):
                await use
    assert {request.method for request in server.requests} == {"GET"}


async def test_removing_what_does_not_exist() -> None:
    """The daemon would report success, so it is looked up first; with `missing_ok` that is no error."""
    no_folder, no_device = as_text("No folder with given ID", 404), as_text("No device with given ID", 404)
    async with Server(no_folder, no_device, no_folder, no_device) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(UnknownFolderError):
            await client.config.remove_folder(FOLDER)
        with pytest.raises(UnknownDeviceError):
            await client.config.remove_device(DEVICE)
        await client.config.remove_folder(FOLDER, missing_ok=True)
        await client.config.remove_device(DEVICE, missing_ok=True)
    assert [request.method for request in server.requests] == ["GET"] * 4


@pytest.mark.parametrize("notation", [DAEMON_ID, DAEMON_ID.lower().replace("-", " ")])
async def test_the_daemon_s_own_device(notation: str) -> None:
    """The own device would come back with default settings, so it can't be removed, unless a proxy hides its ID."""
    device = {"deviceID": DAEMON_ID}
    answers = as_json(device), as_json(device, syncthing=False), Answer(syncthing=False)
    async with Server(*answers) as server:
        async with Syncthing(KEY, server.url) as client:
            with pytest.raises(BadRequestError, match="own device"):
                await client.config.remove_device(notation)
        async with Syncthing(KEY, server.url) as client:
            await client.config.remove_device(notation)
    assert [request.method for request in server.requests] == ["GET", "GET", "DELETE"]


OWN = {"deviceID": DEVICE, "introducedBy": "X", "encryptionPassword": "own", "new": 6}
STRANGER = {"deviceID": DAEMON_ID, "introducedBy": "Y", "encryptionPassword": "secret", "new": 5}
KNOWN = as_json([{"deviceID": DEVICE}, {"deviceID": DAEMON_ID}])


@pytest.mark.parametrize("kind", [list, tuple])
async def test_a_patch_inherits_no_secret(kind: type) -> None:
    """Every element of a list is sent completely: with its own fields, found by its ID, and otherwise defaults."""
    current = as_json(A_FOLDER | {"devices": [STRANGER, OWN]})
    stranger = as_json(A_FOLDER | {"devices": [STRANGER]})
    answers = current, KNOWN, Answer(), stranger, KNOWN, Answer()
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        devices = kind([{"deviceID": NOTATION}, {"deviceID": DAEMON_ID, "encryptionPassword": ""}])
        await client.config.patch_folder(FOLDER, devices=devices)
        await client.config.patch_folder(FOLDER, devices=kind([{"deviceID": DEVICE}]))
    new = {"deviceID": DEVICE, "introducedBy": "", "encryptionPassword": "", "new": 0}
    assert server.requests[2].json() == {
        "devices": [OWN | {"deviceID": NOTATION}, STRANGER | {"encryptionPassword": ""}]
    }
    assert server.requests[5].json() == {"devices": [new]}


async def test_a_whole_object_inherits_nothing() -> None:
    """The daemon decodes folders and devices into the default ones, so their elements are sent completely, too."""
    devices = {"devices": [{"deviceID": DAEMON_ID}, {"deviceID": DEVICE}]}
    whole = {
        "devices": [{"deviceID": each, "introducedBy": "", "encryptionPassword": ""} for each in (DAEMON_ID, DEVICE)]
    }
    answers = KNOWN, Answer(), KNOWN, Answer(), as_json(CONFIG["gui"]), *[Answer()] * 4
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        await client.config.set_folder(A_FOLDER | devices)
        await client.config.set_folder(A_FOLDER | {"id": "a/b"} | devices)
        await client.config.replace(CONFIG | {"folders": [A_FOLDER | devices]})
        await client.config.set_device({"deviceID": DEVICE, "ignoredFolders": [{"id": "g"}]})
        await client.config.patch_folder(FOLDER, xattrFilter={"entries": [{"match": "x"}]})
        await client.config.patch_folder(FOLDER, devices=[])
    ignored = [{"id": "g", "time": "0001-01-01T00:00:00Z", "label": ""}]
    assert [request.json() for request in server.requests if request.method != "GET"] == [
        A_FOLDER | whole,
        A_FOLDER | {"id": "a/b"} | whole,
        CONFIG | {"folders": [A_FOLDER | whole]},
        {"deviceID": DEVICE, "ignoredFolders": ignored},
        {"xattrFilter": {"entries": [{"match": "x", "permit": False}]}},
        {"devices": []},
    ]


@pytest.mark.parametrize(
    ("devices", "expected", "message"),
    [
        ([], UnknownDeviceError, "not configured"),
        ([{"deviceID": DEVICE, "untrusted": True}], BadRequestError, "encryptionPassword"),
    ],
)
async def test_sharing_that_would_not_happen(devices: Any, expected: type[SyncthingError], message: str) -> None:
    """If the daemon would silently drop a device of the folder, nothing is written.

    An untrusted device requires a password, or a receive-encrypted folder, whose type a patch need not repeat.
    """
    shared: Any = {"devices": [{"deviceID": DEVICE}]}
    known, encrypted = as_json(devices), as_json(A_FOLDER | {"type": "receiveencrypted"})
    answers = known, as_json(A_FOLDER), known, as_json([A_FOLDER | {"id": ".."}]), known
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        for use in (
            client.config.set_folder(A_FOLDER | shared),
            client.config.patch_folder(FOLDER, shared),
            client.config.patch_folder("..", shared),
        ):
            with pytest.raises(expected, match=message):
                await use
        assert {request.method for request in server.requests} == {"GET"}
        if devices:
            server.queue.extend([encrypted, known, Answer(), as_json(A_FOLDER), known, Answer()])
            await client.config.patch_folder(FOLDER, shared)
            await client.config.patch_folder(FOLDER, devices=[{"deviceID": DEVICE, "encryptionPassword": "x"}])


# Each method with a body: the arguments before it, what the body must contain, and its place in a configuration.
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


def answering(config: Any, version: str) -> Server:
    """Return a server with a configuration and a version."""

    def answer(request: Any) -> Answer:
        value = config["gui"] if request.path.endswith("/gui") else config
        return as_json(value if request.method == "GET" else None, headers={"X-Syncthing-Version": version})

    return Server(answer=answer)


@pytest.mark.parametrize("name", BODIES)
async def test_unknown_keys(name: str) -> None:
    """A misspelt key is refused; one that the daemon itself sends is accepted, and so is any if the daemon is newer."""
    args, needed, place = BODIES[name]
    sent: Any = {"news": 1}
    for key in reversed(place):
        sent = {key: [sent] if key in {"folders", "devices"} else sent}
    for config, version, body in (
        (CONFIG, "v2.1.3", {"nonsense": True}),
        (CONFIG | sent, "v2.1.3", {"news": 2}),
        (CONFIG, "v2.2.0", {"nonsense": True}),
    ):
        async with answering(config, version) as server, Syncthing(KEY, server.url) as client:
            change = getattr(client.config, name)(*args, needed | body)
            if (config, version) == (CONFIG, "v2.1.3"):
                with pytest.raises(BadRequestError, match="no setting 'nonsense'"):
                    await change
                assert [str(request) for request in server.requests] == ["GET /rest/config"]
            else:
                await change
                assert server.requests[-1].json().items() >= body.items()


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_is_an_object(name: str) -> None:
    """An ID in place of the object with that ID is refused with these words."""
    for body in ("docs", ["x"], 5):
        error = await refused(f"config.{name}", *BODIES[name][0], body)
        assert "must be an object (a dict), not " in str(error)


async def test_misread_default_patterns() -> None:
    """They are refused on their own and in a whole configuration, except for those that the daemon already has."""
    assert "Icon?" in str(await refused("config.set_default_ignores", ["Icon\r"]))
    assert "configuration can't store" in str(await refused("config.set_default_ignores", ["a\x01"]))
    for lines in ("*.tmp", [5], {"a": 1}.values()):
        await refused("config.replace", CONFIG | {"defaults": {"ignores": {"lines": lines}}})
    config: Any = CONFIG | {"defaults": {"ignores": {"lines": ["a\nb"]}}}
    async with answering(config, "v2.2.0") as server, Syncthing(KEY, server.url) as client:
        await client.config.replace(config)
        with pytest.raises(BadRequestError, match=r"Icon\?"):
            await client.config.replace(config | {"defaults": {"ignores": {"lines": ["a\nb", "Icon\r"]}}})
    assert [request.method for request in server.requests] == ["GET", "GET", "PUT", "GET"]


async def test_parameters_that_folders_would_inherit() -> None:
    """Those of the default folder follow in a request of their own, since the daemon would add them to each folder."""
    default = {"versioning": {"type": "simple", "params": {"keep": "3"}}}
    folders = [{"id": "f", "path": "/f", "versioning": {"type": "", "params": {}}}]
    config: Any = {"version": 37, "gui": {"apiKey": KEY}, "folders": folders, "defaults": {"folder": default}}
    async with Server(as_json({"apiKey": KEY}), Answer(), Answer()) as server, Syncthing(KEY, server.url) as client:
        await client.config.replace(config)
    empty = {"versioning": {"type": "simple", "params": {}}}
    assert [each.json() for each in server.requests[1:]] == [{**config, "defaults": {"folder": empty}}, default]
