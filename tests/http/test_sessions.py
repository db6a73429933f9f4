"""Who opens and who closes a session, and what becomes of connections that are kept."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import time
from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import aiohttp
import aiohttp.connector
import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import ConnectionFailedError, EventLoopError, SyncthingError, UnauthorizedError
from pytest_syncthing import FakeSyncthing
from tests.support.peers import short_folder
from tests.support.server import Answer, Request, Server, as_json, as_text
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

KEY: Final = "a-key-that-nobody-may-see"
PONG: Final = as_json({"ping": "pong"})


def run(program: str) -> str:
    """Run a program with all of Python's own checks, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", textwrap.dedent(program)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.stderr, done.stderr
    assert done.returncode == 0
    return done.stdout


# --- Whose session it is ---


def test_a_client_can_be_made_without_a_loop() -> None:
    """Making a client opens nothing and asks for no event loop, also when one is passed."""
    for loop in (None, object()):
        client = Syncthing(KEY, loop=loop)
        assert client.api._sessions._current is None
        # In the loop that it is used in at last, it works.
        assert asyncio.run(_use(client)) == "/rest/system/ping"


async def _use(client: Syncthing) -> str:
    async with Server(PONG) as server, client:
        client.api._destinations.base = server.url
        await client.system.ping()
        return server.request.target


async def test_nothing_is_opened_before_the_first_request() -> None:
    """A client that sends nothing opens no session, also not when it is closed."""
    async with Syncthing(KEY) as client:
        assert client.api._sessions._current is None
    assert client.api._sessions._current is None


async def test_an_own_session_is_closed() -> None:
    """A session that the client made is closed with it, and its connections are."""
    async with Server(PONG) as server:
        async with Syncthing(KEY, server.url) as client:
            await client.system.ping()
            session = client.api._sessions._current
            assert session is not None
            assert server.open == 1
        assert session.closed
        await server.until(lambda: server.open == 0)


@pytest.mark.parametrize("fail", [False, True])
async def test_a_borrowed_session_stays_open(fail: bool) -> None:
    """A session that was passed in is used and never closed, whatever happens."""
    async with Server(as_text("Forbidden", 403) if fail else PONG, PONG) as server, aiohttp.ClientSession() as session:
        async with Syncthing(KEY, server.url, session=session) as client:
            if fail:
                with pytest.raises(UnauthorizedError):
                    await client.system.status()
            else:
                await client.system.ping()
        await client.close()
        assert not session.closed
        async with session.get(f"{server.url}/mine") as response:
            assert response.status == 200
        assert server.connections == 1


async def test_two_clients_share_a_session() -> None:
    """Clients of several daemons may use one session; each sends its own key."""
    async with Server(PONG, PONG) as server, aiohttp.ClientSession() as session:
        for key in ("first-key", "second-key"):
            await Syncthing(key, server.url, session=session).system.ping()
        assert [request.header("X-API-Key") for request in server.requests] == ["first-key", "second-key"]


async def test_the_settings_of_a_borrowed_session() -> None:
    """A session that raises errors of its own, which hold the key, or that has another key, does no harm."""
    options: dict[str, Any] = {"raise_for_status": True, "headers": {"X-API-Key": "another", "X-Mine": "1"}}
    async with Server(as_text("CSRF Error", 403), PONG) as server, aiohttp.ClientSession(**options) as session:
        client = Syncthing(KEY, server.url, session=session)
        with pytest.raises(UnauthorizedError) as caught:
            await client.system.status()
        cause = caught.value.__cause__
        assert isinstance(cause, aiohttp.ClientResponseError)
        assert not cause.request_info.headers
        await client.system.ping()
        assert [request.header("X-API-Key") for request in server.requests] == [KEY, KEY]
        assert server.requests[0].header("X-Mine") == "1"


async def test_closing_twice() -> None:
    """Closing again, also at the same time, does nothing."""
    async with Server(PONG) as server:
        client = Syncthing(KEY, server.url)
        await client.system.ping()
        await asyncio.gather(client.close(), client.close())
        await client.close()
        async with client:
            pass


@pytest.mark.parametrize("download", [True, False])
async def test_closing_ends_what_is_under_way(download: bool) -> None:
    """A request whose answer arrives when the client is closed ends at once, rather than by its time-out."""
    answer = Answer(bytes(1000), content_type="application/zip", pause=500, resume=asyncio.Event())
    async with Server(answer) as server:
        client = Syncthing(KEY, server.url, timeout=None)
        task = asyncio.create_task(client.debug.support_bundle(BytesIO()) if download else _bundle(client))

        async def arrives() -> bool:
            return bool(client.api._sessions.arriving)

        await until(arrives)
        await client.close()
        with pytest.raises(ConnectionFailedError, match="the client was closed"):
            await asyncio.wait_for(task, 5)


async def _bundle(client: Syncthing) -> int:
    return len(await client.api.request("rest/debug/support"))


async def test_a_closed_client_stays_closed() -> None:
    """A request after closing is refused, rather than opening a session that nobody closes."""
    client = Syncthing(KEY)
    await client.close()
    for _ in range(2):
        with pytest.raises(SyncthingError, match="the client is closed"):
            await client.system.status()
    assert client.api._sessions._current is None


def test_no_resource_warnings() -> None:
    """A client used as it should be leaves nothing for the garbage collector to complain of, in any order of events."""
    assert "done" in run(
        """
        import asyncio, gc
        from aiosyncthing import Syncthing

        async def serve(reader, writer):
            try:
                await reader.readuntil(b"\\r\\n\\r\\n")
                body = b'{"ping": "pong"}'
                head = b"HTTP/1.1 200 OK\\r\\nX-Syncthing-Id: X\\r\\nContent-Type: application/json\\r\\n"
                writer.write(head + b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
                await reader.read()
            finally:
                writer.close()

        async def main():
            asyncio.get_running_loop().slow_callback_duration = 60  # a machine that is busy is no matter
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            url = "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
            async with Syncthing("key", url) as client:
                await client.system.ping()
            client = Syncthing("key", url)
            await asyncio.gather(*(client.system.ping() for _ in range(5)))
            await client.close()
            async with Syncthing("key", "http://127.0.0.1:9") as client:
                try:
                    await client.system.ping()
                except Exception:
                    pass
            Syncthing("key")
            del client
            gc.collect()
            server.close()
            await server.wait_closed()

        asyncio.run(main())
        gc.collect()
        print("done")
        """
    )


# --- Event loops ---

IN_LOOPS: Final = """
    import asyncio, gc, logging, threading
    from concurrent.futures import Future
    from aiosyncthing.exceptions import EventLoopError
    from pytest_syncthing import FakeSyncthing

    logging.getLogger("asyncio").setLevel(logging.ERROR)  # a machine that is busy is no matter

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

    fake = FakeSyncthing("1.29", {settings})
    fake.start()
    client = fake.client(tls=False) if fake.url.startswith("https") else fake.client()
"""


def run_in_loops(program: str, settings: str = "") -> None:
    """Run a program in which `client` is used in several event loops; nothing may be left for Python to warn of."""
    begin = textwrap.dedent(IN_LOOPS).replace("{settings}", settings)
    run(f"{begin}\n{textwrap.dedent(program)}\nclient = None; gc.collect(); fake.stop()")


@pytest.mark.parametrize("settings", ["", "tls=True"])
def test_one_client_for_several_runs(settings: str) -> None:
    """A client of a whole module works in each `asyncio.run`, and each leaves no connection open."""
    run_in_loops(
        """
        for _ in range(3):
            asyncio.run(ask())
            asyncio.run(fake.until(lambda: fake.connections == 0))
        asyncio.run(client.close())
        try:
            asyncio.run(client.system.status())
        except Exception as error:
            assert "the client is closed" in str(error)
        """,
        settings,
    )


def test_one_client_for_several_runs_through_a_socket() -> None:
    """The same through a Unix socket."""
    with short_folder() as folder:
        run_in_loops("for _ in range(3): asyncio.run(ask())", f"socket={str(folder / 'api.sock')!r}")


def test_one_client_for_several_threads() -> None:
    """A client may be used in one thread after the other, each with its own loop, as web servers do."""
    run_in_loops("for _ in range(3): in_thread(asyncio.run, ask()).result()")


def test_two_threads_at_once() -> None:
    """While the client is in use in another thread, the error says so; afterwards it works."""
    run_in_loops(
        """
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
        """
    )


def test_a_loop_that_is_stopped() -> None:
    """A loop that stands still can't keep the client for itself; its connections are closed when it goes on."""
    run_in_loops(
        """
        with asyncio.Runner() as one, asyncio.Runner() as other:
            for runner in (one, other, one, other):
                runner.run(ask())
            assert len(client.api._sessions._own) == 2
            asyncio.run(client.close())
            one.run(fake.until(lambda: fake.connections == 3))
        asyncio.run(fake.until(lambda: fake.connections == 0))
        """
    )


def test_a_loop_that_was_closed_in_haste() -> None:
    """A loop that was closed without the ends of its generators is no obstacle; only asyncio's own part is left."""
    run_in_loops(
        """
        import warnings
        warnings.filterwarnings("ignore", message="unclosed (transport|<socket)")

        def in_haste():
            loop = asyncio.new_event_loop()
            loop.run_until_complete(ask())
            loop.close()

        in_haste()
        asyncio.run(ask())
        in_haste()
        asyncio.run(client.close())
        """
    )


def test_every_session_is_closed() -> None:
    """Those of a loop that is closed, of one that stands still, and that of the present one."""
    with FakeSyncthing("1.29") as fake:
        client = fake.client()
        asyncio.run(client.system.ping())
        with asyncio.Runner() as standing:
            standing.run(client.system.ping())

            async def close() -> None:
                await client.system.ping()
                with pytest.raises(EventLoopError, match="the client belongs to another event loop, which is running"):
                    await asyncio.to_thread(asyncio.run, client.close())
                await client.close()
                await fake.until(lambda: fake.connections == 1)

            asyncio.run(close())
            standing.run(fake.until(lambda: fake.connections == 0))


async def test_a_borrowed_session_in_another_loop() -> None:
    """A session that was passed in can't be replaced: in another loop, the error says whose session it is."""
    async with Server(PONG) as server, aiohttp.ClientSession() as session:
        url = server.url
        client = Syncthing(KEY, url, session=session)
        with pytest.raises(
            EventLoopError, match="the session that was passed in belongs to another event loop, which is r"
        ):
            await asyncio.to_thread(asyncio.run, client.system.status())
        await client.system.ping()
        await asyncio.to_thread(asyncio.run, client.close())  # does nothing, as ever

    async def borrow() -> Syncthing:
        async with aiohttp.ClientSession() as session:
            return Syncthing(KEY, url, session=session)

    client = await asyncio.to_thread(asyncio.run, borrow())
    with pytest.raises(EventLoopError, match="which is closed"):
        await client.system.status()


async def test_a_stand_in_for_a_session() -> None:
    """A stand-in of a test, which knows of no loop, is used as it is."""
    async with Server(PONG) as server, aiohttp.ClientSession() as session:
        stand_in = SimpleNamespace(connector=session.connector, request=session.request)
        await Syncthing(KEY, server.url, session=cast("aiohttp.ClientSession", stand_in)).system.ping()


def test_a_client_that_is_never_closed() -> None:
    """One that was forgotten in a running loop is reported by aiohttp, as ever."""
    with pytest.raises(AssertionError, match="Unclosed client session"):
        run_in_loops(
            """
            async def forget():
                global client
                await ask()
                client = None
                gc.collect()
                await asyncio.sleep(0)
            asyncio.run(forget())
            """
        )


# --- Connections that are kept ---


async def test_a_connection_is_used_again() -> None:
    """Requests after each other share a connection."""
    async with Server(answer=lambda _: PONG) as server, Syncthing(KEY, server.url) as client:
        for _ in range(5):
            await client.system.ping()
        assert server.connections == 1


@pytest.mark.parametrize(("idle", "connections"), [(5, 1), (11, 2), (14.9, 2)])
async def test_an_idle_connection_is_dropped_before_the_daemon_does(
    monkeypatch: pytest.MonkeyPatch, idle: float, connections: int
) -> None:
    """A connection that was idle for more than 10 s is not used again: the daemon closes it after 15 s."""
    async with Server(answer=lambda _: PONG) as server, Syncthing(KEY, server.url) as client:
        await client.system.ping()
        monkeypatch.setattr(aiohttp.connector, "monotonic", lambda: time.monotonic() + idle)
        await client.system.ping()
        assert server.connections == connections


def _drop(*numbers: int) -> Callable[[Request], Answer]:
    """Answer, but close the connection without a word when requests of these numbers, from 1, come."""
    count = 0

    def answer(_: Request) -> Answer:
        nonlocal count
        count += 1
        return Answer(raw=b"") if count in numbers else PONG

    return answer


async def test_a_read_is_repeated_once() -> None:
    """When a kept connection turns out to be dead, a read is sent again on a new one."""
    async with Server(answer=_drop(2)) as server, Syncthing(KEY, server.url) as client:
        await client.system.ping()
        await client.system.ping()
        assert [request.connection for request in server.requests] == [1, 1, 2]


async def test_a_read_is_repeated_only_once() -> None:
    """When the next connection is closed without a word too, that is an error."""
    async with Server(answer=_drop(2, 3)) as server, Syncthing(KEY, server.url) as client:
        await client.system.ping()
        with pytest.raises(ConnectionFailedError):
            await client.system.status()
        assert len(server.requests) == 3


@pytest.mark.parametrize("borrowed", [False, True])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_change_of_the_configuration_is_repeated_once(method: str, borrowed: bool) -> None:
    """What has the same effect when it is repeated is sent again, like a read: the daemon has closed the connection."""
    session = aiohttp.ClientSession() if borrowed else None
    async with Server(answer=_drop(2)) as server, Syncthing(KEY, server.url, session=session) as client:
        await client.system.ping()
        await client.api.request("rest/config/folders/x", data={}, method=method)
        assert [request.connection for request in server.requests] == [1, 1, 2]
        assert [(request.method, request.body) for request in server.requests[1:]] == [(method, b"{}")] * 2
    if session is not None:
        await session.close()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_change_of_the_configuration_is_repeated_only_once(method: str) -> None:
    """When the next connection is closed without a word too, that is an error: nothing is sent three times."""
    async with Server(answer=_drop(2, 3)) as server, Syncthing(KEY, server.url) as client:
        await client.system.ping()
        with pytest.raises(ConnectionFailedError):
            await client.api.request("rest/config/folders/x", data={}, method=method)
        assert [request.method for request in server.requests] == ["GET", method, method]


@pytest.mark.parametrize("after_another", [False, True])
async def test_a_new_connection_that_ends_is_an_error(after_another: bool) -> None:
    """Where no connection was left open, it was not the daemon that closed an idle one: nothing is repeated."""
    last = as_json({"ping": "pong"}, headers={"Connection": "close"}, close=True)
    async with Server(*[last] * after_another, Answer(raw=b"")) as server, Syncthing(KEY, server.url) as client:
        if after_another:
            await client.system.ping()
        with pytest.raises(ConnectionFailedError):
            await client.api.request("rest/config/folders/x", data={}, method="PATCH")
        assert server.requests[-1].method == "PATCH"


@pytest.mark.parametrize("cut", [1, 9, 40])
async def test_an_answer_that_began_is_no_idle_connection(cut: int) -> None:
    """After the first byte of an answer, a change is not repeated."""
    async with Server(PONG, as_json({}, keep=cut)) as server, Syncthing(KEY, server.url) as client:
        await client.system.ping()
        with pytest.raises(ConnectionFailedError):
            await client.api.request("rest/config/folders/x", data={}, method="PATCH")
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "rest/config/folders"),
        ("POST", "rest/db/scan"),
        ("POST", "rest/system/restart"),
        ("POST", "rest/system/reset"),
        ("POST", "rest/system/upgrade"),
        ("PATCH", "rest/of/the/future"),
    ],
)
async def test_what_has_effects_is_never_repeated(method: str, path: str) -> None:
    """What is not the same when it is done twice is sent once: nobody knows whether the daemon has done it."""
    async with Server(answer=_drop(2)) as server, Syncthing(KEY, server.url) as client:
        await client.system.ping()
        with pytest.raises(ConnectionFailedError):
            await client.api.request(path, data={}, method=method)
        assert [request.method for request in server.requests] == ["GET", method]
