"""Waiting until a daemon is ready, and until folders are in sync."""

from __future__ import annotations

import asyncio
import inspect
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from . import _routes
from ._backoff import delays, is_transient
from ._checks import required, same_device
from ._deadline import within
from ._mirror import restarts
from ._sync import (
    Amount,
    Rate,
    SyncProgress,
    age,
    check_device,
    check_folder,
    check_shared,
    local_amount,
    mark,
    remote_amount,
    shares,
)
from .exceptions import (
    BadRequestError,
    MigrationError,
    NotFoundError,
    NotSyncthingError,
    ServerError,
    SyncthingError,
    UnknownDeviceError,
    UnknownFolderError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

    from . import types as t
    from ._routes import Route
    from ._stream import EventStream
    from .api import API
    from .events import Events

    OnProgress: TypeAlias = Callable[[SyncProgress], Awaitable[object] | object]

__all__ = ["SyncProgress", "wait_in_sync", "wait_ready"]

# Seconds between two rounds of questions, of which some are expensive for the daemon: from short to long.
_FIRST_PAUSE: Final = 0.1
_PAUSE: Final = 1.0
_LOOK: Final = 30.0  # seconds after which everything is asked again, even if no event says that it changed
_PARALLEL: Final = 4
_READY_TIMEOUT: Final = 5.0
_ACQUAINTED: Final = 3.0
"""Seconds after which a device that has connected has told what is new in its folders.

It sends that at once when both have told each other what they share (lib/model/indexhandler.go), but nothing says that
it has come to the end, or that there is nothing.
"""
_NAMED: Final = 10  # how many missing things are told at most

_ABOUT_FOLDERS: Final = frozenset(
    {
        *("StateChanged", "FolderSummary", "FolderCompletion", "FolderErrors", "FolderWatchStateChanged"),
        *("LocalIndexUpdated", "RemoteIndexUpdated", "ItemStarted", "ItemFinished", "RemoteDownloadProgress"),
    }
)
_ABOUT_DEVICES: Final = frozenset(
    {"DeviceConnected", "DeviceDisconnected", "DevicePaused", "DeviceResumed", "ClusterConfigReceived"}
)
# What disturbs a folder that was in sync. The others just follow from these.
_DISTURBING: Final = frozenset({"StateChanged", "LocalIndexUpdated", "RemoteIndexUpdated", "ItemStarted"})


async def wait_ready(api: API, timeout: float | None = None) -> None:
    """Wait until a daemon answers as it should; see `Syncthing.wait_ready`."""
    state = "nothing was tried yet"
    async with within(timeout, lambda: f"the daemon is not ready, last seen: {state}"):
        for delay in delays():
            try:
                status: dict[str, Any] = {**await api.call(_routes.STATUS, timeout=_READY_TIMEOUT)}
            except MigrationError:
                state = "migration (Syncthing is converting its database)"
            except SyncthingError as error:
                if not is_transient(error):
                    raise
                state = str(error)
            else:
                if "myID" not in status:
                    raise NotSyncthingError("what answers there is not Syncthing: it does not tell its device ID")
                return
            await asyncio.sleep(min(delay, _PAUSE))


async def wait_in_sync(
    api: API,
    events: Events,
    folders: Iterable[str] | str | None,
    devices: Iterable[str] | str | None,
    *,
    rescan: bool,
    stable_for: float,
    timeout: float | None,
    on_progress: OnProgress | None,
) -> SyncProgress:
    """Wait until folders are in sync; see `Syncthing.wait_in_sync`."""
    chosen = _names(folders, "folders")
    if chosen is not None and not chosen:
        raise BadRequestError("folders must not be empty; leave it out for all")
    waiter = _Waiter(api, chosen, _names(devices, "devices"), rescan=rescan)
    async with within(timeout, lambda: waiter.reason), events.stream() as stream:
        listener = asyncio.create_task(waiter.listen(stream))
        try:
            return await waiter.run(stable_for, on_progress)
        finally:
            await _end([listener, *waiter.scans])


def _names(names: Iterable[str] | str | None, what: str) -> list[str] | None:
    if names is None:
        return None
    return [required(name, what) for name in ([names] if isinstance(names, str) else names)]


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # what comes out of it now doesn't matter any more


class _Waiter:
    """What is waited for, what is known about it, and what has to be asked again."""

    def __init__(self, api: API, folders: list[str] | None, devices: list[str] | None, *, rescan: bool) -> None:
        self.reason = "nothing was asked yet"
        self.scans: set[asyncio.Task[None]] = set()
        self._api = api
        self._folders = folders
        self._devices = devices
        self._rescan = rescan
        self._rate = Rate()
        self._progress = SyncProgress.of([Amount(missing=self.reason)], None)
        self._news = asyncio.Event()
        self._failure: Exception | None = None
        self._disturbed = True  # since the last look
        self._retry = False  # nothing will tell that it is time for another look
        self._acquainted_at = float("-inf")
        self._asked_at = float("-inf")
        self._rest = _FIRST_PAUSE
        self._slots = asyncio.Semaphore(_PARALLEL)
        self._own_id = ""
        self._sharing: frozenset[str] | None = None  # remote devices that share any of the folders
        self._configs: dict[str, t.FolderConfiguration] = {}
        self._known: dict[str, dict[str, Any]] = {}  # by folder and device; the device is empty for the folder itself
        self._scanning: dict[str, asyncio.Task[None]] = {}
        self._tried: set[str] = set()  # the folders whose scan has ended, well or not
        self._scanned: set[str] = set()

    async def listen(self, stream: EventStream) -> None:
        """Note which of the things known are so no longer."""
        try:
            async for item in stream:
                self._note(item)
        except Exception as error:  # noqa: BLE001 - raised again at the next look
            self._failure = error
            self._news.set()

    def _note(self, item: t.StreamItem) -> None:
        kind: str = item["type"]
        data: Any = item["data"]
        if kind in _ABOUT_FOLDERS:
            self._forget(data["folder"], disturbing=kind in _DISTURBING)
        elif kind == "DownloadProgress":
            for name in data:
                self._forget(name)
        elif kind in {"FolderPaused", "FolderResumed"}:
            self._forget(data["id"], disturbing=True)
            self._scan_again(data["id"])
        elif kind == "ConfigSaved":
            self._compare(data["folders"])
            self._news.set()
        elif kind in _ABOUT_DEVICES:
            name = data["device"] if "device" in data else data["id"]
            if self._sharing is None or name in self._sharing:
                if kind in {"DeviceConnected", "ClusterConfigReceived"}:
                    self._acquainted_at = time.monotonic() + _ACQUAINTED
                self._forget_all()
        elif kind in {"EventsLost", "StreamDown", "StreamUp"}:
            self._own_id = ""  # it may be another daemon
            self._forget_all()
            if kind == "EventsLost":
                for name in list(self._scanning):
                    self._scan_again(name)

    def _forget(self, folder: str, *, disturbing: bool = False) -> None:
        if self._folders is None or folder in self._folders:
            self._known.pop(folder, None)
            self._disturbed = self._disturbed or disturbing
            self._news.set()

    def _forget_all(self) -> None:
        self._known.clear()
        self._disturbed = True
        self._news.set()

    def _compare(self, folders: Iterable[t.FolderConfiguration]) -> None:
        """Note which of the folders the daemon has started again."""
        for folder in folders:
            name = folder["id"]
            before = self._configs.get(name)
            self._configs[name] = folder
            if before is not None and restarts(before, folder):
                self._forget(name, disturbing=True)
                self._scan_again(name)

    async def run(self, stable_for: float, on_progress: OnProgress | None) -> SyncProgress:
        """Ask until everything is in sync, and has been for a while without a disturbance."""
        good_since: float | None = None
        reported: SyncProgress | None = None
        while True:
            if self._disturbed:
                good_since = None
            self._news.clear()
            self._disturbed = self._retry = False
            begun = time.monotonic()
            progress = self._progress = await self._look()
            if on_progress is not None and progress != reported:
                reported = progress
                result = on_progress(progress)
                if inspect.isawaitable(result):
                    await result
            now = time.monotonic()
            if progress.missing or self._disturbed:
                good_since = None
                self.reason = _enumerate(progress.missing) or "something has just changed"
                longest = _PAUSE if self._retry or not progress.missing else _LOOK
            else:
                good_since = now if good_since is None else good_since
                longest = stable_for - (now - good_since)
                if longest <= 0:
                    return progress
                self.reason = f"in sync, but only for {now - good_since:.1f} of {stable_for:g} seconds"
            await self._pause(min(longest, _LOOK), now - begun)

    async def _pause(self, longest: float, last: float) -> None:
        """Wait for news, but neither too short nor too long.

        Args:
            longest: Seconds.
            last: Seconds that the last look took.
        """
        begun = time.monotonic()
        if self._acquainted_at > begun:
            longest = min(longest, self._acquainted_at - begun)
        with suppress(TimeoutError):
            async with asyncio.timeout(longest):
                await self._news.wait()
        if self._news.is_set():
            await asyncio.sleep(max(0.0, min(max(self._rest, last), longest) - (time.monotonic() - begun)))
            self._rest = min(2 * self._rest, _PAUSE)

    async def _look(self) -> SyncProgress:
        if self._failure is not None:
            raise self._failure
        if time.monotonic() - self._asked_at > _LOOK:
            self._asked_at = time.monotonic()
            self._known.clear()
        try:
            amounts = await self._amounts()
        except SyncthingError as error:
            if not is_transient(error):
                raise
            self._known.clear()
            self._retry = True
            return self._progress.interrupted(f"the daemon can't be asked: {error}")
        needed = sum(amount.needed_bytes for amount in amounts)
        return SyncProgress.of(amounts, self._rate.add(time.monotonic(), needed))

    async def _amounts(self) -> list[Amount]:
        if not self._own_id:
            self._own_id = (await self._api.call(_routes.STATUS))["myID"]
        config = await self._api.call(_routes.CONFIG)
        connections = (await self._api.call(_routes.CONNECTIONS))["connections"]
        folders = self._chosen_folders(config)
        remotes = [device for device in config["devices"] if device["deviceID"] != self._own_id]
        pairs = self._chosen_pairs(folders, remotes)
        self._compare(folders)
        sharing = [device["deviceID"] for device in remotes if any(shares(folder, device) for folder in folders)]
        self._sharing = frozenset(sharing)
        amounts = await self._gather(self._local(folder) for folder in folders)
        amounts += await self._gather(
            self._remote(folder["id"], device, connections.get(device["deviceID"])) for folder, device in pairs
        )
        amounts += self._acquaintances(connections[name] for name in sharing if name in connections)
        if not any(amount.missing for amount in amounts):
            amounts += await self._gather(self._confirm(folder) for folder in folders)
        return amounts

    def _chosen_folders(self, config: t.Configuration) -> list[t.FolderConfiguration]:
        folders = {folder["id"]: folder for folder in config["folders"]}
        for name in self._folders or ():
            if name not in folders:
                raise UnknownFolderError(f"the daemon has no folder {name}")
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
        pairs = [(folder, device) for folder in folders for device in devices if shares(folder, device)]
        for folder, device in pairs:
            check_device(folder["id"], device)
        return pairs

    def _acquaintances(self, connections: Iterable[t.ConnectionStats]) -> list[Amount]:
        """Return what is missing while a device may not have told yet what is new in its folders."""
        now = time.monotonic()
        ages = [seconds for connection in connections if (seconds := age(connection)) is not None]
        if ages:
            self._acquainted_at = max(self._acquainted_at, now + _ACQUAINTED - min(ages))
        return [Amount(missing="a device has only just connected")] if now < self._acquainted_at else []

    async def _gather(self, questions: Iterable[Coroutine[Any, Any, Amount]]) -> list[Amount]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(question) for question in questions]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None  # any other comes again at the next look
        return [task.result() for task in tasks]

    async def _local(self, folder: t.FolderConfiguration) -> Amount:
        name = folder["id"]
        scanned = not self._rescan or self._was_scanned(name)
        # A scan may find that an error is mended. One that ends while the status is asked doesn't count: the answer may
        # be from before.
        tried = scanned or name in self._tried
        summary = await self._ask(_routes.DB_STATUS, name)
        if tried:
            check_folder(folder, summary)
        amount = local_amount(folder, summary)
        return amount if scanned else replace(amount, missing=f"{amount.missing or f'folder {name}'}; being scanned")

    async def _confirm(self, folder: t.FolderConfiguration) -> Amount:
        """Look whether a folder is still as it was before the remote devices were asked.

        Else two things might be true that never were so at the same time.
        """
        name = folder["id"]
        before = self._known.get(name, {}).pop("", None)
        summary = await self._ask(_routes.DB_STATUS, name)
        amount = local_amount(folder, summary)
        if not amount.missing and (before is None or mark(before) != mark(summary)):
            amount = Amount(missing=f"folder {name}: has just changed")
        if amount.missing:
            self._known.pop(name, None)
            self._retry = True
        return Amount(missing=amount.missing)

    async def _remote(
        self, folder_id: str, device: t.DeviceConfiguration, connection: t.ConnectionStats | None
    ) -> Amount:
        completion = await self._ask(_routes.DB_COMPLETION, folder_id, device["deviceID"])
        connected = connection is not None and connection["connected"]
        return remote_amount(folder_id, device, completion, connected=connected)

    async def _ask(self, route: Route[Any], folder_id: str, device_id: str = "") -> Any:
        """Return what is known, or ask; ``None`` where the folder has not started yet."""
        known = self._known.setdefault(folder_id, {})
        if device_id not in known:
            params = {"folder": folder_id, **({"device": device_id} if device_id else {})}
            try:
                async with self._slots:
                    known[device_id] = await self._api.call(route, params=params)
            except NotFoundError:
                self._retry = True
                return None
        return known[device_id]

    def _was_scanned(self, name: str) -> bool:
        """Tell whether the scan that was asked for is over; begin it if it is not under way."""
        if name not in self._scanned and name not in self._scanning:
            task = self._scanning[name] = asyncio.create_task(self._scan(name))
            self.scans.add(task)
            task.add_done_callback(self.scans.discard)
        return name in self._scanned

    def _scan_again(self, name: str) -> None:
        """Begin a scan anew: the one under way may never be answered if the folder was stopped before its first one."""
        if name in self._scanning:
            self._scanning.pop(name).cancel()

    async def _scan(self, name: str) -> None:
        task = asyncio.current_task()
        try:
            await self._api.call(_routes.DB_SCAN, params={"folder": name})
        except ServerError:  # the folder's own error, which its status has too, or it was stopped
            self._tried.add(name)
        except NotFoundError:
            pass  # not started yet, or gone; the configuration tells
        except SyncthingError as error:
            if not is_transient(error):
                self._failure = error
        else:
            self._tried.add(name)
            self._scanned.add(name)
        finally:
            if self._scanning.get(name) is task:
                del self._scanning[name]
            self._forget(name, disturbing=True)  # the figures are from before


def _find_device(name: str, devices: Iterable[t.DeviceConfiguration]) -> t.DeviceConfiguration:
    for device in devices:
        if same_device(name, device["deviceID"]):
            return device
    raise UnknownDeviceError(f"the daemon has no remote device {name}")


def _enumerate(missing: tuple[str, ...]) -> str:
    more = [f"and {len(missing) - _NAMED} more"] if len(missing) > _NAMED else []
    return "; ".join([*missing[:_NAMED], *more])
