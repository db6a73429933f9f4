"""A daemon to follow, and its client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from aiosyncthing import Syncthing
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
