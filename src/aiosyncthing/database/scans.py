"""Requesting scans: in requests that are not too long, with or without waiting for their end."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeAlias

from aiosyncthing import _routes
from aiosyncthing._http.wire import quoted_length
from aiosyncthing._rest.checks import numbers, required
from aiosyncthing._rest.lookup import find_folder
from aiosyncthing.exceptions import BadRequestError, FolderNotRunningError, RequestTimeoutError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aiosyncthing.api import API

Query: TypeAlias = "dict[str, str | list[str]]"

_LONGEST: Final = 7000
"""Characters of paths in one request. Proxies such as nginx and Apache accept request lines of 8 kB; the daemon itself
answers 431 to headers of more than 1 MB (``DefaultMaxHeaderBytes`` of net/http)."""

_PATIENCE: Final = 0.25  # minimum time for a refusal, in seconds
_LONGER: Final = 5  # maximum ratio of a request on a new connection, with TLS, to one on an open connection


def queries(folder_id: str | None, sub: str | Iterable[str] | None, next_scan: int | None) -> list[Query]:
    """Return the query parameters of the requests that make up a scan.

    Args:
        folder_id: ID of the folder; ``None`` for all.
        sub: Only these paths within the folder.
        next_scan: Seconds until the next periodic scan; sent with the last request.

    Raises:
        BadRequestError: An argument makes no sense.
    """
    if folder_id is None:
        if sub is not None or next_scan is not None:
            raise BadRequestError("sub and next need a folder_id")
        return [{}]
    common: Query = {"folder": required(folder_id, "folder_id")}
    found: list[Query] = [common] if sub is None else [{**common, "sub": part} for part in _parts(sub)]
    found[-1] = {**found[-1], **numbers(next=(next_scan, 0))}
    return found


def _parts(sub: str | Iterable[str]) -> list[list[str]]:
    parts: list[list[str]] = []
    room = 0
    for path in [sub] if isinstance(sub, str) else sub:
        length = len("&sub=") + quoted_length(required(path, "sub"))
        if length > room:
            parts.append([])
            room = _LONGEST
        parts[-1].append(path)
        room -= length
    if not parts:
        raise BadRequestError("sub must not be empty: the daemon would scan the whole folder")
    return parts


async def begin(api: API, folder_id: str | None, asked: Sequence[Query], timeout: float | None) -> None:
    """Start a scan, and return when the daemon has had time to refuse it.

    The daemon answers when the scan is done, or at once if it is impossible, and continues to scan when the client
    hangs up (observed in 1.19.2 and 1.29.5). So a request without an answer after a while has been accepted, and is
    given up. The time needed for a request before it shows how long a refusal may take.

    Args:
        api: The `API` that sends the requests.
        folder_id: ID of the folder; ``None`` for all.
        asked: The query parameters of the requests.
        timeout: Time limit for the request before the scan, in seconds.

    Raises:
        UnknownFolderError: There is no such folder.
        FolderNotRunningError: The folder is paused.
        SyncthingError: Something else fails at once.
    """
    begun = time.monotonic()
    if folder_id is None:
        await api.call(_routes.PING, timeout=timeout)
    elif (await find_folder(api, folder_id, timeout)).get("paused"):
        route = _routes.DB_SCAN
        raise FolderNotRunningError("the folder is paused", method=route.method, path=route.path)
    patience = max(_PATIENCE, _LONGER * (time.monotonic() - begun))
    # One after the other: if the number of connections is limited, simultaneous requests would wait for each other and
    # be given up before being sent.
    for query in asked:
        with suppress(RequestTimeoutError):
            await api.call(_routes.DB_SCAN, params=query, timeout=patience)
