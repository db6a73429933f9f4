"""How a wait goes on: progress, outages, failures and cancellation."""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import orjson
import pytest

from aiosyncthing.exceptions import (
    ConnectionFailedError,
    InvalidResponseError,
    MigrationError,
    SyncthingError,
    UnauthorizedError,
)
from aiosyncthing.waiting import SyncProgress
from pytest_syncthing import FakeSyncthing
from tests.support.synced import (
    BROKEN,
    ELSEWHERE,
    LATER,
    REFUSED,
    UNAVAILABLE,
    asked,
    docs,
    heard,
    requested,
    wait,
    waits,
)
from tests.support.values import OTHER

# --- Progress ---


async def test_progress_is_reported(fake: FakeSyncthing) -> None:
    """Functions and coroutines get it whenever it has changed; the last one is returned."""
    seen: list[SyncProgress] = []

    def note(progress: SyncProgress) -> Coroutine[Any, Any, None]:
        seen.append(progress)
        return asyncio.sleep(0.01)

    docs(fake).write({"b.txt": bytes(20), "c.txt": bytes(20), "d.txt": bytes(60)})
    async with waits(fake, on_progress=note) as task:
        for name in ("b.txt", "c.txt", "d.txt"):
            await heard(fake)
            await asyncio.sleep(0.05)
            docs(fake).remote_pull(OTHER, name)
        result = await task
    assert seen[-1] == result
    assert [progress.percent for progress in seen] == sorted(progress.percent for progress in seen)
    assert (seen[0].percent, seen[0].rate) == (75, None)
    assert result.rate
    assert result.seconds_left == 0
    assert all(left != right for left, right in itertools.pairwise(seen))


async def test_progress_during_an_outage(fake: FakeSyncthing) -> None:
    """Progress stays as last known, with the outage as the reason."""
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


async def test_a_failing_progress_function(fake: FakeSyncthing) -> None:
    """Its exception ends the wait."""

    def fail(_: SyncProgress) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await wait(fake, on_progress=fail)


# --- Outages ---


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
async def test_the_first_request_fails(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], error: type[Exception]
) -> None:
    """A wrong port is an error at once. To wait for a daemon, there is `wait_ready`."""
    happen(fake)
    with pytest.raises(error):
        await wait(fake)


async def test_single_failures(fake: FakeSyncthing, caplog: pytest.LogCaptureFixture) -> None:
    """Any request may fail, several at once, and so may a proxy in any way. Nothing is left for asyncio to log."""
    for path in ("config", "system/connections", "db/status", "db/completion", "events"):
        for trouble in (UNAVAILABLE, BROKEN, ELSEWHERE, {"status": 401, "text": "not now", "from_proxy": True}):
            fake.respond(f"rest/{path}", **trouble)
    for number in range(8):
        fake.add_folder(f"f{number}", devices=[OTHER])
    assert (await wait(fake, devices=[])).percent == 100
    gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


async def test_an_answer_that_asks_for_time(fake: FakeSyncthing) -> None:
    """The next attempt honours ``Retry-After``."""
    fake.respond("rest/db/status", **LATER)
    begun = time.monotonic()
    assert (await wait(fake)).percent == 100
    assert time.monotonic() - begun > 0.99


async def test_requests_are_repeated_after_an_outage(fake: FakeSyncthing) -> None:
    """The connection that an answer would come over may be dead."""
    fake.hold("rest/db/status")
    async with waits(fake) as task:
        await requested(fake, "db/status")
        await heard(fake)
        fake.respond("rest/events", **UNAVAILABLE)
        fake.advance(30)
        await task


async def test_each_outage_is_logged_once(fake: FakeSyncthing, caplog: pytest.LogCaptureFixture) -> None:
    """The log has one warning for each outage, without the key."""

    def warnings() -> list[Any]:
        return [record for record in caplog.records if record.name == "aiosyncthing.waiting"]

    docs(fake).write({"b.txt": b"12"})
    async with waits(fake) as task:
        for outage in (1, 2):
            await heard(fake)
            fake.stop_daemon()
            await fake.until(lambda: len(warnings()) >= outage)  # noqa: B023 - called at once
            fake.start_daemon()
            fake.connect(OTHER)
            looks = asked(fake)["db/status"]
            await fake.until(lambda: asked(fake)["db/status"] > looks)  # noqa: B023 - called at once
        fake.finish_sync()
        fake.advance(60)
        await task
    assert [record.levelname for record in warnings()] == ["WARNING"] * 2
    assert all("continues when the daemon answers again" in record.message for record in warnings())
    assert fake.api_key not in caplog.text


# --- Failures ---


async def test_the_events_are_refused(fake: FakeSyncthing) -> None:
    """That is raised even while nothing else is asked."""
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake) as task:
        await heard(fake)
        fake.respond("rest/events", **REFUSED)
        fake.cut()
        with pytest.raises(UnauthorizedError):
            await task


async def test_an_event_that_cannot_be_read(fake: FakeSyncthing) -> None:
    """Nothing that goes wrong inside is swallowed."""
    docs(fake).write({"b.txt": b"12"})
    async with waits(fake) as task:
        await heard(fake)
        fake.emit("StateChanged", {"nonsense": True})
        with pytest.raises(InvalidResponseError, match=r"the event StateChanged is invalid: folder: missing"):
            await task


async def test_answers_that_are_nested_too_deeply_to_be_compared(fake: FakeSyncthing) -> None:
    """Like other answers that can't be read, they are requested again."""
    docs(fake).remote_write(OTHER, {"b.txt": b"12"})
    async with fake.client() as client:
        config = orjson.dumps(await client.config.config())
        for end in (b"1", b"2"):
            deep = config.replace(b'"label"', b'"x":' + b"[" * 1000 + end + b"]" * 1000 + b',"label"')
            fake.respond("rest/config", body=deep, content_type="application/json", times=1)
        task = asyncio.create_task(client.wait_in_sync(timeout=30))
        for number in (2, 3):
            await requested(fake, "config", number)
            docs(fake).write({f"{number}.txt": b""})  # news, so that it looks again
        await requested(fake, "config", 4)
        fake.finish_sync()
        await task


# --- Cancellation ---


@pytest.mark.parametrize("path", ["events", "config", "db/status", "db/completion", "db/scan"])
async def test_cancelling_leaves_nothing(fake: FakeSyncthing, path: str) -> None:
    """Neither a task nor a connection nor a warning, with more questions than may be sent at once."""
    for number in range(8):
        fake.add_folder(f"f{number}", devices=[OTHER])
    fake.hold(f"rest/{path}", times=None)
    async with waits(fake, rescan=path == "db/scan") as task:
        await requested(fake, path)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_cancelling_at_every_step(fake: FakeSyncthing) -> None:
    """After any number of turns of the loop, the cancellation is delivered once and leaves no task."""
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


@pytest.mark.parametrize("earlier", [0, 1])
@pytest.mark.parametrize(
    "happen",
    [
        lambda fake: None,
        lambda fake: (fake.respond("rest/db/status", **UNAVAILABLE), fake.respond("rest/db/completion", **BROKEN)),
        lambda fake: docs(fake).set_error("folder path missing"),
        lambda fake: fake.respond("rest/db/*", **REFUSED, times=None),
        lambda fake: docs(fake).write({"b.txt": b"12"}),
    ],
    ids=["in sync", "retried", "given up", "refused", "timed out"],
)
async def test_the_caller_is_not_cancelled_in_the_end(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], earlier: int
) -> None:
    """However it ends, even in the clean-up of a task that was cancelled before."""
    for number in range(4):
        fake.add_folder(f"f{number}", files={"a": b"1"})
    happen(fake)

    async def wait_once() -> str:
        task = asyncio.current_task()
        assert task is not None
        for _ in range(earlier):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        assert task.cancelling() == earlier
        async with fake.client() as client:
            for waiting in (client.wait_in_sync, client.wait_ready):
                with suppress(SyncthingError):
                    await waiting(timeout=1)
                assert task.cancelling() == earlier
        assert task.cancelling() == earlier
        await asyncio.sleep(0)  # nothing is delivered late
        return "done"

    assert await asyncio.create_task(wait_once()) == "done"
