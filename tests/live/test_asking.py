"""What the live mirror asks, how often, and how it copes with slow answers and outages."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from aiosyncthing.live import updating as live_module
from pytest_syncthing import FakeSyncthing
from tests.support.synced import UNAVAILABLE, asked, docs, heard, requested, settled, watching
from tests.support.values import OTHER, THIRD

# --- Questions ---


async def test_equal_questions_have_pauses(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many events raise it, a question is asked once at a time, and again only after a pause."""
    monkeypatch.setattr(live_module, "_PAUSE", 0.3)
    monkeypatch.setattr(live_module, "PATIENCE", 0.0)
    fake.unfreeze()  # for the times of the requests
    async with watching(fake) as live:
        for _ in range(20):
            docs(fake).pause()
            docs(fake).resume()
            await asyncio.sleep(0.02)
        await settled(live)
    times = [request.time.timestamp() for request in fake.requests if request.path == "/rest/db/status"]
    assert len(times) >= 3
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 0.28


async def test_each_folder_and_each_share_is_asked_about_once(fake: FakeSyncthing) -> None:
    """To enter takes one request for each folder, one for each device that shares it, and the same few others."""
    fake.add_device("third", device_id=THIRD)
    for number in range(10):
        fake.add_folder(f"folder-{number}", devices=[OTHER, THIRD])
    fake.finish_sync()
    before = asked(fake)
    async with watching(fake):
        requests = asked(fake) - before
    assert (requests.pop("db/status"), requests.pop("db/completion")) == (11, 21)
    del requests["events"]
    assert requests == {
        **dict.fromkeys(("config", "system/connections", "stats/device", "stats/folder"), 1),
        **dict.fromkeys(("cluster/pending/devices", "cluster/pending/folders"), 1),
        "system/status": 1,  # the stream's: who the daemon is, each answer says in its headers
    }


async def test_equal_questions_are_sent_once(fake: FakeSyncthing) -> None:
    """A question that comes up again while it is being asked is repeated after the answer."""
    async with watching(fake) as live:
        held = fake.hold("rest/system/connections", made=True, times=None)
        fake.disconnect(OTHER)
        await requested(fake, "system/connections", 2)
        for change in (fake.connect, fake.disconnect, fake.connect):
            change(OTHER)
            await heard(fake)
        assert asked(fake)["system/connections"] == 2
        held.release()
        await settled(live)
        assert asked(fake)["system/connections"] == 3
        assert live.devices[OTHER].connected


async def test_slow_answers_have_longer_pauses(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
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
        await settled(live)


async def test_a_folder_that_is_not_running(fake: FakeSyncthing) -> None:
    """Its questions are answered with 404, and asked again when its state changes."""
    missing = fake.respond("rest/db/*", status=404, text="folder is not running", times=None)
    async with watching(fake) as live:
        assert live.folders["docs"].state == "unknown"
        missing.release()
        docs(fake).scan()
        await live.until(lambda live: live.folders["docs"].summary is not None and live.settled, timeout=10)
        assert live.folders["docs"].completion[OTHER]["needItems"] == 0


async def test_after_a_scan_the_summary_is_asked_for_later(
    fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the daemon sends it by itself within some time, nothing is asked."""
    monkeypatch.setattr(live_module, "PATIENCE", 0.5)
    fake.delay_summaries(2)
    async with watching(fake) as live:
        docs(fake).write({"b.txt": b"12"})
        await live.until(lambda live: live.folders["docs"].state == "idle" and not live.settled, timeout=10)
        fake.advance(2)
        await live.until(lambda live: live.folders["docs"].summary["localFiles"] == 2, timeout=10)
        assert not live.settled
        await settled(live)
        assert asked(fake)["db/status"] == 1
        docs(fake).write({"c.txt": b"123"})
        await live.until(lambda live: live.folders["docs"].summary["localFiles"] == 3, timeout=10)
        assert asked(fake)["db/status"] == 2


@pytest.mark.usefixtures("impatient")
async def test_what_has_no_events_is_asked_now_and_then(fake: FakeSyncthing) -> None:
    """That is for the bytes transferred, which become rates, and the patterns of a folder with an error."""
    async with watching(fake) as live:
        docs(fake).remote_write(OTHER, {"b.txt": bytes(10_000)})
        docs(fake).pull()
        await live.until(lambda live: bool(live.devices[OTHER].in_rate), timeout=10)
        assert asked(fake)["db/status"] == asked(fake)["db/completion"] == 1
        docs(fake).set_error("folder marker missing")
        await live.until(lambda live: live.folders["docs"].state == "error" and live.settled, timeout=10)
        async with fake.client() as client:
            await client.database.set_ignores("docs", ["*.tmp"])
        await live.until(lambda live: live.folders["docs"].summary["ignorePatterns"], timeout=10)


# --- Slow folders ---


async def test_a_slow_folder_delays_nothing_else(fake: FakeSyncthing) -> None:
    """Entering takes no longer than the client's time-out. The answer may take longer, and is requested once."""
    fake.add_folder("pics")
    fake.finish_sync()
    slow = fake.hold("rest/db/status")
    async with watching(fake, timeout=1) as live:
        (unknown,) = [name for name, folder in live.folders.items() if folder.summary is None]
        (known,) = live.folders.keys() - {unknown}
        assert [live.folders[name].state for name in (unknown, known)] == ["unknown", "idle"]
        assert live.devices[OTHER].connected
        assert not live.settled
        fake.disconnect(OTHER)
        fake.set_folder(known, label="new")
        await live.until(lambda live: not live.devices[OTHER].connected and live.folders[known].label == "new", 10)
        slow.release()
        await live.until(lambda live: live.settled and live.folders[unknown].state == "idle", timeout=10)


async def test_many_slow_folders_delay_no_other_question(fake: FakeSyncthing) -> None:
    """Only four are asked about at once, one question each, and other questions don't wait for them."""
    for number in range(10):
        fake.add_folder(f"folder-{number}")
    slow = fake.hold("rest/db/*", times=None)
    async with watching(fake, timeout=0.5) as live:
        assert {folder.summary for folder in live.folders.values()} == {None}
        assert asked(fake)["db/status"] + asked(fake)["db/completion"] == 4
        fake.disconnect(OTHER)
        await live.until(lambda live: live.devices[OTHER].connection is not None, timeout=10)
        await requested(fake, "system/connections", 2)
        slow.release()
        await live.until(lambda live: live.settled, timeout=30)


async def test_after_a_time_out_a_folder_gets_more_time(
    fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder keeps the longer limit from then on, and the first time-out is logged."""
    given: list[float | None] = []

    def limit(_: float | None, before: float | None = None) -> float:
        given.append(before)
        return 0.2 if before is None else 30.0

    monkeypatch.setattr(live_module, "limit_for_expensive", limit)
    fake.unfreeze()  # delays are by its clock
    fake.delay("rest/db/status", 0.5, times=3)
    async with watching(fake) as live:
        assert live.folders["docs"].summary is not None
        assert asked(fake)["db/status"] == 2
        await heard(fake)
        docs(fake).pause()
        docs(fake).resume()
        await requested(fake, "db/status", 3)
        await settled(live)
    assert given.count(0.2) == 1
    assert len([record for record in caplog.records if record.name == "aiosyncthing.live"]) == 1


# --- Outages ---


async def test_lost_events(fake: FakeSyncthing) -> None:
    """Everything is asked again, for example after a restart, and what changed meanwhile is found."""
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


@pytest.mark.usefixtures("impatient")
async def test_an_outage(fake: FakeSyncthing) -> None:
    """``connected`` shows it. Meanwhile nothing is asked, and everything stays as last known."""
    async with watching(fake) as live:
        changes = live.changes()
        summary = live.folders["docs"].summary
        away = fake.respond("rest/events", **UNAVAILABLE, times=None)
        fake.cut()
        await live.until(lambda live: not live.connected and not live._updates.agenda.asking, timeout=10)
        before = asked(fake)
        await fake.until(lambda: away.hits > 3)
        assert not live.settled
        assert live.folders["docs"].summary == summary
        assert (asked(fake) - before).keys() == {"events"}
        away.release()
        await live.until(lambda live: live.connected, timeout=10)
        await requested(fake, "system/connections", before["system/connections"] + 1)
        change = await anext(changes)
        while change.kind != "daemon":
            change = await anext(changes)
        assert "connected" in change.fields
        await changes.aclose()


async def test_what_failed_is_asked_again(fake: FakeSyncthing) -> None:
    """Errors that may pass are followed by another attempt."""
    fake.respond("rest/db/status", **UNAVAILABLE)
    fake.respond("rest/db/status", status=500, text="busy")
    async with watching(fake) as live:
        assert live.folders["docs"].summary is not None
        assert asked(fake)["db/status"] == 3


async def test_after_an_outage_what_failed_is_asked_at_once(
    fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The long pause after many failures does not outlast the outage."""
    monkeypatch.setattr(live_module, "delays", lambda: iter([3600.0]))
    fake.delay_summaries(2)  # so that no event answers the question
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


@pytest.mark.parametrize("status", [401, 404, 429, 503])
async def test_a_proxy_that_answers_in_place_of_the_daemon(fake: FakeSyncthing, status: int) -> None:
    """Its pages mean nothing for key and folders: the mirror stays, and goes on when the daemon answers."""
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
