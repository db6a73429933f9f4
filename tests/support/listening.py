"""Servers that treat each connection as they like, where the answers of `Server` are not enough."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import trustme

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

__all__ = ["HEADERS", "listening", "server_context"]

HEADERS: Final = b"HTTP/1.1 200 OK\r\nX-Syncthing-Id: X\r\nContent-Type: application/json\r\n"
"""The beginning of an answer; its length, and an empty line, are still missing."""


@asynccontextmanager
async def listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]], tls: ssl.SSLContext | None = None
) -> AsyncGenerator[int]:
    """Run a server that treats each connection as it likes, and yield its port."""
    tasks: set[asyncio.Task[None]] = set()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await serve(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(run(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await server.wait_closed()


def server_context(certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    """Return the TLS of a server whose certificate nobody trusts, or the given one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (certificate or trustme.CA().issue_cert("127.0.0.1")).configure_cert(context)
    return context
