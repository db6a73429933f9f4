"""Who opens and closes sessions, in which event loop, and how connections are reused."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from contextlib import nullcontext
from io import BytesIO
from types import SimpleNamespace
from typing import Any, Final, cast

import aiohttp
import aiohttp.connector
import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import ConnectionFailedError, EventLoopError, SyncthingError, UnauthorizedError
from pytest_syncthing import FakeSyncthing
from tests.support.peers import short_folder
from tests.support.server import KEY, PONG, Answer, Server, as_json, as_text
from tests.support.waiting import until

# --- Whose session it is ---


def test_a_client_needs_no_event_loop_before_its_first_request() -> None:
    """Creating one opens nothing, even if a loop is passed; it then works in whatever loop it is used."""

    async def use(client: Syncthing) -> str:
        async with Server(PONG) as server, client:
            client.api._destinations.base = server.url
            await client.system.ping()
            return server.request.target

    for loop in (None, object()):
        client = Syncthing(KEY, loop=loop)
        assert client.api._sessions._current is None
        assert asyncio.run(use(client)) == "/rest/system/ping"


@pytest.mark.parametrize("used", [False, True])
async def test_an_own_session_is_closed(used: bool) -> None:
    """The client opens a session at the first request, and closes it with its connections; closing again is fine.

    A request after that is refused, rather than opening a session that is never closed.
    """
    async with Server(*[PONG] * used) as server:
        async with Syncthing(KEY, server.url) as client:
            assert client.api._sessions._current is None
            if used:
                await client.system.ping()
                session = client.api._sessions._current
                assert session is not None
                assert server.open == 1
        assert not used or session.closed
        await server.until(lambda: server.open == 0)
        await asyncio.gather(client.close(), client.close())
        async with client:
            for _ in range(2):
                with pytest.raises(SyncthingError, match="the client is closed"):
                    await client.system.status()
        assert client.api._sessions._current is None


async def test_a_session_that_was_passed_in() -> None:
    """It is used and never closed, whatever happens.

    One that raises errors by itself, which would hold the key, or has another key, does no harm.
    """
    options: dict[str, Any] = {"raise_for_status": True, "headers": {"X-API-Key": "another", "X-Mine": "1"}}
    async with Server(as_text("CSRF Error", 403), PONG, PONG) as server, aiohttp.ClientSession(**options) as session:
        async with Syncthing(KEY, server.url, session=session) as client:
            with pytest.raises(UnauthorizedError) as caught:
                await client.system.status()
            cause = caught.value.__cause__
            assert isinstance(cause, aiohttp.ClientResponseError)
            assert not cause.request_info.headers
            await client.system.ping()
        assert [request.header("X-API-Key") for request in server.requests] == [KEY, KEY]
        assert server.requests[0].header("X-Mine") == "1"
        assert not session.closed
        async with session.get(f"{server.url}/mine") as response:
            assert response.status == 200
        assert server.connections == 1


@pytest.mark.parametrize("arriving", ["nothing", "body", "download"])
async def test_closing_ends_running_requests(arriving: str) -> None:
    """A request fails at once when the client is closed, rather than after its time-out."""
    slow = Answer(bytes(1000), content_type="application/zip", pause=500, resume=asyncio.Event())
    async with Server(Answer(after=asyncio.Event()) if arriving == "nothing" else slow) as server:
        client = Syncthing(KEY, server.url, timeout=None)
        download = arriving == "download"
        request = client.debug.support_bundle(BytesIO()) if download else client.api.request("rest/debug/support")
        task = asyncio.ensure_future(request)

        async def arrives() -> bool:
            return bool(server.requests if arriving == "nothing" else client.api._sessions.arriving)

        await until(arrives)
        await client.close()
        # Without a body to end, the message depends on the version of aiohttp.
        with pytest.raises(ConnectionFailedError, match=None if arriving == "nothing" else "the client was closed"):
            await asyncio.wait_for(task, 5)


# --- Event loops ---

PROGRAM: Final = """
import asyncio, gc, logging, sys, threading, warnings
from concurrent.futures import Future
from contextlib import suppress
from aiosyncthing import Syncthing
from aiosyncthing.exceptions import EventLoopError, SyncthingError
from pytest_syncthing import FakeSyncthing

logging.getLogger("asyncio").setLevel(logging.ERROR)  # ignore a busy machine

def in_thread(function, *args):
    result = Future()
    def work():
        try:
            result.set_result(function(*args))
        except BaseException as error:
            result.set_exception(error)
    threading.Thread(target=work).start()
    return result

async def ask():
    await asyncio.gather(*(client.system.ping() for _ in range(3)))

def all_is_closed():
    "Nothing is left to the garbage collector, however clients are used and closed."
    async def main():
        async with fake.client() as one:
            await one.system.ping()
        await ask()
        await client.close()
        async with Syncthing("key", "http://127.0.0.1:9") as unreachable:
            with suppress(SyncthingError):
                await unreachable.system.ping()
        Syncthing("key")
        gc.collect()
    asyncio.run(main())

def several_runs():
    "A client works in each `asyncio.run`, and each run leaves no connection open."
    for _ in range(3):
        asyncio.run(ask())
        asyncio.run(fake.until(lambda: fake.connections == 0))
    asyncio.run(client.close())
    try:
        asyncio.run(client.system.status())
    except Exception as error:
        assert "the client is closed" in str(error)
    else:
        raise AssertionError

def several_threads():
    "A client may be used in one thread after another, each with its own loop, as by web servers."
    for _ in range(3):
        in_thread(asyncio.run, ask()).result()

def two_threads_at_once():
    "While another thread uses the client, the error says so; afterwards it works."
    async def hold():
        await ask()
        begun.set_result(None)
        await asyncio.wrap_future(over)
        await ask()

    begun, over = Future(), Future()
    held = in_thread(asyncio.run, hold())
    begun.result()
    for use in (client.system.status, client.close):
        try:
            asyncio.run(use())
        except EventLoopError as error:
            assert "the client belongs to another event loop, which is running in another thread" in str(error)
        else:
            raise AssertionError
    over.set_result(None)
    held.result()
    asyncio.run(ask())

def a_loop_that_is_paused():
    "Other loops may use the client meanwhile; the loop's connections are closed when it continues."
    with asyncio.Runner() as one, asyncio.Runner() as other:
        for runner in (one, other, one, other):
            runner.run(ask())
        assert len(client.api._sessions._own) == 2
        asyncio.run(client.close())
        one.run(fake.until(lambda: fake.connections == 3))
    asyncio.run(fake.until(lambda: fake.connections == 0))

def a_loop_that_was_closed_without_ending_its_generators():
    "It is no obstacle, and only asyncio's own objects are left."
    warnings.filterwarnings("ignore", message="unclosed (transport|<socket)")

    def hastily():
        loop = asyncio.new_event_loop()
        loop.run_until_complete(ask())
        loop.close()

    hastily()
    asyncio.run(ask())
    hastily()
    asyncio.run(client.close())

def a_client_that_is_never_closed():
    "A session that was forgotten in a running loop is reported by aiohttp."
    async def forget():
        global client
        await ask()
        client = None
        gc.collect()
        await asyncio.sleep(0)
    asyncio.run(forget())

def play(*scenarios, **settings):
    global fake, client
    with FakeSyncthing("1.29", **settings) as fake:
        for scenario in scenarios:
            client = fake.client(tls=False) if settings.get("tls") else fake.client()
            scenario()
            client = None
            gc.collect()
"""


def run(scenarios: str) -> None:
    """Run a program that plays scenarios; with all of Python's own checks there must be no warning."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", f"{PROGRAM}\n{scenarios}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.stderr, done.stderr
    assert done.returncode == 0


def test_several_loops() -> None:
    """A client may be used in many ways, in one event loop after another, over TCP, TLS and a Unix socket."""
    with short_folder() as folder:
        run(
            f"""
play(several_runs, tls=True)
play(several_runs, socket={str(folder / "api.sock")!r})
play(all_is_closed, several_runs, several_threads, two_threads_at_once)
play(a_loop_that_is_paused, a_loop_that_was_closed_without_ending_its_generators)
"""
        )
    with pytest.raises(AssertionError, match="Unclosed client session"):
        run("play(a_client_that_is_never_closed)")


def test_connections_of_another_loop_are_not_idle() -> None:
    """A request on a new connection is not repeated because of connections that another loop had left open."""
    with FakeSyncthing("1.29") as fake:
        client = fake.client()
        asyncio.run(client.system.ping())
        fault = fake.respond("rest/config/options", raw=b"", times=None)
        with pytest.raises(ConnectionFailedError):
            asyncio.run(client.api.request("rest/config/options", data={}, method="PATCH"))
        assert fault.hits == 1
        asyncio.run(client.close())


async def test_a_session_that_was_passed_in_belongs_to_one_loop() -> None:
    """It can't be replaced in another loop, so the error names it."""
    async with Server(PONG) as server, aiohttp.ClientSession() as session:
        url = server.url
        client = Syncthing(KEY, url, session=session)
        with pytest.raises(
            EventLoopError, match="the session that was passed in belongs to another event loop, which is r"
        ):
            await asyncio.to_thread(asyncio.run, client.system.status())
        await client.system.ping()
        await asyncio.to_thread(asyncio.run, client.close())  # which does nothing

    async def borrow() -> Syncthing:
        async with aiohttp.ClientSession() as session:
            return Syncthing(KEY, url, session=session)

    client = await asyncio.to_thread(asyncio.run, borrow())
    with pytest.raises(EventLoopError, match="which is closed"):
        await client.system.status()


async def test_a_mock_of_a_session() -> None:
    """A test's mock, which has no event loop, is used as it is."""
    async with Server(PONG) as server, aiohttp.ClientSession() as session:
        mock = SimpleNamespace(connector=session.connector, request=session.request)
        await Syncthing(KEY, server.url, session=cast("aiohttp.ClientSession", mock)).system.ping()


# --- How connections are reused ---


@pytest.mark.parametrize(("idle", "connections"), [(0, 1), (5, 1), (11, 2), (14.9, 2)])
async def test_an_idle_connection_is_dropped_before_the_daemon_does(
    monkeypatch: pytest.MonkeyPatch, idle: float, connections: int
) -> None:
    """Requests share a connection, but it is not reused after 10 idle seconds: the daemon closes it after 15."""
    async with Server(answer=PONG) as server, Syncthing(KEY, server.url) as client:
        await client.system.ping()
        monkeypatch.setattr(aiohttp.connector, "monotonic", lambda: time.monotonic() + idle)
        await client.system.ping()
        assert server.connections == connections


CUT: Final = Answer(raw=b"")
LAST: Final = as_json({"ping": "pong"}, headers={"Connection": "close"}, close=True)
ELEMENT: Final = "rest/config/folders/x"


@pytest.mark.parametrize(
    ("method", "path", "answers", "times"),
    [
        # Reads and changes of the configuration have the same effect twice, so they are sent again, but only once.
        *(
            (method, ELEMENT, [PONG, CUT, last], 2)
            for last in (PONG, CUT)
            for method in ("GET", "PUT", "PATCH", "DELETE")
        ),
        # If no connection was left open, the daemon has not closed an idle one.
        ("PATCH", ELEMENT, [LAST, CUT], 1),
        # The first byte of an answer shows that the connection was not idle.
        *(("PATCH", ELEMENT, [PONG, as_json({}, keep=cut)], 1) for cut in (1, 9, 40)),
        # These may have another effect twice, or close connections themselves, as changes of the GUI's settings do.
        *(("POST", path, [PONG, CUT], 1) for path in ("rest/config/folders", "rest/db/scan", "rest/system/restart")),
        *((method, "rest/config/gui", [PONG, CUT], 1) for method in ("PATCH", "PUT")),
        *((method, path, [PONG, CUT], 1) for method, path in (("PATCH", "rest/of/the/future"), ("PUT", "rest/config"))),
    ],
)
async def test_what_is_repeated(method: str, path: str, answers: list[Answer], times: int) -> None:
    """If a reused connection turns out to be closed, a request is sent again, once, if that has no other effect."""
    async with aiohttp.ClientSession() as shared:
        for session in (None, shared):
            async with Server(*answers) as server, Syncthing(KEY, server.url, session=session) as client:
                await client.system.ping()
                fails = answers[-1] is not PONG
                with pytest.raises(ConnectionFailedError) if fails else nullcontext():
                    await client.api.request(path, data={}, method=method)
                assert [(each.method, each.body) for each in server.requests[1:]] == [(method, b"{}")] * times


async def test_a_repeated_request_has_the_remaining_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both attempts together take no longer than the limit."""
    totals: list[float | None] = []
    monkeypatch.setattr("aiosyncthing.api.Limit", lambda seconds, _: totals.append(seconds) or nullcontext())
    async with Server(PONG, CUT, PONG, PONG) as server, Syncthing(KEY, server.url) as client:
        await client.system.ping()
        await client.api.request("rest/config/folders/x", data={}, method="PATCH")
        await client.system.ping()
    first, before, after, last = totals
    assert first == before == last == 10
    assert after is not None
    assert 0 < after < 10
