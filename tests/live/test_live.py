"""The live mirror: what it shows at the beginning and to its consumers, how it fails, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    EventLoopError,
    InvalidResponseError,
    NotFoundError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
    WaitTimeoutError,
)
from aiosyncthing.live import Change, Live, updating as live_module
from pytest_syncthing import FakeSyncthing
from tests.support.server import DAEMON_ID
from tests.support.synced import (
    REFUSED,
    UNAVAILABLE,
    asked,
    connections_in_use,
    docs,
    heard,
    left,
    requested,
    settled,
    synced,
    watching,
)
from tests.support.values import OTHER

# --- The beginning ---


async def test_everything_is_known_at_the_beginning(fake: FakeSyncthing) -> None:
    """The answer to each question is there."""
    async with watching(fake) as live:
        async with fake.client() as client:
            summary = await client.database.status("docs")
            completion = await client.database.completion("docs", OTHER)
        assert live.connected
        assert live.settled
        assert live.folders["docs"].state == "idle"
        assert live.folders["docs"].summary == summary
        assert live.folders["docs"].completion == {OTHER: completion}
        assert live.devices[OTHER].connected
        assert live.devices[OTHER].last_seen is not None


async def test_an_event_between_subscribing_and_asking(fake: FakeSyncthing) -> None:
    """The subscription comes first, so what happens while the first answers are on their way is applied after them."""
    held = fake.hold("rest/config", made=True)

    async def happen() -> None:
        await requested(fake, "config")
        assert asked(fake)["events"], "the subscription comes first"
        fake.set_folder("docs", label="new")
        held.release()

    async with asyncio.TaskGroup() as group:
        group.create_task(happen())
        async with watching(fake) as live:
            await live.until(lambda live: live.folders["docs"].label == "new", timeout=10)
            assert asked(fake)["config"] == 1


async def test_an_answer_older_than_an_event(fake: FakeSyncthing) -> None:
    """An outdated answer is dropped, and the question is asked again."""
    held = fake.hold("rest/db/completion", made=True)

    async def happen() -> None:
        await requested(fake, "db/completion")
        docs(fake).write({"b.txt": b"12"})
        await heard(fake)
        held.release()

    async with asyncio.TaskGroup() as group:
        group.create_task(happen())
        async with watching(fake) as live:
            assert live.folders["docs"].completion[OTHER]["needItems"] == 1
            assert asked(fake)["db/completion"] == 2


@pytest.mark.parametrize(
    ("happen", "error"),
    [
        *(
            (lambda fake, path=path: fake.respond(f"rest/{path}", **REFUSED), UnauthorizedError)
            for path in ("events", "config", "db/status", "stats/device")
        ),
        (lambda fake: fake.stop_daemon(), ConnectionFailedError),
        (lambda fake: fake.respond("rest/config", **UNAVAILABLE), ServerError),
        # 404 means "not running" only in answers about a folder.
        (lambda fake: fake.respond("rest/system/connections", status=404, text="404 page not found"), NotFoundError),
    ],
    ids=["events", "config", "status", "statistics", "down", "proxy", "missing path"],
)
async def test_entering_fails(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], error: type[Exception]
) -> None:
    """A refusal or an outage is raised, and leaves nothing behind. To wait for a daemon, there is `wait_ready`."""
    happen(fake)
    with pytest.raises(error):
        async with watching(fake):
            pytest.fail("it must not be entered")


# --- Without a block ---


async def test_start_and_stop(fake: FakeSyncthing) -> None:
    """They do what a block does; to stop it again, or what was never started, does nothing."""
    async with fake.client() as client:
        never = client.watch()
        await never.stop()
        live = await never.start()
        assert live is never
        assert live.folders["docs"].in_sync
        with pytest.raises(SyncthingError, match="only once"):
            await live.start()
        await heard(fake)
        begun = time.monotonic()
        await asyncio.gather(live.stop(), live.stop())
        await live.stop()
        assert time.monotonic() - begun < 0.5  # the poll that waits for an event is ended
        assert await all_of(live) == []
        with pytest.raises(SyncthingError, match="only once"):
            await live.start()
        assert connections_in_use(client) == 0
    await left(fake)


@pytest.mark.parametrize("path", ["events", "config", "db/status"])
async def test_stopped_while_it_starts(fake: FakeSyncthing, path: str) -> None:
    """If it is stopped meanwhile, the start raises, and nothing is left behind."""
    held = fake.hold(f"rest/{path}", times=None)
    async with fake.client() as client:
        live = client.watch()
        start = asyncio.create_task(live.start())
        await requested(fake, path)
        await live.stop()
        held.release()
        with pytest.raises(SyncthingError, match="has ended"):
            await start
        assert connections_in_use(client) == 0
    await left(fake)


def forget(mirrors: list[Live]) -> None:
    """Drop the only reference to a mirror, which must warn."""

    def clear() -> None:
        mirrors.clear()
        gc.collect()

    with pytest.warns(ResourceWarning, match="was not stopped"):
        clear()


async def test_a_forgotten_mirror(fake: FakeSyncthing) -> None:
    """A forgotten mirror warns and ends, since nothing else could end it."""
    async with fake.client() as client:
        live = await client.watch().start()
        await heard(fake)
        assert live.connected
        mirrors = [live]
        del live
        forget(mirrors)
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()}, timeout=10)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert connections_in_use(client) == 0
    await left(fake)


def test_a_mirror_of_a_loop_that_is_closed(fake: FakeSyncthing) -> None:
    """Such a mirror was forgotten, too. Its tasks ended with the loop."""

    async def start() -> Live:
        async with fake.client() as client:
            return await client.watch().start()

    mirrors = [asyncio.run(start())]
    assert mirrors[0].folders["docs"].in_sync
    forget(mirrors)


# --- Snapshots ---


async def test_a_snapshot_in_another_thread(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot waits until an event that is being applied has been applied."""
    async with watching(fake) as live:
        assert await asyncio.to_thread(live.snapshot) == live.snapshot()
        mirror, apply = live._updates.mirror, live._updates.mirror.apply
        found: list[str] = []
        thread = threading.Thread(target=lambda: found.append(live.snapshot().folders[0].label))

        def slowly(event: Any) -> Any:
            thread.start()
            end = time.monotonic() + 0.05
            while time.monotonic() < end:  # rather than sleep, which is refused in an event loop
                assert not found
            return apply(event)

        monkeypatch.setattr(mirror, "apply", slowly)
        fake.emit("ConfigSaved", {"devices": [], "folders": [dict(live.folders["docs"].config, label="new")]})
        await live.until(lambda live: live.folders["docs"].label == "new", timeout=10)
        await asyncio.to_thread(thread.join)
        assert found == ["new"]


async def test_who_it_is(fake: FakeSyncthing) -> None:
    """The daemon is known from the first answer on, and its own device is not among the remote ones."""
    async with watching(fake) as live:
        assert live.own_id == DAEMON_ID
        assert live.version == fake.version
        assert live.devices.keys() - live.remotes.keys() == {DAEMON_ID}
        assert live.remotes[OTHER] is live.devices[OTHER]
        assert live.totals is not None
        assert live.folders["docs"].last_scan is not None


# --- Consumers ---


async def test_several_iterators(fake: FakeSyncthing) -> None:
    """Each has its own pace: a folder that changes several times before it is taken comes once."""
    async with watching(fake) as live:
        quick, slow, dropped = live.changes(), live.changes(), live.changes()
        del dropped
        for label in ("one", "two", "three"):
            fake.set_folder("docs", label=label)
            assert await anext(quick) == Change("folder", "docs", frozenset({"config"}))
            assert live.folders["docs"].label == label
        fake.set_device(OTHER, name="new")
        assert await anext(quick) == Change("device", OTHER, frozenset({"config"}))
        assert await anext(slow) == Change("folder", "docs", frozenset({"config"}))
        assert (await anext(slow)).id == OTHER
        for each in (quick, slow):
            await each.aclose()
        gc.collect()
        assert len(live._updates.listeners) == 0


async def test_iterators_end_with_the_mirror(fake: FakeSyncthing) -> None:
    """So do those that begin later. A wait raises an error, and what was last known stays."""
    async with asyncio.TaskGroup() as group:
        async with watching(fake) as live:
            rest = group.create_task(all_of(live))
            wait = group.create_task(outcome(live.until(lambda _: False)))
            await asyncio.sleep(0)
        assert await rest == []
        assert isinstance(await wait, SyncthingError)
        assert await all_of(live) == []
        with pytest.raises(SyncthingError, match="has ended"):
            await live.until(lambda _: False)
        assert live.folders["docs"].state == "idle"
        assert not live.connected
        assert not live.snapshot().connected


async def test_until(fake: FakeSyncthing) -> None:
    """A wait has a time limit, and raises what its condition raises, after which the mirror goes on."""

    async def condition(_: object) -> bool:
        raise AssertionError("a coroutine would always count as true")

    async with watching(fake) as live:
        await live.until(lambda live: live.connected, timeout=0)
        with pytest.raises(WaitTimeoutError, match=r"0\.05 s: the condition is still false"):
            await live.until(lambda _: False, timeout=0.05)
        with pytest.raises(KeyError):
            await live.until(lambda live: live.folders["nope"].paused)
        with pytest.raises(BadRequestError, match="the condition must be an ordinary function"):
            await live.until(condition)  # type: ignore[arg-type]  # what a program without types may pass
        await settled(live)


async def test_another_event_loop(fake: FakeSyncthing) -> None:
    """A mirror belongs to the loop that it was entered in. Elsewhere, its state can be read."""

    def elsewhere(use: Callable[[], Coroutine[Any, Any, object]]) -> None:
        with pytest.raises(
            EventLoopError, match="the mirror belongs to another event loop, which is running in another"
        ):
            asyncio.run(use())

    async with watching(fake) as live:
        for use in (
            lambda: live.until(lambda _: False),
            lambda: all_of(live),
            lambda: live.__aexit__(None, None, None),
        ):
            await asyncio.to_thread(elsewhere, use)
        assert await asyncio.to_thread(lambda: live.folders["docs"].state) == "idle"
        await settled(live)


# --- Failures ---


async def outcome(work: Any) -> object:
    """Return what an awaitable returns or raises."""
    try:
        return await work
    except SyncthingError as error:
        return error


async def all_of(live: Live) -> list[Change]:
    """Return all further changes."""
    return [change async for change in live.changes()]


async def test_a_refusal_is_raised_wherever_something_waits(fake: FakeSyncthing) -> None:
    """All iterators and waits raise it, including later ones. What was noted before still comes."""
    async with watching(fake) as live:
        noted, waiting = live.changes(), live.changes()
        fake.set_folder("docs", label="new")
        await live.until(lambda live: live.folders["docs"].label == "new", timeout=10)
        assert (await anext(waiting)).id == "docs"
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(outcome(work)) for work in (anext(waiting), live.until(lambda _: False))]
            await asyncio.sleep(0)
            fake.hold("rest/system/connections")  # its answer would change the rates before
            fake.respond("rest/db/status", **REFUSED)
            fake.lose("StateChanged")
            fake.emit("ListenAddressesChanged", {})  # the next event shows that one is missing
        assert [type(task.result()) for task in tasks] == [UnauthorizedError] * 2
        assert (await anext(noted)).id == "docs"
        for late in (anext(noted), anext(live.changes()), live.until(lambda _: False)):
            with pytest.raises(UnauthorizedError):
                await late
        await live.until(lambda _: True)


async def test_what_fails_inside(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is swallowed: it is raised where something waits, not by `stop`, and says what an event has wrong."""
    change = {"folder": "docs", "from": "idle", "to": None}
    async with fake.client() as client:
        live = await client.watch().start()
        await heard(fake)
        fake.emit("StateChanged", change)
        with pytest.raises(InvalidResponseError, match=r"StateChanged is invalid: to: expected a string, got null"):
            await live.until(lambda _: False)
        await live.stop()
        with pytest.raises(InvalidResponseError):
            await all_of(live)
    await left(fake)
    async with watching(fake) as live:
        monkeypatch.setattr(live._mirror, "apply", lambda _: {}["nonsense"])
        fake.emit("StateChanged", {**change, "to": "scanning"})
        with pytest.raises(KeyError):
            await live.until(lambda _: False)


async def test_an_answer_of_another_shape(fake: FakeSyncthing, caplog: pytest.LogCaptureFixture) -> None:
    """Such an answer is requested again, and logged once."""
    fake.respond("rest/stats/device", json={OTHER: {"lastSeen": None}}, times=3)
    async with watching(fake) as live:
        assert live.devices[OTHER].last_seen is not None
        assert asked(fake)["stats/device"] == 4
    (record,) = [record for record in caplog.records if record.name == "aiosyncthing.live"]
    assert record.levelname == "WARNING"
    assert f"['{OTHER}'].lastSeen: expected a timestamp, got null" in record.getMessage()


# --- The end ---


@pytest.mark.parametrize("path", ["events", "config", "db/status", ""])
async def test_cancelling(fake: FakeSyncthing, path: str) -> None:
    """Cancelled while it is entered, or while it is left, it leaves neither a task nor a connection."""
    if path:
        fake.hold(f"rest/{path}", times=None)
    entered = asyncio.Event()

    async def watch() -> None:
        async with watching(fake):
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(watch())
    await (requested(fake, path) if path else entered.wait())
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()  # while the first one is being handled
    with pytest.raises(asyncio.CancelledError):
        await task


# --- What is pending ---


@pytest.mark.parametrize("version", ["1.29", "2.1"])
async def test_what_is_pending(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices and folders that wait to be accepted are there, including IDs with a slash."""
    monkeypatch.setattr(live_module, "_PAUSE", 0.0)
    with synced(version) as fake:
        fake.offer_folder(OTHER, "pics", label="Pictures")
        async with watching(fake) as live:
            assert live.pending_folders["pics"]["offeredBy"][OTHER]["label"] == "Pictures"
            assert live.pending_devices == {}
            changes = live.changes()
            stranger = fake.offer_device("stranger")
            await live.until(lambda live: stranger in live.pending_devices, timeout=10)
            assert await anext(changes) == Change("daemon", "", frozenset({"pending_devices"}))
            fake.offer_folder(OTHER, "photos/2026")
            await live.until(lambda live: "photos/2026" in live.pending_folders and live.settled, timeout=10)
            assert live.pending_folders.keys() == {"pics", "photos/2026"}
            fake.add_folder("photos/2026", devices=[OTHER])
            fake.add_device("stranger", device_id=stranger)
            await live.until(lambda live: live.pending_folders.keys() == {"pics"}, timeout=10)
            await live.until(lambda live: live.pending_devices == {} and live.settled, timeout=10)
            await changes.aclose()
