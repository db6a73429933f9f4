"""The state that a mirror of a daemon holds, and what each event and answer changes in it. Pure.

Events carry most of what changes, as whole values. Where the daemon sends none (a device that goes away, a folder that
is resumed, a scan that changes no item; lib/model/folder_summary.go), the change names the questions that have to be
asked again: the *keys*.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from aiosyncthing import types as t
from aiosyncthing._rest.shapes import differ
from aiosyncthing.times import parse_time

from .pending import Pending
from .views import Change, LiveDevice, LiveFolder

PATIENCE: Final = 3.0
"""Seconds in which the daemon sends the sums of a folder by itself, if it does: it looks every 2 s for what changed."""


class Key(NamedTuple):
    """One question for the daemon.

    Attributes:
        kind: Which question. ``"patience"`` is none: it asks for nothing but `PATIENCE` seconds, after which it is
            clear whether the daemon sends the sums of a folder by itself.
        folder: The folder that it is about.
        device: The device that it is about.
    """

    kind: Literal[
        "config",
        "identity",
        "connections",
        "stats",
        "pending_devices",
        "pending_folders",
        "summary",
        "errors",
        "completion",
        "patience",
    ]
    folder: str = ""
    device: str = ""


CONFIG: Final = Key("config")
IDENTITY: Final = Key("identity")
CONNECTIONS: Final = Key("connections")
STATS: Final = Key("stats")
PENDING_DEVICES: Final = Key("pending_devices")
PENDING_FOLDERS: Final = Key("pending_folders")


_Fields: TypeAlias = dict[tuple[Literal["folder", "device", "daemon"], str], set[str]]


class _Totals(NamedTuple):
    """What was transferred in a connection, in bytes."""

    started: str
    in_bytes: int
    out_bytes: int

    @classmethod
    def of(cls, connection: t.ConnectionStats) -> _Totals:
        return cls(connection["startedAt"], connection["inBytesTotal"], connection["outBytesTotal"])

    def since(self, before: _Totals) -> tuple[int, int]:
        """Return what came and went since an earlier account."""
        if self.started != before.started:  # another connection
            return self.in_bytes, self.out_bytes
        # It becomes less when one of several connections to the device ends.
        return max(0, self.in_bytes - before.in_bytes), max(0, self.out_bytes - before.out_bytes)


class Mirror:
    """Folders and devices of one daemon.

    `apply` takes events, `load` takes answers; both note what changed, for `take_changes`, and what has to be asked
    (again), for `take_stale`.
    """

    def __init__(self) -> None:
        self.folders: dict[str, LiveFolder] = {}
        self.devices: dict[str, LiveDevice] = {}
        self.own_id = ""
        self.connected = False
        self.pending = Pending()
        self._noted = (self.pending.devices, self.pending.folders)
        self._changes: _Fields = {}
        self._stale: set[Key] = {PENDING_DEVICES, PENDING_FOLDERS}
        self._doubted: set[str] = set()  # folders that may have been stopped and started unnoticed
        self._unsure: set[str] = set()  # folders that were scanned since their sums last came
        self._told: dict[str, dict[str, object]] = {}  # the sums of the last FolderSummary, by folder
        self._account: tuple[float, dict[str, _Totals]] | None = None

    def take_changes(self) -> list[Change]:
        """Return what changed since the last call."""
        pending = (self.pending.devices, self.pending.folders)
        for what, before, now in zip(("pending_devices", "pending_folders"), self._noted, pending, strict=True):
            if differ(before, now):
                self._note("daemon", "", what)
        self._noted = pending
        changes, self._changes = self._changes, {}
        return [Change(kind, name, frozenset(fields)) for (kind, name), fields in changes.items()]

    def take_stale(self) -> set[Key]:
        """Return the questions that came up since the last call."""
        stale, self._stale = self._stale, set()
        return stale

    def renew(self) -> None:
        """Forget nothing, but let everything be asked again."""
        self._stale |= {CONFIG, IDENTITY, CONNECTIONS, STATS, PENDING_DEVICES, PENDING_FOLDERS}
        self.pending.renew()
        self._doubted = set(self.folders)  # they are asked for when it is clear which there are

    def recheck(self) -> None:
        """Let what changes without an event be asked again, as far as that is cheap."""
        self._stale.add(CONNECTIONS)  # how much was transferred
        # A pull that finds nothing left to do forgets the failures of the one before.
        self._stale |= {Key("errors", folder.id) for folder in self.folders.values() if folder.errors}
        # Its ignore patterns can change without a scan, and so without an event.
        self._stale |= {Key("summary", folder.id) for folder in self.folders.values() if folder.state == "error"}

    def set_connected(self, connected: bool) -> None:  # noqa: FBT001 - a setter
        """Note whether the daemon can be reached."""
        if connected != self.connected:
            self.connected = connected
            self._note("daemon", "", "connected")

    def apply(self, event: t.Event) -> frozenset[Key]:  # noqa: PLR0912 - one case for each type of event
        """Take an event.

        Returns:
            The questions that it answers or makes obsolete: an answer that was asked for before doesn't count.
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
                key = Key("errors", event["data"]["folder"])
                self._set_folder(key.folder, errors=event["data"]["errors"] or [])
                return frozenset({key})
            case "FolderScanProgress":
                folder = self.folders.get(event["data"]["folder"])
                if folder is not None and folder.state == "scanning":  # the last one may come when the scan is over
                    self._set_folder(folder.id, scan=event["data"])
            case "DownloadProgress":
                for name in self.folders:
                    self._set_folder(name, progress=event["data"].get(name, {}))
            case "FolderPaused" | "FolderResumed":
                folder = self.folders.get(event["data"]["id"])
                self._check_paused(folder, paused=event["type"] == "FolderPaused")
                return self._renew_folder(folder) | {CONFIG}
            case "DeviceConnected":  # FolderCompletion follows when the devices have agreed on what they share
                return self._presence(event["data"]["id"], connected=True)
            case "DeviceDisconnected":
                gone = event["data"]["id"]
                return self._presence(gone, connected=False) | self._renew_completions(gone)
            case "DevicePaused" | "DeviceResumed":
                device = event["data"]["device"]
                self._check_paused(self.devices.get(device), paused=event["type"] == "DevicePaused")
                return self._renew(CONNECTIONS) | self._renew_completions(device) | {CONFIG}
            case "PendingDevicesChanged":
                self.pending.change_devices(event["data"], event["time"])
                return self._renew(PENDING_DEVICES)  # for the daemon's own time
            case "PendingFoldersChanged":
                self.pending.change_folders(event["data"], event["time"])
                return self._renew(PENDING_FOLDERS)
            case "ClusterConfigReceived":
                self.pending.received(event["data"]["device"])
            case _:
                pass
        return frozenset()

    def load(self, key: Key, answer: Any, now: float) -> None:
        """Take an answer.

        Args:
            key: The question.
            answer: What the daemon said; ``None`` where there is no such thing (any more).
            now: Seconds of a clock that only runs forward.
        """
        match key.kind:
            case "config":
                self._load_config(answer)
            case "identity":
                self._load_identity(answer["myID"])
            case "connections":
                self._load_connections(answer, now)
            case "stats":
                for name, stats in answer.items():
                    self._set_device(name, last_seen=parse_time(stats["lastSeen"]))
            case "pending_devices":
                self.pending.load_devices(answer)
            case "pending_folders":
                self.pending.load_folders(answer)
            case "summary":
                self._load_summary(key.folder, answer)
            case "errors":
                self._load_errors(key.folder, answer["errors"] or [] if answer else [])
            case "completion":
                self._load_completion(key.folder, key.device, answer)
            case "patience":
                if key.folder in self._unsure:
                    self._stale.add(Key("summary", key.folder))

    def _load_identity(self, own_id: str) -> None:
        if own_id == self.own_id:
            return
        self.own_id = own_id
        for name in self.devices:
            self._set_device(name, own=name == own_id)
        for folder in self.folders.values():
            self._forget_others(folder)
            self._renew_folder(folder)

    def _load_config(self, config: t.Configuration) -> None:
        self.pending.configure(config)
        for device in config["devices"]:
            name = device["deviceID"]
            if name not in self.devices:
                self.devices[name] = LiveDevice(name, device, own=name == self.own_id)
                self._note("device", name, "added")
                self._stale |= {CONNECTIONS, STATS}
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
            self._told.pop(name, None)
            self._note("folder", name, "removed")

    def _load_folder(self, config: t.FolderConfiguration) -> None:
        name = config["id"]
        folder = self.folders.get(name)
        if folder is None:
            folder = self.folders[name] = LiveFolder(name, config)
            self._note("folder", name, "added")
            self._renew_folder(folder)
        elif name in self._doubted or differ(folder.config, config):
            restarted = name in self._doubted or restarts(folder.config, config)
            self._doubted.discard(name)
            self._set_folder(name, config=config)
            self._forget_others(folder)
            if restarted:
                self._renew_folder(folder)
        if config["paused"] or folder.state == "paused":
            self._set_state(folder, "", "")

    def _forget_others(self, folder: LiveFolder) -> None:
        """Forget what is known of devices that don't share the folder any more."""
        for device in folder.completion.keys() - set(self._remotes(folder)):
            del folder.completion[device]
            self._note("folder", folder.id, "completion")

    def _check_paused(self, target: LiveFolder | LiveDevice | None, *, paused: bool) -> None:
        """Ask for the configuration if it isn't known yet: the daemon may save it only seconds later."""
        if target is not None and target.paused != paused:
            self._stale.add(CONFIG)

    def _load_connections(self, answer: t.Connections, now: float) -> None:
        totals: dict[str, _Totals] = {}
        then, before = self._account or (now, {})
        for name, connection in answer["connections"].items():
            device = self.devices.get(name)
            if device is None:
                continue
            if device.connected and not connection["connected"]:
                self._renew_completions(name)
            own = totals[name] = _Totals.of(connection)
            self._set_device(name, connected=connection["connected"], connection=connection)
            if name in before and now > then:
                in_bytes, out_bytes = own.since(before[name])
                self._set_device(name, in_rate=in_bytes / (now - then), out_rate=out_bytes / (now - then))
        self._account = now, totals

    def _load_summary(self, folder_id: str, summary: t.FolderSummary | None) -> None:
        folder = self.folders.get(folder_id)
        if folder is None:
            return
        if summary is None:  # it is not running yet; its first change of state lets it be asked again
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
            self._stale.add(Key("summary", folder_id))

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

    def _state_changed(self, data: t.StateChangedData, time: str) -> frozenset[Key]:
        folder = self.folders.get(data["folder"])
        if folder is None:
            return frozenset()
        key = Key("summary", folder.id)
        before, to, error = folder.state, data["to"], data.get("error", "")
        if before in _NOT_RUNNING:  # questions from before it ran had no answer
            self._renew_folder(folder)
        elif before not in _USUAL_STATES or to == "error":  # neither is followed by a FolderSummary
            self._stale.add(key)
        elif data["from"] == "scanning":  # only a scan that changes an item is; but it may find errors, or patterns
            self._unsure.add(folder.id)
            self._stale.add(Key("patience", folder.id))
        if folder.summary is not None and folder.summary["state"]:
            self._set_folder(folder.id, summary=_with_state(folder.summary, to, time, error))
        self._set_state(folder, to, error)
        return frozenset({key})

    def _folder_summary(self, folder_id: str, summary: t.FolderSummary) -> frozenset[Key]:
        folder = self.folders.get(folder_id)
        if folder is None:
            return frozenset()
        before, self._told[folder_id] = self._told.get(folder_id), _sums(summary)
        if summary["state"] not in _SCANNING:
            self._unsure.discard(folder_id)
        if summary["state"] not in {"", folder.state} and folder.state not in _NOT_RUNNING:
            # The state has changed while the daemon added up; the event for that came in between.
            summary = _with_state(summary, folder.state, summary["stateChanged"], folder.error)
        self._take_summary(folder, summary)
        if not _is_recent(summary) and differ(before, self._told[folder_id]):
            # For these a FolderCompletion is sent only since version 1.27.4.
            away = [name for name in self._remotes(folder) if name in self.devices and not self.devices[name].connected]
            self._stale |= {Key("completion", folder_id, name) for name in away}
        return frozenset({Key("summary", folder_id)})

    def _take_summary(self, folder: LiveFolder, summary: t.FolderSummary) -> None:
        self._set_folder(folder.id, summary=summary)
        if summary["errors"]:
            self._stale.add(Key("errors", folder.id))
        else:  # FolderErrors is never sent to say that there are none any more
            self._set_folder(folder.id, errors=[])

    def _folder_completion(self, data: t.FolderCompletionData) -> frozenset[Key]:
        completion: Any = {key: value for key, value in data.items() if key not in {"folder", "device"}}
        self._load_completion(data["folder"], data["device"], completion)
        return frozenset({Key("completion", data["folder"], data["device"])})

    def _presence(self, device_id: str, *, connected: bool) -> frozenset[Key]:
        self._set_device(device_id, connected=connected)
        self._stale |= {CONNECTIONS, STATS}
        return frozenset({CONNECTIONS, STATS})

    def _renew_completions(self, device_id: str) -> frozenset[Key]:
        return self._renew(
            *(
                Key("completion", folder.id, device_id)
                for folder in self.folders.values()
                if device_id in self._remotes(folder)
            )
        )

    def _renew_folder(self, folder: LiveFolder | None) -> frozenset[Key]:
        if folder is None:
            return frozenset()
        completions = (Key("completion", folder.id, device) for device in self._remotes(folder))
        return self._renew(Key("summary", folder.id), Key("errors", folder.id), *completions)

    def _renew(self, *keys: Key) -> frozenset[Key]:
        self._stale.update(keys)
        return frozenset(keys)

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


def restarts(before: t.FolderConfiguration, after: t.FolderConfiguration) -> bool:
    """Return whether a change of its configuration makes the daemon restart the folder."""
    return differ(_essential(before), _essential(after))


def _essential(config: t.FolderConfiguration) -> dict[str, object]:
    return {name: value for name, value in config.items() if name not in {"label", "group"}}


def _is_recent(summary: t.FolderSummary) -> bool:
    """Return whether a summary comes from version 1.27.4 or later."""
    return "remoteSequence" in summary


def _sums(summary: t.FolderSummary) -> dict[str, object]:
    return {name: value for name, value in summary.items() if name not in {"state", "stateChanged", "error"}}


def _with_state(summary: t.FolderSummary, state: str, time: str, error: str) -> t.FolderSummary:
    """Return a summary with a state that came later."""
    new: t.FolderSummary = {**summary, "state": state, "stateChanged": time, "error": error}
    if not error and not _is_recent(summary):
        del new["error"]
    return new


_SCANNING: Final = frozenset({"scanning", "scan-waiting"})
_NOT_RUNNING: Final = frozenset({"unknown", "paused"})
_USUAL_STATES: Final = frozenset(
    {*_SCANNING, "idle", "sync-waiting", "sync-preparing", "syncing", "cleaning", "clean-waiting"}
)
