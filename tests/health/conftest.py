"""A daemon to check."""

from collections.abc import Iterator

import pytest

from pytest_syncthing import FakeSyncthing
from tests.support.synced import synced


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A healthy daemon, without findings: it shares one folder with one connected device."""
    with synced() as fake:
        yield fake
