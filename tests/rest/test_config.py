"""``rest/config``."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    BadRequestError,
    InvalidDeviceIDError,
    ProxyError,
    ServerError,
    SyncthingError,
    UnknownDeviceError,
    UnknownFolderError,
)
from tests.support.calls import DEVICE, FOLDER, KEY, Call, calls, check, refused
from tests.support.server import DAEMON_ID, Answer, Server, as_json, as_text

NOTATION = DEVICE.replace("-", "").lower()
UNKNOWN = as_text("No folder with given ID", 404)
A_FOLDER = {"id": FOLDER, "path": "/x"}
CONFIG = {"version": 37, "gui": {"apiKey": "k"}}


@pytest.mark.parametrize("call", calls("config"), ids=str)
async def test_a_call_is_its_requests(call: Call) -> None:
    """Each method sends exactly its requests, and returns what the daemon sent."""
    await check(call)


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        # Empty IDs, and what is none.
        *((name, (one,), {}) for name in ("folders", "devices") for one in ("", 5, b"x", ["x"])),
        *((name, (one,), {}) for name in ("remove_folder", "remove_device") for one in ("", 5, None)),
        *(
            (name, (one,), {"paused": True})
            for name in ("patch_folder", "patch_device")
            for one in ("", 5, None, [DEVICE], {"id": FOLDER})
        ),
        # IDs of devices that no path can hold.
        ("devices", ("..",), {}),
        ("remove_device", ("a/b",), {}),
        ("patch_device", (".",), {"paused": True}),
        ("set_device", ({"deviceID": "a/b"},), {}),
        # Objects without what they need.
        ("set_folder", ({"id": FOLDER},), {}),
        ("set_folder", ({"path": "/x"},), {}),
        ("set_folder", (A_FOLDER | {"id": ""},), {}),
        ("set_folder", (A_FOLDER | {"path": ""},), {}),
        ("set_device", ({},), {}),
        ("set_device", ({"deviceID": ""},), {}),
        ("set_gui", ({"theme": "dark"},), {}),
        ("set_gui", ({"apiKey": ""},), {}),
        ("patch_gui", (), {"apiKey": ""}),
        ("replace", ({"gui": {"apiKey": "k"}},), {}),
        ("replace", ({"version": 37},), {}),
        ("replace", (CONFIG | {"version": 0},), {}),
        ("replace", (CONFIG | {"folders": [{"id": FOLDER}]},), {}),
        ("replace", (CONFIG | {"devices": [{}]},), {}),
        # Another ID.
        ("patch_folder", (FOLDER,), {"id": "other"}),
        ("patch_folder", (FOLDER, {"id": ""}), {}),
        ("patch_device", (DEVICE,), {"deviceID": DAEMON_ID}),
        ("patch_folder", (FOLDER,), {"path": ""}),
        # Values that a daemon doesn't know.
        ("set_folder", (A_FOLDER | {"type": "sendrecieve"},), {}),
        ("set_folder", (A_FOLDER | {"versioning": {"type": "Simple"}},), {}),
        ("patch_folder", (FOLDER,), {"order": "Random"}),
        ("patch_folder", (FOLDER,), {"versioning": {"type": "nope"}}),
        ("set_default_folder", ({"blockPullOrder": "x"},), {}),
        ("patch_default_folder", (), {"copyRangeMethod": "x"}),
        ("set_device", ({"deviceID": DEVICE, "compression": "sometimes"},), {}),
        ("patch_device", (DEVICE,), {"compression": "sometimes"}),
        ("set_default_device", ({"compression": "sometimes"},), {}),
        ("patch_default_device", (), {"compression": "sometimes"}),
        ("set_gui", ({"apiKey": "k", "authMode": "oauth"},), {}),
        ("patch_gui", (), {"authMode": "oauth"}),
        ("set_ldap", ({"transport": "nontls"},), {}),
        ("patch_ldap", (), {"transport": "nontls"}),
        # Lists of objects that are none.
        *(
            (name, args, {})
            for devices in (DEVICE, {"deviceID": DEVICE}, [DEVICE], [{}], [{"deviceID": ""}])
            for name, args in (
                ("set_folder", (A_FOLDER | {"devices": devices},)),
                ("patch_folder", (FOLDER, {"devices": devices})),
                ("patch_default_folder", ({"devices": devices},)),
            )
        ),
        ("patch_device", (DEVICE,), {"ignoredFolders": ["f"]}),
        ("patch_default_device", (), {"ignoredFolders": "f"}),
        ("patch_folder", (FOLDER,), {"xattrFilter": {"entries": "*"}}),
        # Nothing to change.
        ("patch_folder", (FOLDER,), {}),
        ("patch_folder", (FOLDER, {}), {}),
        ("patch_device", (DEVICE,), {}),
        *((f"patch_{name}", (), {}) for name in ("options", "gui", "ldap", "default_folder", "default_device")),
        # A text where lines are needed.
        ("set_default_ignores", ("*.tmp",), {}),
        ("set_default_ignores", ([1],), {}),
        # What is no JSON.
        ("set_options", ({"crURL": object()},), {}),
        ("patch_options", ({"stunServers": {1: 2}},), {}),
        ("patch_options", ({"crURL": "\ud800"},), {}),
        # No text at all.
        ("folders", ("\ud800",), {}),
    ],
)
async def test_what_makes_no_sense_is_not_sent(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """What a daemon would misunderstand, silently ignore or not survive is refused, and nothing is sent."""
    await refused(f"config.{name}", *args, **options)


async def test_a_missing_path_says_why_it_is_needed() -> None:
    """The messages of refusals tell the consequence."""
    assert "home directory" in str(await refused("config.set_folder", {"id": FOLDER}))
    assert "lock this client out" in str(await refused("config.set_gui", {}))
    assert "migrations" in str(await refused("config.replace", {"gui": {"apiKey": "k"}}))
    assert isinstance(await refused("config.devices", "../x"), InvalidDeviceIDError)


@pytest.mark.parametrize("folder_id", [".", "..", "a/b"])
async def test_folders_that_no_path_leads_to(folder_id: str) -> None:
    """Reading, changing and removing such a folder works by way of the lists."""
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


@pytest.mark.parametrize("folder_id", ["..", "a/b"])
async def test_unknown_folders_that_no_path_leads_to(folder_id: str) -> None:
    """They are unknown, and nothing is changed."""
    answers = as_json([A_FOLDER]), as_json([A_FOLDER]), as_json(CONFIG | {"folders": [A_FOLDER]})
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(UnknownFolderError):
            await client.config.folders(folder_id)
        with pytest.raises(UnknownFolderError):
            await client.config.patch_folder(folder_id, paused=True)
        with pytest.raises(UnknownFolderError):
            await client.config.remove_folder(folder_id)
    assert {request.method for request in server.requests} == {"GET"}


async def test_nothing_is_removed_that_is_not_there() -> None:
    """The daemon answers 200 to anything, so there is a look first, and then nothing is sent."""
    unknown_device = as_text("No device with given ID", 404)
    async with Server(UNKNOWN, unknown_device) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(UnknownFolderError):
            await client.config.remove_folder(FOLDER)
        with pytest.raises(UnknownDeviceError):
            await client.config.remove_device(DEVICE)
    assert [request.method for request in server.requests] == ["GET", "GET"]


@pytest.mark.parametrize("notation", [DAEMON_ID, DAEMON_ID.lower().replace("-", " ")])
async def test_the_daemons_own_device_stays(notation: str) -> None:
    """It would come back at once with default settings, so it can't be removed, in whatever notation."""
    async with Server(as_json({"deviceID": DAEMON_ID})) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(BadRequestError, match="own device"):
            await client.config.remove_device(notation)
    assert server.request.method == "GET"


async def test_a_daemon_that_does_not_say_who_it_is() -> None:
    """Behind a proxy that removes the daemon's headers, its own device is not known, and nothing is refused."""
    answers = as_json({"deviceID": DAEMON_ID}, syncthing=False), Answer(syncthing=False)
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        await client.config.remove_device(DAEMON_ID)
    assert server.requests[1].method == "DELETE"


OWN = {"deviceID": DEVICE, "introducedBy": "X", "encryptionPassword": "own", "new": 6}
STRANGER = {"deviceID": DAEMON_ID, "introducedBy": "Y", "encryptionPassword": "secret", "new": 5}
KNOWN = as_json([{"deviceID": DEVICE}, {"deviceID": DAEMON_ID}])


@pytest.mark.parametrize("kind", [list, tuple])
async def test_a_patch_inherits_no_secret(kind: type) -> None:
    """Every element of the list is sent whole: its own fields by its ID in any notation, and else defaults."""
    current = A_FOLDER | {"devices": [STRANGER, OWN]}
    answers = as_json({"folders": [current]}), as_json(current), KNOWN, Answer()
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        await client.config.patch_folder(
            FOLDER, devices=kind([{"deviceID": NOTATION}, {"deviceID": DAEMON_ID, "new": 7}])
        )
    assert server.requests[3].json() == {"devices": [OWN | {"deviceID": NOTATION}, STRANGER | {"new": 7}]}
    stranger = as_json(A_FOLDER | {"devices": [STRANGER]})
    async with Server(stranger, KNOWN, Answer()) as server, Syncthing(KEY, server.url) as client:
        await client.config.patch_folder(FOLDER, devices=kind([{"deviceID": DEVICE}]))
    assert server.requests[2].json() == {
        "devices": [{"deviceID": DEVICE, "introducedBy": "", "encryptionPassword": "", "new": 0}]
    }


async def test_a_new_folder_inherits_no_secret() -> None:
    """The daemon decodes a whole folder onto the default one, so its elements are sent whole, too."""
    devices = {"devices": [{"deviceID": DAEMON_ID}, {"deviceID": DEVICE}]}
    whole = {
        "devices": [{"deviceID": each, "introducedBy": "", "encryptionPassword": ""} for each in (DAEMON_ID, DEVICE)]
    }
    answers = KNOWN, Answer(), KNOWN, Answer(), as_json(CONFIG["gui"]), Answer()
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        await client.config.set_folder(A_FOLDER | devices)
        await client.config.set_folder(A_FOLDER | {"id": "a/b"} | devices)
        await client.config.replace(CONFIG | {"folders": [A_FOLDER | devices]})
    assert server.requests[1].json() == A_FOLDER | whole
    assert server.requests[3].json() == A_FOLDER | {"id": "a/b"} | whole
    assert server.requests[5].json() == CONFIG | {"folders": [A_FOLDER | whole]}


async def test_ignored_folders_inherit_nothing() -> None:
    """As with the devices of a folder, for patches and whole objects."""
    then = {"id": "f", "time": "2026-03-01T12:00:00Z", "label": "F"}
    never = {"time": "0001-01-01T00:00:00Z", "label": ""}
    current = as_json({"deviceID": DEVICE, "ignoredFolders": [then]})
    async with Server(current, Answer(), Answer()) as server, Syncthing(KEY, server.url) as client:
        await client.config.patch_device(DEVICE, ignoredFolders=[{"id": "g"}, {"id": "f"}])
        await client.config.set_device({"deviceID": DEVICE, "ignoredFolders": [{"id": "g"}]})
    assert server.requests[1].json() == {"ignoredFolders": [{"id": "g"} | never, then]}
    assert server.requests[2].json() == {"deviceID": DEVICE, "ignoredFolders": [{"id": "g"} | never]}


async def test_filters_of_attributes_inherit_nothing() -> None:
    """They belong to nobody, so they are completed without a look."""
    async with Server(Answer()) as server, Syncthing(KEY, server.url) as client:
        await client.config.patch_folder(FOLDER, xattrFilter={"entries": [{"match": "x"}]})
    assert server.request.json() == {"xattrFilter": {"entries": [{"match": "x", "permit": False}]}}


@pytest.mark.parametrize(
    ("devices", "expected", "message"),
    [
        ([], UnknownDeviceError, "not configured"),
        ([{"deviceID": DEVICE, "untrusted": True}], BadRequestError, "encryptionPassword"),
    ],
)
async def test_sharing_that_would_not_happen(devices: Any, expected: type[SyncthingError], message: str) -> None:
    """Where the daemon would leave a device out of the folder without a word, nothing is written."""
    shared = {"devices": [{"deviceID": DEVICE}]}
    answers = (
        as_json(devices),
        as_json(A_FOLDER),
        as_json(devices),
        as_json([A_FOLDER | {"id": ".."}]),
        as_json(devices),
    )
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected, match=message):
            await client.config.set_folder(A_FOLDER | shared)
        for folder_id in (FOLDER, ".."):
            with pytest.raises(expected, match=message):
                await client.config.patch_folder(folder_id, shared)
    assert {request.method for request in server.requests} == {"GET"}


async def test_sharing_with_an_untrusted_device() -> None:
    """It takes a password, or a folder that is encrypted as a whole, which a patch need not repeat."""
    untrusted = as_json([{"deviceID": DEVICE, "untrusted": True}])
    encrypted = as_json(A_FOLDER | {"type": "receiveencrypted"})
    answers = encrypted, untrusted, Answer(), as_json(A_FOLDER), untrusted, Answer()
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        await client.config.patch_folder(FOLDER, devices=[{"deviceID": DEVICE}])
        await client.config.patch_folder(FOLDER, devices=[{"deviceID": DEVICE, "encryptionPassword": "x"}])
    assert [request.method for request in server.requests] == ["GET", "GET", "PATCH"] * 2


async def test_taking_all_devices_away_needs_no_look() -> None:
    """An empty list has no elements to complete."""
    async with Server(Answer(), Answer()) as server, Syncthing(KEY, server.url) as client:
        await client.config.patch_folder(FOLDER, devices=[])
        await client.config.set_folder(A_FOLDER | {"devices": []})
    assert [request.json()["devices"] for request in server.requests] == [[], []]


@pytest.mark.parametrize(
    ("name", "args", "answer", "expected"),
    [
        ("folders", (FOLDER,), UNKNOWN, UnknownFolderError),
        ("patch_folder", (FOLDER, {"paused": True}), UNKNOWN, UnknownFolderError),
        ("devices", (DEVICE,), as_text("No device with given ID", 404), UnknownDeviceError),
        ("patch_device", (DEVICE, {"paused": True}), as_text("No device with given ID", 404), UnknownDeviceError),
        ("devices", ("bad",), as_text('"bad": device ID invalid: incorrect length', 400), InvalidDeviceIDError),
        ("patch_options", ({"maxSendKbps": "x"},), as_text("json: cannot unmarshal string", 400), BadRequestError),
        ("set_folder", (A_FOLDER,), as_text('folder "x": folder has duplicate ID', 500), ServerError),
        ("config", (), as_text("not here", 404, syncthing=False), ProxyError),
    ],
)
async def test_errors_of_the_daemon(
    name: str, args: tuple[Any, ...], answer: Answer, expected: type[SyncthingError]
) -> None:
    """The errors that the methods name are what the daemon's answers become, with its own words."""
    async with Server(answer) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected) as caught:
            await getattr(client.config, name)(*args)
    assert type(caught.value) is expected
    assert answer.body.decode().strip() in str(caught.value).replace("\\'", "'")


async def test_what_was_read_goes_back_unchanged() -> None:
    """GET, change, PUT: what nobody has heard of comes back as it was, at every level."""
    config = {
        "version": 99,
        "folders": [A_FOLDER | {"devices": [OWN], "fromTheFuture": [{"a": None}]}],
        "devices": [{"deviceID": DEVICE, "ignoredFolders": [], "fromTheFuture": 1.5}],
        "gui": {"apiKey": "k", "fromTheFuture": {"ü": 2**63}},
        "fromTheFuture": {"a": [1, {"b": "c"}]},
    }
    answers = as_json(config), as_json(config), as_json(config["gui"]), Answer()
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        await client.config.replace(await client.config.config())
    assert server.requests[3].json() == config


async def test_ids_are_escaped_once() -> None:
    """The percent sign of an ID is data, too."""
    async with Server(as_json({"id": "100%25"})) as server, Syncthing(KEY, server.url) as client:
        await client.config.folders("100%25")
    assert server.request.path == "/rest/config/folders/100%2525"
