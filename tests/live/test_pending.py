"""What waits to be accepted, by events and answers."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from aiosyncthing.live import Change
from aiosyncthing.live.mirror import Mirror
from aiosyncthing.live.questions import Question
from tests.support.folder_model import SLASHED

DEVICES, FOLDERS, CONFIG = (Question(kind) for kind in ("pending_devices", "pending_folders", "config"))
TIME = "2026-03-01T12:00:00Z"


@pytest.fixture
def mirror() -> Mirror:
    """A mirror that knows that nothing is pending."""
    mirror = Mirror()
    mirror.load(DEVICES, {}, 0)
    mirror.load(FOLDERS, {}, 0)
    mirror.take_questions()
    mirror.take_changes()
    return mirror


_NUMBERS = count(1)


def event(kind: str, **data: Any) -> Any:
    """Return an event."""
    number = next(_NUMBERS)
    return {"id": number, "globalID": number, "time": TIME, "type": kind, "data": data}


def test_devices_come_and_go(mirror: Mirror) -> None:
    """An event shows a device at once; the answer to the question that it makes necessary has the daemon's own time."""
    added = {"deviceID": "B", "name": "b", "address": "192.0.2.1:22000"}
    assert mirror.apply(event("PendingDevicesChanged", added=[added])) == {DEVICES}
    assert mirror.pending.devices == {"B": {"time": TIME, "name": "b", "address": "192.0.2.1:22000"}}
    assert mirror.take_questions() == {DEVICES}
    assert mirror.take_changes() == [Change("daemon", "", frozenset({"pending_devices"}))]
    before = mirror.pending.devices
    mirror.load(DEVICES, {"B": {**before["B"], "time": "2026-03-01T12:00:01Z"}}, 0)
    assert before["B"]["time"] == TIME, "what was handed out is not altered"
    assert mirror.take_changes() == [Change("daemon", "", frozenset({"pending_devices"}))]
    mirror.apply(event("PendingDevicesChanged", removed=[{"deviceID": "B"}, {"deviceID": ""}], added=None))
    assert mirror.pending.devices == {}


def test_folders_come_and_go(mirror: Mirror) -> None:
    """A folder is there as long as any device offers it."""
    for device in "BC":
        added = {"folderID": "docs", "folderLabel": "Docs", "deviceID": device, "receiveEncrypted": device == "C"}
        assert mirror.apply(event("PendingFoldersChanged", added=[{**added, "remoteEncrypted": False}])) == {FOLDERS}
    offers = mirror.pending.folders["docs"]["offeredBy"]
    assert offers["B"] == {"time": TIME, "label": "Docs", "receiveEncrypted": False, "remoteEncrypted": False}
    assert offers["C"]["receiveEncrypted"]
    assert mirror.take_changes() == [Change("daemon", "", frozenset({"pending_folders"}))]
    mirror.apply(event("PendingFoldersChanged", removed=[{"folderID": "docs", "deviceID": "B"}]))
    assert mirror.pending.folders["docs"]["offeredBy"].keys() == {"C"}
    mirror.apply(event("PendingFoldersChanged", removed=[{"folderID": "docs"}, {"folderID": "unknown"}]))
    assert mirror.pending.folders == {}


def test_a_folder_that_answers_leave_out_stays(mirror: Mirror) -> None:
    """Syncthing 2 never lists a folder ID with a slash; the event that named it counts. After a loss it does not."""
    mirror.apply(event("PendingFoldersChanged", added=[{"folderID": SLASHED, "folderLabel": "", "deviceID": "B"}]))
    mirror.load(FOLDERS, {}, 0)
    assert mirror.pending.folders.keys() == {SLASHED}
    mirror.refresh()
    assert mirror.pending.folders == {}


def test_a_folder_that_answers_do_list_goes_with_them(mirror: Mirror) -> None:
    """Where the daemon lists such folders, its answer counts also when it no longer has them."""
    mirror.apply(event("PendingFoldersChanged", added=[{"folderID": SLASHED, "folderLabel": "", "deviceID": "B"}]))
    mirror.load(FOLDERS, dict(mirror.pending.folders), 0)
    mirror.load(FOLDERS, {}, 0)
    assert mirror.pending.folders == {}
