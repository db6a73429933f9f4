"""``rest/cluster``: devices and folders that wait to be accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _routes
from ._checks import required, same_device
from ._namespace import Namespace
from .exceptions import UnknownDeviceError, UnknownFolderError

if TYPE_CHECKING:
    from . import types as t

__all__ = ["Cluster"]


class Cluster(Namespace):
    """Pending devices, which have tried to connect, and pending folders, which known devices offer.

    An entry goes when it is dismissed, accepted (``config.set_device``, ``config.set_folder``) or withdrawn. A
    dismissed one comes back at the next connection; to be rid of it, put it on the ``ignoredFolders`` of the device or
    the ``remoteIgnoredDevices`` of the configuration.
    """

    async def pending_devices(self, *, timeout: float | None = None) -> dict[str, t.PendingDevice]:
        """Get the devices that have tried to connect and are not configured, by ID.

        Docs: ``rest/cluster-pending-devices-get``.

        Args:
            timeout: Seconds for the request.
        """
        return await self._api.call(_routes.PENDING_DEVICES, timeout=timeout)

    async def pending_folders(
        self, device_id: str | None = None, *, timeout: float | None = None
    ) -> dict[str, t.PendingFolder]:
        """Get the folders that devices offer and that are not shared with them, by ID.

        Docs: ``rest/cluster-pending-folders-get``.

        Args:
            device_id: Only what this device offers.
            timeout: Seconds for the request.

        Raises:
            InvalidDeviceIDError: That is not a device ID.
        """
        params = {} if device_id is None else {"device": required(device_id, "device_id")}
        return await self._api.call(_routes.PENDING_FOLDERS, params=params, timeout=timeout)

    async def dismiss_device(self, device_id: str, *, timeout: float | None = None) -> None:
        """Take a device off the list of pending ones, until it connects again.

        Docs: ``rest/cluster-pending-devices-delete``.

        Args:
            device_id: The device.
            timeout: Seconds for each request.

        Raises:
            UnknownDeviceError: The device is not pending; the daemon itself wouldn't tell.
        """
        required(device_id, "device_id")
        pending = await self.pending_devices(timeout=timeout)
        if not any(same_device(device_id, each) for each in pending):
            raise UnknownDeviceError("no such device is pending")
        await self._api.call(_routes.DISMISS_DEVICE, params={"device": device_id}, timeout=timeout)

    async def dismiss_folder(
        self, folder_id: str, device_id: str | None = None, *, timeout: float | None = None
    ) -> None:
        """Take a folder off the list of pending ones, until it is offered again.

        Docs: ``rest/cluster-pending-folders-delete``.

        Args:
            folder_id: The folder.
            device_id: Only the offer of this device; ``None`` for those of all.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: The folder is not pending; the daemon itself wouldn't tell.
            UnknownDeviceError: That device does not offer it.
        """
        params = {"folder": required(folder_id, "folder_id")}
        if device_id is not None:
            params["device"] = required(device_id, "device_id")
        offer = (await self.pending_folders(timeout=timeout)).get(folder_id)
        if offer is None:
            raise UnknownFolderError("no such folder is pending")
        if device_id is not None and not any(same_device(device_id, each) for each in offer["offeredBy"]):
            raise UnknownDeviceError("that device does not offer the folder")
        await self._api.call(_routes.DISMISS_FOLDER, params=params, timeout=timeout)
