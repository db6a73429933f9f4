"""Pausing for the duration of a block, and undoing what a program that was killed has left paused."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self, TypeAlias

from aiosyncthing import _routes, types as t
from aiosyncthing._rest.checks import same_device
from aiosyncthing._rest.shapes import checked
from aiosyncthing._timing import is_transient
from aiosyncthing.api import API
from aiosyncthing.config import Config
from aiosyncthing.exceptions import (
    BadRequestError,
    StillPausedError,
    SyncthingError,
    UnknownDeviceError,
    UnknownFolderError,
)

from .choice import Choice, Names, Thing, state_of, still_paused, things_of
from .shield import LIMIT, Shield
from .switching import Switches, still_paused_error

Save: TypeAlias = Callable[[t.PauseState], Awaitable[object] | object]

_LOGGER = logging.getLogger("aiosyncthing.pausing")
_PATIENCE: Final = LIMIT / 2  # seconds after a cancellation for a request to pause to end; the rest is for resuming
_STORING: Final = LIMIT / 10  # seconds for storing what could not be resumed


class Pause:
    """Folders and devices that are paused for the duration of a block. Made by `Syncthing.paused`; can be used once."""

    def __init__(
        self, api: API, config: Config, folders: Names, devices: Names, save: Save | None, timeout: float | None
    ) -> None:
        self._api = api
        self._choice = Choice(folders, devices)
        self._switches = Switches(api, config, timeout)
        self._save = save
        self._timeout = timeout
        self._daemon: str | None = None
        self._things: list[Thing] = []
        self._entered = False

    def __repr__(self) -> str:
        """Show what is paused."""
        return f"<{type(self).__name__}: {', '.join(map(str, self._things)) or 'nothing'}>"

    @property
    def state(self) -> t.PauseState:
        """What is to be resumed; ``client.resume(state)`` does that, also in another process. It can be stored as JSON.

        Before the first request to pause, it is already what is going to be paused. After the block, it is what could
        not be resumed.
        """
        return state_of(self._things, self._daemon)

    async def __aenter__(self) -> Self:
        """Pause what runs.

        Raises:
            UnknownFolderError: One of the folders doesn't exist.
            UnknownDeviceError: One of the devices doesn't exist.
            BadRequestError: One of the devices is the daemon's own.
            StillPausedError: Pausing failed half-way, and then resuming, too.
            RuntimeError: It was entered before.
        """
        if self._entered:
            raise RuntimeError("a pause can be used once: call client.paused() again")
        self._entered = True
        config = checked(_routes.CONFIG, await self._api.call(_routes.CONFIG, timeout=self._timeout))
        self._daemon = self._api.daemon_id
        chosen = self._choice.running(config, self._daemon)
        self._things = list(chosen)
        shield = Shield()
        begun: list[Thing] = []
        try:
            await self._store()
            for thing in chosen:
                begun.append(thing)
                # A request that was broken off might take effect after that to resume.
                await shield.run(self._pause(thing, begun), limit=_PATIENCE)
                shield.release()
            self._things = begun
        except BaseException as error:
            self._things = begun
            await self._end(error, shield)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Resume what was paused.

        Raises:
            StillPausedError: Something could not be resumed.
        """
        await self._end(error, Shield())

    async def _pause(self, thing: Thing, begun: list[Thing]) -> None:
        """Pause something, and take it from the list if it certainly is not paused."""
        try:
            await self._switches.set(thing, paused=True)
        except (UnknownFolderError, UnknownDeviceError):
            begun.remove(thing)
            if not self._choice.may_be_gone(thing):
                raise
        except SyncthingError as error:
            if not is_transient(error):
                begun.remove(thing)
            raise

    async def _end(self, error: BaseException | None, shield: Shield) -> None:
        """Resume what is paused, whatever happens meanwhile.

        If that fails, its error is raised, with the exception that led here as its context. A cancellation and the like
        go on in any case; then the error is logged, and noted in them.

        Args:
            error: The exception that led here, if any.
            shield: Holds cancellations back.
        """
        fatal = error is not None and not isinstance(error, Exception)
        if fatal:
            shield.hurry()
        else:
            shield.extend()
        problem = await self._resume(shield)
        if problem is not None:
            if not fatal and not shield.cancelled:
                raise problem
            _LOGGER.error("%s", problem)
            if error is not None:
                error.add_note(str(problem))
        shield.release(str(problem) if problem is not None else None)

    async def _resume(self, shield: Shield) -> Exception | None:
        """Resume what is paused, and return the error that prevents it."""
        try:
            while shield.left > 0:
                with suppress(asyncio.CancelledError):  # of the work itself: it goes on
                    await shield.run(self._resume_and_store(shield))
                    return None
        except Exception as failure:  # noqa: BLE001 - raised or logged by the caller
            return failure
        if self._things:
            return still_paused_error(self._things, self._daemon, "there was no time left")
        return TimeoutError("there was no time left to save that all is resumed")

    async def _resume_and_store(self, shield: Shield) -> None:
        try:
            await self._switches.resume(self._things, self._daemon, lambda: shield.left - _STORING, shield.extend)
        except StillPausedError:
            await self._store()
            raise
        await self._store()

    async def _store(self) -> None:
        if self._save is not None:
            result = self._save(self.state)
            if inspect.isawaitable(result):
                await result


async def resume(api: API, config: Config, state: t.PauseState, timeout: float | None) -> t.PauseState:
    """Resume what a pause has left paused; see `Syncthing.resume`."""
    things = things_of(state)
    if not things:
        return state_of([], state["daemon"])
    answer = checked(_routes.CONFIG, await api.call(_routes.CONFIG, timeout=timeout))
    daemon = api.daemon_id
    if daemon is not None and state["daemon"] and not same_device(state["daemon"], daemon):
        raise BadRequestError(f"this is what was paused in {state['daemon']}, but the daemon here is {daemon}")
    things = still_paused(things, answer)
    resumed = state_of(things, daemon)
    limit = Shield()
    await Switches(api, config, timeout).resume(things, daemon, lambda: limit.left, limit.extend)
    return resumed
