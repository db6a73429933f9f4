"""Add devices and folders, and share them, without touching anything else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Unpack, cast

from aiosyncthing import _routes, types as t
from aiosyncthing._rest.checks import (
    check_patterns,
    in_path,
    listed,
    mapping,
    other_device,
    other_devices,
    required,
)
from aiosyncthing._rest.editing import edit, in_turn
from aiosyncthing._rest.lookup import find_device, find_folder
from aiosyncthing._rest.shapes import checked
from aiosyncthing.exceptions import BadRequestError

from . import bodies, keys
from .elements import elements, with_elements, without_elements
from .machine import find_machine, refuse_homes
from .refusals import check_sharing, refuse_known_device, refuse_patterns, refuse_place
from .settings import Settings

_FOLDERS: Final[keys.KeyPath] = ("folders",)
_DEVICES: Final[keys.KeyPath] = ("devices",)


class Additions(Settings):
    """Adding devices and folders, and sharing."""

    async def add_device(
        self,
        device_id: str,
        name: str = "",
        *,
        addresses: Iterable[str] = ("dynamic",),
        timeout: float | None = None,
        **settings: Unpack[t.DeviceSettings],
    ) -> t.DeviceConfiguration:
        """Add a device. Fields that are not given come from the default device (`default_device`).

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            device_id: ID of the device, in any notation.
            name: Its name; if empty, the daemon takes the name that the device reports when it connects.
            addresses: Where to reach it: ``dynamic``, or URLs such as ``tcp://192.0.2.1:22000``.
            timeout: Time limit for each request, in seconds.
            **settings: Further fields.

        Returns:
            The device as it is afterwards.

        Raises:
            BadRequestError: The device exists already, or is the daemon's own, or an enumerated value or a key doesn't
                exist, or an address is neither ``dynamic`` nor a URL.
            InvalidDeviceIDError: It is not a device ID, for example because of a typo.
        """
        wanted = other_device(device_id, self._api.daemon_id)
        _refuse_id(settings, "deviceID")
        body: dict[str, Any] = {"deviceID": str(wanted), "addresses": bodies.check_addresses(addresses), **settings}
        if name:
            body["name"] = name
        bodies.check_device(body)
        await self._check_keys(_DEVICES, body, timeout)
        await refuse_known_device(self._api, wanted, timeout)  # before others have to wait
        async with in_turn(self._api):
            await refuse_known_device(self._api, wanted, timeout)
            data = bodies.complete_elements(body, {})
            await self._api.call(_routes.PUT_DEVICE, wanted, data=data, timeout=timeout)
        return await find_device(self._api, wanted, timeout)

    async def add_folder(
        self,
        folder_id: str,
        path: str,
        *,
        label: str = "",
        type: t.FolderType = "sendreceive",  # noqa: A002 - Syncthing's name
        devices: Iterable[str | t.FolderDevicePatch] = (),
        ignores: Iterable[str] | None = None,
        allow_nested: bool = False,
        timeout: float | None = None,
        **settings: Unpack[t.FolderSettings],
    ) -> t.FolderConfiguration:
        """Add a folder. Fields that are not given come from the default folder (`default_folder`).

        Nothing is scanned or synchronised before the ignore patterns are set: a folder with patterns is added paused,
        gets its patterns, and is resumed. If a request fails or the program ends in between, the folder stays paused,
        with or without its patterns. Then either remove it (``remove_folder``), or finish: ``database.set_ignores``,
        then ``patch_folder(folder_id, paused=False)``. Patterns that can't be parsed are refused before anything is
        sent, unless they are in a file that a pattern includes (``#include``).

        The path is checked as written, with ``~`` and ``..`` resolved, and case ignored if the daemon's system does so.
        Symbolic links and mounts can't be resolved from here. Syncthing before 1.21 reports its own home only in its
        first event, which is gone after a thousand others; from then on, a path is refused if it has a Syncthing
        database in it, or contains one of the usual locations.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            folder_id: ID of the folder, the same on all devices.
            path: Its directory on the daemon's computer, absolute or beginning with ``~/``.
            label: Its name for people.
            type: Its type.
            devices: IDs of the devices to share it with, or objects that also have an ``encryptionPassword``.
            ignores: Ignore patterns. ``None`` for the default ones (`default_ignores`), unless the directory has
                patterns or the folder is ``receiveencrypted``; ``[]`` to leave the directory as it is.
            allow_nested: Whether the folder may be inside or around another folder of the daemon. The path of another
                folder is refused in any case.
            timeout: Time limit for each request, in seconds.
            **settings: Further fields.

        Returns:
            The folder as it is afterwards.

        Raises:
            BadRequestError: The ID is taken. Or the path is empty, relative, inside or around another folder, or
                contains the home directory of the daemon's user or the daemon's own home. Or the daemon can't parse the
                (default) patterns, or would not use them, since the folder is ``receiveencrypted``. Or `set_folder`
                would refuse the folder.
            UnknownDeviceError: One of the devices is not configured.
            InvalidDeviceIDError: One of the devices has an invalid ID.
        """
        _refuse_id(settings, "id")
        shared = [_shared(each) for each in listed(devices, "devices")]
        patterns = None if ignores is None else check_patterns(ignores)
        body: dict[str, Any] = {"id": folder_id, "path": path, "type": type, **settings}
        body |= {"label": label} if label else {}
        body |= {"devices": shared} if shared else {}
        bodies.check_folder(body)
        if patterns and type == "receiveencrypted":
            raise BadRequestError(f"folder {folder_id!r} can't have ignore patterns, since it is receive-encrypted")
        required(path.strip(), "the folder's path")
        await self._check_keys(_FOLDERS, body, timeout)
        body = bodies.complete_elements(body, {})
        on_disk = settings.get("filesystemType", "basic") == "basic"
        machine = await find_machine(self._api, timeout) if on_disk else None
        if machine is not None:
            await refuse_homes(self._api, machine, [path], timeout)
        config = await refuse_place(self._api, body, machine, timeout, nested=allow_nested)
        given = patterns
        if patterns is None and type != "receiveencrypted":
            patterns = bodies.default_ignores(config)
        if patterns:
            await refuse_patterns(self._api, patterns, machine, timeout, default=given is None)
        default: Mapping[str, Any] = cast("Any", config).get("defaults", {}).get("folder", {})
        paused = settings.get("paused", default.get("paused", False))
        async with in_turn(self._api):
            await refuse_place(self._api, body, machine, timeout, nested=allow_nested)
            await check_sharing(self._api, body, timeout)
            await self._put_folder({**body, "paused": True} if patterns else body, timeout)
        if patterns:
            await self._set_patterns(folder_id, patterns, timeout, keep=given is None)
            if not paused:
                await self._send_patch(folder_id, {"paused": False}, timeout)
        return await find_folder(self._api, folder_id, timeout)

    async def share(
        self,
        folder_id: str,
        *device_ids: str,
        encryption_password: str | None = None,
        timeout: float | None = None,
    ) -> t.FolderConfiguration:
        """Share a folder with devices, in addition to those that it is already shared with.

        The folder is read again just before it is changed, and once more afterwards. If someone else has changed it
        meanwhile, their change is kept and this one is made again. Clients in one event loop take turns. Since the
        daemon has no conditional writes, this can't be guaranteed: a program such as the web interface that writes back
        a folder it read long ago undoes any change made since.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            folder_id: ID of the folder.
            *device_ids: IDs of the devices.
            encryption_password: Makes the devices receive only encrypted data. ``""`` removes the password; ``None``
                leaves it unchanged, which is none for a new device.
            timeout: Time limit for each request, in seconds.

        Returns:
            The folder as it is afterwards.

        Raises:
            UnknownFolderError: There is no such folder.
            UnknownDeviceError: One of the devices is not configured.
            InvalidDeviceIDError: One of the IDs is not a device ID.
            BadRequestError: No device is given, or one is the daemon's own, or is untrusted and has no password.
            EditConflictError: Someone else changed the folder's devices again and again.
        """
        wanted = other_devices(device_ids)
        password = {} if encryption_password is None else {"encryptionPassword": encryption_password}

        def change(folder: t.FolderConfiguration) -> bodies.Body:
            new = [{"deviceID": other_device(each, self._api.daemon_id), **password} for each in wanted]
            return _devices_patch(folder, with_elements(elements(cast("Any", folder), "devices"), "deviceID", new))

        async def check_devices(folder: t.FolderConfiguration, patch: bodies.Body) -> None:
            named = [each for each in elements(patch, "devices") if each["deviceID"] in wanted]
            await check_sharing(self._api, {"type": folder.get("type"), "devices": named}, timeout)

        return await self._edit_folder(folder_id, change, check_devices, timeout)

    async def unshare(self, folder_id: str, *device_ids: str, timeout: float | None = None) -> t.FolderConfiguration:
        """Stop sharing a folder with devices. Devices that it is not shared with are ignored.

        Changes by others are handled as by `share`.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            folder_id: ID of the folder.
            *device_ids: IDs of the devices.
            timeout: Time limit for each request, in seconds.

        Returns:
            The folder as it is afterwards.

        Raises:
            UnknownFolderError: There is no such folder.
            InvalidDeviceIDError: One of the IDs is not a device ID.
            BadRequestError: No device is given, or one is the daemon's own, or was added to the folder by an
                introducer, which would add it again.
            EditConflictError: Someone else changed the folder's devices again and again.
        """
        unwanted = other_devices(device_ids)

        def change(folder: t.FolderConfiguration) -> bodies.Body:
            for each in unwanted:
                other_device(each, self._api.daemon_id)
            return _devices_patch(
                folder, without_elements(elements(cast("Any", folder), "devices"), "deviceID", unwanted)
            )

        async def check_introducers(folder: t.FolderConfiguration, _: bodies.Body) -> None:
            shared = elements(cast("Any", folder), "devices")
            introduced = {each["deviceID"]: each.get("introducedBy") for each in shared if each["deviceID"] in unwanted}
            if not any(introduced.values()):
                return
            devices = checked(_routes.DEVICES, await self._api.call(_routes.DEVICES, timeout=timeout))
            introducers = {each["deviceID"] for each in devices if each.get("introducer")}
            for device_id, introducer in introduced.items():
                if introducer in introducers:
                    raise BadRequestError(
                        f"device {device_id} was added to the folder by the introducer {introducer}, which would add it"
                        f" again: unshare it there, or set introducer to False for {introducer}"
                    )

        return await self._edit_folder(folder_id, change, check_introducers, timeout)

    async def _edit_folder(
        self,
        folder_id: str,
        change: Callable[[t.FolderConfiguration], bodies.Body],
        check_change: Callable[[t.FolderConfiguration, bodies.Body], Awaitable[None]],
        timeout: float | None,
    ) -> t.FolderConfiguration:
        async def read() -> t.FolderConfiguration:
            return checked(_routes.FOLDER, await find_folder(self._api, folder_id, timeout))

        async def write(_: t.FolderConfiguration, patch: bodies.Body) -> None:
            await self._send_patch(folder_id, patch, timeout)

        return await edit(self._api, read, change, write, check_change)

    async def _set_patterns(self, folder_id: str, patterns: list[str], timeout: float | None, *, keep: bool) -> None:
        """Set the ignore patterns of a paused folder.

        Args:
            folder_id: ID of the folder.
            patterns: The patterns.
            timeout: Time limit for each request, in seconds.
            keep: Whether to keep existing patterns.
        """
        params = {"folder": folder_id}
        if keep:
            found = checked(
                _routes.DB_IGNORES, await self._api.call(_routes.DB_IGNORES, params=params, timeout=timeout)
            )
            if found.get("ignore"):
                return
        data = {"ignore": patterns}
        answer = await self._api.call(_routes.SET_DB_IGNORES, params=params, data=data, timeout=timeout)
        if error := checked(_routes.SET_DB_IGNORES, answer).get("error"):
            raise BadRequestError(
                f"the folder was added but stays paused, because the daemon can't parse its ignore patterns: {error}"
            )

    async def _put_folder(self, body: bodies.Body, timeout: float | None) -> None:
        """Add or replace a folder, even with an ID that can't be part of a path."""
        if in_path(body["id"]):
            await self._api.call(_routes.PUT_FOLDER, body["id"], data=body, timeout=timeout)
        else:
            await self._api.call(_routes.POST_FOLDER, data=body, timeout=timeout)

    async def _send_patch(self, folder_id: str, patch: bodies.Body, timeout: float | None) -> None:
        """Change a folder, even with an ID that can't be part of a path. The elements in the patch must be complete."""
        if in_path(folder_id):
            await self._api.call(_routes.PATCH_FOLDER, folder_id, data=patch, timeout=timeout)
        else:
            current = checked(_routes.FOLDER, await find_folder(self._api, folder_id, timeout))
            await self._api.call(_routes.POST_FOLDER, data=bodies.merge(cast("Any", current), patch), timeout=timeout)


def _refuse_id(settings: Mapping[str, Any], key: str) -> None:
    """Refuse an ID among the settings: it would override the one that was checked."""
    if key in settings:
        raise BadRequestError(f"{key} can't be one of the settings: the ID is the first argument")


def _shared(given: str | t.FolderDevicePatch) -> dict[str, Any]:
    element = {"deviceID": given} if isinstance(given, str) else dict(mapping(given, "the device"))
    return {**element, "deviceID": str(other_device(element.get("deviceID", ""), None))}


def _devices_patch(folder: t.FolderConfiguration, devices: list[bodies.Body]) -> bodies.Body:
    """Return the patch that gives a folder these devices; empty if it has them."""
    current = cast("bodies.Body", folder)
    if devices == elements(current, "devices"):
        return {}
    return bodies.complete_elements({"devices": devices}, current)
