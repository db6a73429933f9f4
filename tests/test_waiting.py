"""Waiting for a daemon, and for folders to be in sync, against a daemon that says what it is told to say."""

from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing import Syncthing, waiting
from aiosyncthing.exceptions import (
    BadRequestError,
    CannotSyncError,
    FolderNotRunningError,
    HostCheckError,
    NotSyncthingError,
    SyncthingError,
    TLSError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
    WaitTimeoutError,
)

from .support.fake import OTHER, THIRD, Fake, completion, connection, connections_in_use, device, folder, summary
from .support.listening import listening, server_context
from .support.server import DAEMON_ID, Answer, Server, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

    from aiosyncthing.waiting import SyncProgress

MIGRATION = Answer(b"*** Database migration in progress ***\n\n1% done", content_type="text/plain", syncthing=False)
READY = as_json({"myID": DAEMON_ID})
UNAVAILABLE = as_text("the proxy is ill", 502, syncthing=False)
NEVER = "0001-01-01T00:00:00Z"


@pytest.fixture
async def fake() -> AsyncGenerator[Fake]:
    """A daemon, all in sync."""
    async with Fake() as fake:
        yield fake


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses."""
    monkeypatch.setattr(waiting, "_PAUSE", 0.1)
    monkeypatch.setattr(waiting, "_FIRST_PAUSE", 0.01)


async def wait_ready(*answers: Answer, timeout: float = 10) -> int:
    """Wait for a server that gives these answers; return how many it gave."""
    async with Server(*answers) as server, Syncthing("key", server.url) as client:
        try:
            await client.wait_ready(timeout)
        finally:
            count = len(server.requests)
            server.queue.clear()
        return count


async def test_a_daemon_that_is_ready() -> None:
    """One question is enough."""
    assert await wait_ready(READY) == 1


@pytest.mark.parametrize("trouble", [MIGRATION, UNAVAILABLE, as_text("starting", 503), Answer(raw=b""), READY])
async def test_a_daemon_that_becomes_ready(trouble: Answer) -> None:
    """Migration, a proxy that says that nothing is behind it, or a connection that breaks, are waited for."""
    assert await wait_ready(trouble, trouble, READY) == (1 if trouble is READY else 3)


@pytest.mark.parametrize(
    ("trouble", "text"),
    [
        (MIGRATION, "last seen: migration"),
        (UNAVAILABLE, "last seen: the daemon failed .*status 502"),
        (Answer(after=asyncio.Event()), "last seen: nothing was tried yet"),
    ],
)
async def test_in_the_end_the_last_state_is_told(trouble: Answer, text: str) -> None:
    """The error says why it is not ready."""
    with pytest.raises(WaitTimeoutError, match=rf"not after 0\.3 seconds: the daemon is not ready, {text}"):
        await wait_ready(*[trouble] * 50, timeout=0.3)


async def test_a_refused_connection_is_told() -> None:
    """It is the usual state of a daemon that is not there yet."""
    async with Server() as server:
        url = server.url
    async with Syncthing("key", url) as client:
        with pytest.raises(WaitTimeoutError, match="Connection refused"):
            await client.wait_ready(0.2)


async def test_a_daemon_that_hangs_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer in time is one more state that may pass."""
    monkeypatch.setattr(waiting, "_READY_TIMEOUT", 0.05)
    assert await wait_ready(Answer(after=asyncio.Event()), READY) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (as_text("CSRF Error", 403), UnauthorizedError),
        (as_text("Host check error", 403, syncthing=False), HostCheckError),
        (Answer(b"<html>hello</html>", content_type="text/html", syncthing=False), NotSyncthingError),
        (as_json({"hello": "world"}, syncthing=False), NotSyncthingError),
        (as_json(["hello"], syncthing=False), NotSyncthingError),
        (as_text("hello", 404, syncthing=False), SyncthingError),
    ],
)
async def test_what_does_not_heal_is_raised_at_once(answer: Answer, error: type[Exception]) -> None:
    """A refused key, a refused name, another program on that port."""
    with pytest.raises(error):
        await wait_ready(answer, READY)


async def test_a_daemon_behind_a_proxy_without_its_headers_is_one() -> None:
    """It tells its device ID in the answer itself."""
    assert await wait_ready(as_json({"myID": DAEMON_ID}, syncthing=False)) == 1


async def test_another_program_in_the_place_of_a_known_daemon() -> None:
    """It is told by this answer, not by one from before."""
    async with Server(READY, as_json({}, syncthing=False)) as server, Syncthing("key", server.url) as client:
        await client.wait_ready(1)
        with pytest.raises(NotSyncthingError):
            await client.wait_ready(1)


async def test_a_certificate_that_is_not_trusted_is_raised_at_once() -> None:
    """Nothing gets better by waiting."""
    async with Server(tls=server_context()) as server, Syncthing("key", server.url) as client:
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


async def test_waiting_for_a_daemon_can_be_cancelled(fake: Fake) -> None:
    """At once, also in the middle of a request."""
    gate = fake.hold("system/status")
    async with fake.client() as client:
        task = asyncio.create_task(client.wait_ready())
        await fake.requested("system/status")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()


@asynccontextmanager
async def waits(fake: Fake, *args: Any, timeout: float = 20, **options: Any) -> AsyncGenerator[asyncio.Task[Any]]:
    """Wait for sync in a task, and end it; check that nothing remains open."""
    async with fake.client() as client:
        task: asyncio.Task[SyncProgress] = asyncio.create_task(client.wait_in_sync(*args, timeout=timeout, **options))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])
        assert connections_in_use(client) == 0
    await fake.left()


async def wait(fake: Fake, *args: Any, **options: Any) -> SyncProgress:
    """Wait for sync."""
    async with waits(fake, *args, **options) as task:
        result: SyncProgress = await task
        return result


async def missing(fake: Fake, *args: Any, **options: Any) -> str:
    """Return what is missing in the end."""
    with pytest.raises(WaitTimeoutError) as caught:
        await wait(fake, *args, timeout=0.5, **options)
    return str(caught.value).removeprefix("not after 0.5 seconds: ")


async def test_in_sync_at_once(fake: Fake) -> None:
    """One look, and another at the folder itself: the expensive questions are few."""
    progress = await wait(fake)
    assert (progress.percent, progress.missing, progress.needed_bytes, progress.total_bytes) == (100, (), 0, 200)
    assert (fake.asked["db/status"], fake.asked["db/completion"]) == (2, 1)
    assert fake.asked["db/scan"] == 0


@pytest.mark.parametrize("devices", [OTHER, [OTHER], [OTHER.replace("-", "").lower()], [], None])
async def test_devices_can_be_named(fake: Fake, devices: Any) -> None:
    """In any notation of their IDs; none at all means here only."""
    fake.summaries["pics"] = summary()
    fake.config["folders"].append(folder("pics"))
    fake.config["folders"].append(folder("own"))
    fake.summaries["own"] = summary()
    await wait(fake, devices=devices)
    assert fake.asked["db/completion"] == (0 if devices == [] else 1)
    await wait(fake, "docs", devices)


async def test_only_the_folders_asked_for_matter(fake: Fake) -> None:
    """Others may be paused, broken or out of sync."""
    fake.config["folders"] += [folder("paused", OTHER, paused=True), folder("broken", OTHER)]
    await wait(fake, ["docs"])
    assert all("broken" not in request.target for request in fake.server.requests)


async def test_a_daemon_without_folders_is_in_sync(fake: Fake) -> None:
    """There is nothing to be waited for."""
    fake.config["folders"].clear()
    assert (await wait(fake)).percent == 100


@pytest.mark.parametrize(
    ("args", "error", "text"),
    [
        (("nope",), UnknownFolderError, "no folder nope"),
        ((["docs", "nope"],), UnknownFolderError, "no folder nope"),
        (("docs", THIRD), UnknownDeviceError, f"no remote device {THIRD}"),
        (("docs", "nonsense"), UnknownDeviceError, "no remote device nonsense"),
        (("docs", DAEMON_ID), UnknownDeviceError, f"no remote device {DAEMON_ID}"),
        (([],), BadRequestError, "folders must not be empty"),
        (("",), BadRequestError, "folders must not be empty"),
        ((["docs", ""],), BadRequestError, "folders must not be empty"),
        ((None, ""), BadRequestError, "devices must not be empty"),
        (("own", OTHER), CannotSyncError, "folder own: not shared with device other"),
    ],
)
async def test_what_is_not_there_is_raised_at_once(
    fake: Fake, args: tuple[Any, ...], error: type[Exception], text: str
) -> None:
    """With its name."""
    fake.config["folders"].append(folder("own"))
    fake.summaries["own"] = summary()
    with pytest.raises(error, match=text):
        await wait(fake, *args)


def _pause_folder(fake: Fake) -> None:
    fake.config["folders"] = [folder("docs", OTHER, paused=True)]


def _pause_device(fake: Fake) -> None:
    fake.config["devices"][1]["paused"] = True


def _lose_disk(fake: Fake) -> None:
    fake.summaries["docs"] = summary(state="error", error="folder path missing")


def _unshare(fake: Fake) -> None:
    fake.config["folders"] = [folder("docs")]


def _remove(fake: Fake) -> None:
    fake.config["folders"] = []


def _refuse(fake: Fake) -> None:
    fake.troubles["config"].append(as_text("CSRF Error", 403))


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
    fake: Fake, happen: Callable[[Fake], None], error: type[Exception], text: str, rescan: bool
) -> None:
    """With the names of folder and device, and the reason."""
    happen(fake)
    with pytest.raises(error, match=text):
        await wait(fake, "docs", OTHER, rescan=rescan)


@pytest.mark.parametrize(("happen", "error", "text"), OBSTACLES)
async def test_what_happens_while_waiting_is_raised_too(
    fake: Fake, happen: Callable[[Fake], None], error: type[Exception], text: str
) -> None:
    """As soon as an event tells."""
    fake.completions["docs", OTHER] = completion(needItems=1)
    async with waits(fake, "docs", OTHER) as task:
        await fake.heard()
        happen(fake)
        fake.save()
        fake.emit("StateChanged", {"folder": "docs", "from": "idle", "to": "error"})
        with pytest.raises(error, match=text):
            await task


@pytest.mark.parametrize(
    ("prepare", "text"),
    [
        (lambda fake: fake.summaries.update(docs=summary(needDeletes=1)), "docs: 1 items (0 bytes) are needed here"),
        (lambda fake: fake.summaries.update(docs=summary(state="scanning")), "folder docs: scanning"),
        (lambda fake: fake.summaries.update(docs=summary(stateChanged=NEVER)), "folder docs: not scanned yet"),
        (lambda fake: fake.summaries.clear(), "folder docs: not started yet"),
        (lambda fake: fake.completions.clear(), "folder docs, device other: not known yet"),
        (
            lambda fake: fake.completions.update({("docs", OTHER): completion(needItems=2, completion=100)}),
            "folder docs, device other: 2 items (0 bytes) are needed there",
        ),
        (
            lambda fake: fake.completions.update({("docs", OTHER): completion(remoteState="notSharing")}),
            "folder docs, device other: it has not accepted the folder",
        ),
        (lambda fake: fake.connections.clear(), "folder docs, device other: it is not connected"),
        (
            lambda fake: fake.connections.update({OTHER: connection(connected=False)}),
            "folder docs, device other: it is not connected",
        ),
        (
            lambda fake: fake.connections.update({OTHER: connection(at="2026-03-01T12:00:01Z")}),
            "a device has only just connected",
        ),
        (lambda fake: fake.troubles["system/connections"].extend([UNAVAILABLE] * 99), "the daemon can't be asked"),
    ],
)
async def test_what_may_come_about_is_waited_for(fake: Fake, prepare: Callable[[Fake], None], text: str) -> None:
    """In the end the error says what was missing where."""
    prepare(fake)
    assert text in await missing(fake)
    fake.troubles.clear()


async def test_many_missing_things_are_not_all_told(fake: Fake) -> None:
    """The text remains readable."""
    fake.config["folders"] = [folder(f"f{number}") for number in range(15)]
    fake.summaries = {f"f{number}": summary(needFiles=1) for number in range(15)}
    text = await missing(fake)
    assert text.count("needed here") == 10
    assert text.endswith("; and 5 more")


async def test_devices_without_a_common_folder(fake: Fake) -> None:
    """Of a device that was named without folders, those count that it shares; it has to share one."""
    fake.config["devices"].append(device(THIRD))
    with pytest.raises(CannotSyncError, match="shares no folder"):
        await wait(fake, devices=[OTHER, THIRD])


async def test_events_tell_when_to_look_again(fake: Fake) -> None:
    """What has changed is asked again, what has not is not."""
    fake.config["folders"].append(folder("pics", OTHER))
    fake.summaries["pics"] = summary()
    fake.completions["pics", OTHER] = completion()
    fake.summaries["docs"] = summary(needFiles=1)
    async with waits(fake) as task:
        await fake.requested("db/completion", 2)
        await fake.heard()
        fake.summaries["docs"] = summary(sequence=8)
        fake.emit("ItemFinished", {"folder": "docs"})
        await task
        assert fake.asked["db/completion"] == 3


async def test_what_changes_while_it_is_asked_counts_as_unknown(fake: Fake) -> None:
    """Two answers from different times do not make a whole: the folder is looked at again."""
    gate = fake.hold("db/completion")
    async with waits(fake) as task:
        await fake.requested("db/completion")
        fake.summaries["docs"] = summary(sequence=8, needFiles=1)
        gate.set()
        await fake.requested("db/status", 3)
        assert not task.done()
        fake.summaries["docs"] = summary(sequence=8)
        fake.emit("ItemFinished", {"folder": "docs"})
        await task


async def test_a_change_without_a_need_is_one_too(fake: Fake) -> None:
    """If the folder's sequence moved between the questions, the answers about devices may be from before."""
    gate = fake.hold("db/completion")
    reasons: list[str] = []
    async with waits(fake, on_progress=lambda progress: reasons.extend(progress.missing)) as task:
        await fake.requested("db/completion")
        fake.summaries["docs"] = summary(sequence=8)
        gate.set()
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
async def test_a_disturbance_during_the_look_is_waited_out(fake: Fake, kind: str, data: Any) -> None:
    """Whatever the answers say, they may be from before."""
    gate = fake.hold("db/completion")
    async with waits(fake) as task:
        await fake.requested("db/completion")
        fake.emit(kind, data)
        await fake.heard()
        looks = fake.asked["config"]
        gate.set()
        await task
        assert fake.asked["config"] > looks


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("StateChanged", {"folder": "pics", "from": "idle", "to": "scanning"}),
        ("DownloadProgress", {"pics": {}}),
        ("DeviceDisconnected", {"id": THIRD, "error": ""}),
        ("ClusterConfigReceived", {"device": THIRD}),
        ("FolderPaused", {"id": "pics", "label": ""}),
        ("ListenAddressesChanged", {}),
    ],
)
async def test_what_happens_elsewhere_does_not_disturb(fake: Fake, kind: str, data: Any) -> None:
    """Other folders and other devices may do what they want, however often."""
    async with waits(fake, "docs", stable_for=0.6) as task:
        begun = time.monotonic()
        while not task.done() and time.monotonic() - begun < 5:
            fake.emit(kind, data)
            await asyncio.sleep(0.02)
        await task
        assert 0.6 <= time.monotonic() - begun < 3


async def test_stable_for_begins_anew_with_each_disturbance(fake: Fake) -> None:
    """All has to hold for the whole time."""
    async with waits(fake, stable_for=0.5) as task:
        begun = time.monotonic()
        for _ in range(4):
            await asyncio.sleep(0.2)
            fake.emit("StateChanged", {"folder": "docs", "from": "idle", "to": "idle"})
        await task
        assert time.monotonic() - begun > 1.2


async def test_not_stable_for_long_enough_is_told(fake: Fake) -> None:
    """When the time is up before."""
    assert "in sync, but only for 0." in await missing(fake, stable_for=60)


@pytest.mark.parametrize("kind", ["DeviceConnected", "ClusterConfigReceived"])
async def test_a_device_that_has_just_connected_gets_some_time(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """It may have news that it has not told yet, and nothing says that it has none."""
    monkeypatch.setattr(waiting, "_ACQUAINTED", 0.5)
    fake.connections[OTHER] = connection(connected=False)
    async with waits(fake) as task:
        await fake.heard()
        fake.connections[OTHER] = connection()
        begun = time.monotonic()
        fake.emit(kind, {"id" if kind == "DeviceConnected" else "device": OTHER})
        await task
        assert time.monotonic() - begun > 0.45


async def test_the_age_of_a_connection_counts(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for one that was made before the waiting began, and if only this side is waited for."""
    monkeypatch.setattr(waiting, "_ACQUAINTED", 1.5)
    fake.connections[OTHER] = connection(at="2026-03-01T12:00:01Z")
    begun = time.monotonic()
    async with waits(fake, devices=[]) as task:
        await fake.requested("system/connections", 2)
        fake.connections[OTHER] = connection(at="2026-03-01T12:00:02Z")
        await task
    assert 0.4 < time.monotonic() - begun < 5


async def test_after_a_long_silence_everything_is_asked_again(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if no event says that it has changed."""
    monkeypatch.setattr(waiting, "_LOOK", 0.2)
    fake.completions["docs", OTHER] = completion(needItems=1)
    async with waits(fake) as task:
        await fake.requested("db/completion", 3)
        fake.completions["docs", OTHER] = completion()
        await task


async def test_rescan_scans_first(fake: Fake) -> None:
    """All of the folder, once; what was known before counts no more."""
    gate = fake.hold()

    def scan(name: str) -> Answer:
        assert name == "docs"
        return Answer(after=gate)

    fake.scan = scan
    reasons: list[tuple[str, ...]] = []
    async with waits(fake, rescan=True, on_progress=lambda progress: reasons.append(progress.missing)) as task:
        await fake.requested("db/scan")
        await fake.requested("db/status")
        fake.summaries["docs"] = summary(needFiles=1)
        gate.set()
        await fake.requested("db/status", 2)
        await fake.heard()
        fake.summaries["docs"] = summary()
        fake.emit("ItemFinished", {"folder": "docs"})
        await task
    assert fake.asked["db/scan"] == 1
    assert [request.query for request in fake.server.requests if "scan" in request.path] == ["folder=docs"]
    assert reasons[0] == ("folder docs; being scanned",)


@pytest.mark.parametrize(
    "answer", [as_text("context canceled", 500), as_text("folder is not running", 404), UNAVAILABLE, Answer(raw=b"")]
)
async def test_a_scan_that_fails_is_tried_again(fake: Fake, answer: Answer) -> None:
    """If the folder was stopped, is starting, or the connection broke."""
    fake.troubles["db/scan"].extend([answer, answer])
    await wait(fake, rescan=True)
    assert fake.asked["db/scan"] == 3


async def test_a_scan_that_fails_shows_the_folders_error(fake: Fake) -> None:
    """It is the folder's own words that are told."""

    def scan(_: str) -> Answer:
        fake.summaries["docs"] = summary(state="error", error="folder marker missing")
        return as_text("folder marker missing", 500)

    fake.scan = scan
    with pytest.raises(CannotSyncError, match="folder docs: folder marker missing"):
        await wait(fake, rescan=True)


async def test_a_scan_may_find_that_an_error_is_mended(fake: Fake) -> None:
    """The error from before the scan is no reason to give up."""

    def scan(_: str) -> Answer:
        fake.summaries["docs"] = summary()
        return Answer()

    fake.scan = scan
    fake.summaries["docs"] = summary(state="error", error="folder marker missing")
    await wait(fake, rescan=True)


async def test_a_refused_scan_is_raised(fake: Fake) -> None:
    """As any other refused request."""
    fake.troubles["db/scan"].append(as_text("CSRF Error", 403))
    with pytest.raises(UnauthorizedError):
        await wait(fake, rescan=True)


@pytest.mark.parametrize(
    "happen",
    [
        lambda fake: fake.emit("FolderResumed", {"id": "docs", "label": ""}),
        lambda fake: (fake.config["folders"][0].update(order="random"), fake.save()),
        lambda fake: fake.restart(),
    ],
)
async def test_a_scan_of_a_folder_that_was_started_again_begins_anew(fake: Fake, happen: Callable[[Fake], Any]) -> None:
    """The daemon may never answer one for a folder that was stopped before its first scan."""
    answers = [Answer(after=fake.hold()), Answer()]
    fake.scan = lambda _: answers.pop(0)
    async with waits(fake, rescan=True) as task:
        await fake.requested("db/scan")
        await fake.heard()
        happen(fake)
        fake.emit("Starting", {})
        await task
    assert fake.asked["db/scan"] == 2


async def test_a_label_does_not_let_a_scan_begin_anew(fake: Fake) -> None:
    """The folder goes on."""
    gate = fake.hold()
    fake.scan = lambda _: Answer(after=gate)
    async with waits(fake, rescan=True) as task:
        await fake.requested("db/scan")
        fake.config["folders"][0]["label"] = "new"
        fake.save()
        await fake.heard()
        gate.set()
        await task
    assert fake.asked["db/scan"] == 1


async def test_a_restart_while_waiting_is_survived(fake: Fake) -> None:
    """What was known is asked again; the new process has to scan first."""
    fake.completions["docs", OTHER] = completion(needItems=1)
    async with waits(fake) as task:
        await fake.heard()
        fake.restart()
        fake.completions["docs", OTHER] = completion()
        fake.summaries["docs"] = summary(stateChanged=NEVER)
        fake.emit("StartupComplete", {})
        await fake.heard()
        count = fake.asked["db/status"]
        await fake.requested("system/status", 2)
        fake.emit("StateChanged", {"folder": "docs", "from": "idle", "to": "idle"})
        await fake.requested("db/status", count + 1)
        assert not task.done()
        fake.summaries["docs"] = summary()
        fake.emit("StateChanged", {"folder": "docs", "from": "scanning", "to": "idle"})
        await task


async def test_single_failures_are_survived(fake: Fake) -> None:
    """And so are several at once."""
    for path in ("config", "system/connections", "db/status", "db/completion"):
        fake.troubles[path].extend([UNAVAILABLE, Answer(raw=b"")])
    assert (await wait(fake)).percent == 100


async def test_a_refusal_of_the_events_is_raised(fake: Fake) -> None:
    """Also while nothing else is asked."""
    fake.completions["docs", OTHER] = completion(needItems=1)
    async with waits(fake) as task:
        await fake.heard()
        fake.troubles["events"].append(as_text("CSRF Error", 403))
        fake.emit("Starting", {})
        with pytest.raises(UnauthorizedError):
            await task


async def _sleep(_: SyncProgress) -> None:
    await asyncio.sleep(0.01)


async def test_progress_is_told(fake: Fake) -> None:
    """To functions and coroutines, when it has changed; the last one is the one that is returned."""
    seen: list[SyncProgress] = []

    def note(progress: SyncProgress) -> Coroutine[Any, Any, None]:
        seen.append(progress)
        return _sleep(progress)

    fake.completions["docs", OTHER] = completion(needBytes=50, needItems=1)
    async with waits(fake, on_progress=note) as task:
        for needed in (40, 30, 0):
            await fake.heard()
            await asyncio.sleep(0.05)
            fake.completions["docs", OTHER] = completion(needBytes=needed, needItems=min(1, needed))
            fake.emit("RemoteIndexUpdated", {"folder": "docs", "device": OTHER})
        result = await task
    assert seen[-1] == result
    assert [progress.percent for progress in seen] == sorted(progress.percent for progress in seen)
    assert seen[0].percent == 75
    assert seen[0].rate is None
    assert result.rate
    assert result.seconds_left == 0
    assert all(left != right for left, right in itertools.pairwise(seen))


async def test_progress_stays_when_the_daemon_cannot_be_asked(fake: Fake) -> None:
    """The figures are those known last, and the reason says that."""
    seen: list[SyncProgress] = []
    fake.completions["docs", OTHER] = completion(needBytes=50, needItems=1)
    async with waits(fake, on_progress=seen.append) as task:
        await fake.heard()
        fake.troubles["config"].append(UNAVAILABLE)
        fake.emit("RemoteIndexUpdated", {"folder": "docs", "device": OTHER})
        await fake.requested("config", 3)
        fake.completions["docs", OTHER] = completion()
        fake.emit("RemoteIndexUpdated", {"folder": "docs", "device": OTHER})
        await task
    (gap,) = [progress for progress in seen if "can't be asked" in progress.missing[0:1].__str__()]
    assert (gap.percent, gap.needed_bytes, gap.rate, gap.seconds_left) == (75, 50, None, None)


async def test_a_failing_progress_function_ends_the_waiting(fake: Fake) -> None:
    """Its exception is the caller's own."""

    def fail(_: SyncProgress) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await wait(fake, on_progress=fail)


@pytest.mark.parametrize("path", ["events", "config", "db/status", "db/completion", "db/scan"])
async def test_cancelled_anywhere_it_leaves_nothing(fake: Fake, path: str) -> None:
    """Neither a task nor a connection nor a warning, with more questions than may be under way at once."""
    gate = fake.hold()
    names = [f"f{number}" for number in range(9)]
    fake.config["folders"] = [folder(name, OTHER) for name in names]
    fake.summaries = {name: summary() for name in names}
    fake.completions = {(name, OTHER): completion() for name in names}
    if path == "events":
        fake.troubles[path].append(as_json([], after=gate))
    else:
        fake.gates[path] = gate
    async with waits(fake, rescan=path == "db/scan") as task:
        await fake.requested(path)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    gate.set()


async def test_the_time_may_end_anywhere(fake: Fake) -> None:
    """Also before anything was answered."""
    fake.hold("config")
    assert await missing(fake) == "nothing was asked yet"
