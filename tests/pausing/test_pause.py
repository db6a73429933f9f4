"""`Syncthing.paused` and `resume`."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    BadRequestError,
    RequestTimeoutError,
    ServerError,
    StillPausedError,
    SyncthingError,
    UnauthorizedError,
    UnknownFolderError,
)
from pytest_syncthing import FakeSyncthing
from tests.support.cancelling import cancel_everywhere, leaves_no_trace
from tests.support.synced import REFUSED, UNAVAILABLE
from tests.support.values import OTHER, THIRD

BEFORE = {"old", THIRD}
FAILED: dict[str, Any] = {"status": 500, "text": "disk full"}


def paused(fake: FakeSyncthing) -> set[str]:
    """Return which folders and devices are paused."""
    config = fake.config
    folders = {each["id"] for each in config["folders"] if each["paused"]}
    return folders | {each["deviceID"] for each in config["devices"] if each["paused"]}


def switched(fake: FakeSyncthing) -> list[str]:
    """Return what was paused (-) and resumed (+), in order."""
    found: list[str] = []
    for request in fake.requests:
        if request.method != "GET":
            assert request.method == "PATCH"
            change = json.loads(request.body)
            assert list(change) == ["paused"]
            found.append(("-" if change["paused"] else "+") + request.path.rpartition("/")[2][:5])
    return found


async def test_what_runs_is_paused_and_resumed(fake: FakeSyncthing) -> None:
    """Each takes one minimal request, and they are resumed in reverse order. What was paused before stays paused."""
    config = fake.config
    states: list[Any] = []

    async def save(state: Any) -> None:
        await asyncio.sleep(0)
        assert pause.state == state
        assert "docs" not in paused(fake)  # the state is stored before and after that
        states.append(state)

    async with fake.client() as client:
        pause = client.paused(save=save)
        assert pause.state == {"daemon": "", "folders": [], "devices": []}
        async with pause as entered:
            assert entered is pause
            assert repr(pause) == f"<Pause: device {OTHER}, folder docs, folder music>"
            assert paused(fake) == BEFORE | {"docs", "music", OTHER}
        assert paused(fake) == BEFORE
        assert repr(pause) == "<Pause: nothing>"
        with pytest.raises(SyncthingError, match=r"once: call paused\(\) again"):
            await pause.__aenter__()
        async with client.paused([], []), client.paused("old"):  # only the configuration is read
            pass
    assert switched(fake) == ["-MFZWI", "-docs", "-music", "+music", "+docs", "+MFZWI"]
    assert fake.config == config
    assert states == [
        {"daemon": fake.device_id, "folders": ["docs", "music"], "devices": [OTHER]},
        {"daemon": fake.device_id, "folders": [], "devices": []},
    ]


async def test_a_state_that_can_not_be_stored(fake: FakeSyncthing) -> None:
    """If it fails at the beginning, nothing is paused; if it fails at the end, everything is resumed first."""
    failures = [OSError("disk full"), OSError("disk full"), None, OSError("disk full")]

    def save(_: Any) -> None:
        if failure := failures.pop(0):
            raise failure

    async with fake.client() as client:
        with pytest.raises(OSError, match="disk full"):
            async with client.paused(save=save):
                pytest.fail("the block was entered")
        assert switched(fake) == []
        with pytest.raises(OSError, match="disk full"):
            async with client.paused("docs", save=save):
                pass
    assert failures == []
    assert paused(fake) == BEFORE


async def test_ids_that_are_no_part_of_a_path(fake: FakeSyncthing) -> None:
    """Such a folder is sent as a whole, and its other fields don't change."""
    fake.add_folder("a/b", label="one of these", devices=[OTHER])
    before = fake.config
    async with fake.client() as client, client.paused("a/b"):
        assert paused(fake) == BEFORE | {"a/b"}
    assert fake.config == before


# --- What may happen meanwhile ---


async def test_blocks_that_begin_at_once(fake: FakeSyncthing) -> None:
    """Only one of them pauses a folder, and it stays paused until that one has ended, whichever ends first."""
    async with fake.client() as client, fake.client() as other:
        pauses = [client.paused("docs"), other.paused("docs")]
        await asyncio.gather(*(each.__aenter__() for each in pauses))
        guest, owner = sorted(pauses, key=lambda each: len(each.state["folders"]))
        await guest.__aexit__(None, None, None)
        assert paused(fake) == BEFORE | {"docs"}
        await owner.__aexit__(None, None, None)
    assert switched(fake) == ["-docs", "+docs"]


async def test_what_others_do_meanwhile(fake: FakeSyncthing) -> None:
    """What others have paused before the block stays paused; what they resume or remove in it is not an error."""
    stored: list[list[str]] = []

    def save(state: Any) -> None:
        stored.append(state["folders"])
        if len(stored) == 1:
            fake.folder("music").pause()

    fake.add_folder("more")
    async with fake.client() as client, client.paused(["docs", "music", "more"], OTHER, save=save):
        fake.folder("docs").resume()
        fake.remove_folder("more")
        fake.remove_device(OTHER)
    assert stored == [["docs", "music", "more"], ["docs", "more"], []]
    assert paused(fake) == BEFORE | {"music"}


async def test_something_is_removed_before_it_is_paused(fake: FakeSyncthing) -> None:
    """That is an error if it was chosen by ID; what was already paused is resumed."""
    async with fake.client() as client:
        async with client.paused(save=lambda _: fake.remove_folder("music") if "music" in states(fake) else None) as it:
            assert it.state["folders"] == ["docs"]
        assert switched(fake)[-2:] == ["+docs", "+MFZWI"]
        with pytest.raises(UnknownFolderError):
            async with client.paused(["old", "docs"], save=lambda _: fake.remove_folder("docs")):
                pytest.fail("the block was entered")
    assert paused(fake) == BEFORE


def states(fake: FakeSyncthing) -> set[str]:
    """Return the IDs of the folders."""
    return {each["id"] for each in fake.config["folders"]}


async def test_the_daemon_restarts(fake: FakeSyncthing) -> None:
    """What is paused stays paused, and is resumed when the daemon is back."""
    async with fake.client() as client, client.paused("docs"):
        fake.restart()
        assert "docs" in paused(fake)
        fake.stop_daemon()
        asyncio.get_running_loop().call_later(0.3, fake.start_daemon)
    assert paused(fake) == BEFORE


@pytest.mark.parametrize("trouble", [FAILED, UNAVAILABLE, {"raw": b""}, {"raw": b"", "handled": True}])
async def test_troubles_while_resuming(fake: FakeSyncthing, trouble: dict[str, Any]) -> None:
    """Resuming is retried, and a folder that fails does not keep others from being resumed."""
    async with fake.client() as client, client.paused(["docs", "music"]):
        fake.respond("rest/config/folders/music", **trouble, times=2)
    assert paused(fake) == BEFORE


@pytest.mark.parametrize(
    ("trouble", "error"),
    [(FAILED, ServerError), (REFUSED, UnauthorizedError), ({"raw": b"", "handled": True, "times": 2}, ConnectionError)],
)
async def test_pausing_fails_half_way(fake: FakeSyncthing, trouble: dict[str, Any], error: type[Exception]) -> None:
    """What was paused, or may have been, is resumed; the error is that of the request."""
    fake.respond("rest/config/folders/music", **trouble, method="PATCH")
    pause = None
    async with fake.client() as client:
        with pytest.raises(error):
            async with (pause := client.paused(["docs", "music", "old"])):
                pytest.fail("the block was entered")
    assert paused(fake) == BEFORE
    assert pause.state["folders"] == []
    order = [each for each, previous in zip(switched(fake), ["", *switched(fake)], strict=False) if each != previous]
    assert order == ["-docs", "-music", *([] if error is UnauthorizedError else ["+music"]), "+docs"]


# --- What can't be resumed ---


@pytest.mark.usefixtures("impatient")
async def test_what_is_still_paused_is_said(fake: FakeSyncthing, caplog: pytest.LogCaptureFixture) -> None:
    """The error names it, carries it as a state for `resume`, and has the exception of the block as its context."""
    saved: list[Any] = []

    def back_up() -> None:
        fake.respond("rest/config/folders/*", **FAILED, times=None)
        raise KeyError("the backup failed")

    async with fake.client() as client:
        with pytest.raises(StillPausedError) as caught:
            async with client.paused(["docs", "music"], OTHER, save=saved.append) as pause:
                back_up()
        text = str(caught.value)
        assert text.startswith("still paused: folder music, folder docs, because resuming failed: ")
        assert text.endswith(": call client.resume(error.state) to try again")
        assert "disk full" in text
        assert isinstance(caught.value.__context__, KeyError)
        expected = {"daemon": fake.device_id, "folders": ["docs", "music"], "devices": []}
        assert caught.value.state == pause.state == saved[-1] == expected
        assert paused(fake) == BEFORE | {"docs", "music"}
        assert caplog.records == []
        fake.clear_faults()
        assert await client.resume(expected) == expected
    assert paused(fake) == BEFORE


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("happen", "reason"),
    [
        (lambda fake: fake.stop_daemon(), "refused"),
        (lambda fake: fake.hold("rest/config/*", times=None), "no answer within"),
    ],
)
async def test_the_daemon_is_away(fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], reason: str) -> None:
    """Resuming is limited in time even if the daemon does not answer, and the error gives that as the reason."""
    known = "^(still|may still be) paused: folder music, folder docs, because resuming failed: "
    async with fake.client() as client:
        with pytest.raises(StillPausedError, match=f"(?i){known}(?!.*not answered).*{reason}"):
            async with client.paused(["docs", "music"]):
                happen(fake)


# --- Cancellation ---


async def test_cancelling_at_every_step(fake: FakeSyncthing) -> None:
    """Everything is resumed, the cancellation is delivered once, and no task is left."""

    async def look() -> None:
        assert paused(fake) == BEFORE

    async with fake.client() as client:

        async def work() -> None:
            async with client.paused(["docs", "music"]):
                await asyncio.sleep(0)

        assert await cancel_everywhere(work, after=look)
        assert await leaves_no_trace(work) is None
        assert await leaves_no_trace(work, ending=True) is None
    assert paused(fake) == BEFORE


async def pausing(client: Syncthing, ready: asyncio.Event) -> None:
    """Pause a folder until cancelled."""
    async with client.paused("docs"):
        ready.set()
        await asyncio.sleep(60)


async def begun(client: Syncthing) -> asyncio.Task[None]:
    """Return a task that has paused a folder."""
    ready = asyncio.Event()
    task = asyncio.create_task(pausing(client, ready))
    await ready.wait()
    return task


async def test_cancelled_again_and_again(fake: FakeSyncthing) -> None:
    """All cancellations are counted, and none leaves the folder paused, even if they hit all tasks.

    That is how `asyncio.run` ends.
    """
    async with fake.client() as client:
        task = await begun(client)
        for _ in range(100):
            task.cancel()
            await asyncio.sleep(0)
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        assert task.cancelling() > 1
        assert paused(fake) == BEFORE
        here = asyncio.all_tasks()
        for _ in range(10):
            task = await begun(client)
            task.cancel()
            await asyncio.sleep(0)
            while not task.done():
                for each in asyncio.all_tasks() - here:
                    each.cancel()
                here_again = asyncio.Event()
                asyncio.get_running_loop().call_later(0.01, here_again.set)
                await here_again.wait()
            assert task.cancelled()
    assert paused(fake) == BEFORE


@pytest.mark.usefixtures("impatient")
async def test_a_cancellation_is_held_back_for_a_limited_time(
    fake: FakeSyncthing, caplog: pytest.LogCaptureFixture
) -> None:
    """Then it is raised with a note about what is still paused, which is also logged, without the key."""
    async with fake.client() as client:
        task = await begun(client)
        fake.hold("rest/config/*", times=None)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
    assert "still paused: folder docs" in caught.value.__notes__[0]
    (record,) = [each for each in caplog.records if each.name == "aiosyncthing.pausing"]
    assert record.levelno == logging.ERROR
    assert "still paused: folder docs" in record.message
    assert fake.api_key not in caplog.text


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("step", ["pausing", "saving"])
async def test_cancelled_while_nothing_goes_on(fake: FakeSyncthing, step: str) -> None:
    """Neither a request to pause that hangs nor a ``save`` that hangs holds the cancellation back forever."""

    async def save(state: Any) -> None:
        if step == "saving" and not state["folders"]:
            hangs.append(state)
            await asyncio.sleep(60)

    hangs: list[Any] = []
    async with fake.client() as client:
        if step == "pausing":
            held = fake.hold("rest/config/folders/docs", method="PATCH")
        task = asyncio.create_task(_pause_once(client, save))
        await fake.until(lambda: held.hits if step == "pausing" else hangs)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert task.cancelling() == 1
    assert paused(fake) == BEFORE


async def _pause_once(client: Syncthing, save: Any) -> None:
    async with client.paused("docs", save=save):
        pass


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("arrives", ["with the resume", "too late"])
async def test_a_request_to_pause_that_overtakes_the_one_to_resume(fake: FakeSyncthing, arrives: str) -> None:
    """If it arrives in time, what it pauses is resumed again. The folder stays in the state in any case."""
    stored: list[Any] = []

    async def work() -> None:
        async with client.paused("docs", save=lambda state: stored.append(state["folders"])):
            pytest.fail("the block was entered")

    async with fake.client() as client:
        late = fake.hold("rest/config/folders/docs", method="PATCH")
        task = asyncio.create_task(work())
        await fake.until(lambda: late.hits)
        task.cancel()
        if arrives == "with the resume":
            await fake.until(lambda: switched(fake) == ["-docs", "+docs"])
            late.release()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        text = "may still be paused: folder docs, because the request to pause was not answered"
        assert caught.value.__notes__ == [f"{text}: call client.resume(error.state) to try again"]
        assert stored == [["docs"], ["docs"]]
        assert paused(fake) == BEFORE
        late.release()
        if arrives == "too late":
            await fake.until(lambda: "docs" in paused(fake))
            await client.resume({"daemon": fake.device_id, "folders": stored[-1], "devices": []})
    assert paused(fake) == BEFORE


async def test_a_request_to_pause_is_not_broken_off(fake: FakeSyncthing) -> None:
    """If it is answered after a cancellation, what it paused is resumed, and nothing is in doubt."""
    pause = None
    async with fake.client() as client:
        late = fake.hold("rest/config/folders/docs", method="PATCH")
        task = asyncio.create_task((pause := client.paused("docs")).__aenter__())
        await fake.until(lambda: late.hits)
        task.cancel()
        asyncio.get_running_loop().call_later(0.3, late.release)
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
    assert not hasattr(caught.value, "__notes__")
    assert pause.state["folders"] == []
    assert switched(fake) == ["-docs", "+docs"]
    assert paused(fake) == BEFORE


@pytest.mark.usefixtures("impatient")
async def test_answers_that_do_not_come(fake: FakeSyncthing) -> None:
    """A request to pause may still arrive, so the error has a state, and the timeout is its context.

    If the answer to one to resume is lost, but the folder runs again, nothing is in doubt.
    """
    async with fake.client() as client:
        late = fake.hold("rest/config/folders/music", method="PATCH")
        with pytest.raises(StillPausedError, match="may still be paused: folder music, because the request") as caught:
            async with client.paused(["docs", "music"], timeout=0.2):
                pytest.fail("the block was entered")
        assert isinstance(caught.value.__context__, RequestTimeoutError)
        assert caught.value.state == {"daemon": fake.device_id, "folders": ["music"], "devices": []}
        late.release()
        await fake.until(lambda: paused(fake) == BEFORE | {"music"})
        await client.resume(caught.value.state)
        assert paused(fake) == BEFORE
        async with client.paused(["docs", "music"]):
            fake.hold("rest/config/folders/*", method="PATCH", made=True, times=None)
            fake.folder("docs").resume()
    assert paused(fake) == BEFORE
    assert switched(fake)[-1] == "+music"


async def test_what_is_not_retried(fake: FakeSyncthing) -> None:
    """A refused API key and a closed client end it at once; the error says if another client is needed."""
    client = fake.client()
    with pytest.raises(
        StillPausedError, match=r"folder docs.*: call resume\(error.state\) of a new client to try again$"
    ):
        async with client.paused("docs"):
            await client.close()
    async with fake.client() as client:
        await client.resume({"daemon": fake.device_id, "folders": ["docs"], "devices": []})
        assert paused(fake) == BEFORE
        count = len(switched(fake))
        with pytest.raises(StillPausedError, match=r"folder music, folder docs.*refused the API key"):
            async with client.paused(["docs", "music"]):
                fake.change_key()
    assert [each[0] for each in switched(fake)[count:]] == ["-", "-", "+", "+"]


# --- Undoing it elsewhere ---


async def test_a_state_is_undone(fake: FakeSyncthing) -> None:
    """The part of it that is still paused is resumed and returned, also repeatedly; that of another daemon is not."""
    states: list[Any] = []
    async with fake.client() as client:
        await client.paused(save=states.append).__aenter__()
        stored = json.loads(json.dumps(states[0]))
        fake.folder("docs").resume()
        assert await client.resume(stored) == {"daemon": fake.device_id, "folders": ["music"], "devices": [OTHER]}
        assert paused(fake) == BEFORE
        count = len(switched(fake))
        nothing = {"daemon": fake.device_id, "folders": [], "devices": []}
        assert await client.resume(stored) == nothing
        assert await client.resume({**stored, "daemon": ""}) == nothing
        assert len(switched(fake)) == count
        requests = len(fake.requests)
        assert await client.resume({"daemon": "", "folders": [], "devices": []}) == {**nothing, "daemon": ""}
        assert len(fake.requests) == requests
        with pytest.raises(BadRequestError, match="but this daemon is"):
            await client.resume({"daemon": THIRD, "folders": ["old"], "devices": []})
        with pytest.raises(BadRequestError, match="not the state of a pause"):
            await client.resume("old")  # type: ignore[arg-type]  # what a program without types may pass
    assert paused(fake) == BEFORE
