"""What a fake is made of, and the way to it."""

from __future__ import annotations

import pytest

from aiosyncthing.exceptions import DaemonError
from pytest_syncthing import FakeSyncthing


def test_what_is_not_started() -> None:
    """Whoever asks for something learns what to do."""
    fake = FakeSyncthing()
    with pytest.raises(DaemonError, match=r"context manager, or call start\(\)"):
        fake.emit("StateChanged")


def test_calls_come_from_any_thread(fake: FakeSyncthing) -> None:
    """They return what they find, and raise what goes wrong there."""
    assert fake.starts == 1
    with pytest.raises(KeyError):
        fake.folder("nope")
