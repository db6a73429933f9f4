"""The URL, headers and time limits of each request."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
from yarl import URL

from aiosyncthing._routes import find_route
from aiosyncthing._timing import time_limit
from aiosyncthing.exceptions import BadRequestError, UnauthorizedError

from .wire import NO_AUTH, encode_query, join_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiosyncthing._routes import Route

    from .access import Access
    from .wire import Params


class Limits(NamedTuple):
    """How long a request may take.

    Attributes:
        total: Seconds for the whole request; for a poll, until its body begins, and then for each further kilobyte.
            ``None`` for no limit.
        phases: The limits that aiohttp enforces: all but that for the whole, which `Limit` does.
    """

    total: float | None
    phases: aiohttp.ClientTimeout


class Destination(NamedTuple):
    """Where a request goes.

    Attributes:
        route: Its route; ``None`` if the path is not in the route table.
        url: Its URL.
        path: Its path below the base URL, without query.
        headers: Its headers.
        limits: Its default limits.
    """

    route: Route[Any] | None
    url: URL
    path: str
    headers: Mapping[str, str]
    limits: Limits


class Destinations:
    """Where the requests of a client go.

    Args:
        access: What follows from the client's key and URL.
        timeout: Seconds for a whole request; ``None`` for no limit.

    Attributes:
        base: The base URL for HTTP, without a trailing slash.
    """

    def __init__(self, access: Access, timeout: float | None) -> None:
        self.base = access.place.base
        self._access = access
        self._timeout = timeout
        self._known: dict[tuple[str, str], Destination] = {}

    def find(self, method: str, uri: str) -> Destination:
        """Return where a request goes.

        Args:
            method: HTTP method.
            uri: Path below the base URL, with or without a leading slash and a query.

        Raises:
            UnauthorizedError: The key is malformed.
            BadRequestError: The URL is malformed, or the path leads elsewhere.
        """
        return self._known.get((method, uri)) or self._find(method, uri)

    def limits(self, route: Route[Any] | None, timeout: float | None) -> Limits:
        """Return how long a request may take.

        Args:
            route: The requested route.
            timeout: Seconds for the whole request; ``None`` or ``math.inf`` for no limit.

        Raises:
            BadRequestError: The time-out is not a number.
            TimeoutError: It is over already.
        """
        seconds = time_limit(timeout)
        if seconds is not None and seconds <= 0:
            raise TimeoutError
        return _limits(seconds, self._timeout, poll=route is not None and route.poll)

    def _find(self, method: str, uri: str) -> Destination:
        given, uri = uri, uri.lstrip("/")
        path = uri.partition("?")[0]
        access = self._access
        keyless = path.startswith(NO_AUTH)
        if access.bad_key and (access.bad_url or not keyless):
            raise UnauthorizedError(access.bad_key)
        if access.bad_url:
            raise BadRequestError(access.bad_url)
        route = find_route(method, path)
        base = str(_parse(self.base, encoded=False)).rstrip("/")
        headers = access.open_headers if keyless else access.headers
        target = Destination(route, _parse(join_url(base, uri)), path, headers, self._usual_limits(route))
        if route is not None and given == route.path:  # without IDs and queries there are few
            self._known[method, given] = target
        return target

    def _usual_limits(self, route: Route[Any] | None) -> Limits:
        usual = self._timeout
        if usual is not None and route is not None and route.timeout is not None:
            usual = max(usual, route.timeout)
        return self.limits(route, usual)


@lru_cache  # a stream polls with the same ones all the time
def _limits(seconds: float | None, connecting: float | None, *, poll: bool) -> Limits:
    if poll:
        # The headers of a poll come at once, the events when there are any. `Limit` ends only silence: a limit for the
        # whole would cut off a large answer on a slow connection.
        return Limits(seconds, aiohttp.ClientTimeout(total=None, connect=connecting))
    return Limits(seconds, aiohttp.ClientTimeout(total=None, sock_connect=connecting))


def with_query(url: URL, params: Params) -> URL:
    """Return a URL with further query parameters.

    Raises:
        BadRequestError: A value can't be encoded.
    """
    query, plain = encode_query(params)
    if plain:  # yarl would escape anything else in its own way
        return url.extend_query(query)
    return _parse(f"{url}{'&' if url.raw_query_string else '?'}{query}")


def left(limits: Limits, seconds: float) -> Limits:
    """Return the limits that remain after some seconds have passed."""
    return limits if limits.total is None else limits._replace(total=max(limits.total - seconds, 0))


def _parse(url: str, *, encoded: bool = True) -> URL:
    try:
        return URL(url, encoded=encoded)
    except ValueError as error:
        raise BadRequestError("the base URL must look like http://127.0.0.1:8384") from error
