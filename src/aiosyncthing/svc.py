"""``rest/svc``: small services."""

from __future__ import annotations

from typing import Any

from . import _routes, types as t
from ._rest.checks import numbers, required
from ._rest.namespace import Namespace
from ._rest.shapes import checked
from .exceptions import InvalidDeviceIDError

__all__ = ["Svc"]


class Svc(Namespace):
    """Small services."""

    async def device_id(self, device_id: str, *, timeout: float | None = None) -> t.ValidDeviceID:
        """Verify and normalize a device ID. `aiosyncthing.DeviceID` does the same without a daemon.

        Docs: https://docs.syncthing.net/rest/svc-deviceid-get.html

        Args:
            device_id: A device ID in any notation.
            timeout: Time limit for the request, in seconds.

        Raises:
            InvalidDeviceIDError: It is not a device ID. (The daemon's answer then has status 200.)
        """
        params = {"id": required(device_id, "device_id")}
        answer = checked(
            _routes.SVC_DEVICE_ID, await self._api.call(_routes.SVC_DEVICE_ID, params=params, timeout=timeout)
        )
        if "error" in answer:
            route = _routes.SVC_DEVICE_ID
            raise InvalidDeviceIDError(
                "that is not a device ID",
                method=route.method,
                path=route.path,
                status=200,
                body=answer["error"],
            )
        return answer

    async def languages(self, accept_language: str | None = None, *, timeout: float | None = None) -> list[str]:
        """Get the languages a browser prefers, as the daemon parses them from its header.

        Docs: https://docs.syncthing.net/rest/svc-lang-get.html

        Args:
            accept_language: Value of the ``Accept-Language`` header, such as ``de, en;q=0.5``.
            timeout: Time limit for the request, in seconds.

        Returns:
            Language tags in lower case; a single empty string without a header.
        """
        headers = None if accept_language is None else {"Accept-Language": accept_language}
        return await self._api.call(_routes.LANGUAGES, headers=headers, timeout=timeout)

    async def random_string(self, length: int | None = None, *, timeout: float | None = None) -> t.RandomString:
        """Get a random string of letters and digits, strong enough for a password.

        Docs: https://docs.syncthing.net/rest/svc-random-string-get.html

        Args:
            length: Number of characters; by default 32.
            timeout: Time limit for the request, in seconds.
        """
        return await self._api.call(_routes.RANDOM_STRING, params=numbers(length=(length, 1)), timeout=timeout)

    async def report(self, version: int | None = None, *, timeout: float | None = None) -> dict[str, Any]:
        """Get the usage report that the daemon would send. Computing it takes the daemon about a second.

        Zero fields are omitted.
        Docs: https://docs.syncthing.net/rest/svc-report-get.html

        Args:
            version: Version of the report; by default 3.
            timeout: Time limit for the request, in seconds; by default 60.
        """
        return await self._api.call(_routes.REPORT, params=numbers(version=(version, 1)), timeout=timeout)
