"""``rest/events``: what has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiosyncthing import _routes, types as t
from pytest_syncthing.http.messages import as_json
from pytest_syncthing.model.events import DEFAULT, DISK

from .common import answers

if TYPE_CHECKING:
    from pytest_syncthing.http.messages import Request, Response
    from pytest_syncthing.model.node import Node

_TIMEOUT: Final = 60
_KNOWN: Final = frozenset[str](t.EVENT_TYPES)


@answers(_routes.EVENTS)
async def _events(node: Node, request: Request) -> Response:
    names = request.param("events")
    mask = _KNOWN & {name.strip() for name in names.split(",")} if names else DEFAULT
    return await _poll(node, request, mask)


@answers(_routes.DISK_EVENTS)
async def _disk(node: Node, request: Request) -> Response:
    return await _poll(node, request, DISK)


async def _poll(node: Node, request: Request, mask: frozenset[str]) -> Response:
    timeout = request.number("timeout", _TIMEOUT)
    if timeout < 0:
        timeout = _TIMEOUT
    events = await node.events.poll(mask, request.number("since", 0), request.number("limit", 0), timeout)
    return as_json(events)
