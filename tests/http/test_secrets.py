"""The API key and the password of a URL appear in no error, traceback, repr or log."""

import asyncio
import base64
import gc
import html
import inspect
import io
import json
import logging
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest.mock import patch
from urllib.parse import quote, quote_plus

import aiohttp
import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from aiosyncthing import API, CertificateFile, Fingerprint, Syncthing, _routes
from aiosyncthing._http.secrets import Secrets
from aiosyncthing.exceptions import BadRequestError, FingerprintMismatchError, PingError, SyncthingError
from tests.support.broken import BROKEN, Broken
from tests.support.logs import recorded
from tests.support.peers import Identity, short_folder
from tests.support.server import KEY, PONG, Answer, Server, as_json, as_text

PASSWORD: Final = "a-password-that-must-not-show"
SECRETS: Final = (
    KEY,
    PASSWORD,
    base64.b64encode(KEY.encode()).decode(),
    base64.b64encode(f"user:{PASSWORD}".encode()).decode(),
)


def secrets_in(text: str) -> list[str]:
    """Return the secrets in a text."""
    return [secret for secret in SECRETS if secret in text]


def links(error: BaseException) -> Iterator[BaseException]:
    """Yield an error with its causes and contexts."""
    todo: list[BaseException | None] = [error]
    seen: list[BaseException] = []
    while todo:
        link = todo.pop()
        if link is not None and not any(link is other for other in seen):
            seen.append(link)
            todo += [link.__cause__, link.__context__]
            yield link


def texts(value: Any, depth: int = 6) -> Iterator[str]:
    """Yield all texts reachable from a value."""
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, (bytes, bytearray)):
        yield bytes(value).decode("latin-1")
    else:
        yield repr(value)
        if depth:
            inside: Iterable[Any] = getattr(value, "__dict__", {}).values()
            if isinstance(value, Mapping):
                inside = [*value.keys(), *value.values()]
            elif isinstance(value, (list, tuple, set, frozenset)):
                inside = value
            for part in inside:
                yield from texts(part, depth - 1)


def shown_by(error: BaseException) -> str:
    """Return everything that an error shows or refers to."""
    # Some loggers and error trackers print the variables of all frames.
    found = list(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    for link in links(error):
        found += [str(link), repr(link)]
        found += traceback.TracebackException.from_exception(link, capture_locals=True, compact=False).format()
        found += texts(link.args)
        found += texts(vars(link))
    return "\n".join(found)


async def _ping(client: Syncthing, _: float | None) -> None:
    await client.system.ping()


async def _raw(client: Syncthing, _: float | None) -> None:
    await client.api.raw_request("rest/system/ping", data={}, method="POST")


async def _download(client: Syncthing, timeout: float | None) -> None:
    await client.api.download(_routes.SUPPORT_BUNDLE, io.BytesIO(), timeout=timeout)


async def _listen(client: Syncthing, _: float | None) -> None:
    async for _ in client.events.listen():
        pass


SENDERS: Final = (_ping, _raw, _download, _listen)


def _with_password(url: str) -> str:
    return url.replace("://", f"://user:{PASSWORD}@")


@pytest.mark.parametrize("broken", BROKEN, ids=str)
async def test_errors(broken: Broken) -> None:
    """No error shows a secret: in its text, its attributes, its causes, or the variables of its frames."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    async with broken.place() as place:
        loop.slow_callback_duration = 0  # log every callback
        for send in SENDERS:
            if (broken.json and send is _download) or (broken.builtin is TimeoutError and send is _listen):
                continue  # these succeed
            with recorded() as records:
                client = Syncthing(KEY, _with_password(place.url), **place.options)
                if place.closed:
                    await client.close()
                with pytest.raises(Exception) as caught:  # noqa: PT011 - `raw_request` raises what aiohttp does
                    await send(client, place.options.get("timeout"))
                await client.close()
            assert isinstance(caught.value, PingError if send is _ping else SyncthingError) or send is _raw
            assert secrets_in(shown_by(caught.value)) == [], send
            check_logs(records)
        loop.slow_callback_duration = 10


def check_logs(records: list[logging.LogRecord]) -> None:
    """Check that no record shows a secret."""
    for record in records:
        assert secrets_in(logging.Formatter().format(record) + repr(record.args)) == []


async def test_logs_of_successful_requests(tmp_path: Path) -> None:
    """Nothing that aiohttp or asyncio's debug mode logs shows a secret: over TCP, or a Unix socket with a pin."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    file = tmp_path / "https-cert.pem"
    file.write_bytes(Identity().pem)
    identity = Identity()
    with short_folder() as folder, recorded() as records:
        loop.slow_callback_duration = 0  # log every callback
        async with (
            Server(answer=PONG) as server,
            Server(answer=PONG, path=folder / "gui.sock", tls=identity.context) as renewed,
            Syncthing(KEY, _with_password(server.url)) as client,
            Syncthing(KEY, _with_password(renewed.url), tls=CertificateFile(file)) as pinning,
        ):
            with pytest.raises(FingerprintMismatchError) as caught:
                await pinning.api.request("rest/system/ping", data={}, method="POST")
            assert secrets_in(shown_by(caught.value)) == []
            file.write_bytes(identity.pem)
            for one in (client, pinning):
                await one.system.ping()
                await one.api.request("rest/system/ping", data={}, method="POST")
                assert secrets_in(repr(one) + repr(one.api)) == []
        loop.slow_callback_duration = 10
    for request in (*server.requests, *renewed.requests):
        assert request.header("X-API-Key") == KEY
        assert request.header("Authorization") is not None
    assert {"asyncio", "aiosyncthing.api"} <= {record.name for record in records}
    check_logs(records)


def test_reprs() -> None:
    """The repr of a client and of each of its parts shows the URL, but no secret."""
    client = Syncthing(KEY, _with_password("http://nas:8384/path"))
    parts = [client] + [
        getattr(client, name)
        for name, value in inspect.getmembers(Syncthing, lambda value: isinstance(value, property))
        if value is not None and name != "url"
    ]
    assert len(parts) > 10
    for part in parts:
        assert "http://nas:8384/path" in repr(part)
        assert secrets_in(repr(part)) == []
        variables = {name: value for name, value in vars(part).items() if name != "_url"}
        assert secrets_in(repr(variables)) == []


async def test_a_task_that_was_never_awaited() -> None:
    """The report of asyncio about its exception shows no secret."""
    async with Server(as_text("CSRF Error", 403)) as server, Syncthing(KEY, _with_password(server.url)) as client:
        task = asyncio.ensure_future(client.system.status())
        await asyncio.wait([task])
        with recorded() as records:
            del task
            gc.collect()
    (record,) = (record for record in records if record.name == "asyncio")
    assert "never retrieved" in record.getMessage()
    assert secrets_in(record.getMessage()) == []
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], SyncthingError)
    assert secrets_in(shown_by(record.exc_info[1])) == []


ECHO: Final = f"X-API-Key: {KEY} Authorization: Basic {SECRETS[3]} {PASSWORD}"
ECHOING: Final = {
    "body": Answer(ECHO.encode(), 200, "text/html", syncthing=False),
    "content type": Answer(b"x", 200, f"text/{KEY}; {SECRETS[3]}", syncthing=False),
    "content type of an error": Answer(b"<html>", 502, f"text/html; {ECHO}", syncthing=False),
    "content encoding": Answer(b"x", 200, "application/json", {"Content-Encoding": KEY}),
    "location": Answer(b"", 302, headers={"Location": f"https://{KEY}/{PASSWORD}"}),
    "version": as_text("404 page not found", 404, headers={"X-Syncthing-Version": KEY}),
    "any header": as_text("no", 500, headers={"X-Echo": ECHO, KEY: "x"}),
    "reason": Answer(raw=f"HTTP/1.1 500 {ECHO}\r\nContent-Length: 0\r\n\r\n".encode()),
    "status line": Answer(raw=f"HTTP/1.1 {ECHO}\r\n\r\n".encode()),
    "no HTTP": Answer(raw=ECHO.encode() + b"\r\n\r\n"),
    "bad header": Answer(raw=f"HTTP/1.1 200 OK\r\n{ECHO}\x01\x00\r\n\r\n".encode()),
    "half a head": Answer(raw=f"HTTP/1.1 200 OK\r\nX-Echo: {ECHO}".encode()),
    "half a body": as_json({"echo": ECHO}, keep=330),
    "half of a chunk": Answer(
        raw=f"HTTP/1.1 200 OK\r\nX-Syncthing-Id: x\r\nTransfer-Encoding: chunked\r\n\r\n99\r\n{ECHO}".encode()
    ),
    "size of a chunk": Answer(
        raw=f"HTTP/1.1 200 OK\r\nX-Syncthing-Id: x\r\nTransfer-Encoding: chunked\r\n\r\n{ECHO}\r\n".encode()
    ),
    "bad JSON": Answer(ECHO.encode(), 200, "application/json"),
    "wrong JSON": as_json(ECHO),
    "at the end of what is quoted": Answer(b"x" * 990 + ECHO.encode(), 500, "text/plain"),
    "at the end of what is read": Answer(b"x" * ((1 << 15) - 40) + ECHO.encode(), 500, "text/plain"),
    "too large": as_json([ECHO] * 1000),
}


@pytest.mark.parametrize("where", ECHOING)
async def test_a_server_that_echoes(where: str) -> None:
    """Wherever a server echoes the request, no error shows it, nor does a variable of its frames."""
    async with Server(answer=ECHOING[where]) as server:
        for send in SENDERS:
            client = Syncthing(KEY, _with_password(server.url), max_response_size=20_000)
            shown = ""
            try:
                await send(client, 5)
            except Exception as error:  # noqa: BLE001 - not all of these fail
                shown = shown_by(error)
            await client.close()
            assert secrets_in(shown) == [], send
            assert KEY[:10] not in shown, send  # the beginning of what was cut in the middle


@pytest.mark.parametrize("genuine", [True, False])
async def test_every_status_of_a_server_that_echoes(genuine: bool) -> None:
    """No status leads to a message with a secret, whatever headers and body come with it."""
    headers = dict.fromkeys(("Location", "Retry-After", "X-Echo", "Server", "WWW-Authenticate"), KEY)
    if genuine:
        headers["X-Syncthing-Id"] = KEY
    bodies = [b"", ECHO.encode(), f'{{"error": "{ECHO}"}}'.encode(), f"<html>{ECHO}".encode(), b"404 page not found\n"]
    kinds = ["", KEY, f"application/json; {KEY}", f"text/html; {KEY}", "text/plain"]
    for status in (300, 302, 400, 401, 403, 404, 405, 408, 413, 421, 429, 431, 499, 500, 502, 503, 525):
        answers = [Answer(*each, headers, syncthing=False) for each in zip(bodies, [status] * 5, kinds, strict=True)]
        async with Server(*answers) as server, Syncthing(KEY, _with_password(server.url)) as client:
            for number in range(len(answers)):
                with pytest.raises(SyncthingError) as caught:
                    await (client.system.status() if number % 2 else client.noauth.login("user", PASSWORD))
                for link in links(caught.value):
                    shown = "\n".join([str(link), repr(link), *texts(link.args), *texts(vars(link))])
                    assert secrets_in(shown) == [], status


@pytest.mark.parametrize(
    "write",
    [
        str,
        lambda key: quote(key, safe=""),
        lambda key: quote(key, safe="").lower(),
        quote_plus,
        json.dumps,
        lambda key: json.dumps(key).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
        html.escape,
        lambda key: html.escape(key).replace("&quot;", "&#34;").replace("&#x27;", "&#39;").replace("+", "&#43;"),
        lambda key: base64.b64encode(key.encode()).decode(),
        lambda key: base64.b64encode(f"X-API-Key: {key}\r\n".encode()).decode(),
        lambda key: base64.urlsafe_b64encode(f"user:{key}!".encode()).decode(),
        lambda key: base64.b64encode(f"ab{key}".encode()).decode().rstrip("="),
        lambda key: key.encode().hex(),
        str.upper,
    ],
)
@pytest.mark.parametrize("key", [KEY, "a\"b'c<d>e&f/g+h i%j\\k=l~", "~~~???>>>ooo", "0123456789abcdef"])
def test_forms_of_a_secret(key: str, write: Callable[[str], str]) -> None:
    """A secret is found as it is, and as servers may escape or encode it."""
    masked = Secrets([key]).mask(f"<b>{write(key)}</b>")
    assert "***" in masked
    assert len(masked) < len("<b>***</b>") + 30
    for form in (key, quote(key, safe=""), base64.b64encode(key.encode()).decode()[1:-4], key.encode().hex()):
        assert form.lower() not in masked.lower()


def test_ordinary_words_are_no_secrets() -> None:
    """A short key may be part of any text, so it isn't masked, and without secrets nothing is."""
    for secrets in (Secrets([]), Secrets(["key", ""])):
        assert secrets.mask("the API key") == "the API key"
    assert Secrets([KEY]).mask("the API key") == "the API key"
    assert KEY not in repr(Secrets([KEY])) + repr(vars(Secrets([KEY])))


def test_everything_in_an_error_is_cleaned() -> None:
    """All arguments and attributes of an error, its causes and contexts are masked, and keep their type."""

    class Head(NamedTuple):
        text: str
        number: int

    class OddError(Exception):
        pass

    error = OddError(KEY, KEY.encode(), 7, [KEY, (KEY, None)], Head(KEY, 1), {"x": KEY}, URL("http://nas"))
    error.headers = CIMultiDictProxy(CIMultiDict({"x-echo": KEY, KEY: "y"}))  # type: ignore[attr-defined]
    error.__cause__ = ValueError(KEY)
    error.__context__ = OSError(5, KEY)
    error.__cause__.__context__ = error  # even in a circle
    Secrets([KEY]).clean(error)
    assert error.args == ("***", b"***", 7, ["***", ("***", None)], Head("***", 1), "{'x': '***'}", URL("http://nas"))
    assert dict(error.headers) == {"x-echo": "***", "***": "y"}  # type: ignore[attr-defined]
    assert error.__cause__.args == ("***",)
    assert error.__context__.args == (5, "***")


async def test_a_malformed_url() -> None:
    """Errors about the URL itself don't show its password, nor do their causes."""
    for host in ("[::1", "127.0.0.1:99999", "", "h\u2100st"):
        async with Syncthing(KEY, f"http://user:{PASSWORD}@{host}") as client:
            with pytest.raises(SyncthingError) as caught:
                await client.system.status()
        assert secrets_in(shown_by(caught.value)) == []


async def test_these_tests_find_secrets() -> None:
    """They do where a program shows one."""
    headers = {"X-API-Key": KEY}
    async with Server(Answer(raw=b"SSH\r\n")) as server, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientResponseError) as caught:
            await session.get(server.url, headers=headers)
    assert KEY in shown_by(caught.value)
    with patch.object(API, "__repr__", lambda self: "".join(self._access.headers.values())):
        assert KEY in repr(Syncthing(KEY))


@pytest.mark.parametrize("kind", [API, Syncthing])
def test_a_constructor_that_raises(kind: Any) -> None:
    """The variables of its frames, which some loggers show, hold neither key nor password."""
    with pytest.raises(BadRequestError) as caught:
        kind(KEY, _with_password("http://nas"), tls=Fingerprint("ab" * 32))
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack[1:]
    assert frames
    assert secrets_in("".join(traceback.StackSummary.from_list(frames).format())) == []
