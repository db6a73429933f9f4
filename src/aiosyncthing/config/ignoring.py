"""Ignore devices and folders, so that they don't become pending again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from aiosyncthing import _routes
from aiosyncthing._rest.checks import other_device
from aiosyncthing._rest.editing import edit
from aiosyncthing._rest.lookup import find_device
from aiosyncthing._rest.shapes import IGNORED_DEVICES, check, checked
from aiosyncthing.exceptions import BadRequestError

from . import bodies
from .elements import elements, with_elements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing import types as t
    from aiosyncthing.api import API

    from .config import Config


async def ignore_device(
    api: API, config: Config, device_id: str, pending: t.PendingDevice | None, timeout: float | None
) -> t.ObservedDevice:
    """Add a device to the ignored ones, and return its entry there.

    Args:
        api: The `API` that sends the requests.
        config: Replaces the configuration.
        device_id: ID of the device, in its canonical form.
        pending: The pending device, if it is one.
        timeout: Time limit for each request, in seconds.
    """
    known = cast("bodies.Body", pending or {})
    entry = {"deviceID": device_id, "time": _now(), "name": "", "address": ""}
    entry |= {key: known[key] for key in entry.keys() & known.keys()}

    async def read() -> t.Configuration:
        found = await config.config(timeout=timeout)
        check(IGNORED_DEVICES, found, _routes.CONFIG)
        return found

    def entries(found: t.Configuration) -> list[Any]:
        return cast("list[Any]", elements(cast("bodies.Body", found), "remoteIgnoredDevices"))

    def change(found: t.Configuration) -> bodies.Body:
        other_device(device_id, api.daemon_id)
        if any(each["deviceID"] == device_id for each in found["devices"]):
            raise BadRequestError(f"device {device_id} is configured, so it can't be ignored: remove it first")
        if any(each["deviceID"] == device_id for each in entries(found)):
            return {}
        return {"remoteIgnoredDevices": with_elements(entries(found), "deviceID", [entry])}

    async def write(found: t.Configuration, patch: bodies.Body) -> None:
        await config.replace(cast("t.Configuration", {**found, **patch}), timeout=timeout)

    done = await edit(api, read, change, write)
    found = next(each for each in entries(done) if each["deviceID"] == device_id)
    return cast("t.ObservedDevice", found)


async def ignore_folder(
    api: API, device_id: str, folder_id: str, offer: t.PendingFolderOffer | None, timeout: float | None
) -> t.DeviceConfiguration:
    """Add a folder to the ignored ones of a device, and return the device.

    Args:
        api: The `API` that sends the requests.
        device_id: ID of the device, in its canonical form.
        folder_id: ID of the folder.
        offer: The device's offer, if it is pending.
        timeout: Time limit for each request, in seconds.
    """
    known = cast("bodies.Body", offer or {})
    entry = {"id": folder_id, "time": _now(), "label": ""}
    entry |= {key: known[key] for key in entry.keys() & known.keys()}

    async def read() -> t.DeviceConfiguration:
        return checked(_routes.DEVICE, await find_device(api, device_id, timeout))

    def change(found: t.DeviceConfiguration) -> bodies.Body:
        current = cast("bodies.Body", found)
        ignored = elements(current, "ignoredFolders")
        if any(each["id"] == folder_id for each in ignored):
            return {}
        wanted = {"ignoredFolders": with_elements(ignored, "id", [entry])}
        return bodies.complete_elements(wanted, current)

    async def check_shared(_: t.DeviceConfiguration, __: bodies.Body) -> None:
        await _refuse_shared(api, [device_id], folder_id, timeout)

    async def write(_: t.DeviceConfiguration, patch: bodies.Body) -> None:
        await api.call(_routes.PATCH_DEVICE, device_id, data=patch, timeout=timeout)

    return await edit(api, read, change, write, check_shared)


async def check_devices(api: API, device_ids: Sequence[str], folder_id: str, timeout: float | None) -> None:
    """Check that several devices can ignore a folder, so that none does if one can't.

    Args:
        api: The `API` that sends the requests.
        device_ids: IDs of the devices, in their canonical form.
        folder_id: ID of the folder.
        timeout: Time limit for each request, in seconds.

    Raises:
        UnknownDeviceError: One of them is not configured.
        BadRequestError: The folder is shared with one of them, or one is the daemon's own.
    """
    for each in device_ids:
        await find_device(api, each, timeout)
    await _refuse_shared(api, device_ids, folder_id, timeout)


async def _refuse_shared(api: API, device_ids: Sequence[str], folder_id: str, timeout: float | None) -> None:
    for each in device_ids:
        other_device(each, api.daemon_id)
    for folder in checked(_routes.FOLDERS, await api.call(_routes.FOLDERS, timeout=timeout)):
        shared = {each.get("deviceID") for each in elements(cast("bodies.Body", folder), "devices")}
        if folder["id"] == folder_id and (found := [each for each in device_ids if each in shared]):
            raise BadRequestError(
                f"folder {folder_id!r} is shared with device {', '.join(found)}", remedy="use unshare"
            )


def _now() -> str:
    return datetime.now(UTC).isoformat()
