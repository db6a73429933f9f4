"""Requests and answers of the fake, as Go parses and prints them."""

from __future__ import annotations

import pytest

from pytest_syncthing.http.messages import Headers, Request, as_json, encode


def test_the_parts_of_a_request() -> None:
    """Path and query are available raw and decoded; `str` shows no header."""
    request = Request(
        "GET", "/a%2fb%ff?x=1&y=a+b%20c&x=2&z", Headers([("X-Api-Key", "secret"), ("x-api-key", "other")])
    )
    assert (request.raw_path, request.path, request.query) == ("/a%2fb%ff", "/a/b\ufffd", "x=1&y=a+b%20c&x=2&z")
    assert (request.param("x"), request.params("x"), request.param("y")) == ("1", ["1", "2"], "a b c")
    assert (request.has("z"), request.param("z"), request.has("w"), request.param("w")) == (True, "", False, "")
    assert request.params("w") == []
    assert (request.header("X-API-Key"), request.header("Host")) == ("secret", "")
    assert str(request) == "GET /a%2fb%ff?x=1&y=a+b%20c&x=2&z"
    assert Request("POST", "/", body=b"[1]").json() == [1]
    assert Request("GET", "/").query == ""


def test_what_go_drops_of_a_query() -> None:
    """A pair with a semicolon or a broken escape is dropped (net/url)."""
    request = Request("GET", "/?a=1;b=2&c=%zz&d=3")
    assert [request.param(name) for name in "abcd"] == ["", "", "", "3"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *[("5", 5), ("%2B5", 5), ("-5", -5), (str(2**63 - 1), 2**63 - 1)],
        *[(text, 7) for text in ("", "x", "5.0", "1_0", "\u0665", " 5", "-", str(2**63), "9" * 5000)],
    ],
)
def test_numbers(text: str, number: int) -> None:
    """What strconv.Atoi refuses becomes the default."""
    assert Request("GET", f"/?n={text}").number("n", 7) == number


def test_json() -> None:
    """JSON looks as Go prints it: indented, some characters escaped, others replaced, with a final line break."""
    assert encode({"a": [], "b": {}, "c": [1, None, True]}) == (
        b'{\n  "a": [],\n  "b": {},\n  "c": [\n    1,\n    null,\n    true\n  ]\n}\n'
    )
    assert encode("<&>\u2028\u2029ä\U0001f600\ud800") == (
        '"\\u003c\\u0026\\u003e\\u2028\\u2029ä\U0001f600\ufffd"\n'.encode()
    )
    assert as_json([1]).content_type == "application/json; charset=utf-8"


def test_headers() -> None:
    """Headers are a mapping that ignores case, keeps the names as they came, and hides the values in its repr."""
    headers = Headers([("X-Api-Key", "secret"), ("Accept", "a"), ("x-api-key", "other"), ("ACCEPT", "b")])
    assert (headers["x-API-key"], headers.get("ACCEPT"), headers.get("Host")) == ("secret", "a", None)
    assert headers.all("Accept") == ["a", "b"]
    assert headers.all("Host") == []
    assert "accept" in headers
    assert "Host" not in headers
    assert dict(headers) == {"X-Api-Key": "secret", "Accept": "a"}
    assert len(headers) == 2
    assert {headers, Headers([("Accept", "a"), ("X-Api-Key", "secret")])} == {headers}
    assert repr(headers) == "<Headers X-Api-Key, Accept>"
    with pytest.raises(KeyError, match="Host"):
        _ = headers["Host"]
