"""HTTP/1 requests, out of the bytes of a connection. Pure."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

_MAX_HEAD: Final = (1 << 20) + 4096  # net/http's default
_END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE: Final = re.compile(r"([!-~]+) (\S+) HTTP/(\d)\.(\d)")
_ABSOLUTE: Final = re.compile(r"https?://[^/?]*", re.IGNORECASE)
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_REQUEST: Final = "400 Bad Request"


class Malformed(Exception):  # noqa: N818 - an answer, not a failure of the fake
    """What net/http answers by itself, without asking the program: the status line, which is the body too."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request.

    Attributes:
        method: HTTP method.
        target: Path and query.
        headers: All headers, in their order.
        body: The body.
        minor: The second number of the HTTP version.
        keep_alive: Whether the connection may be used again.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    minor: int
    keep_alive: bool


class Parser:
    """Takes in the bytes of one connection.

    Attributes:
        expects: Whether the client waits for ``100 Continue`` before it sends the body.
    """

    __slots__ = ("_buffer", "_found", "_run", "expects")

    def __init__(self) -> None:
        self.expects = False
        self._buffer = bytearray()
        self._found: deque[Message] = deque()
        self._run = self._parse()
        next(self._run)

    def feed(self, data: bytes) -> None:
        """Take in some bytes.

        Raises:
            Malformed: They are no request.
        """
        self._buffer += data
        next(self._run)

    def take(self) -> Message | None:
        """Return the next request that is complete."""
        return self._found.popleft() if self._found else None

    def _parse(self) -> Generator[None, None, None]:
        while True:
            head = yield from self._head()
            line, *rest = re.split(r"\r?\n", head)
            method, target, minor = _request_line(line)
            headers = tuple(map(_header, rest))
            fields = {name.lower(): value for name, value in reversed(headers)}
            if minor and "host" not in fields:
                raise Malformed(f"{_BAD_REQUEST}: missing required Host header")
            self.expects = fields.get("expect", "").lower() == "100-continue"
            if fields.get("transfer-encoding", "").lower() == "chunked":
                body = yield from self._chunks()
            else:
                body = yield from self._bytes(_length(fields.get("content-length", "0")))
            self.expects = False
            connection = fields.get("connection", "").lower()
            keep = connection != "close" if minor else connection == "keep-alive"
            self._found.append(Message(method, target, headers, body, minor, keep))

    def _head(self) -> Generator[None, None, str]:
        start = 0
        while True:
            while self._buffer.startswith((b"\r", b"\n")):  # empty lines before a request are allowed (RFC 9112, 2.2)
                del self._buffer[:1]
            end = _END_OF_HEAD.search(self._buffer, start)
            start = max(0, len(self._buffer) - 3)
            if (end.start() if end else start) > _MAX_HEAD:
                raise Malformed("431 Request Header Fields Too Large")
            if end:
                break
            yield
        head = self._buffer[: end.start()].decode("latin-1")
        del self._buffer[: end.end()]
        return head

    def _bytes(self, count: int) -> Generator[None, None, bytes]:
        while len(self._buffer) < count:
            yield
        found = bytes(self._buffer[:count])
        del self._buffer[:count]
        return found

    def _line(self) -> Generator[None, None, bytes]:
        while (end := self._buffer.find(b"\n")) < 0:
            yield
        return (yield from self._bytes(end + 1)).strip()

    def _chunks(self) -> Generator[None, None, bytes]:
        body = bytearray()
        while True:
            line = (yield from self._line()).partition(b";")[0].strip()
            try:
                size = int(line, 16)
            except ValueError:
                raise Malformed(_BAD_REQUEST) from None
            if not size:
                break
            body += yield from self._bytes(size)
            yield from self._line()
        while (yield from self._line()):
            pass
        return bytes(body)


def _request_line(line: str) -> tuple[str, str, int]:
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise Malformed(_BAD_REQUEST)
    method, target, major, minor = match.groups()
    if major != "1":
        raise Malformed("505 HTTP Version Not Supported: unsupported protocol version")
    target = _ABSOLUTE.sub("", target, count=1) or "/"
    if _BAD_ESCAPE.search(target.partition("?")[0]):
        raise Malformed(_BAD_REQUEST)
    return method, target, int(minor)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not _NAME.fullmatch(name):
        raise Malformed(_BAD_REQUEST)
    return name, value.strip()


def _length(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Malformed(_BAD_REQUEST)
    return int(text)
