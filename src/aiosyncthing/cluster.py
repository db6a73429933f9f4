"""``rest/cluster``: pending devices and folders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Unpack

from . import _routes, types as t
from ._http.wire import version_numbers
from ._rest.checks import device, other_device, other_devices, required, same_device
from ._rest.lookup import missing
from ._rest.namespace import Namespace
from ._rest.shapes import checked
from .api import API
from .config.config import Config
from .config.ignoring import check_devices, ignore_device, ignore_folder
from .config.offers import choose, find_type, label_of
from .config.refusals import device_not_pending, folder_not_pending
from .exceptions import UnknownDeviceError, UnknownFolderError

__all__ = ["Cluster"]

_UNLISTED: Final = [2]  # since 2.0.0, which splits its keys at "/" (internal/db/observed.go)


class Cluster(Namespace):
    """Pending devices, which have tried to connect, and pending folders, which known devices offer.

    An entry disappears when it is accepted, ignored, dismissed or withdrawn. A dismissed entry comes back with the next
    connection.

    Args:
        api: The `API` that sends the requests.
        config: Changes the configuration; by default a new `Config`.
    """

    def __init__(self, api: API, config: Config | None = None) -> None:
        super().__init__(api)
        self._config = config or Config(api)

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
            raise missing(UnknownDeviceError, f"device {device_id} is not pending", _routes.PENDING_DEVICES)
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
        params = {"folder": required(folder_id, "folder_id")}
        if device_id is not None:
            params["device"] = device(device_id)
        pending = checked(_routes.PENDING_FOLDERS, await self.pending_folders(timeout=timeout))
        if folder_id in pending:
            await self._dismiss_offer(pending[folder_id], params, missing_ok=missing_ok, timeout=timeout)
        elif "/" in folder_id and version_numbers(self._api.daemon_version) >= _UNLISTED:
            await self._dismiss_unlisted(params, timeout)
        elif not missing_ok:
            raise missing(UnknownFolderError, f"folder {folder_id!r} is not pending", _routes.PENDING_FOLDERS)

    async def accept_device(
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
        wanted = other_device(device_id, self._api.daemon_id)
        pending = checked(_routes.PENDING_DEVICES, await self.pending_devices(timeout=timeout))
        if wanted not in pending:
            raise await device_not_pending(self._api, wanted, timeout)
        if name is None:
            name = pending[wanted].get("name", "")
        return await self._config.add_device(wanted, name, addresses=addresses, timeout=timeout, **settings)

    async def accept_folder(
        self,
        folder_id: str,
        path: str,
        *,
        device_id: str | Iterable[str] | None = None,
        type: t.FolderType | None = None,  # noqa: A002 - Syncthing's name
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
        required(folder_id, "folder_id")
        chosen = _canonical(device_id)
        pending = checked(_routes.PENDING_FOLDERS, await self.pending_folders(timeout=timeout))
        if folder_id not in pending:
            raise await folder_not_pending(self._api, folder_id, timeout)
        offers = choose(pending[folder_id]["offeredBy"], chosen)
        return await self._config.add_folder(
            folder_id,
            path,
            label=label_of(offers) if label is None else label,
            type=find_type(offers, type),
            devices=list(offers),
            ignores=ignores,
            allow_nested=allow_nested,
            timeout=timeout,
            **settings,
        )

    async def ignore_device(self, device_id: str, *, timeout: float | None = None) -> t.ObservedDevice:
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
        wanted = other_device(device_id, self._api.daemon_id)
        pending = checked(_routes.PENDING_DEVICES, await self.pending_devices(timeout=timeout))
        return await ignore_device(self._api, self._config, wanted, pending.get(wanted), timeout)

    async def ignore_folder(
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
        required(folder_id, "folder_id")
        chosen = _canonical(device_id)
        pending = checked(_routes.PENDING_FOLDERS, await self.pending_folders(timeout=timeout))
        if chosen is None and folder_id not in pending:
            remedy = "pass device_id to ignore offers that are not pending yet"
            raise missing(UnknownFolderError, f"folder {folder_id!r} is not pending", _routes.PENDING_FOLDERS, remedy)
        found = pending[folder_id]["offeredBy"] if folder_id in pending else {}
        ignored = list(found) if chosen is None else chosen
        if len(ignored) > 1:
            await check_devices(self._api, ignored, folder_id, timeout)
        return [await ignore_folder(self._api, each, folder_id, found.get(each), timeout) for each in ignored]

    async def _dismiss_offer(
        self, offer: t.PendingFolder, params: dict[str, str], *, missing_ok: bool, timeout: float | None
    ) -> None:
        wanted = params.get("device")
        if wanted is None or any(same_device(wanted, each) for each in offer["offeredBy"]):
            await self._api.call(_routes.DISMISS_FOLDER, params=params, timeout=timeout)
        elif not missing_ok:
            raise missing(
                UnknownDeviceError,
                f"device {wanted} doesn't offer folder {params['folder']!r}",
                _routes.PENDING_FOLDERS,
            )

    async def _dismiss_unlisted(self, params: dict[str, str], timeout: float | None) -> None:
        """Dismiss a folder that is pending but not listed; the daemon only does that for one device at a time."""
        if "device" in params:
            wanted = [params["device"]]
        else:
            devices = checked(_routes.DEVICES, await self._api.call(_routes.DEVICES, timeout=timeout))
            wanted = [each["deviceID"] for each in devices]
        for each in wanted:
            await self._api.call(_routes.DISMISS_FOLDER, params={**params, "device": each}, timeout=timeout)


def _canonical(device_id: str | Iterable[str] | None) -> list[str] | None:
    """Return the IDs of the given devices in canonical form; ``None`` if none are given."""
    if device_id is None:
        return None
    return other_devices([device_id] if isinstance(device_id, str) else device_id)
