"""Free TCP ports of the loopback interface."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import suppress
from typing import Final

__all__ = ["LOOPBACK", "Port", "is_taken"]

LOOPBACK: Final = "127.0.0.1"


class Port:
    """A free port for somebody else to listen on.

    On Linux it is kept until `close`: a socket that is bound, but not listening, keeps the system from giving the
    port to others, while a program that asks for this very number with SO_REUSEADDR, as Go's do, gets it. Elsewhere
    somebody may take it at any time.
    """

    def __init__(self) -> None:
        self._socket = socket.socket()
        try:
            if sys.platform == "linux":
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((LOOPBACK, 0))
            self.number: int = self._socket.getsockname()[1]
        except OSError:
            self.close()
            raise
        if sys.platform != "linux":  # pragma: no cover - other systems
            self.close()

    def close(self) -> None:
        """Give it back."""
        self._socket.close()


async def is_taken(port: int) -> bool:
    """Tell whether somebody listens on a port."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
