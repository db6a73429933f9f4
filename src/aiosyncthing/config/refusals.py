"""Refuse changes that conflict with the daemon's current configuration, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aiosyncthing import _routes, ignores
from aiosyncthing._rest.checks import other_device
from aiosyncthing._rest.lookup import missing
from aiosyncthing._rest.shapes import IGNORED_DEVICES, PATHS_AND_DEFAULTS, check, checked
from aiosyncthing.exceptions import BadRequestError, UnknownDeviceError, UnknownFolderError

from . import bodies
from .machine import ask_system
from .paths import refuse_path

if TYPE_CHECKING:
    from aiosyncthing import types as t
    from aiosyncthing.api import API

    from .paths import Machine


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
    _refuse_known(devices, device_id, api.daemon_id)


async def device_not_pending(api: API, device_id: str, timeout: float | None) -> UnknownDeviceError:
    """Return the error that says why a device can't be accepted.

    Args:
        api: The `API` that sends the request.
        device_id: ID of the device, in its canonical form.
        timeout: Time limit for the request, in seconds.

    Raises:
        BadRequestError: It exists, or is the daemon's own.
    """
    config = checked(_routes.CONFIG, await api.call(_routes.CONFIG, timeout=timeout))
    _refuse_known(config["devices"], device_id, api.daemon_id)
    check(IGNORED_DEVICES, config, _routes.CONFIG)
    why, remedy = "it has not tried to connect", "use config.add_device to add it nevertheless"
    if any(each["deviceID"] == device_id for each in config.get("remoteIgnoredDevices") or []):
        why, remedy = "it is ignored", "use config.add_device, which adds it and stops ignoring it"
    return missing(UnknownDeviceError, f"device {device_id} is not pending: {why}", _routes.PENDING_DEVICES, remedy)


async def folder_not_pending(api: API, folder_id: str, timeout: float | None) -> UnknownFolderError:
    """Return the error that says why a folder can't be accepted.

    Args:
        api: The `API` that sends the request.
        folder_id: ID of the folder.
        timeout: Time limit for the request, in seconds.

    Raises:
        BadRequestError: It exists.
    """
    config = checked(_routes.CONFIG, await api.call(_routes.CONFIG, timeout=timeout))
    _refuse_taken(config["folders"], folder_id)
    ignoring = [
        each["deviceID"]
        for each in config["devices"]
        if any(ignored["id"] == folder_id for ignored in each.get("ignoredFolders") or [])
    ]
    why = "no device offers it; devices offer their folders when they connect"
    remedy = "wait until one connects, or use config.add_folder, which needs no offer"
    if ignoring:
        why = f"offers of it are ignored for these devices: {', '.join(ignoring)}"
        remedy = "use config.add_folder, and share it with them, which stops ignoring it"
    return missing(UnknownFolderError, f"folder {folder_id!r} is not pending: {why}", _routes.PENDING_FOLDERS, remedy)


async def refuse_place(
    api: API, body: bodies.Body, machine: Machine | None, timeout: float | None, *, nested: bool
) -> t.Configuration:
    """Refuse to add a folder with an ID or a path that is taken.

    Args:
        api: The `API` that sends the request.
        body: The folder.
        machine: The daemon's computer; ``None`` if the path is not on its disk.
        timeout: Time limit for the request, in seconds.
        nested: Whether the folder may be inside or around others.

    Returns:
        The configuration that this depends on.

    Raises:
        BadRequestError: One of them is taken, or the path would share something private.
    """
    config = await api.call(_routes.CONFIG, timeout=timeout)
    check(PATHS_AND_DEFAULTS, config, _routes.CONFIG)
    _refuse_taken(config["folders"], body["id"])
    if machine is not None:
        folders = [(folder["id"], folder["path"]) for folder in config["folders"]]
        refuse_path(body["path"], machine, folders, nested=nested)
    return config


async def refuse_patterns(
    api: API, patterns: Sequence[str], machine: Machine | None, timeout: float | None, *, default: bool
) -> None:
    """Refuse ignore patterns that the daemon can't parse, whatever they include.

    Args:
        api: The `API` that sends the request.
        patterns: The patterns.
        machine: The daemon's computer; ``None`` to ask for its operating system.
        timeout: Time limit for the request, in seconds.
        default: Whether they are the default patterns from the configuration.

    Raises:
        BadRequestError: The daemon can't parse them.
    """
    system = machine.system if machine else await ask_system(api, timeout)
    if error := ignores.IgnorePatterns(patterns, os=system, version=api.daemon_version or "").error:
        which = "default ignore patterns" if default else "ignore patterns"
        remedy = "change them with set_default_ignores, or pass others" if default else ""
        raise BadRequestError(
            f"nothing was sent, because the daemon could not parse the {which}: {error}", remedy=remedy
        )


async def check_sharing(api: API, folder: bodies.Body, timeout: float | None) -> None:
    """Refuse to share a folder with a device that the daemon would silently drop.

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


def _refuse_known(devices: Sequence[t.DeviceConfiguration], device_id: str, own_id: str | None) -> None:
    other_device(device_id, own_id)  # which is known by now
    known = next((each for each in devices if each["deviceID"] == device_id), None)
    if known is not None:
        introducer = known.get("introducedBy")
        by = f", added by the introducer {introducer}" if introducer else ""
        raise BadRequestError(f"device {device_id} exists already{by}", remedy="change it with patch_device")


def _refuse_taken(folders: Sequence[t.FolderConfiguration], folder_id: str) -> None:
    if any(folder["id"] == folder_id for folder in folders):
        raise BadRequestError(f"folder {folder_id!r} exists already", remedy="use share, or patch_folder")
