"""A daemon to check."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_syncthing import FakeSyncthing
from tests.support.synced import synced


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A daemon about which there is nothing to find: it shares one folder with one device that is connected."""
    with synced() as fake:
        yield fake
