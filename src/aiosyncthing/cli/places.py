"""Places in folders: what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiosyncthing.exceptions import FolderNotRunningError, NotFoundError, UnknownFolderError

from .errors import UnknownNameError

if TYPE_CHECKING:
    from aiosyncthing import types as t

    from .names import Place
    from .session import Session


async def known_file(session: Session, place: Place) -> t.FileInfo | None:
    """Return what the index has at a place, or ``None`` if there is nothing, or was.

    Raises:
        FolderNotRunningError: The folder is paused.
    """
    try:
        info = (await session.client.database.file(place.folder["id"], place.path))["global"]
    except (UnknownFolderError, FolderNotRunningError):
        raise
    except NotFoundError:
        return None
    return info if info["name"] and not info["deleted"] else None


def no_such_file(place: Place) -> UnknownNameError:
    """Return the error for a place where there is nothing."""
    name = place.folder["id"]
    return UnknownNameError(
        f"there is no {place.path!r} in the folder {name}",
        hint=f"`aiosyncthing ls {name}` shows what is in it",
        kind="NotFoundError",
    )
