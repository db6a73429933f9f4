"""One connection of a client, where the server's own tests don't look."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
from tests.support.serving import Wire, serving
from tests.support.waiting import until

from pytest_syncthing.certificate import CERTIFICATE_FILE, Certificate
from pytest_syncthing.http.connection import Connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pytest_syncthing.http.parser import Message


class Echo:
    """Answers each request with its body, once it is told to go on."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.connections: list[Connection] = []
        self.changes: list[tuple[bool, bool]] = []
        self.served: list[str] = []

    def make(self) -> Connection:
        """Return what serves the next connection."""
        number = len(self.connections) + 1
        self.connections.append(Connection(number, self.serve, self.changed, lambda: Certificate.template().context))
        return self.connections[-1]

    def serve(self, connection: Connection, message: Message) -> asyncio.Task[None]:
        """Serve a request."""
        return asyncio.get_running_loop().create_task(self._serve(connection, message))

    def changed(self, connection: Connection) -> None:
        """Note what a connection says of itself."""
        self.changes.append((connection.lost, connection.waiting_since is not None))

    async def _serve(self, connection: Connection, message: Message) -> None:
        connection.polling = message.target == "/poll"
        await self.go_on.wait()
        self.served.append(message.target)
        connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(message.body), message.body))


@pytest.fixture
async def echo() -> AsyncIterator[tuple[Echo, Wire]]:
    """A server, and a client."""
    made = Echo()
    server = await asyncio.get_running_loop().create_server(made.make, "127.0.0.1", 0)
    wire = await Wire.to(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    yield made, wire
    wire.close()
    server.close()
    await server.wait_closed()


async def becomes(condition: Callable[[], object]) -> None:
    """Wait until something is true."""

    async def probe() -> object:
        return condition()

    await until(probe)


async def test_one_after_the_other(echo: tuple[Echo, Wire]) -> None:
    """Requests are served in their order, and between them the connection waits."""
    made, wire = echo
    wire.send("POST /a", body=b"1")
    wire.send("POST /b", body=b"2")
    await becomes(lambda: made.connections and made.connections[0].task)
    assert made.connections[0].waiting_since is None
    assert not made.connections[0].secure
    made.go_on.set()
    assert [(await wire.read()).body for _ in "ab"] == [b"1", b"2"]
    await becomes(lambda: made.connections[0].task is None)
    assert made.served == ["/a", "/b"]
    wire.close()
    await becomes(lambda: made.connections[0].lost)
    assert made.changes[0] == (False, True)
    assert made.changes[-1] == (True, False)


async def test_a_lost_client(echo: tuple[Echo, Wire]) -> None:
    """A poll ends with its client; another request goes on, and its answer is lost."""
    made, wire = echo
    wire.send("POST /write", body=b"1")
    await becomes(lambda: made.connections and made.connections[0].task)
    connection, task = made.connections[0], made.connections[0].task
    wire.close()
    await becomes(lambda: connection.lost)
    made.go_on.set()
    assert task is not None
    await task
    assert made.served == ["/write"]
    assert connection.task is None
    connection.write(b"nobody")
    connection.close()
    connection.abort()


async def test_a_lost_poll(echo: tuple[Echo, Wire]) -> None:
    """Nobody needs the answer of a poll whose client is gone."""
    made, wire = echo
    wire.send("GET /poll")
    await becomes(lambda: made.connections and made.connections[0].polling)
    task = made.connections[0].task
    wire.close()
    assert task is not None
    await asyncio.wait([task])
    assert task.cancelled()


async def test_before_it_begins() -> None:
    """A connection that is not made yet can't be used, and does no harm."""
    connection = Echo().make()
    connection.write(b"x")
    connection.close()
    connection.abort()
    assert not connection.lost


async def test_nonsense_as_tls() -> None:
    """What begins like TLS and is none ends the connection."""
    async with serving() as fake:
        wire = await fake.connect()
        wire.writer.write(b"\x16" + b"nonsense" * 10)
        await wire.rest()
        await fake.server.until(lambda: not fake.server.connections)


async def test_tls(echo: tuple[Echo, Wire]) -> None:
    """What begins as TLS goes on as TLS, until the client says goodbye."""
    made, plain = echo
    made.go_on.set()
    context = ssl.create_default_context(cafile=str(CERTIFICATE_FILE))
    context.check_hostname = False
    host, port = plain.writer.get_extra_info("peername")
    wire = await Wire.to(f"{host}:{port}", context)
    wire.send("POST /", body=b"x" * 1000)
    assert (await wire.read()).body == b"x" * 1000
    assert made.connections[-1].secure
    wire.close()
    await becomes(lambda: made.connections[-1].lost)


async def test_what_is_no_request(echo: tuple[Echo, Wire]) -> None:
    """What is no request is answered at once, and the connection ends."""
    made, wire = echo
    wire.writer.write(b"nonsense\r\n\r\n")
    assert (await wire.rest()).endswith(b"\r\nConnection: close\r\n\r\n400 Bad Request")
    assert made.connections[0].task is None


async def test_a_body_that_is_waited_for(echo: tuple[Echo, Wire]) -> None:
    """A client that asks is told once to go on with the body."""
    made, wire = echo
    made.go_on.set()
    wire.send("POST /", "Expect: 100-continue", "Content-Length: 2")
    assert await wire.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.writer.write(b"a")
    wire.writer.write(b"b")
    assert (await wire.read()).body == b"ab"


async def test_breaking_it(echo: tuple[Echo, Wire]) -> None:
    """A connection can be broken while it is in use."""
    made, wire = echo
    wire.send("GET /")
    await becomes(lambda: made.connections and made.connections[0].task)
    made.connections[0].abort()
    assert await wire.rest() == b""
    made.go_on.set()
    await becomes(lambda: made.served)


async def test_silence(echo: tuple[Echo, Wire]) -> None:
    """A connection that is forgotten says nothing, waits for nothing, and breaks when the client sends something."""
    made, wire = echo
    wire.send("GET /")
    await becomes(lambda: made.connections and made.connections[0].task)
    connection = made.connections[0]
    connection.forget()
    made.go_on.set()
    await becomes(lambda: connection.task is None)
    assert connection.waiting_since is None
    await wire.read()
    wire.send("GET /again")
    assert await wire.rest() == b""
    assert made.served == ["/"]


async def test_a_forgotten_connection(echo: tuple[Echo, Wire]) -> None:
    """Nothing comes on it any more, it does not count as idle, and what is sent on it breaks it."""
    made, wire = echo
    wire.send("GET /slow")
    await becomes(lambda: made.connections and made.connections[0].task)
    connection = made.connections[0]
    connection.forget()
    assert connection.task is not None
    connection.task.cancel()
    await becomes(lambda: connection.task is None)
    assert (connection.lost, connection.waiting_since) == (False, None)
    wire.send("GET /next")
    assert await wire.rest() == b""
    await becomes(lambda: connection.lost)
    assert made.served == []
