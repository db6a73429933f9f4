"""The route table: every endpoint of Syncthing's REST API, as data.

There is one `Route` per method and path, annotated with the type of its answer. The methods of the namespaces refer to
these constants; no other module of the package spells out a path.

To add an endpoint, add a line here, its type in `aiosyncthing.types`, and a method in the namespace.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from . import types as t

T_co = TypeVar("T_co", covariant=True)

MINUTE: Final = 60.0
UNLIMITED: Final = float("inf")


class Answer(enum.Enum):
    """The content of a successful answer."""

    OBJECT = "a JSON object"
    ARRAY = "a JSON array"
    ARRAY_OR_NULL = "a JSON array, or null for Go's nil"
    TREE = "a JSON array, or before 1.14 a JSON object"
    EMPTY = "an empty body"
    OK = "JSON as text/plain, sent just before the daemon exits or restarts; may be cut short or empty"
    TEXT = "text"
    BYTES = "binary data"


class Subject(enum.Enum):
    """What a 404 means if the daemon's text doesn't say."""

    NONE = "nothing in particular"
    FOLDER = "the folder is unknown"
    DEVICE = "the device is unknown"


@dataclass(eq=False, slots=True)  # each is the only one of its kind, and hashed often
class Route(Generic[T_co]):
    """One method on one path.

    Attributes:
        method: HTTP method.
        path: Path below the base URL; ``{}`` stands for an ID.
        answer: The content of a successful answer.
        subject: What a 404 means.
        since: First release with the route; empty if all supported ones have it.
        until: First release without the route again; empty if there is none.
        timeout: Seconds for the whole request, where the client's time-out would be too short; `UNLIMITED` if the
            daemon answers only when it is done, however long that takes.
        poll: Whether the answer's headers come at once and its body much later, so that only silence is limited.
        alias: The current route with the same effect, if the daemon keeps this one only for old programs.
    """

    method: str
    path: str
    answer: Answer = Answer.OBJECT
    subject: Subject = Subject.NONE
    since: str = ""
    until: str = ""
    timeout: float | None = None
    poll: bool = False
    alias: str = ""

    def uri(self, *ids: str) -> str:
        """Return the path with these IDs, which must be escaped already."""
        return self.path.format(*ids) if ids else self.path


_OBJECT, _ARRAY, _ARRAY_OR_NULL, _TREE, _EMPTY, _OK, _TEXT, _BYTES = Answer
_FOLDER, _DEVICE = Subject.FOLDER, Subject.DEVICE

# system
PING: Final[Route[t.Ping]] = Route("GET", "rest/system/ping")
VERSION: Final[Route[t.SystemVersion]] = Route("GET", "rest/system/version")
STATUS: Final[Route[t.SystemStatus]] = Route("GET", "rest/system/status")
CONNECTIONS: Final[Route[t.Connections]] = Route("GET", "rest/system/connections")
DISCOVERY: Final[Route[dict[str, t.DiscoveryEntry]]] = Route("GET", "rest/system/discovery")
PATHS: Final[Route[dict[str, str]]] = Route("GET", "rest/system/paths", since="1.21.0")
BROWSE_SYSTEM: Final[Route[list[str] | None]] = Route("GET", "rest/system/browse", _ARRAY_OR_NULL)
ERRORS: Final[Route[t.SystemErrors]] = Route("GET", "rest/system/error")
POST_ERROR: Final[Route[None]] = Route("POST", "rest/system/error", _EMPTY)
CLEAR_ERRORS: Final[Route[None]] = Route("POST", "rest/system/error/clear", _EMPTY)
LOG: Final[Route[t.SystemLog]] = Route("GET", "rest/system/log")
LOG_TEXT: Final[Route[str]] = Route("GET", "rest/system/log.txt", _TEXT)
DEBUG_FACILITIES: Final[Route[t.DebugFacilities]] = Route("GET", "rest/system/debug", until="2.0.0")
SET_DEBUG_FACILITIES: Final[Route[None]] = Route("POST", "rest/system/debug", _EMPTY, until="2.0.0")
LOG_LEVELS: Final[Route[t.LogLevels]] = Route("GET", "rest/system/loglevels", since="2.0.0")
SET_LOG_LEVELS: Final[Route[None]] = Route("POST", "rest/system/loglevels", _EMPTY, since="2.0.0")
CHECK_UPGRADE: Final[Route[t.UpgradeInfo]] = Route("GET", "rest/system/upgrade", timeout=MINUTE)
UPGRADE: Final[Route[t.Ok | None]] = Route("POST", "rest/system/upgrade", _OK, timeout=10 * MINUTE)
RESTART: Final[Route[t.Ok | None]] = Route("POST", "rest/system/restart", _OK)
SHUTDOWN: Final[Route[t.Ok | None]] = Route("POST", "rest/system/shutdown", _OK)
RESET: Final[Route[t.Ok | None]] = Route("POST", "rest/system/reset", _OK, timeout=MINUTE)
PAUSE: Final[Route[None]] = Route("POST", "rest/system/pause", _EMPTY, _DEVICE)
RESUME: Final[Route[None]] = Route("POST", "rest/system/resume", _EMPTY, _DEVICE)
POST_PING: Final[Route[t.Ping]] = Route("POST", "rest/system/ping", alias="GET rest/system/ping")
SYSTEM_CONFIG: Final[Route[t.Configuration]] = Route("GET", "rest/system/config", alias="GET rest/config")
POST_SYSTEM_CONFIG: Final[Route[None]] = Route("POST", "rest/system/config", _EMPTY, alias="PUT rest/config")
SYSTEM_CONFIG_INSYNC: Final[Route[t.ConfigInSync]] = Route(
    "GET", "rest/system/config/insync", alias="GET rest/config/restart-required"
)

# config
CONFIG: Final[Route[t.Configuration]] = Route("GET", "rest/config")
REPLACE_CONFIG: Final[Route[None]] = Route("PUT", "rest/config", _EMPTY)
RESTART_REQUIRED: Final[Route[t.RestartRequired]] = Route("GET", "rest/config/restart-required")
CONFIG_INSYNC: Final[Route[t.ConfigInSync]] = Route(
    "GET", "rest/config/insync", alias="GET rest/config/restart-required"
)
FOLDERS: Final[Route[list[t.FolderConfiguration]]] = Route("GET", "rest/config/folders", _ARRAY)
PUT_FOLDERS: Final[Route[None]] = Route("PUT", "rest/config/folders", _EMPTY, alias="PUT rest/config/folders/{}")
POST_FOLDER: Final[Route[None]] = Route("POST", "rest/config/folders", _EMPTY)
FOLDER: Final[Route[t.FolderConfiguration]] = Route("GET", "rest/config/folders/{}", subject=_FOLDER)
PUT_FOLDER: Final[Route[None]] = Route("PUT", "rest/config/folders/{}", _EMPTY)
PATCH_FOLDER: Final[Route[None]] = Route("PATCH", "rest/config/folders/{}", _EMPTY, _FOLDER)
DELETE_FOLDER: Final[Route[None]] = Route("DELETE", "rest/config/folders/{}", _EMPTY, _FOLDER)
DEVICES: Final[Route[list[t.DeviceConfiguration]]] = Route("GET", "rest/config/devices", _ARRAY)
PUT_DEVICES: Final[Route[None]] = Route("PUT", "rest/config/devices", _EMPTY, alias="PUT rest/config/devices/{}")
POST_DEVICE: Final[Route[None]] = Route("POST", "rest/config/devices", _EMPTY, alias="PUT rest/config/devices/{}")
DEVICE: Final[Route[t.DeviceConfiguration]] = Route("GET", "rest/config/devices/{}", subject=_DEVICE)
PUT_DEVICE: Final[Route[None]] = Route("PUT", "rest/config/devices/{}", _EMPTY)
PATCH_DEVICE: Final[Route[None]] = Route("PATCH", "rest/config/devices/{}", _EMPTY, _DEVICE)
DELETE_DEVICE: Final[Route[None]] = Route("DELETE", "rest/config/devices/{}", _EMPTY, _DEVICE)
OPTIONS: Final[Route[t.OptionsConfiguration]] = Route("GET", "rest/config/options")
PUT_OPTIONS: Final[Route[None]] = Route("PUT", "rest/config/options", _EMPTY)
PATCH_OPTIONS: Final[Route[None]] = Route("PATCH", "rest/config/options", _EMPTY)
GUI: Final[Route[t.GUIConfiguration]] = Route("GET", "rest/config/gui")
PUT_GUI: Final[Route[None]] = Route("PUT", "rest/config/gui", _EMPTY)
PATCH_GUI: Final[Route[None]] = Route("PATCH", "rest/config/gui", _EMPTY)
LDAP: Final[Route[t.LDAPConfiguration]] = Route("GET", "rest/config/ldap")
PUT_LDAP: Final[Route[None]] = Route("PUT", "rest/config/ldap", _EMPTY)
PATCH_LDAP: Final[Route[None]] = Route("PATCH", "rest/config/ldap", _EMPTY)
DEFAULT_FOLDER: Final[Route[t.FolderConfiguration]] = Route("GET", "rest/config/defaults/folder")
PUT_DEFAULT_FOLDER: Final[Route[None]] = Route("PUT", "rest/config/defaults/folder", _EMPTY)
PATCH_DEFAULT_FOLDER: Final[Route[None]] = Route("PATCH", "rest/config/defaults/folder", _EMPTY)
DEFAULT_DEVICE: Final[Route[t.DeviceConfiguration]] = Route("GET", "rest/config/defaults/device")
PUT_DEFAULT_DEVICE: Final[Route[None]] = Route("PUT", "rest/config/defaults/device", _EMPTY)
PATCH_DEFAULT_DEVICE: Final[Route[None]] = Route("PATCH", "rest/config/defaults/device", _EMPTY)
DEFAULT_IGNORES: Final[Route[t.DefaultIgnores]] = Route("GET", "rest/config/defaults/ignores")
PUT_DEFAULT_IGNORES: Final[Route[None]] = Route("PUT", "rest/config/defaults/ignores", _EMPTY)

# cluster
PENDING_DEVICES: Final[Route[dict[str, t.PendingDevice]]] = Route("GET", "rest/cluster/pending/devices")
DISMISS_DEVICE: Final[Route[None]] = Route("DELETE", "rest/cluster/pending/devices", _EMPTY)
PENDING_FOLDERS: Final[Route[dict[str, t.PendingFolder]]] = Route("GET", "rest/cluster/pending/folders")
DISMISS_FOLDER: Final[Route[None]] = Route("DELETE", "rest/cluster/pending/folders", _EMPTY)

# database
DB_STATUS: Final[Route[t.FolderSummary]] = Route("GET", "rest/db/status", subject=_FOLDER)
DB_COMPLETION: Final[Route[t.FolderCompletion]] = Route("GET", "rest/db/completion", subject=_FOLDER)
DB_BROWSE: Final[Route[list[t.TreeEntry]]] = Route("GET", "rest/db/browse", _TREE, _FOLDER)
DB_FILE: Final[Route[t.FileStatus]] = Route("GET", "rest/db/file")
DB_IGNORES: Final[Route[t.Ignores]] = Route("GET", "rest/db/ignores", subject=_FOLDER)
SET_DB_IGNORES: Final[Route[t.Ignores]] = Route("POST", "rest/db/ignores", subject=_FOLDER)
DB_NEED: Final[Route[t.Need]] = Route("GET", "rest/db/need", subject=_FOLDER)
DB_REMOTE_NEED: Final[Route[t.RemoteNeed]] = Route("GET", "rest/db/remoteneed", subject=_FOLDER)
DB_LOCAL_CHANGED: Final[Route[t.LocalChanged]] = Route("GET", "rest/db/localchanged", subject=_FOLDER)
DB_SCAN: Final[Route[None]] = Route("POST", "rest/db/scan", _EMPTY, _FOLDER, timeout=UNLIMITED)
DB_OVERRIDE: Final[Route[None]] = Route("POST", "rest/db/override", _EMPTY, _FOLDER)
DB_REVERT: Final[Route[None]] = Route("POST", "rest/db/revert", _EMPTY, _FOLDER)
DB_PRIO: Final[Route[t.Need]] = Route("POST", "rest/db/prio", subject=_FOLDER)

# folder
FOLDER_ERRORS: Final[Route[t.FolderErrors]] = Route("GET", "rest/folder/errors", subject=_FOLDER)
FOLDER_PULL_ERRORS: Final[Route[t.FolderErrors]] = Route(
    "GET", "rest/folder/pullerrors", subject=_FOLDER, alias="GET rest/folder/errors"
)
FOLDER_VERSIONS: Final[Route[dict[str, list[t.FileVersion]]]] = Route(
    "GET", "rest/folder/versions", subject=_FOLDER, timeout=MINUTE
)
RESTORE_VERSIONS: Final[Route[dict[str, str]]] = Route(
    "POST", "rest/folder/versions", subject=_FOLDER, timeout=10 * MINUTE
)

# events
EVENTS: Final[Route[list[t.Event]]] = Route("GET", "rest/events", _ARRAY, poll=True)
DISK_EVENTS: Final[Route[list[t.DiskEvent]]] = Route("GET", "rest/events/disk", _ARRAY, poll=True)

# stats
DEVICE_STATS: Final[Route[dict[str, t.DeviceStatistics]]] = Route("GET", "rest/stats/device")
FOLDER_STATS: Final[Route[dict[str, t.FolderStatistics]]] = Route("GET", "rest/stats/folder")

# svc
SVC_DEVICE_ID: Final[Route[t.DeviceIDAnswer]] = Route("GET", "rest/svc/deviceid")
LANGUAGES: Final[Route[list[str]]] = Route("GET", "rest/svc/lang", _ARRAY)
RANDOM_STRING: Final[Route[t.RandomString]] = Route("GET", "rest/svc/random/string")
REPORT: Final[Route[dict[str, Any]]] = Route("GET", "rest/svc/report", timeout=MINUTE)

# noauth
HEALTH: Final[Route[t.Health]] = Route("GET", "rest/noauth/health", since="1.22.1")
LOGIN: Final[Route[None]] = Route("POST", "rest/noauth/auth/password", _EMPTY, since="1.26.0")
LOGOUT: Final[Route[None]] = Route("POST", "rest/noauth/auth/logout", _EMPTY, since="1.26.0")

# debug
CPU_PROFILE: Final[Route[bytes]] = Route("GET", "rest/debug/cpuprof", _BYTES, timeout=MINUTE)
HEAP_PROFILE: Final[Route[bytes]] = Route("GET", "rest/debug/heapprof", _BYTES, timeout=MINUTE)
SUPPORT_BUNDLE: Final[Route[bytes]] = Route("GET", "rest/debug/support", _BYTES, timeout=5 * MINUTE)
DEBUG_FILE: Final[Route[t.DebugFile]] = Route("GET", "rest/debug/file")
PEER_COMPLETION: Final[Route[dict[str, int]]] = Route("GET", "rest/debug/peerCompletion", until="2.0.0")
HTTP_METRICS: Final[Route[dict[str, t.HTTPMetric]]] = Route("GET", "rest/debug/httpmetrics", until="2.0.0")

# outside /rest
METRICS: Final[Route[str]] = Route("GET", "metrics", _TEXT, since="1.24.0", timeout=MINUTE)
QR_CODE: Final[Route[bytes]] = Route("GET", "qr/", _BYTES)
META: Final[Route[str]] = Route("GET", "meta.js", _TEXT)

ROUTES: Final[dict[str, Route[Any]]] = {
    name: value for name, value in list(globals().items()) if isinstance(value, Route)
}
"""All routes by the name of their constant."""

_BY_REQUEST: Final = {(route.method, route.path): route for route in ROUTES.values()}
_COLLECTIONS: Final = ("rest/config/folders/", "rest/config/devices/")


def find_route(method: str, uri: str) -> Route[Any] | None:
    """Return the route of a request, or ``None`` if it is not in the table.

    Args:
        method: HTTP method in capitals.
        uri: Path without base URL, leading slash and query.
    """
    route = _BY_REQUEST.get((method, uri))
    if route is None:
        for prefix in _COLLECTIONS:
            if uri.startswith(prefix):
                return _BY_REQUEST.get((method, prefix + "{}"))
    return route
