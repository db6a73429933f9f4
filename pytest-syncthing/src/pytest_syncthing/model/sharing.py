"""What fakes send each other about the folders they share: offers, indexes, contents and progress (lib/protocol)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .encryption import Encryption
from .items import RECEIVE_ONLY
from .peers import Offer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .core import Core
    from .folder import Folder
    from .items import Item
    from .peers import Peers
    from .pending import Pending
    from .replica import Replica

# The approximate size of messages, in bytes.
_PER_ITEM: Final = 150
_PER_OFFER: Final = 250


class Sharing:
    """One fake's end of the protocol. Use it in the fakes' thread only.

    Args:
        core: What it shares with the rest of the daemon.
        folders: The folders of the daemon, by ID.
        peers: The devices that are connected.
        pending: What waits to be accepted.

    Attributes:
        core: As above.
        folders: As above.
        peers: As above.
    """

    def __init__(self, core: Core, folders: Mapping[str, Folder], peers: Peers, pending: Pending) -> None:
        self.core = core
        self.folders = folders
        self.peers = peers
        self._pending = pending
        self._others: dict[str, Sharing] = {}
        self._encryptions: dict[tuple[str, str], Encryption] = {}
        self._announced: dict[str, asyncio.Handle] = {}

    @property
    def device(self) -> str:
        """The device ID of the fake."""
        return self.core.own_id

    def stop(self) -> None:
        """Send nothing more."""
        for handle in self._announced.values():
            handle.cancel()
        self._announced.clear()
        self._others.clear()

    def touch(self, device: str) -> None:
        """Note that a device has changed what it does with the folders that are shared with it."""
        for folder in self.folders.values():
            if folder.running and device in folder.replica.devices:
                folder.summary.touch()

    # --- Cluster configs ---

    def introduce(self, other: Sharing) -> None:
        """Exchange cluster configs with a fake that has connected, and then indexes."""
        mine, its = self.offers(other.device), other.offers(self.device)
        self._others[other.device], other._others[self.device] = other, self
        other.peers.count_received(self.device, len(mine) * _PER_OFFER + _PER_OFFER)
        self.peers.count_received(other.device, len(its) * _PER_OFFER + _PER_OFFER)
        other.receive_offers(self.device, mine)
        self.receive_offers(other.device, its)
        self._exchange(other)

    def offer(self, device: str) -> None:
        """Send a new cluster config to a fake that is connected, and then indexes."""
        other = self.other(device)
        if other is not None:
            other.receive_offers(self.device, self.offers(device))
            self._exchange(other)

    def take_cluster_config(self, device: str) -> None:
        """Note that a device has sent its cluster config."""
        if self.core.facts.CLUSTER_CONFIG_EVENT:
            self.core.emit("ClusterConfigReceived", {"device": device})
            self.touch(device)

    def offers(self, device: str) -> dict[str, Offer]:
        """Return the cluster config for a device."""
        replicas = [folder.replica for folder in self.folders.values()]
        return {
            replica.id: Offer(
                replica.id,
                replica.config["label"],
                paused=replica.config["paused"],
                receive_encrypted=bool(replica.password(device)),
                remote_encrypted=replica.kind == "receiveencrypted",
            )
            for replica in replicas
            if device in replica.devices
        }

    def receive_offers(self, device: str, offers: dict[str, Offer]) -> None:
        """Take in the cluster config of another fake."""
        peer = self.peers.connected[device]
        peer.offers = offers
        peer.asked = frozenset(folder.id for folder in self.folders.values() if device in folder.replica.devices)
        for offer in offers.values():
            if offer.folder_id not in peer.asked:
                self._pending.add_folder(device, offer)
        self._pending.withdraw(device, offers)
        self.take_cluster_config(device)

    def other(self, device: str) -> Sharing | None:
        """Return the other end of the connection to a fake; ``None`` before it has sent its cluster config."""
        peer = self.peers.connected.get(device)
        return None if peer is None or peer.far is None or peer.offers is None else self._others.get(device)

    # --- Indexes ---

    def announce(self, folder: Folder) -> None:
        """Send index updates for a folder soon."""
        if folder.id not in self._announced:
            loop = asyncio.get_running_loop()
            self._announced[folder.id] = loop.call_soon(self._announce, folder)

    def _announce(self, folder: Folder) -> None:
        self._announced.pop(folder.id, None)
        for device in folder.replica.devices:
            other = self.other(device)
            if other is not None:
                self.send(folder.id, other)

    def _exchange(self, other: Sharing) -> None:
        for folder_id in list(self.folders):
            self.send(folder_id, other)
            other.send(folder_id, self)
        for sharing, device in ((self, other.device), (other, self.device)):
            for folder in sharing.folders.values():
                if device in folder.replica.devices:
                    folder.want_pull()  # so that what was interrupted goes on (lib/model/indexhandler.go, startLocked)

    def send(self, folder_id: str, other: Sharing) -> None:
        """Send an index update for a folder, if both fakes take part in it."""
        here, there = self.folders.get(folder_id), other.folders.get(folder_id)
        if here is None or there is None or not (here.running and there.running):
            return
        mine, its = here.replica, there.replica
        if other.device not in mine.devices or self.device not in its.devices:
            return
        if self.other(other.device) is None or other.other(self.device) is None:
            return
        if not (_agree(mine, its) and _agree(its, mine)):
            self._get_stuck(other, its)
            return
        if folder_id in self.peers.connected[other.device].stuck:
            return
        origin = mine.index_id, mine.password(other.device)  # another password makes other items
        known = its.known_sequence(self.device, origin)
        news = (item for item in mine.index.own.values() if item.sequence > known)
        items = sorted(news, key=lambda item: item.sequence)
        sent = [_for_others(item) for item in self._translate(mine, other, its, items)]
        other.peers.count_received(self.device, len(sent) * _PER_ITEM)
        its.receive(self.device, sent, origin)
        if sent:
            there.want_pull()

    def _get_stuck(self, other: Sharing, its: Replica) -> None:
        """Note that a folder was to be received encrypted before there was a password.

        Once there is one, version 2 still waits for the next connection.
        """
        if its.kind == "receiveencrypted" and other.core.facts.ONE_CONNECTION:
            self.peers.connected[other.device].stuck.add(its.id)
            other.peers.connected[self.device].stuck.add(its.id)

    # --- Contents ---

    async def content(self, device: str, folder_id: str, item: Item) -> bytes | None:
        """Return the content of a file for another fake; ``None`` if it can't have it."""
        folder = self.folders.get(folder_id)
        if folder is None or device not in folder.replica.devices:
            return None
        encryption = self.encryption(folder.replica, device)
        if encryption is None:
            return await folder.content(item.name)
        content = await folder.content(encryption.plain_name(item.name))
        return None if content is None else encryption.content(content)

    def _translate(self, mine: Replica, other: Sharing, its: Replica, items: list[Item]) -> list[Item]:
        encryption = self.encryption(mine, other.device)
        if encryption is not None:
            return [encryption.conceal(item) for item in items]
        theirs = other.encryption(its, self.device)
        if theirs is not None:
            return [plain for item in items if (plain := theirs.reveal(item)) is not None]
        return items

    def encryption(self, replica: Replica, device: str) -> Encryption | None:
        """Return how a folder is encrypted for a device; ``None`` if it isn't."""
        password = replica.password(device)
        if not password:
            return None
        known = self._encryptions.get((replica.id, device))
        if known is None or known.password != password:
            known = self._encryptions[replica.id, device] = Encryption(password, replica.id)
        return known

    # --- Progress ---

    def send_progress(self, folder_id: str, blocks: dict[str, int]) -> None:
        """Tell other fakes how many blocks of each file have arrived here."""
        for device in self.folders[folder_id].replica.devices if folder_id in self.folders else ():
            other = self.other(device)
            if other is not None:
                other.receive_progress(self.device, folder_id, blocks)

    def receive_progress(self, device: str, folder_id: str, blocks: dict[str, int]) -> None:
        """Note how many blocks of each file another fake already has."""
        folder = self.folders.get(folder_id)
        if folder is not None and folder.running:
            self.peers.set_progress(device, folder_id, blocks)
            self.core.emit("RemoteDownloadProgress", {"device": device, "folder": folder_id, "state": blocks})
            folder.summary.touch()


def _for_others(item: Item) -> Item:
    """Return an item as other devices learn of it: a change that stays here must never be the newest for them."""
    return replace(item, version=()) if item.local_flags & RECEIVE_ONLY else item


def _agree(sender: Replica, receiver: Replica) -> bool:
    """Return whether the receiver expects encrypted items just when the sender encrypts them."""
    if sender.kind == "receiveencrypted":
        return True
    return bool(sender.password(receiver.core.own_id)) == (receiver.kind == "receiveencrypted")
