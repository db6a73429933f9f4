"""What all namespaces have in common."""

from __future__ import annotations

from aiosyncthing.api import API


class Namespace:
    """A group of endpoints under one path.

    Every method that makes a request takes ``timeout``: seconds for the whole request, ``math.inf`` for no limit.
    Without it the client's limit holds, or for long operations one of their own, which the method then names. Every
    one raises a `SyncthingError` when something goes wrong; the methods name the kinds that are particular to them.

    Args:
        api: The `API` that sends.
    """

    def __init__(self, api: API) -> None:
        self._api = api

    def __repr__(self) -> str:
        """Show where it points to, without the key."""
        return f"<{type(self).__name__} of {self._api!r}>"
