"""``rest/noauth``: endpoints that need no API key."""

from __future__ import annotations

from . import _routes, types as t
from ._rest.checks import required
from ._rest.namespace import Namespace

__all__ = ["Noauth"]


class Noauth(Namespace):
    """Endpoints that need no API key. None is sent, so an address can be checked before it is trusted."""

    async def health(self, *, timeout: float | None = None) -> t.Health:
        """Check that the daemon answers.

        Since Syncthing 1.22.1.
        Docs: https://docs.syncthing.net/rest/noauth-health-get.html

        Args:
            timeout: Time limit for the request, in seconds.

        Raises:
            NotSupportedError: The daemon is older.
        """
        return await self._api.call(_routes.HEALTH, timeout=timeout)

    async def login(self, username: str, password: str, *, timeout: float | None = None) -> None:
        """Check a user and password of the web interface.

        Since Syncthing 1.26. The session opened by the daemon is not used: this client only needs the API key. A failed
        attempt causes the event LoginAttempt.

        Args:
            username: The user.
            password: The password.
            timeout: Time limit for the request, in seconds.

        Raises:
            UnauthorizedError: The user or password is wrong.
            NotFoundError: The web interface has no login.
            NotSupportedError: The daemon is older.
        """
        body = {"username": required(username, "username"), "password": password, "stayLoggedIn": False}
        await self._api.call(_routes.LOGIN, data=body, timeout=timeout)

    async def logout(self, *, timeout: float | None = None) -> None:
        """End a session of the web interface, if a session passed to the client has its cookie.

        Since Syncthing 1.26.

        Args:
            timeout: Time limit for the request, in seconds.

        Raises:
            NotFoundError: The web interface has no login.
            NotSupportedError: The daemon is older.
        """
        await self._api.call(_routes.LOGOUT, timeout=timeout)
