"""Nodes of the fake that meet: folders, what happened, and an end without anything left."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import types as t
from pytest_syncthing.config import configuration
from pytest_syncthing.model.world import World

from .nodes import OTHER, OWN, make_node

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from pytest_syncthing.model.folder import Folder
    from pytest_syncthing.model.node import Node

__all__ = ["Ear", "add_folder", "configure", "lone_node", "settle", "two_nodes"]

_EVERYTHING: Final = frozenset(t.EVENT_TYPES)
_TURNS: Final = 60


class Ear:
    """Hears what happens at a node from now on."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._last = 0

    async def begin(self) -> Ear:
        """Begin to listen."""
        await self._node.events.poll(_EVERYTHING, 0, 0, 0)
        self._last = self._node.events.newest(_EVERYTHING)
        return self

    async def take(self, *kinds: str) -> list[dict[str, Any]]:
        """Return what has happened since the last time, of some types or of all, each with its type as ``kind``."""
        events = await self._node.events.poll(_EVERYTHING, self._last, 0, 0)
        if events:
            self._last = events[-1]["id"]
        return [{"kind": event["type"], **event["data"]} for event in events if not kinds or event["type"] in kinds]

    async def words(self) -> list[str]:
        """Return what has happened since the last time, a word or two for each."""
        found: list[str] = []
        for event in await self.take():
            about = event.get("to") or event.get("item") or event.get("filenames") or event.get("path") or ""
            found.append(f"{event['kind']} {about}".rstrip())
        return found


@asynccontextmanager
async def lone_node(version: str = "1.29.5") -> AsyncIterator[Node]:
    """A node that knows another device, which is not there."""
    node = make_node(version)
    try:
        yield node
    finally:
        node.halt()
        await node.cluster.halted()


@asynccontextmanager
async def two_nodes(version: str = "1.29.5") -> AsyncIterator[tuple[Node, Node]]:
    """Two nodes that are connected."""
    world = World()
    a, b = make_node(version, world=world), make_node(version, world=world, other=True)
    await settle()
    assert OTHER in a.cluster.connected
    assert OWN in b.cluster.connected
    try:
        yield a, b
    finally:
        for node in (a, b):
            node.halt()
            await node.cluster.halted()


async def settle() -> None:
    """Let everything happen that does not wait for a clock."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def configure(node: Node, change: Any, *arguments: Any) -> None:
    """Change the configuration as a request does, with one of the functions of `_configuration`."""
    node.commit(change(node.facts, node.device_id, node.config, *arguments))


async def add_folder(
    node: Node,
    *,
    files: Mapping[str, bytes | str | None] | None = None,
    shared: bool = True,
    folder_id: str = "docs",
    **settings: Any,
) -> Folder:
    """Add a folder and let everything happen.

    Args:
        node: Whose folder it will be.
        files: What is there before.
        shared: Whether to share it with the other device.
        folder_id: Its ID.
        **settings: Further fields of its configuration.
    """
    path = f"/srv/{folder_id}"
    for name, content in (files or {}).items():
        if content is None:
            node.cluster.disk.make_directory(path, name, modified=node.clock.now)
        else:
            data = content.encode() if isinstance(content, str) else content
            node.cluster.disk.write(path, name, data, modified=node.clock.now)
    body = {
        "id": folder_id,
        "label": "Documents",
        "path": path,
        "devices": [{"deviceID": device} for device in ((OWN, OTHER) if shared else ())],
        "fsWatcherEnabled": False,
        "rescanIntervalS": 0,
        **settings,
    }
    configure(node, configuration.put_folder, body)
    await settle()
    return node.cluster.folders[folder_id]
