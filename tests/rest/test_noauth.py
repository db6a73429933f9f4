"""``rest/noauth``."""

from __future__ import annotations

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import NotFoundError, NotSupportedError, UnauthorizedError
from tests.support.calls import Call, calls, check, refused
from tests.support.server import Answer, Server, as_json, as_text


@pytest.mark.parametrize("call", calls("noauth"), ids=str)
async def test_a_call_is_one_request(call: Call) -> None:
    """Each method sends exactly its request, and returns what the daemon sent."""
    await check(call)


async def test_no_key_is_needed() -> None:
    """With an empty key, none is sent."""
    answers = as_json({"status": "OK"}), Answer(status=204), Answer(status=204)
    async with Server(*answers) as server, Syncthing("", server.url) as client:
        assert await client.noauth.health() == {"status": "OK"}
        await client.noauth.login("user", "password")
        await client.noauth.logout()
    assert [request.header("X-API-Key") for request in server.requests] == [None] * 3


async def test_a_user_is_needed() -> None:
    """An empty user name is refused."""
    await refused("noauth.login", "", "password")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (as_text("Forbidden", 403, syncthing=False), UnauthorizedError),
        (as_text("404 page not found", 404), NotSupportedError),
        (as_text("not here", 404), NotFoundError),
    ],
)
async def test_a_refused_login(answer: Answer, expected: type[Exception]) -> None:
    """A wrong password and a daemon without login can be told apart, and the password is in no message."""
    async with Server(answer) as server, Syncthing("", server.url) as client:
        with pytest.raises(expected) as caught:
            await client.noauth.login("user", "pa55word")
    assert "pa55word" not in str(caught.value)
