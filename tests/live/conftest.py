"""A daemon to watch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aiosyncthing.live import updating as live_module
from pytest_syncthing import FakeSyncthing
from tests.support.synced import synced


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A daemon that is in sync."""
    with synced() as fake:
        yield fake


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeat questions without pauses."""
    monkeypatch.setattr(live_module, "_RECHECK_EVERY", 0.05)
    monkeypatch.setattr(live_module, "_PAUSE", 0.0)
