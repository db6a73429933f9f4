"""Sends every request: `API` holds the HTTP session, its own or one that was passed in."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from functools import partial
from time import monotonic
from typing import Any, Final, TypeVar

import aiohttp
from yarl import URL

from ._http import failures, wire
from ._http.access import Access
from ._http.destinations import Destination, Destinations, Limits, left, with_query
from ._http.downloads import Target, open_target
from ._http.reading import Arrival, Body, read_body, read_page
from ._http.sessions import Sessions
from ._http.statuses import Refusal
from ._http.wire import Params
from ._routes import Answer, Route
from ._timing import Limit, time_limit
from .exceptions import BadRequestError, SyncthingError
from .tls import trust
from .tls.fingerprint import Option

__all__ = ["API"]

_LOGGER = logging.getLogger(__name__)
_T = TypeVar("_T")

_OK: Final = Answer.OK
_PAGE: Final = 1 << 15  # bytes to read of an error page


class API:
    """Low-level client: one daemon, one key, one HTTP session.

    It takes the same arguments as `Syncthing`, and raises the same errors.
    """

    DEFAULT_TIMEOUT = 10
    DEFAULT_MAX_RESPONSE_SIZE = 1 << 28

    def __init__(
        self,
        api_key: str,
        url: str = "http://127.0.0.1:8384",
        timeout: float | None = DEFAULT_TIMEOUT,
        verify_ssl: bool = True,  # noqa: FBT001, FBT002 - the seed's signature
        loop: object = None,  # noqa: ARG002 - the seed's signature
        session: aiohttp.ClientSession | None = None,
        *,
        tls: Option = None,
        max_response_size: int | None = DEFAULT_MAX_RESPONSE_SIZE,
        direct: bool | None = None,
    ) -> None:
        self._url = str(url)
        access = self._access = Access(api_key, self._url)
        del api_key, url  # so that the frame of an error raised below doesn't show them
        self._place = access.place
        self._timeout = time_limit(timeout) or None  # 0 for none, as for aiohttp and in version 0
        if self._timeout is not None and self._timeout < 0:
            raise BadRequestError("timeout must not be negative")
        self._limit = _size(max_response_size)
        self._trust = trust.Trust(settled=True)
        if not access.bad_url:
            self._trust = trust.choose(tls, verify_ssl, self._place)
        self._direct = True if direct is None and self._place.socket else direct
        self._sessions = Sessions(self._place, session)
        self._destinations = Destinations(access, self._timeout)
        self._daemon_id: str | None = None
        self._daemon_version: str | None = None
        self._changes = 0

    def __repr__(self) -> str:
        """Show the URL, without its user and password."""
        if not hasattr(self, "_access"):  # __init__ has not got that far
            return object.__repr__(self)
        return f"<{type(self).__name__} {self._access.shown!r}>"

    @property
    def url(self) -> str:
        """The base URL, as given."""
        return self._url

    @property
    def timeout(self) -> float | None:
        """Seconds for a whole request; ``None`` for no limit."""
        return self._timeout

    @property
    def direct(self) -> bool:
        """Whether connections are known to end in the daemon itself, so that each belongs to one of its processes.

        With a pinned certificate that is known after the first request.
        """
        return self._trust.own if self._direct is None else self._direct

    @property
    def daemon_id(self) -> str | None:
        """Device ID of the daemon that sent the last answer; ``None`` before the first."""
        return self._daemon_id

    @property
    def daemon_version(self) -> str | None:
        """Version of the daemon that sent the last answer, such as ``v1.29.5``; ``None`` before the first."""
        return self._daemon_version

    @property
    def changes(self) -> int:
        """A number that grows when a request other than GET is sent, and when it is answered."""
        return self._changes

    async def request(
        self,
        uri: str,
        params: Params | None = None,
        data: object = None,
        method: str = "GET",
        **options: Any,
    ) -> Any:
        """Send a request for which there is no method.

        Args:
            uri: Path below the base URL, such as ``rest/system/ping``, with IDs already escaped.
            params: Query parameters, unescaped.
            data: Body: bytes are sent unchanged, anything else as JSON.
            method: HTTP method.
            **options: ``timeout`` (seconds, ``math.inf`` for no limit), ``headers`` and ``observe``, as for `call`.
                With ``decode=False``, the result is the bytes of the answer.

        Returns:
            The decoded JSON; the body's bytes if the answer is not JSON; or ``None``.

        Raises:
            SyncthingError: The request failed; see `aiosyncthing.exceptions`.
        """
        # Only arguments that were given are passed on: a test's replacement may accept only those of version 0.
        if params is not None:
            options["params"] = params
        if data is not None:
            options["data"] = data
        if method != "GET":
            options["method"] = method
        try:
            return await self.raw_request(uri, **options)
        except SyncthingError:
            raise
        except Exception as error:
            raise failures.translate(error, method, uri) from error

    async def raw_request(
        self,
        uri: str,
        params: Params | None = None,
        data: object = None,
        method: str = "GET",
        *,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        observe: Callable[[aiohttp.ClientResponse], None] | None = None,
        decode: bool = True,
    ) -> Any:
        """Send a request, and raise errors as they come.

        Like `request`, but a refused connection, a time-out or an error status raises what aiohttp does:
        `aiohttp.ClientError`, `TimeoutError`, or `aiohttp.ClientResponseError` (with the daemon's text as its
        ``message``, and without the request's headers, which hold the key). An answer that is not Syncthing's, or a
        certificate other than the pinned one, raises a `SyncthingError`. Without ``decode``, the result is the answer's
        bytes; an answer that can't be decoded is an error all the same.
        """
        sessions = self._sessions
        reused, limits, begin = sessions.take(), None, monotonic()
        while True:
            response = body = value = arrival = arriving = None
            try:
                destination = self._destinations.find(method, uri)
                route, url, path, _, usual = destination
                if params:
                    url = with_query(url, params)
                if limits is None:
                    limits = usual if timeout is None else self._destinations.limits(route, timeout)
                arrival = Arrival() if route is not None and route.poll else None
                with Limit(limits.total, arrival.goes_on if arrival else None):
                    async with self._send(destination, method, url, data, limits, headers) as response:
                        if observe is not None:
                            observe(response)
                        arriving = sessions.arriving
                        arriving.add(response)
                        try:
                            if response.status >= wire.FIRST_FAILURE:
                                body = await read_page(response, _PAGE)
                            else:
                                ends = route is not None and route.answer is _OK
                                body = await read_body(response, self._limit, partial=ends, arrival=arrival)
                        finally:
                            arriving.discard(response)
                sessions.give_back(response)
                value = self._read(route, method, path, url, response, body)
            except Exception as error:  # noqa: BLE001 - raised below, outside of the handler
                failure = error
            else:
                return value if decode else body
            if not (reused and response is None and limits and failures.may_repeat(failure, method, uri)):
                break
            reused, limits = False, left(limits, monotonic() - begin)
        # Loggers may show the variables of this frame, and the answer may contain what the server received.
        del response, body, value, arrival, arriving
        try:
            raise failures.without_secrets(sessions.explain(failure), method, uri, self._access.secrets)
        finally:
            del failure  # its traceback refers to this frame

    exchange = raw_request
    """`raw_request`, even where a test has replaced that."""

    def call(
        self,
        route: Route[_T],
        *ids: str,
        params: Params | None = None,
        data: object = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        observe: Callable[[aiohttp.ClientResponse], None] | None = None,
    ) -> Coroutine[Any, Any, _T]:
        """Send a request to a route; every method of the namespaces calls this.

        It is not a coroutine function: each level of them costs time at every step of a request.

        Args:
            route: One of the constants of the route table.
            *ids: The IDs in the path, unescaped.
            params: Query parameters, unescaped.
            data: Body: bytes are sent unchanged, anything else as JSON.
            timeout: Seconds for the whole request; ``None`` for the route's or the client's limit, ``math.inf`` for no
                limit.
            headers: Further request headers.
            observe: Called with the response once its headers have arrived.

        Raises:
            SyncthingError: The request failed.
        """
        options: dict[str, Any] = {}
        if params is not None:
            options["params"] = params
        if data is not None:
            options["data"] = data
        if route.method != "GET":
            options["method"] = route.method
        if timeout is not None:
            options["timeout"] = timeout
        if headers is not None:
            options["headers"] = headers
        if observe is not None:
            options["observe"] = observe
        uri = route.uri(*map(wire.quote_id, ids)) if ids else route.path
        return self.request(uri, **options)

    async def download(
        self,
        route: Route[bytes],
        target: Target,
        *,
        params: Params | None = None,
        timeout: float | None = None,
    ) -> int:
        """Write a route's answer to a file as it arrives, without holding all of it in memory.

        Args:
            route: A constant of the route table with a binary answer.
            target: A path, or a binary file object. A path is written under a temporary name in the same folder and
                renamed at the end, so that it never holds half a file.
            params: Query parameters, unescaped.
            timeout: Seconds for the whole request.

        Returns:
            The number of bytes written.

        Raises:
            SyncthingError: The request failed.
            OSError: The file can't be written.
        """
        size = 0
        async with open_target(target) as write, aclosing(self._receive(route, params, timeout)) as chunks:
            async for chunk in chunks:
                await write(chunk)
                size += len(chunk)
                del chunk  # so that the frame of an error doesn't show it
        return size

    async def close(self) -> None:
        """Close the client's own session, and end running requests. Calling it again does nothing.

        Raises:
            EventLoopError: The client is in use by an event loop in another thread.
        """
        await self._sessions.close()

    async def _receive(
        self, route: Route[bytes], params: Params | None, timeout: float | None
    ) -> AsyncGenerator[bytes]:
        """Yield a binary answer as it arrives; if the request fails, raise a `SyncthingError`."""
        method, path = route.method, route.path
        response = chunk = body = arriving = None
        sessions, begin = self._sessions, monotonic()
        sessions.take()
        try:
            destination = self._destinations.find(method, path)
            url = with_query(destination.url, params) if params else destination.url
            limits = destination.limits if timeout is None else self._destinations.limits(route, timeout)
            async with AsyncExitStack() as stack:
                # Two limits, since the caller's work on a chunk must not count.
                with Limit(limits.total):
                    response = await stack.enter_async_context(self._send(destination, method, url, None, limits, None))
                    if response.status >= wire.FIRST_FAILURE or wire.ID_HEADER not in response.headers:
                        self._read(route, method, path, url, response, await read_page(response, _PAGE))
                self._note(method, path, response.status, response.headers)
                arriving = sessions.arriving
                arriving.add(response)
                try:
                    body = Body(response, self._limit)
                    while True:
                        with Limit(left(limits, monotonic() - begin).total):
                            chunk = await body.read()
                        if not chunk:
                            break
                        yield chunk
                finally:
                    arriving.discard(response)
                sessions.give_back(response)
                return
        except Exception as error:  # noqa: BLE001 - raised below, outside of the handler
            failure = error
        del response, chunk, body, arriving  # as in raw_request
        failure = failures.without_secrets(sessions.explain(failure), method, path, self._access.secrets)
        try:
            raise failures.translate(failure, method, path)
        finally:
            del failure  # its traceback refers to this frame

    def _read(
        self,
        route: Route[Any] | None,
        method: str,
        path: str,
        url: URL,
        response: aiohttp.ClientResponse,
        body: bytes,
    ) -> Any:
        """Return the value of an answer, or raise the error that it stands for."""
        status, headers = response.status, response.headers
        self._note(method, path, status, headers)
        mask = self._access.secrets.mask
        if status >= wire.FIRST_FAILURE:
            text = mask(body.decode(errors="replace"))
            base, no_key = self._destinations.base, self._access.no_key
            raise failures.StatusError(
                url, Refusal(route, method, path, status, headers, text, base=base, no_key=no_key)
            )
        return wire.read_answer(route, method, path, status, headers, body, mask)

    def _send(
        self,
        destination: Destination,
        method: str,
        url: URL,
        data: object,
        limits: Limits,
        headers: Mapping[str, str] | None,
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if method != "GET":
            self._changes += 1
        own = {**destination.headers, **headers} if headers else destination.headers
        body = None
        if data is not None:
            body = wire.encode_body(data)
            own = {**own, "Content-Type": "text/plain" if isinstance(data, bytes) else wire.JSON}
        session = self._sessions.get()
        options: dict[str, Any] = {
            "data": body,
            "headers": own,
            "timeout": limits.phases,
            "allow_redirects": False,  # a redirect would send the key elsewhere
            "raise_for_status": False,  # a session that was passed in may set it; its error would hold the key
            "auto_decompress": False,  # `reading` decompresses, within the limit
        }
        method = failures.for_aiohttp(method, destination.path)
        trusted = self._trust.settled
        if trusted is not None:
            return session.request(method, url, ssl=trusted, **options)
        return trust.Sending(self._trust, partial(session.request, method, url, **options), self._timeout)

    def _note(self, method: str, uri: str, status: int, headers: Mapping[str, str]) -> None:
        daemon_id = headers.get(wire.ID_HEADER)
        if daemon_id is not None:
            self._daemon_id = daemon_id
            self._daemon_version = headers.get(wire.VERSION_HEADER)
        if method != "GET":
            self._changes += 1
        if _LOGGER.isEnabledFor(logging.DEBUG):
            _LOGGER.debug("%s %s: %d", method, uri, status)


def _size(limit: int | None) -> float:
    """Return the maximum size of an answer as a number.

    Raises:
        BadRequestError: `limit` is not a positive integer.
    """
    if limit is None:
        return math.inf
    if type(limit) is not int or limit < 1:
        raise BadRequestError("max_response_size must be a positive number of bytes, or None for no limit")
    return limit
