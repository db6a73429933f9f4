"""Finding out what the daemon doesn't report: whether a folder or device exists, and why a folder is not available.

Several endpoints answer 200 for an unknown folder or device and do nothing, and several call a paused folder unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from aiosyncthing import _routes
from aiosyncthing.exceptions import FolderNotRunningError, NotFoundError, SyncthingError, UnknownFolderError
from aiosyncthing.names import find_device_id, find_folder_id

from .checks import device_in_path, in_path, required
from .shapes import checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiosyncthing import types as t
    from aiosyncthing._routes import Route
    from aiosyncthing.api import API

_T = TypeVar("_T")
_Kind = TypeVar("_Kind", bound=NotFoundError)
_FOUND: Final = 200


def missing(kind: type[_Kind], message: str, route: Route[Any], remedy: str = "") -> _Kind:
    """Return the error for something that is not in a route's answer.

    Args:
        kind: Class of the error.
        message: What is missing.
        route: The route, which answered successfully.
        remedy: What to do about it.
    """
    return kind(message, method=route.method, path=route.path, status=_FOUND, remedy=remedy)


def no_folder(name: str) -> UnknownFolderError:
    """Return the error for a folder that is not in the configuration."""
    return UnknownFolderError(
        f"the daemon has no folder {name!r}", remedy="client.find_folder finds a folder by its label"
    )


async def find_folder(api: API, folder_id: str, timeout: float | None = None) -> t.FolderConfiguration:
    """Return a folder's configuration, even if its ID can't be part of a path.

    Raises:
        UnknownFolderError: There is no such folder.
    """
    required(folder_id, "folder_id")
    if in_path(folder_id):
        return await api.call(_routes.FOLDER, folder_id, timeout=timeout)
    for folder in checked(_routes.FOLDERS, await api.call(_routes.FOLDERS, timeout=timeout)):
        if folder["id"] == folder_id:
            return folder
    raise missing(UnknownFolderError, "the daemon has no such folder", _routes.FOLDERS)


async def find_device(api: API, device_id: str, timeout: float | None = None) -> t.DeviceConfiguration:
    """Return a device's configuration.

    Raises:
        UnknownDeviceError: There is no such device.
        InvalidDeviceIDError: `device_id` is not a device ID.
    """
    return await api.call(_routes.DEVICE, device_in_path(device_id), timeout=timeout)


async def find_own_id(api: API, timeout: float | None = None) -> str:
    """Return the device ID of the daemon that sent the last answer. Without an answer, or its headers, ask."""
    return api.daemon_id or checked(_routes.STATUS, await api.call(_routes.STATUS, timeout=timeout))["myID"]


async def folder_named(api: API, name: str, timeout: float | None) -> t.FolderConfiguration:
    """Return the folder that a name means; see `Syncthing.find_folder`."""
    required(name, "the name")
    folders = checked(_routes.FOLDERS, await api.call(_routes.FOLDERS, timeout=timeout))
    by_id = {folder["id"]: folder for folder in folders}
    return by_id[find_folder_id(name, {each: folder.get("label", "") for each, folder in by_id.items()})]


async def device_named(api: API, name: str, timeout: float | None) -> t.DeviceConfiguration:
    """Return the device that a name means; see `Syncthing.find_device`."""
    required(name, "the name")
    devices = checked(_routes.DEVICES, await api.call(_routes.DEVICES, timeout=timeout))
    by_id = {device["deviceID"]: device for device in devices}
    return by_id[find_device_id(name, {each: device.get("name", "") for each, device in by_id.items()})]


async def explain_missing(api: API, folder_id: str, error: NotFoundError, timeout: float | None) -> SyncthingError:
    """Return the error that says why a folder is not available, since "no such folder" may also mean a paused one.

    Args:
        api: The `API` that sends the requests.
        folder_id: ID of the folder.
        error: The apparent meaning of the daemon's answer.
        timeout: Time limit for the request, in seconds.
    """
    try:
        folder = await find_folder(api, folder_id, timeout)
    except UnknownFolderError:
        kind: type[SyncthingError] = UnknownFolderError
        message = "the daemon has no such folder"
    except SyncthingError:
        return error  # the reason remains unknown
    else:
        if not isinstance(error, UnknownFolderError) and not folder.get("paused"):
            return error
        kind = FolderNotRunningError
        message = "the folder is paused" if folder.get("paused") else "the folder is not running (yet)"
    return kind(message, method=error.method, path=error.path, status=error.status, body=error.body)


async def ask(api: API, route: Route[_T], folder_id: str, params: Mapping[str, str], timeout: float | None) -> _T:
    """Make a request about a folder, for routes where "no such folder" may also mean a paused one.

    Args:
        api: The `API` that sends the requests.
        route: The route.
        folder_id: ID of the folder.
        params: Additional query parameters.
        timeout: Time limit for each request, in seconds.

    Raises:
        UnknownFolderError: There is no such folder.
        FolderNotRunningError: The folder is paused.
    """
    params = {"folder": required(folder_id, "folder_id"), **params}
    try:
        return await api.call(route, params=params, timeout=timeout)
    except NotFoundError as error:
        meant = await explain_missing(api, folder_id, error, timeout)
        if meant is error:
            raise
        raise meant from error
