"""Reading bodies: whole, within a limit, and decompressed bit by bit."""

from __future__ import annotations

import asyncio
import gzip
import io
import itertools
import random
import time
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import pytest

from aiosyncthing import API, Syncthing, _routes
from aiosyncthing._http.reading import Arrival
from aiosyncthing.exceptions import (
    BadRequestError,
    IncompleteResponseError,
    InvalidResponseError,
    RequestTimeoutError,
    ResponseTooLargeError,
    ServerError,
)
from tests.support.server import Answer, Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

KEY: Final = "a-key-that-nobody-may-see"
LIMIT: Final = 100_000
NOISE: Final = random.Random(1).randbytes(60_000).hex().encode()


def raw_deflate(data: bytes) -> bytes:
    """Compress as some servers do that leave out the header."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def members(data: bytes) -> bytes:
    """Compress as gzip files are made that are appended to each other, with the zeros that some have at their end."""
    middle = len(data) // 2
    return gzip.compress(data[:middle]) + gzip.compress(data[middle:]) + b"\0" * 10


PACKERS: Final[list[tuple[str, Callable[[bytes], bytes]]]] = [
    ("gzip", gzip.compress),
    ("X-GZIP", gzip.compress),
    ("gzip", members),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("identity", bytes),
    ("", bytes),
]


def packed(data: bytes, encoding: str, pack: Callable[[bytes], bytes], **options: Any) -> Answer:
    """Return an answer with compressed JSON."""
    headers = {"Content-Encoding": encoding} if encoding else {}
    return Answer(pack(data), content_type="application/json", headers=headers, **options)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Answer what is asked."""
    async with Server() as one:
        yield one


@pytest.fixture
async def api(server: Server) -> AsyncIterator[API]:
    """Talk to the server, with a low limit."""
    one = API(KEY, server.url, max_response_size=LIMIT)
    yield one
    await one.close()


def chunked(data: bytes, size: int, *headers: str) -> Answer:
    """Return an answer whose length isn't known before its end."""
    head = [
        "HTTP/1.1 200 OK",
        "X-Syncthing-Id: X",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        *headers,
    ]
    parts = [data[begin : begin + size] for begin in range(0, len(data), size)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return Answer(raw="\r\n".join([*head, "", ""]).encode() + body + b"0\r\n\r\n")


@pytest.mark.parametrize(("encoding", "pack"), PACKERS)
@pytest.mark.parametrize("borrowed", [False, True])
async def test_what_was_compressed_is_read(encoding: str, pack: Callable[[bytes], bytes], borrowed: bool) -> None:
    """A proxy may compress answers in each way that the client says it understands, also for a borrowed session."""
    data = b'"%s"' % NOISE
    session = aiohttp.ClientSession(auto_decompress=borrowed) if borrowed else None
    async with Server(packed(data, encoding, pack)) as server, Syncthing(KEY, server.url, session=session) as client:
        assert await client.api.request("rest/of/the/future") == NOISE.decode()
        assert server.request.header("Accept-Encoding") == "gzip, deflate"
    if session is not None:
        await session.close()


@pytest.mark.parametrize("size", [1, 1000, 1 << 16, 1 << 20])
async def test_pieces_of_any_size(server: Server, size: int) -> None:
    """However the answer arrives, it is the same in the end."""
    data = b'"%s"' % NOISE[: 2000 if size == 1 else None]
    zipped = gzip.compress(data)
    server.queue.extend([chunked(data, size), chunked(zipped, size, "Content-Encoding: gzip")])
    async with Syncthing(KEY, server.url) as client:
        for _ in range(2):
            assert await client.api.request("rest/of/the/future") == data[1:-1].decode()


@pytest.mark.parametrize("encoding", ["", "gzip"])
@pytest.mark.parametrize("known", [True, False])
async def test_the_limit(server: Server, api: API, encoding: str, known: bool) -> None:
    """An answer may have as many bytes as the limit says, decompressed, and not one more; the error says what to do."""

    def answer(length: int) -> Answer:
        data = b'"%s"' % (b"x" * (length - 2))
        data = gzip.compress(data) if encoding else data
        headers = [f"Content-Encoding: {encoding}"] * bool(encoding)
        return packed(data, encoding, bytes) if known else chunked(data, 7000, *headers)

    server.queue.extend([answer(LIMIT), answer(LIMIT + 1)])
    assert len(await api.request("rest/of/the/future")) == LIMIT - 2
    with pytest.raises(ResponseTooLargeError, match=r"larger than 100,000 bytes.*max_response_size=") as caught:
        await api.request("rest/of/the/future")
    assert (caught.value.method, caught.value.path) == ("GET", "rest/of/the/future")
    if not encoding:
        await server.until(lambda: server.open == 0)  # nothing more of it is read


async def test_a_length_that_is_too_large(server: Server, api: API) -> None:
    """An answer that announces itself as too large is not waited for."""
    never = asyncio.Event()
    head = {"Content-Length": str(LIMIT + 1)}
    server.queue.append(Answer(b"x" * 200, content_type="application/json", headers=head, pause=250, resume=never))
    with pytest.raises(ResponseTooLargeError):
        await api.request("rest/of/the/future")


def bomb() -> bytes:
    """Return 400 kB that unpack to 400 MB."""
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    million = bytes(1 << 20)
    data = b"".join(packer.compress(million) for _ in range(400)) + packer.flush()
    assert len(data) < 450_000
    return data


async def test_a_bomb(server: Server) -> None:
    """By default 400 kB that unpack to 400 MB are too much; other tasks go on while that turns out."""
    server.queue.append(packed(bomb(), "gzip", bytes))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with Syncthing(KEY, server.url, timeout=60) as client:
        other = asyncio.create_task(count())
        with pytest.raises(ResponseTooLargeError, match="256 MiB"):
            await client.system.status()
        other.cancel()
    assert turns > 100


@pytest.mark.parametrize("download", [False, True])
async def test_a_bomb_is_never_held(server: Server, api: API, download: bool) -> None:
    """What unpacks to more than the limit is given up when it does, and never held as a whole."""
    server.queue.append(packed(bomb(), "gzip", bytes))
    request = api.download(_routes.SUPPORT_BUNDLE, io.BytesIO()) if download else api.call(_routes.STATUS)
    tracemalloc.start()
    try:
        with pytest.raises(ResponseTooLargeError):
            await request
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


async def test_no_limit(server: Server) -> None:
    """The limit can be raised, and switched off."""
    async with Syncthing(KEY, server.url, max_response_size=None) as client:
        server.queue.append(packed(b'"%s"' % NOISE, "gzip", gzip.compress))
        assert await client.api.request("rest/of/the/future") == NOISE.decode()


@pytest.mark.parametrize("limit", [0, -1, 1.5, "1", True])
def test_limits_that_make_no_sense(limit: Any) -> None:
    """A limit is a positive number of bytes."""
    with pytest.raises(BadRequestError, match="max_response_size must be a positive number of bytes"):
        Syncthing(KEY, max_response_size=limit)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, deflate", "x" * 1000])
async def test_a_way_that_was_not_asked_for(server: Server, api: API, encoding: str) -> None:
    """What can't be decompressed here is named."""
    server.queue.append(Answer(b"x", content_type="application/json", headers={"Content-Encoding": encoding}))
    with pytest.raises(InvalidResponseError, match=f"in an unsupported format: '{encoding[:100]}'") as caught:
        await api.request("rest/system/status")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_damaged(server: Server, api: API, encoding: str) -> None:
    """What is damaged, or has no end, is an error."""
    data = NOISE[:50_000]
    good = gzip.compress(data) if encoding == "gzip" else zlib.compress(data)
    bad = good[:500] + bytes(100) + good[600:]
    server.queue.extend([packed(bad, encoding, bytes), packed(good[:-20], encoding, bytes)])
    with pytest.raises(InvalidResponseError, match="can't be decompressed"):
        await api.request("rest/system/status")
    with pytest.raises(IncompleteResponseError):
        await api.request("rest/system/status")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_nothing_at_all(server: Server, api: API, method: str) -> None:
    """An empty body needs no decompression, whatever its header says."""
    server.queue.append(Answer(headers={"Content-Encoding": "gzip"}))
    assert await api.request("rest/of/the/future", method=method) == b""


async def test_an_error_page(server: Server, api: API) -> None:
    """Of an error page only the beginning is read, however long it is, and however it is compressed."""
    page = b"<html>" + bytes(10_000_000)
    for encoding, pack in PACKERS:
        server.queue.append(packed(page, encoding, pack, status=502))
        with pytest.raises(ServerError) as caught:
            await api.request("rest/system/status")
        assert caught.value.body is not None
        assert caught.value.body.startswith("<html>")
        assert len(caught.value.body) < 2000
    endless = Answer(page, 500, headers={"Content-Length": "99999999"}, pause=200_000, resume=asyncio.Event())
    server.queue.append(endless)
    with pytest.raises(ServerError):
        await api.request("rest/system/status")


async def test_a_compressed_answer_that_ends_the_daemon(server: Server, api: API) -> None:
    """What has come is enough where the daemon ends while it answers."""
    whole = gzip.compress(b'{"ok": "restarting"}')
    head = {"Content-Encoding": "gzip"}
    server.queue.append(Answer(whole, headers=head))
    server.queue.append(Answer(whole[:15], headers={**head, "Content-Length": "50"}, close=True))
    assert await api.call(_routes.RESTART) == {"ok": "restarting"}
    assert await api.call(_routes.RESTART) is None


# --- Polls, whose time is not limited as a whole ---


def test_an_arrival_that_goes_on() -> None:
    """Any byte shows that it has begun; after that a kilobyte is expected each time. White space is nothing."""
    arrival = Arrival()
    assert not arrival.goes_on()
    arrival = Arrival()
    arrival.pieces += [b" \r\n", b" [\t"]
    assert arrival.goes_on()
    arrival.pieces += [b"x" * 1000, b" " * 1000, b"x" * 24]
    assert arrival.goes_on()
    arrival.pieces += [b" " * 10_000, b"x" * 1023]
    assert not arrival.goes_on()


HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Syncthing-Id: A\r\nTransfer-Encoding: chunked\r\n\r\n"
)
PAGE: Final = b"HTTP/1.1 503 No\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Return a chunk of a body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def dripping(begin: bytes, drops: Iterable[bytes], end: bytes = b"") -> Answer:
    """Return an answer that comes drop by drop, one each twentieth of a second."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        for drop in drops:
            await asyncio.sleep(0.05)  # the line's pace
            writer.write(drop)
            await writer.drain()
        writer.write(end)
        await writer.drain()

    return Answer(raw=begin, then=drip)


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (HEAD, chunk(b" ")),
        (HEAD + chunk(b"["), chunk(b"\n")),
        (HEAD + chunk(b'["'), chunk(b"x")),
        (PAGE, chunk(b"<br>")),
        (b"HTTP/1.1 200 OK\r\n", b"X-Drop: drop\r\n"),
    ],
    ids=["white space", "more of it", "text", "a page", "the head"],
)
async def test_an_answer_that_drips(begin: bytes, drop: bytes) -> None:
    """What comes drop by drop is as good as silence: the poll ends when its time is up."""
    async with (
        Server(dripping(begin, itertools.repeat(drop))) as server,
        Syncthing(KEY, server.url) as client,
        asyncio.timeout(30),
    ):
        with pytest.raises(RequestTimeoutError):
            await client.api.request("rest/events", timeout=0.4)


async def test_a_large_answer_on_a_slow_line() -> None:
    """It may take much longer than the time in which it has to begin."""
    drops = [chunk(b'"' + b"x" * 2000 + b'",')] * 40
    slow = dripping(HEAD + chunk(b"["), drops, chunk(b"1]") + chunk(b""))
    async with Server(slow) as server, Syncthing(KEY, server.url) as client:
        begin = time.monotonic()
        assert len(await client.api.request("rest/events", timeout=0.5)) == 41
        assert time.monotonic() - begin > 1.5
