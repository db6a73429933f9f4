"""The live mirror: subscribe first, ask once, follow the events."""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing.exceptions import (
    ConnectionFailedError,
    EventLoopError,
    InvalidResponseError,
    NotFoundError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
    WaitTimeoutError,
)
from aiosyncthing.live import Change, live as live_module
from tests.support.synced import REFUSED, UNAVAILABLE, asked, connections_in_use, docs, heard, left, requested, synced
from tests.support.values import OTHER, THIRD

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator

    from aiosyncthing.live import Live
    from pytest_syncthing import FakeSyncthing


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A daemon, all in sync."""
    with synced() as fake:
        yield fake


@asynccontextmanager
async def watching(fake: FakeSyncthing) -> AsyncGenerator[Live]:
    """Watch a daemon with a client of its own, and check that nothing remains open."""
    async with fake.client() as client:
        async with client.watch() as live:
            await heard(fake)
            yield live
        assert connections_in_use(client) == 0
    await left(fake)


async def test_everything_is_known_at_the_beginning(fake: FakeSyncthing) -> None:
    """Each question was asked exactly once, and its answer is there."""
    async with watching(fake) as live:
        counts = asked(fake)
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
    for path in ("config", "db/status", "db/completion", "folder/errors", "system/connections", "stats/device"):
        assert counts[path] == 1, path


async def test_an_event_between_subscribing_and_asking_is_not_lost(fake: FakeSyncthing) -> None:
    """The subscription is there first: what happens while the first answers are under way is applied after them."""
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


async def test_an_answer_older_than_an_event_is_dropped_and_asked_again(fake: FakeSyncthing) -> None:
    """The event wins, and in the end both agree."""
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


async def test_equal_questions_are_one_and_never_too_often(
    fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many events ask for it, a question is asked once at a time, and again only after a pause."""
    monkeypatch.setattr(live_module, "_PAUSE", 0.3)
    monkeypatch.setattr(live_module, "PATIENCE", 0.0)
    fake.unfreeze()  # the times of the requests are those of its clock
    async with watching(fake) as live:
        for _ in range(20):
            docs(fake).pause()
            docs(fake).resume()
            await asyncio.sleep(0.02)
        await live.until(lambda live: live.settled, timeout=10)
    times = [request.time.timestamp() for request in fake.requests if request.path == "/rest/db/status"]
    assert len(times) >= 3
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 0.28


async def test_equal_questions_under_way_are_one(fake: FakeSyncthing) -> None:
    """What comes up while its question is under way is asked after the answer, not beside it."""
    async with watching(fake) as live:
        held = fake.hold("rest/system/connections", made=True, times=None)
        fake.disconnect(OTHER)
        await requested(fake, "system/connections", 2)
        for change in (fake.connect, fake.disconnect, fake.connect):
            change(OTHER)
            await heard(fake)
        assert asked(fake)["system/connections"] == 2
        held.release()
        await live.until(lambda live: live.settled, timeout=10)
        assert asked(fake)["system/connections"] == 3
        assert live.devices[OTHER].connected


async def test_slow_answers_are_asked_for_less_often(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that is expensive for the daemon takes at most a third of its time."""
    monkeypatch.setattr(live_module, "_PAUSE", 0.0)
    async with watching(fake) as live:
        held = fake.hold("rest/db/status")
        docs(fake).pause()
        await requested(fake, "db/status", 2)
        await asyncio.sleep(0.2)
        docs(fake).resume()
        await heard(fake)
        begun = time.monotonic()
        held.release()
        await requested(fake, "db/status", 3)
        assert time.monotonic() - begun > 0.35
        await live.until(lambda live: live.settled, timeout=10)


async def test_lost_events_let_everything_be_asked_again(fake: FakeSyncthing) -> None:
    """A restart of the daemon is one reason; what has changed meanwhile is found."""
    async with watching(fake) as live:
        folder = live.folders["docs"]
        held = fake.hold("rest/events", times=None)
        fake.restart()
        fake.add_device("third", device_id=THIRD)
        fake.set_folder("docs", label="new", devices=[{"deviceID": OTHER}, {"deviceID": THIRD}])
        fake.connect(THIRD)
        docs(fake).remote_pull(THIRD, "a.txt")
        docs(fake).write({"b.txt": b"12"})
        docs(fake).set_error("folder path missing")
        fake.add_folder("pics")
        fake.overflow()
        held.release()
        await live.until(lambda live: "pics" in live.folders and live.settled, timeout=10)
        assert live.folders["docs"] is folder
        assert (folder.label, folder.state, folder.error) == ("new", "error", "folder path missing")
        assert folder.completion[THIRD]["needItems"] == 1
        assert live.devices[THIRD].connected
        assert not live.devices[OTHER].connected
        assert live.folders["pics"].state == "idle"


async def test_the_connection_to_the_daemon_is_told(fake: FakeSyncthing) -> None:
    """``connected`` follows StreamDown and StreamUp; meanwhile nothing is asked, and the rest stays as it was."""
    async with watching(fake) as live:
        summary = live.folders["docs"].summary
        before = asked(fake)
        changes = live.changes()
        away = fake.respond("rest/events", **UNAVAILABLE, times=None)
        fake.cut()
        await live.until(lambda live: not live.connected, timeout=10)
        await fake.until(lambda: away.hits > 2)
        assert live.folders["docs"].summary == summary
        assert (asked(fake) - before).keys() == {"events"}
        away.release()
        await live.until(lambda live: live.connected and live.settled, timeout=10)
        kinds = [await anext(changes)]
        while kinds[-1].kind != "daemon":
            kinds.append(await anext(changes))
        assert kinds[-1] == Change("daemon", "", frozenset({"connected"}))
        await changes.aclose()


async def test_what_failed_is_asked_again(fake: FakeSyncthing) -> None:
    """Errors that heal by waiting are no end; the question comes again after a pause."""
    fake.respond("rest/db/status", **UNAVAILABLE)
    fake.respond("rest/db/status", status=500, text="busy")
    async with watching(fake) as live:
        assert live.folders["docs"].summary is not None
        assert asked(fake)["db/status"] == 3


async def test_what_failed_while_the_daemon_was_away_is_asked_when_it_is_back(
    fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The long pause after many failures does not outlast the trouble."""
    monkeypatch.setattr(live_module, "delays", lambda: iter([3600.0]))
    fake.delay_summaries(2)  # so no event answers the question
    async with watching(fake) as live:
        fake.respond("rest/db/status", **UNAVAILABLE)
        docs(fake).pause()
        await requested(fake, "db/status", 2)
        await live.until(lambda live: not live.settled, timeout=10)
        docs(fake).resume()
        docs(fake).write({"b.txt": b"12"})
        fake.respond("rest/events", **UNAVAILABLE)
        fake.cut()
        await live.until(lambda live: live.folders["docs"].summary["localFiles"] == 2, timeout=10)


async def test_while_the_daemon_is_away_nothing_is_asked(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions wait until it is back."""
    monkeypatch.setattr(live_module, "_RECHECK_EVERY", 0.05)
    monkeypatch.setattr(live_module, "_PAUSE", 0.0)
    async with watching(fake) as live:
        away = fake.respond("rest/events", **UNAVAILABLE, times=None)
        fake.cut()
        await live.until(lambda live: not live.connected and not live._asking, timeout=10)
        before = asked(fake)
        await fake.until(lambda: away.hits > 3)
        assert not live.settled
        assert (asked(fake) - before).keys() == {"events"}
        away.release()
        await live.until(lambda live: live.connected, timeout=10)
        await requested(fake, "system/connections", before["system/connections"] + 1)


@pytest.mark.parametrize("path", ["events", "config", "db/status", "stats/device"])
async def test_a_refusal_surfaces_at_the_beginning(fake: FakeSyncthing, path: str) -> None:
    """Entering raises it, whichever question it was, and leaves nothing behind."""
    fake.respond(f"rest/{path}", **REFUSED)
    with pytest.raises(UnauthorizedError):
        async with watching(fake):
            pytest.fail("it must not be entered")


async def test_a_daemon_that_is_down_surfaces_at_the_beginning(fake: FakeSyncthing) -> None:
    """Entering does not wait for it; `wait_ready` does."""
    fake.stop_daemon()
    async with fake.client() as client:
        with pytest.raises(ConnectionFailedError):
            await client.watch().__aenter__()


async def test_a_refusal_surfaces_wherever_somebody_waits(fake: FakeSyncthing) -> None:
    """All iterators and waits raise it, also those that begin later; what was noted before still comes."""
    async with watching(fake) as live:
        noted, waiting = live.changes(), live.changes()
        fake.set_folder("docs", label="new")
        await live.until(lambda live: live.folders["docs"].label == "new", timeout=10)
        assert (await anext(waiting)).id == "docs"
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_outcome(anext(waiting))),
                group.create_task(_outcome(live.until(lambda _: False))),
            ]
            await asyncio.sleep(0)
            fake.hold("rest/system/connections")  # its answer would change the rates before
            fake.respond("rest/db/status", **REFUSED)
            fake.lose("StateChanged")
            fake.emit("ListenAddressesChanged", {})  # the next event tells that one is missing
        assert [type(task.result()) for task in tasks] == [UnauthorizedError] * 2
        assert (await anext(noted)).id == "docs"
        for late in (noted, live.changes()):
            with pytest.raises(UnauthorizedError):
                await anext(late)
        with pytest.raises(UnauthorizedError):
            await live.until(lambda _: False)
        await live.until(lambda _: True)


async def _outcome(work: Any) -> object:
    try:
        return await work
    except SyncthingError as error:
        return error


async def test_a_missing_path_is_not_taken_for_a_missing_folder(fake: FakeSyncthing) -> None:
    """404 means "not running" only where the question is about a folder."""
    fake.respond("rest/system/connections", status=404, text="404 page not found")
    with pytest.raises(NotFoundError):
        async with watching(fake):
            pytest.fail("it must not be entered")


async def test_a_folder_that_is_not_running_has_no_answers(fake: FakeSyncthing) -> None:
    """Its questions answer 404; it is asked again when it changes its state."""
    missing = fake.respond("rest/db/*", status=404, text="folder is not running", times=None)
    async with watching(fake) as live:
        assert live.folders["docs"].state == "unknown"
        missing.release()
        docs(fake).scan()
        await live.until(lambda live: live.folders["docs"].summary is not None and live.settled, timeout=10)
        assert live.folders["docs"].completion[OTHER]["needItems"] == 0


async def test_after_a_scan_the_sums_are_asked_for_later(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon gets some time to send them by itself; if it does, nothing is asked."""
    monkeypatch.setattr(live_module, "PATIENCE", 0.5)
    fake.delay_summaries(2)
    async with watching(fake) as live:
        docs(fake).write({"b.txt": b"12"})
        await live.until(lambda live: live.folders["docs"].state == "idle" and not live.settled, timeout=10)
        fake.advance(2)
        await live.until(lambda live: live.folders["docs"].summary["localFiles"] == 2, timeout=10)
        assert not live.settled
        await live.until(lambda live: live.settled, timeout=10)
        assert asked(fake)["db/status"] == 1
        docs(fake).write({"c.txt": b"123"})
        await live.until(lambda live: live.folders["docs"].summary["localFiles"] == 3, timeout=10)
        assert asked(fake)["db/status"] == 2


async def test_what_has_no_events_is_asked_now_and_then(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Transferred bytes become rates."""
    monkeypatch.setattr(live_module, "_RECHECK_EVERY", 0.05)
    monkeypatch.setattr(live_module, "_PAUSE", 0.0)
    async with watching(fake) as live:
        docs(fake).remote_write(OTHER, {"b.txt": bytes(10_000)})
        docs(fake).pull()
        await live.until(lambda live: bool(live.devices[OTHER].in_rate), timeout=10)
        assert asked(fake)["db/status"] == asked(fake)["db/completion"] == 1


async def test_several_iterators_see_the_same(fake: FakeSyncthing) -> None:
    """Each has its own pace: what changes several times before it is taken comes once."""
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
        assert len(live._listeners) == 0


async def test_changes_are_noted_from_the_call_on(fake: FakeSyncthing) -> None:
    """Between the call and the first item nothing is lost, so the state can be read in between."""
    async with watching(fake) as live:
        changes = live.changes()
        docs(fake).start_scan()
        await live.until(lambda live: live.folders["docs"].state == "scanning", timeout=10)
        assert (await anext(changes)).fields >= {"state"}
        await changes.aclose()


async def test_iterators_end_with_the_mirror(fake: FakeSyncthing) -> None:
    """Those that wait, and those that begin later; a wait is told that nothing will come any more."""
    async with asyncio.TaskGroup() as group:
        async with watching(fake) as live:
            ends = group.create_task(_all(live))
            told = group.create_task(_outcome(live.until(lambda _: False)))
            await asyncio.sleep(0)
        assert await ends == []
        assert isinstance(await told, SyncthingError)
        assert await _all(live) == []
        with pytest.raises(SyncthingError, match="has ended"):
            await live.until(lambda _: False)
        assert live.folders["docs"].state == "idle", "what was known last stays"


async def _all(live: Live) -> list[Change]:
    return [change async for change in live.changes()]


async def test_until_has_a_limit(fake: FakeSyncthing) -> None:
    """It raises an error that also is a TimeoutError; without a need to wait it does not even yield."""
    async with watching(fake) as live:
        await live.until(lambda live: live.connected, timeout=0)
        with pytest.raises(WaitTimeoutError, match=r"not after 0\.05 seconds"):
            await live.until(lambda _: False, timeout=0.05)


async def test_a_failing_predicate_is_the_callers_own(fake: FakeSyncthing) -> None:
    """Its exception is raised where it was passed, and the mirror goes on."""
    async with watching(fake) as live:
        with pytest.raises(KeyError):
            await live.until(lambda live: live.folders["nope"].paused)
        await live.until(lambda live: live.settled)


async def test_a_mirror_is_entered_once(fake: FakeSyncthing) -> None:
    """Neither while it is in use nor afterwards."""
    async with watching(fake) as live:
        with pytest.raises(SyncthingError, match="only once"):
            await live.__aenter__()
        await live.until(lambda live: live.settled)
    with pytest.raises(SyncthingError, match="only once"):
        await live.__aenter__()


@pytest.mark.parametrize("path", ["events", "config", "db/status"])
async def test_cancelled_while_entering_it_leaves_nothing(fake: FakeSyncthing, path: str) -> None:
    """Neither a task nor a connection."""
    fake.hold(f"rest/{path}", times=None)

    async def enter() -> None:
        async with watching(fake):
            pytest.fail("it must not be entered")

    task = asyncio.create_task(enter())
    await requested(fake, path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_cancelled_while_leaving_it_leaves_nothing(fake: FakeSyncthing) -> None:
    """A second cancellation, while it ends, still ends the stream."""
    entered = asyncio.Event()

    async def watch() -> None:
        async with watching(fake):
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(watch())
    await entered.wait()
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_leaving_is_quick(fake: FakeSyncthing) -> None:
    """The poll that waits for an event is not waited for."""
    async with fake.client() as client, client.watch():
        await heard(fake)
        begun = time.monotonic()
    assert time.monotonic() - begun < 0.5


async def test_unexpected_failures_surface_too(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong inside is not swallowed."""
    async with watching(fake) as live:
        monkeypatch.setattr(live._mirror, "recheck", lambda: {}["nonsense"])
        monkeypatch.setattr(live._mirror, "apply", lambda _: {}["nonsense"])
        fake.emit("StateChanged", {"folder": "docs", "from": "idle", "to": "scanning"})
        with pytest.raises(KeyError):
            await live.until(lambda _: False)


async def test_an_event_of_another_shape_surfaces(fake: FakeSyncthing) -> None:
    """What it was about is lost, so the mirror ends with an error that says where the event doesn't fit."""
    async with watching(fake) as live:
        fake.emit("StateChanged", {"folder": "docs", "from": "idle", "to": None})
        with pytest.raises(InvalidResponseError, match=r"StateChanged can't be read: to: a string was expected, null"):
            await live.until(lambda _: False)


async def test_an_answer_of_another_shape_is_asked_for_again(
    fake: FakeSyncthing, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, once; what it was about stays as it was known."""
    fake.respond("rest/stats/device", json={OTHER: {"lastSeen": None}}, times=3)
    async with watching(fake) as live:
        assert live.devices[OTHER].last_seen is not None
        assert asked(fake)["stats/device"] == 4
    (record,) = [record for record in caplog.records if record.name == "aiosyncthing.live"]
    assert record.levelname == "WARNING"
    assert f"['{OTHER}'].lastSeen: a time stamp was expected, null came" in record.getMessage()


async def test_a_slow_folder_holds_up_nothing(fake: FakeSyncthing) -> None:
    """Entering waits as long as the client's time-out; the answer is waited for further, and not asked for again."""
    fake.add_folder("pics")
    fake.finish_sync()
    slow = fake.hold("rest/db/status")
    async with fake.client(timeout=1) as client, client.watch() as live:
        (unknown,) = [name for name, folder in live.folders.items() if folder.summary is None]
        (known,) = live.folders.keys() - {unknown}
        assert live.folders[unknown].state == "unknown"
        assert live.folders[known].state == "idle"
        assert live.devices[OTHER].connected
        assert not live.settled
        await heard(fake)
        fake.disconnect(OTHER)
        fake.set_folder(known, label="new")
        await live.until(lambda live: not live.devices[OTHER].connected and live.folders[known].label == "new", 10)
        slow.release()
        await live.until(lambda live: live.settled and live.folders[unknown].state == "idle", timeout=10)


async def test_many_slow_folders_hold_up_no_other_question(fake: FakeSyncthing) -> None:
    """Only answers about folders are slow, so these never use up what asks everything else."""
    for number in range(10):
        fake.add_folder(f"folder-{number}")
    slow = fake.hold("rest/db/*", times=None)
    async with fake.client(timeout=0.5) as client, client.watch() as live:
        assert {folder.summary for folder in live.folders.values()} == {None}
        assert asked(fake)["db/status"] + asked(fake)["db/completion"] == 4, "one for each of four folders"
        fake.disconnect(OTHER)
        await live.until(lambda live: live.devices[OTHER].connection is not None, timeout=10)
        await requested(fake, "system/connections", 2)
        slow.release()
        await live.until(lambda live: live.settled, timeout=30)


async def test_what_is_asked_of_one_folder_is_asked_one_by_one(fake: FakeSyncthing) -> None:
    """A folder whose answers are slow gets the next question when the one before is answered."""
    slow = fake.hold("rest/db/*", made=True, times=None)
    async with fake.client(timeout=0.5) as client, client.watch() as live:
        assert asked(fake)["db/status"] + asked(fake)["db/completion"] + asked(fake)["folder/errors"] in {1, 2}
        slow.release()
        await live.until(lambda live: live.settled, timeout=10)
        assert live.folders["docs"].completion.keys() == {OTHER}


async def test_after_a_time_out_a_folder_gets_more_time(
    fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The daemon has computed in vain once; the second time it gets longer, and keeps that from then on."""
    given: list[float | None] = []

    def limit(_: float | None, before: float | None = None) -> float:
        given.append(before)
        return 0.2 if before is None else 30.0

    monkeypatch.setattr(live_module, "limit_for_expensive", limit)
    fake.unfreeze()  # what it delays, it delays by its clock
    fake.delay("rest/db/status", 0.5, times=3)
    async with watching(fake) as live:
        assert live.folders["docs"].summary is not None
        assert asked(fake)["db/status"] == 2
        await heard(fake)
        docs(fake).pause()
        docs(fake).resume()
        await requested(fake, "db/status", 3)
        await live.until(lambda live: live.settled, timeout=10)
    assert given.count(0.2) == 1
    assert len([record for record in caplog.records if record.name == "aiosyncthing.live"]) == 1


async def test_patterns_of_a_folder_in_error_are_noticed(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """They change without a scan there, so without an event."""
    monkeypatch.setattr(live_module, "_RECHECK_EVERY", 0.05)
    monkeypatch.setattr(live_module, "_PAUSE", 0.0)
    async with watching(fake) as live:
        docs(fake).set_error("folder marker missing")
        await live.until(lambda live: live.folders["docs"].state == "error" and live.settled, timeout=10)
        async with fake.client() as client:
            await client.database.set_ignores("docs", ["*.tmp"])
        await live.until(lambda live: live.folders["docs"].summary["ignorePatterns"], timeout=10)


@pytest.mark.parametrize("version", ["1.19", "1.29", "2.1"])
async def test_what_is_pending_is_mirrored(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices and folders that wait to be accepted, from before entering and from after it, also IDs with a slash."""
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


async def test_it_belongs_to_the_event_loop_that_it_was_entered_in(fake: FakeSyncthing) -> None:
    """Waiting in another loop says so at once, whether that runs beside or comes later; reading goes on to work."""

    def elsewhere(use: Callable[[], Coroutine[Any, Any, object]]) -> None:
        with pytest.raises(
            EventLoopError, match="the mirror belongs to another event loop, which is running in another"
        ):
            asyncio.run(use())

    async with watching(fake) as live:
        for use in (lambda: live.until(lambda _: False), lambda: _all(live), lambda: live.__aexit__(None, None, None)):
            await asyncio.to_thread(elsewhere, use)
        assert await asyncio.to_thread(lambda: live.folders["docs"].state) == "idle"
        await live.until(lambda live: live.settled, timeout=10)


@pytest.mark.parametrize("status", [401, 404, 429, 503])
async def test_a_proxy_that_answers_in_place_of_the_daemon_is_waited_for(fake: FakeSyncthing, status: int) -> None:
    """Its pages say nothing about key and folders: the mirror stays as it was, and goes on when the daemon answers."""
    page = {"status": status, "body": b"<html>nothing here</html>", "content_type": "text/html", "from_proxy": True}
    async with watching(fake) as live:
        summary = live.folders["docs"].summary
        instead = [
            fake.respond(f"rest/{path}", **page, times=None) for path in ("db/*", "events", "system/*", "config")
        ]
        docs(fake).pause()
        fake.cut()
        await live.until(lambda live: not live.connected, timeout=10)
        assert live.folders["docs"].summary == summary
        for each in instead:
            each.release()
        await live.until(lambda live: live.connected and live.folders["docs"].paused and live.settled, timeout=20)


async def test_a_proxy_that_fails_at_once_is_no_daemon(fake: FakeSyncthing) -> None:
    """What is asked on entering is not tried again: whoever wants that waits for the daemon first."""
    fake.respond("rest/system/status", **UNAVAILABLE, times=2)
    with pytest.raises(ServerError):
        async with watching(fake):
            pytest.fail("it must not be entered")
