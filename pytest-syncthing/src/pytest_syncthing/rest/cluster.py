"""``rest/cluster``: devices and folders that wait to be accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import _routes
from pytest_syncthing.http.messages import EMPTY, Response, as_json

from .common import device_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiosyncthing._routes import Route
    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.node import Node

_BAD_REQUEST: Final = 400


def _devices(node: Node, _: Request) -> Response:
    return as_json(dict(sorted(node.cluster.pending.devices.items())))


def _folders(node: Node, request: Request) -> Response:
    wanted = device_id(request.param("device"), _BAD_REQUEST)
    found: dict[str, Any] = {}
    for folder, by in sorted(node.cluster.pending.folders.items()):
        offers = {device: offer for device, offer in sorted(by.items()) if wanted in {"", device}}
        if offers and node.cluster.pending.is_listed(folder):
            found[folder] = {"offeredBy": offers}
    return as_json(found)


def _dismiss_device(node: Node, request: Request) -> Response:
    node.cluster.pending.dismiss_device(device_id(request.param("device"), _BAD_REQUEST))
    return EMPTY


def _dismiss_folder(node: Node, request: Request) -> Response:
    device = device_id(request.param("device"), _BAD_REQUEST)
    node.cluster.pending.dismiss_folder(request.param("folder"), device)
    return EMPTY


HANDLERS: Final[Mapping[Route[Any], Callable[[Node, Request], Response]]] = {
    _routes.PENDING_DEVICES: _devices,
    _routes.PENDING_FOLDERS: _folders,
    _routes.DISMISS_DEVICE: _dismiss_device,
    _routes.DISMISS_FOLDER: _dismiss_folder,
}
