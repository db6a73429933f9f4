# Generated from aiosyncthing.api by scripts/make_blocking.py; change that.
"""Sends every request: `API` holds the HTTP session, its own or one that was passed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiosyncthing._http.wire import Params
from aiosyncthing.blocking.base import Blocking

if TYPE_CHECKING:
    from aiosyncthing.api import API as Inner


class API(Blocking["Inner"]):
    """Low-level client: one daemon, one key, one HTTP session.

    Made by `Syncthing`, as ``api``.
    """

    @property
    def url(self) -> str:
        """The base URL, as given."""
        return self._inner.url

    @property
    def timeout(self) -> float | None:
        """Seconds for a whole request; ``None`` for no limit."""
        return self._inner.timeout

    @property
    def direct(self) -> bool:
        """Whether connections are known to end in the daemon itself, so that each belongs to one of its processes.

        With a pinned certificate that is known after the first request.
        """
        return self._inner.direct

    @property
    def daemon_id(self) -> str | None:
        """Device ID of the daemon that sent the last answer; ``None`` before the first."""
        return self._inner.daemon_id

    @property
    def daemon_version(self) -> str | None:
        """Version of the daemon that sent the last answer, such as ``v1.29.5``; ``None`` before the first."""
        return self._inner.daemon_version

    @property
    def changes(self) -> int:
        """A number that grows when a request other than GET is sent, and when it is answered."""
        return self._inner.changes

    def request(
        self, uri: str, params: Params | None = None, data: object = None, method: str = "GET", **options: Any
    ) -> Any:
        """Send a request for which there is no method.

        Args:
            uri: Path below the base URL, such as ``rest/system/ping``, with IDs already escaped.
            params: Query parameters, unescaped.
            data: Body: bytes are sent unchanged, anything else as JSON.
            method: HTTP method.
            **options: ``timeout`` (seconds, ``math.inf`` for no limit) and ``headers``.
                With ``decode=False``, the result is the bytes of the answer.

        Returns:
            The decoded JSON; the body's bytes if the answer is not JSON; or ``None``.

        Raises:
            SyncthingError: The request failed; see `aiosyncthing.exceptions`.
        """
        return self._run(self._inner.request(uri, params, data, method, **options))

    def close(self) -> None:
        """Close the client's own session, and end running requests. Calling it again does nothing."""
        return self._run(self._inner.close())
