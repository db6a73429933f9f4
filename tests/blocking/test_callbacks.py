"""Callbacks: in which thread they are called, what they may do, and how their errors propagate."""

import threading
import traceback
from typing import Any

import pytest

from aiosyncthing.blocking import Syncthing
from aiosyncthing.blocking.calls import Call
from aiosyncthing.exceptions import BlockingCallError, ClientClosedError, SyncthingError, WaitTimeoutError
from aiosyncthing.types import PauseState
from pytest_syncthing import FakeSyncthing
from tests.blocking.conftest import in_threads
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("docs")


def test_progress(client: Syncthing, fake: FakeSyncthing) -> None:
    """Progress is reported in the thread of the caller, which may use the client for that; the last is the result."""
    seen: list[Any] = []

    def note(progress: Any) -> None:
        seen.append((progress, threading.current_thread(), client.system.ping()))

    fake.advance(60)
    result = client.wait_in_sync("docs", on_progress=note)
    assert seen[-1] == (result, threading.current_thread(), None)


def test_what_ends_a_wait(client: Syncthing) -> None:
    """An exception of a callback is raised unchanged, with its frames; a time limit's error has the progress.

    A callback may close the client that calls it, even if it is the last one.
    """
    error = ValueError("x")

    def fail(_: object) -> None:
        raise error

    with pytest.raises(ValueError, match="x") as caught:
        client.wait_in_sync("docs", on_progress=fail)
    assert caught.value is error
    assert "fail" in [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    with pytest.raises(WaitTimeoutError) as too_late:
        client.wait_in_sync("docs", stable_for=60, timeout=0.5)
    assert too_late.value.progress is not None
    with pytest.raises(ClientClosedError, match="the client was closed during the call"):
        client.wait_in_sync("docs", on_progress=lambda _: client.close())


def test_around_a_block(client: Syncthing, fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block calls its callback in the thread that enters and leaves it, and waits for it, also if it waits late."""
    wait_for = Call.wait_for

    def wait_late(call: Call[object], *args: Any) -> None:
        wait_until(lambda: call.done or call._callbacks)
        wait_for(call, *args)

    monkeypatch.setattr(Call, "wait_for", wait_late)
    seen: list[tuple[PauseState, threading.Thread, bool]] = []

    def save(state: PauseState) -> None:
        seen.append((state, threading.current_thread(), fake.config["folders"][0]["paused"]))

    with client.paused("docs", save=save) as pause:
        assert "docs" in repr(pause)
        assert seen == [(pause.state, threading.current_thread(), False)]
        assert client.config.folders("docs")["paused"]
    assert not client.config.folders("docs")["paused"]
    fake.advance(60)
    with client.at_rest("docs", save=save, timeout=60) as path:
        assert path
        assert client.config.folders("docs")["paused"]
    assert not client.config.folders("docs")["paused"]
    assert [thread for _, thread, _ in seen] == [threading.current_thread()] * 4


def test_when_no_thread_waits(client: Syncthing) -> None:
    """If another thread closes the client, the callback runs in a new thread, so that nothing hangs."""
    seen: list[str] = []
    pause = client.paused("docs", save=lambda _: seen.append(threading.current_thread().name))
    pause.__enter__()
    in_threads(client.close)
    assert seen[0] == threading.current_thread().name
    assert len(seen) == 2
    assert seen[1] not in {seen[0], "aiosyncthing-blocking"}
    with pytest.raises(ClientClosedError):
        pause.__exit__(None, None, None)


def test_in_the_thread_of_the_loop(client: Syncthing, fake: FakeSyncthing) -> None:
    """A predicate of an event stream is called in the portal's thread, and must not use a blocking client."""
    errors: list[BlockingCallError] = []

    def is_transient(_: SyncthingError) -> bool:
        try:
            client.system.ping()
        except BlockingCallError as error:
            errors.append(error)
        return True

    fake.stop_daemon()
    with client.events.stream(is_transient=is_transient) as stream:
        assert next(stream)["type"] == "StreamDown"
        assert stream.error is not None
    assert "would wait for itself" in str(errors[0])
