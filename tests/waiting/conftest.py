"""A daemon to wait for, and short pauses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aiosyncthing import Events
from aiosyncthing.waiting import waiting
from pytest_syncthing import FakeSyncthing
from tests.support.synced import synced


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A daemon that is in sync."""
    with synced() as fake:
        yield fake


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look more often than a wait usually does."""
    monkeypatch.setattr(waiting, "_PAUSE", 0.1)
    monkeypatch.setattr(waiting, "_FIRST_PAUSE", 0.01)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide what the daemon's latest events show beyond the stream."""

    async def poll(*_: Any, **__: Any) -> list[Any]:
        return []

    monkeypatch.setattr(Events, "poll", poll)
