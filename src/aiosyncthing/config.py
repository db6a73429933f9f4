"""``rest/config``: folders, devices and settings.

What the daemon does with a body: ``set_...`` replaces the whole object, and what the body leaves out gets its default;
``patch_...`` changes what the body names. Within a patch, objects merge field by field (the parameters of
``versioning`` too, so old ones stay), and lists are replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, Unpack, cast, overload

from . import _routes
from ._rest import bodies, keys
from ._rest.checks import in_path, mapping, required, same_device
from ._rest.lookup import find_device, find_folder, missing
from ._rest.settings import Settings
from ._rest.shapes import FOLDER_IDS, check, checked
from .exceptions import BadRequestError, UnknownDeviceError, UnknownFolderError

if TYPE_CHECKING:
    from . import types as t

    FolderBody: TypeAlias = t.FolderConfiguration | t.NewFolder
    DeviceBody: TypeAlias = t.DeviceConfiguration | t.NewDevice

__all__ = ["Config"]

_FOLDERS: Final[keys.Place] = ("folders",)
_DEVICES: Final[keys.Place] = ("devices",)


class Config(Settings):
    """Folders, devices and settings. Docs of all: ``rest/config``; of the fields: ``users/config``.

    Answers hold secrets: the API key, the hash of the GUI's password, the passwords of encrypted folders.

    Writes return when the change is in effect and on disk. Refused with a `BadRequestError` is what the daemon would
    pass over in silence: an enumerated field with a value that this library doesn't know, and a key, at any depth, that
    no version of Syncthing up to 2.1 has. Keys that the daemon itself sends pass, and so do all when it is newer;
    where there is such a key, the whole configuration is read first. ``client.api.request`` sends anything.
    """

    async def config(self, *, timeout: float | None = None) -> t.Configuration:
        """Get the whole configuration.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.CONFIG, timeout=timeout)

    async def replace(self, config: t.Configuration, *, timeout: float | None = None) -> None:
        """Replace the whole configuration: read it, change it, give it back.

        Folders and devices that are missing from it are removed, settings that are missing are reset. Nothing
        protects against a change that was made in between; prefer the methods for single objects. Where ``gui``
        differs from the present one, see `set_gui` for what else happens.

        Args:
            config: The configuration, with the ``version`` that it was read with.
            timeout: Seconds for each request.

        Raises:
            BadRequestError: It has no ``version`` (the daemon would run all its migrations over it), no API key (the
                daemon would make a new one), a folder without ID or path, a device without ID, an enumerated value or
                a key that doesn't exist, or a default ignore pattern that the daemon would misread
                (`set_default_ignores`).
            InvalidDeviceIDError: A folder has a device with an ID that is none.
        """
        bodies.check_configuration(config)
        await self._check_keys((), config, timeout, patterns=bodies.default_ignores(config))
        body = bodies.complete_configuration(config)
        async with self._gui_changes.change(body["gui"], timeout):
            await self._api.call(_routes.REPLACE_CONFIG, data=body, timeout=timeout)

    async def restart_required(self, *, timeout: float | None = None) -> t.RestartRequired:
        """Ask whether a change waits for a restart. It stays true until then, even if the change is taken back.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.RESTART_REQUIRED, timeout=timeout)

    @overload
    async def folders(self, folder_id: None = None, *, timeout: float | None = None) -> list[t.FolderConfiguration]: ...

    @overload
    async def folders(self, folder_id: str, *, timeout: float | None = None) -> t.FolderConfiguration: ...

    async def folders(
        self, folder_id: str | None = None, *, timeout: float | None = None
    ) -> list[t.FolderConfiguration] | t.FolderConfiguration:
        """Get the configuration of all folders, or of one.

        Args:
            folder_id: The folder; ``None`` for a list of all.
            timeout: Seconds for the request.

        Raises:
            UnknownFolderError: There is no such folder.
        """
        if folder_id is None:
            return await self._api.call(_routes.FOLDERS, timeout=timeout)
        return await find_folder(self._api, folder_id, timeout)

    async def set_folder(self, folder: FolderBody, *, timeout: float | None = None) -> None:
        """Add a folder, or replace the one of that ID.

        What the body leaves out is taken from the default folder (`default_folder`). The daemon's own device always
        belongs to a folder. Devices must be configured before a folder is shared with them.

        Args:
            folder: The folder, with at least ``id`` and ``path``.
            timeout: Seconds for each request.

        Raises:
            BadRequestError: ID or path are missing, an enumerated value or a key doesn't exist, or an untrusted
                device is given no ``encryptionPassword``.
            UnknownDeviceError: A device of the folder is not configured; the daemon would leave it out.
            InvalidDeviceIDError: A device of the folder has an ID that is none.
        """
        folder_id = bodies.check_folder(mapping(folder, "folder"))
        await self._check_keys(_FOLDERS, folder, timeout)
        body = bodies.complete_elements(folder, {})
        await self._check_sharing(body, timeout)
        if in_path(folder_id):
            await self._api.call(_routes.PUT_FOLDER, folder_id, data=body, timeout=timeout)
        else:
            await self._api.call(_routes.POST_FOLDER, data=body, timeout=timeout)

    async def patch_folder(
        self,
        folder_id: str,
        patch: t.FolderPatch | None = None,
        /,
        *,
        timeout: float | None = None,
        **changes: Unpack[t.FolderPatch],
    ) -> None:
        """Change fields of a folder: ``patch_folder("docs", paused=True)``.

        Elements of ``devices`` keep the fields that they have and the patch doesn't name, such as
        ``encryptionPassword``; for that the folder is read first. The list itself is replaced: who is missing from
        it no longer shares the folder.

        A folder whose ID can't be part of a path (``.``, ``..``, or with ``/``) is read, changed and sent whole.

        Args:
            folder_id: The folder.
            patch: The fields as a dict, beside or instead of keywords.
            timeout: Seconds for each request.
            **changes: The fields.

        Raises:
            UnknownFolderError: There is no such folder.
            UnknownDeviceError: A device of the patch is not configured; the daemon would leave it out.
            InvalidDeviceIDError: A device of the patch has an ID that is none.
            BadRequestError: Another ID, an empty path, or an enumerated value or a key that doesn't exist.
        """
        body = bodies.patch_body(patch, changes)
        bodies.check_folder_patch(folder_id, body)
        await self._check_keys(_FOLDERS, body, timeout)
        reachable = in_path(folder_id)
        if bodies.has_elements(body) or not reachable:
            current = cast("bodies.Body", checked(_routes.FOLDER, await find_folder(self._api, folder_id, timeout)))
            body = bodies.complete_elements(body, current)
            await self._check_sharing({"type": current.get("type"), **body}, timeout)
            if not reachable:
                await self._api.call(_routes.POST_FOLDER, data=bodies.merge(current, body), timeout=timeout)
                return
        else:
            body = bodies.complete_elements(body, {})
        await self._api.call(_routes.PATCH_FOLDER, folder_id, data=body, timeout=timeout)

    async def remove_folder(self, folder_id: str, *, missing_ok: bool = False, timeout: float | None = None) -> None:
        """Remove a folder. Its files stay.

        A folder whose ID can't be part of a path (``.``, ``..``, or with ``/``) is removed by `replace`.

        Args:
            folder_id: The folder.
            missing_ok: Do nothing when there is no such folder, instead of raising.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: There is no such folder, where that is not `missing_ok`; the daemon itself would
                report success.
        """
        try:
            await self._remove_folder(required(folder_id, "folder_id"), timeout)
        except UnknownFolderError:
            if not missing_ok:
                raise

    async def _remove_folder(self, folder_id: str, timeout: float | None) -> None:
        if in_path(folder_id):
            await find_folder(self._api, folder_id, timeout)
            await self._api.call(_routes.DELETE_FOLDER, folder_id, timeout=timeout)
            return
        config = await self.config(timeout=timeout)
        check(FOLDER_IDS, config, _routes.CONFIG)
        kept = [folder for folder in config["folders"] if folder["id"] != folder_id]
        if len(kept) == len(config["folders"]):
            raise missing(UnknownFolderError, "the daemon has no such folder", _routes.CONFIG)
        config["folders"] = kept
        await self.replace(config, timeout=timeout)

    @overload
    async def devices(self, device_id: None = None, *, timeout: float | None = None) -> list[t.DeviceConfiguration]: ...

    @overload
    async def devices(self, device_id: str, *, timeout: float | None = None) -> t.DeviceConfiguration: ...

    async def devices(
        self, device_id: str | None = None, *, timeout: float | None = None
    ) -> list[t.DeviceConfiguration] | t.DeviceConfiguration:
        """Get the configuration of all devices, the daemon's own among them, or of one.

        Args:
            device_id: The device; ``None`` for a list of all.
            timeout: Seconds for the request.

        Raises:
            UnknownDeviceError: There is no such device.
            InvalidDeviceIDError: That is not a device ID.
        """
        if device_id is None:
            return await self._api.call(_routes.DEVICES, timeout=timeout)
        return await find_device(self._api, device_id, timeout)

    async def set_device(self, device: DeviceBody, *, timeout: float | None = None) -> None:
        """Add a device, or replace the one of that ID.

        What the body leaves out is taken from the default device (`default_device`).

        Args:
            device: The device, with at least ``deviceID``.
            timeout: Seconds for each request.

        Raises:
            BadRequestError: The ID is missing, or an enumerated value or a key doesn't exist.
            InvalidDeviceIDError: That is not a device ID.
        """
        device_id = bodies.check_device(mapping(device, "device"))
        await self._check_keys(_DEVICES, device, timeout)
        body = bodies.complete_elements(device, {})
        await self._api.call(_routes.PUT_DEVICE, device_id, data=body, timeout=timeout)

    async def patch_device(
        self,
        device_id: str,
        patch: t.DevicePatch | None = None,
        /,
        *,
        timeout: float | None = None,
        **changes: Unpack[t.DevicePatch],
    ) -> None:
        """Change fields of a device: ``patch_device(device_id, paused=True)``.

        Elements of ``ignoredFolders`` keep the fields that they have and the patch doesn't name; for that the device
        is read first.

        Args:
            device_id: The device.
            patch: The fields as a dict, beside or instead of keywords.
            timeout: Seconds for each request.
            **changes: The fields.

        Raises:
            UnknownDeviceError: There is no such device.
            InvalidDeviceIDError: That is not a device ID.
            BadRequestError: Another ID, or an enumerated value or a key that doesn't exist.
        """
        body = bodies.patch_body(patch, changes)
        bodies.check_device_patch(device_id, body)
        await self._check_keys(_DEVICES, body, timeout)
        if bodies.has_elements(body):
            current = cast("bodies.Body", checked(_routes.DEVICE, await find_device(self._api, device_id, timeout)))
            body = bodies.complete_elements(body, current)
        await self._api.call(_routes.PATCH_DEVICE, device_id, data=body, timeout=timeout)

    async def remove_device(self, device_id: str, *, missing_ok: bool = False, timeout: float | None = None) -> None:
        """Remove a device. All folders are no longer shared with it.

        Args:
            device_id: The device.
            missing_ok: Do nothing when there is no such device, instead of raising.
            timeout: Seconds for each request.

        Raises:
            UnknownDeviceError: There is no such device, where that is not `missing_ok`; the daemon itself would
                report success.
            InvalidDeviceIDError: That is not a device ID.
            BadRequestError: It is the daemon's own device, which would come back at once with default settings.
        """
        try:
            await find_device(self._api, device_id, timeout)
        except UnknownDeviceError:
            if missing_ok:
                return
            raise
        if self._api.daemon_id is not None and same_device(self._api.daemon_id, device_id):
            raise BadRequestError("the daemon's own device can't be removed")
        await self._api.call(_routes.DELETE_DEVICE, device_id, timeout=timeout)

    async def _check_sharing(self, folder: bodies.Body, timeout: float | None) -> None:
        """Refuse to share a folder with a device that the daemon would leave out without a word."""
        if not folder.get("devices"):
            return
        devices = cast("list[bodies.Body]", checked(_routes.DEVICES, await self.devices(timeout=timeout)))
        if error := bodies.sharing_error(folder, devices):
            raise error
