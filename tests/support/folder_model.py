"""A daemon's folders and devices as a model without I/O, with the events that a real daemon sends about changes.

They follow lib/model/folder_summary.go, lib/model/folderstate.go and lib/model/model.go.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from aiosyncthing.live.mirror import Mirror
from aiosyncthing.live.questions import Question

__all__ = ["OPERATIONS", "SLASHED", "VERSIONS", "Follower", "World"]

SLASHED: Final = "photos/2026"
"""A folder ID that version 2 neither lists as pending nor reports as gone."""

VERSIONS: Final = ("1.19", "1.29", "2.1")

_OWN: Final = "OWN"


@dataclass
class Folder:
    """A folder as it is."""

    state: str = "idle"
    error: str = ""
    items: int = 0
    patterns: bool = False
    failed: list[dict[str, str]] = field(default_factory=list)
    needs: dict[str, int] = field(default_factory=dict)
    scans: int = 0
    pulls: int = 0


class World:
    """The daemon: `answer` returns its answers, `events` are the events that were not taken yet.

    Args:
        version: One of `VERSIONS`.

    Attributes:
        named: The folders that B offers, as far as no event about them was lost.
    """

    def __init__(self, version: str) -> None:
        self.version = version
        self.recent = version != "1.19"
        self.hides = version == "2.1"
        self.config: dict[str, Any] = {
            "devices": [
                {"deviceID": name, "name": "", "paused": False, "ignoredFolders": []} for name in (_OWN, "B", "C")
            ],
            "folders": [],
        }
        self.folders: dict[str, Folder] = {}
        self.connected = {"B": False, "C": False}
        self.agreed = {"B": False, "C": False}
        self.dirty: set[str] = set()
        self.theirs: set[str] = set()  # the folders that B shares
        self.offers: dict[str, str] = {}  # times of those that are pending
        self.named: set[str] = set()
        self.events: list[dict[str, Any]] = []
        self.saved: Any = None
        self.add("docs")
        self.events.clear()

    def _emit(self, kind: str, data: Any) -> str:
        time = f"2026-03-01T12:00:00.{len(self.events):09}Z"
        self.events.append({"id": 0, "globalID": 0, "time": time, "type": kind, "data": copy.deepcopy(data)})
        return time

    def _config(self, name: str) -> dict[str, Any] | None:
        return next((each for each in self.config["folders"] if each["id"] == name), None)

    def _running(self, name: str) -> Folder | None:
        config = self._config(name)
        return self.folders[name] if config is not None and not config["paused"] else None

    def _remotes(self, name: str) -> list[str]:
        config = self._config(name)
        return [each["deviceID"] for each in config["devices"] if each["deviceID"] != _OWN] if config else []

    def _set_state(self, name: str, state: str, error: str = "") -> None:
        folder = self.folders[name]
        data = {"folder": name, "from": folder.state, "to": state} | ({"error": error} if error else {})
        folder.state, folder.error = state, error
        self._emit("StateChanged", data)

    # --- The configuration ---

    def save(self, _: str = "") -> None:
        """Save the configuration, which may happen seconds after a change."""
        if self.saved != self.config:
            if removed := self._withdraw(self.offers.keys() - self._offered()):
                self._emit("PendingFoldersChanged", {"removed": removed})
            self._emit("ConfigSaved", self.config)
            self.saved = copy.deepcopy(self.config)

    def add(self, name: str) -> None:
        """Add a folder."""
        if self._config(name) is None:
            shared = [{"deviceID": each} for each in (_OWN, "B", "C")]
            self.config["folders"].append({"id": name, "label": "", "paused": False, "devices": shared})
            self.folders[name] = Folder(needs={"B": 0, "C": 0})
            self.save()
            self.scan(name)

    def remove(self, name: str) -> None:
        """Remove a folder."""
        config = self._config(name)
        if config is not None:
            self.config["folders"].remove(config)
            self.folders.pop(name)
            self.save()

    def rename(self, name: str) -> None:
        """Change a label, and a device's name."""
        if (config := self._config(name)) is not None:
            config["label"] += "x"
        self.config["devices"][1]["name"] += "y"
        self.save()

    def share(self, name: str) -> None:
        """Share a folder with C, or stop sharing it."""
        config = self._config(name)
        if config is not None:
            if len(config["devices"]) == 3:
                config["devices"].pop()
            else:
                config["devices"].append({"deviceID": "C"})
                self.folders[name].needs["C"] = self.folders[name].items
            self.save()
            if not config["paused"]:
                self.scan(name)

    def pause(self, name: str) -> None:
        """Pause or resume a folder."""
        config = self._config(name)
        if config is None:
            return
        config["paused"] = not config["paused"]
        folder = self.folders[name]
        folder.state, folder.error, folder.failed = "idle", "", []
        self._emit("FolderPaused" if config["paused"] else "FolderResumed", {"id": name, "label": ""})
        if not config["paused"]:
            self.scan(name)

    def pause_device(self, _: str) -> None:
        """Pause or resume B."""
        device = self.config["devices"][1]
        device["paused"] = not device["paused"]
        self._emit("DevicePaused" if device["paused"] else "DeviceResumed", {"device": "B"})
        if device["paused"] and self.connected["B"]:
            self.connect("B")

    # --- The content of folders ---

    def scan(self, name: str) -> None:
        """Begin or end a scan."""
        folder = self._running(name)
        if folder is not None:
            folder.scans += folder.state == "scanning"
            self._set_state(name, "idle" if folder.state == "scanning" else "scanning")

    def change(self, name: str) -> None:
        """Change an item of a folder."""
        if folder := self._running(name):
            folder.items += 1
            folder.needs = {device: needed + 1 for device, needed in folder.needs.items()}
            self._emit("LocalIndexUpdated", {"folder": name})
            self.dirty.add(name)

    def find(self, name: str) -> None:
        """Find items that can't be read, and patterns, during a scan. No event reports that."""
        folder = self._running(name)
        if folder is not None and folder.state == "scanning":
            folder.failed = [] if folder.failed else [{"path": str(folder.items), "error": "bad"}]
            folder.patterns = not folder.patterns

    def fail(self, name: str) -> None:
        """Set or clear a folder's error."""
        if folder := self._running(name):
            if folder.error:
                self._set_state(name, "idle")
            else:
                self._set_state(name, "error", "folder marker missing")

    def pull(self, name: str) -> None:
        """Sync a folder, with failures."""
        folder = self._running(name)
        if folder is not None and folder.state == "idle":
            self._set_state(name, "syncing")
            self._emit("DownloadProgress", {name: {"a": {"bytesDone": 1}}})
            folder.failed = [{"path": "b", "error": "worse"}] * (folder.items % 3)
            if folder.failed:
                self._emit("FolderErrors", {"folder": name, "errors": folder.failed})
            folder.pulls += 1
            self._set_state(name, "idle")
            self._sum_up(name)

    def pump(self, _: str = "") -> None:
        """Send the summaries of folders that have changed."""
        for name in sorted(self.dirty):
            self._sum_up(name)
        self.dirty.clear()

    # --- Other devices ---

    def connect(self, device: str) -> None:
        """Connect or disconnect a device."""
        device = device if device in self.connected else "B"
        self.connected[device] = not self.connected[device]
        self.agreed[device] = False
        if self.connected[device]:
            self._emit("DeviceConnected", {"id": device})
            self.dirty |= {name for name in self.folders if device in self._remotes(name)}
        else:
            self._emit("DeviceDisconnected", {"id": device, "error": ""})

    def agree(self, _: str = "") -> None:
        """Receive B's cluster configuration: the folders that it shares."""
        if self.connected["B"] and not self.agreed["B"]:
            self.agreed["B"] = True
            self._announce()
            self.dirty |= {name for name in self.folders if "B" in self._remotes(name)}

    def announce(self, name: str) -> None:
        """Receive another one, with one folder more or less."""
        self.theirs ^= {name}
        if self.agreed["B"]:
            self._announce()

    def ignore(self, name: str) -> None:
        """Ignore a folder of B's, or stop ignoring it."""
        ignored = self.config["devices"][1]["ignoredFolders"]
        if {"id": name} in ignored:
            ignored.remove({"id": name})
        else:
            ignored.append({"id": name})
        self.save()

    def dismiss(self, name: str) -> None:
        """Dismiss a pending folder, whoever offers it."""
        self._withdraw({name} & self.offers.keys())
        self._emit("PendingFoldersChanged", {"removed": [{"folderID": name}]})

    def _announce(self) -> None:
        offered = self._offered()
        removed = self._withdraw(self.offers.keys() - offered)
        added = [{"folderID": name, "folderLabel": "x", "deviceID": "B"} for name in sorted(offered)]
        if added or removed:
            time = self._emit("PendingFoldersChanged", {"added": added or None, "removed": removed or None})
            self.offers = dict.fromkeys(offered, time)
            self.named |= offered
        if self.recent:
            self._emit("ClusterConfigReceived", {"device": "B"})

    def _offered(self) -> set[str]:
        ignored = {each["id"] for each in self.config["devices"][1]["ignoredFolders"]}
        return {name for name in self.theirs - ignored if "B" not in self._remotes(name)}

    def _withdraw(self, names: set[str]) -> list[dict[str, str]]:
        """Remove offers, and return what is reported of that."""
        self.offers = {name: time for name, time in self.offers.items() if name not in names}
        self.named -= names
        return [{"folderID": name, "deviceID": "B"} for name in sorted(names) if self._lists(name)]

    def _lists(self, name: str) -> bool:
        return not (self.hides and "/" in name)

    def fetch(self, name: str) -> None:
        """Receive an index of B's that has everything."""
        if self.agreed["B"] and (folder := self._running(name)):
            folder.needs["B"] = 0
            self._emit("RemoteIndexUpdated", {"folder": name, "device": "B"})
            self.dirty.add(name)

    # --- Losses ---

    def lose(self, _: str = "") -> None:
        """Lose the events that were not taken yet, and report that."""
        self.events.clear()
        self.named.clear()
        self._emit("EventsLost", {"reason": "overflow", "missed": None})

    def restart(self, _: str = "") -> None:
        """Become another process."""
        for name, folder in self.folders.items():
            folder.state, folder.error, folder.failed = "idle", "", []
            if not self._config(name)["paused"]:  # type: ignore[index]  # it is there
                folder.state = "scanning"
        self.connected = dict.fromkeys(self.connected, False)
        self.agreed = dict.fromkeys(self.agreed, False)
        self.dirty.clear()
        self.lose()

    # --- Answers ---

    def _sum_up(self, name: str) -> None:
        if self._config(name) is None:
            return
        self._emit("FolderSummary", {"folder": name, "summary": self.summary(name)})
        if self._running(name):
            for device in self._remotes(name):
                if self.recent or self.connected[device]:
                    figures = self.completion(name, device)
                    self._emit("FolderCompletion", {"folder": name, "device": device, **figures})

    def summary(self, name: str) -> dict[str, Any]:
        """Return the answer of db/status."""
        folder = self._running(name)
        recent = {"remoteSequence": None} if self.recent else {}
        if folder is None:
            error = {"error": ""} if self.recent else {}
            return {"state": "", "stateChanged": "", "errors": 0, "items": 0, **error, **recent}
        figures = {"items": folder.items, "errors": len(folder.failed), "patterns": folder.patterns, **recent}
        error = {"error": folder.error} if folder.error or self.recent else {}
        return {"state": folder.state, "stateChanged": "", **error, **figures}

    def completion(self, name: str, device: str) -> dict[str, Any]:
        """Return the answer of db/completion."""
        agreed = self.agreed[device] or not self.recent
        return {"needItems": self.folders[name].needs[device], "remoteState": "valid" if agreed else "unknown"}

    def stats(self, name: str) -> dict[str, Any]:
        """Return what the answer of stats/folder has about a folder that is running."""
        folder = self.folders[name]
        return {"lastScan": str(folder.scans), "lastFile": {"at": "", "filename": str(folder.pulls), "deleted": False}}

    def pending(self) -> dict[str, Any]:
        """Return the answer of cluster/pending/folders."""
        flags = {"label": "x", "receiveEncrypted": False, "remoteEncrypted": False}
        return {
            name: {"offeredBy": {"B": {"time": time, **flags}}}
            for name, time in self.offers.items()
            if self._lists(name)
        }

    def answer(self, question: Question) -> Any:
        """Answer a question as of this moment."""
        folder, device = question.folder, question.device
        match question.kind:
            case "config":
                return copy.deepcopy(self.config)
            case "connections":
                paused = {each["deviceID"]: each["paused"] for each in self.config["devices"]}
                nothing = {"inBytesTotal": 0, "outBytesTotal": 0, "startedAt": "", "clientVersion": ""}
                return {
                    "total": {"inBytesTotal": 0, "outBytesTotal": 0},
                    "connections": {
                        name: {"connected": on, "paused": paused[name], **nothing, "address": "x" if on else ""}
                        for name, on in self.connected.items()
                    },
                }
            case "device_stats" | "pending_devices":
                return {}
            case "folder_stats":
                return {name: self.stats(name) for name in self.folders if self._running(name)}
            case "pending_folders":
                return self.pending()
            case "summary":
                return self.summary(folder) if self._config(folder) else None
            case "errors":
                running = self._running(folder)
                return {"errors": list(running.failed) or None} if running else None
            case "completion":
                shared = self._running(folder) and device in self._remotes(folder)
                return self.completion(folder, device) if shared else None
            case "patience":
                return None


class Follower:
    """Drives a `Mirror` as `Live` does, one step at a time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mirror = Mirror()
        self.due: set[Question] = set()
        self.asking: dict[Question, tuple[Any, bool]] = {}
        self.count = 0
        self.mirror.identify(_OWN, world.version)
        self.mirror.load(Question("config"), world.answer(Question("config")), 0)
        self._ask()

    def _ask(self) -> None:
        for question in self.mirror.take_questions():
            if question in self.asking:
                self.asking[question] = self.asking[question][0], True
            else:
                self.due.add(question)

    def hear(self, _: str = "") -> None:
        """Take the next event."""
        if not self.world.events:
            return
        event: Any = self.world.events.pop(0)
        if event["type"] == "EventsLost":
            self.mirror.refresh()
        else:
            for question in self.mirror.apply(event):
                if question in self.asking:
                    self.asking[question] = self.asking[question][0], True
        self._ask()

    def send(self, _: str = "") -> None:
        """Send the first question, which the daemon answers at this moment."""
        ready = sorted(self.due)
        if ready:
            question = ready[0]
            self.due.remove(question)
            self.asking[question] = self.world.answer(question), False
            self.count += question.kind in {"summary", "completion"}

    def receive(self, _: str = "") -> None:
        """Receive the last answer."""
        if self.asking:
            question, (answer, old) = self.asking.popitem()
            if old:
                self.due.add(question)
            else:
                self.mirror.load(question, answer, 0)
            self._ask()

    def settle(self) -> None:
        """Continue until nothing happens any more."""
        world = self.world
        for name, folder in world.folders.items():
            if folder.state == "scanning":
                world.scan(name)
        world.save()
        while world.events or world.dirty or self.due or self.asking:
            world.pump()
            while world.events:
                self.hear()
            self.send()
            self.receive()

    def differences(self) -> list[str]:
        """Return what differs between the mirror and the daemon."""
        world, mirror, found = self.world, self.mirror, list[str]()

        def compare(what: str, actual: object, expected: object) -> None:
            if actual != expected:
                found.append(f"{what} is {actual!r}, not {expected!r}")

        compare("folders", sorted(mirror.folders), sorted(each["id"] for each in world.config["folders"]))
        for config in world.config["folders"]:
            name, actual = config["id"], mirror.folders.get(config["id"])
            if actual is None:
                continue
            folder = world._running(name)
            state = "paused" if config["paused"] else world.folders[name].state
            clock = {"stateChanged": ""}
            compare("config", actual.config, config)
            compare("state", actual.state, state)
            compare("error", actual.error, folder.error if folder else "")
            compare("summary", {**(actual.summary or {}), **clock}, {**world.summary(name), **clock})
            compare("errors", actual.errors, folder.failed if folder else [])
            expected = {device: world.completion(name, device) for device in world._remotes(name)} if folder else {}
            compare("completion", actual.completion, expected)
            compare("progress", actual.progress, {})
            if folder:
                compare("stats", actual.stats, world.stats(name))
        for device in world.config["devices"]:
            compare("device", mirror.devices[device["deviceID"]].config, device)
        for name, on in world.connected.items():
            device = mirror.devices[name]
            compare("connected", (device.connected, device.address), (on, "x" if on else ""))
            compare("paused", device.connection and device.connection["paused"], device.paused)
        pending = mirror.pending.folders
        compare("pending", {name: pending[name] for name in pending if world._lists(name)}, world.pending())
        compare("offered, but not pending", sorted(pending.keys() - world.offers.keys()), [])
        compare("not pending, but offered", sorted(world.named - pending.keys()), [])
        return found


OPERATIONS: tuple[Callable[..., None], ...] = (
    *(World.save, World.add, World.remove, World.rename, World.share, World.pause, World.pause_device, World.scan),
    *(World.change, World.find, World.fail, World.pull, World.connect, World.agree, World.fetch, World.pump),
    *(World.announce, World.ignore, World.dismiss, World.lose, World.restart),
)
