"""Where requests go, what they carry, and how long they may take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
from yarl import URL

from aiosyncthing._routes import find_route
from aiosyncthing.exceptions import BadRequestError, UnauthorizedError

from .wire import NO_AUTH, add_query, join_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiosyncthing._routes import Route

    from .access import Access
    from .wire import Params


class Limits(NamedTuple):
    """How long a request may take.

    Attributes:
        total: Seconds for the whole; of a poll, until its body begins, and then for each further kilobyte. ``None`` for
            no limit.
        phases: What aiohttp is to limit: everything but the whole, see `Limit`.
    """

    total: float | None
    phases: aiohttp.ClientTimeout


class Destination(NamedTuple):
    """Where a request goes.

    Attributes:
        route: Its route; ``None`` for a path that no route is known of.
        url: Its URL.
        path: Its path below the base URL, without query.
        headers: What it carries.
        limits: How long it may usually take.
    """

    route: Route[Any] | None
    url: URL
    path: str
    headers: Mapping[str, str]
    limits: Limits


class Destinations:
    """Where the requests of a client go.

    Args:
        access: What the client's key and URL mean.
        timeout: Seconds for a whole request; ``None`` for no limit.

    Attributes:
        base: The base URL in terms of HTTP, without a final slash.
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
            uri: Path below the base URL, with or without a slash before it and a query behind.

        Raises:
            UnauthorizedError: The key can't be right.
            BadRequestError: The URL can't be right, or the path leads elsewhere.
        """
        return self._known.get((method, uri)) or self._find(method, uri)

    def limits(self, route: Route[Any] | None, timeout: float | None) -> Limits:
        """Return how long a request may take.

        Args:
            route: The route that is asked.
            timeout: Seconds for the whole request; ``None``, ``math.inf`` or 0 for no limit.
        """
        seconds = timeout if timeout is not None and 0 < timeout < math.inf else None
        if route is not None and route.poll:
            # The headers of a poll come at once, the events when there are any. What counts is silence, and how much
            # comes in that time: a limit for the whole would cut off a large answer on a slow line.
            return Limits(seconds, aiohttp.ClientTimeout(total=None, connect=self._timeout, sock_read=seconds))
        return Limits(seconds, aiohttp.ClientTimeout(total=None, sock_connect=self._timeout))

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
        if route is not None and given == route.path:  # there are only so many of these
            self._known[method, given] = target
        return target

    def _usual_limits(self, route: Route[Any] | None) -> Limits:
        usual = self._timeout
        if usual is not None and route is not None and route.timeout is not None:
            usual = max(usual, route.timeout)
        return self.limits(route, usual)


def with_query(url: URL, params: Params) -> URL:
    """Return a URL with further query parameters.

    Raises:
        BadRequestError: A value can't be encoded.
    """
    return _parse(add_query(str(url), params))


def left(limits: Limits, seconds: float) -> Limits:
    """Return what is left of the time for a request when so many seconds of it are over."""
    return limits if limits.total is None else limits._replace(total=max(limits.total - seconds, 0))


def _parse(url: str, *, encoded: bool = True) -> URL:
    try:
        return URL(url, encoded=encoded)
    except ValueError as error:
        raise BadRequestError("the base URL must be like http://127.0.0.1:8384") from error
