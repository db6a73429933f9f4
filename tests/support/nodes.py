"""Nodes of the fake, without a server, and what their handlers answer."""

from __future__ import annotations

import copy
import inspect
import json
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing._routes import find_route
from aiosyncthing.device_id import DeviceID
from pytest_syncthing.clock import Clock
from pytest_syncthing.facts import Facts
from pytest_syncthing.http.messages import Headers, Refusal, Request, as_text
from pytest_syncthing.model.disk import MemoryDisk
from pytest_syncthing.model.node import Node
from pytest_syncthing.model.world import World

from .recordings import exchanges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_syncthing.http.messages import Response

__all__ = ["OTHER", "OWN", "ask", "decoded", "make_node"]

OWN: Final = DeviceID("P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2")
OTHER: Final = DeviceID("MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD")


def make_node(version: str, *, world: World | None = None, other: bool = False) -> Node:
    """Return a node of a version that runs, with a clock that stands still, and without folders.

    Args:
        version: The version.
        world: Where other nodes are; by default it is alone.
        other: Whether to return the other device that it knows, which knows it as well.
    """
    ids, ports = (OWN, OTHER), (22000, 22001)
    if other:
        ids, ports = ids[::-1], ports[::-1]
    clock = Clock()
    clock.freeze()
    config = copy.deepcopy(_recorded(version))
    config["folders"] = []
    config["devices"] = [
        {**config["devices"][0], "deviceID": str(device_id), "name": name, "addresses": [address]}
        for device_id, name, address in zip(
            ids, ("mine", "other"), ("dynamic", f"tcp://127.0.0.1:{ports[1]}"), strict=True
        )
    ]
    config["gui"] |= {"address": "127.0.0.1:8384", "apiKey": "the-key", "user": "", "password": ""}
    config["options"] |= {"listenAddresses": [f"tcp://127.0.0.1:{ports[0]}"]}
    node = Node(
        Facts.of(version),
        clock,
        world or World(),
        device_id=ids[0],
        key="another-key",
        home="/srv/home",
        disk=MemoryDisk(),
        config=config,
        sync_address=f"tcp://127.0.0.1:{ports[0]}",
    )
    node.address = "127.0.0.1:8384"
    node.boot()
    return node


def _recorded(version: str) -> dict[str, Any]:
    """Return a configuration that a real daemon of that version had."""
    return next(
        exchange.answer
        for exchange in exchanges(version)
        if exchange.path == "/rest/system/config" and exchange.status == 200 and exchange.answer
    )


async def ask(
    node: Node,
    handlers: Mapping[Any, Any],
    target: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return what a handler answers, as the server would send it.

    Args:
        node: Whose API it is.
        handlers: The handlers of a part of the API.
        target: Path and query.
        method: HTTP method.
        body: The body.
        headers: The headers.
    """
    request = Request(method, target, Headers((headers or {}).items()), body, 1)
    route = find_route(method, request.path.removeprefix("/"))
    assert route is not None
    assert node.facts.has(route)
    try:
        answer = handlers[route](node, request)
        return await answer if inspect.isawaitable(answer) else answer
    except Refusal as refusal:
        return as_text(refusal.text, refusal.status)


def decoded(response: Response) -> Any:
    """Return the JSON of an answer that is one."""
    assert response.status == 200
    assert response.content_type.startswith("application/json")
    return json.loads(response.body)
