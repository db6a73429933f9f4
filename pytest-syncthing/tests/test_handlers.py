"""All handlers of the fake together."""

from __future__ import annotations

from aiosyncthing._routes import ROUTES
from pytest_syncthing.rest.handlers import HANDLERS


def test_every_route_has_a_handler() -> None:
    """There is nothing in the route table that the fake doesn't answer."""
    assert [name for name, route in ROUTES.items() if route not in HANDLERS] == []
