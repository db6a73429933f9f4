"""``rest/cluster``: devices and folders that wait to be accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import _routes
from ._http.wire import version_numbers
from ._rest.checks import device, required, same_device
from ._rest.lookup import missing
from ._rest.namespace import Namespace
from ._rest.shapes import checked
from .exceptions import UnknownDeviceError, UnknownFolderError

if TYPE_CHECKING:
    from . import types as t

__all__ = ["Cluster"]

_UNLISTED: Final = [2]  # internal/db/observed.go splits its keys at "/" since 2.0.0


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

        Syncthing 2 leaves out those with ``/`` in their ID; the event PendingFoldersChanged names them.

        Docs: ``rest/cluster-pending-folders-get``.

        Args:
            device_id: Only what this device offers.
            timeout: Seconds for the request.

        Raises:
            InvalidDeviceIDError: That is not a device ID.
        """
        params = {} if device_id is None else {"device": required(device_id, "device_id")}
        return await self._api.call(_routes.PENDING_FOLDERS, params=params, timeout=timeout)

    async def dismiss_device(self, device_id: str, *, missing_ok: bool = False, timeout: float | None = None) -> None:
        """Take a device off the list of pending ones, until it connects again.

        Docs: ``rest/cluster-pending-devices-delete``.

        Args:
            device_id: The device.
            missing_ok: Do nothing when the device is not pending, instead of raising.
            timeout: Seconds for each request.

        Raises:
            UnknownDeviceError: The device is not pending, where that is not `missing_ok`; the daemon itself would
                report success.
            InvalidDeviceIDError: That is not a device ID.
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
        """Take a folder off the list of pending ones, until it is offered again.

        Syncthing 2 does not list a folder with ``/`` in its ID, although it is pending. Such a folder is dismissed
        without a look, and never missing.

        Docs: ``rest/cluster-pending-folders-delete``.

        Args:
            folder_id: The folder.
            device_id: Only the offer of this device; ``None`` for those of all.
            missing_ok: Do nothing when the folder is not pending, or that device does not offer it, instead of raising.
            timeout: Seconds for each request.

        Raises:
            UnknownFolderError: The folder is not pending, where that is not `missing_ok`; the daemon itself would
                report success.
            UnknownDeviceError: That device does not offer it, where that is not `missing_ok`.
            InvalidDeviceIDError: That is not a device ID.
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
            raise missing(UnknownDeviceError, "that device does not offer the folder", _routes.PENDING_FOLDERS)

    async def _dismiss_unlisted(self, params: dict[str, str], timeout: float | None) -> None:
        """Dismiss what may be pending unseen, with each device that can offer it: without one, it stays."""
        if "device" in params:
            wanted = [params["device"]]
        else:
            devices = checked(_routes.DEVICES, await self._api.call(_routes.DEVICES, timeout=timeout))
            wanted = [each["deviceID"] for each in devices]
        for each in wanted:
            await self._api.call(_routes.DISMISS_FOLDER, params={**params, "device": each}, timeout=timeout)
