"""The requests that pause and resume."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Set as AbstractSet
from time import monotonic
from typing import TYPE_CHECKING, Final

from aiosyncthing import _routes
from aiosyncthing._rest.editing import in_turn
from aiosyncthing._rest.lookup import find_device, find_folder
from aiosyncthing._rest.shapes import PAUSED, check, checked
from aiosyncthing._timing import Limit, delays, is_transient, pause_after
from aiosyncthing.exceptions import (
    ClientClosedError,
    RequestTimeoutError,
    StillPausedError,
    SyncthingError,
    UnknownDeviceError,
    UnknownFolderError,
    UnreachableError,
)

from .choice import Thing, state_of, still_paused

if TYPE_CHECKING:
    from aiosyncthing.api import API
    from aiosyncthing.config.config import Config

_LONGEST: Final = 1.0  # seconds between attempts, unless a Retry-After asks for more
_LAST: Final = 0.5  # seconds that the last attempt may take after the time is up
_LOOK: Final = 0.5  # seconds that reading what is paused may take after the time is up
_GRACE: Final = 0.5  # seconds after resuming in which an earlier request to pause may still take effect
_STEP: Final = 0.1  # seconds between reads


class Switches:
    """Pauses and resumes folders and devices.

    This patches a single field, which changes nothing else, and has taken effect and is saved when the daemon answers.
    ``system/pause`` doesn't pause folders, answers before it pauses, and counts the daemon's own device among all
    devices.

    Args:
        api: Sends the requests.
        config: Changes the configuration.
        timeout: Time limit for each request, in seconds; ``None`` for the client's own.
    """

    def __init__(self, api: API, config: Config, timeout: float | None) -> None:
        self._api = api
        self._config = config
        self._timeout = timeout

    async def pause(self, thing: Thing, sending: Callable[[], object]) -> None:
        """Pause a folder or device, unless it is paused already, which is then not ours to resume.

        Args:
            thing: The folder or device.
            sending: Called right before the request that pauses it.
        """
        async with in_turn(self._api):
            is_folder = thing.kind == "folder"
            found = await (find_folder if is_folder else find_device)(self._api, thing.id, self._timeout)
            check(PAUSED, found, _routes.FOLDER if is_folder else _routes.DEVICE)
            if not found["paused"]:
                sending()
                await self._send(thing, paused=True)

    async def _send(self, thing: Thing, *, paused: bool) -> None:
        if thing.kind == "folder":
            await self._config.patch_folder(thing.id, paused=paused, timeout=self._timeout)
        else:
            await self._config.patch_device(thing.id, paused=paused, timeout=self._timeout)

    async def resume(
        self,
        things: list[Thing],
        daemon: str | None,
        left: Callable[[], float],
        progress: Callable[[], object],
        unanswered: AbstractSet[Thing] = frozenset(),
    ) -> None:
        """Resume folders and devices in reverse order, and remove those that run again or are gone from the list.

        Failed requests are retried as long as that may help.

        Args:
            things: What to resume.
            daemon: The daemon's device ID.
            left: Returns the seconds that are left.
            progress: Called when one of them is resumed.
            unanswered: Those whose request to pause was not answered. It may still arrive, so they stay in the list
                although they are resumed.

        Raises:
            StillPausedError: Some could not be resumed, or may still be paused. These are still in the list.
        """
        errors: dict[Thing, SyncthingError] = {}
        failed = list(things)
        while True:
            await self._resume_all(failed, errors, left, progress)
            things[:] = [each for each in things if each in failed or each in unanswered]
            if not things:
                return
            calm = monotonic() + _GRACE
            paused = await self._look(things, left)
            while paused == [] and not failed and monotonic() < calm and left() > 0:
                await asyncio.sleep(_STEP)
                paused = await self._look(things, left)
            if failed or not paused or left() <= 0:
                break
            failed, progress = paused, _nothing  # or another program that keeps pausing it would keep this going
        things[:] = [each for each in things if each in unanswered or paused is None or each in paused]
        if things:
            raise _still_paused_error(things, paused, errors, daemon, unanswered)

    async def _resume_all(
        self,
        things: list[Thing],
        errors: dict[Thing, SyncthingError],
        left: Callable[[], float],
        progress: Callable[[], object],
    ) -> None:
        """Resume folders and devices, and remove those whose request was answered from the list."""
        pauses = delays()
        while things:
            for thing in [each for each in reversed(things) if each not in errors or is_transient(errors[each])]:
                error = await self._resume(thing, left() + _LAST, errors.get(thing))
                if error is None:
                    errors.pop(thing, None)
                    things.remove(thing)
                    progress()
                else:
                    errors[thing] = error
                    if isinstance(error, UnreachableError):
                        break  # the others can't be resumed either
            waits = [pause_after(each, min(next(pauses), _LONGEST)) for each in errors.values() if is_transient(each)]
            if not waits or left() <= 0:
                break
            await asyncio.sleep(min(max(waits), left()))

    async def _look(self, things: list[Thing], left: Callable[[], float]) -> list[Thing] | None:
        """Return which of these are paused; ``None`` if the daemon doesn't say."""
        try:
            with Limit(max(left(), 0.0) + _LOOK):
                answer = await self._api.call(_routes.CONFIG, timeout=self._timeout)
            return still_paused(things, checked(_routes.CONFIG, answer))
        except (SyncthingError, TimeoutError):
            return None

    async def _resume(self, thing: Thing, limit: float, before: SyncthingError | None) -> SyncthingError | None:
        """Resume a folder or device, and return the error that prevents it.

        Args:
            thing: What to resume.
            limit: Seconds that are left.
            before: The error of the last attempt, which is more useful than a timeout.
        """
        try:
            with Limit(limit):
                async with in_turn(self._api):  # or a concurrent change of the same folder could undo it
                    await self._send(thing, paused=False)
        except (UnknownFolderError, UnknownDeviceError):
            pass  # it was removed meanwhile
        except SyncthingError as error:
            return error
        except TimeoutError:
            return before or RequestTimeoutError(f"no answer within {limit:.1f} s")
        return None


def _still_paused_error(
    things: list[Thing],
    paused: list[Thing] | None,
    errors: dict[Thing, SyncthingError],
    daemon: str | None,
    unanswered: AbstractSet[Thing] = frozenset(),
) -> StillPausedError:
    """Return the error that says what could not be resumed, and what may still be paused.

    Args:
        things: All of these.
        paused: Those that are paused; ``None`` if the daemon doesn't say.
        errors: The errors of those that could not be resumed.
        daemon: The daemon's device ID.
        unanswered: Those whose request to pause was not answered.
    """
    parts: list[str] = []
    if failed := [each for each in things if each in errors or each in (paused or []) or each not in unanswered]:
        known = "still paused" if paused is not None else "may still be paused"
        reasons = "; ".join(dict.fromkeys(map(str, errors.values()))) or "there was no time left"
        parts.append(f"{known}: {_listed(failed)}, because resuming failed: {reasons}")
    if running := [each for each in things if each not in failed]:
        parts.append(f"may still be paused: {_listed(running)}, because the request to pause was not answered")
    closed = any(isinstance(each, ClientClosedError) for each in errors.values())
    return StillPausedError(
        "; ".join(parts),
        state=state_of(things, daemon),
        remedy="call resume(error.state) of a new client to try again"
        if closed
        else "call client.resume(error.state) to try again",
    )


def no_time_error(things: list[Thing], daemon: str | None) -> StillPausedError:
    """Return the error for things that were not resumed because the time was up."""
    late = RequestTimeoutError("there was no time left")
    return _still_paused_error(things, None, dict.fromkeys(things, late), daemon)


def _nothing() -> None:
    pass


def _listed(things: list[Thing]) -> str:
    return ", ".join(map(str, reversed(things)))
