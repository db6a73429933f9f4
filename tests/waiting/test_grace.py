"""Whether changes may still be on their way."""

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


@pytest.mark.parametrize(
    ("what", "folder_until", "device_until"),
    [
        (started(), 100 + GRACE, NEVER),
        (event("StateChanged", folder="docs", duration=0.1, **{"from": "scanning", "to": "idle"}), NEVER, NEVER),
        (event("FolderResumed", id="docs", label=""), 100 + GRACE, NEVER),
        (event("DeviceConnected", id=OTHER), NEVER, 100 + GRACE),
        (event("ClusterConfigReceived", device=OTHER), NEVER, 100 + GRACE),
    ],
    ids=["first change of state", "later one", "resumed", "connected", "announcement"],
)
def test_what_starts_a_grace_period(what: Any, folder_until: float, device_until: float) -> None:
    """A folder that was started, and a device that has connected or announced its folders; not all others."""
    grace = Grace()
    grace.note(what, 100)
    assert (grace.folder_until("docs"), grace.device_until(OTHER)) == (folder_until, device_until)
    assert (grace.folder_until("pics"), grace.device_until(THIRD)) == (NEVER, NEVER)


def test_other_devices_learn_of_a_start_when_the_configuration_is_saved() -> None:
    """So the grace period starts again with the first ConfigSaved after the start, and with no other."""
    grace = Grace()
    grace.note(started(), 100)
    for moment in (130, 160):
        grace.note(event("ConfigSaved", folders=[]), moment)
    assert grace.folder_until("docs") == 130 + GRACE


def test_each_part_of_an_index_extends_the_grace_period() -> None:
    """An index that comes at another time is an ordinary change, after which no more is expected."""
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


def test_a_device_that_never_stops_changing_is_not_waited_for() -> None:
    """What it sends after a minute is no longer the index that was on its way."""
    grace = Grace()
    grace.note(started(), 100)
    for moment in range(101, 300):
        grace.note(event("RemoteIndexUpdated", folder="docs", device=OTHER), moment)
    assert 150 < grace.folder_until("docs") < 180


def test_an_event_is_noted_once() -> None:
    """An event may come from the stream, and again among the latest events."""
    grace, first = Grace(), started()
    grace.note(first, 100, 1)
    for moment in range(101, 110):
        grace.note(first, moment)
    assert grace.folder_until("docs") == 99 + GRACE
    for _ in range(3000):  # not all of them are remembered for ever
        grace.note(started("pics"), 120)
    grace.note(first, 130)
    assert grace.folder_until("docs") == 130 + GRACE


def test_the_age_of_a_connection_counts_once() -> None:
    """A connection counts as new if the clock was set back since; a later one is another one."""
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


@pytest.mark.parametrize(
    ("error", "moment", "expected"),
    [
        ("reading length: EOF", 102, True),
        ("reading length: EOF", 120, False),
        ("handling index-update for f: f: folder is paused", 120, True),
        ("closed by remote: handling index for f: no such folder", 120, True),
    ],
)
def test_a_device_that_is_interrupted_is_expected_back(error: str, moment: float, expected: bool) -> None:
    """The rest of its index comes when it has reconnected."""
    grace = Grace()
    grace.note(started(), 100)
    grace.note(event("DeviceDisconnected", id=OTHER, error=error), moment)
    assert (grace.interrupted_until(OTHER) > moment + 60) == expected
    assert grace.interrupted_until(OTHER) < moment + 70
    present: Any = connection()
    grace.connections({OTHER: present}, moment + 1)
    assert grace.interrupted_until(OTHER) == NEVER


def test_lost_events_may_have_been_anything() -> None:
    """All folders get a grace period, which an index extends."""
    grace = Grace()
    grace.lost(100)
    assert grace.folder_until("docs") == 100 + GRACE
    grace.note(event("RemoteIndexUpdated", folder="docs", device=OTHER), 101)
    assert grace.folder_until("docs") == 101 + GRACE


def test_the_next_end() -> None:
    """The next end is the earliest of those requested that have not passed."""
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
    """They are known only if its clock ran forward between them."""
    assert seconds_between(earlier, later) == expected


def test_ages() -> None:
    """An event is at least as old as any later one, even if the clock was set back in between."""
    times = ["2026-03-01T14:00:00Z", "2026-03-01T12:00:00Z", "2026-03-01T12:00:03Z"]
    assert ages_of(times, "2026-03-01T12:00:04Z") == [4, 4, 1]
    assert ages_of(times, "2026-03-01T11:00:04Z") == [0, 0, 0]
    assert ages_of([], "2026-03-01T11:00:04Z") == []
