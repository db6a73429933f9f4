"""``rest/debug``: profiles, support bundles, and what is inside. Whether they can be had is the router's business."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import _routes
from pytest_syncthing.go.json import copied
from pytest_syncthing.go.words import parse_duration
from pytest_syncthing.http.messages import Refusal, as_bytes, as_json
from pytest_syncthing.model.items import NOTHING

from .common import answers
from .database import file_status
from .report import MAX_VERSION, report
from .web import metrics

if TYPE_CHECKING:
    from pytest_syncthing.http.messages import Request, Response
    from pytest_syncthing.model.folder import Folder
    from pytest_syncthing.model.items import Item, Vector
    from pytest_syncthing.model.node import Node

_BINARY: Final = "application/octet-stream"
_DURATION: Final = 30.0
_REDACTED: Final = "REDACTED"
_OWN: Final = "7777777"  # what the database calls the own device


@answers(_routes.CPU_PROFILE)
async def _cpu_profile(node: Node, request: Request) -> Response:
    duration = parse_duration(request.param("duration"))
    await node.clock.sleep(max(0.0, _DURATION if duration is None else duration))
    return as_bytes(_profile("cpu"), _BINARY, _profile_name(node, "cpu"))


@answers(_routes.HEAP_PROFILE)
def _heap_profile(node: Node, _: Request) -> Response:
    return as_bytes(_profile("heap"), _BINARY, _profile_name(node, "heap"))


@answers(_routes.SUPPORT_BUNDLE)
def _support_bundle(node: Node, _: Request) -> Response:
    name = f"support-bundle-{node.core.short_id}-{_moment(node):%Y-%m-%dT%H%M%S}.zip"
    return as_bytes(_bundle(node), "application/zip", name)


@answers(_routes.HTTP_METRICS)
def _http_metrics(_: Node, __: Request) -> Response:
    """Answer as a daemon that has measured nothing yet but this request."""
    metric = {"count": 0, "percentilesMs": [0, 0, 0], "ratesPerS": [0, 0, 0], "sumMs": 0}
    # The daemon forgets to say that this is JSON.
    return as_json({"/rest/debug/httpmetrics": metric}, "text/plain; charset=utf-8")


def _profile(kind: str) -> bytes:
    """Return something that is packed as a profile is; there is nothing in it but its kind."""
    return gzip.compress(f"{kind} profile of a fake Syncthing\n".encode(), mtime=0)


def _profile_name(node: Node, kind: str) -> str:
    build = node.facts.data["version"]
    return f"syncthing-{kind}-{build['os']}-{build['arch']}-{build['version']}-{_moment(node):%H%M%S}.pprof"


def _moment(node: Node) -> datetime:
    return datetime.fromtimestamp(node.clock.seconds, UTC)


def _bundle(node: Node) -> bytes:
    version = node.facts.data["version"]
    platform = {key: version[key] for key in ("arch", "codename", "longVersion", "os", "version")}
    files: dict[str, bytes] = {
        "config.json.txt": _json(_without_secrets(node.config)),
        "log-inmemory.txt": node.log.to_text(node.log.lines()).encode(errors="replace"),
        "version-platform.json.txt": _json({**platform, "now": node.clock.format(whole=True)}),
        "usage-reporting.json.txt": _json(report(node, MAX_VERSION)),
        _profile_name(node, "heap"): _profile("heap"),
        _profile_name(node, "cpu"): _profile("cpu"),
    }
    if errors := node.log.to_json(node.log.errors()):
        files["errors.json.txt"] = _json(errors)
    if node.facts.has(_routes.METRICS):
        files["metrics.txt"] = metrics(node).encode()
        files["connection-stats.json.txt"] = _json(node.cluster.peers.to_json())
    packed = io.BytesIO()
    moment = _moment(node).timetuple()[:6]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, moment), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode(errors="replace")


def _without_secrets(config: dict[str, Any]) -> dict[str, Any]:
    shown = copied(config)
    for key in ("apiKey", "user", "password"):
        if shown["gui"][key]:
            shown["gui"][key] = _REDACTED
    for folder in shown["folders"]:
        for device in folder["devices"]:
            if device["encryptionPassword"]:
                device["encryptionPassword"] = _REDACTED
    return shown


@answers(_routes.DEBUG_FILE)
def _file(node: Node, request: Request) -> Response:
    """Return what is known of a file: in version 1 with the versions of all devices, in version 2 in any case."""
    if not node.facts.DATABASE_2:
        return file_status(node, request, _all_versions)
    try:
        return file_status(node, request)
    except Refusal:
        nothing = NOTHING.to_json(node.facts, listed=False)
        return as_json({"availability": None, "global": nothing, "local": nothing})


def _all_versions(folder: Folder, name: str) -> dict[str, str]:
    """Return which device has which version, in the form in which version 1 prints it."""
    devices = {_OWN: folder.replica.index.own, **folder.replica.index.remotes}
    holders: dict[Vector, list[tuple[str, Item]]] = {}
    for device, items in devices.items():
        if name in items:
            holders.setdefault(items[name].version, []).append((device[: len(_OWN)], items[name]))
    text = ", ".join(_version_text(version, found) for version, found in holders.items())
    return {"globalVersions": f"[{text}]"}


def _version_text(version: Vector, holders: list[tuple[str, Item]]) -> str:
    counters = " ".join(f"{{{device} {counter}}}" for device, counter in version)
    deleted = str(holders[0][1].deleted).lower()
    valid = " ".join(device for device, item in holders if not item.invalid)
    invalid = " ".join(device for device, item in holders if item.invalid)
    return f"{{Version:{{[{counters}]}}, Deleted:{deleted}, Devices:[{valid}], Invalid:[{invalid}]}}"


@answers(_routes.PEER_COMPLETION)
def _peer_completion(node: Node, _: Request) -> Response:
    """Return how complete each device is on average, in whole percent."""
    found: dict[str, list[float]] = {}
    for folder in node.cluster.folders.values():
        for device in folder.replica.devices if folder.running else ():
            found.setdefault(device, []).append(folder.summary.completion(device)["completion"])
    return as_json({device: int(sum(each) / len(each)) for device, each in sorted(found.items())})
