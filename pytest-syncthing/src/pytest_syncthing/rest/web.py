"""What is outside ``/rest``: metrics, QR codes, and a little of the web interface."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from typing import TYPE_CHECKING, Any, Final

from aiosyncthing import _routes
from aiosyncthing._routes import Answer, Route
from pytest_syncthing.http.messages import Refusal, Response, as_bytes

from .common import answers

if TYPE_CHECKING:
    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.node import Node

INDEX: Final[Route[str]] = Route("GET", "", Answer.TEXT)
INDEX_FILE: Final[Route[str]] = Route("GET", "index.html", Answer.TEXT)
"""The web interface, which the client has no use for."""

_METRICS: Final = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
_CONNECTIONS_HELP: Final = (
    "# HELP syncthing_connections_active Number of currently active connections, per device. "
    "If value is 0, the device is disconnected."
)
_SCRIPT: Final = "application/javascript"
_PAGE: Final = "text/html; charset=utf-8"

_CAPACITY: Final = 2331  # of the largest QR code, in bytes, at the daemon's level of correction (M)


def metrics(node: Node) -> str:
    """Return the metrics that follow from what the fake is; of the daemon's others there are a few fixed ones."""
    connected = node.cluster.peers.connected
    lines = [
        *node.facts.data["metrics"],
        "# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.",
        "# TYPE process_start_time_seconds gauge",
        f"process_start_time_seconds {node.started / 1e9:.2f}",
        _CONNECTIONS_HELP,
        "# TYPE syncthing_connections_active gauge",
        *(
            f'syncthing_connections_active{{device="{device["deviceID"]}"}} {int(device["deviceID"] in connected)}'
            for device in node.config["devices"]
        ),
    ]
    return "".join(f"{line}\n" for line in lines)


@answers(_routes.METRICS)
def _metrics(node: Node, _: Request) -> Response:
    return Response(metrics(node).encode(), content_type=_METRICS)


@answers(_routes.QR_CODE)
def _qr_code(_: Node, request: Request) -> Response:
    """Answer with an image that is another one for another text. No camera reads it: it is not a QR code."""
    text = request.param("text").encode(errors="replace")
    if len(text) > _CAPACITY:
        raise Refusal(500, "Invalid")
    return as_bytes(_image(hashlib.sha256(text).digest()), "image/png")


def _image(row: bytes) -> bytes:
    """Return a PNG of one row in black and white."""
    header = struct.pack(">IIBBBBB", 8 * len(row), 1, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data) for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" + row)), (b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@answers(_routes.META)
def _meta(node: Node, _: Request) -> Response:
    data: dict[str, Any] = {"deviceID": node.device_id}
    if node.facts.LOGIN_PAGE:
        data |= {"authenticated": True, "deviceIDShort": node.core.short_id}
    text = json.dumps(data, separators=(",", ":"), sort_keys=True)
    return Response(f"var metadata = {text};\n".encode(), content_type=_SCRIPT)


@answers(INDEX, INDEX_FILE)
def _index(node: Node, _: Request) -> Response:
    version = node.facts.data["version"]["version"]
    page = f'<!DOCTYPE html>\n<html lang="en">\n<title>Syncthing {version}</title>\n<p>A fake Syncthing.</p>\n</html>\n'
    return Response(page.encode(), content_type=_PAGE)
