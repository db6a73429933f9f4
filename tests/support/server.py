"""A small HTTP server on loopback that shows each request as it came over the wire and answers as it is told."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["DAEMON_ID", "VERSION", "Answer", "Request", "Server", "as_json", "as_text"]

DAEMON_ID: Final = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"
VERSION: Final = "v1.29.5"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came.

    Attributes:
        method: HTTP method.
        target: Path and query, raw.
        headers: All headers, in their order, with their own spelling.
        body: The body; empty for none.
        connection: Number of the connection it came on, from 1.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        """The path, raw."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query, raw; empty for none."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """Return the only header of that name, in whatever letters; ``None`` if there is none."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    def json(self) -> Any:
        """Return the body, decoded."""
        return json.loads(self.body)

    def __str__(self) -> str:
        """What to call it in messages."""
        return f"{self.method} {self.target}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer.

    Attributes:
        body: The body.
        status: HTTP status.
        content_type: Content-Type; empty for none.
        headers: Further headers. A ``Content-Length`` or ``Transfer-Encoding`` among them replaces the right one.
        syncthing: Whether to send the headers by which a daemon is known.
        raw: Sent as it is in place of status, headers and body, after which the connection is closed.
        keep: How many bytes to send, of all, before the connection is cut; ``None`` for all.
        close: Close the connection afterwards.
        after: Wait for this before the first byte.
        pause: How many bytes to send before waiting for ``resume``.
        resume: See ``pause``.
        then: What else to do with the connection.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    syncthing: bool = True
    raw: bytes | None = None
    keep: int | None = None
    close: bool = False
    after: asyncio.Event | None = None
    pause: int = 0
    resume: asyncio.Event | None = None
    then: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None

    def to_bytes(self) -> bytes:
        """Return all that goes over the wire."""
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
    """Return the answer that has this value as JSON, in the form that Go gives it."""
    body = json.dumps(value, indent=2).encode() + b"\n"
    return Answer(body, status, "application/json; charset=utf-8", **options)


def as_text(text: str, status: int, **options: Any) -> Answer:
    """Return the answer with one line of text, as the daemon sends its errors."""
    return Answer(f"{text}\n".encode(), status, "text/plain; charset=utf-8", **options)


class Server:
    """Records requests, and answers them from ``queue`` or, when that is empty, by ``answer``.

    Leaving it fails when a request came that nothing was prepared for, or when an answer was not asked for.

    Attributes:
        requests: All requests so far.
        queue: Answers for the next requests, in their order.
        connections: How many connections were opened so far.
        open: How many connections are open now.
    """

    def __init__(
        self,
        *queue: Answer,
        answer: Callable[[Request], Answer | Awaitable[Answer]] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.queue = deque(queue)
        self.answer = answer
        self.connections = 0
        self.open = 0
        self._tls = tls
        self._unexpected: list[Request] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The base URL, without a final slash."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def request(self) -> Request:
        """The only request so far."""
        assert len(self.requests) == 1, f"{len(self.requests)} requests: {', '.join(map(str, self.requests))}"
        return self.requests[0]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is true; looked at whenever a request came or a connection was opened or closed."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def look(self) -> None:
        """Let `until` look again."""
        self._changed.set()

    def cut(self) -> None:
        """Break all connections."""
        for task in self._tasks:
            task.cancel()

    async def requested(self, count: int) -> None:
        """Wait until so many requests have come."""
        await self.until(lambda: len(self.requests) >= count)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()
        if kind is None:
            assert not self._unexpected, f"nobody expected {', '.join(map(str, self._unexpected))}"
            assert not self.queue, f"{len(self.queue)} answers were not asked for"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Not a coroutine: asyncio would log the cancellation of one that it started itself.
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.close())  # also if it is cancelled before it has begun

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        number = self.connections
        self._changed.set()
        try:
            with suppress(OSError, asyncio.IncompleteReadError):  # the client may go whenever it wants
                while await self._exchange(reader, writer, number):
                    pass
        finally:
            self.open -= 1
            self._changed.set()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

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
        if self.answer:
            answer = self.answer(request)
            return answer if isinstance(answer, Answer) else await answer
        self._unexpected.append(request)
        return as_text("nobody expected this request", 500)


async def _read(reader: asyncio.StreamReader, number: int) -> Request:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    request = Request(method, target, headers, b"", number)
    length = int(request.header("Content-Length") or 0)
    assert request.header("Transfer-Encoding") is None, "chunked request bodies are not understood here"
    return Request(method, target, headers, await reader.readexactly(length), number)
