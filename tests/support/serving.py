"""The fake's HTTP server with next to nothing behind it, and a client that sees every byte."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, cast

from aiosyncthing import _routes
from aiosyncthing._routes import Route
from aiosyncthing.device_id import DeviceID
from pytest_syncthing.clock import Clock
from pytest_syncthing.facts import Facts
from pytest_syncthing.http.listening import Listener
from pytest_syncthing.http.messages import EMPTY, Refusal, Response, as_json, as_ok
from pytest_syncthing.http.server import Server
from pytest_syncthing.model.events import EventLog
from pytest_syncthing.model.running import Running
from pytest_syncthing.rest.events import HANDLERS as EVENTS
from pytest_syncthing.rest.noauth import HANDLERS as NOAUTH

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from pytest_syncthing.http.messages import Request
    from pytest_syncthing.model.node import Node

__all__ = ["DEVICE", "GUI", "HANDLERS", "KEY", "Bare", "Serving", "Wire", "WireAnswer", "serving"]

DEVICE: Final = DeviceID("P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2")
KEY: Final = "the-key"
GUI: Final[dict[str, Any]] = {
    "apiKey": KEY,
    "authMode": "static",
    "debugging": False,
    "insecureAllowFrameLoading": False,
    "insecureSkipHostcheck": False,
    "password": "",
    "sendBasicAuthPrompt": False,
    "useTLS": False,
    "user": "",
}


class _Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str, *_: Any, **__: Any) -> None:
        self.lines.append(text)


class Bare:
    """What a node is to its server: a process with events and settings, that can't do anything."""

    def __init__(self, version: str, **gui: Any) -> None:
        self.facts = Facts.of(version)
        self.clock = Clock()
        self.device_id = DEVICE
        self.short_id = DEVICE.short
        self.key = "another-key"
        self.random = random.Random(1)
        self.config: dict[str, Any] = {"gui": {**GUI, **gui}}
        self.events = EventLog(self.clock)
        self.log = _Log()
        self.address = ""
        self.running = False
        self.generation = 0
        self.started = 0
        self.pinged = 0
        self.on_end: Callable[[int], None] = lambda _: None
        self.on_listener: Callable[[], None] = lambda: None

    def boot(self) -> None:
        """Start."""
        self.running, self.started = True, self.clock.now
        self.generation += 1
        self.events = EventLog(self.clock)
        self.events.emit("Starting", {})

    def halt(self) -> None:
        """End."""
        self.running = False


def _ping(node: Bare, _: Request) -> Response:
    node.pinged += 1
    return as_json({"ping": "pong"})


def _end(code: int) -> Callable[[Bare, Request], Response]:
    def answer(node: Bare, _: Request) -> Response:
        node.on_end(code)
        return as_ok("ending")

    return answer


def _gui(node: Bare, request: Request) -> Response:
    node.config = {"gui": {**node.config["gui"], **request.json()}}
    node.on_listener()
    return EMPTY


async def _scan(node: Bare, _: Request) -> Response:
    await node.clock.sleep(10)
    node.pinged += 1
    return EMPTY


def _refuse(_: Bare, __: Request, folder: str) -> Response:
    raise Refusal(404, f"no {folder}")


def _fail(_: Bare, __: Request) -> Response:
    raise LookupError("of the test")


HANDLERS: Final[dict[Route[Any], Any]] = {
    **EVENTS,
    **NOAUTH,
    _routes.PING: _ping,
    _routes.POST_PING: _ping,
    _routes.RESTART: _end(3),
    _routes.SHUTDOWN: _end(0),
    _routes.UPGRADE: lambda _, __: EMPTY,
    _routes.PATCH_GUI: _gui,
    _routes.FOLDER: _refuse,
    _routes.DB_SCAN: _scan,
    _routes.STATUS: lambda _, __: as_json({"long": "x" * 5000}),
    _routes.VERSION: _fail,
    _routes.DEBUG_FILE: lambda _, __: as_json({}),
    _routes.META: lambda _, __: as_json({}),
    _routes.LOG_LEVELS: lambda _, __: as_json({}),
    Route("GET", ""): lambda _, __: Response(b"page", content_type="text/html; charset=utf-8"),
}
"""Some routes: quick and slow ones, those that fail, and those that end the process."""


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An answer as it came.

    Attributes:
        status: HTTP status.
        line: The status line.
        headers: The headers in their order.
        body: The body, without its division into chunks.
    """

    status: int
    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header, in exactly these letters."""
        return dict(self.headers).get(name)

    @property
    def names(self) -> list[str]:
        """The names of all headers, in their order."""
        return [name for name, _ in self.headers]


class Wire:
    """A connection on which everything is said in bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, address: str, context: ssl.SSLContext | None = None) -> Self:
        """Connect."""
        if address.startswith("/"):
            return cls(*await asyncio.open_unix_connection(address))
        host, _, port = address.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port), ssl=context))

    def send(self, line: str, *headers: str, body: bytes = b"", key: str = KEY, host: str = "localhost") -> None:
        """Send a request, as HTTP/1.1 unless its first line says more."""
        lines = [line if "HTTP/" in line else f"{line} HTTP/1.1", f"Host: {host}", *headers]
        lines += [f"X-API-Key: {key}"] if key else []
        lines += [f"Content-Length: {len(body)}"] if body else []
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n" + body)

    async def head(self) -> WireAnswer:
        """Read status line and headers."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        headers = [cast("tuple[str, str]", tuple(line.split(": ", 1))) for line in lines[1:]]
        return WireAnswer(int(lines[0].split(" ")[1]), lines[0], headers, b"")

    async def chunk(self) -> bytes:
        """Read a part of a body in chunks; nothing at its end."""
        size = int(await self.reader.readline(), 16)
        data = await self.reader.readexactly(size)
        await self.reader.readexactly(2)
        return data

    async def read(self, *, bodiless: bool = False) -> WireAnswer:
        """Read an answer."""
        head = await self.head()
        body = b""
        length = head.header("Content-Length")
        if bodiless or head.status == 204:
            pass
        elif head.header("Transfer-Encoding") == "chunked":
            while part := await self.chunk():
                body += part
        elif length is not None:
            body = await self.reader.readexactly(int(length))
        else:
            body = await self.reader.read()
        return WireAnswer(head.status, head.line, head.headers, body)

    async def ask(self, line: str, *headers: str, body: bytes = b"", key: str = KEY, **options: Any) -> WireAnswer:
        """Send a request, and read the answer."""
        self.send(line, *headers, body=body, key=key, **options)
        return await self.read(bodiless=line.startswith("HEAD"))

    async def rest(self) -> bytes:
        """Read everything up to the end of the connection, however it ends."""
        found = bytearray()
        try:
            while part := await self.reader.read(1 << 16):
                found += part
        except ConnectionResetError:
            pass
        return bytes(found)

    def close(self) -> None:
        """Break the connection."""
        self.writer.close()


class Serving:
    """A server, and clients of it.

    Attributes:
        node: What is behind it.
        server: The server.
        running: The life of the process.
    """

    def __init__(self, node: Bare, listener: Listener) -> None:
        self.node = node
        self.server = Server(cast("Node", node), listener, HANDLERS)
        self.running = Running(cast("Node", node), self.server)
        self.wires: list[Wire] = []

    async def connect(self, context: ssl.SSLContext | None = None) -> Wire:
        """Connect a client."""
        self.wires.append(await Wire.to(self.server.listener.address, context))
        return self.wires[-1]

    async def ask(self, line: str, *headers: str, body: bytes = b"", key: str = KEY, **options: Any) -> WireAnswer:
        """Send a request on a connection of its own."""
        wire = await self.connect()
        return await wire.ask(line, *headers, body=body, key=key, **options)

    async def poll(self, query: str = "events=LoginAttempt") -> Wire:
        """Return a connection on which a poll waits."""
        wire = await self.connect()
        waiting = self.node.events.waiting
        wire.send(f"GET /rest/events?{query}")
        await wire.head()
        await self.server.until(lambda: self.node.events.waiting > waiting)
        return wire


@asynccontextmanager
async def serving(version: str = "1.29.5", path: str = "", **gui: Any) -> AsyncIterator[Serving]:
    """Start a server with next to nothing behind it.

    Args:
        version: The version it plays.
        path: Path of a Unix socket, in place of a port.
        **gui: Settings of the API.
    """
    made = Serving(Bare(version, **gui), Listener(path))
    made.running.start()
    try:
        yield made
    finally:
        for wire in made.wires:
            wire.close()
        made.running.end()
        await made.server.close()
        made.node.clock.close()
