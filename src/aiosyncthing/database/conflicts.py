"""The names of conflict copies. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from aiosyncthing import _routes
from aiosyncthing._rest.shapes import TREE_FILE, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiosyncthing import types as t

# The daemon inserts the mark before the last dot of the name, even if the name starts with that dot. Copies of copies
# have several marks, of which the last is the newest. Before 0.14.50 there was no device.
_MARK: Final = ".sync-conflict-"
_NAME: Final = (
    rf"(?P<stem>.*){re.escape(_MARK)}"
    r"(?P<time>[0-9]{8}-[0-9]{6})(?:-(?P<device>[A-Z2-7]{7})?)?(?P<extension>(?:\.[^.]*)?)"
)


def conflict_copy(folder_id: str, path: str, entry: t.TreeEntry) -> t.ConflictCopy | None:
    """Return what a file of the tree is a copy of, without the ID of the device; ``None`` if it is no conflict copy.

    Args:
        folder_id: ID of the folder.
        path: Path of the file within the folder.
        entry: Its entry in the tree.

    Raises:
        InvalidResponseError: Its size or time is missing.
    """
    if entry["type"] == "FILE_INFO_TYPE_DIRECTORY":
        return None
    directory, slash, name = path.rpartition("/")
    found = re.fullmatch(_NAME, name, re.DOTALL) if _MARK in name else None
    original = found["stem"] + found["extension"] if found else ""
    if found is None or not original:
        return None
    try:
        time = datetime.fromisoformat(found["time"].replace("-", "T"))  # without a zone, as in the name
    except ValueError:
        return None
    check(TREE_FILE, entry, _routes.DB_BROWSE)
    return {
        "folder": folder_id,
        "name": path,
        "original": f"{directory}{slash}{original}",
        "time": time.isoformat(),
        "device": found["device"],
        "deviceID": None,
        "size": entry["size"],
        "modTime": entry["modTime"],
    }


def whole_id(short: str | None, device_ids: Iterable[str]) -> str | None:
    """Return the only device ID that starts with a short one; ``None`` if there isn't exactly one.

    Args:
        short: The short ID; ``None`` if it is unknown.
        device_ids: The IDs of all devices.
    """
    found = [each for each in device_ids if short and each.startswith(short)]
    return found[0] if len(found) == 1 else None
