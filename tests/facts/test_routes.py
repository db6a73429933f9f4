"""The route table is complete, correct and used."""

import ast
import re
from pathlib import Path
from typing import Any, get_origin

import pytest

import aiosyncthing
from aiosyncthing._routes import ROUTES, Answer, Route, find_route
from aiosyncthing.types import Ok
from tests.support.answers import ANSWERS, declared
from tests.support.calls import CALLS, DEVICE, NAMESPACES
from tests.support.recordings import VERSIONS, exchanges

_DATA = Path(__file__).parents[1] / "data" / "routes.txt"
_PYTHON_TYPES = {
    Answer.EMPTY: {type(None)},
    Answer.OK: {Ok | None},
    Answer.TEXT: {str},
    Answer.BYTES: {bytes},
}


def listed() -> list[tuple[str, str, list[str]]]:
    """Return method, path and notes of each route of Syncthing."""
    lines = [line.split() for line in _DATA.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    return [(method, path.removeprefix("/"), notes) for method, path, *notes in lines]


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version."""
    return tuple(map(int, version.split(".")))


def test_the_table_has_every_route_of_syncthing() -> None:
    """Method, path and versions of all routes are those in Syncthing's source, even deprecated and debugging ones."""
    expected = {
        (
            method,
            path,
            next((note[2:] for note in notes if note.startswith(">=")), ""),
            next((note[1:] for note in notes if note.startswith("<")), ""),
        )
        for method, path, notes in listed()
    }
    table = {(route.method, route.path, route.since, route.until) for route in ROUTES.values()}
    missing, new = sorted(expected - table), sorted(table - expected)
    assert not missing, "add the missing routes to src/aiosyncthing/_routes.py, with `since` and `until`"
    assert not new, "add the new routes to tests/data/routes.txt, as Syncthing's source has them"
    assert len(ROUTES) == len(table), "remove the second constant for the same method and path from _routes.py"


def test_aliases() -> None:
    """A route that Syncthing calls deprecated names the current one, by method and path."""
    aliases = {f"{route.method} {route.path}": route.alias for route in ROUTES.values() if route.alias}
    deprecated = {f"{method} {path}" for method, path, notes in listed() if "deprecated" in notes}
    assert deprecated
    without = sorted(deprecated - aliases.keys())
    assert not without, "give these routes an alias in _routes.py"
    current = {f"{route.method} {route.path}" for route in ROUTES.values()} - aliases.keys()
    assert set(aliases.values()) <= current, "an alias must name a route that is not an alias itself"


def test_routes_and_methods() -> None:
    """The requests of all public methods have a route, and each route that is not an alias is requested by a method."""
    requests = [request for call in CALLS for request in call.requests]
    unknown = [request for request in requests if route_of(request) is None]
    assert not unknown, "add the routes of these requests to src/aiosyncthing/_routes.py"
    reached = {id(route_of(request)) for request in requests}
    unused = [name for name, route in ROUTES.items() if id(route) not in reached and not route.alias]
    assert not unused, "add a method for these routes to their namespace, and a call of it to tests/support/calls.py"


def route_of(request: str) -> Route[Any] | None:
    """Return the route of ``METHOD /path?query``."""
    method, _, target = request.partition(" ")
    return find_route(method, target.partition("?")[0].removeprefix("/"))


@pytest.mark.parametrize("route", ROUTES.values(), ids=lambda route: f"{route.method} {route.path}")
def test_a_route_is_found_by_its_request(route: Route[Any]) -> None:
    """The path of a request, with an escaped ID in it, leads to the route."""
    assert find_route(route.method, route.uri("a%2Fb{}") if "{}" in route.path else route.uri()) is route


@pytest.mark.parametrize(
    ("method", "uri"),
    [
        ("GET", "rest/nope"),
        ("GET", ""),
        ("PUT", "rest/system/ping"),
        ("get", "rest/system/ping"),
        ("GET", "/rest/system/ping"),
        ("POST", f"rest/config/devices/{DEVICE}"),
    ],
)
def test_anything_else_has_no_route(method: str, uri: str) -> None:
    """Unknown paths and methods, and other spellings, have no route."""
    assert find_route(method, uri) is None


@pytest.mark.parametrize("name", ROUTES)
def test_the_type_fits_the_kind_of_answer(name: str) -> None:
    """The type in a route's annotation fits the route's `answer`."""
    kind, answer = ROUTES[name].answer, declared(name)
    if kind in _PYTHON_TYPES:
        assert answer in _PYTHON_TYPES[kind]
    else:
        assert ANSWERS[ROUTES[name].method, ROUTES[name].path] == answer
        assert (get_origin(answer) is list) == (kind in {Answer.ARRAY, Answer.TREE})
        assert (answer == list[str] | None) == (kind is Answer.ARRAY_OR_NULL)


@pytest.mark.parametrize("version", VERSIONS)
def test_versions_agree_with_the_recordings(version: str) -> None:
    """A daemon of each recorded version has exactly the routes in the table for that version."""
    wrong = []
    for exchange in exchanges(version):
        route = find_route(exchange.method, exchange.uri)
        if route is not None and exchange.auth:
            supported = numbers(route.since or "0") <= numbers(version) < numbers(route.until or "99")
            if supported == (exchange.status == 404 and exchange.answer.strip() == "404 page not found"):
                wrong.append(str(exchange))
    assert not wrong, "correct `since` and `until` of these routes"


@pytest.mark.parametrize("module", [*NAMESPACES, "syncthing", "_rest", "stream", "live", "waiting", "pausing"])
def test_only_the_table_has_paths(module: str) -> None:
    """No namespace, nor anything built on them, has a string that is a path."""
    package = Path(aiosyncthing.__file__).parent
    files = [*package.glob(f"{module}.py"), *package.glob(f"{module}/*.py")]
    assert files
    texts = [
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    paths = [text for text in texts if re.match(r"/?rest/\S*$", text)]
    assert not paths, "use the constants of src/aiosyncthing/_routes.py instead"
