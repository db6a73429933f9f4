"""An event API that does what it is told: masks, IDs, buffers and long polls as a daemon has them."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qs

from aiosyncthing import types as t

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DAEMON_ID", "KEY", "OTHER_ID", "FakeEventApi", "Poll"]

KEY: Final = "a-key-that-nobody-may-see"
DAEMON_ID: Final = "P56IOI7-MZJNU2Y-IQGDREY-DM2MGTI-MGL3BXN-PQ6W5BM-TBBZ4TJ-XZWICQ2"
OTHER_ID: Final = "MFZWI3D-BONSGYC-YLTMRWG-C43ENR5-QXGZDMM-FZWI3DP-BONSGYY-LTMRWAD"

_RING: Final = 1000
_DISK: Final = frozenset({"LocalChangeDetected", "RemoteChangeDetected"})
_DEFAULT: Final = frozenset(t.EVENT_TYPES) - _DISK


@dataclass(frozen=True, slots=True)
class Poll:
    """A request for events.

    Attributes:
        mask: The types.
        since: As asked.
        timeout: As asked, in seconds.
    """

    mask: frozenset[str]
    since: int
    timeout: int


class _Subscription:
    """Counts the events of one mask and holds the last 1000."""

    def __init__(self) -> None:
        self.last_id = 0
        self.ring: deque[dict[str, Any]] = deque(maxlen=_RING)
        self.changed = asyncio.Event()

    def add(self, event: dict[str, Any], *, keep: bool) -> None:
        self.last_id += 1
        if keep:
            self.ring.append({"id": self.last_id, **event})
        self.changed.set()

    async def since(self, number: int, timeout: float) -> list[dict[str, Any]]:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not self.ring or self.ring[-1]["id"] <= number:
                    self.changed.clear()
                    await self.changed.wait()
        return [event for event in self.ring if event["id"] > number]


@dataclass(eq=False)
class _Process:
    device: str
    number: int
    global_id: int = 1
    subscriptions: defaultdict[frozenset[str], _Subscription] = field(
        default_factory=lambda: defaultdict(_Subscription)
    )


class FakeEventApi:
    """Serves ``rest/events``, ``rest/events/disk`` and ``rest/system/status`` to whoever has the key.

    Attributes:
        polls: All requests for events so far.
        answered: How many of them were answered.
        requests: How many requests there were, of any kind.
        waiting: How many of the polls wait for events now.
        open: How many connections are open now.
        uptime: What the daemon says.
        overrides: Raw answers to the next requests, in their order, after which the connection is closed.
    """

    def __init__(self) -> None:
        self.polls: list[Poll] = []
        self.requests = 0
        self.answered = 0
        self.waiting = 0
        self.open = 0
        self.uptime = 60
        self.overrides: deque[bytes] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._ticks = 0
        self._process = _Process(DAEMON_ID, 0)
        self._begin()

    def _begin(self) -> None:
        for mask in (_DEFAULT, _DISK):
            self._process.subscriptions[mask].last_id = 0
        self.emit("Starting")

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    def emit(self, *types: str, keep: bool = True) -> None:
        """Let events happen.

        Args:
            *types: Their types.
            keep: Whether the daemon keeps up; otherwise only their IDs are used.
        """
        for name in types:
            self._ticks += 1
            self._process.global_id += 1
            event = {
                "globalID": self._process.global_id,
                "time": f"2026-11-23T12:22:17.{self._ticks:09}Z",
                "type": name,
                "data": {},
            }
            for mask, subscription in self._process.subscriptions.items():
                if name in mask:
                    subscription.add(event, keep=keep)

    def restart(self, device: str | None = None, *, cut: bool = True) -> None:
        """Begin anew as another process.

        Args:
            device: The device ID of the new one, if it is another daemon.
            cut: Whether connections end with the process; where a proxy is in between, they don't.
        """
        self._process = _Process(device or self._process.device, self._process.number + 1)
        self._begin()
        if cut:
            self.cut()

    def cut(self) -> None:
        """End all connections."""
        for task in self._tasks:
            task.cancel()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is true; looked at whenever a request came, was answered, or a connection ended."""
        async with asyncio.timeout(10):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def waited_for(self) -> None:
        """Wait until somebody waits for events."""
        await self.until(lambda: self.waiting > 0)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Not a coroutine: asyncio would log the cancellation of one that it started itself.
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            with suppress(OSError, asyncio.IncompleteReadError):  # the client may go whenever it wants
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                    await self._answer(head, reader, writer)
        finally:
            self.open -= 1
            self._changed.set()
            writer.transport.abort()

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests += 1
        self._changed.set()
        path, _, query = head.split(" ", 2)[1].partition("?")
        if self.overrides:
            writer.write(self.overrides.popleft())
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            raise ConnectionResetError
        if f"X-API-Key: {KEY}\r\n" not in head:
            self._write_head(writer, "403 Forbidden", "text/plain", "Content-Length: 11")
            writer.write(b"CSRF Error\n")
        elif path == "/rest/system/status":
            body = json.dumps(self._status()).encode()
            self._write_head(writer, "200 OK", "application/json", f"Content-Length: {len(body)}")
            writer.write(body)
        else:
            await self._answer_poll(path, query, reader, writer)
        await writer.drain()

    async def _answer_poll(
        self, path: str, query: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        params = {name: values[0] for name, values in parse_qs(query).items()}
        mask = _DISK if path.endswith("/disk") else _DEFAULT
        if "events" in params:
            mask = frozenset(params["events"].split(","))
        poll = Poll(mask, int(params.get("since", 0)), int(params.get("timeout", 60)))
        self.polls.append(poll)
        # The head goes out before anything is waited for, as the daemon does it.
        self._write_head(writer, "200 OK", "application/json; charset=utf-8", "Transfer-Encoding: chunked")
        await writer.drain()
        self.waiting += poll.timeout > 0
        self._changed.set()
        # The next request comes only after the answer, so what comes before is the client's end.
        gone = asyncio.create_task(reader.read(1))
        answer = asyncio.create_task(self._process.subscriptions[mask].since(poll.since, poll.timeout))
        try:
            await asyncio.wait([gone, answer], return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise ConnectionResetError
            events = answer.result()
        finally:
            self.waiting -= poll.timeout > 0
            self._changed.set()
            for task in (gone, answer):
                task.cancel()
            await asyncio.wait([gone, answer])
        limit = int(params.get("limit", 0))
        body = json.dumps(events[-limit:] if limit else events, indent=2).encode()
        writer.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        self.answered += 1
        self._changed.set()

    def _status(self) -> dict[str, Any]:
        return {
            "myID": self._process.device,
            "startTime": f"2026-11-23T12:00:{self._process.number:02}Z",
            "uptime": self.uptime,
        }

    def _write_head(self, writer: asyncio.StreamWriter, status: str, kind: str, length: str) -> None:
        lines = [
            f"HTTP/1.1 {status}",
            f"Content-Type: {kind}",
            f"X-Syncthing-Id: {self._process.device}",
            "X-Syncthing-Version: v1.29.5",
            length,
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
