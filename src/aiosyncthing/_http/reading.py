"""Reading the body of an answer, never holding more than the limit, however small its compressed form.

aiohttp decompresses each received piece as a whole, and 256 kB may expand to 256 MB. So it is configured to leave
bodies compressed, and they are decompressed here in small pieces.
"""

from __future__ import annotations

import asyncio
import math
import zlib
from typing import Any, Final

import aiohttp
from multidict import istr

from aiosyncthing.exceptions import InvalidResponseError, ResponseTooLargeError

ACCEPTED: Final = "gzip, deflate"
"""The value of ``Accept-Encoding``: the formats that `Body` decompresses."""

_ENCODING: Final = istr("Content-Encoding")
_CHUNK: Final = 1 << 16
_WHITE: Final = b" \t\r\n"
_LEAST: Final = 1024
_BREATH: Final = 16  # decompressed pieces after which other tasks may run


class Body:
    """The body of an answer, piece by piece.

    Args:
        response: The answer.
        limit: Maximum number of bytes, decompressed.
    """

    def __init__(self, response: aiohttp.ClientResponse, limit: float) -> None:
        self._content = response.content
        self._limit = self._left = limit
        encoding = response.headers.get(_ENCODING, "").strip().lower()
        self._unpacker = _Unpacker(encoding) if encoding not in {"", "identity"} else None
        self._pieces = 0
        if self._unpacker is None and (response.content_length or 0) > limit:
            raise _too_large(limit)

    async def read(self) -> bytes:
        """Return the next piece, of at most 64 kB; empty at the end.

        Raises:
            ResponseTooLargeError: The body exceeds the limit.
            InvalidResponseError: The body can't be decompressed.
        """
        piece = await (self._content.read(_CHUNK) if self._unpacker is None else self._unpack(self._unpacker))
        self._left -= len(piece)
        if self._left < 0:
            raise _too_large(self._limit)
        return piece

    async def _unpack(self, unpacker: _Unpacker) -> bytes:
        self._pieces += 1
        if not self._pieces % _BREATH:
            await asyncio.sleep(0)
        while not (piece := unpacker.take()):
            data = await self._content.readany()
            if not data:
                unpacker.finish()
                break
            unpacker.feed(data)
        return piece


class Arrival:
    """The progress of a poll's answer, which has no limit for the whole.

    The head comes at once, the body when there are events, and a large one may take long on a slow connection. Some
    proxies send white space meanwhile to keep the connection open.

    Attributes:
        pieces: What has arrived so far.
    """

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._seen = 0
        self._least = 1

    def goes_on(self) -> bool:
        """Return whether the body has begun, or a kilobyte has arrived since the last call, white space excluded."""
        fresh = sum(len(piece.translate(None, _WHITE)) for piece in self.pieces[self._seen :])
        enough = fresh >= self._least
        self._seen, self._least = len(self.pieces), _LEAST
        return enough


async def read_body(
    response: aiohttp.ClientResponse, limit: float, *, partial: bool = False, arrival: Arrival | None = None
) -> bytes:
    """Return the body of an answer.

    Args:
        response: The answer.
        limit: Maximum number of bytes, decompressed.
        partial: Return what has arrived if the connection ends too early.
        arrival: Where to collect what arrives.

    Raises:
        ResponseTooLargeError: The body exceeds the limit.
        InvalidResponseError: The body can't be decompressed.
    """
    pieces: list[bytes] = [] if arrival is None else arrival.pieces
    size = 0
    try:
        if _ENCODING in response.headers:
            body = Body(response, limit)
            while piece := await body.read():
                pieces.append(piece)
        else:
            content = response.content
            # All that has arrived at a time, which is faster than reading pieces of a fixed size.
            while piece := await content.readany():
                size += len(piece)
                if size > limit:
                    raise _too_large(limit)
                if not pieces:
                    if content.at_eof():  # usually the first piece is the whole body
                        return piece
                    if (response.content_length or 0) > limit:
                        raise _too_large(limit)
                pieces.append(piece)
    except (aiohttp.ClientError, ConnectionError):
        if not partial:
            raise
    return b"".join(pieces)


async def read_page(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the beginning of a body, which is all that an error page is needed for.

    Args:
        response: The answer.
        limit: Maximum number of bytes.
    """
    body = Body(response, math.inf)
    page = b""
    while len(page) < limit and (piece := await body.read()):
        page += piece
    return page[:limit]


class _Unpacker:
    """Decompresses data in small pieces. Pure.

    Args:
        encoding: The value of ``Content-Encoding``, in lower case.
    """

    def __init__(self, encoding: str) -> None:
        if encoding not in {"gzip", "x-gzip", "deflate"}:
            raise InvalidResponseError(f"the answer is compressed in an unsupported format: {encoding[:100]!r}")
        self._gzip = encoding != "deflate"
        self._data = b""
        self._inside: Any = None  # zlib's type has no public name
        self._more = False

    def feed(self, data: bytes) -> None:
        """Add compressed data."""
        self._data += data

    def take(self) -> bytes:
        """Return the next piece; empty if more data is needed first."""
        while self._data or self._more:
            if self._inside is None:
                self._inside = zlib.decompressobj(self._window())
            try:
                piece: bytes = self._inside.decompress(self._data, _CHUNK)
            except zlib.error as error:
                raise InvalidResponseError(f"the answer can't be decompressed: {error}") from None
            self._more = len(piece) == _CHUNK  # there may be more, even if all data has been consumed
            self._data = self._inside.unconsumed_tail
            if self._inside.eof:
                # A gzip file may have several members, and zeros after them.
                self._data = self._inside.unused_data.lstrip(b"\0") if self._gzip else b""
                self._inside, self._more = None, False
            if piece:
                return piece
        return b""

    def finish(self) -> None:
        """Check that the data was complete.

        Raises:
            aiohttp.ClientPayloadError: Its end is missing.
        """
        if self._inside is not None:
            raise aiohttp.ClientPayloadError("the compressed answer is incomplete")

    def _window(self) -> int:
        """Return zlib's number for the format. Some servers send "deflate" without the header of RFC 1950."""
        if self._gzip:
            return 16 + zlib.MAX_WBITS
        return zlib.MAX_WBITS if self._data[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS


def _too_large(limit: float) -> ResponseTooLargeError:
    return ResponseTooLargeError(
        f"the answer is larger than {_size(limit)}",
        remedy="if that is expected, raise the limit with Syncthing(..., max_response_size=...)",
    )


def _size(size: float) -> str:
    """Return a number of bytes in the largest unit that needs no fraction."""
    unit = "bytes"
    for larger in ("KiB", "MiB", "GiB"):
        if size % 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:,.0f} {unit}"
