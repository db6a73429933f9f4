# Generated from aiosyncthing.svc by scripts/make_blocking.py; change that.
"""``rest/svc``: small services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiosyncthing import types as t
from aiosyncthing.blocking.base import Blocking

if TYPE_CHECKING:
    from aiosyncthing.svc import Svc as Inner


class Svc(Blocking["Inner"]):
    """Small services."""

    def device_id(self, device_id: str, *, timeout: float | None = None) -> t.ValidDeviceID:
        """Verify and normalize a device ID. `aiosyncthing.DeviceID` does the same without a daemon.

        Docs: https://docs.syncthing.net/rest/svc-deviceid-get.html

        Args:
            device_id: A device ID in any notation.
            timeout: Time limit for the request, in seconds.

        Raises:
            InvalidDeviceIDError: It is not a device ID. (The daemon's answer then has status 200.)
        """
        return self._run(self._inner.device_id(device_id, timeout=timeout))

    def languages(self, accept_language: str | None = None, *, timeout: float | None = None) -> list[str]:
        """Get the languages a browser prefers, as the daemon parses them from its header.

        Docs: https://docs.syncthing.net/rest/svc-lang-get.html

        Args:
            accept_language: Value of the ``Accept-Language`` header, such as ``de, en;q=0.5``.
            timeout: Time limit for the request, in seconds.

        Returns:
            Language tags in lower case; a single empty string without a header.
        """
        return self._run(self._inner.languages(accept_language, timeout=timeout))

    def random_string(self, length: int | None = None, *, timeout: float | None = None) -> t.RandomString:
        """Get a random string of letters and digits, strong enough for a password.

        Docs: https://docs.syncthing.net/rest/svc-random-string-get.html

        Args:
            length: Number of characters; by default 32.
            timeout: Time limit for the request, in seconds.
        """
        return self._run(self._inner.random_string(length, timeout=timeout))

    def report(self, version: int | None = None, *, timeout: float | None = None) -> dict[str, Any]:
        """Get the usage report that the daemon would send. Computing it takes the daemon about a second.

        Zero fields are omitted.
        Docs: https://docs.syncthing.net/rest/svc-report-get.html

        Args:
            version: Version of the report; by default 3.
            timeout: Time limit for the request, in seconds; by default 60.
        """
        return self._run(self._inner.report(version, timeout=timeout))
