"""``rest/system``: the daemon itself, and its connections."""

from __future__ import annotations

import json
import posixpath
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from aiosyncthing import _routes
from pytest_syncthing.config import configuration
from pytest_syncthing.go.words import parse_time
from pytest_syncthing.http.messages import EMPTY, Refusal, Response, as_json, as_ok
from pytest_syncthing.model.log import Level, format_rank, parse_rank
from pytest_syncthing.model.node import RESTART, SHUTDOWN

from .common import answers, device_id
from .report import MAX_VERSION

if TYPE_CHECKING:
    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.node import Node

_DATABASE: Final = "index-v0.14.0.db"
_DATABASE_2: Final = "index-v2"
_SECOND: Final = 1_000_000_000
_TEXT: Final = "text/plain; charset=utf-8"
_RELAY: Final = "dynamic+https://relays.syncthing.net/endpoint"
_RELAYS: Final = ("relay://", "dynamic+")
_GLOBAL: Final = "global@https://discovery.syncthing.net/v2/"
_LOCAL: Final = ("IPv4 local", "IPv6 local")


@answers(_routes.PING, _routes.POST_PING)
def _ping(_: Node, __: Request) -> Response:
    return as_json({"ping": "pong"})


@answers(_routes.VERSION)
def _version(node: Node, _: Request) -> Response:
    return as_json(node.facts.data["version"])


@answers(_routes.STATUS)
def _status(node: Node, _: Request) -> Response:
    options = node.config["options"]
    discovery = discovery_methods(options)
    status: dict[str, Any] = {
        **node.facts.data["resources"],
        "connectionServiceStatus": {uri: _listener(node, uri) for uri in listeners(options)},
        "cpuPercent": 0,
        "guiAddressOverridden": False,
        "guiAddressUsed": _gui_address(node),
        "lastDialStatus": {
            f"tcp://{peer.address}": {"when": node.clock.format(peer.started, whole=True), "error": None}
            for peer in node.cluster.peers.connected.values()
            if peer.kind == "tcp-client"
        },
        "myID": node.device_id,
        "pathSeparator": "/",
        "startTime": node.clock.format(node.started, whole=True),
        "tilde": node.home,
        "uptime": (node.clock.now - node.started) // _SECOND,
        "urVersionMax": MAX_VERSION,
    }
    if discovery:
        status |= {
            "discoveryEnabled": True,
            "discoveryErrors": {name: error for name, error in node.discovery_errors.items() if name in discovery},
            "discoveryMethods": len(discovery),
            "discoveryStatus": {name: {"error": node.discovery_errors.get(name)} for name in discovery},
        }
    return as_json(dict(sorted(status.items())))


def _gui_address(node: Node) -> str:
    """Return where the API listens. A fake stays on loopback, but reports all interfaces if its settings ask for them.

    Go listens on those of IPv6 then, which include those of IPv4.
    """
    host, _, port = node.config["gui"]["address"].rpartition(":")
    return f"[::]:{port}" if host in {"", "0.0.0.0", "[::]"} and port.isdecimal() else node.address  # noqa: S104 - a name


def discovery_methods(options: dict[str, Any]) -> list[str]:
    """Return the names of the methods of discovery that are in use."""
    return [
        *([_GLOBAL] if options["globalAnnounceEnabled"] else []),
        *(_LOCAL if options["localAnnounceEnabled"] else ()),
    ]


def listeners(options: dict[str, Any]) -> list[str]:
    """Return the addresses that are listened on, with ``default`` put into words (lib/config)."""
    found: list[str] = []
    for uri in options["listenAddresses"]:
        found += ("tcp://0.0.0.0:22000", _RELAY, "quic://0.0.0.0:22000") if uri == "default" else (uri,)
    return [uri for uri in dict.fromkeys(found) if options["relaysEnabled"] or not uri.startswith(_RELAYS)]


def _listener(node: Node, uri: str) -> dict[str, Any]:
    if uri.startswith(_RELAYS):
        error = node.listener_errors.get(uri)
        return {"error": error, "lanAddresses": None, "wanAddresses": None}  # a fake talks to no relay
    # Without a port mapping, version 1 lists 0.0.0.0:0.
    unmapped = [] if node.facts.MAPPED_ADDRESSES_ONLY else [f"{uri.partition('://')[0]}://0.0.0.0:0"]
    return {"error": node.listener_errors.get(uri), "lanAddresses": [uri], "wanAddresses": [*unmapped, uri]}


@answers(_routes.DISCOVERY)
def _discovery(_: Node, __: Request) -> Response:
    return as_json({})


@answers(_routes.PATHS)
def _paths(node: Node, _: Request) -> Response:
    paths = node.facts.data["paths"]
    return as_json({name: path.replace("{home}", node.home) for name, path in paths.items()})


@answers(_routes.BROWSE_SYSTEM)
async def _browse(node: Node, request: Request) -> Response:
    current = request.param("current")
    if not current:
        return as_json(["/"])
    if not node.facts.NO_SEPARATORS and current.startswith("~"):
        current = node.home + current.removeprefix("~")
    head, _, prefix = current.rpartition("/")
    # One slash in front: posixpath would keep two.
    shown = posixpath.normpath(head) if head else "/"
    shown = "/" + shown.lstrip("/") if head.startswith("/") else shown
    place = node.home + shown.removeprefix("~") if shown.partition("/")[0] == "~" else shown
    if not place.startswith("/"):
        return as_json([])
    names = set(await node.core.on_disk(node.core.disk.children, place))
    if place == node.home:
        names.add(_DATABASE_2 if node.facts.DATABASE_2 else _DATABASE)
    exact = sorted(name for name in names if name.startswith(prefix))
    similar = sorted(name for name in names if name not in exact and name.lower().startswith(prefix.lower()))
    end = "" if node.facts.NO_SEPARATORS else "/"
    return as_json([f"{shown.rstrip('/')}/{name}{end}" for name in (*exact, *similar)])


@answers(_routes.ERRORS)
def _errors(node: Node, _: Request) -> Response:
    return as_json({"errors": node.log.to_json(node.log.errors())})


@answers(_routes.POST_ERROR)
def _post_error(node: Node, request: Request) -> Response:
    node.log.error(request.body.decode(errors="replace"))
    return EMPTY


@answers(_routes.CLEAR_ERRORS)
def _clear_errors(node: Node, _: Request) -> Response:
    node.log.clear()
    return EMPTY


@answers(_routes.LOG)
def _log(node: Node, request: Request) -> Response:
    return as_json({"messages": node.log.to_json(node.log.lines(parse_time(request.param("since"))))})


@answers(_routes.LOG_TEXT)
def _log_text(node: Node, request: Request) -> Response:
    text = node.log.to_text(node.log.lines(parse_time(request.param("since"))))
    return Response(text.encode(errors="replace"), content_type=_TEXT)


@answers(_routes.DEBUG_FACILITIES)
def _facilities(node: Node, _: Request) -> Response:
    return as_json({"enabled": sorted(node.log.enabled), "facilities": node.facts.data["facilities"]})


@answers(_routes.SET_DEBUG_FACILITIES)
def _set_facilities(node: Node, request: Request) -> Response:
    for name in filter(None, request.param("enable").split(",")):
        node.log.enabled.add(name)
        node.log.note(f'Enabled debug data for "{name}"')
    for name in filter(None, request.param("disable").split(",")):
        node.log.enabled.discard(name)
        node.log.note(f'Disabled debug data for "{name}"')
    return Response(content_type="application/json; charset=utf-8")


@answers(_routes.LOG_LEVELS)
def _levels(node: Node, _: Request) -> Response:
    levels = {name: format_rank(rank) for name, rank in sorted(node.log.levels.items())}
    return as_json({"levels": levels, "packages": node.facts.data["facilities"]})


@answers(_routes.SET_LOG_LEVELS)
def _set_levels(node: Node, request: Request) -> Response:
    try:
        wanted = cast("dict[str, str]", json.loads(request.body) or {})
        node.log.levels |= {name: parse_rank(level) for name, level in wanted.items()}
    except (ValueError, TypeError, AttributeError) as error:  # of another type than it should be
        raise Refusal(400, str(error)) from None
    return EMPTY


@answers(_routes.CHECK_UPGRADE)
def _check_upgrade(node: Node, _: Request) -> Response:
    raise Refusal(501 if node.facts.UPGRADE_UNSUPPORTED else 503, "upgrade unsupported")


@answers(_routes.UPGRADE)
def _upgrade(node: Node, _: Request) -> Response:
    if node.facts.UPGRADE_UNSUPPORTED:
        raise Refusal(501, "upgrade unsupported")
    node.log.note("getting latest release: upgrade unsupported", Level.WARNING)
    raise Refusal(500, "upgrade unsupported")


@answers(_routes.RESTART)
def _restart(node: Node, _: Request) -> Response:
    node.on_end(RESTART)
    return as_ok("restarting")


@answers(_routes.SHUTDOWN)
def _shutdown(node: Node, _: Request) -> Response:
    node.on_end(SHUTDOWN)
    return as_ok("shutting down")


@answers(_routes.CONNECTIONS)
def _connections(node: Node, _: Request) -> Response:
    return as_json(node.cluster.peers.to_json())


def _pause(node: Node, request: Request, *, paused: bool) -> Response:
    """Pause or resume one device, or all: then the own one too, without an effect."""
    device = device_id(request.param("device"), 500) if request.param("device") else None
    if device is not None and node.core.device(device) is None:
        raise Refusal(404, "not found")
    config = configuration.pause_devices(node.facts, node.device_id, node.config, device, paused=paused)
    node.commit(config, save=False)  # other than all other changes
    return EMPTY


@answers(_routes.RESET)
def _reset(node: Node, request: Request) -> Response:
    folder_id = request.param("folder")
    folders = {folder["id"]: folder for folder in node.config["folders"]}
    if folder_id and folder_id not in folders:
        raise Refusal(500, "Invalid folder ID")
    concerned = [folders[folder_id]] if folder_id else folders.values()
    if not all(folder["paused"] for folder in concerned):
        raise Refusal(500, "folder must be paused when resetting")
    node.cluster.reset(folder_id or None)
    node.on_end(RESTART)
    return as_ok(f"resetting folder {folder_id}" if folder_id else "resetting database")


answers(_routes.PAUSE)(partial(_pause, paused=True))
answers(_routes.RESUME)(partial(_pause, paused=False))
