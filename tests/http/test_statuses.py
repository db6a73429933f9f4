"""What answers with an error status mean."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import product
from typing import Any, Final

import pytest
from multidict import CIMultiDict

from aiosyncthing._http.statuses import Refusal, http_error
from aiosyncthing._routes import ROUTES, find_route
from aiosyncthing._timing import is_transient
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
from tests.support.recordings import VERSIONS, exchanges
from tests.support.server import DAEMON_ID

JSON = {"Content-Type": "application/json; charset=utf-8"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
HTML = {"Content-Type": "text/html"}
GENUINE = TEXT | {"X-Syncthing-Id": DAEMON_ID, "X-Syncthing-Version": "v1.29.5"}
GENUINE_119 = GENUINE | {"X-Syncthing-Version": "v1.19.2"}
GENUINE_2 = GENUINE | {"X-Syncthing-Version": "v2.0.0"}
MOCKED = {"Content-Type": "application/json"}  # aioresponses' answer to ``status=404``
LATER = (408, 421, 425, 429, 499)
NO_PAGE = "404 page not found"


def fail(
    status: int, text: str, headers: dict[str, str] | None = None, name: str = "STATUS", **options: Any
) -> SyncthingError:
    """Return the meaning of an answer with an error status, by default the daemon's own."""
    route = ROUTES.get(name)
    given = CIMultiDict(GENUINE if headers is None else headers)
    return http_error(Refusal(route, "GET", route.path if route else "rest/x", status, given, text, **options))


@pytest.mark.parametrize(
    ("status", "text", "headers", "name", "kind", "message"),
    [
        # The key
        (401, "Not Authorized\n", TEXT, "STATUS", UnauthorizedError, "refused the API key"),
        (403, "Forbidden\n", TEXT, "STATUS", UnauthorizedError, "refused the API key"),
        (403, "Forbidden", TEXT | {"x-content-type-options": "nosniff"}, "STATUS", UnauthorizedError, "the API key"),
        (403, "CSRF Error\n", TEXT, "STATUS", UnauthorizedError, "refused the API key"),
        (403, "Host check error\n", TEXT, "STATUS", HostCheckError, "gui.insecureSkipHostcheck"),
        (403, "Debugging disabled", None, "DEBUG_FILE", NotSupportedError, "set gui.debugging"),
        # No key is needed
        (403, "Forbidden\n", TEXT, "LOGIN", UnauthorizedError, "wrong user name or password"),
        (403, "Forbidden", None, "HEALTH", UnauthorizedError, "refused the request"),
        (403, "CSRF Error", GENUINE_119, "HEALTH", NotSupportedError, "it was added in 1.22.1"),
        (401, "Not Authorized\n", TEXT, "HEALTH", NotSupportedError, "it was added in 1.22.1"),
        (401, "Not Authorized\n", TEXT, "LOGOUT", NotSupportedError, "it was added in 1.26.0"),
        (404, NO_PAGE, None, "LOGIN", NotSupportedError, "at least not with its current settings"),
        # Unknown to the daemon
        (404, "whatever", None, "DB_STATUS", UnknownFolderError, "no such folder"),
        (404, "not found", None, "PAUSE", UnknownDeviceError, "no such device"),
        (404, "whatever", None, "STATUS", NotFoundError, "not found"),
        (404, "folder is paused", None, "DB_COMPLETION", FolderNotRunningError, "the folder is paused"),
        (500, "folder is not running", None, "DB_SCAN", FolderNotRunningError, "not running"),
        (500, "folder a\nb does not exist", None, "DB_IGNORES", UnknownFolderError, "no such folder"),
        # Not supported by this daemon
        (404, NO_PAGE, GENUINE_119, "PATHS", NotSupportedError, "v1.19.2 has no such endpoint: it was"),
        (404, NO_PAGE, None, "LOG_LEVELS", NotSupportedError, "v1.29.5 has no such endpoint: it was added in 2"),
        (404, NO_PAGE, GENUINE_2, "DEBUG_FACILITIES", NotSupportedError, "it was removed in 2.0.0"),
        (404, NO_PAGE, None, "", NotSupportedError, "v1.29.5 has no such endpoint, at least not with"),
        (501, "upgrade unsupported", None, "UPGRADE", NotSupportedError, "can't upgrade itself"),
        # Supported by every daemon, so the URL is wrong
        (404, NO_PAGE, None, "PATHS", NotFoundError, "check the base URL"),
        (404, NO_PAGE, None, "DEBUG_FACILITIES", NotFoundError, "check the base URL"),
        # Not from Syncthing
        (404, NO_PAGE, TEXT, "DB_STATUS", ProxyError, "such as a proxy, has no such page"),
        (404, "<html>", HTML, "DB_STATUS", ProxyError, "Check the proxy and the base URL"),
        (403, "Forbidden", TEXT, "STATUS", ProxyError, "such as a proxy, refuses access"),  # Traefik's
        (401, "", {}, "STATUS", ProxyError, "wants its own login"),
        (405, "", {}, "LOG_LEVELS", NotSyncthingError, "such as a proxy, refused the request"),
        (400, "<html>", HTML, "STATUS", BadRequestError, "Syncthing, or something in front of it"),
        (502, "<html>", HTML, "DB_STATUS", ServerError, "the page is not Syncthing's"),
        (500, "no such folder", TEXT, "DB_STATUS", ServerError, "Syncthing, or something in front of it, failed"),
        # Never from the daemon
        *((status, "", headers, "STATUS", ProxyError, "again later") for status in LATER for headers in (None, HTML)),
        # A wrong request
        (400, "json: cannot unmarshal", None, "PATCH_OPTIONS", BadRequestError, "rejected the request as invalid"),
        (500, '"X": check digit incorrect', None, "PAUSE", InvalidDeviceIDError, "not a device ID"),
        (500, '"a\nb": device ID invalid: incorrect length', None, "PAUSE", InvalidDeviceIDError, "not a device ID"),
        (400, "digit '9' not valid in alphabet \"ABC\"", None, "DEVICE", InvalidDeviceIDError, "not a device ID"),
        (400, "illegal base32 data at input byte 3", None, "DEVICE", InvalidDeviceIDError, "not a device ID"),
        *((status, "x", {}, "DB_SCAN", BadRequestError, "too long") for status in (413, 414, 431)),
        # Anything else
        (500, "database is closed", None, "STATUS", ServerError, "the daemon failed"),
        (409, "x", None, "STATUS", SyncthingError, "the request was refused"),
        # As tests of programs mock it
        *((status, "", MOCKED, "STATUS", UnauthorizedError, "refused the API key") for status in (401, 403)),
        (404, "", MOCKED, "STATUS", NotFoundError, "not found"),
        (404, "", MOCKED, "DB_STATUS", UnknownFolderError, "no such folder"),
        (404, "", MOCKED, "PAUSE", UnknownDeviceError, "no such device"),
        (404, "x", MOCKED, "DB_STATUS", ProxyError, "such as a proxy"),
        (404, "", MOCKED | {"Content-Length": "0"}, "DB_STATUS", ProxyError, "such as a proxy"),
    ],
)
def test_errors(
    status: int, text: str, headers: dict[str, str] | None, name: str, kind: type[SyncthingError], message: str
) -> None:
    """Status, text and route together show what went wrong, and the message says what to do about it."""
    error = fail(status, text, headers, name)
    assert type(error) is kind
    assert message in str(error)
    said = text.strip()
    assert (error.method, error.status, error.body) == ("GET", status, said or None)
    assert repr(said) in str(error) or said in str(error)


def test_redirects() -> None:
    """The message names the target, without path and query, and for https says what to do."""
    for status, location, message in (
        (307, "https://127.0.0.1:8384/rest/system/status", "redirected to https://127.0.0.1:8384: use that address"),
        (302, "http://other/login?next=x", "redirected to http://other: check the URL"),
        (301, "/rest/system/ping", "redirected to another path: check the URL"),
        *((302, location, "redirected to another path") for location in ("", "//other/x", "https:///x", "http://[")),
        (304, "", "redirected"),
    ):
        error = fail(status, "", {"Location": location})
        assert type(error) is RedirectError
        assert message in str(error)
        assert "next=x" not in str(error)
    assert type(fail(301, "", {})) is RedirectError


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("v1.19.2-ds1", "Syncthing v1.19.2-ds1 has no such endpoint: it was added in 1.21.0"),
        ("v1.20", "it was added in 1.21.0"),
        ("v1.9.0", "it was added in 1.21.0"),
        ("unknown-dev", "it was added in 1.21.0"),
        ("v1.21.0", "check the base URL"),
        ("v2.0.0-rc.1", "check the base URL"),
        ("v10.0.0", "check the base URL"),
    ],
)
def test_versions_are_compared_as_numbers(version: str, message: str) -> None:
    """A missing route is explained by the version only if that is too old."""
    assert message in str(fail(404, NO_PAGE, GENUINE | {"X-Syncthing-Version": version}, "PATHS"))


BAD_ID = '"bad": device ID invalid: incorrect length'
BAD_TIME = 'parsing time "notatime" as "2006-01-02T15:04:05Z07:00": cannot parse "notatime" as "2006"'
QUOTED_TIME = r'parsing time "\"notatime\"" as "\"2006-01-02T15:04:05Z07:00\"": cannot parse "notatime\"" as "2006"'
NO_NUMBER = "json: cannot unmarshal string into Go struct field OptionsConfiguration.maxFolderConcurrency of type int"
RECORDED: Final[set[tuple[type[SyncthingError], int, str]]] = {
    (NotSupportedError, 405, "Method Not Allowed"),
    (NotSupportedError, 404, NO_PAGE),
    (NotSupportedError, 403, "CSRF Error"),
    *((NotSupportedError, status, "upgrade unsupported") for status in (500, 501, 503)),
    (HostCheckError, 403, "Host check error"),
    (UnauthorizedError, 403, "CSRF Error"),
    *((InvalidDeviceIDError, status, BAD_ID) for status in (400, 500)),
    *((UnknownDeviceError, 404, text) for text in ("No device with given ID", "not found")),
    *((UnknownFolderError, 404, text) for text in ("No folder with given ID", "no such folder")),
    *((UnknownFolderError, 500, text) for text in ("no such folder", "Invalid folder ID")),
    *((UnknownFolderError, 500, f"folder {name} does not exist") for name in ("nope", "")),
    (FolderNotRunningError, 404, "folder is paused"),
    (NotFoundError, 404, "No such object in the index"),
    (BadRequestError, 400, NO_NUMBER),
    *((ServerError, 500, text) for text in ("folder has empty ID", QUOTED_TIME, BAD_TIME, "no version to select")),
}


def test_recorded_errors() -> None:
    """All errors recorded from daemons of three versions are classified as expected."""
    seen = set()
    for version in VERSIONS:
        for exchange in exchanges(version):
            if exchange.status >= 300:
                text = exchange.answer.strip()
                headers = CIMultiDict(exchange.headers | {"Content-Type": exchange.content_type})
                route = find_route(exchange.method, exchange.uri)
                path = exchange.uri.partition("?")[0]
                # Go ends the text of an error with a line break.
                error = http_error(Refusal(route, exchange.method, path, exchange.status, headers, f"{text}\n"))
                assert error.body == text
                seen.add((type(error), exchange.status, text))
    assert seen == RECORDED


# --- Every status, with all kinds of pages, on all kinds of routes ---

STATUSES: Final = (*range(300, 309), *range(400, 452), *range(494, 512), *range(520, 531), 599)
PAGES: Final[dict[str, tuple[dict[str, str], str]]] = {
    "html": (HTML, "<html><title>Log in</title>"),
    "json": (JSON, '{"message": "no Route matched with those values"}'),
    "empty": ({}, ""),
    "plain": (TEXT, "default backend - 404\n"),
    "a folder": (TEXT, "no such folder\n"),
    "a device": (TEXT, "No device with given ID\n"),
    "no device ID": (TEXT, '"x": device ID invalid: incorrect length\n'),
    "paused": (TEXT, "folder is paused\n"),
}
ASKED: Final = (
    *("STATUS", "DB_STATUS", "DB_FILE", "FOLDER", "PATCH_FOLDER", "DEVICE", "PAUSE", "RESTART", "DB_SCAN", "PATCH_GUI"),
    *("EVENTS", "METRICS", "PATHS", "LOG_LEVELS", "PEER_COMPLETION", "SUPPORT_BUNDLE", "HEALTH", "LOGIN", "LOGOUT", ""),
)


def _foreign_kind(status: int) -> type[SyncthingError]:
    match status:
        case _ if status < 400:
            return RedirectError
        case 401 | 403 | 404 | 408 | 421 | 425 | 429 | 499:
            return ProxyError
        case 400 | 413 | 414 | 431:
            return BadRequestError
        case _ if status >= 500:
            return ServerError
    return NotSyncthingError


@pytest.mark.parametrize("page", PAGES)
def test_other_answers_say_nothing_about_the_daemon(page: str) -> None:
    """Without the daemon's header, no message mentions a folder, a device, a key or a version."""
    headers, text = PAGES[page]
    for status, name, more in product(STATUSES, ASKED, ({}, {"Server": "nginx", "Content-Length": "9"})):
        error = fail(status, text, headers | more, name)
        assert type(error) is _foreign_kind(status), (status, name)
        assert not re.search(r"folder|device|\bkey|file|endpoint|version|password", error.args[0]), (status, error)
        assert (error.status, error.body) == (status, text.strip() or None)
        heals = status in {401, 403, 404, *LATER} or status >= 500
        assert is_transient(error) is heals, (status, error)


@pytest.mark.parametrize("page", PAGES)
def test_what_the_daemon_says_about_folders(page: str) -> None:
    """With the daemon's header, an error is about a folder only if its text says so, or if something is missing."""
    headers, text = PAGES[page]
    for status, name in product(STATUSES, ASKED):
        error = fail(status, text, GENUINE | headers, name)
        assert not isinstance(error, UnknownFolderError) or page == "a folder" or status == 404, (status, name)


def test_a_base_url_with_a_superfluous_path() -> None:
    """If a route that every daemon has is missing, the URL is wrong; the message says what to try."""
    for base, message in (
        ("http://nas:8384/rest", "its API is not below '/rest': .* Try http://nas:8384$"),
        ("http://[::1]:8384/a/b", r"not below '/a/b': .* Try http://\[::1\]:8384$"),
        ("http://nas:8384", "check the base URL, and whether a proxy rewrites paths"),
        ("http://[", "check the base URL"),
    ):
        for name in ("STATUS", "FOLDER", "PAUSE", "DB_SCAN"):
            error = fail(404, f"{NO_PAGE}\n", None, name, base=base)
            assert type(error) is NotFoundError
            assert re.search(message, error.args[0])


NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 120 ", 120),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30),
        ("Sun Mar  1 12:00:30 2026", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("\u0663", None),
        ("9" * 400, None),
        ("Sun, 99 Mar 2026 12:00:30 GMT", None),
        ("Sun, 01 Mar 99999999999 12:00:30 GMT", None),
    ],
)
def test_when_to_come_back(text: str, seconds: float | None) -> None:
    """``Retry-After`` holds seconds or a date, which is compared with the sender's clock, or else with our own."""
    headers = {"Retry-After": text, "Date": format_datetime(NOW, usegmt=True)}
    for status in (429, 503, 404):
        assert fail(status, "", headers).retry_after == seconds
    error = fail(503, "", {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)})
    assert error.retry_after is not None
    assert 60 < error.retry_after <= 100
    assert fail(503, "", {}).retry_after is None
