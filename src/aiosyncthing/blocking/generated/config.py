# Generated from aiosyncthing.config by scripts/make_blocking.py; change that.
"""`Config`: the whole configuration, folders and devices."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Unpack, overload

from aiosyncthing import types as t
from aiosyncthing.blocking.base import Blocking
from aiosyncthing.blocking.config_edit import ConfigEdit

if TYPE_CHECKING:
    from aiosyncthing.config import Config as Inner


class Config(Blocking["Inner"]):
    """Folders, devices and settings.

    The fields are described at https://docs.syncthing.net/users/config.html.

    Answers contain secrets: the API key, the hash of the GUI password, and the passwords of encrypted folders.

    Methods that change something return when the change is in effect and saved, except for the GUI's settings (see
    `set_gui`). Values that the daemon would silently ignore are refused with a `BadRequestError`: an enumerated
    value
    unknown to this library, and a key, at any depth, that no version of Syncthing up to 2.1 has. Keys that the
    daemon
    itself sends are accepted, and so is every key if the daemon is newer; to find out, the whole configuration is
    read
    first. ``client.api.request`` sends anything.
    """

    def config(self, *, timeout: float | None = None) -> t.Configuration:
        """Get the whole configuration.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.config(timeout=timeout))

    def replace(self, config: t.Configuration, *, timeout: float | None = None) -> None:
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
        return self._run(self._inner.replace(config, timeout=timeout))

    def edit(self, *, allow_nested: bool = False, timeout: float | None = None) -> ConfigEdit:
        """Change anything in the configuration: ``with client.config.edit() as config:``.

        ``config`` is the whole configuration as a dict that you can modify freely. At the end of the block, only the
        changes are sent, object by object, and ``config`` is updated to what the daemon then has. If the block raises,
        nothing is sent. Ctrl-C while changes are being sent leaves those already sent in
        effect.

        Lists of objects are compared by the IDs of their elements: a missing element is removed, and a new one gets the
        daemon's defaults for fields it doesn't have. A missing field stays unchanged, except that single
        ``versioning.params`` can be removed. A removed device is unshared from all folders.

        A new folder, or a new path of a folder, is refused where `add_folder` would refuse it, so that a slip doesn't
        share the home directory. Unchanged paths are not checked.

        Changes that others have made since the block began are kept. If both sides have changed the same field
        differently, nothing is sent. Each object is read again right before it is written, and everything once more at
        the end: a change that was undone by someone who had read the object before is made again. Clients in one
        process take turns. Other programs can still write between this client's read and write: see `share`.

        The order is: devices, options, folders, removals, ignored devices, and finally the GUI's settings, after which
        the daemon restarts its listener, and the edit waits 3 s for it to come back (`set_gui` explains why). The
        object that this method returns has details: ``edit.changes`` is what was sent and accepted, also after an error
        or Ctrl-C; ``edit.unconfirmed`` is what was last sent without an answer; and ``edit.reconnect`` lists
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
        return ConfigEdit(self._inner.edit(allow_nested=allow_nested, timeout=timeout), self._bridge)

    def backup(self, *, timeout: float | None = None) -> t.Backup:
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
        return self._run(self._inner.backup(timeout=timeout))

    def restart_required(self, *, timeout: float | None = None) -> t.RestartRequired:
        """Get whether a change takes effect only after a restart. Undoing the change doesn't reset this.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.restart_required(timeout=timeout))

    @overload
    def folders(self, folder_id: None = None, *, timeout: float | None = None) -> list[t.FolderConfiguration]: ...

    @overload
    def folders(self, folder_id: str, *, timeout: float | None = None) -> t.FolderConfiguration: ...

    def folders(
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
        answer: Coroutine[Any, Any, list[t.FolderConfiguration] | t.FolderConfiguration] = self._inner.folders(
            folder_id, timeout=timeout
        )
        return self._run(answer)

    def set_folder(self, folder: t.FolderConfiguration | t.NewFolder, *, timeout: float | None = None) -> None:
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
        return self._run(self._inner.set_folder(folder, timeout=timeout))

    def patch_folder(
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
        return self._run(self._inner.patch_folder(folder_id, patch, timeout=timeout, **changes))

    def remove_folder(self, folder_id: str, *, missing_ok: bool = False, timeout: float | None = None) -> None:
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
        return self._run(self._inner.remove_folder(folder_id, missing_ok=missing_ok, timeout=timeout))

    @overload
    def devices(self, device_id: None = None, *, timeout: float | None = None) -> list[t.DeviceConfiguration]: ...

    @overload
    def devices(self, device_id: str, *, timeout: float | None = None) -> t.DeviceConfiguration: ...

    def devices(
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
        answer: Coroutine[Any, Any, list[t.DeviceConfiguration] | t.DeviceConfiguration] = self._inner.devices(
            device_id, timeout=timeout
        )
        return self._run(answer)

    def set_device(self, device: t.DeviceConfiguration | t.NewDevice, *, timeout: float | None = None) -> None:
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
        return self._run(self._inner.set_device(device, timeout=timeout))

    def patch_device(
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
        return self._run(self._inner.patch_device(device_id, patch, timeout=timeout, **changes))

    def remove_device(self, device_id: str, *, missing_ok: bool = False, timeout: float | None = None) -> None:
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
        return self._run(self._inner.remove_device(device_id, missing_ok=missing_ok, timeout=timeout))

    def add_device(
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
        return self._run(self._inner.add_device(device_id, name, addresses=addresses, timeout=timeout, **settings))

    def add_folder(
        self,
        folder_id: str,
        path: str,
        *,
        label: str = "",
        type: t.FolderType = "sendreceive",
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
        return self._run(
            self._inner.add_folder(
                folder_id,
                path,
                label=label,
                type=type,
                devices=devices,
                ignores=ignores,
                allow_nested=allow_nested,
                timeout=timeout,
                **settings,
            )
        )

    def share(
        self, folder_id: str, *device_ids: str, encryption_password: str | None = None, timeout: float | None = None
    ) -> t.FolderConfiguration:
        """Share a folder with devices, in addition to those that it is already shared with.

        The folder is read again just before it is changed, and once more afterwards. If someone else has changed it
        meanwhile, their change is kept and this one is made again. Clients in one process take turns. Since the
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
        return self._run(
            self._inner.share(folder_id, *device_ids, encryption_password=encryption_password, timeout=timeout)
        )

    def unshare(self, folder_id: str, *device_ids: str, timeout: float | None = None) -> t.FolderConfiguration:
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
        return self._run(self._inner.unshare(folder_id, *device_ids, timeout=timeout))

    def options(self, *, timeout: float | None = None) -> t.OptionsConfiguration:
        """Get the general settings.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.options(timeout=timeout))

    def set_options(self, options: t.OptionsConfiguration, *, timeout: float | None = None) -> None:
        """Replace the general settings; fields that are left out get their built-in defaults.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            options: All settings.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: A key doesn't exist.
        """
        return self._run(self._inner.set_options(options, timeout=timeout))

    def patch_options(
        self, patch: t.OptionsPatch | None = None, /, *, timeout: float | None = None, **changes: Unpack[t.OptionsPatch]
    ) -> None:
        """Change general settings: ``patch_options(maxSendKbps=1000)``.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            patch: The fields as a dict, as an alternative to keywords or in addition to them.
            timeout: Time limit for each request, in seconds.
            **changes: The fields.

        Raises:
            BadRequestError: A key doesn't exist.
        """
        return self._run(self._inner.patch_options(patch, timeout=timeout, **changes))

    def gui(self, *, timeout: float | None = None) -> t.GUIConfiguration:
        """Get the settings of the API and web interface, including the API key and password hash.

        An address that overrides the configured one, set when the daemon was started, doesn't appear here.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.gui(timeout=timeout))

    def set_gui(self, gui: t.GUIConfiguration, *, timeout: float | None = None) -> None:
        """Replace the settings of the API and web interface; fields that are left out get their built-in defaults.

        The daemon restarts its listener after it has answered. For about a second, this interrupts other requests and
        makes new ones fail with a `ConnectionFailedError`; on a busy machine this request may fail, too, although the
        change is made. `edit` waits until the API is back. After several changes in a row, the API can be unavailable
        for up to 22 s. Two changes at the same time can leave the daemon without an API until it is restarted, so
        changes by one client (`set_gui`, `patch_gui`, `replace`, `edit`) wait for each other: the next one starts when
        3 s have passed and the API answers. This does not cover changes by other clients and the web interface.

        A new ``apiKey``, ``address`` or ``useTLS`` requires a new client. With ``enabled`` false there is no API from
        the daemon's next start on. Syncthing 1.19 hashes a password even if it is already a hash: use `patch_gui`
        there. Since 1.29.4, leaving out the password sets an empty one.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            gui: All settings.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: ``apiKey`` is missing, so that the daemon would generate a new one and lock this client
                out, or no client could send it, or a key or an enumerated value doesn't exist.
            SyncthingError: The API has not come back half a minute after the previous change; nothing was sent.
        """
        return self._run(self._inner.set_gui(gui, timeout=timeout))

    def patch_gui(
        self, patch: t.GUIPatch | None = None, /, *, timeout: float | None = None, **changes: Unpack[t.GUIPatch]
    ) -> None:
        """Change settings of the API and web interface: ``patch_gui(theme="dark")``.

        See `set_gui` for the consequences. To disable the login, empty ``user``; an empty ``password`` is hashed like
        any other.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            patch: The fields as a dict, as an alternative to keywords or in addition to them.
            timeout: Time limit for each request, in seconds.
            **changes: The fields.

        Raises:
            BadRequestError: ``apiKey`` is empty, so that the daemon would generate a new one and lock this client out,
                or no client could send it, or a key or an enumerated value doesn't exist.
            SyncthingError: The API has not come back half a minute after the previous change; nothing was sent.
        """
        return self._run(self._inner.patch_gui(patch, timeout=timeout, **changes))

    def ldap(self, *, timeout: float | None = None) -> t.LDAPConfiguration:
        """Get the settings of LDAP authentication.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.ldap(timeout=timeout))

    def set_ldap(self, ldap: t.LDAPConfiguration, *, timeout: float | None = None) -> None:
        """Replace the settings of LDAP authentication; fields that are left out get their built-in defaults.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            ldap: All settings.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: A key or an enumerated value doesn't exist.
        """
        return self._run(self._inner.set_ldap(ldap, timeout=timeout))

    def patch_ldap(
        self, patch: t.LDAPPatch | None = None, /, *, timeout: float | None = None, **changes: Unpack[t.LDAPPatch]
    ) -> None:
        """Change settings of LDAP authentication.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            patch: The fields as a dict, as an alternative to keywords or in addition to them.
            timeout: Time limit for each request, in seconds.
            **changes: The fields.

        Raises:
            BadRequestError: A key or an enumerated value doesn't exist.
        """
        return self._run(self._inner.patch_ldap(patch, timeout=timeout, **changes))

    def default_folder(self, *, timeout: float | None = None) -> t.FolderConfiguration:
        """Get the defaults of new folders.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.default_folder(timeout=timeout))

    def set_default_folder(
        self, folder: t.FolderConfiguration | t.FolderPatch, *, timeout: float | None = None
    ) -> None:
        """Replace the defaults of new folders; fields that are left out get their built-in defaults.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            folder: The defaults.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: A key or an enumerated value doesn't exist.
        """
        return self._run(self._inner.set_default_folder(folder, timeout=timeout))

    def patch_default_folder(
        self, patch: t.FolderPatch | None = None, /, *, timeout: float | None = None, **changes: Unpack[t.FolderPatch]
    ) -> None:
        """Change defaults of new folders.

        Elements of ``devices`` keep the fields that the patch doesn't mention; for that, the defaults are read first.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            patch: The fields as a dict, as an alternative to keywords or in addition to them.
            timeout: Time limit for each request, in seconds.
            **changes: The fields.

        Raises:
            BadRequestError: A key or an enumerated value doesn't exist.
        """
        return self._run(self._inner.patch_default_folder(patch, timeout=timeout, **changes))

    def default_device(self, *, timeout: float | None = None) -> t.DeviceConfiguration:
        """Get the defaults of new devices.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.default_device(timeout=timeout))

    def set_default_device(
        self, device: t.DeviceConfiguration | t.DevicePatch, *, timeout: float | None = None
    ) -> None:
        """Replace the defaults of new devices; fields that are left out get their built-in defaults.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            device: The defaults.
            timeout: Time limit for each request, in seconds.

        Raises:
            BadRequestError: A key or an enumerated value doesn't exist.
        """
        return self._run(self._inner.set_default_device(device, timeout=timeout))

    def patch_default_device(
        self, patch: t.DevicePatch | None = None, /, *, timeout: float | None = None, **changes: Unpack[t.DevicePatch]
    ) -> None:
        """Change defaults of new devices.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            patch: The fields as a dict, as an alternative to keywords or in addition to them.
            timeout: Time limit for each request, in seconds.
            **changes: The fields.

        Raises:
            BadRequestError: A key or an enumerated value doesn't exist.
        """
        return self._run(self._inner.patch_default_device(patch, timeout=timeout, **changes))

    def default_ignores(self, *, timeout: float | None = None) -> t.DefaultIgnores:
        """Get the ignore patterns that the web interface suggests for new folders.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.default_ignores(timeout=timeout))

    def set_default_ignores(self, lines: Iterable[str], *, timeout: float | None = None) -> None:
        """Replace the ignore patterns that the web interface suggests for new folders.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            lines: The patterns, as in ``.stignore``.
            timeout: Time limit for the request, in seconds.

        Raises:
            BadRequestError: The daemon would read a pattern as another one (see ``database.set_ignores``), or a pattern
                contains control characters, which the daemon's configuration file can't store.
        """
        return self._run(self._inner.set_default_ignores(lines, timeout=timeout))
