"""The wire, without I/O: how a call becomes URL and body, how status, headers and bytes become a value or an error.

Facts of the protocol, each with its source in Syncthing where it is not obvious:

- A real answer always carries ``X-Syncthing-Id`` once it got past the login and host checks (lib/api/api.go,
  ``withDetailsMiddleware``). Proxies and the stand-in server of version 2's database migration don't send it.
- Errors are one line of text, never JSON; the status alone is ambiguous, so the text refines it.
- Successful writes have an empty body.
- A path that is not in its fixed form (a doubled or trailing slash, ``.``, ``..``) is answered with a redirect.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import quote, urlencode, urlsplit

import orjson
from multidict import istr

from ._routes import Answer, Route, Subject
from .exceptions import (
    BadRequestError,
    FolderNotRunningError,
    HostCheckError,
    InvalidDeviceIDError,
    InvalidResponseError,
    MigrationError,
    NotFoundError,
    NotSupportedError,
    NotSyncthingError,
    RedirectError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
)

__all__ = [
    "Params",
    "add_query",
    "encode_body",
    "http_error",
    "join_url",
    "quote_id",
    "quoted_length",
    "read_answer",
    "version_numbers",
]

Params = Mapping[str, str | int | float | Iterable[str]]
"""Query parameters; a sequence of strings repeats the parameter."""

# As istr, which aiohttp's headers find without folding the case first.
ID_HEADER: Final = istr("X-Syncthing-Id")
VERSION_HEADER: Final = istr("X-Syncthing-Version")
_CONTENT_TYPE: Final = istr("Content-Type")
FIRST_FAILURE: Final = 300  # a redirect is one too: it has not what was asked for
JSON: Final = "application/json"

_MIGRATION: Final = "*** Database migration in progress ***"  # cmd/syncthing/main.go, migratingAPI
_NO_ROUTE: Final = "404 page not found"  # what Go's own NotFound handler says

# Anything but printable ASCII, and what RFC 3986 allows nowhere. A line break would be a request of its own.
_UNSAFE: Final = re.compile(r"""[^!-~]|[#"<>\\^`{|}]""")

_JSON_TYPES: Final[Mapping[Answer, tuple[type, ...]]] = {
    Answer.OBJECT: (dict,),
    Answer.ARRAY: (list,),
    Answer.ARRAY_OR_NULL: (list, type(None)),
    Answer.TREE: (list, dict),
}

_UNESCAPED: Final = (string.ascii_letters + string.digits + "-._~").encode()  # RFC 3986's unreserved characters

# The daemon's words, by exact text; they mean the same wherever they occur, with status 404 or 500.
_BY_TEXT: Final[Mapping[str, tuple[type[SyncthingError], str]]] = {
    "no such folder": (UnknownFolderError, "the daemon has no such folder"),
    "No folder with given ID": (UnknownFolderError, "the daemon has no such folder"),
    "Invalid folder ID": (UnknownFolderError, "the daemon has no such folder"),
    "No device with given ID": (UnknownDeviceError, "the daemon has no such device"),
    "folder is paused": (FolderNotRunningError, "the folder is paused"),
    "folder is not running": (FolderNotRunningError, "the folder is not running"),
    "No such object in the index": (NotFoundError, "the folder has no such file"),
    # The same words for both reasons: lib/upgrade's in builds without upgrades, and lib/api's own with --no-upgrade.
    "upgrade unsupported": (
        NotSupportedError,
        "the daemon can't upgrade itself: its build has none, or STNOUPGRADE switches upgrades off, as Daemon does",
    ),
    "Debugging disabled": (NotSupportedError, "the daemon's debugging is off: set gui.debugging"),
}
# db/ignores of 1.19: "folder nope does not exist"; its POST leaves the ID out.
_NO_FOLDER: Final = re.compile(r"folder .* does not exist", re.DOTALL)
# lib/protocol/deviceid.go and encoding/base32
_BAD_DEVICE_ID: Final = re.compile(
    r'".*": (device ID invalid|check digit incorrect)|digit .* not valid in alphabet|illegal base32 data',
    re.DOTALL,
)


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


def read_answer(
    route: Route[Any] | None, method: str, uri: str, status: int, headers: Mapping[str, str], body: bytes
) -> Any:
    """Return the value of a successful answer.

    JSON is decoded; without a route, or where the route says so, anything else is handed out as it came.

    Raises:
        NotSyncthingError: This is not what Syncthing answers there.
        MigrationError: Version 2's stand-in during a database migration.
        InvalidResponseError: Announced as JSON, but it is none, or not what the route promises.
    """
    genuine = ID_HEADER in headers
    kind = headers.get(_CONTENT_TYPE, "")
    answer = None if route is None else route.answer
    if answer in _JSON_TYPES or (answer is None and JSON in kind):
        # Genuine, but not labelled as JSON: rest/debug/httpmetrics.
        if genuine or JSON in kind:
            return _read_json(answer, method, uri, status, genuine=genuine, body=body)
    elif answer is None:
        # Nothing is known about what the path promises; the seed handed out bytes.
        if genuine or not body.startswith(_MIGRATION.encode()):
            return body
    elif genuine or ((not body or JSON in kind) and answer in {Answer.EMPTY, Answer.OK}):
        return _READERS[answer](body)
    raise _not_syncthing(method, uri, status, kind, body)


def _read_json(answer: Answer | None, method: str, uri: str, status: int, *, genuine: bool, body: bytes) -> Any:
    if not body and answer is None:
        return None
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        problem = f"the answer is announced as JSON, but is none: {error}"
    else:
        if answer is None or isinstance(value, _JSON_TYPES[answer]):
            return cast("Any", value)
        if not genuine:
            raise _not_syncthing(method, uri, status, JSON, body)
        problem = f"the answer is not {answer.value}"
    # Outside of the handler: the decoder's error holds the whole answer, and with it what is secret there.
    raise InvalidResponseError(problem, method=method, path=uri, status=status, body=_excerpt(body))


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


def _not_syncthing(method: str, uri: str, status: int, kind: str, body: bytes) -> SyncthingError:
    text = _excerpt(body)
    if text.startswith(_MIGRATION):
        return MigrationError(
            "Syncthing is converting its database; it answers again when that is done",
            method=method,
            path=uri,
            status=status,
            body=text,
        )
    return NotSyncthingError(
        f"the answer is not Syncthing's ({kind or 'no content type'}): a proxy, a login page, or another program?"
        " Check the URL",
        method=method,
        path=uri,
        status=status,
        body=text,
    )


def http_error(
    route: Route[Any] | None, method: str, uri: str, status: int, headers: Mapping[str, str], text: str
) -> SyncthingError:
    """Turn an answer with a status of 300 or more into the error that it means."""
    foreign = ID_HEADER not in headers and "html" in headers.get(_CONTENT_TYPE, "")
    kind, message = _classify(None if foreign else route, status, headers, text)
    if foreign:
        message += "; the page is not Syncthing's, so look at the proxy or the base URL"
    return kind(message, method=method, path=uri, status=status, body=_shorten(text) or None)


def _classify(
    route: Route[Any] | None, status: int, headers: Mapping[str, str], text: str
) -> tuple[type[SyncthingError], str]:
    if status in {HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE}:
        return BadRequestError, "the request is too long for the daemon, or for a proxy: ask for less at a time"
    if status < HTTPStatus.BAD_REQUEST:
        return RedirectError, _redirect(headers.get("Location", ""))
    if text in _BY_TEXT:
        return _BY_TEXT[text]
    if status == HTTPStatus.FORBIDDEN and text == "Host check error":
        return HostCheckError, (
            "the daemon refuses the host name it was addressed by: address it as localhost or 127.0.0.1, let the"
            " proxy send such a Host, or set gui.insecureSkipHostcheck"
        )
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return UnauthorizedError, "the daemon refused the API key"
    missing = status == HTTPStatus.NOT_FOUND and text == _NO_ROUTE and ID_HEADER in headers
    if missing or status == HTTPStatus.METHOD_NOT_ALLOWED:
        return NotSupportedError, _unsupported(route, headers.get(VERSION_HEADER))
    if _BAD_DEVICE_ID.search(text):
        return InvalidDeviceIDError, "that is not a device ID"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and _NO_FOLDER.fullmatch(text):
        return UnknownFolderError, "the daemon has no such folder"
    if status == HTTPStatus.NOT_FOUND:
        return _not_found(route)
    if status == HTTPStatus.BAD_REQUEST:
        return BadRequestError, "the daemon can't make sense of the request"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerError, "the daemon failed"
    return SyncthingError, "the request was refused"


def _not_found(route: Route[Any] | None) -> tuple[type[SyncthingError], str]:
    match route.subject if route is not None else Subject.NONE:
        case Subject.FOLDER:
            return UnknownFolderError, "the daemon has no such folder"
        case Subject.DEVICE:
            return UnknownDeviceError, "the daemon has no such device"
        case Subject.NONE:
            return NotFoundError, "not found"


def _redirect(location: str) -> str:
    try:
        scheme, host, *_ = urlsplit(location)
    except ValueError:
        scheme = host = ""
    origin = f"{scheme}://{host}" if scheme and host else ""
    if origin.startswith("https://"):
        return f"redirected to {origin}: use that https address as URL (redirects are never followed)"
    return f"redirected to {origin or 'another path'}: check the URL (redirects are never followed)"


def _unsupported(route: Route[Any] | None, version: str | None) -> str:
    daemon = f"Syncthing {version}" if version else "this Syncthing"
    if route is not None and route.until:
        return f"{daemon} has no such endpoint: it was removed in {route.until}"
    if route is not None and route.since and version_numbers(version) < version_numbers(route.since):
        return f"{daemon} has no such endpoint: it came with {route.since}"
    return f"{daemon} has no such endpoint, or not with its present settings"


def version_numbers(version: str | None) -> list[int]:
    """Return the three numbers of a release, such as that of ``v2.1.3-rc.1``; fewer where it has no more."""
    return [int(number) for number in re.findall("[0-9]{1,9}", version or "")[:3]]


def _excerpt(body: bytes) -> str:
    return _shorten(body.decode(errors="replace"))


def _shorten(text: str, limit: int = 1000) -> str:
    """Keep the daemon's words whole and a proxy's page short."""
    text = text.strip()
    return text if len(text) <= limit else text[:limit] + "…"
