"""All handlers: what answers which route."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import cluster, config, connections, database, debug, events, folder, inside, noauth, stats, svc, system, web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiosyncthing._routes import Route
    from pytest_syncthing.http.messages import Response

_PARTS: Final = (
    *(cluster, config, connections, database, debug, events, folder, inside),
    *(noauth, stats, svc, system, web),
)

HANDLERS: Final[Mapping[Route[Any], Callable[..., Response | Awaitable[Response]]]] = {
    route: handler for part in _PARTS for route, handler in part.HANDLERS.items()
}
