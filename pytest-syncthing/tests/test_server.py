"""The HTTP server of the fake: what goes over the wire is what the daemon sends."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
from tests.support.serving import DEVICE, KEY, serving

from pytest_syncthing.certificate import CERTIFICATE_FILE
from pytest_syncthing.http.faults import HOST_CHECK, MIGRATION, Fault
from pytest_syncthing.http.messages import as_json, as_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.serving import Serving

IDENTITY = ["X-Syncthing-Id", "X-Syncthing-Version"]


async def test_the_head_of_an_answer() -> None:
    """Headers are those of the daemon, in its order and letters, with the time of the fake's clock."""
    async with serving() as fake:
        fake.node.clock.freeze()
        answer = await fake.ask("GET /rest/system/ping")
        assert answer.line == "HTTP/1.1 200 OK"
        assert answer.headers == [
            ("Access-Control-Allow-Origin", "*"),
            ("Cache-Control", "max-age=0, no-cache, no-store"),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Expires", "Sun, 01 Mar 2026 12:00:02 GMT"),
            ("Pragma", "no-cache"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "SAMEORIGIN"),
            ("X-Syncthing-Id", str(DEVICE)),
            ("X-Syncthing-Version", "v1.29.5"),
            ("X-Xss-Protection", "1; mode=block"),
            ("Date", "Sun, 01 Mar 2026 12:00:02 GMT"),
            ("Content-Length", "21"),
        ]
        assert answer.body == b'{\n  "ping": "pong"\n}\n'


@pytest.mark.parametrize(
    ("version", "json", "events"),
    [
        ("1.19.2", "application/json; charset=utf-8", "application/json; charset=utf-8"),
        ("2.1.3", "application/json", "application/json; charset=utf-8"),
    ],
)
async def test_content_types(version: str, json: str, events: str) -> None:
    """Since 2.0.14 JSON is sent without a character set, but for events."""
    async with serving(version) as fake:
        assert (await fake.ask("GET /rest/system/ping")).header("Content-Type") == json
        answer = await fake.ask("GET /rest/events?timeout=0&events=LoginAttempt")
        assert (answer.header("Content-Type"), answer.body) == (events, b"[]\n")


async def test_forms_of_a_body() -> None:
    """Short bodies have a length, long ones come in chunks, empty ones have no type, and a HEAD has none at all."""
    async with serving() as fake:
        wire = await fake.connect()
        long = await wire.ask("GET /rest/system/status")
        assert long.header("Transfer-Encoding") == "chunked"
        assert len(long.body) > 5000
        empty = await wire.ask("POST /rest/system/upgrade")
        assert (empty.header("Content-Length"), empty.header("Content-Type")) == ("0", None)
        refused = await wire.ask("HEAD /rest/system/ping")
        assert (refused.status, refused.header("Content-Length")) == (405, "19")
        nothing = await wire.ask("OPTIONS /rest/system/ping", key="")
        assert (nothing.status, nothing.header("Content-Length")) == (204, None)
        assert fake.server.opened == 1
    async with serving() as fake:
        ok = await fake.ask("POST /rest/system/shutdown")
        assert (ok.header("Transfer-Encoding"), ok.body) == ("chunked", b'{"ok": "ending"}\n')


async def test_older_http() -> None:
    """HTTP/1.0 gets no chunks, and the connection ends unless it is asked to stay."""
    async with serving() as fake:
        wire = await fake.connect()
        short = await wire.ask("GET /rest/system/ping HTTP/1.0", "Connection: keep-alive")
        assert (short.line, short.header("Connection")) == ("HTTP/1.0 200 OK", "keep-alive")
        long = await wire.ask("GET /rest/system/status HTTP/1.0", "Connection: keep-alive")
        assert (long.header("Content-Length"), long.header("Connection")) == (None, None)
        assert len(long.body) > 5000
        closed = await fake.connect()
        closed.send("GET /rest/system/ping", "Connection: close")
        assert b"\r\nConnection: close\r\n" in await closed.rest()


async def test_refusals() -> None:
    """What a handler refuses is text, and a handler that fails says so and breaks nothing."""
    async with serving() as fake:
        wire = await fake.connect()
        refused = await wire.ask("GET /rest/config/folders/docs")
        assert (refused.status, refused.body) == (404, b"no docs\n")
        assert refused.header("Content-Type") == "text/plain; charset=utf-8"
        noted: list[str] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: noted.append(context["message"]))
        failed = await wire.ask("GET /rest/system/version")
        loop.set_exception_handler(None)
        assert (failed.status, failed.body) == (500, b"the fake failed: LookupError('of the test')\n")
        assert noted == ["the fake failed: GET /rest/system/version"]
        assert (await wire.ask("GET /rest/system/ping")).status == 200


async def test_what_is_no_request() -> None:
    """What is no HTTP is answered by the server itself, and the connection ends."""
    async with serving() as fake:
        wire = await fake.connect()
        wire.writer.write(b"nonsense\r\n\r\n")
        head, body = (await wire.rest()).split(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert body == b"400 Bad Request"
        assert fake.server.requests == []


async def test_bodies_that_are_sent_late() -> None:
    """A client that asks first is told to go on with its body."""
    async with serving() as fake:
        wire = await fake.connect()
        wire.send("POST /rest/system/ping", "Expect: 100-continue", "Content-Length: 2")
        assert await wire.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.writer.write(b"hi")
        assert (await wire.read()).status == 200
        assert fake.server.requests[0].body == b"hi"


async def test_requests_are_kept_in_order() -> None:
    """All requests are remembered, refused ones too, and those of one connection are answered one after the other."""
    async with serving() as fake:
        wire = await fake.connect()
        wire.send("GET /rest/events?since=0&events=LoginAttempt")
        wire.send("GET /rest/system/ping", key="wrong")
        await fake.server.until(lambda: fake.node.events.waiting)
        fake.node.events.emit("LoginAttempt", {})
        assert (await wire.read()).status == 200
        assert (await wire.read()).status == 403
        assert [(str(request), request.connection) for request in fake.server.requests] == [
            ("GET /rest/events?since=0&events=LoginAttempt", 1),
            ("GET /rest/system/ping", 1),
        ]
        assert fake.server.answered == 2


async def test_a_poll_sends_its_head_at_once() -> None:
    """The head of a poll comes before there is anything to tell."""
    async with serving() as fake:
        wire = await fake.poll()
        fake.node.events.emit("LoginAttempt", {"x": 1})
        assert b'"x": 1' in await wire.chunk()
        assert await wire.chunk() == b""
        assert (await wire.ask("GET /rest/system/ping")).status == 200


async def test_a_poll_ends_with_its_client() -> None:
    """Nobody waits for a client that is gone; what it has asked for otherwise is done nevertheless."""
    async with serving() as fake:
        fake.node.clock.freeze()
        poll = await fake.poll()
        poll.close()
        await fake.server.until(lambda: fake.node.events.waiting == 0 and fake.server.connections == 0)
        scan = await fake.connect()
        scan.send("POST /rest/db/scan")
        await fake.server.until(lambda: len(fake.server.requests) == 2)
        scan.close()
        await fake.server.until(lambda: fake.server.connections == 0)
        fake.node.clock.advance(10)
        await fake.server.until(lambda: fake.node.pinged)


async def test_changed_can_be_given_up() -> None:
    """Who no longer waits for a change leaves nothing behind."""
    async with serving() as fake:
        waiting = asyncio.create_task(fake.server.changed())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        other = asyncio.create_task(fake.server.changed())
        await asyncio.sleep(0)
        fake.server.notify()
        fake.server.notify()
        await other


@pytest.mark.parametrize(
    ("gui", "key", "status", "text", "identity"),
    [
        ({}, "", 403, b"CSRF Error\n", True),
        ({"user": "me", "password": "x"}, "wrong", 403, b"Forbidden\n", False),
        ({"useTLS": True}, KEY, 307, None, False),
    ],
)
async def test_who_is_let_in(gui: dict[str, object], key: str, status: int, text: bytes | None, identity: bool) -> None:
    """Only what has passed the login tells who the daemon is."""
    async with serving(**gui) as fake:
        answer = await fake.ask("GET /rest/system/ping", key=key)
        assert answer.status == status
        assert text is None or answer.body == text
        assert (set(IDENTITY) <= set(answer.names)) is identity
        assert (await fake.ask("GET /rest/system/ping", host="example.org")).body == b"Host check error\n"


async def test_logins() -> None:
    """A login gives a session that suffices for pages; each attempt is an event."""
    async with serving(user="me", password="$2a$10$") as fake:
        fake.node.config["gui"]["password"] = _hashed("pass: wörd")
        good, bad = _basic("me:pass: wörd"), _basic("me:wrong")
        assert (await fake.ask("GET /meta.js", good, key="")).status == 200
        assert (await fake.ask("GET /meta.js", bad, key="")).status == 403
        body = '{"username": "me", "password": "pass: wörd"}'.encode()
        entered = await fake.ask("POST /rest/noauth/auth/password", body=body, key="")
        assert entered.status == 204
        cookie = f"Cookie: {(entered.header('Set-Cookie') or '').partition(';')[0]}"
        assert (await fake.ask("GET /meta.js", cookie, key="")).status == 200
        assert (await fake.ask("POST /rest/noauth/auth/logout", cookie, key="")).status == 204
        assert (await fake.ask("GET /meta.js", cookie, key="")).status == 403
        events = await fake.node.events.poll(frozenset({"LoginAttempt", "Starting"}), 0, 0, 0)
        assert events == []
    async with serving() as fake:
        assert (await fake.ask("POST /rest/noauth/auth/password", body=b"{}")).status == 404
        assert (await fake.ask("GET /rest/noauth/auth/password")).status == 404


async def test_attempts_are_events() -> None:
    """Each attempt to log in with a header is an event."""
    async with serving("1.19.2", user="me", password=_hashed("right")) as fake:
        mask = frozenset({"LoginAttempt"})
        await fake.node.events.poll(mask, 0, 0, 0)
        for password in ("right", "wrong"):
            await fake.ask("GET /meta.js", _basic(f"me:{password}"), key="")
        events = await fake.node.events.poll(mask, 0, 0, 0)
        assert [event["data"]["success"] for event in events] == [True, False]


def _hashed(password: str) -> str:
    from pytest_syncthing.http.passwords import hash_password  # noqa: PLC0415 - here only

    return hash_password(password)


def _basic(login: str) -> str:
    from base64 import b64encode  # noqa: PLC0415 - here only

    return f"Authorization: Basic {b64encode(login.encode()).decode()}"


async def test_debugging() -> None:
    """What is for debugging is closed before version 2, unless it is switched on."""
    async with serving() as fake:
        assert (await fake.ask("GET /rest/debug/file")).body == b"Debugging disabled\n"
        fake.node.config["gui"]["debugging"] = True
        assert (await fake.ask("GET /rest/debug/file")).status == 200
    async with serving("2.1.3") as fake:
        assert (await fake.ask("GET /rest/debug/file")).status == 200


async def test_versions_differ_in_routes() -> None:
    """A route that a version doesn't have is not found."""
    for version, status in (("1.29.5", 404), ("2.1.3", 200)):
        async with serving(version) as fake:
            assert (await fake.ask("GET /rest/system/loglevels")).status == status


# TLS and Unix sockets


@pytest.fixture
def trusting() -> ssl.SSLContext:
    """What accepts the fake's certificate, whatever the host is called."""
    context = ssl.create_default_context(cafile=str(CERTIFICATE_FILE))
    context.check_hostname = False
    return context


async def test_tls_on_the_same_port(trusting: ssl.SSLContext) -> None:
    """TLS is spoken on the port of plain HTTP; large answers arrive whole."""
    async with serving() as fake:
        wire = await fake.connect(trusting)
        assert (await wire.ask("GET /rest/system/ping")).status == 200
        assert len((await wire.ask("GET /rest/system/status")).body) > 5000
        wire.close()
        await wire.writer.wait_closed()
        await fake.server.until(lambda: fake.server.connections == 0)
    async with serving(useTLS=True) as fake:
        assert (await (await fake.connect(trusting)).ask("GET /rest/system/ping")).status == 200
        plain = await fake.ask("POST /rest/system/ping?x=%20", host="localhost:99")
        assert plain.header("Location") == "https://localhost:99/rest/system/ping?x=%20"


async def test_a_certificate_that_nobody_trusts() -> None:
    """A client that checks the certificate does not accept it."""
    async with serving() as fake:
        with pytest.raises(ssl.SSLCertVerificationError):
            await fake.connect(ssl.create_default_context())
        await fake.server.until(lambda: fake.server.opened == 1 and fake.server.connections == 0)


async def test_a_unix_socket(tmp_path: Path) -> None:
    """On a Unix socket everything is the same, and any host name is accepted."""
    async with serving(path=str(tmp_path / "api")) as fake:
        assert fake.node.address == str(tmp_path / "api")
        assert (await fake.ask("GET /rest/system/ping", host="example.org")).status == 200


# Connections


async def test_idle_connections_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which nothing happens for long is closed, one with a poll is not."""
    monkeypatch.setattr("pytest_syncthing.http.server._IDLE", 0.05)
    async with serving() as fake:
        poll = await fake.poll()
        idle, later = await fake.connect(), await fake.connect()
        await idle.ask("GET /rest/system/ping")
        assert await idle.rest() == b""
        assert await later.rest() == b""
        assert fake.server.connections == 1
        fake.node.events.emit("LoginAttempt", {})
        assert await poll.rest()


async def test_dropping_idle_connections() -> None:
    """Idle connections can be dropped at once."""
    async with serving() as fake:
        poll = await fake.poll()
        idle = await fake.connect()
        await idle.ask("GET /rest/system/ping")
        fake.server.drop_idle()
        assert await idle.rest() == b""
        fake.node.events.emit("LoginAttempt", {})
        assert await poll.chunk()


async def test_cutting_connections() -> None:
    """All connections break in the midst of what they do; the process goes on."""
    async with serving() as fake:
        fake.node.clock.freeze()
        poll = await fake.poll()
        scan = await fake.connect()
        scan.send("POST /rest/db/scan")
        await fake.server.until(lambda: len(fake.server.requests) == 2)
        fake.server.cut()
        assert await poll.rest() == b""
        assert await scan.rest() == b""
        assert (await fake.ask("GET /rest/system/ping")).status == 200
        fake.node.clock.advance(10)
        await fake.server.until(lambda: fake.node.pinged == 2)


async def test_closing_while_clients_arrive() -> None:
    """A server can be closed while somebody connects, waits or is held up."""
    async with serving() as fake:
        fault = fake.server.faults.add(Fault(path="rest/system/*", hold=True))
        held = await fake.connect()
        held.send("GET /rest/system/ping")
        await fake.server.until(lambda: fault.hits)
        poll = await fake.poll()
        arriving = [asyncio.create_task(fake.connect()) for _ in range(20)]
        await fake.server.until(lambda: fake.server.opened > 2)
        await fake.server.close()
        await asyncio.gather(*arriving, return_exceptions=True)
        assert await poll.rest() == b""
        assert fake.server.connections == 0


# Faults


async def test_held_requests() -> None:
    """A request that is held is answered once it is let go of."""
    async with serving() as fake:
        fault = fake.server.faults.add(Fault(path="rest/system/ping", hold=True))
        wire = await fake.connect()
        wire.send("GET /rest/system/ping")
        await fake.server.until(lambda: fault.hits)
        assert fake.node.pinged == 0
        fault.release()
        assert (await wire.read()).status == 200


async def test_held_answers() -> None:
    """An answer may be held when it is made: what was asked for is done by then."""
    async with serving() as fake:
        fault = fake.server.faults.add(Fault(path="rest/system/ping", hold=True, made=True))
        wire = await fake.connect()
        wire.send("GET /rest/system/ping")
        await fake.server.until(lambda: fake.server.requests)
        await asyncio.sleep(0)
        assert (fake.node.pinged, fake.server.answered) == (1, 0)
        fault.release()
        assert (await wire.read()).status == 200


async def test_silence() -> None:
    """A daemon may fall silent without a word: its clients wait, until they send something."""
    async with serving() as fake:
        poll, idle = await fake.poll(), await fake.connect()
        await idle.ask("GET /rest/system/ping")
        fake.server.fall_silent()
        await fake.server.until(lambda: fake.node.events.waiting == 0)
        assert fake.server.connections == 2
        for wire in (poll, idle):
            wire.send("GET /rest/system/ping")
            assert await wire.rest() == b""
        assert (await fake.ask("GET /rest/system/ping")).status == 200


async def test_starting_twice() -> None:
    """A server that accepts connections is not opened again."""
    async with serving() as fake:
        fake.server.start()
        assert (await fake.ask("GET /rest/system/ping")).status == 200


async def test_delayed_requests() -> None:
    """A request that is delayed waits for the fake's clock."""
    async with serving() as fake:
        fake.node.clock.freeze()
        fault = fake.server.faults.add(Fault(delay=60))
        wire = await fake.connect()
        wire.send("GET /rest/system/ping")
        await fake.server.until(lambda: fault.hits)
        fake.node.clock.advance(60)
        assert (await wire.read()).status == 200


async def test_other_answers() -> None:
    """An answer may be another: from the daemon, which still looks at the key, or from somebody in front of it."""
    async with serving() as fake:
        add = fake.server.faults.add
        add(Fault(response=as_text("busy", 500)))
        busy = await fake.ask("GET /rest/system/ping")
        assert (busy.status, busy.body, set(IDENTITY) <= set(busy.names)) == (500, b"busy\n", True)
        add(Fault(response=as_text("busy", 500)))
        assert (await fake.ask("GET /rest/system/ping", key="wrong")).body == b"CSRF Error\n"
        add(Fault(response=as_text("busy", 500), handled=True))
        assert (await fake.ask("GET /rest/system/ping", key="wrong")).body == b"CSRF Error\n"
        assert fake.node.pinged == 0
        for page in (MIGRATION, HOST_CHECK):
            add(Fault(response=page, outside=True))
            outside = await fake.ask("GET /rest/events", key="wrong")
            assert (outside.status, outside.body, set(IDENTITY) & set(outside.names)) == (page.status, page.body, set())
        add(Fault(response=as_json([]), handled=True))
        assert (await fake.ask("GET /rest/system/ping")).body == b"[]\n"
        add(Fault(response=as_text("lost", 502), handled=True, outside=True))
        lost = await fake.ask("GET /rest/system/ping")
        assert (lost.status, set(IDENTITY) & set(lost.names)) == (502, set())
        assert fake.node.pinged == 2


async def test_raw_answers() -> None:
    """Any bytes may come in place of an answer, also none; the daemon may have done what was asked for."""
    async with serving() as fake:
        for raw, handled in ((b"HTTP/1.1 banana\r\n\r\n", False), (b"", True)):
            fake.server.faults.add(Fault(raw=raw, handled=handled))
            wire = await fake.connect()
            wire.send("GET /rest/system/ping")
            assert await wire.rest() == raw
            assert fake.node.pinged == handled


async def test_cut_answers() -> None:
    """An answer may end early, with a length or in chunks, so that the client can tell."""
    async with serving() as fake:
        for target in ("/rest/system/ping", "/rest/system/status", "/rest/events?timeout=0"):
            fake.server.faults.add(Fault(cut_after=5))
            wire = await fake.connect()
            wire.send(f"GET {target}")
            head, _, body = (await wire.rest()).partition(b"\r\n\r\n")
            assert b"200 OK" in head
            assert body.removeprefix(b"5\r\n").removesuffix(b"\r\n") in {b'{\n  "', b"[\n  {"}
        fake.server.faults.add(Fault(cut_after=0))
        wire = await fake.connect()
        wire.send("GET /rest/system/status")
        assert (await wire.rest()).endswith(b"chunked\r\n\r\n")


async def test_changed_headers() -> None:
    """The type may be another, and the headers that name the daemon may be missing."""
    async with serving() as fake:
        fake.server.faults.add(Fault(content_type="text/html", anonymous=True))
        answer = await fake.ask("GET /rest/system/ping")
        assert answer.header("Content-Type") == "text/html"
        assert set(IDENTITY) & set(answer.names) == set()


async def test_a_poll_with_another_answer() -> None:
    """The head of a poll is not sent at once if something else is to come."""
    async with serving() as fake:
        fake.server.faults.add(Fault(response=as_text("gone", 500), handled=True))
        answer = await fake.ask("GET /rest/events?timeout=0")
        assert (answer.status, answer.body) == (500, b"gone\n")


async def test_a_thousand_requests_leave_nothing() -> None:
    """Connections, tasks and waiters end with what they are for."""
    async with serving() as fake:
        wire = await fake.connect()
        for _ in range(1000):
            assert (await wire.ask("GET /rest/system/ping")).status == 200
        await asyncio.sleep(0)  # the task of the last request ends after its answer
        assert _left(fake) == (1, 0, 0, 0)


def _left(fake: Serving) -> tuple[int, int, int, int]:
    server = fake.server
    return (server.connections, len(server._tasks), len(server._arriving), len(server._watchers))


async def test_falling_silent() -> None:
    """Connections that are there stay open with nothing on them, while new ones are served."""
    async with serving() as fake:
        poll, idle = await fake.poll(), await fake.connect()
        assert (await idle.ask("GET /rest/system/ping")).status == 200
        fake.server.fall_silent()
        assert (await fake.ask("GET /rest/system/ping")).status == 200
        await fake.server.until(lambda: fake.server.answered == 3)
        fake.server.drop_idle()
        fake.node.events.emit("StateChanged", {})
        for wire in (poll, idle):
            wire.send("GET /rest/system/ping")
            assert await wire.rest() == b""
        assert len(fake.server.requests) == 3
