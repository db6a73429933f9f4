"""What one fake tells another one about folders: offers, indexes and contents."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .disk import MARKER, on_disk
from .encryption import Encryption
from .items import RECEIVE_ONLY
from .peers import Offer

if TYPE_CHECKING:
    from .cluster import Cluster
    from .folder import Folder
    from .items import Item

# Bytes that messages have, about.
_PER_ITEM: Final = 150
_PER_OFFER: Final = 250


class Sharing:
    """One side of it. To be used in the fakes' thread only."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._encryptions: dict[tuple[str, str], Encryption] = {}
        self._announced: dict[str, asyncio.Handle] = {}

    def stop(self) -> None:
        """Tell nothing more."""
        for handle in self._announced.values():
            handle.cancel()
        self._announced.clear()

    def introduce(self, other: Cluster) -> None:
        """Let both sides tell what they share, and then what they have."""
        mine, its = self.offers(other.own_id), other.sharing.offers(self._cluster.own_id)
        other.connections.count_received(self._cluster.own_id, len(mine) * _PER_OFFER + _PER_OFFER)
        self._cluster.connections.count_received(other.own_id, len(its) * _PER_OFFER + _PER_OFFER)
        other.receive_offers(self._cluster.own_id, mine)
        self._cluster.receive_offers(other.own_id, its)
        self._exchange(other)

    def offer(self, device: str) -> None:
        """Tell another fake that is connected what is shared with it now."""
        other = self._other(device)
        if other is None:
            return
        peer = self._cluster.peers[device]
        if peer.offers is not None:  # else it will be told soon anyway
            other.receive_offers(self._cluster.own_id, self.offers(device))
            self._exchange(other)

    def announce(self, folder: Folder) -> None:
        """Tell other fakes soon what is new in a folder."""
        if folder.id not in self._announced:
            loop = asyncio.get_running_loop()
            self._announced[folder.id] = loop.call_soon(self._announce, folder)

    async def content_for(self, device: str, folder_id: str, item: Item) -> bytes | None:
        """Return the content of a file for another fake."""
        folder = self._cluster.folders.get(folder_id)
        if folder is None or device not in folder.devices:
            return None
        encryption = self.encryption(folder, device)
        if encryption is None:
            return await folder.content_for(item.name)
        content = await folder.content_for(encryption.plain_name(item.name))
        return None if content is None else encryption.content(content)

    async def remove_marker(self, folder: Folder) -> None:
        """Remove the marker of a folder that is no longer one."""
        await folder.stopped()
        marker = folder.config["markerName"]
        used = {each.path for each in self._cluster.folders.values()}
        if marker == MARKER and folder.path not in used:
            disk = self._cluster.disk
            try:
                await on_disk(disk, disk.delete, folder.path, marker)
            except OSError:
                return

    def _announce(self, folder: Folder) -> None:
        self._announced.pop(folder.id, None)
        for device in folder.devices:
            other = self._other(device)
            if other is not None:
                self.send(folder.id, other)

    def offers(self, device: str) -> dict[str, Offer]:
        """Return what is shared with a device."""
        found: dict[str, Offer] = {}
        for folder in self._cluster.folders.values():
            if device in folder.devices:
                found[folder.id] = Offer(
                    folder.id,
                    folder.config["label"],
                    paused=folder.config["paused"],
                    receive_encrypted=bool(_password(folder, device)),
                    remote_encrypted=folder.kind == "receiveencrypted",
                )
        return found

    def _other(self, device: str) -> Cluster | None:
        peer = self._cluster.peers.get(device)
        return None if peer is None else peer.cluster

    def _exchange(self, other: Cluster) -> None:
        for folder_id in list(self._cluster.folders):
            self.send(folder_id, other)
            other.sharing.send(folder_id, self._cluster)
        for cluster, device in ((self._cluster, other.own_id), (other, self._cluster.own_id)):
            for folder in cluster.folders.values():
                if device in folder.devices:
                    folder.want_pull()  # what was broken off goes on (``startLocked`` in lib/model/indexhandler.go)

    def send(self, folder_id: str, other: Cluster) -> None:
        """Tell another fake what is new in a folder, if both take part in it."""
        mine, its = self._cluster.folders.get(folder_id), other.folders.get(folder_id)
        if mine is None or its is None or not (mine.running and its.running):
            return
        own, device = self._cluster.own_id, other.own_id
        if device not in mine.devices or own not in its.devices:
            return
        if any(peer is None or peer.offers is None for peer in (self._cluster.peers.get(device), other.peers.get(own))):
            return
        if not (_agree(mine, its) and _agree(its, mine)):
            self._get_stuck(mine, its)
            return
        if folder_id in self._cluster.peers[device].stuck:
            return
        origin = mine.index_id, _password(mine, device)  # what is encrypted otherwise is something else
        known = its.known_sequence(own, origin)
        items = sorted(
            (item for item in mine.index.own.values() if item.sequence > known), key=lambda item: item.sequence
        )
        told = [_for_others(item) for item in self._translate(mine, its, items)]
        other.connections.count_received(own, len(told) * _PER_ITEM)
        its.receive(own, told, origin)

    def _get_stuck(self, mine: Folder, its: Folder) -> None:
        """Note that a folder was to be received encrypted before there was a password.

        Version 2 doesn't begin when there is one, but only at the next connection.
        """
        own, device = self._cluster.own_id, its.cluster.own_id
        if its.kind == "receiveencrypted" and its.cluster.node.facts.numbers >= (2,):
            self._cluster.peers[device].stuck.add(mine.id)
            its.cluster.peers[own].stuck.add(mine.id)

    def _translate(self, mine: Folder, its: Folder, items: list[Item]) -> list[Item]:
        encryption = self.encryption(mine, its.cluster.own_id)
        if encryption is not None:
            return [encryption.conceal(item) for item in items]
        theirs = its.cluster.sharing.encryption(its, self._cluster.own_id)
        if theirs is not None:
            return [plain for item in items if (plain := theirs.reveal(item)) is not None]
        return items

    def encryption(self, folder: Folder, device: str) -> Encryption | None:
        """Return what conceals a folder from a device; ``None`` if nothing does."""
        password = _password(folder, device)
        if not password:
            return None
        known = self._encryptions.get((folder.id, device))
        if known is None or known.password != password:
            known = self._encryptions[folder.id, device] = Encryption(password, folder.id)
        return known


def _for_others(item: Item) -> Item:
    """Return an item as others get to know it: what has changed here only shall never be the newest for them."""
    return replace(item, version=()) if item.local_flags & RECEIVE_ONLY else item


def _password(folder: Folder, device: str) -> str:
    found = (each["encryptionPassword"] for each in folder.config["devices"] if each["deviceID"] == device)
    return next(found, "")


def _agree(sender: Folder, receiver: Folder) -> bool:
    """Tell whether what is sent encrypted is received so, and nothing else is."""
    if sender.kind == "receiveencrypted":
        return True
    return bool(_password(sender, receiver.cluster.own_id)) == (receiver.kind == "receiveencrypted")
