"""What changes during a wait, or shortly before it, and may make an answer outdated."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from aiosyncthing.waiting import look, questions, waiting
from pytest_syncthing import FakeFault, FakeSyncthing
from tests.support.synced import asked, deaf, docs, heard, missing, requested, synced, wait, waits
from tests.support.values import OTHER, THIRD


def reconnect(fake: FakeSyncthing) -> None:
    """Disconnect the other device and connect it again."""
    fake.disconnect(OTHER)
    fake.connect(OTHER)


def start_again(fake: FakeSyncthing) -> None:
    """Pause and resume the folder."""
    docs(fake).pause()
    docs(fake).resume()
    fake.finish_sync()


# --- When to look again ---


async def test_events_say_when_to_look_again(fake: FakeSyncthing) -> None:
    """What has changed is asked again, and nothing else, however many folders other devices share."""
    fake.add_device("third", device_id=THIRD)
    fake.connect(THIRD)
    for number in range(5):
        fake.add_folder(f"folder-{number}", devices=[THIRD])
    fake.finish_sync()
    docs(fake).remote_write(OTHER, {"b.txt": b"12"})
    async with waits(fake) as task:
        await requested(fake, "db/completion", 6)
        for happen in (reconnect, lambda fake: docs(fake).write({"c.txt": b"123"})):
            await heard(fake)
            before = len(fake.requests)
            happen(fake)
            await fake.until(lambda before=before: any("completion" in each.path for each in fake.requests[before:]))
            assert {each.param("folder") for each in fake.requests[before:] if "/db/" in each.path} == {"docs"}
        task.cancel()


@pytest.mark.usefixtures("forgetful")
async def test_a_change_that_needs_nothing(fake: FakeSyncthing) -> None:
    """If the folder's sequence has moved between the questions, the answers about devices may be outdated."""
    held = fake.hold("rest/db/completion", made=True)
    reasons: list[str] = []
    async with waits(fake, on_progress=lambda progress: reasons.extend(map(str, progress.missing))) as task:
        await requested(fake, "db/completion")
        await deaf(fake)
        docs(fake).write({"b.txt": b"12"})
        fake.finish_sync()
        held.release()
        await task
    assert reasons == ["folder docs: has just changed"]


@pytest.mark.usefixtures("forgetful")
async def test_after_a_long_silence(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is asked again, even if no event has reported a change."""
    monkeypatch.setattr(waiting, "_LOOK", 0.2)
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake) as task:
        await deaf(fake)
        await requested(fake, "db/completion", 3)
        fake.finish_sync()
        await task


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("StateChanged", {"folder": "docs", "from": "idle", "to": "scanning"}),
        ("LocalIndexUpdated", {"folder": "docs"}),
        ("DeviceDisconnected", {"id": OTHER, "error": ""}),
        ("DevicePaused", {"device": OTHER}),
        ("FolderPaused", {"id": "docs", "label": ""}),
    ],
)
async def test_a_disturbance_during_the_look(fake: FakeSyncthing, kind: str, data: Any) -> None:
    """Each of these events makes the answers outdated."""
    held = fake.hold("rest/db/completion", made=True)
    async with waits(fake) as task:
        await requested(fake, "db/completion")
        await heard(fake)
        fake.emit(kind, data)
        await heard(fake)
        looks = asked(fake)["config"]
        held.release()
        await task
        assert asked(fake)["config"] > looks


@pytest.mark.parametrize(
    ("happen", "kinds"),
    [
        (lambda fake: fake.folder("pics").scan(), {"StateChanged"}),
        (lambda fake: [fake.folder("pics").start_pull("b.txt", part) for part in (0.2, 0.4)], {"DownloadProgress"}),
        (
            lambda fake: (fake.disconnect(THIRD), fake.connect(THIRD)),
            {"DeviceDisconnected", "DeviceConnected", "ClusterConfigReceived"},
        ),
        (lambda fake: (fake.folder("pics").pause(), fake.folder("pics").resume()), {"FolderPaused", "FolderResumed"}),
        (
            lambda fake: [fake.set_options(listenAddresses=[f"tcp://127.0.0.1:{port}"]) for port in (1, 2)],
            {"ListenAddressesChanged", "ConfigSaved"},
        ),
    ],
    ids=["scan", "download", "device", "pause", "settings"],
)
async def test_what_happens_elsewhere_does_not_disturb(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], kinds: set[str]
) -> None:
    """Other folders and other devices may do anything, however often. ``stable_for`` is kept to."""
    fake.add_device("third", device_id=THIRD)
    fake.add_folder("pics", devices=[THIRD])
    fake.connect(THIRD)
    fake.folder("pics").remote_write(THIRD, {"b.txt": bytes(1000)})
    async with waits(fake, "docs", stable_for=0.3) as task:
        begun = time.monotonic()
        await heard(fake)
        first = fake.newest_event
        while not task.done() and time.monotonic() - begun < 5:
            happen(fake)
            await asyncio.sleep(0.02)
        await task
        assert 0.3 <= time.monotonic() - begun < 3
    async with fake.client() as client:
        assert {event["type"] for event in await client.events.poll(first, timeout=0)} >= kinds


async def test_not_stable_for_long_enough(fake: FakeSyncthing) -> None:
    """When the time is up, the error says so."""
    assert "in sync for only 0." in await missing(fake, stable_for=60)


# --- Slow answers ---


async def test_a_slow_answer_delays_nothing_else(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer may take longer than the time-out, is requested once, and ends the wait; other folders go on."""
    monkeypatch.setattr(waiting, "_PAUSE", 60)
    fake.add_folder("pics", files={"a": b"1"}, devices=[OTHER])
    fake.finish_sync()
    fake.advance(60)
    monkeypatch.setattr(look, "_PATIENCE", 0.2)
    seen: list[list[str]] = []
    held = fake.hold("rest/db/status", made=True)
    async with fake.client(timeout=1) as client:
        task = asyncio.create_task(
            client.wait_in_sync(timeout=20, on_progress=lambda progress: seen.append([*map(str, progress.missing)]))
        )
        # On a busy machine, the first report may come before the answers about the other folder.
        await fake.until(lambda: seen[-1:] == [["folder docs: the daemon has not answered yet"]])
        await asyncio.sleep(2)
        assert (held.hits, asked(fake)["db/status"]) == (1, 2)
        held.release()
        await task
    assert not [line for lines in seen for line in lines if "no usable answer" in line]
    assert asked(fake)["db/status"] == 4


async def test_after_a_time_out_an_answer_gets_more_time(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """More each time, and for that question only."""
    limits: list[float | None] = []

    def limit(_: float | None, before: float | None = None) -> float:
        limits.append(before)
        return 0.1 if before is None else 2 * before

    monkeypatch.setattr(questions, "limit_for_expensive", limit)
    held = fake.hold("rest/db/status", times=None)
    async with waits(fake, "docs", []) as task:
        await requested(fake, "db/status", 4)
        held.release()
        await task
    assert limits[:4] == [None, 0.1, 0.2, 0.4]


async def test_few_questions_at_once(fake: FakeSyncthing) -> None:
    """They are expensive for the daemon. A change makes only those outdated that have been sent."""
    for number in range(8):
        fake.add_folder(f"f{number}", devices=[OTHER])
    fake.advance(60)
    held = fake.hold("rest/db/status", times=None)
    async with waits(fake, devices=[]) as task:
        await requested(fake, "db/status", 4)
        await heard(fake)
        fake.emit("DevicePaused", {"device": OTHER})
        await heard(fake)
        assert asked(fake)["db/status"] == 4
        held.release()
        await task
    assert asked(fake)["db/status"] == 9 + 4 + 9  # all, those that were outdated, and all again in the end


# --- What may be on its way ---


@pytest.mark.parametrize(
    ("version", "leave", "come"),
    [
        ("1.19", lambda fake: fake.disconnect(OTHER), lambda fake: fake.connect(OTHER)),
        (
            "1.29",
            lambda fake: docs(fake).set_remote_state(OTHER, "notSharing"),
            lambda fake: docs(fake).set_remote_state(OTHER, "valid"),
        ),
    ],
    ids=["DeviceConnected", "ClusterConfigReceived"],
)
async def test_a_device_that_has_just_connected_gets_some_time(
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    leave: Callable[[FakeSyncthing], object],
    come: Callable[[FakeSyncthing], object],
) -> None:
    """Its changes may be on their way, and nothing shows that there are none."""
    monkeypatch.setattr(look, "GRACE", 0.5)
    with synced(version) as fake:
        leave(fake)
        async with waits(fake) as task:
            await heard(fake)
            begun = time.monotonic()
            come(fake)
            fake.advance(60)  # so that the age of the connection doesn't count
            await task
            assert time.monotonic() - begun > 0.45


async def test_the_age_of_a_connection_counts(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """This includes a connection made before the wait began, and a wait for this daemon only."""
    monkeypatch.setattr(look, "GRACE", 1.5)
    reconnect(fake)
    fake.advance(1)
    begun = time.monotonic()
    async with waits(fake, devices=[]) as task:
        await requested(fake, "system/connections", 2)
        fake.advance(1)
        await task
    assert 0.4 < time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("happen", "text"),
    [
        (start_again, "folder docs: it was just started; changes from other devices may be on their way"),
        (
            lambda fake: [docs(fake).set_remote_state(OTHER, state) for state in ("notSharing", "valid")],
            "device other: it has just connected, or changed which folders it shares",
        ),
        (
            lambda fake: [fake.emit("ListenAddressesChanged", {"address": str(i)}) for i in range(1100)],
            "folder docs: it was just started",
        ),
    ],
    ids=["started", "shared", "more events than the daemon keeps"],
)
async def test_what_happened_just_before_is_found(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has just happened gets the rest of its grace period, once; what happened long ago gets none."""
    monkeypatch.setattr(look, "GRACE", 1.5)
    happen(fake)
    for _ in range(80):  # more than the first look at the latest events gets
        fake.emit("ListenAddressesChanged", {"address": ""})
    fake.advance(0.5)
    seen: list[str] = []
    begun = time.monotonic()
    await wait(fake, "docs", on_progress=lambda progress: seen.extend(map(str, progress.missing)))
    assert 0.9 < time.monotonic() - begun < 10
    assert any(line.startswith(text) for line in seen)
    fake.advance(5)
    begun = time.monotonic()
    await wait(fake, "docs")
    assert time.monotonic() - begun < 1


async def test_only_what_can_be_reached_has_changes_on_their_way(fake: FakeSyncthing) -> None:
    """A folder that isn't shared, or whose devices are away, gets no grace period."""
    fake.add_folder("own", files={"a": b"1"})
    fake.advance(10)
    fake.disconnect(OTHER)
    fake.advance(10)
    start_again(fake)
    begun = time.monotonic()
    await wait(fake, "own")
    await wait(fake, "docs", [])
    assert time.monotonic() - begun < 2


async def test_a_device_that_was_interrupted(fake: FakeSyncthing) -> None:
    """Such a device is expected back, even if only this daemon counts; not if it was paused."""
    reconnect(fake)
    fake.emit("DeviceDisconnected", {"id": OTHER, "error": "handling index for docs: folder is paused"})
    async with fake.client() as client:
        answer = await client.system.connections()
    answer["connections"][OTHER]["connected"] = False
    fake.respond("rest/system/connections", json=answer, times=None)
    text = await missing(fake, "docs", [])
    assert "device other: it has just disconnected while changes were on their way" in text
    fake.set_device(OTHER, paused=True)
    await wait(fake, "docs", [])


# --- Restarts ---


async def never_scanned(fake: FakeSyncthing) -> FakeFault:
    """Make the folder look as it does for a moment between its start and its first scan."""
    async with fake.client() as client:
        status = await client.database.status("docs")
    return fake.respond("rest/db/status", json={**status, "stateChanged": "0001-01-01T00:00:00Z"}, times=None)


async def test_a_restart_while_waiting(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is asked again, and the new process has to scan first."""
    monkeypatch.setattr(look, "GRACE", 0.1)
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake) as task:
        await heard(fake)
        before = await never_scanned(fake)
        fake.restart()
        fake.connect(OTHER)
        fake.advance(60)
        fake.finish_sync()
        await requested(fake, "system/status", 2)
        await heard(fake)
        hits = before.hits
        docs(fake).scan()
        await fake.until(lambda: before.hits > hits)
        assert not task.done()
        before.release()
        docs(fake).scan()
        await task


async def test_another_daemon_takes_its_place(fake: FakeSyncthing) -> None:
    """Its own device ID is asked for. Otherwise it would be taken for a remote device that never connects."""
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake, "docs") as task:
        await heard(fake)
        config = fake.hold("rest/config", times=None)  # so that nothing sees it without the folder
        fake.replace("another")
        fake.add_folder("docs", files={"c.txt": b"123"})
        config.release()
        assert (await task).total_bytes == 3
