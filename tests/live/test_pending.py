"""What waits to be accepted becomes right whatever happens, also where the daemon does not say it."""

from __future__ import annotations

import copy
from itertools import count
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from aiosyncthing.live import Change
from aiosyncthing.live.mirror import Mirror
from aiosyncthing.live.questions import Question

DEVICES, FOLDERS, CONFIG = (Question(kind) for kind in ("pending_devices", "pending_folders", "config"))
TIME = "2026-03-01T12:00:00Z"
SLASHED = "photos/2026"


class Daemon:
    """A daemon that devices offer folders to, as far as pending ones are concerned (lib/model/model.go).

    Args:
        hides: Whether it loses sight of folder IDs with a slash, as 2.x does.
        says: Whether it sends ClusterConfigReceived, as all do since 1.20.
    """

    def __init__(self, *, hides: bool, says: bool) -> None:
        self.hides = hides
        self.says = says
        self.config: dict[str, Any] = {
            "folders": [],
            "devices": [{"deviceID": name, "name": "", "paused": False, "ignoredFolders": []} for name in "BC"],
        }
        self.offers: set[tuple[str, str]] = set()  # of a folder by a device
        self.named: set[tuple[str, str]] = set()  # those that no event was lost of
        self.events: list[Any] = []
        self.mirror = Mirror()
        self.due: set[Question] = set()
        self.asking: dict[Question, tuple[Any, bool]] = {}
        self._take()

    def _say(self, kind: str, **data: Any) -> None:
        self.events.append({"id": 1, "globalID": 1, "time": TIME, "type": kind, "data": copy.deepcopy(data)})

    def _listed(self, folder: str) -> bool:
        return not (self.hides and "/" in folder)

    def _withdraw(self, offers: set[tuple[str, str]]) -> list[dict[str, str]]:
        """Forget offers, and return what is said of that."""
        self.offers -= offers
        self.named -= offers
        return [{"folderID": name, "deviceID": device} for name, device in sorted(offers) if self._listed(name)]

    def announce(self, device: str, folders: frozenset[str]) -> None:
        """Let a device say what it shares."""
        known = next((each for each in self.config["devices"] if each["deviceID"] == device), None)
        if known is None:
            return
        ignored = {each["id"] for each in known["ignoredFolders"]}
        shared = {each["id"] for each in self.config["folders"] if {"deviceID": device} in each["devices"]}
        offered = {(name, device) for name in folders - ignored - shared}
        removed = self._withdraw({each for each in self.offers if each[1] == device} - offered)
        added = [{"folderID": name, "folderLabel": "x", "deviceID": device} for name, _ in sorted(offered)]
        self.offers |= offered
        self.named |= offered
        if added or removed:
            self._say("PendingFoldersChanged", added=added or None, removed=removed or None)
        if self.says:
            self._say("ClusterConfigReceived", device=device)

    def _clean(self) -> None:
        known = {
            each["deviceID"]: {folder["id"] for folder in each["ignoredFolders"]} for each in self.config["devices"]
        }
        shared = {(each["id"], device["deviceID"]) for each in self.config["folders"] for device in each["devices"]}
        gone = {(name, device) for name, device in self.offers if device not in known or name in known[device]}
        if removed := self._withdraw(gone | (self.offers & shared)):
            self._say("PendingFoldersChanged", removed=removed)
        self._say("ConfigSaved", **self.config)

    def accept(self, device: str, folders: frozenset[str]) -> None:
        """Share folders with a device."""
        for name in sorted(folders):
            folder = {"id": name, "label": "", "paused": True, "devices": [{"deviceID": device}]}
            self.config["folders"] = [*(each for each in self.config["folders"] if each["id"] != name), folder]
        self._clean()

    def ignore(self, device: str, folders: frozenset[str]) -> None:
        """Ignore folders of a device."""
        for each in self.config["devices"]:
            if each["deviceID"] == device:
                each["ignoredFolders"] = [{"id": name} for name in sorted(folders)]
        self._clean()

    def remove(self, device: str, _: frozenset[str]) -> None:
        """Remove a device."""
        self.config["devices"] = [each for each in self.config["devices"] if each["deviceID"] != device]
        self._clean()

    def dismiss(self, device: str, folders: frozenset[str]) -> None:
        """Dismiss folders of a device."""
        for name in sorted(folders):
            self._withdraw({(name, device)} & self.offers)
            self._say("PendingFoldersChanged", removed=[{"folderID": name, "deviceID": device}])

    def dismiss_all(self, _: str, folders: frozenset[str]) -> None:
        """Dismiss folders whoever offers them."""
        for name in sorted(folders):
            self._withdraw({each for each in self.offers if each[0] == name})
            self._say("PendingFoldersChanged", removed=[{"folderID": name}])

    def lose(self, *_: object) -> None:
        """Lose the events that were not taken yet."""
        self.events = [{"type": "EventsLost"}]
        self.named.clear()

    def hear(self, *_: object) -> None:
        """Let the mirror take the next event."""
        if not self.events:
            return
        event = self.events.pop(0)
        if event["type"] == "EventsLost":
            self.mirror.refresh()
        else:
            for key in self.mirror.apply(event) & self.asking.keys():
                self.asking[key] = self.asking[key][0], True
        self._take()

    def _take(self) -> None:
        for key in self.mirror.take_questions() & {FOLDERS, CONFIG}:
            if key in self.asking:
                self.asking[key] = self.asking[key][0], True
            else:
                self.due.add(key)

    def send(self, *_: object) -> None:
        """Ask the first question, and let the daemon make up its mind."""
        if self.due:
            key = min(self.due)
            self.due.remove(key)
            self.asking[key] = copy.deepcopy(self.config if key == CONFIG else self.listing()), False

    def receive(self, *_: object) -> None:
        """Let the mirror take the last answer."""
        if self.asking:
            key, (answer, old) = self.asking.popitem()
            if old:
                self.due.add(key)
            else:
                self.mirror.load(key, answer, 0)
            self._take()

    def listing(self) -> Any:
        """What it answers about pending folders."""
        found: dict[str, Any] = {}
        for name, device in sorted(self.offers):
            if self._listed(name):
                offer = {"time": TIME, "label": "x", "receiveEncrypted": False, "remoteEncrypted": False}
                found.setdefault(name, {"offeredBy": {}})["offeredBy"][device] = offer
        return found

    def settle(self) -> None:
        """Let time pass until nothing happens any more."""
        while self.events or self.due or self.asking:
            self.hear()
            self.send()
            self.receive()


_STEPS = st.one_of(
    st.tuples(st.sampled_from([Daemon.hear, Daemon.send, Daemon.receive]), st.just("B"), st.just(frozenset[str]())),
    st.tuples(
        st.sampled_from(
            [
                Daemon.announce,
                Daemon.accept,
                Daemon.ignore,
                Daemon.remove,
                Daemon.dismiss,
                Daemon.dismiss_all,
                Daemon.lose,
            ]
        ),
        st.sampled_from("BC"),
        st.frozensets(st.sampled_from(["docs", SLASHED])),
    ),
)


@given(
    kind=st.sampled_from([(False, False), (False, True), (True, True)]),
    rounds=st.lists(st.lists(_STEPS, max_size=12), max_size=3),
)
@example(
    kind=(True, True), rounds=[[(Daemon.announce, "B", frozenset({SLASHED})), (Daemon.announce, "B", frozenset())]]
)
@example(
    kind=(True, True),
    rounds=[[(Daemon.announce, "B", frozenset({SLASHED})), (Daemon.accept, "B", frozenset({SLASHED}))]],
)
def test_whatever_happens_pending_folders_become_right(kind: tuple[bool, bool], rounds: list[list[Any]]) -> None:
    """Once nothing happens any more, the mirror has what is listed, and what was named since the last loss."""
    daemon = Daemon(hides=kind[0], says=kind[1])
    for steps in rounds:
        for step, device, folders in steps:
            step(daemon, device, folders)
        daemon.settle()
        found = daemon.mirror.pending.folders
        listed = daemon.listing()
        assert {name: folder for name, folder in found.items() if name in listed} == listed
        pairs = {(name, device) for name, folder in found.items() for device in folder["offeredBy"]}
        assert pairs <= daemon.offers
        assert {each for each in daemon.named if not daemon._listed(each[0])} <= pairs


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
