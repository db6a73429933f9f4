"""What the three daemons of the recordings go through: ``scripts/record.py`` plays it to real ones, tests to fakes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

__all__ = ["SCENARIO", "Ask", "Key"]

Key = Literal["right", "none", "wrong", "bearer", "foreign host"]
"""How a request shows the API key; with a foreign host it is the right one, and the ``Host`` header names another."""


@dataclass(frozen=True)
class Ask:
    """A request.

    ``{a}``, ``{b}`` and ``{c}`` in it stand for device IDs, ``{lower a}`` for one as users type it, ``{sync a}`` for
    the address that other devices find a at, ``{root}`` for the folder that everything lies in, and ``{version time}``
    for the last version of ``olddir/a.txt`` that was listed.

    Attributes:
        node: Which daemon is asked.
        method: HTTP method.
        path: Path, with its leading slash.
        params: Query.
        body: Body; text is sent as it is, everything else as JSON.
        note: What is tried.
        key: See `Key`.
    """

    node: str
    method: str
    path: str
    params: dict[str, str] = field(default_factory=dict)
    body: Any = None
    note: str | None = None
    key: Key = "right"


def _get(node: str, paths: str, note: str | None = None) -> list[Ask]:
    """Read several paths, which are separated by spaces."""
    return [Ask(node, "GET", path, note=note) for path in paths.split()]


def _each(node: str, path: str, queries: Iterable[dict[str, str]], note: str | None = None) -> list[Ask]:
    """Read one path with several queries."""
    return [Ask(node, "GET", path, query, note=note) for query in queries]


def _add_device(node: str, other: str) -> Ask:
    body = {"deviceID": f"{{{other}}}", "name": other, "addresses": [f"{{sync {other}}}"]}
    return Ask(node, "PUT", f"/rest/config/devices/{{{other}}}", body=body, note="add device")


def _add_folder(node: str, name: str, folder: str, note: str | None = None, **options: Any) -> Ask:
    devices = [{"deviceID": "{a}"}, {"deviceID": "{b}"}] if node != "c" else [{"deviceID": "{c}"}, {"deviceID": "{a}"}]
    if password := options.pop("password", None):
        devices[1] |= {"encryptionPassword": password}
    watched = {"fsWatcherEnabled": True, "fsWatcherDelayS": 1}
    body = {"id": name, "label": name.title(), "path": f"{{root}}/{folder}", "devices": devices, **watched, **options}
    return Ask(node, "POST", "/rest/config/folders", body=body, note=note)


_NOBODY: Final = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"
"""A device ID that no device has."""

_VERSIONING: Final[dict[str, Any]] = {"versioning": {"type": "simple", "params": {"keep": "3"}}}
_DOCS: Final = {"folder": "docs"}
_B: Final = {"device": "{b}"}
_FOLDERS: Final = [{"folder": name} for name in ("docs", "recvonly", "sendonly", "secret")]


_BEGINNING: Final[tuple[Ask | str, ...]] = (
    *_get(
        "a",
        "/rest/system/connections /rest/cluster/pending/devices /rest/cluster/pending/folders /rest/stats/device"
        " /rest/stats/folder /rest/system/error /rest/config",
        note="fresh daemon",
    ),
    _add_device("a", "b"),
    _add_device("b", "a"),
    _add_device("c", "a"),
    "write files",
    _add_folder("a", "docs", "da", note="add folder", **_VERSIONING),
    "wait until a offers docs",
    Ask("a", "GET", "/rest/db/remoteneed", _B | _DOCS, note="b has not accepted yet"),
    Ask("b", "GET", "/rest/cluster/pending/folders", note="folder offered"),
    Ask("b", "GET", "/rest/cluster/pending/folders", {"device": "{a}"}),
    _add_folder("b", "docs", "db", **_VERSIONING),
    "wait until all is in sync",
    _add_folder("c", "extra", "cx"),
    _add_folder("a", "recvonly", "ra"),
    _add_folder("b", "recvonly", "rb", type="receiveonly"),
    _add_folder("a", "sendonly", "sa", type="sendonly"),
    _add_folder("b", "sendonly", "sb"),
    _add_folder("a", "secret", "ea", password="hunter2"),
    _add_folder("b", "secret", "eb", type="receiveencrypted"),
    "wait until all is in sync",
    *(Ask("a", "POST", "/rest/db/scan", folder, note="scan") for folder in _FOLDERS),
)

_CHANGES: Final[tuple[Ask | str, ...]] = (
    "change files on both sides",
    Ask("b", "POST", "/rest/db/ignores", _DOCS, {"ignore": ["*.tmp", "// a comment", "!keep.tmp"]}, "set ignores"),
    Ask("b", "GET", "/rest/db/ignores", _DOCS),
    "delete a folder that b cannot delete",
    Ask("b", "GET", "/rest/folder/errors", _DOCS, note="pull error expected"),
    Ask("b", "GET", "/rest/folder/pullerrors", _DOCS),
    *_each("b", "/rest/db/need", [_DOCS, _DOCS | {"page": "1", "perpage": "1"}]),
    Ask("b", "GET", "/rest/folder/versions", _DOCS),
    Ask(
        "b",
        "POST",
        "/rest/folder/versions",
        _DOCS,
        {"olddir/a.txt": "{version time}", "nope.txt": "2020-01-01T00:00:00Z"},
        "restore one, and one unknown",
    ),
    Ask("a", "POST", "/rest/system/pause", _B),
    "change files while b is paused",
    Ask("a", "GET", "/rest/db/remoteneed", _B | _DOCS),
    Ask("a", "GET", "/rest/db/completion", _B | _DOCS, note="device paused"),
    Ask("a", "GET", "/rest/system/connections", note="device paused"),
    Ask("a", "POST", "/rest/system/resume", _B),
    Ask("b", "PATCH", "/rest/config/folders/recvonly", body={"paused": True}),
    Ask("b", "GET", "/rest/db/status", {"folder": "recvonly"}, note="paused folder"),
    Ask("b", "GET", "/rest/db/file", {"folder": "recvonly", "file": "one.txt"}, note="paused folder"),
    Ask("b", "GET", "/rest/db/completion", {"folder": "recvonly"}, note="paused folder"),
    Ask("b", "PATCH", "/rest/config/folders/recvonly", body={"paused": False}),
    "wait until b knows its local changes",
    Ask("b", "GET", "/rest/db/localchanged", {"folder": "recvonly"}),
    Ask("a", "GET", "/rest/db/need", {"folder": "sendonly"}, note="out of sync sendonly"),
)

_ANSWERS: Final = (
    *_get(
        "a",
        "/rest/system/ping /rest/system/status /rest/system/version /rest/system/connections /rest/system/discovery"
        " /rest/system/error /rest/system/log /rest/system/log.txt /rest/system/paths /rest/system/upgrade"
        " /rest/system/loglevels /rest/system/debug /rest/system/config /rest/system/config/insync /rest/system/browse",
    ),
    *_get("b", "/rest/system/status /rest/system/connections"),
    *_get("c", "/rest/system/status /rest/system/connections"),
    Ask("a", "GET", "/rest/system/browse", {"current": "{root}/"}),
    Ask("a", "GET", "/rest/system/log", {"since": "2020-01-01T00:00:00Z"}),
    Ask("a", "POST", "/rest/system/ping"),
    *_each("a", "/rest/db/status", _FOLDERS),
    *_each("b", "/rest/db/status", _FOLDERS),
    *_each("a", "/rest/db/completion", [{}, _B, _DOCS, _B | _DOCS]),
    *_each("a", "/rest/db/file", [_DOCS | {"file": file} for file in ("sub/f03.txt", "sub/deep")]),
    Ask("a", "GET", "/rest/db/file", _DOCS | {"file": "sub/f02.txt"}, note="deleted"),
    Ask("a", "GET", "/rest/db/file", _DOCS | {"file": "link"}, note="symlink"),
    Ask("b", "GET", "/rest/db/file", {"folder": "secret", "file": "one.txt"}),
    *_each(
        "a",
        "/rest/db/browse",
        [
            _DOCS,
            _DOCS | {"levels": "0"},
            _DOCS | {"prefix": "sub", "dirsonly": "true"},
            _DOCS | {"prefix": "sub/deep/"},
        ],
    ),
    Ask("a", "GET", "/rest/db/ignores", _DOCS, note="no ignores"),
    Ask("b", "POST", "/rest/db/prio", _DOCS | {"file": "sub/f03.txt"}),
    Ask("a", "POST", "/rest/db/override", {"folder": "sendonly"}),
    Ask("b", "POST", "/rest/db/revert", {"folder": "recvonly"}),
    Ask("a", "POST", "/rest/db/scan", _DOCS | {"sub": "sub", "next": "3600"}),
    Ask("a", "POST", "/rest/db/scan", note="all folders"),
    *_get(
        "a",
        "/rest/stats/device /rest/stats/folder /rest/svc/lang /rest/svc/report"
        " /rest/cluster/pending/devices /rest/cluster/pending/folders",
    ),
    Ask("a", "GET", "/rest/noauth/health", key="none"),
    *_get(
        "a",
        "/metrics /meta.js /rest/config /rest/config/folders /rest/config/devices /rest/config/options"
        " /rest/config/gui /rest/config/ldap /rest/config/defaults/folder /rest/config/defaults/device"
        " /rest/config/defaults/ignores /rest/config/restart-required /rest/config/insync /rest/config/folders/docs"
        " /rest/config/devices/{b}",
    ),
    *_each("a", "/rest/svc/deviceid", [{"id": "{lower a}"}, {"id": "nonsense"}]),
    *_each("a", "/rest/svc/random/string", [{}, {"length": "8"}]),
    Ask("a", "POST", "/rest/system/error", body="a message"),
    Ask("a", "GET", "/rest/system/error"),
    Ask("a", "POST", "/rest/system/error/clear"),
    Ask("a", "POST", "/rest/system/loglevels", body={"model": "DEBUG"}),
    Ask("a", "POST", "/rest/system/debug", {"enable": "model"}),
    *_get("a", "/rest/system/loglevels /rest/system/debug"),
)


def _wrong(method: str, path: str, params: dict[str, str] | None = None, body: Any = None) -> Ask:
    return Ask("a", method, path, params or {}, body, "error case")


_ERRORS: Final = (
    _wrong("GET", "/rest/db/status", {"folder": "nope"}),
    _wrong("GET", "/rest/db/status"),
    _wrong("GET", "/rest/db/completion", {"folder": "nope"}),
    _wrong("GET", "/rest/db/completion", {"device": "bad"}),
    _wrong("GET", "/rest/db/completion", {"device": _NOBODY}),
    _wrong("GET", "/rest/db/completion", {"device": _NOBODY, "folder": "docs"}),
    _wrong("GET", "/rest/db/file", {"folder": "nope", "file": "x"}),
    _wrong("GET", "/rest/db/file", _DOCS | {"file": "nope"}),
    _wrong("GET", "/rest/db/ignores", {"folder": "nope"}),
    _wrong("POST", "/rest/db/ignores", {"folder": "nope"}, {"ignore": []}),
    _wrong("GET", "/rest/db/need", {"folder": "nope"}),
    _wrong("GET", "/rest/db/remoteneed", {"folder": "nope", "device": _NOBODY}),
    _wrong("GET", "/rest/db/remoteneed", _DOCS | {"device": "bad"}),
    _wrong("GET", "/rest/db/localchanged", {"folder": "nope"}),
    _wrong("GET", "/rest/db/browse", {"folder": "nope"}),
    _wrong("GET", "/rest/db/browse", _DOCS | {"prefix": "nope"}),
    _wrong("GET", "/rest/db/browse", _DOCS | {"levels": "x"}),
    _wrong("POST", "/rest/db/scan", {"folder": "nope"}),
    _wrong("POST", "/rest/db/scan", _DOCS | {"sub": "../evil"}),
    _wrong("POST", "/rest/db/override", {"folder": "nope"}),
    _wrong("POST", "/rest/db/revert", {"folder": "nope"}),
    _wrong("POST", "/rest/db/prio", {"folder": "nope", "file": "x"}),
    _wrong("GET", "/rest/folder/errors", {"folder": "nope"}),
    _wrong("GET", "/rest/folder/versions", {"folder": "nope"}),
    _wrong("POST", "/rest/folder/versions", {"folder": "nope"}, {"x": "2020-01-01T00:00:00Z"}),
    _wrong("POST", "/rest/folder/versions", _DOCS, {"x": "notatime"}),
    _wrong("POST", "/rest/system/pause", {"device": "bad"}),
    _wrong("POST", "/rest/system/pause", {"device": _NOBODY}),
    _wrong("POST", "/rest/system/resume", {"device": _NOBODY}),
    _wrong("GET", "/rest/config/folders/nope"),
    _wrong("GET", f"/rest/config/devices/{_NOBODY}"),
    _wrong("GET", "/rest/config/devices/bad"),
    _wrong("PATCH", "/rest/config/folders/nope", body={"paused": True}),
    _wrong("DELETE", "/rest/config/folders/nope"),
    _wrong("DELETE", f"/rest/config/devices/{_NOBODY}"),
    _wrong("PUT", "/rest/config/folders/x y", body={"id": "other", "path": "{root}/xy"}),
    _wrong("POST", "/rest/config/folders", body={"id": "", "path": ""}),
    _wrong("POST", "/rest/config/devices", body={"deviceID": "bad"}),
    _wrong("PATCH", "/rest/config/options", body={"maxFolderConcurrency": "notint"}),
    _wrong("GET", "/rest/cluster/pending/folders", {"device": "bad"}),
    _wrong("DELETE", "/rest/cluster/pending/devices", {"device": _NOBODY}),
    _wrong("DELETE", "/rest/cluster/pending/folders", {"folder": "nope"}),
    _wrong("GET", "/rest/events", {"since": "x"}),
    _wrong("GET", "/rest/events", {"since": "0", "limit": "2", "timeout": "0"}),
    _wrong("GET", "/rest/events", {"since": "999999", "timeout": "1"}),
    _wrong("GET", "/rest/events", {"events": "Bogus", "timeout": "1"}),
    _wrong("GET", "/rest/nope"),
    _wrong("DELETE", "/rest/system/status"),
    _wrong("POST", "/rest/system/upgrade"),
    _wrong("POST", "/rest/system/reset", {"folder": "nope"}),
)


def _knock(note: str, key: Key) -> list[Ask]:
    wanted = (("GET", "/rest/system/status"), ("POST", "/rest/system/ping"), ("GET", "/metrics"))
    return [Ask("a", method, path, note=note, key=key) for method, path in wanted]


SCENARIO: Final[tuple[Ask | str, ...]] = (
    *_BEGINNING,
    *_CHANGES,
    *_ANSWERS,
    *_ERRORS,
    *_knock("no key", "none"),
    *_knock("wrong key", "wrong"),
    *_knock("bearer", "bearer"),
    *_knock("foreign Host header", "foreign host"),
    Ask("a", "GET", "/rest/noauth/health", note="no key", key="none"),
    Ask("a", "DELETE", "/rest/config/folders/sendonly"),
    Ask("a", "DELETE", "/rest/cluster/pending/devices", {"device": "{c}"}),
    Ask("a", "PATCH", "/rest/config/options", body={"maxFolderConcurrency": 2}),
    Ask("a", "GET", "/rest/config/restart-required"),
    Ask("a", "PATCH", "/rest/config/options", body={"listenAddresses": ["{sync a}", "tcp://127.0.0.1:0"]}),
)
"""What happens, in order: requests, and as text what is done beside the API, which whoever plays it has methods for."""
