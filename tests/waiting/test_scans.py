"""Scanning the folders before waiting for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from aiosyncthing.exceptions import CannotSyncError, UnauthorizedError
from aiosyncthing.waiting import look
from pytest_syncthing import FakeSyncthing
from tests.support.synced import (
    BROKEN,
    REFUSED,
    UNAVAILABLE,
    asked,
    connections_in_use,
    docs,
    heard,
    requested,
    wait,
    waits,
)
from tests.support.values import OTHER


async def test_rescan_scans_first(fake: FakeSyncthing) -> None:
    """Each folder is scanned as a whole, once; what was known before doesn't count."""
    docs(fake).write({"b.txt": b"12"}, scan=False)
    held = fake.hold("rest/db/scan")
    reasons: list[tuple[str, ...]] = []
    async with waits(
        fake, rescan=True, on_progress=lambda progress: reasons.append(tuple(map(str, progress.missing)))
    ) as task:
        await fake.until(lambda: ("folder docs: being scanned",) in reasons)
        held.release()
        await fake.until(lambda: ("folder docs, device other: 1 item (2 B) still missing",) in reasons)
        fake.finish_sync()
        await task
    assert [request.query for request in fake.requests if "scan" in request.path] == ["folder=docs"]
    assert reasons[0] == ("folder docs: being scanned",)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "text": "context canceled"},
        {"status": 404, "text": "folder is not running"},
        UNAVAILABLE,
        BROKEN,
    ],
)
async def test_a_scan_that_fails_is_repeated(fake: FakeSyncthing, answer: dict[str, Any]) -> None:
    """The folder may have been stopped or not be started yet, or the connection broke."""
    fake.respond("rest/db/scan", **answer, times=2)
    await wait(fake, rescan=True)
    assert asked(fake)["db/scan"] == 3


async def test_a_scan_that_fails_shows_the_folders_error(fake: FakeSyncthing) -> None:
    """The daemon's own words are in the error. A refused key is raised, too."""
    docs(fake).delete(".stfolder", scan=False)
    with pytest.raises(CannotSyncError, match="folder docs: folder marker missing"):
        await wait(fake, rescan=True)
    fake.respond("rest/db/scan", **REFUSED)
    with pytest.raises(UnauthorizedError):
        await wait(fake, rescan=True)


def break_and_mend(fake: FakeSyncthing) -> None:
    """Leave the folder with an error that its next scan clears."""
    docs(fake).set_error("folder path missing")
    docs(fake).set_error(None, scan=False)
    assert docs(fake).state == "error"


async def test_a_scan_may_clear_an_error(fake: FakeSyncthing) -> None:
    """So an error from before the scan is no reason to give up."""
    break_and_mend(fake)
    await wait(fake, rescan=True)


async def test_an_error_from_before_the_scan_may_arrive_after_it(fake: FakeSyncthing) -> None:
    """A status that was requested during the scan is no reason to give up either."""
    break_and_mend(fake)
    scanned = fake.hold("rest/db/scan")
    status = fake.hold("rest/db/status", made=True, times=None)
    async with fake.client() as client, asyncio.TaskGroup() as group:
        group.create_task(client.wait_in_sync("docs", rescan=True, timeout=20))
        await requested(fake, "db/scan")
        await requested(fake, "db/status")
        await heard(fake)
        scanned.release()
        await fake.until(lambda: connections_in_use(client) == 2)  # the poll and the status: the scan is over
        status.release()


@pytest.mark.parametrize(
    "happen",
    [
        # Without ConfigSaved, which may come only seconds later.
        lambda fake: fake.emit("FolderResumed", {"id": "docs", "label": ""}),
        lambda fake: fake.set_folder("docs", order="alphabetic"),
        lambda fake: (fake.restart(), fake.connect(OTHER), fake.advance(60)),
        lambda fake: (fake.lose("StateChanged", 3), fake.offer_device("stranger")),
    ],
    ids=["resumed", "changed", "restarted", "events lost"],
)
async def test_the_folder_is_restarted(
    fake: FakeSyncthing, happen: Callable[[FakeSyncthing], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is scanned again: a scan of one that was stopped before its first one may never be answered."""
    monkeypatch.setattr(look, "GRACE", 0.1)
    fake.hold("rest/db/scan")
    async with waits(fake, rescan=True) as task:
        await requested(fake, "db/scan")
        await heard(fake)
        happen(fake)
        await task
    assert asked(fake)["db/scan"] == 2
