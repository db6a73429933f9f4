"""Turns answers with an error status into errors. Pure.

The status alone is ambiguous; the daemon's text, a single line, refines it. But did the daemon answer at all? Once past
the login and host checks its answers carry ``X-Syncthing-Id`` (lib/api/api.go, ``withDetailsMiddleware``), and the few
refusals before that are recognized by their text. Anything else without the header comes from something in front of the
daemon, such as a proxy whose daemon is still starting, and says nothing about folders, devices or keys.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from aiosyncthing._routes import LOGIN, Subject
from aiosyncthing.exceptions import (
    BadRequestError,
    FolderNotRunningError,
    HostCheckError,
    InvalidDeviceIDError,
    NotFoundError,
    NotSupportedError,
    NotSyncthingError,
    ProxyError,
    RedirectError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
)

from .wire import CONTENT_TYPE, ID_HEADER, JSON, NO_AUTH, VERSION_HEADER, shorten, version_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiosyncthing._routes import Route

_Meaning = tuple[type[SyncthingError], str]

_NO_FOLDER: Final = UnknownFolderError, "the daemon has no such folder"
_NO_DEVICE: Final = UnknownDeviceError, "the daemon has no such device"

_BAD_HOST: Final = (
    "the daemon refuses the host name in the URL: use localhost or 127.0.0.1, make the proxy send one of them as Host, "
    "or set gui.insecureSkipHostcheck"
)

# By the daemon's exact text, which means the same with any status: 404 on some routes, 500 on others.
_BY_TEXT: Final[Mapping[str, _Meaning]] = {
    "no such folder": _NO_FOLDER,
    "No folder with given ID": _NO_FOLDER,
    "Invalid folder ID": _NO_FOLDER,
    "No device with given ID": _NO_DEVICE,
    "folder is paused": (FolderNotRunningError, "the folder is paused"),
    "folder is not running": (FolderNotRunningError, "the folder is not running"),
    "No such object in the index": (NotFoundError, "the folder has no such file"),
    # Two reasons, one text: lib/upgrade in builds without upgrades, and lib/api with --no-upgrade.
    "upgrade unsupported": (
        NotSupportedError,
        "the daemon can't upgrade itself: its build doesn't support it, or STNOUPGRADE is set",
    ),
    "Debugging disabled": (NotSupportedError, "the daemon's debugging is off: set gui.debugging"),
    "Host check error": (HostCheckError, _BAD_HOST),
}
# db/ignores of 1.19: "folder nope does not exist"; its POST omits the ID.
_NO_SUCH_FOLDER: Final = r"folder .* does not exist"
# lib/protocol/deviceid.go and encoding/base32
_BAD_DEVICE_ID: Final = (
    r'".*": (device ID invalid|check digit incorrect)|digit .* not valid in alphabet|illegal base32 data'
)
_NO_PAGE: Final = "404 page not found"  # Go's own NotFound handler

# The daemon's refusals without its header (lib/api/api_auth.go, lib/api/api.go); the last one has it, unless a proxy
# removed it.
_WITHOUT_HEADER: Final = {
    (HTTPStatus.UNAUTHORIZED, "Not Authorized"),
    (HTTPStatus.FORBIDDEN, "Forbidden"),
    (HTTPStatus.FORBIDDEN, "Host check error"),
    (HTTPStatus.FORBIDDEN, "CSRF Error"),
}
# aioresponses, a popular mock of aiohttp, answers a bare status with this header alone. A real answer would at least
# have a length.
_MOCKED: Final = [("content-type", JSON)]
_OF_MOCKS: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}

# The daemon uses none of these statuses.
_LATER: Final[Mapping[int, str]] = {
    408: "a proxy timed out waiting for the request",
    421: "a proxy sent the request to the wrong server",
    425: "a proxy refused the request as too early",
    429: "too many requests",
    499: "a proxy cancelled the request",
}
_TOO_LONG: Final[Mapping[int, str]] = {
    413: "the request's body is too long for the daemon or a proxy in front of it: send less at a time",
    414: "the request is too long for the daemon or a proxy in front of it: ask for less at a time",
    431: "the request is too long for the daemon or a proxy in front of it: ask for less at a time",
}
_IN_FRONT: Final = "something in front of Syncthing, such as a proxy,"


class Refusal(NamedTuple):
    """An answer with an error status, and the request.

    Attributes:
        route: The requested route; ``None`` if the path is not in the route table.
        method: HTTP method.
        path: Path below the base URL.
        status: HTTP status.
        headers: The answer's headers, case-insensitive.
        text: The answer's body.
        base: Base URL without user, password and trailing slash; empty if unknown.
        no_key: Whether the client has no key.
        genuine: Whether to take the answer for the daemon's without looking at the headers.
    """

    route: Route[Any] | None
    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    text: str
    base: str = ""
    no_key: bool = False
    genuine: bool = False


def http_error(refusal: Refusal) -> SyncthingError:
    """Return the error that an answer with a status of 300 or more stands for."""
    kind, message = _classify(refusal)
    return kind(
        message,
        method=refusal.method,
        path=refusal.path,
        status=refusal.status,
        body=shorten(refusal.text) or None,
        retry_after=_retry_after(refusal.headers),
    )


def _classify(refusal: Refusal) -> _Meaning:
    status = refusal.status
    if status < HTTPStatus.BAD_REQUEST:
        return RedirectError, _redirect(refusal.headers.get("Location", ""))
    if status in _LATER:
        return ProxyError, f"{_LATER[status]}: try again later"
    if status in _TOO_LONG:
        return BadRequestError, _TOO_LONG[status]
    return _said(refusal, refusal.text.strip()) if _is_genuine(refusal) else _foreign(status, refusal.headers)


def _is_genuine(refusal: Refusal) -> bool:
    _, _, _, status, headers, text, *_ = refusal
    if refusal.genuine or ID_HEADER in headers:
        return True
    if (status, text.strip()) in _WITHOUT_HEADER:
        # As Go's http.Error sends it: others, such as Traefik, answer "Forbidden" too.
        return headers.get(CONTENT_TYPE, "").startswith("text/plain") and (
            text.endswith("\n") or "X-Content-Type-Options" in headers
        )
    return status in _OF_MOCKS and not text and [(name.lower(), value) for name, value in headers.items()] == _MOCKED


def _foreign(status: int, headers: Mapping[str, str]) -> _Meaning:
    """Return the meaning of an answer that is not the daemon's, and so says nothing about what the daemon has."""
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ProxyError, f"{_IN_FRONT} refuses access or wants its own login"
    if status == HTTPStatus.NOT_FOUND:
        return ProxyError, f"{_IN_FRONT} has no such page: is Syncthing starting? Check the proxy and the base URL"
    if status == HTTPStatus.BAD_REQUEST:
        return BadRequestError, "Syncthing, or something in front of it, rejected the request as invalid"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        page = "; the page is not Syncthing's: check the proxy and the base URL"
        html = "html" in headers.get(CONTENT_TYPE, "")
        return ServerError, f"Syncthing, or something in front of it, failed{page if html else ''}"
    return NotSyncthingError, f"{_IN_FRONT} refused the request: check the proxy and the base URL"


def _said(refusal: Refusal, text: str) -> _Meaning:
    """Return the meaning of an answer of the daemon itself."""
    status, route = refusal.status, refusal.route
    if text in _BY_TEXT:
        return _BY_TEXT[text]
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _refused(refusal, text)
    if status == HTTPStatus.NOT_FOUND and text == _NO_PAGE:
        return _no_page(refusal)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return NotSupportedError, _unsupported(route, refusal.headers.get(VERSION_HEADER))
    if re.search(_BAD_DEVICE_ID, text, re.DOTALL):
        return InvalidDeviceIDError, "that is not a device ID"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and re.fullmatch(_NO_SUCH_FOLDER, text, re.DOTALL):
        return _NO_FOLDER
    if status == HTTPStatus.NOT_FOUND:
        return _not_found(route)
    if status == HTTPStatus.BAD_REQUEST:
        return BadRequestError, "the daemon rejected the request as invalid"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerError, "the daemon failed"
    return SyncthingError, "the request was refused"


def _refused(refusal: Refusal, text: str) -> _Meaning:
    if refusal.path.startswith(NO_AUTH):  # no key was sent, and none is needed
        if text in {"CSRF Error", "Not Authorized"}:
            return NotSupportedError, _unsupported(refusal.route, refusal.headers.get(VERSION_HEADER))
        login = refusal.route is LOGIN
        return UnauthorizedError, "wrong user name or password" if login else "the daemon refused the request"
    if refusal.no_key:
        return UnauthorizedError, "the API key is empty: is the variable that should hold it set?"
    return UnauthorizedError, "the daemon refused the API key"


def _no_page(refusal: Refusal) -> _Meaning:
    route, version = refusal.route, refusal.headers.get(VERSION_HEADER)
    # These exist or not, depending on the daemon's settings.
    optional = refusal.path.startswith(f"{NO_AUTH}auth/")
    if route is None or optional or not _has(version, route):
        return NotSupportedError, _unsupported(route, version)
    try:
        scheme, host, path, *_ = urlsplit(refusal.base)
    except ValueError:
        scheme = host = path = ""
    if path:
        return NotFoundError, (
            f"Syncthing answers there, but its API is not below {path!r}: remove that path from the base URL. Try "
            f"{scheme}://{host}"
        )
    return NotFoundError, (
        "Syncthing answers there, but not with its API: check the base URL, and whether a proxy rewrites paths"
    )


def _has(version: str | None, route: Route[Any]) -> bool:
    """Return whether a version of the daemon has a route."""
    number = version_numbers(version)
    if not number:
        return not (route.since or route.until)
    return version_numbers(route.since) <= number and (not route.until or number < version_numbers(route.until))


def _not_found(route: Route[Any] | None) -> _Meaning:
    match route.subject if route is not None else Subject.NONE:
        case Subject.FOLDER:
            return _NO_FOLDER
        case Subject.DEVICE:
            return _NO_DEVICE
        case Subject.NONE:
            return NotFoundError, "not found"


def _redirect(location: str) -> str:
    try:
        scheme, host, *_ = urlsplit(location)
    except ValueError:
        scheme = host = ""
    origin = f"{scheme}://{host}" if scheme and host else ""
    if origin.startswith("https://"):
        return f"redirected to {origin}: use that address as the URL (redirects are never followed)"
    return f"redirected to {origin or 'another path'}: check the URL (redirects are never followed)"


def _unsupported(route: Route[Any] | None, version: str | None) -> str:
    daemon = f"Syncthing {version}" if version else "this Syncthing"
    if route is not None and route.until and not version_numbers(version) < version_numbers(route.until):
        return f"{daemon} has no such endpoint: it was removed in {route.until}"
    if route is not None and route.since and version_numbers(version) < version_numbers(route.since):
        return f"{daemon} has no such endpoint: it was added in {route.since}"
    return f"{daemon} has no such endpoint, at least not with its current settings"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks to wait; ``None`` if there is no such header.

    It holds seconds or a date (RFC 9110, 10.2.3). A date is compared with the sender's own clock.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        seconds = float(text)
        return seconds if math.isfinite(seconds) else None
    then = _date(text)
    if then is None:
        return None
    now = _date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (then - now).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
