"""A daemon to follow, and its client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from aiosyncthing import Syncthing
from aiosyncthing._timing import Bursts
from pytest_syncthing import FakeSyncthing
from tests.support.following import following


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A daemon that has emitted three events, with the IDs 1 to 3, and whose clock stands still."""
    with following() as one:
        yield one


@pytest.fixture
async def client(fake: FakeSyncthing) -> AsyncIterator[Syncthing]:
    """A client of it."""
    async with fake.client() as one:
        yield one


@pytest.fixture
def lone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event comes alone, however slow the machine is."""
    monkeypatch.setattr(Bursts, "last", lambda *_: False)


@pytest.fixture
def burst(monkeypatch: pytest.MonkeyPatch) -> None:
    """All events are part of a burst, and are gathered for long enough to emit some."""
    monkeypatch.setattr(Bursts, "last", lambda *_: True)
    monkeypatch.setattr("aiosyncthing.stream.stream.GATHER", 0.3)
