"""Who has access, by which host name, and how: keys, logins, host names, TLS."""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from aiosyncthing import Daemon, Syncthing, _routes
from aiosyncthing.exceptions import (
    HostCheckError,
    NotFoundError,
    NotSupportedError,
    PingError,
    RedirectError,
    TLSError,
    UnauthorizedError,
)
from pytest_syncthing import FakeSyncthing
from tests.support.stock import KEY, Stock
from tests.support.waiting import until

from .conftest import PASSWORD, USER
from .observer import Observer
from .versions import Version

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest_asyncio.fixture(loop_scope="package")
async def tls_port(subject: Path | str, observer: Observer, tmp_path: Path) -> AsyncIterator[int]:
    """The port of a daemon that requires TLS. Not a `Daemon`, which would override the configured address."""
    if isinstance(subject, str):
        async with FakeSyncthing(subject, api_key=KEY, tls=True) as fake:
            yield int(fake.url.rpartition(":")[2])
        return
    home = Stock(subject, tmp_path / "home")
    with closing(home.ports):
        async with home.running():
            yield home.port


async def test_a_wrong_key(a: Daemon, lone: Daemon, version: Version) -> None:
    """A wrong key is refused, and a failed ping has the reason. With a login, the daemon's words differ."""
    with_a_login = (401, "Not Authorized") if version < (1, 26) else (403, "Forbidden")
    for url, expected in ((a.url, (403, "CSRF Error")), (lone.url, with_a_login)):
        async with Syncthing("wrong", url) as client:
            with pytest.raises(UnauthorizedError) as refused:
                await client.system.status()
            assert (refused.value.status, refused.value.body) == expected
            with pytest.raises(PingError) as failed:
                await client.system.ping()
            assert isinstance(failed.value.__cause__, UnauthorizedError)
            for change in (client.config.patch_options(maxSendKbps=1), client.database.scan()):
                with pytest.raises(UnauthorizedError):
                    await change
    assert (await a.client.config.options())["maxSendKbps"] == 0


async def test_no_key(a: Daemon, version: Version) -> None:
    """Without a key, only the public endpoints are available."""
    async with Syncthing("", a.url) as client:
        with pytest.raises(UnauthorizedError):
            await client.system.version()
        if version.has(_routes.HEALTH):
            assert await client.noauth.health() == {"status": "OK"}
        else:
            with pytest.raises(NotSupportedError, match="it was added in 1"):
                await client.noauth.health()


async def test_a_base_url_with_a_path_too_many(a: Daemon) -> None:
    """If an endpoint of every daemon is missing, the URL is wrong; the error suggests another."""
    for path in ("/rest", "/a/b"):
        async with Syncthing(a.api_key, a.url + path) as client:
            for request in (client.system.status, lambda client=client: client.config.folders("docs")):
                with pytest.raises(NotFoundError, match=f"not below '{path}': .* Try {a.url} ") as refused:
                    await request()
                assert type(refused.value) is NotFoundError


async def test_what_needs_no_key_is_not_given_one(lone: Daemon, version: Version) -> None:
    """A key that is wrong, or can't even be sent, doesn't matter for public endpoints.

    A login is checked, and each attempt is an event.
    """
    mask: Any = "LoginAttempt"
    await lone.client.events.poll(types=mask, timeout=0)
    async with Syncthing("line break\n", lone.url) as client:
        with pytest.raises(UnauthorizedError):
            await client.system.status()
        if not version.has(_routes.LOGIN):
            with pytest.raises(NotSupportedError, match=r"it was added in 1\.26\.0"):
                await client.noauth.login(USER, PASSWORD)
            return
        assert await client.noauth.health() == {"status": "OK"}
        await client.noauth.login(USER, PASSWORD)
        with pytest.raises(UnauthorizedError, match="wrong user name or password"):
            await client.noauth.login(USER, "wrong")
        await client.noauth.logout()
    events = await until(lambda: _at_least(2, lone, mask))
    assert [event["data"]["success"] for event in events] == [True, False]


async def _at_least(count: int, daemon: Daemon, mask: Any) -> list[Any]:
    events: list[Any] = list(await daemon.client.events.poll(types=mask, timeout=0))
    return events if len(events) >= count else []


async def test_a_key_as_bearer(a: Daemon, version: Version) -> None:
    """Additional headers are sent: since 1.23.7, the key may be in the Authorization header."""
    headers = {"Authorization": f"Bearer {a.api_key}"}
    async with Syncthing("", a.url) as client:
        if version >= (1, 23, 7):
            assert await client.api.request("rest/system/ping", headers=headers) == {"ping": "pong"}
        else:
            with pytest.raises(UnauthorizedError):
                await client.api.request("rest/system/ping", headers=headers)


async def test_a_login_in_the_url(lone: Daemon) -> None:
    """User and password in the URL are sent; they suffice for the web interface, not for the API."""
    url = lone.url.replace("://", f"://{quote(USER)}:{quote(PASSWORD)}@")
    async with Syncthing("", url) as client:
        assert str(lone.device_id) in await client.meta()
        with pytest.raises(UnauthorizedError) as refused:
            await client.system.status()
        assert refused.value.body == "CSRF Error"
    async with Syncthing(lone.api_key, url) as client:
        await client.system.ping()
    async with Syncthing("", lone.url) as client:
        with pytest.raises(UnauthorizedError):
            await client.meta()


async def test_logins_where_there_is_none(a: Daemon) -> None:
    """A daemon without a login can't be logged in to."""
    for call in (a.client.noauth.login(USER, PASSWORD), a.client.noauth.logout()):
        with pytest.raises(NotFoundError):
            await call


async def test_a_foreign_host_name(a: Daemon) -> None:
    """A daemon on loopback refuses other host names, which is not the key's fault."""
    request, foreign = a.client.api.request, {"Host": "syncthing.example"}
    with pytest.raises(HostCheckError, match=r"insecureSkipHostcheck.*'Host check error'"):
        await request("rest/system/status", headers=foreign)
    with pytest.raises(HostCheckError):
        await request("rest/noauth/health", headers=foreign)
    with pytest.raises(HostCheckError):
        await request("rest/system/error", data=b"this is refused", method="POST", headers=foreign)
    assert await request("rest/system/ping", headers={"Host": "localhost"}) == {"ping": "pong"}


async def test_tls_on_the_plain_port(a: Daemon) -> None:
    """The daemon accepts TLS on the same port; its self-signed certificate must be accepted explicitly."""
    url = a.url.replace("http://", "https://")
    async with Syncthing(a.api_key, url) as client:
        with pytest.raises(TLSError, match=r"verify_ssl=False"):
            await client.system.status()
    async with Syncthing(a.api_key, url, verify_ssl=False) as client:
        await client.system.ping()
        assert (await client.system.status())["myID"] == a.device_id


async def test_a_daemon_that_wants_tls(tls_port: int) -> None:
    """A redirect to https is an error that says so: following it would send the key along."""
    async with Syncthing(KEY, f"http://127.0.0.1:{tls_port}") as client:
        with pytest.raises(RedirectError, match="use that address") as redirected:
            await client.config.config()
        assert f"https://127.0.0.1:{tls_port}" in str(redirected.value)
        assert redirected.value.status == 307
        assert client.api.daemon_id is None
        with pytest.raises(RedirectError):
            await client.database.scan()
        with pytest.raises(PingError):
            await client.system.ping()
    async with Syncthing(KEY, f"https://127.0.0.1:{tls_port}", verify_ssl=False) as client:
        await client.system.ping()
        assert [event["id"] for event in await client.events.poll(timeout=0)][:1] == [1]
