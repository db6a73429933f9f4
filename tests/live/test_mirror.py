"""The mirror's state: what events and answers change in it, and which questions they raise."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from aiosyncthing.live import Change, LiveTotals
from aiosyncthing.live.mirror import Mirror
from aiosyncthing.live.questions import PATIENCE, Question
from tests.support.folder_model import OPERATIONS, SLASHED, VERSIONS, Follower, World
from tests.support.server import DAEMON_ID
from tests.support.values import OTHER, THIRD, completion, connection, device, folder, summary

CONFIG, CONNECTIONS, DEVICE_STATS, FOLDER_STATS = map(
    Question, ("config", "connections", "device_stats", "folder_stats")
)
PENDING = {Question("pending_devices"), Question("pending_folders")}
PRESENCE = {CONNECTIONS, DEVICE_STATS}
SUMMARY, ERRORS, AFTER_SCAN = (Question(kind, "docs") for kind in ("summary", "errors", "patience"))
COMPLETION = Question("completion", "docs", OTHER)
FOLDER = {SUMMARY, COMPLETION}  # the summary says whether there are errors to ask for
BAD = [{"path": "a", "error": "bad"}]
NEVER = "0001-01-01T00:00:00Z"
SCAN = {"current": 1, "total": 2, "rate": 3}


def event(kind: str, data: Any, time: str = "2026-03-01T12:00:00Z") -> Any:
    """Return an event."""
    return {"id": 1, "globalID": 1, "time": time, "type": kind, "data": data}


def changed(state: str, *, before: str = "idle", error: str = "", name: str = "docs") -> Any:
    """Return the event of a change of state."""
    data = {"folder": name, "from": before, "to": state} | ({"error": error} if error else {})
    return event("StateChanged", data, time="2026-03-01T12:34:56Z")


def summed(name: str = "docs", **fields: Any) -> Any:
    """Return the event with a folder's summary."""
    return event("FolderSummary", {"folder": name, "summary": summary(**fields)})


def completed(device_id: str, **fields: Any) -> Any:
    """Return the event with a device's completion."""
    return event("FolderCompletion", {"folder": "docs", "device": device_id, **completion(**fields)})


def connections(*, received: int = 0, sent: int = 0, **fields: Any) -> Any:
    """Return the connections, of which one is to a remote device, with the totals."""
    total = {"inBytesTotal": received, "outBytesTotal": sent}
    return {"connections": {OTHER: connection(**fields)}, "total": total}


def configuration(*folders: Any, devices: tuple[Any, ...] | None = None) -> Any:
    """Return a configuration."""
    if devices is None:
        devices = (device(DAEMON_ID, name="own"), device(OTHER, name="other"))
    return {"devices": list(devices), "folders": list(folders or [folder("docs", OTHER)])}


def saved(*folders: Any, devices: tuple[Any, ...] | None = None) -> Any:
    """Return the event with a configuration."""
    return event("ConfigSaved", configuration(*folders, devices=devices))


PAUSED = saved(folder("docs", OTHER, paused=True))


def feed(mirror: Mirror, *steps: Any) -> None:
    """Apply events, and load answers that come with their question; forget the questions before the last one."""
    for step in steps:
        mirror.take_questions()
        if isinstance(step, dict):
            mirror.apply(copy.deepcopy(step))  # type: ignore[arg-type]  # they have the shape of events
        else:
            mirror.load(*step, 0)


@pytest.fixture
def mirror() -> Mirror:
    """A mirror that knows everything about one folder and one remote device that is connected."""
    mirror = Mirror()
    mirror.identify(DAEMON_ID, "v1.29.5")
    answers = (
        (CONFIG, configuration()),
        (CONNECTIONS, connections()),
        *((SUMMARY, summary()), (ERRORS, {"errors": None}), (COMPLETION, completion())),
    )
    feed(mirror, *answers)
    mirror.take_changes()
    return mirror


def test_at_the_beginning_everything_is_asked_once() -> None:
    """The configuration says what to ask: about each folder, and each device that shares it."""
    mirror = Mirror()
    mirror.identify(DAEMON_ID, "v1.29.5")
    mirror.load(CONFIG, configuration(folder("docs", OTHER), folder("own")), 0)
    assert mirror.take_questions() == {*PRESENCE, FOLDER_STATS, *PENDING, *FOLDER, Question("summary", "own")}
    assert mirror.take_questions() == set()
    assert (mirror.devices[DAEMON_ID].own, mirror.devices[OTHER].own) == (True, False)
    assert mirror.folders["docs"].state == "unknown"
    added = frozenset({"added"})
    devices = {Change("device", name, added) for name in (DAEMON_ID, OTHER)}
    daemon = Change("daemon", "", frozenset({"own_id", "version"}))
    folders = {Change("folder", name, added) for name in ("docs", "own")}
    assert set(mirror.take_changes()) == {daemon} | devices | folders
    assert mirror.take_changes() == []


def test_what_is_not_known_can_be_read(mirror: Mirror) -> None:
    """A device without a name has the beginning of its ID for one, and without a connection it has no address."""
    other = mirror.devices[OTHER]
    assert (other.name, other.address, other.client_version) == ("other", "192.0.2.1:22000", "v1.29.5")
    other.config["name"] = ""
    other.connection = None
    assert (other.name, other.address, other.client_version) == ("MFZWI3D", "", "")


@pytest.mark.parametrize(
    ("what", "obsolete", "asked", "fields"),
    [
        (event("Starting", {}), set(), set(), {}),
        (changed("scanning"), {SUMMARY}, set(), {"docs": {"state", "summary"}}),
        (changed("syncing", before="sync-preparing"), {SUMMARY}, set(), {"docs": {"state", "summary"}}),
        (changed("idle", before="scanning"), {SUMMARY}, {AFTER_SCAN, FOLDER_STATS}, {"docs": {"summary"}}),
        (changed("sync-preparing", before="syncing"), {SUMMARY}, {FOLDER_STATS}, {"docs": {"state", "summary"}}),
        (changed("error", error="lost"), {SUMMARY}, {SUMMARY}, {"docs": {"state", "error", "summary"}}),
        (changed("idle", name="other"), set(), set(), {}),
        (summed(globalBytes=3), {SUMMARY}, set(), {"docs": {"summary"}}),
        (summed(errors=2), {SUMMARY}, {ERRORS}, {"docs": {"summary"}}),
        (summed("x"), set(), set(), {}),
        (completed(OTHER, needItems=1), {COMPLETION}, set(), {"docs": {"completion"}}),
        (completed(THIRD), {Question("completion", "docs", THIRD)}, set(), {}),
        (event("FolderErrors", {"folder": "docs", "errors": BAD}), {ERRORS}, set(), {"docs": {"errors"}}),
        (event("FolderErrors", {"folder": "docs", "errors": None}), {ERRORS}, set(), {}),
        (event("FolderScanProgress", {"folder": "docs", **SCAN}), set(), set(), {}),
        (event("FolderScanProgress", {"folder": "x", **SCAN}), set(), set(), {}),
        (event("DownloadProgress", {"docs": {"a": {}}}), set(), set(), {"docs": {"progress"}}),
        (event("DownloadProgress", {}), set(), set(), {}),
        (event("FolderPaused", {"id": "docs", "label": ""}), FOLDER | {ERRORS, CONFIG}, FOLDER | {CONFIG}, {}),
        (event("FolderResumed", {"id": "docs", "label": ""}), FOLDER | {ERRORS, CONFIG}, FOLDER, {}),
        (event("FolderPaused", {"id": "x", "label": ""}), {CONFIG}, set(), {}),
        (event("DeviceConnected", {"id": OTHER}), PRESENCE, PRESENCE, {}),
        (event("DeviceConnected", {"id": THIRD}), PRESENCE, PRESENCE, {}),
        (event("DeviceDisconnected", {"id": OTHER}), PRESENCE | {COMPLETION}, ..., {OTHER: {"connected"}}),
        (event("DevicePaused", {"device": OTHER}), {CONNECTIONS, COMPLETION, CONFIG}, ..., {}),
        (event("DeviceResumed", {"device": OTHER}), {CONNECTIONS, COMPLETION, CONFIG}, {CONNECTIONS, COMPLETION}, {}),
        (event("DevicePaused", {"device": THIRD}), {CONNECTIONS, CONFIG}, {CONNECTIONS}, {}),
        (saved(), {CONFIG}, set(), {}),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) and "type" in value else "",
)
def test_events(mirror: Mirror, what: Any, obsolete: set[Question], asked: Any, fields: dict[str, set[str]]) -> None:
    """Each event changes what it carries, makes older answers obsolete, and raises questions that no event answers."""
    assert mirror.apply(copy.deepcopy(what)) == obsolete
    assert mirror.take_questions() == (obsolete if asked is ... else asked)
    assert {change.id: set(change.fields) for change in mirror.take_changes()} == fields


@pytest.mark.parametrize(
    ("steps", "asked"),
    [
        # The daemon sends no FolderSummary when such a state is over.
        (((SUMMARY, summary(state="error")), changed("idle", before="error")), {SUMMARY}),
        (((SUMMARY, summary(state="starting")), changed("idle", before="starting")), {SUMMARY}),
        # A folder that is starting answers 404; its first change of state shows that it runs.
        (((SUMMARY, None), (ERRORS, None), (COMPLETION, None), changed("scan-waiting")), FOLDER | {FOLDER_STATS}),
        # It was resumed, though no other event has shown that yet.
        ((PAUSED, changed("idle", before="scanning")), FOLDER | {FOLDER_STATS}),
        # A scan that changes no item may find errors or patterns. Only a summary from after the scan has them.
        ((changed("idle", before="scanning"), (AFTER_SCAN, None)), {SUMMARY}),
        ((changed("idle", before="scanning"), summed(), (AFTER_SCAN, None)), set()),
        ((changed("idle", before="scanning"), summed(state="scanning"), (AFTER_SCAN, None)), {SUMMARY}),
        ((changed("idle", before="scanning"), (SUMMARY, summary()), (AFTER_SCAN, None)), set()),
        ((changed("idle", before="scanning"), (SUMMARY, summary(state="scanning")), (AFTER_SCAN, None)), {SUMMARY}),
        # If errors and summary disagree, one of them is older than the other.
        (((SUMMARY, summary(errors=1)), (ERRORS, {"errors": BAD})), set()),
        (((SUMMARY, summary(errors=0)), (ERRORS, {"errors": BAD})), {SUMMARY}),
        (((SUMMARY, summary(errors=1)), (ERRORS, {"errors": None})), {SUMMARY}),
        # The daemon does not restart a folder because of its label.
        ((saved(folder("docs", OTHER, label="Documents")),), set()),
        # What was shared is no longer so.
        ((saved(folder("docs")),), {SUMMARY}),
        # A device that has gone may have other figures now.
        (((CONNECTIONS, connections(connected=False)),), {COMPLETION}),
    ],
)
def test_questions(mirror: Mirror, steps: Any, asked: set[Question]) -> None:
    """Where no event brings an answer, a change raises the question."""
    feed(mirror, *steps)
    assert mirror.take_questions() == asked


@pytest.mark.parametrize(
    ("steps", "state", "fields"),
    [
        # The summary has the state, too, and the daemon sends no event for that.
        (
            (changed("error", error="lost"),),
            ("error", "lost"),
            {"state": "error", "error": "lost", "stateChanged": "2026-03-01T12:34:56Z"},
        ),
        # The daemon computes a summary first and sends it then. Changes of state in between came before it.
        ((changed("syncing"), summed(globalBytes=5)), ("syncing", ""), {"state": "syncing", "globalBytes": 5}),
        # A paused folder has an empty summary without a state.
        ((PAUSED, (SUMMARY, summary(state="", globalBytes=0))), ("paused", ""), {"state": "", "globalBytes": 0}),
        ((PAUSED, summed(state="")), ("paused", ""), {"state": ""}),
        ((PAUSED, summed(state=""), changed("idle", before="scanning")), ("paused", ""), {"state": ""}),
        # After it, the configuration alone only shows that it isn't paused any more.
        ((PAUSED, saved()), ("unknown", ""), {}),
        ((PAUSED, saved(), (SUMMARY, summary(state="scanning"))), ("scanning", ""), {"state": "scanning"}),
        (((SUMMARY, None),), ("unknown", ""), {}),
    ],
)
def test_states(mirror: Mirror, steps: Any, state: tuple[str, str], fields: dict[str, Any]) -> None:
    """A folder's state, its error and its summary agree."""
    feed(mirror, *steps)
    docs = mirror.folders["docs"]
    assert (docs.state, docs.error) == state
    assert {**(docs.summary or {}), **fields} == docs.summary


def test_old_daemons_leave_out_an_empty_error(mirror: Mirror) -> None:
    """The summary keeps the form that its daemon gives it."""
    old = {key: value for key, value in summary().items() if key not in {"remoteSequence", "error"}}
    feed(mirror, (SUMMARY, old), changed("error", error="lost"))
    assert mirror.folders["docs"].summary["error"] == "lost"  # type: ignore[index]
    feed(mirror, changed("idle", before="error"))
    assert "error" not in mirror.folders["docs"].summary  # type: ignore[operator]


def test_patience_outlasts_the_daemons_own_interval() -> None:
    """The daemon sends summaries every two seconds."""
    assert PATIENCE > 2


def test_errors(mirror: Mirror) -> None:
    """A summary that has none ends them, since no event does; without a summary they are as they were answered."""
    feed(mirror, event("FolderErrors", {"folder": "docs", "errors": BAD}))
    assert mirror.folders["docs"].errors == BAD
    feed(mirror, summed())
    assert mirror.folders["docs"].errors == []
    fresh = Mirror()
    feed(fresh, (CONFIG, configuration()), (ERRORS, {"errors": BAD}))
    assert fresh.folders["docs"].errors == BAD
    assert fresh.take_questions() == set()


def test_recheck_is_cheap(mirror: Mirror) -> None:
    """Bytes transferred have no event, and at times neither have the end of errors and the patterns of a folder."""
    mirror.recheck()
    assert mirror.take_questions() == {CONNECTIONS}
    feed(mirror, event("FolderErrors", {"folder": "docs", "errors": BAD}))
    mirror.recheck()
    assert mirror.take_questions() == {CONNECTIONS, ERRORS}
    feed(mirror, changed("error", error="folder path missing"))
    mirror.take_questions()  # that raised one itself
    mirror.recheck()
    assert SUMMARY in mirror.take_questions()


def test_progress_ends_with_the_state(mirror: Mirror) -> None:
    """The progress of a scan or a download is over with it."""
    docs = mirror.folders["docs"]
    feed(mirror, changed("scanning"), event("FolderScanProgress", {"folder": "docs", **SCAN}))
    assert docs.scan is not None
    feed(mirror, changed("idle", before="scanning"))
    assert docs.scan is None
    feed(mirror, changed("syncing"), event("DownloadProgress", {"docs": {"a": {"bytesDone": 1}}}))
    assert docs.progress == {"a": {"bytesDone": 1}}
    feed(mirror, changed("idle", before="syncing"))
    assert docs.progress == {}


def test_folders_and_devices_come_and_go(mirror: Mirror) -> None:
    """The objects of those that stay are the same."""
    docs, other = mirror.folders["docs"], mirror.devices[OTHER]
    own = device(DAEMON_ID, name="own")
    devices = (own, device(OTHER, name="renamed"), device(THIRD))
    feed(mirror, saved(folder("docs", OTHER, THIRD), folder("pics"), devices=devices))
    assert mirror.folders["docs"] is docs
    assert mirror.devices[OTHER] is other
    assert other.name == "renamed"
    assert set(mirror.take_changes()) == {
        Change("device", THIRD, frozenset({"added"})),
        Change("device", OTHER, frozenset({"config"})),
        Change("folder", "docs", frozenset({"config"})),
        Change("folder", "pics", frozenset({"added"})),
    }
    new = {Question("summary", "pics"), Question("completion", "docs", THIRD)}
    assert mirror.take_questions() == PRESENCE | {FOLDER_STATS} | FOLDER | new
    feed(mirror, saved(folder("pics"), devices=(own,)))
    removed = frozenset({"removed"})
    devices_removed = {Change("device", name, removed) for name in (OTHER, THIRD)}
    assert set(mirror.take_changes()) == devices_removed | {Change("folder", "docs", removed)}
    assert mirror.take_questions() == set()


def test_an_answer_that_changes_nothing(mirror: Mirror) -> None:
    """What is as before wakes nothing that waits for changes."""
    answers = ((CONFIG, configuration()), (SUMMARY, summary()), (COMPLETION, completion()))
    for answer in answers:
        mirror.identify(DAEMON_ID, "v1.29.5")
        feed(mirror, answer)
        assert mirror.take_changes() == []
        assert mirror.take_questions() == set()


def test_after_lost_events_the_configuration_comes_first(mirror: Mirror) -> None:
    """The configuration shows which folders to ask about: each one, once, even if nothing seems to have changed."""
    mirror.refresh()
    assert mirror.take_questions() == {CONFIG, *PRESENCE, FOLDER_STATS, *PENDING}
    mirror.load(CONFIG, configuration(), 0)
    assert mirror.take_questions() == FOLDER
    mirror.load(CONFIG, configuration(), 0)
    assert mirror.take_questions() == set()


def test_another_daemon_in_its_place(mirror: Mirror) -> None:
    """The other device is its own one, then, and what was known of it as a remote one is forgotten."""
    mirror.take_questions()
    mirror.identify(OTHER, "v2.1.0")
    assert mirror.take_questions() == {SUMMARY, Question("completion", "docs", DAEMON_ID)}
    assert (mirror.own_id, mirror.version) == (OTHER, "v2.1.0")
    assert (mirror.devices[OTHER].own, mirror.devices[DAEMON_ID].own) == (True, False)
    assert mirror.folders["docs"].completion == {}


def test_an_old_daemon_and_devices_that_are_away(mirror: Mirror) -> None:
    """Before 1.27.4, their completion has to be asked for, but only when a summary has other numbers."""
    old = summary()
    del old["remoteSequence"]
    feed(mirror, (CONNECTIONS, connections(connected=False)))
    for answer, asked in (
        (old, {COMPLETION}),
        (old | {"state": "scanning"}, set()),
        (old | {"sequence": 8}, {COMPLETION}),
        (summary(sequence=9), set()),
    ):
        feed(mirror, event("FolderSummary", {"folder": "docs", "summary": answer}))
        assert mirror.take_questions() == asked


def test_rates(mirror: Mirror) -> None:
    """They are what was transferred since the last answer, even over a new connection, and never negative."""
    other = mirror.devices[OTHER]
    assert (other.in_rate, other.out_rate) == (None, None)
    for now, fields, expected in (
        (10.0, {"inBytesTotal": 1000, "outBytesTotal": 20}, (100, 2)),
        (12.0, {"inBytesTotal": 500, "outBytesTotal": 20}, (0, 0)),  # one of several connections has ended
        (12.0, {"inBytesTotal": 900, "outBytesTotal": 20}, (0, 0)),  # no time has passed
        (22.0, {"inBytesTotal": 30, "outBytesTotal": 10, "startedAt": "2026-03-01T12:30:00Z"}, (3, 1)),
        (32.0, {"connected": False}, (0, 0)),
    ):
        mirror.load(CONNECTIONS, connections(**fields), now)
        assert (other.in_rate, other.out_rate) == expected


def test_totals(mirror: Mirror) -> None:
    """They count since the daemon was started. A rate needs two counts of the same process."""
    assert mirror.transfers.totals == LiveTotals(0, 0, None, None)
    for now, received, sent, rates in (
        (10.0, 1000, 20, (100, 2)),
        (10.0, 1500, 20, (None, None)),  # no time has passed
        (12.0, 1500, 24, (0, 2)),
        (14.0, 10, 10, (0, 0)),  # it can't have taken anything back
    ):
        mirror.load(CONNECTIONS, connections(received=received, sent=sent), now)
        assert mirror.transfers.totals == LiveTotals(received, sent, *rates)
        assert mirror.take_changes()[-1] == Change("daemon", "", frozenset({"totals"}))
    mirror.refresh()
    for now, rates in ((20.0, (None, None)), (22.0, (50, 0))):
        mirror.load(CONNECTIONS, connections(received=round(now * 50), sent=10), now)
        assert mirror.transfers.totals == LiveTotals(round(now * 50), 10, *rates)


def test_statistics(mirror: Mirror) -> None:
    """They stay as last known while a folder is paused: the daemon lists it no more."""
    docs = mirror.folders["docs"]
    assert (docs.stats, docs.last_scan, docs.last_file, docs.last_file_at) == (None, None, "", None)
    stats = {"lastScan": "2026-03-01T12:00:00Z", "lastFile": {"at": NEVER, "filename": "", "deleted": False}}
    feed(mirror, (FOLDER_STATS, {"docs": stats, "gone": stats}), PAUSED, (FOLDER_STATS, {}))
    assert docs.stats == stats
    assert (docs.last_scan, docs.last_file, docs.last_file_at) == (datetime(2026, 3, 1, 12, tzinfo=UTC), "", None)


def test_a_long_pull(mirror: Mirror) -> None:
    """Files that arrive have no event that says which one was recorded as the last."""
    feed(mirror, changed("syncing"))
    mirror.recheck()
    assert mirror.take_questions() == {CONNECTIONS, FOLDER_STATS}


def test_last_seen(mirror: Mirror) -> None:
    """``last_seen`` is a time, or ``None`` for a device that was never seen."""
    times = {OTHER: "2026-03-01T12:00:00Z", DAEMON_ID: "1970-01-01T00:00:00Z"}
    feed(mirror, (DEVICE_STATS, {name: {"lastSeen": time} for name, time in times.items()}))
    seen = mirror.devices[OTHER].last_seen
    assert seen is not None
    assert seen.year == 2026
    assert mirror.devices[DAEMON_ID].last_seen is None


def test_connected_is_noted_once(mirror: Mirror) -> None:
    """Setting the same value again is no change."""
    mirror.set_connected(connected=True)
    mirror.set_connected(connected=True)
    assert mirror.take_changes() == [Change("daemon", "", frozenset({"connected"}))]


_STEPS = st.one_of(
    st.tuples(st.sampled_from([Follower.hear, Follower.send, Follower.receive]), st.just("")),
    st.tuples(st.sampled_from(OPERATIONS), st.sampled_from(["docs", "pics", SLASHED, "C"])),
)
_OFFERED = [(World.connect, "B"), (World.agree, ""), (World.announce, SLASHED)]


@given(version=st.sampled_from(VERSIONS), rounds=st.lists(st.lists(_STEPS, max_size=25), max_size=3))
@example(
    version="1.19",
    rounds=[[(World.pause_device, ""), (Follower.hear, ""), (Follower.send, ""), (World.pause_device, "")]],
)
@example(version="1.19", rounds=[[(World.change, "docs"), (Follower.send, "")]])
@example(
    version="1.29", rounds=[[(World.scan, "docs"), (World.find, "docs"), (Follower.send, ""), (World.find, "docs")]]
)
@example(version="2.1", rounds=[_OFFERED, [(World.announce, SLASHED)]])
@example(version="2.1", rounds=[_OFFERED, [(World.add, SLASHED)]])
@example(version="2.1", rounds=[_OFFERED, [(World.ignore, SLASHED)]])
def test_it_becomes_right(version: str, rounds: list[list[Any]]) -> None:
    """However events and answers meet, once nothing happens any more, the mirror has what the daemon would answer."""
    world = World(version)
    follower = Follower(world)
    for steps in rounds:
        for step, name in steps:
            step(world if step in OPERATIONS else follower, name)
        follower.settle()
        assert follower.differences() == []


@pytest.mark.parametrize("version", VERSIONS)
def test_changes_of_files_come_by_events_alone(version: str) -> None:
    """They raise no expensive question if all devices are connected."""
    world = World(version)
    for name in ("B", "C"):
        world.connect(name)
    follower = Follower(world)
    follower.settle()
    before = follower.count
    for _ in range(20):
        world.scan("docs")
        world.change("docs")
        world.scan("docs")
        world.pump()
        world.pull("docs")
        world.fetch("docs")
        follower.settle()
        assert follower.differences() == []
    assert follower.count == before
