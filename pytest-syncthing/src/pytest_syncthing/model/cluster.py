"""Folders and other devices of one daemon (lib/model)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from pytest_syncthing.config import configuration

from .connections import CUT, Connections
from .downloads import Downloads
from .folder import Folder
from .peers import Offer, Peer
from .pending import Pending
from .sharing import Sharing

if TYPE_CHECKING:
    from .disk import Disk
    from .items import Item
    from .node import Node

_PAUSED: Final = "device is paused"


class Cluster:
    """What a daemon has to do with. To be used in the fake's thread only.

    Attributes:
        node: The daemon.
        disk: Where its files are.
        folders: Its folders, by ID.
        pending: What waits to be accepted.
        downloads: What is being fetched.
        connections: Who is connected.
        sharing: What is told to other fakes.
        summary_delay: Seconds after which the sums of a folder that have changed are told, if it rests; 0 for at once.
    """

    def __init__(self, node: Node, disk: Disk) -> None:
        self.node = node
        self.disk = disk
        self.own_id = str(node.device_id)
        self.folders: dict[str, Folder] = {}
        self.pending = Pending(node)
        self.downloads = Downloads(self)
        self.summary_delay: float = 0
        self.connections = Connections(self)
        self.sharing = Sharing(self)
        self._accepted: dict[tuple[str, str], str] = {}
        self._progress: dict[tuple[str, str], dict[str, int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # --- The process ---

    def boot(self) -> None:
        """Start everything."""
        self.node.world.join(self.node)
        for address in self.node.config["options"]["listenAddresses"]:
            self._tell_listening(address)
        known = {config["id"]: config for config in self.node.config["folders"]}
        for name in self.folders.keys() - known.keys():
            del self.folders[name]
        for name, config in known.items():
            folder = self.folders.setdefault(name, Folder(self, config))
            folder.config = config
            if not config["paused"]:
                folder.start()
        self.connections.begin()

    def halt(self) -> None:
        """Stop everything."""
        self.node.world.leave(self.node)
        for device in list(self.peers):
            self.connections.part(device, "", silent=True)
        for folder in self.folders.values():
            folder.stop()
        self.downloads.clear()
        self.sharing.stop()

    async def halted(self) -> None:
        """Wait until nothing runs any more."""
        for folder in list(self.folders.values()):
            await folder.stopped()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def reset(self, folder_id: str | None = None) -> None:
        """Forget the index of a folder, or all that is known of anything."""
        for folder in self.folders.values():
            if folder_id in {None, folder.id}:
                folder.reset()
                folder.forget_history()
        if folder_id is None:
            self.pending.clear()
            self.connections.forget()

    def reconfigure(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        """Do what a new configuration asks for."""
        if not self.node.running:
            return
        concerned = self._reconfigure_folders(old, new)
        devices = self._reconfigure_devices(old, new)
        self.pending.clean()
        for address in new["options"]["listenAddresses"]:
            if address not in old["options"]["listenAddresses"]:
                self._tell_listening(address)
        for device in concerned:
            self.sharing.offer(device)
        if devices:
            self.connections.meet_soon()

    def _reconfigure_folders(self, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        """Start and stop folders; return the devices that have to be told."""
        before = {folder["id"]: folder for folder in old["folders"]}
        after = {folder["id"]: folder for folder in new["folders"]}
        concerned: dict[str, None] = {}
        for name in before.keys() - after.keys():
            folder = self.folders.pop(name)
            concerned |= dict.fromkeys(folder.devices)
            folder.stop()
            self.downloads.clear(folder)
            self._run(self.sharing.remove_marker(folder))
        for name, config in after.items():
            is_new = name not in self.folders
            folder = self.folders.setdefault(name, Folder(self, config))
            was = None if is_new else before.get(name)
            if was is not None and _essential(was) == _essential(config):
                folder.config = config
                continue
            concerned |= dict.fromkeys(folder.devices)
            folder.stop()
            self.downloads.clear(folder)
            folder.config = config
            concerned |= dict.fromkeys(folder.devices)
            if was is not None and was["paused"] != config["paused"]:
                kind = "FolderPaused" if config["paused"] else "FolderResumed"
                self.node.events.emit(kind, {"id": name, "label": config["label"]})
            if not config["paused"]:
                folder.start()
                self._welcome(folder)
        return list(concerned)

    def _reconfigure_devices(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Connect and part; return whether anything has changed."""
        before = {device["deviceID"]: device for device in old["devices"]}
        after = {device["deviceID"]: device for device in new["devices"]}
        for name in before.keys() - after.keys():
            self.connections.forget(name)
            self.connections.part(name, _PAUSED)
        for name, device in after.items():
            if name in before and before[name]["paused"] != device["paused"]:
                kind = "DevicePaused" if device["paused"] else "DeviceResumed"
                self.node.events.emit(kind, {"device": name})
                if device["paused"]:
                    self.connections.part(name, _PAUSED)
        return before != after

    def pause_folder(self, folder_id: str, *, paused: bool) -> None:
        """Pause or resume a folder as a request would."""
        node = self.node
        body = {"paused": paused}
        node.commit(configuration.patch_folder(node.facts, node.device_id, node.config, folder_id, body))

    # --- Devices ---

    @property
    def peers(self) -> dict[str, Peer]:
        """The devices that are connected, by ID."""
        return self.connections.peers

    @property
    def connected(self) -> frozenset[str]:
        """IDs of the devices that are connected."""
        return frozenset(self.peers)

    def device_config(self, device: str) -> dict[str, Any] | None:
        """Return the configuration of a device, if there is one."""
        devices: list[dict[str, Any]] = self.node.config["devices"]
        return next((each for each in devices if each["deviceID"] == device), None)

    def is_linked(self, device: str) -> bool:
        """Tell whether a connected device is another fake."""
        return device in self.peers and self.peers[device].cluster is not None

    def connect(self, device: str, *, address: str = "192.0.2.1:22000", client_version: str = "") -> None:
        """Let a device that only the test knows connect. Nothing happens if it is connected.

        Args:
            device: Its ID.
            address: Where it comes from.
            client_version: What it says to run; by default the same as this daemon.

        Raises:
            KeyError: The configuration doesn't have it.
        """
        config = self.device_config(device)
        if config is None:
            raise KeyError(device)
        if device in self.peers or config["paused"]:
            return
        version = client_version or self.version
        peer = Peer(str(device), address, "tcp-server", version, self.node.clock.now, offers={})
        self.connections.join(peer, config["name"])
        self._tell_cluster_config(peer.device)
        for folder in self.folders.values():
            self._welcome(folder, peer.device)

    def disconnect(self, device: str, error: str = CUT) -> None:
        """Let a device go away. Nothing happens if it is not connected."""
        self.connections.part(device, error)

    def accept(self, device: str, folder_id: str, state: str = "valid") -> None:
        """Let a device that only the test knows take part in a folder, or not.

        Args:
            device: Its ID.
            folder_id: ID of the folder.
            state: ``valid``, ``paused``, ``notSharing`` or ``unknown``.
        """
        self._accepted[str(device), folder_id] = state
        if device in self.peers:
            self._tell_cluster_config(str(device))
            if folder_id in self.folders:
                self._welcome(self.folders[folder_id], str(device))

    def offer_device(self, device: str, name: str, address: str) -> None:
        """Let a device that the configuration doesn't have ask for a connection."""
        self.pending.add_device(str(device), name, address)

    def offer_folder(
        self,
        device: str,
        folder_id: str,
        label: str = "",
        *,
        receive_encrypted: bool = False,
        remote_encrypted: bool = False,
    ) -> None:
        """Let a device offer a folder."""
        offer = Offer(folder_id, label, receive_encrypted=receive_encrypted, remote_encrypted=remote_encrypted)
        self.pending.add_folder(str(device), offer)

    def remote_state(self, device: str, folder_id: str) -> str:
        """Return what a device does with a folder, as ``remoteState`` of ``rest/db/completion``."""
        peer = self.peers.get(device)
        if peer is None or peer.offers is None:
            return "unknown"
        if peer.cluster is None:
            return self._accepted.get((device, folder_id), "valid" if self._shares(device, folder_id) else "notSharing")
        offer = peer.offers.get(folder_id)
        if offer is None:
            return "notSharing" if folder_id in peer.asked else "unknown"
        return "paused" if offer.paused else "valid"

    @property
    def version(self) -> str:
        """What this daemon says to run."""
        version: str = self.node.facts.data["version"]["version"]
        return version

    # --- Between fakes ---

    def announce(self, folder: Folder) -> None:
        """Tell other fakes soon what is new in a folder."""
        self.sharing.announce(folder)

    async def ask_for(self, device: str, folder: Folder, item: Item) -> bytes | None:
        """Return the content of a file from another device; ``None`` if it hasn't got it."""
        peer = self.peers.get(device)
        if peer is None:
            return None
        if peer.cluster is None:
            return folder.simulated.content(item)
        return await peer.cluster.sharing.content_for(self.own_id, folder.id, item)

    def tell_progress(self, folder_id: str, state: dict[str, int]) -> None:
        """Tell other fakes which blocks of files are here already."""
        for device in self.folders[folder_id].devices if folder_id in self.folders else ():
            peer = self.peers.get(device)
            if peer is not None and peer.cluster is not None:
                peer.cluster.take_progress(self.own_id, folder_id, state)

    def take_progress(self, device: str, folder_id: str, state: dict[str, int]) -> None:
        """Note which blocks of files another device has already."""
        folder = self.folders.get(folder_id)
        if folder is None or not folder.running:
            return
        self._progress[device, folder_id] = dict(state)
        data = {"device": device, "folder": folder_id, "state": state}
        self.node.events.emit("RemoteDownloadProgress", data)
        folder.summary.touch()

    def progress_of(self, device: str, folder_id: str) -> dict[str, int]:
        """Return how many blocks of which files another device has already."""
        return self._progress.get((device, folder_id), {})

    def forget_progress(self, device: str, folder_id: str | None = None) -> None:
        """Forget that, of one folder or of all."""
        for key in [key for key in self._progress if key[0] == device and folder_id in {None, key[1]}]:
            del self._progress[key]

    def receive_offers(self, device: str, offers: dict[str, Offer]) -> None:
        """Take in what another fake offers."""
        peer = self.peers[device]
        peer.offers = offers
        peer.asked = frozenset(folder for folder in self.folders if self._shares(device, folder))
        for offer in offers.values():
            if not self._shares(device, offer.folder_id):
                self.pending.add_folder(device, offer)
        self.pending.withdraw(device, offers)
        self._tell_cluster_config(device)

    def _tell_cluster_config(self, device: str) -> None:
        if self.node.facts.numbers < (1, 20):
            return
        self.node.events.emit("ClusterConfigReceived", {"device": device})
        self.touch(device)

    def _shares(self, device: str, folder_id: str) -> bool:
        return folder_id in self.folders and device in self.folders[folder_id].devices

    def _welcome(self, folder: Folder, device: str | None = None) -> None:
        """Let connected devices that only the test knows take part in a folder, if they do."""
        for each in folder.simulated.devices:
            if folder.running and device in {None, each} and each not in folder.index.remotes:
                folder.index.put_remote(each, [])
                folder.summary.touch()

    def touch(self, device: str) -> None:
        """Note that something about the folders that are shared with a device has changed."""
        for folder in self.folders.values():
            if folder.running and device in folder.devices:
                folder.summary.touch()

    def _tell_listening(self, uri: str) -> None:
        scheme, _, host = uri.partition("://")
        url = {
            "Scheme": scheme,
            "Opaque": "",
            "User": None,
            "Host": host,
            "Path": "",
            "RawPath": "",
            "OmitHost": False,
            "ForceQuery": False,
            "RawQuery": "",
            "Fragment": "",
            "RawFragment": "",
        }
        self.node.events.emit("ListenAddressesChanged", {"address": url, "lan": [url], "wan": [url]})

    def _run(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _essential(config: dict[str, Any]) -> dict[str, Any]:
    """Return what of a folder's configuration makes it start anew when it changes."""
    return {name: value for name, value in config.items() if name not in {"label", "group"}}
