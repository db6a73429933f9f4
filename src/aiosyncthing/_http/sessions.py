"""The HTTP session of a client: one that was passed in, or one of its own in the event loop that it is used in."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import ref

import aiohttp
from multidict import istr

from aiosyncthing._loops import check_loop
from aiosyncthing.exceptions import SyncthingError

from .connectors import check_session, open_connector

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine

    from .place import Place

_CONNECTION: Final = istr("Connection")

_closing: Final[set[asyncio.Task[None]]] = set()  # an event loop has only weak references to its tasks


class _Own(NamedTuple):
    """A session that was opened here, and what closes it at the end of its loop."""

    session: aiohttp.ClientSession
    guard: AsyncGenerator[None]


class Sessions:
    """The session of a client: for one event loop after the other, but not for two that are running at the same time.

    One of its own is opened in each loop when it is first needed there, and closed with that loop at the latest.

    Args:
        place: Where it leads to.
        session: The session to use. It is never closed here; ``None`` for one of its own.

    Attributes:
        arriving: Responses whose body is being read.

    Raises:
        BadRequestError: The session leads somewhere else.
    """

    def __init__(self, place: Place, session: aiohttp.ClientSession | None) -> None:
        if session is not None:
            check_session(session, place)
        self.arriving: set[aiohttp.ClientResponse] = set()
        self._idle = 0  # connections that our last answers have left open
        self._place = place
        self._borrowed = session
        self._own: dict[asyncio.AbstractEventLoop, _Own] = {}
        self._current = session
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def get(self) -> aiohttp.ClientSession:
        """Return the session for the running event loop.

        Raises:
            EventLoopError: Another loop is using it, or it was passed in and belongs to another one.
            SyncthingError: It was closed.
        """
        if self._current is None or self._loop is not asyncio.get_running_loop():
            self._current = self._find()
        return self._current

    def take(self) -> bool:
        """Return whether the next request is likely to use a connection that is open already.

        Who else uses a session that was passed in is not known, and what it has closed meanwhile isn't either.
        """
        idle = self._idle
        if idle:
            self._idle = idle - 1
        return idle > 0

    def give_back(self, response: aiohttp.ClientResponse) -> None:
        """Note that the connection of an answer is free again, if all of it was read and it isn't closed now."""
        if response.content.at_eof() and response.headers.get(_CONNECTION, "").lower() != "close":
            self._idle += 1

    async def close(self) -> None:
        """Close what was opened here, and end what is under way. May be called twice.

        Raises:
            EventLoopError: Another loop is using it.
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
            with suppress(RuntimeError):  # that loop is closed by now
                loop.call_soon_threadsafe(_close_soon, loop, own)
        if here is None:
            return
        for response in self.arriving:
            # Or it would wait until its time is up: aiohttp closes a connection without a word to whoever reads
            # from it (ResponseHandler.close drops the payload before connection_lost could fail it).
            response.content.set_exception(aiohttp.ClientConnectionError("the client was closed"))
        await _close(here)

    def _find(self) -> aiohttp.ClientSession:
        running = asyncio.get_running_loop()
        if self._borrowed is not None:
            # aiohttp's public property of that name is deprecated, and warns. A stand-in of a test may have none.
            owner = getattr(self._borrowed, "_loop", None)
            if isinstance(owner, asyncio.AbstractEventLoop):
                check_loop(owner, "the session that was passed in")
            self._loop = running
            return self._borrowed
        if self._closed:
            raise SyncthingError("the client is closed")
        self._check()
        if self._loop is not running:
            self._loop = running
            self.arriving = set()
            self._idle = 0
        if running not in self._own:
            self._own[running] = self._open()
        return self._own[running].session

    def _check(self) -> None:
        """Make sure that no other loop is running; give up what belongs to those that are closed."""
        running = asyncio.get_running_loop()
        for loop in list(self._own):
            if loop.is_closed():
                _step(self._own.pop(loop).session.close())
            elif loop is not running and loop.is_running():
                check_loop(loop, "the client")

    def _open(self) -> _Own:
        session = aiohttp.ClientSession(
            connector=open_connector(self._place),
            cookie_jar=aiohttp.DummyCookieJar(),  # the key is all the daemon needs
        )
        guard = _close_with_loop(ref(session))
        _step(guard.__anext__())
        return _Own(session, guard)


async def _close_with_loop(session: ref[aiohttp.ClientSession]) -> AsyncGenerator[None]:
    """Close a session at the end.

    asyncio ends each generator that was begun in a loop before it closes that loop: asyncio.run does, and all that
    call `loop.shutdown_asyncgens`. Only there can connections be closed properly.
    """
    try:
        yield
    finally:
        if (found := session()) is not None:
            await found.close()


async def _close(own: _Own) -> None:
    try:
        await own.session.close()
    finally:
        await own.guard.aclose()


def _close_soon(loop: asyncio.AbstractEventLoop, own: _Own) -> None:
    task = loop.create_task(_close(own))
    _closing.add(task)
    task.add_done_callback(_closing.discard)


def _step(coroutine: Coroutine[Any, Any, object]) -> None:
    """Run what waits for nothing, without a loop."""
    with suppress(StopIteration, RuntimeError):  # RuntimeError: it wants its loop, which is closed
        coroutine.send(None)
    coroutine.close()
