"""What this library reads of answers and events, as data, and the check that it is there. Pure.

The methods of the namespaces hand answers out as they came. Code that reads *into* an answer or an event first passes
it through one of these, and after that may rely on every key and kind that the shape names:

- ``checked(route, answer)`` returns the answer of a route in `SHAPES`;
- ``check_events(route, answer)`` looks at the envelope of each event (``id``, ``globalID``, ``time``, ``type``), fast
  enough for every batch;
- ``check_event(item)`` looks at the ``data`` of one event whose type is in `EVENT_DATA`, or of any other item, which
  it passes;
- ``check(shape, value, what)`` is for anything else: ``what`` is a `Route`, or a name for the message;
- ``differ(one, other)`` compares two answers, or parts of them, however deep they are.

All raise `InvalidResponseError` with the path to the first misfit, such as ``folders[3].devices[0].deviceID: a string
was expected, null came``.

A shape names only what is read. Keys that it doesn't name may be anything, also missing, so newer and older daemons
pass; ``optional`` keys may be missing, but are of their kind where they are there; `Nullable` is for Go's nil. To read
one more key, name it here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar, cast

from aiosyncthing import _routes
from aiosyncthing.exceptions import BadRequestError, InvalidResponseError
from aiosyncthing.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiosyncthing._routes import Route

_T = TypeVar("_T")
_NAMED: Final = 80  # characters of a key in a message
_MISSING: Final = object()
_NONE: Final[Mapping[str, Shape]] = {}


class Misfit(NamedTuple):
    """What does not fit.

    Attributes:
        path: Where, such as ``folders[3].id``; empty for the value itself.
        problem: What was expected and what came.
    """

    path: str
    problem: str

    def below(self, step: str) -> Misfit:
        """Return the same as seen from one level further up."""
        dot = "." if self.path and not self.path.startswith("[") else ""
        return Misfit(f"{step}{dot}{self.path}", self.problem)


class Shape(Protocol):
    """What a value has to be."""

    def misfit(self, value: object, /) -> Misfit | None:
        """Return the first thing that does not fit; ``None`` if everything does."""
        ...


class Kind:
    """A plain value.

    Args:
        name: What it is, for messages.
        types: The types that it may have; exact ones, since for Python a boolean is a number.
    """

    def __init__(self, name: str, types: frozenset[type]) -> None:
        self.name = name
        self.types = types

    def misfit(self, value: object, /) -> Misfit | None:
        """Compare the type."""
        return None if type(value) in self.types else _wrong(self.name, value)


class _Time:
    """A time stamp that `parse_time` can read."""

    def misfit(self, value: object, /) -> Misfit | None:
        """Read it."""
        if not isinstance(value, str):
            return _wrong("a time stamp", value)
        try:
            parse_time(value)
        except BadRequestError:
            return Misfit("", "a time stamp was expected, another text came")
        return None


class _Around:
    """What has another shape inside."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape


class Nullable(_Around):
    """A shape, or null."""

    def misfit(self, value: object, /) -> Misfit | None:
        """Look at what is not null."""
        return None if value is None else self.shape.misfit(value)


class Array(_Around):
    """A list of which each element has the same shape."""

    def misfit(self, value: object, /) -> Misfit | None:
        """Look at each element."""
        if not isinstance(value, list):
            return _wrong("an array", value)
        for number, element in enumerate(cast("list[object]", value)):
            if (found := self.shape.misfit(element)) is not None:
                return found.below(f"[{number}]")
        return None


class Map(_Around):
    """An object whose keys are data, and whose values all have the same shape."""

    def misfit(self, value: object, /) -> Misfit | None:
        """Look at each value."""
        if not isinstance(value, dict):
            return _wrong("an object", value)
        for key, element in cast("dict[str, object]", value).items():
            if (found := self.shape.misfit(element)) is not None:
                return found.below(f"[{key[:_NAMED]!r}]")
        return None


class Object:
    """An object with named keys.

    Args:
        required: The keys that every supported daemon sends.
        optional: Those that some don't send.
    """

    def __init__(self, required: Mapping[str, Shape], optional: Mapping[str, Shape] = _NONE) -> None:
        self.required = required
        self.optional = optional

    def misfit(self, value: object, /) -> Misfit | None:
        """Look at each key that is named."""
        if not isinstance(value, dict):
            return _wrong("an object", value)
        known = cast("dict[str, object]", value)
        for key, shape in self.required.items():
            if (found := _look(shape, known.get(key, _MISSING))) is not None:
                return found.below(key)
        for key, shape in self.optional.items():
            if key in known and (found := shape.misfit(known[key])) is not None:
                return found.below(key)
        return None


def _look(shape: Shape, value: object) -> Misfit | None:
    return Misfit("", "missing") if value is _MISSING else shape.misfit(value)


def _wrong(expected: str, value: object) -> Misfit:
    return Misfit("", f"{expected} was expected, {_KINDS.get(type(value), 'something else')} came")


_KINDS: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}

_TEXT: Final = Kind("a string", frozenset({str}))
_WHOLE: Final = Kind("a whole number", frozenset({int}))
_FLAG: Final = Kind("a boolean", frozenset({bool}))
_TIME: Final = _Time()
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
"""What is read of a configuration to find a folder in it."""
IGNORES_OF_DEFAULTS: Final = Object(
    {}, {"defaults": Object({}, {"ignores": Object({}, {"lines": Nullable(Array(_TEXT))})})}
)
"""What is read of a configuration to find out which default ignore patterns it has."""
_FOLDER: Final = Object(  # to change, of the present one only the elements are read that a change may keep
    {},
    {
        "type": Nullable(_TEXT),
        "devices": Nullable(Array(_SHARE)),
        "xattrFilter": Nullable(Object({}, {"entries": Nullable(Array(_ANY_OBJECT))})),
    },
)
_DEVICE: Final = Object({}, {"ignoredFolders": _IGNORED})
_CONNECTION: Final = Object(
    {
        **_each(_TIME, "at", "startedAt"),
        **_each(_TEXT, "address", "clientVersion"),
        **_each(_WHOLE, "inBytesTotal", "outBytesTotal"),
        "connected": _FLAG,
    }
)
_SUMMARY: Final = Object(
    {
        **_each(_WHOLE, "needFiles", "needDirectories", "needSymlinks", "needDeletes", "needBytes"),
        **_each(_WHOLE, "globalBytes", "errors", "sequence"),
        "state": _TEXT,
        "stateChanged": _TIME,
        "ignorePatterns": _FLAG,
    },
    {"error": _TEXT, "remoteSequence": Nullable(Map(_WHOLE))},
)
_COMPLETION: Final = Object(
    _each(_WHOLE, "needBytes", "needItems", "needDeletes", "globalBytes", "globalItems", "sequence"),
    {"remoteState": _TEXT},
)
_ERRORS: Final = Object({"errors": Nullable(Array(Object({"path": _TEXT, "error": _TEXT})))})
_FILES: Final = Array(_ANY_OBJECT)
ERROR_PAGE: Final = Object({"errors": Nullable(_FILES)})
"""What is read of a page of a folder's errors to go through all."""
_NEED: Final = Object({"progress": _FILES, "queued": _FILES, "rest": _FILES})
_FILE_PAGE: Final = Object({"files": _FILES})

SHAPES: Final[Mapping[Route[Any], Shape]] = {
    _routes.STATUS: Object({"myID": _TEXT, "startTime": _TEXT, "uptime": _WHOLE}),
    _routes.CONFIG: _CONFIGURATION,
    _routes.FOLDERS: _WITH_IDS,
    _routes.DEVICES: Array(_SHARE),
    **dict.fromkeys((_routes.FOLDER, _routes.DEFAULT_FOLDER), _FOLDER),
    **dict.fromkeys((_routes.DEVICE, _routes.DEFAULT_DEVICE), _DEVICE),
    _routes.CONNECTIONS: Object({"connections": Map(_CONNECTION), "total": Object({"at": _TIME})}),
    _routes.DEVICE_STATS: Map(Object({"lastSeen": _TIME})),
    _routes.DB_STATUS: _SUMMARY,
    _routes.DB_COMPLETION: _COMPLETION,
    _routes.FOLDER_ERRORS: _ERRORS,
    _routes.DB_NEED: _NEED,
    _routes.DB_REMOTE_NEED: _FILE_PAGE,
    _routes.DB_LOCAL_CHANGED: _FILE_PAGE,
    _routes.DB_BROWSE: Array(Object(_each(_TEXT, "name", "type"))),
    _routes.SVC_DEVICE_ID: Object({}, {"error": _TEXT}),
    _routes.PENDING_DEVICES: Map(_ANY_OBJECT),
    _routes.PENDING_FOLDERS: Map(Object({"offeredBy": Map(_ANY_OBJECT)})),
}
"""What is read of the answers of each route."""

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
"""What is read of the data of each type of event."""

_ENVELOPE: Final[Mapping[str, Kind]] = {"id": _WHOLE, "globalID": _WHOLE, "time": _TEXT, "type": _TEXT}
_EVENTS: Final = Array(Object({**_ENVELOPE}))


def check(shape: Shape, value: object, what: Route[Any] | str) -> None:
    """Raise if a value has another shape.

    Args:
        shape: What it has to be.
        value: Decoded JSON.
        what: The route that it is the answer of, or a name for it.

    Raises:
        InvalidResponseError: It has another shape.
    """
    found = shape.misfit(value)
    if found is None:
        return
    problem = f"{found.path}: {found.problem}" if found.path else found.problem
    if isinstance(what, str):
        raise InvalidResponseError(f"{what} can't be read: {problem}")
    raise InvalidResponseError(f"the answer can't be read: {problem}", method=what.method, path=what.path)


def checked(route: Route[_T], answer: _T) -> _T:
    """Return the answer of a route if what is read of it is there.

    Raises:
        InvalidResponseError: It is not.
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
        raise InvalidResponseError("the answer can't be read: it is nested too deeply") from None


def check_events(route: Route[Any], answer: Any) -> None:
    """Raise if an answer is no list of events. What the events are about is not looked at.

    Raises:
        InvalidResponseError: It is not.
    """
    if not (isinstance(cast("object", answer), list) and _are_events(answer)):
        check(_EVENTS, answer, route)


def _are_events(answer: list[Any]) -> bool:
    """Look at what `_EVENTS` names, without a call for each: every event of a stream passes here."""
    try:
        for event in answer:
            numbers = event["id"].__class__ is int and event["globalID"].__class__ is int
            if not (numbers and event["time"].__class__ is str and event["type"].__class__ is str):
                return False
    except (TypeError, LookupError):
        return False
    return True


def check_event(item: Mapping[str, Any]) -> None:
    """Raise if what is read of the data of an event is not there.

    Args:
        item: An event whose envelope is right, or what a stream yields beside events.

    Raises:
        InvalidResponseError: It is not.
    """
    kind = item["type"]
    shape = EVENT_DATA.get(kind)
    if shape is not None:
        check(shape, item.get("data"), f"the event {kind}")
