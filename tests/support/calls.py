"""The requests and results of all public methods, as data: one `Call` per row."""

import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from io import BytesIO
from operator import attrgetter
from typing import Any, Final

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import BadRequestError

from .server import DAEMON_ID, KEY, Answer, Request, Server, as_json

__all__ = [
    "CALLS",
    "DEVICE",
    "ESCAPED",
    "FOLDER",
    "KEY",
    "NAMESPACES",
    "TARGET",
    "Call",
    "calls",
    "check",
    "public_methods",
    "refused",
    "results",
]

DEVICE: Final = "MLSLJWC-2PNZI52-I2INEVA-PBO6VBN-64XL2PB-5ZHN33C-2KT2TBN-M33MPAU"
FOLDER: Final = "a b+c%d&e=f#g?h;ü"
COPY: Final = f"f.sync-conflict-20260301-120000-{DEVICE[:7]}.txt"
ESCAPED: Final = "a%20b%2Bc%25d%26e%3Df%23g%3Fh%3B%C3%BC"
NAMESPACES: Final = ("cluster", "config", "database", "debug", "events", "folder", "noauth", "stats", "svc", "system")
TARGET: Final = "<a binary file>"
"""Stands for a binary file among the arguments; the result is what the method returned, and the file's content."""

_NOTHING: Final = Answer()
_ODD: Final = {"Ünknown": [1, 2.5, None, True, {"deep": "<&>\u2028"}], "id": 2**63, "time": "0001-01-01T00:00:00Z"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a public method."""

    name: str  # such as ``system.ping``
    request: str  # the last one: method, path and query, raw
    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None  # of the request: bytes, or the value of its JSON; None for no body
    answer: Answer = _NOTHING  # to that request
    result: Any = None  # what the method returns; for a generator, the list of what it yields
    before: tuple[tuple[str, Answer], ...] = ()  # earlier requests, with their answers
    headers: Mapping[str, str] = field(default_factory=dict)  # further ones of the last request
    deprecated: bool = False

    @property
    def requests(self) -> list[str]:
        """All its requests, in order."""
        return [*(request for request, _ in self.before), self.request]

    def __str__(self) -> str:
        """The call as code."""
        given = [*map(repr, self.args), *(f"{key}={value!r}" for key, value in self.options.items())]
        return f"{self.name}({', '.join(given)})"


def _asks(name: str, request: str, /, *args: Any, body: Any = None, answer: Any = _ODD, **options: Any) -> Call:
    """Return a call that returns its answer, which is JSON."""
    return Call(name, request, args, options, body, as_json(answer), answer)


def _reads(name: str, path: str, /, *args: Any, answer: Any = _ODD, **options: Any) -> Call:
    """Return a call that returns the answer to a GET below ``/rest``, which is JSON."""
    return _asks(name, f"GET /rest/{path}", *args, answer=answer, **options)


def _writes(name: str, request: str, /, *args: Any, body: Any = None, **options: Any) -> Call:
    """Return a call that returns ``None``; the answer is empty."""
    return Call(name, request, args, options, body)


def _after(before: Iterable[tuple[str, Any] | str], call: Call) -> Call:
    """Return a call with earlier requests: paths below ``/rest`` with their JSON, or changes with their answers."""
    requests = []
    for each in before:
        request, answer = (each, _NOTHING) if isinstance(each, str) else each
        got = not isinstance(answer, Answer)
        requests.append((f"GET /rest/{request}", as_json(answer)) if got else (request, answer))
    return replace(call, before=tuple(requests))


def _ends(name: str, path: str, /, *args: Any, **options: Any) -> Iterator[Call]:
    """Return calls that end the daemon: the answer is JSON labelled as text, possibly cut short."""
    text = "text/plain; charset=utf-8"
    said = {"ok": "restarting"}
    answers = [(b'{"ok": "restarting"}', said), (b"", None), (b'{"ok": "re', None)]
    for body, result in answers:
        yield Call(name, f"POST /{path}", args, options, answer=Answer(body, content_type=text), result=result)
    cut = Answer(b'{"ok": "re', content_type=text, headers={"Content-Length": "20"}, close=True)
    yield Call(name, f"POST /{path}", args, options, answer=cut, result=None)


def _pages(name: str, path: str, *, key: str) -> Iterator[Call]:
    """Return calls that read a list in pages, of two items and of the default size."""
    items = [{"name": name} for name in "abc"]

    def page(number: int, size: int, content: list[Any]) -> tuple[str, Answer]:
        answer = {"progress": [], "queued": [], "rest": [], key: content}
        return f"GET /{path}?folder={ESCAPED}&page={number}&perpage={size}", as_json(answer)

    request, answer = page(2, 2, items[2:])
    before = (page(1, 2, items[:2]),)
    yield Call(name, request, (FOLDER,), {"perpage": 2}, answer=answer, result=items, before=before)
    request, answer = page(1, 5000, items)
    yield Call(name, request, (FOLDER,), answer=answer, result=items)


_LOG_TIME: Final = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
_GUI: Final = {"apiKey": "k", "theme": "dark", "fromTheFuture": [1]}
_CONFIG: Final = {"version": 37, "folders": [], "devices": [], "gui": _GUI, "fromTheFuture": {"a": 1}}
_TEXT: Final = Answer("12:00: ü\n".encode(), content_type="text/plain; charset=utf-8")
_PNG: Final = Answer(b"\x89PNG\r\n\xff", content_type="image/png")
_ZIP: Final = Answer(b"PK\x03\x04\x00\xff", content_type="application/zip")
_FOLDER_PATH: Final = f"config/folders/{ESCAPED}"
_DEVICE_PATH: Final = f"config/devices/{DEVICE}"
_DEFAULT: Final = "/rest/config/defaults"
_PUT_FOLDER: Final = f"PUT /rest/{_FOLDER_PATH}"
_PATCH_FOLDER: Final = f"PATCH /rest/{_FOLDER_PATH}"
_PUT_DEVICE: Final = f"PUT /rest/{_DEVICE_PATH}"
_PATCH_DEVICE: Final = f"PATCH /rest/{_DEVICE_PATH}"
_A_FOLDER: Final = {"id": FOLDER, "path": "/x", "type": "sendreceive"}
_SLASH: Final = _A_FOLDER | {"id": "a/b"}
_SHARED: Final = {"deviceID": DEVICE, "introducedBy": "", "encryptionPassword": ""}
_SHARED_FOLDER: Final = _A_FOLDER | {"devices": [_SHARED]}
_IGNORED: Final = {"ignoredFolders": [{"id": "f", "time": "0001-01-01T00:00:00Z", "label": ""}]}
_NAMED: Final = {"deviceID": DEVICE, "name": "ü"}
_DEVICES: Final = ("config/devices", [{"deviceID": DEVICE, "untrusted": False}])
_NEED: Final = {"progress": [], "queued": [], "rest": [_ODD], "page": 1, "perpage": 65536}

_SYSTEM: Final = (
    Call("system.ping", "GET /rest/system/ping", answer=as_json({"ping": "pong"})),
    _reads("system.version", "system/version"),
    _reads("system.status", "system/status"),
    _reads("system.connections", "system/connections"),
    _reads("system.error", "system/error", answer={"errors": None}),
    _writes("system.post_error", "POST /rest/system/error", "sö\n", body="sö\n".encode()),
    _writes("system.post_error", "POST /rest/system/error", "half \ud800", body=b"half ?"),
    _writes("system.clear_errors", "POST /rest/system/error/clear"),
    _reads("system.log", "system/log", answer={"messages": None}),
    _reads("system.log", "system/log?since=2026-03-01T12%3A00%3A00%2B01%3A00", "2026-03-01T12:00:00+01:00"),
    _reads("system.log", "system/log?since=2026-03-01T11%3A00%3A00.123456%2B00%3A00", since=_LOG_TIME),
    Call("system.log_text", "GET /rest/system/log.txt", answer=_TEXT, result="12:00: ü\n"),
    Call(
        "system.log_text",
        "GET /rest/system/log.txt?since=2026-03-01T11%3A00%3A00.123456%2B00%3A00",
        (_LOG_TIME,),
        result="",
    ),
    _reads("system.log_levels", "system/loglevels"),
    _writes("system.set_log_levels", "POST /rest/system/loglevels", {"api": "DEBUG"}, body={"api": "DEBUG"}),
    _reads("system.debug_facilities", "system/debug"),
    _writes("system.set_debug_facilities", "POST /rest/system/debug?enable=db%2Cmodel", enable=["db", "model"]),
    _writes("system.set_debug_facilities", "POST /rest/system/debug?disable=db", disable=("db",)),
    _writes("system.set_debug_facilities", "POST /rest/system/debug?enable=a&disable=b", enable=("a",), disable={"b"}),
    _writes("system.set_debug_facilities", "POST /rest/system/debug"),
    _reads("system.paths", "system/paths"),
    _reads("system.browse", "system/browse", answer=None),
    _reads("system.browse", "system/browse?current=%2Fsrv%2Fa%20b", "/srv/a b", answer=["/srv/a b/"]),
    _reads("system.browse", "system/browse?current=x&filesystem=fake", "x", filesystem="fake", answer=[]),
    _reads("system.discovery", "system/discovery"),
    _writes("system.pause", "POST /rest/system/pause"),
    _writes("system.pause", f"POST /rest/system/pause?device={DEVICE}", DEVICE),
    _writes("system.resume", "POST /rest/system/resume"),
    _writes("system.resume", f"POST /rest/system/resume?device={DEVICE}", device_id=DEVICE),
    *_ends("system.restart", "rest/system/restart"),
    *_ends("system.shutdown", "rest/system/shutdown"),
    *_ends("system.reset", "rest/system/reset"),
    *_ends("system.reset", f"rest/system/reset?folder={ESCAPED}", FOLDER),
    *_ends("system.upgrade", "rest/system/upgrade"),
    _reads("system.check_upgrade", "system/upgrade"),
    Call("system.config", "GET /rest/system/config", answer=as_json(_ODD), result=_ODD, deprecated=True),
)

_PLACE: Final = (
    ("system/status", {"tilde": "/home/user", "pathSeparator": "/"}),
    ("system/version", {"os": "linux", "version": "v1.29.5"}),
    ("system/paths", {"baseDir-config": "/home/user/.config/syncthing"}),
    *(2 * (("config", {"folders": [_A_FOLDER | {"id": "other"}]}),)),
)
_SAME_GUI: Final = ("config/gui", _GUI)
_HAS_THE_FUTURE: Final = ("config", _CONFIG)
_SET_IGNORES: Final = (f"POST /rest/db/ignores?folder={ESCAPED}", as_json({"ignore": ["*.tmp"], "error": None}))
_HAS_ODD_OPTIONS: Final = ("config", {"options": _ODD})
_CONFIG_CALLS: Final = (
    _reads("config.config", "config"),
    _after([_HAS_THE_FUTURE, _SAME_GUI], _writes("config.replace", "PUT /rest/config", _CONFIG, body=_CONFIG)),
    _reads("config.restart_required", "config/restart-required", answer={"requiresRestart": False}),
    _reads("config.folders", "config/folders", answer=[_ODD]),
    _reads("config.folders", _FOLDER_PATH, FOLDER),
    _writes("config.set_folder", _PUT_FOLDER, _A_FOLDER, body=_A_FOLDER),
    _after([_DEVICES], _writes("config.set_folder", _PUT_FOLDER, _SHARED_FOLDER, body=_SHARED_FOLDER)),
    _writes("config.set_folder", "POST /rest/config/folders", _SLASH, body=_SLASH),
    _writes("config.patch_folder", _PATCH_FOLDER, FOLDER, paused=True, body={"paused": True}),
    _writes("config.patch_folder", _PATCH_FOLDER, FOLDER, {"id": FOLDER}, label="z", body={"id": FOLDER, "label": "z"}),
    _after(
        [(_FOLDER_PATH, _A_FOLDER), _DEVICES],
        _writes("config.patch_folder", _PATCH_FOLDER, FOLDER, devices=[_SHARED], body={"devices": [_SHARED]}),
    ),
    _after(
        [("config/folders", [_SLASH])],
        _writes("config.patch_folder", "POST /rest/config/folders", "a/b", label="z", body=_SLASH | {"label": "z"}),
    ),
    _after([(_FOLDER_PATH, _A_FOLDER)], _writes("config.remove_folder", f"DELETE /rest/{_FOLDER_PATH}", FOLDER)),
    _after(
        [("config", _CONFIG | {"folders": [_SLASH, _A_FOLDER]}), _HAS_THE_FUTURE, _SAME_GUI],
        _writes("config.remove_folder", "PUT /rest/config", "a/b", body=_CONFIG | {"folders": [_A_FOLDER]}),
    ),
    _reads("config.devices", "config/devices", answer=[_ODD]),
    _reads("config.devices", _DEVICE_PATH, device_id=DEVICE),
    _writes("config.set_device", _PUT_DEVICE, _NAMED, body=_NAMED),
    _writes("config.patch_device", _PATCH_DEVICE, DEVICE, name="ü", body={"name": "ü"}),
    _writes("config.patch_device", _PATCH_DEVICE, DEVICE, {"name": "ü"}, body={"name": "ü"}),
    _after(
        [(_DEVICE_PATH, {"deviceID": DEVICE, "ignoredFolders": []})],
        _writes("config.patch_device", _PATCH_DEVICE, DEVICE, ignoredFolders=[{"id": "f"}], body=_IGNORED),
    ),
    _after([(_DEVICE_PATH, {})], _writes("config.remove_device", f"DELETE /rest/{_DEVICE_PATH}", DEVICE)),
    _after(
        [("config/devices", []), ("config/devices", []), _PUT_DEVICE],
        _reads("config.add_device", _DEVICE_PATH, DEVICE, "ü", paused=True),
    ),
    _after([*_PLACE, _PUT_FOLDER], _reads("config.add_folder", _FOLDER_PATH, FOLDER, "/y", label="ü")),
    _after(
        [*_PLACE, _DEVICES, _PUT_FOLDER, _SET_IGNORES, _PATCH_FOLDER],
        _reads("config.add_folder", _FOLDER_PATH, FOLDER, "/y", devices=[DEVICE], ignores=["*.tmp"]),
    ),
    _after(
        [(_FOLDER_PATH, _A_FOLDER), _DEVICES, (_FOLDER_PATH, _A_FOLDER), _PATCH_FOLDER],
        _reads("config.share", _FOLDER_PATH, FOLDER, DEVICE, answer=_SHARED_FOLDER),
    ),
    _after(
        [(_FOLDER_PATH, _SHARED_FOLDER), (_FOLDER_PATH, _SHARED_FOLDER), _PATCH_FOLDER],
        _reads("config.unshare", _FOLDER_PATH, FOLDER, DEVICE, answer=_A_FOLDER | {"devices": []}),
    ),
    _reads("config.options", "config/options"),
    _after([_HAS_ODD_OPTIONS], _writes("config.set_options", "PUT /rest/config/options", _ODD, body=_ODD)),
    _writes("config.patch_options", "PATCH /rest/config/options", maxSendKbps=1, body={"maxSendKbps": 1}),
    _after([_HAS_ODD_OPTIONS], _writes("config.patch_options", "PATCH /rest/config/options", _ODD, body=_ODD)),
    _reads("config.gui", "config/gui"),
    _after([_HAS_THE_FUTURE], _writes("config.set_gui", "PUT /rest/config/gui", _GUI, body=_GUI)),
    _writes("config.patch_gui", "PATCH /rest/config/gui", theme="dark", body={"theme": "dark"}),
    _after([_HAS_THE_FUTURE], _writes("config.patch_gui", "PATCH /rest/config/gui", _GUI, body=_GUI)),
    _reads("config.ldap", "config/ldap"),
    _writes("config.set_ldap", "PUT /rest/config/ldap", {"address": "a:1"}, body={"address": "a:1"}),
    _writes("config.patch_ldap", "PATCH /rest/config/ldap", transport="tls", body={"transport": "tls"}),
    _writes("config.patch_ldap", "PATCH /rest/config/ldap", {"bindDN": "x"}, body={"bindDN": "x"}),
    _reads("config.default_folder", "config/defaults/folder"),
    _writes("config.set_default_folder", f"PUT {_DEFAULT}/folder", {"path": ""}, body={"path": ""}),
    _writes("config.patch_default_folder", f"PATCH {_DEFAULT}/folder", order="random", body={"order": "random"}),
    _writes("config.patch_default_folder", f"PATCH {_DEFAULT}/folder", {"path": ""}, body={"path": ""}),
    _after(
        [("config/defaults/folder", _A_FOLDER)],
        _writes(
            "config.patch_default_folder", f"PATCH {_DEFAULT}/folder", devices=[_SHARED], body={"devices": [_SHARED]}
        ),
    ),
    _reads("config.default_device", "config/defaults/device"),
    _writes("config.set_default_device", f"PUT {_DEFAULT}/device", {"paused": True}, body={"paused": True}),
    _writes("config.patch_default_device", f"PATCH {_DEFAULT}/device", name="", body={"name": ""}),
    _writes("config.patch_default_device", f"PATCH {_DEFAULT}/device", {"name": ""}, body={"name": ""}),
    _after(
        [("config/defaults/device", {})],
        _writes("config.patch_default_device", f"PATCH {_DEFAULT}/device", ignoredFolders=[{"id": "f"}], body=_IGNORED),
    ),
    _reads("config.default_ignores", "config/defaults/ignores"),
    _writes("config.set_default_ignores", f"PUT {_DEFAULT}/ignores", ("*", ""), body={"lines": ["*", ""]}),
)

_OFFERED: Final = ("cluster/pending/folders", {FOLDER: {"offeredBy": {DEVICE: {}}}})
_PENDING: Final = ("cluster/pending/devices", {DEVICE: {"name": "ü"}})
_DISMISS_FOLDER: Final = f"DELETE /rest/cluster/pending/folders?folder={ESCAPED}"
_IGNORING: Final = {"deviceID": DEVICE, "ignoredFolders": [{"id": FOLDER}]}
_NOT_IGNORED: Final = (_DEVICE_PATH, {"deviceID": DEVICE, "ignoredFolders": None})
_CLUSTER: Final = (
    _reads("cluster.pending_devices", "cluster/pending/devices"),
    _reads("cluster.pending_folders", "cluster/pending/folders"),
    _reads("cluster.pending_folders", f"cluster/pending/folders?device={DEVICE}", DEVICE),
    _after(
        [_PENDING], _writes("cluster.dismiss_device", f"DELETE /rest/cluster/pending/devices?device={DEVICE}", DEVICE)
    ),
    _after([_OFFERED], _writes("cluster.dismiss_folder", _DISMISS_FOLDER, FOLDER)),
    _after(
        [_OFFERED], _writes("cluster.dismiss_folder", f"{_DISMISS_FOLDER}&device={DEVICE}", FOLDER, device_id=DEVICE)
    ),
    _after(
        [_PENDING, ("config/devices", []), ("config/devices", []), _PUT_DEVICE],
        _reads("cluster.accept_device", _DEVICE_PATH, DEVICE),
    ),
    _after([_OFFERED, *_PLACE, _DEVICES, _PUT_FOLDER], _reads("cluster.accept_folder", _FOLDER_PATH, FOLDER, "/y")),
    replace(
        _after(
            [_PENDING, *(3 * (_HAS_THE_FUTURE,)), _SAME_GUI, "PUT /rest/config"],
            _reads("cluster.ignore_device", "config", DEVICE, answer=_CONFIG | {"remoteIgnoredDevices": [_NAMED]}),
        ),
        result=_NAMED,
    ),
    replace(
        _after(
            [_OFFERED, _NOT_IGNORED, ("config/folders", []), _NOT_IGNORED, _PATCH_DEVICE],
            _reads("cluster.ignore_folder", _DEVICE_PATH, FOLDER, answer=_IGNORING),
        ),
        result=[_IGNORING],
    ),
)

_FILE: Final = {"name": "f", "type": "FILE_INFO_TYPE_FILE"}
_DIRECTORY: Final = {"name": "d", "type": "FILE_INFO_TYPE_DIRECTORY"}
_COPIED: Final = "2026-03-01T12:00:00Z"
_REMOTE_NEED: Final = f"db/remoteneed?folder={ESCAPED}&device={DEVICE}"


def _looks_up(name: str, path: str, *, answer: Any, result: Any) -> Call:
    """Return a call that looks the device up afterwards, since its answer leaves open whether it is known."""
    looking = _reads(name, _DEVICE_PATH, FOLDER, DEVICE, answer={"deviceID": DEVICE})
    return replace(_after([(path, answer)], looking), result=result)


_DATABASE: Final = (
    _reads("database.status", f"db/status?folder={ESCAPED}", FOLDER),
    _reads("database.completion", "db/completion"),
    _reads("database.completion", f"db/completion?folder={ESCAPED}", FOLDER),
    _reads(
        "database.completion",
        f"db/completion?folder={ESCAPED}&device={DEVICE}",
        FOLDER,
        DEVICE,
        answer={"remoteState": "valid"},
    ),
    _reads(
        "database.completion", f"db/completion?device={DEVICE}", device_id=DEVICE, answer={"remoteState": "notSharing"}
    ),
    _looks_up(
        "database.completion",
        f"db/completion?folder={ESCAPED}&device={DEVICE}",
        answer={"remoteState": "unknown"},
        result={"remoteState": "unknown"},
    ),
    _reads("database.browse", f"db/browse?folder={ESCAPED}", FOLDER, answer=[_ODD]),
    _reads("database.browse", f"db/browse?folder={ESCAPED}&prefix=a%2Fb%20c", FOLDER, "a/b c", answer=[]),
    _reads("database.browse", f"db/browse?folder={ESCAPED}&levels=0", FOLDER, levels=0, answer=[]),
    _reads("database.browse", f"db/browse?folder={ESCAPED}&dirsonly=true", FOLDER, dirsonly=True, answer=[]),
    replace(
        _after(
            [(f"db/browse?folder={ESCAPED}&levels=0", [_DIRECTORY])],
            _reads("database.walk", f"db/browse?folder={ESCAPED}&levels=0&prefix=d", FOLDER, answer=[_FILE]),
        ),
        result=[("d", _DIRECTORY), ("d/f", _FILE)],
    ),
    _reads(
        "database.walk",
        f"db/browse?folder={ESCAPED}&levels=0&prefix=a%2Fb&dirsonly=true",
        *(FOLDER, "a/b/"),
        dirsonly=True,
        answer=[],
    ),
    _reads("database.file", f"db/file?folder={ESCAPED}&file=a%2Fb%20%2B", FOLDER, "a/b +"),
    _reads("database.ignores", f"db/ignores?folder={ESCAPED}", FOLDER, answer={"ignore": None, "error": None}),
    *(
        _asks(
            "database.set_ignores", f"POST /rest/db/ignores?folder={ESCAPED}", FOLDER, lines, body={"ignore": [*lines]}
        )
        for lines in (("*.tmp", "ü"), ())
    ),
    replace(
        _after(
            [(f"db/browse?folder={ESCAPED}&levels=0", [_FILE | {"name": COPY, "size": 1, "modTime": _COPIED}])],
            _reads("database.conflicts", "config/devices", FOLDER, answer=[{"deviceID": DEVICE}]),
        ),
        result=[
            {"folder": FOLDER, "name": COPY, "original": "f.txt", "time": _COPIED[:-1], "size": 1, "modTime": _COPIED}
            | {"device": DEVICE[:7], "deviceID": DEVICE}
        ],
    ),
    _reads("database.need", f"db/need?folder={ESCAPED}", FOLDER),
    _reads("database.need", f"db/need?folder={ESCAPED}&page=2&perpage=10", FOLDER, page=2, perpage=10),
    *_pages("database.iter_need", "rest/db/need", key="progress"),
    *_pages("database.iter_need", "rest/db/need", key="rest"),
    _reads("database.remote_need", _REMOTE_NEED, FOLDER, DEVICE, answer={"files": []}),
    _reads(
        "database.remote_need",
        f"{_REMOTE_NEED}&page=1&perpage=1",
        FOLDER,
        device_id=DEVICE,
        page=1,
        perpage=1,
        answer={"files": []},
    ),
    _looks_up("database.remote_need", _REMOTE_NEED, answer={"files": [_ODD]}, result={"files": [_ODD]}),
    _looks_up(
        "database.iter_remote_need", f"{_REMOTE_NEED}&page=1&perpage=5000", answer={"files": [_ODD]}, result=[_ODD]
    ),
    replace(
        _reads(
            "database.iter_remote_need", f"{_REMOTE_NEED}&page=1&perpage=5000", FOLDER, DEVICE, answer={"files": []}
        ),
        result=[],
    ),
    _reads("database.local_changed", f"db/localchanged?folder={ESCAPED}", FOLDER),
    _reads("database.local_changed", f"db/localchanged?folder={ESCAPED}&page=3&perpage=7", FOLDER, page=3, perpage=7),
    *_pages("database.iter_local_changed", "rest/db/localchanged", key="files"),
    _writes("database.scan", "POST /rest/db/scan"),
    _writes("database.scan", f"POST /rest/db/scan?folder={ESCAPED}", FOLDER),
    _writes("database.scan", f"POST /rest/db/scan?folder={ESCAPED}&sub=a%2Fb&next=0", FOLDER, sub="a/b", next=0),
    _writes(
        "database.scan", f"POST /rest/db/scan?folder={ESCAPED}&sub=a%26b&sub=c", FOLDER, sub={"a&b": 0, "c": 0}.keys()
    ),
    _after([("system/ping", {})], _writes("database.scan", "POST /rest/db/scan", wait=False)),
    _after(
        [(_FOLDER_PATH, {"paused": False})],
        _writes("database.scan", f"POST /rest/db/scan?folder={ESCAPED}&sub=x", FOLDER, wait=False, sub="x"),
    ),
    *(
        _after(
            [(_FOLDER_PATH, {"paused": False, "type": kind})],
            _writes(f"database.{name}", f"POST /rest/db/{name}?folder={ESCAPED}", FOLDER),
        )
        for name, kind in (("override", "sendonly"), ("revert", "receiveonly"), ("revert", "receiveencrypted"))
    ),
    _asks("database.prioritize", f"POST /rest/db/prio?folder={ESCAPED}&file=a%2Fb", FOLDER, "a/b", answer=_NEED),
    _asks(
        "database.prioritize",
        f"POST /rest/db/prio?folder={ESCAPED}&file=x&page=1&perpage=1",
        *(FOLDER, "x"),
        page=1,
        perpage=1,
        answer=_NEED,
    ),
)

_FOLDER: Final = (
    _reads("folder.errors", f"folder/errors?folder={ESCAPED}", FOLDER, answer={"errors": None}),
    _reads("folder.errors", f"folder/errors?folder={ESCAPED}&page=1&perpage=9", FOLDER, page=1, perpage=9),
    *_pages("folder.iter_errors", "rest/folder/errors", key="errors"),
    _reads("folder.versions", f"folder/versions?folder={ESCAPED}", FOLDER),
    _asks(
        "folder.restore",
        f"POST /rest/folder/versions?folder={ESCAPED}",
        *(FOLDER, {"a/ü": "2026-03-01T12:00:00+01:00"}),
        body={"a/ü": "2026-03-01T12:00:00+01:00"},
        answer={"a/ü": "version not found"},
    ),
)

_EVENTS: Final = (
    _reads("events.poll", "events?since=0&timeout=60", answer=[]),
    _reads("events.poll", "events?since=7&limit=1&timeout=0", 7, limit=1, timeout=0, answer=[_ODD]),
    _reads("events.poll", "events?since=0&timeout=60&events=StateChanged", types="StateChanged", answer=[]),
    _reads(
        "events.poll",
        "events?since=0&timeout=60&events=DeviceConnected%2CStateChanged",
        types=("StateChanged", "DeviceConnected", "StateChanged"),
        answer=[],
    ),
    _reads("events.disk", "events/disk?since=0&timeout=60", answer=[_ODD]),
    _reads("events.disk", "events/disk?since=7&limit=2&timeout=5", since=7, limit=2, timeout=5, answer=[]),
)

_STATS: Final = (_reads("stats.devices", "stats/device"), _reads("stats.folders", "stats/folder"))

_SVC: Final = (
    _reads("svc.device_id", "svc/deviceid?id=p56%20%3D", "p56 =", answer={"id": DEVICE}),
    _reads("svc.languages", "svc/lang", answer=[""]),
    replace(
        _reads("svc.languages", "svc/lang", "de, en;q=0.5", answer=["de", "en"]),
        headers={"Accept-Language": "de, en;q=0.5"},
    ),
    _reads("svc.random_string", "svc/random/string"),
    _reads("svc.random_string", "svc/random/string?length=8", 8),
    _reads("svc.report", "svc/report"),
    _reads("svc.report", "svc/report?version=2", version=2),
)

_NOAUTH: Final = (
    _reads("noauth.health", "noauth/health", answer={"status": "OK"}),
    Call(
        "noauth.login",
        "POST /rest/noauth/auth/password",
        ("ü", ""),
        body={"username": "ü", "password": "", "stayLoggedIn": False},
        answer=Answer(status=204),
    ),
    Call("noauth.logout", "POST /rest/noauth/auth/logout", answer=Answer(status=204)),
)

_DEBUG: Final = (
    *(
        Call(f"debug.{name}", f"GET /rest/debug/{path}", (TARGET,), options, answer=_ZIP, result=(6, _ZIP.body))
        for name, path, options in (
            ("support_bundle", "support", {}),
            ("cpu_profile", "cpuprof?duration=30s", {}),
            ("cpu_profile", "cpuprof?duration=1s", {"duration": 1}),
            ("heap_profile", "heapprof", {}),
        )
    ),
    _reads("debug.file", f"debug/file?folder={ESCAPED}&file=a%2Fb", FOLDER, "a/b"),
    _reads("debug.peer_completion", "debug/peerCompletion", answer={DEVICE: 100}),
    Call(
        "debug.http_metrics",
        "GET /rest/debug/httpmetrics",
        answer=Answer(b'{"/rest": {"count": 1}}', content_type="text/plain; charset=utf-8"),
        result={"/rest": {"count": 1}},
    ),
)

_NAMED_FOLDER: Final = {**_ODD, "id": "abcd-1234", "label": "Docs"}
_NAMED_DEVICE: Final = {**_ODD, "deviceID": DEVICE, "name": "phone"}
_ENTRY: Final = (
    replace(
        _reads("device_id", "system/status", answer={"myID": DAEMON_ID, "startTime": "", "uptime": 1}), result=DAEMON_ID
    ),
    replace(_reads("find_folder", "config/folders", "docs", answer=[_NAMED_FOLDER]), result=_NAMED_FOLDER),
    replace(_reads("find_device", "config/devices", "Phone", answer=[_NAMED_DEVICE]), result=_NAMED_DEVICE),
    Call("metrics", "GET /metrics", answer=_TEXT, result="12:00: ü\n"),
    Call("qr_code", "GET /qr/?text=a%20b", ("a b",), answer=_PNG, result=_PNG.body),
    Call("meta", "GET /meta.js", answer=Answer(b"var x;\n", content_type="application/javascript"), result="var x;\n"),
)

CALLS: Final = (
    *_SYSTEM,
    *_CONFIG_CALLS,
    *_CLUSTER,
    *_DATABASE,
    *_FOLDER,
    *_EVENTS,
    *_STATS,
    *_SVC,
    *_NOAUTH,
    *_DEBUG,
    *_ENTRY,
)


def calls(namespace: str) -> list[Call]:
    """Return the calls for a namespace; for an empty string, those for `Syncthing` itself."""
    return [call for call in CALLS if call.name.rpartition(".")[0] == namespace]


def public_methods() -> dict[str, Any]:
    """Return all public asynchronous methods by name, such as ``system.ping``."""
    client = Syncthing(KEY)
    owners = {"": client, **{f"{name}.": getattr(client, name) for name in NAMESPACES}}
    return {
        f"{prefix}{name}": method
        for prefix, owner in owners.items()
        for name, method in inspect.getmembers(owner, inspect.ismethod)
        if not name.startswith("_") and "await" in _kind(method)
    }


def _kind(method: Any) -> str:
    if inspect.iscoroutinefunction(method):
        return "await"
    returned = str(inspect.signature(method).return_annotation)
    return "await in a loop" if returned.startswith(("AsyncGenerator", "AsyncIterator")) else "at once"


async def results(client: Syncthing, call: Call, **options: Any) -> Any:
    """Make a call, with further options, and return its result."""
    file = BytesIO()
    args = [file if arg is TARGET else arg for arg in call.args]
    with pytest.deprecated_call() if call.deprecated else nullcontext():
        outcome = attrgetter(call.name)(client)(*args, **call.options, **options)
        if isinstance(outcome, AsyncIterator):
            return [item async for item in outcome]
        result = await outcome
    return (result, file.getvalue()) if TARGET in call.args else result


async def check(call: Call, client: Callable[[str, str], AbstractAsyncContextManager[Any]] = Syncthing) -> None:
    """Make a call; it must send exactly its requests, and return its result.

    Args:
        call: The call.
        client: Makes the client, with a key and a URL.
    """
    given = repr((call.args, call.options))
    answers = [*(answer for _, answer in call.before), call.answer]
    async with Server(*answers) as server, client(KEY, server.url) as found:
        assert await results(found, call) == call.result
    assert [str(request) for request in server.requests] == call.requests
    assert repr((call.args, call.options)) == given, "the call has changed its arguments"
    for request in server.requests:
        _check_headers(request)
    request = server.requests[-1]
    for name, value in call.headers.items():
        assert request.header(name) == value
    if call.body is None:
        assert request.body == b""
    elif isinstance(call.body, bytes):
        assert (request.body, request.header("Content-Type")) == (call.body, "text/plain")
    else:
        assert (request.json(), request.header("Content-Type")) == (call.body, "application/json")


def _check_headers(request: Request) -> None:
    assert request.header("X-API-Key") == (None if "/noauth/" in request.path else KEY)
    assert request.header("Accept") == "application/json"
    elsewhere = [
        request.target,
        request.body.decode(),
        *(value for key, value in request.headers if key != "X-API-Key"),
    ]
    assert not any(KEY in text for text in elsewhere)
    if not request.body:
        assert request.header("Content-Type") in {None, "application/octet-stream"}  # aiohttp's own, for a POST


async def refused(name: str, /, *args: Any, **options: Any) -> BadRequestError:
    """Make a call that must be refused before anything is sent, and return the error."""
    async with Server() as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(BadRequestError) as caught:
            await results(client, Call(name, "", args, options))
    assert server.connections == 0
    assert caught.value.status is None
    return caught.value
