"""What a client trusts: the meaning of the arguments, and that nothing is sent to any other server."""

import asyncio
import io
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from aiosyncthing import API, CertificateFile, Fingerprint, Syncthing, _routes
from aiosyncthing.exceptions import (
    BadRequestError,
    ConnectionFailedError,
    FingerprintMismatchError,
    RequestTimeoutError,
    TLSError,
)
from aiosyncthing.tls import contexts
from aiosyncthing.tls.trust import Trust
from tests.support.peers import Eavesdropper, Identity, short_folder
from tests.support.proxy import Tunnel
from tests.support.server import KEY, PONG, Server

PIN: Final = Fingerprint("ab" * 32)


async def ping(url: str, tls: Any, **options: Any) -> Any:
    """Send a request with a client of its own."""
    api = API(KEY, url, tls=tls, **options)
    try:
        return await api.request("rest/system/ping")
    finally:
        await api.close()


def replace(path: Path, identity: Identity) -> None:
    """Write a certificate to a file."""
    path.write_bytes(identity.pem)


# --- What the arguments mean ---


@pytest.mark.parametrize(
    "tls", [PIN, CertificateFile("x"), "ca.pem", ssl.create_default_context()], ids=lambda tls: type(tls).__name__
)
async def test_contradictions(tls: Any) -> None:
    """`tls` and ``verify_ssl=False`` contradict each other, and without TLS there is no certificate to check.

    If the URL is malformed too, the first request reports that.
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
    ("tls", "message"),
    [
        *(
            (tls, "tls must be a Fingerprint, a CertificateFile, the path")
            for tls in (True, 1, 0, "", b"ca.pem", object(), aiohttp.Fingerprint(bytes(32)))
        ),
        (str(PIN), r"Fingerprint\(\.\.\.\)"),  # not the path of a CA file
    ],
)
def test_other_values(tls: Any, message: str) -> None:
    """Anything else is refused, with a list of what is accepted."""
    with pytest.raises(BadRequestError, match=message):
        API(KEY, "https://127.0.0.1", tls=tls)


# --- Who gets requests ---


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """The file of the CA that has signed all certificates here."""
    path = tmp_path / "ca.pem"
    Identity.write_authority(path)
    return path


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path is short enough for sockets."""
    with short_folder() as path:
        yield path


async def test_every_way_to_trust(authority: Path, tmp_path: Path, short: Path) -> None:
    """A daemon with the right certificate gets requests, over TCP, in a session that was passed in, and a socket."""
    identity = Identity("127.0.0.1")
    replace(tmp_path / "https-cert.pem", identity)
    context = ssl.create_default_context(cafile=authority)
    file = CertificateFile(tmp_path / "https-cert.pem")
    async with (
        Server(answer=PONG, tls=identity.context) as server,
        Server(answer=PONG, tls=Identity("localhost").context, path=short / "gui.sock") as listener,
        aiohttp.ClientSession() as session,
    ):
        for tls in (identity.fingerprint, file, authority, str(authority), context, False):
            assert await ping(server.url, tls)
            assert await ping(server.url, tls, session=session)
        for tls in (authority, context, False):
            assert await ping(listener.url, tls)
        assert {request.header("X-API-Key") for request in server.requests} == {KEY}
    connector = aiohttp.TCPConnector(ssl=context)
    async with (
        Server(PONG, tls=identity.context) as server,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        assert await ping(server.url, None, session=session)  # the session's own


async def _request(api: API) -> None:
    await api.request("rest/config/options", data={"a": "secret"}, method="PATCH")


async def _raw(api: API) -> None:
    await api.raw_request("rest/system/status")


async def _download(api: API) -> None:
    await api.download(_routes.SUPPORT_BUNDLE, io.BytesIO())


@pytest.mark.parametrize("shared", [False, True])
async def test_a_man_in_the_middle_gets_nothing(authority: Path, tmp_path: Path, shared: bool) -> None:
    """A server with another certificate receives neither the key nor anything else of a request.

    The error about a pin has both fingerprints, and says that nothing was sent, and what to do.
    """
    expected, identity = Identity("127.0.0.1"), Identity("127.0.0.2")
    replace(tmp_path / "https-cert.pem", expected)
    pins: list[Any] = [expected.fingerprint, CertificateFile(tmp_path / "https-cert.pem")]
    async with Eavesdropper(identity) as other, aiohttp.ClientSession() as session:
        borrowed = session if shared else None
        for tls in pins:
            api = API(KEY, other.url, session=borrowed, tls=tls)
            for send in (_request, _raw, _download, _request):
                with pytest.raises(FingerprintMismatchError, match=r"pin the new one|restart Syncthing") as caught:
                    await send(api)
            error = caught.value
            assert (error.expected, error.actual) == (str(expected.fingerprint), str(identity.fingerprint))
            assert f"expected {error.expected}, got {error.actual}. Nothing was sent" in str(error)
            assert (error.method, error.path) == ("PATCH", "rest/config/options")
            assert error.__cause__ is error.__context__ is None
            await api.close()
        for tls in (authority, ssl.create_default_context(cafile=authority), None):
            with pytest.raises(TLSError) as refused:
                await ping(other.url, tls, session=borrowed)
            assert type(refused.value) is TLSError
        assert other.received == b""
        with pytest.raises(RequestTimeoutError):  # whereas one that is trusted receives the key
            await ping(other.url, False, timeout=0.2)
    assert KEY.encode() in other.received


async def test_a_host_with_several_addresses() -> None:
    """A mismatch at one address is reported, even if the others can't be reached."""

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

    async with Eavesdropper(Identity()) as other:
        connector = aiohttp.TCPConnector(resolver=Several())
        url = other.url.replace("127.0.0.1", "nas.invalid")
        async with aiohttp.ClientSession(connector=connector) as session:
            with pytest.raises(FingerprintMismatchError):
                await ping(url, PIN, session=session)
    assert other.received == b""


async def test_a_pin_where_nothing_is_listening() -> None:
    """The error is the usual one, even right after a mismatch."""
    async with Eavesdropper(Identity()) as other:
        api = API(KEY, other.url, tls=PIN)
        with pytest.raises(FingerprintMismatchError):
            await api.request("rest/system/ping")
    for _ in range(2):
        with pytest.raises(ConnectionFailedError, match="Is Syncthing running") as caught:
            await api.request("rest/system/ping")
        assert type(caught.value) is ConnectionFailedError
    await api.close()


async def test_through_a_proxy() -> None:
    """A pin also holds through the tunnel of an HTTP proxy, where aiohttp 3.10 doesn't check its own."""
    identity = Identity()
    async with Server(answer=PONG, tls=identity.context) as server, Tunnel(server.port) as proxy:

        class Proxied(aiohttp.ClientRequest):
            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options | {"proxy": URL(proxy.url)})

        async with aiohttp.ClientSession(request_class=Proxied) as session:
            assert await ping("https://nas.invalid", identity.fingerprint, session=session)
            with pytest.raises(FingerprintMismatchError):
                await ping("https://nas.invalid", PIN, session=session)
        assert len(server.requests) == 1


async def test_clients_of_one_session_do_not_share_their_trust() -> None:
    """A connection that one client has opened is not used by another with a different idea of whom to trust."""
    identity = Identity()
    async with Server(answer=PONG, tls=identity.context) as server, aiohttp.ClientSession() as session:
        for _ in range(2):
            assert await ping(server.url, False, session=session)
        assert server.connections == 1
        with pytest.raises(FingerprintMismatchError):
            await ping(server.url, PIN, session=session)
        with pytest.raises(TLSError):
            await ping(server.url, None, session=session)
        assert len(server.requests) == 2
        api = API(KEY, server.url, tls=identity.fingerprint, session=session)
        before = server.connections
        for _ in range(3):
            assert await api.request("rest/system/ping")
        assert server.connections == before + 1
        with pytest.raises(FingerprintMismatchError):
            await ping(server.url, PIN, session=session)


@pytest.mark.parametrize(("unit", "direct"), [("Automatically Generated", True), ("Web Servers", False), (None, False)])
async def test_a_pin_on_a_daemon(unit: str | None, direct: bool) -> None:
    """A pinned certificate shows that connections end in the daemon if Syncthing has made it, once it was shown."""
    identity = Identity(unit=unit)
    async with Server(answer=PONG, tls=identity.context) as server:
        api = API(KEY, server.url, tls=identity.fingerprint)
        wrong, unpinned, denied = (
            API(KEY, server.url, tls=PIN),
            API(KEY, server.url, tls=False),
            API(KEY, server.url, tls=identity.fingerprint, direct=False),
        )
        assert not api.direct
        with pytest.raises(FingerprintMismatchError):
            await wrong.request("rest/system/ping")
        for one in (api, unpinned, denied):
            await one.request("rest/system/ping")
        assert [one.direct for one in (api, wrong, unpinned, denied)] == [direct, False, False, False]
        for one in (api, wrong, unpinned, denied):
            await one.close()


# --- A pin that follows its file ---


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a daemon's certificate."""
    return tmp_path / "https-cert.pem"


class Home:
    """A daemon that can be restarted with another certificate, on the same port."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.server: Any = None

    async def start(self, *, write: bool = True) -> None:
        """Start the daemon, or restart it, with a new certificate."""
        port = self.server.port if self.server else 0
        await self.stop()
        self.identity = Identity()
        if write:
            replace(self.file, self.identity)
        self.server = await Server(answer=PONG, tls=self.identity.context, port=port).__aenter__()

    async def stop(self) -> None:
        """Stop the daemon."""
        if self.server:
            await self.server.__aexit__(None)


@pytest.fixture
async def home(file: Path) -> AsyncIterator[Home]:
    """A daemon that runs, and the client's `CertificateFile` for it."""
    one = Home(file)
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def api(home: Home) -> AsyncIterator[API]:
    """A client that follows the daemon's file, and has sent a request."""
    one = API(KEY, home.server.url, tls=CertificateFile(home.file))
    await one.request("rest/system/ping")
    yield one
    await one.close()


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
async def test_a_renewed_certificate(home: Home, api: API, method: str) -> None:
    """When the daemon restarts with another certificate, which is in the file, each request is sent, once."""
    for _ in range(3):
        await home.start()
        assert await api.request("rest/system/ping", data={}, method=method)
        assert [request.method for request in home.server.requests] == [method]


async def test_many_requests_after_a_renewal(home: Home, api: API) -> None:
    """Each of many concurrent requests is sent once, and so is a download."""
    await home.start()
    posts = [api.request("rest/x", params={"n": n}, method="POST") for n in range(20)]
    assert await asyncio.gather(*posts, api.download(_routes.SUPPORT_BUNDLE, io.BytesIO()))
    numbers = [int(request.query[2:]) for request in home.server.requests if request.query]
    assert sorted(numbers) == list(range(20))
    assert len(home.server.requests) == 21


async def test_a_certificate_that_is_not_in_the_file(home: Home, api: API, file: Path) -> None:
    """The error names the file, even if that has changed or is gone."""
    expected = home.identity.fingerprint
    await home.start(write=False)
    for change in (lambda: None, lambda: replace(file, Identity()), file.unlink):
        change()
        with pytest.raises(FingerprintMismatchError, match="restart Syncthing") as caught:
            await api.request("rest/system/ping")
        assert str(file) in str(caught.value)
        assert caught.value.expected == str(expected)
    assert not home.server.requests


async def test_a_certificate_that_changes_all_the_time(file: Path) -> None:
    """If the server presents another certificate each time, the request is tried only twice."""
    shown: list[Identity] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                shown.append(Identity())
                replace(file, shown[-1])
                # This certificate is in the file, but the next connection presents another.
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
    """Write the CA's certificate to a file."""
    Identity.write_authority(path)


@pytest.mark.parametrize(("kind", "write"), [(CertificateFile, replace), (str, write_authority)])
async def test_files_that_can_not_be_used(
    file: Path, kind: Callable[[Path], Any], write: Callable[[Path, Identity], None]
) -> None:
    """A file that is missing, or has no certificate, is named by the error; once it is right, the client works."""
    identity = Identity("127.0.0.1")
    async with Server(answer=PONG, tls=identity.context) as server:
        for path, reason in ((file, "No such file"), (file.parent, "Is a directory"), (file / "x\0y", "null")):
            with pytest.raises(TLSError) as missing:
                await ping(server.url, kind(path))
            assert type(missing.value) is TLSError
            assert f"{path}: " in str(missing.value)
            assert reason in str(missing.value)
        api = API(KEY, server.url, tls=kind(file))
        for content in (b"", b"nonsense", identity.pem[:-200]):
            await asyncio.to_thread(file.write_bytes, content)
            errors = await asyncio.gather(*(api.request(f"rest/{name}") for name in ("a", "b")), return_exceptions=True)
            assert [getattr(error, "path", None) for error in errors] == ["rest/a", "rest/b"]
            assert all(f"{file}: " in str(error) and "PEM certificate" in str(error) for error in errors)
        assert server.connections == 0
        write(file, identity)
        assert await api.request("rest/system/ping")
        await api.close()


# --- How the context is created ---


class Workshop:
    """Creates contexts when it is allowed to, and notes in which threads."""

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.may_go = threading.Event()

    def __call__(self) -> ssl.SSLContext:
        """Create one."""
        self.threads.append(threading.get_ident())
        assert self.may_go.wait(30)
        return contexts.check_nothing()


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    """A workshop."""
    one = Workshop()
    yield one
    one.may_go.set()


async def test_the_context_is_created_once_in_a_thread(workshop: Workshop) -> None:
    """All first requests wait for it, and cancelling some of them doesn't cancel the work for the others."""
    trust = Trust(build=workshop)
    waiting = [asyncio.create_task(trust.context(None)) for _ in range(10)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    assert trust.settled is None
    for task in waiting[:2]:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    workshop.may_go.set()
    found = await asyncio.gather(*waiting[2:])
    assert {id(context) for context in found} == {id(trust.settled)}
    assert await trust.context(None) is trust.settled
    assert len(workshop.threads) == 1
    assert threading.get_ident() not in workshop.threads


async def test_a_renewed_file_is_read_once() -> None:
    """The new context is another object, so that old connections aren't reused; later requests don't read the file."""
    old, new = Identity(), Identity()
    pins = [old.fingerprint, new.fingerprint]
    trust = Trust(build=lambda: contexts.pinned(pins.pop(0)), follows=True)
    first = await trust.context(None)
    assert await trust.renewed(new.fingerprint, None)
    assert await trust.renewed(new.fingerprint, None)
    assert await trust.context(None) is not first
    assert not pins


async def test_a_failure_after_all_were_cancelled() -> None:
    """If all waiting requests are cancelled, a later failure is not reported."""
    started, may_go = threading.Event(), threading.Event()

    def fail() -> ssl.SSLContext:
        started.set()
        assert may_go.wait(30)
        raise contexts.UnusableFileError("no")

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
    """Reading a file on a network that doesn't answer times out."""
    with pytest.raises(RequestTimeoutError, match="read in time"):
        await Trust(build=workshop).context(0.01)
    with pytest.raises(TimeoutError):
        await Trust(build=workshop, follows=True).renewed(PIN, 0.01)


def test_one_client_in_two_loops(workshop: Workshop) -> None:
    """A context that an ended loop was waiting for is created again in the next loop."""
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
