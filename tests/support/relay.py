"""A long way between two daemons: everything arrives, in order, but late."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final, Self

__all__ = ["Relay"]

_CHUNK: Final = 1 << 16


class Relay:
    """Passes each connection on, and holds back every piece for the same time in both directions.

    Args:
        address: Where the daemon listens for others: ``tcp://127.0.0.1:port``.
        delay: Seconds that everything takes, each way.
    """

    def __init__(self, address: str, delay: float) -> None:
        self._target = int(address.rpartition(":")[2])
        self._delay = delay
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Where daemons reach the other one by the long way."""
        port: int = self._server.sockets[0].getsockname()[1]
        return f"tcp://127.0.0.1:{port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Not a coroutine: asyncio would log the cancellation of one that it started itself.
        task = asyncio.create_task(self._connect(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.close())

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            back, forth = await asyncio.open_connection("127.0.0.1", self._target)
            pumps = [asyncio.create_task(self._pump(*way)) for way in ((reader, forth), (back, writer))]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.wait(pumps)
                forth.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on one direction until it ends."""
        clock = asyncio.get_running_loop().time
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        reading = asyncio.create_task(self._read(reader, under_way))
        try:
            while True:
                due, data = await under_way.get()
                await asyncio.sleep(due - clock())
                if not data:
                    return
                writer.write(data)
                await writer.drain()
        except OSError:
            return
        finally:
            reading.cancel()
            await asyncio.wait([reading])

    async def _read(self, reader: asyncio.StreamReader, under_way: asyncio.Queue[tuple[float, bytes]]) -> None:
        clock = asyncio.get_running_loop().time
        data = b"all of it"
        while data:
            try:
                data = await reader.read(_CHUNK)
            except OSError:
                data = b""
            under_way.put_nowait((clock() + self._delay, data))
