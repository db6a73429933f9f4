"""What waits to be accepted, by events and answers."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing.live import Change
from aiosyncthing.live.mirror import Mirror
from aiosyncthing.live.questions import Question
from tests.support.folder_model import SLASHED
from tests.support.values import device

DEVICES, FOLDERS, CONFIG = (Question(kind) for kind in ("pending_devices", "pending_folders", "config"))
TIME = "2026-03-01T12:00:00Z"
OFFER = {"folderID": SLASHED, "folderLabel": "", "deviceID": "B"}


def event(kind: str, **data: Any) -> Any:
    """Return an event."""
    return {"id": 1, "globalID": 1, "time": TIME, "type": kind, "data": data}


@pytest.fixture
def mirror() -> Mirror:
    """A mirror that knows that nothing is pending."""
    mirror = Mirror()
    mirror.load(DEVICES, {}, 0)
    mirror.load(FOLDERS, {}, 0)
    mirror.take_questions()
    mirror.take_changes()
    return mirror


def test_devices_come_and_go(mirror: Mirror) -> None:
    """An event shows a device at once, and raises the question, whose answer has the daemon's own time."""
    added = {"deviceID": "B", "name": "b", "address": "192.0.2.1:22000"}
    assert mirror.apply(event("PendingDevicesChanged", added=[added])) == {DEVICES}
    assert mirror.pending.devices == {"B": {"time": TIME, "name": "b", "address": "192.0.2.1:22000"}}
    assert mirror.take_questions() == {DEVICES}
    assert mirror.take_changes() == [Change("daemon", "", frozenset({"pending_devices"}))]
    before = mirror.pending.devices
    mirror.load(DEVICES, {"B": {**before["B"], "time": "2026-03-01T12:00:01Z"}}, 0)
    assert before["B"]["time"] == TIME, "a mapping is never modified"
    assert mirror.take_changes() == [Change("daemon", "", frozenset({"pending_devices"}))]
    mirror.apply(event("PendingDevicesChanged", removed=[{"deviceID": "B"}, {"deviceID": ""}], added=None))
    assert mirror.pending.devices == {}


def test_folders_come_and_go(mirror: Mirror) -> None:
    """A folder is there as long as any device offers it."""
    for name in "BC":
        added = {"folderID": "docs", "folderLabel": "Docs", "deviceID": name, "receiveEncrypted": name == "C"}
        assert mirror.apply(event("PendingFoldersChanged", added=[{**added, "remoteEncrypted": False}])) == {FOLDERS}
    offers = mirror.pending.folders["docs"]["offeredBy"]
    assert offers["B"] == {"time": TIME, "label": "Docs", "receiveEncrypted": False, "remoteEncrypted": False}
    assert offers["C"]["receiveEncrypted"]
    assert mirror.take_changes() == [Change("daemon", "", frozenset({"pending_folders"}))]
    mirror.apply(event("PendingFoldersChanged", removed=[{"folderID": "docs", "deviceID": "B"}]))
    assert mirror.pending.folders["docs"]["offeredBy"].keys() == {"C"}
    mirror.apply(event("PendingFoldersChanged", removed=[{"folderID": "docs"}, {"folderID": "unknown"}]))
    assert mirror.pending.folders == {}


def test_a_folder_that_the_daemon_does_not_list(mirror: Mirror) -> None:
    """Syncthing 2 never lists a folder ID with a slash: the event counts, until its device or any events are gone."""
    for remaining in ("C", "B"):
        mirror.apply(event("PendingFoldersChanged", added=[OFFER]))
        mirror.load(FOLDERS, {}, 0)
        assert mirror.pending.folders.keys() == {SLASHED}
        mirror.load(CONFIG, {"devices": [device(remaining)], "folders": []}, 0)
        assert mirror.pending.folders.keys() == ({SLASHED} if remaining == "B" else set())
    mirror.refresh()
    assert mirror.pending.folders == {}


def test_a_folder_that_the_daemon_lists(mirror: Mirror) -> None:
    """If it does list such folders, an answer without them counts, too."""
    mirror.apply(event("PendingFoldersChanged", added=[OFFER]))
    mirror.load(FOLDERS, dict(mirror.pending.folders), 0)
    mirror.load(FOLDERS, {}, 0)
    assert mirror.pending.folders == {}
