"""``rest/system/connections``, ``pause`` and ``resume``: other devices."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import _routes
from pytest_syncthing.config import configuration
from pytest_syncthing.http.messages import EMPTY, Refusal, Response, as_json

from .common import device_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiosyncthing._routes import Route
    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.node import Node

_NOT_FOUND: Final = 404
_FAILED: Final = 500


def _connections(node: Node, _: Request) -> Response:
    return as_json(node.cluster.connections.to_json())


def _pause(node: Node, request: Request, *, paused: bool) -> Response:
    """Pause or resume one device, or all: then the own one too, without an effect."""
    device = device_id(request.param("device"), _FAILED) if request.param("device") else None
    if device is not None and node.cluster.device_config(device) is None:
        raise Refusal(_NOT_FOUND, "not found")
    config = configuration.pause_devices(node.facts, node.device_id, node.config, device, paused=paused)
    node.commit(config, save=False)  # other than all other changes
    return EMPTY


HANDLERS: Final[Mapping[Route[Any], Callable[[Node, Request], Response]]] = {
    _routes.CONNECTIONS: _connections,
    _routes.PAUSE: partial(_pause, paused=True),
    _routes.RESUME: partial(_pause, paused=False),
}
