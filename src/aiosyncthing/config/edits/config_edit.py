"""`ConfigEdit`: change anything in the configuration without undoing changes by others."""

from __future__ import annotations

from time import monotonic
from types import TracebackType
from typing import Any, Final, cast

import orjson

from aiosyncthing import types as t
from aiosyncthing._http import wire
from aiosyncthing._rest.editing import AGAIN, in_turn, outlast
from aiosyncthing._rest.shapes import differ
from aiosyncthing.api import API
from aiosyncthing.config.changes import Change, Changes, apply, shown, value_at
from aiosyncthing.config.gui_changes import GUIChanges
from aiosyncthing.config.paths import Machine
from aiosyncthing.exceptions import (
    BadRequestError,
    EditConflictError,
    SyncthingError,
    UnreachableError,
)

from .merging import merge, undone
from .moves import changed_paths, moved, refuse_moves
from .objects import Objects
from .planning import GUI, WHOLE, Step, Wanted, plan, want

_CONNECTION: Final = ("enabled", "address", "useTLS", "apiKey")
_FAILURES: Final = 500  # from this status on, the change may have been made nevertheless


class ConfigEdit:
    """An edit of the configuration, returned by `Config.edit`, which describes it.

    After the block, or after an error at its end, its properties say what was done.

    Args:
        api: The `API` that sends the requests.
        objects: Reads and writes the objects of the configuration.
        gui_changes: Waits until the API is back after a change of the GUI's settings.
        nested: Whether folders may get paths inside or around others.
    """

    __module__ = "aiosyncthing.config"  # where users import it from; it may load without the others there

    def __init__(self, api: API, objects: Objects, gui_changes: GUIChanges, *, nested: bool) -> None:
        self._api = api
        self._objects = objects
        self._gui_changes = gui_changes
        self._nested = nested
        self._machine: Machine | None = None
        self._config: dict[str, Any] | None = None
        self._before: dict[str, Any] = {}
        self._sent: list[Change] = []
        self._unconfirmed = Changes()
        self._ignored: tuple[str, ...] = ()
        self._reconnect: tuple[str, ...] = ()
        self._away = False

    @property
    def changes(self) -> Changes:
        """The changes that were sent and accepted, in that order. ``str()`` is text, and ``data`` is JSON."""
        return Changes(self._sent)

    @property
    def unconfirmed(self) -> Changes:
        """The changes that were sent last, if they were neither accepted nor refused: they may or may not be in effect.

        This happens if the edit was cancelled, the connection was lost, or the daemon failed.
        """
        return self._unconfirmed

    @property
    def ignored(self) -> tuple[str, ...]:
        """Settings that were not sent because this version of the daemon doesn't have them."""
        return self._ignored

    @property
    def reconnect(self) -> tuple[str, ...]:
        """Which of the settings that clients depend on were changed: ``enabled``, ``address``, ``useTLS``, ``apiKey``.

        If it is not empty, this client may no longer reach the daemon: create one with the new settings. A new address
        is left out if the daemon was started with another one, which it keeps using. If ``enabled`` is false, there is
        no API from the daemon's next start on.
        """
        return self._reconnect

    async def preview(self) -> Changes:
        """Return what would be changed if the block ended now, and raise what that would raise.

        Nothing is changed, and changes by others since the block began are not considered. If a folder gets another
        path, the daemon is asked about its computer, to check that path.

        Raises:
            BadRequestError: The block has not begun, or the daemon would ignore, correct or refuse a change.
            UnknownDeviceError: A folder would be shared with a device that is not configured.
            InvalidDeviceIDError: A device has an invalid ID.
        """
        if self._config is None:
            raise BadRequestError("there is nothing to preview yet: call preview() inside the block of this edit")
        wanted = self._want(self._config)
        await self._check(self._before, wanted.changes)
        return wanted.changes

    async def __aenter__(self) -> t.Configuration:
        """Read the configuration, and return it."""
        if self._config is not None:
            raise BadRequestError("an edit can be used only once: call edit() again")
        await self._gui_changes.follow()
        config = await self._objects.read_all()
        self._config, self._before = config, _copied(config)
        return cast("t.Configuration", self._config)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Send what has changed, unless there was an exception."""
        if kind is not None or self._config is None:
            return
        wanted = self._want(self._config)
        self._ignored = wanted.ignored
        now = self._before
        try:
            if wanted.changes:
                async with in_turn(self._api):
                    now = await self._finish(wanted.changes)
        except SyncthingError as failure:
            if self._sent:
                sent = "; ".join(map(str, self._sent))
                failure.args = (f"{failure.args[0] if failure.args else 'failed'} [done before: {sent}]",)
            raise
        self._config.clear()
        self._config.update(now)

    def _want(self, config: dict[str, Any]) -> Wanted:
        return want(self._before, _copied(config), own=self._api.daemon_id, version=self._api.daemon_version)

    async def _finish(self, changes: Changes) -> dict[str, Any]:
        """Make the changes, and return the configuration as it is then."""
        await self._gui_changes.follow()
        now = await self._objects.read_all()
        await self._check(now, self._merge(changes, now))
        for part in (
            Changes(each for each in changes if each.place[:1] != GUI),
            Changes(each for each in changes if each.place[:1] == GUI),  # the last, since it may end the connection
        ):
            now = await self._make(part, now) if part else now
        return now

    async def _check(self, now: dict[str, Any], changes: Changes) -> None:
        """Raise if some of it can't be sent, before anything is."""
        await self._plan(now, changes)
        if self._machine is not None:
            await self._objects.refuse_homes(self._machine, moved(now, changes, self._machine).values())

    async def _plan(self, now: dict[str, Any], changes: Changes) -> list[Step]:
        """Return what to send, unless a folder would get a path that is refused."""
        planned = plan(now, changes)
        if changed_paths(now, changes):
            self._machine = self._machine or await self._objects.find_machine()
            refuse_moves(now, changes, self._machine, nested=self._nested)
        return planned

    def _merge(self, changes: Changes, now: dict[str, Any]) -> Changes:
        """Return the changes that others have not already made.

        Raises:
            EditConflictError: Others have made a change that contradicts one of them.
        """
        merged = merge(self._before, changes, now)
        if merged.conflicts:
            fields = tuple(shown(each.place) for each in merged.conflicts)
            outcome = "only a part" if self._sent else "nothing"
            raise EditConflictError(
                f"{outcome} was sent, since someone else has changed the same fields differently: {', '.join(fields)}",
                fields=fields,
            )
        return merged.left

    async def _make(self, changes: Changes, now: dict[str, Any]) -> dict[str, Any]:
        """Make changes until they are in effect, and return the configuration as it is then.

        Args:
            changes: The changes.
            now: The current configuration.
        """
        pending, left = changes, AGAIN
        while True:
            planned = await self._plan(now, self._merge(pending, now))
            sent, seconds = await self._send(planned, now)
            if self._away:
                return _copied(apply(now, changes))
            pending = Changes(each for step in planned[sent:] for each in step.changes)
            if not pending:
                await outlast(seconds)
            now = await self._objects.read_all()
            if sent and pending:
                continue  # someone else has changed an object
            pending = pending or undone((each for each in changes if each in self._sent), now)
            if not pending:
                return now
            if not left:
                fields = tuple(shown(each.place) for each in pending)
                raise EditConflictError(
                    "someone else, or the daemon itself, keeps undoing these changes: " + ", ".join(fields),
                    fields=fields,
                )
            left -= 1

    async def _send(self, planned: list[Step], now: dict[str, Any]) -> tuple[int, float]:
        """Send the planned steps, up to the first object that someone else has changed meanwhile.

        Returns:
            The number of steps sent, and the longest time from reading an object until it was written, in seconds.
        """
        longest = 0.0
        for number, step in enumerate(planned):
            start = monotonic()
            latest = await self._objects.read(step.target)
            if step.target == WHOLE:
                overtaken = any(differ(latest.get(key), now.get(key)) for key in step.wanted or ())
            else:
                overtaken = differ(latest, value_at(now, step.target))
            if overtaken:
                return number, longest
            self._unconfirmed = step.changes
            try:
                await (self._write_gui if step.target == GUI else self._objects.write)(step, latest)
            except SyncthingError as error:
                if isinstance(error, BadRequestError) or (error.status is not None and error.status < _FAILURES):
                    self._unconfirmed = Changes()
                raise
            self._unconfirmed = Changes()
            self._sent += [each for each in step.changes if each not in self._sent]
            longest = max(longest, monotonic() - start)
        return len(planned), longest

    async def _write_gui(self, step: Step, latest: Any) -> None:
        """Change the GUI's settings, and wait for the API to come back where this client can reach it."""
        body = step.requests[0].body or {}
        stays = "address" in body and await self._objects.listens_elsewhere()
        away = "useTLS" in body or ("address" in body and not stays)
        try:
            await self._objects.write(step, latest)
        except UnreachableError:  # can happen although the change was made; this is checked later
            if away:
                raise
        self._reconnect = tuple(each for each in _CONNECTION if each in body and not (stays and each == "address"))
        if not away:
            await self._gui_changes.follow()
            away = "apiKey" in body and not await self._objects.may_read()
        self._away = away


def _copied(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration as the daemon would receive it.

    Raises:
        BadRequestError: It is not JSON.
    """
    copied: dict[str, Any] = orjson.loads(wire.encode_body(config))
    return copied
