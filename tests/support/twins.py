"""A blocking client in the place of an asynchronous one: each call runs in a thread.

What is written for the asynchronous client can so be run a second time, through its twin.
"""

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Final, Self

from aiosyncthing.blocking import BlockingIterator, EventStream, Syncthing
from aiosyncthing.blocking.base import Blocking

__all__ = ["Awaited", "twin_client"]

_END: Final = object()


class Awaited:
    """A blocking object with methods to await.

    Args:
        twin: The object.
    """

    def __init__(self, twin: Blocking[Any]) -> None:
        self._twin = twin

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._twin, name)
        if isinstance(found, Blocking):
            return Awaited(found)
        return _awaited(found) if inspect.ismethod(found) else found

    async def close(self) -> None:
        """Close it."""
        await asyncio.to_thread(self._twin.close)  # type: ignore[attr-defined]


@asynccontextmanager
async def twin_client(api_key: str, url: str, **options: Any) -> AsyncGenerator[Any]:
    """Yield what looks like an asynchronous client, and is a blocking one."""
    client = Awaited(Syncthing(api_key, url, **options))
    try:
        yield client
    finally:
        await client.close()


def _awaited(method: Callable[..., Any]) -> Callable[..., Any]:
    kind = str(inspect.signature(method).return_annotation).partition("[")[0]
    if kind == "BlockingIterator":
        return lambda *args, **options: _Iterator(method(*args, **options))
    if kind == "EventStream":
        return lambda *args, **options: _Stream(method(*args, **options))
    if kind in {"BlockingContext", "ConfigEdit", "Pause"}:
        return lambda *args, **options: _Block(method(*args, **options))

    async def call(*args: Any, **options: Any) -> Any:
        return await asyncio.to_thread(method, *args, **options)

    return call


class _Iterator(AsyncIterator[Any]):
    def __init__(self, found: BlockingIterator[Any]) -> None:
        self._found = found

    async def __anext__(self) -> Any:
        item = await asyncio.to_thread(next, self._found, _END)
        if item is _END:
            raise StopAsyncIteration
        return item

    async def aclose(self) -> None:
        await asyncio.to_thread(self._found.close)


class _Stream(_Iterator):
    _found: EventStream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._found, name)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._found.__enter__)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class _Block:
    def __init__(self, found: AbstractContextManager[Any]) -> None:
        self._found = found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._found, name)

    async def __aenter__(self) -> Any:
        return await asyncio.to_thread(self._found.__enter__)

    async def __aexit__(self, *exception: object) -> bool | None:
        return await asyncio.to_thread(self._found.__exit__, *exception)
