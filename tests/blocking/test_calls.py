"""Calls: what they return and raise, in which thread, from which threads, and where they are refused."""

import asyncio
import contextvars
import copy
import linecache
import pickle
import signal
import sys
import threading
import traceback
import weakref
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import anyio
import pytest

from aiosyncthing.blocking import BlockingContext, BlockingIterator, Syncthing
from aiosyncthing.blocking.bridge import Bridge
from aiosyncthing.exceptions import BlockingCallError, ClientClosedError
from pytest_syncthing import FakeSyncthing
from tests.blocking.conftest import Probe, in_threads, portal_threads
from tests.support.waiting import wait_until


class Stop(BaseException):
    """An exception that is not an `Exception`."""


async def echo(value: object) -> object:
    """Return the argument, a moment later."""
    await asyncio.sleep(0)
    return value


async def fail(error: BaseException) -> None:
    """Raise the argument, a moment later."""
    await asyncio.sleep(0)
    raise error


@pytest.mark.parametrize(
    "error", [ValueError("x"), Stop("x"), KeyboardInterrupt("x"), SystemExit(3), StopAsyncIteration()]
)
def test_an_error(probe: Probe, error: BaseException) -> None:
    """A call raises the very error, whatever its kind, with the frames of both threads; the next call works."""
    with pytest.raises(type(error)) as caught:
        probe.run(fail(error))
    assert caught.value is error
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names.index("test_an_error") < names.index("fail")
    assert probe.run(echo(1)) == 1


def test_no_error_keeps_its_frames_alive(probe: Probe) -> None:
    """An error is freed as soon as nothing but its own frames refers to it, without the garbage collector."""

    def call() -> weakref.ref[Stop]:
        error = Stop()
        with suppress(Stop):
            probe.run(fail(error))
        error.__traceback__ = None
        return weakref.ref(error)

    assert call()() is None


def test_context_variables(probe: Probe) -> None:
    """A call sees the context variables of its caller; what it changes stays there. Its result is the very object."""
    variable = contextvars.ContextVar("variable", default="unset")

    async def look() -> str:
        found = variable.get()
        variable.set("changed")
        return found

    variable.set("set")
    assert probe.run(look()) == "set"
    assert variable.get() == "set"
    result = object()
    assert probe.run(echo(result)) is result


def test_one_thread_for_all(fake: FakeSyncthing) -> None:
    """All clients share one thread, which starts with the first request and ends when the last client is closed."""
    first, second = (Syncthing(fake.api_key, fake.url) for _ in range(2))
    assert portal_threads() == []
    first.system.ping()
    (thread,) = portal_threads()
    second.system.ping()
    assert portal_threads() == [thread]
    first.close()
    second.system.ping()
    second.close()
    assert portal_threads() == []


def test_many_threads(client: Syncthing) -> None:
    """Several threads may use one client at once, and each gets its own answers."""

    def ask(number: int) -> bool:
        answers = [client.svc.random_string(10 + number)["random"] for _ in range(25)]
        return {len(answer) for answer in answers} == {10 + number}

    assert in_threads(*(lambda number=number: ask(number) for number in range(8))) == [True] * 8
    assert len(portal_threads()) == 1


def test_closing_while_others_call(fake: FakeSyncthing) -> None:
    """Calls in other threads end at once with an error of this package, and so do later calls."""
    client = Syncthing(fake.api_key, fake.url)
    held = fake.hold("rest/system/status")

    def close() -> None:
        wait_until(lambda: held.hits == 1)
        client.close()

    error, _ = in_threads(client.system.status, close)
    assert isinstance(error, ClientClosedError)
    with pytest.raises(ClientClosedError, match="the client is closed"):
        client.system.ping()
    client.close()
    with Syncthing(fake.api_key, fake.url) as other:
        other.system.ping()
        other.api.close()  # the low-level client alone
        with pytest.raises(ClientClosedError, match="the client is closed"):
            other.system.status()


def test_when_no_thread_can_be_started(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the program is exiting or has too many threads, the error is one of this package; the next call retries."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(BlockingCallError, match=r"can't start the thread.*interpreter shutdown"):
            probe.run(echo(1))
    assert probe.run(echo(1)) == 1


def test_signal_handlers(client: Syncthing) -> None:
    """No call installs a signal handler."""
    before = [signal.getsignal(number) for number in signal.valid_signals()]
    with client.watch():
        assert [signal.getsignal(number) for number in signal.valid_signals()] == before
    assert signal.set_wakeup_fd(-1) == -1


def test_in_an_event_loop(client: Syncthing, fake: FakeSyncthing) -> None:
    """What would block a running loop is refused, and the message says what to use instead; `in_loop` allows it.

    A client that was never used may be closed there, since that starts nothing; one with open connections may not.
    """

    async def main() -> None:
        with Syncthing(fake.api_key, fake.url):
            pass
        assert portal_threads() == []
        await asyncio.to_thread(client.system.ping)
        stream = client.events.stream()
        for call in (client.system.ping, lambda: next(client.events.listen()), stream.__enter__, client.close):
            with pytest.raises(BlockingCallError, match=r"use aiosyncthing\.Syncthing with await"):
                call()
        with Syncthing(fake.api_key, fake.url, in_loop=True) as other:
            assert other.system.version()["version"] == fake.version

    asyncio.run(main())
    client.system.ping()
    client.close()


def test_in_a_notebook(client: Syncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a notebook a loop runs in the thread of the cells, and calls are allowed; in an IPython shell they are not."""
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))

    async def main() -> str:
        return client.system.version()["version"]

    assert asyncio.run(main()).startswith("v")
    shell.kernel = None
    with pytest.raises(BlockingCallError):
        asyncio.run(main())


@pytest.mark.parametrize("in_loop", [False, True])
def test_in_the_portal_itself(probe: Probe, *, in_loop: bool) -> None:
    """A call in the portal's own thread would wait for itself, and is always refused."""
    other = Probe(None, Bridge("Probe", None, in_loop=in_loop))

    async def call() -> None:
        other.run(echo(1))

    with pytest.raises(BlockingCallError, match="would wait for itself"):
        probe.run(call())


def test_in_threads_of_event_loops(client: Syncthing) -> None:
    """A worker thread of an event loop has no loop of its own, so calls are allowed there."""
    assert anyio.run(anyio.to_thread.run_sync, client.system.version)
    assert asyncio.run(asyncio.to_thread(client.system.version))


def test_nothing_can_be_copied(client: Syncthing) -> None:
    """Objects with threads and connections can't be copied or pickled, and the error says what to do."""
    things = [
        client,
        client.database,
        client.events.stream(),
        client.database.iter_need("docs"),
        client.database.edit_ignores("docs"),
        client.watch(),
    ]
    assert isinstance(things[3], BlockingIterator)
    assert isinstance(things[4], BlockingContext)
    for thing in things:
        for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match=f"a {type(thing).__name__} can't be copied or pickled.*create another"):
                attempt(thing)


def test_parts_of_a_client(client: Syncthing, fake: FakeSyncthing) -> None:
    """They are the same objects each time; their properties need no request, and work where calls are refused."""
    assert client.database is client.db
    assert client.api is client.api
    assert repr(client) == repr(client._inner)
    assert repr(client.config) == repr(client._inner.config)
    assert repr(client.watch()).startswith("<aiosyncthing.blocking.Live object")

    client.system.ping()

    async def main() -> None:
        assert (client.url, client.api.timeout, client.api.daemon_version) == (fake.url, 10, fake.version)
        assert (client.events.last_seen_id, client.events.running) == (0, False)

    asyncio.run(main())


def test_debug_mode_is_silent(probe: Probe, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """In asyncio's debug mode nothing is logged, whether calls succeed, fail, or are cancelled."""
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    probe.run(echo(1))
    with pytest.raises(ValueError, match="x"):
        probe.run(fail(ValueError("x")))
    with pytest.raises(ClientClosedError):  # an error of this package
        probe.run(fail(asyncio.CancelledError()))
    probe.close()
    assert [record for record in caplog.records if "took" not in record.message] == []


def test_the_daemon_of_this_computer(tmp_path: Path) -> None:
    """`local` finds a daemon by its home, like the asynchronous one."""
    with FakeSyncthing(home=tmp_path) as fake, Syncthing.local(tmp_path) as client:
        assert client.url == fake.url
        assert client.system.version()["version"] == fake.version
        assert client.api.request("rest/system/ping") == {"ping": "pong"}
        assert (client.api.daemon_id, client.api.changes, client.api.direct) == (fake.device_id, 0, True)
        assert isinstance(client, Syncthing)
        client.wait_ready(10)


def test_a_deprecated_call(client: Syncthing) -> None:
    """The warning comes once, and points to the line of the caller."""
    with pytest.deprecated_call(match=r"use config\.config\(\)") as caught:
        client.system.config()
    assert [linecache.getline(each.filename, each.lineno).strip() for each in caught] == ["client.system.config()"]
