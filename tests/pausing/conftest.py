"""A daemon with things to pause, and short limits."""

from collections.abc import Iterator

import pytest

from aiosyncthing.pausing import pause, shield, switching
from pytest_syncthing import FakeSyncthing
from tests.support.synced import synced
from tests.support.values import THIRD


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A daemon with three folders and two devices, of which one folder and one device are paused."""
    with synced() as fake:
        fake.add_folder("music")
        fake.add_folder("old", paused=True)
        fake.add_device("third", device_id=THIRD, paused=True)
        yield fake


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up resuming after a fraction of a second."""
    monkeypatch.setattr(shield, "LIMIT", 1.0)
    monkeypatch.setattr(shield, "RESERVE", 0.3)
    monkeypatch.setattr(pause, "_PATIENCE", 0.2)
    monkeypatch.setattr(switching, "_LAST", 0.1)
    monkeypatch.setattr(switching, "_LOOK", 0.1)
    monkeypatch.setattr(switching, "_GRACE", 0.2)
    monkeypatch.setattr(switching, "_LONGEST", 0.05)
