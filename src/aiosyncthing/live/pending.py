"""The devices and folders that wait to be accepted. Pure.

Events name what is new and what is gone; answers have the daemon's own times as well. Syncthing 2 doesn't list folder
IDs with a slash in ``cluster/pending/folders``, and overlooks them when it removes obsolete offers
(PendingFoldersForDevice in internal/db/observed.go splits its keys at slashes). Such folders are known from events
alone, and these show when they are gone:

- Each message of a device about its folders causes a PendingFoldersChanged with everything it offers, and then a
  ClusterConfigReceived (ccHandleFolders in lib/model/model.go).
- A folder that is shared with the device, or ignored, is no longer pending (cleanPending there).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aiosyncthing import types as t


class Pending:
    """What waits to be accepted. Both mappings are replaced when they change, never modified.

    Attributes:
        devices: Unknown devices that tried to connect, by ID.
        folders: Unknown folders that devices offer, by ID.
    """

    def __init__(self) -> None:
        self.devices: Mapping[str, t.PendingDevice] = {}
        self.folders: Mapping[str, t.PendingFolder] = {}
        self._listed: Iterable[str] = ()  # the folders of the last answer
        self._offered: dict[str, set[str]] = {}  # by device, since its last ClusterConfigReceived

    def load_devices(self, answer: Mapping[str, t.PendingDevice]) -> None:
        """Take the answer about devices."""
        self.devices = answer

    def load_folders(self, answer: Mapping[str, t.PendingFolder]) -> None:
        """Take the answer about folders, which may lack some that events named."""
        unlisted = {name: self.folders[name] for name in self.folders.keys() - answer if self._is_unlisted(name)}
        self.folders = {**answer, **unlisted}
        self._listed = answer.keys()

    def change_devices(self, data: t.PendingDevicesChangedData, time: str) -> None:
        """Take a PendingDevicesChanged."""
        devices = dict(self.devices)
        for removed in data.get("removed") or ():
            devices.pop(removed["deviceID"], None)
        for added in data.get("added") or ():
            devices[added["deviceID"]] = {
                "time": time,
                "name": added.get("name", ""),
                "address": added.get("address", ""),
            }
        self.devices = devices

    def change_folders(self, data: t.PendingFoldersChangedData, time: str) -> None:
        """Take a PendingFoldersChanged."""
        for removed in data.get("removed") or ():
            self._remove(removed["folderID"], removed.get("deviceID"))
        for added in data.get("added") or ():
            device = added["deviceID"]
            offer: t.PendingFolderOffer = {
                "time": time,
                "label": added.get("folderLabel", ""),
                "receiveEncrypted": added.get("receiveEncrypted", False),
                "remoteEncrypted": added.get("remoteEncrypted", False),
            }
            self._offered.setdefault(device, set()).add(added["folderID"])
            known = self.folders.get(added["folderID"], {"offeredBy": {}})
            self.folders = {**self.folders, added["folderID"]: {"offeredBy": {**known["offeredBy"], device: offer}}}

    def received(self, device_id: str) -> None:
        """Take a ClusterConfigReceived: a device offers only what it has just named."""
        offered = self._offered.pop(device_id, set())
        for name in self.folders:
            if self._is_unlisted(name) and name not in offered:
                self._remove(name, device_id)

    def configure(self, config: t.Configuration) -> None:
        """Remove offers that a configuration makes obsolete, where the daemon doesn't report it."""
        shared = {(folder["id"], each["deviceID"]) for folder in config["folders"] for each in folder["devices"]}
        ignored = {
            (folder["id"], device["deviceID"])
            for device in config["devices"]
            for folder in device.get("ignoredFolders") or ()
        }
        known = {device["deviceID"] for device in config["devices"]}
        for name, folder in self.folders.items():
            for device_id in folder["offeredBy"] if self._is_unlisted(name) else ():
                if device_id not in known or (name, device_id) in shared | ignored:
                    self._remove(name, device_id)

    def refresh(self) -> None:
        """Forget what is known from events alone, since some may be lost. Devices name it again when they connect."""
        self.folders = {name: folder for name, folder in self.folders.items() if not self._is_unlisted(name)}
        self._offered.clear()

    def _is_unlisted(self, folder_id: str) -> bool:
        """Return whether answers may lack a folder."""
        return "/" in folder_id and folder_id not in self._listed

    def _remove(self, folder_id: str, device_id: str | None) -> None:
        """Remove the offer of one device, or all offers, and the folder with the last offer."""
        known = self.folders.get(folder_id, {"offeredBy": {}})["offeredBy"]
        left = {name: offer for name, offer in known.items() if name != device_id} if device_id else {}
        rest = {name: folder for name, folder in self.folders.items() if name != folder_id}
        self.folders = {**rest, folder_id: {"offeredBy": left}} if left else rest
