"""Daemons with a blocking client instead of an asynchronous one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiosyncthing import Daemon
from aiosyncthing.blocking import Syncthing
from tests.support.twins import Awaited

__all__ = ["Twin", "TwinDaemon"]


@dataclass(frozen=True)
class Twin:
    """A daemon that is used through the blocking client.

    Attributes:
        subject: The daemon's program, or a version of the fake.
    """

    subject: Path | str


class TwinDaemon:
    """A daemon whose `client` is a blocking one, with methods to await.

    Args:
        daemon: The daemon.
    """

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._client: Awaited | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._daemon, name)

    @property
    def client(self) -> Awaited:
        """Its client; the same until it is stopped."""
        if self._client is None:
            self._client = Awaited(Syncthing(self._daemon.api_key, self._daemon.url))
        return self._client

    async def stop(self) -> None:
        """Stop it, and close its client."""
        if self._client is not None:
            await self._client.close()
            self._client = None
        await self._daemon.stop()
