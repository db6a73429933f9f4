"""The parts of answers and events that this library itself reads, and the check that they are there. Pure.

The methods of the namespaces return answers as they came. Code that reads *into* an answer or event first passes it
through one of these functions, and may then rely on every key and type that the shape names:

- ``checked(route, answer)`` returns the answer of a route in `SHAPES`.
- ``check_events(route, answer)`` checks the envelope of each event (``id``, ``globalID``, ``time``, ``type``), fast
  enough for every batch.
- ``check_event(item)`` checks the ``data`` of an event whose type is in `EVENT_DATA`, and accepts any other item.
- ``check(shape, value, what)`` is for anything else; ``what`` is a `Route`, or a name for the message.
- ``differ(one, other)`` compares two answers, or parts of them, of any depth.

All raise `InvalidResponseError` with the path to the first misfit, such as ``folders[3].devices[0].deviceID: expected a
string, got null``.

A shape names only what is read. Other keys may have any value or be missing, so that newer and older daemons are
accepted. ``optional`` keys may be missing, but are checked if they are there. `Nullable` is for Go's nil. To read
another key, add it here.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from aiosyncthing import _routes
from aiosyncthing.exceptions import InvalidResponseError

from .forms import Array, Kind, Map, Nullable, Object, Shape, Time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiosyncthing._routes import Route

_T = TypeVar("_T")

_TEXT: Final = Kind("a string", frozenset({str}))
_WHOLE: Final = Kind("a whole number", frozenset({int}))
_FLAG: Final = Kind("a boolean", frozenset({bool}))
_TIME: Final = Time()
_ANY_OBJECT: Final = Object({})


def _each(shape: Shape, *keys: str) -> dict[str, Shape]:
    return dict.fromkeys(keys, shape)


_SHARE: Final = Object({"deviceID": _TEXT})
_WITH_IDS: Final = Array(Object({"id": _TEXT}))
_IGNORED: Final = Nullable(_WITH_IDS)
_CONFIGURATION: Final = Object(
    {
        "folders": Array(Object({**_each(_TEXT, "id", "label"), "paused": _FLAG, "devices": Array(_SHARE)})),
        "devices": Array(Object({**_each(_TEXT, "deviceID", "name"), "paused": _FLAG}, {"ignoredFolders": _IGNORED})),
    }
)
FOLDER_IDS: Final = Object({"folders": _WITH_IDS})
"""What is read of a configuration to find a folder."""
_DEFAULT_IGNORES: Final = Object({}, {"lines": Nullable(Array(_TEXT))})
IGNORES_OF_DEFAULTS: Final = Object({}, {"defaults": Object({}, {"ignores": _DEFAULT_IGNORES})})
"""What is read of a configuration to get its default ignore patterns."""
PATHS_AND_DEFAULTS: Final = Object(
    {"folders": Array(Object(_each(_TEXT, "id", "path")))},
    {"defaults": Object({}, {"ignores": _DEFAULT_IGNORES, "folder": Object({}, {"paused": _FLAG})})},
)
"""What is read of a configuration to add a folder."""
IGNORED_DEVICES: Final = Object({"devices": Array(_SHARE)}, {"remoteIgnoredDevices": Nullable(Array(_SHARE))})
"""What is read of a configuration to ignore a device."""
MACHINE: Final = Object(_each(_TEXT, "tilde", "pathSeparator"))
"""What is read of the status to judge paths."""
HOME: Final = Object({"data": Object({"home": _TEXT})})
"""What is read of a daemon's first event to judge paths."""
PAUSED: Final = Object({"paused": _FLAG})
"""What is read of a folder or device to pause it."""
PATH_AND_PAUSED: Final = Object({"path": _TEXT, "paused": _FLAG})
"""What is read of a folder to bring it to rest."""
_FOLDER: Final = Object(  # of the folder to change, only the elements that a change may keep are read
    {},
    {
        "type": Nullable(_TEXT),
        "devices": Nullable(Array(Object(_SHARE.required, _each(_TEXT, "introducedBy")))),
        "xattrFilter": Nullable(Object({}, {"entries": Nullable(Array(_ANY_OBJECT))})),
    },
)
VERSIONING: Final = Object({"versioning": Object({"type": _TEXT})}, {"type": _TEXT, "paused": _FLAG})
"""What is read of a folder to restore old versions of its files."""
TREE_FILE: Final = Object({"modTime": _TIME, "size": _WHOLE})
"""What else is read of a file in a folder's tree to restore it, or to find that it is a conflict copy."""
_DEVICE: Final = Object({}, {"ignoredFolders": _IGNORED})
_LEAST_FREE: Final = Object({"value": Kind("a number", frozenset({int, float}))})
_PROBLEM: Final = Object({"error": Nullable(_TEXT)})
CHECKED: Final = Object(
    {
        "config": Object(
            {
                "folders": Array(
                    Object(
                        {
                            **_each(_FLAG, "ignoreDelete", "disableFsync"),
                            "type": _TEXT,
                            "maxConflicts": _WHOLE,
                            "minDiskFree": _LEAST_FREE,
                        }
                    )
                ),
                "gui": Object(
                    {
                        **_each(_TEXT, "user", "password", "authMode"),
                        **_each(_FLAG, "useTLS", "insecureSkipHostcheck", "insecureAllowFrameLoading"),
                    },
                    {"metricsWithoutAuth": _FLAG},
                ),
                "ldap": Object({"transport": _TEXT, "insecureSkipVerify": _FLAG}),
                "options": Object({"minHomeDiskFree": _LEAST_FREE}),
            }
        ),
        "status": Object(
            {
                "guiAddressUsed": _TEXT,
                "guiAddressOverridden": _FLAG,
                "connectionServiceStatus": Map(_PROBLEM),
            },
            {"discoveryStatus": Map(_PROBLEM)},
        ),
    }
)
"""What a check reads of the configuration and the status, beyond what everything reads of them."""
EDITED: Final = Object(
    {
        "folders": Array(Object({"id": _TEXT}, _FOLDER.optional)),
        "devices": Array(Object(_SHARE.required, _DEVICE.optional)),
    },
    {
        **_each(_ANY_OBJECT, "options", "gui", "ldap"),
        "remoteIgnoredDevices": Nullable(Array(_SHARE)),
        "defaults": Object({}, {"folder": _FOLDER, "device": _DEVICE, "ignores": Object({"lines": Array(_TEXT)})}),
    },
)
"""What is read of a configuration to edit any part of it."""
_CONNECTION: Final = Object(
    {
        **_each(_TIME, "at", "startedAt"),
        **_each(_TEXT, "address", "clientVersion"),
        **_each(_WHOLE, "inBytesTotal", "outBytesTotal"),
        "connected": _FLAG,
    }
)
_TOTAL: Final = Object({"at": _TIME, **_each(_WHOLE, "inBytesTotal", "outBytesTotal")})
_LAST_FILE: Final = Object({"at": _TIME, "filename": _TEXT, "deleted": _FLAG})
_SUMMARY: Final = Object(
    {
        **_each(_WHOLE, "needFiles", "needDirectories", "needSymlinks", "needDeletes", "needBytes"),
        **_each(_WHOLE, "globalBytes", "errors", "sequence"),
        "state": _TEXT,
        "stateChanged": _TIME,
        "ignorePatterns": _FLAG,
    },
    {**_each(_TEXT, "error", "watchError"), "receiveOnlyTotalItems": _WHOLE, "remoteSequence": Nullable(Map(_WHOLE))},
)
_COMPLETION: Final = Object(
    _each(_WHOLE, "needBytes", "needItems", "needDeletes", "globalBytes", "globalItems", "sequence"),
    {"remoteState": _TEXT},
)
_ERRORS: Final = Object({"errors": Nullable(Array(Object({"path": _TEXT, "error": _TEXT})))})
_FILES: Final = Array(_ANY_OBJECT)
_IGNORES: Final = Object({}, {"ignore": Nullable(Array(_TEXT)), "error": Nullable(_TEXT)})
_OFFER: Final = Object({}, {**_each(_TEXT, "time", "label"), **_each(_FLAG, "receiveEncrypted", "remoteEncrypted")})
ERROR_PAGE: Final = Object({"errors": Nullable(_FILES)})
"""What is read of a page of a folder's errors to iterate over all pages."""
_NEED: Final = Object({"progress": _FILES, "queued": _FILES, "rest": _FILES})
_FILE_PAGE: Final = Object({"files": _FILES})

SHAPES: Final[Mapping[Route[Any], Shape]] = {
    _routes.VERSION: Object(_each(_TEXT, "os", "version")),
    _routes.PATHS: Map(_TEXT),
    _routes.BROWSE_SYSTEM: Nullable(Array(_TEXT)),
    **dict.fromkeys((_routes.DB_IGNORES, _routes.SET_DB_IGNORES), _IGNORES),
    _routes.STATUS: Object({"myID": _TEXT, "startTime": _TEXT, "uptime": _WHOLE}),
    _routes.CONFIG: _CONFIGURATION,
    _routes.FOLDERS: Array(Object({"id": _TEXT}, {"label": _TEXT, "devices": Nullable(Array(_SHARE))})),
    _routes.DEVICES: Array(Object(_SHARE.required, {"name": _TEXT})),
    **dict.fromkeys((_routes.FOLDER, _routes.DEFAULT_FOLDER), _FOLDER),
    **dict.fromkeys((_routes.DEVICE, _routes.DEFAULT_DEVICE), _DEVICE),
    _routes.RESTART_REQUIRED: Object({"requiresRestart": _FLAG}),
    _routes.ERRORS: Object({"errors": Nullable(Array(Object({"message": _TEXT, "when": _TIME})))}),
    _routes.CHECK_UPGRADE: Object({**_each(_TEXT, "running", "latest"), **_each(_FLAG, "newer", "majorNewer")}),
    _routes.CONNECTIONS: Object({"connections": Map(_CONNECTION), "total": _TOTAL}),
    _routes.DEVICE_STATS: Map(Object({"lastSeen": _TIME})),
    _routes.FOLDER_STATS: Map(Object({"lastScan": _TIME, "lastFile": _LAST_FILE})),
    _routes.DB_STATUS: _SUMMARY,
    _routes.DB_COMPLETION: _COMPLETION,
    _routes.FOLDER_ERRORS: _ERRORS,
    _routes.DB_NEED: _NEED,
    _routes.DB_REMOTE_NEED: _FILE_PAGE,
    _routes.DB_LOCAL_CHANGED: _FILE_PAGE,
    _routes.DB_FILE: Object({"global": Object({**_each(_TEXT, "name", "type"), "deleted": _FLAG, "modified": _TIME})}),
    _routes.FOLDER_VERSIONS: Map(Array(Object(_each(_TIME, "versionTime", "modTime")))),
    _routes.RESTORE_VERSIONS: Map(_TEXT),
    _routes.DB_BROWSE: Array(Object(_each(_TEXT, "name", "type"))),
    _routes.SVC_DEVICE_ID: Object({}, {"error": _TEXT}),
    _routes.PENDING_DEVICES: Map(Object({}, _each(_TEXT, "time", "name", "address"))),
    _routes.PENDING_FOLDERS: Map(Object({"offeredBy": Map(_OFFER)})),
}
"""What is read of each route's answer."""

EVENT_DATA: Final[Mapping[str, Shape]] = {
    "ConfigSaved": _CONFIGURATION,
    "StateChanged": Object({"folder": _TEXT, "from": _TEXT, "to": _TEXT}, {"error": _TEXT}),
    "FolderSummary": Object({"folder": _TEXT, "summary": _SUMMARY}),
    "FolderCompletion": Object({**_COMPLETION.required, "folder": _TEXT, "device": _TEXT}, _COMPLETION.optional),
    "FolderErrors": Object({**_ERRORS.required, "folder": _TEXT}),
    "DownloadProgress": Map(Map(_ANY_OBJECT)),
    **_each(Object({"id": _TEXT}), "FolderPaused", "FolderResumed", "DeviceConnected", "DeviceDisconnected"),
    **_each(Object({"device": _TEXT}), "DevicePaused", "DeviceResumed", "ClusterConfigReceived"),
    **_each(Object({"folder": _TEXT}), "FolderScanProgress", "FolderWatchStateChanged", "RemoteDownloadProgress"),
    **_each(Object({"folder": _TEXT}), "LocalIndexUpdated", "ItemStarted", "ItemFinished"),
    "RemoteIndexUpdated": Object({"folder": _TEXT, "device": _TEXT}),
    "PendingDevicesChanged": Object({}, {"added": Nullable(Array(_SHARE)), "removed": Nullable(Array(_SHARE))}),
    "PendingFoldersChanged": Object(
        {},
        {
            "added": Nullable(Array(Object({"folderID": _TEXT, "deviceID": _TEXT}))),
            "removed": Nullable(Array(Object({"folderID": _TEXT}, {"deviceID": _TEXT}))),
        },
    ),
}
"""What is read of each event type's data."""

_ENVELOPE: Final[Mapping[str, Kind]] = {"id": _WHOLE, "globalID": _WHOLE, "time": _TEXT, "type": _TEXT}
_EVENTS: Final = Array(Object({**_ENVELOPE}))
_envelope: Final = itemgetter(*_ENVELOPE)


def check(shape: Shape, value: object, what: Route[Any] | str) -> None:
    """Raise if a value doesn't have a shape.

    Args:
        shape: The shape.
        value: Decoded JSON.
        what: The route that answered with it, or a name for it.

    Raises:
        InvalidResponseError: It doesn't.
    """
    found = shape.misfit(value)
    if found is None:
        return
    problem = f"{found.path}: {found.problem}" if found.path else found.problem
    if isinstance(what, str):
        raise InvalidResponseError(f"{what} is invalid: {problem}")
    raise InvalidResponseError(f"the answer is invalid: {problem}", method=what.method, path=what.path)


def checked(route: Route[_T], answer: _T) -> _T:
    """Return the answer of a route if everything that is read of it is there.

    Raises:
        InvalidResponseError: Something is not.
    """
    check(SHAPES[route], answer, route)
    return answer


def differ(one: object, other: object) -> bool:
    """Return whether two answers, or parts of them, differ.

    Raises:
        InvalidResponseError: They are nested too deeply: orjson decodes 1024 levels, which Python 3.11 can't compare.
    """
    try:
        return one != other
    except RecursionError:
        raise InvalidResponseError("the answer is invalid: it is nested too deeply") from None


def check_events(route: Route[Any], answer: Any) -> None:
    """Raise if an answer is not a list of events. Their data is not checked.

    Raises:
        InvalidResponseError: It is not.
    """
    if not (isinstance(cast("object", answer), list) and _are_events(answer)):
        check(_EVENTS, answer, route)


def _are_events(answer: list[Any]) -> bool:
    """Check what `_EVENTS` names without a call for each event, since every event of a stream comes here."""
    try:
        for number, global_id, time, kind in map(_envelope, answer):
            if (
                number.__class__ is not int
                or global_id.__class__ is not int
                or time.__class__ is not str
                or kind.__class__ is not str
            ):
                return False
    except (TypeError, LookupError):
        return False
    return True


def check_event(item: Mapping[str, Any]) -> None:
    """Raise if something that is read of an event's data is not there.

    Args:
        item: An event with a valid envelope, or another item of a stream.

    Raises:
        InvalidResponseError: Something is not.
    """
    kind = item["type"]
    shape = EVENT_DATA.get(kind)
    if shape is not None:
        check(shape, item.get("data"), f"the event {kind}")
