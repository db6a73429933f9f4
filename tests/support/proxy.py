"""What can stand between a client and a daemon: a line that breaks, hangs or is slow, a reverse proxy, a tunnel."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Final

from .server import Listener

__all__ = ["Proxy", "Relay", "ReverseProxy", "Tunnel", "raw_answer"]

_CHUNK: Final = 1 << 16
_END_OF_HEAD: Final = b"\r\n\r\n"


def raw_answer(status: str, kind: str, body: bytes, *headers: str) -> bytes:
    """Return an HTTP answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


_BAD_GATEWAY: Final = raw_answer("502 Bad Gateway", "text/html", b"<html><title>502 Bad Gateway</title></html>\r\n")


class Proxy(Listener):
    """Passes the bytes of each connection on to a daemon, until a test changes that.

    Args:
        port: The daemon's port, on loopback.
        random: Decides whether connections end by a reset or regularly; without it, always by a reset.

    Attributes:
        refusing: Whether to end each new connection at once.
        bad_gateway: Whether to answer each request with 502 and a page of HTML.
        idle_limit: Seconds of silence after which a connection is closed.
        connections: How many connections there have been.
    """

    def __init__(self, port: int, *, random: random.Random | None = None) -> None:
        super().__init__(self._pass)
        self.refusing = False
        self.bad_gateway = False
        self.idle_limit: float | None = None
        self.connections = 0
        self._target = port
        self._random = random
        self._light = asyncio.Event()
        self._light.set()
        self._connected = asyncio.Event()
        self._left: int | None = None

    @property
    def dark(self) -> bool:
        """Whether connections are accepted, but nothing is passed on. What is on its way hangs, and continues later."""
        return not self._light.is_set()

    @dark.setter
    def dark(self, value: bool) -> None:
        if value:
            self._light.clear()
        else:
            self._light.set()

    async def connected(self, count: int) -> None:
        """Wait until there have been that many connections."""
        while self.connections < count:
            self._connected.clear()
            await self._connected.wait()

    def cut(self) -> None:
        """End all connections."""
        for task, writer in self._tasks.items():
            if self._random is None or self._random.random() < 0.5:
                writer.transport.abort()
            task.cancel()

    def truncate(self, after: int) -> None:
        """Pass that many more bytes of answers on, then end the connection they are on."""
        self._left = after

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._connected.set()
        if self.refusing:
            writer.transport.abort()
        else:
            super()._accept(reader, writer)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with AsyncExitStack() as stack:
            with suppress(TimeoutError):
                await self._serve(reader, writer, stack)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stack: AsyncExitStack) -> None:
        await self._light.wait()
        if self.bad_gateway:
            await reader.readuntil(_END_OF_HEAD)
            await self._reply(_BAD_GATEWAY, writer)
            return
        await self._connect(reader, writer, stack)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stack: AsyncExitStack) -> None:
        answers, requests = await asyncio.open_connection("127.0.0.1", self._target)
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
        await self._light.wait()
        if self._left is not None:
            if self._left < len(data):
                writer.write(data[: self._left])
                self._left = None
                raise ConnectionResetError
            self._left -= len(data)
        await self._reply(data, writer)

    async def _reply(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()


class ReverseProxy(Proxy):
    """Passes each request on through a connection of its own, and keeps the client's connection.

    So the client's connection says nothing about the daemon's process. While there is no daemon, it answers 502.

    Args:
        port: The daemon's port, on loopback.

    Attributes:
        instead: Returns what to answer to a request in place of the daemon; ``None`` to pass it on.
    """

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.instead: Callable[[bytes], bytes | None] = lambda _: None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stack: AsyncExitStack) -> None:
        while True:
            request = await reader.readuntil(_END_OF_HEAD)
            await self._light.wait()
            answer = _BAD_GATEWAY if self.bad_gateway else self.instead(request)
            if answer is not None:
                await self._reply(answer, writer)
                continue
            try:
                answers, requests = await asyncio.open_connection("127.0.0.1", self._target)
            except OSError:
                await self._reply(_BAD_GATEWAY, writer)
                continue
            stack.callback(requests.close)
            # The daemon closes the connection, so that its end is the end of the answer. No request here has a body.
            requests.write(request.replace(_END_OF_HEAD, b"\r\nConnection: close\r\n\r\n"))
            await self._pass_on(answers, writer)
            requests.close()

    async def _pass_on(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await answers.readuntil(_END_OF_HEAD)
        except (OSError, asyncio.IncompleteReadError):
            await self._reply(_BAD_GATEWAY, writer)
            return
        lines = [line for line in head.split(b"\r\n")[:-2] if not line.lower().startswith(b"connection:")]
        await self._send(b"\r\n".join(lines) + _END_OF_HEAD, writer)
        length = next((int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")), None)
        if length is not None:
            await self._send(await answers.readexactly(length), writer)
            return
        while True:
            size = int((await answers.readuntil(b"\r\n")).strip(), 16)
            data = await answers.readexactly(size + 2)
            await self._send(b"%x\r\n%s" % (size, data), writer)
            if not size:
                return


class Relay(Proxy):
    """Delays everything by the same time in both directions, without changing its order.

    Args:
        port: The daemon's port, on loopback.
        delay: The delay in seconds.
    """

    def __init__(self, port: int, delay: float) -> None:
        super().__init__(port)
        self._delay = delay

    async def _pump_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def read() -> None:
            with suppress(OSError):
                while data := await reader.read(_CHUNK):
                    under_way.put_nowait((clock() + self._delay, data))
            under_way.put_nowait((clock() + self._delay, b""))

        reading = asyncio.create_task(read())
        try:
            while True:
                due, data = await under_way.get()
                await asyncio.sleep(due - clock())
                if not data:
                    return
                await self._reply(data, writer)
        finally:
            reading.cancel()
            await asyncio.wait([reading])

    _pump_down = _pump_up


class Tunnel(Proxy):
    """An HTTP proxy that connects every ``CONNECT`` request to the same port on loopback."""

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stack: AsyncExitStack) -> None:
        head = await reader.readuntil(_END_OF_HEAD)
        assert head.startswith(b"CONNECT ")
        await self._reply(b"HTTP/1.1 200 OK\r\n\r\n", writer)
        await super()._connect(reader, writer, stack)
