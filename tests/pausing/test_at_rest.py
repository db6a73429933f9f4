"""`Syncthing.at_rest`."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from aiosyncthing.exceptions import (
    BadRequestError,
    CannotSyncError,
    FolderNotRunningError,
    InvalidDeviceIDError,
    InvalidResponseError,
    SyncthingError,
    UnauthorizedError,
    UnknownDeviceError,
    UnknownFolderError,
    WaitTimeoutError,
)
from aiosyncthing.pausing import resting
from aiosyncthing.waiting import waiting
from pytest_syncthing import FakeSyncthing
from tests.support.cancelling import cancel_everywhere, leaves_no_trace
from tests.support.synced import REFUSED, asked, docs, requested
from tests.support.values import OTHER, THIRD


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Poll more often than a wait usually does."""
    monkeypatch.setattr(waiting, "_PAUSE", 0.1)
    monkeypatch.setattr(waiting, "_FIRST_PAUSE", 0.01)


def is_paused(fake: FakeSyncthing, name: str = "docs") -> bool:
    """Return whether a folder is paused."""
    paused: bool = fake.folder(name).config["paused"]
    return paused


async def no_wait(*_: Any, **__: Any) -> None:
    """Stand in for a wait in which everything is in sync at once."""
    await asyncio.sleep(0)


async def rest(fake: FakeSyncthing, folder_id: str = "docs", **options: Any) -> str:
    """Bring a folder to rest, and return its path."""
    async with fake.client() as client, client.at_rest(folder_id, timeout=20, **options) as path:
        assert is_paused(fake, folder_id)
    assert not is_paused(fake, folder_id)
    return path


async def test_a_folder_comes_to_rest(fake: FakeSyncthing) -> None:
    """The folder is scanned, in sync on this device, and paused for the duration of the block."""
    docs(fake).write({"new.txt": b"not scanned yet"}, scan=False)
    states: list[Any] = []
    assert await rest(fake, save=states.append) == docs(fake).config["path"]
    assert asked(fake)["db/scan"] == 1
    assert [each["folders"] for each in states] == [["docs"], []]
    fake.add_folder("more", path="~/More")
    async with fake.client() as client:
        home = (await client.system.status())["tilde"]
    assert await rest(fake, "more") == f"{home}/More"  # only the daemon knows what ~ is


async def test_using_it_twice(fake: FakeSyncthing) -> None:
    """A second use is refused, and the folder stays as it is. With ``rescan=False``, it is not scanned."""
    async with fake.client() as client:
        block = client.at_rest("docs", rescan=False, timeout=20)
        async with block:
            count = len(fake.requests)
        assert [request.method for request in fake.requests[count:]] == ["PATCH"]  # none in the block, one at its end
        with pytest.raises(SyncthingError, match=r"only once: call at_rest\(\) again"):
            await block.__aenter__()
    assert not is_paused(fake)
    assert asked(fake)["db/scan"] == 0


@pytest.mark.parametrize("devices", [OTHER, [OTHER], None])
async def test_other_devices_count_on_request(fake: FakeSyncthing, devices: Any) -> None:
    """By default, it does not wait for other devices."""
    docs(fake).write({"new.txt": b"12"})
    await rest(fake)
    fake.connect(OTHER)
    docs(fake).finish_scan()
    fake.advance(60)
    task = asyncio.create_task(rest(fake, devices=devices))
    await requested(fake, "db/completion")
    await fake.until(lambda: fake.polls_waiting)
    assert not task.done()
    docs(fake).remote_pull(OTHER, "new.txt")
    fake.advance(60)
    await task


@pytest.mark.parametrize(
    "happen",
    [
        lambda fake: docs(fake).write({"new.txt": b"12"}),
        lambda fake: (docs(fake).pause(), docs(fake).resume()),
        lambda fake: (fake.emit("ConfigSaved", {"folders": [], "devices": []}), fake.overflow()),
    ],
    ids=["changed", "resumed", "events lost"],
)
async def test_what_happens_before_it_is_paused(fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object]) -> None:
    """If the folder changes before it is paused, it is resumed, and everything starts again."""
    states: list[Any] = []

    def save(state: Any) -> None:
        states.append(state["folders"])
        if len(states) == 1:
            happen(fake)
            for _ in range(3):  # irrelevant events
                fake.emit("StateChanged", {"folder": "music", "from": "idle", "to": "scanning", "duration": 1})
        else:
            fake.advance(60)  # until the other device has had time to announce what it has

    await rest(fake, save=save)
    assert states == [["docs"], [], ["docs"], []]


@pytest.mark.parametrize("wait", [1, 2])
async def test_someone_else_pauses_it(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch, wait: int) -> None:
    """A pause by someone else is not ours to resume, so it is an error."""
    waits: list[None] = []

    async def wait_in_sync(*args: Any, **options: Any) -> None:
        await waiting.wait_in_sync(*args, **options)
        waits.append(None)
        if len(waits) == wait:
            docs(fake).pause()

    monkeypatch.setattr(resting, "wait_in_sync", wait_in_sync)
    with pytest.raises(FolderNotRunningError):
        await rest(fake)
    assert is_paused(fake)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"folder_id": ""}, BadRequestError),
        ({"folder_id": "none"}, UnknownFolderError),
        ({"folder_id": "old"}, FolderNotRunningError),
        ({"devices": ["nas"]}, InvalidDeviceIDError),
        ({"devices": [THIRD]}, CannotSyncError),
        ({"devices": "MLSLJWC-2PNZI52-I2INEVA-PBO6VBN-64XL2PB-5ZHN33C-2KT2TBN-M33MPAU"}, UnknownDeviceError),
    ],
)
async def test_refusals(fake: FakeSyncthing, arguments: dict[str, Any], error: type[Exception]) -> None:
    """A folder that can't come to rest is an error at once; one that is paused already may lack anything."""
    with pytest.raises(error):
        await rest(fake, **arguments)
    assert asked(fake)["config/folders/docs"] <= 1


async def test_the_time_is_up(fake: FakeSyncthing) -> None:
    """The error says what is missing, as that of `wait_in_sync` does."""
    docs(fake).remote_write(OTHER, {"new.txt": b"12"})
    async with fake.client() as client:
        with pytest.raises(WaitTimeoutError, match="1 item") as caught:
            async with client.at_rest("docs", timeout=2):
                pytest.fail("the block was entered")
        assert [each.folder_id for each in caught.value.missing] == ["docs"]
        fake.hold("rest/config/folders/docs")
        with pytest.raises(WaitTimeoutError, match="has not answered yet") as caught:
            async with client.at_rest("docs", timeout=0.1):
                pytest.fail("the block was entered")
        assert (caught.value.progress, caught.value.missing) == (None, ())


async def test_the_time_limit_is_for_the_beginning(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block itself has no time limit, and its errors are raised unchanged."""
    monkeypatch.setattr(resting, "wait_in_sync", no_wait)

    async def work() -> None:
        await asyncio.sleep(1.6)
        raise TimeoutError("my own")

    async with fake.client() as client:
        with pytest.raises(TimeoutError, match="my own"):
            async with client.at_rest("docs", timeout=1.5):
                await work()
    assert not is_paused(fake)


async def test_an_endless_change(fake: FakeSyncthing) -> None:
    """A folder that changes in every attempt is running again when the time is up."""
    attempts: list[None] = []

    def save(state: Any) -> None:
        if state["folders"]:
            attempts.append(None)
            docs(fake).write({"new.txt": str(len(fake.requests))})
        fake.advance(60)

    async with fake.client() as client:
        with pytest.raises(WaitTimeoutError):
            async with client.at_rest("docs", timeout=1.5, save=save):
                pytest.fail("the block was entered")
    assert len(attempts) > 1
    assert not is_paused(fake)


@pytest.mark.parametrize(
    ("trouble", "error"), [(REFUSED, UnauthorizedError), ({"json": {"id": "docs"}}, InvalidResponseError)]
)
async def test_answers_that_end_it(fake: FakeSyncthing, trouble: dict[str, Any], error: type[Exception]) -> None:
    """A refused request, and an answer that is not Syncthing's, end the attempt with an error."""
    fake.respond("rest/config/folders/docs", **trouble)
    with pytest.raises(error):
        await rest(fake)


async def test_cancelling_at_every_step(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is resumed, and no task is left."""

    async def look() -> None:
        assert not is_paused(fake)

    async with fake.client() as client:

        async def work() -> None:
            async with client.at_rest("docs"):
                await asyncio.sleep(0)

        monkeypatch.setattr(resting, "wait_in_sync", no_wait)  # which has a test of its own
        assert await cancel_everywhere(work, after=look)
        assert await leaves_no_trace(work) is None


async def test_the_events_arrive_late(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events may appear only after the daemon has answered; if they never do, everything starts again."""
    monkeypatch.setattr(resting, "_PAUSE", 0.01)
    for times, attempts in ((1, 1), (resting._TRIES, 2)):
        saved: list[Any] = []
        async with fake.client() as client:

            async def save(state: Any, times: int = times, saved: list[Any] = saved, client: Any = client) -> None:
                saved.append(state["folders"])
                if len(saved) == 1:
                    fake.respond("rest/events", json=await client.events.poll(limit=1, timeout=0), times=times)
                fake.advance(60)

            async with client.at_rest("docs", rescan=False, timeout=20, save=save):
                pass
        assert saved == [["docs"], []] * attempts
