"""The one place that sends: `API` owns or borrows the HTTP session, and every request passes through it."""

from __future__ import annotations

import logging
import math
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import aiohttp
from yarl import URL

from . import _failures, _trust, _wire
from ._files import Target, open_target
from ._place import locate, split_user_info
from ._preload import preload
from ._routes import Answer, find_route
from ._sessions import Sessions
from .exceptions import BadRequestError, SyncthingError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
    from contextlib import AbstractAsyncContextManager

    from ._routes import Route
    from ._wire import Params

__all__ = ["API"]

preload()

_LOGGER = logging.getLogger(__name__)
_T = TypeVar("_T")

_CHUNK: Final = 1 << 16
_OK: Final = Answer.OK
_LEAST_KEY: Final = 8  # a shorter one may well be a part of common words


class _Secret(str):
    """A string that shows nothing of itself in reprs, such as those of headers in a traceback with locals."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class _Target(NamedTuple):
    """Where a request goes: its route, its URL, its path without query, and how long it may usually take."""

    route: Route[Any] | None
    url: URL
    path: str
    limits: aiohttp.ClientTimeout


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

    Raises:
        BadRequestError: Arguments that can't be sent, contradict each other, or would have no effect.
    """

    DEFAULT_TIMEOUT = 10

    def __init__(
        self,
        api_key: str,
        url: str = "http://127.0.0.1:8384",
        timeout: float | None = DEFAULT_TIMEOUT,
        verify_ssl: bool = True,  # noqa: FBT001, FBT002 - the seed's signature
        loop: object = None,  # noqa: ARG002 - the seed's signature
        session: aiohttp.ClientSession | None = None,
        *,
        tls: _trust.Option = None,
    ) -> None:
        if api_key and not (api_key.isascii() and api_key.isprintable()):
            raise BadRequestError("the API key has characters that can't be sent in a header")
        self._url = str(url)
        base, authorization = split_user_info(self._url)
        self._place = locate(base)
        self._base = self._place.base
        self._timeout = None if timeout is None or math.isinf(timeout) else timeout
        self._trust = _trust.choose(tls, verify_ssl, self._place)
        self._sessions = Sessions(self._place, session)
        self._headers = {"Accept": _wire.JSON}
        if api_key:
            self._headers["X-API-Key"] = _Secret(api_key)
        if authorization:  # not left in the URL, which aiohttp's errors show
            self._headers["Authorization"] = _Secret(authorization)
        self._targets: dict[tuple[str, str], _Target] = {}
        self._daemon_id: str | None = None
        self._daemon_version: str | None = None

    def __repr__(self) -> str:
        """Show where it points to, without key, user and password."""
        return f"<{type(self).__name__} {split_user_info(self._url)[0]!r}>"

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
            raise _failures.translate(error, method, uri) from error

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
        try:
            target = self._targets.get((method, uri)) or self._find_target(method, uri)
            route, url, path, _ = target
            if params:
                url = self._parse(_wire.add_query(str(url), params))
            async with self._send(target, method, url, data, timeout, headers) as response:
                if observe is not None:
                    observe(response)
                arriving = self._sessions.arriving
                arriving.add(response)
                try:
                    if route is not None and route.answer is _OK:
                        body = await _read_what_comes(response)
                    else:
                        body = await response.read()
                finally:
                    arriving.discard(response)
        except Exception as error:  # noqa: BLE001 - raised again below, outside of the handler
            failure = error
        else:
            return self._read(route, method, path, url, response, body)
        try:
            raise _failures.without_key(failure, method, uri, self._mask)
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
        uri = route.uri(*map(_wire.quote_id, ids)) if ids else route.path
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
        try:
            target = self._find_target(method, path)
            url = self._parse(_wire.add_query(str(target.url), params)) if params else target.url
            async with self._send(target, method, url, None, timeout, None) as response:
                if response.status >= _wire.FIRST_FAILURE or _wire.ID_HEADER not in response.headers:
                    self._read(route, method, path, url, response, await response.content.read(_CHUNK))
                self._note(method, path, response.status, response.headers)
                arriving = self._sessions.arriving
                arriving.add(response)
                try:
                    while chunk := await response.content.read(_CHUNK):
                        yield chunk
                finally:
                    arriving.discard(response)
                return
        except Exception as error:  # noqa: BLE001 - raised again below, outside of the handler
            failure = error
        try:
            raise _failures.translate(_failures.without_key(failure, method, path, self._mask), method, path)
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
        if status >= _wire.FIRST_FAILURE:
            text = self._mask(body.decode(errors="replace"))
            raise _failures.status_error(method, url, status, text, {k: self._mask(v) for k, v in headers.items()})
        try:
            return _wire.read_answer(route, method, path, status, headers, body)
        except SyncthingError as error:
            error.body = self._mask(error.body or "") or None
            raise

    def _mask(self, text: str) -> str:
        """Remove key and password from what a server wrote: some show the request on their error pages."""
        for secret in self._headers.values():
            if isinstance(secret, _Secret) and len(secret) >= _LEAST_KEY:
                text = text.replace(secret, "***")
        return text

    def _find_target(self, method: str, uri: str) -> _Target:
        """Find out where a request goes, and how long it may take."""
        uri = uri.lstrip("/")
        path = uri.partition("?")[0]
        route = find_route(method, path)
        base = str(self._parse(self._base, encoded=False)).rstrip("/")
        target = _Target(route, self._parse(_wire.join_url(base, uri)), path, self._usual_limits(route))
        if route is not None and uri == route.path:  # there are only so many of these
            self._targets[method, uri] = target
        return target

    @staticmethod
    def _parse(url: str, *, encoded: bool = True) -> URL:
        try:
            return URL(url, encoded=encoded)
        except ValueError as error:
            raise BadRequestError("the base URL must be like http://127.0.0.1:8384") from error

    def _send(
        self,
        target: _Target,
        method: str,
        url: URL,
        data: object,
        timeout: float | None,
        headers: Mapping[str, str] | None,
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        own = {**self._headers, **headers} if headers else self._headers
        body = None
        if data is not None:
            body = _wire.encode_body(data)
            own = {**own, "Content-Type": "text/plain" if isinstance(data, bytes) else _wire.JSON}
        session = self._sessions.get()
        send = partial(
            session.request,
            method,
            url,
            data=body,
            headers=own,
            timeout=target.limits if timeout is None else self._limits(target.route, timeout),
            allow_redirects=False,  # a redirect would carry the key to another place
            raise_for_status=False,  # a borrowed session may have it on; its error would hold the key
        )
        trusted = self._trust.settled
        return _trust.Sending(self._trust, send, self._timeout) if trusted is None else send(ssl=trusted)

    def _usual_limits(self, route: Route[Any] | None) -> aiohttp.ClientTimeout:
        usual = self._timeout
        if usual is not None and route is not None and route.timeout is not None:
            usual = max(usual, route.timeout)
        return self._limits(route, usual)

    def _limits(self, route: Route[Any] | None, timeout: float | None) -> aiohttp.ClientTimeout:
        seconds = None if timeout is None or math.isinf(timeout) else timeout
        if route is not None and route.poll:
            # The headers of a poll come at once, the events when there are any: a limit for the whole would cut
            # off a large answer on a slow line, so only silence counts.
            return aiohttp.ClientTimeout(total=None, connect=self._timeout, sock_read=seconds)
        return aiohttp.ClientTimeout(total=seconds, sock_connect=self._timeout)

    def _note(self, method: str, uri: str, status: int, headers: Mapping[str, str]) -> None:
        daemon_id = headers.get(_wire.ID_HEADER)
        if daemon_id is not None:
            self._daemon_id = daemon_id
            self._daemon_version = headers.get(_wire.VERSION_HEADER)
        if _LOGGER.isEnabledFor(logging.DEBUG):
            _LOGGER.debug("%s %s: %d", method, uri, status)


async def _read_what_comes(response: aiohttp.ClientResponse) -> bytes:
    """Read a body that may be cut short because the daemon ends; it has accepted the request by then."""
    body = bytearray()
    try:
        async for chunk in response.content.iter_any():
            body += chunk
    except (aiohttp.ClientError, ConnectionError):
        if response.status >= _wire.FIRST_FAILURE:
            raise
    return bytes(body)
