"""The fake instead of a real daemon: the part of `Daemon` that the contract tests use, with `FakeSyncthing`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import DaemonError
from pytest_syncthing import FakeSyncthing

__all__ = ["FakeDaemon"]


class FakeDaemon:
    """A fake with a home and files on disk, and the interface of `Daemon`.

    Args:
        version: The version to play.
        home: Its home directory.
    """

    def __init__(self, version: str, home: Path) -> None:
        # Some tests compare the times of files with the current time.
        start = datetime.now(UTC)
        self._fake = FakeSyncthing(version, name=home.name, home=home, files_on_disk=True, start=start)
        self._client: Syncthing | None = None

    @property
    def client(self) -> Syncthing:
        """A client of it, in the test's own event loop."""
        if self._client is None:
            raise DaemonError("the daemon is not started")
        return self._client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fake, name)

    @property
    def pid(self) -> int | None:
        """A number that changes with the process; ``None`` while it is down."""
        return self._fake.starts if self._fake.running else None

    async def start(self) -> None:
        """Start it."""
        if self._client is None:
            await asyncio.to_thread(self._fake.start)
            self._client = self._fake.client()
        self._fake.start_daemon()

    async def stop(self) -> None:
        """Stop it and clean up."""
        if self._client is not None:
            await self._client.close()
            self._client = None
        await asyncio.to_thread(self._fake.stop)

    async def kill(self) -> None:
        """Stop it at once."""
        self._fake.stop_daemon()

    async def wait(self) -> int | None:
        """Wait until it is down, and return its exit code."""
        await self._fake.until(lambda: not self._fake.running)
        return self._fake.returncode
