"""One look at everything that a wait is for: which questions it needs, and what is missing according to the answers."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aiosyncthing import _routes
from aiosyncthing._rest.checks import same_device
from aiosyncthing._rest.lookup import no_folder
from aiosyncthing._rest.shapes import check_event, check_events, checked, differ
from aiosyncthing.exceptions import UnknownDeviceError

from .grace import GRACE, Grace, ages_of
from .progress import Amount, Missing
from .questions import Question, Questions
from .scans import Scans
from .sync import (
    check_device,
    check_folder,
    check_shared,
    device_name,
    is_encrypted,
    lacking,
    local_amount,
    mark,
    nothing_received,
    remote_amount,
    restarts,
    sharers,
    shares_of,
)

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from aiosyncthing import types as t
    from aiosyncthing.api import API
    from aiosyncthing.events import Events

_PATIENCE: Final = 2.0  # seconds to wait for answers before continuing without the slow ones
_FEW: Final = 64  # events, which usually reach back far enough
_KEPT: Final = 1000  # events, which is what the daemon keeps
_CHANGED: Final = "has just changed"
_UNKNOWN: Final = "the daemon has not answered yet"
_STARTED: Final = "it was just started; changes from other devices may be on their way"
_CONNECTED: Final = "it has just connected, or changed which folders it shares"
_INTERRUPTED: Final = "it has just disconnected while changes were on their way"


class Look:
    """What a wait is for, and what it knows from one look to the next.

    Args:
        api: Sends the requests.
        events: Sends the requests for events.
        folders: IDs of the folders; ``None`` for all.
        devices: IDs of the devices; ``None`` for all.
        rescan: Whether to scan the folders first.
        news: Called when it is time for another look.
        disturbed: Called with a folder when it has changed.

    Attributes:
        retry: Whether to look again soon, because no event will ask for it.
        next_at: The moment at which the next grace period ends; ``None`` if there is none.
        grace: Whether changes may be on their way.
        questions: The latest answers.
        scans: The scans.
    """

    def __init__(
        self,
        api: API,
        events: Events,
        folders: list[str] | None,
        devices: list[str] | None,
        *,
        rescan: bool,
        news: Callable[[], object],
        disturbed: Callable[[str], object],
    ) -> None:
        self.retry: bool = False
        self.next_at: float | None = None
        self.grace: Grace = Grace(GRACE)
        self.questions: Questions = Questions(api, news)
        self.scans: Scans = Scans(api, disturbed)  # after a scan, the known figures are outdated
        self._api = api
        self._events = events
        self._folders = folders
        self._devices = devices
        self._rescan = rescan
        self._disturbed = disturbed
        self._own_id = ""
        self._sharing: frozenset[str] | None = None
        self._configs: dict[str, t.FolderConfiguration] = {}
        self._recalled: int | None = None  # ID of the last event that `_recall` has seen

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The tasks that are running."""
        return [*self.scans.tasks, *self.questions.tasks]

    def concerns_folder(self, folder: str) -> bool:
        """Return whether the wait is for a folder."""
        return self._folders is None or folder in self._folders

    def concerns_device(self, device: str) -> bool:
        """Return whether a device shares any of the folders, or may do so."""
        return self._sharing is None or device in self._sharing

    def folders_of(self, device: str) -> list[str] | None:
        """Return the folders that a device shares, by their latest configurations; ``None`` if they are unknown yet."""
        if self._sharing is None:
            return None
        return [name for name, folder in self._configs.items() if device in sharers(folder)]

    def compare(self, folders: Iterable[t.FolderConfiguration]) -> None:
        """Compare configurations with the previous ones, and note which folders the daemon has restarted."""
        for folder in folders:
            name = folder["id"]
            before = self._configs.get(name)
            self._configs[name] = folder
            if before is not None and restarts(before, folder):
                self.grace.started(name, time.monotonic())
                self.scans.restart(name)
                self._disturbed(name)

    def doubt(self) -> None:
        """Note that another daemon may have taken its place."""
        self._own_id = ""

    def lost(self) -> None:
        """Note that anything may have happened."""
        self._recalled = None
        self.grace.lost(time.monotonic())
        self.scans.restart()

    async def identify(self) -> None:
        """Ask for the daemon's own device ID."""
        self._own_id = checked(_routes.STATUS, await self._api.call(_routes.STATUS))["myID"]

    async def amounts(self) -> list[Amount]:
        """Return how much each device has of each folder.

        Raises:
            SyncthingError: The daemon can't be asked, or waiting is pointless.
        """
        self.retry = False
        config = checked(_routes.CONFIG, await self._api.call(_routes.CONFIG))
        if self._api.daemon_id:
            self._own_id = self._api.daemon_id
        elif not self._own_id:
            await self.identify()
        answer = checked(_routes.CONNECTIONS, await self._api.call(_routes.CONNECTIONS))
        answered_at = time.monotonic()
        folders = self._chosen_folders(config)
        remotes = [device for device in config["devices"] if device["deviceID"] != self._own_id]
        pairs = self._chosen_pairs(folders, remotes)
        self.compare(folders)
        named = {name for folder in folders for name in sharers(folder)}
        sharing = [device for device in remotes if device["deviceID"] in named]
        self._sharing = frozenset(device["deviceID"] for device in sharing)
        self.grace.connections(answer["connections"], answered_at)
        connected = frozenset(name for name, connection in answer["connections"].items() if connection["connected"])
        amounts = await self._figures(folders, pairs, sharing, connected)
        amounts += self._on_its_way(folders, sharing, connected)
        if not any(amount.missing for amount in amounts):
            amounts += await self._confirm(folders)
        if not any(amount.missing for amount in amounts):
            await self._recall(answer["total"]["at"], answered_at)
            amounts += self._on_its_way(folders, sharing, connected)
        return amounts

    def _chosen_folders(self, config: t.Configuration) -> list[t.FolderConfiguration]:
        folders = {folder["id"]: folder for folder in config["folders"]}
        for name in self._folders or ():
            if name not in folders:
                raise no_folder(name)
        chosen = [folders[name] for name in (self._folders if self._folders is not None else folders)]
        for folder in chosen:
            check_folder(folder)
        return chosen

    def _chosen_pairs(
        self, folders: list[t.FolderConfiguration], remotes: list[t.DeviceConfiguration]
    ) -> list[tuple[t.FolderConfiguration, t.DeviceConfiguration]]:
        devices = remotes
        if self._devices is not None:
            devices = [_find_device(name, remotes) for name in self._devices]
            check_shared(folders, devices, every=self._folders is not None)
        pairs = shares_of(folders, devices)
        for folder, device in pairs:
            check_device(folder["id"], device)
        return pairs

    async def _figures(
        self,
        folders: list[t.FolderConfiguration],
        pairs: list[tuple[t.FolderConfiguration, t.DeviceConfiguration]],
        sharing: list[t.DeviceConfiguration],
        connected: frozenset[str],
    ) -> list[Amount]:
        """Return how much each device has of each folder, by the latest answers."""
        if self._rescan:
            for folder in folders:
                self.scans.begin(folder["id"])
        # A scan may find that an error is gone. A scan that ends while the status is being requested doesn't count,
        # since the answer may be from before.
        tried = {folder["id"] for folder in folders if not self._rescan or self.scans.was_tried(folder["id"])}
        scanned = {folder["id"] for folder in folders if not self._rescan or self.scans.is_done(folder["id"])}
        senders: dict[str, list[Question]] = {folder["id"]: [] for folder in filter(is_encrypted, folders)}
        for folder, device in shares_of(filter(is_encrypted, folders), sharing):
            senders[folder["id"]].append(_completion(folder, device))
        completions = [*(_completion(*pair) for pair in pairs), *(each for some in senders.values() for each in some)]
        asked = await self.questions.ask([*map(_status, folders), *completions], _PATIENCE)
        summaries: list[t.FolderSummary | None] = [self.questions.answer(_status(folder)) for folder in folders]
        failing = [folder for folder, each in zip(folders, summaries, strict=True) if each and each["errors"]]
        await self.questions.ask(map(_errors, failing), _PATIENCE)
        for folder, summary in zip(folders, summaries, strict=True):
            status = _status(folder)
            # A scan that fails ends so soon that the status is often outdated when it arrives.
            if summary is not None and folder["id"] in tried and (status in asked or self.questions.is_fresh(status)):
                check_folder(folder, summary)
        amounts: list[Amount] = []
        for folder in folders:
            name = folder["id"]
            amount = self._local(folder)
            missing = amount.missing
            if missing is None and name in senders:
                missing = nothing_received(folder, [self.questions.answer(question) for question in senders[name]])
            if name not in scanned:
                reason = f"{missing.reason}; being scanned" if missing else "being scanned"
                missing = replace(missing or Missing("", name), reason=reason)
            amounts.append(amount._replace(missing=missing))
        return amounts + [self._remote(*pair, connected=pair[1]["deviceID"] in connected) for pair in pairs]

    def _local(self, folder: t.FolderConfiguration) -> Amount:
        """Return how much of a folder this daemon has."""
        name, status = folder["id"], _status(folder)
        if not self.questions.is_answered(status):
            self.retry = True
            return Amount(missing=Missing(_UNKNOWN, name))
        errors: t.FolderErrors | None = self.questions.answer(_errors(folder))
        failed = errors["errors"] if errors is not None else None
        amount = local_amount(folder, self.questions.answer(status), failed or ())
        stale = self._if_outdated(status, Missing(_CHANGED, name))
        return amount._replace(missing=amount.missing or stale)

    def _remote(self, folder: t.FolderConfiguration, device: t.DeviceConfiguration, *, connected: bool) -> Amount:
        """Return how much of a folder a device has."""
        question = _completion(folder, device)
        if not self.questions.is_answered(question):
            self.retry = True
            return Amount(missing=lacking(folder["id"], device, _UNKNOWN))
        amount = remote_amount(folder, device, self.questions.answer(question), connected=connected)
        stale = self._if_outdated(question, lacking(folder["id"], device, _CHANGED))
        return amount._replace(missing=amount.missing or stale)

    def _if_outdated(self, question: Question, missing: Missing) -> Missing | None:
        """Return what is missing if an answer may be outdated."""
        if self.questions.is_fresh(question):
            return None
        self.retry = True
        return missing

    def _on_its_way(
        self, folders: list[t.FolderConfiguration], sharing: list[t.DeviceConfiguration], connected: frozenset[str]
    ) -> list[Amount]:
        """Return what is missing while changes of other devices may be on their way."""
        now, grace = time.monotonic(), self.grace
        present = {device["deviceID"] for device in sharing} & connected
        reachable = [folder["id"] for folder in folders if not present.isdisjoint(sharers(folder))]
        found = [Missing(_STARTED, name) for name in reachable if grace.folder_until(name) > now]
        for device in sharing:
            name = device["deviceID"]
            if name in connected and grace.device_until(name) > now:
                found.append(Missing(_CONNECTED, "", name, device_name(device)))
            elif name not in connected and not device["paused"] and grace.interrupted_until(name) > now:
                found.append(Missing(_INTERRUPTED, "", name, device_name(device)))
        self.next_at = grace.end(reachable, [device["deviceID"] for device in sharing], now)
        return [Amount(missing=missing) for missing in found]

    async def _confirm(self, folders: list[t.FolderConfiguration]) -> list[Amount]:
        """Check that the folders are still as they were before the remote devices were looked at.

        Otherwise both sides might be complete, but never at the same time.
        """
        before = {folder["id"]: mark(self.questions.answer(_status(folder))) for folder in folders}
        for folder in folders:
            self.questions.drop(_status(folder))
        await self.questions.ask(map(_status, folders), None)
        amounts: list[Amount] = []
        for folder in folders:
            name, summary = folder["id"], self.questions.answer(_status(folder))
            missing = local_amount(folder, summary).missing or self._if_outdated(
                _status(folder), Missing(_CHANGED, name)
            )
            if missing is None and differ(mark(summary), before[name]):
                missing = Missing(_CHANGED, name)
            if missing is not None:
                self.questions.forget(name)
                self.retry = True
                amounts.append(Amount(missing=missing))
        return amounts

    async def _recall(self, at: str, answered_at: float) -> None:
        """Take the latest events that the stream has not delivered: older ones, or those of this moment.

        Args:
            at: The daemon's time at the beginning of this look.
            answered_at: That moment by the monotonic clock, or a little later.
        """
        now = time.monotonic()
        if self._recalled is not None:
            events = await self._latest(since=self._recalled)
        else:
            events = await self._latest(limit=_FEW)
            if len(events) == _FEW and _ages(events, at)[0] <= GRACE:
                events = await self._latest()
                if len(events) >= _KEPT and _ages(events, at)[0] <= GRACE:
                    self.grace.lost(now)
        for event, age in zip(events, _ages(events, at), strict=True):
            check_event(event)
            self.grace.note(event, answered_at if age else now, age)
        if events:
            self._recalled = events[-1]["id"]

    async def _latest(self, since: int = 0, limit: int | None = None) -> list[t.Event]:
        events = await self._events.poll(since, limit=limit, timeout=0)
        check_events(_routes.EVENTS, events)
        return events


def _ages(events: list[t.Event], at: str) -> list[float]:
    return ages_of([event["time"] for event in events], at)


def _status(folder: t.FolderConfiguration) -> Question:
    return Question("status", folder["id"])


def _errors(folder: t.FolderConfiguration) -> Question:
    return Question("errors", folder["id"])


def _completion(folder: t.FolderConfiguration, device: t.DeviceConfiguration) -> Question:
    return Question("completion", folder["id"], device["deviceID"])


def _find_device(name: str, devices: Iterable[t.DeviceConfiguration]) -> t.DeviceConfiguration:
    for device in devices:
        if same_device(name, device["deviceID"]):
            return device
    raise UnknownDeviceError(f"the daemon has no remote device {name}")
