"""`API`: what requests carry, what answers become, what goes wrong, and how long it may take."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import math
from contextlib import nullcontext, suppress
from typing import Any

import aiohttp
import pytest

from aiosyncthing import API, CertificateFile, Daemon, Fingerprint, Syncthing, _routes
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    RedirectError,
    RequestTimeoutError,
    SyncthingError,
    UnauthorizedError,
)
from pytest_syncthing import FakeSyncthing
from tests.support.broken import BROKEN, SHORT, Broken
from tests.support.logs import recorded
from tests.support.server import DAEMON_ID, KEY, PONG, VERSION, Answer, Request, Server, as_json, as_text

HEALTH = as_json({"status": "OK"})


# --- What requests carry ---


async def test_bodies(server: Server, api: API) -> None:
    """Bytes are sent unchanged, anything else as JSON, even falsy values; only None means no body."""
    for data in ({}, [], False, 0, "", {"ä": ["\u2028", 1.5]}, b"some \xff text", None):
        server.queue.append(PONG)
        assert await api.request("rest/system/ping", data=data, method="POST") == {"ping": "pong"}
        request = server.requests.pop()
        assert request.method == "POST"
        if data is None:
            assert request.body == b""
        elif isinstance(data, bytes):
            assert (request.header("Content-Type"), request.body) == ("text/plain", data)
        else:
            assert (request.header("Content-Type"), request.json()) == ("application/json", data)


async def test_the_path_of_the_base_url_is_kept(server: Server) -> None:
    """A base URL may have a path, with or without a trailing slash."""
    for base in ("", "/", "/syncthing", "/syncthing/", "/a/b//"):
        server.queue.extend([PONG] * 2)
        async with Syncthing(KEY, server.url + base) as client:
            assert client.api.url == server.url + base
            for path in ("rest/system/ping", "/rest/system/ping"):
                await client.api.request(path)
                assert server.requests.pop().target == f"{base.rstrip('/')}/rest/system/ping"


async def test_queries_and_headers(server: Server, api: API) -> None:
    """Parameters are escaped and added to the query of the path; headers are added for one request only."""
    server.queue.extend([PONG] * 2)
    await api.request("rest/x?a=%20b", params={"c": "ä&=/ +", "d": ["1", "2"], "e": 3}, headers={"X-Mine": "1"})
    await api.request("rest/system/ping", params={"a": "b"})
    assert [request.target for request in server.requests] == [
        "/rest/x?a=%20b&c=%C3%A4%26%3D%2F%20%2B&d=1&d=2&e=3",
        "/rest/system/ping?a=b",
    ]
    assert [request.header("X-Mine") for request in server.requests] == ["1", None]
    assert [request.header("X-API-Key") for request in server.requests] == [KEY, KEY]


async def test_what_can_not_be_sent(server: Server, api: API) -> None:
    """A body or query that can't be encoded, and a path that leads elsewhere, are refused before anything is sent."""
    odd: tuple[tuple[str, dict[str, Any]], ...] = (
        ("rest/system/ping", {"data": {"x": object()}}),
        ("rest/system/ping", {"params": {"a": None}}),
        *((path, {}) for path in ("rest/config/folders/../devices", "rest//system", "http://other/rest/x")),
    )
    for uri, options in odd:
        with pytest.raises(BadRequestError) as caught:
            await api.request(uri, method="POST", **options)
        assert (caught.value.method, caught.value.path) == ("POST", uri)
    assert not server.requests


async def test_user_and_password_of_the_url(server: Server) -> None:
    """User and password of a base URL, meant for a proxy, are sent but never shown."""
    server.queue.extend([as_text("Forbidden", 403, syncthing=False), HEALTH])
    url = server.url.replace("://", "://us%40er:p%3Aa%2Fs@") + "/path"
    api = API(KEY, url)
    with pytest.raises(SyncthingError) as caught:
        await api.request("rest/system/ping")
    await api.request("rest/noauth/health")
    await api.close()
    for request in server.requests:
        assert request.header("Authorization") == f"Basic {base64.b64encode(b'us@er:p:a/s').decode()}"
        assert request.path.startswith("/path/rest/")
    assert api.url == url
    for text in (repr(api), str(caught.value), repr(caught.value), str(caught.value.__cause__)):
        assert "p%3Aa%2Fs" not in text


def test_repr() -> None:
    """It shows the URL, without user and password; what may be a key in the wrong place is hidden."""
    for url, shown in (
        ("HTTPS://nas/x/", "HTTPS://nas/x/"),
        ("http://user:pa/ss@host:8384/x", "http://host:8384/x"),
        *(("nas", "***"), ("", ""), ("user:pass@host", "host")),
    ):
        assert repr(API(KEY, url)) == f"<API {shown!r}>"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("k\r\nX-Evil: 1", "contains characters that a header can't hold"),
        ("schlüssel", "contains characters that a header can't hold"),
        ("secret\n", "use api_key.strip()"),
        ("\tsecret", "use api_key.strip()"),
        ("\x00", "contains characters that a header can't hold"),
        (b"secret", "must be a string, not bytes: decode it"),
        (12345, "must be a string, not int"),
        ("http://nas:8384", "the API key is a URL: the key comes first"),
        ("unixs:///run/x.sock", "the API key is a URL: the key comes first"),
    ],
)
async def test_malformed_keys(server: Server, key: Any, words: str) -> None:
    """A malformed key is refused by the first request, like a wrong one, and not shown."""
    api = API(key, server.url)
    for _ in range(2):
        with pytest.raises(UnauthorizedError) as caught:
            await api.request("rest/system/status")
        assert words in str(caught.value)
        assert (caught.value.method, caught.value.path) == ("GET", "rest/system/status")
        assert "secret" not in str(caught.value)
        assert str(key) not in str(caught.value) + repr(api)
    assert not server.requests
    server.queue.append(HEALTH)
    assert await api.request("rest/noauth/health") == {"status": "OK"}  # which needs no key
    await api.close()


async def test_odd_keys(server: Server) -> None:
    """Anything that a header can hold may be a key; nothing below rest/noauth carries it."""
    for key in ("key", "k e:y/+~", "127.0.0.1:8384"):
        server.queue.extend([PONG] * 2)
        async with Syncthing(key, server.url) as client:
            for path in ("rest/system/ping", "rest/noauth/of/the/future"):
                await client.api.request(path)
        assert [request.header("X-API-Key") for request in server.requests[-2:]] == [key, None]


async def test_an_empty_key(server: Server) -> None:
    """Without a key a proxy may add one; if the daemon wants one, the error asks where it should come from."""
    keys: tuple[Any, ...] = ("", None, b"")
    for key in keys:
        server.queue.extend([PONG, as_text("CSRF Error", 403), as_text("Forbidden", 403, syncthing=False)])
        async with Syncthing(key, server.url) as client:
            await client.api.request("rest/system/ping")
            for _ in range(2):
                with pytest.raises(UnauthorizedError, match="the API key is empty: is the variable"):
                    await client.api.request("rest/system/ping")
    assert [request.header("X-API-Key") for request in server.requests] == [None] * 9


async def test_swapped_arguments() -> None:
    """Key and URL in the wrong order are noticed, even by requests without a key, and the key is not shown."""
    for address in ("http://127.0.0.1:8384", "unix:///run/gui.sock", "127.0.0.1:8384", "nas:8384/x"):
        api = API(address, KEY, tls=Fingerprint("ab" * 32))
        for path in ("rest/system/ping", "rest/noauth/health"):
            with pytest.raises(UnauthorizedError, match=r"the key comes first: Syncthing\(api_key, url\)") as caught:
                await api.request(path)
            assert KEY not in str(caught.value) + repr(caught.value.__cause__) + repr(api)
        assert api.url == KEY


@pytest.mark.parametrize(
    ("url", "words"),
    [
        *((url, "must look like http://127.0.0.1:8384, and begin with http://") for url in ("", "nas", KEY, None)),
        ("ftp://nas", "must look like http://127.0.0.1:8384, and begin with http://"),
        ("http://nas:8384/#/", "can't contain a #, unlike that of a web page. Try http://nas:8384"),
        ("http://u:p@nas:8384/x/?a=b#c", "can't contain a ?, unlike that of a web page. Try http://nas:8384/x"),
        ("unix:run/gui.sock", "must have an absolute path"),
        ("unix:///run/gui.sock?x", "%3F"),
        ("http://[::1", "must look like http://127.0.0.1:8384"),
        ("http://nas:99999", "must look like http://127.0.0.1:8384"),
    ],
)
async def test_malformed_urls(url: Any, words: str) -> None:
    """A malformed URL is reported by the first request, as if nothing were listening there."""
    async with aiohttp.ClientSession() as session:
        for options in ({}, {"session": session}):
            api = API(KEY, url, **options)
            with pytest.raises(BadRequestError) as caught:
                await api.request("rest/noauth/health")
            await api.close()
            assert words in str(caught.value)
            assert KEY not in str(caught.value) + repr(api)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (API, {"api_key": KEY, "tls": Fingerprint("ab" * 32)}),
        (Syncthing, {"api_key": KEY, "tls": Fingerprint("ab" * 32)}),
        (Fingerprint, {"text": "none"}),
        (CertificateFile, {"path": ""}),
        (Daemon, {"env": {"": ""}, "arguments": ["--home=x"]}),
        (FakeSyncthing, {"version": "none"}),
    ],
)
def test_objects_have_a_repr_even_if_their_constructor_raised(kind: Any, arguments: dict[str, Any]) -> None:
    """Loggers that show variables show such objects."""
    instance = kind.__new__(kind)
    assert kind.__name__ in repr(instance)
    with pytest.raises((SyncthingError, ValueError)):
        instance.__init__(**arguments)
    assert kind.__name__ in repr(instance)


async def test_arguments_of_a_replaced_raw_request(api: API, monkeypatch: pytest.MonkeyPatch) -> None:
    """`raw_request` gets only what was given: a test's replacement may accept only the arguments of version 0."""
    calls: list[Any] = []

    async def replacement(uri: str, **options: Any) -> dict[str, Any]:
        calls.append((uri, options))
        return {}

    monkeypatch.setattr(api, "raw_request", replacement)
    await api.call(_routes.STATUS)
    await api.call(_routes.PAUSE, params={})
    await api.call(_routes.PATCH_FOLDER, "a/b", data={"paused": True}, timeout=3, headers={"A": "b"})
    await api.request("rest/x", {"a": "b"}, {"c": 1}, "PUT")
    assert calls == [
        ("rest/system/status", {}),
        ("rest/system/pause", {"params": {}, "method": "POST"}),
        (
            "rest/config/folders/a%2Fb",
            {"data": {"paused": True}, "method": "PATCH", "timeout": 3, "headers": {"A": "b"}},
        ),
        ("rest/x", {"params": {"a": "b"}, "data": {"c": 1}, "method": "PUT"}),
    ]


# --- What answers become ---


async def test_an_answer_as_it_came(server: Server, api: API) -> None:
    """With ``decode=False`` the result is the answer's bytes, but what is no answer of Syncthing's is an error."""
    json = Answer(b'{ "a": 1 }', headers={"Content-Type": "application/json"})
    server.queue.extend([json, as_text("<html>", 200, syncthing=False)])
    assert await api.request("rest/system/status", decode=False) == b'{ "a": 1 }'
    with pytest.raises(SyncthingError):
        await api.request("rest/system/status", decode=False)


async def test_the_identity_of_the_daemon(server: Server, api: API) -> None:
    """ID and version of the daemon that answered last are known; an answer by anything else changes nothing."""
    assert (api.daemon_id, api.daemon_version) == (None, None)
    server.queue.extend([as_text("x", 500), as_text("x", 502, syncthing=False)])
    for _ in range(2):
        with pytest.raises(SyncthingError):
            await api.request("rest/system/ping")
        assert (api.daemon_id, api.daemon_version) == (DAEMON_ID, VERSION)


async def test_observing_a_response(server: Server, api: API) -> None:
    """A caller that needs more than the value is given the response once its headers are there."""
    event, seen = asyncio.Event(), list[aiohttp.ClientResponse]()
    server.queue.append(as_json([], pause=200, resume=event))
    task = asyncio.create_task(api.call(_routes.EVENTS, observe=seen.append))
    while not seen:
        await asyncio.wait([task], timeout=0.01)
    assert seen[0].headers["X-Syncthing-Id"] == DAEMON_ID
    assert not task.done()
    event.set()
    assert await task == []


async def test_a_daemon_that_exits_while_answering(server: Server, api: API) -> None:
    """Restarting succeeds once the daemon has said so, even if the connection breaks; an error status is an error."""
    server.queue.extend([as_json({"ok": "x" * 300}, keep=400), as_text("no", 500), Answer(b"x" * 999, 500, keep=500)])
    assert await api.call(_routes.RESTART) is None
    with pytest.raises(SyncthingError, match="'no'"):
        await api.call(_routes.RESTART)
    with pytest.raises(ConnectionFailedError):
        await api.call(_routes.RESTART)


async def test_the_log_names_requests(server: Server, api: API) -> None:
    """At the level DEBUG there is a line for each answer, without the query."""
    server.queue.append(PONG)
    with recorded() as records:
        await api.request("rest/system/ping", params={"a": "b"})
    own = [record.getMessage() for record in records if record.name.startswith("aiosyncthing")]
    assert own == ["GET rest/system/ping: 200"]


# --- What goes wrong ---


@pytest.mark.parametrize("broken", BROKEN, ids=str)
async def test_everything_that_can_go_wrong(broken: Broken, caplog: pytest.LogCaptureFixture) -> None:
    """The class of the error tells causes apart, its message helps, and it is the builtin exception too."""
    async with broken.place() as place:
        for method, path in (
            ("GET", "rest/system/status"),
            ("POST", "rest/system/ping"),
            ("GET", "rest/debug/support"),
        ):
            if broken.json and path == "rest/debug/support":
                continue
            api = API(KEY, place.url, **place.options)
            if place.closed:
                await api.close()
            sending = (
                api.download(_routes.SUPPORT_BUNDLE, io.BytesIO(), timeout=place.options.get("timeout"))
                if path == "rest/debug/support"
                else api.request(path, data={} if method == "POST" else None, method=method)
            )
            with pytest.raises(SyncthingError) as caught:
                await sending
            await api.close()
            error = caught.value
            assert type(error) is broken.kind
            assert isinstance(error, broken.builtin)
            assert broken.words in str(error)
            assert (error.method, error.path, error.status) == (method, path, broken.status)
            assert f"{method} {path}" in str(error)
            if broken.body is not None:
                assert error.body == broken.body
            assert "\n" not in error.args[0]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_redirects_are_not_followed(server: Server, api: API) -> None:
    """Nothing is sent to the target of a redirect, so the key isn't either; the message names the target."""
    async with Server() as other:
        for status in (301, 302, 303, 307, 308):
            server.queue.extend([Answer(b"", status, headers={"Location": f"{other.url}/rest/x"})] * 2)
            for method in ("GET", "POST"):
                with pytest.raises(RedirectError, match=other.url):
                    await api.request("rest/system/ping", method=method)
        assert other.connections == 0


async def test_raw_errors(server: Server, api: API) -> None:
    """`raw_request` raises what aiohttp raises, with the daemon's text and without the headers of the request."""
    server.queue.extend([as_text("no such folder", 404), Answer(raw=b"")])
    with pytest.raises(aiohttp.ClientResponseError) as caught:
        await api.raw_request("rest/db/status", params={"folder": "x"})
    assert (caught.value.status, caught.value.message) == (404, "no such folder")
    assert caught.value.headers is not None
    assert caught.value.headers["x-syncthing-id"] == DAEMON_ID
    assert str(caught.value.request_info.real_url) == f"{server.url}/rest/db/status?folder=x"
    assert not caught.value.request_info.headers
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.raw_request("rest/system/ping", method="POST")


async def test_an_error_while_handling_another(api: API) -> None:
    """An error raised while the caller handles an exception keeps that as its context, with its traceback."""

    class Unhashable(Exception):  # noqa: N818 - named for what it is
        __hash__ = None  # type: ignore[assignment] # as of a dataclass

    await api.close()
    mine = Unhashable()

    async def handle() -> None:
        try:
            raise mine
        except Unhashable:
            await api.request("rest/system/ping")

    with pytest.raises(SyncthingError) as caught:
        await handle()
    assert caught.value.__context__ is mine
    assert mine.__traceback__ is not None


# --- Time ---


@pytest.mark.parametrize(
    ("path", "of_client", "of_call", "total"),
    [
        ("rest/system/status", 10, None, 10),
        ("rest/system/status", None, None, None),
        ("rest/system/status", math.inf, None, None),
        ("rest/system/status", 10, 3, 3),
        ("rest/system/status", 10, math.inf, None),
        ("rest/system/upgrade", 10, None, 60),  # the route's own
        ("rest/system/upgrade", 100, None, 100),
        ("rest/system/upgrade", None, None, None),
        ("rest/system/upgrade", 10, 3, 3),
        ("rest/events", 10, None, 10),
        ("rest/events", 10, 70, 70),
        ("rest/events", None, None, None),
        ("rest/events", math.inf, math.inf, None),
        ("rest/events", 10, math.inf, None),
    ],
)
async def test_limits(
    monkeypatch: pytest.MonkeyPatch, path: str, of_client: float | None, of_call: float | None, total: float | None
) -> None:
    """A call's own limit counts, otherwise the longer of the route's and the client's; aiohttp limits connecting."""
    seen: list[aiohttp.ClientTimeout] = []
    totals: list[float | None] = []
    monkeypatch.setattr("aiosyncthing.api.Limit", lambda seconds, _: totals.append(seconds) or nullcontext())
    async with Server(as_json([] if path == "rest/events" else {})) as server, aiohttp.ClientSession() as session:
        request = session._request

        async def note(*arguments: Any, **options: Any) -> Any:
            seen.append(options["timeout"])
            return await request(*arguments, **options)

        session._request = note  # type: ignore[method-assign] # records aiohttp's limits
        api = API(KEY, server.url, timeout=of_client, session=session)
        await api.request(path, **({} if of_call is None else {"timeout": of_call}))
    assert (totals, seen[0].total, seen[0].sock_read) == ([total], None, None)
    connecting = None if of_client in {None, math.inf} else of_client
    assert connecting in {seen[0].sock_connect, seen[0].connect}


async def test_unusable_limits(server: Server) -> None:
    """A time-out that is not a number is refused, and one that is over is a time-out, before anything is sent.

    That of a client may be 0 for none, as in version 0; what is no limit is refused at once.
    """
    async with Syncthing(KEY, server.url, timeout=0) as client:
        assert client.api.timeout is None
        for path in ("rest/system/status", "rest/events", "rest/unknown"):
            for limit, kind in (("10", "str"), (True, "bool"), (math.nan, "NaN")):
                with pytest.raises(BadRequestError, match=f"timeout must be a number of seconds, not {kind}"):
                    await client.api.request(path, timeout=limit)
            for over in (0, -1, -math.inf):
                with pytest.raises(RequestTimeoutError):
                    await client.api.request(path, timeout=over)
        assert not server.requests
        server.queue.append(as_json({}))
        assert await client.api.request("rest/unknown") == {}
    for wrong, reason in (("10", "not str"), (math.nan, "not NaN"), (-1, "negative")):
        with pytest.raises(BadRequestError, match=reason):
            Syncthing(KEY, server.url, timeout=wrong)  # type: ignore[arg-type] # anything may be passed


async def test_the_limit_of_a_call_may_be_longer(server: Server) -> None:
    """A request with a longer limit than the client's goes on while another one times out."""
    soon = asyncio.Event()
    async with Syncthing(KEY, server.url, timeout=SHORT) as client:
        server.queue.append(as_json({}, after=soon))
        task = asyncio.create_task(client.api.request("rest/system/status", timeout=math.inf))
        await server.requested(1)
        server.queue.append(Answer(after=asyncio.Event()))
        with pytest.raises(RequestTimeoutError):
            await client.api.request("rest/system/log")
        soon.set()
        assert await task == {}


async def test_a_poll_does_not_wait_for_a_connection_for_ever(server: Server) -> None:
    """A poll for which a shared session has no free connection ends after the client's limit."""
    server.queue.append(as_json([], after=asyncio.Event()))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        first = asyncio.create_task(API(KEY, server.url, session=session).request("rest/events"))
        await server.requested(1)
        with pytest.raises(RequestTimeoutError):
            await API(KEY, server.url, timeout=SHORT, session=session).request("rest/events")
        first.cancel()
        with suppress(asyncio.CancelledError):
            await first


async def test_a_hundred_at_once() -> None:
    """Each of many concurrent requests gets its own answer, and nothing is remembered of their queries."""

    def answer(request: Request) -> Answer:
        return as_json({"query": request.query})

    async with Server(answer=answer) as server:
        api = API(KEY, server.url)
        values = await asyncio.gather(*(api.request(f"rest/x?n={n}", params={"m": n}) for n in range(100)))
        assert [value["query"] for value in values] == [f"n={n}&m={n}" for n in range(100)]
        assert not api._destinations._known
        await api.close()
        await server.until(lambda: server.open == 0)
