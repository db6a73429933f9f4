"""Reading bodies: within a limit, decompressed in small pieces, and polls without a limit for the whole."""

import asyncio
import gzip
import io
import itertools
import random
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final

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
from tests.support.server import HEAD, KEY, Answer, Server

LIMIT: Final = 100_000
NOISE: Final = random.Random(1).randbytes(60_000).hex().encode()
CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"


def raw_deflate(data: bytes) -> bytes:
    """Compress without a header, as some servers do."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def members(data: bytes) -> bytes:
    """Compress as two concatenated gzip files, with zeros at the end."""
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


def packed(data: bytes, encoding: str, pack: Callable[[bytes], bytes] = bytes, **options: Any) -> Answer:
    """Return an answer with compressed JSON."""
    headers = {"Content-Encoding": encoding} if encoding else {}
    return Answer(pack(data), content_type="application/json", headers=headers, **options)


def chunk(data: bytes) -> bytes:
    """Return a chunk of a body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def chunked(data: bytes, size: int, encoding: str = "") -> Answer:
    """Return an answer of unknown length."""
    parts = [data[begin : begin + size] for begin in range(0, len(data), size)]
    head = HEAD + CHUNKED + f"Content-Encoding: {encoding}\r\n".encode() * bool(encoding)
    return Answer(raw=head + b"\r\n" + b"".join(map(chunk, [*parts, b""])))


@pytest.fixture
async def limited(server: Server) -> AsyncIterator[API]:
    """A client with a low limit."""
    one = API(KEY, server.url, max_response_size=LIMIT)
    yield one
    await one.close()


# --- Compressed ---


@pytest.mark.parametrize("shared", [False, True])
async def test_every_accepted_encoding(shared: bool) -> None:
    """A proxy may compress answers in any way that requests accept, even with a session that decompresses itself."""
    session = aiohttp.ClientSession(auto_decompress=True) if shared else None
    answers = [packed(b'"%s"' % NOISE, encoding, pack) for encoding, pack in PACKERS]
    async with Server(*answers) as server, Syncthing(KEY, server.url, session=session) as client:
        for encoding, _ in PACKERS:
            assert await client.api.request("rest/of/the/future") == NOISE.decode(), encoding
        assert server.requests[0].header("Accept-Encoding") == "gzip, deflate"
    if session is not None:
        await session.close()


@pytest.mark.parametrize("size", [1, 1000, 1 << 16, 1 << 20])
async def test_pieces_of_any_size(server: Server, api: API, size: int) -> None:
    """The size of the pieces in which an answer arrives makes no difference."""
    data = b'"%s"' % NOISE[: 2000 if size == 1 else None]
    server.queue.extend([chunked(data, size), chunked(gzip.compress(data), size, "gzip")])
    for _ in range(2):
        assert await api.request("rest/of/the/future") == data[1:-1].decode()


async def test_unusable_bodies(server: Server, api: API) -> None:
    """A format that can't be read is named, shortened; damaged data is an error, and so is data without its end.

    An empty body needs no decompression, whatever its header says.
    """
    for encoding in ("br", "zstd", "gzip, deflate", "x" * 1000):
        server.queue.append(packed(b"x", encoding))
        with pytest.raises(InvalidResponseError, match=f"in an unsupported format: '{encoding[:100]}'") as caught:
            await api.request("rest/system/status")
        assert len(str(caught.value)) < 300
    for encoding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        good = pack(NOISE[:50_000])
        bad = good[:500] + bytes(100) + good[600:]
        server.queue.extend([packed(bad, encoding), packed(good[:-20], encoding)])
        with pytest.raises(InvalidResponseError, match="can't be decompressed"):
            await api.request("rest/system/status")
        with pytest.raises(IncompleteResponseError):
            await api.request("rest/system/status")
    for method in ("GET", "HEAD"):
        server.queue.append(Answer(headers={"Content-Encoding": "gzip"}))
        assert await api.request("rest/of/the/future", method=method) == b""


async def test_a_compressed_answer_of_an_exiting_daemon(server: Server, api: API) -> None:
    """What has arrived is enough if the daemon exits while it answers."""
    whole = gzip.compress(b'{"ok": "restarting"}')
    head = {"Content-Encoding": "gzip"}
    server.queue.append(Answer(whole, headers=head))
    server.queue.append(Answer(whole[:15], headers={**head, "Content-Length": "50"}, close=True))
    assert await api.call(_routes.RESTART) == {"ok": "restarting"}
    assert await api.call(_routes.RESTART) is None


# --- The limit ---


@pytest.mark.parametrize("encoding", ["", "gzip"])
@pytest.mark.parametrize("known", [True, False])
async def test_the_limit(server: Server, limited: API, encoding: str, known: bool) -> None:
    """An answer may have as many bytes as the limit, decompressed, but no more; the error says what to do."""

    def answer(length: int) -> Answer:
        data = b'"%s"' % (b"x" * (length - 2))
        data = gzip.compress(data) if encoding else data
        return packed(data, encoding) if known else chunked(data, 7000, encoding)

    server.queue.extend([answer(LIMIT), answer(LIMIT + 1)])
    assert len(await limited.request("rest/of/the/future")) == LIMIT - 2
    with pytest.raises(ResponseTooLargeError, match=r"larger than 100,000 bytes.*max_response_size=") as caught:
        await limited.request("rest/of/the/future")
    assert (caught.value.method, caught.value.path) == ("GET", "rest/of/the/future")
    if not encoding:
        await server.until(lambda: server.open == 0)  # the rest is not read


def bomb(megabytes: int) -> bytes:
    """Return data that is a thousand times larger when decompressed."""
    data = gzip.compress(bytes(1 << 20)) * megabytes
    assert len(data) < 1100 * megabytes
    return data


async def test_the_default_limit(server: Server, api: API) -> None:
    """By default, an answer may have 256 MiB. While a large one is decompressed, other tasks run."""
    length = {"Content-Length": str((1 << 28) + 1)}
    server.queue.append(Answer(b"x" * 200, headers=length, pause=250, resume=asyncio.Event()))
    with pytest.raises(ResponseTooLargeError, match="256 MiB"):
        await api.request("rest/of/the/future")
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    server.queue.append(packed(bomb(40), "gzip"))
    async with Syncthing(KEY, server.url, max_response_size=30 << 20) as client:
        other = asyncio.create_task(count())
        with pytest.raises(ResponseTooLargeError):
            await client.system.status()
        other.cancel()
    assert turns > 20


@pytest.mark.parametrize("download", [False, True])
async def test_a_bomb_is_never_held(server: Server, limited: API, download: bool) -> None:
    """No more is decompressed than the limit allows."""
    server.queue.append(packed(bomb(40), "gzip"))
    request = limited.download(_routes.SUPPORT_BUNDLE, io.BytesIO()) if download else limited.call(_routes.STATUS)
    tracemalloc.start()
    try:
        with pytest.raises(ResponseTooLargeError):
            await request
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


async def test_no_limit(server: Server) -> None:
    """The limit can be turned off; any other limit is a positive integer."""
    async with Syncthing(KEY, server.url, max_response_size=None) as client:
        server.queue.append(packed(b'"%s"' % NOISE, "gzip", gzip.compress))
        assert await client.api.request("rest/of/the/future") == NOISE.decode()
    wrong: list[Any] = [0, -1, 1.5, "1", True]
    for limit in wrong:
        with pytest.raises(BadRequestError, match="max_response_size must be a positive number of bytes"):
            Syncthing(KEY, max_response_size=limit)


async def test_an_error_page(server: Server, api: API) -> None:
    """Only the beginning of an error page is read, however long and however compressed it is."""
    page = b"<html>" + bytes(2_000_000)
    for encoding, pack in PACKERS:
        server.queue.append(packed(page, encoding, pack, status=502))
        with pytest.raises(ServerError) as caught:
            await api.request("rest/system/status")
        assert caught.value.body is not None
        assert caught.value.body.startswith("<html>")
        assert len(caught.value.body) < 2000
    endless = {"Content-Length": "99999999"}
    server.queue.append(Answer(page, 500, headers=endless, pause=200_000, resume=asyncio.Event()))
    with pytest.raises(ServerError):
        await api.request("rest/system/status")


# --- Polls ---


def test_an_arrival_that_goes_on() -> None:
    """First any byte is enough, after that a kilobyte each time; white space doesn't count."""
    arrival = Arrival()
    assert not arrival.goes_on()
    arrival = Arrival()
    arrival.pieces += [b" \r\n", b" [\t"]
    assert arrival.goes_on()
    arrival.pieces += [b"x" * 1000, b" " * 1000, b"x" * 24]
    assert arrival.goes_on()
    arrival.pieces += [b" " * 10_000, b"x" * 1023]
    assert not arrival.goes_on()


BODY: Final = HEAD + CHUNKED + b"\r\n"
PAGE: Final = b"HTTP/1.1 503 No\r\nContent-Type: text/html\r\n" + CHUNKED + b"\r\n"


def dripping(begin: bytes, drops: Iterable[bytes], end: bytes = b"") -> Answer:
    """Return an answer that arrives drop by drop, one every twentieth of a second."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        for drop in drops:
            await asyncio.sleep(0.05)  # the pace of the line
            writer.write(drop)
            await writer.drain()
        writer.write(end)
        await writer.drain()

    return Answer(raw=begin, then=drip)


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (BODY, b""),
        (BODY, chunk(b" ")),
        (BODY + chunk(b"["), chunk(b"\n")),
        (BODY + chunk(b'["'), chunk(b"x")),
        (PAGE, chunk(b"<br>")),
        (b"HTTP/1.1 200 OK\r\n", b"X-Drop: drop\r\n"),
    ],
    ids=["nothing", "white space", "more of it", "text", "a page", "the head"],
)
async def test_an_answer_that_drips(server: Server, api: API, begin: bytes, drop: bytes) -> None:
    """Drops count as silence, so that the poll times out."""
    server.queue.append(dripping(begin, itertools.repeat(drop)))
    async with asyncio.timeout(30):
        with pytest.raises(RequestTimeoutError):
            await api.request("rest/events", timeout=0.4)


async def test_a_large_answer_on_a_slow_line(server: Server, api: API) -> None:
    """A poll's answer may take much longer than the time-out, unlike any other answer."""
    drops = [chunk(b'"' + b"x" * 2000 + b'",')] * 25
    slow = dripping(BODY + chunk(b"["), drops, chunk(b"1]") + chunk(b""))
    server.queue.extend([slow, slow])
    begin = time.monotonic()
    assert len(await api.request("rest/events", timeout=0.5)) == 26
    assert time.monotonic() - begin > 1
    with pytest.raises(RequestTimeoutError):
        await api.request("rest/system/log", timeout=0.5)
