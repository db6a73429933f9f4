"""The folders of a daemon and the devices it shares them with (lib/model)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from .connections import Connections
from .disk import MARKER
from .downloads import Downloads
from .folder import Folder
from .peers import Peers
from .pending import Pending
from .sharing import Sharing
from .simulating import SimulatedDevices

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .connections import World
    from .core import Core

_PAUSED: Final = "device is paused"


class Cluster:
    """A daemon's folders, and its connections to other devices. Use it in the fakes' thread only.

    Args:
        core: What it shares with the rest of the daemon.
        world: The fakes that it can meet.
        commit: Replaces the configuration.

    Attributes:
        folders: Its folders, by ID.
        peers: The devices that are connected.
        pending: What waits to be accepted.
        downloads: The files that are being downloaded.
        simulated: The devices that exist in the test only.
    """

    def __init__(self, core: Core, world: World, commit: Callable[[dict[str, Any]], object]) -> None:
        self._core = core
        self.folders: dict[str, Folder] = {}
        self.peers = Peers(core)
        self.pending = Pending(core)
        self.downloads = Downloads(core)
        self._sharing = Sharing(core, self.folders, self.peers, self.pending)
        self._connections = Connections(core, world, self.peers, self.pending, self._sharing, commit)
        self.simulated = SimulatedDevices(core, self.folders, self.peers, self.pending, self._sharing, self.downloads)
        self.peers.on_change = self._sharing.touch
        self.downloads.on_blocks = self._sharing.send_progress
        self.downloads.on_progress = lambda folder_id: self.folders[folder_id].summary.emit()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- The process ---

    def boot(self) -> None:
        """Start everything."""
        self._connections.listen()
        for address in self._core.config["options"]["listenAddresses"]:
            self._emit_listening(address)
        known = {config["id"]: config for config in self._core.config["folders"]}
        for name in self.folders.keys() - known.keys():
            del self.folders[name]
        for name, config in known.items():
            folder = self._folder(name, config)
            folder.replica.config = config
            if not config["paused"]:
                folder.start()
        self._connections.meet_soon()

    def halt(self) -> None:
        """Stop everything."""
        self._connections.close()
        for folder in self.folders.values():
            folder.stop()
        self.downloads.clear()
        self._sharing.stop()

    async def halted(self) -> None:
        """Wait until nothing runs."""
        for folder in list(self.folders.values()):
            await folder.stopped()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def reset(self, folder_id: str | None = None) -> None:
        """Forget the index of a folder, or everything that isn't part of the configuration."""
        for folder in self.folders.values():
            if folder_id in {None, folder.id}:
                folder.replica.reset()
        if folder_id is None:
            self.pending.clear()
            self.peers.forget()

    # --- The configuration ---

    def reconfigure(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        """Follow a change of the configuration."""
        concerned = self._reconfigure_folders(old, new)
        devices = self._reconfigure_devices(old, new)
        self.pending.clean()
        for address in new["options"]["listenAddresses"]:
            if address not in old["options"]["listenAddresses"]:
                self._emit_listening(address)
        for device in concerned:
            self._sharing.offer(device)
        if devices:
            self._connections.meet_soon()

    def _reconfigure_folders(self, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        """Start and stop folders; return the devices that need a new cluster config."""
        before = {folder["id"]: folder for folder in old["folders"]}
        after = {folder["id"]: folder for folder in new["folders"]}
        concerned: dict[str, None] = {}
        for name in before.keys() - after.keys():
            folder = self.folders.pop(name)
            concerned |= dict.fromkeys(folder.replica.devices)
            self._stop(folder)
            self._run(self._remove_marker(folder))
        for name, config in after.items():
            is_new = name not in self.folders
            folder = self._folder(name, config)
            was = None if is_new else before.get(name)
            if was is not None and _essential(was) == _essential(config):
                folder.replica.config = config
                continue
            concerned |= dict.fromkeys(folder.replica.devices)
            self._stop(folder)
            folder.replica.config = config
            concerned |= dict.fromkeys(folder.replica.devices)
            if was is not None and was["paused"] != config["paused"]:
                kind = "FolderPaused" if config["paused"] else "FolderResumed"
                self._core.emit(kind, {"id": name, "label": config["label"]})
            if not config["paused"]:
                folder.start()
                self.simulated.welcome(folder)
        return list(concerned)

    def _reconfigure_devices(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Disconnect removed and paused devices; return whether anything has changed."""
        before = {device["deviceID"]: device for device in old["devices"]}
        after = {device["deviceID"]: device for device in new["devices"]}
        for name in before.keys() - after.keys():
            self.peers.forget(name)
            self.peers.part(name, _PAUSED)
        for name, device in after.items():
            if name in before and before[name]["paused"] != device["paused"]:
                kind = "DevicePaused" if device["paused"] else "DeviceResumed"
                self._core.emit(kind, {"device": name})
                if device["paused"]:
                    self.peers.part(name, _PAUSED)
        return before != after

    def _folder(self, name: str, config: dict[str, Any]) -> Folder:
        """Return a folder, which may be new."""
        folder = self.folders.get(name)
        if folder is None:
            folder = self.folders[name] = Folder(self._core, config, self.peers, self.downloads)
            folder.replica.on_update = partial(self._sharing.announce, folder)
        return folder

    def _stop(self, folder: Folder) -> None:
        folder.stop()
        self.downloads.clear(folder.id)

    async def _remove_marker(self, folder: Folder) -> None:
        """Remove the marker from a directory that is no longer a folder."""
        await folder.stopped()
        disk, path = self._core.disk, folder.replica.path
        used = {each.replica.path for each in self.folders.values()}
        if folder.replica.config["markerName"] == MARKER and path not in used:
            with suppress(OSError):
                await self._core.on_disk(disk.delete, path, MARKER)

    def _emit_listening(self, uri: str) -> None:
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
        self._core.emit("ListenAddressesChanged", {"address": url, "lan": [url], "wan": [url]})

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _essential(config: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a folder's configuration that makes it restart when it changes."""
    return {name: value for name, value in config.items() if name not in {"label", "group"}}
