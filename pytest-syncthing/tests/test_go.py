"""How Go prints and parses values; the daemons' messages were taken from 1.19.2 and 1.29.5."""

from __future__ import annotations

import pytest

from pytest_syncthing.go.device_ids import problem
from pytest_syncthing.go.json import Number, Pairs, is_list, items, kind_of, member, parse
from pytest_syncthing.go.words import parse_duration, parse_time, quote
from pytest_syncthing.http.messages import Refusal

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
RIGHT = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"

# --- Texts, times and durations ---


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ('a "b" \\', '"a \\"b\\" \\\\"'),
        ("\a\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'),
        ("\x00\x7f", '"\\x00\\x7f"'),
        ("ü \u0085\U000e0001", '"ü \\u0085\\U000e0001"'),
    ],
)
def test_quoted_texts(text: str, quoted: str) -> None:
    """A text is quoted, with unprintable characters escaped."""
    assert quote(text) == quoted


def test_quoted_characters() -> None:
    """In single quotes, single quotes are escaped."""
    assert quote("'", "'") == "'\\''"
    assert quote('"', "'") == "'\"'"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T01:00:01.5+01:00", 1_500_000_000),
        ("1969-12-31T16:00:00.0000000019-08:00", 1),
        ("1970-01-01T00:00:00,25Z", 250_000_000),
        ("1970-01-01T00:00:00+24:60", -90_000_000_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000_000),
    ],
)
def test_times(text: str, moment: int) -> None:
    """Times are parsed to the nanosecond, in any zone."""
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        *("", "2020", "2020-01-01", "2020-01-01T00:00:00", "2020-01-01T00:00:00 01:00", "2020-02-30T00:00:00Z"),
        *("2020-01-01T00:00:00Z ", "0000-01-01T00:00:00Z", "2020-01-01t00:00:00z", "2020-01-01T00:00:00+0100"),
        *("2020-01-01T00:00:00+25:00", "2020-01-01T00:00:00-01:61", "2020-01-01T00:00:00.Z"),
    ],
)
def test_what_is_no_time(text: str) -> None:
    """A text without a zone, or one that is no time, is refused."""
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1m30s", 90), ("1.5h", 5400), ("100ms", 0.1), ("0", 0), ("-2s", -2), (".5s", 0.5), ("1us", 1e-6)],
)
def test_durations(text: str, seconds: float) -> None:
    """A duration is a sum of numbers with units."""
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "1 s", "1d", "x", "1s2"])
def test_what_is_no_duration(text: str) -> None:
    """A number without a unit is not a duration."""
    assert parse_duration(text) is None


# --- JSON ---


def test_json() -> None:
    """Objects keep all their keys in order, and numbers their spelling."""
    raw = parse(b'{"a": [1.50, true, null], "b": {}, "a": "\xc3\xbc"}')
    assert raw == [("a", [Number("1.50"), True, None]), ("b", []), ("a", "ü")]
    assert isinstance(raw, Pairs)
    assert [kind_of(each) for each in (raw, raw[0][1], *raw[0][1][:2], "x")] == [
        *("object", "array", "number", "bool", "string")
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


# --- Device IDs ---


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a", '"a": device ID invalid: incorrect length'),
        ("ü", '"ü": device ID invalid: incorrect length'),
        ('"x"\n', '"\\"x\\"\\n": device ID invalid: incorrect length'),
        (RIGHT.lower() + "a===", f'"{RIGHT.lower()}a===": device ID invalid: incorrect length'),
        (RIGHT[:-1] + "3", f'"{RIGHT[:-1].replace("-", "")}3": check digit incorrect'),
        ("A" * 27 + "9" + "A" * 28, f'"{"A" * 27}9{"A" * 28}": check digit incorrect'),
        ("A" * 13 + "B" + "9" * 42, f'"{"A" * 13}B{"9" * 42}": check digit incorrect'),
        ("9" * 56, f"digit '9' not valid in alphabet \"{ALPHABET}\""),
        ("ü" * 28, f"digit 'Ã' not valid in alphabet \"{ALPHABET}\""),
        ("9" * 52, "illegal base32 data at input byte 0"),
        ("A" * 51 + "9", "illegal base32 data at input byte 51"),
        ("A" * 26 + "\n" + "A" * 25, "illegal base32 data at input byte 55"),
        ("A" * 26 + "\n9" + "A" * 24, "illegal base32 data at input byte 26"),
        ("'" * 56, f"digit '\\'' not valid in alphabet \"{ALPHABET}\""),
        ("ß" * 26, "illegal base32 data at input byte 0"),
        ("\ud800", '"\\ud800": device ID invalid: incorrect length'),
    ],
)
def test_what_is_no_device_id(text: str, words: str) -> None:
    """The message is that of a real daemon."""
    assert problem(text) == words
