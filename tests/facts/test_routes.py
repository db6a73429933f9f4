"""The route table: complete, right, and used."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin

import pytest

import aiosyncthing
from aiosyncthing._routes import ROUTES, Answer, find_route
from aiosyncthing.types import Ok
from tests.support.answers import ANSWERS, declared
from tests.support.calls import CALLS, DEVICE, NAMESPACES, Call, check
from tests.support.recordings import VERSIONS, exchanges

if TYPE_CHECKING:
    from aiosyncthing._routes import Route

_DATA = Path(__file__).parents[1] / "data" / "routes.txt"
_PYTHON_TYPES = {
    Answer.EMPTY: {type(None)},
    Answer.OK: {Ok | None},
    Answer.TEXT: {str},
    Answer.BYTES: {bytes},
}


def listed() -> list[tuple[str, str, list[str]]]:
    """Return method, path and the notes of each route of Syncthing."""
    lines = [line.split() for line in _DATA.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    return [(method, path.removeprefix("/"), notes) for method, path, *notes in lines]


def numbers(version: str) -> tuple[int, ...]:
    """Return a version in a form that can be compared."""
    return tuple(map(int, version.split(".")))


def test_the_table_has_every_route_of_syncthing() -> None:
    """Method, path and versions of all routes are those of Syncthing, deprecated ones and /rest/debug included."""
    expected = [
        (
            method,
            path,
            next((note[2:] for note in notes if note.startswith(">=")), ""),
            next((note[1:] for note in notes if note.startswith("<")), ""),
        )
        for method, path, notes in listed()
    ]
    assert len(expected) == len(set(expected)) == 103
    assert sorted((route.method, route.path, route.since, route.until) for route in ROUTES.values()) == sorted(expected)


def test_what_is_deprecated_is_an_alias() -> None:
    """A route that Syncthing calls deprecated says which one does the same."""
    deprecated = {(method, path) for method, path, notes in listed() if "deprecated" in notes}
    assert deprecated
    assert deprecated <= {(route.method, route.path) for route in ROUTES.values() if route.alias}


def test_an_alias_names_a_route() -> None:
    """An alias names an existing route by method and path, and that is none itself."""
    real = {f"{route.method} {route.path}" for route in ROUTES.values() if not route.alias}
    assert {route.alias for route in ROUTES.values() if route.alias} <= real


@pytest.mark.parametrize("call", CALLS, ids=str)
async def test_a_call_goes_where_the_table_says(call: Call) -> None:
    """The requests of every public method are in the table."""
    await check(call)
    for request in call.requests:
        assert route_of(request) is not None


def test_every_route_is_reached() -> None:
    """Each route that is not an alias is used by a public method, as `test_a_call_goes_where_the_table_says` proves."""
    reached = {id(route_of(request)) for call in CALLS for request in call.requests}
    assert [name for name, route in ROUTES.items() if id(route) not in reached and not route.alias] == []


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
    """Unknown paths and methods, and other spellings, are no routes."""
    assert find_route(method, uri) is None


@pytest.mark.parametrize("name", ROUTES)
def test_the_type_fits_the_kind_of_answer(name: str) -> None:
    """The annotation can be read at run time, and is a type for what the route says that its answer consists of."""
    kind, answer = ROUTES[name].answer, declared(name)
    if kind in _PYTHON_TYPES:
        assert answer in _PYTHON_TYPES[kind]
    else:
        assert ANSWERS[ROUTES[name].method, ROUTES[name].path] == answer
        assert (get_origin(answer) is list) == (kind in {Answer.ARRAY, Answer.TREE})
        assert (answer == list[str] | None) == (kind is Answer.ARRAY_OR_NULL)


@pytest.mark.parametrize("version", VERSIONS)
def test_versions_agree_with_the_recordings(version: str) -> None:
    """A real daemon of some version has exactly the routes that the table says it has."""
    wrong = []
    for exchange in exchanges(version):
        route = find_route(exchange.method, exchange.uri)
        if route is not None and exchange.auth:
            supported = numbers(route.since or "0") <= numbers(version) < numbers(route.until or "99")
            if supported == (exchange.status == 404 and exchange.answer.strip() == "404 page not found"):
                wrong.append(str(exchange))
    assert wrong == []


def test_versions_can_be_compared() -> None:
    """`since` and `until` are release numbers."""
    assert {text for route in ROUTES.values() for text in (route.since, route.until)} <= {
        "",
        *re.findall(r"\d+\.\d+\.\d+", _DATA.read_text(encoding="utf-8")),
    }


@pytest.mark.parametrize("module", [*NAMESPACES, "syncthing", "_rest", "stream", "live", "waiting"])
def test_paths_stand_in_the_table_only(module: str) -> None:
    """No namespace and nothing built on them spells a path: docstrings aside, none has a text that begins with one."""
    package = Path(aiosyncthing.__file__).parent
    files = [*package.glob(f"{module}.py"), *package.glob(f"{module}/*.py")]
    assert files
    texts = [
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [text for text in texts if re.match(r"/?rest/\S*$", text)] == []
