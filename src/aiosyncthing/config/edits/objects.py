"""The objects of a configuration that have their own endpoints, and the requests to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from aiosyncthing import _routes
from aiosyncthing._rest.checks import in_path
from aiosyncthing._rest.lookup import find_device, find_folder
from aiosyncthing._rest.shapes import EDITED, check, checked
from aiosyncthing.config.changes import MISSING
from aiosyncthing.config.machine import find_machine, refuse_homes
from aiosyncthing.exceptions import UnauthorizedError, UnknownDeviceError, UnknownFolderError

from .planning import DEFAULT_DEVICE, DEFAULT_FOLDER, DEFAULT_IGNORES, GUI, WHOLE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from aiosyncthing import types as t
    from aiosyncthing._routes import Route
    from aiosyncthing.api import API
    from aiosyncthing.config.changes import Place
    from aiosyncthing.config.gui_changes import GUIChanges
    from aiosyncthing.config.paths import Machine

    from .planning import Step


class _Routes(NamedTuple):
    """The routes of an object."""

    get: Route[Any]
    patch: Route[Any] | None = None
    put: Route[Any] | None = None
    delete: Route[Any] | None = None


_SECTIONS: Final[Mapping[Place, _Routes]] = {
    ("options",): _Routes(_routes.OPTIONS, _routes.PATCH_OPTIONS),
    ("ldap",): _Routes(_routes.LDAP, _routes.PATCH_LDAP),
    GUI: _Routes(_routes.GUI, _routes.PATCH_GUI),
    DEFAULT_FOLDER: _Routes(_routes.DEFAULT_FOLDER, _routes.PATCH_DEFAULT_FOLDER, _routes.PUT_DEFAULT_FOLDER),
    DEFAULT_DEVICE: _Routes(_routes.DEFAULT_DEVICE, _routes.PATCH_DEFAULT_DEVICE),
    DEFAULT_IGNORES: _Routes(_routes.DEFAULT_IGNORES, put=_routes.PUT_DEFAULT_IGNORES),
}

_ELEMENTS: Final[Mapping[str, _Routes]] = {
    "folders": _Routes(_routes.FOLDER, _routes.PATCH_FOLDER, _routes.PUT_FOLDER, _routes.DELETE_FOLDER),
    "devices": _Routes(_routes.DEVICE, _routes.PATCH_DEVICE, _routes.PUT_DEVICE, _routes.DELETE_DEVICE),
}


class Objects:
    """Reads and writes single objects of the configuration.

    Args:
        api: The `API` that sends the requests.
        replace: Replaces the whole configuration.
        gui_changes: Makes changes of the GUI's settings wait for each other.
        timeout: Time limit for each request, in seconds.
    """

    def __init__(
        self,
        api: API,
        replace: Callable[[t.Configuration], Awaitable[None]],
        gui_changes: GUIChanges,
        timeout: float | None,
    ) -> None:
        self._api = api
        self._replace = replace
        self._gui_changes = gui_changes
        self._timeout = timeout

    async def read_all(self) -> dict[str, Any]:
        """Read the whole configuration."""
        config = await self._api.call(_routes.CONFIG, timeout=self._timeout)
        check(EDITED, config, _routes.CONFIG)
        return cast("dict[str, Any]", config)

    async def read(self, target: Place) -> Any:
        """Read an object; `MISSING` if there is no such folder or device."""
        if target == WHOLE:
            return await self.read_all()
        if section := _SECTIONS.get(target):
            return await self._api.call(section.get, timeout=self._timeout)
        find = find_folder if target[0] == "folders" else find_device
        try:
            return await find(self._api, target[1], self._timeout)
        except (UnknownFolderError, UnknownDeviceError):
            return MISSING

    async def find_machine(self) -> Machine:
        """Return the daemon's computer, as far as the daemon describes it."""
        return await find_machine(self._api, self._timeout)

    async def refuse_homes(self, machine: Machine, paths: Iterable[str]) -> None:
        """Refuse paths that contain the home of a daemon that doesn't report it (before 1.21)."""
        await refuse_homes(self._api, machine, paths, self._timeout)

    async def listens_elsewhere(self) -> bool:
        """Return whether the API listens at another address than the configured one."""
        status = await self._api.call(_routes.STATUS, timeout=self._timeout)
        return bool(checked(_routes.STATUS, status).get("guiAddressOverridden"))

    async def may_read(self) -> bool:
        """Return whether the daemon still accepts the API key."""
        try:
            await self._api.call(_routes.PING, timeout=self._timeout)
        except UnauthorizedError:
            return False
        return True

    async def write(self, step: Step, latest: Any) -> None:
        """Write an object.

        Args:
            step: What to send.
            latest: The current object.
        """
        kind, name = (*step.target, "", "")[:2]
        if step.target == WHOLE:
            await self._replace(cast("t.Configuration", {**latest, **(step.wanted or {})}))
        elif kind == "folders" and not in_path(name):
            config = await self.read_all()
            kept = [each for each in config["folders"] if each["id"] != name]
            kept += [] if step.wanted is None else [step.wanted]
            await self._replace(cast("t.Configuration", {**config, "folders": kept}))
        elif step.target == GUI:
            async with self._gui_changes.change():
                await self._send(step, _SECTIONS[GUI])
        elif kind in _ELEMENTS:
            await self._send(step, _ELEMENTS[kind], name)
        else:
            await self._send(step, _SECTIONS[step.target])

    async def _send(self, step: Step, routes: _Routes, *ids: str) -> None:
        for request in step.requests:
            route = cast("Route[Any]", getattr(routes, request.method))
            await self._api.call(route, *ids, data=request.body, timeout=self._timeout)
