"""``rest/stats``: when devices and folders were last seen at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiosyncthing import _routes
from pytest_syncthing.clock import format_time
from pytest_syncthing.http.messages import Response, as_json

from .common import answers

if TYPE_CHECKING:
    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.node import Node

_NEVER: Final = "0001-01-01T00:00:00Z"


@answers(_routes.DEVICE_STATS)
def _devices(node: Node, _: Request) -> Response:
    return as_json(node.cluster.peers.stats())


@answers(_routes.FOLDER_STATS)
def _folders(node: Node, _: Request) -> Response:
    replicas = (folder.replica for folder in node.cluster.folders.values() if folder.running)
    return as_json(
        {
            replica.id: {
                "lastFile": replica.last_file,
                "lastScan": _NEVER if replica.last_scan is None else format_time(replica.last_scan, whole=True),
            }
            for replica in sorted(replicas, key=lambda replica: replica.id)
        }
    )
