"""What the fake has outside ``/rest``."""

from __future__ import annotations

import struct
import zlib

import pytest
from tests.support.nodes import OTHER, OWN, ask, make_node
from tests.support.recordings import exchanges

from pytest_syncthing.facts import VERSIONS
from pytest_syncthing.http.messages import Request
from pytest_syncthing.rest.web import HANDLERS, INDEX, INDEX_FILE


def pixels(image: bytes) -> bytes:
    """Return the pixels of a PNG after looking whether it is a whole one."""
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    chunks: dict[bytes, bytes] = {}
    rest = image[8:]
    while rest:
        (size,) = struct.unpack(">I", rest[:4])
        kind, data, check = rest[4:8], rest[8 : 8 + size], rest[8 + size : 12 + size]
        assert struct.unpack(">I", check) == (zlib.crc32(kind + data),)
        chunks[kind] = data
        rest = rest[12 + size :]
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, color = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, color) == (1, 0)
    data = zlib.decompress(chunks[b"IDAT"])
    assert len(data) == height * (1 + width // 8)
    return data


@pytest.mark.parametrize("version", VERSIONS[1:])
async def test_metrics(version: str) -> None:
    """The metrics are Prometheus text: one figure a line, each explained before; connections are real."""
    node = make_node(version)
    node.cluster.connect(OTHER)
    answer = await ask(node, HANDLERS, "/metrics")
    recorded = next(each for each in exchanges(version) if each.path == "/metrics")
    assert answer.content_type == recorded.content_type
    text = answer.body.decode()
    assert text.endswith("\n")
    explained: set[str] = set()
    for line in text.splitlines():
        if line.startswith("#"):
            explained.add(line.split()[2])
        else:
            name, _, value = line.rpartition(" ")
            assert name.partition("{")[0] in explained
            assert float(value) >= 0
    assert f'syncthing_connections_active{{device="{OTHER}"}} 1\n' in text
    assert f'syncthing_connections_active{{device="{OWN}"}} 0\n' in text


async def test_images() -> None:
    """Another text is another image, and the same text the same one."""
    node = make_node("1.29.5")
    images = [await ask(node, HANDLERS, f"/qr/?text={text}") for text in ("a", "b", "%C3%A4", "", "a")]
    assert {image.content_type for image in images} == {"image/png"}
    assert len({pixels(image.body) for image in images}) == 4
    assert images[0] == images[-1]


@pytest.mark.parametrize(("text", "size"), [("1", 5596), ("A", 3391), ("a", 2331)])
async def test_texts_that_are_too_long(text: str, size: int) -> None:
    """What a QR code can't hold is refused; digits need less room than letters."""
    node = make_node("1.29.5")
    assert (await ask(node, HANDLERS, f"/qr/?text={text * size}")).status == 200
    answer = await ask(node, HANDLERS, f"/qr/?text={text * (size + 1)}")
    assert (answer.status, answer.body) == (500, b"Invalid\n")


@pytest.mark.parametrize(
    ("version", "data"),
    [
        ("1.19.2", f'{{"deviceID":"{OWN}"}}'),
        ("1.29.5", f'{{"authenticated":true,"deviceID":"{OWN}","deviceIDShort":"P56IOI7"}}'),
        ("2.1.3", f'{{"authenticated":true,"deviceID":"{OWN}","deviceIDShort":"P56IOI7"}}'),
    ],
)
async def test_who_it_is(version: str, data: str) -> None:
    """A script tells the web interface who the daemon is."""
    answer = await ask(make_node(version), HANDLERS, "/meta.js")
    assert answer.body.decode() == f"var metadata = {data};\n"
    assert answer.content_type == "application/javascript"


async def test_a_page() -> None:
    """There is a page in the place of the web interface."""
    node = make_node("1.29.5")
    for route in (INDEX, INDEX_FILE):
        answer = HANDLERS[route](node, Request("GET", f"/{route.path}"))
        assert answer.content_type == "text/html; charset=utf-8"
        assert answer.body.startswith(b"<!DOCTYPE html>")
