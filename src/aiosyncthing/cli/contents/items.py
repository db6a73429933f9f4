"""Rows about files and directories, from the daemon's answers. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from aiosyncthing.cli.output.tables import Column, Size, Styled, Value, When
from aiosyncthing.cli.values import iso_text
from aiosyncthing.exceptions import BadRequestError
from aiosyncthing.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiosyncthing import types as t
    from aiosyncthing.cli.schemas import Item, Kind


def kind_of(word: t.FileInfoType) -> Kind:
    """Return the kind of an item: a file, a directory or a symbolic link."""
    if word == "FILE_INFO_TYPE_DIRECTORY":
        return "directory"
    return "file" if word == "FILE_INFO_TYPE_FILE" else "symlink"


def utc(text: str) -> str | None:
    """Return a timestamp of the daemon in the format of JSON documents; ``None`` if it is missing or out of range."""
    try:
        moment = parse_time(text)
        return None if moment is None else iso_text(moment)
    except (BadRequestError, OverflowError):
        return None


def item(daemon: str, folder_id: str, info: t.FileInfo) -> Item:
    """Return the row of an item of the index."""
    kind = kind_of(info["type"])
    # Directories and links have a size in the index, too, but it isn't counted in the totals.
    size = info["size"] if kind == "file" and not info["deleted"] else 0
    return {
        "daemon": daemon,
        "folder": folder_id,
        "path": info["name"],
        "kind": kind,
        "deleted": info["deleted"],
        "size": size,
        "modified": utc(info["modified"]),
        "modifiedBy": info["modifiedBy"] or None,
    }


def _size(row: Item) -> int | None:
    return row["size"] if row["kind"] == "file" and not row["deleted"] else None


def shown_path(row: Item) -> str:
    """Return the path of an item, with a trailing slash for directories."""
    return row["path"] + ("/" if row["kind"] == "directory" else "")


def when(text: str | None) -> Value:
    """Return the cell for a time, to the second; a dash if it is unknown."""
    return None if text is None else When(datetime.fromisoformat(text).replace(microsecond=0))


def item_columns(verbs: tuple[str, str]) -> Sequence[Column[Item]]:
    """Return the columns of items.

    Args:
        verbs: What happens to an item that exists, and to one that was deleted.
    """
    existing, deleted = verbs
    wide = max(map(len, verbs))
    return (
        Column("ACTION", lambda row: Styled(deleted, "warn") if row["deleted"] else existing, streamed=wide),
        Column("SIZE", lambda row: Size(_size(row)), right=True, rank=2, streamed=10),
        Column("MODIFIED", lambda row: when(row["modified"]), rank=3, streamed=20),
        Column("BY", lambda row: row["modifiedBy"], long=True, rank=4, streamed=7),
        Column("PATH", shown_path, least=16),
    )
