"""What is refused because of what the daemon has, before anything is changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from aiosyncthing import _routes, ignores
from aiosyncthing._rest.checks import other_device
from aiosyncthing._rest.shapes import MACHINE, PATHS_AND_DEFAULTS, check, checked
from aiosyncthing.exceptions import BadRequestError, NotSupportedError

from . import bodies
from .paths import Machine, objection

if TYPE_CHECKING:
    from aiosyncthing import types as t
    from aiosyncthing.api import API

_DATABASE: Final = "index-v"  # how the name of the directory with the database begins


async def refuse_known_device(api: API, device_id: str, timeout: float | None) -> None:
    """Refuse to add a device that exists.

    Args:
        api: The `API` that sends the request.
        device_id: ID of the device, in its canonical form.
        timeout: Time limit for the request, in seconds.

    Raises:
        BadRequestError: It exists, or is the daemon's own.
    """
    devices = checked(_routes.DEVICES, await api.call(_routes.DEVICES, timeout=timeout))
    other_device(device_id, api.daemon_id)  # by now it is known
    known = next((each for each in devices if each["deviceID"] == device_id), None)
    if known is not None:
        introducer = known.get("introducedBy")
        by = f", added by the introducer {introducer}" if introducer else ""
        raise BadRequestError(f"device {device_id} exists already{by}", remedy="change it with patch_device")


async def refuse_known_folder(api: API, folder_id: str, timeout: float | None) -> None:
    """Refuse to add a folder that exists.

    Args:
        api: The `API` that sends the request.
        folder_id: ID of the folder.
        timeout: Time limit for the request, in seconds.

    Raises:
        BadRequestError: It exists.
    """
    _refuse_taken(checked(_routes.FOLDERS, await api.call(_routes.FOLDERS, timeout=timeout)), folder_id)


async def refuse_place(
    api: API, body: bodies.Body, machine: Machine | None, timeout: float | None, *, nested: bool
) -> t.Configuration:
    """Refuse to add a folder with an ID or a path that is taken.

    Args:
        api: The `API` that sends the request.
        body: The folder.
        machine: The daemon's computer; ``None`` if the path is none of its paths.
        timeout: Time limit for the request, in seconds.
        nested: Whether the folder may be inside or around others.

    Returns:
        The configuration that this depends on.

    Raises:
        BadRequestError: One of them is taken, or the path would share too much.
    """
    config = await api.call(_routes.CONFIG, timeout=timeout)
    check(PATHS_AND_DEFAULTS, config, _routes.CONFIG)
    _refuse_taken(config["folders"], body["id"])
    if machine is not None:
        folders = [(folder["id"], folder["path"]) for folder in config["folders"]]
        if reason := objection(body["path"], machine, folders, nested=nested):
            allowed = objection(body["path"], machine, folders, nested=True) is None
            raise BadRequestError(reason, remedy="pass allow_nested=True to allow it" if allowed else "")
    return config


async def find_machine(api: API, path: str, timeout: float | None) -> Machine:
    """Return what is known of the daemon's computer.

    Args:
        api: The `API` that sends the requests.
        path: The path of a new folder, at which old daemons are asked to look.
        timeout: Time limit for each request, in seconds.

    Raises:
        BadRequestError: The path is the home of a daemon that doesn't report it.
    """
    ask = partial(api.call, timeout=timeout)
    status = await ask(_routes.STATUS)
    check(MACHINE, status, _routes.STATUS)
    machine = Machine(status["tilde"], status["pathSeparator"], await _system(api, timeout))
    try:
        paths = checked(_routes.PATHS, await ask(_routes.PATHS))
    except NotSupportedError:  # < 1.21.0
        full = machine.full(path)
        if full is not None:
            current = f"{full.rstrip(machine.separator)}{machine.separator}{_DATABASE}"
            if checked(_routes.BROWSE_SYSTEM, await ask(_routes.BROWSE_SYSTEM, params={"current": current})):
                raise BadRequestError(
                    f"the path {path!r} is a daemon's own home, with its keys and its database"
                ) from None
        return machine
    homes = {paths[key] for key in ("baseDir-config", "baseDir-data", "database") if key in paths}
    return machine._replace(homes=tuple(sorted(homes)))


async def refuse_patterns(
    api: API, patterns: Sequence[str], machine: Machine | None, timeout: float | None, *, default: bool
) -> None:
    """Refuse ignore patterns that the daemon can't parse, whatever they include.

    Args:
        api: The `API` that sends the request.
        patterns: The patterns.
        machine: The daemon's computer; ``None`` to ask for its operating system.
        timeout: Time limit for the request, in seconds.
        default: Whether they are those of the configuration.

    Raises:
        BadRequestError: It can't.
    """
    system = await _system(api, timeout) if machine is None else machine.system
    if error := ignores.IgnorePatterns(patterns, os=system, version=api.daemon_version or "").error:
        which = "default ignore patterns" if default else "ignore patterns"
        remedy = "change them with set_default_ignores, or pass others" if default else ""
        raise BadRequestError(
            f"nothing was sent, because the daemon could not parse the {which}: {error}", remedy=remedy
        )


async def check_sharing(api: API, folder: bodies.Body, timeout: float | None) -> None:
    """Refuse to share a folder with a device that the daemon would silently leave out.

    Args:
        api: The `API` that sends the request.
        folder: The folder, with complete elements in ``devices``.
        timeout: Time limit for the request, in seconds.

    Raises:
        UnknownDeviceError: A device is not configured.
        BadRequestError: A device is untrusted, and would get unencrypted data.
    """
    if not folder.get("devices"):
        return
    devices = cast("list[bodies.Body]", checked(_routes.DEVICES, await api.call(_routes.DEVICES, timeout=timeout)))
    if error := bodies.sharing_error(folder, devices):
        raise error


async def _system(api: API, timeout: float | None) -> str:
    return checked(_routes.VERSION, await api.call(_routes.VERSION, timeout=timeout))["os"]


def _refuse_taken(folders: Sequence[t.FolderConfiguration], folder_id: str) -> None:
    if any(folder["id"] == folder_id for folder in folders):
        raise BadRequestError(f"folder {folder_id!r} exists already", remedy="use share, or patch_folder")
