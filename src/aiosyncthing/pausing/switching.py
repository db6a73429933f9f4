"""The requests that pause and resume."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from aiosyncthing._rest.editing import in_turn
from aiosyncthing._timing import Limit, delays, is_transient, pause_after
from aiosyncthing.exceptions import (
    RequestTimeoutError,
    StillPausedError,
    SyncthingError,
    UnknownDeviceError,
    UnknownFolderError,
    UnreachableError,
)

from .choice import Thing, state_of

if TYPE_CHECKING:
    from aiosyncthing.api import API
    from aiosyncthing.config import Config

_LONGEST: Final = 1.0  # seconds between two attempts, unless an answer asks for more


class Switches:
    """Pauses and resumes folders and devices.

    By a patch of one field, which changes nothing else, and is in effect and on disk when it is answered.
    ``system/pause`` knows no folders, answers before it pauses, and its "all devices" includes the daemon's own.

    Args:
        api: Sends the requests.
        config: Changes the configuration.
        timeout: Time limit for each request, in seconds; ``None`` for the client's own.
    """

    def __init__(self, api: API, config: Config, timeout: float | None) -> None:
        self._api = api
        self._config = config
        self._timeout = timeout

    async def set(self, thing: Thing, *, paused: bool) -> None:
        """Pause or resume one of them."""
        async with in_turn(self._api):  # or it could be lost in a change of something else in the same folder
            if thing.kind == "folder":
                await self._config.patch_folder(thing.id, paused=paused, timeout=self._timeout)
            else:
                await self._config.patch_device(thing.id, paused=paused, timeout=self._timeout)

    async def resume(
        self, things: list[Thing], daemon: str | None, left: Callable[[], float], progress: Callable[[], object]
    ) -> None:
        """Resume things in reverse order, and take from the list what runs again or no longer exists.

        What fails is tried again as long as that may help.

        Args:
            things: What to resume.
            daemon: The daemon's device ID.
            left: Returns the seconds that are left.
            progress: Called when one of them is resumed.

        Raises:
            StillPausedError: Some could not be resumed. They are still in the list.
        """
        pauses = delays()
        errors: dict[Thing, SyncthingError] = {}
        while things:
            for thing in [each for each in reversed(things) if each not in errors or is_transient(errors[each])]:
                error = await self._resume(thing, left(), errors.get(thing))
                if error is None:
                    errors.pop(thing, None)
                    things.remove(thing)
                    progress()
                else:
                    errors[thing] = error
                    if isinstance(error, UnreachableError):
                        break  # nor can the others be resumed
            waits = [pause_after(each, min(next(pauses), _LONGEST)) for each in errors.values() if is_transient(each)]
            if not waits or left() <= 0:
                break
            await asyncio.sleep(min(max(waits), left()))
        if things:
            raise still_paused_error(things, daemon, "; ".join(dict.fromkeys(map(str, errors.values()))))

    async def _resume(self, thing: Thing, limit: float, before: SyncthingError | None) -> SyncthingError | None:
        """Resume one of them, and return the error that prevents it.

        Args:
            thing: What to resume.
            limit: Seconds that are left.
            before: The error of the last attempt, which says more than that the time is up.
        """
        try:
            with Limit(limit):
                await self.set(thing, paused=False)
        except (UnknownFolderError, UnknownDeviceError):
            pass  # someone has removed it
        except SyncthingError as error:
            return error
        except TimeoutError:
            return before or RequestTimeoutError(f"no answer within {limit:.1f} s")
        return None


def still_paused_error(things: list[Thing], daemon: str | None, reason: str) -> StillPausedError:
    """Return the error that says what could not be resumed."""
    names = ", ".join(map(str, reversed(things)))
    return StillPausedError(
        f"still paused: {names}, because resuming failed: {reason}",
        state=state_of(things, daemon),
        remedy="client.resume(error.state) tries again",
    )
