"""The HTTP session of a client: the one that was passed in, or one that the client opens in each event loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import ref

import aiohttp
from multidict import istr

from aiosyncthing._loops import check_loop
from aiosyncthing.exceptions import ClientClosedError

from .connectors import abort_tls, check_session, open_connector

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine

    from .place import Place

_CONNECTION: Final = istr("Connection")

_closing: Final[set[asyncio.Task[None]]] = set()  # since an event loop keeps only weak references to its tasks


class _Own(NamedTuple):
    """A session that was opened here, and the generator that closes it when its loop ends."""

    session: aiohttp.ClientSession
    guard: AsyncGenerator[None]


class Sessions:
    """The session of a client, for one event loop after another, but not for two running at the same time.

    Unless one was passed in, a session is opened in each loop on first use, and closed when that loop ends, or earlier.

    Args:
        place: Where to connect to.
        session: A session to use, which is never closed here.

    Attributes:
        arriving: Responses with a body that is still being read.

    Raises:
        BadRequestError: The session connects somewhere else.
    """

    def __init__(self, place: Place, session: aiohttp.ClientSession | None) -> None:
        if session is not None:
            check_session(session, place)
        self.arriving: set[aiohttp.ClientResponse] = set()
        self._idle = 0  # connections that are probably open and unused
        self._place = place
        self._borrowed = session
        self._own: dict[asyncio.AbstractEventLoop, _Own] = {}
        self._current = session
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def get(self) -> aiohttp.ClientSession:
        """Return the session for the running event loop.

        Raises:
            EventLoopError: Another loop is using the client, or owns the session that was passed in.
            ClientClosedError: The client was closed.
        """
        if self._current is None or self._loop is not asyncio.get_running_loop():
            self._current = self._find()
        return self._current

    def take(self) -> bool:
        """Return whether the next request will probably reuse a connection.

        It is not certain: others may use the same session, and the session may have closed the connection.
        """
        idle = self._idle
        if not idle or self._loop is not asyncio.get_running_loop():  # those of another loop are of no use here
            return False
        self._idle = idle - 1
        return True

    def give_back(self, response: aiohttp.ClientResponse) -> None:
        """Note that the connection of a response is free again, if the whole body was read and it stays open."""
        if response.content.at_eof() and response.headers.get(_CONNECTION, "").lower() != "close":
            self._idle += 1

    def explain(self, error: Exception) -> Exception:
        """Return the reason for an error of a request whose session was closed meanwhile, and any other error as it is.

        Older versions of aiohttp then repeat some requests, and fail because there is no connector any more.
        """
        if isinstance(error, AttributeError) and (self._current is None or getattr(self._current, "closed", False)):
            return aiohttp.ClientConnectionError("the client was closed")
        return error

    async def close(self) -> None:
        """Close what was opened here, and end running requests. Calling it again does nothing.

        Raises:
            EventLoopError: Another loop is using the client.
        """
        if self._borrowed is not None:
            return
        self._check()
        running = asyncio.get_running_loop()
        here, elsewhere = self._own.pop(running, None), dict(self._own)
        self._own.clear()
        self._current = None
        self._closed = True
        for loop, own in elsewhere.items():
            with suppress(RuntimeError):  # that loop has been closed meanwhile
                loop.call_soon_threadsafe(_close_soon, loop, own)
        if here is None:
            return
        for response in self.arriving:
            # Otherwise its reader would wait for the time-out: aiohttp closes a connection without waking it
            # (ResponseHandler.close drops the payload before connection_lost could fail it).
            response.content.set_exception(aiohttp.ClientConnectionError("the client was closed"))
        await _close(here)

    def _find(self) -> aiohttp.ClientSession:
        running = asyncio.get_running_loop()
        if self._borrowed is not None:
            # aiohttp's public property is deprecated and warns. A test's mock may not have the attribute.
            owner = getattr(self._borrowed, "_loop", None)
            if isinstance(owner, asyncio.AbstractEventLoop):
                check_loop(owner, "the session that was passed in")
            self._loop = running
            return self._borrowed
        if self._closed:
            raise ClientClosedError("the client is closed")
        self._check()
        if self._loop is not running:
            self._loop = running
            self.arriving = set()
            self._idle = 0
        if running not in self._own:
            self._own[running] = self._open()
        return self._own[running].session

    def _check(self) -> None:
        """Raise if another loop is using the client, and drop the sessions of closed loops."""
        running = asyncio.get_running_loop()
        for loop in list(self._own):
            if loop.is_closed():
                _step(self._own.pop(loop).session.close())
            elif loop is not running and loop.is_running():
                check_loop(loop, "the client")

    def _open(self) -> _Own:
        session = aiohttp.ClientSession(
            connector=open_connector(self._place),
            cookie_jar=aiohttp.DummyCookieJar(),  # the daemon needs nothing but the key
        )
        guard = _close_with_loop(ref(session))
        _step(guard.__anext__())
        return _Own(session, guard)


async def _close_with_loop(session: ref[aiohttp.ClientSession]) -> AsyncGenerator[None]:
    """Close a session when its event loop ends.

    Before a loop closes, asyncio.run and everything else that calls `loop.shutdown_asyncgens` ends each generator that
    was started in it. Connections can be closed properly only then.
    """
    try:
        yield
    finally:
        if (found := session()) is not None:
            await _end(found)


async def _close(own: _Own) -> None:
    try:
        await _end(own.session)
    finally:
        await own.guard.aclose()


async def _end(session: aiohttp.ClientSession) -> None:
    if session.connector is not None:
        abort_tls(session.connector)
    await session.close()


def _close_soon(loop: asyncio.AbstractEventLoop, own: _Own) -> None:
    task = loop.create_task(_close(own))
    _closing.add(task)
    task.add_done_callback(_closing.discard)


def _step(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine that never waits, without an event loop."""
    with suppress(StopIteration, RuntimeError):  # RuntimeError: it needs its loop, which is closed
        coroutine.send(None)
    coroutine.close()
