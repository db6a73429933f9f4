"""From a request to its route, as the daemon's two routers do it; the examples are what real daemons answered."""

from __future__ import annotations

import pytest

from aiosyncthing._routes import ROUTES, Route
from pytest_syncthing.facts import Facts
from pytest_syncthing.http.messages import Request
from pytest_syncthing.http.router import Found, Router

_FACTS = Facts.of("1.29.5")
ROUTER = Router([*filter(_FACTS.has, ROUTES.values()), Route("GET", "")])


def find(method: str, target: str, *, debugging: bool = True) -> Found:
    """Find a route."""
    return ROUTER.find(Request(method, target), debugging=debugging)


@pytest.mark.parametrize(
    ("method", "target", "path", "ids"),
    [
        ("GET", "/rest/system/ping", "rest/system/ping", ()),
        ("POST", "/rest/system/ping?x=/", "rest/system/ping", ()),
        ("GET", "/rest/sys%74em/ping", "rest/system/ping", ()),
        ("GET", "/rest/config/folders", "rest/config/folders", ()),
        ("DELETE", "/rest/config/folders/a%20b", "rest/config/folders/{}", ("a b",)),
        ("GET", "/rest/config/folders/{}", "rest/config/folders/{}", ("{}",)),
        ("GET", "/rest/debug/file", "rest/debug/file", ()),
        ("PUT", "/qr/x", "qr/", ()),
        ("GET", "/meta.js", "meta.js", ()),
        ("GET", "/", "", ()),
    ],
)
def test_routes(method: str, target: str, path: str, ids: tuple[str, ...]) -> None:
    """A path is taken as it is when decoded; outside of the API any method will do."""
    found = find(method, target)
    assert found.route is not None
    assert (found.route.path, found.ids) == (path, ids)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/rest/nothing"),
        ("GET", "/rest/"),
        ("GET", "/rest/config/folders/a/b"),
        ("POST", "/rest/config/folders/a%2fb"),
        ("DELETE", "/rest/config/folders/"),
        ("PUT", "/rest/system/ping/"),
        ("HEAD", "/rest/System/Ping"),
        ("POST", "/rest/config/folders/a/"),
        ("POST", "/rest/debug"),
        ("GET", "/rest/debug/nothing"),
        ("GET", "/rest/noauth"),
        ("GET", "/meta.js/"),
        ("GET", "/nothing"),
    ],
)
def test_what_there_is_not(method: str, target: str) -> None:
    """What is no route is not found, whatever else has the same path but for a slash."""
    found = find(method, target)
    assert (found.route, found.response.status, found.response.body) == (None, 404, b"404 page not found\n")


@pytest.mark.parametrize(
    ("method", "target", "status", "location"),
    [
        ("GET", "/rest/system/ping/", 301, "/rest/system/ping"),
        ("POST", "/rest/system/ping/", 307, "/rest/system/ping"),
        ("POST", "/rest/system/ping%2f", 307, "/rest/system/ping"),
        ("GET", "/rest/System/Ping", 301, "/rest/system/ping"),
        ("GET", "/rest/SYSTEM/ping/", 301, "/rest/system/ping"),
        ("GET", "/rest/Config/folders/ABC", 301, "/rest/config/folders/ABC"),
        ("PUT", "/rest/config/folders/a%20b/", 307, "/rest/config/folders/a%20b"),
        ("GET", "/rest/db/status/?folder=x", 301, "/rest/db/status?folder=x"),
        ("GET", "/rest/debug", 301, "/rest/debug/"),
        ("POST", "/rest//system/ping?x=%20&y=1", 301, "/rest/system/ping?x=%20&y=1"),
        ("GET", "/rest/x/../system/ping", 301, "/rest/system/ping"),
        ("PUT", "//rest/./nothing/", 301, "/rest/nothing/"),
        ("PUT", "/rest", 301, "/rest/"),
        ("GET", "/qr", 301, "/qr/"),
    ],
)
def test_redirects(method: str, target: str, status: int, location: str) -> None:
    """Slashes and letters that are nearly right lead to a redirect, which only for GET has a page to show."""
    response = find(method, target).response
    assert (response.status, response.headers["Location"]) == (status, location)
    assert (response.content_type != "") is (method == "GET")
    if method == "GET":
        link = location.replace("&", "&amp;")
        assert response.body.decode() == f'<a href="{link}">Moved Permanently</a>.\n\n'


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("DELETE", "/rest/system/ping", "GET, OPTIONS, POST"),
        ("HEAD", "/rest/config/folders/x", "DELETE, GET, OPTIONS, PATCH, PUT"),
        ("GET", "/rest/noauth/auth/password", "OPTIONS, POST"),
        ("PUT", "/rest/debug/nothing", "GET, OPTIONS"),
    ],
)
def test_wrong_methods(method: str, target: str, allowed: str) -> None:
    """A wrong method is refused, with a list of the right ones."""
    found = find(method, target)
    assert (found.response.status, found.response.body) == (405, b"Method Not Allowed\n")
    assert dict(found.headers)["Allow"] == allowed


def test_debugging() -> None:
    """What is for debugging can be closed as a whole."""
    for target in ("/rest/debug/file", "/rest/debug/nothing"):
        found = find("GET", target, debugging=False)
        assert (found.route, found.response.status, found.response.body) == (None, 403, b"Debugging disabled\n")


def test_caching() -> None:
    """Answers of the API are not to be kept, and those for browsers are to be checked."""
    assert dict(find("GET", "/rest/nothing").headers)["Cache-Control"] == "max-age=0, no-cache, no-store"
    assert dict(find("GET", "/nothing").headers)["Cache-Control"] == "no-cache, must-revalidate"
    assert find("GET", "/rest//x").headers == ()


def test_an_empty_table() -> None:
    """Without routes nothing is found."""
    assert Router([]).find(Request("GET", "/rest/debug/file")).response.status == 404
