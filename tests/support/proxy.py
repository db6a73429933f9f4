"""What can be between a client and a daemon: a line that breaks, hangs, garbles and delays, or a reverse proxy."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    import random

__all__ = ["Proxy", "ReverseProxy"]

_CHUNK: Final = 1 << 16
_BAD_GATEWAY: Final = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\r\n"
_END_OF_HEAD: Final = b"\r\n\r\n"


class Proxy:
    """Passes each connection on to a daemon, as bytes, until it is told to do something else.

    Args:
        port: Where the daemon listens, on loopback.
        random: Decides how long the delays are and how connections end; without it they end by a reset.

    Attributes:
        target: Port of the daemon; a new value holds for new connections.
        refusing: Whether to end each new connection at once.
        bad_gateway: Whether to answer each request with 502 and a page of HTML.
        idle_limit: Seconds of silence after which a connection is closed.
        delay: Longest time in seconds that a piece of an answer is held back.
        connections: How many connections there were so far.
    """

    def __init__(self, port: int, *, random: random.Random | None = None) -> None:
        self.target = port
        self.refusing = False
        self.bad_gateway = False
        self.idle_limit: float | None = None
        self.delay = 0.0
        self.connections = 0
        self._random = random
        self._light = asyncio.Event()
        self._light.set()
        self._connected = asyncio.Event()
        self._left: int | None = None
        self._tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def port(self) -> int:
        """The port that it listens on."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The base URL of the daemon, as seen from before the proxy."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def dark(self) -> bool:
        """Whether connections are accepted, but nothing is passed on; what is under way hangs, and goes on later."""
        return not self._light.is_set()

    @dark.setter
    def dark(self, value: bool) -> None:
        if value:
            self._light.clear()
        else:
            self._light.set()

    async def connected(self, count: int) -> None:
        """Wait until there were so many connections."""
        while self.connections < count:
            self._connected.clear()
            await self._connected.wait()

    def cut(self) -> None:
        """End all connections, by a reset, or by a proper end as if all had been said."""
        for task, writer in self._tasks.items():
            if self._random is None or self._random.random() < 0.5:
                writer.transport.abort()
            task.cancel()

    def truncate(self, after: int) -> None:
        """Let so many more bytes of answers through, then end the connection that they are on."""
        self._left = after

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
        self.connections += 1
        self._connected.set()
        if self.refusing:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._run(reader, writer))
        self._tasks[task] = writer
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task).close()  # one that was cancelled before its first step has not closed anything

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with AsyncExitStack() as stack:
            stack.callback(writer.close)
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await self._serve(reader, writer, stack)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stack: AsyncExitStack) -> None:
        await self._light.wait()
        if self.bad_gateway:
            await reader.readuntil(_END_OF_HEAD)
            await self._refuse(writer)
            return
        answers, requests = await asyncio.open_connection("127.0.0.1", self.target)
        stack.callback(requests.close)
        up = asyncio.create_task(self._pump_up(reader, requests))
        down = asyncio.create_task(self._pump_down(answers, writer))
        try:
            await asyncio.wait([up, down], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.wait([up, down])
            for task in (up, down):
                if not task.cancelled():
                    task.exception()

    async def _pump_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            await self._light.wait()
            writer.write(data)
            await writer.drain()

    async def _pump_down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await self._read(reader):
            await self._send(data, writer)

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        async with asyncio.timeout(self.idle_limit):
            return await reader.read(_CHUNK)

    async def _send(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Pass a piece of an answer on, unless the line breaks here."""
        if self._random is not None and self.delay:
            await asyncio.sleep(self._random.uniform(0, self.delay))
        await self._light.wait()
        if self._left is not None:
            if self._left < len(data):
                writer.write(data[: self._left])
                self._left = None
                raise ConnectionResetError
            self._left -= len(data)
        writer.write(data)
        await writer.drain()

    async def _refuse(self, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: {len(_BAD_GATEWAY)}\r\n\r\n"
        writer.write(head.encode() + _BAD_GATEWAY)
        await writer.drain()


class ReverseProxy(Proxy):
    """Passes each request on by a connection of its own, and keeps that of the client.

    So the client's connection says nothing about the daemon's process. While no daemon is there it answers 502 itself.

    Args:
        port: Where the daemon listens, on loopback.
        random: As for `Proxy`.
        via: Whether to say that it is there.

    Attributes:
        patience: Seconds for which it tries to reach the daemon before it answers 502.
    """

    def __init__(self, port: int, *, random: random.Random | None = None, via: bool = False) -> None:
        super().__init__(port, random=random)
        self.patience = 0.0
        self._via = b"Via: 1.1 somebody\r\n" if via else b""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stack: AsyncExitStack) -> None:
        while True:
            request = await reader.readuntil(_END_OF_HEAD)
            await self._light.wait()
            try:
                answers, requests = await self._connect()
            except OSError:
                await self._refuse(writer)
                continue
            stack.callback(requests.close)
            # The daemon shall close the connection, so that its end is the answer's end. None of our requests has a
            # body.
            requests.write(request.replace(_END_OF_HEAD, b"\r\nConnection: close\r\n\r\n"))
            await self._answer(answers, writer)
            requests.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        clock = asyncio.get_running_loop().time
        end = clock() + self.patience
        while True:
            try:
                if self.bad_gateway:
                    raise ConnectionRefusedError
                return await asyncio.open_connection("127.0.0.1", self.target)
            except OSError:
                if clock() >= end:
                    raise
            await asyncio.sleep(0.02)

    async def _answer(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await answers.readuntil(_END_OF_HEAD)
        except (OSError, asyncio.IncompleteReadError):
            await self._refuse(writer)
            return
        lines = [line for line in head.split(b"\r\n")[:-2] if not line.lower().startswith(b"connection:")]
        await self._send(b"\r\n".join(lines) + b"\r\n" + self._via + b"\r\n", writer)
        length = next((int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")), None)
        if length is not None:
            await self._send(await answers.readexactly(length), writer)
            return
        while True:
            size = int(await self._line(answers), 16)
            data = await answers.readexactly(size + 2)
            await self._send(b"%x\r\n%s" % (size, data), writer)
            if not size:
                return

    async def _line(self, answers: asyncio.StreamReader) -> bytes:
        async with asyncio.timeout(self.idle_limit):
            return (await answers.readuntil(b"\r\n")).strip()
