"""The place where the clients of one fake connect to: a port of the loopback interface or a Unix socket."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiosyncthing.daemon.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable

_BACKLOG: Final = 1024
_PAUSE: Final = 0.05


class Listener:
    """A port of the loopback interface, or a Unix socket, that stays the same however often the daemon restarts.

    Between `close` and `open` a socket that is bound but does not listen keeps the port, so that no other program
    gets it and clients are refused.

    Args:
        path: Path of a Unix socket; empty for a port of the loopback interface.
        port: The port; 0 for a free one.

    Attributes:
        address: ``127.0.0.1:port``, or the path.
    """

    def __init__(self, path: str = "", port: int = 0) -> None:
        self._path = path
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._socket = self._bind()
        if path:
            self.address = path
        else:
            self._port = self._socket.getsockname()[1]
            self.address = f"{LOOPBACK}:{self._port}"

    @property
    def is_unix(self) -> bool:
        """Whether it is a Unix socket."""
        return bool(self._path)

    @property
    def is_open(self) -> bool:
        """Whether connections are accepted."""
        return self._loop is not None

    def open(self, accepted: Callable[[socket.socket], object]) -> None:
        """Accept connections, in the running loop.

        Args:
            accepted: Called with each, which it then owns.
        """
        if self._path and self._socket.fileno() < 0:
            self._socket = self._bind()
        self._socket.listen(_BACKLOG)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._accept, self._loop, self._socket, accepted)

    def close(self) -> None:
        """Accept no connections: new ones are refused. The place stays reserved, but for the file of a Unix socket."""
        if self._loop is None:
            return
        self._shut()
        if not self._path:
            self._socket = self._bind()

    def release(self) -> None:
        """Give the place back."""
        self._shut()

    def _shut(self) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._loop = None
        is_open = self._socket.fileno() >= 0
        self._socket.close()
        if self._path and is_open:
            with suppress(OSError):
                Path(self._path).unlink()

    def _bind(self) -> socket.socket:
        if self._path:
            bound = socket.socket(socket.AF_UNIX)
            address: str | tuple[str, int] = self._path
            with suppress(OSError):
                if Path(self._path).is_socket():
                    Path(self._path).unlink()  # what an earlier process has left, as the daemon does it
        else:
            bound = socket.socket(proto=socket.IPPROTO_TCP)  # else asyncio doesn't know that it is TCP: TCP_NODELAY
            address = (LOOPBACK, self._port)
        try:
            bound.settimeout(0)
            if os.name == "posix":  # elsewhere the option would allow others to take the port
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except OSError as error:
            bound.close()
            where = self._path or f"{LOOPBACK}:{self._port}"
            raise OSError(error.errno, f"can't listen on {where}: {error.strerror}") from error
        return bound

    def _accept(
        self, loop: asyncio.AbstractEventLoop, listening: socket.socket, accepted: Callable[[socket.socket], object]
    ) -> None:
        for _ in range(_BACKLOG):
            try:
                connection, _ = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # no descriptors are left: wait until some are closed
                loop.remove_reader(listening)
                loop.call_later(_PAUSE, self._go_on, loop, listening, accepted)
                return
            connection.settimeout(0)
            accepted(connection)
            if listening.fileno() < 0:  # the callback has closed it
                return

    def _go_on(
        self, loop: asyncio.AbstractEventLoop, listening: socket.socket, accepted: Callable[[socket.socket], object]
    ) -> None:
        if listening.fileno() >= 0:
            loop.add_reader(listening, self._accept, loop, listening, accepted)
