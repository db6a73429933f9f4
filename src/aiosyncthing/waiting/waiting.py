"""Waiting until a daemon is ready, and until folders are in sync. `look` and `sync` decide what is missing."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeAlias

from aiosyncthing import _routes, types as t
from aiosyncthing._rest.checks import device, required
from aiosyncthing._rest.shapes import check_event
from aiosyncthing._timing import Signal, delays, is_transient, pause_after, time_limit, within
from aiosyncthing.api import API
from aiosyncthing.events import Events
from aiosyncthing.exceptions import BadRequestError, MigrationError, NotSyncthingError, SyncthingError, WaitTimeoutError
from aiosyncthing.stream import EventStream

from .look import Look
from .progress import Amount, Missing, Rate, SyncProgress, enumerated

OnProgress: TypeAlias = Callable[[SyncProgress], Awaitable[object] | object]

_LOGGER = logging.getLogger("aiosyncthing.waiting")

# Seconds between two looks, which are expensive for the daemon: from short to long.
_FIRST_PAUSE: Final = 0.1
_PAUSE: Final = 1.0
_LOOK: Final = 30.0  # seconds after which everything is asked again, even if no event has reported a change
_READY_TIMEOUT: Final = 5.0

_ABOUT_FOLDERS: Final = frozenset(
    {
        *("StateChanged", "FolderSummary", "FolderCompletion", "FolderErrors", "FolderWatchStateChanged"),
        *("LocalIndexUpdated", "RemoteIndexUpdated", "ItemStarted", "ItemFinished", "RemoteDownloadProgress"),
    }
)
_ABOUT_DEVICES: Final = frozenset(
    {"DeviceConnected", "DeviceDisconnected", "DevicePaused", "DeviceResumed", "ClusterConfigReceived"}
)
# Those that disturb a folder that was in sync; the others follow from these.
_DISTURBING: Final = frozenset({"StateChanged", "LocalIndexUpdated", "RemoteIndexUpdated", "ItemStarted"})


async def wait_ready(api: API, timeout: float | None = None) -> None:
    """Wait until a daemon is ready; see `Syncthing.wait_ready`."""
    state = "no answer yet"
    async with within(timeout, lambda: f"the daemon is not ready; last state: {state}"):
        for delay in delays():
            pause = min(delay, _PAUSE)
            try:
                status: dict[str, Any] = {**await api.call(_routes.STATUS, timeout=_READY_TIMEOUT)}
            except MigrationError:
                state = "migration (Syncthing is converting its database)"
            except SyncthingError as error:
                if not is_transient(error):
                    raise
                state = str(error)
                pause = pause_after(error, pause)
            else:
                if "myID" not in status:
                    raise NotSyncthingError("this is not Syncthing: its status has no device ID. Check the URL")
                return
            await asyncio.sleep(pause)


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
    chosen = _names(folders, "a folder ID")
    if chosen is not None and not chosen:
        raise BadRequestError("folders must not be empty; omit it to wait for all")
    stable = time_limit(stable_for, "stable_for")
    if stable is None:
        raise BadRequestError("stable_for must be a number of seconds")
    waiter = _Waiter(api, events, chosen, _names(devices, "a device ID", device), rescan=rescan)

    def late(message: str) -> WaitTimeoutError:
        progress = waiter.progress
        return WaitTimeoutError(message, progress=progress, missing=progress.missing)

    async with within(timeout, lambda: waiter.reason, late):
        await waiter.identify()  # before the stream, which would wait for a daemon that is down
        async with events.stream() as stream:
            listener = asyncio.create_task(waiter.listen(stream))
            try:
                return await waiter.run(stable, on_progress)
            finally:
                await _end([listener, *waiter.tasks])


def _names(
    names: Iterable[str] | str | None, what: str, check: Callable[[str, str], str] = required
) -> list[str] | None:
    if names is None:
        return None
    return [check(name, what) for name in ([names] if isinstance(names, str) else names)]


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


class _Waiter:
    """Looks, and waits for a reason to look again."""

    def __init__(
        self, api: API, events: Events, folders: list[str] | None, devices: list[str] | None, *, rescan: bool
    ) -> None:
        self.reason = "the daemon has not answered yet"
        self.progress = SyncProgress.of([Amount(missing=Missing(self.reason))], None)
        self._news = Signal()
        self._look = Look(api, events, folders, devices, rescan=rescan, news=self._news.set, disturbed=self._disturb)
        self._rate = Rate()
        self._failure: Exception | None = None
        self._disturbed = True  # since the last look
        self._troubled = False
        self._asked_at = float("-inf")
        self._rest = _FIRST_PAUSE
        self._wait = 0.0  # seconds, as an answer has requested

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The tasks that are running."""
        return self._look.tasks

    async def identify(self) -> None:
        """Ask for the daemon's own device ID."""
        await self._look.identify()

    async def listen(self, stream: EventStream) -> None:
        """Note which answers the events make outdated."""
        try:
            async for item in stream:
                check_event(item)
                self._note(item)
        except Exception as error:  # noqa: BLE001 - raised again at the next look
            self._failure = error
            self._news.set()

    def _note(self, item: t.StreamItem) -> None:
        kind: str = item["type"]
        data: Any = item["data"]
        self._look.grace.note(item, time.monotonic())
        if kind in _ABOUT_FOLDERS:
            self._forget(data["folder"], disturbing=kind in _DISTURBING)
        elif kind == "DownloadProgress":
            for name in data:
                self._forget(name)
        elif kind in {"FolderPaused", "FolderResumed"}:
            self._disturb(data["id"])
            self._look.scans.restart(data["id"])
        elif kind == "ConfigSaved":
            self._look.compare(data["folders"])
            self._news.set()
        elif kind in _ABOUT_DEVICES:
            self._note_device(data["device"] if "device" in data else data["id"])
        elif kind in {"EventsLost", "StreamDown", "StreamUp"}:
            self._look.doubt()
            self._forget_all()
            if kind == "EventsLost":
                self._look.lost()
            elif kind == "StreamDown":
                self._look.questions.abandon()
                self._warn(data["error"])

    def _note_device(self, device: str) -> None:
        if not self._look.concerns_device(device):
            return
        folders = self._look.folders_of(device)
        if folders is None:
            self._forget_all()
            return
        for folder in folders:
            self._forget(folder)
        self._disturbed = True
        self._news.set()

    def _disturb(self, folder: str) -> None:
        self._forget(folder, disturbing=True)

    def _forget(self, folder: str, *, disturbing: bool = False) -> None:
        if self._look.concerns_folder(folder):
            self._look.questions.forget(folder)
            self._disturbed = self._disturbed or disturbing
            self._news.set()

    def _forget_all(self) -> None:
        self._look.questions.forget()
        self._disturbed = True
        self._news.set()

    def _warn(self, reason: object) -> None:
        """Log that the daemon can't be asked, once for each outage."""
        if not self._troubled:
            self._troubled = True
            _LOGGER.warning("waiting continues when the daemon answers again: %s", reason)

    async def run(self, stable_for: float, on_progress: OnProgress | None) -> SyncProgress:
        """Look until everything is in sync and has been undisturbed for long enough."""
        good_since: float | None = None
        reported: SyncProgress | None = None
        while True:
            if self._disturbed:
                good_since = None
            self._news.clear()
            self._disturbed = False
            begun = time.monotonic()
            progress = self.progress = await self._measure()
            if on_progress is not None and progress != reported:
                reported = progress
                result = on_progress(progress)
                if inspect.isawaitable(result):
                    await result
            now = time.monotonic()
            if progress.missing or self._disturbed:
                good_since = None
                self.reason = enumerated(progress.missing) or "something has just changed"
                longest = _PAUSE if self._look.retry or not progress.missing else _LOOK
            else:
                good_since = now if good_since is None else good_since
                longest = stable_for - (now - good_since)
                if longest <= 0:
                    return progress
                self.reason = f"in sync for only {now - good_since:.1f} of {stable_for:g} seconds"
            await self._pause(min(longest, _LOOK), now - begun)

    async def _pause(self, longest: float, last: float) -> None:
        """Wait for news, within limits.

        Args:
            longest: The longest wait, in seconds.
            last: Seconds that the last look took. The wait is at least as long, to spare the daemon.
        """
        if self._wait:
            await asyncio.sleep(self._wait)
            self._wait = 0.0
        begun = time.monotonic()
        if self._look.next_at is not None:
            longest = max(0.0, min(longest, self._look.next_at - begun))
        await self._news.wait(longest)
        if self._news.is_set:
            await asyncio.sleep(max(0.0, min(max(self._rest, last), longest) - (time.monotonic() - begun)))
            self._rest = min(2 * self._rest, _PAUSE)

    async def _measure(self) -> SyncProgress:
        """Look, and return the progress."""
        failure = self._failure or self._look.scans.failure
        if failure is not None:
            raise failure
        if time.monotonic() - self._asked_at > _LOOK:
            self._asked_at = time.monotonic()
            self._look.questions.forget()
        troubled = self._troubled
        try:
            amounts = await self._look.amounts()
        except SyncthingError as error:
            if not is_transient(error):
                raise
            self._look.questions.abandon()
            self._warn(error)
            self._wait = pause_after(error, 0)
            self._look.retry = True
            return self.progress.interrupted(f"no usable answer from the daemon: {error}")
        if troubled:  # an outage that began during this look is not over
            self._troubled = False
        needed = sum(amount.needed_bytes for amount in amounts)
        return SyncProgress.of(amounts, self._rate.add(time.monotonic(), needed))
