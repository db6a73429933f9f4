"""What holds for the methods of all namespaces: the requests they send, what they refuse, and the errors they raise."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    BadRequestError,
    FolderNotRunningError,
    InvalidDeviceIDError,
    NotFoundError,
    NotSupportedError,
    ProxyError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
    UnknownFolderError,
)
from tests.support.calls import CALLS, DEVICE, FOLDER, KEY, TARGET, Call, check, results
from tests.support.server import DAEMON_ID, Answer, Server, as_json, as_text

A_FOLDER: Final = {"id": FOLDER, "path": "/x"}
CONFIG: Final = {"version": 37, "gui": {"apiKey": "k"}}


@pytest.mark.parametrize("call", CALLS, ids=str)
async def test_a_call_is_its_requests(call: Call) -> None:
    """Each method sends exactly its requests, and returns what the daemon sent."""
    await check(call)


def no(name: str, /, *args: Any, **options: Any) -> Call:
    """Return a call that must fail."""
    return Call(name, "", args, options)


def name_of(value: Any) -> str | None:
    """Return the method's name, for the name of a test."""
    return value.name if isinstance(value, Call) else value.__name__ if isinstance(value, type) else ""


WITH_ONE_ID: Final = (
    *("cluster.dismiss_device", "cluster.dismiss_folder", "cluster.pending_folders"),
    *("config.devices", "config.folders", "config.remove_device", "config.remove_folder"),
    *("database.browse", "database.completion", "database.ignores", "database.iter_local_changed"),
    *("database.iter_need", "database.local_changed", "database.need", "database.override", "database.revert"),
    *("database.scan", "database.status", "database.walk", "folder.errors", "folder.iter_errors", "folder.versions"),
    *("svc.device_id", "system.pause", "system.post_error", "system.reset", "system.resume"),
)
WITH_TWO_IDS: Final = (
    *("database.file", "database.iter_remote_need", "database.prioritize", "database.remote_need", "debug.file"),
)
WITH_PAGES: Final = {
    **dict.fromkeys(("database.need", "database.local_changed", "folder.errors"), (FOLDER,)),
    **dict.fromkeys(("database.remote_need", "database.prioritize"), (FOLDER, DEVICE)),
}
PAGED_WHOLE: Final = {
    **dict.fromkeys(("database.iter_need", "database.iter_local_changed", "folder.iter_errors"), (FOLDER,)),
    "database.iter_remote_need": (FOLDER, DEVICE),
}
REFUSED: Final = [
    # An empty ID would mean "all", or nothing.
    *(no(name, one) for name in WITH_ONE_ID for one in ("", 5)),
    *(no(name, *ids) for name in WITH_TWO_IDS for ids in (("", "x"), (5, "x"), (FOLDER, ""), (FOLDER, 5))),
    *(no(name, one, more) for name, more in (("database.set_ignores", []), ("folder.restore", {})) for one in ("", 5)),
    *(no("database.completion", FOLDER, one) for one in ("", 5)),
    *(no("cluster.dismiss_folder", FOLDER, one) for one in ("", 5)),
    *(no(f"config.patch_{kind}", one, paused=True) for kind in ("folder", "device") for one in ("", None, {"id": "x"})),
    *(
        no(name, one)
        for name in ("config.add_device", "cluster.accept_device", "cluster.ignore_device")
        for one in ("", 5)
    ),
    *(no(name, one, "/x") for name in ("config.add_folder", "cluster.accept_folder") for one in ("", 5)),
    *(no("config.add_folder", FOLDER, path) for path in ("", " ", 5)),
    *(no(name, one, DEVICE) for name in ("config.share", "config.unshare") for one in ("", 5)),
    *(no(name, FOLDER, *ids) for name in ("config.share", "config.unshare") for ids in ((), ("",), (5,), ("----",))),
    *(no("cluster.ignore_folder", one) for one in ("", 5)),
    *(no("cluster.ignore_folder", FOLDER, device_id=one) for one in ("", ["x"], [])),
    *(no("cluster.accept_folder", FOLDER, "/x", device_id=one) for one in ("", ["x"], [])),
    no("config.add_device", DEVICE, addresses="dynamic"),
    no("config.add_device", DEVICE, compression="some"),
    no("config.add_folder", FOLDER, "/x", type="some"),
    no("config.add_folder", FOLDER, "/x", devices=["x"]),
    no("config.add_folder", FOLDER, "/x", devices=[5]),
    no("config.add_folder", FOLDER, "/x", devices=[{}]),
    no("config.add_folder", FOLDER, "/x", ignores="*.tmp"),
    no("config.add_folder", FOLDER, "/x", ignores=["a\nb"]),
    no("noauth.login", "", "password"),
    no("system.browse", "x", filesystem=""),
    # IDs that no path can contain.
    no("config.devices", ".."),
    no("config.remove_device", "a/b"),
    no("config.patch_device", ".", paused=True),
    no("config.set_device", {"deviceID": "a/b"}),
    # The daemon would use its default for a number that it can't use.
    *(no(name, *args, **{key: 0}) for name, args in WITH_PAGES.items() for key in ("page", "perpage")),
    *(no(name, *args, perpage=0) for name, args in PAGED_WHOLE.items()),
    no("database.browse", FOLDER, levels=-1),
    no("database.scan", FOLDER, next=-1),
    no("debug.cpu_profile", TARGET, duration=0),
    no("debug.cpu_profile", TARGET, duration="30s"),
    *(no(f"events.{name}", **{key: -1}) for name in ("poll", "disk") for key in ("since", "limit", "timeout")),
    no("svc.random_string", 0),
    no("svc.report", 0),
    # It would stay silent forever for an unknown event type, and return the whole log for an invalid time.
    no("events.poll", types=["StateChanged", "Nope"]),
    *(no(f"system.{name}", one) for name in ("log", "log_text") for one in ("", "yesterday", datetime(2026, 3, 1))),  # noqa: DTZ001 - a time without a zone is the point
    # Texts, where lists of texts are needed.
    no("config.set_default_ignores", "*.tmp"),
    no("config.set_default_ignores", [1]),
    no("database.set_ignores", FOLDER, "*.tmp"),
    no("system.set_debug_facilities", enable="model"),
    no("system.set_debug_facilities", disable="model"),
    # Objects that are none, or can't be JSON.
    no("system.set_log_levels", "x"),
    no("system.set_log_levels", {1: "DEBUG"}),
    no("folder.restore", FOLDER, "x"),
    no("folder.restore", FOLDER, {"a": object()}),
    no("config.set_options", {"crURL": object()}),
    no("config.patch_options", {"crURL": "\ud800"}),
    no("config.folders", "\ud800"),
    # Scans: parts of all folders, or no part.
    no("database.scan", sub="x"),
    no("database.scan", next=1),
    *(no("database.scan", FOLDER, sub=sub) for sub in ("", [], ["x", ""])),
    # Objects without what they need, with another ID, with values that a daemon doesn't know, or nothing to change.
    *(no("config.set_folder", body) for body in ({"id": FOLDER}, {"path": "/x"}, A_FOLDER | {"type": "sendrecieve"})),
    *(no("config.patch_folder", FOLDER, **body) for body in ({"id": "x"}, {"path": ""}, {"order": "Random"}, {})),
    *(no("config.set_device", body) for body in ({}, {"deviceID": DEVICE, "compression": "sometimes"})),
    *(
        no("config.patch_device", DEVICE, **body)
        for body in ({"deviceID": DAEMON_ID}, {"compression": "sometimes"}, {})
    ),
    *(no("config.replace", body) for body in ({"gui": {"apiKey": "k"}}, {"version": 37}, CONFIG | {"devices": [{}]})),
    *(no("config.set_gui", body) for body in ({"theme": "dark"}, {"apiKey": "k", "authMode": "oauth"})),
    *(no("config.patch_gui", **body) for body in ({"apiKey": ""}, {"authMode": "oauth"}, {})),
    no("config.patch_options"),
    no("config.set_ldap", {"transport": "nontls"}),
    *(no("config.patch_ldap", **body) for body in ({"transport": "nontls"}, {})),
    no("config.set_default_folder", {"blockPullOrder": "x"}),
    *(no("config.patch_default_folder", **body) for body in ({"copyRangeMethod": "x"}, {"devices": [DEVICE]}, {})),
    no("config.set_default_device", {"compression": "sometimes"}),
    *(no("config.patch_default_device", **body) for body in ({"compression": "x"}, {"ignoredFolders": "f"}, {})),
]


@pytest.mark.parametrize("namespace", sorted({call.name.partition(".")[0] for call in REFUSED}))
async def test_what_the_daemon_would_misunderstand_is_not_sent(namespace: str) -> None:
    """Arguments that a daemon would misread, ignore or crash on are refused with a `BadRequestError`."""
    accepted = []
    async with Server(answer=as_json({})) as server, Syncthing(KEY, server.url) as client:
        for call in (each for each in REFUSED if each.name.startswith(f"{namespace}.")):
            try:
                await results(client, call)
            except SyncthingError as error:
                if not isinstance(error, BadRequestError) or error.status is not None:
                    accepted.append(f"{call}: {error!r}")
            else:
                accepted.append(str(call))
    assert accepted == []
    assert server.connections == 0


BAD_ID: Final = '"x": device ID invalid: incorrect length'


@pytest.mark.parametrize(
    ("call", "answer", "expected"),
    [
        (no("config.patch_options", maxSendKbps="x"), as_text("json: cannot unmarshal string", 400), BadRequestError),
        (no("config.set_folder", A_FOLDER), as_text('folder "x": folder has duplicate ID', 500), ServerError),
        (no("config.config"), as_text("not here", 404, syncthing=False), ProxyError),
        (no("cluster.dismiss_device", DEVICE), as_text("database is closed", 500), ServerError),
        (no("database.remote_need", FOLDER, "x"), as_text(BAD_ID, 500), InvalidDeviceIDError),
        (no("database.ignores", FOLDER), as_text(f"folder {FOLDER} does not exist", 500), UnknownFolderError),
        (no("database.set_ignores", FOLDER, []), as_text("folder  does not exist", 500), UnknownFolderError),
        (no("database.scan", FOLDER), as_text("no such folder", 500), UnknownFolderError),
        (no("database.scan"), as_text('Error scanning folders\n{\n  "f": {}\n}', 500), ServerError),
        *(
            (no("folder.errors", FOLDER), answer, expected)
            for answer, expected in (
                (as_text("no such folder", 500), UnknownFolderError),
                (as_text("folder is not running", 404), FolderNotRunningError),
                (as_text("folder has no versioner", 500), ServerError),
            )
        ),
        (no("debug.support_bundle", TARGET), as_text("Debugging disabled", 403), NotSupportedError),
        (no("noauth.login", "user", "pa55word"), as_text("Forbidden", 403, syncthing=False), UnauthorizedError),
        (no("noauth.login", "user", "pa55word"), as_text("404 page not found", 404), NotSupportedError),
        (no("noauth.login", "user", "pa55word"), as_text("not here", 404), NotFoundError),
        (no("system.reset", FOLDER), as_text("Invalid folder ID", 500), UnknownFolderError),
        (no("system.reset", FOLDER), as_text("folder must be paused when resetting", 500), ServerError),
        (no("system.check_upgrade"), as_text("upgrade unsupported", 503), NotSupportedError),
        (no("system.upgrade"), as_text("upgrade unsupported", 500), NotSupportedError),
    ],
    ids=name_of,
)
async def test_errors_of_the_daemon(call: Call, answer: Answer, expected: type[SyncthingError]) -> None:
    """The daemon's answers become the documented errors, with its own words; a password is in no message."""
    async with Server(answer) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected) as caught:
            await results(client, call)
    assert type(caught.value) is expected
    assert caught.value.body == answer.body.decode().strip()
    assert "pa55word" not in str(caught.value)


async def test_an_invalid_device_id_is_an_error_although_the_daemon_answers_200() -> None:
    """The ``error`` in the answer becomes an `InvalidDeviceIDError` with the daemon's words."""
    async with Server(as_json({"error": BAD_ID})) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(InvalidDeviceIDError) as caught:
            await client.svc.device_id("bad")
    error = caught.value
    assert (error.method, error.path, error.status, error.body) == ("GET", "rest/svc/deviceid", 200, BAD_ID)


async def test_a_language_can_not_inject_a_header() -> None:
    """A line break in the value is an error, and nothing is sent."""
    async with Server() as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(SyncthingError):
            await client.svc.languages("de\r\nX-Other: 1")
    assert server.requests == []
