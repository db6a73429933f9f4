"""From method and path to the route, or to the answer that there is none. Pure.

Two routers sit behind one another, as in the daemon: net/http's, which knows a few beginnings of paths and wants them
clean, and below ``/rest/`` julienschmidt/httprouter, which forgives a slash at the end by a redirect.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from .access import redirect
from .messages import Response, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiosyncthing._routes import Route

    from .messages import Request

_DEBUG: Final = "/rest/debug/"
_NOT_FOUND: Final = as_text("404 page not found", 404)
_FOR_BROWSERS: Final = (("Cache-Control", "no-cache, must-revalidate"),)
NO_CACHE: Final = (("Cache-Control", "max-age=0, no-cache, no-store"), ("Pragma", "no-cache"))
"""What answers of the API have, together with an Expires that is now."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a request goes to.

    Attributes:
        route: The route; nothing if `response` is the answer.
        ids: The IDs in its path, decoded.
        response: The answer, if there is no such route.
        headers: What the answer has besides.
    """

    route: Route[Any] | None = None
    ids: tuple[str, ...] = ()
    response: Response = _NOT_FOUND
    headers: tuple[tuple[str, str], ...] = ()


class Router:
    """Finds routes.

    Args:
        routes: What there is.
    """

    def __init__(self, routes: Iterable[Route[Any]]) -> None:
        self._trees: dict[str, dict[str, Route[Any]]] = {}
        self._pages: dict[str, Route[Any]] = {}
        for route in routes:
            path = f"/{route.path}"
            if path.startswith("/rest/"):
                self._trees.setdefault(route.method, {})[path] = route
            else:
                self._pages[path] = route

    def find(self, request: Request, *, debugging: bool = True) -> Found:
        """Find the route of a request.

        Args:
            request: The request.
            debugging: Whether what is below ``/rest/debug/`` can be reached.
        """
        path = request.path
        clean = _clean(path)
        if clean in {"/rest", "/qr"}:
            clean += "/"
        if clean != path:
            return Found(response=redirect(301, _url(clean, request)))
        if not path.startswith("/rest/"):
            page = self._pages.get("/qr/" if path.startswith("/qr/") else path)
            return Found(page) if page else Found(headers=_FOR_BROWSERS)
        if path.startswith(_DEBUG):
            return self._find_debug(request, debugging=debugging)
        return self._find_rest(request)

    def _find_debug(self, request: Request, *, debugging: bool) -> Found:
        if request.method != "GET":
            return _not_allowed(["GET"])
        if not debugging:
            return Found(response=as_text("Debugging disabled", 403), headers=NO_CACHE)
        return Found(self._trees.get("GET", {}).get(request.path), headers=NO_CACHE)

    def _find_rest(self, request: Request) -> Found:
        path, method = request.path, request.method
        tree = self._trees.get(method, {})
        if match := _match(tree, path):
            return Found(*match, headers=NO_CACHE)
        toggled = path.removesuffix("/") if path.endswith("/") else path + "/"
        if _match(tree, toggled):
            response = redirect(301 if method == "GET" else 307, _url(toggled, request))
            return Found(response=response, headers=NO_CACHE)
        allowed = [method for method, tree in self._trees.items() if _match(tree, path)]
        return _not_allowed(allowed) if allowed else Found(headers=NO_CACHE)


def _not_allowed(methods: list[str]) -> Found:
    refusal = as_text("Method Not Allowed", 405)
    return Found(response=refusal, headers=(*NO_CACHE, ("Allow", ", ".join(sorted([*methods, "OPTIONS"])))))


def _clean(path: str) -> str:
    """Return the canonical form of a path, as net/http has it."""
    clean = posixpath.normpath("/" + path.lstrip("/"))
    return clean + "/" if path.endswith("/") and clean != "/" else clean


def _match(tree: dict[str, Route[Any]], path: str) -> tuple[Route[Any], tuple[str, ...]] | None:
    if (route := tree.get(path)) and "{" not in path:
        return route, ()
    parent, _, last = path.rpartition("/")
    route = tree.get(parent + "/{}")
    return (route, (last,)) if route and last else None


def _url(path: str, request: Request) -> str:
    return quote(path, safe="/$&+,:;=@~") + (f"?{request.query}" if request.query else "")
