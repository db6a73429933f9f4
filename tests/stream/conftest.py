"""A daemon to follow, and its client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.following import following

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from aiosyncthing import Syncthing
    from pytest_syncthing import FakeSyncthing


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
