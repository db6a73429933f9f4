"""Waiting for a daemon, and for folders to be in sync."""

from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing import Events, Syncthing, _look, waiting
from aiosyncthing.exceptions import (
    BadRequestError,
    CannotSyncError,
    ConnectionFailedError,
    FolderNotRunningError,
    HostCheckError,
    InvalidDeviceIDError,
    InvalidResponseError,
    MigrationError,
    NotSyncthingError,
    SyncthingError,
    TLSError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
    WaitTimeoutError,
)
from aiosyncthing.testing import FakeSyncthing

from .support.listening import listening
from .support.server import DAEMON_ID
from .support.synced import (
    BROKEN,
    REFUSED,
    UNAVAILABLE,
    asked,
    connections_in_use,
    deaf,
    docs,
    heard,
    left,
    requested,
    synced,
)
from .support.values import OTHER, THIRD
from .support.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator

    from aiosyncthing.testing import FakeFault
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


@pytest.mark.parametrize(
    ("happen", "text"),
    [
        (lambda fake: fake.migrate(), "last seen: migration"),
        (
            lambda fake: fake.respond("rest/system/status", **UNAVAILABLE, times=None),
            "last seen: .*failed .*status 502",
        ),
        (lambda fake: fake.hold("rest/system/status"), "last seen: nothing was tried yet"),
        (lambda fake: fake.stop_daemon(), "last seen: .*Connection refused"),
    ],
    ids=["migration", "unavailable", "silent", "down"],
)
async def test_in_the_end_the_last_state_is_told(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], text: str
) -> None:
    """The error says why it is not ready."""
    happen(fake)
    with pytest.raises(WaitTimeoutError, match=rf"not after 0\.3 seconds: the daemon is not ready, {text}"):
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


@asynccontextmanager
async def waits(
    fake: FakeSyncthing, *args: Any, timeout: float = 20, **options: Any
) -> AsyncGenerator[asyncio.Task[Any]]:
    """Wait for sync in a task, and end it; check that nothing remains open."""
    async with fake.client() as client:
        task: asyncio.Task[SyncProgress] = asyncio.create_task(client.wait_in_sync(*args, timeout=timeout, **options))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])
        assert connections_in_use(client) == 0
    await left(fake)


async def wait(fake: FakeSyncthing, *args: Any, **options: Any) -> SyncProgress:
    """Wait for sync."""
    async with waits(fake, *args, **options) as task:
        result: SyncProgress = await task
        return result


async def missing(fake: FakeSyncthing, *args: Any, **options: Any) -> str:
    """Return what is missing in the end."""
    with pytest.raises(WaitTimeoutError) as caught:
        await wait(fake, *args, timeout=0.5, **options)
    return str(caught.value).removeprefix("not after 0.5 seconds: ")


async def test_in_sync_at_once(fake: FakeSyncthing) -> None:
    """One look, and another at the folder itself: the expensive questions are few."""
    progress = await wait(fake)
    assert (progress.percent, progress.missing, progress.needed_bytes, progress.total_bytes) == (100, (), 0, 200)
    assert (asked(fake)["db/status"], asked(fake)["db/completion"]) == (2, 1)
    assert asked(fake)["db/scan"] == 0


@pytest.mark.parametrize("devices", [OTHER, [OTHER], [OTHER.replace("-", "").lower()], [], None])
async def test_devices_can_be_named(fake: FakeSyncthing, devices: Any) -> None:
    """In any notation of their IDs; none at all means here only."""
    fake.add_folder("pics")
    fake.add_folder("own")
    await wait(fake, devices=devices)
    assert asked(fake)["db/completion"] == (0 if devices == [] else 1)
    await wait(fake, "docs", devices)


async def test_only_the_folders_asked_for_matter(fake: FakeSyncthing) -> None:
    """Others may be paused, broken or out of sync."""
    fake.add_folder("paused", devices=[OTHER], paused=True)
    fake.add_folder("broken", devices=[OTHER]).set_error("folder path missing")
    await wait(fake, ["docs"])
    assert all("broken" not in request.target for request in fake.requests)


async def test_a_daemon_without_folders_is_in_sync(fake: FakeSyncthing) -> None:
    """There is nothing to be waited for."""
    fake.remove_folder("docs")
    assert (await wait(fake)).percent == 100


@pytest.mark.parametrize(
    ("args", "error", "text"),
    [
        (("nope",), UnknownFolderError, "no folder nope"),
        ((["docs", "nope"],), UnknownFolderError, "no folder nope"),
        (("docs", THIRD), UnknownDeviceError, f"no remote device {THIRD}"),
        (("docs", "nonsense"), InvalidDeviceIDError, "is not a device ID"),
        (("docs", DAEMON_ID), UnknownDeviceError, f"no remote device {DAEMON_ID}"),
        (([],), BadRequestError, "folders must not be empty"),
        (("",), BadRequestError, "folders must not be empty"),
        ((["docs", ""],), BadRequestError, "folders must not be empty"),
        ((None, ""), BadRequestError, "devices must not be empty"),
        (("own", OTHER), CannotSyncError, "folder own: not shared with device other"),
    ],
)
async def test_what_is_not_there_is_raised_at_once(
    fake: FakeSyncthing, args: tuple[Any, ...], error: type[Exception], text: str
) -> None:
    """With its name."""
    fake.add_folder("own")
    with pytest.raises(error, match=text):
        await wait(fake, *args)


def _pause_folder(fake: FakeSyncthing) -> None:
    docs(fake).pause()


def _pause_device(fake: FakeSyncthing) -> None:
    fake.set_device(OTHER, paused=True)


def _lose_disk(fake: FakeSyncthing) -> None:
    docs(fake).set_error("folder path missing")


def _unshare(fake: FakeSyncthing) -> None:
    fake.set_folder("docs", devices=[])


def _remove(fake: FakeSyncthing) -> None:
    fake.remove_folder("docs")


def _refuse(fake: FakeSyncthing) -> None:
    fake.respond("rest/config", **REFUSED)
    docs(fake).scan()


OBSTACLES = [
    (_pause_folder, FolderNotRunningError, "folder docs is paused"),
    (_pause_device, CannotSyncError, "folder docs: device other is paused"),
    (_lose_disk, CannotSyncError, "folder docs: folder path missing"),
    (_unshare, CannotSyncError, "not shared with device other"),
    (_remove, UnknownFolderError, "no folder docs"),
    (_refuse, UnauthorizedError, "refused the API key"),
]


@pytest.mark.parametrize("rescan", [False, True])
@pytest.mark.parametrize(("happen", "error", "text"), OBSTACLES)
async def test_what_waiting_does_not_heal_is_raised_at_once(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], None], error: type[Exception], text: str, rescan: bool
) -> None:
    """With the names of folder and device, and the reason."""
    happen(fake)
    with pytest.raises(error, match=text):
        await wait(fake, "docs", OTHER, rescan=rescan)


@pytest.mark.parametrize(("happen", "error", "text"), OBSTACLES)
async def test_what_happens_while_waiting_is_raised_too(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], None], error: type[Exception], text: str
) -> None:
    """As soon as an event tells."""
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake, "docs", OTHER) as task:
        await heard(fake)
        happen(fake)
        with pytest.raises(error, match=text):
            await task


def _need(fake: FakeSyncthing) -> None:
    docs(fake).remote_delete(OTHER, "a.txt")


def _scan(fake: FakeSyncthing) -> None:
    docs(fake).start_scan()


def _lack(fake: FakeSyncthing) -> None:
    docs(fake).write({"b.txt": b"", "c.txt": b""})  # without content, so that ``completion`` is 100 nevertheless


def _decline(fake: FakeSyncthing) -> None:
    docs(fake).set_remote_state(OTHER, "notSharing")


def _leave(fake: FakeSyncthing) -> None:
    fake.disconnect(OTHER)


def _come_back(fake: FakeSyncthing) -> None:
    fake.disconnect(OTHER)
    fake.connect(OTHER)


def _answers(path: str, **answer: Any) -> Callable[[FakeSyncthing], object]:
    """Return what lets a daemon answer so: it is brought to that for moments only, or never."""
    return lambda fake: fake.respond(path, **answer, times=None)


async def never_scanned(fake: FakeSyncthing) -> FakeFault:
    """Let the folder be as it is for the moment between its start and its first scan."""
    async with fake.client() as client:
        status = await client.database.status("docs")
    return fake.respond("rest/db/status", json={**status, "stateChanged": NEVER}, times=None)


@pytest.mark.parametrize(
    ("prepare", "text"),
    [
        (_need, "docs: 1 item (0 B) still missing here"),
        (_scan, "folder docs: scanning"),
        (_answers("rest/db/status", status=404, text="folder is not running"), "folder docs: not started yet"),
        (
            _answers("rest/db/completion", status=404, text="folder is not running"),
            "folder docs, device other: not known yet",
        ),
        (_lack, "folder docs, device other: 2 items (0 B) still missing there"),
        (_decline, "folder docs, device other: it has not accepted the folder"),
        (
            _answers("rest/system/connections", json={"connections": {}, "total": {"at": NEVER}}),
            "folder docs, device other: it is not connected",
        ),
        (_leave, "folder docs, device other: it is not connected"),
        (_come_back, "device other: it has just connected, or changed what it shares"),
        (_answers("rest/system/connections", **UNAVAILABLE), "the daemon can't be asked"),
    ],
)
async def test_what_may_come_about_is_waited_for(
    fake: FakeSyncthing, prepare: Callable[[FakeSyncthing], object], text: str
) -> None:
    """In the end the error says what was missing where."""
    prepare(fake)
    assert text in await missing(fake)


async def test_a_folder_that_was_not_scanned_yet_is_waited_for(fake: FakeSyncthing) -> None:
    """It is idle, with the figures of its last run."""
    await never_scanned(fake)
    assert await missing(fake) == "folder docs: not scanned yet"


async def test_many_missing_things_are_not_all_told(fake: FakeSyncthing) -> None:
    """The text remains readable."""
    fake.remove_folder("docs")
    for number in range(15):
        fake.add_folder(f"f{number}", devices=[OTHER]).remote_write(OTHER, {"a.txt": b"1"})
    text = await missing(fake, devices=[])
    assert text.count("still missing here") == 10
    assert text.endswith("; and 5 more")


async def test_devices_without_a_common_folder(fake: FakeSyncthing) -> None:
    """Of a device that was named without folders, those count that it shares; it has to share one."""
    fake.add_device("third", device_id=THIRD)
    with pytest.raises(CannotSyncError, match="shares no folder"):
        await wait(fake, devices=[OTHER, THIRD])


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


@pytest.mark.usefixtures("forgetful")
async def test_a_change_without_a_need_is_one_too(fake: FakeSyncthing) -> None:
    """If the folder's sequence moved between the questions, the answers about devices may be from before."""
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
    assert "in sync, but only for 0." in await missing(fake, stable_for=60)


@pytest.mark.parametrize(
    ("version", "leave", "come"),
    [
        ("1.19", lambda fake: fake.disconnect(OTHER), lambda fake: fake.connect(OTHER)),
        ("1.29", _decline, lambda fake: docs(fake).set_remote_state(OTHER, "valid")),
    ],
    ids=["DeviceConnected", "ClusterConfigReceived"],
)
async def test_a_device_that_has_just_connected_gets_some_time(
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    leave: Callable[[FakeSyncthing], None],
    come: Callable[[FakeSyncthing], None],
) -> None:
    """It may have news that it has not told yet, and nothing says that it has none."""
    monkeypatch.setattr(_look, "_GRACE", 0.5)
    with synced(version) as fake:
        leave(fake)
        async with waits(fake) as task:
            await heard(fake)
            begun = time.monotonic()
            come(fake)
            fake.advance(60)  # so it isn't the age of the connection that counts
            await task
            assert time.monotonic() - begun > 0.45


async def test_the_age_of_a_connection_counts(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for one that was made before the waiting began, and if only this side is waited for."""
    monkeypatch.setattr(_look, "_GRACE", 1.5)
    _come_back(fake)
    fake.advance(1)
    begun = time.monotonic()
    async with waits(fake, devices=[]) as task:
        await requested(fake, "system/connections", 2)
        fake.advance(1)
        await task
    assert 0.4 < time.monotonic() - begun < 5


@pytest.mark.usefixtures("forgetful")
async def test_after_a_long_silence_everything_is_asked_again(
    fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if no event says that it has changed."""
    monkeypatch.setattr(waiting, "_LOOK", 0.2)
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake) as task:
        await deaf(fake)
        await requested(fake, "db/completion", 3)
        fake.finish_sync()
        await task


async def test_rescan_scans_first(fake: FakeSyncthing) -> None:
    """All of the folder, once; what was known before counts no more."""
    docs(fake).write({"b.txt": b"12"}, scan=False)
    held = fake.hold("rest/db/scan")
    reasons: list[tuple[str, ...]] = []
    async with waits(
        fake, rescan=True, on_progress=lambda progress: reasons.append(tuple(map(str, progress.missing)))
    ) as task:
        await until(lambda: _told(reasons, "folder docs: being scanned"))
        held.release()
        await until(lambda: _told(reasons, "folder docs, device other: 1 item (2 B) still missing there"))
        fake.finish_sync()
        await task
    assert asked(fake)["db/scan"] == 1
    assert [request.query for request in fake.requests if "scan" in request.path] == ["folder=docs"]
    assert reasons[0] == ("folder docs: being scanned",)


async def _told(reasons: list[tuple[str, ...]], text: str) -> bool:
    return (text,) in reasons


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "text": "context canceled"},
        {"status": 404, "text": "folder is not running"},
        UNAVAILABLE,
        BROKEN,
    ],
)
async def test_a_scan_that_fails_is_tried_again(fake: FakeSyncthing, answer: dict[str, Any]) -> None:
    """If the folder was stopped, is starting, or the connection broke."""
    fake.respond("rest/db/scan", **answer, times=2)
    await wait(fake, rescan=True)
    assert asked(fake)["db/scan"] == 3


async def test_a_scan_that_fails_shows_the_folders_error(fake: FakeSyncthing) -> None:
    """It is the folder's own words that are told."""
    docs(fake).delete(".stfolder", scan=False)
    with pytest.raises(CannotSyncError, match="folder docs: folder marker missing"):
        await wait(fake, rescan=True)


def _break_and_mend(fake: FakeSyncthing) -> None:
    """Leave the folder with an error that its next scan doesn't find any more."""
    docs(fake).set_error("folder path missing")
    docs(fake).set_error(None, scan=False)
    assert docs(fake).state == "error"


async def test_a_scan_may_find_that_an_error_is_mended(fake: FakeSyncthing) -> None:
    """The error from before the scan is no reason to give up."""
    _break_and_mend(fake)
    await wait(fake, rescan=True)


async def test_an_error_from_before_the_scan_may_be_told_after_it(fake: FakeSyncthing) -> None:
    """It was asked for while the scan was going on, so it is no reason to give up either."""
    _break_and_mend(fake)
    scanned = fake.hold("rest/db/scan")
    told = fake.hold("rest/db/status", made=True, times=None)
    async with fake.client() as client, asyncio.TaskGroup() as group:

        async def scan_is_over() -> bool:
            return connections_in_use(client) == 2  # the events, and the question that is not answered yet

        group.create_task(client.wait_in_sync("docs", rescan=True, timeout=20))
        await requested(fake, "db/scan")
        await requested(fake, "db/status")
        await heard(fake)
        scanned.release()
        await until(scan_is_over)
        told.release()


async def test_a_refused_scan_is_raised(fake: FakeSyncthing) -> None:
    """As any other refused request."""
    fake.respond("rest/db/scan", **REFUSED)
    with pytest.raises(UnauthorizedError):
        await wait(fake, rescan=True)


@pytest.mark.parametrize(
    "happen",
    [
        # Alone: the configuration that tells it too may be saved only seconds later.
        lambda fake: fake.emit("FolderResumed", {"id": "docs", "label": ""}),
        lambda fake: fake.set_folder("docs", order="alphabetic"),
        lambda fake: (fake.restart(), fake.connect(OTHER), fake.advance(60)),
        lambda fake: (fake.lose("StateChanged", 3), fake.offer_device("stranger")),
    ],
    ids=["resumed", "changed", "restarted", "events lost"],
)
async def test_a_scan_of_a_folder_that_was_started_again_begins_anew(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon may never answer one for a folder that was stopped before its first scan."""
    monkeypatch.setattr(_look, "_GRACE", 0.1)
    fake.hold("rest/db/scan")
    async with waits(fake, rescan=True) as task:
        await requested(fake, "db/scan")
        await heard(fake)
        happen(fake)
        await task
    assert asked(fake)["db/scan"] == 2


async def test_a_label_does_not_let_a_scan_begin_anew(fake: FakeSyncthing) -> None:
    """The folder goes on."""
    held = fake.hold("rest/db/scan")
    async with waits(fake, rescan=True) as task:
        await requested(fake, "db/scan")
        await heard(fake)
        fake.set_folder("docs", label="new")
        await heard(fake)
        held.release()
        await task
    assert asked(fake)["db/scan"] == 1


async def test_a_restart_while_waiting_is_survived(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was known is asked again; the new process has to scan first."""
    monkeypatch.setattr(_look, "_GRACE", 0.1)
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


async def test_another_daemon_in_its_place_is_asked_who_it_is(fake: FakeSyncthing) -> None:
    """Else its own device would be taken for a remote one, which never connects."""
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake, "docs") as task:
        await heard(fake)
        config = fake.hold("rest/config", times=None)  # so that nobody sees it without the folder
        fake.replace("another")
        fake.add_folder("docs", files={"c.txt": b"123"})
        config.release()
        assert (await task).total_bytes == 3


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
    (gap,) = [progress for progress in seen if "can't be asked" in str(progress.missing[:1])]
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
    assert all("goes on once the daemon can be asked again" in record.message for record in warnings)
    assert fake.api_key not in caplog.text


async def _logged(caplog: pytest.LogCaptureFixture, count: int) -> None:
    async def is_logged() -> bool:
        return sum(record.name == "aiosyncthing.waiting" for record in caplog.records) >= count

    await until(is_logged)


async def test_what_is_missing_is_data_too(fake: FakeSyncthing) -> None:
    """With the items that failed, and why."""
    docs(fake).remote_write(OTHER, {"b.txt": b"12", "c.txt": b"345"})
    docs(fake).fail("b.txt", "no space left")
    docs(fake).pull()
    with pytest.raises(WaitTimeoutError, match=r"1 failed: b\.txt \(no space left\)") as caught:
        await wait(fake, "docs", [], timeout=0.5)
    (missing,) = caught.value.missing
    assert (missing.folder_id, missing.device_id, missing.needed_items, missing.needed_bytes) == ("docs", "", 1, 2)
    assert missing.failed == (("b.txt", "no space left"),)
    progress = caught.value.progress
    assert progress is not None
    assert progress.missing == caught.value.missing
    assert str(missing) in str(caught.value)


async def test_another_wait_has_no_progress(fake: FakeSyncthing) -> None:
    """There is nothing to be counted."""
    fake.stop_daemon()
    with pytest.raises(WaitTimeoutError) as caught:
        await wait_ready(fake, 0.1)
    assert (caught.value.progress, caught.value.missing) == (None, ())


async def test_a_slow_answer_holds_up_nothing_else(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for beyond the client's time-out, and asked for once; the others go on meanwhile."""
    fake.add_folder("pics", files={"a": b"1"}, devices=[OTHER])
    fake.finish_sync()
    fake.advance(60)
    monkeypatch.setattr(_look, "_PATIENCE", 0.2)
    seen: list[str] = []
    held = fake.hold("rest/db/status", made=True)
    async with fake.client(timeout=0.3) as client:
        task = asyncio.create_task(
            client.wait_in_sync(timeout=20, on_progress=lambda progress: seen.extend(map(str, progress.missing)))
        )
        await until(lambda: _noted(seen, "folder docs: no figures yet"))
        await asyncio.sleep(1)
        assert (held.hits, asked(fake)["db/status"]) == (1, 2)
        held.release()
        await task
    assert not [line for line in seen if "pics" in line or "can't be asked" in line]
    assert asked(fake)["db/status"] == 4


async def _noted(seen: list[str], text: str) -> bool:
    return text in seen


async def test_a_clock_that_was_set_back_holds_up_nothing(fake: FakeSyncthing) -> None:
    """A connection and a folder that seem to begin in the future get the time of one that has just begun."""
    _come_back(fake)
    docs(fake).pause()
    docs(fake).resume()
    fake.finish_sync()
    begun = time.monotonic()
    async with fake.client() as client:
        answer = await client.system.connections()
        events = await client.events.poll(0, timeout=0)
        for figures in (*answer["connections"].values(), answer["total"]):
            figures["at"] = "2001-01-01T00:00:00Z"
        fake.respond("rest/system/connections", json=answer, times=None)
        await client.wait_in_sync("docs", timeout=20)
    assert 2.5 < time.monotonic() - begun < 10
    assert events[-1]["time"] > "2001"


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("happen", "error"),
    [
        (lambda fake: fake.remove_device(OTHER), UnknownDeviceError),
        (lambda fake: fake.remove_folder("docs"), UnknownFolderError),
    ],
    ids=["device", "folder"],
)
async def test_what_is_removed_while_waiting_is_an_error_where_it_was_named(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], error: type[Exception], named: bool
) -> None:
    """Where all are waited for, what is left counts."""
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake, *(["docs", OTHER] if named else [])) as task:
        await heard(fake)
        happen(fake)
        if named:
            with pytest.raises(error):
                await task
        else:
            await task


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
    assert await missing(fake) == "nothing was asked yet"
