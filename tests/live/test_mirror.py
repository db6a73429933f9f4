"""The mirror's state: what events and answers change in it, and what has to be asked again."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from aiosyncthing.live import Change
from aiosyncthing.live.mirror import Mirror, restarts
from aiosyncthing.live.questions import PATIENCE, Question
from tests.support.folder_model import OPERATIONS, SLASHED, VERSIONS, Follower, World
from tests.support.server import DAEMON_ID
from tests.support.values import OTHER, THIRD, completion, connection, device, folder, summary

CONFIG, IDENTITY, CONNECTIONS, STATS = (Question(kind) for kind in ("config", "identity", "connections", "stats"))
PENDING = {Question("pending_devices"), Question("pending_folders")}
SUMMARY, ERRORS, COMPLETION = (
    Question("summary", "docs"),
    Question("errors", "docs"),
    Question("completion", "docs", OTHER),
)
PATIENCE_KEY = Question("patience", "docs")
NOTHING: frozenset[Question] = frozenset()


def event(kind: str, data: Any, time: str = "2026-03-01T12:00:00Z") -> Any:
    """Return an event."""
    return {"id": 1, "globalID": 1, "time": time, "type": kind, "data": data}


def changed(state: str, *, before: str = "idle", error: str = "", name: str = "docs") -> Any:
    """Return the event of a change of state."""
    data = {"folder": name, "from": before, "to": state} | ({"error": error} if error else {})
    return event("StateChanged", data, time="2026-03-01T12:34:56Z")


def summed(name: str, **fields: Any) -> Any:
    """Return the event with a folder's summary."""
    return event("FolderSummary", {"folder": name, "summary": summary(**fields)})


def completed(device_id: str, **fields: Any) -> Any:
    """Return the event with a device's completion."""
    return event("FolderCompletion", {"folder": "docs", "device": device_id, **completion(**fields)})


def configuration(*folders: Any, devices: tuple[Any, ...] | None = None) -> Any:
    """Return a configuration."""
    if devices is None:
        devices = (device(DAEMON_ID, name="own"), device(OTHER, name="other"))
    return {"devices": list(devices), "folders": list(folders or [folder("docs", OTHER)])}


@pytest.fixture
def mirror() -> Mirror:
    """A mirror that knows everything about one folder and one remote device that is connected."""
    mirror = Mirror()
    mirror.load(IDENTITY, {"myID": DAEMON_ID}, 0)
    mirror.load(CONFIG, configuration(), 0)
    mirror.load(CONNECTIONS, {"connections": {OTHER: connection()}}, 0)
    mirror.load(SUMMARY, summary(), 0)
    mirror.load(ERRORS, {"errors": None}, 0)
    mirror.load(COMPLETION, completion(), 0)
    mirror.take_questions()
    mirror.take_changes()
    return mirror


def test_at_the_beginning_everything_is_asked_once() -> None:
    """The configuration says what there is to be asked: each folder, and each device that shares it."""
    mirror = Mirror()
    mirror.load(IDENTITY, {"myID": DAEMON_ID}, 0)
    mirror.load(CONFIG, configuration(folder("docs", OTHER), folder("own")), 0)
    of_own = {Question("summary", "own"), Question("errors", "own")}
    assert mirror.take_questions() == {CONNECTIONS, STATS, *PENDING, SUMMARY, ERRORS, COMPLETION, *of_own}
    assert mirror.take_questions() == set()
    assert mirror.devices[DAEMON_ID].own
    assert not mirror.devices[OTHER].own
    assert mirror.folders["docs"].state == "unknown"
    assert set(mirror.take_changes()) == {
        Change("device", DAEMON_ID, frozenset({"added"})),
        Change("device", OTHER, frozenset({"added"})),
        Change("folder", "docs", frozenset({"added"})),
        Change("folder", "own", frozenset({"added"})),
    }
    assert mirror.take_changes() == []


def test_what_is_known_can_be_read(mirror: Mirror) -> None:
    """Folders and devices have short ways to what is read most."""
    docs, other = mirror.folders["docs"], mirror.devices[OTHER]
    assert (docs.label, docs.paused, docs.state, docs.error, docs.errors) == ("docs", False, "idle", "", [])
    assert docs.completion == {OTHER: completion()}
    assert (other.name, other.paused, other.connected) == ("other", False, True)
    assert (other.address, other.client_version) == ("192.0.2.1:22000", "v1.29.5")
    docs.config["label"] = "Documents"
    other.config["name"] = ""
    other.connection = None
    assert docs.label == "Documents"
    assert (other.name, other.address, other.client_version) == ("MFZWI3D", "", "")


FOLDER = {SUMMARY, ERRORS, COMPLETION}
PRESENCE = {CONNECTIONS, STATS}
SCAN = {"current": 1, "total": 2, "rate": 3}
BAD = [{"path": "a", "error": "bad"}]


@pytest.mark.parametrize(
    ("what", "obsolete", "asked", "fields"),
    [
        (event("Starting", {}), set(), set(), {}),
        (changed("scanning"), {SUMMARY}, set(), {"docs": {"state", "summary"}}),
        (changed("syncing", before="sync-preparing"), {SUMMARY}, set(), {"docs": {"state", "summary"}}),
        (changed("idle", before="scanning"), {SUMMARY}, {PATIENCE_KEY}, {"docs": {"summary"}}),
        (changed("error", error="lost"), {SUMMARY}, {SUMMARY}, {"docs": {"state", "error", "summary"}}),
        (changed("idle", name="other"), set(), set(), {}),
        (summed("docs", globalBytes=3), {SUMMARY}, set(), {"docs": {"summary"}}),
        (summed("docs", errors=2), {SUMMARY}, {ERRORS}, {"docs": {"summary"}}),
        (summed("x"), set(), set(), {}),
        (completed(OTHER, needItems=1), {COMPLETION}, set(), {"docs": {"completion"}}),
        (completed(THIRD), {Question("completion", "docs", THIRD)}, set(), {}),
        (event("FolderErrors", {"folder": "docs", "errors": BAD}), {ERRORS}, set(), {"docs": {"errors"}}),
        (event("FolderErrors", {"folder": "docs", "errors": None}), {ERRORS}, set(), {}),
        (event("FolderScanProgress", {"folder": "docs", **SCAN}), set(), set(), {}),
        (event("FolderScanProgress", {"folder": "x", **SCAN}), set(), set(), {}),
        (event("DownloadProgress", {"docs": {"a": {}}}), set(), set(), {"docs": {"progress"}}),
        (event("DownloadProgress", {}), set(), set(), {}),
        (event("FolderPaused", {"id": "docs", "label": ""}), FOLDER | {CONFIG}, FOLDER | {CONFIG}, {}),
        (event("FolderResumed", {"id": "docs", "label": ""}), FOLDER | {CONFIG}, FOLDER, {}),
        (event("FolderPaused", {"id": "x", "label": ""}), {CONFIG}, set(), {}),
        (event("DeviceConnected", {"id": OTHER}), PRESENCE, PRESENCE, {}),
        (event("DeviceConnected", {"id": THIRD}), PRESENCE, PRESENCE, {}),
        (
            event("DeviceDisconnected", {"id": OTHER}),
            PRESENCE | {COMPLETION},
            PRESENCE | {COMPLETION},
            {OTHER: {"connected"}},
        ),
        (event("DevicePaused", {"device": OTHER}), {CONNECTIONS, COMPLETION, CONFIG}, ..., {}),
        (event("DeviceResumed", {"device": OTHER}), {CONNECTIONS, COMPLETION, CONFIG}, {CONNECTIONS, COMPLETION}, {}),
        (event("DevicePaused", {"device": THIRD}), {CONNECTIONS, CONFIG}, {CONNECTIONS}, {}),
        (event("ConfigSaved", configuration()), {CONFIG}, set(), {}),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) and "type" in value else "",
)
def test_events(mirror: Mirror, what: Any, obsolete: set[Question], asked: Any, fields: dict[str, set[str]]) -> None:
    """Each event changes what it carries, makes older answers obsolete, and raises questions that no event answers."""
    assert mirror.apply(copy.deepcopy(what)) == obsolete
    assert mirror.take_questions() == (obsolete if asked is ... else asked)
    assert {change.id: set(change.fields) for change in mirror.take_changes()} == fields


def test_a_state_is_told_with_its_time(mirror: Mirror) -> None:
    """A change of state is also one of the summary, which no event of its own tells."""
    mirror.apply(changed("error", error="lost"))
    docs = mirror.folders["docs"]
    assert (docs.state, docs.error) == ("error", "lost")
    assert docs.summary is not None
    assert (docs.summary["state"], docs.summary["error"]) == ("error", "lost")  # type: ignore[typeddict-item]
    assert docs.summary["stateChanged"] == "2026-03-01T12:34:56Z"


def test_old_daemons_leave_out_an_error_that_is_none(mirror: Mirror) -> None:
    """The summary keeps the form that its daemon gives it."""
    old = summary()
    for name in ("remoteSequence", "error"):
        del old[name]
    mirror.load(SUMMARY, old, 0)
    mirror.apply(changed("error", error="lost"))
    assert mirror.folders["docs"].summary["error"] == "lost"  # type: ignore[index]
    mirror.apply(changed("idle", before="error"))
    assert "error" not in mirror.folders["docs"].summary  # type: ignore[operator]


def test_a_summary_is_older_than_the_states_told_before_it(mirror: Mirror) -> None:
    """The daemon adds up first and tells then; a change of state in between was told already."""
    mirror.apply(changed("syncing"))
    mirror.apply(event("FolderSummary", {"folder": "docs", "summary": summary(state="idle", globalBytes=5)}))
    docs = mirror.folders["docs"]
    assert docs.state == "syncing"
    assert docs.summary["state"] == "syncing"  # type: ignore[index]
    assert docs.summary["globalBytes"] == 5  # type: ignore[index]


def test_the_summary_of_a_paused_folder_is_empty(mirror: Mirror) -> None:
    """It is kept as the daemon sends it, without a state."""
    mirror.apply(event("ConfigSaved", configuration(folder("docs", OTHER, paused=True))))
    mirror.load(SUMMARY, summary(state="", globalBytes=0), 0)
    mirror.apply(event("FolderSummary", {"folder": "docs", "summary": summary(state="", globalBytes=0)}))
    docs = mirror.folders["docs"]
    assert docs.state == "paused"
    assert docs.summary["state"] == ""  # type: ignore[index]
    mirror.take_questions()
    mirror.apply(changed("idle", before="scanning"))
    assert docs.summary["state"] == ""  # type: ignore[index]
    assert mirror.take_questions() == {SUMMARY, ERRORS, COMPLETION}, "it was resumed, though nothing has said so yet"


def test_a_folder_that_was_paused_is_unknown_until_it_is_asked(mirror: Mirror) -> None:
    """The configuration alone says only that a folder is no longer paused."""
    docs = mirror.folders["docs"]
    mirror.apply(event("ConfigSaved", configuration(folder("docs", OTHER, paused=True))))
    assert docs.state == "paused"
    mirror.apply(event("ConfigSaved", configuration(folder("docs", OTHER))))
    assert docs.state == "unknown"
    mirror.load(SUMMARY, summary(state="scanning"), 0)
    assert docs.state == "scanning"


def test_questions_without_an_answer_are_asked_again_when_the_folder_runs(mirror: Mirror) -> None:
    """A folder that is starting answers 404; its first change of state tells when to ask again."""
    mirror.load(SUMMARY, None, 0)
    mirror.load(ERRORS, None, 0)
    mirror.load(COMPLETION, None, 0)
    docs = mirror.folders["docs"]
    assert (docs.state, docs.errors, docs.completion) == ("unknown", [], {})
    mirror.take_questions()
    mirror.apply(changed("scan-waiting"))
    assert mirror.take_questions() == {SUMMARY, ERRORS, COMPLETION}


@pytest.mark.parametrize("state", ["error", "starting"])
def test_leaving_an_unusual_state_is_followed_by_a_question(mirror: Mirror, state: str) -> None:
    """The daemon sends no FolderSummary then."""
    mirror.load(SUMMARY, summary(state=state), 0)
    mirror.apply(changed("idle", before=state))
    assert mirror.take_questions() == {SUMMARY}


def test_after_a_scan_the_sums_are_asked_for_unless_the_daemon_sends_them(mirror: Mirror) -> None:
    """A scan that changes no item may find errors or patterns, of which nothing is said."""
    mirror.apply(changed("scanning"))
    mirror.apply(changed("idle", before="scanning"))
    assert mirror.take_questions() == {PATIENCE_KEY}
    mirror.load(PATIENCE_KEY, None, 0)
    assert mirror.take_questions() == {SUMMARY}
    mirror.load(SUMMARY, summary(), 0)
    mirror.load(PATIENCE_KEY, None, 0)
    assert mirror.take_questions() == set()


@pytest.mark.parametrize(("state", "asked"), [("idle", NOTHING), ("scanning", {SUMMARY})])
def test_only_a_summary_from_after_the_scan_makes_the_question_superfluous(
    mirror: Mirror, state: str, asked: set[Question]
) -> None:
    """One that was made in the middle of a scan lacks the rest."""
    mirror.apply(changed("idle", before="scanning"))
    mirror.take_questions()
    mirror.apply(event("FolderSummary", {"folder": "docs", "summary": summary(state=state)}))
    mirror.load(PATIENCE_KEY, None, 0)
    assert mirror.take_questions() == asked
    mirror.load(SUMMARY, summary(state=state), 0)
    mirror.load(PATIENCE_KEY, None, 0)
    assert mirror.take_questions() == asked


def test_patience_outlasts_the_daemons_own_interval() -> None:
    """It sends sums every two seconds."""
    assert PATIENCE > 2


def test_errors_end_with_a_summary_that_has_none(mirror: Mirror) -> None:
    """FolderErrors is never sent to say that there are none any more."""
    failed = [{"path": "a", "error": "bad"}]
    mirror.apply(event("FolderErrors", {"folder": "docs", "errors": failed}))
    assert mirror.folders["docs"].errors == failed
    mirror.apply(event("FolderSummary", {"folder": "docs", "summary": summary()}))
    assert mirror.folders["docs"].errors == []


@pytest.mark.parametrize(
    ("count", "errors", "asked"),
    [
        (1, [{"path": "a", "error": "bad"}], set()),
        (0, [{"path": "a", "error": "bad"}], {SUMMARY}),
        (1, None, {SUMMARY}),
        (0, None, set()),
    ],
)
def test_errors_and_summary_that_disagree_are_asked_again(
    mirror: Mirror, count: int, errors: Any, asked: set[Question]
) -> None:
    """One of the two is older than the other."""
    mirror.load(SUMMARY, summary(errors=count), 0)
    mirror.take_questions()
    mirror.load(ERRORS, {"errors": errors}, 0)
    assert mirror.take_questions() == asked


def test_errors_without_a_summary_are_taken() -> None:
    """The answers come in any order."""
    mirror = Mirror()
    mirror.load(CONFIG, configuration(), 0)
    mirror.take_questions()
    mirror.load(ERRORS, {"errors": [{"path": "a", "error": "bad"}]}, 0)
    assert mirror.folders["docs"].errors
    assert mirror.take_questions() == set()
    mirror.apply(changed("idle"))
    assert mirror.folders["docs"].state == "idle"


def test_recheck_is_cheap(mirror: Mirror) -> None:
    """Transferred bytes have no event, the end of errors at times, and patterns of a folder in error."""
    mirror.recheck()
    assert mirror.take_questions() == {CONNECTIONS}
    mirror.apply(event("FolderErrors", {"folder": "docs", "errors": [{"path": "a", "error": "bad"}]}))
    mirror.recheck()
    assert mirror.take_questions() == {CONNECTIONS, ERRORS}
    mirror.apply(changed("error", error="folder path missing"))
    mirror.take_questions()
    mirror.recheck()
    assert SUMMARY in mirror.take_questions()


def test_progress_ends_with_the_state(mirror: Mirror) -> None:
    """What is told of a scan or a download is over with it."""
    docs = mirror.folders["docs"]
    mirror.apply(changed("scanning"))
    mirror.apply(event("FolderScanProgress", {"folder": "docs", "current": 1, "total": 2, "rate": 3}))
    assert docs.scan is not None
    mirror.apply(changed("idle", before="scanning"))
    assert docs.scan is None
    mirror.apply(changed("syncing"))
    mirror.apply(event("DownloadProgress", {"docs": {"a": {"bytesDone": 1}}}))
    assert docs.progress == {"a": {"bytesDone": 1}}
    mirror.apply(changed("idle", before="syncing"))
    assert docs.progress == {}


def test_folders_and_devices_come_and_go(mirror: Mirror) -> None:
    """The objects of those that stay are the same."""
    docs, other = mirror.folders["docs"], mirror.devices[OTHER]
    own = device(DAEMON_ID, name="own")
    mirror.apply(
        event(
            "ConfigSaved",
            configuration(
                folder("docs", OTHER, THIRD),
                folder("pics"),
                devices=(own, device(OTHER, name="renamed"), device(THIRD)),
            ),
        )
    )
    assert mirror.folders["docs"] is docs
    assert mirror.devices[OTHER] is other
    assert other.name == "renamed"
    assert set(mirror.take_changes()) == {
        Change("device", THIRD, frozenset({"added"})),
        Change("device", OTHER, frozenset({"config"})),
        Change("folder", "docs", frozenset({"config"})),
        Change("folder", "pics", frozenset({"added"})),
    }
    of_pics = {Question("summary", "pics"), Question("errors", "pics")}
    of_docs = {SUMMARY, ERRORS, COMPLETION, Question("completion", "docs", THIRD)}
    assert mirror.take_questions() == {CONNECTIONS, STATS} | of_pics | of_docs
    mirror.apply(event("ConfigSaved", configuration(folder("pics"), devices=(own,))))
    assert set(mirror.take_changes()) == {
        Change("device", OTHER, frozenset({"removed"})),
        Change("device", THIRD, frozenset({"removed"})),
        Change("folder", "docs", frozenset({"removed"})),
    }
    assert mirror.take_questions() == set()


def test_what_is_gone_is_not_brought_back_by_late_news(mirror: Mirror) -> None:
    """Answers and events about a folder or device that was removed are ignored."""
    mirror.apply(event("ConfigSaved", {"devices": [], "folders": []}))
    mirror.take_changes()
    for key, answer in ((SUMMARY, summary()), (ERRORS, {"errors": None}), (COMPLETION, completion())):
        mirror.load(key, answer, 0)
    mirror.load(CONNECTIONS, {"connections": {OTHER: connection()}}, 0)
    mirror.load(STATS, {OTHER: {"lastSeen": "2026-03-01T12:00:00Z"}}, 0)
    mirror.load(PATIENCE_KEY, None, 0)
    mirror.apply(event("DeviceDisconnected", {"id": OTHER}))
    mirror.apply(event("FolderErrors", {"folder": "docs", "errors": []}))
    mirror.apply(event("DownloadProgress", {"docs": {"a": {}}}))
    assert mirror.take_changes() == []
    assert mirror.folders == mirror.devices == {}


def test_a_folder_that_is_no_longer_shared_forgets_the_device(mirror: Mirror) -> None:
    """Its completion means nothing any more; an answer that comes late is not taken either."""
    mirror.apply(event("ConfigSaved", configuration(folder("docs"))))
    assert mirror.folders["docs"].completion == {}
    assert mirror.take_questions() == {SUMMARY, ERRORS}
    (change,) = mirror.take_changes()
    assert change.fields >= {"completion", "config"}
    mirror.load(COMPLETION, completion(), 0)
    assert mirror.take_changes() == []


def test_a_label_costs_nothing(mirror: Mirror) -> None:
    """The daemon goes on with the folder as it is."""
    mirror.apply(event("ConfigSaved", configuration(folder("docs", OTHER, label="Documents"))))
    assert mirror.take_questions() == set()
    assert mirror.folders["docs"].label == "Documents"


@pytest.mark.parametrize(
    ("fields", "expected"), [({}, False), ({"label": "x"}, False), ({"group": "x"}, False), ({"order": "random"}, True)]
)
def test_restarts(fields: Any, expected: Any) -> None:
    """All but names lets the daemon stop a folder and start it again."""
    before: Any = folder("docs")
    assert restarts(before, {**before, **fields}) is expected


def test_an_answer_that_changes_nothing_is_no_change(mirror: Mirror) -> None:
    """Whoever waits for changes is not woken."""
    mirror.load(CONFIG, configuration(), 0)
    mirror.load(SUMMARY, summary(), 0)
    mirror.load(COMPLETION, completion(), 0)
    mirror.load(IDENTITY, {"myID": DAEMON_ID}, 0)
    assert mirror.take_changes() == []
    assert mirror.take_questions() == set()


def test_after_lost_events_the_configuration_comes_first(mirror: Mirror) -> None:
    """What is to be asked about folders is known only then; each is asked about once, also if nothing seems changed."""
    mirror.refresh()
    assert mirror.take_questions() == {CONFIG, IDENTITY, CONNECTIONS, STATS, *PENDING}
    mirror.load(CONFIG, configuration(), 0)
    assert mirror.take_questions() == {SUMMARY, ERRORS, COMPLETION}
    mirror.load(CONFIG, configuration(), 0)
    assert mirror.take_questions() == set()


def test_another_daemon_in_its_place(mirror: Mirror) -> None:
    """Then the other device is the own one, and what was known of it as a remote one is forgotten."""
    mirror.load(IDENTITY, {"myID": OTHER}, 0)
    assert mirror.devices[OTHER].own
    assert not mirror.devices[DAEMON_ID].own
    assert mirror.folders["docs"].completion == {}
    assert mirror.take_questions() == {SUMMARY, ERRORS, Question("completion", "docs", DAEMON_ID)}


def test_an_old_daemon_says_nothing_of_devices_that_are_away(mirror: Mirror) -> None:
    """Before 1.27.4 their completion has to be asked for, but only when the sums have changed."""
    mirror.load(CONNECTIONS, {"connections": {OTHER: connection(connected=False)}}, 0)
    assert mirror.take_questions() == {COMPLETION}, "it has gone, so its figures may be others"
    old = summary()
    del old["remoteSequence"]
    for state, asked in (("idle", {COMPLETION}), ("scanning", set())):
        mirror.apply(event("FolderSummary", {"folder": "docs", "summary": old | {"state": state}}))
        assert mirror.take_questions() == asked
    mirror.apply(event("FolderSummary", {"folder": "docs", "summary": old | {"sequence": 8}}))
    assert mirror.take_questions() == {COMPLETION}
    mirror.apply(event("FolderSummary", {"folder": "docs", "summary": summary(sequence=9)}))
    assert mirror.take_questions() == set(), "a newer daemon tells by itself"


def test_rates(mirror: Mirror) -> None:
    """They are what was transferred since the account before, also over a new connection, and never negative."""
    other = mirror.devices[OTHER]
    assert (other.in_rate, other.out_rate) == (None, None)
    for now, fields, expected in (
        (10.0, {"inBytesTotal": 1000, "outBytesTotal": 20}, (100, 2)),
        (12.0, {"inBytesTotal": 500, "outBytesTotal": 20}, (0, 0)),  # one of several connections has ended
        (12.0, {"inBytesTotal": 900, "outBytesTotal": 20}, (0, 0)),  # no time has passed
        (22.0, {"inBytesTotal": 30, "outBytesTotal": 10, "startedAt": "2026-03-01T12:30:00Z"}, (3, 1)),
        (32.0, {"connected": False}, (0, 0)),
    ):
        mirror.load(CONNECTIONS, {"connections": {OTHER: connection(**fields), THIRD: connection()}}, now)
        assert (other.in_rate, other.out_rate) == expected


def test_last_seen(mirror: Mirror) -> None:
    """It is a time, or nothing for a device that never was."""
    mirror.load(
        STATS, {OTHER: {"lastSeen": "2026-03-01T12:00:00Z"}, DAEMON_ID: {"lastSeen": "1970-01-01T00:00:00Z"}}, 0
    )
    seen = mirror.devices[OTHER].last_seen
    assert seen is not None
    assert seen.year == 2026
    assert mirror.devices[DAEMON_ID].last_seen is None


def test_connected_is_noted_once(mirror: Mirror) -> None:
    """Only what is not so already is a change."""
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
