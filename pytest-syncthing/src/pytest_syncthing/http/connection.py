"""One connection of a client: bytes in, requests out, and back."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, cast

from .parser import Malformed, Parser
from .tls import TLS, is_tls

if TYPE_CHECKING:
    from collections.abc import Callable

    from .parser import Message


class Connection(asyncio.Protocol):
    """A connection. Requests are served one after the other.

    Args:
        number: Its number.
        serve: Serves a request.
        changed: Called when it begins to wait for a request, and when it is lost.
        context: Called for what serves TLS, if the client speaks it.

    Attributes:
        number: Its number.
        waiting_since: Since when it waits for a whole request, in the loop's time; ``None`` while one is served.
        polling: Whether the request that is served is of use only as long as the client waits for it.
        task: What serves a request.
        lost: Whether it is no more.
        forgotten: Whether nothing comes on it any more; see `forget`.
    """

    __slots__ = (
        "_changed",
        "_context",
        "_parser",
        "_serve",
        "_tls",
        "_transport",
        "_virgin",
        "forgotten",
        "lost",
        "number",
        "polling",
        "task",
        "waiting_since",
    )

    def __init__(
        self,
        number: int,
        serve: Callable[[Connection, Message], asyncio.Task[None]],
        changed: Callable[[Connection], None],
        context: Callable[[], ssl.SSLContext],
    ) -> None:
        self.number = number
        self.waiting_since: float | None = None
        self.polling = False
        self.task: asyncio.Task[None] | None = None
        self.lost = False
        self.forgotten = False
        self._serve = serve
        self._changed = changed
        self._context = context
        self._parser = Parser()
        self._tls: TLS | None = None
        self._virgin = True
        self._transport: asyncio.Transport | None = None

    @property
    def secure(self) -> bool:
        """Whether it speaks TLS."""
        return self._tls is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take in what the client sends."""
        if self.forgotten:
            self.abort()
            return
        try:
            if self._virgin:
                self._virgin = False
                if is_tls(data):
                    self._tls = TLS(self._context(), self._write)
            self._parser.feed(self._tls.feed(data) if self._tls else data)
        except ssl.SSLError:  # the reason is sent already
            self.close()
        except Malformed as error:
            head = f"HTTP/1.1 {error}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n{error}"
            self.write(head.encode())
            self.close()
        else:
            self._next()
            if self._tls and self._tls.ended:
                self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """End. A poll ends with it; what else is under way goes on, as in the daemon."""
        self.lost = True
        self.waiting_since = None
        if self.polling and self.task:
            self.task.cancel()
        self._changed(self)

    def write(self, data: bytes) -> None:
        """Send something, if the client is still there."""
        if self.lost or self._transport is None or self._transport.is_closing():
            return
        if self._tls:
            self._tls.send(data)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Break the connection, when everything is sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Break the connection now."""
        if self._transport is not None:
            self._transport.abort()

    def forget(self) -> None:
        """Stay silent, as if the daemon's machine had lost power: only what the client then sends breaks it."""
        self.forgotten = True
        self.waiting_since = None

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _wait(self) -> None:
        self.waiting_since = asyncio.get_running_loop().time()
        self._changed(self)

    def _next(self) -> None:
        if self.task is not None or self._transport is None or self._transport.is_closing():
            return
        if message := self._parser.take():
            self.waiting_since = None
            self.task = self._serve(self, message)
            self.task.add_done_callback(self._served)
        elif self._parser.expects:
            self._parser.expects = False
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _served(self, _: asyncio.Task[None]) -> None:
        self.task = None
        self.polling = False
        if not self.lost and not self.forgotten:
            self._wait()
            self._next()
