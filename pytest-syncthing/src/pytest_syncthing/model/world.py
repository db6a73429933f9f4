"""The fakes that can meet: those of one process."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from .node import Node


class World:
    """Who is up, and where. To be used in the fakes' thread only."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}

    def join(self, node: Node) -> None:
        """Let a fake be found."""
        self._nodes[node.sync_address] = node

    def leave(self, node: Node) -> None:
        """Let it be found no more."""
        if self._nodes.get(node.sync_address) is node:
            del self._nodes[node.sync_address]

    def at(self, address: str) -> Node | None:
        """Return the fake that listens for other devices at an address; what follows host and port is no matter."""
        parts = urlsplit(address)
        return self._nodes.get(f"{parts.scheme}://{parts.netloc}")

    def others(self, node: Node) -> list[Node]:
        """Return all fakes but one."""
        return [other for other in self._nodes.values() if other is not node]
