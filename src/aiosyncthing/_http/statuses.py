"""What an answer with an error status means. Pure.

The status alone is ambiguous, so the daemon's words, one line of text, refine it. But first of all: is it the daemon
that answered? Its answers have ``X-Syncthing-Id`` once they got past the login and host checks (lib/api/api.go,
``withDetailsMiddleware``); the few that did not are known by their words. Whatever else has no such header comes from
something in front of the daemon, such as a proxy whose daemon is starting, and says nothing about folders, devices and
keys.
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
    "the daemon refuses the host name it was addressed by: address it as localhost or 127.0.0.1, let the proxy send "
    "such a Host, or set gui.insecureSkipHostcheck"
)

# The daemon's words, by exact text; they mean the same wherever they occur, with status 404 or 500.
_BY_TEXT: Final[Mapping[str, _Meaning]] = {
    "no such folder": _NO_FOLDER,
    "No folder with given ID": _NO_FOLDER,
    "Invalid folder ID": _NO_FOLDER,
    "No device with given ID": _NO_DEVICE,
    "folder is paused": (FolderNotRunningError, "the folder is paused"),
    "folder is not running": (FolderNotRunningError, "the folder is not running"),
    "No such object in the index": (NotFoundError, "the folder has no such file"),
    # The same words for both reasons: lib/upgrade's in builds without upgrades, and lib/api's own with --no-upgrade.
    "upgrade unsupported": (
        NotSupportedError,
        "the daemon can't upgrade itself: its build has none, or STNOUPGRADE switches upgrades off, as Daemon does",
    ),
    "Debugging disabled": (NotSupportedError, "the daemon's debugging is off: set gui.debugging"),
    "Host check error": (HostCheckError, _BAD_HOST),
}
# db/ignores of 1.19: "folder nope does not exist"; its POST leaves the ID out.
_NO_SUCH_FOLDER: Final = re.compile(r"folder .* does not exist", re.DOTALL)
# lib/protocol/deviceid.go and encoding/base32
_BAD_DEVICE_ID: Final = re.compile(
    r'".*": (device ID invalid|check digit incorrect)|digit .* not valid in alphabet|illegal base32 data',
    re.DOTALL,
)
_NO_PAGE: Final = "404 page not found"  # what Go's own NotFound handler says

# What the daemon says before it adds its header (lib/api/api_auth.go, lib/api/api.go); a proxy may have taken it away
# from the last one.
_WITHOUT_HEADER: Final = {
    (HTTPStatus.UNAUTHORIZED, "Not Authorized"),
    (HTTPStatus.FORBIDDEN, "Forbidden"),
    (HTTPStatus.FORBIDDEN, "Host check error"),
    (HTTPStatus.FORBIDDEN, "CSRF Error"),
}
# What aioresponses, with which programs test themselves, makes of a mere status has this header and no other. On the
# wire there would be a length at least.
_MOCKED: Final = [("content-type", JSON)]
_OF_MOCKS: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}

# Statuses that the daemon never uses.
_LATER: Final[Mapping[int, str]] = {
    408: "the request took too long on its way",
    421: "the request was sent to the wrong server on its way",
    425: "the request came too early",
    429: "too many requests",
    499: "the request was ended on its way",
}
_TOO_LONG: Final[Mapping[int, str]] = {
    413: "the body of the request is too long for the daemon, or for a proxy in front of it: send less at a time",
    414: "the request is too long for the daemon, or for a proxy in front of it: ask for less at a time",
    431: "the request is too long for the daemon, or for a proxy in front of it: ask for less at a time",
}
_IN_FRONT: Final = "something in front of Syncthing, such as a proxy,"


class Refusal(NamedTuple):
    """An answer with an error status, and what is known of the request.

    Attributes:
        route: The route that was asked; ``None`` for a path that no route is known of.
        method: HTTP method.
        path: Path below the base URL.
        status: HTTP status.
        headers: The answer's headers, found in whatever letters.
        text: The answer's body.
        base: Base URL without user, password and final slash; empty if it isn't known.
        no_key: Whether the client has no key.
        genuine: Whether it is the daemon's, whatever the headers say.
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
    """Turn an answer with a status of 300 or more into the error that it means."""
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
        # With what Go's http.Error adds. Others say "Forbidden", too, such as Traefik.
        return headers.get(CONTENT_TYPE, "").startswith("text/plain") and (
            text.endswith("\n") or "X-Content-Type-Options" in headers
        )
    return status in _OF_MOCKS and not text and [(name.lower(), value) for name, value in headers.items()] == _MOCKED


def _foreign(status: int, headers: Mapping[str, str]) -> _Meaning:
    """Return what an answer means that does not come from the daemon: nothing about what the daemon has."""
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ProxyError, f"{_IN_FRONT} refuses access or wants a login of its own"
    if status == HTTPStatus.NOT_FOUND:
        return ProxyError, f"{_IN_FRONT} knows no such page: is Syncthing starting? Look at the proxy or the base URL"
    if status == HTTPStatus.BAD_REQUEST:
        return BadRequestError, "Syncthing, or something in front of it, can't make sense of the request"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        page = "; the page is not Syncthing's, so look at the proxy or the base URL"
        html = "html" in headers.get(CONTENT_TYPE, "")
        return ServerError, f"Syncthing, or something in front of it, failed{page if html else ''}"
    return NotSyncthingError, f"{_IN_FRONT} refused the request: look at the proxy or the base URL"


def _said(refusal: Refusal, text: str) -> _Meaning:
    """Return what the daemon's own answer means."""
    status, route = refusal.status, refusal.route
    if text in _BY_TEXT:
        return _BY_TEXT[text]
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _refused(refusal, text)
    if status == HTTPStatus.NOT_FOUND and text == _NO_PAGE:
        return _no_page(refusal)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return NotSupportedError, _unsupported(route, refusal.headers.get(VERSION_HEADER))
    if _BAD_DEVICE_ID.search(text):
        return InvalidDeviceIDError, "that is not a device ID"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and _NO_SUCH_FOLDER.fullmatch(text):
        return _NO_FOLDER
    if status == HTTPStatus.NOT_FOUND:
        return _not_found(route)
    if status == HTTPStatus.BAD_REQUEST:
        return BadRequestError, "the daemon can't make sense of the request"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerError, "the daemon failed"
    return SyncthingError, "the request was refused"


def _refused(refusal: Refusal, text: str) -> _Meaning:
    if refusal.path.startswith(NO_AUTH):  # no key was sent, and none is needed
        if text in {"CSRF Error", "Not Authorized"}:
            return NotSupportedError, _unsupported(refusal.route, refusal.headers.get(VERSION_HEADER))
        login = refusal.route is LOGIN
        return UnauthorizedError, "user or password are wrong" if login else "the daemon refused the request"
    if refusal.no_key:
        return UnauthorizedError, "the API key is empty: is the variable set that it should come from?"
    return UnauthorizedError, "the daemon refused the API key"


def _no_page(refusal: Refusal) -> _Meaning:
    route, version = refusal.route, refusal.headers.get(VERSION_HEADER)
    # Whether these are there depends on the settings.
    optional = refusal.path.startswith(f"{NO_AUTH}auth/")
    if route is None or optional or not _has(version, route):
        return NotSupportedError, _unsupported(route, version)
    try:
        scheme, host, path, *_ = urlsplit(refusal.base)
    except ValueError:
        scheme = host = path = ""
    if path:
        return NotFoundError, (
            f"Syncthing answers there, but its API is not below {path!r}: the base URL has a path too many. Try "
            f"{scheme}://{host}"
        )
    return NotFoundError, (
        "Syncthing answers there, but not with its API: check the base URL, and whether a proxy changes paths"
    )


def _has(version: str | None, route: Route[Any]) -> bool:
    """Return whether a version has a route."""
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
        return f"redirected to {origin}: use that https address as URL (redirects are never followed)"
    return f"redirected to {origin or 'another path'}: check the URL (redirects are never followed)"


def _unsupported(route: Route[Any] | None, version: str | None) -> str:
    daemon = f"Syncthing {version}" if version else "this Syncthing"
    if route is not None and route.until and not version_numbers(version) < version_numbers(route.until):
        return f"{daemon} has no such endpoint: it was removed in {route.until}"
    if route is not None and route.since and version_numbers(version) < version_numbers(route.since):
        return f"{daemon} has no such endpoint: it came with {route.since}"
    return f"{daemon} has no such endpoint, or not with its present settings"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds after which an answer asks to come back; ``None`` if it doesn't.

    It is a number of seconds or a date (RFC 9110, 10.2.3). A date is compared with the sender's own clock.
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
