"""Ask the daemon about its computer, to check the paths of folders."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from aiosyncthing import _routes
from aiosyncthing._rest.shapes import HOME, MACHINE, check, check_events, checked
from aiosyncthing.exceptions import BadRequestError, NotSupportedError

from .paths import DATABASE, Machine, refuse_path

if TYPE_CHECKING:
    from aiosyncthing.api import API


async def find_machine(api: API, timeout: float | None) -> Machine:
    """Return the daemon's computer, as far as the daemon describes it.

    Args:
        api: The `API` that sends the requests.
        timeout: Time limit for each request, in seconds.
    """
    status = await api.call(_routes.STATUS, timeout=timeout)
    check(MACHINE, status, _routes.STATUS)
    machine = Machine(status["tilde"], status["pathSeparator"], await ask_system(api, timeout))
    try:
        paths = checked(_routes.PATHS, await api.call(_routes.PATHS, timeout=timeout))
    except NotSupportedError:  # < 1.21.0
        return machine
    homes = {paths[key] for key in ("baseDir-config", "baseDir-data") if key in paths}
    return machine._replace(homes=tuple(sorted(homes)), database=paths.get("database", ""))


async def ask_system(api: API, timeout: float | None) -> str:
    """Return Go's name of the daemon's operating system.

    Args:
        api: The `API` that sends the request.
        timeout: Time limit for the request, in seconds.
    """
    return checked(_routes.VERSION, await api.call(_routes.VERSION, timeout=timeout))["os"]


async def refuse_homes(api: API, machine: Machine, paths: Iterable[str], timeout: float | None) -> None:
    """Refuse paths that contain the home of a daemon that doesn't report it (before 1.21).

    Args:
        api: The `API` that sends the requests.
        machine: The daemon's computer.
        paths: The paths.
        timeout: Time limit for each request, in seconds.

    Raises:
        BadRequestError: One of them is the daemon's home or contains it, or there is a database of Syncthing in it.
    """
    left = [] if machine.homes else list(paths)
    if not left:
        return
    machine = machine._replace(homes=await _first_home(api, timeout))
    ask = partial(api.call, _routes.BROWSE_SYSTEM, timeout=timeout)
    for path in left:
        refuse_path(path, machine, (), nested=True)
        full = machine.full(path)
        if full is not None:
            current = f"{full.rstrip(machine.separator)}{machine.separator}{DATABASE}"
            if checked(_routes.BROWSE_SYSTEM, await ask(params={"current": current})):
                raise BadRequestError(f"the path {path!r} is a daemon's own home, which has its keys and database")


async def _first_home(api: API, timeout: float | None) -> tuple[str, ...]:
    """Return the home that the daemon's first event names; empty if a thousand others have followed it."""
    events = await api.call(_routes.EVENTS, params={"since": 0, "timeout": 1}, timeout=timeout)
    check_events(_routes.EVENTS, events)
    if not (events and events[0]["type"] == "Starting"):
        return ()
    check(HOME, events[0], _routes.EVENTS)
    return (events[0]["data"]["home"],)
