"""The base class of the namespaces."""

from __future__ import annotations

from aiosyncthing.api import API


class Namespace:
    """A group of endpoints under one path.

    Every method that makes requests accepts ``timeout``: the time limit for the whole request, in seconds; ``math.inf``
    for none. The default is the client's limit, or for long operations one of their own, which the method then
    mentions. Every method raises a `SyncthingError` if something goes wrong; each documents the kinds specific to it.

    Args:
        api: The `API` that sends the requests.
    """

    def __init__(self, api: API) -> None:
        self._api = api

    def __repr__(self) -> str:
        """Show the daemon's address, without the key."""
        return f"<{type(self).__name__} of {self._api!r}>"
