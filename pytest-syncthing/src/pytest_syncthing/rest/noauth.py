"""``rest/noauth``: what needs no API key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from aiosyncthing import _routes
from pytest_syncthing.http.access import has_login
from pytest_syncthing.http.messages import Refusal, Response, as_json
from pytest_syncthing.http.passwords import check_password
from pytest_syncthing.model.log import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiosyncthing._routes import Route
    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.node import Node

_MAX_BODY: Final = 1024
_WEEK: Final = 7 * 24 * 3600
_TOKEN: Final = 64
_LETTERS: Final = "2345679abcdefghijkmnopqrstuvwxyzACDEFGHJKLMNPQRTUVWXYZ"
_FIRST_PORT: Final = 49152


def note_login(node: Node, request: Request, username: str, *, success: bool) -> None:
    """Note that somebody has tried to log in, in whatever way: as an event, and as a line of the log if it failed."""
    is_old = node.facts.numbers < (1, 29, 6)
    address = f"127.0.0.1:{_FIRST_PORT + request.connection % (1 << 14)}"
    remote = address if is_old else "127.0.0.1"
    node.events.emit("LoginAttempt", {"success": success, "username": username, "remoteAddress": remote})
    if success:
        return
    if is_old:
        node.log.note(f"Wrong credentials supplied during API authorization from {remote}", package="api")
    else:
        text = "Wrong credentials supplied during API authorization"
        node.log.note(text, Level.WARNING, package="api", username=username, address=remote)


def _health(_: Node, __: Request) -> Response:
    return as_json({"status": "OK"})


def _login(node: Node, request: Request) -> Response:
    """Answer a login as soon as it is checked; the daemon waits a moment before it refuses."""
    _require_login(node)
    if node.facts.numbers >= (2, 0, 9) and len(request.body) > _MAX_BODY:
        raise _unreadable()
    username, password, stay = _read(request.body)
    gui = node.config["gui"]
    success = gui["authMode"] != "ldap" and username == gui["user"] and check_password(gui["password"], password)
    note_login(node, request, username, success=success)
    if not success:
        raise Refusal(403, "Forbidden")
    token = "".join(node.random.choices(_LETTERS, k=_TOKEN))
    life = f"; Max-Age={_WEEK}" if stay else ""
    return Response(status=204, headers={"Set-Cookie": f"sessionid-{node.short_id}={token}; Path=/{life}"})


def _logout(node: Node, _: Request) -> Response:
    _require_login(node)
    return Response(status=204)


def _require_login(node: Node) -> None:
    if not has_login(node.config["gui"]):
        raise Refusal(404, "404 page not found")


def _unreadable() -> Refusal:
    return Refusal(400, "Failed to parse username and password.")


def _read(body: bytes) -> tuple[str, str, bool]:
    """Return user, password and whether to stay logged in, read as Go does: keys in any letters, null for nothing."""
    fields: dict[str, Any] = {"username": "", "password": "", "stayloggedin": False}
    try:
        found = json.loads(body)
    except ValueError:
        raise _unreadable() from None
    if found is None:
        found = {}
    if not isinstance(found, dict):
        raise _unreadable()
    for key, value in cast("dict[str, Any]", found).items():
        name = key.lower()
        if name not in fields or value is None:
            continue
        if type(value) is not type(fields[name]):
            raise _unreadable()
        fields[name] = value
    return fields["username"], fields["password"], fields["stayloggedin"]


HANDLERS: Final[Mapping[Route[Any], Callable[..., Response]]] = {
    _routes.HEALTH: _health,
    _routes.LOGIN: _login,
    _routes.LOGOUT: _logout,
}
