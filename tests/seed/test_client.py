"""How to create a client, what it consists of, and where to find its names."""

from __future__ import annotations

import inspect

import aiohttp

import aiosyncthing
from aiosyncthing import API, Config, Database, Events, Syncthing, System, exceptions
from tests.support.server import Server, as_json

PONG = as_json({"ping": "pong"})


async def test_parameters() -> None:
    """The parameters have the same names, order and defaults."""
    async with aiohttp.ClientSession() as session:
        client = Syncthing("key", "http://127.0.0.1:1", 10, True, None, session)
        assert client.url == "http://127.0.0.1:1"
        by_name = Syncthing(
            api_key="key", url="http://127.0.0.1:1", timeout=10, verify_ssl=True, loop=None, session=session
        )
        assert by_name.url == client.url
    parameters = [p for p in inspect.signature(API).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    names = [parameter.name for parameter in parameters]
    assert names == ["api_key", "url", "timeout", "verify_ssl", "loop", "session"]
    defaults = [parameter.default for parameter in parameters]
    assert defaults[1:] == ["http://127.0.0.1:8384", API.DEFAULT_TIMEOUT, True, None, None]
    assert API.DEFAULT_TIMEOUT == 10


async def test_namespaces() -> None:
    """A client has its namespaces, of the classes that the package exports."""
    async with Syncthing("key") as client:
        assert client.url == "http://127.0.0.1:8384"
        assert type(client.system) is System
        assert type(client.config) is Config
        assert type(client.database) is Database
        assert type(client.events) is Events


def test_names() -> None:
    """Modules and their classes are in the same places, after importing the package alone."""
    assert aiosyncthing.api.API is aiosyncthing.syncthing.API is API
    assert aiosyncthing.config.Config is aiosyncthing.syncthing.Config is Config
    assert aiosyncthing.database.Database is aiosyncthing.syncthing.Database is Database
    assert aiosyncthing.events.Events is aiosyncthing.syncthing.Events is Events
    assert aiosyncthing.system.System is aiosyncthing.syncthing.System is System
    assert aiosyncthing.syncthing.Syncthing is Syncthing
    assert aiosyncthing.exceptions is exceptions


def test_exceptions() -> None:
    """The exceptions have the same base classes; each can be created without arguments."""
    tree = {
        "PingError": exceptions.SyncthingError,
        "UnauthorizedError": exceptions.SyncthingError,
        "NotFoundError": exceptions.SyncthingError,
        "UnknownFolderError": exceptions.NotFoundError,
        "UnknownDeviceError": exceptions.NotFoundError,
    }
    for name, parent in tree.items():
        kind = getattr(exceptions, name)
        assert issubclass(kind, parent)
        assert isinstance(kind(), exceptions.SyncthingError)
        assert kind("text").args == ("text",)
    assert issubclass(exceptions.SyncthingError, Exception)


async def test_the_low_level_client() -> None:
    """`API` can be used by itself."""
    async with Server(answer=lambda _: PONG) as server:
        api = API("key", server.url)
        assert api.url == server.url
        assert await api.request("rest/system/ping") == {"ping": "pong"}
        assert await api.request("rest/system/ping", params={"a": "b"}) == {"ping": "pong"}
        assert await api.request("rest/system/ping", method="POST", data={"a": 1}) == {"ping": "pong"}
        assert await api.raw_request("rest/system/ping", None, None, "GET") == {"ping": "pong"}
        assert [str(request) for request in server.requests] == [
            "GET /rest/system/ping",
            "GET /rest/system/ping?a=b",
            "POST /rest/system/ping",
            "GET /rest/system/ping",
        ]
        assert server.requests[2].json() == {"a": 1}
        await api.close()
        await api.close()
