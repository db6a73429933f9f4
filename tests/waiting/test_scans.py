"""The scans that a wait asks for."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from aiosyncthing.exceptions import UnauthorizedError
from aiosyncthing.waiting.scans import Scans
from tests.support.synced import REFUSED, asked, requested, synced

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from pytest_syncthing import FakeSyncthing


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A daemon, all in sync."""
    with synced() as fake:
        yield fake


@asynccontextmanager
async def scans(fake: FakeSyncthing) -> AsyncGenerator[tuple[Scans, list[str]]]:
    """Provide what scans, and which scans have ended; end what is under way."""
    ended: list[str] = []
    async with fake.client() as client:
        made = Scans(client.api, ended.append)
        yield made, ended
        for task in made.tasks:
            task.cancel()
        await over(made)


async def over(made: Scans) -> None:
    """Wait until nothing is under way."""
    while made.tasks:
        await asyncio.wait(made.tasks)
        await asyncio.sleep(0)


async def test_a_folder_is_scanned_once(fake: FakeSyncthing) -> None:
    """However often it is asked for."""
    async with scans(fake) as (made, ended):
        for _ in range(3):
            made.begin("docs")
        assert not made.is_done("docs")
        await over(made)
        made.begin("docs")
        assert not made.tasks
        assert made.is_done("docs")
        assert made.was_tried("docs")
    assert ended == ["docs"]
    assert asked(fake)["db/scan"] == 1


@pytest.mark.parametrize(
    ("answer", "tried", "failed"),
    [
        ({"status": 500, "text": "folder path missing"}, True, False),
        ({"status": 404, "text": "no such folder"}, False, False),
        ({"raw": b""}, False, False),
        (REFUSED, False, True),
    ],
)
async def test_a_scan_that_fails(fake: FakeSyncthing, answer: Any, tried: bool, failed: bool) -> None:
    """It may be asked for again, unless it was refused; the folder's own error shows in its status."""
    fake.respond("rest/db/scan", **answer)
    async with scans(fake) as (made, ended):
        made.begin("docs")
        await over(made)
        assert (made.was_tried("docs"), made.is_done("docs")) == (tried, False)
        assert isinstance(made.failure, UnauthorizedError) == failed
        made.begin("docs")
        await over(made)
        assert made.is_done("docs")
    assert ended == ["docs", "docs"]


@pytest.mark.parametrize("name", ["docs", None])
async def test_a_scan_is_begun_again(fake: FakeSyncthing, name: str | None) -> None:
    """The first one may never be answered; one of another folder goes on."""
    fake.hold("rest/db/scan")
    async with scans(fake) as (made, ended):
        made.begin("docs")
        await requested(fake, "db/scan")
        made.restart("pics")
        made.begin("docs")
        assert len(made.tasks) == 1
        made.restart(name)
        made.begin("docs")
        await over(made)
        assert made.is_done("docs")
    assert ended == ["docs", "docs"]
    assert asked(fake)["db/scan"] == 2
