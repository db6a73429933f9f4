"""Those of ``rest/debug`` that are about folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import _routes
from pytest_syncthing.http.messages import Refusal, Response, as_json
from pytest_syncthing.model.items import NOTHING

from .database import file_status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiosyncthing._routes import Route
    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.folder import Folder
    from pytest_syncthing.model.items import Item, Vector
    from pytest_syncthing.model.node import Node

_LOCAL: Final = "7777777"  # what the database calls the own device


def _file(node: Node, request: Request) -> Response:
    """Return what is known of a file: in version 1 with the versions of all devices, in version 2 in any case."""
    if node.facts.numbers < (2,):
        return file_status(node, request, _all_versions)
    try:
        return file_status(node, request)
    except Refusal:
        nothing = NOTHING.to_json(node.facts, listed=False)
        return as_json({"availability": None, "global": nothing, "local": nothing})


def _all_versions(folder: Folder, name: str) -> dict[str, str]:
    """Return which device has which version, in the form in which version 1 prints it."""
    devices = {_LOCAL: folder.index.own, **folder.index.remotes}
    holders: dict[Vector, list[tuple[str, Item]]] = {}
    for device, items in devices.items():
        if name in items:
            holders.setdefault(items[name].version, []).append((device[: len(_LOCAL)], items[name]))
    text = ", ".join(_version_text(version, found) for version, found in holders.items())
    return {"globalVersions": f"[{text}]"}


def _version_text(version: Vector, holders: list[tuple[str, Item]]) -> str:
    counters = " ".join(f"{{{device} {counter}}}" for device, counter in version)
    deleted = str(holders[0][1].deleted).lower()
    valid = " ".join(device for device, item in holders if not item.invalid)
    invalid = " ".join(device for device, item in holders if item.invalid)
    return f"{{Version:{{[{counters}]}}, Deleted:{deleted}, Devices:[{valid}], Invalid:[{invalid}]}}"


def _peer_completion(node: Node, _: Request) -> Response:
    """Return how complete each device is on average, in whole percent."""
    found: dict[str, list[float]] = {}
    for folder in node.cluster.folders.values():
        for device in folder.devices if folder.running else ():
            found.setdefault(device, []).append(folder.completion(device)["completion"])
    return as_json({device: int(sum(each) / len(each)) for device, each in sorted(found.items())})


HANDLERS: Final[Mapping[Route[Any], Callable[[Node, Request], Response]]] = {
    _routes.DEBUG_FILE: _file,
    _routes.PEER_COMPLETION: _peer_completion,
}
