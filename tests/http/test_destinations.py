"""Where requests go, what they carry, and how long they may take; the rest is tested with the requests themselves."""

from __future__ import annotations

import math
from typing import Any

import aiohttp
import pytest
from yarl import URL

from aiosyncthing import _routes
from aiosyncthing._http.access import read_access
from aiosyncthing._http.destinations import Destinations, Limits, left, with_query
from aiosyncthing.exceptions import BadRequestError, UnauthorizedError

KEY = "a-key-that-nobody-may-see"


def destinations(key: Any = KEY, url: str = "http://nas:8384/x/", timeout: float | None = 10) -> Destinations:
    """Return those of a client."""
    return Destinations(read_access(key, url), timeout)


@pytest.mark.parametrize("slash", ["", "/"])
def test_where_a_request_goes(slash: str) -> None:
    """Below the base URL, with its route, and its own query."""
    found = destinations().find("GET", f"{slash}rest/db/status?folder=a%20b")
    assert (str(found.url), found.path) == ("http://nas:8384/x/rest/db/status?folder=a%20b", "rest/db/status")
    assert found.route is _routes.DB_STATUS
    assert destinations().find("GET", "rest/of/the/future").route is None


def test_what_is_found_is_remembered() -> None:
    """A route's own path is looked up once; IDs and queries are not collected."""
    some = destinations()
    assert some.find("GET", "rest/system/status") is some.find("GET", "rest/system/status")
    for uri in ("rest/config/folders/x", "rest/db/status?folder=x", "/rest/system/status", "rest/of/the/future"):
        assert some.find("GET", uri) is not some.find("GET", uri)
        assert some.find("GET", uri) == some.find("GET", uri)


@pytest.mark.parametrize("path", ["health", "auth/password", "auth/logout", "of/the/future"])
def test_what_needs_no_key_gets_none(path: str) -> None:
    """Nothing below rest/noauth carries the key."""
    for method in ("GET", "POST"):
        assert "X-API-Key" not in destinations().find(method, f"rest/noauth/{path}").headers
    assert destinations().find("GET", "rest/system/ping").headers["X-API-Key"] == KEY


def test_what_can_not_be_right() -> None:
    """A key that can't be sent is no matter where none is needed; a URL that can't be right always is."""
    with pytest.raises(UnauthorizedError, match="decode it"):
        destinations(b"key").find("GET", "rest/system/ping")
    assert destinations(b"key").find("GET", "rest/noauth/health")
    with pytest.raises(BadRequestError, match="begin with http://"):
        destinations(url="nas").find("GET", "rest/noauth/health")
    with pytest.raises(UnauthorizedError, match="the key comes first"):
        destinations("http://nas", "key").find("GET", "rest/noauth/health")
    for url in ("http://[::1", "http://nas:99999"):
        with pytest.raises(BadRequestError, match="must look like"):
            destinations(url=url).find("GET", "rest/system/ping")


@pytest.mark.parametrize(
    ("timeout", "uri", "total", "silence"),
    [
        (10, "rest/system/ping", 10, None),
        (None, "rest/system/ping", None, None),
        (10, "rest/db/scan", math.inf, None),
        (10, "rest/system/upgrade", 60, None),
        (90, "rest/system/upgrade", 90, None),
        (10, "rest/events", 10, 10),
    ],
)
def test_how_long_it_may_take(timeout: float | None, uri: str, total: float | None, silence: float | None) -> None:
    """As long as the client says, or the route; a poll may be silent, and not get on, for so long."""
    method = "POST" if uri == "rest/db/scan" else "GET"
    limits = destinations(timeout=timeout).find(method, uri).limits
    assert (limits.total, limits.phases.sock_read) == (None if total == math.inf else total, silence)


def test_what_is_left() -> None:
    """The time for a request that is sent again is what is left of it, if it has a limit at all."""
    phases = aiohttp.ClientTimeout(None, 1, 2, 3)
    assert left(Limits(10, phases), 4) == Limits(6, phases)
    assert left(Limits(10, phases), 40) == Limits(0, phases)
    assert left(Limits(None, phases), 40) == Limits(None, phases)


def test_queries() -> None:
    """Parameters are escaped and added."""
    assert str(with_query(URL("http://nas/x?a=b"), {"c": "d e"})) == "http://nas/x?a=b&c=d%20e"
    with pytest.raises(BadRequestError):
        with_query(URL("http://nas"), {"a": None})  # type: ignore[dict-item] # that is the mistake
