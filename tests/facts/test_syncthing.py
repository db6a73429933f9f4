"""`Syncthing`, and what all public methods have in common."""

import asyncio
import inspect
import math
import re
import ssl
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aiosyncthing import API, Daemon, Syncthing, fetch_fingerprint
from aiosyncthing.exceptions import (
    BadRequestError,
    DiscoveryError,
    FingerprintMismatchError,
    PingError,
    RequestTimeoutError,
    ServerError,
    TLSError,
    WaitTimeoutError,
)
from aiosyncthing.tls import CertificateFile, Fingerprint
from pytest_syncthing import FakeFolder, FakeSyncthing
from tests.support.calls import CALLS, KEY, NAMESPACES, Call, calls, check, public_methods, refused, results
from tests.support.handshakes import Identity
from tests.support.homes import config, make_home
from tests.support.server import PONG, Server, as_json, as_text

# These send no request, or many, and have their own tests.
NO_CALLS = {
    *("at_rest", "check", "close", "config.backup", "config.edit", "database.edit_ignores", "events.listen"),
    *("folder.restore_at", "paused", "resume", "wait_in_sync", "wait_ready"),
}
# For these it is the time that the daemon waits for events, as in Syncthing's own API.
TIMEOUT_OF_DAEMON = {"events.poll", "events.disk"}


@pytest.mark.parametrize("call", calls(""), ids=str)
async def test_a_call_is_one_request(call: Call) -> None:
    """Each method of the entry sends exactly its request, and returns the answer."""
    await check(call)


def test_the_database_has_two_names() -> None:
    """`db`, the name in the REST API, is `database`."""
    client = Syncthing(KEY)
    assert client.db is client.database


def test_the_requests_of_every_method_are_tested() -> None:
    """Each public method has a call in the table."""
    missing = sorted(public_methods().keys() - NO_CALLS - {call.name for call in CALLS})
    assert not missing, (
        "add calls of these methods, with the requests they send, to tests/support/calls.py; "
        "those that send many, such as waits, have tests of their own and belong in NO_CALLS here"
    )


@pytest.mark.parametrize("name", sorted(public_methods().keys() - NO_CALLS))
def test_every_method_takes_a_time_out(name: str) -> None:
    """Each method that sends requests accepts `timeout` as a keyword, and documents it."""
    method = public_methods()[name]
    parameters = inspect.signature(method).parameters
    keywords = [each.name for each in parameters.values() if each.kind is inspect.Parameter.KEYWORD_ONLY]
    assert "timeout" in keywords, (
        f"give {name} the argument timeout, after a *; a method that sends no request, or many, such as a wait, "
        "belongs in NO_CALLS here, and needs tests of its own"
    )
    parameter = parameters["timeout"]
    if name in TIMEOUT_OF_DAEMON:
        assert (parameter.annotation, parameter.default) == ("int", 60)
    else:
        assert (parameter.annotation, parameter.default) == ("float | None", None)
    described = re.search(r"timeout: .*\bseconds\b", inspect.getdoc(method) or "")
    assert described, f"describe timeout, in seconds, under Args: in the docstring of {name}"


@pytest.mark.parametrize("name", sorted(public_methods()))
def test_every_method_is_documented(name: str) -> None:
    """Each method's docstring names each of its arguments."""
    doc = inspect.getdoc(public_methods()[name])
    assert doc
    for parameter in inspect.signature(public_methods()[name]).parameters:
        assert f"{parameter}: " in doc, f"describe {parameter} under Args: in the docstring of {name}"


@pytest.mark.parametrize("call", [call for call in CALLS if call.name not in TIMEOUT_OF_DAEMON], ids=str)
async def test_the_time_out_reaches_every_request(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method's time-out holds for each of its requests."""
    timeout = 7.5
    limits: list[float | None] = []
    for name in ("raw_request", "download"):
        monkeypatch.setattr(API, name, noting(getattr(API, name), limits))
    async with (
        Server(*(answer for _, answer in call.before), call.answer) as server,
        Syncthing(KEY, server.url) as client,
    ):
        assert await results(client, call, timeout=timeout) == call.result
    if call.options.get("wait") is False:
        assert 0.25 <= (limits.pop() or 0) < math.inf  # the daemon has accepted it by then
        assert len(limits) == len(call.requests) - 1
        assert set(limits) == {timeout}
    else:
        assert limits == [timeout] * len(call.requests)


def noting(method: Callable[..., Any], limits: list[float | None]) -> Callable[..., Any]:
    """Return a method that records its time-out and calls another."""

    async def note(*args: Any, **options: Any) -> Any:
        limits.append(options.get("timeout"))
        return await method(*args, **options)

    return note


async def test_no_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """An infinite time-out reaches the request as such."""
    limits: list[float | None] = []
    monkeypatch.setattr(API, "raw_request", noting(API.raw_request, limits))
    async with Server(as_json({})) as server, Syncthing(KEY, server.url) as client:
        await client.system.status(timeout=math.inf)
    assert limits == [math.inf]


async def test_a_time_out_given_to_a_method_ends_it() -> None:
    """A method's time-out replaces the client's."""
    never = as_json({}, after=asyncio.Event())
    async with Server(answer=never) as server, Syncthing(KEY, server.url, timeout=None) as client:
        with pytest.raises(RequestTimeoutError):
            await client.system.status(timeout=0.05)


@pytest.mark.parametrize("limit", ["10", math.nan])
async def test_what_is_no_time_limit(limit: Any) -> None:
    """It is refused by whatever takes one, before anything is sent."""
    async with Server() as server, Syncthing(KEY, server.url) as client:
        for call in {call.name: call for call in CALLS if call.name not in TIMEOUT_OF_DAEMON}.values():
            with pytest.raises(PingError if call.name == "system.ping" else BadRequestError, match="timeout must be"):
                await results(client, call, timeout=limit)
        pause, rest = client.paused(timeout=limit), client.at_rest("docs", timeout=limit)
        live = client.watch()
        for use in (
            client.wait_ready(limit),
            client.wait_in_sync(timeout=limit),
            client.wait_in_sync(stable_for=limit),
            client.check(timeout=limit),
            client.folder.restore_at("docs", datetime.now(UTC), timeout=limit),
            client.resume({"daemon": "", "folders": ["docs"], "devices": []}, timeout=limit),
            client.config.backup(timeout=limit),
            client.config.edit(timeout=limit).__aenter__(),
            client.database.edit_ignores("docs", timeout=limit).__aenter__(),
            pause.__aenter__(),
            rest.__aenter__(),
            live.until(lambda _: False, limit),
            fetch_fingerprint(server.url.replace("http", "https"), timeout=limit),
        ):
            with pytest.raises(BadRequestError, match="must be a number of seconds"):
                await use
        assert server.connections == 0
    for option in ("start_timeout", "stop_timeout"):
        with pytest.raises(BadRequestError, match=f"{option} must be a number of seconds"):
            Daemon(**{option: limit})


async def test_waits_whose_time_is_up(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """A limit that is over already, such as the time left until some other one, ends a wait at once."""
    async with fake.client() as client, client.watch() as live:
        for wait in (
            client.wait_ready(-1),
            client.wait_in_sync(docs.id, stable_for=60, timeout=-1),
            client.at_rest(docs.id, timeout=-1).__aenter__(),
            live.until(lambda _: False, -1),
        ):
            with pytest.raises(WaitTimeoutError):
                await wait
        await live.until(lambda _: True, -1)


def test_arguments_are_those_of_the_api() -> None:
    """`Syncthing` and `API` have the same arguments, first those of version 0."""
    ours, api = (list(inspect.signature(kind).parameters.values()) for kind in (Syncthing, API))
    assert [(p.name, p.default, p.kind) for p in ours] == [(p.name, p.default, p.kind) for p in api]
    assert [p.name for p in ours[:6]] == ["api_key", "url", "timeout", "verify_ssl", "loop", "session"]
    assert {p.name for p in ours[6:]} == {"tls", "max_response_size", "direct"}


def test_url_and_repr() -> None:
    """`url` is the URL as given; the reprs of the client and of its namespaces have it without user and password."""
    client = Syncthing(KEY, "https://user:password@host:1/base/")
    assert client.url == "https://user:password@host:1/base/"
    assert repr(client) == "<Syncthing of <API 'https://host:1/base/'>>"
    assert repr(client.database) == "<Database of <API 'https://host:1/base/'>>"


def test_the_repr_of_a_client_whose_arguments_were_refused() -> None:
    """What a debugger shows of a client that was never completed is no error of its own."""
    assert repr(Syncthing.__new__(Syncthing)).startswith("<aiosyncthing.")


async def test_waits_and_the_mirror_are_of_the_same_daemon(fake: FakeSyncthing, docs: FakeFolder) -> None:
    """`wait_ready`, `wait_in_sync`, `watch`, `paused`, `resume` and `at_rest` ask the daemon that the client is for."""
    async with fake.client() as client:
        await client.wait_ready(timeout=10)
        await client.wait_in_sync(timeout=10)
        async with client.watch() as live:
            assert list(live.folders) == [docs.id]
        async with client.at_rest(docs.id) as path:
            assert path == docs.config["path"]
        pause = client.paused(docs.id)
        await pause.__aenter__()
        assert docs.config["paused"]
        assert (await client.resume(pause.state))["folders"] == [docs.id]


def test_namespaces_share_one_api() -> None:
    """Each namespace is a single object from the module of its name, and all use the same `API`."""
    client = Syncthing(KEY)
    for name in NAMESPACES:
        namespace = getattr(client, name)
        assert getattr(client, name) is namespace
        assert type(namespace).__module__ == f"aiosyncthing.{name}"
        assert namespace._api is client.api


async def test_an_error_passes_the_context_manager() -> None:
    """An exception in the block is not suppressed."""
    with pytest.raises(KeyError):
        async with Syncthing(KEY):
            raise KeyError


@pytest.mark.parametrize("text", ["", None, 5])
async def test_a_qr_code_needs_a_text(text: Any) -> None:
    """An empty text is refused."""
    await refused("qr_code", text)


async def test_a_text_too_long_for_a_qr_code() -> None:
    """The daemon's refusal is an error."""
    async with Server(as_text("Invalid", 500)) as server, Syncthing(KEY, server.url) as client:
        with pytest.raises(ServerError, match="Invalid"):
            await client.qr_code("x" * 5000)


def server_context(identity: Identity) -> ssl.SSLContext:
    """Return the TLS context of a server with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    return context


async def test_the_local_daemon(tmp_path: Path) -> None:
    """The client has the address and key of the daemon on this computer, and the given options."""
    async with Server(PONG) as server:
        make_home(tmp_path, config(server.url.removeprefix("http://"), key=KEY))
        async with await asyncio.to_thread(Syncthing.local, tmp_path, timeout=7.5) as client:
            assert (client.url, client.api.timeout) == (server.url, 7.5)
            await client.system.ping()
    assert server.requests[0].header("X-API-Key") == KEY


async def test_the_certificate_of_the_local_daemon_is_pinned(tmp_path: Path) -> None:
    """Only the certificate in its home is trusted, unless the arguments say otherwise."""
    identity = Identity(tmp_path / "home")
    stranger = Identity(tmp_path / "stranger")
    shown = server_context(identity)
    async with Server(answer=PONG, tls=shown) as server:
        make_home(tmp_path / "home", config(server.url.partition("://")[2], tls=True, key=KEY))
        local = partial(asyncio.to_thread, Syncthing.local, tmp_path / "home")
        async with await local() as pinned:
            await pinned.api.request("rest/system/ping")
        async with (
            await local() as pinned,
            await local(tls=CertificateFile(stranger.certificate)) as other,
            await local(verify_ssl=False) as trusting,
        ):
            with pytest.raises(FingerprintMismatchError):
                await other.api.request("rest/system/ping")
            before = len(server.requests)
            shown.load_cert_chain(stranger.certificate, stranger.key)  # from now on
            with pytest.raises(FingerprintMismatchError):
                await pinned.api.request("rest/system/ping")
            with pytest.raises(DiscoveryError, match="another Syncthing"):
                await local()
            assert len(server.requests) == before
            await other.api.request("rest/system/ping")
            await trusting.api.request("rest/system/ping")


async def test_a_local_daemon_without_a_certificate(tmp_path: Path) -> None:
    """If the home has no certificate, verification is as usual."""
    identity = Identity(tmp_path)
    async with Server(tls=server_context(identity)) as server:
        make_home(tmp_path, config(server.url.partition("://")[2], tls=True, key=KEY))
        identity.certificate.unlink()
        async with await asyncio.to_thread(Syncthing.local, tmp_path) as client:
            with pytest.raises(TLSError):
                await client.system.status()
    assert server.requests == []


def test_arguments_that_contradict_the_local_daemon(tmp_path: Path) -> None:
    """Arguments without effect are refused, without showing the key, which the caller has never seen."""
    make_home(tmp_path, config(key=KEY))
    with pytest.raises(BadRequestError, match="tls has no effect") as refused:
        Syncthing.local(tmp_path, tls=Fingerprint("00" * 32))
    shown = traceback.TracebackException.from_exception(refused.value, capture_locals=True)
    frames = [frame for frame in shown.stack if frame.filename != __file__]
    assert frames
    assert KEY not in "".join(traceback.StackSummary.from_list(frames).format())


def test_no_local_daemon(tmp_path: Path) -> None:
    """The error says why none was found."""
    with pytest.raises(DiscoveryError, match="does not exist"):
        Syncthing.local(tmp_path)


def test_a_subclass_for_the_local_daemon(tmp_path: Path) -> None:
    """`local` of a subclass returns an instance of that."""

    class Own(Syncthing):
        pass

    make_home(tmp_path)
    assert type(Own.local(tmp_path)) is Own
