"""What the stream waits out, what it raises, and how callers decide that themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    ConnectionFailedError,
    HostCheckError,
    IncompleteResponseError,
    InvalidResponseError,
    MigrationError,
    NotSyncthingError,
    ServerError,
    SyncthingError,
    UnauthorizedError,
)
from pytest_syncthing import FakeSyncthing
from tests.support.following import DAEMON_ID, KEY, START, port, quick, take
from tests.support.proxy import Proxy, raw_answer

LOGIN = raw_answer("200 OK", "text/html", b"<html>login</html>")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (raw_answer("500 Internal Server Error", "text/plain", b"oops"), ServerError),
        (raw_answer("502 Bad Gateway", "text/html", b"<html>"), ServerError),
        (raw_answer("503 Service Unavailable", "text/html", b""), ServerError),
        (raw_answer("200 OK", "text/plain", b"*** Database migration in progress ***\n\nreading"), MigrationError),
        (raw_answer("200 OK", "application/json", b"[{"), InvalidResponseError),
        (raw_answer("200 OK", "application/json", b"[]")[:-1], IncompleteResponseError),
        (raw_answer("200 OK", "application/json", b"[1, 2]", f"X-Syncthing-Id: {DAEMON_ID}"), InvalidResponseError),
        (b"", ConnectionFailedError),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_what_may_pass(fake: FakeSyncthing, client: Syncthing, answer: bytes, kind: type[SyncthingError]) -> None:
    """Errors that may pass are waited out, before the stream is entered and afterwards."""
    # Twice, since aiohttp repeats a request whose connection ends without an answer.
    fake.respond("*", raw=answer, times=2)
    async with client.events.stream(delays=quick, since="history") as stream:
        assert await take(stream, 1) == ["StreamDown"]
        assert type(stream.error) is kind
        assert await take(stream, 4) == ["StreamUp", *START]
        await fake.until(lambda: fake.polls_waiting)
        fake.respond("*", raw=answer, times=2)
        fake.advance(30)
        assert await take(stream, 1) == ["StreamDown"]
        assert type(stream.error) is kind
        assert await take(stream, 1) == ["StreamUp"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("events", None),
        ("events", [{"id": 1, "globalID": 1, "time": 5, "type": "StateChanged", "data": {}}]),
        ("system/status", []),
        ("system/status", {"myID": DAEMON_ID, "startTime": 5, "uptime": 99}),
    ],
)
async def test_answers_of_the_wrong_shape(fake: FakeSyncthing, client: Syncthing, path: str, value: Any) -> None:
    """An answer that the daemon would not send was garbled on its way: the stream is down until it is right."""
    wrong = fake.respond(f"rest/{path}", body=json.dumps(value).encode(), content_type="application/json", times=None)
    async with client.events.stream(since="history", delays=quick) as stream:
        assert await take(stream, 1) == ["StreamDown"]
        assert type(stream.error) is InvalidResponseError
        wrong.release()
        assert await take(stream, 4) == ["StreamUp", *START]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (raw_answer("403 Forbidden", "text/plain", b"CSRF Error\n"), UnauthorizedError),
        (raw_answer("401 Unauthorized", "text/plain", b"Not Authorized\n"), UnauthorizedError),
        (raw_answer("403 Forbidden", "text/plain", b"Host check error\n"), HostCheckError),
        (LOGIN, NotSyncthingError),
        (raw_answer("200 OK", "application/json", b'{"error": "maintenance"}'), NotSyncthingError),
        (raw_answer("200 OK", "application/json", b'[{"login": "please"}]'), NotSyncthingError),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_what_does_not_pass(
    fake: FakeSyncthing, client: Syncthing, answer: bytes, kind: type[SyncthingError]
) -> None:
    """Other errors are raised, by entering or by the next item, and end the stream."""
    fake.respond("*", raw=answer)
    with pytest.raises(kind):
        async with client.events.stream():
            pass
    assert len(fake.requests) == 1
    async with client.events.stream() as stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.respond("*", raw=answer, times=2)
        fake.advance(30)
        with pytest.raises(kind) as caught:
            await take(stream, 1)
        assert type(caught.value) is kind
        assert KEY not in str(caught.value)
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert len(fake.requests) < 8


async def test_a_wrong_key_with_a_cursor(fake: FakeSyncthing) -> None:
    """Entering needs no answer then, so the first item raises the error."""
    cursor: Any = {"mask": "default", "daemon": DAEMON_ID, "started": "x", "id": 1, "globalID": 2, "time": "x"}
    async with fake.client(api_key="wrong") as client, client.events.stream(since=cursor) as stream:
        with pytest.raises(UnauthorizedError, match="CSRF Error"):
            await anext(stream)


async def test_a_closed_client(fake: FakeSyncthing) -> None:
    """A stream does not outlive its client."""
    client = fake.client()
    async with client.events.stream(delays=quick) as stream:
        await fake.until(lambda: fake.polls_waiting)
        await client.close()
        with pytest.raises(SyncthingError, match="closed"):
            await take(stream, 2)


async def test_a_hook_for_errors(fake: FakeSyncthing, client: Syncthing) -> None:
    """The caller decides which errors are worth another attempt."""
    asked: list[SyncthingError] = []

    def is_transient(error: SyncthingError) -> bool:
        asked.append(error)
        return isinstance(error, NotSyncthingError)

    fake.respond("*", raw=LOGIN)
    async with client.events.stream(is_transient=is_transient, delays=quick) as stream:
        assert await take(stream, 3) == ["StreamDown", "StreamUp", ("EventsLost", "late", None)]
        await fake.until(lambda: fake.polls_waiting)
        fake.cut()
        with pytest.raises(ConnectionFailedError):
            await take(stream, 2)
    assert type(asked[0]) is NotSyncthingError
    assert isinstance(asked[-1], ConnectionFailedError)


async def test_a_hook_for_delays(fake: FakeSyncthing) -> None:
    """The caller decides how long to wait before each attempt of an outage, and how many there are."""
    outages: list[int] = []

    def delays() -> Iterator[float]:
        outages.append(0)
        while len(outages) == 1 or outages[-1] < 3:
            outages[-1] += 1
            yield 0.01

    async with (
        Proxy(port(fake)) as proxy,
        Syncthing(KEY, proxy.url) as client,
        client.events.stream(delays=delays) as stream,
    ):
        await fake.until(lambda: fake.polls_waiting)
        proxy.refusing = True
        proxy.cut()
        assert await take(stream, 1) == ["StreamDown"]
        await proxy.connected(proxy.connections + 10)
        proxy.refusing = False
        assert await take(stream, 1) == ["StreamUp"]
        await fake.until(lambda: fake.polls_waiting)
        proxy.refusing = True
        proxy.cut()
        assert await take(stream, 1) == ["StreamDown"]
        with pytest.raises(ConnectionFailedError):
            await take(stream, 1)
    assert outages[0] >= 5
    assert outages[1:] == [3]


async def test_repeated_events_are_logged_once(
    fake: FakeSyncthing, client: Syncthing, caplog: pytest.LogCaptureFixture
) -> None:
    """An event whose ID is not above the previous one is left out."""
    held = await client.events.poll()
    async with client.events.stream(since="history") as stream:
        assert await take(stream, 3) == [*START]
        await fake.until(lambda: fake.polls_waiting)
        fake.respond("rest/events", json=[held[2], held[2], held[2] | {"id": 4, "globalID": 5}, held[2]])
        fake.advance(30)
        assert await take(stream, 1) == [4]
    (warning,) = [record.getMessage() for record in caplog.records if record.name.startswith("aiosyncthing")]
    assert fake.url in warning
