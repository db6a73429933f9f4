"""Pause for the duration of a block, and resume what a killed program has left paused."""

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
from aiosyncthing.config.config import Config
from aiosyncthing.exceptions import (
    BadRequestError,
    RequestTimeoutError,
    StillPausedError,
    SyncthingError,
    UnknownDeviceError,
    UnknownFolderError,
)

from .choice import Choice, Names, Thing, state_of, still_paused, things_of
from .shield import LIMIT, Shield
from .switching import Switches, no_time_error

Save: TypeAlias = Callable[[t.PauseState], Awaitable[object] | object]

_LOGGER = logging.getLogger("aiosyncthing.pausing")
_PATIENCE: Final = 0.7 * LIMIT  # seconds after a cancellation for a request to pause to end; the rest is for resuming
_GATEWAY_TIMEOUT: Final = 504


class Pause:
    """Pauses folders and devices for the duration of a block. Returned by `Syncthing.paused`; can be used once."""

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
        self._unanswered: set[Thing] = set()  # a request to pause these may still be on its way
        self._entered = False

    def __repr__(self) -> str:
        """Show what is paused."""
        return f"<{type(self).__name__}: {', '.join(map(str, self._things)) or 'nothing'}>"

    @property
    def state(self) -> t.PauseState:
        """What has to be resumed, as JSON: ``client.resume(state)`` resumes it, even from another process.

        Before the first request is sent, this is what is about to be paused. After the block, it is what could not be
        resumed.
        """
        return state_of(self._things, self._daemon)

    async def __aenter__(self) -> Self:
        """Pause the chosen folders and devices that are running.

        Raises:
            UnknownFolderError: One of the folders doesn't exist.
            UnknownDeviceError: One of the devices doesn't exist.
            BadRequestError: One of the devices is the daemon's own.
            StillPausedError: Pausing failed half-way and resuming failed as well, or a folder or device may still be
                paused.
            SyncthingError: This pause was entered before.
        """
        if self._entered:
            raise SyncthingError("a pause can be entered only once: call paused() again")
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
                # An aborted request might take effect after the one that resumes.
                await shield.run(self._pause(thing, begun), limit=_PATIENCE)
                shield.release()
            self._things = begun
            if begun != chosen:
                await self._store()
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
            StillPausedError: A folder or device could not be resumed.
        """
        await self._end(error, Shield())

    async def _pause(self, thing: Thing, begun: list[Thing]) -> None:
        """Pause a folder or device, and add it to the list unless it is certain that this did not pause it."""

        def sending() -> None:
            begun.append(thing)
            self._unanswered.add(thing)

        def forget() -> None:
            begun[:] = [each for each in begun if each != thing]

        try:
            await self._switches.pause(thing, sending)
        except (UnknownFolderError, UnknownDeviceError):
            self._unanswered.discard(thing)
            forget()
            if not self._choice.may_be_gone(thing):
                raise
        except SyncthingError as error:
            if not isinstance(error, RequestTimeoutError) and error.status != _GATEWAY_TIMEOUT:
                self._unanswered.discard(thing)
            if not is_transient(error):
                forget()
            raise
        else:
            self._unanswered.discard(thing)

    async def _end(self, error: BaseException | None, shield: Shield) -> None:
        """Resume what is paused, even if the task is cancelled meanwhile.

        An error in resuming is raised, with the exception that ended the block as its context. Cancellations and other
        exceptions that are not an `Exception` take precedence: they get a note, and the error is logged.

        Args:
            error: The exception that ended the block, if any.
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
            while not shield.over:
                with suppress(asyncio.CancelledError):  # of the work itself: it goes on
                    await shield.run(self._resume_and_store(shield))
                    return None
        except Exception as failure:  # noqa: BLE001 - raised or logged by the caller
            return failure
        if self._things:
            return no_time_error(self._things, self._daemon)
        return TimeoutError("everything was resumed, but there was no time left to save that")

    async def _resume_and_store(self, shield: Shield) -> None:
        try:
            await self._switches.resume(
                self._things, self._daemon, lambda: shield.left, shield.extend, self._unanswered
            )
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
        raise BadRequestError(f"this state belongs to daemon {state['daemon']}, but this daemon is {daemon}")
    things = still_paused(things, answer)
    resumed = state_of(things, daemon)
    limit = Shield()
    await Switches(api, config, timeout).resume(things, daemon, lambda: limit.left, limit.extend)
    return resumed
