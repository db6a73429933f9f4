"""The parts of answers and events that are read, and the errors if they are missing."""

from __future__ import annotations

import copy
import sys
from typing import Any

import orjson
import pytest

from aiosyncthing import _routes
from aiosyncthing._rest.shapes import EVENT_DATA, SHAPES, check, check_event, check_events, checked, differ
from aiosyncthing.exceptions import InvalidResponseError
from tests.support import recordings

CONFIG: dict[str, Any] = {
    "folders": [{"id": name, "label": "", "paused": False, "devices": [{"deviceID": "A"}]} for name in "abcd"],
    "devices": [{"deviceID": "A", "name": "", "paused": False}],
}
TOTAL: dict[str, Any] = {"at": "0001-01-01T00:00:00Z", "inBytesTotal": 0, "outBytesTotal": 0}
CONNECTION: dict[str, Any] = {
    **dict.fromkeys(("at", "startedAt"), "2026-03-01T12:00:00Z"),
    **dict.fromkeys(("address", "clientVersion"), ""),
    **dict.fromkeys(("inBytesTotal", "outBytesTotal"), 1),
    "connected": True,
}


def changed(value: Any, *path: str | int, to: Any = ...) -> Any:
    """Return a copy with another value in one place, or without it."""
    value = copy.deepcopy(value)
    place = value
    for step in path[:-1]:
        place = place[step]
    if to is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return value


@pytest.mark.parametrize("version", recordings.VERSIONS)
def test_recordings(version: str) -> None:
    """Nothing that a real daemon has sent is refused."""
    answers = 0
    for exchange in recordings.exchanges(version):
        route = _routes.find_route(exchange.method, exchange.uri)
        if exchange.status == 200 and exchange.kind == "json" and route in SHAPES:
            assert checked(route, exchange.answer) is exchange.answer
            answers += 1
    assert answers > 40
    events = [recorded.event for recorded in recordings.events(version)]
    check_events(_routes.EVENTS, events)
    for event in events:
        check_event(event)
    assert len({event["type"] for event in events} & EVENT_DATA.keys()) > 12


STATUS: dict[str, Any] = {"myID": "A", "startTime": "x"}


@pytest.mark.parametrize(
    ("route", "answer", "problem"),
    [
        (_routes.CONFIG, None, "expected an object, got null"),
        (_routes.CONFIG, changed(CONFIG, "folders"), "folders: missing"),
        (_routes.CONFIG, changed(CONFIG, "folders", to={}), "folders: expected an array, got an object"),
        (_routes.CONFIG, changed(CONFIG, "folders", 2, to=1), "folders[2]: expected an object, got a number"),
        (
            *(_routes.CONFIG, changed(CONFIG, "folders", 3, "devices", 0, "deviceID", to=None)),
            "folders[3].devices[0].deviceID: expected a string, got null",
        ),
        (
            *(_routes.CONFIG, changed(CONFIG, "devices", 0, "paused", to=1)),
            "devices[0].paused: expected a boolean, got a number",
        ),
        (_routes.FOLDERS, [{"id": "a"}, {"id": []}], "[1].id: expected a string, got an array"),
        *(
            (_routes.STATUS, STATUS | {"uptime": value}, f"uptime: expected a whole number, got {what}")
            for value, what in ((True, "a boolean"), (1.5, "a number"), (1j, "something else"))
        ),
        (_routes.CONNECTIONS, {"connections": {"A": []}}, "connections['A']: expected an object, got an array"),
        (_routes.CONNECTIONS, {"connections": []}, "connections: expected an object, got an array"),
        *(
            (
                *(_routes.CONNECTIONS, {"connections": {key: {**CONNECTION, "at": time}}}),
                f"connections['{key[:80]}'].at: expected a timestamp, got {what}",
            )
            for key, time, what in (("A" * 99, 1, "a number"), ("A", "yesterday", "another string"))
        ),
        (_routes.FOLDER_ERRORS, {"errors": [{"path": "a"}]}, "errors[0].error: missing"),
    ],
)
def test_misfits(route: Any, answer: Any, problem: str) -> None:
    """The error gives the path to the first misfit, and the request."""
    with pytest.raises(InvalidResponseError) as caught:
        checked(route, answer)
    assert caught.value.args == (f"the answer is invalid: {problem}",)
    assert (caught.value.method, caught.value.path) == (route.method, route.path)


@pytest.mark.parametrize(
    ("route", "answer"),
    [
        (_routes.CONFIG, {**CONFIG, "new": [None]}),
        (_routes.FOLDER, {"type": "of tomorrow", "devices": [{"deviceID": "A", "new": 1}]}),
        (_routes.CONFIG, changed(CONFIG, "folders", to=[])),
        (_routes.CONNECTIONS, {"connections": {}, "total": TOTAL}),
        (_routes.CONNECTIONS, {"connections": {"A": CONNECTION}, "total": TOTAL | {"new": None}}),
        (_routes.FOLDER_ERRORS, {"errors": None}),
    ],
)
def test_what_is_not_read(route: Any, answer: Any) -> None:
    """Unknown keys, missing optional ones, empty lists and Go's nil are accepted, and the answer is unchanged."""
    assert checked(route, answer) is answer


EVENT = {"id": 1, "globalID": 1, "time": "t", "type": "Starting", "data": None}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (None, "expected an array, got null"),
        ({"id": 1}, "expected an array, got an object"),
        ([EVENT, None], "[1]: expected an object, got null"),
        ([EVENT, []], "[1]: expected an object, got an array"),
        ([EVENT, {}, EVENT], "[1].id: missing"),
        ([{**EVENT, "id": "5"}], "[0].id: expected a whole number, got a string"),
        ([{**EVENT, "id": True}], "[0].id: expected a whole number, got a boolean"),
        ([{**EVENT, "globalID": None}], "[0].globalID: expected a whole number, got null"),
        ([{**EVENT, "time": {}}], "[0].time: expected a string, got an object"),
        ([{**EVENT, "type": []}], "[0].type: expected a string, got an array"),
    ],
)
def test_envelopes(answer: Any, problem: str) -> None:
    """IDs, time and type of every event of a batch are checked."""
    with pytest.raises(InvalidResponseError) as caught:
        check_events(_routes.EVENTS, answer)
    assert caught.value.args == (f"the answer is invalid: {problem}",)


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({**EVENT, "type": "StateChanged"}, "the event StateChanged is invalid: expected an object, got null"),
        ({"id": 1, "type": "StateChanged"}, "the event StateChanged is invalid: expected an object, got null"),
        ({**EVENT, "type": "FolderPaused", "data": {}}, "the event FolderPaused is invalid: id: missing"),
        (
            {**EVENT, "type": "PendingFoldersChanged", "data": {"added": [{"folderID": 1}]}},
            "the event PendingFoldersChanged is invalid: added[0].folderID: expected a string, got a number",
        ),
    ],
)
def test_misfits_of_events(event: Any, problem: str) -> None:
    """The error gives the type of the event and the path in its data."""
    with pytest.raises(InvalidResponseError) as caught:
        check_event(event)
    assert caught.value.args == (problem,)


def test_what_is_not_refused() -> None:
    """Events of other types, and other items of a stream, may have any data; a batch may be empty."""
    check_events(_routes.EVENTS, [])
    check_events(_routes.EVENTS, [EVENT, {**EVENT, "type": "OfTomorrow", "data": [1], "new": 1}])
    check_event(EVENT)
    check_event({"id": None, "type": "EventsLost", "data": {"reason": "restart", "missed": None}})
    check_event({**EVENT, "type": "PendingFoldersChanged", "data": {"added": None, "removed": [{"folderID": "a"}]}})
    with pytest.raises(InvalidResponseError, match=r"^the file is invalid: errors: missing$"):
        check(SHAPES[_routes.FOLDER_ERRORS], {}, "the file")


def test_comparing() -> None:
    """An answer that is nested too deeply for this Python to compare is invalid."""
    one, other = (orjson.loads(b'{"a":' + b"[" * 1000 + end + b"]" * 1000 + b"}") for end in (b"1", b"2"))
    if sys.version_info < (3, 12):
        with pytest.raises(InvalidResponseError, match="nested too deeply"):
            differ(one, other)
    else:
        assert differ(one, other)
    assert differ({"a": 1}, {"a": 2})
    assert not differ({"a": [1]}, {"a": [1]})
