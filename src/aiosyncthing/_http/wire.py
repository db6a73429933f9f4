"""How a call becomes a URL and a body, and how a successful answer becomes a value. Pure.

`statuses` handles error statuses. The protocol in short:

- Once past the login and host checks, an answer of the daemon always carries ``X-Syncthing-Id`` (lib/api/api.go,
  ``withDetailsMiddleware``). Proxies don't send it, nor does the placeholder server of version 2's database migration.
- A successful write has an empty body.
- A path with doubled or trailing slashes, ``.`` or ``..`` is answered with a redirect.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Mapping
from math import isfinite
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
"""Query parameters; several strings repeat the parameter."""

# An istr is looked up in aiohttp's headers without folding its case again.
ID_HEADER: Final = istr("X-Syncthing-Id")
VERSION_HEADER: Final = istr("X-Syncthing-Version")
CONTENT_TYPE: Final = istr("Content-Type")
FIRST_FAILURE: Final = 300  # a redirect doesn't hold the answer either
JSON: Final = "application/json"
NO_AUTH: Final = "rest/noauth/"  # no key is needed below it, nor sent

_MIGRATION: Final = b"*** Database migration in progress ***"  # cmd/syncthing/main.go, migratingAPI

# Anything but printable ASCII, and what RFC 3986 never allows. A line break could smuggle in a second request.
_UNSAFE: Final = re.compile(r"""[^!-~]|[#"<>\\^`{|}]""")

_JSON_TYPES: Final[Mapping[Answer, tuple[type, ...]]] = {
    Answer.OBJECT: (dict,),
    Answer.ARRAY: (list,),
    Answer.ARRAY_OR_NULL: (list, type(None)),
    Answer.TREE: (list, dict),
}

_UNESCAPED: Final = (string.ascii_letters + string.digits + "-._~").encode()  # RFC 3986's unreserved characters
_is_plain: Final = re.compile(f"[{re.escape(_UNESCAPED.decode())}]*").fullmatch


def quote_id(value: str) -> str:
    """Escape an ID as a single path segment, which the daemon decodes to the same ID.

    Raises:
        BadRequestError: It contains a lone surrogate.
    """
    return quote(_to_bytes(value), safe="")


def quoted_length(value: str) -> int:
    """Return the length of a text once escaped, in a fraction of the time that escaping takes.

    Raises:
        BadRequestError: It contains a lone surrogate.
    """
    data = _to_bytes(value)
    return len(data) + len("%2") * len(data.translate(None, _UNESCAPED))


def _to_bytes(value: str) -> bytes:
    try:
        return value.encode(errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise BadRequestError(f"{value!r} can't be encoded: {error.reason}") from error


def join_url(base: str, uri: str, params: Params | None = None) -> str:
    """Join base URL, path and query.

    Args:
        base: Base URL without a trailing slash; its path is kept.
        uri: Path below the base URL, already escaped, possibly with a query.
        params: Further query parameters, unescaped.

    Raises:
        BadRequestError: The path leads elsewhere, or the daemon would redirect it.
    """
    path, mark, query = uri.partition("?")
    if path.startswith("rest/"):
        # The daemon would redirect such a path, which could silently change what is requested.
        segments = path.split("/")
        if "" in segments or "." in segments or ".." in segments:
            raise BadRequestError("the path must not contain empty, '.' or '..' segments", path=path)
    elif "://" in path or path.startswith("/"):
        raise BadRequestError("expected a path below the base URL, not a URL", path=path)
    url = f"{base}/{_escape_rest(path)}{mark}{_escape_rest(query)}"
    return add_query(url, params) if params else url


def add_query(url: str, params: Params) -> str:
    """Add query parameters to a URL.

    Raises:
        BadRequestError: A value can't be encoded.
    """
    return f"{url}{'&' if '?' in url else '?'}{encode_query(params)[0]}"


def encode_query(params: Params) -> tuple[str, bool]:
    """Return a query, and whether it is plain: nothing in it had to be escaped.

    Raises:
        BadRequestError: A value can't be encoded.
    """
    try:
        plain = _plain_query(params)
        if plain is not None:
            return plain, True
        odd = [name for name, value in dict[str, object](params).items() if value is None or isinstance(value, bool)]
        query = urlencode(params, doseq=True, quote_via=quote, safe="", errors="surrogateescape")
    except (AttributeError, TypeError, ValueError) as error:
        raise BadRequestError(f"the query can't be encoded: {error}") from error
    if odd:  # it would be sent as the text "None" or "True"
        raise BadRequestError(f"the query can't be encoded: {odd[0]} must be text or a number")
    return query, False


def _plain_query(params: Params) -> str | None:
    """Return a query of texts that need no escaping, in a fraction of the time; ``None`` for any other."""
    query = ""
    for name, value in params.items():
        if type(value) is not str or not _is_plain(f"{name}{value}"):
            return None
        query = f"{query}&{name}={value}" if query else f"{name}={value}"
    return query


def _escape_rest(text: str) -> str:
    """Escape what a URL can't contain, and keep what is escaped already."""
    return _UNSAFE.sub(lambda match: quote_id(match[0]), text)


def encode_body(data: object) -> bytes:
    """Encode a request body: bytes as they are, anything else as JSON.

    Raises:
        BadRequestError: JSON can't represent the data.
    """
    if isinstance(data, bytes):
        return data
    try:
        encoded = orjson.dumps(data)
    except TypeError as error:
        raise BadRequestError(f"the body can't be encoded as JSON: {error}") from error
    if b"null" in encoded and (place := _no_number(data)) is not None:  # which orjson makes of it
        where = f" at {place.removeprefix('.')}" if place else ""
        raise BadRequestError(f"the body can't be encoded as JSON: the number{where} is infinite, or not a number")
    return encoded


def _no_number(value: object) -> str | None:
    """Return the place of a number that JSON doesn't have, such as ``.folders[0].order``; ``None`` if there is none."""
    if isinstance(value, float):
        return None if isfinite(value) else ""
    steps: Iterable[tuple[str, object]] = ()
    if isinstance(value, Mapping):
        steps = ((f".{key}", each) for key, each in cast("Mapping[object, object]", value).items())
    elif isinstance(value, (list, tuple)):
        steps = ((f"[{number}]", each) for number, each in enumerate(cast("Iterable[object]", value)))
    for step, each in steps:
        if (place := _no_number(each)) is not None:
            return f"{step}{place}"
    return None


class _Misfit(NamedTuple):
    """Why an answer is unusable: the error to raise, and its message."""

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

    JSON is decoded. Without a route, or if the route says so, anything else is returned as it came.

    Args:
        route: The requested route; ``None`` if the path is not in the route table.
        method: HTTP method.
        uri: Path of the request.
        status: HTTP status.
        headers: The answer's headers.
        body: The answer's body.
        mask: Removes secrets from the quoted text.

    Raises:
        NotSyncthingError: The answer is not Syncthing's.
        MigrationError: Version 2 is converting its database.
        InvalidResponseError: The answer is not valid JSON, or not what the route returns.
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
        # rest/debug/httpmetrics doesn't label its JSON.
        if genuine or JSON in kind:
            return _decoded(answer, kind, body, genuine=genuine)
    elif answer is None:
        # Nothing is known about the path; version 0 returned bytes.
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
            return _Misfit(NotSyncthingError, "the answer is a web page, not the API's: check the URL")
        # Not chained: the decoder's error holds the whole answer, including any secrets.
        return _Misfit(InvalidResponseError, f"the answer is not valid JSON: {error}")
    if answer is None or isinstance(value, _JSON_TYPES[answer]):
        return cast("Any", value)
    if not genuine:
        return _not_syncthing(kind, body)
    return _Misfit(InvalidResponseError, f"the answer is not {answer.value}")


def _read_ok(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None  # the daemon exited while answering; it has accepted the request all the same


_READERS: Final[Mapping[Answer, Callable[[bytes], Any]]] = {
    Answer.EMPTY: lambda _: None,
    Answer.OK: _read_ok,
    Answer.TEXT: lambda body: body.decode(errors="replace"),
    Answer.BYTES: lambda body: body,
}


def _not_syncthing(kind: str, body: bytes) -> _Misfit:
    if body.lstrip().startswith(_MIGRATION):
        return _Misfit(MigrationError, "Syncthing is converting its database, and can't be used until that is done")
    return _Misfit(
        NotSyncthingError,
        f"the answer is not Syncthing's ({shorten(kind, 100) or 'no content type'}): is it a proxy's, a login page, or "
        "another program's? Check the URL",
    )


def shorten(text: str, limit: int = 1000) -> str:
    """Strip a text and limit its length: the daemon's messages are kept whole, a proxy's page is cut."""
    text = text.strip()
    return text if len(text) <= limit else text[:limit] + "…"


def version_numbers(version: str | None) -> list[int]:
    """Return the numbers of a release, ``[2, 1, 3]`` for ``v2.1.3-rc.1``; three at most."""
    return [int(number) for number in re.findall("[0-9]{1,9}", version or "")[:3]]
