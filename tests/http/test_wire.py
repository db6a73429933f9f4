"""How a call becomes a URL and a body, and how a successful answer becomes a value."""

from __future__ import annotations

import sys
from typing import Any, Final
from urllib.parse import quote, unquote, unquote_to_bytes, urlencode

import pytest
from multidict import CIMultiDict

from aiosyncthing import _routes
from aiosyncthing._http.wire import add_query, encode_body, join_url, quote_id, quoted_length, read_answer
from aiosyncthing._routes import Answer
from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import (
    BadRequestError,
    InvalidResponseError,
    MigrationError,
    NotSyncthingError,
    SyncthingError,
)
from tests.support.server import DAEMON_ID as DEVICE

BASE = "http://127.0.0.1:8384"
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%")

# --- URLs ---


def test_ids_may_have_any_character() -> None:
    """An ID is a single path segment, which the daemon decodes to the same ID."""
    for start in range(0, sys.maxunicode + 1, 4096):
        end = start + (4096 if start < 0x4000 else 64)  # of the rest, the beginning of each block
        text = "".join(chr(code) for code in range(start, end) if not 0xD800 <= code < 0xE000)
        assert unquote(quote_id(text)) == text
        assert UNRESERVED.issuperset(quote_id(text))
        assert quoted_length(text) == len(quote_id(text))


def test_file_names_that_are_not_utf_8() -> None:
    """Bytes that Python has decoded with surrogate escapes are sent as the same bytes."""
    name = b"a\xff/\x80".decode(errors="surrogateescape")
    assert unquote_to_bytes(quote_id(name)) == b"a\xff/\x80"
    assert unquote_to_bytes(add_query("", {"file": name})) == b"?file=a\xff/\x80"


def test_lone_surrogates() -> None:
    """Text that can't be encoded at all is refused."""
    for send in (
        lambda: quote_id("a\ud800"),
        lambda: quoted_length("a\ud800"),
        lambda: join_url(BASE, "rest/x?a=\ud800"),
        lambda: join_url(BASE, "rest/x", {"a": "\ud800"}),
        lambda: encode_body({"a": "\ud800"}),
    ):
        with pytest.raises(BadRequestError, match="encoded"):
            send()


@pytest.mark.parametrize(
    ("uri", "params", "expected"),
    [
        ("", None, ""),
        ("metrics", None, "metrics"),
        ("qr/", {"text": "a b"}, "qr/?text=a%20b"),
        ("rest/x?a=1", {"b": "2"}, "rest/x?a=1&b=2"),
        ("rest/x?", {}, "rest/x?"),
        # Escapes are kept, and missing ones added.
        ("rest/a%2Fb%20c", None, "rest/a%2Fb%20c"),
        ("rest/ä b|c", None, "rest/%C3%A4%20b%7Cc"),
        ("rest/x?a=b%26c?&d=e f", None, "rest/x?a=b%26c?&d=e%20f"),
        # A fragment would never be sent.
        ("rest/x#y?a=#z", None, "rest/x%23y?a=%23z"),
        # A line break could smuggle in a second request.
        ("rest/x HTTP/1.1\r\nHost: b\r\n\r\n", None, "rest/x%20HTTP/1.1%0D%0AHost:%20b%0D%0A%0D%0A"),
        ("rest/x?a=\r\nX: y", {"b": "\r\nX: y"}, "rest/x?a=%0D%0AX:%20y&b=%0D%0AX%3A%20y"),
        ("rest/\t\x0b\x7f\0", None, "rest/%09%0B%7F%00"),
        # Dots may be part of a name.
        ("rest/..x/.../log.txt?a=../..//", None, "rest/..x/.../log.txt?a=../..//"),
    ],
)
def test_urls(uri: str, params: Any, expected: str) -> None:
    """Base URL, path and query become a URL with all necessary escapes."""
    for base in (BASE, "https://host:443/base/path"):
        assert join_url(base, uri, params) == f"{base}/{expected}"


@pytest.mark.parametrize(
    "uri",
    [
        *("rest/", "rest//system/ping", "rest/system/ping/", "rest/config/folders//", "rest/config/folders/."),
        *("rest/../x", "rest/./x", "rest/x/..", "/rest/x", "//evil/x", "http://evil/x", "https://evil/rest/x", "x://y"),
    ],
)
def test_paths_that_lead_elsewhere(uri: str) -> None:
    """Paths that the daemon would redirect, and URLs of other hosts, are refused."""
    with pytest.raises(BadRequestError) as caught:
        join_url(BASE, uri)
    assert caught.value.path == uri
    with pytest.raises(BadRequestError):
        join_url(BASE, f"{uri}?a=b", {"c": "d"})


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({"a": "b", "c": 1, "d": 1.5, "e": ""}, "?a=b&c=1&d=1.5&e="),
        ({"sub": ["a", "b c"]}, "?sub=a&sub=b%20c"),
        ({"since": "2026-03-01T12:00:00+01:00"}, "?since=2026-03-01T12%3A00%3A00%2B01%3A00"),
        ({"a&b": "c=d"}, "?a%26b=c%3Dd"),
        ({"a": DeviceID(DEVICE)}, f"?a={DEVICE}"),
    ],
)
def test_queries(params: Any, query: str) -> None:
    """Names and values are escaped, even a plus sign; a list repeats the parameter. A query may precede them."""
    assert add_query("/x", params) == f"/x{query}"
    assert add_query("/x?y=z", params) == f"/x?y=z&{query[1:]}"


def test_a_query_is_the_same_whether_it_needs_escaping_or_not() -> None:
    """Each character is sent as urllib escapes it, in a name and in a value, and beside an instance of a subclass."""
    for character in map(chr, range(0x180)):
        queries: tuple[dict[str, str], ...] = (
            {character: "x"},
            {"x": character},
            {"x": character, "y": DeviceID(DEVICE)},
        )
        for params in queries:
            assert add_query("/", params) == f"/?{urlencode(params, quote_via=quote, safe='')}"


@pytest.mark.parametrize("params", [5, ["a"], "a=b", {"a": None}, {"a": True}, {"a": "b", "c": False}])
def test_invalid_queries(params: Any) -> None:
    """Anything but a mapping is refused, and so is a value that would be sent as the text "None" or "True"."""
    with pytest.raises(BadRequestError, match="the query can't be encoded"):
        add_query("", params)


# --- Bodies ---


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"\xff\0", b"\xff\0"),
        (b"", b""),
        ([], b"[]"),
        ("text", b'"text"'),
        (False, b"false"),
        (
            {"a": ["ü", 1.5, None, 2**63, -(2**63)]},
            '{"a":["ü",1.5,null,9223372036854775808,-9223372036854775808]}'.encode(),
        ),
        ({"a": ("b",), "id": DeviceID(DEVICE)}, f'{{"a":["b"],"id":"{DEVICE}"}}'.encode()),
    ],
)
def test_bodies(data: object, body: bytes) -> None:
    """Bytes are sent unchanged, anything else as JSON."""
    assert encode_body(data) == body


CIRCULAR: list[Any] = []
CIRCULAR.append(CIRCULAR)


@pytest.mark.parametrize("data", [object(), {1: "a"}, {"a": {1, 2}}, {"a": 2**64}, {"a": b"x"}, CIRCULAR], ids=type)
def test_invalid_bodies(data: object) -> None:
    """Data that JSON can't represent is refused."""
    with pytest.raises(BadRequestError, match="the body can't be encoded as JSON"):
        encode_body(data)


# --- Answers ---

OBJECT, ARRAY = _routes.STATUS, _routes.FOLDERS
EMPTY, OK, TEXTUAL, BINARY = _routes.PAUSE, _routes.RESTART, _routes.LOG_TEXT, _routes.QR_CODE
LIST_OR_NULL, TREE = _routes.BROWSE_SYSTEM, _routes.DB_BROWSE
assert [r.answer for r in (OBJECT, ARRAY, LIST_OR_NULL, TREE, EMPTY, OK, TEXTUAL, BINARY)] == list(Answer)

JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
TEXT: Final = {"Content-Type": "text/plain; charset=utf-8"}
HTML: Final = {"Content-Type": "text/html"}
GENUINE: Final = {"X-Syncthing-Id": DEVICE, "X-Syncthing-Version": "v1.29.5"}
DAEMON: Final = GENUINE | JSON
PAGE: Final = b"<!doctype html><title>Log in</title>"
MIGRATION: Final = b"*** Database migration in progress ***\n\nLog:\n..."


def read(route: Any, headers: dict[str, str], body: bytes) -> Any:
    """Read an answer with status 200."""
    return read_answer(route, "GET", "rest/x", 200, CIMultiDict(headers), body)


@pytest.mark.parametrize(
    ("route", "headers", "body", "value"),
    [
        (OBJECT, DAEMON, b'{"a": 1}\n', {"a": 1}),
        (ARRAY, DAEMON, b'["\\u003c\\u2028\xc3\xbc"]', ["<\u2028ü"]),
        *((LIST_OR_NULL, DAEMON, *row) for row in ((b"[]", []), (b"null", None))),
        *((TREE, DAEMON, *row) for row in ((b"[]", []), (b"{}", {}))),
        *((EMPTY, GENUINE | kind, body, None) for kind, body in (({}, b""), (JSON, b'{"a": 1}'), (TEXT, b"whatever"))),
        *((OK, GENUINE | kind, b'{"ok": "x"}', {"ok": "x"}) for kind in (TEXT, JSON)),
        *((OK, GENUINE | TEXT, body, None) for body in (b"", b'{"ok": "rest')),
        (TEXTUAL, GENUINE | TEXT, "ü\n".encode() + b"\xff", "ü\n\ufffd"),
        (TEXTUAL, DAEMON, b"{}", "{}"),
        (BINARY, GENUINE | {"Content-Type": "image/png"}, b"\x89\xff", b"\x89\xff"),
        (BINARY, DAEMON, b"{}", b"{}"),
        # On an unknown path
        *((None, DAEMON, *row) for row in ((b'{"a": 1}', {"a": 1}), (b"", None))),
        *((None, GENUINE | TEXT, body, body) for body in (b"a", b"", MIGRATION)),
        # A daemon that identifies itself need not label its JSON, and proxies change the case of header names.
        (OBJECT, {"x-syncthing-id": DEVICE} | TEXT, b"{}", {}),
        (OBJECT, GENUINE, b"{}", {}),
        # Behind a proxy that removes the headers, or in a test, the expected content is enough.
        (OBJECT, JSON, b"{}", {}),
        (ARRAY, JSON, b"[]", []),
        *((EMPTY, *row, None) for row in (({}, b""), (TEXT, b""), (JSON, b"{}"))),
        *((OK, *row) for row in (({}, b"", None), (JSON, b'{"ok": "x"}', {"ok": "x"}))),
        *((None, *row) for row in ((JSON, b'"x"', "x"), (TEXT, b"x", b"x"), ({}, b"", b""))),
    ],
)
def test_values(route: Any, headers: dict[str, str], body: bytes, value: Any) -> None:
    """A successful answer becomes the kind of value that the route returns, exactly as the daemon sent it."""
    assert read(route, headers, body) == value


@pytest.mark.parametrize(
    ("route", "headers", "body", "kind"),
    [
        *((route, HTML, PAGE, NotSyncthingError) for route in (OBJECT, ARRAY, EMPTY, OK, TEXTUAL, BINARY)),
        *((route, TEXT, MIGRATION, MigrationError) for route in (OBJECT, ARRAY, EMPTY, OK, TEXTUAL, BINARY, None)),
        *((route, {}, b"x", NotSyncthingError) for route in (OBJECT, ARRAY, EMPTY, OK, TEXTUAL, BINARY)),
        (OBJECT, {}, b"", NotSyncthingError),
        (OBJECT, TEXT, b"{}", NotSyncthingError),
        *((OBJECT, JSON, body, NotSyncthingError) for body in (b"[]", b"null", b'"login"')),
        (ARRAY, JSON, b"{}", NotSyncthingError),
        (TEXTUAL, TEXT, b"x", NotSyncthingError),
        (BINARY, {"Content-Type": "image/png"}, b"\x89", NotSyncthingError),
        *((route, DAEMON, b'{"a": ', InvalidResponseError) for route in (OBJECT, ARRAY, None)),
        *((OBJECT, DAEMON, body, InvalidResponseError) for body in (b"", b'"\xff"', b"NaN")),
        (OBJECT, JSON, PAGE, InvalidResponseError),
        (OBJECT, GENUINE | TEXT, b"x", InvalidResponseError),
        # A daemon that identifies itself must answer as expected too.
        *((OBJECT, DAEMON, body, InvalidResponseError) for body in (b"null", b"[]", b'"x"', b"1")),
        *((ARRAY, DAEMON, body, InvalidResponseError) for body in (b"null", b"{}", b'"x"', b"1")),
        (LIST_OR_NULL, DAEMON, b"{}", InvalidResponseError),
        (TREE, DAEMON, b"null", InvalidResponseError),
    ],
)
def test_unusable_answers(route: Any, headers: dict[str, str], body: bytes, kind: type[SyncthingError]) -> None:
    """A proxy's page, the page during a migration and broken JSON are distinguished, and quoted."""
    with pytest.raises(SyncthingError) as caught:
        read(route, headers, body)
    error = caught.value
    assert type(error) is kind
    assert (error.method, error.path, error.status) == ("GET", "rest/x", 200)
    assert error.body == (body.decode(errors="replace").strip() or None)
    assert error.__cause__ is error.__context__ is None


def test_messages() -> None:
    """The message says what answered, and what to do."""
    for headers, body, message in (
        (HTML, PAGE, r"not Syncthing's \(text/html\).*Check the URL"),
        (DAEMON, b"{", "not valid JSON: .*line 1"),
        (GENUINE | HTML, PAGE, "web page.*check the URL"),  # the URL leads to the web interface
    ):
        with pytest.raises(SyncthingError, match=message):
            read(OBJECT, headers, body)


@pytest.mark.parametrize(("length", "shown"), [(1000, 1000), (1001, 1001), (10**6, 1001)])
def test_long_pages_are_cut(length: int, shown: int) -> None:
    """Only the beginning of a page is quoted, masked before it is cut, so that no half of a secret remains."""
    page, mask = f" {'x' * length}secret\n".encode(), lambda text: text.replace("secret", "")
    with pytest.raises(NotSyncthingError) as caught:
        read_answer(OBJECT, "GET", "rest/x", 200, HTML, page, mask)
    assert caught.value.body == "x" * min(length, 1000) + "…" * (length > 1000)
    assert len(caught.value.body) == shown
