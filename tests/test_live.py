"""The live mirror: subscribe first, ask once, follow the events; against a daemon that says what it is told to say."""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing import live as live_module
from aiosyncthing.exceptions import (
    ConnectionFailedError,
    NotFoundError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
    WaitTimeoutError,
)
from aiosyncthing.live import Change

from .support.fake import OTHER, THIRD, Fake, completion, connection, connections_in_use, device, folder, summary
from .support.server import Answer, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from aiosyncthing.live import Live

UNAVAILABLE = as_text("the proxy is ill", 502, syncthing=False)


@pytest.fixture
async def fake() -> AsyncGenerator[Fake]:
    """A daemon."""
    async with Fake() as fake:
        yield fake


@asynccontextmanager
async def watching(fake: Fake) -> AsyncGenerator[Live]:
    """Watch a daemon with a client of its own, and check that nothing remains open."""
    async with fake.client() as client:
        async with client.watch() as live:
            yield live
        assert connections_in_use(client) == 0
    await fake.left()


def state_changed(state: str, before: str = "idle") -> dict[str, str]:
    """Return the data of a StateChanged event."""
    return {"folder": "docs", "from": before, "to": state}


async def test_everything_is_known_at_the_beginning(fake: Fake) -> None:
    """Each question was asked exactly once, and its answer is there."""
    async with watching(fake) as live:
        assert live.connected
        assert live.settled
        assert live.folders["docs"].state == "idle"
        assert live.folders["docs"].summary == summary()
        assert live.folders["docs"].completion == {OTHER: completion()}
        assert live.devices[OTHER].connected
        assert live.devices[OTHER].last_seen is not None
        counts = fake.asked
    for path in ("config", "db/status", "db/completion", "folder/errors", "system/connections", "stats/device"):
        assert counts[path] == 1, path


async def test_an_event_between_subscribing_and_asking_is_not_lost(fake: Fake) -> None:
    """The subscription is there first: what happens while the first answers are under way is applied after them."""
    gate = fake.hold("config")

    async def happen() -> None:
        await fake.requested("config")  # its answer was made now, and is held back
        assert fake.asked["events"], "the subscription comes first"
        fake.config["folders"] = [folder("docs", OTHER, label="new")]
        fake.save()
        gate.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(happen())
        async with watching(fake) as live:
            await live.until(lambda live: live.folders["docs"].label == "new", timeout=10)
            assert fake.asked["config"] == 1


async def test_an_answer_older_than_an_event_is_dropped_and_asked_again(fake: Fake) -> None:
    """The event wins, and in the end both agree."""
    gate = fake.hold("db/completion")

    async def happen() -> None:
        await fake.requested("db/completion")  # its answer was made now, and is held back
        newer = fake.completions["docs", OTHER] = completion(needItems=1)
        fake.emit("FolderCompletion", {"folder": "docs", "device": OTHER, **newer})
        await fake.heard()
        gate.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(happen())
        async with watching(fake) as live:
            assert live.folders["docs"].completion == {OTHER: completion(needItems=1)}
            assert fake.asked["db/completion"] == 2


async def test_equal_questions_are_one_and_never_too_often(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many events ask for it, a question is asked once at a time, and again only after a pause."""
    monkeypatch.setattr(live_module, "_PAUSE", 0.3)
    times: list[float] = []
    find = fake._find

    def watch(path: str, query: dict[str, str]) -> Answer:
        if path == "db/status":
            times.append(time.monotonic())
        return find(path, query)

    monkeypatch.setattr(fake, "_find", watch)
    async with watching(fake) as live:
        for _ in range(20):
            fake.emit("FolderResumed", {"id": "docs", "label": ""})
            await asyncio.sleep(0.02)
        await live.until(lambda live: live.settled, timeout=10)
    assert 3 <= len(times) <= 5
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 0.28


async def test_equal_questions_under_way_are_one(fake: Fake) -> None:
    """What comes up while its question is under way is asked after the answer, not beside it."""
    async with watching(fake) as live:
        gate = fake.hold("system/connections")
        fake.emit("DeviceConnected", {"id": OTHER})
        await fake.requested("system/connections", 2)
        for _ in range(3):
            fake.emit("DeviceConnected", {"id": OTHER})
            await fake.heard()
        assert fake.asked["system/connections"] == 2
        gate.set()
        await live.until(lambda live: live.settled, timeout=10)
        assert fake.asked["system/connections"] == 3


async def test_slow_answers_are_asked_for_less_often(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that is expensive for the daemon takes at most a third of its time."""
    monkeypatch.setattr(live_module, "_PAUSE", 0.0)
    async with watching(fake) as live:
        gate = fake.hold("db/status")
        fake.emit("FolderResumed", {"id": "docs", "label": ""})
        await fake.requested("db/status", 2)
        await asyncio.sleep(0.2)
        fake.emit("FolderResumed", {"id": "docs", "label": ""})
        await fake.heard()
        gate.set()
        begun = time.monotonic()
        await fake.requested("db/status", 3)
        assert time.monotonic() - begun > 0.35
        await live.until(lambda live: live.settled, timeout=10)


async def test_lost_events_let_everything_be_asked_again(fake: Fake) -> None:
    """A restart of the daemon is one reason; what has changed meanwhile is found."""
    async with watching(fake) as live:
        docs = live.folders["docs"]
        fake.restart()
        fake.config["folders"] = [folder("docs", OTHER, THIRD, label="new"), folder("pics")]
        fake.config["devices"].append(device(THIRD))
        fake.summaries |= {"docs": summary(state="scanning"), "pics": summary()}
        fake.completions["docs", THIRD] = completion(needItems=2)
        fake.connections[OTHER] = connection(connected=False)
        fake.emit("StartupComplete", {})
        fake.emit("StartupComplete", {})
        await live.until(lambda live: "pics" in live.folders and live.settled, timeout=10)
        assert live.folders["docs"] is docs
        assert (docs.label, docs.state) == ("new", "scanning")
        assert docs.completion[THIRD] == completion(needItems=2)
        assert not live.devices[OTHER].connected
        assert live.folders["pics"].state == "idle"


async def test_the_connection_to_the_daemon_is_told(fake: Fake) -> None:
    """``connected`` follows StreamDown and StreamUp; meanwhile nothing is asked, and the rest stays as it was."""
    async with watching(fake) as live:
        changes = live.changes()
        fake.troubles["events"].extend([UNAVAILABLE] * 3)
        fake.emit("FolderResumed", {"id": "docs", "label": ""})  # ends the poll; the next one fails
        await live.until(lambda live: not live.connected, timeout=10)
        assert live.folders["docs"].summary == summary()
        await live.until(lambda live: live.connected and live.settled, timeout=10)
        kinds = [await anext(changes)]
        while kinds[-1].kind != "daemon":
            kinds.append(await anext(changes))
        assert kinds[-1] == Change("daemon", "", frozenset({"connected"}))
        await changes.aclose()


async def test_what_failed_is_asked_again(fake: Fake) -> None:
    """Errors that heal by waiting are no end; the question comes again after a pause."""
    fake.troubles["db/status"].extend([UNAVAILABLE, as_text("busy", 500)])
    async with watching(fake) as live:
        assert live.folders["docs"].summary == summary()
        assert fake.asked["db/status"] == 3


async def test_what_failed_while_the_daemon_was_away_is_asked_when_it_is_back(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The long pause after many failures does not outlast the trouble."""
    monkeypatch.setattr(live_module, "delays", lambda: iter([3600.0]))
    async with watching(fake) as live:
        fake.troubles["db/status"].append(UNAVAILABLE)
        fake.emit("FolderResumed", {"id": "docs", "label": ""})
        await fake.requested("db/status", 2)
        await live.until(lambda live: not live.settled, timeout=10)
        fake.summaries["docs"] = summary(globalBytes=1)
        fake.troubles["events"].append(UNAVAILABLE)
        fake.emit("Starting", {})
        await live.until(lambda live: live.folders["docs"].summary == summary(globalBytes=1), timeout=10)


async def test_while_the_daemon_is_away_nothing_is_asked(fake: Fake) -> None:
    """Questions wait until it is back."""
    async with watching(fake) as live:
        before = fake.asked["db/status"]
        fake.troubles["events"].extend([UNAVAILABLE] * 4)
        fake.emit("FolderResumed", {"id": "docs", "label": ""})
        fake.emit("FolderResumed", {"id": "docs", "label": ""})
        await live.until(lambda live: not live.connected, timeout=10)
        count = fake.asked["db/status"]
        assert count <= before + 1
        await live.until(lambda live: live.connected, timeout=10)
        await live.until(lambda live: live.settled, timeout=10)
        assert fake.asked["db/status"] > before


def _refuse(fake: Fake, path: str) -> None:
    fake.troubles[path].append(as_text("CSRF Error", 403))


async def test_a_refusal_surfaces_at_the_beginning(fake: Fake) -> None:
    """Entering raises it, whichever question it was, and leaves nothing behind."""
    for path in ("events", "config", "db/status", "stats/device"):
        _refuse(fake, path)
        with pytest.raises(UnauthorizedError):
            async with watching(fake):
                pytest.fail("it must not be entered")


async def test_a_daemon_that_is_down_surfaces_at_the_beginning() -> None:
    """Entering does not wait for it; `wait_ready` does."""
    async with Fake() as gone:
        client = gone.client()
    async with client:
        with pytest.raises(ConnectionFailedError):
            await client.watch().__aenter__()


async def test_a_refusal_surfaces_wherever_somebody_waits(fake: Fake) -> None:
    """All iterators and waits raise it, also those that begin later; what was noted before still comes."""
    async with watching(fake) as live:
        noted, waiting = live.changes(), live.changes()
        fake.emit("StateChanged", state_changed("scanning"))
        await live.until(lambda live: live.folders["docs"].state == "scanning", timeout=10)
        assert (await anext(waiting)).id == "docs"
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_outcome(anext(waiting))),
                group.create_task(_outcome(live.until(lambda _: False))),
            ]
            await asyncio.sleep(0)
            _refuse(fake, "db/status")
            fake.emit("FolderResumed", {"id": "docs", "label": ""})
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


async def test_a_missing_path_is_not_taken_for_a_missing_folder(fake: Fake) -> None:
    """404 means "not running" only where the question is about a folder."""
    fake.troubles["system/connections"].append(as_text("404 page not found", 404))
    with pytest.raises(NotFoundError):
        async with watching(fake):
            pytest.fail("it must not be entered")


async def test_a_folder_that_is_not_running_has_no_answers(fake: Fake) -> None:
    """Its questions answer 404; it is asked again when it changes its state."""
    fake.summaries.clear()
    fake.completions.clear()
    async with watching(fake) as live:
        assert live.folders["docs"].state == "unknown"
        fake.summaries["docs"] = summary()
        fake.completions["docs", OTHER] = completion()
        fake.emit("StateChanged", state_changed("idle"))
        await live.until(lambda live: live.folders["docs"].summary is not None and live.settled, timeout=10)
        assert live.folders["docs"].completion == {OTHER: completion()}


async def test_after_a_scan_the_sums_are_asked_for_later(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon gets some time to send them by itself; if it does, nothing is asked."""
    monkeypatch.setattr(live_module, "PATIENCE", 0.2)
    async with watching(fake) as live:
        fake.emit("StateChanged", state_changed("idle", "scanning"))
        fake.emit("FolderSummary", {"folder": "docs", "summary": summary(globalBytes=1)})
        await live.until(lambda live: live.folders["docs"].summary == summary(globalBytes=1), timeout=10)
        assert not live.settled
        await live.until(lambda live: live.settled, timeout=10)
        assert fake.asked["db/status"] == 1
        fake.summaries["docs"] = summary(globalBytes=2)
        fake.emit("StateChanged", state_changed("idle", "scanning"))
        await live.until(lambda live: live.folders["docs"].summary == summary(globalBytes=2), timeout=10)


async def test_what_has_no_events_is_asked_now_and_then(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Transferred bytes become rates."""
    monkeypatch.setattr(live_module, "_RECHECK_EVERY", 0.05)
    monkeypatch.setattr(live_module, "_PAUSE", 0.0)
    async with watching(fake) as live:
        fake.connections[OTHER] = connection(inBytesTotal=10_000)
        await live.until(lambda live: bool(live.devices[OTHER].in_rate), timeout=10)
        assert fake.asked["db/status"] == fake.asked["db/completion"] == 1


async def test_several_iterators_see_the_same(fake: Fake) -> None:
    """Each has its own pace: what changes several times before it is taken comes once."""
    async with watching(fake) as live:
        quick, slow, dropped = live.changes(), live.changes(), live.changes()
        del dropped
        for number in range(1, 4):
            fake.emit("FolderSummary", {"folder": "docs", "summary": summary(globalBytes=number)})
            assert await anext(quick) == Change("folder", "docs", frozenset({"summary"}))
            assert live.folders["docs"].summary == summary(globalBytes=number)
        fake.emit("DeviceDisconnected", {"id": OTHER, "error": ""})
        assert await anext(quick) == Change("device", OTHER, frozenset({"connected"}))
        assert await anext(slow) == Change("folder", "docs", frozenset({"summary"}))
        assert (await anext(slow)).id == OTHER
        for each in (quick, slow):
            await each.aclose()
        gc.collect()
        assert len(live._listeners) == 0


async def test_changes_are_noted_from_the_call_on(fake: Fake) -> None:
    """Between the call and the first item nothing is lost, so the state can be read in between."""
    async with watching(fake) as live:
        changes = live.changes()
        fake.emit("StateChanged", state_changed("scanning"))
        await live.until(lambda live: live.folders["docs"].state == "scanning", timeout=10)
        assert (await anext(changes)).fields >= {"state"}
        await changes.aclose()


async def test_iterators_end_with_the_mirror(fake: Fake) -> None:
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


async def test_until_has_a_limit(fake: Fake) -> None:
    """It raises an error that also is a TimeoutError; without a need to wait it does not even yield."""
    async with watching(fake) as live:
        await live.until(lambda live: live.connected, timeout=0)
        with pytest.raises(WaitTimeoutError, match=r"not after 0\.05 seconds"):
            await live.until(lambda _: False, timeout=0.05)


async def test_a_failing_predicate_is_the_callers_own(fake: Fake) -> None:
    """Its exception is raised where it was passed, and the mirror goes on."""
    async with watching(fake) as live:
        with pytest.raises(KeyError):
            await live.until(lambda live: live.folders["nope"].paused)
        await live.until(lambda live: live.settled)


async def test_a_mirror_is_entered_once(fake: Fake) -> None:
    """Neither while it is in use nor afterwards."""
    async with watching(fake) as live:
        with pytest.raises(SyncthingError, match="only once"):
            await live.__aenter__()
        await live.until(lambda live: live.settled)
    with pytest.raises(SyncthingError, match="only once"):
        await live.__aenter__()


@pytest.mark.parametrize("path", ["events", "config", "db/status"])
async def test_cancelled_while_entering_it_leaves_nothing(fake: Fake, path: str) -> None:
    """Neither a task nor a connection."""
    gate = fake.hold()
    if path == "events":
        fake.troubles[path].append(as_json([], after=gate))
    else:
        fake.gates[path] = gate

    async def enter() -> None:
        async with watching(fake):
            pytest.fail("it must not be entered")

    task = asyncio.create_task(enter())
    await fake.requested(path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()


async def test_cancelled_while_leaving_it_leaves_nothing(fake: Fake) -> None:
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


async def test_leaving_is_quick(fake: Fake) -> None:
    """The poll that waits for an event is not waited for."""
    async with fake.client() as client, client.watch():
        await fake.server.until(lambda: fake.polls_wait > 0)
        begun = time.monotonic()
    assert time.monotonic() - begun < 0.5


async def test_unexpected_failures_surface_too(fake: Fake) -> None:
    """Whatever goes wrong inside is not swallowed."""
    async with watching(fake) as live:
        fake.emit("StateChanged", {"nonsense": True})
        with pytest.raises(KeyError):
            await live.until(lambda _: False)


async def test_a_proxy_that_fails_at_once_is_no_daemon(fake: Fake) -> None:
    """What is asked on entering is not tried again: whoever wants that waits for the daemon first."""
    fake.troubles["system/status"].extend([UNAVAILABLE] * 2)
    with pytest.raises(ServerError):
        async with watching(fake):
            pytest.fail("it must not be entered")
    fake.troubles.clear()
