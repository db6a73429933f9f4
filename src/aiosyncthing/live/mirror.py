"""The state that a mirror of a daemon holds, and what each event and each answer changes in it. Pure.

Events carry most changes, as whole values. Where the daemon sends none (a device that goes away, a folder that is
resumed, a scan that changes no item; lib/model/folder_summary.go), the change raises questions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal, TypeAlias

from aiosyncthing import types as t
from aiosyncthing._rest.shapes import differ
from aiosyncthing.times import parse_time
from aiosyncthing.waiting.sync import restarts

from .pending import Pending
from .questions import CONFIG, CONNECTIONS, DEVICE_STATS, FOLDER_STATS, PENDING_DEVICES, PENDING_FOLDERS, Question
from .transfers import Transfers
from .views import NOT_RUNNING, Change, LiveDevice, LiveFolder

_SCANNING: Final = frozenset({"scanning", "scan-waiting"})
_WORKING: Final = frozenset({"scanning", "syncing"})  # what ends with another last scan, or last file
_USUAL_STATES: Final = frozenset(
    {*_SCANNING, "idle", "sync-waiting", "sync-preparing", "syncing", "cleaning", "clean-waiting"}
)

_Fields: TypeAlias = dict[tuple[Literal["folder", "device", "daemon"], str], set[str]]


class Mirror:
    """Folders and devices of one daemon.

    `apply` takes events, `load` takes answers. Both note what changed, for `take_changes`, and what to ask, for
    `take_questions`.
    """

    def __init__(self) -> None:
        self.folders: dict[str, LiveFolder] = {}
        self.devices: dict[str, LiveDevice] = {}
        self.own_id: str = ""
        self.version: str = ""
        self.connected: bool = False
        self.pending: Pending = Pending()
        self.transfers: Transfers = Transfers()
        self._noted = self._current()
        self._changes: _Fields = {}
        self._questions: set[Question] = {PENDING_DEVICES, PENDING_FOLDERS}
        self._doubted: set[str] = set()  # folders that may have been restarted unnoticed
        self._unsure: set[str] = set()  # folders that were scanned since their last summary
        self._announced: dict[str, dict[str, object]] = {}  # the numbers in the last FolderSummary, by folder

    def take_changes(self) -> list[Change]:
        """Return the changes since the last call."""
        current = self._current()
        for what, now in current.items():
            if differ(self._noted[what], now):
                self._note("daemon", "", what)
        self._noted = current
        changes, self._changes = self._changes, {}
        return [Change(kind, name, frozenset(fields)) for (kind, name), fields in changes.items()]

    def _current(self) -> dict[str, object]:
        """Return the attributes of the mirror itself whose changes are found by comparing."""
        return {
            "own_id": self.own_id,
            "version": self.version,
            "totals": self.transfers.totals,
            "pending_devices": self.pending.devices,
            "pending_folders": self.pending.folders,
        }

    def take_questions(self) -> set[Question]:
        """Return the questions raised since the last call."""
        questions, self._questions = self._questions, set()
        return questions

    def refresh(self) -> None:
        """Ask everything again, and keep the state until then."""
        self._questions |= {CONFIG, CONNECTIONS, DEVICE_STATS, FOLDER_STATS, PENDING_DEVICES, PENDING_FOLDERS}
        self.pending.refresh()
        self.transfers.restart()
        self._doubted = set(self.folders)  # the configuration comes first: it says which folders there are

    def recheck(self) -> None:
        """Ask again for what changes without an event, where that is cheap."""
        self._questions.add(CONNECTIONS)  # the bytes transferred
        # A pull that has nothing to do clears the errors of the previous one.
        self._questions |= {Question("errors", folder.id) for folder in self.folders.values() if folder.errors}
        # In an error state, ignore patterns can change without a scan, and so without an event.
        self._questions |= {
            Question("summary", folder.id) for folder in self.folders.values() if folder.state == "error"
        }
        if any(folder.state == "syncing" for folder in self.folders.values()):
            self._questions.add(FOLDER_STATS)

    def set_connected(self, connected: bool) -> None:  # noqa: FBT001 - a setter
        """Note whether the daemon can be reached."""
        if connected != self.connected:
            self.connected = connected
            self._note("daemon", "", "connected")

    def apply(self, event: t.Event) -> frozenset[Question]:  # noqa: PLR0912 - one case for each type of event
        """Take an event.

        Returns:
            The questions that it answers or makes obsolete. Answers to them that are on their way don't count.
        """
        match event["type"]:
            case "ConfigSaved":
                self._load_config(event["data"])
                return frozenset({CONFIG})
            case "StateChanged":
                return self._state_changed(event["data"], event["time"])
            case "FolderSummary":
                return self._folder_summary(event["data"]["folder"], event["data"]["summary"])
            case "FolderCompletion":
                return self._folder_completion(event["data"])
            case "FolderErrors":
                question = Question("errors", event["data"]["folder"])
                self._set_folder(question.folder, errors=event["data"]["errors"] or [])
                return frozenset({question})
            case "FolderScanProgress":
                folder = self.folders.get(event["data"]["folder"])
                if folder is not None and folder.state == "scanning":  # the last one may come after the scan
                    self._set_folder(folder.id, scan=event["data"])
            case "DownloadProgress":
                for name in self.folders:
                    self._set_folder(name, progress=event["data"].get(name, {}))
            case "FolderPaused" | "FolderResumed":
                folder = self.folders.get(event["data"]["id"])
                self._check_paused(folder, paused=event["type"] == "FolderPaused")
                return self._ask_about_folder(folder) | {CONFIG}
            case "DeviceConnected":  # FolderCompletion follows once the devices have agreed on their folders
                return self._presence(event["data"]["id"], connected=True)
            case "DeviceDisconnected":
                gone = event["data"]["id"]
                return self._presence(gone, connected=False) | self._ask_about_device(gone)
            case "DevicePaused" | "DeviceResumed":
                device = event["data"]["device"]
                self._check_paused(self.devices.get(device), paused=event["type"] == "DevicePaused")
                return self._ask(CONNECTIONS) | self._ask_about_device(device) | {CONFIG}
            case "PendingDevicesChanged":
                self.pending.change_devices(event["data"], event["time"])
                return self._ask(PENDING_DEVICES)  # since the daemon has a time of its own
            case "PendingFoldersChanged":
                self.pending.change_folders(event["data"], event["time"])
                return self._ask(PENDING_FOLDERS)
            case "ClusterConfigReceived":
                self.pending.received(event["data"]["device"])
            case _:
                pass
        return frozenset()

    def load(self, question: Question, answer: Any, now: float) -> None:  # noqa: PLR0912 - one case for each kind
        """Take an answer.

        Args:
            question: The question.
            answer: The answer; ``None`` if there is no such folder, or it is not running.
            now: Seconds of a monotonic clock.
        """
        match question.kind:
            case "config":
                self._load_config(answer)
            case "connections":
                self._load_connections(answer, now)
            case "device_stats":
                for name, stats in answer.items():
                    self._set_device(name, last_seen=parse_time(stats["lastSeen"]))
            case "folder_stats":
                for name, stats in answer.items():
                    self._set_folder(name, stats=stats)
            case "pending_devices":
                self.pending.load_devices(answer)
            case "pending_folders":
                self.pending.load_folders(answer)
            case "summary":
                self._load_summary(question.folder, answer)
            case "errors":
                self._load_errors(question.folder, answer["errors"] or [] if answer else [])
            case "completion":
                self._load_completion(question.folder, question.device, answer)
            case "patience":
                if question.folder in self._unsure:
                    self._questions.add(Question("summary", question.folder))

    def identify(self, own_id: str, version: str) -> None:
        """Note which daemon has sent the configuration that is loaded next.

        Args:
            own_id: Its device ID.
            version: Its version; empty if unknown.
        """
        self.version = version
        if own_id == self.own_id:
            return
        self.own_id = own_id
        for name in self.devices:
            self._set_device(name, own=name == own_id)
        for folder in self.folders.values():
            self._forget_others(folder)
            self._ask_about_folder(folder)

    def _load_config(self, config: t.Configuration) -> None:
        self.pending.configure(config)
        for device in config["devices"]:
            name = device["deviceID"]
            if name not in self.devices:
                self.devices[name] = LiveDevice(name, device, own=name == self.own_id)
                self._note("device", name, "added")
                self._questions |= {CONNECTIONS, DEVICE_STATS}
            else:
                self._set_device(name, config=device)
        for name in self.devices.keys() - {device["deviceID"] for device in config["devices"]}:
            del self.devices[name]
            self._note("device", name, "removed")
        for folder in config["folders"]:
            self._load_folder(folder)
        for name in self.folders.keys() - {folder["id"] for folder in config["folders"]}:
            del self.folders[name]
            self._unsure.discard(name)
            self._doubted.discard(name)
            self._announced.pop(name, None)
            self._note("folder", name, "removed")

    def _load_folder(self, config: t.FolderConfiguration) -> None:
        name = config["id"]
        folder = self.folders.get(name)
        if folder is None:
            folder = self.folders[name] = LiveFolder(name, config, _devices=self.devices)
            self._note("folder", name, "added")
            self._questions.add(FOLDER_STATS)
            self._ask_about_folder(folder)
        elif name in self._doubted or differ(folder.config, config):
            restarted = name in self._doubted or restarts(folder.config, config)
            self._doubted.discard(name)
            self._set_folder(name, config=config)
            self._forget_others(folder)
            if restarted:
                self._ask_about_folder(folder)
        if config["paused"] or folder.state == "paused":
            self._set_state(folder, "", "")

    def _forget_others(self, folder: LiveFolder) -> None:
        """Remove the completion of devices that no longer share the folder."""
        for device in folder.completion.keys() - set(self._remotes(folder)):
            del folder.completion[device]
            self._note("folder", folder.id, "completion")

    def _check_paused(self, target: LiveFolder | LiveDevice | None, *, paused: bool) -> None:
        """Ask for the configuration unless the change is known: the daemon may save it only seconds later."""
        if target is not None and target.paused != paused:
            self._questions.add(CONFIG)

    def _load_connections(self, answer: t.Connections, now: float) -> None:
        rates = self.transfers.measure(answer, now)
        for name, connection in answer["connections"].items():
            device = self.devices.get(name)
            if device is None:
                continue
            if device.connected and not connection["connected"]:
                self._ask_about_device(name)
            self._set_device(name, connected=connection["connected"], connection=connection)
            if name in rates:
                in_rate, out_rate = rates[name]
                self._set_device(name, in_rate=in_rate, out_rate=out_rate)

    def _load_summary(self, folder_id: str, summary: t.FolderSummary | None) -> None:
        folder = self.folders.get(folder_id)
        if folder is None:
            return
        if summary is None:  # it is not running yet; its first change of state raises the question again
            self._set_folder(folder_id, errors=[])
            self._set_state(folder, "", "")
            return
        if summary["state"] not in _SCANNING:
            self._unsure.discard(folder_id)
        self._take_summary(folder, summary)
        self._set_state(folder, summary["state"], summary.get("error", ""))

    def _load_errors(self, folder_id: str, errors: list[t.FileError]) -> None:
        folder = self.folders.get(folder_id)
        if folder is None:
            return
        self._set_folder(folder_id, errors=errors)
        if folder.summary is not None and bool(errors) != bool(folder.summary["errors"]):
            self._questions.add(Question("summary", folder_id))

    def _load_completion(self, folder_id: str, device_id: str, answer: t.FolderCompletion | None) -> None:
        folder = self.folders.get(folder_id)
        if folder is None or device_id not in self._remotes(folder):
            return
        if answer is None:
            if folder.completion.pop(device_id, None) is not None:
                self._note("folder", folder_id, "completion")
        elif differ(folder.completion.get(device_id), answer):
            folder.completion[device_id] = answer
            self._note("folder", folder_id, "completion")

    def _state_changed(self, data: t.StateChangedData, time: str) -> frozenset[Question]:
        folder = self.folders.get(data["folder"])
        if folder is None:
            return frozenset()
        question = Question("summary", folder.id)
        before, to, error = folder.state, data["to"], data.get("error", "")
        if before in NOT_RUNNING:  # questions from before had no answer
            self._ask_about_folder(folder)
        elif before not in _USUAL_STATES or to == "error":  # no FolderSummary follows
            self._questions.add(question)
        elif data["from"] == "scanning":
            # A FolderSummary follows only if items changed, but the scan may have found errors or patterns.
            self._unsure.add(folder.id)
            self._questions.add(Question("patience", folder.id))
        if data["from"] in _WORKING or before in NOT_RUNNING:
            self._questions.add(FOLDER_STATS)
        if folder.summary is not None and folder.summary["state"]:
            self._set_folder(folder.id, summary=_with_state(folder.summary, to, time, error))
        self._set_state(folder, to, error)
        return frozenset({question})

    def _folder_summary(self, folder_id: str, summary: t.FolderSummary) -> frozenset[Question]:
        folder = self.folders.get(folder_id)
        if folder is None:
            return frozenset()
        before, self._announced[folder_id] = self._announced.get(folder_id), _numbers(summary)
        if summary["state"] not in _SCANNING:
            self._unsure.discard(folder_id)
        if summary["state"] not in {"", folder.state} and folder.state not in NOT_RUNNING:
            # The state changed while the daemon was computing, and the event for that came first.
            summary = _with_state(summary, folder.state, summary["stateChanged"], folder.error)
        self._take_summary(folder, summary)
        if not _is_recent(summary) and differ(before, self._announced[folder_id]):
            # For these, there is a FolderCompletion only since version 1.27.4.
            away = [name for name in self._remotes(folder) if name in self.devices and not self.devices[name].connected]
            self._questions |= {Question("completion", folder_id, name) for name in away}
        return frozenset({Question("summary", folder_id)})

    def _take_summary(self, folder: LiveFolder, summary: t.FolderSummary) -> None:
        self._set_folder(folder.id, summary=summary)
        if summary["errors"]:
            self._questions.add(Question("errors", folder.id))
        else:  # there is no FolderErrors when the last error is gone
            self._set_folder(folder.id, errors=[])

    def _folder_completion(self, data: t.FolderCompletionData) -> frozenset[Question]:
        completion: Any = {key: value for key, value in data.items() if key not in {"folder", "device"}}
        self._load_completion(data["folder"], data["device"], completion)
        return frozenset({Question("completion", data["folder"], data["device"])})

    def _presence(self, device_id: str, *, connected: bool) -> frozenset[Question]:
        self._set_device(device_id, connected=connected)
        self._questions |= {CONNECTIONS, DEVICE_STATS}
        return frozenset({CONNECTIONS, DEVICE_STATS})

    def _ask_about_device(self, device_id: str) -> frozenset[Question]:
        return self._ask(
            *(
                Question("completion", folder.id, device_id)
                for folder in self.folders.values()
                if device_id in self._remotes(folder)
            )
        )

    def _ask_about_folder(self, folder: LiveFolder | None) -> frozenset[Question]:
        if folder is None:
            return frozenset()
        completions = (Question("completion", folder.id, device) for device in self._remotes(folder))
        # The summary says whether there are errors to ask for; they are rare.
        return self._ask(Question("summary", folder.id), *completions) | {Question("errors", folder.id)}

    def _ask(self, *questions: Question) -> frozenset[Question]:
        self._questions.update(questions)
        return frozenset(questions)

    def _remotes(self, folder: LiveFolder) -> Iterable[str]:
        return [device["deviceID"] for device in folder.config["devices"] if device["deviceID"] != self.own_id]

    def _set_state(self, folder: LiveFolder, state: str, error: str) -> None:
        state = "paused" if folder.paused else state or "unknown"
        self._set_folder(folder.id, state=state, error="" if folder.paused else error)
        if state != "scanning":
            self._set_folder(folder.id, scan=None)
        if state != "syncing":
            self._set_folder(folder.id, progress={})

    def _set_folder(self, folder_id: str, **fields: Any) -> None:
        folder = self.folders.get(folder_id)
        if folder is not None:
            self._set("folder", folder, fields)

    def _set_device(self, device_id: str, **fields: Any) -> None:
        device = self.devices.get(device_id)
        if device is not None:
            self._set("device", device, fields)

    def _set(self, kind: Literal["folder", "device"], target: LiveFolder | LiveDevice, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            if differ(getattr(target, name), value):
                setattr(target, name, value)
                self._note(kind, target.id, name)

    def _note(self, kind: Literal["folder", "device", "daemon"], name: str, what: str) -> None:
        self._changes.setdefault((kind, name), set()).add(what)


def _is_recent(summary: t.FolderSummary) -> bool:
    """Return whether a summary is from version 1.27.4 or later."""
    return "remoteSequence" in summary


def _numbers(summary: t.FolderSummary) -> dict[str, object]:
    return {name: value for name, value in summary.items() if name not in {"state", "stateChanged", "error"}}


def _with_state(summary: t.FolderSummary, state: str, time: str, error: str) -> t.FolderSummary:
    """Return a summary with a later state."""
    new: t.FolderSummary = {**summary, "state": state, "stateChanged": time, "error": error}
    if not error and not _is_recent(summary):
        del new["error"]
    return new
