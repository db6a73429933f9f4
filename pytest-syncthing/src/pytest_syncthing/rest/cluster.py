"""``rest/cluster``: devices and folders that wait to be accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import _routes
from pytest_syncthing.http.messages import EMPTY, Response, as_json

from .common import answers, device_id

if TYPE_CHECKING:
    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.node import Node

_BAD_REQUEST: Final = 400


@answers(_routes.PENDING_DEVICES)
def _devices(node: Node, _: Request) -> Response:
    return as_json(dict(sorted(node.cluster.pending.devices.items())))


@answers(_routes.PENDING_FOLDERS)
def _folders(node: Node, request: Request) -> Response:
    wanted = device_id(request.param("device"), _BAD_REQUEST)
    found: dict[str, Any] = {}
    for folder, by in sorted(node.cluster.pending.folders.items()):
        offers = {device: offer for device, offer in sorted(by.items()) if wanted in {"", device}}
        if offers and node.cluster.pending.is_listed(folder):
            found[folder] = {"offeredBy": offers}
    return as_json(found)


@answers(_routes.DISMISS_DEVICE)
def _dismiss_device(node: Node, request: Request) -> Response:
    node.cluster.pending.dismiss_device(device_id(request.param("device"), _BAD_REQUEST))
    return EMPTY


@answers(_routes.DISMISS_FOLDER)
def _dismiss_folder(node: Node, request: Request) -> Response:
    device = device_id(request.param("device"), _BAD_REQUEST)
    node.cluster.pending.dismiss_folder(request.param("folder"), device)
    return EMPTY
