"""A daemon's folders and devices as a model without I/O, which says of its changes only what a real one says.

The rules of what is said are those of lib/model/folder_summary.go and lib/model/folderstate.go.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosyncthing.live.mirror import Mirror
from aiosyncthing.live.questions import Question

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = ["OWN", "Follower", "World"]

OWN = "OWN"


@dataclass
class Folder:
    """A folder as it is."""

    state: str = "idle"
    error: str = ""
    items: int = 0
    patterns: bool = False
    failed: list[dict[str, str]] = field(default_factory=list)
    needs: dict[str, int] = field(default_factory=dict)


class World:
    """The daemon: `answer` is what it says when asked, `events` what it says by itself.

    Args:
        recent: Whether it is as version 1.27.4, or as 1.19.
    """

    def __init__(self, *, recent: bool) -> None:
        self.recent = recent
        self.config: dict[str, Any] = {
            "devices": [{"deviceID": name, "name": "", "paused": False} for name in (OWN, "B", "C")],
            "folders": [],
        }
        self.folders: dict[str, Folder] = {}
        self.connected = {"B": False, "C": False}
        self.agreed = {"B": False, "C": False}
        self.dirty: set[str] = set()
        self.events: list[dict[str, Any]] = []
        self.saved: Any = None
        self.add("docs")
        self.events.clear()

    def _say(self, kind: str, data: Any) -> None:
        time = f"2026-03-01T12:00:00.{len(self.events):09}Z"
        self.events.append({"id": 0, "globalID": 0, "time": time, "type": kind, "data": copy.deepcopy(data)})

    def _config(self, name: str) -> dict[str, Any] | None:
        return next((each for each in self.config["folders"] if each["id"] == name), None)

    def _running(self, name: str) -> Folder | None:
        config = self._config(name)
        return self.folders[name] if config is not None and not config["paused"] else None

    def _remotes(self, name: str) -> list[str]:
        config = self._config(name)
        return [each["deviceID"] for each in config["devices"] if each["deviceID"] != OWN] if config else []

    def _set_state(self, name: str, state: str, error: str = "") -> None:
        folder = self.folders[name]
        data = {"folder": name, "from": folder.state, "to": state} | ({"error": error} if error else {})
        folder.state, folder.error = state, error
        self._say("StateChanged", data)

    def save(self, _: str = "") -> None:
        """Write the configuration to the disk, which the daemon may do seconds after a change."""
        if self.saved != self.config:
            self._say("ConfigSaved", self.config)
            self.saved = copy.deepcopy(self.config)

    def add(self, name: str) -> None:
        """Add a folder."""
        if self._config(name) is None:
            shared = [{"deviceID": each} for each in (OWN, "B", "C")]
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
        """Share a folder with another device, or no longer."""
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
        """Pause a folder, or resume it."""
        config = self._config(name)
        if config is None:
            return
        config["paused"] = not config["paused"]
        folder = self.folders[name]
        folder.state, folder.error, folder.failed = "idle", "", []
        self._say("FolderPaused" if config["paused"] else "FolderResumed", {"id": name, "label": ""})
        if not config["paused"]:
            self.scan(name)

    def pause_device(self, name: str) -> None:
        """Pause the other device, or resume it."""
        del name
        device = self.config["devices"][1]
        device["paused"] = not device["paused"]
        self._say("DevicePaused" if device["paused"] else "DeviceResumed", {"device": "B"})
        if device["paused"] and self.connected["B"]:
            self.connect("B")

    def scan(self, name: str) -> None:
        """Begin to scan a folder, or end that."""
        folder = self._running(name)
        if folder is not None:
            self._set_state(name, "idle" if folder.state == "scanning" else "scanning")

    def change(self, name: str) -> None:
        """Let the items of a folder change."""
        if folder := self._running(name):
            folder.items += 1
            folder.needs = {device: needed + 1 for device, needed in folder.needs.items()}
            self._say("LocalIndexUpdated", {"folder": name})
            self.dirty.add(name)

    def find(self, name: str) -> None:
        """Let a scan find items that can't be read, or patterns, of which nothing is said."""
        folder = self._running(name)
        if folder is not None and folder.state == "scanning":
            folder.failed = [] if folder.failed else [{"path": str(folder.items), "error": "bad"}]
            folder.patterns = not folder.patterns

    def fail(self, name: str) -> None:
        """Let a folder get an error, or get well again."""
        if folder := self._running(name):
            if folder.error:
                self._set_state(name, "idle")
            else:
                self._set_state(name, "error", "folder marker missing")

    def pull(self, name: str) -> None:
        """Let a folder be synced, with failures."""
        folder = self._running(name)
        if folder is not None and folder.state == "idle":
            self._set_state(name, "syncing")
            self._say("DownloadProgress", {name: {"a": {"bytesDone": 1}}})
            folder.failed = [{"path": "b", "error": "worse"}] * (folder.items % 3)
            if folder.failed:
                self._say("FolderErrors", {"folder": name, "errors": folder.failed})
            self._set_state(name, "idle")
            self._sum_up(name)

    def connect(self, device: str) -> None:
        """Let a device come or go."""
        device = device if device in self.connected else "B"
        self.connected[device] = not self.connected[device]
        self.agreed[device] = False
        if self.connected[device]:
            self._say("DeviceConnected", {"id": device})
            self.dirty |= {name for name in self.folders if device in self._remotes(name)}
        else:
            self._say("DeviceDisconnected", {"id": device, "error": ""})

    def agree(self, _: str = "") -> None:
        """Let a device say what it shares."""
        if self.connected["B"] and not self.agreed["B"]:
            self.agreed["B"] = True
            if self.recent:
                self._say("ClusterConfigReceived", {"device": "B"})
            self.dirty |= {name for name in self.folders if "B" in self._remotes(name)}

    def fetch(self, name: str) -> None:
        """Let a device say that it has everything."""
        if self.agreed["B"] and (folder := self._running(name)):
            folder.needs["B"] = 0
            self._say("RemoteIndexUpdated", {"folder": name, "device": "B"})
            self.dirty.add(name)

    def pump(self, _: str = "") -> None:
        """Sum up what has changed."""
        for name in sorted(self.dirty):
            self._sum_up(name)
        self.dirty.clear()

    def lose(self, _: str = "") -> None:
        """Lose the events that were not taken yet, and say so."""
        self.events.clear()
        self._say("EventsLost", {"reason": "overflow", "missed": None})

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

    def _sum_up(self, name: str) -> None:
        if self._config(name) is None:
            return
        self._say("FolderSummary", {"folder": name, "summary": self.summary(name)})
        if self._running(name):
            for device in self._remotes(name):
                if self.recent or self.connected[device]:
                    figures = self.completion(name, device)
                    self._say("FolderCompletion", {"folder": name, "device": device, **figures})

    def summary(self, name: str) -> dict[str, Any]:
        """What db/status answers."""
        folder = self._running(name)
        recent = {"remoteSequence": None} if self.recent else {}
        if folder is None:
            return {
                "state": "",
                "stateChanged": "",
                "errors": 0,
                "items": 0,
                **({"error": ""} if recent else {}),
                **recent,
            }
        figures = {"items": folder.items, "errors": len(folder.failed), "patterns": folder.patterns, **recent}
        error = {"error": folder.error} if folder.error or self.recent else {}
        return {"state": folder.state, "stateChanged": "", **error, **figures}

    def completion(self, name: str, device: str) -> dict[str, Any]:
        """What db/completion answers."""
        agreed = self.agreed[device] or not self.recent
        return {"needItems": self.folders[name].needs[device], "remoteState": "valid" if agreed else "unknown"}

    def answer(self, key: Question) -> Any:
        """Answer a question as it is at this moment."""
        match key.kind:
            case "config":
                return copy.deepcopy(self.config)
            case "identity":
                return {"myID": OWN}
            case "connections":
                paused = {each["deviceID"]: each["paused"] for each in self.config["devices"]}
                return {
                    "connections": {
                        name: {"connected": on, "paused": paused[name], **_nothing(), "address": "x" if on else ""}
                        for name, on in self.connected.items()
                    }
                }
            case "stats" | "pending_devices" | "pending_folders":
                return {}
            case "summary":
                return self.summary(key.folder) if self._config(key.folder) else None
            case "errors":
                folder = self._running(key.folder)
                return {"errors": list(folder.failed) or None} if folder else None
            case "completion":
                shared = self._running(key.folder) and key.device in self._remotes(key.folder)
                return self.completion(key.folder, key.device) if shared else None
            case "patience":
                return None


def _nothing() -> dict[str, Any]:
    return {"inBytesTotal": 0, "outBytesTotal": 0, "startedAt": "", "clientVersion": ""}


class Follower:
    """Drives a `Mirror` as `Live` does, one step at a time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mirror = Mirror()
        self.due: set[Question] = set()
        self.asking: dict[Question, tuple[Any, bool]] = {}
        self.count = 0
        for kind in ("identity", "config"):
            self.mirror.load(_key(kind), world.answer(_key(kind)), 0)
        self._ask()

    def _ask(self) -> None:
        for key in self.mirror.take_questions():
            if key in self.asking:
                self.asking[key] = self.asking[key][0], True
            else:
                self.due.add(key)

    def hear(self, _: str = "") -> None:
        """Take the next event."""
        if not self.world.events:
            return
        event: Any = self.world.events.pop(0)
        if event["type"] == "EventsLost":
            self.mirror.refresh()
        else:
            for key in self.mirror.apply(event):
                if key in self.asking:
                    self.asking[key] = self.asking[key][0], True
        self._ask()

    def send(self, _: str = "") -> None:
        """Ask the first question, and let the daemon make up its mind."""
        ready = sorted(self.due)
        if ready:
            key = ready[0]
            self.due.remove(key)
            self.asking[key] = self.world.answer(key), False
            self.count += key.kind in {"summary", "completion"}

    def receive(self, _: str = "") -> None:
        """Take the last answer."""
        if self.asking:
            key, (answer, old) = self.asking.popitem()
            if old:
                self.due.add(key)
            else:
                self.mirror.load(key, answer, 0)
            self._ask()

    def settle(self) -> None:
        """Let time pass until nothing happens any more."""
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
        """Return what the mirror has other than the daemon."""
        world, mirror, found = self.world, self.mirror, list[str]()
        _compare(found, "folders", sorted(mirror.folders), sorted(each["id"] for each in world.config["folders"]))
        for config in world.config["folders"]:
            name, actual = config["id"], mirror.folders.get(config["id"])
            if actual is None:
                continue
            folder = world._running(name)
            state = "paused" if config["paused"] else world.folders[name].state
            clock = {"stateChanged": ""}
            _compare(found, "config", actual.config, config)
            _compare(found, "state", actual.state, state)
            _compare(found, "error", actual.error, folder.error if folder else "")
            _compare(found, "summary", {**(actual.summary or {}), **clock}, {**world.summary(name), **clock})
            _compare(found, "errors", actual.errors, folder.failed if folder else [])
            expected = {device: world.completion(name, device) for device in world._remotes(name)} if folder else {}
            _compare(found, "completion", actual.completion, expected)
            _compare(found, "progress", actual.progress, {})
        for device in world.config["devices"]:
            _compare(found, "device", mirror.devices[device["deviceID"]].config, device)
        for name, on in world.connected.items():
            device = mirror.devices[name]
            _compare(found, "connected", (device.connected, device.address), (on, "x" if on else ""))
            _compare(found, "paused", device.connection and device.connection["paused"], device.paused)
        return found


def _key(kind: Any) -> Question:
    return Question(kind)


def _compare(found: list[str], what: str, actual: object, expected: object) -> None:
    if actual != expected:
        found.append(f"{what} is {actual!r}, not {expected!r}")


OPERATIONS: tuple[Callable[..., None], ...] = (
    *(World.save, World.add, World.remove, World.rename, World.share, World.pause, World.pause_device, World.scan),
    *(World.change, World.find, World.fail, World.pull, World.connect, World.agree, World.fetch, World.pump),
    *(World.lose, World.restart),
)
