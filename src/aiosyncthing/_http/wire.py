"""The wire, without I/O: how a call becomes URL and body, how a successful answer becomes a value.

What an error status means is in `_statuses`. Facts of the protocol, each with its source in Syncthing where it is not
obvious:

- A real answer always carries ``X-Syncthing-Id`` once it got past the login and host checks (lib/api/api.go,
  ``withDetailsMiddleware``). Proxies and the stand-in server of version 2's database migration don't send it.
- Successful writes have an empty body.
- A path that is not in its fixed form (a doubled or trailing slash, ``.``, ``..``) is answered with a redirect.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, cast
from urllib.parse import quote, urlencode

import orjson
from multidict import istr

from aiosyncthing._routes import Answer, Route
from aiosyncthing.exceptions import (
    BadRequestError,
    InvalidResponseError,
    MigrationError,
    NotSyncthingError,
    SyncthingError,
)

Params = Mapping[str, str | int | float | Iterable[str]]
"""Query parameters; a sequence of strings repeats the parameter."""

# As istr, which aiohttp's headers find without folding the case first.
ID_HEADER: Final = istr("X-Syncthing-Id")
VERSION_HEADER: Final = istr("X-Syncthing-Version")
CONTENT_TYPE: Final = istr("Content-Type")
FIRST_FAILURE: Final = 300  # a redirect is one too: it has not what was asked for
JSON: Final = "application/json"
NO_AUTH: Final = "rest/noauth/"  # what is below it needs no key, and gets none

_MIGRATION: Final = b"*** Database migration in progress ***"  # cmd/syncthing/main.go, migratingAPI

# Anything but printable ASCII, and what RFC 3986 allows nowhere. A line break would be a request of its own.
_UNSAFE: Final = re.compile(r"""[^!-~]|[#"<>\\^`{|}]""")

_JSON_TYPES: Final[Mapping[Answer, tuple[type, ...]]] = {
    Answer.OBJECT: (dict,),
    Answer.ARRAY: (list,),
    Answer.ARRAY_OR_NULL: (list, type(None)),
    Answer.TREE: (list, dict),
}

_UNESCAPED: Final = (string.ascii_letters + string.digits + "-._~").encode()  # RFC 3986's unreserved characters


def quote_id(value: str) -> str:
    """Escape an ID so that it is one path segment; the daemon gets it unchanged.

    Raises:
        BadRequestError: It holds half of a surrogate pair, so it is no text.
    """
    return quote(_to_bytes(value), safe="")


def quoted_length(value: str) -> int:
    """Return how long a text is when it is escaped, in a fraction of the time that escaping takes.

    Raises:
        BadRequestError: It holds half of a surrogate pair, so it is no text.
    """
    data = _to_bytes(value)
    return len(data) + len("%2") * len(data.translate(None, _UNESCAPED))


def _to_bytes(value: str) -> bytes:
    try:
        return value.encode(errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise BadRequestError(f"{value!r} can't be encoded: {error.reason}") from error


def join_url(base: str, uri: str, params: Params | None = None) -> str:
    """Put base URL, path and query together.

    Args:
        base: Base URL without a final slash; its path is kept.
        uri: Path below it, already escaped; may have a query of its own.
        params: Further query parameters, not escaped yet.

    Raises:
        BadRequestError: The path leads elsewhere, or is one that the daemon would redirect.
    """
    path, mark, query = uri.partition("?")
    if path.startswith("rest/"):
        # A redirect could silently change what the request means, so such a path never leaves.
        segments = path.split("/")
        if "" in segments or "." in segments or ".." in segments:
            raise BadRequestError("the path must not have empty, '.' or '..' segments", path=path)
    elif "://" in path or path.startswith("/"):
        raise BadRequestError("a path below the base URL is needed, not a URL", path=path)
    url = f"{base}/{_escape_rest(path)}{mark}{_escape_rest(query)}"
    return add_query(url, params) if params else url


def add_query(url: str, params: Params) -> str:
    """Add query parameters to a URL.

    Raises:
        BadRequestError: A value can't be encoded.
    """
    try:
        odd = [name for name, value in dict[str, object](params).items() if value is None or isinstance(value, bool)]
        query = urlencode(params, doseq=True, quote_via=quote, safe="", errors="surrogateescape")
    except (TypeError, ValueError) as error:
        raise BadRequestError(f"the query can't be encoded: {error}") from error
    if odd:  # it would become the text "None" or "True", which the daemon reads as it likes
        raise BadRequestError(f"the query can't be encoded: {odd[0]} must be text or a number")
    return f"{url}{'&' if '?' in url else '?'}{query}"


def _escape_rest(text: str) -> str:
    """Escape what must not stand in a URL, and leave alone what is escaped already."""
    return _UNSAFE.sub(lambda match: quote_id(match[0]), text)


def encode_body(data: object) -> bytes:
    """Encode a request body: bytes as they are, anything else as JSON.

    Raises:
        BadRequestError: The data is not JSON-able.
    """
    if isinstance(data, bytes):
        return data
    try:
        return orjson.dumps(data)
    except TypeError as error:
        raise BadRequestError(f"the body can't be encoded as JSON: {error}") from error


class _Misfit(NamedTuple):
    """What is wrong with an answer: the error that it is, and its message."""

    kind: type[SyncthingError]
    message: str


def read_answer(
    route: Route[Any] | None,
    method: str,
    uri: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    mask: Callable[[str], str] = str,
) -> Any:
    """Return the value of a successful answer.

    JSON is decoded; without a route, or where the route says so, anything else is handed out as it came.

    Args:
        route: The route that was asked; ``None`` for a path that no route is known of.
        method: HTTP method.
        uri: Path of the request.
        status: HTTP status.
        headers: The answer's headers.
        body: The answer's body.
        mask: Removes secrets from what an error quotes.

    Raises:
        NotSyncthingError: This is not what Syncthing answers there.
        MigrationError: Version 2's stand-in during a database migration.
        InvalidResponseError: Announced as JSON, but it is none, or not what the route promises.
    """
    value = _value(None if route is None else route.answer, headers, body)
    if type(value) is not _Misfit:
        return value
    text = shorten(mask(body.decode(errors="replace")))
    raise value.kind(value.message, method=method, path=uri, status=status, body=text or None)


def _value(answer: Answer | None, headers: Mapping[str, str], body: bytes) -> Any:
    """Return the value of an answer, or a `_Misfit`."""
    genuine = ID_HEADER in headers
    kind = headers.get(CONTENT_TYPE, "")
    if answer in _JSON_TYPES or (answer is None and JSON in kind):
        # Genuine, but not labelled as JSON: rest/debug/httpmetrics.
        if genuine or JSON in kind:
            return _decoded(answer, kind, body, genuine=genuine)
    elif answer is None:
        # Nothing is known about what the path promises; the seed handed out bytes.
        if genuine or not body.startswith(_MIGRATION):
            return body
    elif genuine or ((not body or JSON in kind) and answer in {Answer.EMPTY, Answer.OK}):
        return _READERS[answer](body)
    return _not_syncthing(kind, body)


def _decoded(answer: Answer | None, kind: str, body: bytes, *, genuine: bool) -> Any:
    if not body and answer is None:
        return None
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if "html" in kind:
            return _Misfit(NotSyncthingError, "that is a web page, not an answer of Syncthing's API: check the URL")
        # The decoder's error itself holds the whole answer, and with it what is secret there.
        return _Misfit(InvalidResponseError, f"the answer is announced as JSON, but is none: {error}")
    if answer is None or isinstance(value, _JSON_TYPES[answer]):
        return cast("Any", value)
    if not genuine:
        return _not_syncthing(kind, body)
    return _Misfit(InvalidResponseError, f"the answer is not {answer.value}")


def _read_ok(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None  # the daemon ended before the whole text was out; it has accepted the request all the same


_READERS: Final[Mapping[Answer, Callable[[bytes], Any]]] = {
    Answer.EMPTY: lambda _: None,
    Answer.OK: _read_ok,
    Answer.TEXT: lambda body: body.decode(errors="replace"),
    Answer.BYTES: lambda body: body,
}


def _not_syncthing(kind: str, body: bytes) -> _Misfit:
    if body.lstrip().startswith(_MIGRATION):
        return _Misfit(MigrationError, "Syncthing is converting its database; it answers again when that is done")
    return _Misfit(
        NotSyncthingError,
        f"the answer is not Syncthing's ({shorten(kind, 100) or 'no content type'}): a proxy, a login page, or another "
        "program? Check the URL",
    )


def shorten(text: str, limit: int = 1000) -> str:
    """Strip a text; keep the daemon's words whole and a proxy's page short."""
    text = text.strip()
    return text if len(text) <= limit else text[:limit] + "…"


def version_numbers(version: str | None) -> list[int]:
    """Return the three numbers of a release, such as that of ``v2.1.3-rc.1``; fewer where it has no more."""
    return [int(number) for number in re.findall("[0-9]{1,9}", version or "")[:3]]
