"""The event stream, against an event API that does what it is told."""

from __future__ import annotations

import asyncio
import gc
import json
import ssl
import sys
import weakref
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import pytest

from aiosyncthing import Syncthing
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    EventLoopError,
    HostCheckError,
    IncompleteResponseError,
    InvalidResponseError,
    MigrationError,
    MultipleDaemonsError,
    NotSyncthingError,
    RequestTimeoutError,
    ServerError,
    SyncthingError,
    TLSError,
    UnauthorizedError,
)
from pytest_syncthing import FakeSyncthing
from tests.support.following import DAEMON_ID, KEY, OTHER_ID, START, following, happen, polls, port, short, take
from tests.support.proxy import Proxy, ReverseProxy
from tests.support.server import Answer, Server, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from tests.support.server import Request

AT_ONCE: Final = 0.1
SOON: Final = 10.0
TYPES: Final = ("StateChanged", "FolderSummary", "ItemFinished")


@pytest.fixture
def fake() -> Iterator[FakeSyncthing]:
    """Provide a daemon in which three events have happened, with the IDs 1 to 3, and whose clock stands still."""
    with following() as one:
        yield one


@pytest.fixture
async def client(fake: FakeSyncthing) -> AsyncIterator[Syncthing]:
    """Talk to it."""
    async with fake.client() as one:
        yield one


def never() -> Iterator[float]:
    """Give no further try."""
    return iter(())


def quick() -> Iterator[float]:
    """Try again soon, for ever."""
    while True:
        yield 0.01


def timeouts(fake: FakeSyncthing) -> list[str]:
    """Return for how many seconds each of the polls so far was to wait."""
    return [poll.param("timeout") for poll in polls(fake)]


def masks(fake: FakeSyncthing) -> set[tuple[str, str]]:
    """Return which events were asked for so far."""
    return {(poll.path, poll.param("events")) for poll in polls(fake)}


def head(status: str, kind: str, body: bytes, *headers: str) -> bytes:
    """Return a raw answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


# --- What it yields ---


async def test_events_from_now_on(fake: FakeSyncthing, client: Syncthing) -> None:
    """What happens after entering comes once, in order, as the daemon sent it."""
    happen(fake, "StateChanged", "LocalChangeDetected")
    async with client.events.stream() as stream:
        happen(fake, "FolderSummary", "StateChanged")
        async with asyncio.timeout(SOON):
            item = await anext(stream)
        assert (item["type"], item["id"], item["globalID"]) == ("FolderSummary", 5, 6)
        assert item == (await client.events.poll(4))[0]
        assert await take(stream, 1) == [6]
        fake.emit("StateChanged")
        assert await take(stream, 1) == [7]


async def test_events_in_between(fake: FakeSyncthing, client: Syncthing) -> None:
    """What happens between entering and the first iteration is not missed."""
    async with client.events.stream() as stream:
        fake.emit("StateChanged")
        await fake.until(lambda: fake.answered == 4)
        fake.emit("StateChanged")
        assert await take(stream, 2) == [4, 5]


async def test_history(fake: FakeSyncthing, client: Syncthing) -> None:
    """It can begin with what the daemon still holds."""
    happen(fake, "StateChanged", "StateChanged")
    async with client.events.stream(since="history") as stream:
        assert await take(stream, 5) == [*START, 4, 5]
        fake.emit("StateChanged")
        assert await take(stream, 1) == [6]


async def test_no_history(client: Syncthing) -> None:
    """There may be none."""
    async with client.events.stream(disk=True, since="history") as stream:
        assert stream.cursor is not None


async def test_empty_polls(fake: FakeSyncthing, client: Syncthing) -> None:
    """A poll in which nothing happens yields nothing, and the next one follows."""
    async with client.events.stream(wait=1) as stream:
        for _ in range(2):
            await fake.until(lambda: fake.polls_waiting)
            fake.advance(1)
        await fake.until(lambda: len(polls(fake)) > 5)
        assert timeouts(fake) == ["0", "1", "0", "1", "0", "1"]
        fake.emit("StateChanged")
        assert await take(stream, 1) == [4]


async def test_a_lot(fake: FakeSyncthing, client: Syncthing) -> None:
    """Many events come one by one, none is left out."""
    async with client.events.stream() as stream:
        for begin in range(4, 5004, 500):
            fake.emit("StateChanged", count=500)
            assert await take(stream, 500) == list(range(begin, begin + 500))


async def test_several_streams(fake: FakeSyncthing, client: Syncthing) -> None:
    """Several streams of one client don't know of each other."""
    async with client.events.stream() as one, client.events.stream({"ItemFinished"}) as two:
        happen(fake, "StateChanged", "ItemFinished")
        assert await take(one, 2) == [4, 5]
        assert await take(two, 1) == [5]
        async with client.events.stream() as three:
            fake.emit("ItemFinished")
            assert await take(three, 1) == [6]
        assert await take(one, 1) == [6]
        assert await take(two, 1) == [6]


# --- Types and masks ---


async def test_only_these_types(fake: FakeSyncthing, client: Syncthing) -> None:
    """Other types are filtered here, from a subscription that all share."""
    async with client.events.stream({"ItemFinished", "StateChanged"}) as stream:
        happen(fake, "FolderSummary", "StateChanged", "FolderSummary", "ItemFinished")
        assert await take(stream, 2) == [5, 7]
    assert masks(fake) == {("/rest/events", "")}


async def test_a_single_type(fake: FakeSyncthing, client: Syncthing) -> None:
    """A single name needs no set."""
    async with client.events.stream("StateChanged") as stream:
        happen(fake, "FolderSummary", "StateChanged")
        assert await take(stream, 1) == [5]


async def test_a_gap_under_a_filter(fake: FakeSyncthing, client: Syncthing) -> None:
    """Whether an event that was lost would have been of these types is not known, so each loss is told."""
    async with client.events.stream({"StateChanged"}) as stream:
        fake.lose("FolderSummary")
        fake.emit("StateChanged")
        assert await take(stream, 2) == [("EventsLost", "overflow", 1), 5]


async def test_changes_of_files(fake: FakeSyncthing, client: Syncthing) -> None:
    """They have a subscription and IDs of their own."""
    async with client.events.stream(disk=True) as stream:
        happen(fake, "LocalChangeDetected", "StateChanged", "RemoteChangeDetected")
        assert await take(stream, 2) == [1, 2]
    async with client.events.stream("RemoteChangeDetected") as stream:
        happen(fake, "LocalChangeDetected", "RemoteChangeDetected")
        assert await take(stream, 1) == [4]


async def test_both_kinds(fake: FakeSyncthing, client: Syncthing) -> None:
    """Types of both subscriptions come from a third, which the daemon makes when it is first asked for."""
    async with client.events.stream({"LocalChangeDetected", "StateChanged"}) as stream:
        happen(fake, "StateChanged", "FolderSummary", "LocalChangeDetected")
        assert await take(stream, 2) == [1, 3]


async def test_a_subscription_of_its_own(fake: FakeSyncthing, client: Syncthing) -> None:
    """The daemon then filters, so that its buffer reaches back further; the first event is not missed."""
    async with client.events.stream({"StateChanged"}, own=True) as stream:
        happen(fake, "FolderSummary", "StateChanged")
        assert await take(stream, 1) == [1]
        await fake.until(lambda: fake.polls_waiting)
        fake.emit("FolderSummary", count=2000)
        fake.emit("StateChanged")
        assert await take(stream, 1) == [2]
    assert masks(fake) == {("/rest/events", "StateChanged")}


async def test_a_restart_with_a_subscription_of_its_own(fake: FakeSyncthing, client: Syncthing) -> None:
    """It is gone with the process; the new one begins empty."""
    async with client.events.stream({"StateChanged"}, own=True, delays=quick) as stream:
        fake.emit("StateChanged")
        assert await take(stream, 1) == [1]
        await fake.until(lambda: fake.polls_waiting)
        fake.restart()
        assert await take(stream, 3) == ["StreamDown", "StreamUp", ("EventsLost", "restart", None)]
        fake.emit("StateChanged")
        assert await take(stream, 1) == [1]


async def test_a_restart_before_the_first_event(fake: FakeSyncthing, client: Syncthing) -> None:
    """Also a stream that has seen no event yet notices it."""
    async with client.events.stream(disk=True, delays=quick) as stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.restart()
        assert await take(stream, 3) == ["StreamDown", "StreamUp", ("EventsLost", "restart", None)]


@pytest.mark.parametrize("types", [["Nonsense"], "Nonsense", [], {"StateChanged", "statechanged"}])
def test_types_that_there_are_not(types: Any) -> None:
    """The daemon would stay silent for ever, so it is refused."""
    with pytest.raises(BadRequestError):
        Syncthing(KEY).events.stream(types)


@pytest.mark.parametrize("wait", [0, -1, 1.5, "30", None, True])
def test_a_wait_that_is_none(wait: Any) -> None:
    """The daemon would take another one, so it is refused."""
    with pytest.raises(BadRequestError):
        Syncthing(KEY).events.stream(wait=wait)


# --- Losses ---


async def test_an_overflow(fake: FakeSyncthing, client: Syncthing) -> None:
    """The daemon keeps 1000 events; how many were lost is told before the first that is left."""
    async with client.events.stream() as stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.emit("StateChanged")  # wakes the stream, which holds back now
        await fake.until(lambda: fake.answered == 4)
        fake.emit("StateChanged", count=1500)
        assert await take(stream, 1) == [4]
        assert await take(stream, 2) == [("EventsLost", "overflow", 500), 505]
        assert await take(stream, 999) == list(range(506, 1505))


async def test_a_restart(fake: FakeSyncthing, client: Syncthing) -> None:
    """After a restart comes the loss, and then the new process's events from the first that it holds."""
    async with client.events.stream(delays=quick) as stream:
        fake.emit("StateChanged")
        assert await take(stream, 1) == [4]
        await fake.until(lambda: fake.polls_waiting)
        fake.restart()
        happen(fake, "StateChanged", "StateChanged")
        assert await take(stream, 3) == ["StreamDown", "StreamUp", ("EventsLost", "restart", None)]
        assert await take(stream, 5) == [*START, 4, 5]
        fake.emit("StateChanged")
        assert await take(stream, 1) == [6]


async def test_a_restart_of_a_daemon_that_is_silent(fake: FakeSyncthing, client: Syncthing) -> None:
    """A new process whose IDs are far behind is noticed, too."""
    fake.emit("StateChanged", count=5000)
    async with client.events.stream(delays=quick) as stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.restart()
        assert await take(stream, 4) == ["StreamDown", "StreamUp", ("EventsLost", "restart", None), 1]


@pytest.mark.parametrize("via", [True, False])
async def test_a_restart_behind_a_proxy(fake: FakeSyncthing, via: bool) -> None:
    """A restart that the client's connection survives is noticed, also when the new IDs fit exactly."""
    async with ReverseProxy(port(fake), via=via) as proxy, Syncthing(KEY, proxy.url) as client:
        async with client.events.stream() as stream:
            fake.emit("StateChanged")
            assert await take(stream, 1) == [4]
            await fake.until(lambda: fake.polls_waiting)
            fake.emit("StateChanged")
            assert await take(stream, 1) == [5]
            fake.restart()
            fake.emit("StateChanged", count=3)
            assert await take(stream, 7) == [("EventsLost", "restart", None), *START, 4, 5, 6]
        assert proxy.connections == 1


async def test_a_restart_while_an_answer_is_on_its_way(fake: FakeSyncthing) -> None:
    """An answer that was held up on the way does not vouch for the daemon that answers the next question."""
    async with ReverseProxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as client:
        async with client.events.stream() as stream:
            await fake.until(lambda: fake.polls_waiting)
            proxy.dark = True
            fake.emit("StateChanged")
            await fake.until(lambda: not fake.polls_waiting)
            fake.restart()
            fake.emit("StateChanged", count=3)
            proxy.dark = False
            assert await take(stream, 7) == [("EventsLost", "restart", None), *START, 4, 5, 6]
        assert proxy.connections == 1


async def test_another_daemon(fake: FakeSyncthing, client: Syncthing) -> None:
    """What another daemon at the same address holds follows, and the cursor belongs to that."""
    async with client.events.stream(delays=quick) as stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.replace("another", device_id=OTHER_ID)
        assert await take(stream, 4) == ["StreamDown", "StreamUp", ("EventsLost", "replaced", None), 1]
        assert stream.cursor is not None
        assert stream.cursor["daemon"] == OTHER_ID


async def test_a_cut_without_a_loss(fake: FakeSyncthing, client: Syncthing) -> None:
    """When the process is still the same, nothing is lost and nothing comes twice."""
    async with client.events.stream(delays=quick) as stream:
        fake.emit("StateChanged")
        assert await take(stream, 1) == [4]
        await fake.until(lambda: fake.polls_waiting)
        fake.cut()
        fake.emit("StateChanged")
        assert await take(stream, 3) == ["StreamDown", "StreamUp", 5]


# About 150 bytes say that something has happened, about 490 are the head of the next answer, and as many its body.
@pytest.mark.parametrize("left", [0, 1, 17, 140, 200, 350, 630, 700, 1000])
async def test_a_cut_within_an_answer(fake: FakeSyncthing, left: int) -> None:
    """Wherever an answer is cut off, what it would have brought comes once."""
    async with (
        Proxy(port(fake)) as proxy,
        Syncthing(KEY, proxy.url) as client,
        client.events.stream(delays=quick) as stream,
    ):
        await fake.until(lambda: fake.polls_waiting)
        proxy.truncate(left)
        happen(fake, "StateChanged", "StateChanged")
        found = list[Any]()
        while 5 not in found:
            found += await take(stream, 1)
        assert [item for item in found if item not in {"StreamDown", "StreamUp"}] == [4, 5]
        assert proxy.connections > 1


async def test_a_daemon_that_has_just_started(fake: FakeSyncthing, client: Syncthing) -> None:
    """Entering takes until its start time is unmistakable; then it goes on as usual."""
    status = await client.system.status()
    young = fake.respond("rest/system/status", json={**status, "uptime": 0}, times=None)
    task = asyncio.create_task(client.events.stream().__aenter__())
    await fake.until(lambda: young.hits == 2)
    assert not polls(fake)
    young.release()
    stream = await task
    fake.emit("StateChanged")
    assert await take(stream, 1) == [4]
    await stream.aclose()


# --- Down and up ---


async def test_down_and_up_once_each(fake: FakeSyncthing) -> None:
    """However often it is tried in vain, there is one item for each transition; the error is at hand until it is up."""
    async with (
        Proxy(port(fake)) as proxy,
        Syncthing(KEY, proxy.url) as client,
        client.events.stream(delays=quick) as stream,
    ):
        await fake.until(lambda: fake.polls_waiting)
        proxy.refusing = True
        proxy.cut()
        assert stream.error is None
        async with asyncio.timeout(SOON):
            down = await anext(stream)
        assert (down["type"], down["id"], down["globalID"]) == ("StreamDown", None, None)
        assert isinstance(stream.error, ConnectionFailedError)
        assert down["data"] == {"error": str(stream.error), "kind": type(stream.error).__name__}
        await proxy.connected(proxy.connections + 5)
        assert stream.error is not None
        proxy.refusing = False
        fake.emit("StateChanged")
        assert await take(stream, 2) == ["StreamUp", 4]
        assert stream.error is None


async def test_down_from_the_beginning(fake: FakeSyncthing) -> None:
    """That the daemon can't be reached is no error; what happened before it could be is lost."""
    async with Proxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as client:
        proxy.refusing = True
        async with client.events.stream(delays=quick) as stream:
            assert stream.cursor is None
            assert await take(stream, 1) == ["StreamDown"]
            proxy.refusing = False
            assert await take(stream, 2) == ["StreamUp", ("EventsLost", "late", None)]
            fake.emit("StateChanged")
            assert await take(stream, 1) == [4]


async def test_history_after_a_bad_beginning(fake: FakeSyncthing) -> None:
    """Who wants history has lost nothing."""
    async with Proxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as client:
        proxy.refusing = True
        async with client.events.stream(since="history", delays=quick) as stream:
            assert await take(stream, 1) == ["StreamDown"]
            proxy.refusing = False
            assert await take(stream, 2) == ["StreamUp", 1]


async def test_a_bad_gateway(fake: FakeSyncthing) -> None:
    """A proxy that says by itself that the daemon can't be reached is as good as a broken line."""
    async with (
        ReverseProxy(port(fake)) as proxy,
        Syncthing(KEY, proxy.url) as client,
        client.events.stream(delays=quick) as stream,
    ):
        await fake.until(lambda: fake.polls_waiting)
        proxy.bad_gateway = True
        fake.advance(30)
        assert await take(stream, 1) == ["StreamDown"]
        assert isinstance(stream.error, ServerError)
        assert stream.error.status == 502
        proxy.bad_gateway = False
        fake.emit("StateChanged")
        assert await take(stream, 2) == ["StreamUp", 4]


async def test_darkness(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line on which nothing moves any more is noticed, and what happened meanwhile comes afterwards."""
    monkeypatch.setattr("aiosyncthing.stream.stream._MARGIN", 0.2)
    async with (
        Proxy(port(fake)) as proxy,
        Syncthing(KEY, proxy.url, timeout=0.2) as client,
        client.events.stream(wait=1, delays=quick) as stream,
    ):
        await fake.until(lambda: fake.polls_waiting)
        proxy.dark = True
        fake.emit("StateChanged")
        assert await take(stream, 1) == ["StreamDown"]
        assert isinstance(stream.error, RequestTimeoutError)
        proxy.dark = False
        assert await take(stream, 2) == ["StreamUp", 4]


async def test_polls_that_drip(monkeypatch: pytest.MonkeyPatch) -> None:
    """White space that keeps a line open is no answer: when the time is up, it is asked again."""
    monkeypatch.setattr("aiosyncthing.stream.stream._MARGIN", 0.2)
    source = Source()
    drips = 0

    async def drip(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b" " * 2)
            await writer.drain()
            await asyncio.sleep(0.05)  # the line's pace

    def answer(request: Request) -> Answer:
        nonlocal drips
        if "timeout=1" not in request.query or drips:
            return source(request)
        drips += 1
        source.happen()
        return as_json([], headers={"Content-Length": "1000000"}, then=drip)

    async with (
        Server(answer=answer) as server,
        Syncthing(KEY, server.url, timeout=0.2) as client,
        client.events.stream(wait=1, delays=quick) as stream,
    ):
        assert await take(stream, 1) == ["StreamDown"]
        assert isinstance(stream.error, RequestTimeoutError)
        assert await take(stream, 2) == ["StreamUp", 4]


async def test_something_that_ends_silent_requests(fake: FakeSyncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it has done so twice after the same time, requests become shorter than that, and it happens no more."""
    monkeypatch.setattr("aiosyncthing.stream.stream._SHORTEST_WAIT", 1)
    fake.unfreeze()
    async with Proxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as client:
        proxy.idle_limit = 1.5
        async with client.events.stream(delays=quick) as stream:
            assert await take(stream, 4) == ["StreamDown", "StreamUp"] * 2
            await fake.until(lambda: timeouts(fake)[-1] == "1")
            await fake.until(lambda: timeouts(fake).count("1") == 3)
            fake.emit("StateChanged")
            assert await take(stream, 1) == [4]


async def test_an_accident(fake: FakeSyncthing, client: Syncthing, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cut is no reason to wait for a shorter time."""
    monkeypatch.setattr("aiosyncthing.stream.stream._SHORTEST_WAIT", 0)
    async with client.events.stream(delays=quick) as stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.cut()
        assert await take(stream, 2) == ["StreamDown", "StreamUp"]
        await fake.until(lambda: fake.polls_waiting)
        assert timeouts(fake)[-1] == "30"


# --- Errors ---

HEALS = [
    (head("500 Internal Server Error", "text/plain", b"oops"), ServerError),
    (head("502 Bad Gateway", "text/html", b"<html>"), ServerError),
    (head("503 Service Unavailable", "text/html", b""), ServerError),
    (head("200 OK", "text/plain", b"*** Database migration in progress ***\n\nreading"), MigrationError),
    (head("200 OK", "application/json", b"[{"), InvalidResponseError),
    (head("200 OK", "application/json", b"[]")[:-1], IncompleteResponseError),
    (head("200 OK", "application/json", b"[1, 2]", f"X-Syncthing-Id: {DAEMON_ID}"), InvalidResponseError),
    (b"", ConnectionFailedError),
]


@pytest.mark.parametrize(("answer", "kind"), HEALS)
async def test_what_may_heal(fake: FakeSyncthing, client: Syncthing, answer: bytes, kind: type[SyncthingError]) -> None:
    """What may be over soon is waited for, before the stream is entered and afterwards."""
    # Twice, since a connection that ends without an answer is tried again by aiohttp.
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


FATAL = [
    (head("403 Forbidden", "text/plain", b"CSRF Error\n"), UnauthorizedError),
    (head("401 Unauthorized", "text/plain", b"Not Authorized\n"), UnauthorizedError),
    (head("403 Forbidden", "text/plain", b"Host check error\n"), HostCheckError),
    (head("200 OK", "text/html", b"<html>login</html>"), NotSyncthingError),
    (head("200 OK", "application/json", b'{"error": "maintenance"}'), NotSyncthingError),
    (head("200 OK", "application/json", b'[{"login": "please"}]'), NotSyncthingError),
]


@pytest.mark.parametrize(("answer", "kind"), FATAL)
async def test_what_does_not_heal(
    fake: FakeSyncthing, client: Syncthing, answer: bytes, kind: type[SyncthingError]
) -> None:
    """What doesn't heal by waiting is raised, and the stream has ended."""
    stream = client.events.stream()
    async with stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.respond("*", raw=answer, times=2)
        fake.advance(30)
        with pytest.raises(kind) as caught:
            await take(stream, 1)
        assert type(caught.value) is kind
        assert KEY not in str(caught.value)
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert len(fake.requests) < 7


@pytest.mark.parametrize(("answer", "kind"), FATAL[:5])
async def test_what_does_not_heal_at_the_beginning(
    fake: FakeSyncthing, client: Syncthing, answer: bytes, kind: type[SyncthingError]
) -> None:
    """It is raised when the stream is entered."""
    fake.respond("*", raw=answer)
    with pytest.raises(kind):
        async with client.events.stream():
            pass
    assert len(fake.requests) == 1


async def test_a_wrong_key(fake: FakeSyncthing) -> None:
    """The daemon's own words are in the error; with a cursor it comes when the first item is asked for."""
    cursor: Any = {"mask": "default", "daemon": DAEMON_ID, "started": "x", "id": 1, "globalID": 2, "time": "x"}
    async with fake.client(api_key="wrong") as client:
        with pytest.raises(UnauthorizedError, match="CSRF Error"):
            async with client.events.stream():
                pass
        async with client.events.stream(since=cursor) as stream:
            with pytest.raises(UnauthorizedError, match="CSRF Error"):
                await anext(stream)


async def test_tls() -> None:
    """A certificate that can't be verified will not become better."""
    with FakeSyncthing(tls=True) as fake:
        async with Syncthing(KEY, fake.url) as client:
            with pytest.raises(TLSError) as caught:
                async with client.events.stream():
                    pass
    assert isinstance(caught.value.__cause__, ssl.SSLError | OSError)


async def test_a_closed_client(fake: FakeSyncthing) -> None:
    """A stream does not outlive its client."""
    client = fake.client()
    async with client.events.stream(delays=quick) as stream:
        await fake.until(lambda: fake.polls_waiting)
        await client.close()
        with pytest.raises(SyncthingError, match="closed"):
            await take(stream, 2)


async def test_a_hook_for_errors(fake: FakeSyncthing, client: Syncthing) -> None:
    """Which errors are worth another try is for the caller to say."""
    asked: list[SyncthingError] = []

    def is_transient(error: SyncthingError) -> bool:
        asked.append(error)
        return isinstance(error, NotSyncthingError)

    fake.respond("*", raw=head("200 OK", "text/html", b"<html>login</html>"))
    async with client.events.stream(is_transient=is_transient, delays=quick) as stream:
        assert await take(stream, 3) == ["StreamDown", "StreamUp", ("EventsLost", "late", None)]
        await fake.until(lambda: fake.polls_waiting)
        fake.cut()
        with pytest.raises(ConnectionFailedError):
            await take(stream, 2)
    assert type(asked[0]) is NotSyncthingError
    assert isinstance(asked[-1], ConnectionFailedError)


async def test_a_hook_for_delays(fake: FakeSyncthing) -> None:
    """How long to wait before each further try is for the caller to say, for each time anew."""
    made: list[list[float]] = []

    def delays() -> Iterator[float]:
        made.append([])
        while True:
            made[-1].append(0.01)
            yield 0.01

    async with (
        Proxy(port(fake)) as proxy,
        Syncthing(KEY, proxy.url) as client,
        client.events.stream(delays=delays) as stream,
    ):
        for number in (1, 2):
            await fake.until(lambda: fake.polls_waiting)
            proxy.refusing = True
            proxy.cut()
            assert await take(stream, 1) == ["StreamDown"]
            await proxy.connected(proxy.connections + 3)
            proxy.refusing = False
            assert await take(stream, 1) == ["StreamUp"]
            assert len(made) == number


async def test_no_further_try(fake: FakeSyncthing, client: Syncthing) -> None:
    """When there are no more delays, the error is raised."""
    async with client.events.stream(delays=never) as stream:
        await fake.until(lambda: fake.polls_waiting)
        fake.cut()
        with pytest.raises(ConnectionFailedError):
            await take(stream, 1)


async def test_a_few_further_tries(fake: FakeSyncthing) -> None:
    """With three delays it is tried three more times."""
    errors: list[SyncthingError] = []

    def is_transient(error: SyncthingError) -> bool:
        errors.append(error)
        return True

    async with (
        Proxy(port(fake)) as proxy,
        Syncthing(KEY, proxy.url) as client,
        client.events.stream(delays=lambda: iter([0.01] * 3), is_transient=is_transient) as stream,
    ):
        await fake.until(lambda: fake.polls_waiting)
        proxy.refusing = True
        proxy.cut()
        assert await take(stream, 1) == ["StreamDown"]
        with pytest.raises(ConnectionFailedError):
            await take(stream, 1)
    assert len(errors) == 4


# --- Strange answers ---


def some_event(number: int, who: str = DAEMON_ID, **changes: Any) -> dict[str, Any]:
    """Return the event with this ID, of the daemon with this device ID."""
    return {
        "id": number,
        "globalID": number,
        "time": f"{who}{number}",
        "type": "StateChanged",
        "data": {"folder": "docs"},
    } | changes


def status_of(who: str = DAEMON_ID, **changes: Any) -> dict[str, Any]:
    """Return the status of a daemon."""
    return {"myID": who, "startTime": f"start of {who}", "uptime": 99} | changes


class Source:
    """Answers as one or several daemons do that hold some events, or as a test wants.

    Attributes:
        held: The events of each daemon.
        count: How many requests there were.
        busy: Whether something happens whenever it is waited for.
    """

    def __init__(self, turn: Callable[[int], str] = lambda _: DAEMON_ID) -> None:
        self.turn = turn
        self.count = 0
        self.busy = False
        self.held = {who: [some_event(number, who) for number in START] for who in (DAEMON_ID, OTHER_ID)}

    def happen(self, who: str = DAEMON_ID) -> None:
        """Let an event happen."""
        self.held[who].append(some_event(len(self.held[who]) + 1, who))

    def __call__(self, request: Request) -> Answer:
        """Answer."""
        who = self.turn(self.count)
        self.count += 1
        headers = {"X-Syncthing-Id": who}
        if "status" in request.path:
            return as_json(status_of(who), headers=headers)
        query = dict(part.split("=") for part in request.query.split("&"))
        if self.busy and query["timeout"] != "0":
            self.happen(who)
        events = [event for event in self.held[who] if event["id"] > int(query["since"])]
        if "limit" in query:
            events = events[-int(query["limit"]) :]
        return as_json(events, headers=headers)


@pytest.mark.parametrize("since", ["now", "history"])
async def test_two_daemons_in_strict_turns(since: Any) -> None:
    """Where identity and events never come from the same one, entering ends with an error that says so."""
    source = Source(lambda count: (DAEMON_ID, OTHER_ID)[count % 2])
    async with Server(answer=source) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(MultipleDaemonsError) as caught:
            async with asyncio.timeout(SOON), client.events.stream(since=since):
                pass
    assert set(caught.value.device_ids) == {DAEMON_ID, OTHER_ID}
    assert source.count < 20


@pytest.mark.parametrize("run", [3, 10, 25])
async def test_two_daemons_in_runs(run: int) -> None:
    """Where they take turns more slowly, no event comes twice, and after some turns the error says so."""
    source = Source(lambda count: (DAEMON_ID, OTHER_ID)[count // run % 2])
    source.busy = True
    found = list[Any]()

    async def follow(client: Syncthing) -> None:
        async with client.events.stream(since="history") as stream:
            async for item in stream:
                found.append(item)

    async with Server(answer=source) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(MultipleDaemonsError):
            async with asyncio.timeout(60):
                await follow(client)
    times = [item["time"] for item in found if item["id"] is not None]
    assert sorted(set(times)) == sorted(times)
    assert {item["type"] for item in found} <= {"StateChanged", "EventsLost"}


@pytest.mark.parametrize("turns", [1, 2])
async def test_a_daemon_that_is_moved(turns: int) -> None:
    """A stack that is replaced by another, or moved back after that, goes on."""
    source = Source(lambda count: (DAEMON_ID, OTHER_ID)[min(count // 5, turns) % 2])
    async with Server(answer=source) as server, Syncthing(KEY, server.url) as client:
        async with client.events.stream(since="history", wait=1) as stream:
            found = await take(stream, 3 + 4 if turns == 1 else 3 + 4 + 1)
        await server.requested(5 * turns)
    assert found == [*START, ("EventsLost", "replaced", None), *START, ("EventsLost", "replaced", None)][: len(found)]


@pytest.mark.parametrize(
    "polled", [[], [some_event(3)], [some_event(9)], None], ids=["none", "the same", "cached", "an error"]
)
async def test_polls_that_are_answered_at_once(polled: list[Any] | None) -> None:
    """A poll that comes back early without news, or fails, is no progress: there are only some few in a second."""
    source = Source()
    polls = 0

    def answer(request: Request) -> Answer:
        nonlocal polls
        if "timeout=30" not in request.query:
            return source(request)
        polls += 1
        return as_text("no", 502) if polled is None else as_json(polled)

    async def follow() -> None:
        async for item in stream:
            found.append(short(item))
            if found[-1] == 4:
                return

    found = list[Any]()
    clock = asyncio.get_running_loop().time
    async with (
        Server(answer=answer) as server,
        Syncthing(KEY, server.url) as client,
        client.events.stream(delays=quick) as stream,
    ):
        begin = clock()
        task = asyncio.create_task(follow())
        await server.until(lambda: polls == 4)
        assert clock() - begin > 2.4
        assert len(server.requests) < 15
        source.happen()
        await task
    assert set(found) <= {"StreamDown", "StreamUp", 4}


async def test_news_is_not_held_back(fake: FakeSyncthing, client: Syncthing) -> None:
    """Polls that are answered at once with something new follow each other without a pause."""
    async with client.events.stream() as stream:
        begin = asyncio.get_running_loop().time()
        for number in range(4, 54):
            fake.emit("StateChanged")
            assert await take(stream, 1) == [number]
        assert asyncio.get_running_loop().time() - begin < SOON


async def test_repeats_and_ids_that_go_backwards(caplog: pytest.LogCaptureFixture) -> None:
    """What is not above the one before is left out, and said once."""
    source = Source()
    source.held[DAEMON_ID] = [some_event(number) for number in (1, 2, 2, 5, 3, 4)]
    async with (
        Server(answer=source) as server,
        Syncthing(KEY, server.url) as client,
        client.events.stream(since="history") as stream,
    ):
        assert await take(stream, 4) == [1, 2, ("EventsLost", "overflow", 2), 5]
        source.held[DAEMON_ID] += [some_event(6), some_event(6), some_event(7)]
        assert await take(stream, 2) == [6, 7]
        warnings = [record.getMessage() for record in caplog.records if record.name.startswith("aiosyncthing")]
        assert len(warnings) == 1
        assert server.url in warnings[0]


MISFITS: list[tuple[str, Any]] = [
    ("events", None),
    ("events", {"a": 1}),
    ("events", [some_event(1), None, some_event(3)]),
    ("events", [some_event(1), {}, some_event(3)]),
    ("events", [some_event(1), some_event(2, id="2"), some_event(3)]),
    ("events", [some_event(1, globalID=None)]),
    ("events", [some_event(1, time=5)]),
    ("status", None),
    ("status", []),
    ("status", {"myID": DAEMON_ID}),
    ("status", status_of(uptime=None)),
    ("status", status_of(startTime=5)),
]


@pytest.mark.parametrize(("path", "value"), MISFITS)
async def test_answers_of_the_wrong_shape(path: str, value: Any) -> None:
    """What comes from the daemon, but isn't what it sends there, is garbled: the stream is down until it is right."""
    source = Source()
    right = False

    def answer(request: Request) -> Answer:
        return source(request) if right or path not in request.path else as_json(value)

    async with (
        Server(answer=answer) as server,
        Syncthing(KEY, server.url) as client,
        client.events.stream(since="history", delays=quick) as stream,
    ):
        assert await take(stream, 1) == ["StreamDown"]
        assert type(stream.error) is InvalidResponseError
        right = True
        assert await take(stream, 4) == ["StreamUp", *START]


async def test_as_long_as_the_proxy_asks_for() -> None:
    """The next try waits as long as the answer says."""
    source = Source()
    busy = [as_text("slow down", 429, headers={"Retry-After": "1"}, syncthing=False)]

    def answer(request: Request) -> Answer:
        return busy.pop() if busy and "timeout=30" in request.query else source(request)

    clock = asyncio.get_running_loop().time
    async with (
        Server(answer=answer) as server,
        Syncthing(KEY, server.url) as client,
        client.events.stream(delays=quick) as stream,
    ):
        begin = clock()
        assert await take(stream, 2) == ["StreamDown", "StreamUp"]
        assert clock() - begin > 0.9


# --- Event loops ---


def test_another_event_loop(fake: FakeSyncthing) -> None:
    """A stream belongs to the loop that it was first used in; elsewhere it says so, and another goes on from there."""
    client = fake.client()
    stream = client.events.stream(since="history")

    async def use() -> None:
        await stream.__aenter__()
        assert await take(stream, 3) == [1, 2, 3]

    async def use_elsewhere() -> None:
        for use in (stream.__anext__, stream.__aenter__):
            with pytest.raises(EventLoopError, match="the stream belongs to another event loop, which is closed"):
                await use()
        assert stream.cursor is not None
        fake.emit("StateChanged")
        async with client.events.stream(since=stream.cursor) as other:
            assert await take(other, 1) == [4]
        await stream.aclose()
        stream.stop()
        await client.close()

    asyncio.run(use())
    asyncio.run(use_elsewhere())


async def test_another_thread(fake: FakeSyncthing, client: Syncthing) -> None:
    """While its loop runs, another thread can't use it, but can stop it."""

    async def use() -> None:
        for use in (stream.__anext__, stream.__aenter__, stream.aclose):
            with pytest.raises(EventLoopError, match="which is running in another thread"):
                await use()
        stream.stop()

    stream = client.events.stream()
    task = asyncio.create_task(anext(stream, None))
    await fake.until(lambda: fake.polls_waiting)
    await asyncio.to_thread(asyncio.run, use())
    assert await task is None
    stream = client.events.stream()
    task = asyncio.create_task(anext(stream, None))
    await fake.until(lambda: fake.polls_waiting)
    await asyncio.to_thread(stream.stop)
    assert await task is None


# --- Its end ---


async def ended(fake: FakeSyncthing, begin: float) -> None:
    """Assert that it ended at once, and that nothing of it is left."""
    assert asyncio.get_running_loop().time() - begin < AT_ONCE
    await fake.until(lambda: not fake.polls_waiting)
    assert not [task for task in asyncio.all_tasks() if "EventStream" in repr(task)]


@pytest.fixture
def nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test in which asyncio or aiohttp complain about what was left behind."""
    yield
    gc.collect()
    assert [record.message for record in caplog.records if record.name in {"asyncio", "aiohttp"}] == []


@pytest.mark.usefixtures("nothing_is_logged")
class TestItsEnd:
    async def test_leaving(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """Leaving the context ends the running poll."""
        async with client.events.stream() as stream:
            await fake.until(lambda: fake.polls_waiting)
            begin = asyncio.get_running_loop().time()
        await ended(fake, begin)
        with pytest.raises(StopAsyncIteration):
            await anext(stream)

    async def test_leaving_with_an_error(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """So does an error of the consumer's, which is not touched."""
        begin = 0.0

        async def consume() -> None:
            nonlocal begin
            async with client.events.stream():
                await fake.until(lambda: fake.polls_waiting)
                begin = asyncio.get_running_loop().time()
                raise KeyError("mine")

        with pytest.raises(KeyError, match="mine"):
            await consume()
        await ended(fake, begin)

    async def test_break_and_aclose(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """Without a context, nothing runs after the loop; `aclose` is not even needed."""
        stream = client.events.stream(since="history")
        async with aclosing(stream):
            async for item in stream:
                assert item["id"] == 1
                break
            assert not fake.polls_waiting
            begin = asyncio.get_running_loop().time()
        await ended(fake, begin)

    async def test_only_break(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """Dropped without a word, it leaves nothing behind."""
        stream = client.events.stream(since="history")
        async for _ in stream:
            break
        dropped = weakref.ref(stream)
        del stream
        gc.collect()
        assert dropped() is None
        await ended(fake, asyncio.get_running_loop().time())

    async def test_never_begun(self, client: Syncthing) -> None:
        """One that was never iterated over does nothing at all."""
        await client.events.stream().aclose()
        client.events.stream().stop()

    @pytest.mark.parametrize("entered", [True, False])
    async def test_cancelling(self, fake: FakeSyncthing, client: Syncthing, entered: bool) -> None:
        """Cancelling the consumer's task ends it as cancelled, with or without a context."""

        async def consume() -> None:
            stream = client.events.stream()
            if entered:
                await stream.__aenter__()
            try:
                async for _ in stream:
                    pass
            finally:
                if entered:
                    await stream.__aexit__(*sys.exc_info())

        task = asyncio.create_task(consume())
        await fake.until(lambda: fake.polls_waiting)
        begin = asyncio.get_running_loop().time()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        await ended(fake, begin)

    async def test_cancelled_while_entering(self, fake: FakeSyncthing) -> None:
        """The same when it has not found the position to begin at yet."""
        async with Proxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as slow:
            proxy.dark = True
            task = asyncio.create_task(slow.events.stream().__aenter__())
            await proxy.connected(1)
            begin = asyncio.get_running_loop().time()
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            await ended(fake, begin)

    @pytest.mark.parametrize("entered", [True, False])
    async def test_stop(self, fake: FakeSyncthing, client: Syncthing, entered: bool) -> None:
        """`stop`, called from anywhere, ends the loop of a consumer that waits."""
        stream = client.events.stream()
        if entered:
            await stream.__aenter__()

        async def consume() -> list[Any]:
            return [item async for item in stream]

        task = asyncio.create_task(consume())
        await fake.until(lambda: fake.polls_waiting)
        begin = asyncio.get_running_loop().time()
        stream.stop()
        assert await task == []
        await ended(fake, begin)
        await stream.aclose()

    async def test_stop_within_a_batch(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """It ends with the present item."""
        fake.emit("StateChanged")
        found = []
        async with client.events.stream(since="history") as stream:
            async for item in stream:
                found.append(item["id"])
                stream.stop()
        assert found == [1]

    async def test_stop_when_it_has_failed(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """An error that nobody has asked for any more is not complained about."""
        async with client.events.stream() as stream:
            await fake.until(lambda: fake.polls_waiting)
            failure = fake.respond("*", raw=FATAL[0][0])
            fake.emit("StateChanged")
            await fake.until(lambda: failure.hits)
            await client.close()
            stream.stop()

    async def test_closing_twice(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """It may be closed several times, also by several tasks at once."""
        async with client.events.stream() as stream:
            await fake.until(lambda: fake.polls_waiting)
            await asyncio.gather(stream.aclose(), stream.aclose())
            await stream.aclose()

    async def test_closing_while_another_task_waits(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """The one that waits sees the end."""
        stream = client.events.stream()
        task = asyncio.create_task(anext(stream, None))
        await fake.until(lambda: fake.polls_waiting)
        await stream.aclose()
        assert await task is None

    async def test_a_loop_that_ends(self, fake: FakeSyncthing, client: Syncthing) -> None:
        """The connection of a poll that was ended is closed, not kept for others."""
        async with client.events.stream():
            await fake.until(lambda: fake.polls_waiting)
        await fake.until(lambda: not fake.connections)


# --- Waiting for an item ---


@pytest.mark.parametrize("entered", [True, False])
async def test_time_limits_lose_nothing(fake: FakeSyncthing, client: Syncthing, entered: bool) -> None:
    """A time limit around each item, however short, costs no event."""
    stream = client.events.stream(since="history", wait=1)
    if entered:
        await stream.__aenter__()
    found = list[Any]()

    async def produce() -> None:
        for _ in range(300):
            fake.emit("StateChanged")
            await asyncio.sleep(0.002)

    producer = asyncio.create_task(produce())
    limit = 0.0
    while len(found) < 303:
        limit = (limit + 0.0007) % 0.02
        try:
            async with asyncio.timeout(limit):
                found.append((await anext(stream))["id"])
        except TimeoutError:
            await asyncio.sleep(0)
    assert found == list(range(1, 304))
    await producer
    await stream.aclose()


async def test_a_time_limit_at_the_very_moment(fake: FakeSyncthing, client: Syncthing) -> None:
    """A batch that has arrived in the same moment in which the consumer is cancelled is not thrown away."""
    stream = client.events.stream(since="history")
    task = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    assert stream._task is not None
    stream._task.add_done_callback(lambda _: task.cancel())
    await asyncio.wait([task])
    assert task.cancelled()
    assert await take(stream, 1) == [1]


async def test_cancelled_twice(fake: FakeSyncthing, client: Syncthing) -> None:
    """A second cancellation, while the first one is being dealt with, does no harm."""
    stream = client.events.stream(since="history")
    assert await take(stream, 3) == [*START]
    task = asyncio.create_task(anext(stream))
    await fake.until(lambda: fake.polls_waiting)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    fake.emit("StateChanged")
    assert await take(stream, 1) == [4]


@pytest.mark.parametrize("entered", [True, False])
async def test_time_limits_while_the_daemon_is_down(fake: FakeSyncthing, entered: bool) -> None:
    """Time limits that are shorter than the delays don't keep it from trying again."""
    async with Proxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as client:
        stream = client.events.stream(since="history", delays=lambda: iter([0.3] * 100))
        if entered:
            await stream.__aenter__()
        assert await take(stream, 3) == [*START]
        proxy.refusing = True
        proxy.cut()
        assert await take(stream, 1) == ["StreamDown"]
        proxy.refusing = False
        async with asyncio.timeout(SOON):
            while True:
                try:
                    async with asyncio.timeout(0.1):
                        assert short(await anext(stream)) == "StreamUp"
                        break
                except TimeoutError:
                    pass
        await stream.aclose()


async def test_time_limits_while_the_daemon_is_restarted(fake: FakeSyncthing) -> None:
    """Time limits that are shorter than the polls don't hide that a new process is silent."""
    async with ReverseProxy(port(fake)) as proxy, Syncthing(KEY, proxy.url) as client:
        fake.emit("StateChanged", count=100)
        stream = client.events.stream()
        while True:
            try:
                async with asyncio.timeout(0.2):
                    found = short(await anext(stream))
                    break
            except TimeoutError:
                if stream.cursor is not None:
                    fake.restart()
        assert found == ("EventsLost", "restart", None)
        await stream.aclose()


async def test_a_slow_consumer(fake: FakeSyncthing, client: Syncthing) -> None:
    """It holds back the next request: one batch is fetched ahead, and no more."""
    async with client.events.stream(since="history") as stream:
        assert await take(stream, 3) == [*START]
        await fake.until(lambda: fake.polls_waiting)
        fake.emit("StateChanged")
        await fake.until(lambda: fake.answered == 4)
        for _ in range(50):
            fake.emit("StateChanged")
            await client.system.ping()
        assert len(polls(fake)) == 3
        assert await take(stream, 51) == list(range(4, 55))


async def test_without_a_context_nothing_is_fetched_ahead(fake: FakeSyncthing, client: Syncthing) -> None:
    """A request runs only while an item is waited for."""
    stream = client.events.stream(since="history")
    assert len(fake.requests) == 0
    assert await take(stream, 3) == [*START]
    requests = len(fake.requests)
    fake.emit("StateChanged")
    await client.system.ping()
    assert not [task for task in asyncio.all_tasks() if "EventStream" in repr(task)]
    assert len(fake.requests) == requests + 1
    assert not fake.polls_waiting
    assert await take(stream, 1) == [4]


async def test_two_consumers(fake: FakeSyncthing, client: Syncthing) -> None:
    """Two tasks that iterate over the same stream would each get everything, or half of it, so that is refused."""
    async with client.events.stream() as stream:
        task = asyncio.create_task(anext(stream))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task"):
            await anext(stream)
        fake.emit("StateChanged")
        assert short(await task) == 4


# --- Cursors ---


async def test_from_any_item(fake: FakeSyncthing, client: Syncthing) -> None:
    """A cursor taken at any item goes on right behind it, after a way through JSON, and to the same end."""
    fake.emit("StateChanged", count=3)
    cursors: list[Any] = []
    async with client.events.stream(since="history", delays=quick) as stream:
        cursors += [(json.loads(json.dumps(stream.cursor)), await take(stream, 1)) for _ in range(6)]
        fake.emit("StateChanged")
        cursors.append((json.loads(json.dumps(stream.cursor)), await take(stream, 1)))
        cursors.append((json.loads(json.dumps(stream.cursor)), None))
    fake.emit("StateChanged")
    for number, (cursor, _) in enumerate(cursors, 1):
        async with fake.client() as other, other.events.stream(since=cursor) as stream:
            assert await take(stream, 9 - number) == list(range(number, 9))


async def test_a_cursor_of_an_item_that_was_filtered(fake: FakeSyncthing, client: Syncthing) -> None:
    """What was passed over counts, so that the position does not fall behind the daemon's buffer."""
    async with client.events.stream({"StateChanged"}) as stream:
        happen(fake, "StateChanged", "FolderSummary", "FolderSummary")
        assert await take(stream, 1) == [4]
        await fake.until(lambda: fake.polls_waiting)
        assert stream.cursor is not None
        assert stream.cursor["id"] == 4
        task = asyncio.create_task(anext(stream))
        fake.emit("FolderSummary")
        await fake.until(lambda: polls(fake)[-1].param("since") == "7")
        assert stream.cursor["id"] == 7
        task.cancel()
        await asyncio.wait([task])


async def test_a_cursor_with_other_types(fake: FakeSyncthing, client: Syncthing) -> None:
    """Types that share a subscription share cursors."""
    async with client.events.stream({"StateChanged"}) as stream:
        cursor = stream.cursor
    fake.emit("FolderSummary")
    assert cursor is not None
    async with client.events.stream({"FolderSummary"}, since=cursor) as stream:
        assert await take(stream, 1) == [4]


async def test_a_cursor_before_the_first_event(fake: FakeSyncthing, client: Syncthing) -> None:
    """A position at which nothing had happened yet is one, too."""
    async with client.events.stream(disk=True) as stream:
        cursor = json.loads(json.dumps(stream.cursor))
    happen(fake, "LocalChangeDetected", "LocalChangeDetected")
    async with client.events.stream(disk=True, since=cursor) as stream:
        assert await take(stream, 2) == [1, 2]
    fake.restart()
    fake.emit("LocalChangeDetected")
    async with client.events.stream(disk=True, since=cursor, delays=quick) as stream:
        found = [item for item in await take(stream, 2) if item not in {"StreamDown", "StreamUp"}]
        assert found[0] == ("EventsLost", "restart", None)


async def test_a_cursor_of_a_process_that_is_gone(fake: FakeSyncthing, client: Syncthing) -> None:
    """Hours and restarts later, the loss comes first, and then all that is held."""
    async with client.events.stream() as stream:
        cursor = stream.cursor
    assert cursor is not None
    fake.restart()
    fake.emit("StateChanged")
    async with fake.client() as other, other.events.stream(since=cursor) as stream:
        assert stream.cursor == cursor
        assert await take(stream, 1) == [("EventsLost", "restart", None)]
        assert stream.cursor == cursor
        assert await take(stream, 4) == [*START, 4]


async def test_a_cursor_of_another_daemon(fake: FakeSyncthing, client: Syncthing) -> None:
    """It does not fit there, and that is told."""
    async with client.events.stream() as stream:
        cursor = stream.cursor
    assert cursor is not None
    fake.replace("another", device_id=OTHER_ID)
    async with fake.client() as other, other.events.stream(since=cursor) as stream:
        assert await take(stream, 2) == [("EventsLost", "replaced", None), 1]


async def test_a_cursor_that_is_too_old(fake: FakeSyncthing, client: Syncthing) -> None:
    """What the daemon has dropped since is counted."""
    async with client.events.stream() as stream:
        cursor = stream.cursor
    assert cursor is not None
    fake.emit("StateChanged", count=1200)
    async with client.events.stream(since=cursor) as stream:
        assert await take(stream, 2) == [("EventsLost", "overflow", 200), 204]


async def test_a_cursor_at_a_marker(fake: FakeSyncthing, client: Syncthing) -> None:
    """At a marker it is the position of the event before, so that the marker comes again."""
    async with client.events.stream(delays=quick) as stream:
        fake.emit("StateChanged")
        assert await take(stream, 1) == [4]
        cursor = stream.cursor
        await fake.until(lambda: fake.polls_waiting)
        fake.restart()
        for expected in ["StreamDown", "StreamUp", ("EventsLost", "restart", None)]:
            assert await take(stream, 1) == [expected]
            assert stream.cursor == cursor
        assert await take(stream, 1) == [1]
        assert stream.cursor != cursor


def cursor_with(**changes: Any) -> Any:
    """Return a cursor, changed."""
    right = {"mask": "default", "daemon": DAEMON_ID, "started": "x", "id": 1, "globalID": 2, "time": "x"}
    return right | changes


@pytest.mark.parametrize(
    "cursor",
    [
        None,
        5,
        [],
        {},
        "yesterday",
        b"now",
        {"id": 5},
        cursor_with(id=-5),
        cursor_with(id="1"),
        cursor_with(id=1.5),
        cursor_with(id=float("inf")),
        cursor_with(id=True),
        cursor_with(id=None),
        cursor_with(globalID=None),
        cursor_with(time=None),
        cursor_with(daemon=None),
        cursor_with(started=5),
        cursor_with(mask=None),
        cursor_with(mask=["default"]),
        cursor_with(mask="disk"),
        cursor_with(mask="StateChanged"),
    ],
)
def test_what_is_no_cursor(cursor: Any) -> None:
    """Garbage, and the cursor of another subscription, whose IDs are others, are refused."""
    with pytest.raises(BadRequestError):
        Syncthing(KEY).events.stream(since=cursor)


# --- Clocks ---


@pytest.mark.parametrize("shift", [-86400.0, 86400.0])
async def test_a_clock_that_jumps(
    fake: FakeSyncthing, client: Syncthing, monkeypatch: pytest.MonkeyPatch, shift: float
) -> None:
    """A machine that was asleep, or whose clock was set, loses nothing: no clock is trusted."""
    import time  # noqa: PLC0415 - the functions as they were

    real = {name: getattr(time, name) for name in ("time", "monotonic")}
    ahead = 0.0

    def shifted(name: str) -> Callable[[], float]:
        return lambda: real[name]() + ahead

    async with client.events.stream(delays=quick) as stream:
        await fake.until(lambda: fake.polls_waiting)
        monkeypatch.setattr("time.time", shifted("time"))
        if shift > 0:  # the other one runs only forward
            monkeypatch.setattr("time.monotonic", shifted("monotonic"))
        ahead = shift
        fake.emit("StateChanged")
        found = list[Any]()
        while 4 not in found:
            found += await take(stream, 1)
        # By the clock that has jumped, the request under way took too long.
        assert found == [4] or (found == ["StreamDown", "StreamUp", 4] and shift > 0)
        await fake.until(lambda: fake.polls_waiting)
        fake.restart()
        assert await take(stream, 3) == ["StreamDown", "StreamUp", ("EventsLost", "restart", None)]
        assert await take(stream, 3) == [*START]
        fake.emit("StateChanged")
        assert await take(stream, 1) == [4]
        ahead = 0.0
