"""``rest/noauth``: what needs no API key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, cast

from aiosyncthing import _routes
from pytest_syncthing.http.access import check_password, has_login
from pytest_syncthing.http.messages import Refusal, Response, as_json
from pytest_syncthing.model.log import Level

from .common import answers

if TYPE_CHECKING:
    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.node import Node

_FIRST_PORT: Final = 49152


def note_login(node: Node, request: Request, username: str, *, success: bool) -> None:
    """Report an attempt to log in, by any means: as an event, and in the log if it failed."""
    address = f"127.0.0.1:{_FIRST_PORT + request.connection % (1 << 14)}"
    remote = "127.0.0.1" if node.facts.LOGIN_WARNING else address
    node.events.emit("LoginAttempt", {"success": success, "username": username, "remoteAddress": remote})
    if success:
        return
    text = "Wrong credentials supplied during API authorization"
    if node.facts.LOGIN_WARNING:
        node.log.note(text, Level.WARNING, package="api", username=username, address=remote)
    else:
        node.log.note(f"{text} from {remote}", package="api")


@answers(_routes.HEALTH)
def _health(_: Node, __: Request) -> Response:
    return as_json({"status": "OK"})


@answers(_routes.LOGIN)
def _login(node: Node, request: Request) -> Response:
    """Answer a login as soon as it is checked, without a session; the daemon waits a moment before it refuses."""
    _require_login(node)
    username, password = _read(request.body)
    gui = node.config["gui"]
    success = gui["authMode"] != "ldap" and username == gui["user"] and check_password(gui["password"], password)
    note_login(node, request, username, success=success)
    if not success:
        raise Refusal(403, "Forbidden")
    return Response(status=204)


@answers(_routes.LOGOUT)
def _logout(node: Node, _: Request) -> Response:
    _require_login(node)
    return Response(status=204)


def _require_login(node: Node) -> None:
    if not has_login(node.config["gui"]):
        raise Refusal(404, "404 page not found")


def _read(body: bytes) -> tuple[str, str]:
    """Return user and password."""
    try:
        fields: object = json.loads(body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise Refusal(400, "Failed to parse username and password.")
    named = cast("dict[str, object]", fields)
    return str(named.get("username", "")), str(named.get("password", ""))
