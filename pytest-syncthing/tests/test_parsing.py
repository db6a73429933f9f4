"""JSON is read, and refused, as Go does it. What the daemons say was noted from 1.19.2 and 1.29.5."""

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
    """What is not UTF-8 is replaced."""
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
    """What is no JSON is refused; the words are Go's where nothing or no value follows."""
    with pytest.raises(Refusal) as refused:
        parse(body.encode())
    assert (refused.value.status, refused.value.text) == (400, words)


def test_endless_nesting() -> None:
    """There is a limit to what is inside what."""
    with pytest.raises(Refusal, match="exceeded max depth"):
        parse(b"[" * 200_000)


def test_lists() -> None:
    """``null`` is an empty list, and nothing else is one that is none."""
    assert items(parse(b"null")) == []
    assert items(parse(b"[1, null]")) == ["1", None]
    assert not is_list(parse(b"{}"))
    with pytest.raises(Refusal, match="cannot unmarshal object into Go value of type"):
        items(parse(b"{}"))


def test_members() -> None:
    """The last of the values of a key counts, in whatever letters."""
    raw = parse(b'{"Folders": 1, "folders": 2, "other": 3}')
    assert member(raw, "folders") == "2"
    assert member(raw, "devices") is None
