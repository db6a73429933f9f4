"""`Config`: the whole configuration, folders and devices."""

from __future__ import annotations

from functools import partial
from typing import Final, Unpack, cast, overload

from aiosyncthing import _routes, types as t
from aiosyncthing._rest.checks import in_path, mapping, required, same_device
from aiosyncthing._rest.lookup import find_device, find_folder, missing
from aiosyncthing._rest.shapes import FOLDER_IDS, check, checked
from aiosyncthing.exceptions import BadRequestError, UnknownDeviceError, UnknownFolderError

from . import bodies, edits, keys
from .additions import Additions
from .backup import backup
from .refusals import check_sharing

_FOLDERS: Final[keys.KeyPath] = ("folders",)
_DEVICES: Final[keys.KeyPath] = ("devices",)


class Config(Additions):
    """Folders, devices and settings.

    The fields are described at https://docs.syncthing.net/users/config.html.

    Answers contain secrets: the API key, the hash of the GUI password, and the passwords of encrypted folders.

    Methods that change something return when the change is in effect and saved, except for the GUI's settings (see
    `set_gui`). Values that the daemon would silently ignore are refused with a `BadRequestError`: an enumerated value
    unknown to this library, and a key, at any depth, that no version of Syncthing up to 2.1 has. Keys that the daemon
    itself sends are accepted, and so is every key if the daemon is newer; to find out, the whole configuration is read
    first. ``client.api.request`` sends anything.
    """

    __module__ = "aiosyncthing.config"  # where users import it from; it may load without the others there

    async def config(self, *, timeout: float | None = None) -> t.Configuration:
        """Get the whole configuration.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._api.call(_routes.CONFIG, timeout=timeout)

    async def replace(self, config: t.Configuration, *, timeout: float | None = None) -> None:
        """Replace the whole configuration: read it, change it, send it back.

        Folders and devices that are left out are removed, and settings that are left out are reset. Changes made by
        others in between are lost, so prefer the methods for single objects. If ``gui`` differs from the current
        settings, see `set_gui` for the consequences.

        If the default folder has ``versioning.params`` that another folder doesn't have, the daemon would add them to
        that folder, so they are sent in a second request. If that one fails, everything else has been replaced, and the
        default folder has no ``versioning.params``; repeat the call.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            config: The configuration, with the ``version`` that it was read with.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: It has no ``version`` (the daemon would run all its migrations on it) or no API key (the
                daemon would generate a new one), a folder has no ID or path, a device has no ID, an enumerated value or
                a key doesn't exist, or the daemon would misread a default ignore pattern (see `set_default_ignores`).
            InvalidDeviceIDError: A folder is shared with an invalid device ID.
        """
        bodies.check_configuration(config)
        await self._check_keys((), config, timeout, patterns=bodies.default_ignores(config))
        body = bodies.complete_configuration(config)
        sent = bodies.without_default_parameters(body)
        async with self._gui_changes.change(body["gui"], timeout):
            await self._api.call(_routes.REPLACE_CONFIG, data=sent, timeout=timeout)
            if sent is not body:
                await self._api.call(_routes.PUT_DEFAULT_FOLDER, data=body["defaults"]["folder"], timeout=timeout)

    def edit(self, *, allow_nested: bool = False, timeout: float | None = None) -> edits.ConfigEdit:
        """Change anything in the configuration: ``async with client.config.edit() as config:``.

        ``config`` is the whole configuration as a dict that you can modify freely. At the end of the block, only the
        changes are sent, object by object, and ``config`` is updated to what the daemon then has. If the block raises
        or is cancelled, nothing is sent. A cancellation while changes are being sent leaves those already sent in
        effect.

        Lists of objects are compared by the IDs of their elements: a missing element is removed, and a new one gets the
        daemon's defaults for fields it doesn't have. A missing field stays unchanged, except that single
        ``versioning.params`` can be removed. A removed device is unshared from all folders.

        A new folder, or a new path of a folder, is refused where `add_folder` would refuse it, so that a slip doesn't
        share the home directory. Unchanged paths are not checked.

        Changes that others have made since the block began are kept. If both sides have changed the same field
        differently, nothing is sent. Each object is read again right before it is written, and everything once more at
        the end: a change that was undone by someone who had read the object before is made again. Clients in one event
        loop take turns. Other programs can still write between this client's read and write: see `share`.

        The order is: devices, options, folders, removals, ignored devices, and finally the GUI's settings, after which
        the daemon restarts its listener, and the edit waits 3 s for it to come back (`set_gui` explains why). The
        object that this method returns has details: ``edit.changes`` is what was sent and accepted, also after an error
        or a cancellation; ``edit.unconfirmed`` is what was last sent without an answer; and ``edit.reconnect`` lists
        the settings, such as a new API key, with which a new client has to be created.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            allow_nested: Whether a folder may get a path inside or around another folder. The path of another folder
                is refused in any case.
            timeout: Time limit for each request, in seconds.

        Raises:
            EditConflictError: Someone else has changed the same fields, or someone else or the daemon itself keeps
                undoing a change.
            BadRequestError: The daemon would ignore or misread a change; nothing was sent. Or it refused a request; the
                message lists what was sent before.
            UnknownDeviceError: A folder would be shared with a device that is not configured. Nothing was sent.
            InvalidDeviceIDError: A device has an invalid ID. Nothing was sent.
        """
        replace = partial(self.replace, timeout=timeout)
        objects = edits.Objects(self._api, replace, self._gui_changes, timeout)
        return edits.ConfigEdit(self._api, objects, self._gui_changes, nested=allow_nested)

    async def backup(self, *, timeout: float | None = None) -> t.Backup:
        """Get what is needed to set up the daemon again, as JSON.

        It contains the configuration with all its secrets, so keep it as safe as the daemon's own home. It does not
        contain what the API doesn't expose: the certificate and its key (``cert.pem`` and ``key.pem`` in the daemon's
        home), without which the daemon would have another device ID; files that ignore patterns ``#include``; and the
        database, which the daemon rebuilds.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for each request, in seconds.

        Returns:
            The backup. The ignore patterns of the folders in ``unread`` could not be read, for example because a disk
            is not mounted.
        """
        return await backup(self._api, timeout)

    async def restart_required(self, *, timeout: float | None = None) -> t.RestartRequired:
        """Get whether a change takes effect only after a restart. Undoing the change doesn't reset this.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
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

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            folder_id: ID of the folder; ``None`` for a list of all.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder.
        """
        if folder_id is None:
            return await self._api.call(_routes.FOLDERS, timeout=timeout)
        return await find_folder(self._api, folder_id, timeout)

    async def set_folder(self, folder: t.FolderConfiguration | t.NewFolder, *, timeout: float | None = None) -> None:
        """Add a folder, or replace the one with the same ID.

        Fields that are left out are taken from the default folder (`default_folder`). The daemon's own device is always
        part of a folder. Configure devices before sharing a folder with them.

        Unlike `add_folder` and `edit`, this sends any path, even the home directory or one inside another folder.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            folder: The folder, with at least ``id`` and ``path``.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: The ID or path is missing, an enumerated value or a key doesn't exist, or an untrusted
                device has no ``encryptionPassword``.
            UnknownDeviceError: A device of the folder is not configured. The daemon would drop it.
            InvalidDeviceIDError: A device of the folder has an invalid ID.
        """
        bodies.check_folder(mapping(folder, "folder"))
        await self._check_keys(_FOLDERS, folder, timeout)
        body = bodies.complete_elements(folder, {})
        await check_sharing(self._api, body, timeout)
        await self._put_folder(body, timeout)

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

        The list ``devices`` is replaced: the folder is no longer shared with devices that are left out. Its elements
        keep the fields that the patch doesn't mention, such as ``encryptionPassword``; for that, the folder is read
        first.

        Unlike `add_folder` and `edit`, this sends any ``path``, even the home directory or one inside another folder.

        A folder with an ID that can't be part of a URL path (``.``, ``..``, or with ``/``) is read, changed and sent as
        a whole. The daemon then adds any versioning parameters of the default folder that it lacks.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            folder_id: ID of the folder.
            patch: The fields as a dict, as an alternative to keywords or in addition to them.
            timeout: Time limit for each request, in seconds.
            **changes: The fields.

        Raises:
            UnknownFolderError: There is no such folder.
            UnknownDeviceError: A device of the patch is not configured. The daemon would drop it.
            InvalidDeviceIDError: A device of the patch has an invalid ID.
            BadRequestError: The patch changes the ID or empties the path, or an enumerated value or a key doesn't
                exist.
        """
        body = bodies.patch_body(patch, changes)
        bodies.check_folder_patch(folder_id, body)
        await self._check_keys(_FOLDERS, body, timeout)
        reachable = in_path(folder_id)
        if bodies.has_elements(body) or not reachable:
            current = cast("bodies.Body", checked(_routes.FOLDER, await find_folder(self._api, folder_id, timeout)))
            body = bodies.complete_elements(body, current)
            await check_sharing(self._api, {"type": current.get("type"), **body}, timeout)
            if not reachable:
                await self._api.call(_routes.POST_FOLDER, data=bodies.merge(current, body), timeout=timeout)
                return
        else:
            body = bodies.complete_elements(body, {})
        await self._api.call(_routes.PATCH_FOLDER, folder_id, data=body, timeout=timeout)

    async def remove_folder(self, folder_id: str, *, missing_ok: bool = False, timeout: float | None = None) -> None:
        """Remove a folder. Its files stay.

        A folder with an ID that can't be part of a URL path (``.``, ``..``, or with ``/``) is removed by `replace`.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            folder_id: ID of the folder.
            missing_ok: Do nothing if there is no such folder, instead of raising.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: There is no such folder. The daemon itself would report success.
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
        """Get the configuration of all devices, including the daemon's own, or of one.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            device_id: ID of the device; ``None`` for a list of all.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnknownDeviceError: There is no such device.
            InvalidDeviceIDError: `device_id` is not a device ID.
        """
        if device_id is None:
            return await self._api.call(_routes.DEVICES, timeout=timeout)
        return await find_device(self._api, device_id, timeout)

    async def set_device(self, device: t.DeviceConfiguration | t.NewDevice, *, timeout: float | None = None) -> None:
        """Add a device, or replace the one with the same ID.

        Fields that are left out are taken from the default device (`default_device`).
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            device: The device, with at least ``deviceID``.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: The ID is missing, or an enumerated value or a key doesn't exist.
            InvalidDeviceIDError: The ID is not a device ID.
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

        Elements of ``ignoredFolders`` keep the fields that the patch doesn't mention; for that, the device is read
        first.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            device_id: ID of the device.
            patch: The fields as a dict, as an alternative to keywords or in addition to them.
            timeout: Time limit for each request, in seconds.
            **changes: The fields.

        Raises:
            UnknownDeviceError: There is no such device.
            InvalidDeviceIDError: `device_id` is not a device ID.
            BadRequestError: The patch changes the ID, or an enumerated value or a key doesn't exist.
        """
        body = bodies.patch_body(patch, changes)
        bodies.check_device_patch(device_id, body)
        await self._check_keys(_DEVICES, body, timeout)
        if bodies.has_elements(body):
            current = cast("bodies.Body", checked(_routes.DEVICE, await find_device(self._api, device_id, timeout)))
            body = bodies.complete_elements(body, current)
        await self._api.call(_routes.PATCH_DEVICE, device_id, data=body, timeout=timeout)

    async def remove_device(self, device_id: str, *, missing_ok: bool = False, timeout: float | None = None) -> None:
        """Remove a device. All folders are unshared from it.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            device_id: ID of the device.
            missing_ok: Do nothing if there is no such device, instead of raising.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownDeviceError: There is no such device. The daemon itself would report success.
            InvalidDeviceIDError: `device_id` is not a device ID.
            BadRequestError: It is the daemon's own device, which the daemon would add again with default settings.
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
