"""``rest/noauth`` of the fake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.nodes import ask, decoded, make_node

from pytest_syncthing.http.passwords import hash_password
from pytest_syncthing.model.events import DEFAULT
from pytest_syncthing.rest.noauth import HANDLERS

if TYPE_CHECKING:
    from pytest_syncthing.model.node import Node

LOGIN = "/rest/noauth/auth/password"
LOGOUT = "/rest/noauth/auth/logout"
NEW = ("1.29.5", "2.1.3")


def with_login(version: str) -> Node:
    """Return a node with a login."""
    node = make_node(version)
    node.config["gui"] |= {"user": "somebody", "password": hash_password("secret")}
    return node


async def attempts(node: Node) -> list[dict[str, Any]]:
    """Return what was noted of logins."""
    events = await node.events.poll(DEFAULT, 0, 0, 0)
    return [event["data"] for event in events if event["type"] == "LoginAttempt"]


@pytest.mark.parametrize("version", NEW)
async def test_health(version: str) -> None:
    """A daemon that answers is well."""
    assert decoded(await ask(make_node(version), HANDLERS, "/rest/noauth/health")) == {"status": "OK"}


@pytest.mark.parametrize("version", NEW)
async def test_a_login(version: str) -> None:
    """The right password opens a session, for as long as was asked for; another one each time."""
    node = with_login(version)
    cookies = []
    for stay in (None, False, True):
        body = {"USERNAME": "somebody", "Password": "secret", "stayLoggedIn": stay, "more": 1}
        answer = await ask(node, HANDLERS, LOGIN, method="POST", body=json.dumps(body).encode())
        assert (answer.status, answer.body, answer.content_type) == (204, b"", "")
        cookies.append(answer.headers["Set-Cookie"])
    assert all(cookie.startswith("sessionid-P56IOI7=") and "; Path=/" in cookie for cookie in cookies)
    assert [cookie.endswith("Max-Age=604800") for cookie in cookies] == [False, False, True]
    assert len({cookie.partition(";")[0] for cookie in cookies}) == 3
    assert (await ask(node, HANDLERS, LOGOUT, method="POST")).status == 204
    address = "127.0.0.1:49153" if version == "1.29.5" else "127.0.0.1"
    assert await attempts(node) == [{"success": True, "username": "somebody", "remoteAddress": address}] * 3


@pytest.mark.parametrize("version", NEW)
@pytest.mark.parametrize(
    "body",
    [
        *({"username": "somebody", "password": "wrong"}, {"username": "nobody", "password": "secret"}),
        *({"username": "somebody"}, {"username": "somebody", "password": None}, {}, None),
    ],
)
async def test_a_wrong_login(version: str, body: Any) -> None:
    """A wrong user or password is refused, and noted as an event and in the log, without the password."""
    node = with_login(version)
    answer = await ask(node, HANDLERS, LOGIN, method="POST", body=json.dumps(body).encode())
    assert (answer.status, answer.body) == (403, b"Forbidden\n")
    (attempt,) = await attempts(node)
    assert (attempt["success"], attempt["username"]) == (False, (body or {}).get("username", ""))
    last = node.log.lines()[-1].message
    assert "Wrong credentials supplied during API authorization" in last
    assert "wrong" not in last
    assert "secret" not in last


@pytest.mark.parametrize("version", NEW)
@pytest.mark.parametrize("body", ["", "[]", "{", '{"username": 1}', '{"stayLoggedIn": 0}', '{"username": "a"} x'])
async def test_an_unreadable_login(version: str, body: str) -> None:
    """What can't be read is another failure than a wrong password, and no attempt."""
    node = with_login(version)
    answer = await ask(node, HANDLERS, LOGIN, method="POST", body=body.encode())
    assert (answer.status, answer.body) == (400, b"Failed to parse username and password.\n")
    assert await attempts(node) == []


@pytest.mark.parametrize(("version", "status"), [("1.29.5", 204), ("2.1.3", 400)])
async def test_a_long_login(version: str, status: int) -> None:
    """Since 2.0.9, a login has to be short."""
    node = with_login(version)
    body = {"username": "somebody", "password": "secret", "more": "x" * 1024}
    answer = await ask(node, HANDLERS, LOGIN, method="POST", body=json.dumps(body).encode())
    assert answer.status == status


@pytest.mark.parametrize("version", NEW)
@pytest.mark.parametrize("login", [{}, {"user": "somebody"}, {"password": "secret"}])
async def test_no_login(version: str, login: dict[str, str]) -> None:
    """Where there is no login, there is nothing to log in to or out from."""
    node = make_node(version)
    node.config["gui"] |= login
    for path in (LOGIN, LOGOUT):
        answer = await ask(node, HANDLERS, path, method="POST", body=b"{}")
        assert (answer.status, answer.body) == (404, b"404 page not found\n")


async def test_a_login_that_somebody_else_checks() -> None:
    """There is nobody who could check the passwords of LDAP, so all are wrong."""
    node = with_login("1.29.5")
    node.config["gui"] |= {"authMode": "ldap"}
    body = {"username": "somebody", "password": "secret"}
    assert (await ask(node, HANDLERS, LOGIN, method="POST", body=json.dumps(body).encode())).status == 403
