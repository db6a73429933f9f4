"""Back up what is needed to set up a daemon again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from aiosyncthing import _routes
from aiosyncthing._rest.shapes import EDITED, check, checked, differ
from aiosyncthing.exceptions import NotFoundError, ServerError

if TYPE_CHECKING:
    from aiosyncthing import types as t
    from aiosyncthing.api import API

_ATTEMPTS: Final = 3


async def backup(api: API, timeout: float | None) -> t.Backup:
    """Return a backup; see `Config.backup`."""
    status = checked(_routes.STATUS, await api.call(_routes.STATUS, timeout=timeout))
    version = checked(_routes.VERSION, await api.call(_routes.VERSION, timeout=timeout))
    config = await _read(api, timeout)
    ignores: dict[str, list[str]] = {}
    unread: dict[str, str] = {}
    for _ in range(_ATTEMPTS):
        for folder in config["folders"]:
            found = await _patterns(api, folder, timeout)
            if isinstance(found, str):
                unread[folder["id"]] = found
            else:
                ignores[folder["id"]] = found
        current = await _read(api, timeout)
        if not differ(current, config):
            break
        config, ignores, unread = current, {}, {}  # folders may have been added or removed
    return {
        "time": datetime.now(UTC).isoformat(),
        "version": version["version"],
        "deviceID": status["myID"],
        "config": config,
        "ignores": ignores,
        "unread": unread,
    }


async def _read(api: API, timeout: float | None) -> t.Configuration:
    config = await api.call(_routes.CONFIG, timeout=timeout)
    check(EDITED, config, _routes.CONFIG)
    return config


async def _patterns(api: API, folder: t.FolderConfiguration, timeout: float | None) -> list[str] | str:
    """Return the ignore patterns of a folder, or why they can't be read."""
    params = {"folder": folder["id"]}
    try:
        answer = checked(_routes.DB_IGNORES, await api.call(_routes.DB_IGNORES, params=params, timeout=timeout))
        if lines := answer.get("ignore"):
            return lines
        if error := answer.get("error"):
            return error
        # The daemon gives the same answer for a folder without patterns and for one whose disk is not mounted.
        if folder.get("paused"):
            return "the folder is paused, so the daemon doesn't say whether it has no patterns or can't be read"
        summary = checked(_routes.DB_STATUS, await api.call(_routes.DB_STATUS, params=params, timeout=timeout))
    except (NotFoundError, ServerError) as error:
        return str(error)
    return summary.get("error") or []
