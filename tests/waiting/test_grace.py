"""Whether something new may still be on its way."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from aiosyncthing.waiting.grace import GRACE, Grace, ages_of, seconds_between
from tests.support.values import OTHER, THIRD, connection

NEVER = float("-inf")
IDS = itertools.count(1)


def event(kind: str, **data: Any) -> dict[str, Any]:
    """Return an event."""
    number = next(IDS)
    return {"id": number, "time": f"event {number}", "type": kind, "data": data}


def started(folder: str = "docs") -> dict[str, Any]:
    """Return the first change of state of a folder since it was started."""
    return event("StateChanged", folder=folder, **{"from": "idle", "to": "scanning"})


def test_the_start_of_a_folder_is_its_first_change_of_state() -> None:
    """Any later one says how long the state before it has lasted."""
    grace = Grace()
    grace.note(event("StateChanged", folder="docs", duration=0.1, **{"from": "scanning", "to": "idle"}), 100)
    assert grace.folder_until("docs") == NEVER
    grace.note(started(), 100)
    assert grace.folder_until("docs") == 100 + GRACE
    assert grace.folder_until("pics") == NEVER


@pytest.mark.parametrize(
    ("kind", "data"),
    [("DeviceConnected", {"id": OTHER}), ("ClusterConfigReceived", {"device": OTHER})],
)
def test_what_a_device_says_first(kind: str, data: Any) -> None:
    """Its connection, and what it shares."""
    grace = Grace()
    grace.note(event(kind, **data), 100)
    assert (grace.device_until(OTHER), grace.device_until(THIRD)) == (100 + GRACE, NEVER)


def test_a_resumed_folder_is_a_started_one() -> None:
    """The event of it may come before the first change of state."""
    grace = Grace()
    grace.note(event("FolderResumed", id="docs", label=""), 100)
    assert grace.folder_until("docs") == 100 + GRACE


def test_the_others_come_to_know_when_the_configuration_is_saved() -> None:
    """So the time begins again with the first that follows the start, and with no other."""
    grace = Grace()
    grace.note(started(), 100)
    for moment in (130, 160):
        grace.note(event("ConfigSaved", folders=[]), moment)
    assert grace.folder_until("docs") == 130 + GRACE


def test_each_part_of_an_index_makes_it_longer_while_it_lasts() -> None:
    """An index that comes at another time is just news, and nothing says that more is coming."""
    grace = Grace()
    index = {"folder": "docs", "device": OTHER}
    grace.note(event("RemoteIndexUpdated", **index), 50)
    assert grace.folder_until("docs") == NEVER
    grace.note(started(), 100)
    for moment in (102, 104, 106):
        grace.note(event("RemoteIndexUpdated", **index), moment)
    grace.note(event("RemoteIndexUpdated", **index), 120)
    assert grace.folder_until("docs") == 106 + GRACE
    grace.note(event("ClusterConfigReceived", device=OTHER), 200)
    grace.note(event("RemoteIndexUpdated", **index), 201)
    assert grace.folder_until("docs") == 201 + GRACE


def test_a_device_that_never_ceases_to_change_something_is_not_waited_for() -> None:
    """What it sends after a minute is no longer the index that was on its way."""
    grace = Grace()
    grace.note(started(), 100)
    for moment in range(101, 300):
        grace.note(event("RemoteIndexUpdated", folder="docs", device=OTHER), moment)
    assert 150 < grace.folder_until("docs") < 180


def test_an_event_is_noted_once() -> None:
    """However often it comes: from the stream, and again among those from before."""
    grace, first = Grace(), started()
    grace.note(first, 100, 1)
    for moment in range(101, 110):
        grace.note(first, moment)
    assert grace.folder_until("docs") == 99 + GRACE
    for _ in range(3000):  # and not all of them are remembered for ever
        grace.note(started("pics"), 120)
    grace.note(first, 130)
    assert grace.folder_until("docs") == 130 + GRACE


def test_the_age_of_a_connection_counts_once() -> None:
    """Whatever becomes of the clock; a connection made after it is another."""
    grace = Grace()
    young: Any = connection(startedAt="2026-03-01T12:59:59Z")
    grace.connections({OTHER: young}, 100)
    assert grace.device_until(OTHER) == 99 + GRACE
    grace.connections({OTHER: {**young, "at": "2026-03-01T11:00:00Z"}}, 200)
    assert grace.device_until(OTHER) == 99 + GRACE
    gone: Any = connection(connected=False)
    grace.connections({OTHER: gone}, 300)
    grace.connections({OTHER: {**young, "at": "2026-03-01T11:00:00Z"}}, 400)
    assert grace.device_until(OTHER) == 400 + GRACE


def test_a_connection_from_the_future_has_just_been_made() -> None:
    """The daemon's clock was set back since: what that says of its age is nothing."""
    grace = Grace()
    odd: Any = connection(startedAt="2036-03-01T12:00:00Z")
    for moment in (100, 101, 102):
        grace.connections({OTHER: odd}, moment)
    assert grace.device_until(OTHER) == 100 + GRACE


@pytest.mark.parametrize(
    ("error", "moment", "expected"),
    [
        ("reading length: EOF", 102, True),
        ("reading length: EOF", 120, False),
        ("handling index-update for f: f: folder is paused", 120, True),
        ("closed by remote: handling index for f: no such folder", 120, True),
    ],
)
def test_a_device_that_leaves_in_the_middle_is_expected_back(error: str, moment: float, expected: bool) -> None:
    """Until it is there, or would have been: what was on its way comes then."""
    grace = Grace()
    grace.note(started(), 100)
    grace.note(event("DeviceDisconnected", id=OTHER, error=error), moment)
    assert (grace.interrupted_until(OTHER) > moment + 60) == expected
    assert grace.interrupted_until(OTHER) < moment + 70
    present: Any = connection()
    grace.connections({OTHER: present}, moment + 1)
    assert grace.interrupted_until(OTHER) == NEVER


def test_what_was_lost_may_have_been_anything() -> None:
    """All folders get their time, and an index that comes within it counts."""
    grace = Grace()
    grace.lost(100)
    assert grace.folder_until("docs") == 100 + GRACE
    grace.note(event("RemoteIndexUpdated", folder="docs", device=OTHER), 101)
    assert grace.folder_until("docs") == 101 + GRACE


def test_the_next_end() -> None:
    """Of those that are asked for, and not over."""
    grace = Grace(10)
    grace.note(started(), 100)
    grace.note(event("DeviceConnected", id=OTHER), 105)
    assert grace.end(["docs"], [OTHER], 100) == 110
    assert grace.end(["docs"], [OTHER], 112) == 115
    assert grace.end(["docs"], [], 112) is None
    assert grace.end(["pics"], [THIRD], 100) is None


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ("2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z", 3600),
        ("2026-03-01T12:00:00Z", "2026-03-01T13:00:00.5+01:00", 0.5),
        ("2026-03-01T12:00:00Z", "2026-03-01T11:59:59Z", None),
        ("0001-01-01T00:00:00Z", "2026-03-01T11:59:59Z", None),
        ("2026-03-01T11:59:59Z", "0001-01-01T00:00:00Z", None),
    ],
)
def test_seconds_between_times_of_the_daemon(earlier: str, later: str, expected: float | None) -> None:
    """Only where its clock ran forward between them."""
    assert seconds_between(earlier, later) == expected


def test_ages() -> None:
    """An event is at least as old as any after it, also where the clock was set back in between."""
    times = ["2026-03-01T14:00:00Z", "2026-03-01T12:00:00Z", "2026-03-01T12:00:03Z"]
    assert ages_of(times, "2026-03-01T12:00:04Z") == [4, 4, 1]
    assert ages_of(times, "2026-03-01T11:00:04Z") == [0, 0, 0]
    assert ages_of([], "2026-03-01T11:00:04Z") == []
