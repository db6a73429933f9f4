"""Bring a folder to rest: wait until it is in sync, and pause it before anything changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import _routes
from aiosyncthing._rest.checks import required
from aiosyncthing._rest.lookup import find_folder
from aiosyncthing._rest.once import Once
from aiosyncthing._rest.shapes import MACHINE, PATH_AND_PAUSED, check, check_event, check_events
from aiosyncthing._timing import within
from aiosyncthing.api import API
from aiosyncthing.config.config import Config
from aiosyncthing.config.paths import Machine
from aiosyncthing.events import Events
from aiosyncthing.exceptions import FolderNotRunningError, WaitTimeoutError
from aiosyncthing.waiting.progress import SyncProgress, enumerated
from aiosyncthing.waiting.waiting import wait_in_sync

from .pause import Pause, Save

if TYPE_CHECKING:
    from aiosyncthing import types as t

_TRIES: Final = 20
_PAUSE: Final = 0.05  # seconds between them
_CHANGES: Final = frozenset(
    {"StateChanged", "LocalIndexUpdated", "RemoteIndexUpdated", "ItemStarted", "ItemFinished"},
)


def at_rest(
    api: API,
    events: Events,
    config: Config,
    folder_id: str,
    devices: Iterable[str] | str | None,
    *,
    rescan: bool,
    save: Save | None,
    timeout: float | None,
) -> AbstractAsyncContextManager[str, bool | None]:
    """Bring a folder to rest for the duration of a block; see `Syncthing.at_rest`."""
    required(folder_id, "folder_id")
    listed = devices if devices is None or isinstance(devices, str) else list(devices)  # iterated several times
    begin = _Begin(api, events, config, folder_id, listed, save)
    return Once(_at_rest(begin, rescan=rescan, timeout=timeout), "at_rest")


@asynccontextmanager
async def _at_rest(begin: _Begin, *, rescan: bool, timeout: float | None) -> AsyncGenerator[str]:
    async with AsyncExitStack() as stack:
        async with within(timeout, lambda: begin.reason, begin.late):
            path = await begin.run(stack, rescan=rescan)
        yield path


class _Begin:
    """Brings a folder to rest.

    A paused folder has no status to look at. But every change in a folder emits events, and FolderPaused comes after
    them (`CommitConfiguration` in lib/model/model.go). So if a folder was in sync after some event, and no other event
    about it came before FolderPaused, it has not changed.
    """

    def __init__(
        self,
        api: API,
        events: Events,
        config: Config,
        folder_id: str,
        devices: list[str] | str | None,
        save: Save | None,
    ) -> None:
        self.reason = "the daemon has not answered yet"
        self._progress: SyncProgress | None = None
        self._api = api
        self._events = events
        self._config = config
        self._folder_id = folder_id
        self._devices = devices
        self._save = save

    def late(self, message: str) -> WaitTimeoutError:
        """Return the error for when the time limit is reached."""
        progress = self._progress
        return WaitTimeoutError(message, progress=progress, missing=() if progress is None else progress.missing)

    async def run(self, stack: AsyncExitStack, *, rescan: bool) -> str:
        """Bring the folder to rest, until the stack is closed, and return its path."""
        path = await self._path()
        while True:
            await self._wait(rescan=rescan)
            async with AsyncExitStack() as attempt:
                before = await self._events.poll(limit=1, timeout=0)
                await self._wait(rescan=False)
                pause = Pause(self._api, self._config, self._folder_id, None, self._save, None)
                self.reason = f"folder {self._folder_id} is still being paused"
                await attempt.enter_async_context(pause)
                if not pause.state["folders"]:
                    raise FolderNotRunningError(f"someone else has just paused folder {self._folder_id}")
                if await self._is_unchanged(before):
                    stack.push_async_exit(attempt.pop_all())
                    return path
            self.reason = f"folder {self._folder_id} keeps changing"

    async def _path(self) -> str:
        """Return the folder's path, absolute if the daemon's home directory is part of it."""
        folder = await find_folder(self._api, self._folder_id)
        check(PATH_AND_PAUSED, folder, _routes.FOLDER)
        if folder["paused"]:
            raise FolderNotRunningError(
                f"folder {self._folder_id} is paused, so nothing is known about its contents: resume it first"
            )
        path = folder["path"]
        if not path.startswith("~"):
            return path
        status = await self._api.call(_routes.STATUS)
        check(MACHINE, status, _routes.STATUS)
        return Machine(status["tilde"], status["pathSeparator"], "").full(path) or path

    async def _wait(self, *, rescan: bool) -> None:
        await wait_in_sync(
            self._api,
            self._events,
            self._folder_id,
            self._devices,
            rescan=rescan,
            stable_for=0,
            timeout=None,
            on_progress=self._note,
        )

    def _note(self, progress: SyncProgress) -> None:
        self._progress = progress
        if progress.missing:
            self.reason = enumerated(progress.missing)

    async def _is_unchanged(self, before: list[t.Event]) -> bool:
        """Return whether nothing happened between an event and the pause of the folder."""
        check_events(_routes.EVENTS, before)
        for _ in range(_TRIES if before else 0):
            events = await self._events.poll(before[0]["id"] - 1, timeout=0)
            check_events(_routes.EVENTS, events)
            if events[:1] != before:  # the daemon was restarted, or has dropped events
                return False
            unchanged = self._judge(events[1:])
            if unchanged is not None:
                return unchanged
            await asyncio.sleep(_PAUSE)  # events become readable shortly after they are emitted
        return False

    def _judge(self, events: list[t.Event]) -> bool | None:
        """Return whether the folder was paused before anything else happened in it; ``None`` if not known yet."""
        paused = False
        for event in events:
            check_event(event)
            kind: str = event["type"]
            data: Any = event["data"]
            if kind == "FolderResumed" and data["id"] == self._folder_id:
                return False  # someone else had paused it
            if kind in _CHANGES and data["folder"] == self._folder_id and not paused:
                return False
            paused = paused or (kind == "FolderPaused" and data["id"] == self._folder_id)
        return True if paused else None
