"""Which folders get another path by an edit, and whether they may. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiosyncthing.config.changes import Change, apply, fields_of
from aiosyncthing.config.paths import Machine, refuse_path

_FOLDERS: Final = ("folders",)


def changed_paths(now: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, str]:
    """Return the new paths of folders, by ID: those of new folders, and those that are written differently.

    Folders with a ``filesystemType`` other than ``basic`` have no path on the disk, and are left out.

    Args:
        now: The configuration.
        changes: The changes to be made to it.
    """
    old, new = (fields_of(_FOLDERS, config["folders"]) or {} for config in (now, apply(now, changes)))
    paths = {folder_id: _path_on_disk(folder) for folder_id, folder in new.items()}
    return {
        folder_id: path
        for folder_id, path in paths.items()
        if path is not None and path != _path_on_disk(old.get(folder_id, {}))
    }


def moved(now: Mapping[str, Any], changes: Iterable[Change], machine: Machine) -> dict[str, str]:
    """Return the changed paths, without those that only write the same path differently.

    ``~/docs`` and ``/home/user/docs`` are the same path.

    Args:
        now: The configuration.
        changes: The changes to be made to it.
        machine: The daemon's computer.
    """
    old = fields_of(_FOLDERS, now["folders"]) or {}
    found: dict[str, str] = {}
    for folder_id, path in changed_paths(now, changes).items():
        before = _path_on_disk(old.get(folder_id, {}))
        if before is None or machine.full(before) != machine.full(path):
            found[folder_id] = path
    return found


def refuse_moves(now: Mapping[str, Any], changes: Iterable[Change], machine: Machine, *, nested: bool) -> None:
    """Refuse changes that give a folder a path that it must not have. Paths that don't change are not checked.

    Args:
        now: The configuration.
        changes: The changes to be made to it.
        machine: The daemon's computer.
        nested: Whether folders may be inside or around others.

    Raises:
        BadRequestError: The path would share something private, or files of another folder.
    """
    wanted = list(changes)
    made = fields_of(_FOLDERS, apply(now, wanted)["folders"]) or {}
    paths = {folder_id: path for folder_id, each in made.items() if (path := _path_on_disk(each)) is not None}
    for folder_id, path in moved(now, wanted, machine).items():
        refuse_path(path, machine, ((key, each) for key, each in paths.items() if key != folder_id), nested=nested)


def _path_on_disk(folder: Mapping[str, Any]) -> str | None:
    path = folder.get("path")
    return path if isinstance(path, str) and folder.get("filesystemType", "basic") == "basic" else None
