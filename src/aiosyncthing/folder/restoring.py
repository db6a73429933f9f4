"""Restore files as they were at a given time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Final

from aiosyncthing import _routes, types as t
from aiosyncthing._rest.lookup import find_folder
from aiosyncthing._rest.shapes import TREE_FILE, VERSIONING, check, checked
from aiosyncthing.api import API
from aiosyncthing.database.database import Database
from aiosyncthing.exceptions import FolderNotRunningError, NotFoundError, NotSupportedError

from . import history
from .history import Choice, Present, moment

_FILE: Final = "FILE_INFO_TYPE_FILE"
_LINK: Final = "FILE_INFO_TYPE_SYMLINK"  # a prefix: old versions of Syncthing had two types of links
_DIRECTORY: Final = "FILE_INFO_TYPE_DIRECTORY"


async def restore_at(
    api: API, folder_id: str, at: datetime, under: str, timeout: float | None, *, dry_run: bool
) -> t.RestoreReport:
    """See `Folder.restore_at`."""
    then, place = history.point_in_time(at), history.place(under)
    kind = await _versioning(api, folder_id, timeout)
    # In this order, a file that is replaced in between has a new version, so the change is noticed.
    present = await _tree(api, folder_id, place, timeout)
    versions = {
        path: kept for path, kept in (await _versions(api, folder_id, timeout)).items() if history.is_under(path, place)
    }
    if place and not present and not versions:
        raise NotFoundError(f"the folder has no file or directory {place!r}, and no old version of one")
    paths = {path for path, each in present.items() if not each.directory} | versions.keys()
    choices = {
        path: history.choose(then, versions.get(path, ()), present.get(path), trash=kind == "trashcan")
        for path in sorted(paths)
    }
    chosen = {
        path: choice.version["versionTime"]
        for path, choice in choices.items()
        if choice.outcome == "restored" and choice.version is not None
    }
    failures: Mapping[str, str] = {}
    if chosen and not dry_run:
        failures = await _restore(api, folder_id, chosen, {path: versions[path] for path in chosen}, timeout)
    return {
        "folder": folder_id,
        "at": then.isoformat(),
        "under": place,
        "dryRun": dry_run,
        "files": list(_files(choices, failures)),
    }


def check_versioning(folder: t.FolderConfiguration) -> str:
    """Return how a folder keeps old versions.

    Raises:
        NotSupportedError: It keeps no old versions, or none that the daemon can list.
    """
    kind = folder["versioning"]["type"]
    if not kind:
        raise NotSupportedError("the folder keeps no old versions: see versioning in its configuration")
    if kind == "external":
        raise NotSupportedError("an external program keeps the folder's old versions, so Syncthing can't list them")
    return kind


async def _versioning(api: API, folder_id: str, timeout: float | None) -> str:
    """Return how the folder keeps versions.

    Raises:
        UnknownFolderError: There is no such folder.
        FolderNotRunningError: The folder is paused.
        NotSupportedError: It keeps no versions that can be restored by name and time.
    """
    folder = await find_folder(api, folder_id, timeout)
    check(VERSIONING, folder, _routes.FOLDER)
    if folder.get("paused"):
        raise FolderNotRunningError(f"folder {folder_id} is paused")
    if folder.get("type") == "receiveencrypted":
        raise NotSupportedError("the folder is receive-encrypted, so the names and times of its files are encrypted")
    return check_versioning(folder)


async def _tree(api: API, folder_id: str, place: str, timeout: float | None) -> dict[str, Present]:
    """Return the files and directories at a path of the folder and below it, by path."""
    database = Database(api)
    found: dict[str, Present] = {}
    if place:
        try:
            known = checked(_routes.DB_FILE, await database.file(folder_id, place, timeout=timeout))["global"]
        except NotFoundError as error:
            if type(error) is not NotFoundError:
                raise  # the folder doesn't exist
            return found
        if not known["name"] or known["deleted"]:
            return found
        if known["type"] == _FILE:
            found[place] = Present(moment(known["modified"]))
        if known["type"].startswith(_LINK):
            found[place] = Present(history.ALWAYS, link=True)
        if known["type"] != _DIRECTORY:
            return found
        found[place] = Present(history.ALWAYS, directory=True)
    async with aclosing(database.walk(folder_id, place, timeout=timeout)) as entries:
        async for path, entry in entries:
            if entry["type"] == _DIRECTORY:
                found[path] = Present(history.ALWAYS, directory=True)
            elif entry["type"] == _FILE:
                check(TREE_FILE, entry, _routes.DB_BROWSE)
                found[path] = Present(moment(entry["modTime"]))
            elif entry["type"].startswith(_LINK):  # links have no modification time
                found[path] = Present(history.ALWAYS, link=True)
    return found


async def _versions(api: API, folder_id: str, timeout: float | None) -> dict[str, list[t.FileVersion]]:
    answer = await api.call(_routes.FOLDER_VERSIONS, params={"folder": folder_id}, timeout=timeout)
    return checked(_routes.FOLDER_VERSIONS, answer)


async def _restore(
    api: API,
    folder_id: str,
    chosen: Mapping[str, str],
    versions: Mapping[str, Sequence[t.FileVersion]],
    timeout: float | None,
) -> dict[str, str]:
    """Restore versions at a time when this overwrites no other, and return the daemon's reason for each failed file.

    Args:
        api: The `API` that sends the requests.
        folder_id: ID of the folder.
        chosen: The time of the version to restore, by path.
        versions: All versions of these files.
        timeout: Time limit for each request, in seconds.
    """
    # The daemon's clock counts, since versions are named after it.
    connections = checked(_routes.CONNECTIONS, await api.call(_routes.CONNECTIONS, timeout=timeout))
    await asyncio.sleep(history.pause_before(moment(connections["total"]["at"]), versions))
    params = {"folder": folder_id}
    answer = await api.call(_routes.RESTORE_VERSIONS, params=params, data=dict(chosen), timeout=timeout)
    return checked(_routes.RESTORE_VERSIONS, answer)


def _files(choices: Mapping[str, Choice], failures: Mapping[str, str]) -> Iterator[t.RestoredFile]:
    for path, choice in choices.items():
        failure = failures.get(path) if choice.outcome == "restored" else None
        yield {
            "path": path,
            "outcome": choice.outcome if failure is None else "failed",
            "reason": choice.reason if failure is None else failure,
            "version": choice.version,
        }
