"""Bugs of version 0 that are fixed. Each of these tests fails with aiosyncthing 0.7.1."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from contextlib import aclosing
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from unittest.mock import AsyncMock, patch
from urllib.parse import unquote

import aiohttp
import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import PingError, SyncthingError, UnauthorizedError
from tests.support.server import HEAD, Answer, Listener, Server, as_json, as_text, server_context

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

KEY = "a-key-that-must-not-show"
LIMIT = 10.0
MIGRATION = Answer(
    b"*** Database migration in progress ***\n", content_type="text/plain; charset=utf-8", syncthing=False
)


# --- Listening ---


async def test_cancelling_a_listener() -> None:
    """A task that listens can be cancelled: it doesn't go on as if there were no more events."""

    async def listen_for_ever(client: Syncthing) -> None:
        while True:
            async for _ in client.events.listen():
                pass
            await asyncio.sleep(0)

    async with Server(answer=lambda _: Answer(after=asyncio.Event())) as server, Syncthing(KEY, server.url) as client:
        task = asyncio.create_task(listen_for_ever(client))
        await server.requested(1)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=1)
        while not task.done():  # version 0 can only be cancelled outside of the listener
            client.events.stop()
            task.cancel()
            await asyncio.sleep(0)
        assert done
        assert len(server.requests) == 1


async def test_a_time_limit_around_a_listener() -> None:
    """The caller's own time-out works."""
    async with Server(answer=lambda _: Answer(after=asyncio.Event())) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await anext(client.events.listen(), None)


async def test_an_empty_batch() -> None:
    """A poll that ends without events is no error."""
    async with Server(as_json([]), as_json([{"id": 1}])) as server, Syncthing(KEY, server.url) as client:
        async with aclosing(client.events.listen()) as listener:
            assert (await anext(listener))["id"] == 1
        assert [request.query for request in server.requests] == ["since=0", "since=0"]


async def test_a_large_batch_on_a_slow_line() -> None:
    """Events may take longer than the time-out to arrive if the connection is never silent for that long."""

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'[{"id": 1}' + b" " * 10 + b"]"
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(body))
        for index in range(len(body)):
            await asyncio.sleep(0.04)
            writer.write(body[index : index + 1])
        await reader.read()

    async with (
        Listener(trickle) as server,
        Syncthing(KEY, server.url, timeout=0.5) as client,
        asyncio.timeout(LIMIT),
        aclosing(client.events.listen()) as listener,
    ):
        assert (await anext(listener))["id"] == 1


async def test_running_after_an_error() -> None:
    """After an error, `running` is False."""
    async with Server(as_text("failed", 500)) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(SyncthingError):
            await anext(client.events.listen())
        assert client.events.running is False


async def test_a_refused_key_while_listening() -> None:
    """A refused key is reported as such."""
    async with Server(as_text("CSRF Error", 403)) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(UnauthorizedError):
            await anext(client.events.listen())


# --- Requests ---


async def test_a_base_path_without_a_slash() -> None:
    """A base URL keeps its path even without a trailing slash."""
    async with Server(as_json({})) as server, Syncthing(KEY, f"{server.url}/syncthing") as client:
        await client.system.status()
        assert server.request.target == "/syncthing/rest/system/status"


@pytest.mark.parametrize("folder_id", ["x?y=z", "x#y", "100%25"])
async def test_ids_are_data(folder_id: str) -> None:
    """An ID with special characters reaches the daemon unchanged."""
    async with Server(as_json({"id": folder_id})) as server, Syncthing(KEY, server.url) as client:
        await client.config.folders(folder_id)
        assert unquote(server.request.target) == f"/rest/config/folders/{folder_id}"


@pytest.mark.parametrize("folder_id", ["../devices", "..", "."])
async def test_ids_that_are_paths(folder_id: str) -> None:
    """An ID that looks like a path doesn't change the path of the request."""
    async with Server(answer=lambda _: as_json([])) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(SyncthingError):
            await client.config.folders(folder_id)
        assert {request.target for request in server.requests} <= {"/rest/config/folders"}


@pytest.mark.parametrize(
    "name", ["system.pause", "system.resume", "config.folders", "config.devices", "database.status"]
)
async def test_an_empty_id(name: str) -> None:
    """An empty ID, which means all of them to the daemon, is refused before anything is sent."""
    async with Server(answer=lambda _: Answer()) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(ValueError, match="empty"):
            await attrgetter(name)(client)("")
        assert not server.requests


async def test_redirects() -> None:
    """The key isn't sent to the target of a redirect."""
    async with Server(answer=lambda _: as_json({})) as other:
        answer = Answer(b"", 307, headers={"Location": f"{other.url}/rest/system/status"})
        async with Server(answer) as server, Syncthing(KEY, server.url) as client:
            with pytest.raises(SyncthingError):
                await client.system.status()
        assert not other.requests


async def test_the_certificate_need_not_be_valid() -> None:
    """verify_ssl=False works without a warning."""
    async with (
        Server(as_json({"a": 1}), tls=server_context()) as server,
        Syncthing(KEY, server.url, verify_ssl=False) as client,
    ):
        assert await client.system.status() == {"a": 1}


# --- Errors ---


async def _fail(*answers: Answer, call: Callable[[Syncthing], Awaitable[Any]] | None = None) -> SyncthingError:
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(SyncthingError) as caught:
            await (call(client) if call else client.system.status())
    return caught.value


async def test_the_daemons_words() -> None:
    """An error has the daemon's text."""
    error = await _fail(as_text("folder is paused", 500))
    assert "folder is paused" in str(error)


async def test_what_happened() -> None:
    """An error says what happened: where nothing is listening, and what was requested."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{bound.getsockname()[1]}"
        async with Syncthing(KEY, f"http://{place}") as client:
            with pytest.raises(SyncthingError) as caught:
                await client.system.status()
    assert place in str(caught.value)
    assert "rest/system/status" in str(caught.value)
    assert isinstance(caught.value, ConnectionError)


async def test_ping_says_why() -> None:
    """A PingError has the reason, and as its cause the specific error."""
    error = await _fail(as_text("CSRF Error", 403), call=lambda client: client.system.ping())
    assert isinstance(error, PingError)
    assert "CSRF Error" in str(error)
    assert isinstance(error.__cause__, UnauthorizedError)


async def test_a_time_out_is_a_time_out() -> None:
    """A time-out can be caught as TimeoutError."""
    async with Server(Answer(after=asyncio.Event())) as server, Syncthing(KEY, server.url, timeout=0.1) as client:
        with pytest.raises(TimeoutError):
            await client.system.status()


async def test_the_host_check_is_not_about_the_key() -> None:
    """A refused host name is not an UnauthorizedError, since another key would not help."""
    error = await _fail(as_text("Host check error", 403, syncthing=False))
    assert not isinstance(error, UnauthorizedError)


async def test_a_page_is_no_answer() -> None:
    """A web page, such as a proxy's login form, is an error, rather than bytes instead of a dict."""
    await _fail(Answer(b"<html>", content_type="text/html", syncthing=False))


async def test_the_migration_is_no_answer() -> None:
    """The page of version 2 during its migration is neither an answer nor a successful write."""
    await _fail(MIGRATION)
    await _fail(MIGRATION, call=lambda client: client.system.pause())


async def test_an_invalid_device_id() -> None:
    """An invalid device ID is a ValueError, although the daemon answers 500."""
    text = '"x": device ID invalid: incorrect length'
    error = await _fail(as_text(text, 500), call=lambda client: client.system.pause("x"))
    assert isinstance(error, ValueError)


async def test_the_key_is_in_no_cause() -> None:
    """The cause of an error doesn't show the key."""
    link: BaseException | None = await _fail(as_text("CSRF Error", 403))
    while link is not None:
        assert KEY not in repr(link)
        link = link.__cause__


async def test_a_write_returns_nothing() -> None:
    """A write returns None, whatever the Content-Type of its answer."""
    answers = [Answer(), Answer(b"", content_type="application/json")]
    async with Server(*answers) as server, Syncthing(KEY, server.url) as client:
        for _ in answers:
            assert await client.system._api.request("rest/system/pause", method="POST") is None


# --- Making a client ---


def test_a_client_is_made_without_a_loop() -> None:
    """A client can be created in a thread without an event loop."""
    made: list[object] = []

    def make() -> None:
        try:
            made.append(Syncthing(KEY))
        except Exception as error:  # noqa: BLE001 - checked below
            made.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert isinstance(made[0], Syncthing)


def _run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)


def test_what_is_needed_is_declared() -> None:
    """It imports nothing but its declared dependencies."""
    done = _run("import sys; sys.modules['deprecated'] = None; import aiosyncthing; aiosyncthing.Syncthing")
    assert done.returncode == 0, done.stderr


def test_importing_is_cheap() -> None:
    """aiohttp, which takes long to import, is imported on first use."""
    assert _run("import aiosyncthing, sys; print('aiohttp' in sys.modules)").stdout.split() == ["False"]


async def test_errors_of_a_stand_in_have_a_text() -> None:
    """The error always has a text, whatever a mock of `raw_request` raises."""
    stand_in = AsyncMock(side_effect=aiohttp.ClientPayloadError())
    async with Syncthing(KEY) as client:
        with patch("aiosyncthing.API.raw_request", stand_in), pytest.raises(SyncthingError, match="answer"):
            await client.system.status()
