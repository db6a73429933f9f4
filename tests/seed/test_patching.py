"""Tests of other programs replace parts of the package by name."""

from __future__ import annotations

import inspect
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock, call, patch

import aiohttp
import pytest

import aiosyncthing
from aiosyncthing import API, Syncthing, exceptions
from aiosyncthing.exceptions import PingError, SyncthingError, UnauthorizedError

from .methods import METHODS, Method

RAW_REQUEST = "aiosyncthing.API.raw_request"


@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.parametrize("name", ["raw_request", "request"])
async def test_what_a_stand_in_is_called_with(method: Method, name: str) -> None:
    """`raw_request` and `request`, which the methods call, get nothing that they didn't get in version 0."""
    async with Syncthing("key") as client:
        with patch(f"aiosyncthing.API.{name}", AsyncMock(return_value=method.answer)) as stand_in:
            assert await method.call(client) == method.answer
        assert stand_in.await_args_list == [call(*method.args, **method.options)]


async def test_a_function_of_the_same_signature() -> None:
    """A replacement may be a function with the parameters of version 0, or a mock with the method's own signature."""
    calls = []

    async def stand_in(self: API, uri: str, params: Any = None, data: Any = None, method: str = "GET") -> Any:
        calls.append((type(self), uri, params, data, method))
        return {"answer": 42}

    async with Syncthing("key") as client:
        with patch(RAW_REQUEST, stand_in):
            assert await client.database.status("docs") == {"answer": 42}
        with patch(RAW_REQUEST, autospec=True, return_value={"myID": "x"}) as raw_request:
            assert await client.system.status() == {"myID": "x"}
        raw_request.assert_awaited_once_with(client.system._api, "rest/system/status")
    assert calls == [(API, "rest/db/status", {"folder": "docs"}, None, "GET")]


async def test_an_exception_of_a_stand_in() -> None:
    """Whatever a replacement raises becomes a SyncthingError, even if it isn't a coroutine function."""

    def fail(*_: Any, **__: Any) -> None:
        raise Exception  # noqa: TRY002 - any exception

    async with Syncthing("key") as client:
        with patch(RAW_REQUEST, fail):
            for method in METHODS:
                with pytest.raises(SyncthingError):
                    await method.call(client)
            with pytest.raises(PingError):
                await client.system.ping()


@pytest.mark.parametrize("method", METHODS, ids=str)
async def test_aiohttps_own_exception(method: Method) -> None:
    """A replacement may raise aiohttp's exceptions; that for 404 becomes the class that belongs to the request."""
    missing = getattr(exceptions, method.missing)
    kinds = {401: UnauthorizedError, 403: UnauthorizedError, 404: missing, 500: SyncthingError}
    async with Syncthing("key") as client:
        for status, kind in kinds.items():
            failure = aiohttp.ClientResponseError(Mock(), (), status=status)
            with patch(RAW_REQUEST, AsyncMock(side_effect=failure)), pytest.raises(kind):
                await method.call(client)


async def test_ping_by_a_stand_in() -> None:
    """Ping calls `raw_request` with its path alone."""
    async with Syncthing("key") as client:
        with patch(RAW_REQUEST, AsyncMock(return_value={"ping": "pong"})) as raw_request:
            assert await client.system.ping() is None
        raw_request.assert_awaited_once_with("rest/system/ping")


@pytest.mark.parametrize(
    "name",
    [
        "system.System.status",
        "system.System.ping",
        "system.System.version",
        "config.Config.config",
        "config.Config.folders",
        "database.Database.status",
    ],
)
async def test_methods_of_namespaces(name: str) -> None:
    """A method of a class in its module can be replaced, and is restored afterwards."""
    module, kind, method = name.split(".")
    original = getattr(getattr(getattr(aiosyncthing, module), kind), method)
    async with Syncthing("key") as client:
        with patch(f"aiosyncthing.{name}", return_value={"a": 1}) as stand_in:
            assert isinstance(stand_in, AsyncMock)
            assert await getattr(getattr(client, module), method)("x") == {"a": 1}
            stand_in.assert_awaited_once_with("x")
        with patch(f"aiosyncthing.{name}", side_effect=UnauthorizedError), pytest.raises(UnauthorizedError):
            await getattr(getattr(client, module), method)("x")
    assert getattr(getattr(getattr(aiosyncthing, module), kind), method) is original


@pytest.mark.parametrize("name", ["Syncthing", "API", "Config", "Database", "Events", "System", "exceptions"])
def test_names_of_the_package(name: str) -> None:
    """A name of the package can be replaced repeatedly, and is restored afterwards."""
    original = getattr(aiosyncthing, name)
    for _ in range(3):
        with patch(f"aiosyncthing.{name}") as stand_in:
            assert isinstance(stand_in, MagicMock)
            assert getattr(aiosyncthing, name) is stand_in
        assert getattr(aiosyncthing, name) is original


async def test_a_stand_in_for_the_client() -> None:
    """A program that calls ``aiosyncthing.Syncthing(...)`` gets the replacement."""
    with patch("aiosyncthing.Syncthing") as stand_in:
        stand_in.return_value.system.status = AsyncMock(return_value={"myID": "x"})
        client = aiosyncthing.Syncthing("key", url="http://nas", verify_ssl=False)
        assert await client.system.status() == {"myID": "x"}
    stand_in.assert_called_once_with("key", url="http://nas", verify_ssl=False)


@pytest.mark.parametrize("name", ["Syncthing", "API"])
def test_a_stand_in_with_a_specification(name: str) -> None:
    """Mocks with the specification of the classes have their methods."""
    with patch(f"aiosyncthing.{name}", autospec=True) as stand_in:
        client = stand_in("key", url="http://nas")
        assert client is stand_in.return_value
        assert not hasattr(client, "nonsense")
        assert hasattr(client, "url")
        assert inspect.iscoroutinefunction(client.close)
