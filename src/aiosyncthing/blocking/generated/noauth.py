# Generated from aiosyncthing.noauth by scripts/make_blocking.py; change that.
"""``rest/noauth``: endpoints that need no API key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiosyncthing import types as t
from aiosyncthing.blocking.base import Blocking

if TYPE_CHECKING:
    from aiosyncthing.noauth import Noauth as Inner


class Noauth(Blocking["Inner"]):
    """Endpoints that need no API key. None is sent, so an address can be checked before it is trusted."""

    def health(self, *, timeout: float | None = None) -> t.Health:
        """Check that the daemon answers.

        Since Syncthing 1.22.1.
        Docs: https://docs.syncthing.net/rest/noauth-health-get.html

        Args:
            timeout: Time limit for the request, in seconds.

        Raises:
            NotSupportedError: The daemon is older.
        """
        return self._run(self._inner.health(timeout=timeout))

    def login(self, username: str, password: str, *, timeout: float | None = None) -> None:
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
        return self._run(self._inner.login(username, password, timeout=timeout))

    def logout(self, *, timeout: float | None = None) -> None:
        """End a session of the web interface, if a session passed to the client has its cookie.

        Since Syncthing 1.26.

        Args:
            timeout: Time limit for the request, in seconds.

        Raises:
            NotFoundError: The web interface has no login.
            NotSupportedError: The daemon is older.
        """
        return self._run(self._inner.logout(timeout=timeout))
