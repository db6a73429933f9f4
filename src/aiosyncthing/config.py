"""``rest/config``: folders, devices and settings.

What the daemon does with a body: ``set_...`` replaces the whole object, and what the body leaves out gets its default;
``patch_...`` changes what the body names. Within a patch, objects merge field by field (the parameters of
``versioning`` too, so old ones stay), and lists are replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, Unpack, cast, overload

from . import _bodies, _routes
from ._checks import in_path, required, same_device
from ._checks import lines as to_lines
from ._lookup import find_device, find_folder
from ._namespace import Namespace
from .exceptions import BadRequestError, UnknownFolderError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from . import types as t

    FolderBody: TypeAlias = t.FolderConfiguration | t.NewFolder
    DeviceBody: TypeAlias = t.DeviceConfiguration | t.NewDevice

__all__ = ["Config"]


class Config(Namespace):
    """Folders, devices and settings. Docs of all: ``rest/config``; of the fields: ``users/config``.

    Answers hold secrets: the API key, the hash of the GUI's password, the passwords of encrypted folders.

    Writes return when the change is in effect and on disk. An enumerated field with a value that this library doesn't
    know is refused, since the daemon would silently take the default; ``client.api.request`` sends anything.
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
        protects against a change made by somebody else in between; prefer the methods for single objects.

        Args:
            config: The configuration, with the ``version`` that it was read with.
            timeout: Seconds for the request.

        Raises:
            BadRequestError: It has no ``version`` (the daemon would run all its migrations over it), no API key (the
                daemon would make a new one), a folder without ID or path, a device without ID, or an enumerated
                value that doesn't exist.
        """
        _bodies.check_configuration(config)
        body = _bodies.complete_configuration(config)
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
            BadRequestError: ID or path are missing, an enumerated value doesn't exist, or an untrusted device is
                given no ``encryptionPassword``.
            UnknownDeviceError: A device of the folder is not configured; the daemon would leave it out.
        """
        folder_id = _bodies.check_folder(folder)
        body = _bodies.complete_elements(folder, {})
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
            BadRequestError: Another ID, an empty path, or an enumerated value that doesn't exist.
        """
        body = _bodies.patch_body(patch, changes)
        _bodies.check_folder_patch(folder_id, body)
        reachable = in_path(folder_id)
        if _bodies.has_elements(body) or not reachable:
            current = cast("_bodies.Body", await find_folder(self._api, folder_id, timeout))
            body = _bodies.complete_elements(body, current)
            await self._check_sharing({"type": current.get("type"), **body}, timeout)
            if not reachable:
                await self._api.call(_routes.POST_FOLDER, data=_bodies.merge(current, body), timeout=timeout)
                return
        else:
            body = _bodies.complete_elements(body, {})
        await self._api.call(_routes.PATCH_FOLDER, folder_id, data=body, timeout=timeout)

    async def remove_folder(self, folder_id: str, *, timeout: float | None = None) -> None:
        """Remove a folder. Its files stay.

        A folder whose ID can't be part of a path (``.``, ``..``, or with ``/``) is removed by `replace`.

        Args:
            folder_id: The folder.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: There is no such folder; the daemon itself wouldn't tell.
        """
        required(folder_id, "folder_id")
        if in_path(folder_id):
            await find_folder(self._api, folder_id, timeout)
            await self._api.call(_routes.DELETE_FOLDER, folder_id, timeout=timeout)
            return
        config = await self.config(timeout=timeout)
        kept = [folder for folder in config["folders"] if folder["id"] != folder_id]
        if len(kept) == len(config["folders"]):
            raise UnknownFolderError("the daemon has no such folder")
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
            timeout: Seconds for the request.

        Raises:
            BadRequestError: The ID is missing, or an enumerated value doesn't exist.
            InvalidDeviceIDError: That is not a device ID.
        """
        device_id = _bodies.check_device(device)
        body = _bodies.complete_elements(device, {})
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
            BadRequestError: Another ID, or an enumerated value that doesn't exist.
        """
        body = _bodies.patch_body(patch, changes)
        _bodies.check_device_patch(device_id, body)
        if _bodies.has_elements(body):
            current = cast("_bodies.Body", await find_device(self._api, device_id, timeout))
            body = _bodies.complete_elements(body, current)
        await self._api.call(_routes.PATCH_DEVICE, device_id, data=body, timeout=timeout)

    async def remove_device(self, device_id: str, *, timeout: float | None = None) -> None:
        """Remove a device. All folders are no longer shared with it.

        Args:
            device_id: The device.
            timeout: Seconds for each request.

        Raises:
            UnknownDeviceError: There is no such device; the daemon itself wouldn't tell.
            BadRequestError: It is the daemon's own device, which would come back at once with default settings.
        """
        await find_device(self._api, device_id, timeout)
        if self._api.daemon_id is not None and same_device(self._api.daemon_id, device_id):
            raise BadRequestError("the daemon's own device can't be removed")
        await self._api.call(_routes.DELETE_DEVICE, device_id, timeout=timeout)

    async def options(self, *, timeout: float | None = None) -> t.OptionsConfiguration:
        """Get the general settings.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.OPTIONS, timeout=timeout)

    async def set_options(self, options: t.OptionsConfiguration, *, timeout: float | None = None) -> None:
        """Replace the general settings; what is left out gets its hard-coded default.

        Args:
            options: All settings.
            timeout: Seconds for the request.
        """
        await self._api.call(_routes.PUT_OPTIONS, data=options, timeout=timeout)

    async def patch_options(
        self,
        patch: t.OptionsPatch | None = None,
        /,
        *,
        timeout: float | None = None,
        **changes: Unpack[t.OptionsPatch],
    ) -> None:
        """Change general settings: ``patch_options(maxSendKbps=1000)``.

        Args:
            patch: The fields as a dict, beside or instead of keywords.
            timeout: Seconds for the request.
            **changes: The fields.
        """
        await self._api.call(_routes.PATCH_OPTIONS, data=_bodies.patch_body(patch, changes), timeout=timeout)

    async def gui(self, *, timeout: float | None = None) -> t.GUIConfiguration:
        """Get the settings of API and web interface, API key and password hash among them.

        They don't show an address that was overridden when the daemon was started.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.GUI, timeout=timeout)

    async def set_gui(self, gui: t.GUIConfiguration, *, timeout: float | None = None) -> None:
        """Replace the settings of API and web interface; what is left out gets its hard-coded default.

        The daemon opens its listener anew, so other requests under way are cut off, on a busy machine also this one
        (`ConnectionFailedError`, although the change is made); after several changes in a row it is away for up to
        22 s. With another ``apiKey``, ``address`` or ``useTLS`` a new client is needed, and with
        ``enabled`` false there is no API any more. Version 1.19 hashes a password that is a hash already: use
        `patch_gui` there. From 1.29.4 on, leaving out the password sets an empty one.

        Args:
            gui: All settings.
            timeout: Seconds for the request.

        Raises:
            BadRequestError: Without ``apiKey``: the daemon would make a new one and lock this client out.
        """
        _bodies.check_gui(gui, whole=True)
        await self._api.call(_routes.PUT_GUI, data=gui, timeout=timeout)

    async def patch_gui(
        self,
        patch: t.GUIPatch | None = None,
        /,
        *,
        timeout: float | None = None,
        **changes: Unpack[t.GUIPatch],
    ) -> None:
        """Change settings of API and web interface: ``patch_gui(theme="dark")``.

        See `set_gui` for what else happens. To switch the login off, empty ``user``: an empty ``password`` is stored
        as the hash of nothing.

        Args:
            patch: The fields as a dict, beside or instead of keywords.
            timeout: Seconds for the request.
            **changes: The fields.

        Raises:
            BadRequestError: With an empty ``apiKey``: the daemon would make a new one and lock this client out.
        """
        body = _bodies.patch_body(patch, changes)
        _bodies.check_gui(body, whole=False)
        await self._api.call(_routes.PATCH_GUI, data=body, timeout=timeout)

    async def ldap(self, *, timeout: float | None = None) -> t.LDAPConfiguration:
        """Get the settings of LDAP authentication.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.LDAP, timeout=timeout)

    async def set_ldap(self, ldap: t.LDAPConfiguration, *, timeout: float | None = None) -> None:
        """Replace the settings of LDAP authentication; what is left out gets its hard-coded default.

        Args:
            ldap: All settings.
            timeout: Seconds for the request.
        """
        _bodies.check_ldap(ldap)
        await self._api.call(_routes.PUT_LDAP, data=ldap, timeout=timeout)

    async def patch_ldap(
        self,
        patch: t.LDAPPatch | None = None,
        /,
        *,
        timeout: float | None = None,
        **changes: Unpack[t.LDAPPatch],
    ) -> None:
        """Change settings of LDAP authentication.

        Args:
            patch: The fields as a dict, beside or instead of keywords.
            timeout: Seconds for the request.
            **changes: The fields.
        """
        body = _bodies.patch_body(patch, changes)
        _bodies.check_ldap(body)
        await self._api.call(_routes.PATCH_LDAP, data=body, timeout=timeout)

    async def default_folder(self, *, timeout: float | None = None) -> t.FolderConfiguration:
        """Get the template for new folders.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.DEFAULT_FOLDER, timeout=timeout)

    async def set_default_folder(
        self, folder: t.FolderConfiguration | t.FolderPatch, *, timeout: float | None = None
    ) -> None:
        """Replace the template for new folders; what is left out gets its hard-coded default.

        Args:
            folder: The template.
            timeout: Seconds for the request.
        """
        _bodies.check_default_folder(folder)
        await self._api.call(_routes.PUT_DEFAULT_FOLDER, data=folder, timeout=timeout)

    async def patch_default_folder(
        self,
        patch: t.FolderPatch | None = None,
        /,
        *,
        timeout: float | None = None,
        **changes: Unpack[t.FolderPatch],
    ) -> None:
        """Change fields of the template for new folders.

        Elements of ``devices`` keep the fields that they have and the patch doesn't name; for that the template is
        read first.

        Args:
            patch: The fields as a dict, beside or instead of keywords.
            timeout: Seconds for each request.
            **changes: The fields.
        """
        body = _bodies.patch_body(patch, changes)
        _bodies.check_default_folder(body)
        current: _bodies.Body = {}
        if _bodies.has_elements(body):
            current = cast("_bodies.Body", await self.default_folder(timeout=timeout))
        body = _bodies.complete_elements(body, current)
        await self._api.call(_routes.PATCH_DEFAULT_FOLDER, data=body, timeout=timeout)

    async def default_device(self, *, timeout: float | None = None) -> t.DeviceConfiguration:
        """Get the template for new devices.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.DEFAULT_DEVICE, timeout=timeout)

    async def set_default_device(
        self, device: t.DeviceConfiguration | t.DevicePatch, *, timeout: float | None = None
    ) -> None:
        """Replace the template for new devices; what is left out gets its hard-coded default.

        Args:
            device: The template.
            timeout: Seconds for the request.
        """
        _bodies.check_default_device(device)
        await self._api.call(_routes.PUT_DEFAULT_DEVICE, data=device, timeout=timeout)

    async def patch_default_device(
        self,
        patch: t.DevicePatch | None = None,
        /,
        *,
        timeout: float | None = None,
        **changes: Unpack[t.DevicePatch],
    ) -> None:
        """Change fields of the template for new devices.

        Args:
            patch: The fields as a dict, beside or instead of keywords.
            timeout: Seconds for each request.
            **changes: The fields.
        """
        body = _bodies.patch_body(patch, changes)
        _bodies.check_default_device(body)
        if _bodies.has_elements(body):
            current = cast("_bodies.Body", await self.default_device(timeout=timeout))
            body = _bodies.complete_elements(body, current)
        await self._api.call(_routes.PATCH_DEFAULT_DEVICE, data=body, timeout=timeout)

    async def default_ignores(self, *, timeout: float | None = None) -> t.DefaultIgnores:
        """Get the ignore patterns that new folders begin with in the web interface.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.DEFAULT_IGNORES, timeout=timeout)

    async def set_default_ignores(self, lines: Iterable[str], *, timeout: float | None = None) -> None:
        """Replace the ignore patterns that new folders begin with in the web interface.

        Args:
            lines: The patterns, as in ``.stignore``.
            timeout: Seconds for the request.
        """
        await self._api.call(_routes.PUT_DEFAULT_IGNORES, data={"lines": to_lines(lines)}, timeout=timeout)

    async def _check_sharing(self, folder: _bodies.Body, timeout: float | None) -> None:
        """Refuse to share a folder with a device that the daemon would leave out without a word."""
        if not folder.get("devices"):
            return
        devices = cast("list[_bodies.Body]", await self.devices(timeout=timeout))
        if error := _bodies.sharing_error(folder, devices):
            raise error
