"""Whom a client trusts: what the arguments mean, and that nothing is sent to anybody else."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from aiosyncthing import API, CertificateFile, Fingerprint, Syncthing, _routes
from aiosyncthing._http.place import locate
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    FingerprintMismatchError,
    RequestTimeoutError,
    TLSError,
)
from aiosyncthing.tls import contexts as _contexts
from aiosyncthing.tls.trust import Trust, choose
from tests.support.peers import Identity, overhearing, tunnelling
from tests.support.server import Server, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY: Final = "a-key-that-nobody-may-see"
PONG: Final = {"ping": "pong"}
SECURE: Final = locate("https://127.0.0.1")
SOCKET: Final = locate("unixs:///run/gui.sock")
PIN: Final = Fingerprint("ab" * 32)


def serving(identity: Identity) -> Server:
    """Return a server with that certificate that answers everything."""
    return Server(answer=lambda _: as_json(PONG), tls=identity.context)


async def ping(url: str, tls: Any, **options: Any) -> Any:
    """Ask with a client of its own."""
    api = API(KEY, url, tls=tls, **options)
    try:
        return await api.request("rest/system/ping")
    finally:
        await api.close()


def replace(path: Path, identity: Identity) -> None:
    """Write a certificate to a file."""
    path.write_bytes(identity.pem)


# --- What the arguments mean ---


@pytest.mark.parametrize("verify", [True, False])
def test_without_tls_it_is_as_it_was(verify: bool) -> None:
    """Without `tls`, aiohttp is told what `verify_ssl` says, also where there is no TLS."""
    for place in (SECURE, locate("http://127.0.0.1"), locate("unix:///run/gui.sock"), locate("")):
        assert choose(None, verify, place).settled is verify
        assert choose(False, verify, place).settled is False


@pytest.mark.parametrize(
    ("tls", "verify", "mode"), [(None, True, "REQUIRED"), (None, False, "NONE"), (False, True, "NONE")]
)
async def test_tls_through_a_socket_always_has_a_context(tls: Any, verify: bool, mode: str) -> None:
    """For TLS through a socket, where aiohttp makes no context, one is made that checks what it should."""
    trust = choose(tls, verify, SOCKET)
    assert trust.settled is None
    context = await trust.context(None)
    assert context.verify_mode is ssl.VerifyMode[f"CERT_{mode}"]
    assert context.check_hostname == (mode == "REQUIRED")


def test_a_context_is_used_as_it_is() -> None:
    """A context is passed on."""
    context = ssl.create_default_context()
    for place in (SECURE, SOCKET):
        assert choose(context, True, place).settled is context


@pytest.mark.parametrize(
    "tls", [PIN, CertificateFile("x"), "ca.pem", ssl.create_default_context()], ids=lambda tls: type(tls).__name__
)
async def test_contradictions(tls: Any) -> None:
    """`tls` and ``verify_ssl=False`` contradict each other, and without TLS there is no certificate to check.

    Where the URL can't be right either, that is what the first request reports.
    """
    for kind in (API, Syncthing):
        with pytest.raises(BadRequestError, match="verify_ssl=False"):
            kind(KEY, "https://127.0.0.1", verify_ssl=False, tls=tls)
        for url in ("http://127.0.0.1", "unix:///run/gui.sock"):
            with pytest.raises(BadRequestError, match="https://") as caught:
                kind(KEY, url, tls=tls)
            assert isinstance(caught.value, ValueError)
    for url in ("127.0.0.1:8384", ""):
        client = API(KEY, url, tls=tls)
        with pytest.raises(BadRequestError, match="https://"):
            await client.request("rest/system/ping")
    for kind in (API, Syncthing):
        kind(KEY, "HTTPS://127.0.0.1", tls=tls)
        kind(KEY, "unixs:///run/gui.sock", tls=tls)
    API(KEY, "https://127.0.0.1", verify_ssl=False, tls=False)


@pytest.mark.parametrize(
    "tls", [True, 1, 0, "", b"ca.pem", object(), aiohttp.Fingerprint(bytes(32))], ids=lambda tls: type(tls).__name__
)
def test_what_it_can_not_be(tls: Any) -> None:
    """Anything else is refused, with a list of what it may be."""
    with pytest.raises(BadRequestError, match="tls must be a Fingerprint, a CertificateFile, the path"):
        choose(tls, True, SECURE)


def test_a_fingerprint_as_a_text() -> None:
    """A fingerprint that is only a text is not taken for the path of a file."""
    with pytest.raises(BadRequestError, match=r"Fingerprint\(\.\.\.\)"):
        choose(str(PIN), True, SECURE)


# --- Whom they let pass ---


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """The file of an authority that has signed all certificates here."""
    path = tmp_path / "ca.pem"
    Identity.write_authority(path)
    return path


async def test_who_passes(authority: Path, tmp_path: Path) -> None:
    """A daemon with the right certificate is talked to, by whatever it is known."""
    identity = Identity("127.0.0.1")
    replace(tmp_path / "https-cert.pem", identity)
    context = ssl.create_default_context(cafile=authority)
    async with serving(identity) as server:
        for tls in (
            identity.fingerprint,
            CertificateFile(tmp_path / "https-cert.pem"),
            authority,
            str(authority),
            context,
            False,
        ):
            assert await ping(server.url, tls) == PONG
        assert {request.header("X-API-Key") for request in server.requests} == {KEY}


async def _request(api: API) -> None:
    await api.request("rest/config/options", data={"a": "secret"}, method="PATCH")


async def _raw(api: API) -> None:
    await api.raw_request("rest/system/status")


@pytest.mark.parametrize("send", [_request, _raw])
@pytest.mark.parametrize("borrowed", [False, True])
async def test_nobody_else_gets_anything(
    authority: Path, tmp_path: Path, send: Callable[[API], Any], borrowed: bool
) -> None:
    """A man in the middle with another certificate is sent nothing: no key, and nothing else of a request."""
    expected = Identity("127.0.0.1")
    replace(tmp_path / "https-cert.pem", expected)
    ways: list[Any] = [expected.fingerprint, CertificateFile(tmp_path / "https-cert.pem"), authority, None]
    async with overhearing(Identity("127.0.0.2")) as other, aiohttp.ClientSession() as session:
        for tls in [*ways, ssl.create_default_context(cafile=authority)]:
            api = API(KEY, other.url, session=session if borrowed else None, tls=tls)
            for _ in range(2):
                with pytest.raises(TLSError) as caught:
                    await send(api) if tls in ways[:2] else await api.request("rest/system/ping")
                assert isinstance(caught.value, FingerprintMismatchError) == (tls in ways[:2])
            await api.close()
    assert other.received == b""


async def test_this_test_hears_what_is_sent() -> None:
    """Who is trusted does get the key, so the other tests would notice it."""
    async with overhearing(Identity()) as other:
        with pytest.raises(RequestTimeoutError):
            await ping(other.url, False, timeout=0.2)
    assert KEY.encode() in other.received


async def test_what_the_error_says() -> None:
    """It is an error of its own that has both fingerprints, says that nothing was sent, and what to do."""
    async with overhearing(identity := Identity()) as other:
        with pytest.raises(FingerprintMismatchError, match=r"pin the new one.*GET rest/system/ping") as caught:
            await ping(other.url, PIN)
    error = caught.value
    assert (error.expected, error.actual) == (str(PIN), str(identity.fingerprint))
    assert f"expected {PIN}, got {identity.fingerprint}. Nothing was sent" in str(error)
    assert (error.method, error.path) == ("GET", "rest/system/ping")
    assert error.__cause__ is error.__context__ is None


async def test_each_address_of_a_host_counts() -> None:
    """Where a host has several addresses, of which some can't be reached, the other certificate is told of still."""

    class Several(AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
            return [
                ResolveResult(
                    hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=socket.AI_NUMERICHOST
                )
                for address in ("127.0.0.1", "127.0.0.2")
            ]

        async def close(self) -> None:
            pass

    async with overhearing(Identity()) as other:
        connector = aiohttp.TCPConnector(resolver=Several())
        url = other.url.replace("127.0.0.1", "nas.invalid")
        async with aiohttp.ClientSession(connector=connector) as session:
            with pytest.raises(FingerprintMismatchError):
                await ping(url, PIN, session=session)
    assert other.received == b""


async def test_a_pin_where_nobody_is() -> None:
    """That nobody listens is said as usual, also right after somebody else did."""
    api = API(KEY, "https://127.0.0.1:1", tls=PIN)
    for _ in range(2):
        with pytest.raises(ConnectionFailedError, match="Is Syncthing running") as caught:
            await api.request("rest/system/ping")
        assert type(caught.value) is ConnectionFailedError
    await api.close()
    async with overhearing(Identity()) as other:
        api = API(KEY, other.url, tls=PIN)
        with pytest.raises(FingerprintMismatchError):
            await api.request("rest/system/ping")
    with pytest.raises(ConnectionFailedError, match="Is Syncthing running") as caught:
        await api.request("rest/system/ping")
    assert type(caught.value) is ConnectionFailedError
    await api.close()


async def test_through_a_proxy() -> None:
    """A pin holds through the tunnel of a proxy too, where aiohttp 3.10 doesn't check its own."""
    identity = Identity()
    async with serving(identity) as server, tunnelling(server.port) as proxy:

        class Proxied(aiohttp.ClientRequest):
            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options | {"proxy": URL(proxy)})

        async with aiohttp.ClientSession(request_class=Proxied) as session:
            assert await ping("https://nas.invalid", identity.fingerprint, session=session) == PONG
            with pytest.raises(FingerprintMismatchError):
                await ping("https://nas.invalid", PIN, session=session)
        assert len(server.requests) == 1


async def test_clients_of_one_session_do_not_share_their_trust() -> None:
    """A connection that one client has opened is not used by another that trusts somebody else, or nobody."""
    identity = Identity()
    async with serving(identity) as server, aiohttp.ClientSession() as session:
        for _ in range(2):
            assert await ping(server.url, False, session=session) == PONG
        assert server.connections == 1
        with pytest.raises(FingerprintMismatchError):
            await ping(server.url, PIN, session=session)
        with pytest.raises(TLSError):
            await ping(server.url, None, session=session)
        assert len(server.requests) == 2
        api = API(KEY, server.url, tls=identity.fingerprint, session=session)
        before = server.connections
        for _ in range(3):
            assert await api.request("rest/system/ping") == PONG
        assert server.connections == before + 1
        with pytest.raises(FingerprintMismatchError):
            await ping(server.url, PIN, session=session)


# --- A pin that follows its file ---


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a daemon has its certificate."""
    return tmp_path / "https-cert.pem"


class Home:
    """A daemon that may come back with another certificate, at the same port."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.servers: list[Server] = []
        self.port = 0

    async def start(self, *, write: bool = True) -> Server:
        """Start it anew, with a new certificate."""
        await self.stop()
        self.identity = Identity()
        if write:
            replace(self.file, self.identity)
        server = serving(self.identity)
        context = self.identity.context
        server._server = await asyncio.start_server(server._accept, "127.0.0.1", self.port, ssl=context)
        self.port = server.port
        self.servers.append(server)
        return server

    async def stop(self) -> None:
        """Stop it."""
        if self.servers:
            await self.servers[-1].__aexit__(None)


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
async def test_a_renewed_certificate(file: Path, method: str) -> None:
    """When the daemon comes back with another certificate, which is in the file, each request goes on, sent once."""
    home = Home(file)
    first = await home.start()
    api = API(KEY, first.url, tls=CertificateFile(file))
    for _ in range(2):
        await api.request("rest/system/ping")
    for _ in range(3):
        again = await home.start()
        assert await api.request("rest/system/ping", data={}, method=method) == PONG
        assert [request.method for request in again.requests] == [method]
    await api.close()
    await home.stop()


async def test_many_requests_at_a_renewal(file: Path) -> None:
    """Of many requests that come upon the new certificate at once, each is sent, and once."""
    home = Home(file)
    first = await home.start()
    api = API(KEY, first.url, tls=CertificateFile(file))
    await api.request("rest/system/ping")
    again = await home.start()
    values = await asyncio.gather(*(api.request("rest/x", params={"n": n}, method="POST") for n in range(20)))
    assert values == [PONG] * 20
    assert sorted(int(request.query[2:]) for request in again.requests) == list(range(20))
    await api.close()
    await home.stop()


async def test_a_download_at_a_renewal(file: Path, tmp_path: Path) -> None:
    """Downloads go on as well."""
    home = Home(file)
    server = await home.start()
    api = API(KEY, server.url, tls=CertificateFile(file))
    await api.request("rest/system/ping")
    await home.start()
    assert await api.download(_routes.SUPPORT_BUNDLE, tmp_path / "bundle.zip") > 0
    await api.close()
    await home.stop()


async def test_another_certificate_than_that_of_the_file(file: Path) -> None:
    """A certificate that isn't in the file, now or at first, is an error that names the file."""
    home = Home(file)
    server = await home.start()
    api = API(KEY, server.url, tls=CertificateFile(file))
    await api.request("rest/system/ping")
    expected = home.identity.fingerprint
    await home.start(write=False)
    for change in (lambda: None, lambda: replace(file, Identity()), file.unlink):
        change()
        with pytest.raises(FingerprintMismatchError, match="restart Syncthing") as caught:
            await api.request("rest/system/ping")
        assert str(file) in str(caught.value)
        assert caught.value.expected == str(expected)
    assert not home.servers[-1].requests
    await api.close()
    await home.stop()


async def test_a_certificate_that_changes_all_the_time(file: Path) -> None:
    """The request is tried twice, not for ever, if another certificate is shown each time."""
    shown: list[Identity] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                shown.append(Identity())
                replace(file, shown[-1])
                # What this one shows is in the file, but the next will show another.
                try:
                    shown[-1].context.wrap_socket(connection, server_side=True).close()
                except OSError:
                    connection.close()

        replace(file, Identity())
        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(FingerprintMismatchError) as caught:
            await ping(f"https://127.0.0.1:{listener.getsockname()[1]}", CertificateFile(file))
        await asyncio.to_thread(thread.join)
    assert [caught.value.expected, caught.value.actual] == [str(each.fingerprint) for each in shown]


def write_authority(path: Path, _: Identity) -> None:
    """Write the certificate of the authority to a file."""
    Identity.write_authority(path)


@pytest.mark.parametrize(("kind", "write"), [(CertificateFile, replace), (str, write_authority)])
async def test_files_that_can_not_be_used(
    file: Path, kind: Callable[[Path], Any], write: Callable[[Path, Identity], None]
) -> None:
    """A file that is missing or no certificate is an error that names it; once it is right, the client works."""
    identity = Identity("127.0.0.1")
    async with serving(identity) as server:
        api = API(KEY, server.url, tls=kind(file))
        with pytest.raises(TLSError, match=r"https-cert\.pem: No such file") as missing:
            await api.request("rest/system/ping")
        await asyncio.to_thread(file.write_bytes, b"nonsense")
        errors = await asyncio.gather(*(api.request(f"rest/{name}") for name in ("a", "b")), return_exceptions=True)
        assert [getattr(error, "path", None) for error in errors] == ["rest/a", "rest/b"]
        for error in (missing.value, *errors):
            assert type(error) is TLSError
            assert str(file) in str(error)
        assert "PEM certificate" in str(errors[0])
        assert server.connections == 0
        write(file, identity)
        assert await api.request("rest/system/ping") == PONG
        await api.close()


# --- How the context is made ---


class Workshop:
    """Makes contexts, when it is let, and notes where."""

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.may_go = threading.Event()

    def __call__(self) -> ssl.SSLContext:
        """Make one."""
        self.threads.append(threading.get_ident())
        assert self.may_go.wait(30)
        return _contexts.check_nothing()


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    """Makes contexts."""
    one = Workshop()
    yield one
    one.may_go.set()


async def test_it_is_made_once_in_a_thread(workshop: Workshop) -> None:
    """All first requests wait for one context, which is not made on the thread of the event loop."""
    trust = Trust(build=workshop)
    waiting = [asyncio.create_task(trust.context(None)) for _ in range(10)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    assert trust.settled is None
    workshop.may_go.set()
    contexts = await asyncio.gather(*waiting)
    assert {id(context) for context in contexts} == {id(trust.settled)}
    assert await trust.context(None) is trust.settled
    assert len(workshop.threads) == 1
    assert threading.get_ident() not in workshop.threads


async def test_a_renewal_is_found_out_once() -> None:
    """Whoever comes upon a new certificate that another request has found in the file already doesn't read it again."""
    old, new = Identity(), Identity()
    pins = [old.fingerprint, new.fingerprint]
    trust = Trust(build=lambda: _contexts.pinned(pins.pop(0)), follows=True)
    first = await trust.context(None)
    assert await trust.renewed(new.fingerprint, None)
    assert await trust.renewed(new.fingerprint, None)
    second = await trust.context(None)
    assert second is not first
    assert not pins
    fixed = Trust(build=lambda: _contexts.pinned(old.fingerprint))
    await fixed.context(None)
    assert not await fixed.renewed(old.fingerprint, None)


async def test_who_is_cancelled_does_not_stop_the_others(workshop: Workshop) -> None:
    """Cancelling the first who waits, or all of them, does not cancel the work; nobody is left behind."""
    trust = Trust(build=workshop)
    first, second, third = (asyncio.create_task(trust.context(None)) for _ in range(3))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    workshop.may_go.set()
    assert await third is trust.settled
    assert len(workshop.threads) == 1


async def test_a_failure_that_nobody_waits_for() -> None:
    """If all who wait are cancelled, nobody complains of a failure that comes later."""
    started, may_go = threading.Event(), threading.Event()

    def fail() -> ssl.SSLContext:
        started.set()
        assert may_go.wait(30)
        raise _contexts.UnusableFileError("no")

    trust = Trust(build=fail)
    task = asyncio.create_task(trust.context(None))
    await asyncio.to_thread(started.wait)
    building = trust._building
    assert building is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_go.set()
    await asyncio.wait([building])
    with pytest.raises(TLSError, match=r"^no$"):
        await trust.context(None)


async def test_a_file_that_hangs(workshop: Workshop) -> None:
    """A file on a network that doesn't answer is given up when the time is up."""
    with pytest.raises(RequestTimeoutError, match="read in time"):
        await Trust(build=workshop).context(0.01)
    with pytest.raises(TimeoutError):
        await Trust(build=workshop, follows=True).renewed(PIN, 0.01)


def test_one_client_in_two_loops(workshop: Workshop) -> None:
    """What a loop that has ended was about to make is made anew in the next."""
    trust = Trust(build=workshop)
    loop = asyncio.new_event_loop()
    task = loop.create_task(trust.context(None))
    loop.run_until_complete(asyncio.sleep(0))
    task.cancel()
    loop.run_until_complete(asyncio.wait([task]))
    workshop.may_go.set()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    assert asyncio.run(trust.context(None)) is not None


async def test_clients_are_made_without_reading(tmp_path: Path) -> None:
    """The constructor reads nothing, so it can't fail because of a file, nor block."""
    for tls in (CertificateFile(tmp_path / "x"), tmp_path / "x", PIN):
        API(KEY, "https://127.0.0.1", tls=tls)


async def test_cancelling_a_request(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is cancelled while it waits for the context sends nothing; the next one works."""
    identity = Identity()
    async with serving(identity) as server:
        api = API(KEY, server.url, tls=identity.fingerprint)
        build = api._trust._build
        monkeypatch.setattr(api._trust, "_build", lambda: workshop() and build())
        task = asyncio.create_task(api.request("rest/system/ping"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert server.connections == 0
        workshop.may_go.set()
        assert await api.request("rest/system/ping") == PONG
        await api.close()
