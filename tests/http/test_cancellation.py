"""Every public operation leaves the calling task unchanged, however it ends and whenever it is cancelled."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from aiosyncthing import CertificateFile, Daemon, Syncthing
from aiosyncthing._routes import find_route
from aiosyncthing.exceptions import SyncthingError, WaitTimeoutError
from pytest_syncthing import FakeSyncthing
from tests.support.calls import CALLS, KEY, Call, results
from tests.support.cancelling import cancel_everywhere, cancel_once, leaves_no_trace
from tests.support.processes import children
from tests.support.server import Answer, Server, as_json, as_text
from tests.support.synced import connections_in_use

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    Operation = Callable[["Given"], Coroutine[Any, Any, None]]

OPERATIONS: Final[list[Operation]] = []


def kind(call: Call) -> object:
    """Return the method of a call with several requests, and otherwise the kind of its answer."""
    method, path = call.request.partition("?")[0].split()
    route = find_route(method, path[1:])
    return call.name if call.before or route is None else route.answer


# Of each kind, the call with the most requests: all requests are sent by the same method.
METHODS: Final = list({kind(call): call for call in sorted(CALLS, key=lambda call: len(call.requests))}.values())


@pytest.fixture(autouse=True)
def no_pause_after_gui_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Don't wait for the daemon to restart its listener, which no server here does."""
    monkeypatch.setattr("aiosyncthing.config.gui_changes._ENDING", 0)


def serving(call: Call) -> Server:
    """Return a server that answers a call any number of times."""
    answers = {**dict(call.before), call.request: call.answer}
    return Server(answer=lambda request: answers.get(str(request), as_json({})))


# --- Single requests ---


@pytest.mark.parametrize("call", METHODS, ids=lambda call: call.name)
async def test_cancelling_a_method(call: Call) -> None:
    """Cancelled at any point, a method ends with one cancellation and leaves nothing behind; the client still works."""
    async with serving(call) as server, Syncthing(KEY, server.url) as client:

        async def look() -> None:
            assert connections_in_use(client) == 0

        assert await cancel_everywhere(lambda: results(client, call), after=look)
        result = await leaves_no_trace(lambda: results(client, call))
        if len(set(call.requests)) == len(call.requests):
            assert result == call.result


@pytest.mark.parametrize(
    "answer",
    [
        as_text("the database is closed", 500),
        Answer(raw=b""),
        Answer(b"[1, 2", content_type="application/json", headers={"Content-Length": "20"}, close=True),
        Answer(after=asyncio.Event()),
    ],
    ids=["error", "lost", "cut short", "late"],
)
@pytest.mark.parametrize("ending", [False, True])
async def test_a_method_that_fails(answer: Answer, ending: bool) -> None:
    """However a request fails, the calling task is unchanged, even one that is being cancelled."""
    async with Server(answer=answer) as server, Syncthing(KEY, server.url) as client:
        for call in METHODS:
            outcome = await leaves_no_trace(partial(results, client, call, timeout=0.01), ending=ending)
            # A daemon may exit before it has answered that it restarts or upgrades itself.
            assert isinstance(outcome, SyncthingError) or call.name in {"system.restart", "system.upgrade"}, call
        assert connections_in_use(client) == 0


async def test_cancelling_while_the_time_is_up() -> None:
    """A cancellation at the moment of a time-out is not lost."""
    async with Server(answer=Answer(after=asyncio.Event())) as server, Syncthing(KEY, server.url) as client:
        for timeout in (0.001, 0.002, 0.005):
            await cancel_everywhere(partial(client.system.status, timeout=timeout))


# --- Operations that consist of several requests ---


def operation(function: Operation) -> Operation:
    """Register an operation."""
    OPERATIONS.append(function)
    return function


class Given(NamedTuple):
    """What operations use."""

    client: Syncthing
    fake: FakeSyncthing
    folder: Path


@operation
async def _streaming(given: Given) -> None:
    async with given.client.events.stream(since="history") as stream:
        async for item in stream:
            if item["type"] == "StartupComplete":
                break


@operation
async def _listening(given: Given) -> None:
    async with aclosing(given.client.events.listen()) as events:
        async for _ in events:
            break


@operation
async def _mirroring(given: Given) -> None:
    async with given.client.watch() as live:
        await live.until(lambda live: live.folders["docs"].state == "idle", 60)
        async with aclosing(live.changes()) as changes:
            given.fake.set_folder("docs", label=f"{live.folders['docs'].label}+")
            await anext(changes)
        with pytest.raises(WaitTimeoutError):
            await live.until(lambda _: False, 0.01)


@operation
async def _waiting_until_ready(given: Given) -> None:
    await given.client.wait_ready(60)


@operation
async def _waiting_until_in_sync(given: Given) -> None:
    await given.client.wait_in_sync("docs", [], timeout=60)


@operation
async def _downloading(given: Given) -> None:
    target = given.folder / "bundle.zip"
    await given.client.debug.support_bundle(target)
    target.unlink()


@operation
async def _pinning(given: Given) -> None:
    url = given.fake.url.replace("http:", "https:")
    async with Syncthing(given.fake.api_key, url, tls=CertificateFile(given.fake.home / "https-cert.pem")) as client:
        await client.system.ping()


@operation
async def _discovering(given: Given) -> None:
    async with await asyncio.to_thread(Syncthing.local, given.fake.home) as client:
        await client.system.ping()


@operation
async def _closing(given: Given) -> None:
    async with given.fake.client() as client, asyncio.TaskGroup() as group:
        poll = group.create_task(_refused(client.events.poll(10**6)))
        await client.system.ping()
        await client.close()
        await poll


async def _refused(request: Coroutine[Any, Any, object]) -> None:
    with suppress(SyncthingError):
        await request


@pytest.fixture
async def given(tmp_path: Path) -> AsyncIterator[Given]:
    """Run a fake with two folders, one of them paused."""
    with FakeSyncthing("1.29", home=tmp_path / "home") as fake:
        fake.set_gui(debugging=True)
        fake.add_folder("docs", files={"a": b"a"})
        fake.add_folder("paused", paused=True)
        folder = tmp_path / "downloads"
        folder.mkdir()
        async with fake.client() as client:
            yield Given(client, fake, folder)


@pytest.mark.parametrize("work", OPERATIONS, ids=lambda work: work.__name__.strip("_"))
async def test_an_operation(given: Given, work: Operation) -> None:
    """Done to its end or cancelled at any point, an operation leaves the calling task unchanged, and nothing behind."""

    async def look() -> None:
        assert connections_in_use(given.client) == 0
        assert not list(given.folder.iterdir())

    for ending in (False, True):
        assert await leaves_no_trace(partial(work, given), ending=ending) is None
    assert await cancel_everywhere(partial(work, given), after=look)
    await given.client.system.ping()
    await given.client.close()
    await given.fake.until(lambda: given.fake.connections == 0)


# --- A real daemon ---


async def test_cancelling_a_daemon(newest_syncthing: Path) -> None:
    """Cancelled at any time, a launcher leaves no process behind, or a daemon that can still be stopped."""
    daemon = Daemon(binary=newest_syncthing, stop_timeout=5)
    for what in ("start", "restart", "stop", "kill"):
        if what != "start":
            await daemon.start()
        await cancel_once(getattr(daemon, what), 2, "when done")
        await daemon.stop()
        assert daemon.pid is None, what
        assert not children(), what


# --- Ctrl-C ---

INTERRUPTED: Final = """
import asyncio, sys, traceback
from contextlib import suppress
from aiosyncthing import Syncthing, SyncthingError

async def failing(client):
    async with Syncthing("key", "http://127.0.0.1:1") as unreachable:
        with suppress(SyncthingError):
            await unreachable.system.status()
        with suppress(SyncthingError):
            await unreachable.wait_ready(0.1)
        async with unreachable.events.stream() as stream:
            assert (await anext(stream))["type"] == "StreamDown"
    with suppress(SyncthingError):
        await client.events.poll(10**6, timeout=0)
    with suppress(SyncthingError):
        await client.system.status(timeout=0.0001)
    with suppress(SyncthingError):
        await client.wait_in_sync("paused", [])
    with suppress(SyncthingError):
        await client.wait_in_sync("docs", [], stable_for=60, timeout=0.1)
    async with client.watch() as live:
        with suppress(SyncthingError):
            await live.until(lambda _: False, 0.1)
    await client.events.poll(10**6)

async def streaming(client):
    async with client.events.stream() as stream:
        async for _ in stream:
            pass

async def listening(client):
    async for _ in client.events.listen():
        pass

async def mirroring(client):
    async with client.watch() as live:
        await live.until(lambda _: False)

async def waiting(client):
    await client.wait_in_sync("docs", [], stable_for=3600)

async def main(work):
    async with Syncthing(*sys.argv[1:]) as client:
        await work(client)

for work in (failing, streaming, listening, mirroring, waiting):
    input()
    try:
        asyncio.run(main(work))
    except KeyboardInterrupt:
        print(traceback.format_exc().count("Traceback"), flush=True)
"""


async def test_ctrl_c(given: Given) -> None:
    """Ctrl-C raises KeyboardInterrupt during any operation, even after others have failed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "dev", "-W", "error", "-c", INTERRUPTED, given.fake.api_key, given.fake.url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    for work in ("failing", "streaming", "listening", "mirroring", "waiting"):
        before = len(given.fake.requests)
        polling = "timeout=60" if work == "failing" else "rest/events"

        def is_there(before: int = before, polling: str = polling) -> bool:
            asked = given.fake.requests[before:]
            return given.fake.polls_waiting > 0 and any(polling in request.target for request in asked)

        process.stdin.write(b"\n")
        await given.fake.until(is_there, 60)
        process.send_signal(signal.SIGINT)
        # With the cancellation that it comes from, and no more.
        assert await process.stdout.readline() in {b"1\n", b"2\n", b"3\n"}, work
        await given.fake.until(lambda: not given.fake.polls_waiting)
    await process.communicate()
    assert process.returncode == 0
