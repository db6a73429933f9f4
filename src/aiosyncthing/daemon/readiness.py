"""Waiting until a daemon that was just started is ready."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from aiosyncthing._loops import in_thread
from aiosyncthing.exceptions import SyncthingError

from .home import read_device_id, sync_address

if TYPE_CHECKING:
    from pathlib import Path

    from aiosyncthing.device_id import DeviceID
    from aiosyncthing.syncthing import Syncthing

_PAUSE: Final = 0.05
_TIMEOUT: Final = 5.0  # for each request
NOT_ASKED: Final = "it has not been asked yet"


class Identity(NamedTuple):
    """What a daemon reports about itself once it is ready.

    Attributes:
        device_id: Its device ID.
        version: Its version, such as ``v1.29.5``.
        sync_address: Where other devices on this computer reach it; ``None`` if it doesn't listen for TCP.
    """

    device_id: DeviceID
    version: str
    sync_address: str | None


class Readiness:
    """Asks a daemon for its status until it answers as itself and listens for other devices.

    Args:
        client: A client of the daemon.
        home: The daemon's home, with its certificate.
        listener: Where it listens for other devices, if its configuration is new: ``tcp://127.0.0.1:port``.

    Attributes:
        obstacle: Why it is not ready yet, for messages.
    """

    def __init__(self, client: Syncthing, home: Path, listener: str) -> None:
        self._client = client
        self._home = home
        self._listener = listener
        self.obstacle: str = NOT_ASKED

    async def wait(self) -> Identity | None:
        """Wait until it is ready.

        Returns:
            What it reports about itself; ``None`` if it can't listen because another program has the port.
        """
        while True:
            try:
                status = await self._client.system.status(timeout=_TIMEOUT)
                device_id = await in_thread(read_device_id, self._home)
            except (SyncthingError, OSError) as error:
                self.obstacle = str(error)
            else:
                listeners = status["connectionServiceStatus"]
                listener = listeners.get(self._listener)
                if self._client.api.daemon_id != device_id:
                    self.obstacle = f"another daemon answers, {self._client.api.daemon_id}"
                elif listener is not None and listener["error"] is not None:
                    return None
                elif listener is not None and listener["lanAddresses"] is None:
                    self.obstacle = f"it does not listen on {self._listener} yet"
                else:
                    return Identity(device_id, self._client.api.daemon_version or "", sync_address(listeners))
            await asyncio.sleep(_PAUSE)
