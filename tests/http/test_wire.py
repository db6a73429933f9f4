"""How a call becomes a URL and a body, and how a successful answer becomes a value."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_to_bytes

import pytest
from multidict import CIMultiDict

from aiosyncthing import _routes
from aiosyncthing._http.wire import add_query, encode_body, join_url, quote_id, quoted_length, read_answer
from aiosyncthing._routes import Answer, find_route
from aiosyncthing.device_id import DeviceID
from aiosyncthing.exceptions import (
    BadRequestError,
    InvalidResponseError,
    MigrationError,
    NotSyncthingError,
    SyncthingError,
)
from tests.support.recordings import VERSIONS, exchanges
from tests.support.server import DAEMON_ID as DEVICE

BASE = "http://127.0.0.1:8384"
GENUINE = {"X-Syncthing-Id": DEVICE, "X-Syncthing-Version": "v1.29.5"}
JSON = {"Content-Type": "application/json; charset=utf-8"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
HTML = {"Content-Type": "text/html"}
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%")
ODD = [
    "a/b",
    "a b+c%d&e=f#g?h;i",
    "ü/€",
    "..",
    "\r\n\r\nGET / HTTP/1.1",
    "\0",
    "%2F",
    "'\"<>\\^`{|}[]@:!$()*,",
    "\u2028",
]


def test_every_character_is_data_in_an_id() -> None:
    """An ID with any character is a single path segment, which the daemon decodes to the same ID."""
    for start in range(0, sys.maxunicode + 1, 4096):
        text = "".join(chr(code) for code in range(start, start + 4096) if not 0xD800 <= code < 0xE000)
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
        lambda: join_url(BASE, "rest/x\ud800"),
        lambda: join_url(BASE, "rest/x?a=\ud800"),
        lambda: join_url(BASE, "rest/x", {"a": "\ud800"}),
        lambda: encode_body({"a": "\ud800"}),
    ):
        with pytest.raises(BadRequestError, match="encoded"):
            send()


@pytest.mark.parametrize(
    ("base", "uri", "params", "url"),
    [
        (BASE, "rest/system/ping", None, f"{BASE}/rest/system/ping"),
        (BASE, "rest/system/ping", {}, f"{BASE}/rest/system/ping"),
        (BASE, "qr/", {"text": "a b"}, f"{BASE}/qr/?text=a%20b"),
        (BASE, "metrics", None, f"{BASE}/metrics"),
        (BASE, "", None, f"{BASE}/"),
        ("https://host:443/base/path", "rest/x", {"a": 1}, "https://host:443/base/path/rest/x?a=1"),
        # Escapes are kept, and missing ones added.
        (BASE, "rest/a%2Fb%20c", None, f"{BASE}/rest/a%2Fb%20c"),
        (BASE, "rest/ä b|c", None, f"{BASE}/rest/%C3%A4%20b%7Cc"),
        (BASE, "rest/x?a=b%26c&d=e f", None, f"{BASE}/rest/x?a=b%26c&d=e%20f"),
        (BASE, "rest/x?a=b?c", None, f"{BASE}/rest/x?a=b?c"),
        (BASE, "rest/x?", None, f"{BASE}/rest/x?"),
        (BASE, "rest/x?a=1", {"b": "2"}, f"{BASE}/rest/x?a=1&b=2"),
        # A fragment would never be sent.
        (BASE, "rest/x#y", None, f"{BASE}/rest/x%23y"),
        (BASE, "rest/x?a=#y", None, f"{BASE}/rest/x?a=%23y"),
        # A line break could smuggle in a second request.
        (BASE, "rest/x HTTP/1.1\r\nHost: b\r\n\r\n", None, f"{BASE}/rest/x%20HTTP/1.1%0D%0AHost:%20b%0D%0A%0D%0A"),
        (BASE, "rest/x?a=\r\nX: y", None, f"{BASE}/rest/x?a=%0D%0AX:%20y"),
        (BASE, "rest/x", {"a": "\r\nX: y"}, f"{BASE}/rest/x?a=%0D%0AX%3A%20y"),
        (BASE, "rest/\t\x0b\x7f\0", None, f"{BASE}/rest/%09%0B%7F%00"),
        # Dots may be part of a name.
        (BASE, "rest/system/log.txt", None, f"{BASE}/rest/system/log.txt"),
        (BASE, "rest/..x/...", None, f"{BASE}/rest/..x/..."),
        (BASE, "rest/x?a=../..//", None, f"{BASE}/rest/x?a=../..//"),
    ],
)
def test_urls(base: str, uri: str, params: Any, url: str) -> None:
    """Base URL, path and query become a URL with all necessary escapes."""
    assert join_url(base, uri, params) == url


@pytest.mark.parametrize(
    "uri",
    [
        "rest//system/ping",
        "rest/system/ping/",
        "rest/",
        "rest/config/folders//",
        "rest/config/folders/",
        "rest/config/folders/.",
        "rest/config/folders/..",
        "rest/../x",
        "rest/./x",
        "/rest/x",
        "//evil/x",
        "http://evil/x",
        "https://evil/rest/x",
        "x://y",
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
        ({"a": "b", "c": "d"}, "?a=b&c=d"),
        ({"a": 1, "b": 1.5, "c": -1}, "?a=1&b=1.5&c=-1"),
        ({"sub": ["a", "b c"]}, "?sub=a&sub=b%20c"),
        ({"sub": ("a&b",), "x": ""}, "?sub=a%26b&x="),
        ({"since": "2026-03-01T12:00:00+01:00"}, "?since=2026-03-01T12%3A00%3A00%2B01%3A00"),
        ({"a&b": "c=d"}, "?a%26b=c%3Dd"),
        ({"a": DeviceID(DEVICE)}, f"?a={DEVICE}"),
    ],
)
def test_queries(params: Any, query: str) -> None:
    """Names and values are escaped, even a plus sign; a list repeats the parameter. A query may precede them."""
    assert add_query("/x", params) == f"/x{query}"
    assert add_query("/x?y=z", params) == f"/x?y=z&{query[1:]}"


@pytest.mark.parametrize("value", ODD)
def test_values_are_data(value: str) -> None:
    """The daemon decodes what was given, and no other parameter."""
    url = join_url(BASE, "rest/x", {"a": value, "b": [value, "x"]})
    assert parse_qsl(url.partition("?")[2], keep_blank_values=True) == [("a", value), ("b", value), ("b", "x")]
    assert url.isascii()
    assert url.isprintable()


@pytest.mark.parametrize("params", [5, ["a"], "a=b", {"a": None}, {"a": True}, {"a": "b", "c": False}, {"a": "\ud800"}])
def test_invalid_queries(params: Any) -> None:
    """Anything but a mapping is refused, and so is a value that would be sent as the text "None" or "True"."""
    with pytest.raises(BadRequestError, match="the query can't be encoded"):
        add_query("", params)


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"\xff\0", b"\xff\0"),
        (b"", b""),
        ({}, b"{}"),
        ([], b"[]"),
        ("text", b'"text"'),
        (False, b"false"),
        (
            {"a": ["ü", 1, 1.5, None, True, 2**63, -(2**63)]},
            '{"a":["ü",1,1.5,null,true,9223372036854775808,-9223372036854775808]}'.encode(),
        ),
        ({"a": ("b",), "id": DeviceID(DEVICE)}, f'{{"a":["b"],"id":"{DEVICE}"}}'.encode()),
    ],
)
def test_bodies(data: object, body: bytes) -> None:
    """Bytes are sent unchanged, anything else as JSON."""
    assert encode_body(data) == body


CIRCULAR: list[Any] = []
CIRCULAR.append(CIRCULAR)


@pytest.mark.parametrize(
    "data", [object(), {"a": object()}, {1: "a"}, {"a": {1, 2}}, {"a": 2**64}, {"a": b"x"}, CIRCULAR], ids=type
)
def test_invalid_bodies(data: object) -> None:
    """Data that JSON can't represent is refused."""
    with pytest.raises(BadRequestError, match="the body can't be encoded as JSON"):
        encode_body(data)


OBJECT, ARRAY = _routes.STATUS, _routes.FOLDERS
EMPTY, OK, TEXTUAL, BINARY = _routes.PAUSE, _routes.RESTART, _routes.LOG_TEXT, _routes.QR_CODE
LIST_OR_NULL, TREE = _routes.BROWSE_SYSTEM, _routes.DB_BROWSE
assert [r.answer for r in (OBJECT, ARRAY, LIST_OR_NULL, TREE, EMPTY, OK, TEXTUAL, BINARY)] == list(Answer)


def read(route: Any, headers: dict[str, str], body: bytes) -> Any:
    """Read an answer with status 200."""
    return read_answer(route, "GET", "rest/x", 200, CIMultiDict(headers), body)


@pytest.mark.parametrize(
    ("route", "headers", "body", "value"),
    [
        # A daemon that identifies itself need not label its JSON, and proxies change the case of header names.
        (OBJECT, GENUINE | JSON, b'{"a": 1}\n', {"a": 1}),
        (OBJECT, {"x-syncthing-id": DEVICE} | TEXT, b'{"a": 1}', {"a": 1}),
        (OBJECT, GENUINE, b'{"a": 1}', {"a": 1}),
        (ARRAY, GENUINE | JSON, b"[]", []),
        (LIST_OR_NULL, GENUINE | JSON, b"[]", []),
        (LIST_OR_NULL, GENUINE | JSON, b"null", None),
        (TREE, GENUINE | JSON, b"[]", []),
        (TREE, GENUINE | JSON, b"{}", {}),
        (ARRAY, GENUINE | JSON, b'["\\u003c\\u2028\xc3\xbc"]', ["<\u2028ü"]),
        (EMPTY, GENUINE, b"", None),
        (EMPTY, GENUINE | JSON, b"", None),
        (EMPTY, GENUINE | JSON, b'{"a": 1}', None),
        (EMPTY, GENUINE | TEXT, b"whatever", None),
        (OK, GENUINE | TEXT, b'{"ok": "restarting"}', {"ok": "restarting"}),
        (OK, GENUINE | JSON, b'{"ok": "restarting"}', {"ok": "restarting"}),
        (OK, GENUINE | TEXT, b"", None),
        (OK, GENUINE | TEXT, b'{"ok": "rest', None),
        (TEXTUAL, GENUINE | TEXT, "ü\n".encode(), "ü\n"),
        (TEXTUAL, GENUINE | TEXT, b"a\xff", "a\ufffd"),
        (TEXTUAL, GENUINE | JSON, b"{}", "{}"),
        (BINARY, GENUINE | {"Content-Type": "image/png"}, b"\x89\xff", b"\x89\xff"),
        (BINARY, GENUINE | JSON, b"{}", b"{}"),
        (None, GENUINE | JSON, b'{"a": 1}', {"a": 1}),
        (None, GENUINE | JSON, b"", None),
        (None, GENUINE | TEXT, b"a", b"a"),
        (None, GENUINE, b"", b""),
        (None, GENUINE | TEXT, b"*** Database migration in progress ***", b"*** Database migration in progress ***"),
        # Behind a proxy that removes the headers, or in a test: the expected content is enough.
        (OBJECT, JSON, b'{"a": 1}', {"a": 1}),
        (ARRAY, JSON, b'[{"a": 1}]', [{"a": 1}]),
        (EMPTY, {}, b"", None),
        (EMPTY, TEXT, b"", None),
        (EMPTY, JSON, b"{}", None),
        (OK, {}, b"", None),
        (OK, JSON, b'{"ok": "x"}', {"ok": "x"}),
        (None, JSON, b"[1]", [1]),
        (None, JSON, b'"x"', "x"),
        (None, TEXT, b"x", b"x"),
        (None, {}, b"", b""),
    ],
)
def test_values(route: Any, headers: dict[str, str], body: bytes, value: Any) -> None:
    """A successful answer becomes the kind of value that the route returns, exactly as the daemon sent it."""
    assert read(route, headers, body) == value


PAGE = b"<!doctype html><title>Log in</title>"
MIGRATION = b"*** Database migration in progress ***\n\nLog:\n..."


@pytest.mark.parametrize(
    ("route", "headers", "body", "kind"),
    [
        *((route, HTML, PAGE, NotSyncthingError) for route in (OBJECT, ARRAY, EMPTY, OK, TEXTUAL, BINARY)),
        *((route, TEXT, MIGRATION, MigrationError) for route in (OBJECT, ARRAY, EMPTY, OK, TEXTUAL, BINARY, None)),
        *((route, {}, b"x", NotSyncthingError) for route in (OBJECT, ARRAY, EMPTY, OK, TEXTUAL, BINARY)),
        (OBJECT, {}, b"", NotSyncthingError),
        (OBJECT, TEXT, b'{"a": 1}', NotSyncthingError),
        (OBJECT, JSON, b"[]", NotSyncthingError),
        (OBJECT, JSON, b"null", NotSyncthingError),
        (OBJECT, JSON, b'"login"', NotSyncthingError),
        (ARRAY, JSON, b"{}", NotSyncthingError),
        (TEXTUAL, TEXT, b"x", NotSyncthingError),
        (BINARY, {"Content-Type": "image/png"}, b"\x89", NotSyncthingError),
        *((route, GENUINE | JSON, b"", InvalidResponseError) for route in (OBJECT, ARRAY)),
        *((route, GENUINE | JSON, b'{"a": ', InvalidResponseError) for route in (OBJECT, ARRAY, None)),
        (OBJECT, JSON, PAGE, InvalidResponseError),
        (OBJECT, GENUINE | TEXT, b"x", InvalidResponseError),
        (OBJECT, GENUINE | JSON, b'"\xff"', InvalidResponseError),
        (OBJECT, GENUINE | JSON, b"NaN", InvalidResponseError),
        # A daemon that identifies itself must answer as expected too.
        *((OBJECT, GENUINE | JSON, body, InvalidResponseError) for body in (b"null", b"[]", b'"x"', b"1")),
        *((ARRAY, GENUINE | JSON, body, InvalidResponseError) for body in (b"null", b"{}", b'"x"', b"1")),
        (LIST_OR_NULL, GENUINE | JSON, b"{}", InvalidResponseError),
        (TREE, GENUINE | JSON, b"null", InvalidResponseError),
    ],
)
def test_unusable_answers(route: Any, headers: dict[str, str], body: bytes, kind: type[SyncthingError]) -> None:
    """A proxy's page, the page during a migration and broken JSON are told apart, and quoted."""
    with pytest.raises(SyncthingError) as caught:
        read(route, headers, body)
    error = caught.value
    assert type(error) is kind
    assert (error.method, error.path, error.status) == ("GET", "rest/x", 200)
    assert error.body == (body.decode(errors="replace").strip() or None)
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize(
    ("headers", "body", "message"),
    [
        (HTML, PAGE, r"not Syncthing's \(text/html\).*Check the URL"),
        ({}, PAGE, r"\(no content type\)"),
        (TEXT, MIGRATION, "converting its database"),
        (GENUINE | JSON, b"{", "not valid JSON: .*line 1"),
        (GENUINE | JSON, b"[]", "the answer is not a JSON object"),
        (GENUINE | HTML, PAGE, "web page.*check the URL"),  # the URL leads to the web interface
    ],
)
def test_messages(headers: dict[str, str], body: bytes, message: str) -> None:
    """The message says what answered, and what to do."""
    with pytest.raises(SyncthingError, match=message):
        read(OBJECT, headers, body)


@pytest.mark.parametrize(("length", "shown"), [(1000, 1000), (1001, 1001), (10**6, 1001)])
def test_long_pages_are_cut(length: int, shown: int) -> None:
    """Only the beginning of a page is quoted; the daemon's own texts are never that long."""
    with pytest.raises(NotSyncthingError) as caught:
        read(OBJECT, HTML, f" {'x' * length}\n".encode())
    body = caught.value.body
    assert body
    assert len(body) == shown
    assert body.endswith("…") == (length > 1000)


def test_secrets_are_masked_before_a_page_is_cut() -> None:
    """The quoted beginning doesn't end with half a secret."""
    page, mask = b"x" * 995 + b"secret", lambda text: text.replace("secret", "*")
    with pytest.raises(NotSyncthingError) as caught:
        read_answer(OBJECT, "GET", "rest/x", 200, HTML, page, mask)
    assert caught.value.body == "x" * 995 + "*"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_value_is_read(version: str) -> None:
    """Recorded answers of real daemons become the kind of value that the route returns."""
    kinds = {
        Answer.OBJECT: dict,
        Answer.ARRAY: list,
        Answer.ARRAY_OR_NULL: (list, type(None)),
        Answer.TREE: list,
        Answer.TEXT: str,
        Answer.OK: (dict, type(None)),
    }
    for exchange in exchanges(version):
        route = find_route(exchange.method, exchange.uri)
        if exchange.status == 200 and route is not None and exchange.kind == "json":
            headers = CIMultiDict(exchange.headers | {"Content-Type": exchange.content_type})
            body = encode_body(exchange.answer)
            value = read_answer(route, exchange.method, exchange.uri, 200, headers, body)
            assert value == exchange.answer, str(exchange)
            assert isinstance(value, kinds[route.answer]), str(exchange)
