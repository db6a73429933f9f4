"""Waiting for a daemon, and for folders to be in sync."""

from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from aiosyncthing import Events, Syncthing
from aiosyncthing.exceptions import (
    ConnectionFailedError,
    HostCheckError,
    InvalidResponseError,
    MigrationError,
    NotSyncthingError,
    SyncthingError,
    TLSError,
    UnauthorizedError,
    WaitTimeoutError,
)
from aiosyncthing.waiting import waiting
from pytest_syncthing import FakeSyncthing
from tests.support.listening import listening
from tests.support.server import DAEMON_ID
from tests.support.synced import BROKEN, REFUSED, UNAVAILABLE, asked, deaf, docs, heard, requested, synced
from tests.support.syncing import missing, wait, waits
from tests.support.values import OTHER, THIRD
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from aiosyncthing.waiting import SyncProgress

MIGRATION: dict[str, Any] = {"text": "*** Database migration in progress ***\n\n1% done", "from_proxy": True}


NEVER = "0001-01-01T00:00:00Z"


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A daemon, all in sync."""
    with synced() as fake:
        yield fake


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses."""
    monkeypatch.setattr(waiting, "_PAUSE", 0.1)
    monkeypatch.setattr(waiting, "_FIRST_PAUSE", 0.01)


async def wait_ready(fake: FakeSyncthing, timeout: float = 10) -> int:
    """Wait for a daemon; return how often it was asked."""
    before = len(fake.requests)
    async with fake.client() as client:
        await client.wait_ready(timeout)
    return len(fake.requests) - before


async def test_a_daemon_that_is_ready(fake: FakeSyncthing) -> None:
    """One question is enough."""
    assert await wait_ready(fake) == 1


ELSEWHERE: dict[str, Any] = {"status": 404, "text": "404 page not found", "from_proxy": True}


@pytest.mark.parametrize("trouble", [MIGRATION, UNAVAILABLE, ELSEWHERE, {"status": 503, "text": "starting"}, BROKEN])
async def test_a_daemon_that_becomes_ready(fake: FakeSyncthing, trouble: dict[str, Any]) -> None:
    """Migration, a proxy that has nothing behind it, or a connection that breaks, are waited for."""
    fake.respond("rest/system/status", **trouble, times=2)
    assert await wait_ready(fake) == 3


LATER: dict[str, Any] = {"raw": b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"}


@pytest.mark.parametrize("path", ["system/status", "db/status"])
async def test_a_proxy_that_asks_for_time_is_given_it(fake: FakeSyncthing, path: str) -> None:
    """Who is asked to come back in a second does not ask again before."""
    fake.respond(f"rest/{path}", **LATER)
    begun = time.monotonic()
    if path == "system/status":
        assert await wait_ready(fake) == 2
    else:
        assert (await wait(fake)).percent == 100
    assert time.monotonic() - begun > 0.99


async def test_a_proxy_that_fails_is_waited_for(fake: FakeSyncthing) -> None:
    """What a proxy answers by itself says nothing about folders, devices and the key, and passes."""
    troubles: list[dict[str, Any]] = [
        {"status": status, "text": "not now", "from_proxy": True}
        for status in (401, 403, 404, 408, 425, 429, 499, 502, 503, 504, 522)
    ]
    for trouble in troubles:
        fake.respond("rest/system/status", **trouble)
        assert await wait_ready(fake) == 2
    for path, trouble in zip(("config", "db/status", "db/completion", "events"), troubles, strict=False):
        fake.respond(f"rest/{path}", **trouble)
    assert (await wait(fake)).percent == 100


@pytest.mark.parametrize(
    ("happen", "text"),
    [
        (lambda fake: fake.migrate(), "last state: migration"),
        (
            lambda fake: fake.respond("rest/system/status", **UNAVAILABLE, times=None),
            "last state: .*failed .*status 502",
        ),
        (lambda fake: fake.hold("rest/system/status"), "last state: no answer yet"),
        (lambda fake: fake.stop_daemon(), "last state: .*Connection refused"),
    ],
    ids=["migration", "unavailable", "silent", "down"],
)
async def test_in_the_end_the_last_state_is_told(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], text: str
) -> None:
    """The error says why it is not ready."""
    happen(fake)
    with pytest.raises(WaitTimeoutError, match=rf"not after 0\.3 seconds: the daemon is not ready; {text}"):
        await wait_ready(fake, 0.3)


async def test_a_daemon_that_hangs_is_tried_again(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer in time is one more state that may pass."""
    monkeypatch.setattr(waiting, "_READY_TIMEOUT", 0.2)
    fake.hold("rest/system/status")
    assert await wait_ready(fake) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (REFUSED, UnauthorizedError),
        ({"status": 403, "text": "Host check error", "from_proxy": True}, HostCheckError),
        ({"body": b"<html>hello</html>", "content_type": "text/html", "from_proxy": True}, NotSyncthingError),
        ({"json": {"hello": "world"}, "from_proxy": True}, NotSyncthingError),
        ({"json": ["hello"], "from_proxy": True}, NotSyncthingError),
    ],
)
async def test_what_does_not_heal_is_raised_at_once(
    fake: FakeSyncthing, answer: dict[str, Any], error: type[Exception]
) -> None:
    """A refused key, a refused name, another program on that port."""
    given = fake.respond("rest/system/status", **answer, times=None)
    with pytest.raises(error):
        await wait_ready(fake)
    assert given.hits == 1


async def test_a_daemon_behind_a_proxy_without_its_headers_is_one(fake: FakeSyncthing) -> None:
    """It tells its device ID in the answer itself."""
    fake.respond("rest/system/status", json={"myID": DAEMON_ID}, from_proxy=True)
    assert await wait_ready(fake) == 1


async def test_another_program_in_the_place_of_a_known_daemon(fake: FakeSyncthing) -> None:
    """It is told by this answer, not by one from before."""
    async with fake.client() as client:
        await client.wait_ready(1)
        fake.respond("rest/system/status", json={}, from_proxy=True)
        with pytest.raises(NotSyncthingError):
            await client.wait_ready(1)


async def test_a_certificate_that_is_not_trusted_is_raised_at_once() -> None:
    """Nothing gets better by waiting."""
    with FakeSyncthing(tls=True) as fake:
        async with Syncthing(fake.api_key, fake.url) as client:
            with pytest.raises(TLSError):
                await client.wait_ready(10)


async def test_what_does_not_speak_http_is_raised_at_once() -> None:
    """As a mail server."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        await reader.read()

    async with listening(serve) as port, Syncthing("key", f"http://127.0.0.1:{port}") as client:
        with pytest.raises(NotSyncthingError):
            await client.wait_ready(10)


async def test_waiting_for_a_daemon_can_be_cancelled(fake: FakeSyncthing) -> None:
    """At once, also in the middle of a request."""
    fake.hold("rest/system/status")
    async with fake.client() as client:
        task = asyncio.create_task(client.wait_ready())
        await requested(fake, "system/status")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_events_tell_when_to_look_again(fake: FakeSyncthing) -> None:
    """What has changed is asked again, what has not is not."""
    fake.add_folder("pics", devices=[OTHER])
    docs(fake).remote_write(OTHER, {"b.txt": b"12"})
    async with waits(fake) as task:
        await requested(fake, "db/completion", 2)
        await heard(fake)
        docs(fake).pull()
        await task
    folders = [request.param("folder") for request in fake.requests if request.path == "/rest/db/completion"]
    assert folders.count("docs") > 1
    assert folders.count("pics") == 1


async def test_what_changes_while_it_is_asked_counts_as_unknown(fake: FakeSyncthing) -> None:
    """Two answers from different times do not make a whole: the folder is looked at again."""
    held = fake.hold("rest/db/completion", made=True)
    async with waits(fake) as task:
        await requested(fake, "db/completion")
        events = await deaf(fake)
        docs(fake).remote_write(OTHER, {"b.txt": b"12"})
        held.release()
        await requested(fake, "db/status", 3)
        assert not task.done()
        docs(fake).pull()
        events.release()
        await task


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody find in the daemon's history what the stream has not told."""

    async def poll(*_: Any, **__: Any) -> list[Any]:
        return []

    monkeypatch.setattr(Events, "poll", poll)


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
async def test_a_disturbance_during_the_look_is_waited_out(fake: FakeSyncthing, kind: str, data: Any) -> None:
    """Whatever the answers say, they may be from before. Each of these events is enough."""
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
    """Other folders and other devices may do what they want, however often."""
    fake.add_device("third", device_id=THIRD)
    fake.add_folder("pics", devices=[THIRD])
    fake.connect(THIRD)
    fake.folder("pics").remote_write(THIRD, {"b.txt": bytes(1000)})
    async with waits(fake, "docs", stable_for=0.6) as task:
        begun = time.monotonic()
        await heard(fake)
        first = fake.newest_event
        while not task.done() and time.monotonic() - begun < 5:
            happen(fake)
            await asyncio.sleep(0.02)
        await task
        assert 0.6 <= time.monotonic() - begun < 3
    async with fake.client() as client:
        assert {event["type"] for event in await client.events.poll(first, timeout=0)} >= kinds


async def test_stable_for_begins_anew_with_each_disturbance(fake: FakeSyncthing) -> None:
    """All has to hold for the whole time."""
    async with waits(fake, stable_for=0.5) as task:
        begun = time.monotonic()
        for _ in range(4):
            await asyncio.sleep(0.2)
            docs(fake).scan()
        await task
        assert time.monotonic() - begun > 1.2


async def test_not_stable_for_long_enough_is_told(fake: FakeSyncthing) -> None:
    """When the time is up before."""
    assert "in sync for only 0." in await missing(fake, stable_for=60)


async def test_single_failures_are_survived(fake: FakeSyncthing) -> None:
    """And so are several at once."""
    for path in ("config", "system/connections", "db/status", "db/completion"):
        fake.respond(f"rest/{path}", **UNAVAILABLE)
        fake.respond(f"rest/{path}", **BROKEN)
    assert (await wait(fake)).percent == 100


async def test_a_refusal_of_the_events_is_raised(fake: FakeSyncthing) -> None:
    """Also while nothing else is asked."""
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake) as task:
        await heard(fake)
        fake.respond("rest/events", **REFUSED)
        fake.cut()
        with pytest.raises(UnauthorizedError):
            await task


async def test_unexpected_events_are_raised_too(fake: FakeSyncthing) -> None:
    """Nothing that goes wrong inside is swallowed."""
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake) as task:
        await heard(fake)
        fake.emit("StateChanged", {"nonsense": True})
        with pytest.raises(InvalidResponseError, match=r"the event StateChanged can't be read: folder: missing"):
            await task


async def _sleep(_: SyncProgress) -> None:
    await asyncio.sleep(0.01)


async def test_answers_that_are_nested_too_deeply_to_be_compared(fake: FakeSyncthing) -> None:
    """They are like any other answers that can't be read: asked for again, and the wait ends well."""
    docs(fake).remote_write(OTHER, {"b.txt": b"12"})

    async def looked(times: int) -> bool:
        return sum(request.path == "/rest/config" for request in fake.requests) >= times

    async with fake.client() as client:
        config = orjson.dumps(await client.config.config())
        for end in (b"1", b"2"):
            deep = config.replace(b'"label"', b'"x":' + b"[" * 1000 + end + b"]" * 1000 + b',"label"')
            fake.respond("rest/config", body=deep, content_type="application/json", times=1)
        waiting = asyncio.create_task(client.wait_in_sync(timeout=30))
        for number in (2, 3):
            await until(partial(looked, number))
            docs(fake).write({f"{number}.txt": b""})  # news, so that it looks again
        await until(partial(looked, 4))
        fake.finish_sync()
        await waiting


async def test_progress_is_told(fake: FakeSyncthing) -> None:
    """To functions and coroutines, when it has changed; the last one is the one that is returned."""
    seen: list[SyncProgress] = []

    def note(progress: SyncProgress) -> Coroutine[Any, Any, None]:
        seen.append(progress)
        return _sleep(progress)

    docs(fake).write({"b.txt": bytes(20), "c.txt": bytes(20), "d.txt": bytes(60)})
    async with waits(fake, on_progress=note) as task:
        for name in ("b.txt", "c.txt", "d.txt"):
            await heard(fake)
            await asyncio.sleep(0.05)
            docs(fake).remote_pull(OTHER, name)
        result = await task
    assert seen[-1] == result
    assert [progress.percent for progress in seen] == sorted(progress.percent for progress in seen)
    assert seen[0].percent == 75
    assert seen[0].rate is None
    assert result.rate
    assert result.seconds_left == 0
    assert all(left != right for left, right in itertools.pairwise(seen))


async def test_progress_stays_when_the_daemon_cannot_be_asked(fake: FakeSyncthing) -> None:
    """The figures are those known last, and the reason says that."""
    seen: list[SyncProgress] = []
    docs(fake).write({"b.txt": bytes(100)})
    async with waits(fake, on_progress=seen.append) as task:
        await requested(fake, "db/completion")
        await heard(fake)
        fake.respond("rest/config", **UNAVAILABLE)
        docs(fake).scan()
        await requested(fake, "config", 3)
        fake.finish_sync()
        await task
    (gap,) = [progress for progress in seen if "no usable answer" in str(progress.missing[:1])]
    assert (gap.percent, gap.needed_bytes, gap.rate, gap.seconds_left) == (75, 100, None, None)


async def test_a_failing_progress_function_ends_the_waiting(fake: FakeSyncthing) -> None:
    """Its exception is the caller's own."""

    def fail(_: SyncProgress) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await wait(fake, on_progress=fail)


async def _give_up(fake: FakeSyncthing) -> None:
    docs(fake).set_error("folder path missing")


async def _be_quick(fake: FakeSyncthing) -> None:
    """Leave everything in sync."""


async def _retry(fake: FakeSyncthing) -> None:
    fake.respond("rest/db/status", **UNAVAILABLE)
    fake.respond("rest/db/completion", **BROKEN)


async def _time_out(fake: FakeSyncthing) -> None:
    docs(fake).write({"b.txt": b"12"})


async def _refuse_all(fake: FakeSyncthing) -> None:
    fake.respond("rest/db/*", **REFUSED, times=None)


@pytest.mark.parametrize("earlier", [0, 1])
@pytest.mark.parametrize("happen", [_be_quick, _retry, _give_up, _refuse_all, _time_out])
async def test_the_caller_is_not_cancelled_in_the_end(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], Coroutine[Any, Any, None]], earlier: int
) -> None:
    """However it ends, also in the clean-up of a task that was cancelled before."""
    for number in range(4):
        fake.add_folder(f"f{number}", files={"a": b"1"})
    await happen(fake)

    async def wait_once() -> str:
        task = asyncio.current_task()
        assert task is not None
        for _ in range(earlier):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        assert task.cancelling() == earlier
        async with fake.client() as client:
            with suppress(SyncthingError):
                await client.wait_in_sync(timeout=1)
            assert task.cancelling() == earlier
            with suppress(SyncthingError):
                await client.wait_ready(timeout=1)
        assert task.cancelling() == earlier
        await asyncio.sleep(0)  # nothing is delivered late
        return "done"

    assert await asyncio.create_task(wait_once()) == "done"


async def test_a_cancellation_is_delivered_once_at_every_step(fake: FakeSyncthing) -> None:
    """After each number of turns of the loop, until there is nothing to be cancelled any more."""
    fake.respond("rest/db/status", **UNAVAILABLE, times=3)
    async with fake.client() as client:
        for steps in range(0, 10_000, 3):
            caught = 0

            async def wait_once() -> None:
                nonlocal caught
                try:
                    await client.wait_in_sync(timeout=20)
                except asyncio.CancelledError:
                    caught += 1
                    raise

            others = asyncio.all_tasks()
            task = asyncio.create_task(wait_once())
            for _ in range(steps):
                await asyncio.sleep(0)
            if not task.cancel():
                break
            with suppress(asyncio.CancelledError):
                await task
            assert task.cancelled()
            assert caught <= 1  # none if it had not begun
            await asyncio.sleep(0)
            assert not {left for left in asyncio.all_tasks() - others if not left.done()}
        else:
            pytest.fail("it never ends")


@pytest.mark.parametrize(
    ("happen", "error"),
    [
        (lambda fake: fake.stop_daemon(), ConnectionFailedError),
        (lambda fake: fake.migrate(), MigrationError),
        (lambda fake: fake.respond("rest/system/status", **REFUSED), UnauthorizedError),
        (lambda fake: fake.respond("rest/system/status", **UNAVAILABLE), SyncthingError),
    ],
    ids=["down", "migrating", "refusing", "unavailable"],
)
async def test_the_first_contact_fails_loudly(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], error: type[Exception]
) -> None:
    """A wrong port is noticed at once; waiting for a daemon to come is what `wait_ready` does."""
    happen(fake)
    with pytest.raises(error):
        await wait(fake)


async def test_what_breaks_later_is_logged_once(fake: FakeSyncthing, caplog: pytest.LogCaptureFixture) -> None:
    """As a warning, each time that the daemon goes away, and without the key."""
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake) as task:
        for outage in (1, 2):
            await heard(fake)
            fake.stop_daemon()
            await _logged(caplog, outage)
            fake.start_daemon()
            fake.connect(OTHER)
            looks = asked(fake)["db/status"]
            await fake.until(lambda: asked(fake)["db/status"] > looks)  # noqa: B023 - called at once
        fake.finish_sync()
        fake.advance(60)
        await task
    warnings = [record for record in caplog.records if record.name == "aiosyncthing.waiting"]
    assert [record.levelname for record in warnings] == ["WARNING"] * 2
    assert all("continues when the daemon answers again" in record.message for record in warnings)
    assert fake.api_key not in caplog.text


async def _logged(caplog: pytest.LogCaptureFixture, count: int) -> None:
    async def is_logged() -> bool:
        return sum(record.name == "aiosyncthing.waiting" for record in caplog.records) >= count

    await until(is_logged)


async def test_another_wait_has_no_progress(fake: FakeSyncthing) -> None:
    """There is nothing to be counted."""
    fake.stop_daemon()
    with pytest.raises(WaitTimeoutError) as caught:
        await wait_ready(fake, 0.1)
    assert (caught.value.progress, caught.value.missing) == (None, ())


@pytest.mark.parametrize("path", ["events", "config", "db/status", "db/completion", "db/scan"])
async def test_cancelled_anywhere_it_leaves_nothing(fake: FakeSyncthing, path: str) -> None:
    """Neither a task nor a connection nor a warning, with more questions than may be under way at once."""
    for number in range(8):
        fake.add_folder(f"f{number}", devices=[OTHER])
    fake.hold(f"rest/{path}", times=None)
    async with waits(fake, rescan=path == "db/scan") as task:
        await requested(fake, path)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_the_time_may_end_anywhere(fake: FakeSyncthing) -> None:
    """Also before anything was answered."""
    fake.hold("rest/config")
    assert await missing(fake) == "the daemon has not answered yet"
