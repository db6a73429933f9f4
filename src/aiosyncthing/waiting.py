"""Waiting until a daemon is ready, and until folders are in sync."""

from __future__ import annotations

import asyncio
import inspect
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from . import _routes, _sync
from ._backoff import delays, is_transient
from ._checks import required, same_device
from ._deadline import within
from ._sync import Amount, SyncProgress
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
_LOOK: Final = 10.0  # seconds after which everything is asked again, even if no event says that it changed
_PARALLEL: Final = 4
_READY_TIMEOUT: Final = 5.0

# What disturbs a folder that was in sync. The others just follow from these.
_ABOUT_FOLDERS: Final = frozenset(
    {
        *("StateChanged", "FolderSummary", "FolderCompletion", "FolderErrors", "FolderWatchStateChanged"),
        *("LocalIndexUpdated", "RemoteIndexUpdated", "ItemStarted", "ItemFinished", "RemoteDownloadProgress"),
    }
)
_ABOUT_EVERYTHING: Final = frozenset(
    {
        *("ConfigSaved", "FolderPaused", "FolderResumed", "DevicePaused", "DeviceResumed", "DeviceConnected"),
        *("DeviceDisconnected", "ClusterConfigReceived", "EventsLost", "StreamDown", "StreamUp"),
    }
)
_DISTURBING: Final = frozenset(
    {
        *("StateChanged", "LocalIndexUpdated", "RemoteIndexUpdated", "ItemStarted", "FolderPaused", "FolderResumed"),
        *("DeviceDisconnected", "DeviceConnected", "DevicePaused", "DeviceResumed", "EventsLost", "StreamDown"),
    }
)


async def wait_ready(api: API, timeout: float | None = None) -> None:
    """Wait until a daemon answers as it should; see `Syncthing.wait_ready`."""
    state = "nothing was tried yet"
    async with within(timeout, lambda: f"the daemon is not ready, last seen: {state}"):
        for delay in delays():
            try:
                await api.call(_routes.STATUS, timeout=_READY_TIMEOUT)
            except MigrationError:
                state = "migration (Syncthing is converting its database)"
            except SyncthingError as error:
                if not is_transient(error):
                    raise
                state = str(error)
            else:
                if api.daemon_id is None:
                    raise NotSyncthingError("what answers there does not identify itself as Syncthing")
                return
            await asyncio.sleep(min(delay, 1.0))


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
    async with within(timeout, lambda: "; ".join(waiter.missing)), events.stream() as stream:
        listener = asyncio.create_task(waiter.listen(stream))
        try:
            return await waiter.run(stable_for, on_progress)
        finally:
            await _end([listener, *waiter.scans.values()])


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
        self.missing: tuple[str, ...] = ("nothing was asked yet",)
        self.scans: dict[str, asyncio.Task[None]] = {}
        self._api = api
        self._folders = folders
        self._devices = devices
        self._rescan = rescan
        self._rate = _sync.Rate()
        self._news = asyncio.Event()
        self._disturbed = True
        self._failure: SyncthingError | None = None
        self._known: dict[tuple[str, str], Any] = {}  # by folder and device; the device is empty for the folder itself
        self._slots = asyncio.Semaphore(_PARALLEL)
        self._rest = _FIRST_PAUSE

    async def listen(self, stream: EventStream) -> None:
        """Note which of the things known are so no longer."""
        try:
            async for item in stream:
                self._note(item)
        except SyncthingError as error:
            self._failure = error
            self._news.set()

    def _note(self, item: t.StreamItem) -> None:
        kind: str = item["type"]
        data: Any = item["data"]
        if kind in _ABOUT_FOLDERS:
            self._forget(data["folder"])
        elif kind == "DownloadProgress":
            for name in data:
                self._forget(name)
        elif kind in _ABOUT_EVERYTHING:
            self._forget(None)
        else:
            return
        if kind in {"EventsLost", "FolderResumed"}:  # a folder that starts scans first
            for name in list(self.scans) if kind == "EventsLost" else [data["id"]]:
                if name in self.scans and self.scans[name].done():
                    del self.scans[name]
        if kind in _DISTURBING:
            self._disturbed = True
        self._news.set()

    def _forget(self, folder: str | None) -> None:
        self._known = {key: value for key, value in self._known.items() if folder not in {None, key[0]}}

    async def run(self, stable_for: float, on_progress: OnProgress | None) -> SyncProgress:
        """Ask until everything is in sync, and has been for a while without a disturbance."""
        good_since: float | None = None
        reported: SyncProgress | None = None
        while True:
            self._news.clear()
            self._disturbed = False
            progress = await self._look()
            self.missing = progress.missing
            if on_progress is not None and progress != reported:
                reported = progress
                result = on_progress(progress)
                if inspect.isawaitable(result):
                    await result
            now = time.monotonic()
            if progress.missing or self._disturbed:
                good_since = None
            elif good_since is None:
                good_since = now
            if good_since is not None and now - good_since >= stable_for:
                return progress
            await self._pause(_LOOK if good_since is None else min(_LOOK, stable_for - (now - good_since)))

    async def _pause(self, longest: float) -> None:
        """Wait for news, but neither too short nor too long."""
        begun = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(longest):
                await self._news.wait()
        if self._news.is_set():
            await asyncio.sleep(max(0.0, min(self._rest, longest) - (time.monotonic() - begun)))
            self._rest = min(2 * self._rest, _PAUSE)
        else:
            self._forget(None)

    async def _look(self) -> SyncProgress:
        if self._failure is not None:
            raise self._failure
        try:
            amounts = await self._amounts()
        except SyncthingError as error:
            if not is_transient(error):
                raise
            self._forget(None)
            return SyncProgress.of([Amount(missing=f"the daemon can't be asked: {error}")], None)
        needed = sum(amount.needed_bytes for amount in amounts)
        return SyncProgress.of(amounts, self._rate.add(time.monotonic(), needed))

    async def _amounts(self) -> list[Amount]:
        config = await self._api.call(_routes.CONFIG)
        connections = (await self._api.call(_routes.CONNECTIONS))["connections"]
        folders = self._chosen_folders(config)
        devices = self._chosen_devices(config)
        pairs = [(folder, device) for folder in folders for device in devices if _shares(folder, device)]
        for folder, device in pairs:
            _sync.check_device(folder["id"], device)
        local = await self._gather(self._local(folder) for folder in folders)
        remote = await self._gather(
            self._remote(folder["id"], device, connections.get(device["deviceID"])) for folder, device in pairs
        )
        if self._devices is None:
            return local + remote
        # A device that is asked for by name must share each folder, else nothing there could be waited for.
        unshared = [
            Amount(missing=f"folder {folder['id']}: not shared with device {_sync.device_name(device)}")
            for folder in folders
            for device in devices
            if not _shares(folder, device)
        ]
        return local + remote + unshared

    def _chosen_folders(self, config: t.Configuration) -> list[t.FolderConfiguration]:
        folders = {folder["id"]: folder for folder in config["folders"]}
        for name in self._folders or ():
            if name not in folders:
                raise UnknownFolderError(f"the daemon has no folder {name}")
        chosen = [folders[name] for name in (self._folders if self._folders is not None else folders)]
        for folder in chosen:
            _sync.check_folder(folder)
        return chosen

    def _chosen_devices(self, config: t.Configuration) -> list[t.DeviceConfiguration]:
        remotes = [device for device in config["devices"] if device["deviceID"] != self._api.daemon_id]
        if self._devices is None:
            return remotes
        for name in self._devices:
            if not any(same_device(name, device["deviceID"]) for device in remotes):
                raise UnknownDeviceError(f"the daemon has no remote device {name}")
        return [device for device in remotes if any(same_device(name, device["deviceID"]) for name in self._devices)]

    async def _gather(self, questions: Iterable[Coroutine[Any, Any, Amount]]) -> list[Amount]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._in_turn(question)) for question in questions]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _in_turn(self, question: Coroutine[Any, Any, Amount]) -> Amount:
        async with self._slots:
            return await question

    async def _local(self, folder: t.FolderConfiguration) -> Amount:
        name = folder["id"]
        summary = await self._ask(_routes.DB_STATUS, name)
        scan = self.scans.get(name)
        if scan is None:
            scan = self.scans[name] = asyncio.create_task(self._scan(name))
        if scan.done() and scan.exception() is not None:
            del self.scans[name]  # where waiting helps, it is tried again
            scan.result()
        if scan.done() or not self._rescan:  # a scan that was asked for may find that an error is mended
            _sync.check_folder(folder, summary)
        if not scan.done():
            return replace(_sync.local_amount(folder, summary), missing=f"folder {name}: being scanned")
        return _sync.local_amount(folder, summary)

    async def _remote(
        self, folder_id: str, device: t.DeviceConfiguration, connection: t.ConnectionStats | None
    ) -> Amount:
        completion = await self._ask(_routes.DB_COMPLETION, folder_id, device["deviceID"])
        connected = connection is not None and connection["connected"]
        return _sync.remote_amount(folder_id, device, completion, connected=connected)

    async def _ask(self, route: Route[Any], folder_id: str, device_id: str = "") -> Any:
        """Return what is known, or ask; ``None`` where the folder has not started yet."""
        key = folder_id, device_id
        if key in self._known:
            return self._known[key]
        before = self._known
        params = {"folder": folder_id, **({"device": device_id} if device_id else {})}
        try:
            answer = await self._api.call(route, params=params)
        except NotFoundError:
            return None
        if before is self._known:  # else something was forgotten meanwhile, and this may be as old
            self._known[key] = answer
        return answer

    async def _scan(self, name: str) -> None:
        """Scan all of the folder, or just wait for its first scan: any request to scan waits for that."""
        params = {"folder": name} if self._rescan else {"folder": name, "sub": ".stfolder"}
        try:
            await self._api.call(_routes.DB_SCAN, params=params)
        except ServerError as error:
            if error.body and "context canceled" in error.body:
                raise  # the folder was restarted by a change of its configuration; is tried again
            raise _sync.folder_error(name, error.body or str(error)) from error
        finally:
            self._forget(name)  # the figures are from before
            self._disturbed = True
            self._news.set()


def _shares(folder: t.FolderConfiguration, device: t.DeviceConfiguration) -> bool:
    return any(element["deviceID"] == device["deviceID"] for element in folder["devices"])
