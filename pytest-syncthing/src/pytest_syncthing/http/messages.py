"""Requests and answers as the fake's handlers see them. Pure.

A handler returns a `Response` or raises `Refusal`; how that goes over the wire is the server's business.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, unquote

import orjson

# What Go's encoding/json escapes in strings although JSON does not ask for it; none of them occurs elsewhere.
_ESCAPED: Final = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})
_LONE: Final = re.compile("[\ud800-\udfff]")  # what stands for bytes that are no UTF-8
_REFUSED: Final = re.compile(";|%(?![0-9A-Fa-f]{2})")
_MOST_DIGITS: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Headers(Mapping[str, str]):
    """The headers of a request, with case-insensitive names.

    Iteration and `all` have them as they came; of several with the same name, looking one up returns the first.

    Args:
        fields: Names and values, in their order.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = tuple(fields)

    def __getitem__(self, name: str) -> str:
        """Return the first header of a name."""
        if found := self.all(name):
            return found[0]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """Yield the names, each once."""
        return iter(self._names().values())

    def __len__(self) -> int:
        """Return the number of different names."""
        return len(self._names())

    def __hash__(self) -> int:
        """Equal ones have the same, as a request needs it."""
        return hash(frozenset(self.items()))

    def __repr__(self) -> str:
        """Show the names alone: one of the values is the key."""
        return f"<{type(self).__name__} {', '.join(self)}>"

    def all(self, name: str) -> list[str]:
        """Return the values of all headers of a name, in their order."""
        wanted = name.lower()
        return [value for key, value in self._fields if key.lower() == wanted]

    def _names(self) -> dict[str, str]:
        """Return the names as they first came, by the same in small letters, in their order."""
        names: dict[str, str] = {}
        for name, _ in self._fields:
            names.setdefault(name.lower(), name)
        return names


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came.

    Attributes:
        method: HTTP method.
        target: Path and query, raw.
        headers: All headers, by name: ``request.headers["x-api-key"]``.
        body: The body; empty for none.
        connection: Number of the connection it came on, from 1.
        time: When it came, by the fake's clock.
    """

    method: str
    target: str
    headers: Headers = field(default_factory=Headers, repr=False)  # one of them is the key
    body: bytes = b""
    connection: int = 0
    time: datetime = _EPOCH
    _query: dict[str, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Take the query apart."""
        # Go drops a pair that has a semicolon or a broken escape in it (url.ParseQuery).
        pairs = "&".join(pair for pair in self.query.split("&") if not _REFUSED.search(pair))
        query = parse_qs(pairs, keep_blank_values=True, errors="replace")
        object.__setattr__(self, "_query", query)

    @property
    def raw_path(self) -> str:
        """The path as it came, with its leading slash."""
        return self.target.partition("?")[0]

    @property
    def path(self) -> str:
        """The path, decoded, with its leading slash."""
        return unquote(self.raw_path, errors="replace")

    @property
    def query(self) -> str:
        """The query, raw; empty for none."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str:
        """Return the first header of that name, ignoring case; empty if there is none."""
        return self.headers.get(name, "")

    def has(self, name: str) -> bool:
        """Return whether the query has a parameter."""
        return name in self._query

    def param(self, name: str) -> str:
        """Return the first value of a query parameter; empty if there is none, as Go has it."""
        return self._query.get(name, [""])[0]

    def params(self, name: str) -> list[str]:
        """Return all values of a query parameter."""
        return list(self._query.get(name, []))

    def number(self, name: str, default: int) -> int:
        """Return a query parameter as a whole number; the default for what is none, as strconv.Atoi decides."""
        text = self.param(name)
        digits = text[1:] if text[:1] in {"+", "-"} else text
        if not (digits.isascii() and digits.isdigit()):
            return default
        number = int(text[:_MOST_DIGITS])
        return number if len(text) <= _MOST_DIGITS and -(1 << 63) <= number < 1 << 63 else default

    def json(self) -> Any:
        """Return the body, decoded."""
        return json.loads(self.body)

    def __str__(self) -> str:
        """What to call it in messages; without its headers, which hold the key."""
        return f"{self.method} {self.target}"


@dataclass(frozen=True, slots=True)
class Response:
    """What to answer.

    Attributes:
        body: The body.
        status: HTTP status.
        content_type: Content-Type; empty for none.
        headers: Further headers.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


EMPTY: Final = Response()
"""What a successful write is answered with."""

_JSON: Final = "application/json; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"


class Refusal(Exception):  # noqa: N818 - an answer, not a failure of the fake
    """The answer to a request that the daemon refuses: one line of text, never JSON.

    Attributes:
        status: HTTP status.
        text: The daemon's words, without the line break.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status
        self.text = text


def encode(value: Any) -> bytes:
    """Return JSON in the form that Go gives it: indented, with a final line break, and some characters escaped."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except TypeError:  # bytes that are no UTF-8, which Go replaces, or a number of more than 64 bits
        text = _LONE.sub("\ufffd", json.dumps(value, indent=2, ensure_ascii=False))
    return text.translate(_ESCAPED).encode() + b"\n"


def as_json(value: Any, content_type: str = _JSON) -> Response:
    """Return the answer that is this value. The server adapts the content type to the version it plays."""
    return Response(encode(value), content_type=content_type)


def as_text(text: str, status: int = 200) -> Response:
    """Return the answer that is this text, with a line break as Go's http.Error adds it."""
    headers = {"X-Content-Type-Options": "nosniff"} if status >= 300 else {}  # noqa: PLR2004 - a failure
    return Response(f"{text}\n".encode(), status, _TEXT, headers)


def as_ok(text: str) -> Response:
    """Return what a restart and its like are answered with: JSON, labelled as text."""
    return Response(json.dumps({"ok": text}).encode() + b"\n", content_type=_TEXT)


def as_bytes(body: bytes, content_type: str, file_name: str = "") -> Response:
    """Return binary data, as an attachment if it has a name."""
    headers = {"Content-Disposition": f"attachment; filename={file_name}"} if file_name else {}
    return Response(body, content_type=content_type, headers=headers)
