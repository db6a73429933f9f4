"""Bytes, headers and connections of the fake are those of a daemon."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.asking import ask, happened, send
from tests.support.wire import KEY, Wire

from pytest_syncthing import FakeSyncthing
from pytest_syncthing.certificate import CERTIFICATE_FILE
from pytest_syncthing.rest import HANDLERS

IDENTITY = {"X-Syncthing-Id", "X-Syncthing-Version"}
PING = "GET /rest/system/ping"
POLL = "GET /rest/events?events=LoginAttempt"


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """A fake with the key that a `Wire` sends."""
    with FakeSyncthing(api_key=KEY) as fake:
        yield fake


@asynccontextmanager
async def connect(fake: FakeSyncthing, context: ssl.SSLContext | None = None) -> AsyncIterator[Wire]:
    """Connect for the duration of the block."""
    wire = await Wire.to(fake.url.partition("://")[2], context)
    try:
        yield wire
    finally:
        wire.close()


@asynccontextmanager
async def poll(fake: FakeSyncthing) -> AsyncIterator[Wire]:
    """Connect, and wait for an event."""
    async with connect(fake) as wire:
        wire.send(POLL)
        await fake.until(lambda: fake.polls_waiting)
        await wire.head()
        yield wire


# --- Answers ---


async def test_the_head_of_an_answer(fake: FakeSyncthing) -> None:
    """The headers are the daemon's, in its order and spelling, with the time of the fake's clock."""
    fake.freeze()
    moment = f"{fake.now:%a, %d %b %Y %H:%M:%S GMT}"
    async with connect(fake) as wire:
        answer = await wire.ask(PING)
    assert answer.line == "HTTP/1.1 200 OK"
    assert answer.headers == [
        ("Access-Control-Allow-Origin", "*"),
        ("Cache-Control", "max-age=0, no-cache, no-store"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("Expires", moment),
        ("Pragma", "no-cache"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "SAMEORIGIN"),
        ("X-Syncthing-Id", fake.device_id),
        ("X-Syncthing-Version", "v1.29.5"),
        ("X-Xss-Protection", "1; mode=block"),
        ("Date", moment),
        ("Content-Length", "21"),
    ]
    assert answer.body == b'{\n  "ping": "pong"\n}\n'


async def test_forms_of_a_body(fake: FakeSyncthing) -> None:
    """Short bodies have a length, long ones are chunked, empty ones have no type, and HEAD gets no body."""
    async with connect(fake) as wire:
        long = await wire.ask("GET /rest/config")
        assert long.header("Transfer-Encoding") == "chunked"
        assert len(long.body) > 5000
        empty = await wire.ask("POST /rest/system/error/clear")
        assert (empty.header("Content-Length"), empty.header("Content-Type")) == ("0", None)
        refused = await wire.ask("HEAD /rest/system/ping")
        assert (refused.status, refused.header("Content-Length")) == (405, "19")
        nothing = await wire.ask("OPTIONS /rest/system/ping", key="")
        assert (nothing.status, nothing.header("Content-Length")) == (204, None)
        ok = await wire.ask("POST /rest/system/shutdown")
        assert (ok.header("Transfer-Encoding"), ok.header("Connection")) == ("chunked", "close")
        assert ok.body == b'{"ok": "shutting down"}\n'


async def test_older_http(fake: FakeSyncthing) -> None:
    """HTTP/1.0 gets no chunks, and the connection is closed unless the client asks to keep it."""
    async with connect(fake) as wire, connect(fake) as closed:
        short = await wire.ask(f"{PING} HTTP/1.0", "Connection: keep-alive")
        assert (short.line, short.header("Connection")) == ("HTTP/1.0 200 OK", "keep-alive")
        long = await wire.ask("GET /rest/config HTTP/1.0", "Connection: keep-alive")
        assert (long.header("Content-Length"), long.header("Connection")) == (None, None)
        assert len(long.body) > 5000
        closed.send(PING, "Connection: close")
        assert b"\r\nConnection: close\r\n" in await closed.rest()


async def test_what_is_no_request(fake: FakeSyncthing) -> None:
    """Bytes that are no HTTP request get a 400, those that begin like TLS get no HTTP, and the connection ends."""
    async with connect(fake) as wire, connect(fake) as other:
        wire.writer.write(b"nonsense\r\n\r\n")
        head, body = (await wire.rest()).split(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert body == b"400 Bad Request"
        other.writer.write(b"\x16" + b"nonsense" * 10)
        assert b"HTTP" not in await other.rest()
    assert fake.requests == []


async def test_bodies_that_are_sent_late(fake: FakeSyncthing) -> None:
    """A client that sends ``Expect: 100-continue`` gets ``100 Continue`` once."""
    async with connect(fake) as wire:
        wire.send("POST /rest/system/error", "Expect: 100-continue", "Content-Length: 2")
        assert await wire.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        for byte in (b"h", b"i"):
            wire.writer.write(byte)
        assert (await wire.read()).status == 200
    assert fake.requests[0].body == b"hi"


async def test_a_handler_that_fails(
    fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug in the fake is reported in the answer and in the log; nothing else is affected."""

    def fail(*_: object) -> None:
        raise LookupError("of the test")

    (route,) = [route for route in HANDLERS if (route.method, route.path) == ("GET", "rest/system/version")]
    monkeypatch.setitem(HANDLERS, route, fail)  # type: ignore[arg-type] # read-only for all others
    async with connect(fake) as wire:
        failed = await wire.ask("GET /rest/system/version")
        assert (failed.status, failed.body) == (500, b"the fake failed: LookupError('of the test')\n")
        assert (await wire.ask(PING)).status == 200
    assert "the fake failed: GET /rest/system/version" in caplog.text


async def test_paths_that_are_nearly_right(fake: FakeSyncthing) -> None:
    """An extra slash leads to a redirect; a path that is no route doesn't."""
    async with connect(fake) as wire:
        for line, status, location in (
            ("GET /rest/system/ping/", 301, "/rest/system/ping"),
            ("POST /rest/system/ping/?x=%20", 307, "/rest/system/ping?x=%20"),
            ("GET //rest/system/../system/ping", 301, "/rest/system/ping"),
            ("GET /rest", 301, "/rest/"),
            ("GET /rest/nope/", 404, None),
            ("GET /nope", 404, None),
            ("POST /rest/debug/file", 405, None),
        ):
            answer = await wire.ask(line)
            assert (line, answer.status, answer.header("Location")) == (line, status, location)


# --- Connections ---


async def test_requests_of_one_connection(fake: FakeSyncthing) -> None:
    """They are answered one after the other, and all are recorded, refused ones too."""
    async with connect(fake) as wire:
        wire.send(POLL)
        wire.send(PING, key="wrong")
        await fake.until(lambda: fake.polls_waiting)
        fake.emit("LoginAttempt")
        assert [(await wire.read()).status for _ in range(2)] == [200, 403]
    assert [(str(request), request.connection) for request in fake.requests] == [(POLL, 1), (PING, 1)]


async def test_a_poll_sends_its_head_at_once(fake: FakeSyncthing) -> None:
    """The headers of a poll come before there are any events, then all events in one piece."""
    async with poll(fake) as wire:
        fake.emit("LoginAttempt", {"x": 1})
        assert b'"x": 1' in await wire.chunk()
        assert await wire.chunk() == b""
        assert (await wire.ask(PING)).status == 200


async def test_clients_that_go_away(fake: FakeSyncthing) -> None:
    """A poll of a client that has gone is ended; other requests are still carried out."""
    fake.freeze()
    async with poll(fake):
        assert fake.connections == 1
    await fake.until(lambda: fake.polls_waiting == 0 and fake.connections == 0)
    late = fake.delay("rest/system/error", 10)
    async with connect(fake) as wire:
        wire.send("POST /rest/system/error", body=b"oops")
        await fake.until(lambda: late.hits)
    await fake.until(lambda: fake.connections == 0)
    fake.advance(9)
    assert fake.answered == 1
    fake.advance(1)
    await fake.until(lambda: fake.answered == 2)
    assert "oops" in ask(fake, "rest/system/error")["errors"][0]["message"]


async def test_idle_connections_end(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is idle for long is closed, but not one with a poll."""
    monkeypatch.setattr("pytest_syncthing.http.server._IDLE", 0.05)
    async with poll(fake) as waiting, connect(fake) as used, connect(fake) as unused:
        await used.ask(PING)
        assert [await wire.rest() for wire in (used, unused)] == [b"", b""]
        assert fake.connections == 1
        fake.emit("LoginAttempt")
        assert await waiting.rest()


async def test_silence(fake: FakeSyncthing) -> None:
    """After a restart without disconnecting, old connections stay open, and break when something is sent."""
    async with poll(fake) as waiting, connect(fake) as idle, connect(fake) as new:
        assert (await idle.ask(PING)).status == 200
        await fake.until(lambda: fake.answered == 1)
        fake.restart(cut=False)
        assert (fake.polls_waiting, fake.starts, fake.connections) == (0, 2, 3)
        fake.emit("LoginAttempt")
        async with connect(fake) as another:
            assert (await another.ask(PING)).status == 200
        for wire in (waiting, idle, new):
            wire.send(PING)
            assert await wire.rest() == b""
    assert len(fake.requests) == 3


async def test_stopping_while_clients_arrive(fake: FakeSyncthing) -> None:
    """A fake can be stopped while clients connect, wait or are held."""
    held = fake.hold("rest/system/*")
    async with poll(fake) as waiting, connect(fake) as stopped:
        stopped.send(PING)
        await fake.until(lambda: held.hits)
        arriving = [asyncio.create_task(Wire.to(fake.url.removeprefix("http://"))) for _ in range(20)]
        await asyncio.sleep(0)
        await asyncio.to_thread(fake.stop)
        for wire in await asyncio.gather(*arriving, return_exceptions=True):
            if isinstance(wire, Wire):
                wire.close()
        assert await waiting.rest() == b""


async def test_requests_that_end_with_the_process(fake: FakeSyncthing) -> None:
    """No request of the old process goes on in the new one."""
    fake.freeze()
    late = fake.delay("rest/system/error", 10)
    async with connect(fake) as wire:
        wire.send("POST /rest/system/error", body=b"oops")
        await fake.until(lambda: late.hits)
        fake.restart()
        assert await wire.rest() == b""
    fake.advance(10)
    assert ask(fake, "rest/system/error") == {"errors": None}


# --- Who is let in ---


@pytest.mark.parametrize(
    ("login", "key", "status", "text", "known"),
    [
        ({}, "", 403, b"CSRF Error\n", True),
        ({"user": "me", "password": "secret"}, "wrong", 403, b"Forbidden\n", False),
    ],
)
async def test_what_a_stranger_learns(login: dict[str, str], key: str, status: int, text: bytes, known: bool) -> None:
    """Where there is a login, only authenticated answers name the daemon."""
    with FakeSyncthing(api_key=KEY, **login) as fake:
        async with connect(fake) as wire:
            answer = await wire.ask(PING, key=key)
            assert (answer.status, answer.body, set(answer.names) >= IDENTITY) == (status, text, known)
            assert (await wire.ask(PING, host="example.org")).body == b"Host check error\n"
        fake.set_gui(insecureSkipHostcheck=True)
        async with connect(fake) as wire:
            assert (await wire.ask(PING, host="example.org")).status == 200


async def test_names_of_this_computer(fake: FakeSyncthing) -> None:
    """The daemon answers only to host names of this computer."""
    local = ["LOCALHOST", "localhost.", "a.localhost:1", "127.5.5.5:99", "127.0.0.1:", "[::1]:80", "::1"]
    local += ["[::ffff:127.0.0.1]:1"]
    foreign = ["localhost.localdomain", "[::1]", "0.0.0.0", "127.1", "x:y:z", "localhost:1:2"]
    async with connect(fake) as wire:
        answers = {name: (await wire.ask(PING, host=name)).status for name in (*local, *foreign)}
    assert answers == dict.fromkeys(local, 200) | dict.fromkeys(foreign, 403)


async def test_logins_in_a_header() -> None:
    """Basic authentication works for pages; each attempt is an event, and failures are logged."""
    with FakeSyncthing("1.19", user="mé", password="p:w") as fake:
        for login, status in (("bcOpOnA6dw==", 200), ("bcOpOnA6eA==", 401), ("***", 401), ("bcOp", 401)):
            reply = send(fake, "GET", "meta.js", X_API_Key="", Authorization=f"Basic {login}")
            assert (login, reply.status) == (login, status)
        attempts = happened(fake, 0, "LoginAttempt")
    assert [(attempt["username"], attempt["success"]) for attempt in attempts] == [("mé", True), ("mé", False)]


# --- TLS and Unix sockets ---


async def test_tls_on_the_same_port() -> None:
    """TLS works on the port of plain HTTP; large answers arrive whole, and clients may close without a TLS goodbye."""
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE_FILE))
    trusting.check_hostname = False
    with FakeSyncthing(api_key=KEY, certificate=CERTIFICATE_FILE) as fake:
        async with connect(fake, trusting) as wire:
            assert len((await wire.ask("GET /rest/config")).body) > 5000
            assert (await wire.ask("POST /rest/system/error", body=b"x" * 100_000)).status == 200
            wire.close()
            await wire.writer.wait_closed()
        await fake.until(lambda: fake.connections == 0)
        with pytest.raises(ssl.SSLCertVerificationError):
            await Wire.to(fake.url.removeprefix("http://"), ssl.create_default_context())
        await fake.until(lambda: fake.connections == 0)
        assert len(fake.requests[1].body) == 100_000


async def test_a_unix_socket(tmp_path: Path) -> None:
    """On a Unix socket any host name is accepted, and its file exists only while the daemon is up."""
    path = tmp_path / "api"
    with FakeSyncthing(api_key=KEY, socket=path) as fake:
        async with connect(fake) as wire:
            assert (await wire.ask(PING, host="example.org")).status == 200
        fake.stop_daemon()
        assert not path.exists()
        fake.start_daemon()
        async with connect(fake) as wire:
            assert (await wire.ask(PING)).status == 200
