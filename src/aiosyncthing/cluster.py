"""``rest/cluster``: devices and folders waiting to be accepted."""

from __future__ import annotations

from typing import Final

from . import _routes, types as t
from ._http.wire import version_numbers
from ._rest.checks import device, required, same_device
from ._rest.lookup import missing
from ._rest.namespace import Namespace
from ._rest.shapes import checked
from .exceptions import UnknownDeviceError, UnknownFolderError

__all__ = ["Cluster"]

_UNLISTED: Final = [2]  # since 2.0.0, internal/db/observed.go splits its keys at "/"


class Cluster(Namespace):
    """Pending devices, which have tried to connect, and pending folders, which known devices offer.

    An entry disappears when it is dismissed, accepted (``config.set_device``, ``config.set_folder``) or withdrawn.
    After being dismissed it comes back with the next connection. To keep it away, add a folder to the device's
    ``ignoredFolders``, or a device to the configuration's ``remoteIgnoredDevices``.
    """

    async def pending_devices(self, *, timeout: float | None = None) -> dict[str, t.PendingDevice]:
        """Get the devices that have tried to connect but are not configured, by ID.

        Docs: https://docs.syncthing.net/rest/cluster-pending-devices-get.html

        Args:
            timeout: Time limit for the request, in seconds.
        """
        return await self._api.call(_routes.PENDING_DEVICES, timeout=timeout)

    async def pending_folders(
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
        params = {} if device_id is None else {"device": required(device_id, "device_id")}
        return await self._api.call(_routes.PENDING_FOLDERS, params=params, timeout=timeout)

    async def dismiss_device(self, device_id: str, *, missing_ok: bool = False, timeout: float | None = None) -> None:
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
        device(device_id)
        pending = await self.pending_devices(timeout=timeout)
        if not any(same_device(device_id, each) for each in pending):
            if missing_ok:
                return
            raise missing(UnknownDeviceError, "no such device is pending", _routes.PENDING_DEVICES)
        await self._api.call(_routes.DISMISS_DEVICE, params={"device": device_id}, timeout=timeout)

    async def dismiss_folder(
        self,
        folder_id: str,
        device_id: str | None = None,
        *,
        missing_ok: bool = False,
        timeout: float | None = None,
    ) -> None:
        """Remove a folder from the pending ones until it is offered again.

        Syncthing 2 doesn't list folders with ``/`` in their ID although they are pending. They are dismissed without a
        check, and never missing.
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
        params = {"folder": required(folder_id, "folder_id")}
        if device_id is not None:
            params["device"] = device(device_id)
        pending = checked(_routes.PENDING_FOLDERS, await self.pending_folders(timeout=timeout))
        if folder_id in pending:
            await self._dismiss_offer(pending[folder_id], params, missing_ok=missing_ok, timeout=timeout)
        elif "/" in folder_id and version_numbers(self._api.daemon_version) >= _UNLISTED:
            await self._dismiss_unlisted(params, timeout)
        elif not missing_ok:
            raise missing(UnknownFolderError, "no such folder is pending", _routes.PENDING_FOLDERS)

    async def _dismiss_offer(
        self, offer: t.PendingFolder, params: dict[str, str], *, missing_ok: bool, timeout: float | None
    ) -> None:
        wanted = params.get("device")
        if wanted is None or any(same_device(wanted, each) for each in offer["offeredBy"]):
            await self._api.call(_routes.DISMISS_FOLDER, params=params, timeout=timeout)
        elif not missing_ok:
            raise missing(UnknownDeviceError, "that device doesn't offer the folder", _routes.PENDING_FOLDERS)

    async def _dismiss_unlisted(self, params: dict[str, str], timeout: float | None) -> None:
        """Dismiss a folder that may be pending unlisted, for each device, since the daemon ignores it otherwise."""
        if "device" in params:
            wanted = [params["device"]]
        else:
            devices = checked(_routes.DEVICES, await self._api.call(_routes.DEVICES, timeout=timeout))
            wanted = [each["deviceID"] for each in devices]
        for each in wanted:
            await self._api.call(_routes.DISMISS_FOLDER, params={**params, "device": each}, timeout=timeout)
