"""``rest/noauth``: what needs no API key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _routes
from ._rest.checks import required
from ._rest.namespace import Namespace

if TYPE_CHECKING:
    from . import types as t

__all__ = ["Noauth"]


class Noauth(Namespace):
    """What needs no API key: none is sent, so an address can be looked at before it is trusted."""

    async def health(self, *, timeout: float | None = None) -> t.Health:
        """Check that the daemon answers.

        Since Syncthing 1.22.1. Docs: ``rest/noauth-health-get``.

        Args:
            timeout: Seconds for the request.

        Raises:
            NotSupportedError: The daemon is older.
        """
        return await self._api.call(_routes.HEALTH, timeout=timeout)

    async def login(self, username: str, password: str, *, timeout: float | None = None) -> None:
        """Check user and password of the web interface.

        Since Syncthing 1.26. The session that the daemon opens is not used: the API key is all this client needs. A
        failed attempt is an event (LoginAttempt).

        Args:
            username: The user.
            password: The password.
            timeout: Seconds for the request.

        Raises:
            UnauthorizedError: User or password are wrong.
            NotFoundError: The web interface has no login.
            NotSupportedError: The daemon is older.
        """
        body = {"username": required(username, "username"), "password": password, "stayLoggedIn": False}
        await self._api.call(_routes.LOGIN, data=body, timeout=timeout)

    async def logout(self, *, timeout: float | None = None) -> None:
        """End a session of the web interface that a borrowed HTTP session may hold a cookie of.

        Since Syncthing 1.26.

        Args:
            timeout: Seconds for the request.

        Raises:
            NotFoundError: The web interface has no login.
            NotSupportedError: The daemon is older.
        """
        await self._api.call(_routes.LOGOUT, timeout=timeout)
