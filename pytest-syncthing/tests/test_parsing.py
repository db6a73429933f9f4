"""JSON is parsed and refused as by Go; the daemons' messages were taken from 1.19.2 and 1.29.5."""

from __future__ import annotations

import pytest

from pytest_syncthing.go.json import Number, Pairs, is_list, items, kind_of, member, parse
from pytest_syncthing.http.messages import Refusal


def test_values() -> None:
    """Objects keep all their keys in order, and numbers their spelling."""
    raw = parse(b'{"a": [1.50, true, null], "b": {}, "a": "\xc3\xbc"}')
    assert raw == [("a", [Number("1.50"), True, None]), ("b", []), ("a", "ü")]
    assert isinstance(raw, Pairs)
    assert [kind_of(each) for each in (raw, raw[0][1], *raw[0][1][:2], "x")] == [
        *("object", "array", "number", "bool", "string"),
    ]


@pytest.mark.parametrize("body", [b'"\xff"', b'"\xed\xa0\x80"'])
def test_what_is_not_utf8(body: bytes) -> None:
    """Bytes that are not UTF-8 are replaced."""
    assert set(parse(body)) == {"\ufffd"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        *((body, "unexpected end of JSON input") for body in ("", " ", "{", '{"a":1', "[1", '["a', "[1,")),
        ('{"a":}', "invalid character '}' looking for beginning of value"),
        ("'", "invalid character '\\'' looking for beginning of value"),
        ("NaN", "invalid character 'N' looking for beginning of value"),
    ],
)
def test_what_is_no_json(body: str, words: str) -> None:
    """Invalid JSON is refused, with Go's message where the text ends early or a value is missing."""
    with pytest.raises(Refusal) as refused:
        parse(body.encode())
    assert (refused.value.status, refused.value.text) == (400, words)


def test_endless_nesting() -> None:
    """The depth of nesting is limited."""
    with pytest.raises(Refusal, match="exceeded max depth"):
        parse(b"[" * 200_000)


def test_lists() -> None:
    """``null`` is an empty list; everything else but a list is refused."""
    assert items(parse(b"null")) == []
    assert items(parse(b"[1, null]")) == ["1", None]
    assert not is_list(parse(b"{}"))
    with pytest.raises(Refusal, match="cannot unmarshal object into Go value of type"):
        items(parse(b"{}"))


def test_members() -> None:
    """Of several values of a key the last one counts, and case is ignored."""
    raw = parse(b'{"Folders": 1, "folders": 2, "other": 3}')
    assert member(raw, "folders") == "2"
    assert member(raw, "devices") is None
