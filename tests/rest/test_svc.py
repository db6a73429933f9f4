"""``rest/svc``."""

from __future__ import annotations

from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import InvalidDeviceIDError, SyncthingError
from tests.support.calls import KEY, Call, calls, check, refused
from tests.support.server import Server, as_json


@pytest.mark.parametrize("call", calls("svc"), ids=str)
async def test_a_call_is_one_request(call: Call) -> None:
    """Each method sends exactly its request, and returns what the daemon sent."""
    await check(call)


@pytest.mark.parametrize(
    ("name", "arg"),
    [
        *(("device_id", one) for one in ("", None, 5)),
        *((name, number) for name in ("random_string", "report") for number in (0, -1, 1.5, True, "8")),
    ],
)
async def test_what_makes_no_sense_is_not_sent(name: str, arg: Any) -> None:
    """Empty IDs, and numbers that the daemon would silently take for its default, are refused."""
    await refused(f"svc.{name}", arg)


async def test_a_bad_device_id_is_an_error_although_the_daemon_answers_200() -> None:
    """The daemon's ``error`` becomes an InvalidDeviceIDError with its words."""
    words = '"bad": device ID invalid: incorrect length'
    async with Server(as_json({"error": words})) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(InvalidDeviceIDError) as caught:
            await client.svc.device_id("bad")
    error = caught.value
    assert (error.method, error.path, error.status, error.body) == ("GET", "rest/svc/deviceid", 200, words)
    assert words in str(error)


async def test_a_language_can_not_become_another_header() -> None:
    """A line break in the value is an error, and no request arrives."""
    async with Server() as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(SyncthingError):
            await client.svc.languages("de\r\nX-Other: 1")
    assert server.requests == []
