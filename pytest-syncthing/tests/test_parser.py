"""Parsing HTTP/1 requests; refusals are those of real daemons."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings, strategies as st

from pytest_syncthing.http.parser import Malformed, Message, Parser

HOST = b"Host: x\r\n"


def parse(data: bytes) -> list[Message]:
    """Return all requests."""
    parser = Parser()
    parser.feed(data)
    return list(iter(parser.take, None))


REQUESTS = (
    b"\r\nGET /a?b HTTP/1.1\r\nHost: x\r\nX-Y:  z \r\n\r\n"
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"
    b"PUT / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: t\r\n\r\n"
    b"GET http://host:1/x HTTP/1.0\r\n\r\n"
    b"GET http://host HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
)
EXPECTED = [
    Message("GET", "/a?b", (("Host", "x"), ("X-Y", "z")), b"", 1, True),
    Message("POST", "/", (("Host", "x"), ("Content-Length", "3"), ("Connection", "close")), b"abc", 1, False),
    Message("PUT", "/", (("Host", "x"), ("Transfer-Encoding", "chunked")), b"abc", 1, True),
    Message("GET", "/x", (), b"", 0, False),
    Message("GET", "/", (("Connection", "Keep-Alive"),), b"", 0, True),
]


def test_requests() -> None:
    """Each form of a body and of line ends is understood."""
    assert parse(REQUESTS) == EXPECTED


@settings(max_examples=settings.default.max_examples // 4)
@given(st.lists(st.integers(0, len(REQUESTS)), max_size=20))
def test_any_division(cuts: list[int]) -> None:
    """The bytes may arrive in pieces of any size."""
    parser = Parser()
    bounds = [0, *sorted(cuts), len(REQUESTS)]
    for start, end in itertools.pairwise(bounds):
        parser.feed(REQUESTS[start:end])
    assert list(iter(parser.take, None)) == EXPECTED


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"junk\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header"),
        (b"GET / HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported: unsupported protocol version"),
        (b"GET /%zz HTTP/1.1\r\n" + HOST + b"\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: abc\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"no header\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"no header: x\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 1_100_000, "431 Request Header Fields Too Large"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 1_100_000 + b"\r\n\r\n", "431 Request Header Fields Too Large"),
    ],
)
def test_what_is_no_request(data: bytes, answer: str) -> None:
    """Invalid requests are refused with net/http's message."""
    with pytest.raises(Malformed, match=f"^{answer}$"):
        parse(data)
