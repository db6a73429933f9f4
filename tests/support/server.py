"""Servers on loopback: one that scripts HTTP answers and records requests, and its base, which handles raw bytes."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import trustme

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]

__all__ = [
    "DAEMON_ID",
    "HEAD",
    "KEY",
    "PONG",
    "VERSION",
    "Answer",
    "Listener",
    "Request",
    "Server",
    "as_json",
    "as_text",
    "server_context",
]

KEY: Final = "a-key-that-must-not-show"
DAEMON_ID: Final = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"
VERSION: Final = "v1.29.5"
HEAD: Final = b"HTTP/1.1 200 OK\r\nX-Syncthing-Id: X\r\nContent-Type: application/json\r\n"
"""The beginning of a daemon's answer, without its length and the empty line."""


def server_context(certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    """Return the TLS context of a server, with a self-signed certificate unless another is given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (certificate or trustme.CA().issue_cert("127.0.0.1")).configure_cert(context)
    return context


class Listener:
    """Runs a coroutine for each connection, and closes the connection after it; on any port, a given one, or a path."""

    def __init__(
        self, serve: Serve, *, tls: ssl.SSLContext | None = None, port: int = 0, path: Path | None = None
    ) -> None:
        self._handle = serve
        self._tls = tls
        self._port = port
        self._path = path
        self._tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def port(self) -> int:
        """The port that it listens on."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        if self._path is not None:
            return f"{'unixs' if self._tls else 'unix'}://{self._path}"
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Break all connections."""
        for task in self._tasks:
            task.cancel()

    async def __aenter__(self) -> Self:
        if self._path is not None:
            self._server = await asyncio.start_unix_server(self._accept, self._path, ssl=self._tls)
        else:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, ssl=self._tls)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._server.close()
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Not a coroutine: asyncio would log the cancellation of a task that it has created itself.
        task = asyncio.create_task(self._run(reader, writer))
        self._tasks[task] = writer
        task.add_done_callback(lambda task: self._tasks.pop(task).close())  # if it was cancelled before its first step

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):  # the client may leave at any time
                await self._handle(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@dataclass(frozen=True, slots=True)
class Request:
    """A request as received."""

    method: str
    target: str  # path and query, raw
    headers: tuple[tuple[str, str], ...]  # in their order and spelling
    body: bytes  # empty if there was none
    connection: int  # its number, from 1

    @property
    def path(self) -> str:
        """The path, raw."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query, raw; empty if there is none."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """Return the only header with a name, in any case; ``None`` if there is none."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None

    def json(self) -> Any:
        """Return the decoded body."""
        return json.loads(self.body)

    def __str__(self) -> str:
        """Method and target."""
        return f"{self.method} {self.target}"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to send."""

    body: bytes = b""
    status: int = 200
    content_type: str = ""  # empty for none
    headers: Mapping[str, str] = field(default_factory=dict)  # a length or encoding replaces the correct one
    syncthing: bool = True  # whether to send the headers that identify a daemon
    raw: bytes | None = None  # sent instead of status, headers and body; the connection is closed afterwards
    keep: int | None = None  # number of bytes to send before the connection is cut; None for all
    close: bool = False  # whether to close the connection afterwards
    after: asyncio.Event | None = None  # waited for before the first byte
    pause: int = 0  # number of bytes to send before waiting for `resume`
    resume: asyncio.Event | None = None
    then: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None  # what else to do with the connection

    def to_bytes(self) -> bytes:
        """Return the whole answer as sent."""
        if self.raw is not None:
            return self.raw
        headers: dict[str, str] = {}
        if self.syncthing:
            headers |= {"X-Syncthing-Id": DAEMON_ID, "X-Syncthing-Version": VERSION}
        if self.content_type:
            headers["Content-Type"] = self.content_type
        if not {"content-length", "transfer-encoding"} & {name.lower() for name in self.headers}:
            headers["Content-Length"] = str(len(self.body))
        headers |= self.headers
        lines = [f"HTTP/1.1 {self.status} Reason", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def as_json(value: Any, status: int = 200, **options: Any) -> Answer:
    """Return an answer with a value as JSON, formatted as by Go."""
    body = json.dumps(value, indent=2).encode() + b"\n"
    return Answer(body, status, "application/json; charset=utf-8", **options)


def as_text(text: str, status: int, **options: Any) -> Answer:
    """Return an answer with one line of text, as the daemon sends its errors."""
    return Answer(f"{text}\n".encode(), status, "text/plain; charset=utf-8", **options)


PONG: Final = as_json({"ping": "pong"})


class Server(Listener):
    """Records requests, and answers them from ``queue`` or, if that is empty, with ``answer``.

    Leaving it fails if a request was unexpected, or an answer was not used.
    """

    def __init__(
        self,
        *queue: Answer,
        answer: Answer | Callable[[Request], Answer | Awaitable[Answer]] | None = None,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
        path: Path | None = None,
    ) -> None:
        super().__init__(self._exchange_all, tls=tls, port=port, path=path)
        self.requests: list[Request] = []  # all so far
        self.queue = deque(queue)  # answers for the next requests
        self.answer = answer  # makes the other answers; may be an answer itself
        self.connections = 0  # all so far
        self.open = 0  # those that are open now
        self._unexpected: list[Request] = []
        self._changed = asyncio.Event()

    @property
    def request(self) -> Request:
        """The only request so far."""
        assert len(self.requests) == 1, f"{len(self.requests)} requests: {', '.join(map(str, self.requests))}"
        return self.requests[0]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds, checked whenever a request came or a connection was opened or closed."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def look(self) -> None:
        """Make `until` check its condition."""
        self._changed.set()

    async def requested(self, count: int) -> None:
        """Wait until there were that many requests."""
        await self.until(lambda: len(self.requests) >= count)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await super().__aexit__(kind)
        if kind is None:
            assert not self._unexpected, f"unexpected: {', '.join(map(str, self._unexpected))}"
            assert not self.queue, f"{len(self.queue)} answers were not used"

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self._changed.set()
        try:
            await super()._run(reader, writer)
        finally:
            self.open -= 1
            self._changed.set()

    async def _exchange_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self.connections
        while await self._exchange(reader, writer, number):
            pass

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        request = await _read(reader, number)
        self.requests.append(request)
        self._changed.set()
        answer = await self._find_answer(request)
        if answer.after:
            await answer.after.wait()
        data = answer.to_bytes()[: answer.keep]
        if answer.resume:
            writer.write(data[: answer.pause])
            await writer.drain()
            await answer.resume.wait()
            data = data[answer.pause :]
        writer.write(data)
        await writer.drain()
        if answer.then:
            await answer.then(writer)
        return not answer.close and answer.raw is None and answer.keep is None

    async def _find_answer(self, request: Request) -> Answer:
        if self.queue:
            return self.queue.popleft()
        if self.answer is None:
            self._unexpected.append(request)
            return as_text("unexpected request", 500)
        answer = self.answer if isinstance(self.answer, Answer) else self.answer(request)
        return answer if isinstance(answer, Answer) else await answer


async def _read(reader: asyncio.StreamReader, number: int) -> Request:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    request = Request(method, target, headers, b"", number)
    length = int(request.header("Content-Length") or 0)
    assert request.header("Transfer-Encoding") is None, "chunked request bodies are not supported"
    return Request(method, target, headers, await reader.readexactly(length), number)
