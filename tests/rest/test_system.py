"""``rest/system``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    InvalidResponseError,
    NotSupportedError,
    NotSyncthingError,
    PingError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
)
from tests.support.calls import FOLDER, KEY, Call, calls, check, refused
from tests.support.server import Answer, Server, as_json, as_text

OLD = {"X-Syncthing-Version": "v1.19.2"}


@pytest.mark.parametrize("call", calls("system"), ids=str)
async def test_a_call_is_one_request(call: Call) -> None:
    """Each method sends exactly its request, and makes of the answer what it should."""
    await check(call)


@pytest.mark.parametrize("name", ["pause", "resume", "reset"])
@pytest.mark.parametrize("one", ["", 5, b"x", False, ["x"]])
async def test_no_id_can_mean_all_by_mistake(name: str, one: Any) -> None:
    """An empty ID or one of another type is refused; only leaving it out means all."""
    assert "_id must " in str(await refused(f"system.{name}", one))


@pytest.mark.parametrize("name", ["log", "log_text"])
@pytest.mark.parametrize("since", ["", "yesterday", "2026-03-01", "2026-03-01T12:00:00", 5, datetime(2026, 3, 1)])  # noqa: DTZ001 - a time without zone is the point
async def test_a_time_that_the_daemon_would_not_read(name: str, since: Any) -> None:
    """The daemon answers with the whole log when it can't read the time, so such a one is refused."""
    await refused(f"system.{name}", since)


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        ("post_error", ("",), {}),
        ("post_error", (5,), {}),
        ("browse", ("x",), {"filesystem": ""}),
        ("browse", ("x",), {"filesystem": 1}),
        ("set_debug_facilities", (), {"enable": "model"}),
        ("set_debug_facilities", (), {"disable": "model"}),
        ("set_debug_facilities", (), {"enable": [1]}),
        ("set_log_levels", ({"api": object()},), {}),
        ("set_log_levels", ({1: "DEBUG"},), {}),
    ],
)
async def test_what_makes_no_sense_is_not_sent(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Arguments that the daemon would misunderstand are refused."""
    await refused(f"system.{name}", *args, **options)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (as_text("CSRF Error", 403), UnauthorizedError),
        (as_text("Host check error", 403, syncthing=False), SyncthingError),
        (as_text("Bad Gateway", 502, syncthing=False), ServerError),
        (Answer(b"<html>", content_type="text/html", syncthing=False), NotSyncthingError),
        (Answer(b'{"ping', content_type="application/json"), InvalidResponseError),
        (Answer(raw=b"garbage\r\n\r\n"), NotSyncthingError),
        (Answer(raw=b""), ConnectionFailedError),
    ],
)
async def test_ping_fails_with_ping_error(answer: Answer, cause: type[Exception]) -> None:
    """Whatever goes wrong is a PingError, of which the cause tells what it was; text and details are the same."""
    async with Server(answer=lambda _: answer) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(PingError) as caught:
            await client.system.ping()
    error, why = caught.value, caught.value.__cause__
    assert isinstance(why, cause)
    assert isinstance(why, SyncthingError)
    assert str(error) == str(why)
    assert (error.method, error.path) == ("GET", "rest/system/ping") == (why.method, why.path)
    assert (error.status, error.body) == (why.status, why.body)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        *((answer, r"not pong \(GET rest/system/ping\)") for answer in ({"ping": "ping"}, {})),
        *((answer, r"not a JSON object \(GET rest/system/ping,") for answer in ([], None, "pong")),
    ],
)
async def test_ping_needs_a_pong(answer: Any, message: str) -> None:
    """A daemon that answers anything else than pong was not pinged."""
    async with Server(as_json(answer)) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(PingError, match=message):
            await client.system.ping()


async def test_ping_reports_what_a_stand_in_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program's own `raw_request` may raise anything, which becomes a PingError too."""

    async def fail(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("aiosyncthing.api.API.raw_request", fail)
    async with Syncthing(KEY) as client:
        with pytest.raises(PingError) as caught:
            await client.system.ping()
    assert isinstance(caught.value.__cause__, SyncthingError)
    assert isinstance(caught.value.__cause__.__cause__, KeyError)


async def test_ping_of_an_empty_error_says_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error without a text still has its name in the message."""

    async def fail(*_: object, **__: object) -> None:
        raise SyncthingError

    monkeypatch.setattr("aiosyncthing.api.API.raw_request", fail)
    async with Syncthing(KEY) as client:
        with pytest.raises(PingError, match="SyncthingError"):
            await client.system.ping()


@pytest.mark.parametrize(
    ("name", "args", "answer", "expected"),
    [
        ("pause", ("x",), as_text("not found", 404), UnknownDeviceError),
        ("resume", ("x",), as_text("not found", 404), UnknownDeviceError),
        ("pause", ("bad",), as_text('"bad": device ID invalid: incorrect length', 500), BadRequestError),
        ("reset", (FOLDER,), as_text("Invalid folder ID", 500), UnknownFolderError),
        ("reset", (FOLDER,), as_text("folder must be paused when resetting", 500), ServerError),
        ("check_upgrade", (), as_text("upgrade unsupported", 503), NotSupportedError),
        ("upgrade", (), as_text("upgrade unsupported", 500), NotSupportedError),
        ("paths", (), as_text("404 page not found", 404, headers=OLD), NotSupportedError),
        (
            "set_log_levels",
            ({"api": "loud"},),
            as_text('slog: level string "loud": unknown name', 400),
            BadRequestError,
        ),
    ],
)
async def test_errors_of_the_daemon(
    name: str, args: tuple[Any, ...], answer: Answer, expected: type[SyncthingError]
) -> None:
    """The errors that the methods name are what the daemon's answers become, with its own words."""
    async with Server(answer) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(expected) as caught:
            await getattr(client.system, name)(*args)
    assert answer.body.decode().strip() in str(caught.value)


async def test_a_deprecated_call_is_shown_where_it_is() -> None:
    """The warning points to the line of the caller."""
    async with Server(as_json({})) as server, Syncthing(KEY, server.url) as client:
        with pytest.deprecated_call(match=r"use config\.config\(\)") as caught:
            await client.system.config()
    assert [warning.filename for warning in caught] == [__file__]
