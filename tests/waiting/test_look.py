"""What a look at folders and devices finds missing."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing import Events
from aiosyncthing.exceptions import (
    BadRequestError,
    CannotSyncError,
    FolderNotRunningError,
    InvalidDeviceIDError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
    WaitTimeoutError,
)
from aiosyncthing.waiting import look, waiting
from tests.support.server import DAEMON_ID
from tests.support.synced import (
    BROKEN,
    REFUSED,
    UNAVAILABLE,
    asked,
    connections_in_use,
    deaf,
    docs,
    heard,
    requested,
    synced,
)
from tests.support.syncing import missing, wait, waits
from tests.support.values import OTHER, THIRD
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_syncthing import FakeFault, FakeSyncthing

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
        (_need, "docs: 1 item (0 B) still missing"),
        (_scan, "folder docs: scanning"),
        (_answers("rest/db/status", status=404, text="folder is not running"), "folder docs: not started yet"),
        (
            _answers("rest/db/completion", status=404, text="folder is not running"),
            "folder docs, device other: nothing known yet",
        ),
        (_lack, "folder docs, device other: 2 items (0 B) still missing"),
        (_decline, "folder docs, device other: it has not accepted the folder"),
        (
            _answers("rest/system/connections", json={"connections": {}, "total": {"at": NEVER}}),
            "folder docs, device other: it is not connected",
        ),
        (_leave, "folder docs, device other: it is not connected"),
        (_come_back, "device other: it has just connected, or changed which folders it shares"),
        (_answers("rest/system/connections", **UNAVAILABLE), "no usable answer from the daemon"),
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
    assert text.count("still missing") == 10
    assert text.endswith("; and 5 more")


async def test_devices_without_a_common_folder(fake: FakeSyncthing) -> None:
    """Of a device that was named without folders, those count that it shares; it has to share one."""
    fake.add_device("third", device_id=THIRD)
    with pytest.raises(CannotSyncError, match="shares no folder"):
        await wait(fake, devices=[OTHER, THIRD])


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
    monkeypatch.setattr(look, "_GRACE", 0.5)
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
    monkeypatch.setattr(look, "_GRACE", 1.5)
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
        await until(lambda: _told(reasons, "folder docs, device other: 1 item (2 B) still missing"))
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
    monkeypatch.setattr(look, "_GRACE", 0.1)
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
    monkeypatch.setattr(look, "_GRACE", 0.1)
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


async def test_a_slow_answer_holds_up_nothing_else(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for beyond the client's time-out, and asked for once; the others go on meanwhile."""
    fake.add_folder("pics", files={"a": b"1"}, devices=[OTHER])
    fake.finish_sync()
    fake.advance(60)
    monkeypatch.setattr(look, "_PATIENCE", 0.2)
    seen: list[str] = []
    held = fake.hold("rest/db/status", made=True)
    async with fake.client(timeout=0.3) as client:
        task = asyncio.create_task(
            client.wait_in_sync(timeout=20, on_progress=lambda progress: seen.extend(map(str, progress.missing)))
        )
        await until(lambda: _noted(seen, "folder docs: the daemon has not answered yet"))
        await asyncio.sleep(1)
        assert (held.hits, asked(fake)["db/status"]) == (1, 2)
        held.release()
        await task
    assert not [line for line in seen if "pics" in line or "no usable answer" in line]
    assert asked(fake)["db/status"] == 4


async def _noted(seen: list[str], text: str) -> bool:
    return text in seen


async def test_a_clock_that_was_set_back_holds_up_nothing(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection and a folder that seem to begin in the future get the time of what has just begun, once."""
    monkeypatch.setattr(look, "_GRACE", 0.5)
    _come_back(fake)
    _start_again(fake)
    begun = time.monotonic()
    async with fake.client() as client:
        answer = await client.system.connections()
        for figures in (*answer["connections"].values(), answer["total"]):
            figures["at"] = "2001-01-01T00:00:00Z"
        fake.respond("rest/system/connections", json=answer, times=None)
        await client.wait_in_sync("docs", timeout=20)
    assert 0.45 < time.monotonic() - begun < 10


def _start_again(fake: FakeSyncthing) -> None:
    docs(fake).pause()
    docs(fake).resume()
    fake.finish_sync()


def _share_again(fake: FakeSyncthing) -> None:
    docs(fake).set_remote_state(OTHER, "notSharing")
    docs(fake).set_remote_state(OTHER, "valid")


def _chatter(fake: FakeSyncthing) -> None:
    """Let so much happen that nobody knows any more what else did."""
    for number in range(1100):
        fake.emit("ListenAddressesChanged", {"address": str(number)})


@pytest.mark.parametrize(
    ("happen", "text"),
    [
        (_start_again, "folder docs: it was just started; changes from other devices may be on their way"),
        (_share_again, "device other: it has just connected, or changed which folders it shares"),
        (_chatter, "folder docs: it was just started"),
    ],
)
async def test_what_happened_just_before_is_found(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], None], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets what is left of its time, and only once; what happened long ago gets none."""
    monkeypatch.setattr(look, "_GRACE", 1.5)
    happen(fake)
    for _ in range(80):  # more than are looked through at first
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


async def test_only_what_can_be_reached_has_something_on_its_way(fake: FakeSyncthing) -> None:
    """A folder of one's own, or one whose devices are away, has nothing to wait for."""
    fake.add_folder("own", files={"a": b"1"})
    fake.advance(10)
    fake.disconnect(OTHER)
    fake.advance(10)
    _start_again(fake)
    begun = time.monotonic()
    await wait(fake, "own")
    await wait(fake, "docs", [])
    assert time.monotonic() - begun < 2


async def test_a_device_that_left_in_the_middle_is_waited_for(fake: FakeSyncthing) -> None:
    """Also where only this side counts, until it is back; one that was paused doesn't come back."""
    _come_back(fake)
    fake.emit("DeviceDisconnected", {"id": OTHER, "error": "handling index for docs: folder is paused"})
    connections = fake.respond("rest/system/connections", json=await _nobody(fake), times=None)
    assert "device other: it has just disconnected while changes were on their way" in await missing(fake, "docs", [])
    fake.set_device(OTHER, paused=True)
    await wait(fake, "docs", [])
    connections.release()


async def _nobody(fake: FakeSyncthing) -> Any:
    """Return what is said of connections while there are none."""
    async with fake.client() as client:
        answer = await client.system.connections()
    for connection in answer["connections"].values():
        connection["connected"] = False
    return answer


@pytest.mark.parametrize("devices", [None, []])
async def test_an_encrypted_folder_that_has_got_nothing_is_waited_for(fake: FakeSyncthing, devices: Any) -> None:
    """Nothing is needed in it, since the other side can't send yet."""
    fake.remove_folder("docs")
    vault = fake.add_folder("vault", type="receiveencrypted", devices=[OTHER])
    async with fake.client() as client:
        completion = await client.database.completion("vault", OTHER)
    silent = {**completion, "sequence": 0, "globalItems": 0, "remoteState": "valid"}
    given = fake.respond("rest/db/completion", json=silent, times=None)
    fake.finish_sync()
    fake.advance(10)
    assert "folder vault: nothing received yet; if that doesn't change" in await missing(fake, "vault", devices)
    assert vault.state == "idle"
    given.release()
    fake.respond("rest/db/completion", json={**silent, "sequence": 1}, times=None)


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
