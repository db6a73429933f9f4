"""The one place that sends: what goes over the wire, what comes back, what goes wrong, and how long it may take."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import math
import ssl
import traceback
import tracemalloc
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import pytest
import trustme

from aiosyncthing import API, CertificateFile, Daemon, Fingerprint, Syncthing, _routes
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    FingerprintMismatchError,
    InvalidResponseError,
    NotFoundError,
    NotSyncthingError,
    RedirectError,
    RequestTimeoutError,
    SyncthingError,
    UnauthorizedError,
)
from pytest_syncthing import FakeSyncthing
from tests.support.broken import BROKEN, SHORT, Broken
from tests.support.descriptors import open_files
from tests.support.listening import HEADERS, listening, server_context
from tests.support.logs import recorded
from tests.support.peers import Identity, SocketServer, short_folder
from tests.support.server import DAEMON_ID, VERSION, Answer, Request, Server, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

KEY: Final = "a-key-that-nobody-may-see"
PONG: Final = as_json({"ping": "pong"})
EMPTY: Final = Answer()
LONG: Final = 60.0
BODY_COMES: Final = HEADERS + b"Transfer-Encoding: chunked\r\n\r\n"


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def size_of_all(folder: Path) -> int:
    """Return how many bytes are in the files of a folder."""
    return sum(path.stat().st_size for path in folder.iterdir())


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Answer what is asked."""
    async with Server() as one:
        yield one


@pytest.fixture
async def api(server: Server) -> AsyncIterator[API]:
    """Talk to the server."""
    one = API(KEY, server.url)
    yield one
    await one.close()


# --- What goes over the wire ---


async def test_a_plain_request(server: Server, api: API) -> None:
    """A request has the key, asks for JSON, and has no body."""
    server.queue.append(PONG)
    assert await api.request("rest/system/ping") == {"ping": "pong"}
    request = server.request
    assert str(request) == "GET /rest/system/ping"
    assert request.header("X-API-Key") == KEY
    assert request.header("Accept") == "application/json"
    assert request.header("Content-Type") is None
    assert request.header("Authorization") is None
    assert request.body == b""


@pytest.mark.parametrize("data", [{}, [], False, 0, "", None, {"ä": ["\u2028", 1.5]}])
async def test_json_bodies(server: Server, api: API, data: object) -> None:
    """Whatever is given is sent as JSON, falsy values too; only None means that there is no body."""
    server.queue.append(PONG)
    await api.request("rest/system/ping", data=data, method="POST")
    request = server.request
    assert request.method == "POST"
    if data is None:
        assert request.body == b""
        assert request.header("Content-Length") in {None, "0"}
    else:
        assert request.json() == data
        assert request.header("Content-Type") == "application/json"


async def test_bytes_are_sent_as_they_are(server: Server, api: API) -> None:
    """Bytes are the body itself."""
    server.queue.append(EMPTY)
    await api.request("rest/system/error", data=b"some \xff text", method="POST")
    assert server.request.body == b"some \xff text"
    assert server.request.header("Content-Type") == "text/plain"


async def test_a_body_that_is_not_json(server: Server, api: API) -> None:
    """What can't be JSON is refused before anything is sent."""
    with pytest.raises(BadRequestError, match="JSON") as caught:
        await api.request("rest/system/ping", data={"x": object()}, method="POST")
    assert (caught.value.method, caught.value.path) == ("POST", "rest/system/ping")
    assert not server.requests


@pytest.mark.parametrize("base", ["", "/", "/syncthing", "/syncthing/", "/a/b//"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_path_of_the_base_url_is_kept(server: Server, base: str, slash: str) -> None:
    """A base URL may have a path, with or without a final slash."""
    server.queue.append(PONG)
    api = API(KEY, server.url + base)
    await api.request(f"{slash}rest/system/ping")
    await api.close()
    assert api.url == server.url + base
    assert server.request.target == f"{base.rstrip('/')}/rest/system/ping"


async def test_query(server: Server, api: API) -> None:
    """Parameters are escaped, and added to those that the path has already."""
    server.queue.extend([PONG] * 2)
    await api.request("rest/x?a=%20b", params={"c": "ä&=/ +", "d": ["1", "2"], "e": 3})
    await api.request("rest/system/ping", params={"a": "b"})
    assert [request.target for request in server.requests] == [
        "/rest/x?a=%20b&c=%C3%A4%26%3D%2F%20%2B&d=1&d=2&e=3",
        "/rest/system/ping?a=b",
    ]


async def test_headers_can_be_added(server: Server, api: API) -> None:
    """A request may have further headers; they are not kept for the next."""
    server.queue.extend([PONG] * 2)
    await api.request("rest/system/ping", headers={"X-Mine": "1"})
    await api.request("rest/system/ping")
    assert [request.header("X-Mine") for request in server.requests] == ["1", None]
    assert [request.header("X-API-Key") for request in server.requests] == [KEY, KEY]


async def test_without_key(server: Server) -> None:
    """Without a key there is no such header."""
    server.queue.append(as_json({"status": "OK"}))
    api = API("", server.url)
    await api.request("rest/noauth/health")
    await api.close()
    assert server.request.header("X-API-Key") is None


@pytest.mark.parametrize(
    ("user_info", "expected"),
    [("user:pass", "user:pass"), ("user", "user:"), ("us%40er:p%3Aa%2Fs", "us@er:p:a/s"), ("ü:p@ss", "ü:p@ss")],
)
async def test_user_and_password_of_the_url(server: Server, user_info: str, expected: str) -> None:
    """User and password of a base URL, which a proxy may want, are sent, and shown nowhere."""
    server.queue.append(as_text("Forbidden", 403, syncthing=False))
    url = server.url.replace("://", f"://{user_info}@") + "/path"
    api = API(KEY, url)
    with pytest.raises(SyncthingError) as caught:
        await api.request("rest/system/ping")
    await api.close()
    assert server.request.header("Authorization") == f"Basic {base64.b64encode(expected.encode()).decode()}"
    assert server.request.path == "/path/rest/system/ping"
    assert api.url == url
    for text in (repr(api), str(caught.value), repr(caught.value), str(caught.value.__cause__)):
        assert user_info not in text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8384/x", "http://127.0.0.1:8384/x"),
        ("http://user:pass@host/x@y", "http://host/x@y"),
        ("http://user:pa/ss@host:8384/x", "http://host:8384/x"),
        ("http://user:1/2@host:8384", "http://host:8384"),
        ("nas", "***"),
        ("", ""),
        ("user:pass@host", "host"),
        ("http://host/?a@b", "http://host/?a@b"),
    ],
)
def test_repr(url: str, shown: str) -> None:
    """It shows where it points to, without key, user and password."""
    assert repr(API(KEY, url)) == f"<API {shown!r}>"


def test_variables_do_not_show_the_key() -> None:
    """Loggers that show variables, and those of their objects, don't see the key, nor the password of the URL."""
    shown = repr(vars(API(KEY, "http://user:pass@host")) | {"_url": None})
    assert KEY not in shown
    assert base64.b64encode(b"user:pass").decode() not in shown


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("k\r\nX-Evil: 1", "contains characters that a header can't hold"),
        ("schlüssel", "contains characters that a header can't hold"),
        ("secret\n", "use api_key.strip()"),
        ("\x00", "contains characters that a header can't hold"),
        (b"secret", "must be a string, not bytes: decode it"),
        (12345, "must be a string, not int"),
        (["secret"], "must be a string, not list"),
        ("http://nas:8384", "the API key is a URL: the key comes first"),
        ("unix:///run/x.sock", "the API key is a URL: the key comes first"),
    ],
)
async def test_a_key_that_can_not_be_sent(server: Server, key: Any, words: str) -> None:
    """A key that can't be right is a wrong key like others: the first request says so, without showing it."""
    api = API(key, server.url)
    for _ in range(2):
        with pytest.raises(UnauthorizedError) as caught:
            await api.request("rest/system/status")
        assert words in str(caught.value)
        assert (caught.value.method, caught.value.path) == ("GET", "rest/system/status")
        assert str(key) not in str(caught.value)
        assert "secret" not in str(caught.value)
        assert str(key) not in repr(api)
    assert not server.requests
    server.queue.append(as_json({"status": "OK"}))
    assert await api.request("rest/noauth/health") == {"status": "OK"}  # which needs none
    await api.close()


@pytest.mark.parametrize("key", ["", None, b""])
async def test_an_empty_key(server: Server, key: Any) -> None:
    """Without a key a proxy may add one; where the daemon wants one, the error asks where it should come from."""
    api = API(key, server.url)
    server.queue.extend([PONG, as_text("CSRF Error", 403), as_text("Forbidden", 403, syncthing=False)])
    await api.request("rest/system/ping")
    for _ in range(2):
        with pytest.raises(UnauthorizedError, match="the API key is empty: is the variable that should hold it set"):
            await api.request("rest/system/ping")
    assert [request.header("X-API-Key") for request in server.requests] == [None] * 3
    await api.close()


@pytest.mark.parametrize("address", ["http://127.0.0.1:8384", "unix:///run/gui.sock", "127.0.0.1:8384", "nas:8384/x"])
async def test_swapped_arguments(address: str) -> None:
    """Key and URL in the wrong order are noticed, also for what needs no key; the key that is the URL isn't shown."""
    api = API(address, KEY, tls=Fingerprint("ab" * 32))
    for path in ("rest/system/ping", "rest/noauth/health"):
        with pytest.raises(UnauthorizedError, match=r"the key comes first: Syncthing\(api_key, url\)") as caught:
            await api.request(path)
        assert KEY not in str(caught.value) + repr(caught.value.__cause__) + repr(api)
    assert api.url == KEY


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("127.0.0.1:8384", "must look like http://127.0.0.1:8384, and begin with http://"),
        ("", "must look like http://127.0.0.1:8384, and begin with http://"),
        ("ftp://nas", "must look like http://127.0.0.1:8384, and begin with http://"),
        (KEY, "must look like http://127.0.0.1:8384, and begin with http://"),
        (None, "must look like http://127.0.0.1:8384, and begin with http://"),
        ("http://nas:8384/#/", "can't contain a #, unlike that of a web page. Try http://nas:8384"),
        ("http://u:p@nas:8384/x/?a=b#c", "can't contain a ?, unlike that of a web page. Try http://nas:8384/x"),
        ("unix:run/gui.sock", "must have an absolute path"),
        ("unix:///run/gui.sock?x", "%3F"),
        ("http://[::1", "must look like http://127.0.0.1:8384"),
    ],
)
async def test_a_url_that_can_not_be_right(url: Any, words: str) -> None:
    """What is wrong with a URL is said by the first request, like that nobody answers there."""
    async with aiohttp.ClientSession() as session:
        for options in ({}, {"session": session}):
            api = API(KEY, url, **options)
            with pytest.raises(BadRequestError) as caught:
                await api.request("rest/noauth/health")
            await api.close()
            assert words in str(caught.value)
            assert KEY not in str(caught.value) + repr(api)


@pytest.mark.parametrize("base", ["/rest", "/syncthing", "/a/b/"])
async def test_a_base_url_with_a_path_too_many(server: Server, base: str) -> None:
    """A page that is not there for what every daemon has is the URL's fault; the message says what to try."""
    server.queue.append(as_text("404 page not found", 404))
    api = API(KEY, server.url.replace("//", "//user:password@") + base)
    with pytest.raises(NotFoundError, match=f"below '{base.rstrip('/')}': .* Try {server.url} ") as caught:
        await api.request("rest/system/status")
    assert type(caught.value) is NotFoundError
    await api.close()


@pytest.mark.parametrize("kind", [API, Syncthing])
def test_a_constructor_that_refuses_shows_no_secret(kind: Any) -> None:
    """Frames of a refused constructor, which some loggers show with their variables, hold neither key nor password."""
    with pytest.raises(BadRequestError) as caught:
        kind(KEY, "http://user:a-password@nas", tls=Fingerprint("ab" * 32))
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack[1:]
    shown = "".join(traceback.StackSummary.from_list(frames).format())
    assert frames
    assert KEY not in shown
    assert "a-password" not in shown


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
def test_what_was_refused_has_a_repr(kind: Any, arguments: dict[str, Any]) -> None:
    """Loggers that show variables show an object whose constructor has raised: its repr must not raise, too."""
    instance = kind.__new__(kind)
    assert kind.__name__ in repr(instance)
    with pytest.raises((SyncthingError, ValueError)):
        instance.__init__(**arguments)
    assert kind.__name__ in repr(instance)


@pytest.mark.parametrize("uri", ["rest/config/folders/../devices", "rest//system", "rest/./x", "http://other/rest/x"])
async def test_paths_that_lead_elsewhere(server: Server, api: API, uri: str) -> None:
    """A path that means another request, or another server, is refused before anything is sent."""
    with pytest.raises(BadRequestError) as caught:
        await api.request(uri)
    assert caught.value.method == "GET"
    assert not server.requests


async def test_ids_of_a_call_are_escaped(server: Server, api: API) -> None:
    """An ID in a path is one segment of it, whatever it holds."""
    server.queue.append(as_json({"id": "a/b?c"}))
    await api.call(_routes.FOLDER, "a/b?c#ä")
    assert server.request.target == "/rest/config/folders/a%2Fb%3Fc%23%C3%A4"


async def test_what_a_stand_in_is_called_with(api: API, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is given reaches `raw_request`: a stand-in may know the first four parameters only."""
    calls: list[Any] = []

    async def stand_in(uri: str, **options: Any) -> dict[str, Any]:
        calls.append((uri, options))
        return {}

    monkeypatch.setattr(api, "raw_request", stand_in)
    await api.call(_routes.STATUS)
    await api.call(_routes.PAUSE, params={})
    await api.call(_routes.PATCH_FOLDER, "x", data={"paused": True}, timeout=3, headers={"A": "b"})
    await api.request("rest/x", {"a": "b"}, {"c": 1}, "PUT")
    assert calls == [
        ("rest/system/status", {}),
        ("rest/system/pause", {"params": {}, "method": "POST"}),
        (
            "rest/config/folders/x",
            {"data": {"paused": True}, "method": "PATCH", "timeout": 3, "headers": {"A": "b"}},
        ),
        ("rest/x", {"params": {"a": "b"}, "data": {"c": 1}, "method": "PUT"}),
    ]


# --- What comes back ---


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (as_json({"a": [None]}), {"a": [None]}),
        (as_json([]), []),
        (Answer(b"\x89PNG", content_type="image/png"), b"\x89PNG"),
        (EMPTY, b""),
        (Answer(b"", content_type="application/json"), None),
    ],
)
async def test_values_of_paths_that_nothing_is_known_of(server: Server, api: API, answer: Answer, value: Any) -> None:
    """What isn't in the route table is decoded if it is JSON, and handed out as it came if not."""
    server.queue.append(answer)
    assert await api.request("rest/of/the/future") == value


async def test_success_without_data(server: Server, api: API) -> None:
    """A write that succeeded is None, whatever its Content-Type says."""
    server.queue.extend([EMPTY, Answer(b"", content_type="application/json")])
    assert await api.call(_routes.PAUSE) is None
    assert await api.call(_routes.PAUSE) is None


async def test_what_the_daemon_says_of_itself(server: Server, api: API) -> None:
    """ID and version of the daemon that answered last are known; somebody else's answer doesn't change them."""
    assert (api.daemon_id, api.daemon_version) == (None, None)
    server.queue.extend([as_text("x", 500), as_text("x", 502, syncthing=False)])
    for _ in range(2):
        with pytest.raises(SyncthingError):
            await api.request("rest/system/ping")
        assert (api.daemon_id, api.daemon_version) == (DAEMON_ID, VERSION)


async def test_a_response_can_be_observed(server: Server, api: API) -> None:
    """Whoever wants to know more about an answer than its value is given the response when its headers are there."""
    event, seen = asyncio.Event(), list[aiohttp.ClientResponse]()
    server.queue.append(as_json([], pause=200, resume=event))
    task = asyncio.create_task(api.call(_routes.EVENTS, observe=seen.append))
    while not seen:
        await asyncio.wait([task], timeout=0.01)
    assert seen[0].headers["X-Syncthing-Id"] == DAEMON_ID
    assert not task.done()
    event.set()
    assert await task == []


@pytest.mark.parametrize("lost", [0, 1, 300])
async def test_a_daemon_that_ends_while_it_answers(server: Server, api: API, lost: int) -> None:
    """Restarting succeeds as soon as the daemon says so, even if the connection breaks in the middle of it."""
    value = {"ok": "x" * 300}
    answer = as_json(value)
    server.queue.append(as_json(value, keep=len(answer.to_bytes()) - len(answer.body) + 300 - lost if lost else None))
    assert await api.call(_routes.RESTART) == (None if lost else value)


async def test_a_daemon_that_refuses_to_end(server: Server, api: API) -> None:
    """An error status is an error there too, and so is one that is cut short."""
    server.queue.extend([as_text("no", 500), Answer(b"x" * 999, 500, keep=500)])
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


async def _get(api: API, _: dict[str, Any]) -> object:
    return await api.request("rest/system/status")


async def _post(api: API, _: dict[str, Any]) -> object:
    return await api.request("rest/system/ping", data={}, method="POST")


async def _download(api: API, options: dict[str, Any]) -> object:
    return await api.download(_routes.SUPPORT_BUNDLE, io.BytesIO(), timeout=options.get("timeout"))


@pytest.mark.parametrize("send", [_get, _post, _download])
@pytest.mark.parametrize("broken", BROKEN, ids=str)
async def test_everything_that_can_go_wrong(
    broken: Broken, send: Callable[[API, dict[str, Any]], Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Causes are told apart by the kind of the error, and its message helps; it also is the builtin exception."""
    async with broken.place() as place:
        api = API(KEY, place.url, **place.options)
        if place.closed:
            await api.close()
        if broken.json and send is _download:
            return
        with pytest.raises(SyncthingError) as caught:
            await send(api, place.options)
        await api.close()
    error = caught.value
    assert type(error) is broken.kind
    assert isinstance(error, broken.builtin)
    assert broken.words in str(error)
    assert error.method == ("POST" if send is _post else "GET")
    assert error.path in {"rest/system/status", "rest/system/ping", "rest/debug/support"}
    assert f"{error.method} {error.path}" in str(error)
    assert error.status == broken.status
    if broken.body is not None:
        assert error.body == broken.body
    assert "\n" not in error.args[0]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(server: Server, api: API, scheme: str, status: int) -> None:
    """Where a redirect leads to, nothing is sent, so the key isn't either; the message names the place."""
    async with Server() as other:
        target = f"{scheme}://127.0.0.1:{other.port}"
        server.queue.extend([Answer(b"", status, headers={"Location": f"{target}/rest/x"})] * 2)
        for method in ("GET", "POST"):
            with pytest.raises(RedirectError, match=target):
                await api.request("rest/system/ping", method=method)
        assert other.connections == 0
    assert len(server.requests) == 2


@pytest.mark.parametrize("path", ["rest/config/folders", "rest/system/pause", "rest/of/the/future"])
async def test_a_write_during_the_migration(server: Server, api: API, path: str) -> None:
    """The page that version 2 answers during its migration, with status 200, is no success of a write."""
    page = b"*** Database migration in progress ***\n"
    server.queue.append(Answer(page, content_type="text/plain; charset=utf-8", syncthing=False))
    with pytest.raises(NotSyncthingError, match="converting"):
        await api.request(path, data={}, method="POST")


async def test_raw_errors(server: Server, api: API) -> None:
    """`raw_request` raises what aiohttp raises, with the daemon's words and without the headers of the request."""
    server.queue.extend([as_text("no such folder", 404), Answer(raw=b"")])
    with pytest.raises(aiohttp.ClientResponseError) as caught:
        await api.raw_request("rest/db/status", params={"folder": "x"})
    assert (caught.value.status, caught.value.message) == (404, "no such folder")
    assert not caught.value.request_info.headers
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.raw_request("rest/system/ping", method="POST")


async def test_a_raw_error_in_the_middle_of_another(api: API) -> None:
    """An error that happens while the caller handles one of its own keeps that as its context."""
    await api.close()
    mine = ValueError("mine")

    async def handle() -> None:
        try:
            raise mine
        except ValueError:
            await api.request("rest/system/ping")

    with pytest.raises(SyncthingError) as caught:
        await handle()
    assert caught.value.__context__ is mine
    assert mine.__traceback__ is not None


async def test_a_page_that_shows_the_request(server: Server) -> None:
    """A server that shows the request it got shows the key; the error does not."""
    api = API(KEY, server.url)
    echo = f"Debug: X-API-Key: {KEY}".encode()
    server.queue.extend(
        [
            Answer(echo, 500, "text/plain", {"X-Echo": KEY}),
            Answer(echo, 200, "text/html", syncthing=False),
            Answer(echo, 200, "application/json"),
        ]
    )
    for kind in (SyncthingError, NotSyncthingError, InvalidResponseError):
        with pytest.raises(kind) as caught:
            await api.request("rest/system/status")
        assert caught.value.body == "Debug: X-API-Key: ***"
        assert KEY not in repr(caught.value.__cause__)
    await api.close()


async def test_a_short_key_does_not_change_what_the_daemon_says(server: Server) -> None:
    """A key such as "key" is a part of usual words, so it can't be removed from them."""
    server.queue.append(as_text("no such folder", 404))
    api = API("folder", server.url)
    with pytest.raises(NotFoundError, match="no such folder"):
        await api.request("rest/db/status")
    await api.close()


# --- Time ---


@pytest.mark.parametrize(
    ("path", "client", "call", "total", "silence"),
    [
        ("rest/system/status", 10, None, 10, None),
        ("rest/system/status", None, None, None, None),
        ("rest/system/status", math.inf, None, None, None),
        ("rest/system/status", 10, 3, 3, None),
        ("rest/system/status", 10, math.inf, None, None),
        ("rest/system/upgrade", 10, None, 60, None),  # the route's own
        ("rest/system/upgrade", 100, None, 100, None),
        ("rest/system/upgrade", None, None, None, None),
        ("rest/system/upgrade", 10, 3, 3, None),
        ("rest/events", 10, None, 10, 10),
        ("rest/events", 10, 70, 70, 70),
        ("rest/events", None, None, None, None),
        ("rest/events", math.inf, math.inf, None, None),
        ("rest/events", 10, math.inf, None, None),
    ],
)
async def test_limits(
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    client: float | None,
    call: float | None,
    total: float | None,
    silence: float | None,
) -> None:
    """How long a request may take: as it says, or the longer of the route's and the client's; polls may be silent."""
    async with Server(answer=lambda _: as_json([] if path == "rest/events" else {})) as server:
        seen: list[aiohttp.ClientTimeout] = []
        totals: list[float | None] = []
        async with aiohttp.ClientSession() as session:
            request = session._request

            async def note(*arguments: Any, **options: Any) -> Any:
                seen.append(options["timeout"])
                return await request(*arguments, **options)

            session._request = note  # type: ignore[method-assign] # to see what aiohttp is told
            monkeypatch.setattr("aiosyncthing.api.Limit", lambda seconds, _: totals.append(seconds) or nullcontext())
            api = API(KEY, server.url, timeout=client, session=session)
            options = {} if call is None else {"timeout": call}
            await api.request(path, **options)
    assert (totals, seen[0].total, seen[0].sock_read) == ([total], None, silence)
    connecting = None if client in {None, math.inf} else client
    assert connecting in {seen[0].sock_connect, seen[0].connect}


async def test_the_limit_of_a_call(server: Server, api: API) -> None:
    """A call's own limit is what counts, be it shorter than the client's or longer."""
    never = asyncio.Event()
    server.answer = lambda _: Answer(after=never)
    with pytest.raises(RequestTimeoutError):
        await api.request("rest/system/status", timeout=SHORT)

    other = API(KEY, server.url, timeout=SHORT)
    server.answer = None
    soon = asyncio.Event()
    server.queue.append(as_json({}, after=soon))
    task = asyncio.create_task(other.request("rest/system/status", timeout=math.inf))
    await server.requested(2)
    with pytest.raises(RequestTimeoutError):  # by then the client's own limit is over
        await asyncio.gather(other.request("rest/system/ping"), _answer_never(server))
    soon.set()
    assert await task == {}
    await other.close()


async def _answer_never(server: Server) -> None:
    server.queue.append(Answer(after=asyncio.Event()))


async def test_a_slow_poll_arrives_whole() -> None:
    """Events that come slowly arrive, though all of them take longer than the limit: only silence counts."""
    parts = [b"[", *[b'{"id": %d},' % number for number in range(1, 8)], b'{"id": 8}]']

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(BODY_COMES)
        for part in parts:
            await asyncio.sleep(0.1)
            writer.write(b"%x\r\n%s\r\n" % (len(part), part))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await reader.read()

    async with listening(trickle) as port:
        api = API(KEY, f"http://127.0.0.1:{port}", timeout=0.6)
        begin = asyncio.get_running_loop().time()
        assert [event["id"] for event in await api.call(_routes.EVENTS)] == list(range(1, 9))
        assert asyncio.get_running_loop().time() - begin > 0.6
        with pytest.raises(RequestTimeoutError):
            await api.request("rest/system/log")  # any other request is limited as a whole
        await api.close()


async def test_a_silent_poll_ends() -> None:
    """A poll that says nothing for longer than the limit after its head has come is a time-out."""

    async def go_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(BODY_COMES)
        await reader.read()

    async with listening(go_silent) as port:
        api = API(KEY, f"http://127.0.0.1:{port}", timeout=LONG)
        with pytest.raises(RequestTimeoutError):
            await api.call(_routes.EVENTS, timeout=SHORT)
        await api.close()


async def test_a_poll_does_not_wait_for_a_connection_for_ever(server: Server) -> None:
    """A poll for which a borrowed session has no connection to spare ends with the client's limit."""
    server.queue.append(as_json([], after=asyncio.Event()))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        first = asyncio.create_task(API(KEY, server.url, session=session).request("rest/events"))
        await server.requested(1)
        with pytest.raises(RequestTimeoutError):
            await API(KEY, server.url, timeout=SHORT, session=session).request("rest/events")
        first.cancel()
        with suppress(asyncio.CancelledError):
            await first


# --- TLS ---


async def test_tls(server: Server) -> None:
    """A certificate that a known authority has signed is fine, and any is with verify_ssl=False."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    async with Server(answer=lambda _: PONG, tls=server_context(certificate)) as secure:
        api = API(KEY, secure.url, verify_ssl=False)
        assert await api.request("rest/system/ping") == {"ping": "pong"}
        await api.close()
        context = ssl.create_default_context()
        authority.configure_trust(context)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
            assert await API(KEY, secure.url, session=session).request("rest/system/ping") == {"ping": "pong"}


async def test_whom_to_trust_is_passed_on() -> None:
    """`tls` reaches the connections of an own session, of a borrowed one, and those of a Unix socket."""
    identity = Identity()
    with short_folder() as folder:
        async with (
            Server(answer=lambda _: PONG, tls=identity.context) as server,
            SocketServer(folder / "gui.sock", tls=identity.context) as socket,
            aiohttp.ClientSession() as session,
        ):
            for url, lent in ((server.url, None), (server.url, session), (socket.url, None)):
                api = API(KEY, url, session=lent, tls=identity.fingerprint)
                assert await api.request("rest/system/ping") == {"ping": "pong"}
                await api.close()
                api = API(KEY, url, session=lent, tls=Fingerprint("ab" * 32))
                with pytest.raises(FingerprintMismatchError):
                    await api.request("rest/system/ping")
                with pytest.raises(FingerprintMismatchError):
                    await api.raw_request("rest/system/ping")
                with pytest.raises(FingerprintMismatchError):
                    await api.download(_routes.SUPPORT_BUNDLE, io.BytesIO())
                await api.close()
            assert len(server.requests) == 2
            assert len(socket.requests) == 1


async def test_a_unix_socket() -> None:
    """A daemon that listens on a Unix socket is talked to like any other, and `url` stays as it was given."""
    with short_folder() as folder:
        async with SocketServer(folder / "gui.sock") as socket:
            api = API(KEY, socket.url)
            assert await api.request("rest/system/ping", params={"a": "b"}) == {"ping": "pong"}
            assert api.url == socket.url
            assert repr(api) == f"<API {socket.url!r}>"
            await api.close()
            assert socket.request.target == "/rest/system/ping?a=b"
            await socket.until(lambda: socket.open == 0)


# --- Many at once, and cancelling ---


async def test_a_hundred_at_once() -> None:
    """Each of many requests at once gets its own answer."""

    def answer(request: Request) -> Answer:
        return as_json({"query": request.query})

    async with Server(answer=answer) as server:
        api = API(KEY, server.url)
        values = await asyncio.gather(*(api.request("rest/x", params={"n": n}) for n in range(100)))
        assert [value["query"] for value in values] == [f"n={n}" for n in range(100)]
        assert len(server.requests) == 100
        await api.close()
        await server.until(lambda: server.open == 0)


@pytest.mark.parametrize("waits", ["after", "resume"])
async def test_a_cancelled_request_releases_its_connection(server: Server, waits: str) -> None:
    """Cancelled before or within the answer: its connection is closed, and the next request gets another."""
    event = asyncio.Event()
    server.queue.extend([as_json({}, pause=200, **{waits: event}), PONG])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        api = API(KEY, server.url, session=session)
        task = asyncio.create_task(api.request("rest/system/status"))
        await server.requested(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await api.request("rest/system/ping") == {"ping": "pong"}
        event.set()  # the server notices when it writes
        await server.until(lambda: server.open == 1)
        assert server.connections == 2


async def test_closing_ends_what_is_under_way(server: Server) -> None:
    """A request during which the client is closed fails."""
    server.queue.append(Answer(after=asyncio.Event()))
    api = API(KEY, server.url)
    task = asyncio.create_task(api.request("rest/system/status"))
    await server.requested(1)
    await api.close()
    with pytest.raises(SyncthingError):  # of which kind depends on the version of aiohttp
        await task


# --- Downloads ---


def _bundle(body: bytes = b"PK data", **options: Any) -> Answer:
    return Answer(body, content_type="application/zip", **options)


@pytest.mark.parametrize("kind", [str, None])
async def test_download_to_a_path(server: Server, api: API, tmp_path: Path, kind: Any) -> None:
    """A download appears under its name when it is complete, and its size is returned."""
    server.queue.append(_bundle())
    path = tmp_path / "bundle.zip"
    assert await api.download(_routes.SUPPORT_BUNDLE, str(path) if kind else path) == 7
    assert path.read_bytes() == b"PK data"
    assert names(tmp_path) == ["bundle.zip"]
    assert server.request.target == "/rest/debug/support"
    assert api.daemon_id == DAEMON_ID


async def test_download_to_a_file_object(server: Server, api: API) -> None:
    """A file object gets the bytes and stays open."""
    server.queue.extend([_bundle(), _bundle(b"")])
    file = io.BytesIO()
    assert await api.download(_routes.CPU_PROFILE, file, params={"duration": "1s"}) == 7
    assert await api.download(_routes.CPU_PROFILE, file) == 0
    assert file.getvalue() == b"PK data"
    assert server.requests[0].target == "/rest/debug/cpuprof?duration=1s"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda: as_text("Debugging disabled", 403), NotFoundError),
        (lambda: _bundle(b"x" * 999, keep=500), ConnectionFailedError),
        (lambda: _bundle(b"x" * 999, pause=500, resume=asyncio.Event()), RequestTimeoutError),
        (lambda: Answer(b"<html>", content_type="text/html", syncthing=False), NotSyncthingError),
    ],
)
async def test_a_failed_download_leaves_nothing(
    server: Server, api: API, tmp_path: Path, answer: Callable[[], Answer], kind: type[Exception]
) -> None:
    """When the answer isn't the file, or not all of it, there is no file, and an older one stays."""
    server.queue.append(answer())
    path = tmp_path / "bundle.zip"
    path.write_bytes(b"old")
    before = open_files()
    with pytest.raises(kind) as caught:
        await api.download(_routes.SUPPORT_BUNDLE, path, timeout=SHORT)
    assert caught.value.__cause__ is not caught.value
    assert names(tmp_path) == ["bundle.zip"]
    assert path.read_bytes() == b"old"
    assert open_files() == before


async def test_a_cancelled_download_leaves_nothing(server: Server, api: API, tmp_path: Path) -> None:
    """Cancelled in the middle of the answer: no file, nothing open, and the connection is closed."""
    event = asyncio.Event()
    server.queue.append(_bundle(b"x" * (1 << 20), pause=1 << 19, resume=event))
    before = open_files()
    task = asyncio.create_task(api.download(_routes.SUPPORT_BUNDLE, tmp_path / "bundle.zip"))
    while not size_of_all(tmp_path):
        await asyncio.wait([task], timeout=0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert names(tmp_path) == []
    assert open_files() == before
    event.set()  # the server notices when it writes
    await server.until(lambda: server.open == 0)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), TimeoutError(110, "Connection timed out")])
async def test_a_file_that_can_not_be_written(server: Server, api: API, error: OSError) -> None:
    """What goes wrong with the file is its own error, also a kind that requests know; the connection is released."""
    server.queue.append(_bundle(b"x" * (1 << 20)))

    class Full(io.RawIOBase):
        def write(self, _: Any) -> int:
            raise error

    with pytest.raises(OSError, match=error.strerror) as caught:
        await api.download(_routes.SUPPORT_BUNDLE, Full())  # type: ignore[arg-type] # what open(..., buffering=0) gives
    assert type(caught.value) is type(error)
    await server.until(lambda: server.open == 0)


async def test_a_folder_that_does_not_exist(server: Server, api: API, tmp_path: Path) -> None:
    """A path that can't be written to is noticed before the daemon begins to compute."""
    with pytest.raises(FileNotFoundError):
        await api.download(_routes.SUPPORT_BUNDLE, tmp_path / "missing" / "bundle.zip")
    assert not server.requests


async def test_a_download_is_never_held_whole() -> None:
    """200 MB pass through without being held: they are written in pieces as they come."""
    size, block = 200 * 1000 * 1000, bytes(100_000)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEADERS + b"Content-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(block)):
            writer.write(block)
            await writer.drain()

    class Counter:
        def __init__(self) -> None:
            self.longest = 0

        def write(self, chunk: bytes) -> None:
            self.longest = max(self.longest, len(chunk))

    counter: Any = Counter()
    async with listening(serve) as port:
        api = API(KEY, f"http://127.0.0.1:{port}")
        tracemalloc.start()
        try:
            assert await api.download(_routes.SUPPORT_BUNDLE, counter, timeout=math.inf) == size
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        await api.close()
    assert counter.longest <= 1 << 16
    assert peak < 5_000_000
