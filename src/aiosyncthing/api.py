"""The one place that sends: `API` owns or borrows the HTTP session, and every request passes through it."""

from __future__ import annotations

import logging
import math
from contextlib import AsyncExitStack, aclosing
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ._http import failures, wire
from ._http.access import read_access
from ._http.destinations import Destinations, left, with_query
from ._http.downloads import Target, open_target
from ._http.preload import preload
from ._http.reading import Arrival, Body, read_body, read_page
from ._http.sessions import Sessions
from ._http.statuses import Refusal
from ._routes import Answer
from ._timing import Limit
from .exceptions import BadRequestError, SyncthingError
from .tls import trust

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
    from contextlib import AbstractAsyncContextManager

    import aiohttp
    from yarl import URL

    from ._http.destinations import Destination, Limits
    from ._http.wire import Params
    from ._routes import Route

__all__ = ["API"]

preload()

_LOGGER = logging.getLogger(__name__)
_T = TypeVar("_T")

_OK: Final = Answer.OK
_PAGE: Final = 1 << 15  # bytes of an error page that are read


class API:
    """Low-level client: one daemon, one key, one HTTP session.

    Args:
        api_key: The daemon's API key (``gui.apiKey``), shown by its web interface under Actions, Settings.
        url: Base URL. A path is kept, with or without a final slash: ``https://host:443/syncthing``. A unix socket is
            ``unix:///run/user/1000/syncthing.sock``, with TLS ``unixs:///...``.
        timeout: Seconds for a whole request; ``None`` for no limit. Long operations have limits of their own, and
            every method of the namespaces takes one.
        verify_ssl: Whether the certificate of an HTTPS URL must be valid. Syncthing's own is self-signed: see `tls`.
        loop: Ignored; kept for programs written for version 0.
        session: An `aiohttp.ClientSession` to use. It is never closed here. Let its connector drop idle connections
            before the daemon does after 15 s: ``aiohttp.TCPConnector(keepalive_timeout=10)``. For ``unix://`` its
            connector must be an `aiohttp.UnixConnector` to that path; for ``unixs://`` there can be none.
        tls: Whom to trust, for ``https://`` and ``unixs://``: a `Fingerprint` pins one certificate, a `CertificateFile`
            the one in a file, also after its renewal; the path of a CA file (PEM), or an `ssl.SSLContext`, verify as
            usual; False accepts anybody. ``None``: as `verify_ssl` says. It is checked in the handshake, before
            anything of a request, such as the key, is sent.
        max_response_size: How many bytes an answer may have, decompressed; ``None`` for no limit. The default, 256 MiB,
            is enough for the listing of a million files.

    Raises:
        BadRequestError: Arguments that contradict each other, or would have no effect. A key or URL that can't be right
            is reported by the first request.
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
        tls: trust.Option = None,
        max_response_size: int | None = DEFAULT_MAX_RESPONSE_SIZE,
    ) -> None:
        self._url = str(url)
        access = self._access = read_access(api_key, self._url)
        del api_key, url  # not to be seen in the frame of an error that is raised here
        self._place = access.place
        self._timeout = None if timeout is None or math.isinf(timeout) else timeout
        self._limit = _size(max_response_size)
        self._trust = trust.Trust(settled=True)
        if not access.bad_url:
            self._trust = trust.choose(tls, verify_ssl, self._place)
        self._sessions = Sessions(self._place, session)
        self._destinations = Destinations(access, self._timeout)
        self._daemon_id: str | None = None
        self._daemon_version: str | None = None

    def __repr__(self) -> str:
        """Show where it points to, without key, user and password."""
        if not hasattr(self, "_access"):  # it was never made
            return object.__repr__(self)
        return f"<{type(self).__name__} {self._access.shown!r}>"

    @property
    def url(self) -> str:
        """The base URL, as given."""
        return self._url

    @property
    def timeout(self) -> float | None:
        """Seconds for a whole request, as given; ``None`` for no limit."""
        return self._timeout

    @property
    def daemon_id(self) -> str | None:
        """Device ID of the daemon that answered last; ``None`` before the first answer."""
        return self._daemon_id

    @property
    def daemon_version(self) -> str | None:
        """Version of the daemon that answered last, such as ``v1.29.5``; ``None`` before the first answer."""
        return self._daemon_version

    async def request(
        self,
        uri: str,
        params: Params | None = None,
        data: object = None,
        method: str = "GET",
        **options: Any,
    ) -> Any:
        """Perform a request that has no method of its own.

        Args:
            uri: Path below the base URL, such as ``rest/system/ping``, with IDs already escaped.
            params: Query parameters; they are escaped here.
            data: Body: bytes as they are, anything else as JSON.
            method: HTTP method.
            **options: ``timeout`` (seconds, ``math.inf`` for no limit), ``headers`` and ``observe``, as in
                `raw_request`.

        Returns:
            The decoded JSON, or the body's bytes where the answer is not JSON, or ``None``.

        Raises:
            SyncthingError: Whatever goes wrong; see `aiosyncthing.exceptions`.
        """
        # Only what is given is passed on: a user's stand-in for raw_request may know the seed's arguments only.
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
    ) -> Any:
        """Perform a request, with errors as they come.

        Like `request`, but a refused connection, a time-out or an error status raise what aiohttp raises:
        `aiohttp.ClientError`, `TimeoutError`, `aiohttp.ClientResponseError` (with the daemon's words as ``message``
        and without the request's headers, which hold the key). An answer that is not Syncthing's, or another
        certificate than the pinned one, raises a `SyncthingError`.
        """
        sessions = self._sessions
        reused, limits, begin = sessions.take(), None, monotonic()
        while True:
            response = body = arrival = arriving = None
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
                return self._read(route, method, path, url, response, body)
            except Exception as error:  # noqa: BLE001 - raised again below, outside of the handler
                failure = error
            if not (reused and response is None and limits and failures.may_repeat(failure, method, uri)):
                break
            reused, limits = False, left(limits, monotonic() - begin)
        # Variables of frames may be shown: what a server sends may hold what it got.
        del response, body, arrival, arriving
        try:
            raise failures.without_secrets(failure, method, uri, self._access.secrets)
        finally:
            del failure  # its traceback refers to this frame

    exchange = raw_request
    """`raw_request`, also where a test has put something else in the place of that name."""

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
        """Perform the request of a route; what the namespaces' methods consist of.

        Not a coroutine function itself, since each level of those is paid for at every step of a request.

        Args:
            route: One of the constants of the route table.
            *ids: The IDs in the path, not escaped yet.
            params: Query parameters, not escaped yet.
            data: Body: bytes as they are, anything else as JSON.
            timeout: Seconds for the whole request; ``None`` for the route's own or the client's limit,
                ``math.inf`` for none.
            headers: Further request headers.
            observe: Called with the response when its headers are there.

        Raises:
            SyncthingError: Whatever goes wrong.
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
        """Write the answer of a route to a file while it arrives, never holding it whole.

        Args:
            route: One of the constants of the route table whose answer is binary.
            target: A path, or a binary file object. A path is written under another name beside it and
                renamed at the end, so there is never half a file under the name itself.
            params: Query parameters.
            timeout: Seconds for the whole request.

        Returns:
            The number of bytes written.

        Raises:
            SyncthingError: Whatever goes wrong with the request.
            OSError: The file can't be written.
        """
        size = 0
        async with open_target(target) as write, aclosing(self._receive(route, params, timeout)) as chunks:
            async for chunk in chunks:
                await write(chunk)
                size += len(chunk)
                del chunk  # not to be seen in the frame of an error
        return size

    async def close(self) -> None:
        """Close the session, if it was made here, and end what is under way. May be called twice.

        Raises:
            EventLoopError: It is in use by an event loop that is running in another thread.
        """
        await self._sessions.close()

    async def _receive(
        self, route: Route[bytes], params: Params | None, timeout: float | None
    ) -> AsyncGenerator[bytes]:
        """Yield a binary answer while it arrives; whatever goes wrong with the request is a `SyncthingError`."""
        method, path = route.method, route.path
        response = chunk = body = arriving = None
        sessions, begin = self._sessions, monotonic()
        sessions.take()
        try:
            destination = self._destinations.find(method, path)
            url = with_query(destination.url, params) if params else destination.url
            limits = destination.limits if timeout is None else self._destinations.limits(route, timeout)
            async with AsyncExitStack() as stack:
                # Not as one block: what is done with the chunks goes on outside.
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
        except Exception as error:  # noqa: BLE001 - raised again below, outside of the handler
            failure = error
        del response, chunk, body, arriving  # see above
        failure = failures.without_secrets(failure, method, path, self._access.secrets)
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
        """Return the value of an answer, or raise what it means."""
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
            "allow_redirects": False,  # a redirect would carry the key to another place
            "raise_for_status": False,  # a borrowed session may have it on; its error would hold the key
            "auto_decompress": False,  # bodies are decompressed in `_reading`, which knows a limit
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
        if _LOGGER.isEnabledFor(logging.DEBUG):
            _LOGGER.debug("%s %s: %d", method, uri, status)


def _size(limit: int | None) -> float:
    """Return the limit for the size of an answer, as a number.

    Raises:
        BadRequestError: It is none.
    """
    if limit is None:
        return math.inf
    if type(limit) is not int or limit < 1:
        raise BadRequestError("max_response_size must be a number of bytes, or None for no limit")
    return limit
