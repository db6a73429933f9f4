"""The event stream: it yields what the asynchronous one yields."""

import gc
from collections.abc import AsyncGenerator

import pytest

from aiosyncthing.blocking import Syncthing
from aiosyncthing.exceptions import UnauthorizedError
from pytest_syncthing import FakeSyncthing
from tests.blocking.conftest import Probe, in_threads
from tests.support.waiting import wait_until


def test_disturbances(client: Syncthing, fake: FakeSyncthing) -> None:
    """It survives a restart of the daemon and reports what was lost, each in its place."""
    with client.events.stream({"ConfigSaved"}) as stream:
        fake.emit("ConfigSaved")
        assert next(stream)["type"] == "ConfigSaved"
        fake.stop_daemon()
        assert next(stream)["type"] == "StreamDown"
        assert stream.error is not None
        fake.start_daemon()
        kinds: list[str] = []
        while "EventsLost" not in kinds:
            kinds.append(next(stream)["type"])
        assert stream.error is None
        assert [kind for kind in kinds if kind != "ConfigSaved"] == ["StreamUp", "EventsLost"]
        fake.emit("ConfigSaved")
        while next(stream)["type"] != "ConfigSaved":
            pass


def test_resuming(client: Syncthing, fake: FakeSyncthing) -> None:
    """A stream continues where another one has ended; it needs no ``with``, and any thread may end it."""
    with client.events.stream() as stream:
        fake.emit("ConfigSaved", count=3)
        first = next(stream)
        cursor = stream.cursor
    stream = client.events.stream(since=cursor)
    second = next(stream)
    assert (first["type"], second["type"]) == ("ConfigSaved", "ConfigSaved")
    assert (second["id"] or 0) == (first["id"] or 0) + 1
    stream.close()
    assert [*stream] == []
    assert fake.polls_waiting == 0
    with client.events.stream() as stream:

        def stop() -> None:
            wait_until(lambda: fake.polls_waiting)
            stream.stop()  # from another thread

        assert in_threads(lambda: [*stream], stop) == [[], None]


def test_one_that_is_refused(fake: FakeSyncthing) -> None:
    """An error at the start is raised, and nothing is left to close."""
    with Syncthing("wrong", fake.url) as client:
        with pytest.raises(UnauthorizedError):
            client.events.stream().__enter__()
        with pytest.raises(UnauthorizedError):
            next(client.events.stream())
        gc.collect()  # would warn of a stream that is left open


def test_many_items(probe: Probe) -> None:
    """Consumed items are not kept. `bench_blocking.py` reads 100,000 events and measures memory."""

    async def numbers() -> AsyncGenerator[int]:
        for number in range(1500):
            yield number

    before = 0
    with probe._iterate(numbers()) as found:
        for expected, number in enumerate(found):
            assert number == expected
            if number == 500:
                gc.collect()  # cycles that are garbage already, some of them of earlier tests, don't count
                before = len(gc.get_objects())
        gc.collect()
        assert len(gc.get_objects()) < before + 200
