# Generated from aiosyncthing.cluster by scripts/make_blocking.py; change that.
"""``rest/cluster``: pending devices and folders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Unpack

from aiosyncthing import types as t
from aiosyncthing.blocking.base import Blocking

if TYPE_CHECKING:
    from aiosyncthing.cluster import Cluster as Inner


class Cluster(Blocking["Inner"]):
    """Pending devices, which have tried to connect, and pending folders, which known devices offer.

    An entry disappears when it is accepted, ignored, dismissed or withdrawn. A dismissed entry comes back with the
    next
    connection.
    """

    def pending_devices(self, *, timeout: float | None = None) -> dict[str, t.PendingDevice]:
        """Get the devices that have tried to connect but are not configured, by ID.

        Docs: https://docs.syncthing.net/rest/cluster-pending-devices-get.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.pending_devices(timeout=timeout))

    def pending_folders(
        self, device_id: str | None = None, *, timeout: float | None = None
    ) -> dict[str, t.PendingFolder]:
        """Get the folders that devices offer but that are not shared with them, by ID.

        Syncthing 2 omits folders with ``/`` in their ID, which only the event PendingFoldersChanged mentions.
        Docs: https://docs.syncthing.net/rest/cluster-pending-folders-get.html

        Args:
            device_id: ID of a device, to get only its offers.
            timeout: Time limit for the request, in seconds.

        Raises:
            InvalidDeviceIDError: `device_id` is not a device ID.
        """
        return self._run(self._inner.pending_folders(device_id, timeout=timeout))

    def dismiss_device(self, device_id: str, *, missing_ok: bool = False, timeout: float | None = None) -> None:
        """Remove a device from the pending ones until it connects again.

        Docs: https://docs.syncthing.net/rest/cluster-pending-devices-delete.html

        Args:
            device_id: ID of the device.
            missing_ok: Do nothing if the device is not pending, instead of raising.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownDeviceError: The device is not pending. The daemon itself would report success.
            InvalidDeviceIDError: `device_id` is not a device ID.
        """
        return self._run(self._inner.dismiss_device(device_id, missing_ok=missing_ok, timeout=timeout))

    def dismiss_folder(
        self, folder_id: str, device_id: str | None = None, *, missing_ok: bool = False, timeout: float | None = None
    ) -> None:
        """Remove a folder from the pending ones until it is offered again.

        Syncthing 2 doesn't list pending folders with ``/`` in their ID. They are dismissed without a check, so they
        never raise.
        Docs: https://docs.syncthing.net/rest/cluster-pending-folders-delete.html

        Args:
            folder_id: ID of the folder.
            device_id: ID of a device, to dismiss only its offer; ``None`` for the offers of all.
            missing_ok: Do nothing if the folder is not pending, or not offered by that device, instead of raising.
            timeout: Time limit for each request, in seconds.

        Raises:
            UnknownFolderError: The folder is not pending. The daemon itself would report success.
            UnknownDeviceError: That device doesn't offer the folder.
            InvalidDeviceIDError: `device_id` is not a device ID.
        """
        return self._run(self._inner.dismiss_folder(folder_id, device_id, missing_ok=missing_ok, timeout=timeout))

    def accept_device(
        self,
        device_id: str,
        *,
        name: str | None = None,
        addresses: Iterable[str] = ("dynamic",),
        timeout: float | None = None,
        **settings: Unpack[t.DeviceSettings],
    ) -> t.DeviceConfiguration:
        """Add a device that has tried to connect.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            device_id: ID of the device.
            name: Its name; ``None`` for the one that it reports.
            addresses: As for ``config.add_device``.
            timeout: Time limit for each request, in seconds.
            **settings: Further fields.

        Returns:
            The device as it is afterwards.

        Raises:
            UnknownDeviceError: The device is neither pending nor configured; use ``config.add_device`` to add it.
            InvalidDeviceIDError: `device_id` is not a device ID.
            BadRequestError: It is configured already, or ``config.add_device`` refuses it for another reason.
        """
        return self._run(
            self._inner.accept_device(device_id, name=name, addresses=addresses, timeout=timeout, **settings)
        )

    def accept_folder(
        self,
        folder_id: str,
        path: str,
        *,
        device_id: str | Iterable[str] | None = None,
        type: t.FolderType | None = None,
        label: str | None = None,
        ignores: Iterable[str] | None = None,
        allow_nested: bool = False,
        timeout: float | None = None,
        **settings: Unpack[t.FolderSettings],
    ) -> t.FolderConfiguration:
        """Add a folder that other devices offer, and share it with them.

        Syncthing 2 doesn't list folders with ``/`` in their ID, so use ``config.add_folder`` for these.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            folder_id: ID of the folder.
            path: As for ``config.add_folder``.
            device_id: The device, or devices, to share it with; ``None`` for all that offer it.
            type: Its type; ``None`` for ``receiveencrypted`` if it is offered as such, otherwise ``sendreceive``.
            label: Its name for people; ``None`` for the one in the latest offer.
            ignores: As for ``config.add_folder``, which also describes what is left if the program ends in between.
            allow_nested: As for ``config.add_folder``.
            timeout: Time limit for each request, in seconds.
            **settings: Further fields.

        Returns:
            The folder as it is afterwards.

        Raises:
            UnknownFolderError: The folder is neither pending nor configured.
            UnknownDeviceError: One of the chosen devices doesn't offer it.
            InvalidDeviceIDError: One of them is not a device ID.
            BadRequestError: The offers don't match the type or each other, or ``config.add_folder`` refuses the folder,
                for example because its ID or path is taken.
        """
        return self._run(
            self._inner.accept_folder(
                folder_id,
                path,
                device_id=device_id,
                type=type,
                label=label,
                ignores=ignores,
                allow_nested=allow_nested,
                timeout=timeout,
                **settings,
            )
        )

    def ignore_device(self, device_id: str, *, timeout: float | None = None) -> t.ObservedDevice:
        """Keep an unknown device from becoming pending again. It need not be pending now.

        The list of ignored devices can only be sent together with the whole configuration, which is read again just
        before. To undo this, add the device, or remove it from ``remoteIgnoredDevices`` with ``config.edit``.
        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            device_id: ID of the device.
            timeout: Time limit for each request, in seconds.

        Returns:
            The device's entry among the ignored ones.

        Raises:
            BadRequestError: The device is configured, or is the daemon's own.
            InvalidDeviceIDError: `device_id` is not a device ID.
            EditConflictError: Someone else changed the configuration again and again.
        """
        return self._run(self._inner.ignore_device(device_id, timeout=timeout))

    def ignore_folder(
        self, folder_id: str, *, device_id: str | Iterable[str] | None = None, timeout: float | None = None
    ) -> list[t.DeviceConfiguration]:
        """Keep a folder that devices offer from becoming pending again. To undo this, share the folder with them.

        Docs: https://docs.syncthing.net/rest/config.html

        Args:
            folder_id: ID of the folder.
            device_id: The device, or devices, whose offers to ignore, pending or not; ``None`` for all that offer it.
            timeout: Time limit for each request, in seconds.

        Returns:
            These devices as they are afterwards.

        Raises:
            UnknownFolderError: The folder is not pending, and no device was named.
            UnknownDeviceError: One of the devices is not configured.
            InvalidDeviceIDError: One of them is not a device ID.
            BadRequestError: The folder is shared with one of them; then nothing was changed.
            EditConflictError: Someone else changed the ignored folders of a device again and again.
        """
        return self._run(self._inner.ignore_folder(folder_id, device_id=device_id, timeout=timeout))
