"""Look up places in folders, and refuse those that can't be listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiosyncthing.cli.errors import CommandError, Exit, UnknownNameError, command, kind_of, message_of
from aiosyncthing.exceptions import FolderNotRunningError, NotFoundError, NotSupportedError, UnknownFolderError

if TYPE_CHECKING:
    from aiosyncthing import types as t
    from aiosyncthing.cli.names import Place
    from aiosyncthing.cli.session import Session


async def known_file(session: Session, place: Place) -> t.FileInfo | None:
    """Return the index entry of a place; ``None`` if there is none, or it was deleted.

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


def check_named(folder: t.FolderConfiguration) -> None:
    """Refuse a folder whose file names are encrypted, and so can't be listed.

    Raises:
        CommandError: They are.
    """
    if folder["type"] == "receiveencrypted":
        text = "the folder is receive-encrypted: the names of its files are encrypted, and can't be listed"
        raise CommandError(text, Exit.IMPOSSIBLE, kind="NotSupportedError")


def check_versioned(folder: t.FolderConfiguration) -> None:
    """Refuse a folder without old versions that the daemon can list.

    Raises:
        CommandError: It has none.
    """
    from aiosyncthing.folder import check_versioning  # noqa: PLC0415 - loads aiohttp

    try:
        check_versioning(folder)
    except NotSupportedError as error:
        from aiosyncthing.cli.commands.config.paths import written  # noqa: PLC0415 - loads the library

        place = ("folders", folder["id"], "versioning")
        hint = f"{command('config', 'get', written(place))} shows how it keeps them"
        if not folder["versioning"]["type"]:
            hint = f"{command('config', 'set', written((*place, 'type')), 'simple')} makes it keep them from then on"
        raise CommandError(message_of(error), Exit.IMPOSSIBLE, hint=hint, kind=kind_of(error)) from error


def no_such_file(place: Place) -> UnknownNameError:
    """Return the error for a place that doesn't exist."""
    name = place.folder["id"]
    return UnknownNameError(
        f"there is no {place.path!r} in the folder {name}",
        hint=f"{command('ls', name)} shows what is in it",
        kind="NotFoundError",
    )
