"""Devices and folders that wait to be accepted (lib/model, lib/db/observed.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .core import Core
    from .peers import Offer


class Pending:
    """What waits to be accepted. It outlives the process.

    Attributes:
        devices: Unknown devices that tried to connect, by ID, as in ``rest/cluster/pending/devices``.
        folders: Folders that devices offer, by ID and device, as in ``rest/cluster/pending/folders``.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self.devices: dict[str, dict[str, Any]] = {}
        self.folders: dict[str, dict[str, dict[str, Any]]] = {}

    def add_device(self, device: str, name: str, address: str) -> None:
        """Note that an unknown device tried to connect, unless the configuration ignores it."""
        if any(each["deviceID"] == device for each in self._core.config["remoteIgnoredDevices"]):
            return
        self.devices[device] = {"time": self._now(), "name": name, "address": address}
        added = {"address": address, "deviceID": device, "name": name}
        self._core.emit("PendingDevicesChanged", {"added": [added]})
        self._core.emit("DeviceRejected", {"address": address, "device": device, "name": name})

    def add_folder(self, device: str, offer: Offer) -> None:
        """Note that a device offers a folder that isn't shared with it, unless the configuration ignores it."""
        known = self._core.device(device)
        if known is None or any(each["id"] == offer.folder_id for each in known["ignoredFolders"]):
            return
        self.folders.setdefault(offer.folder_id, {})[device] = {
            "time": self._now(),
            "label": offer.label,
            "receiveEncrypted": offer.receive_encrypted,
            "remoteEncrypted": offer.remote_encrypted,
        }
        rejected = {"device": device, "folder": offer.folder_id, "folderLabel": offer.label}
        added = {
            "folderID": offer.folder_id,
            "folderLabel": offer.label,
            "deviceID": device,
            "receiveEncrypted": offer.receive_encrypted,
            "remoteEncrypted": offer.remote_encrypted,
        }
        self._core.emit("FolderRejected", rejected)
        self._core.emit("PendingFoldersChanged", {"added": [added], "removed": []})

    def is_listed(self, folder_id: str) -> bool:
        """Return whether the daemon finds a pending folder: version 2 splits its database keys at ``/``."""
        return "/" not in folder_id or not self._core.facts.DATABASE_2

    def dismiss_device(self, device: str) -> None:
        """Forget a device. The event is emitted even if it wasn't pending."""
        self.devices.pop(device, None)
        self._core.emit("PendingDevicesChanged", {"removed": [{"deviceID": device}]})

    def dismiss_folder(self, folder_id: str, device: str = "") -> None:
        """Forget the offers of a folder, of one device or of all. The event is emitted even if there were none."""
        if device or self.is_listed(folder_id):
            self._forget(folder_id, device)
        removed = {"folderID": folder_id, **({"deviceID": device} if device else {})}
        self._core.emit("PendingFoldersChanged", {"removed": [removed]})

    def withdraw(self, device: str, offered: Iterable[str]) -> None:
        """Forget the folders that a device no longer offers.

        Args:
            device: ID of the device.
            offered: IDs of the folders it does offer.
        """
        kept = set(offered)
        self._remove([(folder, device) for folder, by in self.folders.items() if device in by and folder not in kept])

    def clean(self) -> None:
        """Forget what the configuration now contains or ignores, and the offers of devices it no longer contains."""
        config = self._core.config
        known = {device["deviceID"]: device for device in config["devices"]}
        ignored = {device["deviceID"] for device in config["remoteIgnoredDevices"]}
        gone = [{"deviceID": device} for device in self.devices if device in known or device in ignored]
        for each in gone:
            del self.devices[each["deviceID"]]
        if gone:
            self._core.emit("PendingDevicesChanged", {"removed": gone})
        shared = {(folder["id"], each["deviceID"]) for folder in config["folders"] for each in folder["devices"]}
        unwanted = {(each["id"], name) for name, device in known.items() for each in device["ignoredFolders"]}
        self._remove(
            [
                (folder, device)
                for folder, by in self.folders.items()
                for device in by
                if device not in known or (folder, device) in shared | unwanted
            ]
        )

    def clear(self) -> None:
        """Forget everything, without events."""
        self.devices.clear()
        self.folders.clear()

    def _remove(self, found: list[tuple[str, str]]) -> None:
        offers = [(folder, device) for folder, device in found if self.is_listed(folder)]
        for folder, device in offers:
            self._forget(folder, device)
        if offers:
            removed = [{"folderID": folder, "deviceID": device} for folder, device in offers]
            self._core.emit("PendingFoldersChanged", {"removed": removed})

    def _forget(self, folder_id: str, device: str) -> None:
        by = self.folders.get(folder_id, {})
        if device:
            by.pop(device, None)
        if not device or not by:
            self.folders.pop(folder_id, None)

    def _now(self) -> str:
        return self._core.clock.format(whole=True)
