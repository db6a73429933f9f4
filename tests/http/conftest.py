"""A server, and a client of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from aiosyncthing import API
from tests.support.peers import short_folder
from tests.support.server import KEY, Server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A scripted HTTP server."""
    async with Server() as one:
        yield one


@pytest.fixture
async def api(server: Server) -> AsyncIterator[API]:
    """A client of the server."""
    one = API(KEY, server.url)
    yield one
    await one.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets."""
    with short_folder() as path:
        yield path
